# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # functions called by asserts
# Many bios at one breakpoint, many breakpoints at one event, and both.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

bd_setup ram_disk

# sectors_held: prints the sectors of all holds, oldest first
sectors_held() {
	local sectors=()

	while read -r _ _ _ _ _ _ sector _; do sectors+=("$sector"); done < <(bd_msg bd held)
	echo "${sectors[*]}"
}

# Resume takes the last hold first.
bd_msg bd break write_aio A once=off
for i in 1 2 3; do hold bd $i /tmp/io.$i "w $((8 * i)) 8"; done
is "$(sectors_held)" '8 16 24' 'held lists several bios at one breakpoint, oldest first'
like "$(bd_msg bd wait_break A)" '^3 A 1 write_aio write sync 24 8 [0-9]+$' \
	'wait_break answers with the last hold'
bd_msg bd resume A
eventually 'resume resumes the last hold' file_is /tmp/io.3 ok
is "$(sectors_held)" '8 16' 'resume leaves the other two holds'
bd_msg bd resume '#1'
eventually 'resume by number resumes that hold' file_is /tmp/io.1 ok
is "$(sectors_held)" 16 'resume by number leaves the other hold'
bd_msg bd resume A
eventually 'resume resumes the only hold left' file_is /tmp/io.2 ok
is "$(bd_msg bd list)" '1 3 - suspend event=write_aio tag=A once=off' 'the breakpoint has three hits'

# "resume all" resumes the oldest hold first: the next breakpoint holds them in
# that order.
for i in 1 2 3; do hold bd $i /tmp/io.$i "w $((8 * i)) 8"; done
bd_msg bd break pwritev B once=off
succeeds 'resume all succeeds' bd_msg bd resume A all
is "$(sectors_held)" '8 16 24' 'resume all resumes the oldest hold first'
is "$(bd_msg bd is_suspended A) $(bd_msg bd is_suspended B)" '0 1' 'resume all resumes all holds of the tag'
bd_msg bd resume B all
for i in 1 2 3; do eventually "bio $i completes after two breakpoints" file_is /tmp/io.$i ok; done

# Six breakpoints with once=off, three bios: a bio may be held again by a later
# breakpoint, but by each of them only once.
rules=''
for tag in T1 T2 T3 T4 T5 T6; do rules+=" suspend event=write_aio once=off tag=$tag"; done
bd_msg bd "replace $rules"
hold bd 6 /tmp/io.1 'w 8 8'
is "$(bd_status bd held)" 6 'a bio is held under six tags at once'
for i in 2 3; do background /tmp/io.$i io $bd "w $((8 * i)) 8"; done
succeeds 'the first of six breakpoints has three hits' bd_msg bd wait_hits T1 3
tags_held=$sysfs/held
only_last_holds() {
	for tag in T1 T2 T3 T4 T5; do bd_msg bd resume "$tag" all; done
	file_is "$tags_held" $'T6\nT6\nT6'
}
eventually 'three bios resumed under five tags are held by the sixth' only_last_holds
is "$(cat /tmp/io.[123])" '' 'no bio completes before its last resume'
bd_msg bd resume T6 all
for i in 1 2 3; do eventually "bio $i completes after six resumes" file_is /tmp/io.$i ok; done
for tag in T1 T5 T6; do is "$(bd_msg bd wait_hits $tag 3)" 3 "each of three bios has hit $tag once"; done
is "$(bd_status bd held)" 0 'nothing is held after all resumes'

# A breakpoint that is used up beside one with once=off.
bd_msg bd replace suspend event=read_aio tag=A suspend event=read_aio tag=B once=off
hold bd 2 /tmp/io.1 'r 8 8'
hold bd 3 /tmp/io.2 'r 16 8'
is "$(sectors_held)" '8 8 16' 'the second bio passes a used-up breakpoint'
bd_msg bd resume B all
eventually 'the second bio completes after the resume of its only hold' file_is /tmp/io.2 ok
is "$(sectors_held)" 8 'the first bio stays held by the used-up breakpoint'
bd_msg bd resume A
eventually 'the first bio completes after the resume of its last hold' file_is /tmp/io.1 ok

# Many bios.
bd_msg bd replace suspend event=write_aio tag=A once=off
background /tmp/fio fio --name=crowd --filename=$bd --size=8M --bs=4k --rw=randwrite \
	--ioengine=libaio --direct=1 --iodepth=1200 --number_ios=1200 --verify=crc32c \
	--do_verify=1 --verify_backlog=0 --minimal
eventually 'a breakpoint holds 1,200 bios' bd_status_is bd held 1200
is "$(bd_msg bd wait_hits A 1200)" 1200 'the breakpoint has 1,200 hits'
bd_msg bd held > /tmp/held
mapfile -t lines < /tmp/held
is "${#lines[@]}" 1200 'held lists all 1,200 holds'
is "$(io_read $bd 0 8)" ok 'another bio passes beside 1,200 holds'
bd_msg bd clear
bd_msg bd resume A all
is "$(bd_status bd held)" 0 'resume all resumes 1,200 holds'
wait "$pid"
is $? 0 'fio finds the data of 1,200 resumed writes correct'

done_testing
