# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# When a rule that matches acts: after=, interval=, times=, probability=, comm=.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

has_module dm-blkdebug
ram_disk
bd_sectors=65536
bd_create bd "$dev" seed=7
bd=/dev/mapper/bd

# reads N: what becomes of as many reads
reads() {
	local ops=() i

	for ((i = 0; i < $1; i++)); do ops+=('r 0 8'); done
	ios $bd "${ops[@]}"
}

# --- Counted ---

bd_start bd inject-error after=2
is "$(reads 4)" 'ok ok EIO EIO' 'after lets so many pass first'
bd_start bd inject-error interval=3
is "$(reads 7)" 'ok ok EIO ok ok EIO ok' 'interval takes every so many-eth'
bd_start bd inject-error after=1 interval=2
is "$(reads 5)" 'ok ok EIO ok EIO' 'and counts behind after'
bd_start bd inject-error times=2
is "$(reads 4)" 'EIO EIO ok ok' 'times fails so many'
is "$(bd_list bd)" '2 used inject-error times=2' 'and is used up then'
bd_start bd inject-error after=1 interval=2 times=2 errno=ENOSPC
is "$(reads 7)" 'ok ok ENOSPC ok ENOSPC ok ok' 'all together'
bd_start bd inject-error times=2 errno=0 inject-error
is "$(reads 3) $(bd_hits bd)" 'ok ok ok 3 0' 'who lets pass is not used up by that'

bd_start bd inject-error after=2 errno=ENOSPC inject-error after=1 errno=EILSEQ inject-error
is "$(reads 4)" 'EIO EILSEQ ENOSPC ENOSPC' 'a rule that does not act leaves the request to later rules'
bd_start bd inject-error after=2 sector=8-15
is "$(ios $bd 'r 8 8' 'r 0 8' 'r 0 8' 'r 8 8' 'r 8 8')" 'ok ok ok ok EIO' 'only matches count'
bd_start bd inject-error event=user.go after=1
is "$(ios $bd 'r 0 8') $(bd_msg bd event user.go)$(reads 3)" 'ok ok EIO EIO' 'of a fault, at its check'
bd_start bd inject-error state=2 after=1 set-state event=write_aio new_state=2
is "$(ios $bd 'r 0 8' 'r 0 8' 'w 0 8' 'r 0 8' 'r 0 8')" 'ok ok ok EIO EIO' 'and in its state'

# --- Of other actions ---

bd_start bd set-state event=user.go after=1 new_state=5
bd_msg bd event user.go
before=$(bd_status bd state)
bd_msg bd event user.go
is "$before $(bd_status bd state)" '1 5' 'a set-state counts at its event'
bd_start bd set-state event=user.go new_state=5 times=2 set-state event=user.go new_state=6
states=''
for _ in 1 2 3; do
	bd_msg bd event user.go
	states+=" $(bd_status bd state)"
done
is "$states $(bd_hits bd)" ' 5 5 6 2 1' 'and is used up, which lets the next in'
bd_start bd set-state interval=2 iotype=read new_state=3 set-state iotype=write new_state=1
is "$(ios $bd 'r 0 8')$(bd_status bd state)$(ios $bd 'r 0 8')$(bd_status bd state)" ok1ok3 \
	'a standing one at each request'

bd_start bd suspend event=read_aio tag=third after=2
hold bd 1 /tmp/reads 'r 0 8' 'r 8 8' 'r 16 8' 'r 24 8'
is "$(held bd | cut -d' ' -f 2-)" "third $first read_aio read $(read_flags "$dev") 16 8" 'a breakpoint hit the third time'
bd_msg bd resume third
eventually 'goes on' file_is /tmp/reads $'ok\nok\nok\nok'
bd_start bd suspend event=read_aio tag=twice times=2
hold bd 1 /tmp/reads 'r 0 8' 'r 8 8' 'r 16 8'
bd_msg bd resume twice
eventually 'a breakpoint is hit twice' bd_status_is bd held 1
bd_msg bd resume twice
eventually 'and no third time' file_is /tmp/reads $'ok\nok\nok'
is "$(bd_list bd)" '2 used suspend event=read_aio tag=twice times=2' 'as it is used up'
bd_start bd suspend event=read_aio tag=stays once=off interval=2
hold bd 1 /tmp/reads 'r 0 8' 'r 8 8' 'r 16 8' 'r 24 8'
bd_msg bd resume stays
eventually 'one that stays, every second time' bd_status_is bd held 1
bd_msg bd resume stays
eventually 'has held two of four' file_is /tmp/reads $'ok\nok\nok\nok'
is "$(bd_hits bd)" 2 'and counts those'

# --- Drawn ---

# fates SEED PROBABILITY: e for each of 200 reads that fails, a dot for others
fates() {
	local all

	dmsetup suspend bd
	bd_load bd "$dev" "seed=$1" inject-error "probability=$2"
	dmsetup resume bd
	all=$(reads 200)
	all=${all//EIO/e}
	all=${all//ok/.}
	echo "${all// /}"
}
udevadm settle 2> /dev/null
one=$(fates 1 1/4)
is "$(fates 1 1/4)" "$one" 'the same seed, the same choices'
is "$(fates 1 25/100)" "$one" 'whatever the fraction is written like'
two=$(fates 2 1/4)
unlike "$two" "^$one$" 'another seed, other choices'
some=${one//./}
ok=no
((${#some} >= 30 && ${#some} <= 70)) && ok=yes
is "$ok" yes "a quarter of 200 is about 50, here ${#some}"
is "$(fates 1 0/1)" "$(printf '.%.0s' {1..200})" 'never'
is "$(fates 1 3/3)" "$(printf 'e%.0s' {1..200})" 'always'
is "$(bd_rules bd)" 'seed=1 inject-error' 'which is left out'
fates 9 6/8 > /dev/null
is "$(bd_rules bd)" 'seed=9 inject-error probability=3/4' 'a fraction is printed reduced'

# --- Who submits ---

bd_start bd inject-error comm=io
is "$(ios $bd 'r 0 8')" EIO 'comm is the name of the task that submits'
bd_start bd inject-error comm=other inject-error errno=ENOSPC
is "$(ios $bd 'r 0 8') $(bd_hits bd)" 'ENOSPC 0 1' 'of another task it does not match'
bd_start bd inject-error comm='i*'
is "$(ios $bd 'r 0 8') $(bd_list bd)" 'EIO 1 - inject-error comm=i*' 'a star stands for any end'
bd_start bd inject-error comm='ioo*'
is "$(ios $bd 'r 0 8')" ok 'but not for the beginning'
bd_start bd suspend event=read_aio tag=one inject-error comm=io
hold bd 1 /tmp/reads 'r 0 8'
bd_msg bd resume one
eventually 'a request that was held is still its submitter'"'"'s' file_is /tmp/reads EIO
bd_start bd set-state event=user.go comm=dmsetup new_state=4
bd_msg bd event user.go
is "$(bd_status bd state)" 4 'an event from user space has a task, too'

done_testing
