# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# drop: bios without data to return that are acknowledged and not executed.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

bd_setup loop_disk 32
io "$dev" 'w 0 64 byte=11' > /dev/null

bd_start bd drop
is "$(ios $bd 'w 0 8 byte=22' 'w 8 8 byte=22' 'z 16 8' 'd 24 8' f)" 'ok ok ok ok ok' 'writes, write-zeroes, discards and flushes are acknowledged'
is "$(io_bytes "$dev" 0 64)" '11*32768' 'dropped bios change nothing on the disk'
is "$(bd_hits bd) $(bd_status bd injected)" '5 5' 'dropped bios count as hits and as injected'
is "$(ios $bd 'r 0 8 byte=11')" ok 'drop does not match reads'
bd_start bd drop sector=8-15 iotype=write once=on
is "$(ios $bd 'w 0 8 byte=33' 'w 8 8 byte=33' 'w 8 4 byte=44')" 'ok ok ok' 'three writes are acknowledged, one of them dropped'
is "$(io_bytes "$dev" 0 16)" '33*4096 44*2048 11*2048' 'once=on drops one write of the named sectors'
bd_start bd drop event=user.cut
ios $bd 'w 0 8 byte=55' > /dev/null
bd_msg bd event user.cut
ios $bd 'w 8 8 byte=55' > /dev/null
is "$(io_bytes "$dev" 0 16)" '55*4096 44*2048 11*2048' 'drop with an event acts after it is armed'
bd_start bd inject-error sector=0 errno=ENOSPC drop
is "$(ios $bd 'w 0 8 byte=66' 'w 8 8 byte=66') $(bd_hits bd)" 'ENOSPC ok 1 1' 'the first matching fault decides'
bd_start bd drop suspend event=pwritev_done tag=late
hold bd 1 /tmp/write 'w 0 8 byte=77'
is "$(held bd | cut -d' ' -f 2,4-)" 'late pwritev_done write sync 0 8' 'a breakpoint on pwritev_done holds a dropped write'
bd_msg bd resume late errno=EIO
eventually 'resume with an errno fails a dropped write' file_is /tmp/write EIO
bd_start bd delay ms=1 drop
is "$(ios $bd 'w 0 8 byte=77') $(bd_hits bd)" 'ok 1 1' 'delay and drop both act on a write'
is "$(io_bytes "$dev" 0 8)" '55*4096' 'a delayed and dropped write is not on the disk'

is "$(bd_msg bd replace drop iotype=flush) $(bd_list bd)" "$((first + 2))-$((first + 2)) 0 - drop iotype=flush" 'replace takes a drop rule for flushes'
is "$(ios $bd 'w 0 8 byte=88' f) $(bd_hits bd)" 'ok ok 1' 'drop with iotype=flush matches flushes only'
is "$(io_bytes "$dev" 0 8)" '88*4096' 'a write beside a dropped flush is on the disk'

done_testing
