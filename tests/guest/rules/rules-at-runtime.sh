# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# add, replace, remove, clear, reset and list while I/O is in flight.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

has_module dm-blkdebug
ram_disk
bd_sectors=65536
bd_create bd "$dev" seed=7 inject-error sector=0 errno=ENOSPC

# --- add and rule numbers ---

is "$(bd_msg bd list)" '1 0 - inject-error sector=0 errno=ENOSPC' 'rules of the table are numbered from 1'
answers 2-2 'add answers with the number of a rule' bd add inject-error sector=8
answers 3-5 'add of several rules answers with their range of numbers' bd add inject-error sector=16 set-state event=user.x new_state=2 inject-error sector=24
is "$(ios $bd 'r 0 8' 'r 8 8' 'r 16 8' 'r 24 8' 'r 32 8')" 'ENOSPC EIO EIO EIO ok' 'added rules are in force'
fails_with EINVAL 'add with one invalid rule of two fails' bd_msg bd add inject-error sector=32 inject-error errno=EFOO
is "$(io_read $bd 32 8)" ok 'add with an invalid rule adds none of its rules'
answers 6-6 'a failed add uses up no numbers' bd add inject-error sector=40

# --- remove, clear, replace, reset ---

bd_msg bd remove 2
is "$(ios $bd 'r 0 8' 'r 8 8' 'r 16 8')" 'ENOSPC ok EIO' 'remove by number removes that rule only'
fails_with ENOENT 'remove of a removed rule fails' bd_msg bd remove 2
answers 7-7 'the number of a removed rule is not used again' bd add inject-error sector=8
bd_msg bd remove 7
answers 8-8 'the number of the last rule is not used again after its removal' bd add inject-error sector=8
bd_msg bd clear
is "$(bd_msg bd list)$(bd_rules bd) $(ios $bd 'r 0 8' 'r 16 8')" 'seed=7 ok ok' 'clear removes all rules'
succeeds 'clear succeeds without rules' bd_msg bd clear
answers 9-10 'numbers go on after clear' bd add inject-error sector=0 tag=a set-state event=user.x new_state=2 tag=a
is "$(bd_msg bd list)" '9 0 - inject-error sector=0 tag=a
10 0 - set-state event=user.x tag=a new_state=2' 'rules of different actions may share a tag'
bd_msg bd event user.x
bd_msg bd remove a
is "$(bd_msg bd list) $(bd_msg bd state)" ' 2' 'remove by tag removes all rules with the tag'
answers 11-12 'replace answers with the range of numbers' bd replace inject-error sector=0 inject-error sector=8
answers 13-13 'a second replace answers with the next number' bd replace inject-error sector=16
is "$(ios $bd 'r 0 8' 'r 8 8' 'r 16 8') $(bd_msg bd state)" 'ok ok EIO 2' 'replace removes all earlier rules and keeps the state'
fails_with EINVAL 'replace with an invalid rule fails' bd_msg bd replace inject-error sector=24 frob
is "$(bd_msg bd list)" '13 1 - inject-error sector=16' 'a failed replace keeps the earlier rules'
bd_msg bd reset
is "$(bd_msg bd list)" '' 'reset removes all rules'
is "$(dmsetup status bd)" '0 65536 blkdebug state=1 rules=0 armed=0 held=0 injected=0 seed=7 power=on cached=0 volatile=0 views=0' \
	'reset restores the start state and sets counters to zero'
answers 14-14 'numbers go on after reset' bd add inject-error

# --- Held bios ---

bd_msg bd replace suspend event=read_aio tag=a suspend event=user.x tag=b > /dev/null
background /tmp/io io $bd 'r 0 8'
bd_msg bd wait_break a > /dev/null
bd_msg bd remove a
answers 1 'remove of a breakpoint keeps its bio held' bd is_suspended a
bd_msg bd clear
answers 1 'clear keeps a bio held' bd is_suspended a
answers 17-17 'replace answers while a bio is held' bd replace inject-error errno=ENOSPC
answers 1 'replace keeps a bio held' bd is_suspended a
bd_msg bd resume a
wait "$pid"
is "$(< /tmp/io)" ENOSPC 'a resumed bio meets the rules in force at its resume'
bd_msg bd replace suspend event=read_aio tag=a once=off suspend event=user.x tag=b inject-error > /dev/null
bd_msg bd state 3 > /dev/null
background /tmp/one io $bd 'r 0 8'
one=$pid
background /tmp/two io $bd 'r 8 8'
two=$pid
background /tmp/event bd_msg bd event user.x
wait_until bd_status_is bd held 3
bd_msg bd reset
wait "$one" "$two" "$pid"
is "$? $(< /tmp/one) $(< /tmp/two)" '0 ok ok' 'reset resumes all holds, and the bios meet no rule'
is "$(bd_status bd held) $(bd_msg bd state)" '0 1' 'reset leaves no holds and the start state'

# --- remove ---

bd_start bd inject-error sector=0 tag=a inject-error sector=8 tag=b inject-error sector=16 tag=b \
	inject-error sector=24 inject-error sector=32
dmesg_mark
fails_with ENOENT 'remove of several rules fails if one does not exist' bd_msg bd remove b "$first" c
dmesg_like "No such rule: 'c'" 'the log names the rule that does not exist'
is "$(bd_list bd | wc -l)" 5 'a failed remove removes no rule'
fails_with EINVAL 'remove with a word that is neither number nor tag fails' bd_msg bd remove "$first" 1x
is "$(bd_list bd | wc -l)" 5 'remove with an invalid word removes no rule'
succeeds 'remove takes numbers and tags, some of them twice' bd_msg bd remove a b $((first + 2)) "$first" $((first + 3))
is "$(bd_list bd)" '0 - inject-error sector=32' 'remove of several removes all the named rules'

# --- list ---

bd_msg bd replace inject-error event=user.x tag=a inject-error once=on sector=8 suspend event=user.y tag=b \
	set-state event=user.x state=9 new_state=4 > /dev/null
bd_msg bd event user.x
io_read $bd 8 8 > /dev/null
io_read $bd 8 8 > /dev/null
like "$(bd_msg bd list)" "^([0-9]+) 2 armed inject-error event=user.x tag=a
[0-9]+ 0 - inject-error sector=8 once=on
[0-9]+ 0 - suspend event=user.y tag=b
[0-9]+ 0 - set-state event=user.x state=9 new_state=4\$" 'list shows number, hits, "armed" or "-", and the rule'
bd_msg bd remove a
io_read $bd 8 8 > /dev/null
like "$(bd_msg bd list)" '^[0-9]+ 1 used inject-error sector=8 once=on' 'list shows "used" for a used-up rule'

# --- Two processors do I/O while rules come and go ---

# Whichever of the sets of rules below is in force, sectors below 64 fail and
# those from 128 on pass.
writers() {
	local i

	for i in 1 2 3 4 5 6 7 8; do printf '%s\n' 'r 0 8' 'w 56 8' 'r 128 8' 'w 1024 8' f; done
}
mapfile -t ops < <(writers)
bd_msg bd replace inject-error sector=0-63 > /dev/null
: > /tmp/go
for n in one two; do
	while [[ -e /tmp/go ]]; do ios $bd "${ops[@]}"; done > "/tmp/$n" &
done
for i in {1..15}; do
	bd_msg bd replace inject-error sector=0-63 set-state event=read_aio new_state="$i" \
		inject-error sector=64-127 tag=more > /dev/null
	bd_msg bd add inject-error sector=100-110 event=write_aio tag=more inject-error sector=0-99 tag=more > /dev/null
	bd_msg bd remove more
	bd_msg bd replace inject-error sector=32-63 inject-error sector=0-31 \
		inject-error sector=0-63 event=read_aio once=on > /dev/null
done
rm /tmp/go
wait
want=$(printf 'EIO EIO ok ok ok %.0s' {1..8})
is "$(sort -u /tmp/one /tmp/two)" "${want% }" 'no bio passes between two sets of rules that both fail it'
rounds=$(cat /tmp/one /tmp/two | wc -l)
succeeds 'two tasks have done at least four rounds of I/O meanwhile' test "$rounds" -ge 4

done_testing
