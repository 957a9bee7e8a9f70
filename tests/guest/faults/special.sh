# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Faults on special bios: with REQ_NOWAIT, with integrity data, atomic writes.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

has_module dm-blkdebug

# --- REQ_NOWAIT ---

# The RAM disk of some kernels does not support REQ_NOWAIT.
loop_disk 32
bd_create bd "$dev" seed=7
io "$dev" 'w 0 64 byte=11' > /dev/null
bd_start bd delay ms=1 corrupt byte=0 value=0x22 sector=0-7 tear sectors=1 sector=8-15 drop sector=16-23 \
	misdirect sector=24-31 to=40 inject-error sector=32-39 transfer=all
is "$(ios $bd 'w 0 8 nowait byte=33' 'w 8 8 nowait byte=33' 'w 16 8 nowait byte=33' 'w 24 8 nowait byte=33' \
	'w 32 8 nowait byte=33')" 'ok ok ok ok EIO' 'faults act on writes with REQ_NOWAIT'
is "$(io_bytes "$dev" 0 48)" '22*1 33*4607 11*11776 33*8192' \
	'writes with REQ_NOWAIT are altered, torn, dropped and misdirected'
dmsetup remove bd

# --- Integrity data ---

# scsi_debug generates integrity data for bios without, from the data after the
# fault. tests/guest/devices/stacking.sh has integrity data that comes from
# above.
if scsi_disk; then
	bd_create bd "$dev" seed=7
	like "$(< "$(dm_sysfs bd)/integrity/format")" T10-DIF 'the target has the integrity profile of its disk'
	is "$(ios $bd 'w 0 64 byte=11' 'r 0 64 byte=11')" 'ok ok' 'a write and a read with integrity data succeed'
	bd_start bd tear sectors=3 iotype=write sector=0-7 corrupt on=write byte=5 value=0x77 sector=8-15 \
		misdirect iotype=write to=32
	is "$(ios $bd 'w 0 8 byte=22' 'w 8 8 byte=22' 'w 16 8 byte=22')" 'ok ok ok' 'torn, altered and misdirected writes with integrity data succeed'
	is "$(ios $bd 'x 0 8' 'x 8 8' 'x 16 8' 'x 32 8')" \
		'22*1536 11*2560 22*5 77*1 22*4090 11*4096 22*4096' 'reads of torn, altered and misdirected data pass the integrity check'
	dmsetup remove bd

	# Newer kernels have a separate limit for write-zeroes that unmap and
	# require both limits to be equal.
	succeeds 'a table with max-write-zero= loads over a disk that unmaps zeroes' bd_create bd "$dev" max-write-zero=64K
	is "$(< "$(dm_sysfs bd)/queue/write_zeroes_max_bytes")" 65536 'the queue shows max-write-zero='
	is "$(ios $bd 'w 0 512 byte=11' 'z 0 512' 'r 0 512 byte=00')" 'ok ok ok' 'write-zeroes larger than max-write-zero= is split'
	dmsetup remove bd
else
	skip 'needs scsi_debug (module)' 7
fi

# --- Atomic writes ---

# atomic_limit: prints the limit of atomic writes; older kernels, and
# device-mapper in some newer ones, have none
atomic_limit() {
	local file

	file=$(dm_sysfs bd)/queue/atomic_write_unit_max_bytes
	[[ -e $file ]] && echo "$(< "$file")"
}

if scsi_disk && bd_create bd "$dev" seed=7 && [[ $(atomic_limit) -ge 8192 ]]; then
	io "$dev" 'w 0 64 byte=11' > /dev/null
	is "$(ios $bd 'w 32 16 atomic' 'w 40 16 atomic')" 'ok EINVAL' 'atomic writes must be aligned'
	bd_start bd tear sectors=4 flags=atomic sector=0-7 inject-error flags=atomic sector=13 transfer=partial \
		corrupt flags=atomic on=write byte=5 value=0x77 sector=16-23
	is "$(ios $bd 'w 0 8 atomic byte=33' 'w 8 8 atomic byte=33' 'w 16 8 atomic byte=33')" 'ok EIO ok' \
		'faults act on atomic writes'
	# scsi_debug has no integrity data for atomic writes, so these sectors
	# are not read through the target.
	is "$(io_bytes "$dev" 0 16)" '33*2048 11*2048 33*2560 11*1536' 'atomic writes are torn and partially transferred'
	is "$(bd_hits bd)" '1 1 1' 'tear, inject-error and corrupt each count one atomic write'
	is "$(ios $bd 'w 0 8 byte=44' 'w 8 8 byte=44')" 'ok ok' 'rules with flags=atomic do not match other writes'
	dmsetup remove bd
	bd_create bd "$dev" max-transfer=12K
	is "$(atomic_limit)" 4096 'max-transfer=12K limits atomic writes to 4 KiB'
	is "$(ios $bd 'w 16 8 atomic' 'w 24 8 atomic' 'w 16 16 atomic' 'w 16 16')" 'ok ok EINVAL ok' 'atomic writes within the limit pass, larger ones fail'
else
	skip 'needs atomic writes through device-mapper' 7
fi

done_testing
