# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The state machine.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

has_module dm-blkdebug
ram_disk
bd_sectors=2048
bd_create bd "$dev" seed=7
bd=/dev/mapper/bd

# event_leads EVENT STATE DESC
event_leads() {
	bd_msg bd event "$1"
	answers "$2" "$3" bd state
}

# --- Where it starts ---

answers 1 'the state is 1 at load' bd state
bd_create other "$dev" state=17 set-state event=user.x new_state=3
answers 17 'or what state= says' other state
bd_msg other event user.x
answers 3 'rules move it' other state
bd_msg other reset
answers 17 'reset goes back to the start state' other state
like "$(dmsetup table other)" ' state=17 ' 'which the table shows'
bd_msg other state 5 > /dev/null
like "$(dmsetup table other)" ' state=17 ' 'whatever the state is now'
like "$(dmsetup status other)" ' state=5 ' 'that is in status'
table=$(dmsetup table other)
dmsetup load other <<< "$table"
dmsetup suspend other
dmsetup resume other
answers 17 'a reload starts anew' other state
bd_msg other state 6 > /dev/null
dmsetup suspend other
dmsetup resume other
answers 6 'a suspend and resume without a load does not' other state
dmsetup remove other

# --- The message ---

answers 4 'state sets the state' bd state 4
answers 4 'and shows it' bd state
answers 2147483647 'however large' bd state 2147483647
answers 0 'or small' bd state 0

# --- On events ---

bd_start bd set-state event=user.x state=1 new_state=2 set-state event=user.x state=2 new_state=3 \
	set-state event=user.x state=3 new_state=1
event_leads user.x 2 'an event moves the state'
event_leads user.x 3 'once'
event_leads user.x 1 'each time'
event_leads user.y 1 'another event does not'
bd_start bd set-state event=user.x new_state=5 set-state event=user.y state=0 new_state=6
event_leads user.x 5 'without a state a rule holds in every one'
event_leads user.y 6 'so it does with state 0'
event_leads user.x 5 'whatever it was'
bd_start bd set-state event=user.x new_state=9 set-state event=user.x state=9
event_leads user.x 9 'the first written wins'
event_leads user.x 9 'also when it changes nothing'
is "$(bd_hits bd)" '2 0' 'and alone counts hits'
bd_start bd set-state event=user.x state=1 new_state=2 tag=a set-state event=user.x new_state=3
bd_msg bd remove a
event_leads user.x 3 'the next one wins when it is removed'
bd_start bd set-state event=user.x
event_leads user.x 0 'the new state is 0 by default'
bd_start bd set-state event=user.x state=0 new_state=4
bd_msg bd state 0 > /dev/null
event_leads user.x 4 'state=0 includes state 0'

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
is "$(steps two one one two one)" 'ok ok ok ENOSPC ENOSPC' 'a sequence of events leads to the failing state'

# Three requests, the third fails, then all is well again.
bd_start bd set-state event=write_aio state=1 new_state=2 set-state event=write_aio state=2 new_state=3 \
	set-state event=write_aio state=3 new_state=4 inject-error event=write_aio state=3 \
	inject-error event=write_aio state=4 errno=0
is "$(ios $bd 'w 0 8' 'w 0 8' 'w 0 8' 'w 0 8' 'w 0 8')" 'ok ok EIO ok ok' 'only the third write fails'

# --- Both processors move it ---

bd_start bd set-state event=read_aio state=1 new_state=2 set-state event=read_aio state=2 new_state=3 \
	set-state event=read_aio state=3 new_state=4 set-state event=read_aio state=4 new_state=1
mapfile -t ops < <(printf 'r %d 8\n' {0..398})
background /tmp/io io $bd "${ops[@]}"
io $bd "${ops[@]}" > /dev/null
wait "$pid"
is "$(bd_msg bd state) $(bd_hits bd)" '3 200 200 199 199' 'no move is lost, none done twice'

done_testing
