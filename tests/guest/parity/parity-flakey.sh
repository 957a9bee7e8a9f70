# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# dm-flakey beside the rules that replace it: the same I/O, the same results and
# data.

# shellcheck source=tests/lib/parity.sh
. "${BASH_SOURCE[0]%/*}/../../lib/parity.sh"

require has_module dm-flakey

# down FEATURES: prints the line of a flakey device that is always down
down() { echo "0 4096 flakey DEVICE 0 0 180${1:+ $1}"; }

# loads LINE: tests whether this kernel's flakey accepts the line
loads() { dmsetup create probe --table "${1//DEVICE/$theirs_disk}" && dmsetup remove probe; }

# if_known LINE COUNT: loads both devices; if this kernel's flakey lacks a
# feature, skips COUNT tests and returns false
if_known() {
	dmesg_mark
	if ! loads "$1" 2> /dev/null && [[ $(dmesg_since) == *'Unrecognised flakey feature'* ]]; then
		beside_none "$1" "this kernel's flakey has not all of: ${1#* 180 ? }" "$2"
		return 1
	fi
	beside "$1"
}

# --- Disks with discard and a write cache, so that flakey gets flushes ---

parity_disks loop_disk 2

beside '0 4096 flakey DEVICE 0 180 0'
alike 'ok ok ok ok' 'up: all I/O succeeds' 'w 0 8 byte=22' 'r 0 8 byte=22' 'd 8 8' f
beside '0 4096 flakey DEVICE 0 180 0 1 drop_writes'
alike 'ok ok' 'up with drop_writes: all I/O succeeds' 'w 0 8 byte=22' 'r 0 8 byte=22'

beside "$(down '')"
alike 'EIO EIO EIO EIO' 'down without features: all I/O fails' 'w 0 8 byte=22' 'r 0 8 byte=22' 'd 8 8' f
differ EOPNOTSUPP EIO 'write-zeroes of the rule fail, flakey does not support them' 'z 0 8'
beside "$(down 0)"
alike 'EIO EIO EIO EIO' 'down with a feature count of 0: all I/O fails' 'w 0 8 byte=22' 'r 0 8 byte=22' 'd 8 8' f
beside '0 2048 flakey DEVICE 1024 0 180 0'
alike 'EIO EIO' 'down at a device offset: all I/O fails' 'w 0 8 byte=22' 'r 0 8 byte=22'

beside "$(down '1 error_writes')"
alike 'EIO ok EIO EIO' 'error_writes fails writes, discards and flushes' \
	'w 0 8 byte=22' 'r 0 8 byte=11' 'd 8 8' f
beside "$(down '1 Drop_Writes')"
alike 'ok ok ok ok' 'drop_writes drops writes, discards and flushes' \
	'w 0 8 byte=22' 'r 0 8 byte=11' 'd 8 8' f
beside "$(down '1 drop_writes error_writes')"
alike 'ok ok' 'a feature beyond the feature count is ignored' 'w 0 8 byte=22' 'r 0 8 byte=11'

beside "$(down '5 corrupt_bio_byte 1 W 0 0')"
alike 'ok ok ok ok' 'corrupt_bio_byte w alters the first byte of writes' 'w 0 8 byte=22' 'w 8 1 byte=33' 'd 16 8' f
beside "$(down '5 corrupt_bio_byte 513 w 255 2048')"
alike 'ok ok ok' 'corrupt_bio_byte w with a flag alters sync writes that are long enough' \
	'w 0 8 byte=22' 'w 8 1 byte=33' 'r 8 1 byte=33'
beside "$(down '5 corrupt_bio_byte 513 w 255 133121')"
alike 'ok ok' 'corrupt_bio_byte w with two flags alters writes that carry both' 'w 0 8 byte=22' 'w 8 8 fua byte=33'
beside "$(down '5 corrupt_bio_byte 513 w 255 4096')"
alike 'ok ok' 'corrupt_bio_byte w alters no write without the flag' 'w 0 8 byte=22' 'w 8 8 fua byte=33'
beside "$(down '5 corrupt_bio_byte 224 w 0 32')"
alike ok "corrupt_bio_byte w as in the kernel documentation's example alters no write" 'w 0 8 byte=22'
beside "$(down '5 corrupt_bio_byte 1 w 0 262144')"
alike 'ok ok' 'corrupt_bio_byte w with the preflush flag alters no write' 'w 0 8 byte=22' 'wf 8 8'

if if_known "$(down '1 error_reads')" 1; then
	alike 'ok EIO ok ok' 'error_reads fails reads only' 'w 0 8 byte=22' 'r 0 8' 'd 8 8' f
fi
if if_known "$(down '2 error_reads drop_writes')" 1; then
	alike 'ok EIO ok ok' 'error_reads with drop_writes fails reads and drops writes' 'w 0 8 byte=22' 'r 0 8' 'd 8 8' f
fi
if if_known "$(down '2 error_writes error_reads')" 1; then
	alike 'EIO EIO EIO EIO' 'error_writes with error_reads fails all I/O' 'w 0 8 byte=22' 'r 0 8' 'd 8 8' f
fi
if if_known "$(down '2 random_read_corrupt 0')" 1; then
	alike 'EIO EIO' 'random_read_corrupt 0 as the only feature fails all I/O' 'w 0 8 byte=22' 'r 0 8'
fi

# --- RAM disks, because flakey before 6.12 or so does not corrupt reads of loop disks ---

remove_both
parity_disks ram_disk

beside "$(down '5 corrupt_bio_byte 1000 r 238 0')"
alike "11*999 ee*1 11*3096 11*512 ok ok" 'corrupt_bio_byte r alters a byte of reads' 'x 0 8' 'x 0 1' 'w 0 8 byte=22' f
alike '22*999 ee*1 22*3096 11*28672' 'corrupt_bio_byte r alters one byte of a large read' 'x 0 64'
beside "$(down '5 corrupt_bio_byte 1 r 0 1')"
alike '11*4096' 'corrupt_bio_byte r with the flag of writes alters no read' 'x 0 8'
beside "$(down '6 drop_writes corrupt_bio_byte 1000 r 238 0')"
alike '11*999 ee*1 11*3096 ok 11*999 ee*1 11*3096' 'corrupt_bio_byte r with drop_writes alters reads and drops writes' 'x 0 8' 'w 0 8 byte=22' 'x 0 8'
beside "$(down '6 corrupt_bio_byte 1000 r 238 0 error_writes')"
alike '11*999 ee*1 11*3096 EIO' 'corrupt_bio_byte r with error_writes alters reads and fails writes' 'x 0 8' 'w 0 8 byte=22'

# altered BYTE DEVICE: prints how many bytes of 16 pieces of 4 KiB differ from
# BYTE
altered() {
	local word all=0

	for word in $(io "$2" 'x 0 128'); do
		[[ $word == "$1"\** ]] || all=$((all + ${word#*\*}))
	done
	echo "$all"
}

# flakey replaces one byte of each bio by a random one, which is the same byte
# once in 256 times; here a bit is flipped.
writes=()
for ((i = 0; i < 128; i += 8)); do writes+=("w $i 8 byte=22"); done
if if_known "$(down '2 random_write_corrupt 1000000000')" 3; then
	ios /dev/mapper/theirs "${writes[@]}" > /dev/null
	ios /dev/mapper/ours "${writes[@]}" > /dev/null
	theirs=$(altered 22 "$theirs_disk")
	like "$theirs" '^([89]|1[0-6])$' 'flakey: random_write_corrupt alters nearly all of 16 writes'
	is "$(altered 22 "$ours_disk")" 16 'ours: random_write_corrupt alters each of 16 writes'
	is "$(ios /dev/mapper/theirs 'r 1024 8 byte=11'), $(ios /dev/mapper/ours 'r 1024 8 byte=11')" \
		'ok, ok' 'random_write_corrupt alters no read'
fi
if if_known "$(down '4 random_write_corrupt 500000000 random_read_corrupt 0')" 2; then
	fill_both 22
	ios /dev/mapper/theirs "${writes[@]}" "${writes[@]}" > /dev/null
	ios /dev/mapper/ours "${writes[@]}" "${writes[@]}" > /dev/null
	like "$(altered 22 "$theirs_disk")" '^([1-9]|1[0-5])$' 'flakey: random_write_corrupt alters some of 16 writes at probability 1/2'
	like "$(altered 22 "$ours_disk")" '^([1-9]|1[0-5])$' 'ours: random_write_corrupt alters some of 16 writes at probability 1/2'
fi
if if_known "$(down '2 random_read_corrupt 1000000000')" 2; then
	like "$(altered 11 /dev/mapper/theirs)" '^[01]$' 'flakey: random_read_corrupt alters at most one byte of a read'
	is "$(altered 11 /dev/mapper/ours), $(below)" '1, same data' 'ours: random_read_corrupt alters one byte of a read'
fi

# --- Up and down: flakey by time, the rules by events ---

line='0 4096 flakey DEVICE 0 86400 86400 1 error_writes'
beside "$line"
alike 'ok ok' 'up at first: all I/O succeeds' 'w 0 8 byte=22' 'r 0 8 byte=22'
dmsetup load theirs --table "$(down '1 error_writes' | sed "s|DEVICE|$theirs_disk|")"
dmsetup resume theirs
bd_msg ours event user.down
alike 'EIO ok' 'down: writes fail' 'w 0 8 byte=33' 'r 0 8 byte=22'
bd_msg ours event user.up
is "$(ios /dev/mapper/ours 'w 0 8 byte=33' 'r 0 8 byte=33')" 'ok ok' 'ours: up again, all I/O succeeds'

try_the_rest flakey

done_testing
