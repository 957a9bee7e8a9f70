# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Devices are removed, by force where needed, while bios are held and callers
# sleep.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module brd
ram_disk
rules='suspend event=write_aio tag=A once=off suspend event=user.x tag=X once=off
	suspend event=read_done tag=D sector=0 suspend event=flush_to_os tag=F suspend tag=S sector=16
	inject-error sector=800'
rules=${rules//$'\n'/ }

succeeds 'create succeeds' bd_create t "$dev" "$rules"
succeeds 'remove succeeds' dmsetup remove t
is "$(echo /sys/block/dm-*)" '/sys/block/dm-*' 'remove leaves no dm device'

# Sleeping messages do not keep the device open.
bd_create t "$dev" "$rules"
hold_event t 1 /tmp/event user.x
background /tmp/put answer put "$(bd_sysfs t)/event" user.x
wait_until bd_status_is t held 2
background /tmp/wait_break dmsetup message t 0 wait_break never
wait_until process_state_is "$pid" D
background /tmp/wait_hits dmsetup message t 0 wait_hits A 1
wait_until process_state_is "$pid" D
succeeds 'remove succeeds while messages sleep' dmsetup remove t
for file in event wait_break wait_hits; do
	eventually "remove interrupts the message $file" file_like /tmp/$file '^Command failed'
done
eventually 'remove interrupts a writer to sysfs' file_like /tmp/put "${errno_text[EINTR]}"
eventually 'remove with sleeping messages leaves no dm device' no_dm_devices

# A submitter of held I/O has the device open.
bd_create t "$dev" "$rules"
io_write "$dev" 0 16 byte=91
hold t 1 /tmp/io.1 'w 0 8 byte=92'
hold t 2 /tmp/io.2 'w 8 8 byte=93'
hold t 3 /tmp/io.flush f
hold t 4 /tmp/io.standing 'r 16 8'
hold t 5 /tmp/io.done 'r 0 8 byte=91'
hold_event t 6 /tmp/event user.x
fails_with EBUSY 'remove of a device in use fails' dmsetup remove t
is "$(bd_status t held)" 6 'a failed remove leaves all holds'
succeeds 'remove --deferred of a device in use succeeds' dmsetup remove --deferred t
is "$(bd_status t held)" 6 'remove --deferred leaves all holds until the last close'

dmsetup remove --force --deferred t > /dev/null 2>&1
for file in 1 2 standing; do
	eventually "a forced remove fails held I/O: $file" file_is /tmp/io.$file EIO
done
# dm-error gets no flushes.
eventually 'a forced remove completes a held flush' file_is /tmp/io.flush ok
eventually 'a forced remove completes a read held at its completion' file_is /tmp/io.done ok
eventually 'a forced remove interrupts a held caller' file_like /tmp/event '^Command failed'
eventually 'a deferred and forced remove leaves no dm device' no_dm_devices
is "$(io_read "$dev" 0 16 byte=91)" ok 'held writes that a forced remove failed are not on the disk'

# A forced remove without I/O.
bd_create t "$dev" "$rules"
hold_event t 1 /tmp/event user.x
succeeds 'a forced remove succeeds while a caller is held' dmsetup remove --force t
eventually 'a forced remove without I/O interrupts a held caller' file_like /tmp/event '^Command failed'

# A failed constructor frees what it has built.
fails_with EINVAL 'create with an invalid rule fails' bd_create t "$dev" "$rules suspend tag=A event=no"
is "$(echo /sys/block/dm-*)" '/sys/block/dm-*' 'create with an invalid rule leaves no dm device'
dmsetup create -n t
fails_with EINVAL 'load of a table whose second target is invalid fails' dmsetup load t --table \
	"0 64 blkdebug $dev 0 suspend event=none tag=A
	64 64 blkdebug $dev 64 suspend event=none"
succeeds 'a device whose load failed can be removed' dmsetup remove t

done_testing
