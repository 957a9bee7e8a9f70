# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# poll() of the sysfs files held and state.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

bd_setup ram_disk

# polls FILE COMMAND...: the command wakes a poll of the file, which was read
# before
polls() {
	local poll

	background /tmp/poll io "$sysfs/$1" cat 'poll 20000' cat
	poll=$pid
	wait_until test -s /tmp/poll
	"${@:2}" > /tmp/null
	wait_until process_ended "$poll"
	mapfile -t words < /tmp/poll
	like " ${words[*]}" ' ready ' "poll of $1 is woken by: ${*:2}"
}

# does_not_poll FILE COMMAND...: the command wakes no poll of the file
does_not_poll() {
	local poll

	background /tmp/poll io "$sysfs/$1" cat 'poll 200'
	poll=$pid
	wait_until test -s /tmp/poll
	"${@:2}" > /tmp/null
	wait_until process_ended "$poll"
	mapfile -t words < /tmp/poll
	is "${words[-1]}" timeout "poll of $1 is not woken by: ${*:2}"
}

# state
polls state bd_msg bd state 2
is "${words[-1]}" 2 'the new state can be read after a poll of state'
polls state put "$sysfs/state" 3
bd_msg bd replace set-state event=read_aio new_state=4 set-state sector=8 new_state=5 \
	set-state event=user.x new_state=6
polls state io_read $bd 0 8
polls state io_write $bd 8 8
polls state bd_msg bd event user.x
polls state bd_msg bd reset
does_not_poll state bd_msg bd state 1
bd_msg bd replace set-state event=read_aio new_state=1 inject-error event=read_aio
does_not_poll state io_read $bd 0 8

# held
bd_msg bd replace suspend event=read_aio tag=A once=off suspend event=user.x tag=A once=off
polls held hold bd 1 /tmp/io 'r 0 8'
is "${words[-1]}" A 'the new tag can be read after a poll of held'
polls held hold_event bd 2 /tmp/event user.x
polls held bd_msg bd resume A
polls held bd_msg bd resume A all errno=EIO
fails_with ETIMEDOUT 'a held caller times out' bd_msg bd event user.x 0
background /tmp/event dmsetup message bd 0 event user.x
wait_until bd_status_is bd held 1
polls held kill "$pid"
wait_until bd_status_is bd held 0
hold bd 1 /tmp/io 'r 0 8'
polls held bd_msg bd remove_break A
bd_msg bd break read_aio A
does_not_poll held io_write $bd 0 8
hold bd 1 /tmp/io 'r 0 8'
bd_msg bd add inject-error iotype=write
does_not_poll held io_write $bd 0 8
does_not_poll held bd_msg bd state 9
bd_msg bd resume A

# A poll waits for changes after the last read.
is "$(io "$sysfs/state" cat cat 'poll 0')" $'9\n9\ntimeout' 'a poll of a file that was just read times out'

done_testing
