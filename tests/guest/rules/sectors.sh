# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# sector=: which bios touch a range, and where sectors count from.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

has_module dm-blkdebug
ram_disk
ram=$dev
bd_sectors=65536
bd_create bd "$ram" seed=7

# --- The edges of a range ---

bd_start bd inject-error sector=100-199
is "$(ios $bd 'r 92 8' 'r 93 8' 'r 99 1' 'r 100 1')" 'ok EIO ok EIO' 'a range includes its first sector and not the one before'
is "$(ios $bd 'r 200 8' 'r 199 8' 'r 200 1' 'r 199 1')" 'ok EIO ok EIO' 'a range includes its last sector and not the one after'
is "$(ios $bd 'r 0 256' 'r 120 8' 'w 64 128' 'w 0 100')" 'EIO EIO EIO ok' 'a range matches larger, smaller and overlapping bios'
bd_start bd inject-error sector=100
is "$(ios $bd 'r 99 1' 'r 100 1' 'r 101 1' 'r 0 256' 'r 64 36' 'r 101 27')" 'ok EIO ok EIO ok ok' \
	'a range of a single sector matches the bios that touch the sector'
bd_start bd inject-error sector=0
is "$(ios $bd 'r 0 1' 'r 1 1' 'w 0 8')" 'EIO ok EIO' 'a rule for sector 0 fails the bios that touch sector 0'
bd_start bd inject-error sector=65535
is "$(ios $bd 'r 65535 1' 'r 65534 1' 'w 65528 8')" 'EIO ok EIO' \
	'a rule for the last sector of the target fails the bios that touch this sector'
bd_start bd inject-error sector=0-18446744073709551615
is "$(ios $bd 'r 0 1' 'r 65535 1' f)" 'EIO EIO ok' 'a range larger than the target matches all data bios and no flush'
bd_start bd inject-error sector=65535-18446744073709551615
is "$(ios $bd 'r 65535 1' 'r 65534 1')" 'EIO ok' 'a range that begins at the last sector fails this sector'
bd_start bd inject-error sector=7,65535 inject-error sector=16,65534 errno=ENOSPC
is "$(ios $bd 'r 0 7' 'r 7 1' 'r 8 8' 'r 16 1' 'r 17 8' 'r 65534 1')" 'ok EIO ok ENOSPC ok ENOSPC' \
	'rules with ranges at both ends of the target fail their sectors'
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
	'a bio matches if it touches any range of the list'
is "$(io_read $bd 0 64) $(bd_hits bd)" 'EIO 5' 'a bio that touches several ranges counts one hit'
bd_start bd inject-error sector=0-63 errno=ENOSPC inject-error sector=8-15 errno=EILSEQ \
	inject-error sector=60-99 errno=ENODATA
is "$(ios $bd 'r 8 8' 'r 64 8' 'r 63 2')" 'ENOSPC ENODATA ENOSPC' 'ranges of several rules may overlap'
bd_start bd set-state sector=8-15,64 new_state=2
is "$(ios $bd 'r 16 48') $(bd_msg bd state) $(ios $bd 'r 15 1') $(bd_msg bd state)" 'ok 1 ok 2' \
	'set-state takes a list of ranges'

# --- 10,000 ranges in one list: every 16th sector ---

mapfile -t sectors < <(seq 0 16 159984)
list=$(IFS=,; echo "${sectors[*]}")
bd_sectors=262144
printf '0 %s blkdebug %s 0 seed=7 inject-error sector=%s' $bd_sectors "$ram" "$list" > /tmp/table
succeeds 'a table with 10,000 ranges loads' dmsetup load bd /tmp/table
dmsetup suspend bd
dmsetup resume bd
is "$(bd_rules bd)" "seed=7 inject-error sector=$list" 'a table with 10,000 ranges is printed'
ops=() want=()
for ((i = 0; i < 300; i++)); do
	sector=$((i * 587 % 170000))
	ops+=("r $sector 1")
	if ((sector % 16 == 0 && sector < 160000)); then want+=(EIO); else want+=(ok); fi
done
is "$(ios $bd "${ops[@]}")" "${want[*]}" 'of 300 sectors only those in the list of 10,000 fail'
is "$(ios $bd 'r 1 15' 'r 1 16' 'r 159969 15' 'r 159969 16' 'r 159985 8')" 'ok EIO ok EIO ok' \
	'a bio between two of 10,000 ranges passes'
bd_msg bd add inject-error sector=1,17,170000 errno=ENODATA > /dev/null
is "$(ios $bd 'r 1 1' 'r 0 2' 'r 17 1' 'r 170000 8' 'r 33 1')" 'ENODATA EIO ENODATA ENODATA ok' \
	'a later rule with other sectors matches beside 10,000 ranges'
bd_msg bd remove 1
is "$(ios $bd 'r 0 1' 'r 1 1' 'r 159984 1')" 'ok ENODATA ok' 'removing the rule with 10,000 ranges keeps the later rule'
mapfile -t sectors < <(seq 0 9999)
touching=$(IFS=,; echo "${sectors[*]}")
printf '0 %s blkdebug %s 0 seed=7 inject-error sector=%s' $bd_sectors "$ram" "$touching" > /tmp/table
dmsetup load bd /tmp/table
is "$(bd_rules bd --inactive)" 'seed=7 inject-error sector=0-9999' '10,000 adjacent sectors are merged into one range'

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

# --- Sectors count from the start of the target ---

io "$ram" 'w 4096 8 byte=11' 'w 4104 8 byte=22' > /dev/null
bd_sectors=1024 bd_create offset "$ram" inject-error sector=8-15
dmsetup load offset --table "0 1024 blkdebug $ram 4096 seed=7 inject-error sector=8-15 errno=ENOSPC"
dmsetup suspend offset
dmsetup resume offset
is "$(ios /dev/mapper/offset 'r 0 8 byte=11' 'r 8 8')" 'ok ENOSPC' \
	"sectors count from the target's start, not the device's"
bd_msg offset clear
is "$(ios /dev/mapper/offset 'r 8 8 byte=22' 'r 1016 8')" 'ok ok' 'a target reads its data from its device offset'
like "$(dmsetup table offset)" '^0 1024 blkdebug [0-9]+:[0-9]+ 4096 seed=7$' 'the table prints the device offset'

done_testing
