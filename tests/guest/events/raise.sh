# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Events raised from user space, and breakpoints that hold their callers.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

bd_setup ram_disk

# Without a breakpoint.
succeeds 'a user event without a rule can be raised' bd_msg bd event user.whatever
is "$out" '' 'the message event has no answer'
succeeds 'an event of QEMU can be raised' bd_msg bd event l1_update
succeeds 'discard_done can be raised' bd_msg bd event discard_done
fails_with ENOENT 'an unknown event fails' bd_msg bd event userx
fails_with ENOENT 'the event "user." without a name fails' bd_msg bd event user.
fails_with EINVAL 'the message event without a name fails' bd_msg bd event
fails_with EINVAL 'the message event with an invalid time fails' bd_msg bd event user.x soon
fails_with EINVAL 'the message event with two times fails' bd_msg bd event user.x 1 2
bd_msg bd replace set-state event=user.go state=1 new_state=2 \
	set-state event=l1_grow_alloc_table state=2 new_state=3
bd_msg bd event user.go
is "$(bd_msg bd state)" 2 'a user event moves the state'
bd_msg bd event l1_grow.alloc_table
is "$(bd_msg bd state)" 3 'a QEMU event spelled with a dot moves the state'
bd_msg bd replace inject-error event=read_aio errno=ENODATA iotype=write
bd_msg bd event read_aio
is "$(io_write $bd 0 8)" ENODATA 'an I/O event raised by message arms a fault'

# Held callers.
bd_msg bd replace suspend event=user.Some.thing tag=A once=off
first=$(bd_msg bd list)
first=${first%% *}
hold_event bd 1 /tmp/event user.Some_thing
is "$(held bd)" "1 A $first user.Some.thing event - 0 0" \
	'held shows a caller with its event as first written'
is "$(bd_msg bd is_suspended A) $(bd_msg bd wait_break A | cut -c 1-4)" '1 1 A ' \
	'is_suspended and wait_break know a held caller'
is "$(ios $bd 'r 0 8' 'w 0 8')" 'ok ok' 'I/O passes while a caller is held'
succeeds 'resume of a held caller succeeds' bd_msg bd resume A
eventually 'a resumed caller returns' file_is /tmp/event ok

hold_event bd 1 /tmp/event user.Some.thing
bd_msg bd resume A errno=ENOSPC
eventually 'a caller gets the errno of its resume' file_like /tmp/event "${errno_text[ENOSPC]}"
hold_event bd 1 /tmp/event user.Some.thing
bd_msg bd resume A errno=0
eventually 'a caller resumed with errno=0 succeeds' file_is /tmp/event ok

fails_with ETIMEDOUT 'a held caller times out' bd_msg bd event user.Some.thing 30
is "$(bd_msg bd held)" '' 'a timed-out caller is not held'
fails_with ENOENT 'resume after a timed-out caller fails' bd_msg bd resume A

background /tmp/event dmsetup message bd 0 event user.Some.thing
wait_until bd_status_is bd held 1
eventually 'a held caller sleeps in state D' process_state_is "$pid" D
kill -KILL "$pid"
eventually 'a held caller can be killed' process_ended "$pid"
eventually 'a killed caller is not held' bd_status_is bd held 0

hold_event bd 1 /tmp/event.1 user.Some.thing
hold_event bd 2 /tmp/event.2 user.Some.thing
hold bd 2 /tmp/io 'w 0 8'
bd_msg bd resume A
eventually 'resume of two callers resumes the last one' file_is /tmp/event.2 ok
is "$(< /tmp/event.1)" '' 'the first of two callers stays held'
bd_msg bd resume A all
eventually 'resume all resumes the first of two callers' file_is /tmp/event.1 ok

# Several tags.
bd_msg bd replace suspend event=user.x tag=A suspend event=user.x tag=B \
	set-state event=user.x new_state=9 inject-error event=user.x errno=ENODATA
hold_event bd 2 /tmp/event user.x
is "$(bd_msg bd state) $(bd_status bd armed)" '9 1' 'an event is processed before its caller sleeps'
bd_msg bd resume A
is "$(bd_status bd held)$(< /tmp/event)" 1 'a caller held by two tags stays held after the resume of one'
bd_msg bd resume B
eventually 'a caller held by two tags returns after the resume of both' file_is /tmp/event ok
bd_msg bd replace suspend event=user.x tag=A suspend event=user.x tag=B
fails_with ETIMEDOUT 'a caller held by two tags times out' bd_msg bd event user.x 30
is "$(bd_status bd held)" 0 'a timed-out caller leaves all its holds'
is "$(bd_msg bd wait_hits A 1 0) $(bd_msg bd wait_hits B 1 0)" '1 1' 'holds of a timed-out caller count as hits'
bd_msg bd replace suspend event=user.x tag=A suspend event=user.x tag=B
hold_event bd 2 /tmp/event user.x
bd_msg bd resume A errno=EILSEQ
eventually 'resume with an errno ends all holds of a caller' file_like /tmp/event "${errno_text[EILSEQ]}"
is "$(bd_status bd held)" 0 'no hold is left after a resume with an errno'

# Events from user space have no sector, iotype or flags.
bd_msg bd replace suspend event=write_aio tag=A sector=0-7 set-state event=write_aio \
	iotype=write new_state=4 suspend event=write_aio tag=A flags=sync \
	suspend event=write_aio tag=A flags=!sync set-state event=write_aio flags=!fua new_state=4
bd_msg bd state 1
succeeds 'an event from user space passes breakpoints with sector or flags' bd_msg bd event write_aio 1000
is "$(bd_msg bd state)" 1 'an event from user space matches no set-state with iotype or flags'
bd_msg bd replace suspend event=write_aio tag=A state=2 suspend event=write_aio tag=B
hold_event bd 1 /tmp/event write_aio
like "$(held bd)" '^[0-9]+ B [0-9]+ write_aio event - 0 0$' 'breakpoints with state= are judged by the state for a caller'
bd_msg bd resume B
eventually 'a caller held by a breakpoint without state= returns' file_is /tmp/event ok

# Callers that write to sysfs.
bd_msg bd replace suspend event=user.x tag=A once=off
background /tmp/event answer put "$sysfs/event" user.x
succeeds 'a breakpoint holds a writer to the sysfs file event' bd_msg bd wait_break A
bd_msg bd resume A
eventually 'a resumed writer to the sysfs file event succeeds' file_is /tmp/event ok
background /tmp/event answer put "$sysfs/event" user.x 30
eventually 'a held writer to the sysfs file event times out' file_like /tmp/event "${errno_text[ETIMEDOUT]}"
background /tmp/event put "$sysfs/event" user.x
wait_until bd_status_is bd held 1
kill -KILL "$pid"
eventually 'a held writer to the sysfs file event can be killed' bd_status_is bd held 0
background /tmp/event answer put "$sysfs/event" user.x
wait_until bd_status_is bd held 1
put "$sysfs/resume" A errno=ENODATA
eventually 'a held writer to the sysfs file event gets the errno of its resume' file_like /tmp/event "${errno_text[ENODATA]}"

# Messages that resume callers besides their purpose.
bd_msg bd replace suspend event=user.x tag=A
hold_event bd 1 /tmp/event user.x
bd_msg bd remove_break A
eventually 'remove_break resumes held callers' file_is /tmp/event ok

done_testing
