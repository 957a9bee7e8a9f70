# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# sector=: what touches a range and what does not, and where sectors count from.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

has_module dm-blkdebug
ram_disk
ram=$dev
bd_sectors=65536
bd_create bd "$ram" seed=7
bd=/dev/mapper/bd

# --- The edges of a range ---

bd_start bd inject-error sector=100-199
is "$(ios $bd 'r 92 8' 'r 93 8' 'r 99 1' 'r 100 1')" 'ok EIO ok EIO' 'the first sector is in, the one before is not'
is "$(ios $bd 'r 200 8' 'r 199 8' 'r 200 1' 'r 199 1')" 'ok EIO ok EIO' 'the last sector is in, the one after is not'
is "$(ios $bd 'r 0 256' 'r 120 8' 'w 64 128' 'w 0 100')" 'EIO EIO EIO ok' 'a request may be larger or smaller'
bd_start bd inject-error sector=100
is "$(ios $bd 'r 99 1' 'r 100 1' 'r 101 1' 'r 0 256' 'r 64 36' 'r 101 27')" 'ok EIO ok EIO ok ok' 'a single sector'
bd_start bd inject-error sector=0
is "$(ios $bd 'r 0 1' 'r 1 1' 'w 0 8')" 'EIO ok EIO' 'the first sector of all'
bd_start bd inject-error sector=65535
is "$(ios $bd 'r 65535 1' 'r 65534 1' 'w 65528 8')" 'EIO ok EIO' 'the last sector of all'
bd_start bd inject-error sector=0-18446744073709551615
is "$(ios $bd 'r 0 1' 'r 65535 1' f)" 'EIO EIO ok' 'more sectors than there are'
bd_start bd inject-error sector=65535-18446744073709551615
is "$(ios $bd 'r 65535 1' 'r 65534 1')" 'EIO ok' 'a range that begins on the last sector'
bd_start bd inject-error sector=7,65535 inject-error sector=16,65534 errno=ENOSPC
is "$(ios $bd 'r 0 7' 'r 7 1' 'r 8 8' 'r 16 1' 'r 17 8' 'r 65534 1')" 'ok EIO ok ENOSPC ok ENOSPC' \
	'ranges that are far apart'
for range in 65536 65536-65537 65537-18446744073709551615 18446744073709551615; do
	dmesg_mark
	fails_with EINVAL "sector=8,$range, beyond the target's end, is refused" \
		bd_load bd "$ram" inject-error "sector=8,$range"
	dmesg_like "rule 1: .*'$range' in 'sector=8,$range'" "the kernel log names $range"
done
fails_with EINVAL "add refuses a sector beyond the target's end" bd_msg bd add inject-error sector=65536

# --- Lists ---

bd_start bd inject-error sector=24-31,8-15,40
is "$(ios $bd 'r 0 8' 'r 8 8' 'r 16 8' 'r 24 8' 'r 32 8' 'r 40 8' 'r 41 7' 'r 16 9')" 'ok EIO ok EIO ok EIO ok EIO' \
	'any range of a list counts'
is "$(io_read $bd 0 64) $(bd_hits bd)" 'EIO 5' 'a request that touches several is one hit'
bd_start bd inject-error sector=0-63 errno=ENOSPC inject-error sector=8-15 errno=EILSEQ \
	inject-error sector=60-99 errno=ENODATA
is "$(ios $bd 'r 8 8' 'r 64 8' 'r 63 2')" 'ENOSPC ENODATA ENOSPC' 'ranges of several rules may overlap'
bd_start bd set-state sector=8-15,64 new_state=2
is "$(ios $bd 'r 16 48') $(bd_msg bd state) $(ios $bd 'r 15 1') $(bd_msg bd state)" 'ok 1 ok 2' \
	'set-state takes lists, too'

# --- 10,000 ranges in one list: every 16th sector ---

mapfile -t sectors < <(seq 0 16 159984)
list=$(IFS=,; echo "${sectors[*]}")
bd_sectors=262144
printf '0 %s blkdebug %s 0 seed=7 inject-error sector=%s' $bd_sectors "$ram" "$list" > /tmp/table
succeeds 'a table with 10,000 ranges loads' dmsetup load bd /tmp/table
dmsetup suspend bd
dmsetup resume bd
is "$(bd_rules bd)" "seed=7 inject-error sector=$list" 'and is printed'
ops=() want=()
for ((i = 0; i < 300; i++)); do
	sector=$((i * 587 % 170000))
	ops+=("r $sector 1")
	if ((sector % 16 == 0 && sector < 160000)); then want+=(EIO); else want+=(ok); fi
done
is "$(ios $bd "${ops[@]}")" "${want[*]}" 'of 300 sectors just those in the list fail'
is "$(ios $bd 'r 1 15' 'r 1 16' 'r 159969 15' 'r 159969 16' 'r 159985 8')" 'ok EIO ok EIO ok' \
	'and requests between ranges do not'
bd_msg bd add inject-error sector=1,17,170000 errno=ENODATA > /dev/null
is "$(ios $bd 'r 1 1' 'r 0 2' 'r 17 1' 'r 170000 8' 'r 33 1')" 'ENODATA EIO ENODATA ENODATA ok' \
	'other rules go with it'
bd_msg bd remove 1
is "$(ios $bd 'r 0 1' 'r 1 1' 'r 159984 1')" 'ok ENODATA ok' 'and stay when it goes'
mapfile -t sectors < <(seq 0 9999)
touching=$(IFS=,; echo "${sectors[*]}")
printf '0 %s blkdebug %s 0 seed=7 inject-error sector=%s' $bd_sectors "$ram" "$touching" > /tmp/table
dmsetup load bd /tmp/table
is "$(bd_rules bd --inactive)" 'seed=7 inject-error sector=0-9999' 'ranges that touch become one'

# --- 262,144 ranges: every even sector of the disk, the last one first ---

{
	printf '0 524288 blkdebug %s 0 seed=7 inject-error sector=' "$ram"
	seq -s , 524286 -2 0
} > /tmp/table
succeeds 'a table with 262,144 ranges out of order loads' dmsetup load bd /tmp/table
dmsetup suspend bd
dmsetup resume bd
is "$(ios $bd 'r 0 1' 'r 1 1' 'r 1 2' 'r 262144 1' 'r 262145 1' 'r 524286 1' 'r 524287 1')" 'EIO ok EIO EIO ok EIO ok' \
	'each of the 262,144 ranges is found'
bd_msg bd clear
is "$(io_read $bd 0 8)" ok 'clear removes all 262,144 ranges'

# --- Counted from where the target starts ---

io "$ram" 'w 4096 8 byte=11' 'w 4104 8 byte=22' > /dev/null
bd_sectors=1024 bd_create offset "$ram" inject-error sector=8-15
dmsetup load offset --table "0 1024 blkdebug $ram 4096 seed=7 inject-error sector=8-15 errno=ENOSPC"
dmsetup suspend offset
dmsetup resume offset
is "$(ios /dev/mapper/offset 'r 0 8 byte=11' 'r 8 8')" 'ok ENOSPC' \
	"sectors count from the target's start, not the device's"
bd_msg offset clear
is "$(ios /dev/mapper/offset 'r 8 8 byte=22' 'r 1016 8')" 'ok ok' 'whose offset is heeded'
like "$(dmsetup table offset)" '^0 1024 blkdebug [0-9]+:[0-9]+ 4096 seed=7$' 'and printed'

done_testing
