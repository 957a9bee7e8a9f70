# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Faults that strike requests unlike others: to zones, with integrity data, with
# REQ_NOWAIT.

# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

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
else
	skip 'needs scsi_debug (module)' 4
fi

done_testing
