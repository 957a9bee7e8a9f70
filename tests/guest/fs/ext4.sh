# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# ext4 over a target without rules, and over one whose rules change nothing in
# the end.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module ext4
bd_setup loop_disk 64

# round OPTIONS: mkfs, mount, files, umount, fsck and the files read back
round() {
	local i

	succeeds "mkfs.ext4 for $1 succeeds" mkfs.ext4 -qF $bd
	succeeds "mount -o $1 succeeds" mount -o "$1" $bd /mnt
	for i in {1..20}; do echo "file $i" > "/mnt/file.$i"; done
	mkdir /mnt/dir
	cp /tests/bin/io /mnt/dir/
	sync
	rm /mnt/file.1
	succeeds "fstrim with $1 succeeds" fstrim /mnt
	succeeds "umount with $1 succeeds" umount /mnt
	succeeds "e2fsck with $1 finds no error" e2fsck -fn $bd
	succeeds "a second mount -o $1 succeeds" mount -o "$1" $bd /mnt
	succeeds "a large file with $1 is unchanged" cmp /tests/bin/io /mnt/dir/io
	is "$(cat /mnt/file.*)" "$(printf 'file %d\n' 10 11 12 13 14 15 16 17 18 19 2 20 3 4 5 6 7 8 9)" \
		"small files with $1 are unchanged"
	succeeds "a second umount with $1 succeeds" umount /mnt
}

round discard
unlike "$(bd_msg bd stats)" '=[1-9]' 'the target without rules counts nothing'

# Rules for all iotypes, in force but without an effect in the end.
bd_msg bd add set-state event=pwritev new_state=2 inject-error event=pwritev errno=0 \
	inject-error iotype=flush errno=0 inject-error event=read_aio state=9 \
	suspend event=write_aio tag=A state=9 inject-error state=9 > /tmp/null
round discard,data=journal
unlike "$(bd_msg bd stats)" '(read|write|flush|discard) seen=0' 'the target has seen reads, writes, flushes and discards'
is "$(bd_status bd injected)" 0 'the target with rules has failed nothing'

done_testing
