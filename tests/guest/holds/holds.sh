# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Breakpoints hold bios: at which events, under which tags, and what follows.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

bd_setup loop_disk 16
nr=0
read_flags=$(read_flags "$dev")

# holds_at EVENT OP EXPECTED: a breakpoint on EVENT holds OP, "held" shows
# EXPECTED, and a resume lets it complete
holds_at() {
	succeeds "break $1 succeeds" bd_msg bd break "$1" A
	is "$out" $((++nr)) "break $1 answers with the rule's number"
	hold bd 1 /tmp/io "$2"
	is "$(held bd)" "$nr A $nr $1 $3" "'$2' is held at $1"
	is "$(< /tmp/io)" '' "'$2' held at $1 has not completed"
	bd_msg bd resume A
	eventually "'$2' held at $1 completes after its resume" file_is /tmp/io ok
	is "$(held bd)" '' "nothing is held after the resume of '$2' at $1"
}

holds_at read_aio 'r 8 16' "read $read_flags 8 16"
holds_at read_done 'r 8 16' "read $read_flags 8 16"
holds_at write_aio 'w 16 8' 'write sync 16 8'
holds_at pwritev 'w 16 8 fua' 'write fua,sync 16 8'
holds_at pwritev_done 'w 16 8' 'write sync 16 8'
holds_at pwritev_zero 'z 32 8' 'write-zeroes sync 32 8'
holds_at pwritev_done 'z 32 8' 'write-zeroes sync 32 8'
holds_at discard 'd 64 8' 'discard sync 64 8'
holds_at discard_done 'd 64 8' 'discard sync 64 8'
for event in flush_to_os flush_to_disk flush_done; do
	holds_at $event f 'flush sync 0 0'
done

# Before the check no data are on the disk, at completion all are.
bd_msg bd replace suspend event=pwritev tag=A suspend event=pwritev_done tag=B
hold bd 1 /tmp/io 'w 0 8 byte=5a'
is "$(io_read "$dev" 0 8 byte=5a)" differs 'a write held before its check is not on the disk'
bd_msg bd resume A
succeeds 'a write held before its check is held again at its completion' bd_msg bd wait_break B
is "$(io_read "$dev" 0 8 byte=5a)" ok 'a write held at its completion is on the disk'
is "$(< /tmp/io)" '' 'a write held at its completion is not acknowledged'
bd_msg bd resume B
eventually 'a write held at its completion is acknowledged after its resume' file_is /tmp/io ok

# One hold after the other.
bd_msg bd replace suspend event=write_aio tag=A suspend event=pwritev tag=B once=off
first=$(bd_msg bd list)
first=${first%% *}
hold bd 1 /tmp/io 'w 0 8'
like "$(rule_line bd $((first + 1)))" '^[0-9]+ 0 - ' 'the next event is not raised before the resume'
bd_msg bd resume A
succeeds 'the next event is raised after the resume' bd_msg bd wait_break B
bd_msg bd resume B
eventually 'a bio held at two events completes after the second resume' file_is /tmp/io ok
like "$(rule_line bd "$first")" '^[0-9]+ 1 used ' 'a breakpoint is used up by one bio'
hold bd 1 /tmp/io 'w 0 8'
like "$(held bd)" ' B ' 'the next bio passes the used-up breakpoint and is held by the one with once=off'
bd_msg bd resume B
eventually 'a bio held by a breakpoint with once=off completes after its resume' file_is /tmp/io ok

# Several holds at the same time.
bd_msg bd replace suspend event=read_aio tag=A suspend event=read_aio tag=B \
	suspend event=read_aio tag=A
hold bd 3 /tmp/io 'r 0 8'
like "$(held bd)" ' A .* B .* A ' 'a bio is held by all breakpoints of one event'
bd_msg bd resume B
is "$(bd_msg bd is_suspended B) $(bd_status bd held)" '0 2' 'resume of one tag ends that hold only'
bd_msg bd resume A
is "$(bd_msg bd is_suspended A) $(bd_status bd held)" '1 1' 'resume of a tag with two holds ends one of them'
is "$(< /tmp/io)" '' 'a bio does not complete before its last hold is resumed'
bd_msg bd resume A
eventually 'a bio completes after its last hold is resumed' file_is /tmp/io ok

# Breakpoints with sector, flags and iotype.
bd_msg bd replace suspend event=write_aio tag=A sector=100-107 flags=fua once=off \
	suspend event=pwritev_done tag=B iotype=write-zeroes
is "$(ios $bd 'w 100 8' 'w 92 8 fua' 'w 108 8 fua')" 'ok ok ok' \
	'a bio outside the sector or flags of a breakpoint passes'
hold bd 1 /tmp/io 'w 99 2 fua'
like "$(held bd)" ' A ' 'a bio that matches sector and flags of a breakpoint is held'
bd_msg bd resume A
eventually 'a bio held by sector and flags completes after its resume' file_is /tmp/io ok
hold bd 1 /tmp/io 'z 0 8'
like "$(held bd)" ' B ' 'a breakpoint on a completion event holds a bio of its iotype'
bd_msg bd resume B
eventually 'a bio held at its completion by iotype completes after its resume' file_is /tmp/io ok

# Standing breakpoints.
bd_msg bd replace suspend tag=S iotype=read state=1 suspend tag=S iotype=flush
hold bd 1 /tmp/io 'r 0 8'
like "$(held bd)" "^[0-9]+ S [0-9]+ - read $read_flags 0 8\$" 'a standing breakpoint is shown without an event'
bd_msg bd add suspend tag=S2 once=off
bd_msg bd resume S
eventually 'standing breakpoints are not tried again after a resume' file_is /tmp/io ok
hold bd 2 /tmp/io f
like "$(held bd)" ' S .* flush .* S2 ' 'two standing breakpoints hold a flush'
bd_msg bd resume S
bd_msg bd resume S2
eventually 'a flush held by standing breakpoints completes after both resumes' file_is /tmp/io ok

# Events are raised before the check, and a hold may be between the two.
bd_msg bd replace suspend event=pwritev tag=A suspend tag=S
hold bd 1 /tmp/io 'w 0 8'
like "$(held bd)" ' A ' 'a bio is held at its event before its check'
bd_msg bd resume A
succeeds 'a bio resumed at its event is held at its check' bd_msg bd wait_break S
bd_msg bd resume S
eventually 'a bio held at its event and its check completes' file_is /tmp/io ok

# Standing rules are judged by the state at the check.
bd_msg bd state 1
bd_msg bd replace suspend event=read_aio tag=A suspend tag=S state=2
hold bd 1 /tmp/io 'r 0 8'
bd_msg bd state 2
bd_msg bd resume A
succeeds 'a state set during a hold counts for standing breakpoints' bd_msg bd wait_break S
bd_msg bd resume S
eventually 'a bio held by a state set during a hold completes' file_is /tmp/io ok

bd_msg bd state 1
bd_msg bd replace set-state state=1 new_state=2 suspend tag=S state=1
hold bd 1 /tmp/io 'r 0 8'
is "$(bd_msg bd state)" 2 'a standing set-state acts before the hold of a standing breakpoint'
bd_msg bd add set-state state=2 new_state=3
bd_msg bd resume S
eventually 'a bio held by a standing breakpoint completes after its resume' file_is /tmp/io ok
is "$(bd_msg bd state)" 2 'standing set-state rules are not tried again after a resume'

# The new state of an event is set before the hold begins.
bd_msg bd state 1
bd_msg bd replace suspend event=read_aio tag=A set-state event=read_aio new_state=4
hold bd 1 /tmp/io 'r 0 8'
is "$(bd_msg bd state)" 4 "set-state of an event acts before the event's hold"
bd_msg bd resume A
eventually 'a bio held at an event with set-state completes after its resume' file_is /tmp/io ok
like "$(bd_msg bd list)" ' 1 - set-state ' 'set-state of an event has one hit after the resume'

# Faults are tried after the last resume.
bd_msg bd replace suspend event=pwritev tag=A once=off \
	inject-error event=user.arm iotype=write errno=ENOSPC
hold bd 1 /tmp/io 'w 0 8'
bd_msg bd event user.arm
bd_msg bd resume A
eventually 'a fault armed during a hold fails the bio' file_is /tmp/io ENOSPC
hold bd 1 /tmp/io 'w 0 8'
bd_msg bd clear
bd_msg bd resume A
eventually 'a fault removed during a hold does not fail the bio' file_is /tmp/io ok
bd_msg bd break read_aio A
hold bd 1 /tmp/io 'r 0 8'
bd_msg bd add inject-error errno=ENODATA
bd_msg bd resume A
eventually 'a standing fault added during a hold fails the bio' file_is /tmp/io ENODATA

# Completion events of failed bios.
bd_msg bd add suspend event=read_done tag=D
hold bd 1 /tmp/io 'r 0 8'
like "$(held bd)" ' D [0-9]+ read_done read ' 'a failed bio is held at its completion event'
bd_msg bd resume D
eventually 'a failed bio held at its completion fails after its resume' file_is /tmp/io ENODATA

# A rule added during a hold.
bd_msg bd replace suspend event=read_aio tag=A
hold bd 1 /tmp/io 'r 0 8'
bd_msg bd break read_done D
bd_msg bd resume A
succeeds 'a breakpoint on a completion event, added during a hold before it, holds the bio' bd_msg bd wait_break D
bd_msg bd resume D
eventually 'a bio held by a breakpoint added during its hold completes' file_is /tmp/io ok

# Other I/O during a hold.
bd_msg bd replace suspend event=write_aio tag=A sector=0
hold bd 1 /tmp/io 'w 0 8'
eventually 'the submitter of a held write waits in state D' process_state_is "$pid" D
is "$(ios $bd 'w 8 8 byte=11' 'r 8 8 byte=11' f 'd 64 8')" 'ok ok ok ok' 'other I/O completes during a hold'
like "$(bd_status bd held) $(dmsetup table bd)" '^1 .*blkdebug ' 'status and table answer during a hold'
bd_msg bd resume A
eventually 'the held write completes after its resume' file_is /tmp/io ok

# Completions in hard interrupt context.
if null_disk 16 irqmode=2; then
	bd_create n "$dev"
	bd_msg n replace suspend event=read_done tag=A suspend event=pwritev_done tag=A \
		set-state event=pwritev_done new_state=2
	hold n 1 /tmp/io 'r 0 8' 'w 0 8'
	bd_msg n resume A
	wait_until bd_status_is n state 2
	like "$(held n)" '^2 A 2 pwritev_done write ' 'a bio that completes in hard interrupt context is held'
	bd_msg n resume A
	eventually 'a bio held in hard interrupt context completes after its resume' file_is /tmp/io $'ok\nok'
else
	skip 'needs null_blk' 2
fi

done_testing
