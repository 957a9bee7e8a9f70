# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # much is called by name
# A write of file data fails: fsync reports that once to each program that has
# the file open, and not again, though the data are lost.

# shellcheck source=tests/lib/fs.sh
. "${BASH_SOURCE[0]%/*}/../../lib/fs.sh"

# btrfs may note an error twice: when the write fails and when the ordered
# extent ends.
declare -A second=([btrfs]='(ok|EIO)' [ext4]=ok [xfs]=ok)

once_each() {
	local other

	fs_new "$1"
	fs_write file 11
	exec {other}> >(exec io /mnt/file - > /tmp/other)
	pid=$!
	# The answer to this read shows that the other program has the file
	# open.
	echo 'r 0 8 byte=11' >&"$other"
	wait_until file_is /tmp/other ok
	bd_msg bd add inject-error "${data[@]}" once=on > /dev/null
	xfs_io -c 'pwrite -q -S 0x22 0 4k' /mnt/file
	like "$(fs_ios file f f f)" "^EIO ${second[$fs]} ok\$" "$fs: the first fsync after a failed write fails, later ones succeed"
	printf 'f\nf\n' >&"$other"
	exec {other}>&-
	wait "$pid"
	is "$(< /tmp/other)" $'ok\nEIO\nok' "$fs: another program that has the file open gets the error once"
	is "$(fs_ios file f)" ok "$fs: a program that opens the file later gets no error"
	fs_remount
	is "$(fs_ios file 'r 0 8 byte=11')" ok "$fs: the old data are on the disk after a failed write"
	succeeds "$fs: a second write of the data succeeds" fs_write file 22
	fs_remount
	is "$(fs_ios file 'r 0 8 byte=22')" ok "$fs: the data of the second write are on the disk"
	fs_ends 'the file system is consistent after a failed data write'
}

fs_disk
fs_each once_each btrfs ext4 xfs

done_testing
