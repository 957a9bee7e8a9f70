# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The events that each bio raises before its check and at its completion, and
# their order.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

has_module dm-blkdebug
loop_disk 16
loop=$dev
bd_sectors=8192
bd_create bd "$dev" seed=7
io_events=(read_aio write_aio pwritev pwritev_zero pwritev_done flush_to_os flush_to_disk read_done
	flush_done discard discard_done)

state() { bd_msg bd state; }

# chain EVENT...: sets rules by which each of these events, raised in turn,
# moves the state by one; any other event sets state 99
chain() {
	local events=" $* " event state=1 words=()

	for event; do
		words+=("set-state event=$event state=$state new_state=$((++state))")
	done
	for event in "${io_events[@]}"; do
		[[ $events == *" $event "* ]] || words+=("set-state event=$event new_state=99")
	done
	bd_start bd "${words[*]}"
}

# raises 'EVENT...' OP DESC: OP raises just these events in this order, each of
# them once
raises() {
	local events=() said

	read -ra events <<< "$1"
	chain "${events[@]}"
	said=$(ios $bd "$2")
	is "$said $(state)" "ok $((${#events[@]} + 1))" "$3 raises $1 in this order"
	is "$(io $bd "$2" "$2" > /dev/null; bd_hits bd)" "$(chain_hits "${#events[@]}")" "$3 raises each of its events once"
}

# chain_hits N: prints the expected hits of the chain: one for each of the first
# N events, however often the bio comes
chain_hits() {
	local hits=() i

	for i in "${!io_events[@]}"; do hits+=($((i < $1))); done
	echo "${hits[*]}"
}

raises 'read_aio read_done' 'r 0 8' 'a read'
raises 'write_aio pwritev pwritev_done' 'w 0 8' 'a write'
raises 'pwritev_zero pwritev_done' 'z 0 8' 'a write-zeroes'
raises 'flush_to_os flush_to_disk flush_done' f 'a flush'
raises 'discard discard_done' 'd 0 8' 'a discard'

# --- Events before the check and at completion ---

# before EVENT OP before|after RESULT: an event before the check sets the state
# by which the check is judged; a completion event does not
before() {
	bd_start bd set-state event="$1" new_state=2 inject-error state=2 errno=ENOSPC
	is "$(ios $bd "$2") $(state)" "$4 2" "$1 is raised $3 the check of '$2'"
}

before read_aio 'r 0 8' before ENOSPC
before read_done 'r 0 8' after ok
before write_aio 'w 0 8' before ENOSPC
before pwritev 'w 0 8' before ENOSPC
before pwritev_done 'w 0 8' after ok
before pwritev_zero 'z 0 8' before ENOSPC
before pwritev_done 'z 0 8' after ok
before flush_to_os f before ENOSPC
before flush_to_disk f before ENOSPC
before flush_done f after ok
before discard 'd 0 8' before ENOSPC
before discard_done 'd 0 8' after ok

# completes EVENT OP: the event is raised for a bio that an injected error
# failed
completes() {
	bd_start bd set-state event="$1" state=1 new_state=2 inject-error errno=ENOSPC
	is "$(ios $bd "$2") $(state)" 'ENOSPC 2' "$1 is raised for '$2' failed by a rule"
	bd_start bd set-state event="$1" state=1 new_state=2 inject-error immediately=on
	is "$(ios $bd "$2") $(state)" 'EIO 2' "$1 is raised for '$2' failed by an immediately=on rule"
}

completes read_done 'r 0 8'
completes pwritev_done 'w 0 8'
completes pwritev_done 'z 0 8'
completes flush_done f
completes discard_done 'd 0 8'

# The data of a write are on the disk when its completion event is raised.
bd_start bd suspend event=pwritev_done tag=late
background /tmp/io io $bd 'w 64 8 byte=77'
like "$(bd_msg bd wait_break late)" ' late [0-9]+ pwritev_done write [a-z,]*sync[a-z,]* 64 8 ' \
	'held shows the sector and length of a bio at its completion event'
is "$(ios "$loop" 'r 64 8 byte=77')" ok 'the data of a write are on the disk at pwritev_done'
is "$(< /tmp/io)" '' 'a write held at pwritev_done is not acknowledged'
bd_msg bd resume late
wait "$pid"
is "$(< /tmp/io)" ok 'a write held at pwritev_done succeeds after its resume'
bd_msg bd add suspend event=pwritev_done tag=late > /dev/null
background /tmp/io io $bd 'w 64 8 byte=88'
bd_msg bd wait_break late > /dev/null
bd_msg bd resume late errno=ENOSPC
wait "$pid"
is "$(< /tmp/io) $(ios "$loop" 'r 64 8 byte=88')" 'ENOSPC ok' 'a resume with an errno fails a write that is on the disk'
bd_start bd set-state event=read_done sector=16-23 new_state=2 \
	set-state event=read_done sector=0-7 iotype=write new_state=3
is "$(ios $bd 'r 0 8') $(state)" 'ok 1' 'set-state at a completion event ignores bios of other sectors and iotypes'
is "$(ios $bd 'r 16 8') $(state)" 'ok 2' 'set-state at a completion event acts on a bio of its sector'

# --- Completion events are raised for bios mapped while a rule names the event ---

# A hold in the device below keeps a bio that the device above has mapped.
bd_create over $bd seed=7
over=/dev/mapper/over
bd_start bd suspend event=read_aio tag=a
background /tmp/io io $over 'r 0 8'
bd_msg bd wait_break a > /dev/null
bd_msg over add set-state event=read_done new_state=2 > /dev/null
bd_msg bd resume a
wait "$pid"
answers 1 'a bio mapped before the rule was added raises no completion event' over state
io_read $over 0 8 > /dev/null
answers 2 'a bio mapped after the rule was added raises its completion event' over state
bd_start over suspend event=read_aio tag=a
background /tmp/io io $over 'r 0 8'
bd_msg over wait_break a > /dev/null
bd_msg over add set-state event=read_done new_state=2 > /dev/null
bd_msg over resume a
wait "$pid"
answers 2 'a bio held before its mapping as the rule was added raises its completion event' over state
dmsetup remove over
bd_start bd suspend event=read_aio tag=a inject-error event=read_done tag=b
background /tmp/io io $bd 'r 0 8'
bd_msg bd wait_break a > /dev/null
bd_msg bd remove b
bd_msg bd add set-state event=read_done new_state=2 > /dev/null
bd_msg bd resume a
wait "$pid"
is "$(state)" 2 'a completion event is raised after the rule that named it at the mapping was replaced'

# --- A bio that the device below fails ---

dmsetup create holes --table "0 64 linear $loop 0
64 64 error
128 8064 linear $loop 128"
bd_create over /dev/mapper/holes set-state event=read_done state=1 new_state=2 \
	set-state event=pwritev_done state=2 new_state=3
is "$(ios /dev/mapper/over 'r 64 8' 'w 64 8') $(bd_msg over state)" 'EIO EIO 3' \
	'completion events are raised for bios that the device below fails'
dmsetup remove over
dmsetup remove holes

# --- From user space ---

bd_start bd set-state event=l2_update new_state=2 set-state event=user.x new_state=3 \
	inject-error event=cluster_free errno=ENOSPC
bd_msg bd event l2_update
is "$(state)" 2 "a QEMU event raised from user space acts on rules"
bd_msg bd event user.x
is "$(state)" 3 'a user event acts on rules'
succeeds 'a user event without a rule can be raised' bd_msg bd event user.nobody-knows
succeeds 'a user event with a name of 63 characters can be raised' bd_msg bd event "user.$(printf '%058d' 0)"
bd_msg bd event cluster_free
is "$(io_read $bd 0 8)" ENOSPC 'an event from user space arms faults'
bd_start bd set-state event=user.a_b new_state=2 set-state event=user.A_B new_state=3
bd_msg bd event user_a.b
is "$(state)" 2 'dot and underscore are alike in user events'
bd_msg bd event user.A.B
is "$(state)" 3 'upper and lower case differ in user events'
bd_msg bd state 1 > /dev/null
bd_msg bd event user.a-b
is "$(state)" 1 'dash and underscore differ in user events'

done_testing
