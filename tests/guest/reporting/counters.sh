# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Hits, wait_hits, stats and status.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

has_module dm-blkdebug
loop_disk 16
bd_sectors=8192
bd_create bd "$dev" seed=7
bd=/dev/mapper/bd

# stat IOTYPE WORD: one number of stats
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
is "$(bd_hits bd)" '0 0 0 0' 'hits begin at zero'
ios $bd 'r 0 8' 'w 0 8' 'w 8 8' 'r 8 8' > /dev/null
is "$(bd_hits bd)" '2 1 2 0' 'each rule that fires counts'
background /tmp/event bd_msg bd event user.x
bd_msg bd wait_break a > /dev/null
is "$(bd_hits bd)" '2 1 2 1' 'a breakpoint as it is hit'
bd_msg bd resume a
wait "$pid"
is "$(bd_hits bd)" '2 1 2 1' 'not as it is resumed'
bd_start bd inject-error event=user.x
bd_msg bd event user.x
is "$(bd_hits bd)" 0 'arming is no hit'
bd_msg bd remove "$first"

# --- wait_hits ---

bd_start bd inject-error sector=0-7 tag=a inject-error sector=8-15 tag=a inject-error sector=16-23 tag=b
ios $bd 'r 0 8' 'r 8 8' 'r 8 8' 'r 16 8' > /dev/null
answers 1 'wait_hits answers at once when there are enough hits' bd wait_hits "$first" 1
answers 2 'with how many there are' bd wait_hits $((first + 1)) 1
answers 3 'over all that bear the tag' bd wait_hits a 3
answers 1 'and no other' bd wait_hits b 1
answers 1 'no hits at all are reached, too' bd wait_hits b 0
fails_with ETIMEDOUT 'otherwise it sleeps until its time is over' bd_msg bd wait_hits b 2 50
fails_with ETIMEDOUT 'which may be none' bd_msg bd wait_hits "$first" 2 0

# asleep WORD...: a wait_hits that sleeps; who sleeps killably is in state D
asleep() {
	background /tmp/hits dmsetup message bd 0 wait_hits "$@"
	wait_until process_state_is "$pid" D || not_ok "wait_hits $* sleeps"
}

asleep a 5 20000
io_read $bd 0 8 > /dev/null
is "$(process_state "$pid") $(< /tmp/hits)" 'D ' 'a hit too few leaves it asleep'
io_read $bd 8 8 > /dev/null
wait "$pid"
is "$? $(< /tmp/hits)" '0 5' 'the last one wakes it'
asleep "$first" 3
io_read $bd 0 8 > /dev/null
wait "$pid"
is "$? $(< /tmp/hits)" '0 3' 'so it does for a number'

# gone DESC: it ends with ENOENT
gone() {
	wait "$pid"
	like "$?$(< /tmp/hits)" "^1.*${errno_text[ENOENT]}" "$1"
}

asleep "$first" 99
bd_msg bd remove "$first"
gone 'removal of the rule ends it with ENOENT'
bd_start bd inject-error sector=0-7 tag=a inject-error sector=8-15 tag=a
asleep a 2
bd_msg bd remove "$first"
bd_msg bd add inject-error sector=24 tag=a > /dev/null
ios $bd 'r 8 8' 'r 24 8' > /dev/null
wait "$pid"
is "$? $(< /tmp/hits)" '0 2' 'a tag lasts as long as a rule bears it'
asleep a 99
bd_msg bd remove a
gone 'and no longer'
bd_msg bd add inject-error tag=b > /dev/null
asleep b 99
bd_msg bd clear
gone 'so does clear'
bd_start bd inject-error tag=a
asleep a 1
bd_msg bd replace inject-error tag=a > /dev/null
io_read $bd 0 8 > /dev/null
wait "$pid"
is "$? $(< /tmp/hits)" '0 1' 'replace leaves it asleep if new rules bear the tag'
asleep a 99
bd_msg bd replace inject-error tag=b > /dev/null
gone 'or else ends it'
bd_start bd inject-error tag=a
asleep a 99
bd_msg bd reset
gone 'so does reset'
bd_start bd inject-error tag=a once=on
asleep a 2
io_read $bd 0 8 > /dev/null
gone 'and a rule used up before that'
bd_start bd inject-error tag=a once=on inject-error tag=a once=on
asleep a 2
ios $bd 'r 0 8' 'r 0 8' > /dev/null
wait "$pid"
is "$? $(< /tmp/hits)" '0 2' 'but not when the last hit is the wanted one'
bd_start bd inject-error
asleep "$first" 99
kill -KILL "$pid"
wait "$pid"
is "$?" 137 'a sleeper can be killed'

# --- stats ---

bd_start bd inject-error sector=0 set-state event=user.x
ios $bd 'r 0 8' 'r 8 8' 'w 0 8' 'w 8 8' 'w 16 8' f 'd 8 8' 'z 8 8' > /dev/null
stats=$(bd_msg bd stats)
is "$(cut -d ' ' -f 1 <<< "$stats" | tr '\n' ' ')" \
	'read write write-zeroes discard flush secure-erase zone-append zone-mgmt ' 'stats has a line per iotype'
is "$(stat read seen) $(stat read injected) $(stat read held)" '2 1 0' 'reads'
is "$(stat write seen) $(stat write injected)" '3 1' 'writes'
is "$(stat flush seen) $(stat flush injected)" '1 0' 'flushes'
is "$(stat discard seen) $(stat write-zeroes seen) $(stat zone-append seen)" '1 1 0' 'the others'
is "$(bd_status bd injected)" 2 'status has the sum of injected errors'
bd_msg bd clear
io $bd 'r 0 8' > /dev/null
is "$(stat read seen) $(stat read injected)" '2 1' 'while there is no rule none is seen; counters stay'
bd_msg bd stats reset
is "$(stat read seen) $(stat write injected) $(bd_status bd injected)" '0 0 0' 'stats reset sets them to zero'
bd_msg bd add set-state event=user.x > /dev/null
io $bd 'r 0 8' > /dev/null
is "$(stat read seen)" 1 'with any rule, whatever it is about, requests are seen'
bd_start bd suspend event=read_aio tag=a suspend event=read_aio tag=b inject-error
is "$(stat read seen) $(stat write injected) $(bd_status bd injected)" '0 0 0' 'reset does, too'
background /tmp/io io $bd 'r 0 8'
bd_msg bd wait_break b > /dev/null
is "$(stat read seen) $(stat read held) $(stat read injected) $(bd_status bd held)" '1 1 0 2' \
	'a request held under two tags is one held, in status two holds'
bd_msg bd resume a
bd_msg bd resume b
wait "$pid"
is "$(stat read held) $(stat read injected) $(bd_status bd held)" '1 1 0' 'held are counted, not only held now'
bd_msg bd stats reset
is "$(stat read held) $(bd_hits bd)" '0 1 1 1' 'stats reset leaves hits alone'
bd_start bd suspend event=write_aio tag=a suspend event=pwritev tag=b suspend tag=c \
	suspend event=pwritev_done tag=d
hold bd 1 /tmp/io 'w 0 8'
for tag in a b c; do bd_msg bd resume $tag; done
is "$(bd_msg bd is_suspended d) $(stat write held)" '1 1' \
	'stats: a bio that is held at four events, one after the other, is one bio held'
bd_msg bd resume d
wait "$pid"
is "$(< /tmp/io) $(stat write held) $(stat read held)" 'ok 1 0' 'stats: its count stays as it goes on'
hold bd 0 /tmp/io 'w 0 8'
wait "$pid"
is "$(stat write held)" 1 'stats: a bio that no breakpoint holds is not counted as held'
bd_start bd inject-error iotype=write suspend event=pwritev_done tag=a
hold bd 1 /tmp/io 'w 0 8'
bd_msg bd resume a errno=ENOSPC
wait "$pid"
is "$(< /tmp/io) $(stat write injected) $(bd_status bd injected)" 'ENOSPC 1 1' \
	'a request that has failed is counted once, whatever it is resumed with'
bd_start bd inject-error iotype=discard inject-error iotype=write-zeroes inject-error iotype=flush \
	inject-error iotype=read errno=0
ios $bd 'd 0 8' 'z 0 8' f 'r 0 8' > /dev/null
is "$(stat discard injected) $(stat write-zeroes injected) $(stat flush injected) $(stat read injected)" '1 1 1 0' \
	'errors are counted by iotype, errno=0 is none'

# --- status ---

bd_start bd inject-error event=user.x inject-error event=user.x once=on suspend event=user.y tag=a \
	set-state event=user.x new_state=8
bd_msg bd event user.x
background /tmp/event bd_msg bd event user.y
bd_msg bd wait_break a > /dev/null
io_read $bd 0 8 > /dev/null
like "$(dmsetup status bd)" '^0 8192 blkdebug state=8 rules=3 armed=2 held=1 injected=1 seed=7( |$)' 'status'
bd_msg bd resume a
wait "$pid"
bd_msg bd reset
like "$(dmsetup status bd)" '^0 8192 blkdebug state=1 rules=0 armed=0 held=0 injected=0 seed=7( |$)' 'after a reset'

done_testing
