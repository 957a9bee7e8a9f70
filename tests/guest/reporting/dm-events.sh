# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # functions called by asserts
# dm events, for dmsetup wait: a hit breakpoint, a resumed request, a changed
# state, a used-up rule, a reached wait_hits.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module brd
ram_disk
bd_create t "$dev"
t=/dev/mapper/t

event_nr() { dmsetup info -c --noheadings -o events t; }
event_nr_is_not() { [[ $(event_nr) != "$1" ]]; }

# raises DESC COMMAND...: it raises an event, and dmsetup wait notices
raises() {
	local desc=$1 number waiter
	shift

	number=$(event_nr)
	background /tmp/wait dmsetup wait t "$number"
	waiter=$pid
	"$@" > /tmp/null
	eventually "$desc wakes dmsetup wait" process_ended "$waiter"
	succeeds 'and has a number of its own' event_nr_is_not "$number"
	settle
}

# An event may come a moment after its cause. Nothing to wait for: this is about none.
settle() {
	pause
	pause
	pause
}

# silent DESC COMMAND...: no event
silent() {
	local desc=$1 number
	shift

	number=$(event_nr)
	"$@" > /tmp/null
	settle
	is "$(event_nr)" "$number" "$desc raises none"
}

raises 'a state set by message' bd_msg t state 2
silent 'a state set to what it is' bd_msg t state 2
raises 'a state set by sysfs' put "$(bd_sysfs t)/state" 3
bd_msg t replace set-state event=read_aio new_state=4
raises 'a state changed by I/O' io_read $t 0 8
silent 'a state that I/O does not change' io_read $t 0 8
bd_msg t replace set-state event=user.x new_state=5
raises 'a state changed by an event' bd_msg t event user.x
raises 'a reset' bd_msg t reset

bd_msg t replace suspend event=read_aio tag=A once=off suspend tag=S once=off iotype=write \
	suspend event=user.x tag=X once=off suspend event=flush_done tag=D once=off
raises 'a hit breakpoint' hold t 1 /tmp/io 'r 0 8'
raises 'a resumed request' bd_msg t resume A
raises 'a hit standing breakpoint' hold t 1 /tmp/io 'w 0 8'
raises 'a request resumed with an errno' bd_msg t resume S errno=EIO
raises 'a breakpoint hit at a completion' hold t 1 /tmp/io f
raises 'a request resumed there' bd_msg t resume D all
raises 'a caller of event caught' hold_event t 1 /tmp/event user.x
raises 'and resumed by remove_break' bd_msg t remove_break X

bd_msg t replace inject-error iotype=read once=on inject-error iotype=read errno=0 \
	inject-error iotype=write
raises 'a used-up rule' io_read $t 0 8
silent 'a hit of one that is not used up' ios $t 'r 0 8' 'w 0 8'
silent 'a rule that is removed' bd_msg t clear
silent 'a rule that is added' bd_msg t add inject-error iotype=read tag=R errno=0

background /tmp/hits bd_msg t wait_hits R 2
raises 'a reached wait_hits' ios $t 'r 0 8' 'r 0 8'
eventually 'which also answers' file_is /tmp/hits 2
raises 'a wait_hits that had been reached' bd_msg t wait_hits R 2
background /tmp/hits bd_msg t wait_hits R 100 50
number=$(event_nr)
wait "$pid"
settle
is "$(event_nr)" "$number" 'one that is not reached raises none'

done_testing
