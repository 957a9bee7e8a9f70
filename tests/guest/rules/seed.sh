# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The same seed makes the same choices: for 10,000 bios, twice, and on every
# kernel.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

has_module dm-blkdebug
ram_disk
bd_sectors=65536
rules=(inject-error iotype=read probability=1/7
	inject-error iotype=read 'after=100' interval=11 errno=ENODATA
	tear iotype=write probability=1/5 sectors=random
	corrupt on=write bits=3 probability=1/3
	drop iotype=write probability=1/10 times=200
	misdirect iotype=write probability=1/50 to=60000
	corrupt on=read bits=1 probability=1/9)

# Alternating reads and writes all over the device.
operations() {
	local i place=1

	for ((i = 0; i < 5000; i++)); do
		place=$(((place * 1103 + 12345) % 8000))
		echo "w $((place * 8)) 8 byte=$((10 + i % 80))"
		place=$(((place * 1103 + 12345) % 8000))
		echo "x $((place * 8)) 8"
	done
}
operations > /tmp/operations

# fate SEED: sets $fate to the checksums of all results and of the disk, and
# $fired to the hits of each rule
fate() {
	local said data

	io "$dev" 'w 0 65536' > /dev/null
	bd_create bd "$dev" "seed=$1" "${rules[@]}" > /dev/null
	udevadm settle 2> /dev/null
	# The reload resets rule numbers and hits, so that the choices repeat.
	dmsetup suspend bd
	bd_load bd "$dev" "seed=$1" "${rules[@]}"
	dmsetup resume bd
	said=$(io /dev/mapper/bd - < /tmp/operations | md5sum)
	fired=$(bd_hits bd)
	dmsetup remove bd
	data=$(md5sum < "$dev")
	fate="${said%% *} ${data%% *}"
}

fate 42
first=$fate
fate 42
is "$fate" "$first" 'the same seed leads to the same results and data'
is "$first" '5a134a80044ddbb05f265efcc2212632 9a06991e2bb314840ebc0e3b58718bb3' \
	'results and data are the same as on every other kernel'
is "$fired" '742 378 1029 1371 200 51 431' 'each rule has the same hits as on every other kernel'
fate 43
unlike "$fate" "^$first$" 'another seed leads to other results and data'

done_testing
