# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Several blkdebug targets in one table, and one above the other.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

has_module dm-blkdebug
ram_disk
one=$dev
ram_disk
two=$dev
# Two blkdebug targets with 64 sectors of dm-linear between them.
dmsetup create bd --table "0 1024 blkdebug $one 0 seed=1 inject-error event=read_aio state=2 sector=8-15 errno=ENOSPC
1024 64 linear $one 1024
1088 1024 blkdebug $two 512 state=5 seed=2 set-state event=read_aio sector=0-7 new_state=6"

first() { dmsetup message bd 0 "$@"; }
second() { dmsetup message bd 1088 "$@"; }

is "$(first state) $(second state)" '1 5' 'each target has its own state'
is "$(dmsetup status bd)" '0 1024 blkdebug state=1 rules=1 armed=0 held=0 injected=0 seed=1 power=on cached=0 volatile=0 views=0
1024 64 linear 
1088 1024 blkdebug state=5 rules=1 armed=0 held=0 injected=0 seed=2 power=on cached=0 volatile=0 views=0' 'each target has its own status line'
is "$(dmsetup table bd | sed 's/ [0-9]*:[0-9]* / DEV /')" \
	'0 1024 blkdebug DEV 0 seed=1 inject-error event=read_aio state=2 sector=8-15 errno=ENOSPC
1024 64 linear DEV 1024
1088 1024 blkdebug DEV 512 state=5 seed=2 set-state event=read_aio sector=0-7 new_state=6' 'each target has its own table line'
dmsetup message bd 2000 state 7 > /dev/null
is "$(first state) $(second state)" '1 7' 'a message goes to the target that has its sector'
fails_with '.' 'a message to a sector of another target type fails' dmsetup message bd 1030 state

is "$(ios $bd 'r 0 8') $(second state)" 'ok 7' 'a read of the first target raises no event in the second'
is "$(ios $bd 'r 1096 8') $(second state)" 'ok 7' 'a read outside the sectors of a rule in the second target does not move its state'
is "$(ios $bd 'r 1088 8') $(second state)" 'ok 6' 'sectors of the second target count from its start, not from its device offset'
first state 2 > /dev/null
is "$(ios $bd 'r 0 8' 'r 8 8' 'r 1096 8')" 'ok ENOSPC ok' 'sectors of a fault count from the start of its target'
io "$two" 'w 512 8 byte=33' > /dev/null
is "$(ios $bd 'r 1088 8 byte=33')" ok 'the data of the second target are at its device offset'

# A read over all three targets is split into three bios.
first replace inject-error errno=0 > /dev/null
second replace inject-error errno=0 > /dev/null
is "$(ios $bd 'r 1000 128')" ok 'a read over several targets succeeds'
like "$(first list) / $(second list)" '^2 1 - .* / 2 1 - ' 'a read over several targets counts one hit in each, rules being numbered by target'
second add inject-error sector=39 errno=EILSEQ > /dev/null
second remove 2
is "$(ios $bd 'r 1000 127' 'r 1000 128')" 'ok EILSEQ' 'a read over several targets fails if one of them fails it'

first replace inject-error event=user.x > /dev/null
second replace inject-error event=user.x > /dev/null
second event user.x
is "$(ios $bd 'r 0 8' 'r 1088 8')" 'ok EIO' 'an event is raised in one target only'
is "$(ios $bd f)" EIO 'a flush goes to all targets'
first event user.x
second clear
is "$(ios $bd f 'r 1088 8' 'r 0 8')" 'EIO ok EIO' 'a flush fails if one of the targets fails it'
first reset
second add inject-error > /dev/null
like "$(dmsetup status bd)" $'rules=0 .* seed=1 .*\n.*rules=1 .* seed=2' 'reset and add act on one target only'
table=$(dmsetup table bd)
dmsetup load bd <<< "$table"
is "$(dmsetup table --inactive bd)" "$table" 'a table of several targets loads again'
dmsetup remove bd

# One target above the other.
bd_sectors=1024 bd_create lower "$one" inject-error event=write_aio errno=ENOSPC
bd_sectors=512 bd_create upper /dev/mapper/lower inject-error sector=0 errno=EILSEQ
upper=/dev/mapper/upper
is "$(ios $upper 'w 0 8' 'r 8 8' 'w 8 8' 'r 8 8' 'r 0 8')" 'EILSEQ ok ENOSPC ENOSPC EILSEQ' \
	'two stacked targets each fail bios by their own rules'

done_testing
