# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The volatile write cache: its data, and when the device below gets them.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module brd
cache_setup ram_disk

is "$(bd_rules bd)" 'cache=1048576 seed=7' 'the table shows the size of the cache in bytes'
is "$(ios $bd 'w 0 64 byte=11' 'r 0 64 byte=11')" 'ok ok' 'a read sees a cached write'
is "$(io_bytes "$dev" 0 64)" '00*32768' 'a cached write is not on the device below'
is "$(ios $bd 'w 2 1 byte=22' 'w 4 3 byte=33' 'w 5 1 byte=44')" 'ok ok ok' 'writes below 4 KiB succeed'
is "$(io_bytes $bd 0 8)" '11*1024 22*512 11*512 33*512 44*512 33*512 11*512' \
	'a read has the newest version of each sector'
is "$(io_flush $bd)" ok 'a flush of a cache with writes below 4 KiB succeeds'
is "$(io_bytes "$dev" 0 8)" '11*1024 22*512 11*512 33*512 44*512 33*512 11*512' \
	'a flush writes all sectors of the cache to the device below'

io "$dev" 'w 100 56 byte=99' > /tmp/null
is "$(ios $bd 'w 108 2 byte=aa' 'w 120 8 byte=bb')" 'ok ok' 'two writes with gaps succeed'
is "$(io_bytes $bd 100 36)" '99*4096 aa*1024 99*5120 bb*4096 99*4096' \
	'a read that lies partly in the cache has both parts'
is "$(io_bytes "$dev" 100 36)" '99*18432' 'writes with gaps are not on the device below before a flush'

# The kernel sends a flush behind a synchronous write to a device
bd_start bd drop iotype=flush
is "$(ios $bd 'w 200 8 byte=01' 'w 208 8 fua byte=02')" 'ok ok' 'a FUA write succeeds'
bd_msg bd reset
is "$(io_bytes "$dev" 200 16)" '00*4096 02*4096' 'a FUA write makes only itself durable'

is "$(ios $bd 'w 0 2048 byte=55' 'w 2048 2048 byte=66' 'w 4096 4096 byte=77')" 'ok ok ok' \
	'writes of four times the capacity succeed'
is "$(io_bytes $bd 0 8192)" '55*1048576 66*1048576 77*2097152' \
	'a read returns writes of four times the capacity'
dmsetup remove bd
is "$(io_bytes "$dev" 0 8192)" '55*1048576 66*1048576 77*2097152' 'a remove writes all data out'

# More places than one batch of writing out has
bd_create bd "$dev" seed=7 cache=16M
for ((sector = 0; sector < 2400; sector += 2)); do echo "w $sector 1 byte=99"; done > /tmp/ops
echo f >> /tmp/ops
is "$(io $bd - < /tmp/ops | sort | uniq -c | tr -s ' ')" ' 1201 ok' '1,200 scattered writes and a flush succeed'
is "$(io_bytes "$dev" 0 2400)" "$(io_bytes $bd 0 2400)" 'a flush writes 1,200 scattered writes out'
eventually 'a flush leaves nothing in the cache' bd_status_is bd cached 0
dmsetup remove bd

# A reload
bd_create bd "$dev" seed=7 cache=2M
io $bd 'w 0 8 byte=88' > /tmp/null
bd_load bd "$dev" seed=7
dmsetup resume bd
is "$(io_bytes $bd 0 8)" '88*4096' 'a new table without a cache has the data that the old one cached'
dmsetup remove bd

# Discards and zeroes
loop_disk 32
bd_create bd "$dev" cache=1M seed=7
ios $bd 'w 0 64 byte=11' f 'w 0 64 byte=22' > /tmp/null
is "$(ios $bd 'd 0 16' 'z 16 16')" 'ok ok' 'discard and write zeroes succeed'
is "$(io_bytes "$dev" 0 64)" '00*8192 11*24576' 'a discard is done at once, zeroes are cached'
is "$(io_bytes $bd 0 64)" '00*16384 22*16384' 'a discard removes its sectors from the cache'
io_flush $bd > /tmp/null
is "$(io_bytes "$dev" 0 64)" '00*16384 22*16384' 'a flush writes zeroes out'

# Faults act above the cache
ram_disk
dmsetup remove bd
bd_create bd "$dev" seed=7 cache=1M
bd_start bd drop iotype=flush
ios $bd 'w 0 8 byte=11' f > /tmp/null
is "$(io_bytes "$dev" 0 8)" '00*4096' 'a dropped flush makes nothing durable'
bd_start bd tear sectors=3
ios $bd 'w 0 8 byte=22' > /tmp/null
bd_msg bd reset
is "$(ios $bd f) $(io_bytes "$dev" 0 8)" 'ok 22*1536 11*2560' 'a torn write enters the cache torn'
bd_start bd corrupt byte=0 value=119 on=read
is "$(io_bytes $bd 0 1)" '77*1 22*511' 'a read from the cache is corrupted'
bd_start bd suspend event=pwritev_done tag=late
hold bd 1 /tmp/write 'w 0 8 byte=33'
is "$(io_bytes $bd 0 8)" '22*1536 11*2560' 'a read does not see a write whose acknowledgment is held'
is "$(io_flush $bd) $(io_bytes "$dev" 0 8)" 'ok 22*1536 11*2560' \
	'a flush does not cover a write whose acknowledgment is held'
bd_msg bd resume late
eventually 'a write whose acknowledgment was held completes' file_is /tmp/write ok
is "$(io_bytes $bd 0 8)" '33*4096' 'a read sees a write whose held acknowledgment was resumed'

# The device below fails
bd_msg bd reset
dmsetup create below --table "0 65536 blkdebug $dev 65536 seed=1"
bd_load bd /dev/mapper/below seed=7 cache=1M
dmsetup resume bd
io $bd 'w 0 8 byte=44' > /tmp/null
bd_msg below replace inject-error iotype=write errno=ENOSPC > /tmp/null
is "$(ios $bd f 'r 0 8 byte=44' 'w 8 8 fua byte=55')" 'ENOSPC ok ENOSPC' \
	'an error of the device below fails a flush and a FUA write'
bd_msg below reset
is "$(ios $bd f) $(io_bytes /dev/mapper/below 0 16)" 'ok 44*4096 55*4096' \
	'a flush writes out the data that a failed flush and FUA write left'
dmsetup remove bd
dmsetup remove below

# Refusals
refuses() {
	dmesg_mark
	fails_with EINVAL "$1 is refused" bd_create bad "$dev" "${@:3}"
	dmesg_like "$2" "the log names the option when $1 is refused"
}
refuses 'a cache below 1 MiB' "Number out of range: 'cache=512K'" cache=512K
refuses 'a unit without a cache' "Option without a cache: 'atomic-write'" atomic-write=4K
refuses 'a unit above a quarter of the cache' "Unit above a quarter of the cache: 'atomic-write'" cache=1M atomic-write=512K
refuses 'a unit that is no power of two' "Invalid unit: 'atomic-write'" cache=1M atomic-write=3K
fails_with ENOMEM 'a cache larger than memory is refused' bd_create bad "$dev" cache=60G
null_disk 64 zoned=1 zone_size=4
bd_sectors=''
refuses 'a zoned device' "Cache for a zoned device: 'cache'" cache=1M

done_testing
