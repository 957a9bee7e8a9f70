# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Sleeping messages wake for their own condition, and hardly for other changes.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

bd_setup ram_disk

# switches PID: prints how often the process has gone to sleep
switches() {
	local word nr

	while read -r word nr; do
		[[ $word != voluntary_ctxt_switches: ]] || echo "$nr"
	done < "/proc/$1/status"
}

# asleep FILE WORD...: starts a message and waits until it sleeps; sets $pid
asleep() {
	background "$1" dmsetup message bd 0 "${@:2}"
	wait_until process_state_is "$pid" D || not_ok "message ${*:2} sleeps"
}

# few PID BEFORE DESC: the process has woken less than ten times since BEFORE
few() {
	local nr=$(($(switches "$1") - $2))

	if ((nr < 10)); then ok "$3"; else not_ok "$3" "woken $nr times"; fi
}

enough=10000
for ((i = 0; i < enough; i++)); do echo 'r 0 1'; done > /tmp/ops

bd_start bd inject-error sector=0 tag=r immediately=on inject-error sector=8 tag=other
asleep /tmp/by.tag wait_hits r 1000000 600000
by_tag=$pid
asleep /tmp/by.number wait_hits "$first" $enough 600000
by_number=$pid
asleep /tmp/other wait_hits other 1 600000
other=$pid
asleep /tmp/break wait_break nothing 600000
break=$pid
declare -A before
for pid in "$by_tag" "$by_number" "$other" "$break"; do before[$pid]=$(switches "$pid"); done
# One hit less than wait_hits by number waits for.
is "$(head -n $((enough - 1)) /tmp/ops | io $bd - | sort | uniq -c | sed 's/^ *//')" "$((enough - 1)) EIO" \
	'a rule has 9,999 hits'
few "$by_tag" "${before[$by_tag]}" 'wait_hits by tag hardly wakes while hits are missing'
few "$by_number" "${before[$by_number]}" 'wait_hits by number hardly wakes while hits are missing'
few "$other" "${before[$other]}" 'wait_hits hardly wakes at the hits of other rules'
few "$break" "${before[$break]}" 'wait_break hardly wakes at hits'

# The conditions that the messages wait for.
is "$(process_state "$by_number")" D 'wait_hits by number sleeps on while one hit is missing'
is "$(ios $bd 'r 0 1' 'r 8 1')" 'EIO EIO' 'two rules have one more hit each'
eventually 'wait_hits by number returns at the last missing hit' file_is /tmp/by.number $enough
eventually 'wait_hits of another tag returns at the hit of its rule' file_is /tmp/other 1

# Messages that change nothing wait_hits waits for.
pid=$by_tag
nr=$(switches "$pid")
for ((i = 0; i < 500; i++)); do
	echo 'message held'
	echo 'message list'
	echo 'message is_suspended nothing'
	echo 'message stats'
	echo 'message state'
	echo 'message wait_hits r 1'
	echo 'message wait_break nothing 0'
	echo 'message resume nothing'
done > /tmp/ops
io $bd - < /tmp/ops > /tmp/results
few "$pid" "$nr" 'wait_hits hardly wakes at messages that change nothing'
bd_msg bd clear
eventually 'clear ends wait_hits' process_ended "$by_tag"
like "$(< /tmp/by.tag)" "${errno_text[ENOENT]}" 'wait_hits ended by clear fails with ENOENT'
is "$(process_state "$break")" D 'wait_break sleeps on without rules'
kill -KILL "$break"

done_testing
