# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # much is called by name
# A write to the log or of the superblock fails: which calls fail, and what is
# on the disk.

# shellcheck source=tests/lib/fs.sh
. "${BASH_SOURCE[0]%/*}/../../lib/fs.sh"

# The errno of later changes, and the text in the kernel log.
declare -A afterwards=([btrfs]=EROFS [ext4]=EROFS [xfs]=EIO)
declare -A said=(
	[btrfs]='forced readonly' [ext4]='Remounting filesystem read-only' [xfs]='shut down due to log error|Log I/O Error Detected. Shutting down'
)

log_write() {
	fs_new "$1"
	dmesg_mark
	bd_msg bd add inject-error "${commit[@]}" once=on > /dev/null
	fails_with EIO "$fs: a failed commit fails the fsync" fs_write file 11
	fails_with "${afterwards[$fs]}" "$fs: changes fail after a failed commit" touch /mnt/other
	dmesg_like "${said[$fs]}" "$fs: the kernel log reports the failed commit"
	fs_ends 'the file system is consistent after a failed commit'
}

fs_disk
fs_each log_write btrfs ext4 xfs

# --- The superblock ---

superblock_btrfs() {
	fs_new btrfs
	bd_msg bd add inject-error iotype=write sector=131072-131079 > /dev/null
	succeeds 'btrfs: sync succeeds if the second superblock cannot be written' sync -f /mnt
	succeeds 'btrfs: a file can be created after a failed write of the second superblock' touch /mnt/file
	fs_ends 'the file system is consistent without its second superblock'
}

superblock_ext4() {
	fs_new ext4
	umount /mnt
	bd_msg bd add inject-error iotype=write sector=0-7 once=on > /dev/null
	# The text of mount for EIO.
	fails_with "can't read superblock" 'ext4: mount fails if the superblock cannot be written' fs_mount
	succeeds 'ext4: mount succeeds when the superblock can be written' fs_mount
	fs_ends 'the file system is consistent after a failed mount'
}

superblock_xfs() {
	fs_new xfs
	touch /mnt/file
	dmesg_mark
	bd_msg bd add inject-error iotype=write sector=0-7 once=on > /dev/null
	succeeds 'xfs: remount read-only succeeds though one write of the superblock fails' mount -o remount,ro /mnt
	is "$(bd_hits bd)" 1 'xfs: one write of the superblock has failed'
	dmesg_like 'metadata I/O error' 'xfs: the kernel log reports the failed write of the superblock'
	mount -o remount,rw /mnt
	touch /mnt/another
	bd_msg bd replace inject-error iotype=write sector=0-7 > /dev/null
	dmesg_mark
	fs_ends 'log recovery writes the superblock that unmount could not'
	dmesg_like '(Metadata )?I/O Error .*Shut' 'xfs: the kernel log reports that unmount has shut the file system down'
}

for fs in btrfs ext4 xfs; do fs_each superblock_$fs $fs; done

done_testing
