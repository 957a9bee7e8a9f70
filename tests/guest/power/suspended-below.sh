# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Write caches over suspended devices: what waits for I/O there keeps nothing else from ending.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module loop
require has_module brd
has_module dm-blkdebug
bd_sectors=65536
view=/dev/mapper/view
# A test that fails hangs; the others are to run all the same.
wait_limit=20

# ends DESC COMMAND...: the command ends
ends() {
	background /tmp/ends "${@:2}"
	eventually "$1" process_ended "$pid"
}

# sleeping FILE COMMAND...: starts a command, and waits until it sleeps in the kernel
sleeping() {
	background "$@"
	wait_until process_state_is "$pid" D
}

# --- Discards ---

# hold_discard: lets the lower device hold a discard of the upper one
hold_discard() {
	bd_start lower suspend event=discard tag=discard
	background /tmp/discard io $bd 'd 0 16'
	wait_until bd_status_is lower held 1
}

loop_disk 32
bd_create lower "$dev" seed=1 cache=1M
bd_create bd /dev/mapper/lower seed=7 cache=1M
ios $bd 'w 0 16 byte=11' f 'w 16 8 byte=22' > /tmp/null
hold_discard
# The discard goes back to dm, and stays there.
dmsetup suspend --noflush lower
sleeping /tmp/create dmsetup create view --table "0 $bd_sectors blkdebug-crash $bd survive=all"
ends 'a lower device is resumed while a view waits for a discard there' dmsetup resume lower
eventually 'a discard ends after the resume of the lower device' file_is /tmp/discard ok
eventually 'a view is made when the discard has ended' test -e $view
is "$(io_bytes $view 0 24) $(bd_status bd views)" '00*8192 22*4096 1' 'the view shows the discard'
dmsetup remove view

hold_discard
sleeping /tmp/create dmsetup create view --table "0 $bd_sectors blkdebug-crash $bd"
kill -KILL "$pid"
eventually 'a view that waits for a discard can be killed' process_ended "$pid"
dmsetup remove view
sleeping /tmp/mark dmsetup message bd 0 mark m
is "$(bd_status bd views)" 0 'a mark is not made during a discard'
bd_msg lower resume discard
eventually 'a mark is made when the discard has ended' bd_status_is bd views 1
is "$(file_is /tmp/discard ok && ios $bd 'w 0 8 byte=33' 'd 0 8' 'x 0 8')" 'ok ok 33*4096' \
	'a discard is not done while there is a mark'
bd_msg bd unmark m
is "$(ios $bd f 'd 0 8' 'x 0 8')" 'ok ok 00*4096' 'a discard is done after unmark'
dmsetup remove bd
dmsetup remove lower

# A mark on the lower device, for all devices of the supply
bd_create lower "$dev" seed=1 cache=1M power=psu
bd_create bd /dev/mapper/lower seed=7 cache=1M power=psu
hold_discard
sleeping /tmp/mark dmsetup message lower 0 mark m
ends 'the lower device is suspended while a mark waits' dmsetup suspend --noflush lower
eventually 'a mark that waits fails with EINTR at a suspend' file_like /tmp/mark '^Command failed'
dmsetup resume lower
eventually 'a discard ends after the suspend of a device that was to be marked' file_is /tmp/discard ok
succeeds 'a mark is made after the suspend' bd_msg lower mark m
dmsetup remove bd
dmsetup remove lower

done_testing
