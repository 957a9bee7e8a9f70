# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# delay: how long bios wait at least, which rules they meet, and what ends a
# delay.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

bd_sectors=65536
bd_setup ram_disk

# at_least MS DESC: the last command of took has taken MS at least
at_least() { if ((ms >= $1)); then ok "$2"; else not_ok "$2" "it took $ms ms: $out"; fi; }

# shellcheck disable=SC2317 # called by wait_until
hits_are() { [[ $(bd_hits bd) == "$1" ]]; }

bd_start bd delay ms=300
took ios $bd 'r 0 8'
at_least 300 'delay ms=300 delays a read by 300 ms or more'
is "$out $(bd_hits bd) $(bd_status bd injected)" 'ok 1 0' 'a delayed read counts a hit and no error'
bd_start bd delay us=150000 delay ms=150 tag=more
took ios $bd 'r 0 8'
at_least 300 'the times of two delays add up'
# More than one section of the engine's lock adds to an I/O
many=1500
# shellcheck disable=SC2046
bd_start bd $(yes 'delay us=100 once=on' | head -n $many) inject-error errno=ENOSPC
took ios $bd 'r 0 8'
at_least 150 'the times of 1,500 delays add up'
is "$out" ENOSPC 'a bio with 1,500 delays is failed by the error rule'
is "$(bd_hits bd | tr ' ' '\n' | sort | uniq -c | tr -s ' ')" " $((many + 1)) 1" 'each of 1,500 delays counts one hit'
bd_start bd delay ms=300 inject-error errno=ENOSPC delay iotype=read ms=100
took ios $bd 'r 0 8'
at_least 400 'delays before and after an error add up'
is "$out $(bd_hits bd)" 'ENOSPC 1 1 1' 'a delayed bio is failed by the error rule'
bd_start bd delay ms=200 inject-error immediately=on
took ios $bd 'r 0 8'
at_least 200 'an immediately=on error comes after the delay'
is "$out" EIO 'a delayed immediately=on error reaches the submitter'
bd_start bd delay ms=200 iotype=flush
took ios $bd f
at_least 200 'a delay delays a flush'
bd_start bd delay event=user.slow ms=200
is "$(ios $bd 'r 0 8') $(bd_hits bd)" 'ok 0' 'a delay with an event does nothing before it is armed'
bd_msg bd event user.slow
is "$(bd_status bd armed)" 1 'a delay is armed by its event'
took ios $bd 'r 0 8'
at_least 200 'an armed delay delays a read'
bd_start bd inject-error event=user.slow delay event=user.slow ms=1
bd_msg bd event user.slow
is "$(bd_status bd armed) $(ios $bd 'r 0 8') $(bd_hits bd)" '2 EIO 1 1' 'an event arms delays and errors together'

# --- The end of a delay depends on its time, not on the order of arrival ---

bd_start bd delay sector=0 ms=3600000 delay sector=8 ms=500
background /tmp/slow io $bd 'r 0 8'
wait_until hits_are "1 0"
background /tmp/fast io $bd 'r 8 8'
eventually 'a delay of 500 ms that began later ends before one of an hour' file_is /tmp/fast ok
is "$(< /tmp/slow)" '' 'a delay of an hour goes on after one of 500 ms has ended'
bd_msg bd reset
wait_until file_is /tmp/slow ok
bd_start bd delay sector=0 ms=1000 delay sector=8 ms=500
background /tmp/slow io $bd 'r 0 8'
background /tmp/fast io $bd 'r 8 8'
eventually 'of two delays the one of 500 ms ends' file_is /tmp/fast ok
eventually 'of two delays the one of 1000 ms ends, too' file_is /tmp/slow ok

# --- What ends a delay early ---

bd_start bd delay ms=86400000
background /tmp/long io $bd 'r 0 8'
wait_until hits_are 1
bd_msg bd reset
eventually 'reset ends a delay of one day' file_is /tmp/long ok
bd_start bd delay ms=86400000
background /tmp/long io $bd 'r 0 8'
wait_until hits_are 1
succeeds 'suspend succeeds during a delay of one day' dmsetup suspend bd
eventually 'suspend ends a delay of one day' file_is /tmp/long ok
dmsetup resume bd
bd_start bd suspend event=read_aio tag=a delay ms=86400000
hold bd 1 /tmp/long 'r 0 8'
succeeds 'suspend succeeds with a held bio that meets a delay at its resume' timeout 30 dmsetup suspend bd
eventually 'a bio that suspend resumes is not delayed' file_is /tmp/long ok
dmsetup resume bd
is "$(bd_hits bd)" '1 1' 'a delay counts a hit for a bio that suspend resumes'
bd_start bd delay ms=86400000
background /tmp/long io $bd 'w 0 8'
wait_until hits_are 1
succeeds 'suspend --noflush succeeds during a delay of one day' dmsetup suspend --noflush bd
eventually 'suspend --noflush ends a delay of one day' file_is /tmp/long ok
dmsetup resume bd
background /tmp/long io $bd 'w 0 8'
wait_until hits_are 2
succeeds 'a forced remove succeeds during a delay of one day' dmsetup remove --force bd
eventually 'a forced remove ends a delay of one day' process_ended "$pid"
bd_create bd "$dev" seed=7

# --- A hundred delays ---

# delay_many: starts a hundred reads and waits until the rule has a hundred hits
delay_many() {
	background /tmp/many fio --name=many --filename=$bd --rw=randread --bs=4k --size=1m --ioengine=libaio \
		--direct=1 --iodepth=100 --number_ios=100 --minimal
	wait_until hits_are 100
}

bd_start bd delay ms=86400000
delay_many
bd_msg bd reset
eventually 'reset ends a hundred delays of one day' process_ended "$pid"
bd_start bd delay ms=86400000
delay_many
dmsetup suspend bd
eventually 'suspend ends a hundred delays of one day' process_ended "$pid"
dmsetup resume bd
bd_start bd delay ms=1000
delay_many
eventually 'a hundred delays of one second end by themselves' process_ended "$pid"

# --- Jitter ---

bd_start bd delay ms=0 jitter=400 times=8
took ios $bd 'r 0 8' 'r 0 8' 'r 0 8' 'r 0 8' 'r 0 8' 'r 0 8' 'r 0 8' 'r 0 8'
at_least 400 'jitter=400 delays eight reads by 400 ms or more in total'

# --- Printed form ---

bd_start bd delay ms=5 jitter=2 delay us=5000 jitter=2000 delay us=1500 delay jitter=1 us=1000 delay ms=0
is "$(bd_list bd)" '0 - delay ms=5 jitter=2
0 - delay ms=5 jitter=2
0 - delay us=1500
0 - delay us=1000 jitter=1
0 - delay ms=0' 'times are printed in ms where these are whole numbers'

done_testing
