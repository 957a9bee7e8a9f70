# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# ext4 data=ordered: what gives a file its blocks is committed when the data are
# there. While a write of theirs is held, no commit goes out, not even for others.

# shellcheck source=tests/lib/fs.sh
. "${BASH_SOURCE[0]%/*}/../../lib/fs.sh"

require has_module ext4
fs_disk

# other_fsync MODE: one file's data are held, another's creation is to be committed
other_fsync() {
	fs_new ext4
	umount /mnt
	# Else extents are marked as written behind the data, and no commit waits.
	fs_mount "data=$1" dioread_lock
	# The first commit after a mount writes the journal's superblock, too.
	xfs_io -f -c fsync /mnt/first
	# Data are held, the log is counted.
	bd_msg bd add suspend event=write_aio tag=data "${data[@]}" \
		inject-error errno=0 tag=log "${logged[@]}" \
		inject-error errno=0 tag=commit "${commit[@]}" > /dev/null
	# This begins to write, which takes blocks, and does not wait.
	xfs_io -f -c 'pwrite -q 0 4k' -c 'sync_range -w 0 4k' /mnt/file
	bd_msg bd wait_break data > /dev/null
	background /tmp/fsync xfs_io -f -c fsync /mnt/other
}

# Of the commit thread of this file system
jbd2_pid() {
	local comm dm

	dm=$(dm_sysfs bd)
	comm=$(grep -l "^jbd2/${dm##*/}-" /proc/[0-9]*/comm 2> /tmp/null)
	comm=${comm#/proc/}
	echo "${comm%/comm}"
}

other_fsync writeback
eventually 'with data=writeback another file is committed' process_ended "$pid"
answers 1 'while the data are held' bd is_suspended data
bd_msg bd resume data
fs_ends 'consistent'

other_fsync ordered
succeeds 'with data=ordered the log is written' bd_msg bd wait_hits log 1
eventually 'and then waits' process_state_is "$(jbd2_pid)" D
is "$(bd_hits bd | cut -d ' ' -f 3)" 0 'without a commit'
answers 1 'while the data are held' bd is_suspended data
bd_msg bd resume data
eventually 'with the data written' process_ended "$pid"
unlike "$(bd_hits bd)" ' 0$' 'it is committed'
fs_ends 'consistent'

done_testing
