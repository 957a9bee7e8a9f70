# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # much is called by name
# A write of metadata is acknowledged and lost. Nobody is told, until fsck looks.

# shellcheck source=tests/lib/fs.sh
. "${BASH_SOURCE[0]%/*}/../../lib/fs.sh"

# lost FINDING KEY...: after a new file's metadata have been written but for that, and all the log
lost() {
	bd_msg bd add drop iotype=write "${@:2}" > /dev/null
	touch /mnt/dir/file
	succeeds "$fs: unmount" umount /mnt
	unlike "$(bd_hits bd)" '^0$' "$fs: a write was lost"
	bd_msg bd reset
	fails_with "$1" "$fs: and fsck finds that" fs_check
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

# AGI, by which the first allocation group knows its inodes, is in its third sector.
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
