# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # much is called by name
# btrfs finds data that the disk has altered, and repairs them from the other copy.

# shellcheck source=tests/fs.sh
. "${BASH_SOURCE[0]%/*}/../fs.sh"

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

# --- On one of two disks ---

ram_disk
bd_create mirror "$dev"
fs_new btrfs -d raid1 -m raid1 /dev/mapper/mirror
bd_msg mirror add corrupt on=write 'flags=!meta' byte=1000 value=0xee once=on > /dev/null
fs_write file 11
is "$(bd_hits mirror)" 1 'one of the two writes is altered'
is "$(fs_ios file 'r 0 8 byte=11')" ok 'the file can be read'
btrfs scrub start -B /mnt > /tmp/scrub 2>&1
is "$(corruptions)" 1 'and a scrub at the latest finds it'
succeeds 'a scrub after that' btrfs scrub start -B /mnt
like "$out" 'no errors found' 'finds nothing any more'
succeeds 'unmount' umount /mnt

done_testing
