# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The rows of "Coming from QEMU" in Documentation/dm-blkdebug.rst, as far as the
# target has a part in them. Rows that are for scripts/blkdebug-table are in
# tests/host/blkdebug-table.t, limits in limits.sh; how requests end in all the
# combinations of keys is compared in tests/host/differential.t.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module loop
loop_disk 1
bd_create t "$dev" 'inject-error event=none sector=9 errno=28 once=on'
t=/dev/mapper/t

# rules WANT DESC RULE...: these, printed like that
rules() {
	bd_msg t replace "${@:3}"
	like "$(bd_rules t)" "^seed=[0-9]+ $1\$" "$2"
}

# --- Keys of rules ---

# Row: event="none"
is "$(ios $t 'r 9 1' 'r 9 1')" 'ENOSPC ok' 'event=none is raised at load'
bd_msg t replace inject-error event=none
is "$(io_read $t 9 1)" ok 'and not by replace'

# Row: event
rules 'inject-error event=l1_grow.alloc_table' 'event: the newer spelling' \
	inject-error event=l1_grow_alloc_table
bd_msg t event l1_grow.alloc_table
is "$(io_read $t 0 1)" EIO 'event: one that no request raises, by message'

# Row: no event
rules 'inject-error' 'no event: a standing rule' inject-error
is "$(ios $t 'r 0 1' 'w 0 1' f 'd 0 8' 'z 0 8')" 'EIO EIO EIO EIO EIO' 'for every request'

# Rows: state, new_state
bd_msg t replace set-state event=write_aio state=1 new_state=2147483647 \
	set-state event=write_aio state=2147483647 inject-error event=write_aio state=2147483647
is "$(ios $t 'w 0 1' 'w 0 1')" 'ok EIO' 'state and new_state'
is "$(bd_msg t state)" 0 'new_state is 0 if not given'
fails_with 'Invalid argument' 'state: no more than 2147483647' \
	bd_msg t add set-state event=write_aio state=2147483648

# Row: [inject-error], [set-state]
bd_msg t reset
bd_msg t replace set-state event=write_aio new_state=2 set-state event=write_aio new_state=3 \
	inject-error event=write_aio errno=ENODATA inject-error event=write_aio
is "$(io_write $t 0 1) $(bd_msg t state)" 'ENODATA 2' 'of several the first written wins'

# Row: sector
rules 'inject-error event=read_aio sector=10' 'sector: a leading zero is nothing' \
	inject-error event=read_aio sector=010
is "$(ios $t 'r 9 1' 'r 8 3' 'r 11 1')" 'ok EIO ok' 'sector: one among those of the request'

# Row: errno
rules 'inject-error event=read_aio errno=ENOSPC' 'errno: a number' \
	inject-error event=read_aio errno=28
fails_with 'Invalid argument' 'errno: not EACCES, which no bio carries' \
	bd_msg t add inject-error event=read_aio errno=13
bd_msg t replace inject-error event=read_aio errno=0 inject-error event=read_aio
is "$(io_read $t 0 1)" ok 'errno: 0 lets the request pass'

# Rows: once, immediately
bd_msg t replace inject-error event=read_aio once=on immediately=on
is "$(ios $t 'r 0 1' 'r 0 1')" 'EIO ok' 'once, immediately: on'
fails_with 'Invalid argument' 'once: not yes' bd_msg t add inject-error event=read_aio once=yes

# Row: iotype
for iotype in read write write-zeroes discard flush; do
	succeeds "iotype: $iotype" bd_msg t add inject-error event=read_aio iotype=$iotype
done
# Row: iotype="block-status"
fails_with 'Invalid argument' 'iotype: not block-status' \
	bd_msg t add inject-error event=read_aio iotype=block-status

# Rows: image, take-child-perms, unshare-child-perms
for option in config=/x image=/x take-child-perms=write unshare-child-perms=write; do
	fails_with 'Invalid argument' "no option $option" bd_load t "$dev" $option
done

# --- Commands ---

# Row: break
bd_msg t reset
like "$(bd_msg t break write_aio A sector=8)" '^[0-9]+$' 'break answers with a number'
fails_with ENOENT 'break: no such event' bd_msg t break foo A
is "$(io_write $t 0 1)" ok 'break takes keys'
hold t 1 /tmp/io 'w 8 1'

# Rows: wait_break, is a request suspended?
like "$(bd_msg t wait_break A)" '^[0-9]+ A ' 'wait_break answers with the hold'
is "$(bd_msg t is_suspended A)$(bd_msg t is_suspended B)" 10 'is_suspended'
fails_with ETIMEDOUT 'wait_break gives up' bd_msg t wait_break B 10

# Row: remove_break
succeeds 'remove_break of a breakpoint that is used up but holds' bd_msg t remove_break A
eventually 'resumes' file_is /tmp/io ok
fails_with ENOENT 'remove_break: none there' bd_msg t remove_break A

# Row: resume
fails_with ENOENT 'resume: none held' bd_msg t resume A
bd_msg t break write_aio A once=off
hold t 1 /tmp/a 'w 0 1'
hold t 2 /tmp/b 'w 8 1'
bd_msg t resume A
eventually 'resume means the one held last' file_is /tmp/b ok
bd_msg t resume A errno=ENOSPC
eventually 'resume with an errno' file_is /tmp/a ENOSPC

# --- What requests do ---

# Row: a flush of what is clean
bd_msg t replace inject-error event=flush_to_disk
is "$(ios $t f f)" 'EIO EIO' 'a flush of what is clean is seen'

# Row: a discard
bd_msg t replace inject-error event=discard iotype=read
is "$(ios $t 'r 0 8' 'd 0 8' 'r 0 8')" 'ok ok EIO' 'a discard raises an event of its own'
bd_msg t replace inject-error event=write_aio iotype=discard
is "$(ios $t 'w 0 8' 'd 0 8')" 'ok EIO' 'a fault armed before fails it'

# Row: completions
bd_msg t reset
bd_msg t replace inject-error event=write_aio set-state event=pwritev_done new_state=2
is "$(io_write $t 0 1) $(bd_msg t state)" 'EIO 2' 'pwritev_done comes after failed writes, too'

# Row: a request that overlaps a held one: in qemu-077.sh

done_testing
