# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# From the start of a suspend until the resume nothing is held and nobody sleeps.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module brd
ram_disk
bd_create t "$dev"
t=/dev/mapper/t
sysfs=$(bd_sysfs t)
# What dmsetup says of EINTR is less than of any other errno.
interrupted='^Command failed'

# Requests and sleepers of all kinds.
bd_msg t replace suspend event=write_aio tag=A once=off suspend event=user.x tag=B once=off \
	suspend event=pwritev_done tag=C sector=0 suspend event=read_aio tag=D once=off \
	suspend event=read_aio tag=E suspend event=flush_to_disk tag=A
hold t 1 /tmp/io.write 'w 8 8 byte=33'
hold t 3 /tmp/io.read 'r 0 8'
hold t 4 /tmp/io.flush f
hold t 5 /tmp/io.done 'w 0 8 byte=44'
bd_msg t resume A
bd_msg t wait_break C > /dev/null
hold_event t 6 /tmp/event user.x
background /tmp/put answer put "$sysfs/event" user.x
wait_until bd_status_is t held 7
background /tmp/wait_break dmsetup message t 0 wait_break never
wait_until process_state_is "$pid" D
background /tmp/wait_hits dmsetup message t 0 wait_hits A 100
wait_until process_state_is "$pid" D
bd_msg t state 5
breakpoints=$(bd_msg t list)
bd_msg t add inject-error sector=8-15 errno=ENOSPC

succeeds 'suspend does not wait for what is held' dmsetup suspend t
is "$(bd_status t held)$(bd_msg t held)" 0 'nothing is held any more'
eventually 'a held read goes on' file_is /tmp/io.read ok
eventually 'a held flush goes on' file_is /tmp/io.flush ok
eventually 'a write held at its completion completes' file_is /tmp/io.done ok
is "$(io_read "$dev" 0 8 byte=44)" ok 'and has been written'
eventually 'a held write goes on to its check' file_is /tmp/io.write ENOSPC
for file in event wait_break wait_hits; do
	eventually "$file is interrupted" file_like /tmp/$file "$interrupted"
done
eventually 'so is a write to sysfs' file_like /tmp/put "${errno_text[EINTR]}"
like "$(bd_msg t list)" "^$breakpoints"$'\n''[0-9]+ 1 - inject-error' \
	'no breakpoint has been hit or used up by that'
is "$(bd_msg t state)" 5 'the state is what it was'

# Messages that come while it is suspended.
bd_msg t replace set-state event=user.x new_state=6 suspend event=user.x tag=B \
	inject-error event=user.x errno=EILSEQ sector=8-15 suspend event=read_aio tag=D
first=$(bd_msg t list)
first=${first%% *}
succeeds 'event does not sleep on a suspended device' bd_msg t event user.x
is "$(bd_msg t state) $(bd_status t armed)" '6 1' 'but moves the state and arms'
is "$(rule_line t $((first + 1)))" "$((first + 1)) 0 - suspend event=user.x tag=B" \
	'the breakpoint is neither hit nor used up'
fails_with "$interrupted" 'wait_break fails at once' bd_msg t wait_break B
fails_with "$interrupted" 'wait_hits fails at once' bd_msg t wait_hits B 1
is "$(bd_msg t wait_hits "$first" 1)" 1 'but not if satisfied'
fails_with ENOENT 'nor if there is no such rule' bd_msg t wait_hits nobody 1
is "$(bd_msg t is_suspended B)" 0 'is_suspended answers'
is "$(bd_msg t break user.y Y)" $((first + 4)) 'break works'
succeeds 'so does remove_break' bd_msg t remove_break Y
is "$(bd_msg t state 7)" 7 'so does state'
fails_with ENOENT 'resume finds nothing' bd_msg t resume B

# After the resume.
background /tmp/io io $t 'r 0 8' 'w 8 8'
succeeds 'resume' dmsetup resume t
succeeds 'breakpoints hold again' bd_msg t wait_break D
is "$(bd_msg t state) $(bd_status t armed)" '7 1' 'state and armed faults are still there'
bd_msg t resume D
eventually 'what came meanwhile goes on' file_is /tmp/io $'ok\nEILSEQ'
hold_event t 1 /tmp/event user.x
bd_msg t resume B
eventually 'callers of event sleep again' file_is /tmp/event ok
background /tmp/wait_hits bd_msg t wait_hits "$first" 3
bd_msg t event user.x
eventually 'so does wait_hits' file_is /tmp/wait_hits 3

# A file system's writes at the freeze, and at the thaw.
bd_msg t clear
mkfs.ext4 -q -E lazy_itable_init=0 $t 64M
mount -o noatime,commit=300 $t /mnt
bd_msg t break write_aio A
echo dirty > /mnt/file
rules=$(bd_msg t list)
succeeds 'a breakpoint does not stop the freeze of a file system' dmsetup suspend t
is "$(bd_msg t list)" "$rules" 'which does not use it up'
background /tmp/thaw answer dmsetup resume t
eventually 'it may catch a write of the thaw' bd_status_is t held 1
is "$(< /tmp/thaw)" '' 'so that dmsetup resume waits'
bd_msg t resume A
eventually 'until that is resumed' file_is /tmp/thaw ok
bd_msg t clear
umount /mnt
is "$(e2fsck -fn $t > /tmp/fsck 2>&1; echo $?)" 0 'the file system is sound'

# dm suspends a device for a moment to count its I/O, too, without telling the target.
bd_msg t break write_aio A
hold t 1 /tmp/io 'w 0 8'
background /tmp/stats dmsetup message t 0 @stats_create - 1
eventually 'dm-stats waits for what is held' process_state_is "$pid" D
succeeds 'which can be resumed' bd_msg t resume A
eventually 'and goes on' file_is /tmp/io ok
wait "$pid"
is $? 0 'and so does dm-stats'

# More than are let go under one lock
bd_msg t break write_aio A once=off
background /tmp/fio fio --name=many --filename=$t --size=1M --bs=4k --rw=write --ioengine=libaio \
	--direct=1 --iodepth=100 --number_ios=100 --minimal
eventually 'a hundred writes are held' bd_status_is t held 100
succeeds 'and a suspend lets them all go' dmsetup suspend t
is "$(bd_status t held)" 0 'none is held'
dmsetup resume t
wait "$pid"
is $? 0 'and all have been written'
bd_msg t clear

# A table that is not live yet, and one whose device was never resumed.
dmsetup create -n idle
bd_load idle "$dev" suspend event=read_aio tag=A suspend event=none tag=N
dmsetup resume idle
like "$(bd_msg idle list)" ' 0 - .*event=none' 'a breakpoint on none does not hold the load'

done_testing
