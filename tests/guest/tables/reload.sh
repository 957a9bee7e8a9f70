# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Tables are loaded and become live while bios are held and callers sleep.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module brd
ram_disk
bd_create t "$dev" seed=1
t=/dev/mapper/t

# A new table starts with new state, rules and counters.
bd_msg t state 7
bd_msg t replace suspend event=write_aio tag=A once=off suspend event=user.x tag=X \
	inject-error event=user.arm sector=800 inject-error iotype=read errno=ENODATA
bd_msg t event user.arm
is "$(io_read $t 0 8)" ENODATA 'a rule of the first table fails a read'
hold t 1 /tmp/io.1 'w 0 8 byte=71'
hold t 2 /tmp/io.2 'w 8 8 byte=72'
hold_event t 3 /tmp/event user.x
rules='inject-error event=read_aio errno=ENOSPC suspend event=write_aio tag=N'
bd_load t "$dev" seed=9 "$rules"
is "$(bd_status t held) $(bd_msg t state)" '3 7' 'a load leaves holds and state of the live table'
is "$(cat /tmp/io.{1,2} /tmp/event)" '' 'a load leaves bios and callers held'
succeeds 'a resume with a new table succeeds while bios are held' dmsetup resume t
for i in 1 2; do eventually "held write $i completes at the change of tables" file_is /tmp/io.$i ok; done
is "$(ios "$dev" 'r 0 8 byte=71' 'r 8 8 byte=72')" 'ok ok' 'writes held by the old table are on the disk'
eventually 'a caller held by the old table is interrupted' file_like /tmp/event '^Command failed'
is "$(dmsetup status t)" "0 524288 blkdebug state=1 rules=2 armed=0 held=0 injected=0 seed=9 power=on cached=0 volatile=0 views=0" \
	'status of the new table starts with the start state and zero counters'
unlike "$(bd_msg t stats)" '=[1-9]' 'stats of the new table start at zero'
is "$(bd_msg t list)" "1 0 - ${rules% susp*}"$'\n'"2 0 - susp${rules#* susp}" \
	'the new table numbers its rules from 1, without hits'
hold t 1 /tmp/io 'w 0 8'
is "$(held t)" '1 N 2 write_aio write sync 0 8' 'the new table counts its holds from 1'
bd_msg t resume N
eventually 'a bio held by the new table completes after its resume' file_is /tmp/io ok

# The table line of changed rules.
bd_msg t replace suspend event=user.x tag=X set-state sector=3-4,9 new_state=8 \
	inject-error event=l1_grow_alloc_table state=2 flags=!meta errno=28 once=on
bd_msg t remove X
bd_msg t break pwritev P once=off
table=$(dmsetup table t)
dmsetup load t --table "$table"
dmsetup resume t
is "$(dmsetup table t)" "$table" 'a printed table line loads again unchanged'
is "$(bd_msg t list | cut -d ' ' -f 1)" $'1\n2\n3' 'a loaded table line numbers its rules from 1'

# dm waits for a sleeping message, but not for a writer to sysfs.
sysfs=$(bd_sysfs t)
bd_msg t break user.x X once=off
# waits_for DESC COMMAND...: the command waits until a sleeping message is
# resumed
waits_for() {
	local desc=$1
	shift

	hold_event t 1 /tmp/event user.x
	background /tmp/command "$@"
	eventually "$desc waits for a sleeping message" process_state_is "$pid" D
	is "$(cat /tmp/command /tmp/event)" '' "the message sleeps on during $desc"
	put "$sysfs/resume" X
	eventually "the message is resumed during $desc" file_is /tmp/event ok
	wait "$pid"
	is $? 0 "$desc ends after the message"
}
background /tmp/event answer put "$sysfs/event" user.x
wait_until bd_status_is t held 1
succeeds 'a first load succeeds while a writer to sysfs sleeps' bd_load t "$dev"
succeeds 'a second load succeeds while a writer to sysfs sleeps' bd_load t "$dev"
succeeds 'clear of the inactive table succeeds while a writer to sysfs sleeps' dmsetup clear t
is "$(< /tmp/event)" '' 'a writer to sysfs sleeps on during loads and clear'
bd_msg t resume X
eventually 'a writer to sysfs can be resumed after loads and clear' file_is /tmp/event ok

hold_event t 1 /tmp/event user.x
succeeds 'a first load succeeds while a message sleeps' bd_load t "$dev"
is "$(< /tmp/event)" '' 'a message sleeps on during a first load'
bd_msg t resume X
eventually 'a message can be resumed after a first load' file_is /tmp/event ok
waits_for 'a second load' dmsetup load t --table "$table"
waits_for 'a clear' dmsetup clear t
bd_load t "$dev"
waits_for 'a remove with an inactive table' dmsetup remove t
succeeds 'remove with an inactive table removes the device' no_dm_devices

done_testing
