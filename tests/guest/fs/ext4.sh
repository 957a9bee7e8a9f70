# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# ext4 on the idle target, and on one whose rules have come and gone.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module ext4
require has_module loop
loop_disk 64
bd_create t "$dev"
t=/dev/mapper/t

# round OPTIONS: mkfs, mount, files, umount, fsck, and the files read back
round() {
	local i

	succeeds "mkfs $1" mkfs.ext4 -qF $t
	succeeds 'mount' mount -o "$1" $t /mnt
	for i in {1..20}; do echo "file $i" > "/mnt/file.$i"; done
	mkdir /mnt/dir
	cp /tests/bin/io /mnt/dir/
	sync
	rm /mnt/file.1
	succeeds 'fstrim' fstrim /mnt
	succeeds 'umount' umount /mnt
	succeeds 'fsck finds nothing' e2fsck -fn $t
	succeeds 'mount again' mount -o "$1" $t /mnt
	succeeds 'a large file is as it was' cmp /tests/bin/io /mnt/dir/io
	is "$(cat /mnt/file.*)" "$(printf 'file %d\n' 10 11 12 13 14 15 16 17 18 19 2 20 3 4 5 6 7 8 9)" \
		'so are small ones'
	succeeds 'umount again' umount /mnt
}

round discard
unlike "$(bd_msg t stats)" '=[1-9]' 'the idle target counts nothing'

# Rules for everything, in force but in the end without effect.
bd_msg t add set-state event=pwritev new_state=2 inject-error event=pwritev errno=0 \
	inject-error iotype=flush errno=0 inject-error event=read_aio state=9 \
	suspend event=write_aio tag=A state=9 inject-error state=9 > /tmp/null
round discard,data=journal
unlike "$(bd_msg t stats)" '(read|write|flush|discard) seen=0' 'now it has seen all kinds'
is "$(bd_status t injected)" 0 'and failed nothing'

done_testing
