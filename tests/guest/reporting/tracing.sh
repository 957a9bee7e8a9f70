# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The tracepoints with their fields.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

tracing=/sys/kernel/tracing
require test -d $tracing/events
bd_setup ram_disk
read -r device < "$(dm_sysfs bd)/dev"
read_flags=$(read_flags "$dev")

is "$(cd $tracing/events/dm_blkdebug && echo */)" \
	'blkdebug_cut/ blkdebug_durable/ blkdebug_event/ blkdebug_hold/ blkdebug_inject/ blkdebug_power_on/ blkdebug_resume/ blkdebug_state/' \
	'the module has eight tracepoints'
for point in blkdebug_{event,hold,inject,resume,state}; do
	fields=$(< "$tracing/events/dm_blkdebug/$point/format")
	for field in dev sector nr_sectors iotype flags; do
		like "$fields" "field:[^;]* $field;" "tracepoint $point has the field $field"
	done
	unlike "$fields" BLKDEBUG_ "the format of tracepoint $point has numbers for all names"
	[[ $point == blkdebug_event ]] || like "$fields" 'field:[^;]* rule;' "tracepoint $point has the field rule"
done
for point in blkdebug_{cut,durable,power_on}; do
	fields=$(< "$tracing/events/dm_blkdebug/$point/format")
	unlike "$fields" BLKDEBUG_ "the format of tracepoint $point has numbers for all names"
done
echo 1 > $tracing/events/dm_blkdebug/enable

# trace: prints the trace since the last call, without task, processor and time
trace() {
	local line

	while read -r line; do
		[[ $line == '#'* ]] || echo "${line#*: }"
	done < $tracing/trace
	: > $tracing/trace
}

trace > /tmp/null
bd_msg bd replace set-state event=pwritev new_state=2 suspend event=write_aio tag=A \
	inject-error sector=8 errno=ENOSPC once=on > /tmp/null
hold bd 1 /tmp/io 'w 8 16 fua'
bd_msg bd resume A
wait_until file_is /tmp/io ENOSPC
is "$(trace)" "blkdebug_event: $device write_aio write 8 + 16 fua,sync
blkdebug_hold: $device rule 2 hold 1 tag A write 8 + 16 fua,sync
blkdebug_resume: $device rule 2 hold 1 tag A write 8 + 16 fua,sync
blkdebug_event: $device pwritev write 8 + 16 fua,sync
blkdebug_state: $device rule 1 state 1 -> 2 write 8 + 16 fua,sync
blkdebug_inject: $device rule 3 errno 28 write 8 + 16 fua,sync inject-error" 'the trace of a write that is held and failed'

bd_msg bd replace suspend event=user.a_b tag=B > /tmp/null
hold_event bd 1 /tmp/event user.a.b
bd_msg bd resume B
wait_until file_is /tmp/event ok
bd_msg bd event user.nobody
bd_msg bd event l1_grow_alloc_table
is "$(trace)" "blkdebug_event: $device user.a_b event 0 + 0 -
blkdebug_hold: $device rule 4 hold 2 tag B event 0 + 0 -
blkdebug_resume: $device rule 4 hold 2 tag B event 0 + 0 -
blkdebug_event: $device user.nobody event 0 + 0 -
blkdebug_event: $device l1_grow.alloc_table event 0 + 0 -" 'the trace of events from user space'

bd_msg bd state 2 > /tmp/null
bd_msg bd state 7 > /tmp/null
is "$(trace)" "blkdebug_state: $device rule 0 state 2 -> 7 event 0 + 0 -" 'the trace of a state set by message'

bd_msg bd replace suspend tag=S iotype=read suspend event=read_done tag=D \
	inject-error iotype=read errno=0 > /tmp/null
hold bd 1 /tmp/io 'r 24 8'
bd_msg bd resume S
wait_until bd_status_is bd held 1
bd_msg bd resume D errno=ETIMEDOUT
wait_until file_is /tmp/io ETIMEDOUT
like "$(trace)" "^blkdebug_event: $device read_aio read 24 \+ 8 $read_flags
blkdebug_hold: $device rule 5 hold 3 tag S read 24 \+ 8 $read_flags
blkdebug_resume: $device rule 5 hold 3 tag S read 24 \+ 8 $read_flags
blkdebug_inject: $device rule 7 errno 0 read 24 \+ 8 $read_flags inject-error
blkdebug_event: $device read_done read 24 \+ 8 $read_flags
blkdebug_hold: $device rule 6 hold 4 tag D read 24 \+ 8 $read_flags
blkdebug_resume: $device rule 6 hold 4 tag D read 24 \+ 8 $read_flags
blkdebug_inject: $device rule 0 errno 110 read 24 \+ 8 $read_flags inject-error$" 'the trace of a read that is held twice and failed at its completion'

bd_msg bd replace inject-error iotype=flush > /tmp/null
io_flush $bd > /tmp/null
is "$(trace)" "blkdebug_event: $device flush_to_os flush 0 + 0 sync
blkdebug_event: $device flush_to_disk flush 0 + 0 sync
blkdebug_inject: $device rule 8 errno 5 flush 0 + 0 sync inject-error" 'the trace of a failed flush'

# Writes that become durable, and power cuts
ram_disk
bd_sectors=65536 bd_create c "$dev" cache=1M atomic-write=4K seed=7
c=/dev/mapper/c
read -r device < "$(dm_sysfs c)/dev"

# power_trace: prints the trace of c without events and flags
power_trace() {
	local line

	while read -r line; do
		case $line in
		"blkdebug_durable: $device "*) echo "${line% *}" ;;
		"blkdebug_cut: $device "* | "blkdebug_power_on: $device "*) echo "$line" ;;
		esac
	done < <(trace)
}

ios $c 'w 0 8' 'w 8 16' f 'w 24 8' > /tmp/null
is "$(power_trace)" "blkdebug_durable: $device write 1 by flush write 0 + 8
blkdebug_durable: $device write 2 by flush write 8 + 16" 'the trace of writes that a flush makes durable'
# The kernel sends a flush behind a synchronous write to a device
bd_msg c add drop iotype=flush > /tmp/null
ios $c 'w 32 8 fua' > /tmp/null
bd_msg c clear > /tmp/null
is "$(power_trace)" "blkdebug_durable: $device write 4 by fua write 32 + 8" 'the trace of a FUA write'
ios $c 'w 40 8' > /tmp/null
bd_msg c power-cut survive=prefix lose=1 keep=2 seed=3 > /tmp/null
is "$(power_trace)" "blkdebug_durable: $device write 5 by cut write 40 + 8
blkdebug_cut: $device cut 1 volatile 2 survived 1 torn 0 lost 1 survive prefix seed 3" \
	'the trace of a power cut and of the surviving writes'
bd_msg c power-on > /tmp/null
is "$(power_trace)" "blkdebug_power_on: $device cut 1 volatile 2 survived 1 torn 0 lost 1 survive prefix seed 3" \
	'the trace of the power that comes back'
ios $c 'w 0 1536' 'w 1536 1536' > /tmp/null
like "$(power_trace)" "^blkdebug_durable: $device write 6 by space write 0 \+ [0-9]+" \
	'the trace of a write that becomes durable because the cache is full'
io $c 'w 48 8' > /tmp/null
dmsetup suspend c
like "$(power_trace)" "blkdebug_durable: $device write [0-9]+ by suspend write 48 \+ 8\$" \
	'the trace of a write that a suspend makes durable'
dmsetup resume c
dmsetup remove c

echo 0 > $tracing/events/dm_blkdebug/enable
io_flush $bd > /tmp/null
is "$(trace)" '' 'disabled tracepoints trace nothing'

done_testing
