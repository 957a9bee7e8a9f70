# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# QEMU's limits: invalid values are refused, valid ones are shown in the queue
# and in force.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module loop
loop_disk 64
t=/dev/mapper/t

queue() { echo "$(< "$(dm_sysfs t)/queue/$1")"; }

# refused 'OPTION...' REASON WORD: create fails with EINVAL, and the log has
# REASON and WORD
refused() {
	dmesg_mark
	# shellcheck disable=SC2086
	fails_with 'Invalid argument' "a table with $1 is refused" bd_create bad "$dev" $1
	dmesg_like "blkdebug: .*$2: '$3'" "the log has the reason for refusing $1"
}

# --- Refused values ---

refused align=3000 'Invalid alignment' align
refused align=0x600 'Invalid alignment' align
refused align=256 "Alignment below the device's logical block size" align
refused align=1M 'Alignment above the largest logical block size' align
refused align=-512 'Invalid number' align=-512
refused align=4Q 'Invalid number' align=4Q
refused align=K 'Invalid number' align=K
refused align=2G 'Number out of range' align=2G
refused max-transfer=18014398509481984K 'Number out of range' max-transfer=18014398509481984K
refused max-transfer=2048 'Limit below a page' max-transfer
refused 'align=4K max-transfer=4608' 'Limit not aligned' max-transfer
refused opt-write-zero=1000 'Limit not aligned' opt-write-zero
refused 'opt-write-zero=4K max-write-zero=6K' 'Limit not aligned' max-write-zero
refused opt-discard=100 'Limit not aligned' opt-discard
refused 'opt-discard=8K max-discard=12K' 'Limit not aligned' max-discard
refused 'align=4K align=4K' 'Option given twice' align=4K
dmesg_mark
fails_with 'Invalid argument' 'a target whose length is not a multiple of align= is refused' \
	dmsetup create bad --table "0 1001 blkdebug $dev 0 align=4K"
dmesg_like "Target not aligned: 'align'" 'the log says that the length is not aligned'
fails_with 'Invalid argument' 'a target whose offset is not a multiple of align= is refused' \
	dmsetup create bad --table "0 1000 blkdebug $dev 1 align=4K"

bd_create t "$dev" max-transfer=4K
dmesg_mark
bd_sectors=2048 fails_with 'Invalid argument' 'align= larger than the largest bio of the device is refused' \
	bd_create bad $t align=8K
dmesg_like "Alignment above the (device's largest I/O|largest logical block size): 'align'" 'the log says that align= is larger than the largest bio'
dmsetup remove t

# --- align ---

bd_create t "$dev" align=4k
like "$(dmsetup table t)" ' 0 align=4096 seed=' 'the table shows align= in bytes'
is "$(queue logical_block_size) $(queue physical_block_size)" '4096 4096' 'the queue shows blocks of 4 KiB'
is "$(ios $t 'r 0 1' 'w 1 8' 'r 0 8' 'w 8 8')" 'EINVAL EINVAL ok ok' \
	'direct I/O smaller than a block is refused'
like "$(mkfs.btrfs -f -M $t 2>&1)" 'Sector size: *4096' 'mkfs.btrfs uses the blocks as sectors'
dmsetup remove t

# --- max-transfer ---

bd_create t "$dev" max-transfer=64K inject-error errno=0 tag=all
is "$(queue max_sectors_kb) $(queue max_hw_sectors_kb)" '64 64' 'the queue shows max-transfer='
is "$(ios $t 'r 0 512' 'w 512 512')" 'ok ok' 'reads and writes larger than max-transfer= succeed'
is "$(bd_hits t all)" 8 'I/O of 512 KiB is split into bios of 64 KiB'
bd_msg t replace inject-error sector=256 iotype=write tag=one
is "$(ios $t 'w 0 256' 'w 256 128')" 'ok EIO' 'a rule fails one of the split bios'
is "$(io_write $t 0 512)" EIO 'I/O fails if one of its split bios fails'
dmsetup remove t

# --- Write-zeroes and discards ---

bd_create t "$dev" opt-write-zero=8K max-write-zero=64K opt-discard=8K max-discard=32K
is "$(queue write_zeroes_max_bytes)" 65536 'the queue shows max-write-zero='
is "$(queue discard_max_bytes) $(queue discard_granularity)" '32768 8192' 'the queue shows max-discard= and opt-discard='
is "$(ios $t 'z 0 8' 'z 0 16')" 'EOPNOTSUPP ok' 'write-zeroes smaller than opt-write-zero= fail without rules'
# The kernel reports success for an unsupported discard.
is "$(ios $t 'w 0 16 byte=5a' 'd 0 8' 'r 0 16 byte=5a' 'd 0 16' 'r 0 16 byte=00')" 'ok ok ok ok ok' \
	'discards smaller than opt-discard= are not executed'
bd_msg t add inject-error errno=0 tag=all
is "$(ios $t 'z 0 256' 'd 0 256')" 'ok ok' 'write-zeroes and discards larger than the limits succeed'
is "$(bd_hits t all)" 6 'write-zeroes and discards are split at the limits'
is "$(ios $t 'z 0 8' 'd 0 8' 'w 0 8')" 'EOPNOTSUPP ok ok' 'write-zeroes smaller than opt-write-zero= fail with rules'
is "$(bd_hits t all)" 7 'write-zeroes and discards below the limits meet no rule'
like "$(dmsetup table t)" \
	' opt-write-zero=8192 max-write-zero=65536 opt-discard=8192 max-discard=32768 seed=' \
	'the table shows all limits'
dmsetup table t > /tmp/table
dmsetup remove t
succeeds 'a printed table with limits loads again' dmsetup create t /tmp/table
dmsetup remove t

like "$(modprobe dm-blkdebug; cat /sys/module/dm_blkdebug/parameters/features)" \
	'options align max-transfer opt-write-zero max-write-zero opt-discard max-discard cache atomic-write power state seed' \
	'features lists the limits among the options'

done_testing
