# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # functions called by asserts
# dm events, as dmsetup wait sees them: a hit breakpoint, a resumed bio, a
# changed state, a used-up rule, a reached wait_hits.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

bd_setup ram_disk

event_nr() { dmsetup info -c --noheadings -o events bd; }
event_nr_is_not() { [[ $(event_nr) != "$1" ]]; }

# raises DESC COMMAND...: the command raises a dm event, and dmsetup wait
# returns
raises() {
	local desc=$1 number waiter
	shift

	number=$(event_nr)
	background /tmp/wait dmsetup wait bd "$number"
	waiter=$pid
	"$@" > /tmp/null
	eventually "$desc wakes dmsetup wait" process_ended "$waiter"
	succeeds "$desc increases the event number" event_nr_is_not "$number"
	settle
}

# A dm event may come a moment after its cause, and the absence of an event is
# no condition to wait for.
settle() {
	pause
	pause
	pause
}

# silent DESC COMMAND...: the command raises no dm event
silent() {
	local desc=$1 number
	shift

	number=$(event_nr)
	"$@" > /tmp/null
	settle
	is "$(event_nr)" "$number" "$desc raises no dm event"
}

raises 'a state set by message' bd_msg bd state 2
silent 'setting the present state' bd_msg bd state 2
raises 'a state set through sysfs' put "$sysfs/state" 3
bd_msg bd replace set-state event=read_aio new_state=4
raises 'a state changed by a read' io_read $bd 0 8
silent 'a read that sets the present state' io_read $bd 0 8
bd_msg bd replace set-state event=user.x new_state=5
raises 'a state changed by an event' bd_msg bd event user.x
raises 'a reset' bd_msg bd reset

bd_msg bd replace suspend event=read_aio tag=A once=off suspend tag=S once=off iotype=write \
	suspend event=user.x tag=X once=off suspend event=flush_done tag=D once=off
raises 'a hit breakpoint' hold bd 1 /tmp/io 'r 0 8'
raises 'resume of a read' bd_msg bd resume A
raises 'a hit standing breakpoint' hold bd 1 /tmp/io 'w 0 8'
raises 'resume of a write with an errno' bd_msg bd resume S errno=EIO
raises 'a breakpoint hit at a completion' hold bd 1 /tmp/io f
raises 'resume of a flush held at its completion' bd_msg bd resume D all
raises 'a held caller of event' hold_event bd 1 /tmp/event user.x
raises 'remove_break of a held caller' bd_msg bd remove_break X

bd_msg bd replace inject-error iotype=read once=on inject-error iotype=read errno=0 \
	inject-error iotype=write
raises 'a used-up rule' io_read $bd 0 8
silent 'a hit that does not use up its rule' ios $bd 'r 0 8' 'w 0 8'
silent 'clear' bd_msg bd clear
silent 'add' bd_msg bd add inject-error iotype=read tag=R errno=0

background /tmp/hits bd_msg bd wait_hits R 2
raises 'a reached wait_hits' ios $bd 'r 0 8' 'r 0 8'
eventually 'a reached wait_hits answers after its dm event' file_is /tmp/hits 2
raises 'a wait_hits that has enough hits' bd_msg bd wait_hits R 2
background /tmp/hits bd_msg bd wait_hits R 100 50
number=$(event_nr)
wait "$pid"
settle
is "$(event_nr)" "$number" 'a timed-out wait_hits raises no dm event'

done_testing
