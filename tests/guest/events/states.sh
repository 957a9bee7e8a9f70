# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The state machine.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

bd_sectors=2048
bd_setup ram_disk

# event_leads EVENT STATE DESC: after EVENT the state is STATE
event_leads() {
	bd_msg bd event "$1"
	answers "$2" "$3" bd state
}

# --- The start state ---

answers 1 'the state is 1 at load' bd state
bd_create other "$dev" state=17 set-state event=user.x new_state=3
answers 17 'the state is that of state= at load' other state
bd_msg other event user.x
answers 3 'set-state moves the state from the start state' other state
bd_msg other reset
answers 17 'reset restores the start state' other state
like "$(dmsetup table other)" ' state=17 ' 'the table shows the start state after a reset'
bd_msg other state 5 > /dev/null
like "$(dmsetup table other)" ' state=17 ' 'the table shows the start state in another state'
like "$(dmsetup status other)" ' state=5 ' 'status shows the present state'
table=$(dmsetup table other)
dmsetup load other <<< "$table"
dmsetup suspend other
dmsetup resume other
answers 17 'a reload starts in the start state' other state
bd_msg other state 6 > /dev/null
dmsetup suspend other
dmsetup resume other
answers 6 'a suspend and resume without a load keeps the state' other state
dmsetup remove other

# --- The message state ---

answers 4 'the message state sets the state and answers with it' bd state 4
answers 4 'the message state without a number answers with the state' bd state
answers 2147483647 'the message state takes 2147483647' bd state 2147483647
answers 0 'the message state takes 0' bd state 0

# --- On events ---

bd_start bd set-state event=user.x state=1 new_state=2 set-state event=user.x state=2 new_state=3 \
	set-state event=user.x state=3 new_state=1
event_leads user.x 2 'an event moves the state'
event_leads user.x 3 'a second event moves the state again'
event_leads user.x 1 'a third event moves the state back'
event_leads user.y 1 'another event leaves the state unchanged'
bd_start bd set-state event=user.x new_state=5 set-state event=user.y state=0 new_state=6
event_leads user.x 5 'a set-state without state= acts in state 1'
event_leads user.y 6 'a set-state with state=0 acts in any state'
event_leads user.x 5 'a set-state without state= acts in state 6'
bd_start bd set-state event=user.x new_state=9 set-state event=user.x state=9
event_leads user.x 9 'of two matching set-state the first written wins'
event_leads user.x 9 'the first written set-state wins if it changes nothing'
is "$(bd_hits bd)" '2 0' 'only the set-state that wins counts a hit'
bd_start bd set-state event=user.x state=1 new_state=2 tag=a set-state event=user.x new_state=3
bd_msg bd remove a
event_leads user.x 3 'the next set-state wins after the first one is removed'
bd_start bd set-state event=user.x
event_leads user.x 0 'new_state= is 0 by default'
bd_start bd set-state event=user.x state=0 new_state=4
bd_msg bd state 0 > /dev/null
event_leads user.x 4 'state=0 matches state 0'

# --- Only the third step of a sequence fails ---

bd_start bd set-state event=user.one state=1 new_state=2 set-state event=user.two state=2 new_state=3 \
	inject-error state=3 iotype=write errno=ENOSPC
steps() {
	local event said=()

	for event; do
		bd_msg bd event "user.$event"
		said+=("$(io_write $bd 0 8)")
	done
	echo "${said[*]}"
}
is "$(steps two one one two one)" 'ok ok ok ENOSPC ENOSPC' 'a write fails only after two events in their order'

# Three writes: the third fails, later ones pass.
bd_start bd set-state event=write_aio state=1 new_state=2 set-state event=write_aio state=2 new_state=3 \
	set-state event=write_aio state=3 new_state=4 inject-error event=write_aio state=3 \
	inject-error event=write_aio state=4 errno=0
is "$(ios $bd 'w 0 8' 'w 0 8' 'w 0 8' 'w 0 8' 'w 0 8')" 'ok ok EIO ok ok' 'of five writes only the third fails'

# --- Two tasks move the state ---

bd_start bd set-state event=read_aio state=1 new_state=2 set-state event=read_aio state=2 new_state=3 \
	set-state event=read_aio state=3 new_state=4 set-state event=read_aio state=4 new_state=1
mapfile -t ops < <(printf 'r %d 8\n' {0..398})
background /tmp/io io $bd "${ops[@]}"
io $bd "${ops[@]}" > /dev/null
wait "$pid"
is "$(bd_msg bd state) $(bd_hits bd)" '3 200 200 199 199' 'each of 798 concurrent reads moves the state once'

done_testing
