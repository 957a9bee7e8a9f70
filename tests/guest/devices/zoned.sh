# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A zoned device below: zone reports, zone management, zone append, and the end
# of held zone writes.

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
is "$(blkzone report $t)" "$(blkzone report "$dev")" 'the target reports the zones of the device below'

is "$(ios $t "w $first 8 byte=21" "w $((first + 8)) 8 byte=22" "r $first 8 byte=21" 'w 0 8')" \
	'ok ok ok ok' 'writes at the write pointer and to conventional zones succeed'
is "$(io_write $t $((first + 64)) 8)" EIO 'a write beyond the write pointer fails'
like "$(blkzone report -o $first -c 1 $t)" 'wptr 0x000010 ' 'the target reports the write pointer'
succeeds 'a zone reset succeeds' blkzone reset -o $first -c 1 $t
like "$(blkzone report -o $first -c 1 $t)" 'wptr 0x000000 ' 'a zone reset moves the write pointer'
for op in open close finish reset; do succeeds "blkzone $op succeeds" blkzone $op -o $first -c 1 $t; done

dmesg_mark
fails_with 'Invalid argument' 'max-transfer= over a zoned device is refused, because zone appends cannot be split' \
	bd_create bad "$dev" max-transfer=64K
dmesg_like "Limit for a zoned device: 'max-transfer'" 'the log says that max-transfer= cannot limit a zoned device'

# Zone management raises no event and is checked.
bd_msg t replace suspend tag=Z iotype=zone-mgmt sector=$((first + zone - 1)) \
	inject-error iotype=zone-mgmt sector=$((first + 2 * zone)) errno=EBADE \
	inject-error event=write_aio > /tmp/null
background /tmp/zone answer blkzone reset -o $first -c 1 $t
succeeds 'a standing breakpoint holds a zone reset' bd_msg t wait_break Z
like "$(held t)" "^1 Z 1 - zone-mgmt [a-z,-]+ $first $zone$" 'held shows start and length of the zone of a reset'
bd_msg t resume Z
eventually 'a held zone reset completes after its resume' file_is /tmp/zone ok
succeeds 'a reset of another zone is not held' blkzone reset -o $((first + zone)) -c 1 $t
fails_with 'Invalid exchange' 'a rule fails a zone reset' blkzone reset -o $((first + 2 * zone)) -c 1 $t

# Suspend resumes held zone writes and never maps them by the next table.
# suspended OPTION: suspends with a held write to a sequential zone and one to a
# conventional zone
suspended() {
	bd_msg t replace suspend event=pwritev tag=A once=off > /tmp/null
	hold t 1 /tmp/io "w $first 8 byte=31"
	hold t 2 /tmp/io.reset 'w 0 8 byte=32'
	bd_load t "$dev" inject-error errno=ENOSPC
	# shellcheck disable=SC2086 # there may be none
	succeeds "suspend $1 succeeds while zone writes are held" dmsetup suspend $1 t
	eventually "suspend $1 completes a held zone write" file_is /tmp/io ok
	is "$(io_read "$dev" $first 8 byte=31)" ok "a zone write held at suspend $1 is on the disk"
	dmsetup resume t
	eventually "a write to a conventional zone held at suspend $1 completes" file_like /tmp/io.reset '^(ok|ENOSPC)$'
	bd_msg t clear
	blkzone reset -o $first -c 1 $t
}
suspended --noflush
suspended ''

# Faults and the write pointer: a write after a lost or torn one fails.
fault() {
	local results

	bd_msg t replace "${@:2}" > /tmp/null
	results=$(ios $t "w $first 8 byte=41" "w $((first + 8)) 8 byte=42")
	# After an error newer kernels fail further writes until the zones are
	# reported.
	blkzone report $t > /tmp/null
	is "$results $(io_write $t $((first + 4)) 4 byte=43)" "$1" "two writes and one in their place end with $1 under the rule ${*:2}"
	bd_msg t clear
	blkzone reset -o $first -c 1 $t
}
fault 'ok ok EIO' delay ms=1
fault 'ok EIO EIO' drop once=on
fault 'ok EIO ok' tear sectors=4 once=on
fault 'EIO EIO EIO' misdirect to=$((first + 8)) iotype=write once=on
for rule in 'corrupt bits=1' 'corrupt bits=1 on=write'; do
	fails_with EINVAL "$rule is refused over a zoned device" bd_msg t add "$rule"
done
bd_msg t replace corrupt on=read byte=0 value=0x77 > /tmp/null
is "$(ios $t "w $first 8 byte=41" "x $first 8")" 'ok 77*1 41*4095' 'corrupt on=read alters reads of a zoned device'
bd_msg t clear
blkzone reset -o $first -c 1 $t

# A file system that uses zone append.
if has_module btrfs && mkfs.btrfs -qf -O zoned -d single -m single $t > /tmp/mkfs 2>&1 &&
	mount $t /mnt; then
	bd_msg t replace inject-error state=9 > /tmp/null
	cp /tests/bin/io /mnt/
	succeeds 'btrfs writes a file to the zoned device' sync
	like "$(bd_msg t stats)" 'zone-append seen=[1-9]' 'stats count zone appends of btrfs'
	bd_msg t replace suspend event=write_aio tag=A iotype=zone-append > /tmp/null
	dd if=/tests/bin/io of=/mnt/another bs=64k count=1 2> /tmp/null
	background /tmp/sync sync
	succeeds 'a breakpoint holds a zone append' bd_msg t wait_break A
	line=$(held t)
	like "$line" ' A [0-9]+ write_aio zone-append ' 'held shows the iotype zone-append'
	read -r _ _ _ _ _ _ sector _ <<< "$line"
	is $((sector % zone)) 0 'the sector of a held zone append is the start of its zone'
	dmsetup suspend --noflush t
	dmsetup resume t
	eventually 'suspend --noflush completes a held zone append' process_ended "$pid"
	umount /mnt
	mount $t /mnt
	succeeds 'data of a zone append that was held can be read' cmp -n 65536 /tests/bin/io /mnt/another

	# Bad sectors at the write pointer, for the next append, and at the zone's start.
	written=$(blkzone report -o "$sector" -c 1 $t)
	written=${written#*wptr }
	next=$((sector + ${written%% *}))
	bd_msg t replace inject-error healed=on sector=$next-$((next + 127)) tag=next \
		inject-error healed=on "sector=$sector-$((sector + 127))" tag=start > /tmp/null
	dd if=/tests/bin/io of=/mnt/third bs=64k count=1 2> /tmp/null
	sync
	like "$(bd_msg t list)" ' used .*tag=next ' 'a zone append heals the sectors that it writes'
	like "$(bd_msg t list)" " - inject-error sector=$sector-$((sector + 127)) tag=start " \
		'a zone append does not heal the start of its zone'
	umount /mnt
	mount $t /mnt
	succeeds 'data appended to bad sectors can be read' cmp -n 65536 /tests/bin/io /mnt/third
	bd_msg t clear
	umount /mnt
else
	diag "$(cat /tmp/mkfs)"
	skip 'needs btrfs on zones' 9
fi

done_testing
