# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # functions called by asserts
# A failed suspend leaves the device as it was, but for the bios and callers
# that it has resumed.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module brd
ram_disk
bd_sectors=131072
dmsetup create low --table "0 $bd_sectors linear $dev 0"
bd_create t /dev/mapper/low
t=/dev/mapper/t

still_alive() {
	is "$(dmsetup info -c --noheadings -o suspended t)" Active 'the device is not suspended after a failed suspend'
	hold_event t 1 /tmp/event user.x
	is "$(held t)" "$((hold + 1)) X $first user.x event - 0 0" 'a caller of event is held after a failed suspend'
	bd_msg t resume X
	eventually 'a caller of event can be resumed after a failed suspend' file_is /tmp/event ok
	background /tmp/wait bd_msg t wait_break R
	hold t 1 /tmp/io.read 'r 64 8'
	eventually 'wait_break sleeps and breakpoints hold after a failed suspend' file_like /tmp/wait "^$((hold + 2)) R "
	bd_msg t resume R errno=EBADE
	eventually 'a bio can be resumed with an errno after a failed suspend' file_is /tmp/io.read EBADE
	is "$(bd_msg t state) $(bd_status t armed)" '5 1' 'state and armed faults are kept by a failed suspend'
	put "$(bd_sysfs t)/state" 5
	is $? 0 'the sysfs files are there after a failed suspend'
}

# interrupt SIGNAL [--noflush]: a suspend that waits for a bio of the suspended
# device below is ended by SIGNAL
interrupt() {
	local suspend

	dmsetup suspend low
	bd_msg t replace suspend event=user.x tag=X once=off suspend event=write_aio tag=A \
		sector=8 once=off suspend event=read_aio tag=R once=off \
		inject-error event=user.arm sector=800 set-state event=user.arm new_state=5
	first=$(bd_msg t list)
	first=${first%% *}
	bd_msg t event user.arm
	background /tmp/io.stuck io $t 'w 0 8 byte=51'
	wait_until process_state_is "$pid" D
	hold t 1 /tmp/io.held 'w 8 8 byte=52'
	held=$(held t)
	hold=${held%% *}
	hold_event t 2 /tmp/event user.x
	hold=$((hold + 1))
	# shellcheck disable=SC2086 # there may be none
	background /tmp/suspend dmsetup suspend ${2-} t
	suspend=$pid
	eventually 'the suspend wakes a held caller' file_like /tmp/event '^Command failed'
	wait_until process_state_is "$suspend" S
	is "$(cat /tmp/suspend /tmp/io.{stuck,held})" '' 'the suspend waits for a bio in the device below'
	kill "-$1" "$suspend"
	eventually "SIG$1 ends the suspend" process_ended "$suspend"
}

interrupt KILL
is "$(held t)" '' 'a suspend ended by SIGKILL has resumed the held write'
still_alive
dmsetup resume low
for file in stuck held; do eventually "the $file write succeeds after a failed suspend" file_is /tmp/io.$file ok; done
is "$(ios "$dev" 'r 0 8 byte=51' 'r 8 8 byte=52')" 'ok ok' 'both writes are on the disk after a failed suspend'

interrupt TERM --noflush
succeeds 'a suspend --noflush ended by SIGTERM maps the held write again with the same table' bd_msg t wait_break A
bd_msg t resume A
hold=$((hold + 1))
still_alive
dmsetup resume low
for file in stuck held; do eventually "the $file write succeeds after a failed suspend --noflush" file_is /tmp/io.$file ok; done
is "$(ios "$dev" 'r 0 8 byte=51' 'r 8 8 byte=52')" 'ok ok' 'both writes are on the disk after a failed suspend --noflush'

# A suspend fails if an injected error makes the freeze of its file system fail.
bd_msg t clear
mkfs.ext4 -q -E lazy_itable_init=0 $t
mount $t /mnt
echo data > /mnt/file
bd_msg t replace suspend event=user.x tag=X once=off inject-error iotype=write tag=W \
	suspend event=read_aio tag=R sector=64-71 once=off set-state event=user.arm new_state=5 \
	inject-error event=user.arm sector=800
first=$(bd_msg t list)
first=${first%% *}
bd_msg t event user.arm
fails_with EIO 'an injected error makes a suspend with a file system fail' dmsetup suspend t
# The failed buffered writes are reported once, by a direct read or before that
# by the file system.
bd_msg t remove W
like "$(ios $t 'r 128 8' 'r 128 8')" '^(EIO|ok) ok$' 'the failed writes of the freeze are reported at most once'
hold=$((hold + 2))
still_alive
bd_msg t clear
umount /mnt
e2fsck -fp $t > /tmp/fsck
is "$(($? & ~1))" 0 'e2fsck repairs the file system after a failed freeze'
dmsetup remove t

# dm maps the deferred bios again before it has called presuspend_undo of each
# target: here, before that of the second.
preempt=/sys/kernel/debug/sched/preempt
modes=none
[[ ! -w $preempt ]] || { modes=$(< $preempt) && echo full > $preempt; }
dmsetup create t --table "0 1024 blkdebug /dev/mapper/low 0
1024 1024 blkdebug /dev/mapper/low 1024"
dmsetup suspend low
dmsetup message t 1024 break write_aio A once=off
background /tmp/io.stuck io $t 'w 0 8'
wait_until process_state_is "$pid" D
background /tmp/io.held io $t 'w 1024 8'
dmsetup message t 1024 wait_break A > /tmp/null
background /tmp/suspend chrt -i 0 dmsetup suspend --noflush t
wait_until process_state_is "$pid" S
kill -TERM "$pid"
wait_until process_ended "$pid"
like "$(dmsetup message t 1024 wait_break A 5000)" '^2 A ' 'a write of the second target is held again after a failed suspend'
dmsetup message t 1024 resume A
dmsetup resume low
for file in stuck held; do eventually "the $file write of two targets succeeds after a failed suspend" file_is /tmp/io.$file ok; done
modes=${modes#*(}
[[ ! -w $preempt ]] || echo "${modes%)*}" > $preempt

done_testing
