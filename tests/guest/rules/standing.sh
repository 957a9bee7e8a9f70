# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Rules without an event, and all faults in the order written.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

has_module dm-blkdebug
ram_disk
bd_sectors=2048
bd_create bd "$dev" seed=7
bd=/dev/mapper/bd

state() { bd_msg bd state; }

# --- Faults ---

bd_start bd inject-error
is "$(ios $bd 'r 0 8' 'w 0 8' f 'r 2040 8')" 'EIO EIO EIO EIO' 'a fault without keys fails every request'
bd_start bd inject-error state=2 errno=ENOSPC
is "$(io_read $bd 0 8)" ok 'a standing fault waits for its state'
bd_msg bd state 2 > /dev/null
is "$(ios $bd 'r 0 8' 'w 0 8')" 'ENOSPC ENOSPC' 'is tried while that is in force'
bd_msg bd state 3 > /dev/null
is "$(io_read $bd 0 8)" ok 'and no longer'
bd_start bd inject-error errno=ENOSPC sector=0
bd_msg bd event user.x
is "$(ios $bd 'r 8 8' 'w 8 8' f 'r 0 8')" 'ok ok ok ENOSPC' 'whatever events happen'

# --- The order written ---

bd_start bd inject-error sector=0-15 errno=ENOSPC inject-error sector=8-23 errno=EILSEQ \
	inject-error sector=0-31 errno=ENODATA
is "$(ios $bd 'r 0 8' 'r 8 8' 'r 16 8' 'r 24 8' 'r 32 8')" 'ENOSPC ENOSPC EILSEQ ENODATA ok' \
	'of several faults the first written decides'
is "$(bd_hits bd)" '2 1 1' 'and that alone counts a hit'
is "$(ios $bd 'r 8 24' 'r 16 24' 'r 24 24')" 'ENOSPC EILSEQ ENODATA' 'for whatever a request touches'
bd_start bd inject-error sector=0-31 errno=ENODATA inject-error sector=0-7 errno=ENOSPC tag=a
is "$(io_read $bd 0 8)" ENODATA 'not the narrowest'
bd_msg bd remove a
bd_msg bd add inject-error sector=0 > /dev/null
is "$(io_read $bd 0 8)" ENODATA 'rules added come after all there are'
bd_start bd inject-error event=read_aio state=1 sector=0-7 errno=ENOSPC inject-error state=1 sector=0-15 errno=EILSEQ \
	inject-error event=read_aio errno=ENODATA inject-error errno=ETIMEDOUT
is "$(ios $bd 'r 0 8' 'r 8 8' 'r 16 8' 'w 0 8')" 'ENOSPC EILSEQ ENODATA ENOSPC' 'armed and standing faults mix'
bd_msg bd state 2 > /dev/null
is "$(ios $bd 'w 0 8' 'w 8 8' 'r 0 8' 'w 8 8')" 'ENOSPC ENODATA ENODATA ENODATA' \
	'each judged by its own state: at the arming or at the check'
bd_start bd inject-error sector=8 errno=0 inject-error sector=0-7 errno=ENOSPC inject-error sector=0-63 errno=EILSEQ
is "$(ios $bd 'r 8 8' 'r 0 8' 'r 0 16' 'r 16 8')" 'ok ENOSPC ok EILSEQ' 'errno=0 shadows whatever comes after it'
is "$(bd_hits bd) $(bd_status bd injected)" '2 1 1 2' 'with a hit but no injected error'
bd_start bd inject-error sector=0-7 errno=ENOSPC inject-error errno=0
is "$(ios $bd 'r 0 8' 'r 8 8')" 'ENOSPC ok' 'but nothing that comes before it'
bd_start bd inject-error event=user.a errno=0 inject-error errno=ENOSPC
is "$(io_read $bd 0 8)" ENOSPC 'errno=0 is armed like other faults'
bd_msg bd event user.a
is "$(io_read $bd 0 8)" ok 'and shadows when it is'

# --- set-state ---

bd_start bd set-state state=1 sector=0-7 new_state=2 set-state state=2 sector=8-15 new_state=3
is "$(ios $bd 'r 8 8') $(state)" 'ok 1' 'a standing set-state rule looks at the request'
is "$(ios $bd 'r 0 8') $(state)" 'ok 2' 'at every one'
is "$(ios $bd 'w 8 8') $(state)" 'ok 3' 'and at the state'
bd_start bd set-state state=1 new_state=2 set-state state=2 new_state=3 set-state state=3 new_state=4
is "$(ios $bd 'r 0 8' 'w 0 8') $(state)" 'ok ok 3' 'one request moves the state once'
is "$(bd_hits bd)" '1 1 0' 'by one rule'
bd_start bd set-state state=1 new_state=2 inject-error state=1 errno=ENOSPC inject-error state=2 errno=EILSEQ
is "$(ios $bd 'r 0 8' 'r 0 8')" 'ENOSPC EILSEQ' "standing faults are judged by the state before the request's own"
bd_start bd set-state event=read_aio new_state=2 set-state state=1 new_state=3 set-state state=2 new_state=4 \
	inject-error state=2 errno=ENOSPC inject-error errno=EILSEQ
is "$(io_read $bd 0 8) $(state)" 'ENOSPC 4' "but by the one that the request's events have set"
bd_start bd set-state iotype=write new_state=0 inject-error state=1
is "$(ios $bd 'r 0 8' 'w 0 8' 'r 0 8') $(state)" 'EIO EIO ok 0' 'the state may be 0'

# --- suspend ---

bd_start bd set-state state=1 new_state=2 suspend state=1 tag=one suspend state=2 tag=two
background /tmp/io io $bd 'r 0 8'
bd_msg bd wait_break one > /dev/null
is "$(bd_msg bd is_suspended two)" 0 'standing breakpoints are judged by the state before that, too'
bd_msg bd resume one
wait "$pid"
background /tmp/io io $bd 'r 0 8'
succeeds 'the new state holds from the next request on' bd_msg bd wait_break two
like "$out" ' two [0-9]+ - read [a-z,-]+ 0 8 ' 'the event of such a hold is "-"'
bd_msg bd resume two
wait "$pid"
bd_start bd suspend sector=8 iotype=write tag=a suspend sector=8 tag=b inject-error sector=8 errno=ENOSPC
background /tmp/io io $bd 'w 0 8' 'r 0 8' 'w 8 8'
bd_msg bd wait_break b > /dev/null
is "$(< /tmp/io) $(bd_msg bd is_suspended a)" $'ok\nok 1' 'breakpoints look at the request, and hold together'
bd_msg bd resume a
bd_msg bd resume b
wait "$pid"
is "$(< /tmp/io)" $'ok\nok\nENOSPC' 'faults are tried after both'

done_testing
