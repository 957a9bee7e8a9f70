# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2016,SC2317,SC2154 # workloads are for the sh of the explorer; much is called by name
# blkdebug-explore on file systems over two disks of one power supply: an external journal or log, and
# btrfs. Correct ones pass; a disk that is flushed too late is found, and the lost write is named.

# shellcheck source=tests/lib/explore.sh
. "${BASH_SOURCE[0]%/*}/../../lib/explore.sh"

# By these variables mkfs.xfs recognises fstests and accepts less than 300 MB.
export TEST_DIR=/mnt TEST_DEV=/dev/null QA_CHECK_FS=yes
first=$dev
loop_disk 128
big=$dev
loop_disk 128
second=$dev

late() { echo "dmsetup message \"\${$1##*/}\" 0 add drop iotype=flush tag=late; "; }
new='cd "$BLKDEBUG_MOUNT"; xfs_io -f -c "pwrite -q -S 0x32 0 16384" -c fsync data && echo 2 >> "$BLKDEBUG_PROMISE"
xfs_io -f -c fsync other'
new_check='[ ! -s "$BLKDEBUG_PROMISE" ] || [ "$(tr -dc 2 < "$BLKDEBUG_MOUNT/data" | wc -c)" -eq 16384 ]'
over='cd "$BLKDEBUG_MOUNT"; xfs_io -f -c "pwrite -q -S 0x31 0 16384" -c fsync data
xfs_io -c "pwrite -q -S 0x32 0 16384" -c fsync data && echo 2 >> "$BLKDEBUG_PROMISE"; xfs_io -f -c fsync other'
over_check='[ ! -s "$BLKDEBUG_PROMISE" ] || [ "$(tr -d 2 < "$BLKDEBUG_MOUNT/data" | wc -c)" -eq 0 ]'

# pair DISK BUDGET OPTION...: the options for this disk and the second one
pair() { dev=$1; options=(--power "$second" --budget "$2" "${@:3}"); }

# explore_log NAME WORKLOAD CHECK: a file system with its log on the second disk
explore_log() {
	explore 0 "$1: all states of a log on another disk are good" "${options[@]}" --workload "$2" --check \
		"$3"
	explore 1 "$1: a disk of the data that is flushed too late is found" "${options[@]}" \
		--workload "$(late BLKDEBUG_DEVICE)$2" --check "$3"
	like "$out" "if this is lost:
    write [0-9]* of $dev: write [a-z,-]*, sector [0-9]*, [0-9]* sectors, /data
" "$1: the culprit is the write to the file"
}

# dioread_lock, because without it 6.1 does not flush the disk of the data at fsync (Documentation/testing.rst).
if has_module ext4; then
	pair "$first" 6 --fs ext4 --mkfs-options '-b 4096 -E lazy_itable_init=0 -J device=$BLKDEBUG_DEVICE_1' \
		--mount-options 'noatime,commit=300,dioread_lock,journal_path=$BLKDEBUG_DEVICE_1'
	explore_log ext4 "$new" "$new_check"
	explore 1 'ext4: a disk of the log that is flushed too late is found' "${options[@]}" \
		--workload "$(late BLKDEBUG_DEVICE_1)$new" --check "$new_check"
	like "$out" "if this is lost:
    write [0-9]* of $second: write [a-z,-]*, sector [0-9]*, [0-9]* sectors, journal
" 'ext4: the culprit is a write to the log'
fi
if has_module xfs; then
	pair "$big" 30 --fs xfs --mkfs-options '-l logdev=$BLKDEBUG_DEVICE_1,size=16m' \
		--mount-options 'noatime,logdev=$BLKDEBUG_DEVICE_1'
	explore_log xfs "$over" "$over_check"
fi

# --- btrfs: only its checker judges, because views of two disks cannot be mounted beside their origin ---

files='cd "$BLKDEBUG_MOUNT"; for n in 1 2; do echo "$n" > $n; xfs_io -c fsync $n; sync -f .; done'
# explore_btrfs STATUS DESC PROFILE WORKLOAD
explore_btrfs() {
	explore "$1" "btrfs: $2" "${options[@]}" --mkfs-options "-m $3 -d $3 \$BLKDEBUG_DEVICE_1" \
		--workload "$4" --check true
}
if has_module btrfs; then
	pair "$big" 30 --fs btrfs --mount-options 'noatime,commit=300,device=$BLKDEBUG_DEVICE_1'
	explore_btrfs 0 'all states of two mirrored disks are good' raid1 "$files"
	like "$out" 'judges alone' 'btrfs: a note says that only its checker judges'
	explore_btrfs 0 'of two mirrored disks one may be flushed too late' raid1 "$(late BLKDEBUG_DEVICE_1)$files"
	explore_btrfs 0 'all states of two striped disks are good' raid0 "$files"
	explore_btrfs 1 'one of two striped disks that is flushed too late is found' raid0 \
		"$(late BLKDEBUG_DEVICE_1)$files"
	like "$out" "if this is lost:
    write [0-9]* of $second: write [a-z,-]*meta" \
	'btrfs: the culprit is a write of metadata to the disk that is flushed too late'
fi
succeeds 'the explorer has removed all its devices' nothing_left

done_testing
