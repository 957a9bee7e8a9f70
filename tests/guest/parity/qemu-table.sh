# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The rows of the table of differences to QEMU in the documentation, as far as
# the target has a part in them. Rows about scripts/blkdebug-table are tested in
# tests/host/blkdebug-table.t, limits in limits.sh; tests/host/differential.t
# compares the results of I/O under all combinations of keys.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module loop
loop_disk 1
bd_create t "$dev" 'inject-error event=none sector=9 errno=28 once=on'
t=/dev/mapper/t

# rules WANT DESC RULE...: the rules are accepted and printed as WANT
rules() {
	bd_msg t replace "${@:3}"
	like "$(bd_rules t)" "^seed=[0-9]+ $1\$" "$2"
}

# --- Keys of rules ---

# Row: event="none"
is "$(ios $t 'r 9 1' 'r 9 1')" 'ENOSPC ok' 'event=none is raised at load'
bd_msg t replace inject-error event=none
is "$(io_read $t 9 1)" ok 'event=none is not raised by replace'

# Row: event
rules 'inject-error event=l1_grow.alloc_table' 'event: the newer spelling is accepted' \
	inject-error event=l1_grow_alloc_table
bd_msg t event l1_grow.alloc_table
is "$(io_read $t 0 1)" EIO 'a QEMU event that no bio raises is raised by message'

# Row: no event
rules 'inject-error' 'a rule without event is printed without event' inject-error
is "$(ios $t 'r 0 1' 'w 0 1' f 'd 0 8' 'z 0 8')" 'EIO EIO EIO EIO EIO' 'a rule without event fails all I/O'

# Rows: state, new_state
bd_msg t replace set-state event=write_aio state=1 new_state=2147483647 \
	set-state event=write_aio state=2147483647 inject-error event=write_aio state=2147483647
is "$(ios $t 'w 0 1' 'w 0 1')" 'ok EIO' 'state and new_state: two writes move the state, and the second is failed'
is "$(bd_msg t state)" 0 'new_state: the default is 0'
fails_with 'Invalid argument' 'state: a number larger than 2147483647 is refused' \
	bd_msg t add set-state event=write_aio state=2147483648

# Row: [inject-error], [set-state]
bd_msg t reset
bd_msg t replace set-state event=write_aio new_state=2 set-state event=write_aio new_state=3 \
	inject-error event=write_aio errno=ENODATA inject-error event=write_aio
is "$(io_write $t 0 1) $(bd_msg t state)" 'ENODATA 2' 'of several matching rules of an event the first written acts'

# Row: sector
rules 'inject-error event=read_aio sector=10' 'sector: a leading zero is ignored' \
	inject-error event=read_aio sector=010
is "$(ios $t 'r 9 1' 'r 8 3' 'r 11 1')" 'ok EIO ok' 'sector: a bio that touches the sector fails'

# Row: errno
rules 'inject-error event=read_aio errno=ENOSPC' 'errno: a number is printed by name' \
	inject-error event=read_aio errno=28
fails_with 'Invalid argument' 'errno: EACCES, which no bio carries, is refused' \
	bd_msg t add inject-error event=read_aio errno=13
bd_msg t replace inject-error event=read_aio errno=0 inject-error event=read_aio
is "$(io_read $t 0 1)" ok 'errno: 0 lets the bio pass'

# Rows: once, immediately
bd_msg t replace inject-error event=read_aio once=on immediately=on
is "$(ios $t 'r 0 1' 'r 0 1')" 'EIO ok' 'once and immediately: on'
fails_with 'Invalid argument' 'once: yes is refused' bd_msg t add inject-error event=read_aio once=yes

# Row: iotype
for iotype in read write write-zeroes discard flush; do
	succeeds "iotype: $iotype is accepted" bd_msg t add inject-error event=read_aio iotype=$iotype
done
# Row: iotype="block-status"
fails_with 'Invalid argument' 'iotype: block-status is refused' \
	bd_msg t add inject-error event=read_aio iotype=block-status

# Rows: image, take-child-perms, unshare-child-perms
for option in config=/x image=/x take-child-perms=write unshare-child-perms=write; do
	fails_with 'Invalid argument' "option $option is refused" bd_load t "$dev" $option
done

# --- Commands ---

# Row: break
bd_msg t reset
like "$(bd_msg t break write_aio A sector=8)" '^[0-9]+$' 'break answers with a number'
fails_with ENOENT 'break on an unknown event fails' bd_msg t break foo A
is "$(io_write $t 0 1)" ok 'break takes a sector'
hold t 1 /tmp/io 'w 8 1'

# Rows: wait_break, bdrv_debug_is_suspended()
like "$(bd_msg t wait_break A)" '^[0-9]+ A ' 'wait_break answers with the hold'
is "$(bd_msg t is_suspended A)$(bd_msg t is_suspended B)" 10 'is_suspended answers for a held tag and for another'
fails_with ETIMEDOUT 'wait_break times out' bd_msg t wait_break B 10

# Row: remove_break
succeeds 'remove_break finds a used-up breakpoint that holds a bio' bd_msg t remove_break A
eventually 'remove_break resumes the hold of a used-up breakpoint' file_is /tmp/io ok
fails_with ENOENT 'remove_break fails without breakpoint and hold' bd_msg t remove_break A

# Row: resume
fails_with ENOENT 'resume without a hold fails' bd_msg t resume A
bd_msg t break write_aio A once=off
hold t 1 /tmp/a 'w 0 1'
hold t 2 /tmp/b 'w 8 1'
bd_msg t resume A
eventually 'resume resumes the last hold' file_is /tmp/b ok
bd_msg t resume A errno=ENOSPC
eventually 'resume with an errno fails the bio' file_is /tmp/a ENOSPC

# --- Behaviour of bios ---

# Row: flush of clean data
bd_msg t replace inject-error event=flush_to_disk
is "$(ios $t f f)" 'EIO EIO' 'each flush is seen, also without earlier writes'

# Row: discard
bd_msg t replace inject-error event=discard iotype=read
is "$(ios $t 'r 0 8' 'd 0 8' 'r 0 8')" 'ok ok EIO' 'a discard raises the event discard and no read event'
bd_msg t replace inject-error event=write_aio iotype=discard
is "$(ios $t 'w 0 8' 'd 0 8')" 'ok EIO' 'a discard is failed by a fault that a write has armed'

# Row: completion events
bd_msg t reset
bd_msg t replace inject-error event=write_aio set-state event=pwritev_done new_state=2
is "$(io_write $t 0 1) $(bd_msg t state)" 'EIO 2' 'pwritev_done is raised for a failed write'

# Row: I/O that overlaps a held one: see qemu-077.sh

done_testing
