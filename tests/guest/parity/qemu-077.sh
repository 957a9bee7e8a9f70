# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# QEMU's iotest 077: breakpoints and concurrent I/O, as far as it
# does not depend on QEMU's read-modify-write, and similar cases.
#
# In QEMU an I/O that overlaps a held one waits for the held one. Block devices have
# no such order: the target lets the I/O pass, and the held bio comes later.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

bd_setup ram_disk

# goes_on DESC TAG FILE [RESULT]: resumes TAG; the I/O of FILE then ends with
# RESULT
goes_on() {
	bd_msg bd resume "$2"
	eventually "$1" file_is "$3" "${4-ok}"
}

# --- 077: other writes beside a held one ---

for event in write_aio pwritev pwritev_done; do
	is "$(ios $bd 'w 0 64')" ok "a write clears the sectors before $event"
	bd_msg bd break $event A
	hold bd 1 /tmp/a 'w 1 1 byte=a'
	is "$(ios $bd 'w 2 1 byte=b')" ok "a write beside one held at $event passes"
	is "$(bd_msg bd is_suspended A)" 1 "a write is held at $event until it is resumed"
	goes_on "a write held at $event completes after its resume" A /tmp/a
	is "$(ios $bd 'r 0 1 byte=0' 'r 1 1 byte=a' 'r 2 1 byte=b' 'r 3 5 byte=0')" 'ok ok ok ok' \
		"both writes are on the disk after the resume at $event"
done

bd_msg bd break pwritev A
hold bd 1 /tmp/a 'w 40 1 byte=10'
is "$(ios $bd 'w 41 1 byte=11' 'w 42 1 byte=12' 'w 43 1 byte=13' 'w 44 1 byte=14' \
	'w 45 1 byte=15' 'w 46 1 byte=16' 'w 47 1 byte=17')" 'ok ok ok ok ok ok ok' \
	'seven writes beside a held one pass'
goes_on 'a held write completes after its neighbours' A /tmp/a
is "$(ios $bd 'r 40 1 byte=10' 'r 41 1 byte=11' 'r 44 1 byte=14' 'r 47 1 byte=17')" \
	'ok ok ok ok' 'seven writes and the held one are on the disk'

# --- 077: two held writes and one between them, resumed in either order ---

# overlapping SECTOR FIRST SECOND: holds two writes and resumes them in this
# order
overlapping() {
	local at=$1

	bd_msg bd break write_aio A
	hold bd 1 /tmp/A "w $at 1 byte=a"
	bd_msg bd break pwritev B
	hold bd 2 /tmp/B "w $((at + 15)) 1 byte=a"
	is "$(io_write $bd $((at + 4)) 8 byte=b)" ok "a write between two held ones at $at passes"
	goes_on "the first resumed write completes: $2" "$2" "/tmp/$2"
	is "$(bd_msg bd is_suspended "$2") $(bd_msg bd is_suspended "$3")" '0 1' "$3 is held after the resume of $2"
	goes_on "the second resumed write completes: $3" "$3" "/tmp/$3"
	is "$(ios $bd "r $at 1 byte=a" "r $((at + 4)) 8 byte=b" "r $((at + 15)) 1 byte=a")" \
		'ok ok ok' "all three writes at $at are on the disk"
}

overlapping 64 A B
overlapping 128 B A

# --- 077: from one breakpoint to the next ---

bd_msg bd break pwritev A
hold bd 1 /tmp/a 'w 256 4 byte=a'
bd_msg bd break pwritev_done C
bd_msg bd break write_aio B
hold bd 2 /tmp/b 'w 256 2 byte=b'
bd_msg bd resume A
succeeds 'a resumed write is held at the next breakpoint' bd_msg bd wait_break C 10000
is "$(ios "$dev" 'r 256 4 byte=a')" ok 'a write held at its completion is on the disk'
is "$(< /tmp/a)" '' 'a write held at its completion is not acknowledged'
goes_on 'a write held at its completion completes after its resume' C /tmp/a
is "$(bd_msg bd is_suspended B)" 1 'a second write stays held while the first completes'
goes_on 'the second write completes after its resume' B /tmp/b
is "$(ios $bd 'r 256 2 byte=b' 'r 258 2 byte=a')" 'ok ok' 'the write resumed last is on the disk'

bd_msg bd break pwritev A
hold bd 1 /tmp/a 'w 264 4 byte=a'
is "$(io_write $bd 264 8 byte=b)" ok 'a longer write over a held one passes'
goes_on 'a held write completes after a longer one that passed it' A /tmp/a
is "$(ios $bd 'r 264 4 byte=a' 'r 268 4 byte=b')" 'ok ok' 'a held write overwrites a longer one that passed it'

# --- The read-modify-write events, which only user space raises ---

for event in pwritev_rmw_head pwritev_rmw.after_head pwritev_rmw_tail pwritev_rmw.after_tail; do
	bd_msg bd break $event A
	hold_event bd 1 /tmp/a "${event/./_}"
	goes_on "a breakpoint on $event holds a caller until its resume" A /tmp/a
done

# --- Two bios at one breakpoint ---

bd_msg bd replace suspend event=write_aio tag=A
hold bd 1 /tmp/a 'w 0 8'
is "$(io_write $bd 8 8)" ok 'the second bio passes a breakpoint that the first has used up'
goes_on 'the first bio completes after its resume' A /tmp/a

bd_msg bd replace suspend event=write_aio tag=A once=off
hold bd 1 /tmp/a 'w 0 8'
hold bd 2 /tmp/b 'w 8 8'
goes_on 'a breakpoint with once=off holds two bios, and resume resumes the last' A /tmp/b
is "$(< /tmp/a) $(bd_msg bd is_suspended A)" ' 1' 'resume of two bios leaves the first held'
goes_on 'a second resume resumes the first bio' A /tmp/a

# --- Two breakpoints at one bio, resumed in either order ---

for order in 'A B' 'B A'; do
	read -r first second <<< "$order"
	bd_msg bd replace suspend event=read_aio tag=A suspend event=read_aio tag=B
	hold bd 2 /tmp/a 'r 0 8'
	is "$(bd_msg bd is_suspended A)$(bd_msg bd is_suspended B)" 11 \
		'two breakpoints hold one bio under both tags'
	bd_msg bd resume "$first"
	is "$(bd_msg bd is_suspended "$first")$(bd_msg bd is_suspended "$second")" 01 \
		"resume of $first leaves the hold of $second"
	is "$(< /tmp/a)" '' "a bio held by two breakpoints waits for the resume of $second"
	goes_on "a bio held by two breakpoints completes after the resume of $second" "$second" /tmp/a
done

# --- remove_break with held bios ---

bd_msg bd replace suspend event=write_aio tag=A once=off suspend event=pwritev tag=B
for i in 1 2 3; do hold bd $i /tmp/io.$i "w $((8 * i)) 8"; done
succeeds 'remove_break succeeds while it holds three bios' bd_msg bd remove_break A
succeeds 'remove_break resumes three bios, one of which is held at the next breakpoint' bd_msg bd wait_break B
eventually 'two of three resumed bios complete' bd_status_is bd held 1
bd_msg bd remove_break B
for i in 1 2 3; do eventually "bio $i completes after remove_break" file_is /tmp/io.$i ok; done
is "$(io_write $bd 0 8)" ok 'a write passes after remove_break'
fails_with ENOENT 'a second remove_break fails' bd_msg bd remove_break A

bd_msg bd replace suspend event=read_aio tag=A suspend event=read_aio tag=B
hold bd 2 /tmp/a 'r 0 8'
bd_msg bd remove_break A
is "$(bd_msg bd is_suspended A)$(bd_msg bd is_suspended B)" 01 'remove_break of one tag leaves the hold of another'
goes_on 'the hold of another tag is resumed after remove_break' B /tmp/a

# --- Rules armed during a hold ---

bd_msg bd replace suspend event=write_aio tag=A inject-error event=read_aio iotype=write errno=ENOSPC
hold bd 1 /tmp/a 'w 0 8'
is "$(io_read $bd 0 8)" ok 'a read arms a fault for writes'
goes_on 'a held write is failed by the fault that a read has armed' A /tmp/a ENOSPC

bd_msg bd replace suspend event=write_aio tag=A inject-error event=write_aio iotype=write \
	inject-error event=read_aio errno=ENODATA iotype=read
hold bd 1 /tmp/a 'w 0 8'
is "$(io_read $bd 0 8)" ENODATA 'a read arms a fault for reads and disarms that for writes'
goes_on 'a held write succeeds if a read has disarmed its fault' A /tmp/a

bd_msg bd replace suspend event=pwritev tag=A inject-error event=pwritev once=on
hold bd 1 /tmp/a 'w 0 8'
is "$(io_write $bd 8 8)" EIO 'another write uses up the fault that a held write has armed'
goes_on 'a held write succeeds if another one has used up its fault' A /tmp/a

bd_msg bd reset
bd_msg bd replace suspend event=write_aio tag=A set-state event=read_aio new_state=2 \
	inject-error event=pwritev state=2 errno=EILSEQ
hold bd 1 /tmp/a 'w 0 8'
is "$(io_read $bd 0 8)" ok 'a read moves the state while a write is held'
goes_on 'the next event of a held write is processed in the state that a read has set' A /tmp/a EILSEQ

done_testing
