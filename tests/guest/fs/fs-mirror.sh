# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # much is called by name
# btrfs detects altered data and repairs them from the other copy.

# shellcheck source=tests/lib/fs.sh
. "${BASH_SOURCE[0]%/*}/../../lib/fs.sh"

require has_module btrfs
fs_disk

# corruptions: prints the corruptions that btrfs has counted on all devices
# since the last call
corruptions() {
	local line sum=0

	while read -r line; do
		[[ $line != *corruption_errs* ]] || sum=$((sum + ${line##* }))
	done < <(btrfs device stats -z /mnt)
	echo "$sum"
}

# --- One device with two copies of the data ---

fs_new btrfs -d dup 2> /dev/null
fs_write file 11
fs_remount
dmesg_mark
bd_msg bd add corrupt on=read 'flags=!meta' bits=3 once=on > /dev/null
is "$(fs_ios file 'r 0 8 byte=11' 'r 0 8 byte=11') $(bd_hits bd)" 'ok ok 1' 'a read of altered data returns the other copy'
dmesg_like 'csum failed .*read error corrected' 'the kernel log reports the repair of the altered copy'
is "$(corruptions)" 1 'btrfs counts one corruption'
fs_ends 'the file system is consistent after the repair'

done_testing
