# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# add, replace, remove, clear, reset and list, while requests come.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

has_module dm-blkdebug
ram_disk
bd_sectors=65536
bd_create bd "$dev" seed=7 inject-error sector=0 errno=ENOSPC
bd=/dev/mapper/bd

# --- add, and numbers ---

is "$(bd_msg bd list)" '1 0 - inject-error sector=0 errno=ENOSPC' 'rules of the table are numbered from 1'
answers 2-2 'add answers with the number of a rule' bd add inject-error sector=8
answers 3-5 'or of several' bd add inject-error sector=16 set-state event=user.x new_state=2 inject-error sector=24
is "$(ios $bd 'r 0 8' 'r 8 8' 'r 16 8' 'r 24 8' 'r 32 8')" 'ENOSPC EIO EIO EIO ok' 'all are in force'
fails_with EINVAL 'add is all or none' bd_msg bd add inject-error sector=32 inject-error errno=EFOO
is "$(io_read $bd 32 8)" ok 'none, if one is wrong'
answers 6-6 'and takes no numbers then' bd add inject-error sector=40

# --- remove, clear, replace, reset ---

bd_msg bd remove 2
is "$(ios $bd 'r 0 8' 'r 8 8' 'r 16 8')" 'ENOSPC ok EIO' 'remove takes one rule out'
fails_with ENOENT 'only once' bd_msg bd remove 2
answers 7-7 'its number is not used again' bd add inject-error sector=8
bd_msg bd remove 7
answers 8-8 'nor is the last one' bd add inject-error sector=8
bd_msg bd clear
is "$(bd_msg bd list)$(bd_rules bd) $(ios $bd 'r 0 8' 'r 16 8')" 'seed=7 ok ok' 'clear takes all out'
succeeds 'clear may find none' bd_msg bd clear
answers 9-10 'numbers go on' bd add inject-error sector=0 tag=a set-state event=user.x new_state=2 tag=a
is "$(bd_msg bd list)" '9 0 - inject-error sector=0 tag=a
10 0 - set-state event=user.x tag=a new_state=2' 'rules of any kind may share a tag'
bd_msg bd event user.x
bd_msg bd remove a
is "$(bd_msg bd list) $(bd_msg bd state)" ' 2' 'remove by tag takes all that bear it'
answers 11-12 'replace answers like add' bd replace inject-error sector=0 inject-error sector=8
answers 13-13 'and takes all others out' bd replace inject-error sector=16
is "$(ios $bd 'r 0 8' 'r 8 8' 'r 16 8') $(bd_msg bd state)" 'ok ok EIO 2' 'but leaves the state'
fails_with EINVAL 'a bad rule' bd_msg bd replace inject-error sector=24 frob
is "$(bd_msg bd list)" '13 1 - inject-error sector=16' 'replaces nothing'
bd_msg bd reset
is "$(bd_msg bd list)" '' 'reset leaves no rules'
is "$(dmsetup status bd)" '0 65536 blkdebug state=1 rules=0 armed=0 held=0 injected=0 seed=7' \
	'the start state and counters at zero'
answers 14-14 'numbers go on even so' bd add inject-error

# --- What is held ---

bd_msg bd replace suspend event=read_aio tag=a suspend event=user.x tag=b > /dev/null
background /tmp/io io $bd 'r 0 8'
bd_msg bd wait_break a > /dev/null
bd_msg bd remove a
answers 1 'remove leaves held what a breakpoint holds' bd is_suspended a
bd_msg bd clear
answers 1 'so does clear' bd is_suspended a
answers 17-17 'so does replace' bd replace inject-error errno=ENOSPC
answers 1 'with other rules' bd is_suspended a
bd_msg bd resume a
wait "$pid"
is "$(< /tmp/io)" ENOSPC 'it meets the rules that there are when it is resumed'
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
is "$? $(< /tmp/one) $(< /tmp/two)" '0 ok ok' 'reset resumes all that is held, without the rules'
is "$(bd_status bd held) $(bd_msg bd state)" '0 1' 'and nothing is held'

# --- remove ---

bd_start bd inject-error sector=0 tag=a inject-error sector=8 tag=b inject-error sector=16 tag=b \
	inject-error sector=24 inject-error sector=32
dmesg_mark
fails_with ENOENT 'remove of several, one of which is not there' bd_msg bd remove b "$first" c
dmesg_like "No such rule: 'c'" 'the log names it'
is "$(bd_list bd | wc -l)" 5 'removes none'
fails_with EINVAL 'likewise with a word that is neither' bd_msg bd remove "$first" 1x
is "$(bd_list bd | wc -l)" 5 'nor does that'
succeeds 'remove of several, by number and tag, some twice' bd_msg bd remove a b $((first + 2)) "$first" $((first + 3))
is "$(bd_list bd)" '0 - inject-error sector=32' 'removes all of them'

# --- list ---

bd_msg bd replace inject-error event=user.x tag=a inject-error once=on sector=8 suspend event=user.y tag=b \
	set-state event=user.x state=9 new_state=4 > /dev/null
bd_msg bd event user.x
io_read $bd 8 8 > /dev/null
io_read $bd 8 8 > /dev/null
like "$(bd_msg bd list)" "^([0-9]+) 2 armed inject-error event=user.x tag=a
[0-9]+ 0 - inject-error sector=8 once=on
[0-9]+ 0 - suspend event=user.y tag=b
[0-9]+ 0 - set-state event=user.x state=9 new_state=4\$" 'list: number, hits, armed or not, the rule'
bd_msg bd remove a
io_read $bd 8 8 > /dev/null
like "$(bd_msg bd list)" '^[0-9]+ 1 used inject-error sector=8 once=on' 'or used'

# --- Two processors do I/O while rules come and go ---

# Whatever rules are replaced by whatever others: sectors below 64 always fail,
# those from 128 on never do.
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
is "$(sort -u /tmp/one /tmp/two)" "${want% }" 'no request sees a gap between two sets of rules'
rounds=$(cat /tmp/one /tmp/two | wc -l)
succeeds 'and there were some' test "$rounds" -ge 4

done_testing
