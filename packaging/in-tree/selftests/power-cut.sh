#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A power cut leaves what a flush has made durable, and of later writes those that the
# policy chooses. A crash view shows the same without a cut.

# shellcheck source=device.sh
. "${BASH_SOURCE[0]%/*}/device.sh"

# write_two_versions: blocks 0 and 1 have a durable version and a volatile one
write_two_versions() {
	write_block 0 a && write_block 1 b conv=notrunc,fsync &&
		write_block 0 c && write_block 1 d
}

# cut_power CHOICE...: prints how many writes survived and were lost
cut_power() {
	send_message power-cut "$@" | sed 's/.*\(survived=[0-9]*\).* \(lost=[0-9]*\) .*/\1 \2/'
}

blocks() {
	echo "$(read_block 0)$(read_block 1)"
}

# view_blocks CHOICE...: prints both blocks of a crash view
view_blocks() {
	dmsetup create "$name-view" --table "0 32768 blkdebug-crash $device $*" || return
	! command -v udevadm > /dev/null || udevadm settle
	device=$device-view blocks
	dmsetup remove "$name-view"
}

create_device cache=1M

check 'writes and a flush succeed' write_two_versions
check_equal 'reads return volatile writes' "$(blocks)" cd
check_equal 'a view with survive=none has durable versions' "$(view_blocks survive=none)" ab
check_equal 'a view with survive=all has volatile versions' "$(view_blocks survive=all)" cd
check_equal 'a cut with survive=none loses volatile writes' \
	"$(cut_power survive=none)" 'survived=0 lost=2'
check_fails 'reads fail while the power is off' read_block 0
check_fails 'writes fail while the power is off' write_block 0 e
check 'power-on restores the power' send_message power-on
check_equal 'durable versions are left' "$(blocks)" ab

write_two_versions
check_equal 'a cut can keep one write' \
	"$(cut_power survive=none keep=2)" 'survived=1 lost=1'
send_message power-on > /dev/null
check_equal 'the kept write is left' "$(blocks)" ad

write_two_versions
check_equal 'a cut with survive=all loses nothing' \
	"$(cut_power survive=all)" 'survived=2 lost=0'
send_message power-on > /dev/null
check_equal 'all writes are left' "$(blocks)" cd

finish_tests
