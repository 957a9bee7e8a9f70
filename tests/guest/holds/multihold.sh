# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # functions called by asserts
# Many requests at one breakpoint, many breakpoints at one event, and both.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module brd
ram_disk
bd_create t "$dev"
t=/dev/mapper/t

# sectors_held: of all holds, oldest first
sectors_held() {
	local sectors=()

	while read -r _ _ _ _ _ _ sector _; do sectors+=("$sector"); done < <(bd_msg t held)
	echo "${sectors[*]}"
}

# The last one first.
bd_msg t break write_aio A once=off
for i in 1 2 3; do hold t $i /tmp/io.$i "w $((8 * i)) 8"; done
is "$(sectors_held)" '8 16 24' 'a breakpoint holds several requests, listed oldest first'
like "$(bd_msg t wait_break A)" '^3 A 1 write_aio write sync 24 8 [0-9]+$' \
	'wait_break answers with the last'
bd_msg t resume A
eventually 'resume takes the one held last' file_is /tmp/io.3 ok
is "$(sectors_held)" '8 16' 'and no other'
bd_msg t resume '#1'
eventually 'a number takes that very hold' file_is /tmp/io.1 ok
is "$(sectors_held)" 16 'and no other'
bd_msg t resume A
eventually 'the last one goes on' file_is /tmp/io.2 ok
is "$(bd_msg t list)" '1 3 - suspend event=write_aio tag=A once=off' 'the rule has three hits'

# All of them, the oldest first: the next breakpoint meets them in that order.
for i in 1 2 3; do hold t $i /tmp/io.$i "w $((8 * i)) 8"; done
bd_msg t break pwritev B once=off
succeeds 'resume all' bd_msg t resume A all
is "$(sectors_held)" '8 16 24' 'resumes the oldest first'
is "$(bd_msg t is_suspended A) $(bd_msg t is_suspended B)" '0 1' 'all of the tag'
bd_msg t resume B all
for i in 1 2 3; do eventually "request $i goes on" file_is /tmp/io.$i ok; done

# Six breakpoints that stay, three requests: a request may meet them in turns,
# but meets each of them once.
rules=''
for tag in T1 T2 T3 T4 T5 T6; do rules+=" suspend event=write_aio once=off tag=$tag"; done
bd_msg t "replace $rules"
hold t 6 /tmp/io.1 'w 8 8'
is "$(bd_status t held)" 6 'one request is held under six tags at once'
for i in 2 3; do background /tmp/io.$i io $t "w $((8 * i)) 8"; done
succeeds 'two more come' bd_msg t wait_hits T1 3
tags_held=$(bd_sysfs t)/held
only_last_holds() {
	for tag in T1 T2 T3 T4 T5; do bd_msg t resume "$tag" all; done
	file_is "$tags_held" $'T6\nT6\nT6'
}
eventually 'resumed by five tags they are held by the sixth' only_last_holds
is "$(cat /tmp/io.[123])" '' 'and none has gone on'
bd_msg t resume T6 all
for i in 1 2 3; do eventually "request $i goes on" file_is /tmp/io.$i ok; done
for tag in T1 T5 T6; do is "$(bd_msg t wait_hits $tag 3)" 3 "each has hit $tag once"; done
is "$(bd_status t held)" 0 'and nothing is held any more'

# Breakpoints that are used up, at the event that others stay at.
bd_msg t replace suspend event=read_aio tag=A suspend event=read_aio tag=B once=off
hold t 2 /tmp/io.1 'r 8 8'
hold t 3 /tmp/io.2 'r 16 8'
is "$(sectors_held)" '8 8 16' 'the second request meets only what is left'
bd_msg t resume B all
eventually 'and goes on first' file_is /tmp/io.2 ok
is "$(sectors_held)" 8 'while the first is held'
bd_msg t resume A
eventually 'until the other lets it go, too' file_is /tmp/io.1 ok

# A crowd.
bd_msg t replace suspend event=write_aio tag=A once=off
background /tmp/fio fio --name=crowd --filename=$t --size=8M --bs=4k --rw=randwrite \
	--ioengine=libaio --direct=1 --iodepth=1200 --number_ios=1200 --verify=crc32c \
	--do_verify=1 --verify_backlog=0 --minimal
eventually '1,200 requests are held' bd_status_is t held 1200
is "$(bd_msg t wait_hits A 1200)" 1200 'by one breakpoint'
bd_msg t held > /tmp/held
mapfile -t lines < /tmp/held
is "${#lines[@]}" 1200 'held shows them all'
is "$(io_read $t 0 8)" ok 'other requests go by'
bd_msg t clear
bd_msg t resume A all
is "$(bd_status t held)" 0 'resume all resumes them all'
wait "$pid"
is $? 0 'and all is written as it should be'

done_testing
