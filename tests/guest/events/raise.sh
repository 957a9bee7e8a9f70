# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Events from user space, and their callers whom a breakpoint catches.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module brd
ram_disk
bd_create t "$dev"
t=/dev/mapper/t
sysfs=$(bd_sysfs t)

# Without a breakpoint.
succeeds 'a user event nobody has a rule for' bd_msg t event user.whatever
is "$out" '' 'has no answer'
succeeds 'an event of QEMU' bd_msg t event l1_update
succeeds 'one of our own' bd_msg t event discard_done
fails_with ENOENT 'no such event' bd_msg t event userx
fails_with ENOENT 'a user event has a name' bd_msg t event user.
fails_with EINVAL 'an event must be named' bd_msg t event
fails_with EINVAL 'the time is a number' bd_msg t event user.x soon
fails_with EINVAL 'not two' bd_msg t event user.x 1 2
bd_msg t replace set-state event=user.go state=1 new_state=2 \
	set-state event=l1_grow_alloc_table state=2 new_state=3
bd_msg t event user.go
is "$(bd_msg t state)" 2 'a rule for a user event'
bd_msg t event l1_grow.alloc_table
is "$(bd_msg t state)" 3 'a rule for an event of QEMU'
bd_msg t replace inject-error event=read_aio errno=ENODATA iotype=write
bd_msg t event read_aio
is "$(io_write $t 0 8)" ENODATA 'what I/O raises can be raised by message, too'

# Caught.
bd_msg t replace suspend event=user.Some.thing tag=A once=off
first=$(bd_msg t list)
first=${first%% *}
hold_event t 1 /tmp/event user.Some_thing
is "$(held t)" "1 A $first user.Some.thing event - 0 0" \
	'the caller is held, at the event as first written'
is "$(bd_msg t is_suspended A) $(bd_msg t wait_break A | cut -c 1-4)" '1 1 A ' \
	'it is held like any request'
is "$(ios $t 'r 0 8' 'w 0 8')" 'ok ok' 'and I/O goes on'
succeeds 'resume' bd_msg t resume A
eventually 'the caller goes on' file_is /tmp/event ok

hold_event t 1 /tmp/event user.Some.thing
bd_msg t resume A errno=ENOSPC
eventually 'an errno of the resume is what it gets' file_like /tmp/event "${errno_text[ENOSPC]}"
hold_event t 1 /tmp/event user.Some.thing
bd_msg t resume A errno=0
eventually 'an errno of 0 is none' file_is /tmp/event ok

fails_with ETIMEDOUT 'a caller gives up' bd_msg t event user.Some.thing 30
is "$(bd_msg t held)" '' 'and is not held any more'
fails_with ENOENT 'so there is nothing to resume' bd_msg t resume A

background /tmp/event dmsetup message t 0 event user.Some.thing
wait_until bd_status_is t held 1
eventually 'a caller sleeps' process_state_is "$pid" D
kill -KILL "$pid"
eventually 'a caller can be killed' process_ended "$pid"
eventually 'and is not held any more' bd_status_is t held 0

hold_event t 1 /tmp/event.1 user.Some.thing
hold_event t 2 /tmp/event.2 user.Some.thing
hold t 2 /tmp/io 'w 0 8'
bd_msg t resume A
eventually 'of two callers the last goes on first' file_is /tmp/event.2 ok
is "$(< /tmp/event.1)" '' 'and the other sleeps on'
bd_msg t resume A all
eventually 'until it is resumed, too' file_is /tmp/event.1 ok

# Several tags.
bd_msg t replace suspend event=user.x tag=A suspend event=user.x tag=B \
	set-state event=user.x new_state=9 inject-error event=user.x errno=ENODATA
hold_event t 2 /tmp/event user.x
is "$(bd_msg t state) $(bd_status t armed)" '9 1' 'an event is processed before the caller sleeps'
bd_msg t resume A
is "$(bd_status t held)$(< /tmp/event)" 1 'two tags hold a caller until each is resumed'
bd_msg t resume B
eventually 'then it goes on' file_is /tmp/event ok
bd_msg t replace suspend event=user.x tag=A suspend event=user.x tag=B
fails_with ETIMEDOUT 'a caller that gives up' bd_msg t event user.x 30
is "$(bd_status t held)" 0 'leaves all its holds'
is "$(bd_msg t wait_hits A 1 0) $(bd_msg t wait_hits B 1 0)" '1 1' 'which count'
bd_msg t replace suspend event=user.x tag=A suspend event=user.x tag=B
hold_event t 2 /tmp/event user.x
bd_msg t resume A errno=EILSEQ
eventually 'an errno ends all holds of a caller' file_like /tmp/event "${errno_text[EILSEQ]}"
is "$(bd_status t held)" 0 'all of them'

# An event without a request has no sector, iotype or flags.
bd_msg t replace suspend event=write_aio tag=A sector=0-7 set-state event=write_aio \
	iotype=write new_state=4 suspend event=write_aio tag=A flags=sync \
	suspend event=write_aio tag=A flags=!sync set-state event=write_aio flags=!fua new_state=4
bd_msg t state 1
succeeds 'an event from user space' bd_msg t event write_aio 1000
is "$(bd_msg t state)" 1 'does not match sector, iotype or flags'
bd_msg t replace suspend event=write_aio tag=A state=2 suspend event=write_aio tag=B
hold_event t 1 /tmp/event write_aio
like "$(held t)" '^[0-9]+ B [0-9]+ write_aio event - 0 0$' 'but state counts'
bd_msg t resume B
eventually 'and it goes on' file_is /tmp/event ok

# What sleeps in sysfs is held likewise.
bd_msg t replace suspend event=user.x tag=A once=off
background /tmp/event answer put "$sysfs/event" user.x
succeeds 'a write to sysfs is caught' bd_msg t wait_break A
bd_msg t resume A
eventually 'and goes on' file_is /tmp/event ok
background /tmp/event answer put "$sysfs/event" user.x 30
eventually 'it may give up' file_like /tmp/event "${errno_text[ETIMEDOUT]}"
background /tmp/event put "$sysfs/event" user.x
wait_until bd_status_is t held 1
kill -KILL "$pid"
eventually 'and be killed' bd_status_is t held 0
background /tmp/event answer put "$sysfs/event" user.x
wait_until bd_status_is t held 1
put "$sysfs/resume" A errno=ENODATA
eventually 'or get an errno' file_like /tmp/event "${errno_text[ENODATA]}"

# What resumes callers in passing.
bd_msg t replace suspend event=user.x tag=A
hold_event t 1 /tmp/event user.x
bd_msg t remove_break A
eventually 'remove_break resumes callers' file_is /tmp/event ok

done_testing
