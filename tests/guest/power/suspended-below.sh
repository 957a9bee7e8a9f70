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

# --- Survivors ---

# The survivors of bd are written out when the device below it is resumed.
one=$dev
ram_disk
dmsetup create lower --table "0 $bd_sectors linear $one 0"
bd_create bd /dev/mapper/lower seed=1 cache=1M power=psu
bd_create other "$dev" seed=2 cache=1M power=psu
io $bd 'w 0 8 byte=41' > /tmp/null
io /dev/mapper/other 'w 0 8 byte=42' > /tmp/null
dmsetup suspend lower
sleeping /tmp/cut dmsetup message bd 0 power-cut survive=all
bd_load other "$dev" seed=2 cache=1M
ends 'a device that has lost its power is suspended, with a new table, while another one writes out' dmsetup resume other
is "$(bd_status other power) $(io_bytes /dev/mapper/other 0 8)" 'on 42*4096' \
	'the new table has the survivors of a cut that is not over on another device'
is "$(file_is /tmp/cut '' && bd_status bd power)" off 'power-cut waits for the survivors of its device'
ends 'a table of the supply is loaded while another device writes out' bd_load other "$dev" seed=2 cache=1M power=psu
dmsetup resume other
dmsetup resume lower
eventually 'power-cut ends when the device below is resumed' file_like /tmp/cut '^cut=1 volatile=1 survived=1 '
is "$(io_bytes /dev/mapper/lower 0 8)" '41*4096' 'the device below has the survivors when power-cut ends'
bd_msg bd power-on > /tmp/null

# The same by a message to the device that is suspended
ios $bd 'w 0 8 byte=51' > /tmp/null
io /dev/mapper/other 'w 0 8 byte=52' > /tmp/null
dmsetup suspend lower
sleeping /tmp/cut dmsetup message other 0 power-cut survive=all
ends 'a suspend of a device ends power-cut, which waits for another one' dmsetup suspend other
eventually 'power-cut answers when its device is suspended' file_like /tmp/cut '^cut=1 volatile=1 survived=1 '
bd_load other "$dev" seed=2
dmsetup resume other
is "$(io_bytes /dev/mapper/other 0 8)" '52*4096' 'a suspend writes survivors out while another device cannot'
dmsetup resume lower
is "$(bd_msg bd power-on | cut -d' ' -f1-3) $(io_bytes /dev/mapper/lower 0 8)" 'cut=2 volatile=1 survived=1 51*4096' \
	'power-on waits for the survivors of its device'

# A rule cuts the power while a breakpoint holds a write.
bd_start bd suspend event=write_aio tag=held sector=0 power-cut iotype=write sector=8 survive=all
hold bd 1 /tmp/held 'w 0 8 byte=61'
is "$(ios $bd 'w 8 8 byte=62')" EIO 'a rule cuts the power'
dmsetup suspend --noflush bd
bd_load bd /dev/mapper/lower seed=1
dmsetup resume bd
eventually 'a write that was held at a cut is not passed on to the next table' file_is /tmp/held EIO
is "$(io_bytes $bd 0 16)" '51*4096 62*4096' 'the next table has the survivors of a cut by a rule'

done_testing
