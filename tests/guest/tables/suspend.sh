# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# From the start of a suspend until the resume nothing is held and no caller
# sleeps.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

bd_setup ram_disk
# The text of dmsetup for EINTR.
interrupted='^Command failed'

# Bios and sleeping callers of all kinds.
bd_msg bd replace suspend event=write_aio tag=A once=off suspend event=user.x tag=B once=off \
	suspend event=pwritev_done tag=C sector=0 suspend event=read_aio tag=D once=off \
	suspend event=read_aio tag=E suspend event=flush_to_disk tag=A
hold bd 1 /tmp/io.write 'w 8 8 byte=33'
hold bd 3 /tmp/io.read 'r 0 8'
hold bd 4 /tmp/io.flush f
hold bd 5 /tmp/io.done 'w 0 8 byte=44'
bd_msg bd resume A
bd_msg bd wait_break C > /dev/null
hold_event bd 6 /tmp/event user.x
background /tmp/put answer put "$sysfs/event" user.x
wait_until bd_status_is bd held 7
background /tmp/wait_break dmsetup message bd 0 wait_break never
wait_until process_state_is "$pid" D
background /tmp/wait_hits dmsetup message bd 0 wait_hits A 100
wait_until process_state_is "$pid" D
bd_msg bd state 5
breakpoints=$(bd_msg bd list)
bd_msg bd add inject-error sector=8-15 errno=ENOSPC

succeeds 'suspend succeeds while bios are held and callers sleep' dmsetup suspend bd
is "$(bd_status bd held)$(bd_msg bd held)" 0 'nothing is held during a suspend'
eventually 'suspend completes a held read' file_is /tmp/io.read ok
eventually 'suspend completes a held flush' file_is /tmp/io.flush ok
eventually 'suspend completes a write held at its completion' file_is /tmp/io.done ok
is "$(io_read "$dev" 0 8 byte=44)" ok 'a write held at its completion is on the disk'
eventually 'a held write meets its check at the suspend' file_is /tmp/io.write ENOSPC
for file in event wait_break wait_hits; do
	eventually "suspend interrupts the message $file" file_like /tmp/$file "$interrupted"
done
eventually 'suspend interrupts a writer to sysfs' file_like /tmp/put "${errno_text[EINTR]}"
like "$(bd_msg bd list)" "^$breakpoints"$'\n''[0-9]+ 1 - inject-error' \
	'suspend neither hits nor uses up a breakpoint'
is "$(bd_msg bd state)" 5 'suspend keeps the state'

# Messages during a suspend.
bd_msg bd replace set-state event=user.x new_state=6 suspend event=user.x tag=B \
	inject-error event=user.x errno=EILSEQ sector=8-15 suspend event=read_aio tag=D
first=$(bd_msg bd list)
first=${first%% *}
succeeds 'event returns at once during a suspend' bd_msg bd event user.x
is "$(bd_msg bd state) $(bd_status bd armed)" '6 1' 'event moves the state and arms faults during a suspend'
is "$(rule_line bd $((first + 1)))" "$((first + 1)) 0 - suspend event=user.x tag=B" \
	'event neither hits nor uses up a breakpoint during a suspend'
fails_with "$interrupted" 'wait_break fails at once during a suspend' bd_msg bd wait_break B
fails_with "$interrupted" 'wait_hits fails at once during a suspend' bd_msg bd wait_hits B 1
is "$(bd_msg bd wait_hits "$first" 1)" 1 'wait_hits with enough hits answers during a suspend'
fails_with ENOENT 'wait_hits for an unknown tag fails with ENOENT during a suspend' bd_msg bd wait_hits nobody 1
is "$(bd_msg bd is_suspended B)" 0 'is_suspended answers during a suspend'
is "$(bd_msg bd break user.y Y)" $((first + 4)) 'break adds a rule during a suspend'
succeeds 'remove_break removes a rule during a suspend' bd_msg bd remove_break Y
is "$(bd_msg bd state 7)" 7 'state sets the state during a suspend'
fails_with ENOENT 'resume fails with ENOENT during a suspend' bd_msg bd resume B

# After the resume.
background /tmp/io io $bd 'r 0 8' 'w 8 8'
succeeds 'resume of the device succeeds' dmsetup resume bd
succeeds 'a breakpoint holds a bio after the resume' bd_msg bd wait_break D
is "$(bd_msg bd state) $(bd_status bd armed)" '7 1' 'state and armed faults are kept until after the resume'
bd_msg bd resume D
eventually 'bios submitted during the suspend complete after the resume' file_is /tmp/io $'ok\nEILSEQ'
hold_event bd 1 /tmp/event user.x
bd_msg bd resume B
eventually 'a caller of event is held again after the resume' file_is /tmp/event ok
background /tmp/wait_hits bd_msg bd wait_hits "$first" 3
bd_msg bd event user.x
eventually 'wait_hits sleeps again after the resume' file_is /tmp/wait_hits 3

# Writes of a file system at its freeze and at its thaw.
bd_msg bd clear
mkfs.ext4 -q -E lazy_itable_init=0 $bd 64M
mount -o noatime,commit=300 $bd /mnt
bd_msg bd break write_aio A
echo dirty > /mnt/file
rules=$(bd_msg bd list)
succeeds 'suspend with a file system succeeds in spite of a breakpoint on writes' dmsetup suspend bd
is "$(bd_msg bd list)" "$rules" 'writes of the freeze do not hit the breakpoint'
background /tmp/thaw answer dmsetup resume bd
eventually 'a breakpoint holds a write of the thaw' bd_status_is bd held 1
is "$(< /tmp/thaw)" '' 'dmsetup resume waits for a held write of the thaw'
bd_msg bd resume A
eventually 'dmsetup resume returns after the resume of the held write' file_is /tmp/thaw ok
bd_msg bd clear
umount /mnt
is "$(e2fsck -fn $bd > /tmp/fsck 2>&1; echo $?)" 0 'e2fsck finds no error after freeze and thaw'

# dm suspends a device without calling the target when it adds dm-stats.
bd_msg bd break write_aio A
hold bd 1 /tmp/io 'w 0 8'
background /tmp/stats dmsetup message bd 0 @stats_create - 1
eventually 'adding dm-stats waits for a held write' process_state_is "$pid" D
succeeds 'a write that dm-stats waits for can be resumed' bd_msg bd resume A
eventually 'a write that dm-stats waits for completes' file_is /tmp/io ok
wait "$pid"
is $? 0 'adding dm-stats succeeds after the write'

# More held bios than are resumed under one lock.
bd_msg bd break write_aio A once=off
background /tmp/fio fio --name=many --filename=$bd --size=1M --bs=4k --rw=write --ioengine=libaio \
	--direct=1 --iodepth=100 --number_ios=100 --minimal
eventually 'a hundred writes are held' bd_status_is bd held 100
succeeds 'suspend succeeds while a hundred writes are held' dmsetup suspend bd
is "$(bd_status bd held)" 0 'nothing is held after a suspend with a hundred writes'
dmsetup resume bd
wait "$pid"
is $? 0 'a hundred writes resumed by suspend succeed'
bd_msg bd clear

# The first load of a device.
dmsetup create -n idle
bd_load idle "$dev" suspend event=read_aio tag=A suspend event=none tag=N
dmsetup resume idle
like "$(bd_msg idle list)" ' 0 - .*event=none' 'a breakpoint on the event none does not hold the first load'

done_testing
