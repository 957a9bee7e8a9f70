# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# When a matching rule acts: after=, interval=, times=, probability=, comm=.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

bd_sectors=65536
bd_setup ram_disk

# reads N: does N reads, prints their results
reads() {
	local ops=() i

	for ((i = 0; i < $1; i++)); do ops+=('r 0 8'); done
	ios $bd "${ops[@]}"
}

# --- after=, interval= and times= ---

bd_start bd inject-error after=2
is "$(reads 4)" 'ok ok EIO EIO' 'after=2 passes two matching bios'
bd_start bd inject-error interval=3
is "$(reads 7)" 'ok ok EIO ok ok EIO ok' 'interval=3 acts on each third matching bio'
bd_start bd inject-error after=1 interval=2
is "$(reads 5)" 'ok ok EIO ok EIO' 'interval= counts from the first bio after after='
bd_start bd inject-error times=2
is "$(reads 4)" 'EIO EIO ok ok' 'times=2 fails two bios'
is "$(bd_list bd)" '2 used inject-error times=2' 'a rule is used up after times= hits'
bd_start bd inject-error after=1 interval=2 times=2 errno=ENOSPC
is "$(reads 7)" 'ok ok ENOSPC ok ENOSPC ok ok' 'after=, interval= and times= together'
bd_start bd inject-error times=2 errno=0 inject-error
is "$(reads 3) $(bd_hits bd)" 'ok ok ok 3 0' 'times= does not use up an errno=0 rule'

bd_start bd inject-error after=2 errno=ENOSPC inject-error after=1 errno=EILSEQ inject-error
is "$(reads 4)" 'EIO EILSEQ ENOSPC ENOSPC' 'a bio on which a rule does not act meets the later rules'
bd_start bd inject-error after=2 sector=8-15
is "$(ios $bd 'r 8 8' 'r 0 8' 'r 0 8' 'r 8 8' 'r 8 8')" 'ok ok ok ok EIO' 'after= counts matching bios only'
bd_start bd inject-error event=user.go after=1
is "$(ios $bd 'r 0 8') $(bd_msg bd event user.go)$(reads 3)" 'ok ok EIO EIO' 'after= of an armed fault counts from its arming'
bd_start bd inject-error state=2 after=1 set-state event=write_aio new_state=2
is "$(ios $bd 'r 0 8' 'r 0 8' 'w 0 8' 'r 0 8' 'r 0 8')" 'ok ok ok EIO EIO' 'after= counts only while state= matches'

# --- The counts of other actions ---

bd_start bd set-state event=user.go after=1 new_state=5
bd_msg bd event user.go
before=$(bd_status bd state)
bd_msg bd event user.go
is "$before $(bd_status bd state)" '1 5' 'after= of set-state counts its event'
bd_start bd set-state event=user.go new_state=5 times=2 set-state event=user.go new_state=6
states=''
for _ in 1 2 3; do
	bd_msg bd event user.go
	states+=" $(bd_status bd state)"
done
is "$states $(bd_hits bd)" ' 5 5 6 2 1' 'a set-state used up by times= lets the next rule act'
bd_start bd set-state interval=2 iotype=read new_state=3 set-state iotype=write new_state=1
is "$(ios $bd 'r 0 8')$(bd_status bd state)$(ios $bd 'r 0 8')$(bd_status bd state)" ok1ok3 \
	'interval= of a standing set-state counts matching bios'

bd_start bd suspend event=read_aio tag=third after=2
hold bd 1 /tmp/reads 'r 0 8' 'r 8 8' 'r 16 8' 'r 24 8'
is "$(held bd | cut -d' ' -f 2-)" "third $first read_aio read $(read_flags "$dev") 16 8" 'after=2 lets a breakpoint hold the third read'
bd_msg bd resume third
eventually 'reads go on after the breakpoint is resumed' file_is /tmp/reads $'ok\nok\nok\nok'
bd_start bd suspend event=read_aio tag=twice times=2
hold bd 1 /tmp/reads 'r 0 8' 'r 8 8' 'r 16 8'
bd_msg bd resume twice
eventually 'times=2 lets a breakpoint hold a second read' bd_status_is bd held 1
bd_msg bd resume twice
eventually 'times=2 lets a breakpoint hold no third read' file_is /tmp/reads $'ok\nok\nok'
is "$(bd_list bd)" '2 used suspend event=read_aio tag=twice times=2' 'a breakpoint is used up after times= hits'
bd_start bd suspend event=read_aio tag=stays once=off interval=2
hold bd 1 /tmp/reads 'r 0 8' 'r 8 8' 'r 16 8' 'r 24 8'
bd_msg bd resume stays
eventually 'interval=2 lets a breakpoint hold each second read' bd_status_is bd held 1
bd_msg bd resume stays
eventually 'four reads end after two holds with interval=2' file_is /tmp/reads $'ok\nok\nok\nok'
is "$(bd_hits bd)" 2 'a breakpoint with interval=2 has two hits after four reads'

# --- probability= ---

# fates SEED PROBABILITY: prints "e" for each of 200 reads that fails and "."
# for each that passes
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
is "$(fates 1 1/4)" "$one" 'the same seed makes the same choices'
is "$(fates 1 25/100)" "$one" 'equal fractions make the same choices'
two=$(fates 2 1/4)
unlike "$two" "^$one$" 'another seed makes other choices'
some=${one//./}
ok=no
((${#some} >= 30 && ${#some} <= 70)) && ok=yes
is "$ok" yes "probability=1/4 fails 30 to 70 of 200 reads: ${#some}"
is "$(fates 1 0/1)" "$(printf '.%.0s' {1..200})" 'probability=0/1 never acts'
is "$(fates 1 3/3)" "$(printf 'e%.0s' {1..200})" 'probability=3/3 always acts'
is "$(bd_rules bd)" 'seed=1 inject-error' 'probability=3/3 is left out as the default'
fates 9 6/8 > /dev/null
is "$(bd_rules bd)" 'seed=9 inject-error probability=3/4' 'probability=6/8 is printed as 3/4'

# --- comm= ---

bd_start bd inject-error comm=io
is "$(ios $bd 'r 0 8')" EIO 'comm= matches the name of the submitting task'
bd_start bd inject-error comm=other inject-error errno=ENOSPC
is "$(ios $bd 'r 0 8') $(bd_hits bd)" 'ENOSPC 0 1' 'comm= with another name does not match'
bd_start bd inject-error comm='i*'
is "$(ios $bd 'r 0 8') $(bd_list bd)" 'EIO 1 - inject-error comm=i*' 'comm=i* matches names that begin with i'
bd_start bd inject-error comm='ioo*'
is "$(ios $bd 'r 0 8')" ok 'comm=ioo* does not match a shorter name'
bd_start bd suspend event=read_aio tag=one inject-error comm=io
hold bd 1 /tmp/reads 'r 0 8'
bd_msg bd resume one
eventually "comm= of a held bio matches its submitter, not the resuming task" file_is /tmp/reads EIO
bd_start bd set-state event=user.go comm=dmsetup new_state=4
bd_msg bd event user.go
is "$(bd_status bd state)" 4 'comm= matches the task that raises an event by message'

done_testing
