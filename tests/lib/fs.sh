# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # much is called by name
#
# File systems on a device under test, for the topics fs-*. After fs_disk and
# fs_new ext4 there is a new file system on $bd, mounted on /mnt, and no rule.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/topic.sh"

# Without writes that no test asks for: inode tables initialised later, commits
# by time, access times.
declare -A fs_mkfs=(
	[btrfs]='mkfs.btrfs -qf'
	[ext4]='mkfs.ext4 -qF -b 4096 -E lazy_itable_init=0 -J size=8'
	[f2fs]='mkfs.f2fs -q -f'
	[xfs]='mkfs.xfs -qf'
)
declare -A fs_options=(
	[btrfs]='noatime,commit=300'
	[ext4]='noatime,commit=300'
	[f2fs]=noatime
	[xfs]=noatime
)
declare -A fs_checker=(
	[btrfs]='btrfs check'
	[ext4]='e2fsck -fn'
	[f2fs]='fsck.f2fs'
	[xfs]='xfs_repair -n'
)
# By these variables mkfs.xfs recognises fstests and accepts less than 300 MB.
export TEST_DIR=/mnt TEST_DEV=$bd QA_CHECK_FS=yes

# fs_each FUNCTION FS...: calls FUNCTION with each of these file systems that
# the kernel has
fs_each() {
	local each

	for each in "${@:2}"; do
		if has_module "$each"; then "$1" "$each"; else skip "needs $each (module)"; fi
	done
}

fs_disk() { bd_setup ram_disk; }

ext4_log_block() { debugfs -R "bmap <8> $1" "$bd" 2> /tmp/null; }

# fs_keys: sets the keys of rules for writes to the log, for its commits, for
# its other blocks, and for file data. ext4 of 5.10 does not mark log blocks as
# metadata; there the keys are the sectors of the log, which is contiguous in a
# new file system.
# shellcheck disable=SC2034 # topics use them
fs_keys() {
	local first last

	log=(iotype=write 'flags=meta,sync')
	commit=(iotype=write 'flags=fua,meta')
	logged=(iotype=write 'flags=meta,!fua')
	data=(iotype=write 'flags=!meta')
	[[ $fs == ext4 ]] || return 0
	first=$(($(ext4_log_block 0) * 8)) last=$(($(ext4_log_block 2047) * 8 + 7))
	((first && last - first == 2048 * 8 - 1)) || return
	log=(iotype=write "sector=$first-$last")
	commit=("${log[@]}" flags=fua)
	logged=("${log[@]}" 'flags=!fua')
	data=(iotype=write "sector=0-$((first - 1)),$((last + 1))-$(($(sectors_of "$dev") - 1))" 'flags=!meta')
}

# fs_new FS [MKFS-OPTION]...: makes and mounts the file system; sets fs, and the
# keys of fs_keys
fs_new() {
	fs=$1
	bd_msg bd reset
	# shellcheck disable=SC2086 # a command with its options
	${fs_mkfs[$fs]} "${@:2}" $bd > /dev/null || return
	fs_keys || return
	fs_mount || return
	# btrfs writes once more after its first mount.
	sync -f /mnt
	bd_msg bd reset
}

# fs_mount [OPTION]...
fs_mount() {
	local IFS=,

	set -- "${fs_options[$fs]}" "$@"
	mount -t "$fs" -o "$*" $bd /mnt
}

# fs_remount: empties the page cache
fs_remount() { umount /mnt && fs_mount; }

# fs_check: checks the unmounted file system, its log included
# shellcheck disable=SC2086 # a command with its options
fs_check() { ${fs_checker[$fs]} $bd; }

# fs_ends DESC: the file system unmounts, replays its log in a mount without
# faults, and is consistent
fs_replay_and_check() { fs_mount && umount /mnt && fs_check; }
fs_ends() {
	succeeds "$fs: unmount before the check succeeds" umount /mnt
	bd_msg bd reset
	succeeds "$fs: $1" fs_replay_and_check
}

# fs_write FILE BYTE [SECTORS]: writes that many sectors at the beginning of the
# file and syncs them
fs_write() { xfs_io -f -c "pwrite -q -S 0x$2 0 $((512 * ${3-8}))" -c fsync "/mnt/$1"; }

# fs_ios FILE OP...: ios without the page cache
fs_ios() { ios "/mnt/$1" "${@:2}"; }

# --- Power cuts ---

# fs_cache_disk: with a volatile write cache. A unit of 4 KiB, because these file
# systems rely on a block that is written whole or not at all.
fs_cache_disk() {
	has_module dm-blkdebug && ram_disk && bd_create bd "$dev" seed=7 cache=32M atomic-write=4096
}

# fs_promises FS OPTIONS PROMISES-OPTION...: makes a file system and cuts its power,
# with the last line of promises in $counts, and its other lines in $out
fs_promises() {
	fs=$1
	bd_msg bd reset
	# shellcheck disable=SC2086 # a command with its options
	${fs_mkfs[$fs]} $bd > /dev/null || return
	# shellcheck disable=SC2086 # as above
	out=$(promises "${@:3}" bd "$fs" "$2" ${fs_checker[$fs]} $bd 2>&1)
	counts=${out##*$'\n'}
}

# fs_survives FS [OPTION]
fs_survives() {
	fs_promises "$1" "${2-}" -k iotype=flush -k 'iotype=write flags=fua'
	like "$counts" '^cuts=[1-9].* failures=0$' "$1${2:+, $2}: all fsynced data survive each cut, and the checker finds no error" ||
		diag "$out"
	like "$counts" ' survived=[1-9].* lost=[1-9]' "$1${2:+, $2}: some volatile writes survive the cuts, and some are lost"
	diag "$1${2:+, $2}: $counts"
}

# fs_loses FS HOW [PROMISES-OPTION] [MOUNT-OPTION]: fsynced data must be lost; if not,
# fs_survives would not notice a loss either
fs_loses() {
	# shellcheck disable=SC2086 # none or one
	fs_promises "$1" "${4-}" -k iotype=write -e 4 -c 10 ${3-}
	like "$counts" '^cuts=[1-9].* failures=[1-9]' "$1 $2: fsynced data are lost at some cut"
	diag "$1 $2: $counts"
}
