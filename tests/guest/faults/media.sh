# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# healed=on: bad sectors that a write heals.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

bd_setup loop_disk 32

bd_start bd inject-error sector=100-199 healed=on errno=ENODATA
is "$(ios $bd 'r 96 4' 'r 96 8' 'r 150 1' 'r 199 1' 'r 200 8')" 'ok ENODATA ENODATA ENODATA ok' 'reads of bad sectors fail'
is "$(ios $bd 'w 150 10 byte=22')" ok 'a write of bad sectors succeeds'
is "$(bd_list bd)" '3 - inject-error sector=100-149,160-199 errno=ENODATA healed=on' 'a write takes its sectors out of the rule'
is "$(ios $bd 'r 150 10 byte=22' 'r 149 1' 'r 160 1' 'r 149 2')" 'ok ENODATA ENODATA ENODATA' 'written sectors can be read, the others stay bad'
is "$(ios $bd 'w 90 20' 'w 190 20')" 'ok ok' 'writes over both ends of the range succeed'
is "$(bd_list bd)" '6 - inject-error sector=110-149,160-189 errno=ENODATA healed=on' 'writes over both ends shorten the range'
is "$(bd_rules bd)" 'seed=7 inject-error sector=110-149,160-189 errno=ENODATA healed=on' 'the table shows the sectors that are still bad'
ios $bd 'w 110 1' 'w 189 1' 'w 148 13' > /dev/null
is "$(bd_rules bd)" 'seed=7 inject-error sector=111-147,161-188 errno=ENODATA healed=on' 'writes of single sectors heal single sectors'
is "$(ios $bd 'z 112 8' 'd 120 8')" 'ok ok' 'write-zeroes and discard of bad sectors succeed'
is "$(bd_rules bd)" 'seed=7 inject-error sector=111,128-147,161-188 errno=ENODATA healed=on' 'write-zeroes and discard heal sectors'
is "$(ios $bd 'w 0 300' 'r 96 200')" 'ok ok' 'a write of all bad sectors heals all of them'
is "$(bd_list bd)" '6 used inject-error sector=100-199 errno=ENODATA healed=on' 'a rule without bad sectors is used up'

bd_start bd inject-error sector=8-15,20,30-31 healed=on
is "$(ios $bd 'w 8 8' 'w 30 2') $(bd_list bd)" 'ok ok 0 - inject-error sector=20 healed=on' 'a range that a write covers exactly is removed'

# --- A bio heals only the sectors that it writes ---

bad='sector=8-15 healed=on'
# shellcheck disable=SC2086 # two words
heals() {
	bd_start bd "${@:2}" inject-error $bad
	ios $bd 'w 8 8' > /dev/null
	io_read $bd 8 8 > /tmp/result
	is "$(< /tmp/result)" "${1%% *}" "${*:2}: ${1#* }"
}
heals 'EIO a dropped write heals nothing' drop
heals 'EIO a failed write heals nothing' inject-error iotype=write
heals 'EIO a misdirected write heals nothing at its own sectors' misdirect iotype=write to=64
heals 'ok a delayed write heals' delay ms=1
heals 'ok a failed write that is transferred heals' inject-error iotype=write transfer=all
heals 'EIO a torn write heals no sector that it has not written' tear sectors=4
is "$(bd_list bd)" '1 - tear sectors=4
1 - inject-error sector=12-15 healed=on' 'a torn write heals only the sectors it has written'
bd_start bd misdirect iotype=write sector=64 to=10 inject-error sector=8-15 healed=on
is "$(ios $bd 'w 64 2') $(bd_list bd)" 'ok 1 - misdirect sector=64 iotype=write to=10
0 - inject-error sector=8-9,12-15 healed=on' 'a misdirected write heals the sectors it has written'

bd_start bd suspend event=write_aio tag=held inject-error sector=8-15 healed=on
hold bd 1 /tmp/held 'w 8 8'
bd_msg bd resume held errno=0
eventually 'a held write that resume passes with errno=0 completes' file_is /tmp/held ok
is "$(ios $bd 'r 8 8')" ok 'a held write that resume passes with errno=0 heals'

# --- healed=on with other keys and rules ---

bd_start bd inject-error state=2 sector=8-15 healed=on
is "$(ios $bd 'w 8 1' 'r 8 1')" 'ok ok' 'healed=on in another state fails no read'
is "$(bd_list bd)" '0 - inject-error state=2 sector=8-15 healed=on' 'healed=on in another state is not healed by a write'
bd_msg bd state 2 > /dev/null
is "$(ios $bd 'r 8 1' 'w 8 1' 'r 8 1' 'r 9 1')" 'EIO ok ok EIO' 'healed=on in its state fails reads and is healed by a write'
bd_start bd inject-error event=user.break sector=8-15 healed=on
is "$(ios $bd 'w 8 1' 'r 8 1') $(bd_msg bd event user.break)$(ios $bd 'r 8 1' 'w 8 1' 'r 8 1')" 'ok ok EIO ok ok' 'healed=on with an event acts after it is armed'
bd_start bd inject-error sector=0-99 healed=on errno=ENODATA inject-error sector=50-149 healed=on errno=EILSEQ
is "$(ios $bd 'r 60 1' 'w 60 10' 'r 60 1' 'r 120 1')" 'ENODATA ok ok EILSEQ' 'a write heals the sectors of two rules'
is "$(bd_list bd)" '1 - inject-error sector=0-59,70-99 errno=ENODATA healed=on
1 - inject-error sector=50-59,70-149 errno=EILSEQ healed=on' 'list shows the sectors that are still bad for each of two rules'
bd_start bd inject-error sector=8 healed=on times=2
is "$(ios $bd 'r 8 1' 'r 8 1' 'r 8 1')" 'EIO EIO ok' 'times=2 uses up a healed=on rule after two failed reads'

# --- Many bad sectors ---

rule=inject-error\ healed=on\ sector=0
for ((i = 2; i < 24000; i += 2)); do rule+=,$i; done
bd_start bd "$rule"
is "$(ios $bd 'r 4000 1' 'r 4001 1' 'w 4000 3' 'r 4000 3' 'r 4003 2')" 'EIO ok ok ok EIO' 'of 12,000 bad sectors a write heals those it covers'
ops=()
for ((i = 0; i < 24000; i += 512)); do ops+=("w $i 512"); done
io $bd "${ops[@]}" > /dev/null
is "$(ios $bd 'r 0 512' 'r 23000 512') $(bd_status bd rules)" 'ok ok 0' 'a rule with 12,000 bad sectors is used up when all are written'

# --- A rule healed while it is printed ---

# The rule is the last word of the table, so that the space after it is not
# overwritten. A discard is one bio, which heals from its first sector on, at
# once or in the worker. So each printed table has the rule's last sector, and no
# more sectors than the table before. (dm divides a large write into several bios.
# When memory is short, a later one can heal before an earlier one.)
sectors=0 last_bad=16000
for ((i = 8; i <= last_bad; i += 4)); do sectors+=,$i; done
check_tables() {
	local line table bad before=1000000 nr=0

	while IFS= read -r line; do
		table=${line#*' | '}
		table=${table%%' | '*}
		nr=$((nr + 1))
		[[ $table == *' inject-error '* ]] || { before=0; continue; }
		bad=${table#*sector=}
		bad=${bad%% *}
		if [[ $bad != *",$last_bad" || $table != *' healed=on' ]]; then
			why="table $nr ends with sector ${bad##*,}: ...${table: -60}"
			return 1
		fi
		bad=${bad//[!,]/}
		((${#bad} <= before)) || { why="table $nr has ${#bad} sectors, $before before"; return 1; }
		before=${#bad}
	done < "$1"
	why="the last of $nr tables has $before sectors"
	((before == 0))
}

why=''
for ((round = 0; round < 12; round++)); do
	bd_start bd inject-error "sector=$sectors" healed=on
	rm -f /tmp/stop
	background /tmp/tables io $bd 'show' 'show' 'show' 'show' 'show' 'until /tmp/stop show' 'show'
	wait_until test -s /tmp/tables
	io $bd "d 0 $((last_bad + 8))" > /tmp/null
	: > /tmp/stop
	wait "$pid"
	sed -i '/^[0-9]*\*/d' /tmp/tables
	check_tables /tmp/tables || break
done
if ((round == 12)); then
	ok 'table shows a rule that is being healed completely or not at all'
else
	not_ok 'table shows a rule that is being healed completely or not at all' "round $round: $why"
fi

done_testing
