# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # much is called by name
# Which bios a file system waits for: a commit, a flush and file data are held.

# shellcheck source=tests/lib/fs.sh
. "${BASH_SOURCE[0]%/*}/../../lib/fs.sh"

# fsync_until COMMAND...: runs xfs_io in the background until the breakpoint
# $held holds a bio
fsync_until() {
	background /tmp/fsync xfs_io -f "$@"
	succeeds "$fs: a breakpoint holds the $held" bd_msg bd wait_break "$held"
	eventually "$fs: fsync waits for the held $held" process_state_is "$pid" D
}

goes_on() {
	bd_msg bd resume "$held"
	eventually "$fs: fsync returns after the resume of the $held" process_ended "$pid"
	is "$(< /tmp/fsync)" '' "$fs: fsync succeeds after the resume of the $held"
}

commit() {
	fs_new "$1"
	fs_write file 11
	held=commit
	bd_msg bd break write_aio "$held" "${commit[@]}" > /dev/null
	# stats count only while any rule exists.
	bd_msg bd add set-state event=user.never > /dev/null
	fsync_until -c 'pwrite -q 0 4k' -c fsync /mnt/other
	is "$(fs_ios file 'r 0 8 byte=11')" ok "$fs: another file can be read while a commit is held"
	like "$(bd_msg bd stats)" '^read seen=[1-9]' "$fs: the other file is read from the disk"
	goes_on
	fs_ends 'the file system is consistent after a held commit'
}

# These data change no metadata in ext4 and xfs, so that fdatasync only flushes.
flush() {
	fs_new "$1"
	fs_write file 11
	held=flush
	bd_msg bd break flush_to_disk "$held" > /dev/null
	fsync_until -c 'pwrite -q 0 4k' -c fdatasync /mnt/file
	goes_on
	umount /mnt
}

# Without the flush fdatasync must not wait, or the test above proves nothing.
no_flush() {
	fs_new "$1"
	fs_write file 11
	umount /mnt
	fs_mount nobarrier
	bd_msg bd break flush_to_disk none > /dev/null
	succeeds "$fs: fdatasync with nobarrier returns" xfs_io -c 'pwrite -q 0 4k' -c fdatasync /mnt/file
	answers 0 "$fs: fdatasync with nobarrier sends no flush" bd is_suspended none
	bd_msg bd reset
	umount /mnt
}

data() {
	fs_new "$1"
	held=data
	bd_msg bd add inject-error errno=0 "${commit[@]}" suspend event=write_aio tag="$held" "${data[@]}" > /dev/null
	fsync_until -c 'pwrite -q 0 4k' -c fsync /mnt/file
	like "$(bd_hits bd)" '^0 ' "$fs: no commit is written while data are held"
	goes_on
	unlike "$(bd_hits bd)" '^0 ' "$fs: the commit is written after the data"
	umount /mnt
}

fs_disk
fs_each commit btrfs ext4 xfs
fs_each flush btrfs ext4 xfs
fs_each no_flush btrfs ext4
fs_each data btrfs ext4 xfs

done_testing
