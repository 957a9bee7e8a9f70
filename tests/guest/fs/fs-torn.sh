# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # much is called by name
# A write to the log is torn, and then the power fails. Replay has to see that, and
# leave out what was torn; what had been promised before is there.

# shellcheck source=tests/lib/fs.sh
. "${BASH_SOURCE[0]%/*}/../../lib/fs.sh"

# torn KEY...: the write that agrees with the keys
torn() {
	fs_write before 11
	fs_remount
	# The log shall not begin with what is torn.
	fs_write between 22
	bd_msg bd add tear sectors=1 once=on "$@" > /dev/null
	succeeds "$fs: nobody is told of a torn write" xfs_io -f -c 'pwrite -q 0 4k' -c fsync /mnt/after
	is "$(bd_hits bd)" 1 "$fs: to the log"
	# The power fails: nothing reaches the disk any more.
	bd_msg bd replace drop > /dev/null
	umount /mnt
	bd_msg bd reset
	dmesg_mark
	replay
	is "$(compgen -G '/mnt/after')" '' "$fs: what was torn is left out"
	is "$(fs_ios before 'r 0 8 byte=11')" ok "$fs: what was promised before is there"
	succeeds "$fs: unmount" umount /mnt
	succeeds "$fs: consistent" fs_check
}

# The first block of a transaction says which blocks follow.
torn_ext4() {
	replay() {
		fails_with '.' 'ext4: a log with a wrong checksum is not replayed' fs_mount
		dmesg_like 'JBD2: .*(checksum|recovering)' 'ext4: which the kernel log says'
		e2fsck -fy "$bd" > /tmp/fsck 2>&1
		succeeds 'ext4: when that is repaired, it is mounted' fs_mount
	}
	fs_new ext4
	torn "${logged[@]}"
}

# Each sector of a log record has the number of the round that it belongs to.
torn_xfs() {
	replay() { succeeds 'xfs: a log that ends in half a record is replayed' fs_mount; }
	fs_new xfs
	torn "${commit[@]}"
}

fs_disk
fs_each torn_ext4 ext4
fs_each torn_xfs xfs

done_testing
