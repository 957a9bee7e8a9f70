# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # much is called by name
# What a file system waits for, and what it does not: a commit, a flush and file
# data are held on their way.

# shellcheck source=tests/lib/fs.sh
. "${BASH_SOURCE[0]%/*}/../../lib/fs.sh"

# sync_file COMMAND...: in the background, held as the breakpoint $held
fsync_until() {
	background /tmp/fsync xfs_io -f "$@"
	succeeds "$fs: the $held is held" bd_msg bd wait_break "$held"
	eventually "$fs: fsync waits for it" process_state_is "$pid" D
}

goes_on() {
	bd_msg bd resume "$held"
	eventually "$fs: and returns once that goes on" process_ended "$pid"
	is "$(< /tmp/fsync)" '' "$fs: without an error"
}

commit() {
	fs_new "$1"
	fs_write file 11
	held=commit
	bd_msg bd break write_aio "$held" "${commit[@]}" > /dev/null
	# Requests are counted as long as there is a rule.
	bd_msg bd add set-state event=user.never > /dev/null
	fsync_until -c 'pwrite -q 0 4k' -c fsync /mnt/other
	is "$(fs_ios file 'r 0 8 byte=11')" ok "$fs: another file can be read meanwhile"
	like "$(bd_msg bd stats)" '^read seen=[1-9]' "$fs: from the disk"
	goes_on
	fs_ends 'the file system is consistent'
}

# No metadata change with these data in ext4 and xfs: the flush is all that there is.
flush() {
	fs_new "$1"
	fs_write file 11
	held=flush
	bd_msg bd break flush_to_disk "$held" > /dev/null
	fsync_until -c 'pwrite -q 0 4k' -c fdatasync /mnt/file
	goes_on
	umount /mnt
}

# That it is the flush which is waited for is seen where there is none.
no_flush() {
	fs_new "$1"
	fs_write file 11
	umount /mnt
	fs_mount nobarrier
	bd_msg bd break flush_to_disk none > /dev/null
	succeeds "$fs: with nobarrier it does not wait" xfs_io -c 'pwrite -q 0 4k' -c fdatasync /mnt/file
	answers 0 "$fs: as there is no flush" bd is_suspended none
	bd_msg bd reset
	umount /mnt
}

data() {
	fs_new "$1"
	held=data
	bd_msg bd add inject-error errno=0 "${commit[@]}" suspend event=write_aio tag="$held" "${data[@]}" > /dev/null
	fsync_until -c 'pwrite -q 0 4k' -c fsync /mnt/file
	like "$(bd_hits bd)" '^0 ' "$fs: nothing is committed before the data are written"
	goes_on
	unlike "$(bd_hits bd)" '^0 ' "$fs: but then"
	umount /mnt
}

fs_disk
fs_each commit btrfs ext4 xfs
fs_each flush btrfs ext4 xfs
fs_each no_flush btrfs ext4
fs_each data btrfs ext4 xfs

done_testing
