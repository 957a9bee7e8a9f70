# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Rules without an event, and the order in which faults are tried.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

bd_sectors=2048
bd_setup ram_disk

state() { bd_msg bd state; }

# --- Faults ---

bd_start bd inject-error
is "$(ios $bd 'r 0 8' 'w 0 8' f 'r 2040 8')" 'EIO EIO EIO EIO' 'inject-error without keys fails every bio'
bd_start bd inject-error state=2 errno=ENOSPC
is "$(io_read $bd 0 8)" ok 'a standing fault does not act in another state'
bd_msg bd state 2 > /dev/null
is "$(ios $bd 'r 0 8' 'w 0 8')" 'ENOSPC ENOSPC' 'a standing fault acts while its state is in force'
bd_msg bd state 3 > /dev/null
is "$(io_read $bd 0 8)" ok 'a standing fault stops acting when the state changes'
bd_start bd inject-error errno=ENOSPC sector=0
bd_msg bd event user.x
is "$(ios $bd 'r 8 8' 'w 8 8' f 'r 0 8')" 'ok ok ok ENOSPC' 'an event does not change which bios a standing fault matches'

# --- The order written ---

bd_start bd inject-error sector=0-15 errno=ENOSPC inject-error sector=8-23 errno=EILSEQ \
	inject-error sector=0-31 errno=ENODATA
is "$(ios $bd 'r 0 8' 'r 8 8' 'r 16 8' 'r 24 8' 'r 32 8')" 'ENOSPC ENOSPC EILSEQ ENODATA ok' \
	'the first written of several matching faults decides'
is "$(bd_hits bd)" '2 1 1' 'only the deciding fault counts a hit'
is "$(ios $bd 'r 8 24' 'r 16 24' 'r 24 24')" 'ENOSPC EILSEQ ENODATA' 'the first written fault decides for a bio that touches several ranges'
bd_start bd inject-error sector=0-31 errno=ENODATA inject-error sector=0-7 errno=ENOSPC tag=a
is "$(io_read $bd 0 8)" ENODATA 'a narrower range written later does not decide'
bd_msg bd remove a
bd_msg bd add inject-error sector=0 > /dev/null
is "$(io_read $bd 0 8)" ENODATA 'an added rule is tried after all earlier rules'
bd_start bd inject-error event=read_aio state=1 sector=0-7 errno=ENOSPC inject-error state=1 sector=0-15 errno=EILSEQ \
	inject-error event=read_aio errno=ENODATA inject-error errno=ETIMEDOUT
is "$(ios $bd 'r 0 8' 'r 8 8' 'r 16 8' 'w 0 8')" 'ENOSPC EILSEQ ENODATA ENOSPC' 'armed and standing faults are tried in the order written'
bd_msg bd state 2 > /dev/null
is "$(ios $bd 'w 0 8' 'w 8 8' 'r 0 8' 'w 8 8')" 'ENOSPC ENODATA ENODATA ENODATA' \
	'an armed fault keeps its state of arming, a standing fault is judged at the check'
bd_start bd inject-error sector=8 errno=0 inject-error sector=0-7 errno=ENOSPC inject-error sector=0-63 errno=EILSEQ
is "$(ios $bd 'r 8 8' 'r 0 8' 'r 0 16' 'r 16 8')" 'ok ENOSPC ok EILSEQ' 'errno=0 hides later faults'
is "$(bd_hits bd) $(bd_status bd injected)" '2 1 1 2' 'errno=0 counts a hit but no injected error'
bd_start bd inject-error sector=0-7 errno=ENOSPC inject-error errno=0
is "$(ios $bd 'r 0 8' 'r 8 8')" 'ENOSPC ok' 'errno=0 does not hide an earlier fault'
bd_start bd inject-error event=user.a errno=0 inject-error errno=ENOSPC
is "$(io_read $bd 0 8)" ENOSPC 'an errno=0 rule with an event does nothing before it is armed'
bd_msg bd event user.a
is "$(io_read $bd 0 8)" ok 'an armed errno=0 rule hides later faults'

# --- set-state ---

bd_start bd set-state state=1 sector=0-7 new_state=2 set-state state=2 sector=8-15 new_state=3
is "$(ios $bd 'r 8 8') $(state)" 'ok 1' 'a standing set-state ignores a bio outside its sectors'
is "$(ios $bd 'r 0 8') $(state)" 'ok 2' 'a standing set-state acts on a read of its sector'
is "$(ios $bd 'w 8 8') $(state)" 'ok 3' 'a standing set-state acts on a write in its state'
bd_start bd set-state state=1 new_state=2 set-state state=2 new_state=3 set-state state=3 new_state=4
is "$(ios $bd 'r 0 8' 'w 0 8') $(state)" 'ok ok 3' 'one bio moves the state once'
is "$(bd_hits bd)" '1 1 0' 'only the set-state that acted counts a hit'
bd_start bd set-state state=1 new_state=2 inject-error state=1 errno=ENOSPC inject-error state=2 errno=EILSEQ
is "$(ios $bd 'r 0 8' 'r 0 8')" 'ENOSPC EILSEQ' "standing faults are judged by the state before the bio's own standing set-state"
bd_start bd set-state event=read_aio new_state=2 set-state state=1 new_state=3 set-state state=2 new_state=4 \
	inject-error state=2 errno=ENOSPC inject-error errno=EILSEQ
is "$(io_read $bd 0 8) $(state)" 'ENOSPC 4' "standing faults are judged by the state that the bio's events have set"
bd_start bd set-state iotype=write new_state=0 inject-error state=1
is "$(ios $bd 'r 0 8' 'w 0 8' 'r 0 8') $(state)" 'EIO EIO ok 0' 'set-state may set state 0'

# --- suspend ---

bd_start bd set-state state=1 new_state=2 suspend state=1 tag=one suspend state=2 tag=two
background /tmp/io io $bd 'r 0 8'
bd_msg bd wait_break one > /dev/null
is "$(bd_msg bd is_suspended two)" 0 'standing breakpoints are judged by the state before a standing set-state'
bd_msg bd resume one
wait "$pid"
background /tmp/io io $bd 'r 0 8'
succeeds 'the state of a standing set-state is in force for the next bio' bd_msg bd wait_break two
like "$out" ' two [0-9]+ - read [a-z,-]+ 0 8 ' "held shows '-' as the event of a standing breakpoint"
bd_msg bd resume two
wait "$pid"
bd_start bd suspend sector=8 iotype=write tag=a suspend sector=8 tag=b inject-error sector=8 errno=ENOSPC
background /tmp/io io $bd 'w 0 8' 'r 0 8' 'w 8 8'
bd_msg bd wait_break b > /dev/null
is "$(< /tmp/io) $(bd_msg bd is_suspended a)" $'ok\nok 1' 'two standing breakpoints hold a matching bio at the same time'
bd_msg bd resume a
bd_msg bd resume b
wait "$pid"
is "$(< /tmp/io)" $'ok\nok\nENOSPC' 'faults are tried after both standing breakpoints are resumed'

done_testing
