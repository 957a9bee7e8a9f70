# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # much is called by name
# File data that could not be written: fsync says so once to each program that
# has the file open, and no second time, though the data are gone.

# shellcheck source=tests/lib/fs.sh
. "${BASH_SOURCE[0]%/*}/../../lib/fs.sh"

# btrfs may note an error twice: as the data are written, and as it is done with them.
declare -A second=([btrfs]='(ok|EIO)' [ext4]=ok [xfs]=ok)

once_each() {
	local other

	fs_new "$1"
	fs_write file 11
	exec {other}> >(exec io /mnt/file - > /tmp/other)
	pid=$!
	# It has the file open when this is answered.
	echo 'r 0 8 byte=11' >&"$other"
	wait_until file_is /tmp/other ok
	bd_msg bd add inject-error "${data[@]}" once=on > /dev/null
	xfs_io -c 'pwrite -q -S 0x22 0 4k' /mnt/file
	like "$(fs_ios file f f f)" "^EIO ${second[$fs]} ok\$" "$fs: an fsync fails, the next does not"
	printf 'f\nf\n' >&"$other"
	exec {other}>&-
	wait "$pid"
	is "$(< /tmp/other)" $'ok\nEIO\nok' "$fs: nor does it for another that has the file open"
	is "$(fs_ios file f)" ok "$fs: who opens it later learns nothing"
	fs_remount
	is "$(fs_ios file 'r 0 8 byte=11')" ok "$fs: and the old data are on the disk"
	succeeds "$fs: written again" fs_write file 22
	fs_remount
	is "$(fs_ios file 'r 0 8 byte=22')" ok "$fs: they are there"
	fs_ends 'the file system is consistent'
}

fs_disk
fs_each once_each btrfs ext4 xfs

done_testing
