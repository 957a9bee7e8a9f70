# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# ext4 data=ordered: a transaction that allocates blocks is committed after
# their data are written. While a write of these data is held, no commit is
# written, also not for another file.

# shellcheck source=tests/lib/fs.sh
. "${BASH_SOURCE[0]%/*}/../../lib/fs.sh"

require has_module ext4
fs_disk

# other_fsync MODE: holds the data of one file while another new file is synced
other_fsync() {
	fs_new ext4
	umount /mnt
	# By default ext4 marks extents as written after the data, and the
	# commit does not wait.
	fs_mount "data=$1" dioread_lock
	# The first commit after a mount also writes the journal's superblock.
	xfs_io -f -c fsync /mnt/first
	# Data are held, log writes are counted.
	bd_msg bd add suspend event=write_aio tag=data "${data[@]}" \
		inject-error errno=0 tag=log "${logged[@]}" \
		inject-error errno=0 tag=commit "${commit[@]}" > /dev/null
	# This starts the write, which allocates blocks, and does not wait for
	# it.
	xfs_io -f -c 'pwrite -q 0 4k' -c 'sync_range -w 0 4k' /mnt/file
	bd_msg bd wait_break data > /dev/null
	background /tmp/fsync xfs_io -f -c fsync /mnt/other
}

# jbd2_pid: prints the process ID of the commit thread of the file system
jbd2_pid() {
	local comm dm

	dm=$(dm_sysfs bd)
	comm=$(grep -l "^jbd2/${dm##*/}-" /proc/[0-9]*/comm 2> /tmp/null)
	comm=${comm#/proc/}
	echo "${comm%/comm}"
}

other_fsync writeback
eventually 'data=writeback: fsync of another file returns while data are held' process_ended "$pid"
answers 1 'data=writeback: the data are still held after the fsync of another file' bd is_suspended data
bd_msg bd resume data
fs_ends 'consistent after data=writeback'

other_fsync ordered
succeeds 'data=ordered: the log of the transaction is written while data are held' bd_msg bd wait_hits log 1
eventually 'data=ordered: the commit thread waits while data are held' process_state_is "$(jbd2_pid)" D
is "$(bd_hits bd | cut -d ' ' -f 3)" 0 'data=ordered: no commit is written while data are held'
answers 1 'data=ordered: the data are still held while the commit thread waits' bd is_suspended data
bd_msg bd resume data
eventually 'data=ordered: fsync of another file returns after the data are written' process_ended "$pid"
unlike "$(bd_hits bd)" ' 0$' 'data=ordered: the commit is written after the data'
fs_ends 'consistent after data=ordered'

done_testing
