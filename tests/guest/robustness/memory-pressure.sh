# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # functions called by asserts
# Memory is short while rules are waited for, or bad sectors healed: nothing sleeps
# for ever, and I/O that needs no memory goes on.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

failslab=/sys/kernel/debug/failslab

# Only there can one allocation of one task be made to fail.
has_fault_injection() { [[ -d $failslab && -e /proc/self/fail-nth ]]; }

require has_fault_injection failslab
require has_module brd
has_module dm-blkdebug
ram_disk
bd_create t "$dev" seed=7
t=/dev/mapper/t

for setting in verbose=0 ignore-gfp-wait=N; do echo "${setting#*=}" > "$failslab/${setting%=*}"; done

# --- wait_hits, for a rule whose add fails ---

# The rule's number is known before; there is no such rule until the add begins to put
# rules in force, and none after it has failed. A wait of 20 s that sleeps in between
# is to end as the rule goes.
add='message add'
for ((i = 1; i <= 120; i++)); do
	add+=" inject-error state=$((100 + i)) sector=$((16 * i)) tag=new$((i % 3))"
done

# one_add NTH: sets $met and $said as the add ends, $waited as wait_hits does
one_add() {
	local start

	rm -f /tmp/stop
	background /tmp/waiter io $t 'ask held' "until /tmp/stop message wait_hits $next 1 20000"
	wait_until test -s /tmp/waiter
	said=$(io $t "nth $1 $add")
	: > /tmp/stop
	met=${said%% *} said=${said#* }
	# With the rule there the wait ends as that is removed.
	[[ $said != ok ]] || bd_msg t clear
	now_ms
	start=$ms
	wait "$pid"
	now_ms
	waited=$(tail -n 1 /tmp/waiter)
	slept=$((ms - start))
}

# Each ENOENT leaves a line in the log, and the console would slow the waits down.
dmesg -n 1
why='' failed=0 met=''
for ((nth = 1; nth < 4000; nth += 29)); do
	last=$(bd_msg t add inject-error state=9)
	bd_msg t clear
	next=$((${last#*-} + 1))
	one_add $nth
	case $said in
	ok) ;;
	ENOMEM) failed=$((failed + 1)) ;;
	*) why="allocation $nth: the add said $said"; break ;;
	esac
	if [[ ! $waited =~ ^[0-9]+\*ENOENT$ ]] || ((slept > 10000)); then
		why="allocation $nth: the add said $said, wait_hits $waited, $slept ms after that"
		break
	fi
	[[ $met != miss ]] || break
done
dmesg -n 5
is "$why" '' 'wait_hits: a rule whose add fails ends it with ENOENT, and soon'
if [[ -n $why ]] || ((failed > 10)); then ok 'adds have failed'; else not_ok 'adds have failed' "$failed"; fi

# --- Bad sectors that are split ---

# fail_caches N: each allocation of the module's own caches fails, up to N times
fail_caches() {
	local file

	for file in /sys/kernel/slab/blkdebug_*/failslab; do echo $(($1 > 0)) > "$file"; done
	echo $(($1 > 0 ? 100 : 0)) > $failslab/probability
	echo 1 > $failslab/interval
	echo "$1" > $failslab/times
	echo N > $failslab/task-filter
	if (($1 > 0)); then echo Y; else echo N; fi > $failslab/cache-filter
}

# ranges_are_at_least N: of the bad sectors
ranges_are_at_least() {
	local bad

	bad=$(bd_rules t)
	bad=${bad#*sector=}
	bad=${bad%% *}
	bad=${bad//[!,]/}
	((${#bad} + 1 >= $1))
}
enough_or_ended() { process_ended "$writer" || ranges_are_at_least 60; }

bd_start t inject-error sector=1000-1999 healed=on inject-error sector=3000 errno=ENOSPC \
	inject-error sector=3008 immediately=on errno=ENODATA \
	delay sector=4000 ms=1 suspend event=read_aio sector=5000 tag=held once=off
hold t 1 /tmp/held 'r 5000 1'
ops=() good=()
for ((i = 0; i < 200; i++)); do
	ops+=("w $((1001 + 4 * i)) 1")
	good+=("r $((1001 + 4 * i)) 1" "r $((1002 + 4 * i)) 1")
done
fail_caches 1000000
background /tmp/writer io $t "${ops[@]}"
writer=$pid
eventually 'bad sectors are split, while memory is short' enough_or_ended
background /tmp/failed io $t 'r 3000 1'
failed_pid=$pid
background /tmp/failed.at.once io $t 'r 3008 1'
at_once=$pid
background /tmp/delayed io $t 'r 4000 1'
delayed=$pid
background /tmp/resumer dmsetup message t 0 resume held
wait_limit=12
eventually 'bad sectors: while memory is short, what is resumed goes on' file_is /tmp/held ok
wait_limit=3
eventually 'bad sectors: while memory is short, what fails does so' file_is /tmp/failed ENOSPC
eventually 'bad sectors: while memory is short, what fails at once does so' file_is /tmp/failed.at.once ENODATA
eventually 'bad sectors: while memory is short, what is delayed goes on' file_is /tmp/delayed ok
if [[ $(< $failslab/times) == 1000000 ]]; then not_ok 'allocations have failed'; else ok 'allocations have failed'; fi
fail_caches 0
wait_limit=30
eventually 'bad sectors: with memory again all writes end' process_ended "$writer"
for pid in "$failed_pid" "$at_once" "$delayed"; do
	eventually "bad sectors: with memory again what is behind them ends, too" process_ended "$pid"
done
is "$(sort /tmp/writer | uniq -c | sed 's/^ *//')" '200 ok' 'bad sectors: no write has failed'
is "$(ios $t "${good[@]}" | tr ' ' '\n' | sort | uniq -c | sed 's/^ *//' | tr '\n' ' ')" '200 EIO 200 ok ' \
	'bad sectors: those written are good, those between them bad'

done_testing
