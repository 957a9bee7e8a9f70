# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Faults that strike requests unlike others: with REQ_NOWAIT, with integrity data,
# atomic ones.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

has_module dm-blkdebug

# --- Nobody who must not wait waits ---

# Not every kernel's RAM disks take such requests.
loop_disk 32
bd_create bd "$dev" seed=7
bd=/dev/mapper/bd
io "$dev" 'w 0 64 byte=11' > /dev/null
bd_start bd delay ms=1 corrupt byte=0 value=0x22 sector=0-7 tear sectors=1 sector=8-15 drop sector=16-23 \
	misdirect sector=24-31 to=40 inject-error sector=32-39 transfer=all
is "$(ios $bd 'w 0 8 nowait byte=33' 'w 8 8 nowait byte=33' 'w 16 8 nowait byte=33' 'w 24 8 nowait byte=33' \
	'w 32 8 nowait byte=33')" 'ok ok ok ok EIO' 'writes with REQ_NOWAIT'
is "$(io_bytes "$dev" 0 48)" '22*1 33*4607 11*11776 33*8192' \
	'are struck like others'
dmsetup remove bd

# --- A disk with integrity data ---

# Where nobody has given any, the driver makes them, of what has become of the
# data by then. tests/guest/stacking.sh has those that come from above.
if scsi_disk; then
	bd_create bd "$dev" seed=7
	like "$(< "$(dm_sysfs bd)/integrity/format")" T10-DIF 'integrity data through the target'
	is "$(ios $bd 'w 0 64 byte=11' 'r 0 64 byte=11')" 'ok ok' 'are made and checked'
	bd_start bd tear sectors=3 iotype=write sector=0-7 corrupt on=write byte=5 value=0x77 sector=8-15 \
		misdirect iotype=write to=32
	is "$(ios $bd 'w 0 8 byte=22' 'w 8 8 byte=22' 'w 16 8 byte=22')" 'ok ok ok' 'also for writes that a fault strikes'
	is "$(ios $bd 'x 0 8' 'x 8 8' 'x 16 8' 'x 32 8')" \
		'22*1536 11*2560 22*5 77*1 22*4090 11*4096 22*4096' 'and fit what is read'
	dmsetup remove bd

	# Newer kernels know a disk that unmaps what it zeroes, and want both limits alike.
	succeeds 'zeroes that unmap may be limited' bd_create bd "$dev" max-write-zero=64K
	is "$(< "$(dm_sysfs bd)/queue/write_zeroes_max_bytes")" 65536 'and are'
	is "$(ios $bd 'w 0 512 byte=11' 'z 0 512' 'r 0 512 byte=00')" 'ok ok ok' 'as they are done'
	dmsetup remove bd
else
	skip 'needs scsi_debug (module)' 7
fi

# --- Atomic writes ---

# Of newer kernels, and not each of these takes them through device-mapper.
atomic_limit() {
	local file

	file=$(dm_sysfs bd)/queue/atomic_write_unit_max_bytes
	[[ -e $file ]] && echo "$(< "$file")"
}

if scsi_disk && bd_create bd "$dev" seed=7 && [[ $(atomic_limit) -ge 8192 ]]; then
	io "$dev" 'w 0 64 byte=11' > /dev/null
	is "$(ios $bd 'w 32 16 atomic' 'w 40 16 atomic')" 'ok EINVAL' 'atomic writes'
	bd_start bd tear sectors=4 flags=atomic sector=0-7 inject-error flags=atomic sector=13 transfer=partial \
		corrupt flags=atomic on=write byte=5 value=0x77 sector=16-23
	is "$(ios $bd 'w 0 8 atomic byte=33' 'w 8 8 atomic byte=33' 'w 16 8 atomic byte=33')" 'ok EIO ok' \
		'a fault strikes them like others'
	# What has been written atomically has no integrity data there, and is not read.
	is "$(io_bytes "$dev" 0 16)" '33*2048 11*2048 33*2560 11*1536' 'and tears them'
	is "$(bd_hits bd)" '1 1 1' 'or alters them'
	is "$(ios $bd 'w 0 8 byte=44' 'w 8 8 byte=44')" 'ok ok' 'but not those that are not atomic'
	dmsetup remove bd
	bd_create bd "$dev" max-transfer=12K
	is "$(atomic_limit)" 4096 'limited to what is never split'
	is "$(ios $bd 'w 16 8 atomic' 'w 24 8 atomic' 'w 16 16 atomic' 'w 16 16')" 'ok ok EINVAL ok' 'they are not'
else
	skip 'needs atomic writes through device-mapper' 7
fi

done_testing
