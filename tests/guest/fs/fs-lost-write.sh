# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # much is called by name
# A metadata write is acknowledged and lost: no call fails, and fsck finds the
# damage.

# shellcheck source=tests/lib/fs.sh
. "${BASH_SOURCE[0]%/*}/../../lib/fs.sh"

# lost FINDING KEY...: creates a file while writes that match KEY are dropped;
# fsck reports FINDING
lost() {
	bd_msg bd add drop iotype=write "${@:2}" > /dev/null
	touch /mnt/dir/file
	succeeds "$fs: unmount succeeds though a write was lost" umount /mnt
	unlike "$(bd_hits bd)" '^0$' "$fs: at least one write was lost"
	bd_msg bd reset
	fails_with "$1" "$fs: fsck finds the lost write" fs_check
}

lost_directory() {
	local block

	fs_new ext4
	mkdir /mnt/dir
	umount /mnt
	block=$(debugfs -R 'blocks dir' "$bd" 2> /dev/null)
	fs_mount
	lost 'Unattached inode' sector=$((8 * block))-$((8 * block + 7))
}

# The AGI block of the first allocation group, its third sector, lists the
# inodes.
lost_inode_header() {
	fs_new xfs -s size=512
	mkdir /mnt/dir
	fs_remount
	lost 'agi_freecount' sector=2
}

lost_tree_block() {
	fs_new btrfs -m single
	mkdir /mnt/dir
	fs_remount
	lost 'verify failed|mismatch' flags='meta,!fua'
}

fs_disk
fs_each lost_directory ext4
fs_each lost_inode_header xfs
fs_each lost_tree_block btrfs

done_testing
