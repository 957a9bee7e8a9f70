# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # much is called by name
# A bad sector in a file, which a write heals.

# shellcheck source=tests/lib/fs.sh
. "${BASH_SOURCE[0]%/*}/../../lib/fs.sh"

# bad_block: makes the sector of the file's second block bad. A held read of the
# block shows the sector; the result of that read goes to /tmp/read.
bad_block() {
	local sector

	fs_write file 11 32
	fs_remount
	bd_msg bd break read_aio look iotype=read 'flags=!meta' > /dev/null
	background /tmp/read fs_ios file 'r 8 8 byte=11'
	read -r _ _ _ _ _ _ sector _ <<< "$(bd_msg bd wait_break look)"
	bd_msg bd add inject-error sector="$sector" healed=on tag=bad > /dev/null
	bd_msg bd resume look
	wait "$pid"
}

is_bad() { bd_list bd | grep -q ' - .* tag=bad '; }

rewritten() {
	fs_new "$1"
	bad_block
	is "$(< /tmp/read)" EIO "$fs: a read of the bad block fails"
	is "$(fs_ios file 'r 8 8' 'r 0 8 byte=11' 'r 16 8 byte=11')" 'EIO ok ok' "$fs: a second read of the bad block fails, reads around it succeed"
	is "$(fs_ios file 'w 8 8 byte=22' f 'r 8 8 byte=22')" 'ok ok ok' "$fs: a rewritten block can be read"
	fails_with '' "$fs: the rewritten sector is healed" is_bad
	fs_ends 'the file system is consistent after a healed sector'
}

repaired() {
	fs_new "$1" -d dup 2> /dev/null
	bad_block
	is "$(< /tmp/read)" ok "$fs: a read of the bad block returns the other copy"
	fails_with '' "$fs: the bad sector is healed from the other copy" is_bad
	fs_ends 'the file system is consistent after a repair from the other copy'
}

fs_disk
fs_each rewritten ext4 xfs
fs_each repaired btrfs

done_testing
