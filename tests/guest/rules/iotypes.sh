# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# iotype=: each type of I/O is matched by its own name only.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

bd_sectors=8192
bd_setup loop_disk 16

ops=('r 0 8' 'w 0 8' 'z 0 8' 'd 0 8' f)

# fails_only IOTYPE RESULTS: with a rule for IOTYPE the ops end with RESULTS
fails_only() {
	bd_start bd inject-error iotype="$1" errno=ENOSPC
	is "$(ios $bd "${ops[@]}")" "$2" "iotype=$1 fails I/O of this type only"
}

is "$(ios $bd "${ops[@]}")" 'ok ok ok ok ok' 'all types of I/O pass without rules'
fails_only read 'ENOSPC ok ok ok ok'
fails_only write 'ok ENOSPC ok ok ok'
fails_only write-zeroes 'ok ok ENOSPC ok ok'
fails_only discard 'ok ok ok ENOSPC ok'
fails_only flush 'ok ok ok ok ENOSPC'
fails_only secure-erase,zone-append,zone-mgmt 'ok ok ok ok ok'
fails_only read,discard 'ENOSPC ok ok ENOSPC ok'
fails_only write,write-zeroes,flush 'ok ENOSPC ENOSPC ok ENOSPC'

# Each type of I/O with the sectors that it touches.
for op in 'r 64 8' 'w 64 8' 'z 64 8' 'd 64 8'; do
	bd_start bd inject-error sector=0-63,72-8191 errno=EILSEQ inject-error sector=71 errno=ENOSPC
	is "$(ios $bd "$op" "${op/64/32}" "${op/64/65}")" 'ENOSPC EILSEQ EILSEQ' "sector= matches the first, last and other sectors of '$op'"
done
# Bios without data may be larger than bios with data.
bd_start bd inject-error sector=8191 errno=ENOSPC
is "$(ios $bd 'z 0 8191' 'z 0 8192' 'd 0 8191' 'd 0 8192')" 'ok ENOSPC ok ENOSPC' 'sector= matches the last sector of a large write-zeroes and discard'

# No device here supports secure erase; this tests only that the module passes
# on the error.
like "$(ios $bd 's 0 8')" '^EOPNOTSUPP$' 'secure erase fails with EOPNOTSUPP on a device without it'

# --- Zones ---

zoned=/dev/mapper/zoned
if has_module null_blk && null_disk 256 zoned=1 zone_size=4; then
	bd_sectors='' bd_create zoned "$dev" seed=7
	is "$(ios $zoned 'w 0 8' 'w 8 8' 'r 0 16')" 'ok ok ok' 'a zoned device works without rules'
	bd_start zoned inject-error iotype=zone-mgmt errno=ENOSPC
	fails_with ENOSPC 'iotype=zone-mgmt fails a zone reset' blkzone reset -o 0 -c 1 $zoned
	is "$(ios $zoned 'w 16 8' 'r 0 8')" 'ok ok' 'iotype=zone-mgmt matches neither writes nor reads'
	bd_msg zoned replace inject-error iotype=read,write,write-zeroes,discard,flush errno=ENOSPC > /dev/null
	succeeds 'rules for all other iotypes do not match a zone reset' blkzone reset -o 0 -c 1 $zoned
	bd_msg zoned replace inject-error sector=8200 errno=ENOSPC > /dev/null
	succeeds 'a rule for a sector of another zone does not match a zone reset' blkzone reset -o 0 -c 1 $zoned
	fails_with ENOSPC 'zone management touches all sectors of its zone' blkzone finish -o 8192 -c 1 $zoned
	# A reset of all zones covers only zones that are not empty.
	io_write $zoned 8192 8 > /dev/null
	fails_with ENOSPC 'a reset of all zones matches a rule for a sector of a written zone' blkzone reset $zoned
	io_events=(read_aio write_aio pwritev pwritev_zero pwritev_done flush_to_os flush_to_disk read_done
		flush_done discard discard_done)
	bd_start zoned "${io_events[@]/#/set-state new_state=2 event=}" inject-error iotype=zone-mgmt errno=ENOSPC
	fails_with ENOSPC 'zone management is checked against the rules' blkzone open -o 0 -c 1 $zoned
	answers 1 'zone management raises no event' zoned state
	bd_msg zoned reset
else
	skip 'needs null_blk' 10
fi

# btrfs on a zoned device is the only user of zone append in the guest.
if [[ -e $zoned ]] && mkfs.btrfs -q -f -O zoned -m single -d single $zoned &&
	has_module btrfs && mount $zoned /mnt; then
	bd_start zoned set-state event=write_aio iotype=zone-append state=1 new_state=2 \
		set-state event=pwritev iotype=zone-append state=2 new_state=3 \
		set-state event=pwritev_done iotype=zone-append state=3 new_state=4 \
		suspend event=pwritev iotype=zone-append tag=append
	head -c 4096 /dev/zero > /mnt/file
	background /tmp/sync sync /mnt/file
	held=$(bd_msg zoned wait_break append)
	like "$held" ' append [0-9]+ pwritev zone-append [a-z,-]+ [0-9]+ 8 ' 'a breakpoint on pwritev holds a zone append'
	read -r _ _ _ _ _ _ sector _ <<< "$held"
	is $((sector % 8192)) 0 "the sector of a zone append is the start of its zone"
	answers 3 'a zone append raises write_aio, then pwritev' zoned state
	bd_msg zoned resume append
	wait "$pid"
	answers 4 'a zone append raises pwritev_done at its end' zoned state
	bd_start zoned inject-error iotype=zone-append sector="$sector" once=on errno=EIO
	head -c 4096 /dev/zero > /mnt/more
	fails_with EIO 'iotype=zone-append fails a zone append' sync /mnt/more
	bd_msg zoned reset
	umount /mnt
else
	skip 'needs btrfs on zones' 5
fi

done_testing
