# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Rules that are used up by one hit.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

has_module dm-blkdebug
ram_disk
bd_sectors=65536
bd_create bd "$dev" seed=7
bd=/dev/mapper/bd

# --- One request each ---

bd_start bd inject-error once=on errno=ENOSPC inject-error once=on errno=EILSEQ
is "$(ios $bd 'r 0 8' 'r 0 8' 'r 0 8')" 'ENOSPC EILSEQ ok' 'a once rule fails one request'
is "$(bd_list bd)" '1 used inject-error errno=ENOSPC once=on
1 used inject-error errno=EILSEQ once=on' 'list keeps it, with its hit'
is "$(bd_rules bd) $(bd_status bd rules)" 'seed=7 0' 'table and status do not'
bd_start bd inject-error once=on sector=8 inject-error once=off sector=16
is "$(ios $bd 'r 0 8' 'r 8 8' 'r 8 8' 'r 16 8' 'r 16 8')" 'ok EIO ok EIO EIO' 'what does not match uses nothing up'
bd_start bd inject-error errno=ENOSPC inject-error once=on
is "$(ios $bd 'r 0 8' 'r 0 8')" 'ENOSPC ENOSPC' 'nor does what an earlier rule decides'
bd_msg bd remove "$first"
is "$(ios $bd 'r 0 8' 'r 0 8')" 'EIO ok' 'it is still there then'
bd_start bd inject-error once=on errno=0 inject-error once=on
is "$(ios $bd 'r 0 8' 'r 0 8') $(bd_hits bd)" 'ok ok 2 0' 'errno=0 is never used up'
bd_start bd inject-error event=read_aio once=on errno=ENOSPC inject-error event=read_aio errno=EILSEQ
is "$(ios $bd 'r 0 8' 'r 0 8')" 'ENOSPC EILSEQ' 'an armed once rule leaves the others armed'
bd_start bd inject-error event=read_aio once=on errno=ENOSPC
is "$(ios $bd 'r 0 8' 'r 0 8' 'w 0 8') $(bd_status bd armed)" 'ENOSPC ok ok 0' 'and is not armed again'
bd_start bd inject-error once=on immediately=on
is "$(ios $bd 'w 0 8' 'w 0 8')" 'EIO ok' 'once and immediately'

# --- What a used-up rule is still good for ---

bd_start bd inject-error once=on tag=a inject-error once=on tag=a inject-error once=on tag=b
ios $bd 'r 0 8' 'r 0 8' > /dev/null
answers 1 'wait_hits answers by number' bd wait_hits "$first" 1
answers 2 'and by tag' bd wait_hits a 2
fails_with ENOENT 'but does not wait for what cannot come' bd_msg bd wait_hits a 3
fails_with ENOENT 'neither by number' bd_msg bd wait_hits "$first" 2
bd_msg bd remove "$first"
fails_with ENOENT 'remove takes it away' bd_msg bd wait_hits "$first" 1
answers 1 'the other one with the tag remains' bd wait_hits a 1
bd_msg bd remove a
fails_with ENOENT 'until the tag is removed' bd_msg bd wait_hits a 1
is "$(bd_list bd)" '0 - inject-error tag=b once=on' 'which leaves what is not used up'
io_read $bd 0 8 > /dev/null
is "$(bd_list bd)" '1 used inject-error tag=b once=on' 'until it is'
bd_msg bd replace inject-error sector=0 > /dev/null
is "$(bd_list bd)" '0 - inject-error sector=0' 'replace takes used-up rules away'
bd_start bd inject-error once=on
io_read $bd 0 8 > /dev/null
bd_msg bd clear
is "$(bd_msg bd list)" '' 'so does clear'
bd_start bd inject-error once=on
io_read $bd 0 8 > /dev/null
bd_msg bd reset
is "$(bd_msg bd list)" '' 'so does reset'
bd_start bd inject-error once=on
io_read $bd 0 8 > /dev/null
table=$(dmsetup table bd)
dmsetup load bd <<< "$table"
dmsetup suspend bd
dmsetup resume bd
is "$(bd_msg bd list)" '' 'so does a reload'
is "$(io_read $bd 0 8)" ok 'the table has forgotten it'
bd_start bd suspend event=user.x tag=a
background /tmp/event bd_msg bd event user.x
bd_msg bd wait_break a > /dev/null
is "$(bd_list bd)" '1 used suspend event=user.x tag=a' 'a breakpoint is used up as it is hit'
bd_msg bd resume a
wait "$pid"
fails_with ENOENT 'and gone for remove_break' bd_msg bd remove_break a
succeeds 'but not for remove' bd_msg bd remove a

# --- 1,000 used-up rules at least ---

# rule_for_each KEYS N: sets text to a rule for each of N sectors, ops to a read of each
rule_for_each() {
	local sectors

	mapfile -t sectors < <(seq 0 $(($2 - 1)))
	text=${sectors[*]/#/inject-error $1 sector=}
	ops=("${sectors[@]/#/r }")
	ops=("${ops[@]/%/ 1}")
}

rule_for_each 'tag=many once=on' 1003
bd_start bd "$text"
is "$(io $bd "${ops[@]}" "${ops[@]}" | sort | uniq -c | sed 's/^ *//')" $'1003 EIO\n1003 ok' '1,003 rules are used up'
is "$(bd_status bd rules)" 0 'so that none is left'
mapfile -t lines <<< "$(bd_msg bd list)"
succeeds 'list has the last 1,000 of them' test ${#lines[@]} -ge 1000
is "${lines[-1000]}" "$((first + 3)) 1 used inject-error sector=3 tag=many once=on" 'with their hits'
is "${lines[-1]}" "$((first + 1002)) 1 used inject-error sector=1002 tag=many once=on" 'to the last'
answers 1 'wait_hits answers for the oldest' bd wait_hits $((first + 3)) 1
# Twice as many again: whatever is forgotten is the oldest.
rule_for_each once=on 2000
bd_msg bd add "$text" > /dev/null
is "$(io $bd "${ops[@]}" | sort -u)" EIO '2,000 more are used up'
mapfile -t lines <<< "$(bd_msg bd list)"
succeeds 'list has 1,000 still' test ${#lines[@]} -ge 1000
is "${lines[-1000]}" "$((first + 2003)) 1 used inject-error sector=1000 once=on" 'the last ones'
bd_msg bd remove $((first + 3002))
fails_with ENOENT 'each can be removed' bd_msg bd wait_hits $((first + 3002)) 1

# --- Races: two processors at the same rules ---

# At each of 500 sectors a rule for one of two; the rest go on to the last rule.
for immediately in off on; do
	rule_for_each "once=on errno=ENOSPC immediately=$immediately" 500
	bd_start bd "$text" inject-error errno=EILSEQ
	background /tmp/one io $bd "${ops[@]}"
	io $bd "${ops[@]}" > /tmp/two
	wait "$pid"
	is "$(paste -d ' ' /tmp/one /tmp/two | sed 's/^EILSEQ ENOSPC$/ENOSPC EILSEQ/' | sort | uniq -c | sed 's/^ *//')" \
		'500 ENOSPC EILSEQ' "of two requests one is failed by the once rule, immediately=$immediately"
	is "$(bd_hits bd | tr ' ' '\n' | sort -u)" $'1\n500' 'with one hit each'
	is "$(bd_status bd injected)" 1000 'and all are counted'
done
# Two requests held, and resumed together
bd_start bd suspend event=read_aio tag=a once=off inject-error once=on
background /tmp/one io $bd 'r 0 8'
one=$pid
background /tmp/two io $bd 'r 0 8'
wait_until bd_status_is bd held 2
bd_msg bd resume a all
wait "$one" "$pid"
is "$(sort /tmp/one /tmp/two)" $'EIO\nok' 'of two requests resumed together one fails'

done_testing
