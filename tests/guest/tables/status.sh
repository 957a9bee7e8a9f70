# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The output of dmsetup status and dmsetup table.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module brd
ram_disk
bd_sectors=2048
read -r number < "/sys/block/${dev##*/}/dev"
head="0 2048 blkdebug"
bd_create t "$dev" seed=7
t=/dev/mapper/t

is "$(dmsetup status t)" "$head state=1 rules=0 armed=0 held=0 injected=0 seed=7 power=on cached=0 volatile=0 views=0" 'status of a new device'
is "$(dmsetup table t)" "$head $number 0 seed=7" 'table of a new device'

bd_msg t replace inject-error event=user.arm iotype=read inject-error event=user.arm state=2 \
	inject-error event=user.arm sector=8 set-state event=user.arm new_state=3 \
	suspend event=write_aio tag=A suspend event=write_aio tag=B \
	inject-error iotype=flush once=on inject-error iotype=discard > /tmp/null
is "$(dmsetup status t)" "$head state=1 rules=8 armed=0 held=0 injected=0 seed=7 power=on cached=0 volatile=0 views=0" 'status counts the rules'
bd_msg t event user.arm
is "$(ios $t 'r 0 8' 'r 0 8')" 'EIO EIO' 'a rule armed by an event fails two reads'
hold t 2 /tmp/io 'w 0 8'
is "$(dmsetup status t)" "$head state=3 rules=6 armed=2 held=2 injected=2 seed=7 power=on cached=0 volatile=0 views=0" \
	'status shows state, rules, armed, held and injected, without used-up rules'
is "$(io_flush $t)" EIO 'a once=on rule fails a flush'
is "$(dmsetup status t)" "$head state=3 rules=5 armed=2 held=2 injected=3 seed=7 power=on cached=0 volatile=0 views=0" 'status does not count a used-up rule'
bd_msg t remove_break A
bd_msg t resume B
wait_until file_is /tmp/io ok
bd_msg t remove 3
is "$(dmsetup status t)" "$head state=3 rules=4 armed=1 held=0 injected=3 seed=7 power=on cached=0 volatile=0 views=0" \
	'a removed armed rule is not counted as armed'

# The table line is one that loads.
is "$(dmsetup table t)" "$head $number 0 seed=7 \
inject-error event=user.arm iotype=read inject-error event=user.arm state=2 \
set-state event=user.arm new_state=3 inject-error iotype=discard" \
	'the table shows seed and rules, without used-up rules'
bd_msg t replace suspend once=off tag=T sector=9,3-4,5 event=l1_grow_alloc_table state=0 > /tmp/null
is "$(dmsetup table t)" \
	"$head $number 0 seed=7 suspend event=l1_grow.alloc_table sector=3-5,9 tag=T once=off" \
	'the table shows a rule in its canonical form'
dmsetup remove t

# The start state and the present state.
bd_create t "$dev" state=4
bd_msg t state 5 > /tmp/null
table=$(dmsetup table t)
like "$table" " 0 state=4 seed=[0-9]+$" 'the table shows the start state and a drawn seed'
seed=${table##*=}
is "$(dmsetup status t)" "$head state=5 rules=0 armed=0 held=0 injected=0 seed=$seed power=on cached=0 volatile=0 views=0" \
	'status shows the present state and the drawn seed'
dmsetup load t --table "$table"
dmsetup resume t
is "$(dmsetup table t)" "$table" 'a table with a drawn seed loads again'
is "$(bd_msg t state)" 4 'a loaded table line starts in its start state'
bd_create u "$dev"
isnt_seed=$(dmsetup table u)
unlike "${isnt_seed##*=}" "^$seed$" 'another device draws another seed'
dmsetup remove u

# Two targets in one device, and an inactive table.
dmsetup load t --table "0 1024 blkdebug $dev 0 seed=1
1024 1024 blkdebug $dev 4096 state=2 seed=2 inject-error tag=x"
is "$(dmsetup table --inactive t)" "0 1024 blkdebug $number 0 seed=1
1024 1024 blkdebug $number 4096 state=2 seed=2 inject-error tag=x" 'table --inactive shows the targets of the inactive table'
dmsetup resume t
is "$(dmsetup status t)" "0 1024 blkdebug state=1 rules=0 armed=0 held=0 injected=0 seed=1 power=on cached=0 volatile=0 views=0
1024 1024 blkdebug state=2 rules=1 armed=0 held=0 injected=0 seed=2 power=on cached=0 volatile=0 views=0" 'status has a line for each target'
is "$(ios $t 'r 0 8' 'r 1024 8')" 'ok EIO' 'each of two targets has its own rules'

# IMA measurement, if the kernel has IMA.
ima=/sys/kernel/security/ima
mount -t securityfs securityfs /sys/kernel/security 2> /tmp/null
if [[ -e $ima/policy ]] &&
	{ echo 'measure func=CRITICAL_DATA label=device-mapper' > $ima/policy; } 2> /tmp/null; then
	bd_create ima "$dev" seed=3 inject-error sector=8,24-31 errno=ENOSPC
	# Attributes end at a comma, targets at a semicolon, without a backslash before it.
	measured=$(perl -ne 'next unless / dm_table_load /;
		$line = pack("H*", (split)[5]);
		END {
			($target) = $line =~ /target_index=0,((?:\\.|[^\\;])*);/;
			print map { s/\\(.)/$1/g; "$_\n" } $target =~ /((?:\\.|[^\\, ])+)/g;
		}' $ima/ascii_runtime_measurements)
	like "$measured" $'^target_begin=.*\ntarget_len=[0-9]*\ntarget_name=blkdebug\ntarget_version=[0-9.]*\n' \
		'IMA measures name and version of the target'
	is "$(grep -E '^(options|rules)=' <<< "$measured")" \
		$'options= seed=3\nrules= inject-error sector=8,24-31 errno=ENOSPC' \
		'IMA measures options and rules as one attribute each, with escaped separators'
else
	skip 'needs IMA' 2
fi

done_testing
