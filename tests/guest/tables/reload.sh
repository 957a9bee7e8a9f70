# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Tables are loaded and swapped while requests are held and callers sleep.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module brd
ram_disk
bd_create t "$dev" seed=1
t=/dev/mapper/t

# A new table starts anew.
bd_msg t state 7
bd_msg t replace suspend event=write_aio tag=A once=off suspend event=user.x tag=X \
	inject-error event=user.arm sector=800 inject-error iotype=read errno=ENODATA
bd_msg t event user.arm
is "$(io_read $t 0 8)" ENODATA 'something is injected'
hold t 1 /tmp/io.1 'w 0 8 byte=71'
hold t 2 /tmp/io.2 'w 8 8 byte=72'
hold_event t 3 /tmp/event user.x
rules='inject-error event=read_aio errno=ENOSPC suspend event=write_aio tag=N'
bd_load t "$dev" seed=9 "$rules"
is "$(bd_status t held) $(bd_msg t state)" '3 7' 'a load leaves the live table alone'
is "$(cat /tmp/io.{1,2} /tmp/event)" '' 'and what it holds'
succeeds 'the swap does not wait' dmsetup resume t
for i in 1 2; do eventually "held write $i completes" file_is /tmp/io.$i ok; done
is "$(ios "$dev" 'r 0 8 byte=71' 'r 8 8 byte=72')" 'ok ok' 'and is on the disk'
eventually 'the sleeper is interrupted' file_like /tmp/event '^Command failed'
is "$(dmsetup status t)" "0 524288 blkdebug state=1 rules=2 armed=0 held=0 injected=0 seed=9" \
	'the state and the counters are new'
unlike "$(bd_msg t stats)" '=[1-9]' 'all of them'
is "$(bd_msg t list)" "1 0 - ${rules% susp*}"$'\n'"2 0 - susp${rules#* susp}" \
	'rules are numbered from 1 and have no hits'
hold t 1 /tmp/io 'w 0 8'
is "$(held t)" '1 N 2 write_aio write sync 0 8' 'so are holds'
bd_msg t resume N
eventually 'which are held and resumed as ever' file_is /tmp/io ok

# The table line as it stands, with rules added and removed since.
bd_msg t replace suspend event=user.x tag=X set-state sector=3-4,9 new_state=8 \
	inject-error event=l1_grow_alloc_table state=2 flags=!meta errno=28 once=on
bd_msg t remove X
bd_msg t break pwritev P once=off
table=$(dmsetup table t)
dmsetup load t --table "$table"
dmsetup resume t
is "$(dmsetup table t)" "$table" 'a table line can be loaded again as it stands'
is "$(bd_msg t list | cut -d ' ' -f 1)" $'1\n2\n3' 'its rules are numbered from 1'

# A sleeping message makes dm wait for it, a sleeper in sysfs does not.
sysfs=$(bd_sysfs t)
bd_msg t break user.x X once=off
# waits_for DESC COMMAND...
waits_for() {
	local desc=$1
	shift

	hold_event t 1 /tmp/event user.x
	background /tmp/command "$@"
	eventually "$desc waits for a sleeping message" process_state_is "$pid" D
	is "$(cat /tmp/command /tmp/event)" '' 'which sleeps on'
	put "$sysfs/resume" X
	eventually 'until it is resumed' file_is /tmp/event ok
	wait "$pid"
	is $? 0 'then both end'
}
background /tmp/event answer put "$sysfs/event" user.x
wait_until bd_status_is t held 1
succeeds 'a first load' bd_load t "$dev"
succeeds 'a second load does not wait for a sleeper in sysfs' bd_load t "$dev"
succeeds 'nor does a clear' dmsetup clear t
is "$(< /tmp/event)" '' 'which sleeps on'
bd_msg t resume X
eventually 'until it is resumed' file_is /tmp/event ok

hold_event t 1 /tmp/event user.x
succeeds 'a first load does not wait for a sleeping message' bd_load t "$dev"
is "$(< /tmp/event)" '' 'which sleeps on'
bd_msg t resume X
eventually 'until it is resumed' file_is /tmp/event ok
waits_for 'a second load' dmsetup load t --table "$table"
waits_for 'a clear' dmsetup clear t
bd_load t "$dev"
waits_for 'a remove with an inactive table' dmsetup remove t
succeeds 'the device is gone' no_dm_devices

done_testing
