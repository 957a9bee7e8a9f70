# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What dm-flakey does, done by rules: beside it, with the same I/O.

# shellcheck source=tests/lib/parity.sh
. "${BASH_SOURCE[0]%/*}/../../lib/parity.sh"

require has_module dm-flakey

# down FEATURES: flakey's line for a device that is always down
down() { echo "0 4096 flakey DEVICE 0 0 180${1:+ $1}"; }

# loads LINE
loads() { dmsetup create probe --table "${1//DEVICE/$theirs_disk}" && dmsetup remove probe; }

# if_known LINE COUNT: beside LINE, and true; or COUNT tests skipped, as not all
# kernels have all features
if_known() {
	dmesg_mark
	if ! loads "$1" 2> /dev/null && [[ $(dmesg_since) == *'Unrecognised flakey feature'* ]]; then
		beside_none "$1" "this kernel's flakey has not all of: ${1#* 180 ? }" "$2"
		return 1
	fi
	beside "$1"
}

# --- Over disks that discard and have a cache, so that flakey sees flushes ---

parity_disks loop_disk 2

beside '0 4096 flakey DEVICE 0 180 0'
alike 'ok ok ok ok' 'up: all goes well' 'w 0 8 byte=22' 'r 0 8 byte=22' 'd 8 8' f
beside '0 4096 flakey DEVICE 0 180 0 1 drop_writes'
alike 'ok ok' 'up, with a feature' 'w 0 8 byte=22' 'r 0 8 byte=22'

beside "$(down '')"
alike 'EIO EIO EIO EIO' 'down: all fails' 'w 0 8 byte=22' 'r 0 8 byte=22' 'd 8 8' f
differ EOPNOTSUPP EIO 'zeroes, which flakey does not offer' 'z 0 8'
beside "$(down 0)"
alike 'EIO EIO EIO EIO' 'down, with no features' 'w 0 8 byte=22' 'r 0 8 byte=22' 'd 8 8' f
beside '0 2048 flakey DEVICE 1024 0 180 0'
alike 'EIO EIO' 'with an offset' 'w 0 8 byte=22' 'r 0 8 byte=22'

beside "$(down '1 error_writes')"
alike 'EIO ok EIO EIO' 'error_writes: flushes and discards, too' \
	'w 0 8 byte=22' 'r 0 8 byte=11' 'd 8 8' f
beside "$(down '1 Drop_Writes')"
alike 'ok ok ok ok' 'drop_writes: flushes and discards, too' \
	'w 0 8 byte=22' 'r 0 8 byte=11' 'd 8 8' f
beside "$(down '1 drop_writes error_writes')"
alike 'ok ok' 'words that are not counted' 'w 0 8 byte=22' 'r 0 8 byte=11'

beside "$(down '5 corrupt_bio_byte 1 W 0 0')"
alike 'ok ok ok ok' 'corrupt_bio_byte w: the first byte' 'w 0 8 byte=22' 'w 8 1 byte=33' 'd 16 8' f
beside "$(down '5 corrupt_bio_byte 513 w 255 2048')"
alike 'ok ok ok' 'of writes that are sync, and long enough' \
	'w 0 8 byte=22' 'w 8 1 byte=33' 'r 8 1 byte=33'
beside "$(down '5 corrupt_bio_byte 513 w 255 133121')"
alike 'ok ok' 'of writes with two flags' 'w 0 8 byte=22' 'w 8 8 fua byte=33'
beside "$(down '5 corrupt_bio_byte 513 w 255 4096')"
alike 'ok ok' 'of none that lacks its flag' 'w 0 8 byte=22' 'w 8 8 fua byte=33'
beside "$(down '5 corrupt_bio_byte 224 w 0 32')"
alike ok 'of none, as in the example' 'w 0 8 byte=22'
beside "$(down '5 corrupt_bio_byte 1 w 0 262144')"
alike 'ok ok' 'of none with a flush' 'w 0 8 byte=22' 'wf 8 8'

if if_known "$(down '1 error_reads')" 1; then
	alike 'ok EIO ok ok' 'error_reads' 'w 0 8 byte=22' 'r 0 8' 'd 8 8' f
fi
if if_known "$(down '2 error_reads drop_writes')" 1; then
	alike 'ok EIO ok ok' 'error_reads drop_writes' 'w 0 8 byte=22' 'r 0 8' 'd 8 8' f
fi
if if_known "$(down '2 error_writes error_reads')" 1; then
	alike 'EIO EIO EIO EIO' 'error_writes error_reads' 'w 0 8 byte=22' 'r 0 8' 'd 8 8' f
fi
if if_known "$(down '2 random_read_corrupt 0')" 1; then
	alike 'EIO EIO' 'nothing but a probability of 0' 'w 0 8 byte=22' 'r 0 8'
fi

# --- Over RAM: flakey did not corrupt what other disks read, until 6.12 or so ---

remove_both
parity_disks ram_disk

beside "$(down '5 corrupt_bio_byte 1000 r 238 0')"
alike "11*999 ee*1 11*3096 11*512 ok ok" 'corrupt_bio_byte r' 'x 0 8' 'x 0 1' 'w 0 8 byte=22' f
alike '22*999 ee*1 22*3096 11*28672' 'once in each read' 'x 0 64'
beside "$(down '5 corrupt_bio_byte 1 r 0 1')"
alike '11*4096' 'of no read with the bit of a write' 'x 0 8'
beside "$(down '6 drop_writes corrupt_bio_byte 1000 r 238 0')"
alike '11*999 ee*1 11*3096 ok 11*999 ee*1 11*3096' 'and drop_writes' 'x 0 8' 'w 0 8 byte=22' 'x 0 8'
beside "$(down '6 corrupt_bio_byte 1000 r 238 0 error_writes')"
alike '11*999 ee*1 11*3096 EIO' 'and error_writes' 'x 0 8' 'w 0 8 byte=22'

# altered BYTE DEVICE: how many bytes of 16 pieces of 4 KiB are another
altered() {
	local word all=0

	for word in $(io "$2" 'x 0 128'); do
		[[ $word == "$1"\** ]] || all=$((all + ${word#*\*}))
	done
	echo "$all"
}

# Where one byte of each request is altered at random, and may be what it was:
# all but one of 256, of theirs.
writes=()
for ((i = 0; i < 128; i += 8)); do writes+=("w $i 8 byte=22"); done
if if_known "$(down '2 random_write_corrupt 1000000000')" 3; then
	ios /dev/mapper/theirs "${writes[@]}" > /dev/null
	ios /dev/mapper/ours "${writes[@]}" > /dev/null
	theirs=$(altered 22 "$theirs_disk")
	like "$theirs" '^([89]|1[0-6])$' 'random_write_corrupt: a byte of each write'
	is "$(altered 22 "$ours_disk")" 16 'in each of ours'
	is "$(ios /dev/mapper/theirs 'r 1024 8 byte=11'), $(ios /dev/mapper/ours 'r 1024 8 byte=11')" \
		'ok, ok' 'and no read'
fi
if if_known "$(down '4 random_write_corrupt 500000000 random_read_corrupt 0')" 2; then
	fill_both 22
	ios /dev/mapper/theirs "${writes[@]}" "${writes[@]}" > /dev/null
	ios /dev/mapper/ours "${writes[@]}" "${writes[@]}" > /dev/null
	like "$(altered 22 "$theirs_disk")" '^([1-9]|1[0-5])$' 'of half of the writes'
	like "$(altered 22 "$ours_disk")" '^([1-9]|1[0-5])$' 'likewise of ours'
fi
if if_known "$(down '2 random_read_corrupt 1000000000')" 2; then
	like "$(altered 11 /dev/mapper/theirs)" '^[01]$' 'random_read_corrupt: a byte of the read'
	is "$(altered 11 /dev/mapper/ours), $(below)" '1, same data' 'of ours as well'
fi

# --- Up and down: by the clock there, by events here ---

line='0 4096 flakey DEVICE 0 86400 86400 1 error_writes'
beside "$line"
alike 'ok ok' 'up at first' 'w 0 8 byte=22' 'r 0 8 byte=22'
dmsetup load theirs --table "$(down '1 error_writes' | sed "s|DEVICE|$theirs_disk|")"
dmsetup resume theirs
bd_msg ours event user.down
alike 'EIO ok' 'down' 'w 0 8 byte=33' 'r 0 8 byte=22'
bd_msg ours event user.up
is "$(ios /dev/mapper/ours 'w 0 8 byte=33' 'r 0 8 byte=33')" 'ok ok' 'and up again'

try_the_rest flakey

done_testing
