# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# A blkdebug device over a loop device, I/O of single blocks of 4 KiB, and results in
# KTAP. A test sources this file first and ends with finish_tests.

set -u

name=blkdebug-test-$$
device=/dev/mapper/$name
nr_tests=0 nr_failed=0 loop='' work=''

# check DESC COMMAND...: a test that the command succeeds
check() {
	local result=ok desc=$1
	shift

	nr_tests=$((nr_tests + 1))
	if ! "$@"; then
		result='not ok'
		nr_failed=$((nr_failed + 1))
	fi
	echo "$result $nr_tests $desc"
}

# check_equal DESC GOT WANT
check_equal() {
	[[ $2 == "$3" ]] || printf '# got "%s" instead of "%s"\n' "$2" "$3"
	check "$1" test "$2" = "$3"
}

check_fails() {
	check "$1" command_fails "${@:2}"
}

command_fails() {
	! "$@"
}

finish_tests() {
	echo "1..$nr_tests"
	exit $((nr_failed > 0))
}

skip_all() {
	echo "1..0 # SKIP $*"
	exit 4
}

bail_out() {
	echo "Bail out! $*"
	exit 1
}

remove_device() {
	dmsetup remove --force "$name"
	[[ -z $loop ]] || losetup -d "$loop"
	[[ -z $work ]] || rm -r "$work"
} 2> /dev/null

check_requirements() {
	local program

	[[ $EUID -eq 0 ]] || skip_all 'root is needed'
	for program in dmsetup losetup; do
		command -v "$program" > /dev/null || skip_all "$program is needed"
	done
	modprobe -q loop
	modprobe -q dm-blkdebug
	dmsetup targets 2> /dev/null | grep -q '^blkdebug ' ||
		skip_all 'CONFIG_DM_BLKDEBUG is needed'
}

# create_device [OPTION]...: 16 MiB without rules, because udev reads a new device
create_device() {
	trap remove_device EXIT
	work=$(mktemp -d) || bail_out 'cannot create a folder'
	truncate -s 16M "$work/disk" || bail_out 'cannot create a file of 16 MiB'
	loop=$(losetup -f --show "$work/disk") || bail_out 'cannot create a loop device'
	dmsetup create "$name" --table "0 32768 blkdebug $loop 0 $*" ||
		bail_out 'cannot create the device'
	! command -v udevadm > /dev/null || udevadm settle
}

# send_message WORD...
send_message() {
	dmsetup message "$name" 0 "$@"
}

# write_block NUMBER CHARACTER [DD-OPERAND]...: fills the block by one direct write
write_block() {
	tr '\0' "$2" < /dev/zero | dd of="$device" bs=4096 count=1 seek="$1" \
		iflag=fullblock oflag=direct conv=notrunc "${@:3}" 2> /dev/null
}

# read_block NUMBER: reads the block by one direct read and prints its first character
read_block() {
	dd if="$device" of="$work/block" bs=4096 count=1 skip="$1" iflag=direct \
		2> /dev/null && head -c 1 "$work/block"
}

# holds NUMBER: waits until the device has this number of held bios
holds() {
	local tries

	for ((tries = 0; tries < 300; tries++)); do
		[[ $(dmsetup status "$name") != *" held=$1 "* ]] || return 0
		sleep 0.1
	done
	return 1
}

echo 'TAP version 13'
check_requirements
