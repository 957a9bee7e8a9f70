# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Writes and their like that are acknowledged and never done.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

has_module dm-blkdebug
loop_disk 32
bd_create bd "$dev" seed=7
bd=/dev/mapper/bd
io "$dev" 'w 0 64 byte=11' > /dev/null

bd_start bd drop
is "$(ios $bd 'w 0 8 byte=22' 'w 8 8 byte=22' 'z 16 8' 'd 24 8' f)" 'ok ok ok ok ok' 'all is acknowledged'
is "$(io_bytes "$dev" 0 64)" '11*32768' 'and nothing done'
is "$(bd_hits bd) $(bd_status bd injected)" '5 5' 'but counted'
is "$(ios $bd 'r 0 8 byte=11')" ok 'reads are not dropped'
bd_start bd drop sector=8-15 iotype=write once=on
is "$(ios $bd 'w 0 8 byte=33' 'w 8 8 byte=33' 'w 8 4 byte=44')" 'ok ok ok' 'one write of some sectors'
is "$(io_bytes "$dev" 0 16)" '33*4096 44*2048 11*2048' 'is lost, others are not'
bd_start bd drop event=user.cut
ios $bd 'w 0 8 byte=55' > /dev/null
bd_msg bd event user.cut
ios $bd 'w 8 8 byte=55' > /dev/null
is "$(io_bytes "$dev" 0 16)" '55*4096 44*2048 11*2048' 'armed by an event'
bd_start bd inject-error sector=0 errno=ENOSPC drop
is "$(ios $bd 'w 0 8 byte=66' 'w 8 8 byte=66') $(bd_hits bd)" 'ENOSPC ok 1 1' 'the first match decides'
bd_start bd drop suspend event=pwritev_done tag=late
hold bd 1 /tmp/write 'w 0 8 byte=77'
is "$(held bd | cut -d' ' -f 2,4-)" 'late pwritev_done write sync 0 8' 'a dropped write completes like any'
bd_msg bd resume late errno=EIO
eventually 'and can be failed then' file_is /tmp/write EIO
bd_start bd delay ms=1 drop
is "$(ios $bd 'w 0 8 byte=77') $(bd_hits bd)" 'ok 1 1' 'after a delay'
is "$(io_bytes "$dev" 0 8)" '55*4096' 'it is dropped, too'

is "$(bd_msg bd replace drop iotype=flush) $(bd_list bd)" "$((first + 2))-$((first + 2)) 0 - drop iotype=flush" 'flushes only'
is "$(ios $bd 'w 0 8 byte=88' f) $(bd_hits bd)" 'ok ok 1' 'writes go on then'
is "$(io_bytes "$dev" 0 8)" '88*4096' 'to the disk'

done_testing
