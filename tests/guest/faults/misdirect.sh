# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# misdirect: bios that go to the wrong sectors.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

has_module dm-blkdebug
loop_disk 32
# The target is neither at the start of its disk nor of the device, so that a
# wrong base of sectors is noticed.
dmsetup create bd << EOT
0 1024 linear $dev 0
1024 4096 blkdebug $dev 2048 seed=7
EOT
msg() { dmsetup message -- bd 1024 "$@"; }
io "$dev" 'w 0 8192 byte=11' > /dev/null

msg add misdirect sector=0-7 to=100 > /dev/null
is "$(ios $bd 'w 1024 8 byte=22' 'w 1032 8 byte=33')" 'ok ok' 'a misdirected write succeeds'
is "$(io_bytes "$dev" 2048 8) $(io_bytes "$dev" 2148 9)" '11*4096 22*4096 11*512' "a misdirected write is at to=, counted from the target's start"
is "$(io_bytes "$dev" 2056 8)" '33*4096' "a write outside the rule's sectors is not misdirected"
is "$(ios $bd 'r 1024 8 byte=22')" ok 'a misdirected read returns the data at to='
is "$(msg list)" '1 2 - misdirect sector=0-7 to=100' 'list counts two hits of misdirect'
msg replace misdirect iotype=discard,write-zeroes to=200 > /dev/null
is "$(ios $bd 'z 1040 8' 'd 1048 8')" 'ok ok' 'misdirected write-zeroes and discard succeed'
is "$(io_bytes "$dev" 2088 16) $(io_bytes "$dev" 2248 9)" '11*8192 00*4096 11*512' 'misdirected write-zeroes and discard act at to='
msg replace misdirect to=4092 iotype=write > /dev/null
is "$(ios $bd 'w 1056 8 byte=44' 'w 1056 4 byte=55')" 'ok ok' "a write that does not fit between to= and the target's end succeeds"
is "$(io_bytes "$dev" 2080 8) $(io_bytes "$dev" 6140 5)" '44*4096 55*2048 11*512' \
	"a write that does not fit between to= and the target's end is not misdirected"
msg replace misdirect to=8 inject-error > /dev/null
is "$(ios $bd f)" EIO 'misdirect does not match flushes'

done_testing
