# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# transfer=: how many data of a failed bio are transferred.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

bd_setup loop_disk 32
fill() { io "$dev" 'w 0 64 byte=11' > /dev/null; }

fill
bd_start bd inject-error transfer=none
is "$(ios $bd 'w 0 8 byte=22') $(io_bytes "$dev" 0 8)" 'EIO 11*4096' 'transfer=none writes nothing of a failed write'
is "$(bd_list bd)" '1 - inject-error' 'transfer=none is left out as the default'
bd_start bd inject-error transfer=all
is "$(ios $bd 'w 0 8 byte=22') $(io_bytes "$dev" 0 8)" 'EIO 22*4096' 'transfer=all writes all of a failed write'
is "$(ios $bd f 'z 0 4' 'd 4 4') $(io_bytes "$dev" 0 8)" 'EIO EIO EIO 00*4096' 'transfer=all executes write-zeroes, discards and flushes that fail'
fill
bd_start bd inject-error transfer=partial sector=5,7 errno=ENODATA
is "$(ios $bd 'w 0 8 byte=22') $(io_bytes "$dev" 0 8)" 'ENODATA 22*2560 11*1536' 'transfer=partial writes up to the first bad sector'
is "$(ios $bd 'w 5 8 byte=33') $(io_bytes "$dev" 5 8)" 'ENODATA 11*4096' 'transfer=partial writes nothing if the first sector is bad'
is "$(ios $bd 'z 1 8' ) $(io_bytes "$dev" 0 8)" 'ENODATA 22*512 00*2048 11*1536' 'transfer=partial zeroes up to the first bad sector'
is "$(ios $bd 'w 8 8 byte=44' 'w 0 5 byte=55')" 'ok ok' 'transfer=partial lets writes of good sectors succeed'
is "$(bd_list bd)" '3 - inject-error sector=5,7 errno=ENODATA transfer=partial' 'list counts three hits of transfer=partial'

# --- Reads ---

fill
bd_start bd inject-error iotype=read transfer=all
is "$(ios $bd 'rx 0 8')" 'EIO 11*4096' 'transfer=all fills the buffer of a failed read'
bd_start bd inject-error iotype=read transfer=partial sector=5
is "$(ios $bd 'rx 0 8')" 'EIO 11*2560 fe*1536' 'transfer=partial fills the buffer up to the first bad sector'
bd_start bd inject-error iotype=read
is "$(ios $bd 'rx 0 8')" 'EIO fe*4096' 'without transfer= a failed read leaves the buffer unchanged'
bd_start bd inject-error transfer=partial sector=4-9 healed=on
is "$(ios $bd 'w 4 2' 'rx 0 8')" 'ok EIO 11*2048 00*1024 fe*1024' 'transfer=partial with healed=on fills the buffer up to the first sector that is still bad'

# --- With breakpoints and delays ---

fill
bd_start bd inject-error transfer=all suspend event=pwritev_done tag=late
hold bd 1 /tmp/write 'w 0 8 byte=66'
is "$(io_bytes "$dev" 0 8)" '66*4096' 'a write with transfer=all held at its completion is on the disk'
bd_msg bd resume late
eventually 'a write with transfer=all held at its completion fails after its resume' file_is /tmp/write EIO
bd_start bd delay ms=1 inject-error transfer=all times=1
is "$(ios $bd 'w 0 8 byte=77' 'w 8 8') $(io_bytes "$dev" 0 8)" 'EIO ok 77*4096' 'a delayed write with transfer=all fails and is on the disk'

done_testing
