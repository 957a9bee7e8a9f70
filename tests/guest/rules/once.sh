# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# once=on: rules that are used up by one hit.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

bd_sectors=65536
bd_setup ram_disk

# --- One bio for each rule ---

bd_start bd inject-error once=on errno=ENOSPC inject-error once=on errno=EILSEQ
is "$(ios $bd 'r 0 8' 'r 0 8' 'r 0 8')" 'ENOSPC EILSEQ ok' 'each once=on rule fails one bio'
is "$(bd_list bd)" '1 used inject-error errno=ENOSPC once=on
1 used inject-error errno=EILSEQ once=on' 'list shows used-up rules with their hits'
is "$(bd_rules bd) $(bd_status bd rules)" 'seed=7 0' 'table and status leave out used-up rules'
bd_start bd inject-error once=on sector=8 inject-error once=off sector=16
is "$(ios $bd 'r 0 8' 'r 8 8' 'r 8 8' 'r 16 8' 'r 16 8')" 'ok EIO ok EIO EIO' 'a bio that does not match does not use up a once=on rule'
bd_start bd inject-error errno=ENOSPC inject-error once=on
is "$(ios $bd 'r 0 8' 'r 0 8')" 'ENOSPC ENOSPC' 'a bio that an earlier rule fails does not use up a later rule'
bd_msg bd remove "$first"
is "$(ios $bd 'r 0 8' 'r 0 8')" 'EIO ok' 'a once=on rule acts after the earlier rule is removed'
bd_start bd inject-error once=on errno=0 inject-error once=on
is "$(ios $bd 'r 0 8' 'r 0 8') $(bd_hits bd)" 'ok ok 2 0' 'a once=on rule with errno=0 is never used up'
bd_start bd inject-error event=read_aio once=on errno=ENOSPC inject-error event=read_aio errno=EILSEQ
is "$(ios $bd 'r 0 8' 'r 0 8')" 'ENOSPC EILSEQ' 'a used-up armed rule leaves the other armed rules in force'
bd_start bd inject-error event=read_aio once=on errno=ENOSPC
is "$(ios $bd 'r 0 8' 'r 0 8' 'w 0 8') $(bd_status bd armed)" 'ENOSPC ok ok 0' 'a used-up rule is not armed again'
bd_start bd inject-error once=on immediately=on
is "$(ios $bd 'w 0 8' 'w 0 8')" 'EIO ok' 'once=on together with immediately=on fails one bio'

# --- Messages about used-up rules ---

bd_start bd inject-error once=on tag=a inject-error once=on tag=a inject-error once=on tag=b
ios $bd 'r 0 8' 'r 0 8' > /dev/null
answers 1 'wait_hits of a used-up rule answers by number' bd wait_hits "$first" 1
answers 2 'wait_hits of used-up rules answers by tag' bd wait_hits a 2
fails_with ENOENT 'wait_hits by tag fails at once if the rules are used up before' bd_msg bd wait_hits a 3
fails_with ENOENT 'wait_hits by number fails at once if the rule is used up before' bd_msg bd wait_hits "$first" 2
bd_msg bd remove "$first"
fails_with ENOENT 'remove by number removes a used-up rule' bd_msg bd wait_hits "$first" 1
answers 1 'remove of one used-up rule keeps another of the same tag' bd wait_hits a 1
bd_msg bd remove a
fails_with ENOENT 'remove by tag removes used-up rules' bd_msg bd wait_hits a 1
is "$(bd_list bd)" '0 - inject-error tag=b once=on' 'remove of one tag keeps the rule of another tag'
io_read $bd 0 8 > /dev/null
is "$(bd_list bd)" '1 used inject-error tag=b once=on' 'a kept once=on rule is used up by a later bio'
bd_msg bd replace inject-error sector=0 > /dev/null
is "$(bd_list bd)" '0 - inject-error sector=0' 'replace drops used-up rules'
bd_start bd inject-error once=on
io_read $bd 0 8 > /dev/null
bd_msg bd clear
is "$(bd_msg bd list)" '' 'clear drops used-up rules'
bd_start bd inject-error once=on
io_read $bd 0 8 > /dev/null
bd_msg bd reset
is "$(bd_msg bd list)" '' 'reset drops used-up rules'
bd_start bd inject-error once=on
io_read $bd 0 8 > /dev/null
table=$(dmsetup table bd)
dmsetup load bd <<< "$table"
dmsetup suspend bd
dmsetup resume bd
is "$(bd_msg bd list)" '' 'a reload drops used-up rules'
is "$(io_read $bd 0 8)" ok 'a reload of the printed table does not bring back used-up rules'
bd_start bd suspend event=user.x tag=a
background /tmp/event bd_msg bd event user.x
bd_msg bd wait_break a > /dev/null
is "$(bd_list bd)" '1 used suspend event=user.x tag=a' 'a hit uses up a breakpoint without once=off'
bd_msg bd resume a
wait "$pid"
fails_with ENOENT 'remove_break does not find a used-up breakpoint' bd_msg bd remove_break a
succeeds 'remove finds a used-up breakpoint' bd_msg bd remove a

# --- At least 1,000 used-up rules are kept ---

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
is "$(io $bd "${ops[@]}" "${ops[@]}" | sort | uniq -c | sed 's/^ *//')" $'1003 EIO\n1003 ok' 'each of 1,003 once=on rules fails one bio'
is "$(bd_status bd rules)" 0 'status counts no rule after 1,003 are used up'
mapfile -t lines <<< "$(bd_msg bd list)"
succeeds 'list shows the last 1,000 used-up rules' test ${#lines[@]} -ge 1000
is "${lines[-1000]}" "$((first + 3)) 1 used inject-error sector=3 tag=many once=on" 'list shows the number and hits of the oldest kept rule'
is "${lines[-1]}" "$((first + 1002)) 1 used inject-error sector=1002 tag=many once=on" 'list shows the number and hits of the newest used-up rule'
answers 1 'wait_hits answers for the oldest kept rule' bd wait_hits $((first + 3)) 1
# 3,000 rules are used up by now: the oldest are dropped first.
rule_for_each once=on 2000
bd_msg bd add "$text" > /dev/null
is "$(io $bd "${ops[@]}" | sort -u)" EIO 'each of 2,000 added once=on rules fails one bio'
mapfile -t lines <<< "$(bd_msg bd list)"
succeeds 'list shows at least 1,000 rules after 3,003 are used up' test ${#lines[@]} -ge 1000
is "${lines[-1000]}" "$((first + 2003)) 1 used inject-error sector=1000 once=on" 'list keeps the newest used-up rules'
bd_msg bd remove $((first + 3002))
fails_with ENOENT 'remove removes any of the used-up rules' bd_msg bd wait_hits $((first + 3002)) 1

# --- Races: two processors at the same rules ---

# Each of 500 sectors has a once=on rule, and two tasks read it; the second read
# meets the last rule.
for immediately in off on; do
	rule_for_each "once=on errno=ENOSPC immediately=$immediately" 500
	bd_start bd "$text" inject-error errno=EILSEQ
	background /tmp/one io $bd "${ops[@]}"
	io $bd "${ops[@]}" > /tmp/two
	wait "$pid"
	is "$(paste -d ' ' /tmp/one /tmp/two | sed 's/^EILSEQ ENOSPC$/ENOSPC EILSEQ/' | sort | uniq -c | sed 's/^ *//')" \
		'500 ENOSPC EILSEQ' "exactly one of two concurrent bios is failed by the once=on rule, immediately=$immediately"
	is "$(bd_hits bd | tr ' ' '\n' | sort -u)" $'1\n500' "each once=on rule has one hit, immediately=$immediately"
	is "$(bd_status bd injected)" 1000 "status counts each failed bio, immediately=$immediately"
done
# Two held bios are resumed together.
bd_start bd suspend event=read_aio tag=a once=off inject-error once=on
background /tmp/one io $bd 'r 0 8'
one=$pid
background /tmp/two io $bd 'r 0 8'
wait_until bd_status_is bd held 2
bd_msg bd resume a all
wait "$one" "$pid"
is "$(sort /tmp/one /tmp/two)" $'EIO\nok' 'of two bios resumed together exactly one is failed by the once=on rule'

done_testing
