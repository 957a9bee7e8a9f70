# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The grammar: the text that table and list print for each way to write a rule.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

bd_sectors=2048
bd_setup ram_disk

# loaded: loads the rules that stdin has, prints the rules of the inactive table
loaded() {
	local rules

	mapfile -t rules
	bd_load bd "$dev" seed=7 "${rules[@]}" || return
	rules=("$(bd_rules bd --inactive)")
	echo "${rules[0]#seed=7 }"
}

# canonical DESC WRITTEN [PRINTED]: a table with WRITTEN prints as PRINTED, and
# PRINTED, when loaded, prints as itself
canonical() {
	local printed=${3-$2}

	is "$(loaded <<< "$2")" "$printed" "$1"
	[[ $2 == "$printed" ]] || is "$(loaded <<< "$printed")" "$printed" "$1: the printed form loads and prints unchanged"
}

# --- Options ---

is "$(bd_rules bd)" seed=7 'a table without options and rules prints its seed only'
bd_load bd "$dev"
like "$(bd_rules bd --inactive)" '^seed=[0-9]+$' 'a table without seed= draws one'
seed=$(bd_rules bd --inactive)
bd_load bd "$dev"
unlike "$(bd_rules bd --inactive)" "^$seed\$" 'each load without seed= draws another seed'
bd_create other "$dev"
is "$(bd_rules other)" "seed=$(bd_status other seed)" 'table and status show the same drawn seed'
table=$(dmsetup table other)
dmsetup load other <<< "$table"
is "$(dmsetup table --inactive other)" "$table" 'a table line with a drawn seed loads unchanged'
bd_load bd "$dev" state=5 seed=0
is "$(bd_rules bd --inactive)" 'state=5 seed=0' 'the table prints state=5, the start state'
bd_load bd "$dev" seed=18446744073709551615 state=1
is "$(bd_rules bd --inactive)" 'seed=18446744073709551615' 'the table leaves out state=1, the default'
bd_load bd "$dev" state=2147483647 seed=1
is "$(bd_rules bd --inactive)" 'state=2147483647 seed=1' 'the largest state is 2147483647'

# --- Keys: order, defaults, spelling ---

canonical 'inject-error without keys' 'inject-error'
canonical 'set-state without keys' 'set-state'
canonical 'suspend with a tag only' 'suspend tag=a'
canonical 'inject-error with all its keys' \
	'inject-error event=pwritev state=2 sector=1-2 iotype=write flags=fua tag=t errno=ENOSPC once=on immediately=on'
canonical 'set-state with all its keys' \
	'set-state event=read_aio state=2 sector=8 iotype=read flags=!meta tag=t new_state=3'
canonical 'suspend with all its keys' \
	'suspend event=flush_done state=9 sector=0 iotype=flush flags=sync tag=t once=off'
canonical 'keys of inject-error are printed in one order' \
	'inject-error immediately=on once=on errno=ENOSPC tag=t flags=fua iotype=write sector=1-2 state=2 event=pwritev' \
	'inject-error event=pwritev state=2 sector=1-2 iotype=write flags=fua tag=t errno=ENOSPC once=on immediately=on'
canonical 'keys of set-state are printed in one order' \
	'set-state new_state=3 tag=t flags=!meta iotype=read sector=8 state=2 event=read_aio' \
	'set-state event=read_aio state=2 sector=8 iotype=read flags=!meta tag=t new_state=3'
canonical 'default values of inject-error are left out' \
	'inject-error state=0 errno=EIO once=off immediately=off' 'inject-error'
canonical 'default values of set-state are left out' 'set-state new_state=0 state=0' 'set-state'
canonical 'default values of suspend are left out' 'suspend state=0 once=on tag=t' 'suspend tag=t'
canonical 'a list of all iotypes is left out as the default' \
	'inject-error iotype=read,write,write-zeroes,discard,flush,secure-erase,zone-append,zone-mgmt' \
	'inject-error'
canonical 'a list of all iotypes but zone-mgmt is printed' \
	'inject-error iotype=read,write,write-zeroes,discard,flush,secure-erase,zone-append'
canonical 'iotypes are printed in one order' 'inject-error iotype=zone-mgmt,flush,write,read' \
	'inject-error iotype=read,write,flush,zone-mgmt'
canonical 'each flag is accepted' 'inject-error flags=fua,meta,sync,prio,rahead,nowait'
canonical 'each flag is accepted negated' 'inject-error flags=!fua,!meta,!sync,!prio,!rahead,!nowait'
canonical 'flags are printed in one order' 'inject-error flags=!nowait,meta,!fua' \
	'inject-error flags=!fua,meta,!nowait'
if has_feature flags atomic; then
	canonical 'the flag atomic is accepted' 'inject-error flags=atomic inject-error flags=!atomic'
else
	skip 'needs atomic writes'
fi

canonical 'an errno given by number is printed by name' \
	'inject-error errno=61 inject-error errno=28 inject-error errno=5' \
	'inject-error errno=ENODATA inject-error errno=ENOSPC inject-error'
canonical 'errno=0 is printed as a number' 'inject-error errno=0'
canonical 'the largest states are printed' 'set-state state=2147483647 new_state=2147483647'

# --- Sectors ---

canonical 'sector= with one sector' 'inject-error sector=17'
canonical 'a range of one sector is printed as one sector' 'inject-error sector=17-17' 'inject-error sector=17'
canonical 'a range that starts at sector 0' 'inject-error sector=0-7'
canonical 'ranges are sorted' 'inject-error sector=30-39,5,10-19' 'inject-error sector=5,10-19,30-39'
canonical 'overlapping ranges are merged' 'inject-error sector=10-19,15-25,11-12,25' \
	'inject-error sector=10-25'
canonical 'ranges that touch are merged' 'inject-error sector=20-29,5,0-3,10-19,4' \
	'inject-error sector=0-5,10-29'
canonical 'a range given twice is printed once' 'inject-error sector=8-15,8-15' 'inject-error sector=8-15'
canonical 'a range that ends beyond the target' 'inject-error sector=0,2047-18446744073709551615'
canonical 'ranges that cover all sector numbers are merged' \
	'inject-error sector=5-18446744073709551614,0-18446744073709551615,9' \
	'inject-error sector=0-18446744073709551615'

# --- Names ---

# QEMU's events, spelled as in the seed where the seed has them, then our own.
events=(none l1_update l1_grow.alloc_table l1_grow.write_table l1_grow.activate_table
	l1_shrink_write_table l1_shrink_free_l2_clusters l2_load l2_update l2_update_compressed
	l2_alloc.cow_read l2_alloc.write read_aio read_backing_aio read_compressed write_aio
	write_compressed vmstate_load vmstate_save cow_read cow_write cor_write reftable_load
	reftable_grow reftable_update refblock_load refblock_update refblock_update_part
	refblock_alloc refblock_alloc.hookup refblock_alloc.write refblock_alloc.write_blocks
	refblock_alloc.write_table refblock_alloc.switch_table cluster_alloc cluster_alloc_bytes
	cluster_alloc_space cluster_free flush_to_os flush_to_disk pwritev_rmw.head
	pwritev_rmw.after_head pwritev_rmw.tail pwritev_rmw.after_tail pwritev pwritev_zero
	pwritev_done empty_image_prepare
	read_done flush_done discard discard_done power_cut power_on)
is ${#events[@]} 54 'there are 48 events of QEMU and 6 of our own'
seed_names="${events[*]/#/inject-error event=}"
canonical "all events are accepted in the seed's spelling" "$seed_names"
canonical "event names with underscores only are printed in the seed's spelling" "${seed_names//./_}" "$seed_names"
canonical "event names with dots only are printed in the seed's spelling" "${seed_names//_/.}" "$seed_names"

canonical 'a user event is printed as first written' \
	'inject-error event=user.a_b inject-error event=user_a.b inject-error event=user.a.b' \
	'inject-error event=user.a_b inject-error event=user.a_b inject-error event=user.a_b'
canonical 'user events that differ in case are different events' \
	'inject-error event=user.x inject-error event=user.X inject-error event=user.x-1'
long=user.$(printf '%058d' 0)
canonical 'an event name of 63 characters is accepted' "inject-error event=$long"
canonical 'a tag of 63 characters is accepted' "suspend tag=${long//0/Z}"
canonical 'tags of letters, digits, dots, dashes and underscores are accepted' 'suspend tag=_ suspend tag=a suspend tag=Z9._-z suspend tag=a.b suspend tag=a_b'

# --- One grammar everywhere ---

written='set-state event=read_aio state=1 new_state=2 inject-error state=3 sector=0-7,16 errno=EILSEQ
suspend event=user.x tag=a once=off inject-error event=pwritev iotype=write flags=fua,!meta once=on'
written=${written//$'\n'/ }
bd_msg bd replace "$written" > /dev/null
# shellcheck disable=SC2086 # a word each
answers 5-8 'add takes the words of a table, one argument each' bd add $written
is "$(bd_rules bd)" "seed=7 $written $written" 'add and replace lead to the same rules as a table'
is "$(bd_msg bd list)" "1 0 - set-state event=read_aio state=1 new_state=2
2 0 - inject-error state=3 sector=0-7,16 errno=EILSEQ
3 0 - suspend event=user.x tag=a once=off
4 0 - inject-error event=pwritev iotype=write flags=fua,!meta once=on
5 0 - set-state event=read_aio state=1 new_state=2
6 0 - inject-error state=3 sector=0-7,16 errno=EILSEQ
7 0 - suspend event=user.x tag=a once=off
8 0 - inject-error event=pwritev iotype=write flags=fua,!meta once=on" 'list prints rules in the form of the table'

# --- The table line loads again as it stands ---

bd_msg bd remove 2
bd_msg bd add inject-error sector=9,8 > /dev/null
table=$(dmsetup table bd)
like "$table" ' inject-error sector=8-9$' 'the table shows added rules and leaves out removed ones'
dmsetup load bd <<< "$table"
is "$(dmsetup table --inactive bd)" "$table" 'the table line of changed rules loads unchanged'
dmsetup suspend bd
dmsetup resume bd
is "$(dmsetup table bd)" "$table" 'the table line stays the same when it becomes live'
like "$(bd_msg bd list)" $'^1 0 - set-state .*\n8 0 - inject-error sector=8-9$' \
	'a reload numbers its rules from 1'

done_testing
