# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Bad sectors that a write heals.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

has_module dm-blkdebug
loop_disk 32
bd_create bd "$dev" seed=7
bd=/dev/mapper/bd

bd_start bd inject-error sector=100-199 healed=on errno=ENODATA
is "$(ios $bd 'r 96 4' 'r 96 8' 'r 150 1' 'r 199 1' 'r 200 8')" 'ok ENODATA ENODATA ENODATA ok' 'reads find bad sectors'
is "$(ios $bd 'w 150 10 byte=22')" ok 'a write does not mind'
is "$(bd_list bd)" '3 - inject-error sector=100-149,160-199 errno=ENODATA healed=on' 'and heals what it covers'
is "$(ios $bd 'r 150 10 byte=22' 'r 149 1' 'r 160 1' 'r 149 2')" 'ok ENODATA ENODATA ENODATA' 'and no more'
is "$(ios $bd 'w 90 20' 'w 190 20')" 'ok ok' 'at both ends'
is "$(bd_list bd)" '6 - inject-error sector=110-149,160-189 errno=ENODATA healed=on' 'as well'
is "$(bd_rules bd)" 'seed=7 inject-error sector=110-149,160-189 errno=ENODATA healed=on' 'the table has what is bad still'
ios $bd 'w 110 1' 'w 189 1' 'w 148 13' > /dev/null
is "$(bd_rules bd)" 'seed=7 inject-error sector=111-147,161-188 errno=ENODATA healed=on' 'sector by sector'
is "$(ios $bd 'z 112 8' 'd 120 8')" 'ok ok' 'zeroes and discards'
is "$(bd_rules bd)" 'seed=7 inject-error sector=111,128-147,161-188 errno=ENODATA healed=on' 'heal, too'
is "$(ios $bd 'w 0 300' 'r 96 200')" 'ok ok' 'a write over all of it'
is "$(bd_list bd)" '6 used inject-error sector=100-199 errno=ENODATA healed=on' 'uses the rule up'

bd_start bd inject-error sector=8-15,20,30-31 healed=on
is "$(ios $bd 'w 8 8' 'w 30 2') $(bd_list bd)" 'ok ok 0 - inject-error sector=20 healed=on' 'a range that is covered just so is gone'

# --- What does not reach the medium heals nothing ---

bad='sector=8-15 healed=on'
# shellcheck disable=SC2086 # two words
heals() {
	bd_start bd "${@:2}" inject-error $bad
	ios $bd 'w 8 8' > /dev/null
	io_read $bd 8 8 > /tmp/result
	is "$(< /tmp/result)" "${1%% *}" "${*:2}: ${1#* }"
}
heals 'EIO a dropped write heals nothing' drop
heals 'EIO nor does one that fails' inject-error iotype=write
heals 'EIO nor one that goes elsewhere' misdirect iotype=write to=64
heals 'ok a delayed one heals' delay ms=1
heals 'ok so does one that fails after all' inject-error iotype=write transfer=all
heals 'EIO and one that is torn' tear sectors=4
is "$(bd_list bd)" '1 - tear sectors=4
1 - inject-error sector=12-15 healed=on' 'only where it is written'
bd_start bd misdirect iotype=write sector=64 to=10 inject-error sector=8-15 healed=on
is "$(ios $bd 'w 64 2') $(bd_list bd)" 'ok 1 - misdirect sector=64 iotype=write to=10
0 - inject-error sector=8-9,12-15 healed=on' 'and one that goes astray, where it ends up'

bd_start bd suspend event=write_aio tag=held inject-error sector=8-15 healed=on
hold bd 1 /tmp/held 'w 8 8'
bd_msg bd resume held errno=0
eventually 'a write that is held and spared all rules goes on' file_is /tmp/held ok
is "$(ios $bd 'r 8 8')" ok 'and heals'

# --- In force, and with others ---

bd_start bd inject-error state=2 sector=8-15 healed=on
is "$(ios $bd 'w 8 1' 'r 8 1')" 'ok ok' 'in another state'
is "$(bd_list bd)" '0 - inject-error state=2 sector=8-15 healed=on' 'nothing is read nor healed'
bd_msg bd state 2 > /dev/null
is "$(ios $bd 'r 8 1' 'w 8 1' 'r 8 1' 'r 9 1')" 'EIO ok ok EIO' 'in its own both are'
bd_start bd inject-error event=user.break sector=8-15 healed=on
is "$(ios $bd 'w 8 1' 'r 8 1') $(bd_msg bd event user.break)$(ios $bd 'r 8 1' 'w 8 1' 'r 8 1')" 'ok ok EIO ok ok' 'likewise once armed'
bd_start bd inject-error sector=0-99 healed=on errno=ENODATA inject-error sector=50-149 healed=on errno=EILSEQ
is "$(ios $bd 'r 60 1' 'w 60 10' 'r 60 1' 'r 120 1')" 'ENODATA ok ok EILSEQ' 'a write heals sectors for all rules'
is "$(bd_list bd)" '1 - inject-error sector=0-59,70-99 errno=ENODATA healed=on
1 - inject-error sector=50-59,70-149 errno=EILSEQ healed=on' 'that have them'
bd_start bd inject-error sector=8 healed=on times=2
is "$(ios $bd 'r 8 1' 'r 8 1' 'r 8 1')" 'EIO EIO ok' 'bad so many times'

# --- By numbers ---

rule=inject-error\ healed=on\ sector=0
for ((i = 2; i < 24000; i += 2)); do rule+=,$i; done
bd_start bd "$rule"
is "$(ios $bd 'r 4000 1' 'r 4001 1' 'w 4000 3' 'r 4000 3' 'r 4003 2')" 'EIO ok ok ok EIO' 'twelve thousand of them'
ops=()
for ((i = 0; i < 24000; i += 512)); do ops+=("w $i 512"); done
io $bd "${ops[@]}" > /dev/null
is "$(ios $bd 'r 0 512' 'r 23000 512') $(bd_status bd rules)" 'ok ok 0' 'and none is left'

# --- Healed while it is printed ---

# The rule is the table's last word, so that nothing is printed over what is left of
# it. Writes heal from the first sector on; so a table that has the rule has its last
# sector, and no more sectors than the one before.
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
	if ((round % 2)); then io $bd "d 0 $((last_bad + 8))"; else io $bd "w 0 $((last_bad + 8))"; fi > /tmp/null
	: > /tmp/stop
	wait "$pid"
	sed -i '/^[0-9]*\*/d' /tmp/tables
	check_tables /tmp/tables || break
done
if ((round == 12)); then
	ok 'table: a rule that is healed meanwhile is shown as it is, or not at all'
else
	not_ok 'table: a rule that is healed meanwhile is shown as it is, or not at all' "round $round: $why"
fi

done_testing
