# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # much is called by name
# A bad sector under a file, which is healed by a write.

# shellcheck source=tests/lib/fs.sh
. "${BASH_SOURCE[0]%/*}/../../lib/fs.sh"

# The sector under the file's second block goes bad. Where that is tells a read
# of it that is held on its way; the rest of that read is the file's result.
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
	is "$(< /tmp/read)" EIO "$fs: a read fails"
	is "$(fs_ios file 'r 8 8' 'r 0 8 byte=11' 'r 16 8 byte=11')" 'EIO ok ok' "$fs: again, but not around it"
	is "$(fs_ios file 'w 8 8 byte=22' f 'r 8 8 byte=22')" 'ok ok ok' "$fs: a block written anew can be read"
	fails_with '' "$fs: the bad sector is healed" is_bad
	fs_ends 'the file system is consistent'
}

repaired() {
	fs_new "$1" -d dup 2> /dev/null
	bad_block
	is "$(< /tmp/read)" ok "$fs: a read finds the other copy"
	fails_with '' "$fs: from which it heals the bad sector" is_bad
	fs_ends 'the file system is consistent'
}

fs_disk
fs_each rewritten ext4 xfs
fs_each repaired btrfs

done_testing
