# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # much is called by name
# btrfs finds data that the disk has altered, and repairs them from the other copy.

# shellcheck source=tests/lib/fs.sh
. "${BASH_SOURCE[0]%/*}/../../lib/fs.sh"

require has_module btrfs
fs_disk

# corruptions: counted by btrfs since it was asked last, of all devices
corruptions() {
	local line sum=0

	while read -r line; do
		[[ $line != *corruption_errs* ]] || sum=$((sum + ${line##* }))
	done < <(btrfs device stats -z /mnt)
	echo "$sum"
}

# --- In flight, of the two copies that one disk has ---

fs_new btrfs -d dup 2> /dev/null
fs_write file 11
fs_remount
dmesg_mark
bd_msg bd add corrupt on=read 'flags=!meta' bits=3 once=on > /dev/null
is "$(fs_ios file 'r 0 8 byte=11' 'r 0 8 byte=11') $(bd_hits bd)" 'ok ok 1' 'what is altered as it is read is read from the other copy'
dmesg_like 'csum failed .*read error corrected' 'which repairs the first'
is "$(corruptions)" 1 'and is counted'
fs_ends 'is consistent'

done_testing
