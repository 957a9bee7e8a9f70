# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2016,SC2317 # workloads are for the sh of the explorer; much is called by name
# blkdebug-explore on ext4: correct programs pass in all states, planted bugs are found and minimised.

# shellcheck source=tests/lib/explore.sh
. "${BASH_SOURCE[0]%/*}/../../lib/explore.sh"

require has_module ext4

# --- ext4: a record that is replaced by rename ---

record_check='n=$(tail -n 1 "$BLKDEBUG_PROMISE"); data=$(cat "$BLKDEBUG_MOUNT/data" 2> /dev/null)
[ ! -e "$BLKDEBUG_MOUNT/data" ] || [ -n "$data" ] || { echo "data is empty"; exit 1; }
[ -z "$n" ] || case $data in
"record $n" | "record $((n + 1))") ;;
*) echo "promised record $n, found $data"; exit 1 ;;
esac'

explore 0 'ext4: a rename between two fsyncs is good' "${ext4[@]}" --budget 40 --self-test \
	--workload "$(replace "$sync_data" "$sync_directory")" --check "$record_check"
like "$out" 'states stand for all 2\^[0-9]+, all good' 'ext4: all states are judged at some point'
like "$out" 'self-test: [1-9][0-9]* of [0-9]+ states fail with flushes dropped' 'ext4: dropped flushes are found'
explore 1 'ext4: a rename without fsync of the data is bad' --budget 10 \
	"${ext4[@]/%commit=300/commit=300,noauto_da_alloc}" \
	--workload "$(replace : "$sync_directory")" --check "$record_check"
like "$out" 'data is empty' 'ext4: the check of a rename without fsync of the data finds an empty file'
explore 1 'ext4: a rename without fsync of the directory is bad' "${ext4[@]}" --budget 10 \
	--workload "$(replace "$sync_data" :)" --check "$record_check"
like "$out" 'promised record 1, found' \
	'ext4: the check of a rename without fsync of the directory finds the old record'

# --- ext4: data in place, without a flush ---

overwrite='cd "$BLKDEBUG_MOUNT"; xfs_io -f -c "pwrite -q -S 0x31 0 4096" -c fsync data
xfs_io -d -c "pwrite -q -S 0x32 0 4096" data; SYNC; echo 2 >> "$BLKDEBUG_PROMISE"
xfs_io -f -c fsync other'
data_check='[ ! -s "$BLKDEBUG_PROMISE" ] || [ "$(head -c 1 "$BLKDEBUG_MOUNT/data")" = 2 ]'
explore 1 'ext4: direct I/O without fsync is bad' "${ext4[@]}" --budget 20 \
	--workload "${overwrite/SYNC/:}" --check "$data_check" --report "$work/report"
like "$out" 'if this is lost:
    write [0-9]*: write [a-z,-]*, sector [0-9]*, 8 sectors, /data' \
	'ext4: the culprit of direct I/O without fsync is the write to the file'
explore 0 'ext4: direct I/O with fsync is good' "${ext4[@]}" --budget 20 \
	--workload "${overwrite/SYNC/xfs_io -c fsync data}" --check "$data_check"
# Without flushes there is no point but that of an event.
explore 1 'ext4: barrier=0 is bad' "${ext4[@]/%commit=300/commit=300,barrier=0}" --points event:user.done --budget 20 \
	--workload "${overwrite/SYNC/xfs_io -c fsync data}"'; dmsetup message "$BLKDEBUG_DEVICE" 0 event user.done' \
	--check "$data_check"
like "$out" 'if this is lost:
    write [0-9]*: ' 'ext4: the culprit with barrier=0 is one lost write'
succeeds 'the explorer has removed all its devices' nothing_left

done_testing
