# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2016,SC2317 # workloads are for the sh of the explorer; much is called by name
# blkdebug-explore on a bare device: a correct log, a wrong one, runs that prove nothing, and ^C.

# shellcheck source=tests/lib/explore.sh
. "${BASH_SOURCE[0]%/*}/../../lib/explore.sh"

# --- A log on the bare device: a record in each of the first sectors, then a commit ---

log_check='commit=$(io "$BLKDEBUG_DEVICE" "x 64 1") records=$(io "$BLKDEBUG_DEVICE" "x 0 16")
case $commit in
cc*) [ "$records" = "11*8192" ] || { echo "committed, but the records are $records"; exit 1; } ;;
esac'
explore 0 'a log that flushes before its commit is good' \
	--workload 'io "$BLKDEBUG_DEVICE" "w 0 8 byte=11" "w 8 8 byte=11" f "w 64 1 byte=cc" f' --check "$log_check"
like "$out" 'point 1 \(flush\): [34] states stand for all 2\^2, all good' \
	'all states before the first flush are judged'
like "$out" 'point 2 \(flush\): 2 states stand for all 2\^1, all good' \
	'all states after the first flush are judged'
# The log of the first run would explain any state.
io "$dev" 'w 0 128' > /tmp/null
explore 1 'a log that writes its commit before its records is bad' \
	--workload 'io "$BLKDEBUG_DEVICE" "w 64 1 byte=cc" "w 0 8 byte=11" "w 8 8 byte=11" f' --check "$log_check" \
	--keep "$work/keep"
like "$out" 'if this is lost:
    write 2: write [a-z,-]*, sector 0, 8 sectors' 'the culprit of a log with an early commit is the lost record'
like "$out" "dmsetup create explore-[0-9]*-view1 --table '0 65536 blkdebug-crash /dev/mapper/explore-[0-9]* survive=all lose=2 at=point-1'" \
	'the command that makes the failing state again is printed'
image=$(losetup -f --show "$work/keep/failure-1.img")
is "$(io_bytes "$image" 0 16)" '00*4096 11*4096' 'the kept image is the failing state'
losetup -d "$image"
succeeds 'the explorer has removed all its devices' nothing_left

# --- Runs that prove nothing ---

explore 2 'a workload without a flush reaches no point' --workload true --check true
like "$out" 'the workload has reached no point' \
	'the reason why a workload without a flush proves nothing is printed'
explore 2 'a workload that fails proves nothing' --workload 'io "$BLKDEBUG_DEVICE" f; echo no luck; exit 3' --check true
like "$out" 'no luck.*the workload failed with status 3' \
	'output and status of a workload that fails are printed'
explore 2 'flushes without writes put nothing at stake' --workload 'io "$BLKDEBUG_DEVICE" f' --check true
explore 2 'a check that checks nothing does not pass the self-test' --self-test \
	--workload 'io "$BLKDEBUG_DEVICE" "w 0 8" f "w 8 8" f' --check true
like "$out" 'self-test: 0 of' 'the self-test says how many states failed'

# --- ^C ---

background "$work/interrupted" "$explorer" --device "$dev" --check 'sleep 1000' "${ext4[@]}" \
	--workload "$(replace "$sync_data" "$sync_directory")"
views_exist() { compgen -G '/dev/mapper/explore-*-view*' > /tmp/null; }
wait_until views_exist
kill -INT "$pid"
eventually 'an interrupted explorer ends' process_ended "$pid"
like "$(< "$work/interrupted")" 'interrupted' 'an interrupted explorer says that it was interrupted'
succeeds 'an interrupted explorer removes all its devices' nothing_left
done_testing
