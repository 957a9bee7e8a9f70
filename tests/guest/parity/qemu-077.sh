# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What QEMU's iotest 077 does with breakpoints and concurrent requests, as far as
# that does not depend on QEMU's own read-modify-write; and more of the kind.
#
# There a request that overlaps a held one waits for it. Block devices know no
# such order: here it passes, and the held one comes later.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module brd
ram_disk
bd_create t "$dev"
t=/dev/mapper/t

# goes_on DESC TAG FILE [RESULT]: a resume, and how the request then ends
goes_on() {
	bd_msg t resume "$2"
	eventually "$1" file_is "$3" "${4-ok}"
}

# --- 077: a write is held, others to its neighbourhood come meanwhile ---

for event in write_aio pwritev pwritev_done; do
	is "$(ios $t 'w 0 64')" ok 'an empty disk'
	bd_msg t break $event A
	hold t 1 /tmp/a 'w 1 1 byte=a'
	is "$(ios $t 'w 2 1 byte=b')" ok "a write is held at $event, its neighbour is not"
	is "$(bd_msg t is_suspended A)" 1 'and it still is'
	goes_on 'until resumed' A /tmp/a
	is "$(ios $t 'r 0 1 byte=0' 'r 1 1 byte=a' 'r 2 1 byte=b' 'r 3 5 byte=0')" 'ok ok ok ok' \
		'and both are on the disk'
done

bd_msg t break pwritev A
hold t 1 /tmp/a 'w 40 1 byte=10'
is "$(ios $t 'w 41 1 byte=11' 'w 42 1 byte=12' 'w 43 1 byte=13' 'w 44 1 byte=14' \
	'w 45 1 byte=15' 'w 46 1 byte=16' 'w 47 1 byte=17')" 'ok ok ok ok ok ok ok' \
	'seven neighbours of a held write'
goes_on 'which goes on after them' A /tmp/a
is "$(ios $t 'r 40 1 byte=10' 'r 41 1 byte=11' 'r 44 1 byte=14' 'r 47 1 byte=17')" \
	'ok ok ok ok' 'all are on the disk'

# --- 077: two held writes and one that overlaps both, resumed in either order ---

# overlapping SECTOR FIRST SECOND
overlapping() {
	local at=$1

	bd_msg t break write_aio A
	hold t 1 /tmp/A "w $at 1 byte=a"
	bd_msg t break pwritev B
	hold t 2 /tmp/B "w $((at + 15)) 1 byte=a"
	is "$(io_write $t $((at + 4)) 8 byte=b)" ok "a write between two held ones, at $at"
	goes_on "$2 is resumed" "$2" "/tmp/$2"
	is "$(bd_msg t is_suspended "$2") $(bd_msg t is_suspended "$3")" '0 1' "$3 is still held"
	goes_on "$3 is resumed" "$3" "/tmp/$3"
	is "$(ios $t "r $at 1 byte=a" "r $((at + 4)) 8 byte=b" "r $((at + 15)) 1 byte=a")" \
		'ok ok ok' 'each has written what it should'
}

overlapping 64 A B
overlapping 128 B A

# --- 077: from one breakpoint to the next ---

bd_msg t break pwritev A
hold t 1 /tmp/a 'w 256 4 byte=a'
bd_msg t break pwritev_done C
bd_msg t break write_aio B
hold t 2 /tmp/b 'w 256 2 byte=b'
bd_msg t resume A
succeeds 'a resumed write meets the next breakpoint' bd_msg t wait_break C 10000
is "$(ios "$dev" 'r 256 4 byte=a')" ok 'when it is on the disk'
is "$(< /tmp/a)" '' 'and before anybody knows'
goes_on 'it goes on' C /tmp/a
is "$(bd_msg t is_suspended B)" 1 'the second write waits all the while'
goes_on 'and goes on' B /tmp/b
is "$(ios $t 'r 256 2 byte=b' 'r 258 2 byte=a')" 'ok ok' 'the one resumed last has the last word'

bd_msg t break pwritev A
hold t 1 /tmp/a 'w 264 4 byte=a'
is "$(io_write $t 264 8 byte=b)" ok 'a longer write over a held one passes'
goes_on 'which comes after it' A /tmp/a
is "$(ios $t 'r 264 4 byte=a' 'r 268 4 byte=b')" 'ok ok' 'and writes over it'

# --- The read-modify-write events are there, to be raised by who does such a thing ---

for event in pwritev_rmw_head pwritev_rmw.after_head pwritev_rmw_tail pwritev_rmw.after_tail; do
	bd_msg t break $event A
	hold_event t 1 /tmp/a "${event/./_}"
	goes_on "$event can be raised, and holds" A /tmp/a
done

# --- Two requests at one breakpoint ---

bd_msg t replace suspend event=write_aio tag=A
hold t 1 /tmp/a 'w 0 8'
is "$(io_write $t 8 8)" ok 'a breakpoint takes one request'
goes_on 'the other goes on' A /tmp/a

bd_msg t replace suspend event=write_aio tag=A once=off
hold t 1 /tmp/a 'w 0 8'
hold t 2 /tmp/b 'w 8 8'
goes_on 'one that stays takes both, and resume means the last' A /tmp/b
is "$(< /tmp/a) $(bd_msg t is_suspended A)" ' 1' 'the first is still held'
goes_on 'and comes second' A /tmp/a

# --- Two breakpoints at one request, resumed in either order ---

for order in 'A B' 'B A'; do
	read -r first second <<< "$order"
	bd_msg t replace suspend event=read_aio tag=A suspend event=read_aio tag=B
	hold t 2 /tmp/a 'r 0 8'
	is "$(bd_msg t is_suspended A)$(bd_msg t is_suspended B)" 11 \
		'two breakpoints hold one request under both tags at once'
	bd_msg t resume "$first"
	is "$(bd_msg t is_suspended "$first")$(bd_msg t is_suspended "$second")" 01 \
		"$first lets go, $second does not"
	is "$(< /tmp/a)" '' 'so it stays'
	goes_on "until $second lets go, too" "$second" /tmp/a
done

# --- remove_break with requests held ---

bd_msg t replace suspend event=write_aio tag=A once=off suspend event=pwritev tag=B
for i in 1 2 3; do hold t $i /tmp/io.$i "w $((8 * i)) 8"; done
succeeds 'remove_break with three requests held succeeds' bd_msg t remove_break A
succeeds 'all go on, and one meets the next breakpoint' bd_msg t wait_break B
eventually 'the others end' bd_status_is t held 1
bd_msg t remove_break B
for i in 1 2 3; do eventually "request $i ends" file_is /tmp/io.$i ok; done
is "$(io_write $t 0 8)" ok 'and the breakpoints are gone'
fails_with ENOENT 'a second remove_break finds nothing' bd_msg t remove_break A

bd_msg t replace suspend event=read_aio tag=A suspend event=read_aio tag=B
hold t 2 /tmp/a 'r 0 8'
bd_msg t remove_break A
is "$(bd_msg t is_suspended A)$(bd_msg t is_suspended B)" 01 'remove_break leaves other tags'
goes_on 'to be resumed' B /tmp/a

# --- A rule armed while a request is held decides its fate ---

bd_msg t replace suspend event=write_aio tag=A inject-error event=read_aio iotype=write errno=ENOSPC
hold t 1 /tmp/a 'w 0 8'
is "$(io_read $t 0 8)" ok 'a read arms a fault for writes'
goes_on 'and the write that is held meanwhile fails' A /tmp/a ENOSPC

bd_msg t replace suspend event=write_aio tag=A inject-error event=write_aio iotype=write \
	inject-error event=read_aio errno=ENODATA iotype=read
hold t 1 /tmp/a 'w 0 8'
is "$(io_read $t 0 8)" ENODATA 'a read arms a fault for reads only, in place of that for writes'
goes_on 'so the held write succeeds' A /tmp/a

bd_msg t replace suspend event=pwritev tag=A inject-error event=pwritev once=on
hold t 1 /tmp/a 'w 0 8'
is "$(io_write $t 8 8)" EIO 'another request uses up the fault that the held one had armed'
goes_on 'which then succeeds' A /tmp/a

bd_msg t reset
bd_msg t replace suspend event=write_aio tag=A set-state event=read_aio new_state=2 \
	inject-error event=pwritev state=2 errno=EILSEQ
hold t 1 /tmp/a 'w 0 8'
is "$(io_read $t 0 8)" ok 'a read moves the state while a write is held'
goes_on 'and the next event of the write finds it moved' A /tmp/a EILSEQ

done_testing
