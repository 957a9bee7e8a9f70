# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Devices are removed, by force if need be, with requests held and callers asleep.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module brd
ram_disk
rules='suspend event=write_aio tag=A once=off suspend event=user.x tag=X once=off
	suspend event=read_done tag=D sector=0 suspend event=flush_to_os tag=F suspend tag=S sector=16
	inject-error sector=800'
rules=${rules//$'\n'/ }

succeeds 'create' bd_create t "$dev" "$rules"
succeeds 'remove' dmsetup remove t
is "$(echo /sys/block/dm-*)" '/sys/block/dm-*' 'leaves nothing'

# Sleepers do not keep the device.
bd_create t "$dev" "$rules"
hold_event t 1 /tmp/event user.x
background /tmp/put answer put "$(bd_sysfs t)/event" user.x
wait_until bd_status_is t held 2
background /tmp/wait_break dmsetup message t 0 wait_break never
wait_until process_state_is "$pid" D
background /tmp/wait_hits dmsetup message t 0 wait_hits A 1
wait_until process_state_is "$pid" D
succeeds 'remove does not wait for sleepers' dmsetup remove t
for file in event wait_break wait_hits; do
	eventually "$file is interrupted" file_like /tmp/$file '^Command failed'
done
eventually 'so is a write to sysfs' file_like /tmp/put "${errno_text[EINTR]}"
eventually 'and the device is gone' no_dm_devices

# Whoever waits for its I/O has the device open.
bd_create t "$dev" "$rules"
io_write "$dev" 0 16 byte=91
hold t 1 /tmp/io.1 'w 0 8 byte=92'
hold t 2 /tmp/io.2 'w 8 8 byte=93'
hold t 3 /tmp/io.flush f
hold t 4 /tmp/io.standing 'r 16 8'
hold t 5 /tmp/io.done 'r 0 8 byte=91'
hold_event t 6 /tmp/event user.x
fails_with EBUSY 'remove of a device in use' dmsetup remove t
is "$(bd_status t held)" 6 'changes nothing'
succeeds 'remove --deferred' dmsetup remove --deferred t
is "$(bd_status t held)" 6 'waits for the last close'

dmsetup remove --force --deferred t > /dev/null 2>&1
for file in 1 2 standing; do
	eventually "forced: what is held fails: $file" file_is /tmp/io.$file EIO
done
# dm-error has no part in flushes.
eventually 'a held flush ends' file_is /tmp/io.flush ok
eventually 'but what is held at its completion' file_is /tmp/io.done ok
eventually 'the sleeper is interrupted' file_like /tmp/event '^Command failed'
eventually 'and the device goes away' no_dm_devices
is "$(io_read "$dev" 0 16 byte=91)" ok 'nothing has been written'

# Forced, but without anything to fail.
bd_create t "$dev" "$rules"
hold_event t 1 /tmp/event user.x
succeeds 'remove --force' dmsetup remove --force t
eventually 'interrupts sleepers, too' file_like /tmp/event '^Command failed'

# A half-built target is removed by its constructor.
fails_with EINVAL 'a table that cannot be loaded' bd_create t "$dev" "$rules suspend tag=A event=no"
is "$(echo /sys/block/dm-*)" '/sys/block/dm-*' 'leaves nothing'
dmsetup create -n t
fails_with EINVAL 'a table that fails at its second target' dmsetup load t --table \
	"0 64 blkdebug $dev 0 suspend event=none tag=A
	64 64 blkdebug $dev 64 suspend event=none"
succeeds 'leaves a device that can be removed' dmsetup remove t

done_testing
