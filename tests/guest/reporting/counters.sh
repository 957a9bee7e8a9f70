# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Hits, wait_hits, stats and the counters of status.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

bd_sectors=8192
bd_setup loop_disk 16

# stat IOTYPE WORD: prints one number of stats
stat() {
	local line

	line=$(bd_msg bd stats | grep "^$1 ")
	line=" ${line#* } "
	[[ $line == *" $2="* ]] || return
	line=${line#*" $2="}
	echo "${line%% *}"
}

# --- Hits ---

bd_start bd inject-error sector=0-7 set-state event=write_aio state=1 new_state=2 set-state iotype=read new_state=1 \
	suspend event=user.x tag=a once=off
is "$(bd_hits bd)" '0 0 0 0' 'rules start without hits'
ios $bd 'r 0 8' 'w 0 8' 'w 8 8' 'r 8 8' > /dev/null
is "$(bd_hits bd)" '2 1 2 0' 'each rule that acts counts a hit'
background /tmp/event bd_msg bd event user.x
bd_msg bd wait_break a > /dev/null
is "$(bd_hits bd)" '2 1 2 1' 'a breakpoint counts a hit when it holds'
bd_msg bd resume a
wait "$pid"
is "$(bd_hits bd)" '2 1 2 1' 'a breakpoint counts no hit at the resume'
bd_start bd inject-error event=user.x
bd_msg bd event user.x
is "$(bd_hits bd)" 0 'arming a fault counts no hit'
bd_msg bd remove "$first"

# --- wait_hits ---

bd_start bd inject-error sector=0-7 tag=a inject-error sector=8-15 tag=a inject-error sector=16-23 tag=b
ios $bd 'r 0 8' 'r 8 8' 'r 8 8' 'r 16 8' > /dev/null
answers 1 'wait_hits with enough hits answers at once' bd wait_hits "$first" 1
answers 2 'wait_hits answers with the present number of hits' bd wait_hits $((first + 1)) 1
answers 3 'wait_hits adds up the hits of all rules with a tag' bd wait_hits a 3
answers 1 'wait_hits does not add hits of other tags' bd wait_hits b 1
answers 1 'wait_hits for 0 hits answers at once' bd wait_hits b 0
fails_with ETIMEDOUT 'wait_hits times out' bd_msg bd wait_hits b 2 50
fails_with ETIMEDOUT 'wait_hits with a timeout of 0 ms times out at once' bd_msg bd wait_hits "$first" 2 0

# asleep WORD...: starts a wait_hits and waits until it sleeps, in state D as
# killable sleeps are
asleep() {
	background /tmp/hits dmsetup message bd 0 wait_hits "$@"
	wait_until process_state_is "$pid" D || not_ok "wait_hits $* sleeps"
}

asleep a 5 20000
io_read $bd 0 8 > /dev/null
is "$(process_state "$pid") $(< /tmp/hits)" 'D ' 'wait_hits by tag sleeps on while a hit is missing'
io_read $bd 8 8 > /dev/null
wait "$pid"
is "$? $(< /tmp/hits)" '0 5' 'wait_hits by tag returns at the last missing hit'
asleep "$first" 3
io_read $bd 0 8 > /dev/null
wait "$pid"
is "$? $(< /tmp/hits)" '0 3' 'wait_hits by number returns at the last missing hit'

# gone DESC: the sleeping wait_hits ends with ENOENT
gone() {
	wait "$pid"
	like "$?$(< /tmp/hits)" "^1.*${errno_text[ENOENT]}" "$1"
}

asleep "$first" 99
bd_msg bd remove "$first"
gone 'remove of the rule ends wait_hits by number'
bd_start bd inject-error sector=0-7 tag=a inject-error sector=8-15 tag=a
asleep a 2
bd_msg bd remove "$first"
bd_msg bd add inject-error sector=24 tag=a > /dev/null
ios $bd 'r 8 8' 'r 24 8' > /dev/null
wait "$pid"
is "$? $(< /tmp/hits)" '0 2' 'wait_hits by tag sleeps on while any rule has the tag'
asleep a 99
bd_msg bd remove a
gone 'remove of the last rule with the tag ends wait_hits by tag'
bd_msg bd add inject-error tag=b > /dev/null
asleep b 99
bd_msg bd clear
gone 'clear ends wait_hits'
bd_start bd inject-error tag=a
asleep a 1
bd_msg bd replace inject-error tag=a > /dev/null
io_read $bd 0 8 > /dev/null
wait "$pid"
is "$? $(< /tmp/hits)" '0 1' 'wait_hits by tag sleeps on if replace brings new rules with the tag'
asleep a 99
bd_msg bd replace inject-error tag=b > /dev/null
gone 'replace without the tag ends wait_hits'
bd_start bd inject-error tag=a
asleep a 99
bd_msg bd reset
gone 'reset ends wait_hits'
bd_start bd inject-error tag=a once=on
asleep a 2
io_read $bd 0 8 > /dev/null
gone 'a rule used up before enough hits ends wait_hits'
bd_start bd inject-error tag=a once=on inject-error tag=a once=on
asleep a 2
ios $bd 'r 0 8' 'r 0 8' > /dev/null
wait "$pid"
is "$? $(< /tmp/hits)" '0 2' 'wait_hits returns if the last missing hit uses up the rule'
bd_start bd inject-error
asleep "$first" 99
kill -KILL "$pid"
wait "$pid"
is "$?" 137 'a sleeping wait_hits can be killed'

# --- stats ---

bd_start bd inject-error sector=0 set-state event=user.x
ios $bd 'r 0 8' 'r 8 8' 'w 0 8' 'w 8 8' 'w 16 8' f 'd 8 8' 'z 8 8' > /dev/null
stats=$(bd_msg bd stats)
is "$(cut -d ' ' -f 1 <<< "$stats" | tr '\n' ' ')" \
	'read write write-zeroes discard flush secure-erase zone-append zone-mgmt ' 'stats has a line for each iotype'
is "$(stat read seen) $(stat read injected) $(stat read held)" '2 1 0' 'stats counts reads seen, injected and held'
is "$(stat write seen) $(stat write injected)" '3 1' 'stats counts writes seen and injected'
is "$(stat flush seen) $(stat flush injected)" '1 0' 'stats counts flushes seen and injected'
is "$(stat discard seen) $(stat write-zeroes seen) $(stat zone-append seen)" '1 1 0' 'stats counts discards, write-zeroes and zone appends seen'
is "$(bd_status bd injected)" 2 'status shows the sum of injected errors'
bd_msg bd clear
io $bd 'r 0 8' > /dev/null
is "$(stat read seen) $(stat read injected)" '2 1' 'stats without rules counts nothing and keeps its numbers'
bd_msg bd stats reset
is "$(stat read seen) $(stat write injected) $(bd_status bd injected)" '0 0 0' 'stats reset sets all counters to zero'
bd_msg bd add set-state event=user.x > /dev/null
io $bd 'r 0 8' > /dev/null
is "$(stat read seen)" 1 'stats counts bios as soon as any rule exists'
bd_start bd suspend event=read_aio tag=a suspend event=read_aio tag=b inject-error
is "$(stat read seen) $(stat write injected) $(bd_status bd injected)" '0 0 0' 'reset sets all counters to zero'
background /tmp/io io $bd 'r 0 8'
bd_msg bd wait_break b > /dev/null
is "$(stat read seen) $(stat read held) $(stat read injected) $(bd_status bd held)" '1 1 0 2' \
	'a bio held under two tags counts as one held in stats and as two in status'
bd_msg bd resume a
bd_msg bd resume b
wait "$pid"
is "$(stat read held) $(stat read injected) $(bd_status bd held)" '1 1 0' 'stats counts bios that have been held, status those held now'
bd_msg bd stats reset
is "$(stat read held) $(bd_hits bd)" '0 1 1 1' 'stats reset keeps the hits of rules'
bd_start bd suspend event=write_aio tag=a suspend event=pwritev tag=b suspend tag=c \
	suspend event=pwritev_done tag=d
hold bd 1 /tmp/io 'w 0 8'
for tag in a b c; do bd_msg bd resume $tag; done
is "$(bd_msg bd is_suspended d) $(stat write held)" '1 1' \
	'stats counts a bio that is held four times in turn as one held bio'
bd_msg bd resume d
wait "$pid"
is "$(< /tmp/io) $(stat write held) $(stat read held)" 'ok 1 0' 'stats keeps its count of held bios when the bio completes'
hold bd 0 /tmp/io 'w 0 8'
wait "$pid"
is "$(stat write held)" 1 'stats counts no bio that passes as held'
bd_start bd inject-error iotype=write suspend event=pwritev_done tag=a
hold bd 1 /tmp/io 'w 0 8'
bd_msg bd resume a errno=ENOSPC
wait "$pid"
is "$(< /tmp/io) $(stat write injected) $(bd_status bd injected)" 'ENOSPC 1 1' \
	'a failed bio resumed with an errno is counted once'
bd_start bd inject-error iotype=discard inject-error iotype=write-zeroes inject-error iotype=flush \
	inject-error iotype=read errno=0
ios $bd 'd 0 8' 'z 0 8' f 'r 0 8' > /dev/null
is "$(stat discard injected) $(stat write-zeroes injected) $(stat flush injected) $(stat read injected)" '1 1 1 0' \
	'injected errors are counted by iotype, and errno=0 is not counted'

# --- status ---

bd_start bd inject-error event=user.x inject-error event=user.x once=on suspend event=user.y tag=a \
	set-state event=user.x new_state=8
bd_msg bd event user.x
background /tmp/event bd_msg bd event user.y
bd_msg bd wait_break a > /dev/null
io_read $bd 0 8 > /dev/null
like "$(dmsetup status bd)" '^0 8192 blkdebug state=8 rules=3 armed=2 held=1 injected=1 seed=7( |$)' 'status shows state, rules, armed, held and injected'
bd_msg bd resume a
wait "$pid"
bd_msg bd reset
like "$(dmsetup status bd)" '^0 8192 blkdebug state=1 rules=0 armed=0 held=0 injected=0 seed=7( |$)' 'status shows zero counters and the start state after reset'

done_testing
