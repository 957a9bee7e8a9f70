# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A zoned device below: its zones, their management, appends, and what becomes of
# held zone writes.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module null_blk
null_disk 256 zoned=1 zone_size=4 zone_nr_conv=2 || skip_all 'needs zones in null_blk'
zone=8192
bd_create t "$dev"
t=/dev/mapper/t
first=$((2 * zone))
dm=$(dm_sysfs t)

is "$(< "$dm/queue/zoned") $(< "$dm/queue/chunk_sectors")" "host-managed $zone" \
	'the target is zoned as the device below'
is "$(blkzone report $t)" "$(blkzone report "$dev")" 'a report of its zones is the same'

is "$(ios $t "w $first 8 byte=21" "w $((first + 8)) 8 byte=22" "r $first 8 byte=21" 'w 0 8')" \
	'ok ok ok ok' 'zones are written in order, others anywhere'
is "$(io_write $t $((first + 64)) 8)" EIO 'but not elsewhere'
like "$(blkzone report -o $first -c 1 $t)" 'wptr 0x000010 ' 'the write pointer shows it'
succeeds 'reset' blkzone reset -o $first -c 1 $t
like "$(blkzone report -o $first -c 1 $t)" 'wptr 0x000000 ' 'resets it'
for op in open close finish reset; do succeeds "$op" blkzone $op -o $first -c 1 $t; done

dmesg_mark
fails_with 'Invalid argument' 'zone appends cannot be split, so no max-transfer' \
	bd_create bad "$dev" max-transfer=64K
dmesg_like "Limit for a zoned device: 'max-transfer'" 'the log says why'

# Management raises no event, but is checked.
bd_msg t replace suspend tag=Z iotype=zone-mgmt sector=$((first + zone - 1)) \
	inject-error iotype=zone-mgmt sector=$((first + 2 * zone)) errno=EBADE \
	inject-error event=write_aio > /tmp/null
background /tmp/zone answer blkzone reset -o $first -c 1 $t
succeeds 'a reset is held' bd_msg t wait_break Z
like "$(held t)" "^1 Z 1 - zone-mgmt [a-z,-]+ $first $zone$" 'with the zone it touches'
bd_msg t resume Z
eventually 'and goes on' file_is /tmp/zone ok
succeeds 'a reset of another zone' blkzone reset -o $((first + zone)) -c 1 $t
fails_with 'Invalid exchange' 'a reset fails' blkzone reset -o $((first + 2 * zone)) -c 1 $t

# Held zone writes are resumed by a suspend, never requeued.
# suspended OPTION: with a write to a zone and one to a conventional one held
suspended() {
	bd_msg t replace suspend event=pwritev tag=A once=off > /tmp/null
	hold t 1 /tmp/io "w $first 8 byte=31"
	hold t 2 /tmp/io.reset 'w 0 8 byte=32'
	bd_load t "$dev" inject-error errno=ENOSPC
	# shellcheck disable=SC2086 # there may be none
	succeeds "suspend $1" dmsetup suspend $1 t
	eventually 'the zone write completes' file_is /tmp/io ok
	is "$(io_read "$dev" $first 8 byte=31)" ok 'and is written'
	dmsetup resume t
	eventually 'so does the other, sooner or later' file_like /tmp/io.reset '^(ok|ENOSPC)$'
	bd_msg t clear
	blkzone reset -o $first -c 1 $t
}
suspended --noflush
suspended ''

# Faults know zones: what is lost of a write is missing before the next.
fault() {
	local results

	bd_msg t replace "${@:2}" > /tmp/null
	results=$(ios $t "w $first 8 byte=41" "w $((first + 8)) 8 byte=42")
	# After an error newer kernels let no write through before somebody has asked.
	blkzone report $t > /tmp/null
	is "$results $(io_write $t $((first + 4)) 4 byte=43)" "$1" "${*:2}"
	bd_msg t clear
	blkzone reset -o $first -c 1 $t
}
fault 'ok ok EIO' delay ms=1
fault 'ok EIO EIO' drop once=on
fault 'ok EIO ok' tear sectors=4 once=on
fault 'EIO EIO EIO' misdirect to=$((first + 8)) iotype=write once=on
for rule in 'corrupt bits=1' 'corrupt bits=1 on=write'; do
	fails_with EINVAL "$rule is refused" bd_msg t add "$rule"
done
bd_msg t replace corrupt on=read byte=0 value=0x77 > /tmp/null
is "$(ios $t "w $first 8 byte=41" "x $first 8")" 'ok 77*1 41*4095' 'but not if it is on=read'
bd_msg t clear
blkzone reset -o $first -c 1 $t

# A file system that appends.
if has_module btrfs && mkfs.btrfs -qf -O zoned -d single -m single $t > /tmp/mkfs 2>&1 &&
	mount $t /mnt; then
	bd_msg t replace inject-error state=9 > /tmp/null
	cp /tests/bin/io /mnt/
	succeeds 'btrfs writes' sync
	like "$(bd_msg t stats)" 'zone-append seen=[1-9]' 'by appends'
	bd_msg t replace suspend event=write_aio tag=A iotype=zone-append > /tmp/null
	dd if=/tests/bin/io of=/mnt/another bs=64k count=1 2> /tmp/null
	background /tmp/sync sync
	succeeds 'an append is held' bd_msg t wait_break A
	line=$(held t)
	like "$line" ' A [0-9]+ write_aio zone-append ' 'as one'
	read -r _ _ _ _ _ _ sector _ <<< "$line"
	is $((sector % zone)) 0 'at the start of its zone'
	dmsetup suspend --noflush t
	dmsetup resume t
	eventually 'a suspend lets it go' process_ended "$pid"
	umount /mnt
	mount $t /mnt
	succeeds 'what was appended can be read' cmp -n 65536 /tests/bin/io /mnt/another

	# The sectors that the next append gets, and those at the start of its zone
	written=$(blkzone report -o "$sector" -c 1 $t)
	written=${written#*wptr }
	next=$((sector + ${written%% *}))
	bd_msg t replace inject-error healed=on sector=$next-$((next + 127)) tag=next \
		inject-error healed=on "sector=$sector-$((sector + 127))" tag=start > /tmp/null
	dd if=/tests/bin/io of=/mnt/third bs=64k count=1 2> /tmp/null
	sync
	like "$(bd_msg t list)" ' used .*tag=next ' 'an append heals the sectors that it writes'
	like "$(bd_msg t list)" " - inject-error sector=$sector-$((sector + 127)) tag=start " \
		'an append does not heal the start of its zone'
	umount /mnt
	mount $t /mnt
	succeeds 'what was appended to bad sectors can be read' cmp -n 65536 /tests/bin/io /mnt/third
	bd_msg t clear
	umount /mnt
else
	diag "$(cat /tmp/mkfs)"
	skip 'needs btrfs on zones' 9
fi

done_testing
