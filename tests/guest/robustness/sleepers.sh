# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Sleeping messages are woken by what they wait for, and by little else.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module brd
ram_disk
bd_create t "$dev"
t=/dev/mapper/t

# switches PID: how often it has gone to sleep
switches() {
	local word nr

	while read -r word nr; do
		[[ $word != voluntary_ctxt_switches: ]] || echo "$nr"
	done < "/proc/$1/status"
}

# asleep FILE WORD...: a message that sleeps; $pid
asleep() {
	background "$1" dmsetup message t 0 "${@:2}"
	wait_until process_state_is "$pid" D || not_ok "${*:2} sleeps"
}

# few PID BEFORE DESC: it has hardly been woken since then
few() {
	local nr=$(($(switches "$1") - $2))

	if ((nr < 10)); then ok "$3"; else not_ok "$3" "woken $nr times"; fi
}

enough=10000
for ((i = 0; i < enough; i++)); do echo 'r 0 1'; done > /tmp/ops

bd_start t inject-error sector=0 tag=r immediately=on inject-error sector=8 tag=other
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
# One less than one of them waits for
is "$(head -n $((enough - 1)) /tmp/ops | io $t - | sort | uniq -c | sed 's/^ *//')" "$((enough - 1)) EIO" \
	'a rule strikes ten thousand times'
few "$by_tag" "${before[$by_tag]}" 'wait_hits: hits that are too few leave it asleep'
few "$by_number" "${before[$by_number]}" 'wait_hits: hits that are too few leave it asleep, by number'
few "$other" "${before[$other]}" 'wait_hits: hits of other rules leave it asleep'
few "$break" "${before[$break]}" 'wait_break: hits leave it asleep'

# And they are woken by what they wait for.
is "$(process_state "$by_number")" D 'wait_hits: one hit too few'
is "$(ios $t 'r 0 1' 'r 8 1')" 'EIO EIO' 'one hit more, of either rule'
eventually 'wait_hits: the last hit ends it' file_is /tmp/by.number $enough
eventually 'wait_hits: so does that of another rule' file_is /tmp/other 1

# Other messages, and what they change, are none of its business.
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
io $t - < /tmp/ops > /tmp/results
few "$pid" "$nr" 'wait_hits: messages that change nothing leave it asleep'
bd_msg t clear
eventually 'wait_hits: the removal of the rule ends it' process_ended "$by_tag"
like "$(< /tmp/by.tag)" "${errno_text[ENOENT]}" 'wait_hits: with ENOENT'
is "$(process_state "$break")" D 'wait_break: no rule ends it'
kill -KILL "$break"

done_testing
