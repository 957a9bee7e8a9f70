# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # much is called by name
# A log write is torn, then the power fails. Log replay must leave out the torn
# transaction and keep earlier ones.

# shellcheck source=tests/lib/fs.sh
. "${BASH_SOURCE[0]%/*}/../../lib/fs.sh"

# torn KEY...: tears a log write that matches KEY, cuts the power and mounts
# again
torn() {
	fs_write before 11
	fs_remount
	# A transaction before the torn one, so that the log does not begin
	# with a torn write.
	fs_write between 22
	bd_msg bd add tear sectors=1 once=on "$@" > /dev/null
	succeeds "$fs: fsync succeeds though a log write is torn" xfs_io -f -c 'pwrite -q 0 4k' -c fsync /mnt/after
	is "$(bd_hits bd)" 1 "$fs: one log write is torn"
	# The power fails: no write reaches the disk.
	bd_msg bd replace drop > /dev/null
	umount /mnt
	bd_msg bd reset
	dmesg_mark
	replay
	is "$(compgen -G '/mnt/after')" '' "$fs: the torn transaction is not replayed"
	is "$(fs_ios before 'r 0 8 byte=11')" ok "$fs: data synced before the torn write are there"
	succeeds "$fs: unmount after the replay succeeds" umount /mnt
	succeeds "$fs: the file system is consistent after the replay" fs_check
}

# The first block of a transaction lists the blocks that follow.
torn_ext4() {
	replay() {
		fails_with '.' 'ext4: mount fails on a log with a wrong checksum' fs_mount
		dmesg_like 'JBD2: .*(checksum|recovering)' 'ext4: the kernel log reports the wrong checksum'
		e2fsck -fy "$bd" > /tmp/fsck 2>&1
		succeeds 'ext4: mount succeeds after e2fsck' fs_mount
	}
	fs_new ext4
	torn "${logged[@]}"
}

# Each sector of an xfs log record has the number of its cycle.
torn_xfs() {
	replay() { succeeds 'xfs: mount replays a log that ends in half a record' fs_mount; }
	fs_new xfs
	torn "${commit[@]}"
}

fs_disk
fs_each torn_ext4 ext4
fs_each torn_xfs xfs

done_testing
