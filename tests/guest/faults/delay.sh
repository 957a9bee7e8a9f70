# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Requests that wait: how long at least, what else they meet, and what ends it.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

has_module dm-blkdebug
ram_disk
bd_sectors=65536
bd_create bd "$dev" seed=7
bd=/dev/mapper/bd

# at_least MS DESC
at_least() { if ((ms >= $1)); then ok "$2"; else not_ok "$2" "it took $ms ms: $out"; fi; }

# shellcheck disable=SC2317 # called by wait_until
hits_are() { [[ $(bd_hits bd) == "$1" ]]; }

bd_start bd delay ms=300
took ios $bd 'r 0 8'
at_least 300 'a delayed read'
is "$out $(bd_hits bd) $(bd_status bd injected)" 'ok 1 0' 'goes on; it is counted as a hit, not as an error'
bd_start bd delay us=150000 delay ms=150 tag=more
took ios $bd 'r 0 8'
at_least 300 'delays add up'
bd_start bd delay ms=300 inject-error errno=ENOSPC delay iotype=read ms=100
took ios $bd 'r 0 8'
at_least 400 'before and after the fault that decides'
is "$out $(bd_hits bd)" 'ENOSPC 1 1 1' 'which strikes all the same'
bd_start bd delay ms=200 inject-error immediately=on
took ios $bd 'r 0 8'
at_least 200 'even an immediate one'
is "$out" EIO 'with its error'
bd_start bd delay ms=200 iotype=flush
took ios $bd f
at_least 200 'a delayed flush'
bd_start bd delay event=user.slow ms=200
is "$(ios $bd 'r 0 8') $(bd_hits bd)" 'ok 0' 'not armed yet'
bd_msg bd event user.slow
is "$(bd_status bd armed)" 1 'a delay is armed like any fault'
took ios $bd 'r 0 8'
at_least 200 'and acts then'
bd_start bd inject-error event=user.slow delay event=user.slow ms=1
bd_msg bd event user.slow
is "$(bd_status bd armed) $(ios $bd 'r 0 8') $(bd_hits bd)" '2 EIO 1 1' 'together with errors of its event'

# --- The order is that of the times, not of the arrivals ---

bd_start bd delay sector=0 ms=1500 delay sector=8 ms=500
background /tmp/slow io $bd 'r 0 8'
wait_until hits_are "1 0"
background /tmp/fast io $bd 'r 8 8'
eventually 'a shorter delay ends first' file_is /tmp/fast ok
is "$(< /tmp/slow)" '' 'while a longer one goes on'
eventually 'and ends later' file_is /tmp/slow ok

# --- What ends a delay ---

bd_start bd delay ms=86400000
background /tmp/long io $bd 'r 0 8'
wait_until hits_are 1
bd_msg bd reset
eventually 'reset ends a delay of a day' file_is /tmp/long ok
bd_start bd delay ms=86400000
background /tmp/long io $bd 'r 0 8'
wait_until hits_are 1
succeeds 'a suspend need not wait for it' dmsetup suspend bd
eventually 'as it ends' file_is /tmp/long ok
dmsetup resume bd
bd_start bd suspend event=read_aio tag=a delay ms=86400000
hold bd 1 /tmp/long 'r 0 8'
succeeds 'nor for one that a suspend has let go' timeout 30 dmsetup suspend bd
eventually 'which is not delayed any more' file_is /tmp/long ok
dmsetup resume bd
is "$(bd_hits bd)" '1 1' 'though the delay has a hit'
bd_start bd delay ms=86400000
background /tmp/long io $bd 'w 0 8'
wait_until hits_are 1
succeeds 'nor with --noflush' dmsetup suspend --noflush bd
eventually 'as it ends' file_is /tmp/long ok
dmsetup resume bd
background /tmp/long io $bd 'w 0 8'
wait_until hits_are 2
succeeds 'nor a forced remove' dmsetup remove --force bd
eventually 'as it ends' process_ended "$pid"
bd_create bd "$dev" seed=7

# --- Many ---

# delay_many: a hundred reads wait
delay_many() {
	background /tmp/many fio --name=many --filename=$bd --rw=randread --bs=4k --size=1m --ioengine=libaio \
		--direct=1 --iodepth=100 --number_ios=100 --minimal
	wait_until hits_are 100
}

bd_start bd delay ms=86400000
delay_many
bd_msg bd reset
eventually 'a reset ends a hundred delays' process_ended "$pid"
bd_start bd delay ms=86400000
delay_many
dmsetup suspend bd
eventually 'so does a suspend' process_ended "$pid"
dmsetup resume bd
bd_start bd delay ms=1000
delay_many
eventually 'and so does time' process_ended "$pid"

# --- Jitter ---

bd_start bd delay ms=0 jitter=400 times=8
took ios $bd 'r 0 8' 'r 0 8' 'r 0 8' 'r 0 8' 'r 0 8' 'r 0 8' 'r 0 8' 'r 0 8'
at_least 400 'jitter adds some time'

# --- As written ---

bd_start bd delay ms=5 jitter=2 delay us=5000 jitter=2000 delay us=1500 delay jitter=1 us=1000 delay ms=0
is "$(bd_list bd)" '0 - delay ms=5 jitter=2
0 - delay ms=5 jitter=2
0 - delay us=1500
0 - delay us=1000 jitter=1
0 - delay ms=0' 'in ms where they are whole'

done_testing
