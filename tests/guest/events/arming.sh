# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Faults with an event: what arms them, what disarms them, and what leaves them
# armed.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

bd_sectors=2048
bd_setup ram_disk

# armed: prints the positions in the list of the rules marked "armed"
armed() {
	local list nr=0 mark marked=() _

	list=$(bd_msg bd list)
	while read -r _ _ mark _; do
		((++nr))
		[[ $mark != armed ]] || marked+=("$nr")
	done <<< "$list"
	echo "${marked[*]}"
}

# --- At load ---

bd_load bd "$dev" seed=7 inject-error event=none sector=0 errno=ENOSPC \
	inject-error event=none state=2 sector=0-8 errno=EILSEQ inject-error event=none state=1 sector=16 \
	set-state event=none new_state=2
dmsetup suspend bd
dmsetup resume bd
is "$(armed) $(bd_msg bd state)" '1 3 2' 'the event none arms faults at load by the state before its set-state'
is "$(bd_status bd armed)" 2 'status counts the armed faults'
is "$(ios $bd 'r 0 8' 'r 8 8' 'r 16 8' 'w 0 24')" 'ENOSPC ok EIO ENOSPC' 'faults armed at load are tried on each bio'
bd_load bd "$dev" state=5 inject-error event=none state=5 inject-error event=none state=1 errno=ENODATA
dmsetup suspend bd
dmsetup resume bd
is "$(armed) $(io_read $bd 0 8)" '1 EIO' 'the event none arms faults at load by the start state'
bd_load bd "$dev" seed=7 inject-error event=none suspend event=none tag=a
dmsetup suspend bd
dmsetup resume bd
is "$(armed) $(bd_msg bd is_suspended a)" '1 0' 'a breakpoint on the event none holds nothing at load'
bd_load bd "$dev" seed=7
dmsetup suspend bd
dmsetup resume bd

# --- Events of bios ---

bd_start bd inject-error event=write_aio errno=ENOSPC
is "$(ios $bd 'r 0 8' 'w 0 8' 'r 0 8')" 'ok ENOSPC ENOSPC' 'an event arms faults for its own bio and all later ones'
bd_start bd inject-error event=pwritev_done errno=ENOSPC
is "$(ios $bd 'w 0 8' 'r 0 8')" 'ok ENOSPC' 'a completion event arms faults for the next bio'
bd_start bd inject-error event=write_aio errno=ENOSPC inject-error event=read_aio errno=EILSEQ
is "$(ios $bd 'w 0 8' f 'r 0 8' f 'w 0 8' f)" 'ENOSPC ENOSPC EILSEQ EILSEQ ENOSPC ENOSPC' \
	'each arming event replaces the armed set'
bd_start bd inject-error event=write_aio errno=ENOSPC inject-error event=pwritev errno=EILSEQ
is "$(io_write $bd 0 8) $(armed)" 'EILSEQ 2' 'of two events of one bio the later one arms its faults'
bd_start bd inject-error event=write_aio sector=0-7 errno=ENOSPC
is "$(ios $bd 'r 0 8' 'w 8 8' 'r 8 8' 'r 0 8')" 'ok ok ok ENOSPC' \
	'sector= of an armed fault tests the bio to fail, not the one that raised the event'
bd_start bd inject-error event=write_aio iotype=read flags=!fua errno=ENOSPC
is "$(ios $bd 'r 0 8' 'w 0 8' 'r 0 8' 'w 0 8')" 'ok ok ENOSPC ok' 'iotype= and flags= of an armed fault test the bio to fail'
bd_start bd inject-error event=user.a iotype=write errno=ENOSPC
bd_msg bd event user.a
is "$(ios $bd 'r 0 8' 'w 0 8')" 'ok ENOSPC' 'iotype= of a fault armed from user space tests the bio to fail'
bd_start bd inject-error event=read_aio errno=ENODATA
bd_msg bd event read_aio
is "$(armed) $(io_write $bd 0 8)" '1 ENODATA' 'an I/O event raised from user space arms faults'

# --- The faults that an event arms ---

bd_start bd inject-error event=user.a sector=0 errno=ENOSPC inject-error event=user.a sector=8 errno=EILSEQ \
	inject-error event=user.a state=2 sector=16 errno=ENODATA inject-error event=user.b sector=0 \
	set-state event=user.a new_state=2
bd_msg bd event user.a
is "$(armed) $(bd_msg bd state)" '1 2 2' 'an event arms all its faults that match the state before it'
is "$(ios $bd 'r 0 8' 'r 8 8' 'r 16 8')" 'ENOSPC EILSEQ ok' 'all armed faults are tried, others are not'
bd_msg bd event user.a
is "$(armed) $(ios $bd 'r 0 8' 'r 8 8' 'r 16 8')" '1 2 3 ENOSPC EILSEQ ENODATA' \
	'an event raised in another state arms the faults of that state'
bd_msg bd event user.b
is "$(armed) $(ios $bd 'r 0 8' 'r 8 8')" '4 EIO ok' 'an arming event disarms the faults of other events'
bd_msg bd state 9 > /dev/null
is "$(armed) $(io_read $bd 0 8)" '4 EIO' 'a change of the state disarms nothing'

# --- Events that leave the armed set unchanged ---

bd_start bd inject-error event=user.a state=1 errno=ENOSPC inject-error event=user.b state=5 \
	set-state event=user.c new_state=3 suspend event=user.d state=5 tag=a
bd_msg bd event user.a
bd_msg bd event user.b
is "$(armed)" 1 'an event whose faults need another state leaves the armed set unchanged'
bd_msg bd event user.c
is "$(armed)" 1 'an event with a set-state rule only leaves the armed set unchanged'
bd_msg bd event user.a
is "$(armed)" 1 'the arming event, raised in a state that it arms nothing in, leaves the armed set unchanged'
bd_msg bd event user.d
bd_msg bd event user.e
bd_msg bd event l2_update
is "$(armed) $(io_read $bd 0 8)" '1 ENOSPC' 'events without faults leave the armed set unchanged'
bd_start bd inject-error event=user.a errno=ENOSPC inject-error event=user.b sector=0 once=on
bd_msg bd event user.b
is "$(io_read $bd 0 8)" EIO 'an armed once=on fault fails a bio'
bd_msg bd event user.a
bd_msg bd event user.b
is "$(armed) $(io_read $bd 0 8)" '1 ENOSPC' 'an event whose faults are all used up leaves the armed set unchanged'

# --- Added, removed and replaced rules ---

bd_start bd inject-error event=user.a errno=ENOSPC tag=a
bd_msg bd event user.a
bd_msg bd add inject-error event=user.a sector=8 errno=EILSEQ > /dev/null
is "$(armed) $(bd_status bd armed)" '1 1' 'a fault added after its event is not armed'
bd_msg bd remove a
is "$(ios $bd 'r 0 8' 'r 8 8')" 'ok ok' 'a fault added after its event is not armed by the removal of armed ones'
bd_msg bd event user.a
is "$(armed) $(ios $bd 'r 0 8' 'r 8 8')" '1 ok EILSEQ' 'a fault added after its event is armed when the event is raised again'
bd_start bd inject-error event=user.a errno=ENOSPC tag=a inject-error event=user.a sector=0-7 errno=EILSEQ
bd_msg bd event user.a
bd_msg bd remove a
is "$(armed) $(bd_status bd armed) $(ios $bd 'r 0 8' 'r 8 8')" '1 1 EILSEQ ok' \
	'removing one armed fault leaves the others armed'
bd_msg bd replace inject-error event=user.a errno=ENOSPC > /dev/null
is "$(armed) $(bd_status bd armed) $(io_read $bd 0 8)" ' 0 ok' 'rules that replace armed ones are not armed'
bd_msg bd event user.a
bd_msg bd clear
is "$(bd_status bd armed) $(io_read $bd 0 8)" '0 ok' 'clear empties the armed set'
bd_start bd inject-error event=user.a once=on inject-error event=user.a errno=ENOSPC
bd_msg bd event user.a
is "$(ios $bd 'r 0 8' 'r 0 8') $(armed) $(bd_status bd armed)" 'EIO ENOSPC 2 1' 'a used-up fault is not armed'

done_testing
