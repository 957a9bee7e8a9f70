# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # functions called by asserts
# Without memory for rules that messages wait for, or for healed sectors: no
# message sleeps forever, and I/O that needs no memory completes.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

failslab=/sys/kernel/debug/failslab

# Only this kernel feature makes a chosen allocation of one task fail.
has_fault_injection() { [[ -d $failslab && -e /proc/self/fail-nth ]]; }

require has_fault_injection failslab
require has_module brd
has_module dm-blkdebug
ram_disk
bd_create t "$dev" seed=7
t=/dev/mapper/t

for setting in verbose=0 ignore-gfp-wait=N; do echo "${setting#*=}" > "$failslab/${setting%=*}"; done

# --- wait_hits for a rule whose add fails ---

# The number of the rule is known in advance. The rule exists from the moment at
# which add puts rules in force until add fails. A wait of 20 s that sleeps
# meanwhile must end with the rule.
add='message add'
for ((i = 1; i <= 120; i++)); do
	add+=" inject-error state=$((100 + i)) sector=$((16 * i)) tag=new$((i % 3))"
done

# one_add NTH: sets $met and $said to the result of the add, $waited to that of
# wait_hits
one_add() {
	local start

	rm -f /tmp/stop
	background /tmp/waiter io $t 'ask held' "until /tmp/stop message wait_hits $next 1 20000"
	wait_until test -s /tmp/waiter
	said=$(io $t "nth $1 $add")
	: > /tmp/stop
	met=${said%% *} said=${said#* }
	# If the add succeeds, a remove of the rule ends the wait.
	[[ $said != ok ]] || bd_msg t clear
	now_ms
	start=$ms
	wait "$pid"
	now_ms
	waited=$(tail -n 1 /tmp/waiter)
	slept=$((ms - start))
}

# Each ENOENT logs a line, and printing it to the console would slow down the
# waits.
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
is "$why" '' 'wait_hits fails with ENOENT soon after the add of its rule fails'
if [[ -n $why ]] || ((failed > 10)); then ok 'adds have failed'; else not_ok 'adds have failed' "$failed"; fi

# --- Bad sectors that a write splits ---

# fail_caches N: each allocation of the module's slab caches fails, up to N
# times. The probability is last to rise and first to fall: without all filters in
# place the files of the others could not be opened. Before 6.2 the kernel refuses
# to choose caches; then nothing fails, and $chosen is empty.
fail_caches() {
	local file filter=N

	(($1 == 0)) || filter=Y
	echo 0 > $failslab/probability
	chosen=yes
	for file in /sys/kernel/slab/blkdebug_*/failslab; do
		echo $(($1 > 0)) > "$file" || chosen=''
	done 2> /tmp/null
	echo $filter > $failslab/cache-filter
	echo N > $failslab/task-filter
	echo 1 > $failslab/interval
	echo "$1" > $failslab/times
	(($1 == 0)) || echo 100 > $failslab/probability
}

# ranges_are_at_least N: tests the number of bad ranges
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
eventually 'without memory writes split bad ranges' enough_or_ended
background /tmp/failed io $t 'r 3000 1'
failed_pid=$pid
background /tmp/failed.at.once io $t 'r 3008 1'
at_once=$pid
background /tmp/delayed io $t 'r 4000 1'
delayed=$pid
background /tmp/resumer dmsetup message t 0 resume held
eventually 'without memory a resumed write completes' file_is /tmp/held ok
eventually 'without memory a failed write completes' file_is /tmp/failed ENOSPC
eventually 'without memory a write failed by immediately=on completes' file_is /tmp/failed.at.once ENODATA
eventually 'without memory a delayed write completes' file_is /tmp/delayed ok
if [[ -z $chosen ]]; then skip 'slab caches cannot be chosen for failslab'
elif [[ $(< $failslab/times) == 1000000 ]]; then not_ok 'allocations of slab caches have failed'; else ok 'allocations of slab caches have failed'; fi
fail_caches 0
eventually 'with memory again all writes complete' process_ended "$writer"
for pid in "$failed_pid" "$at_once" "$delayed"; do
	eventually "with memory again the reads after the writes complete" process_ended "$pid"
done
is "$(sort /tmp/writer | uniq -c | sed 's/^ *//')" '200 ok' 'no write of bad sectors has failed'
is "$(ios $t "${good[@]}" | tr ' ' '\n' | sort | uniq -c | sed 's/^ *//' | tr '\n' ' ')" '200 EIO 200 ok ' \
	'written sectors are good, those between them bad'

done_testing
