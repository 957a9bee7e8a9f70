# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # much is called by name
# A write to the log or of the superblock fails: who is told, and what is left.

# shellcheck source=tests/lib/fs.sh
. "${BASH_SOURCE[0]%/*}/../../lib/fs.sh"

# What a program gets that goes on all the same, and what the kernel logs.
declare -A afterwards=([btrfs]=EROFS [ext4]=EROFS [xfs]=EIO)
declare -A said=(
	[btrfs]='forced readonly' [ext4]='Remounting filesystem read-only' [xfs]='shut down due to log error|Log I/O Error Detected. Shutting down'
)

log_write() {
	fs_new "$1"
	dmesg_mark
	bd_msg bd add inject-error "${commit[@]}" once=on > /dev/null
	fails_with EIO "$fs: a commit that cannot be written fails the fsync" fs_write file 11
	fails_with "${afterwards[$fs]}" "$fs: and nothing can be changed any more" touch /mnt/other
	dmesg_like "${said[$fs]}" "$fs: as the log says"
	fs_ends 'what is on the disk is consistent'
}

fs_disk
fs_each log_write btrfs ext4 xfs

# --- The superblock ---

superblock_btrfs() {
	fs_new btrfs
	bd_msg bd add inject-error iotype=write sector=131072-131079 > /dev/null
	succeeds 'btrfs: it can do without the second superblock' sync -f /mnt
	succeeds 'btrfs: and goes on' touch /mnt/file
	fs_ends 'and is consistent'
}

superblock_ext4() {
	fs_new ext4
	umount /mnt
	bd_msg bd add inject-error iotype=write sector=0-7 once=on > /dev/null
	# What mount says to EIO
	fails_with "can't read superblock" 'ext4: it is not mounted if the superblock cannot be written' fs_mount
	succeeds 'ext4: and is if that can be' fs_mount
	fs_ends 'and is consistent'
}

superblock_xfs() {
	fs_new xfs
	touch /mnt/file
	dmesg_mark
	bd_msg bd add inject-error iotype=write sector=0-7 once=on > /dev/null
	succeeds 'xfs: a superblock that cannot be written is tried again' mount -o remount,ro /mnt
	is "$(bd_hits bd)" 1 'xfs: after an error'
	dmesg_like 'metadata I/O error' 'xfs: of which only the log speaks'
	mount -o remount,rw /mnt
	touch /mnt/another
	bd_msg bd replace inject-error iotype=write sector=0-7 > /dev/null
	dmesg_mark
	fs_ends 'what never was written is in the log'
	dmesg_like '(Metadata )?I/O Error .*Shut' 'xfs: the unmount gave up'
}

for fs in btrfs ext4 xfs; do fs_each superblock_$fs $fs; done

done_testing
