# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The one grammar: what is written, and what table and list print for it.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

has_module dm-blkdebug
ram_disk
bd_sectors=2048
bd_create bd "$dev" seed=7

# The table line of what is read from stdin, as it comes back.
loaded() {
	local rules

	mapfile -t rules
	bd_load bd "$dev" seed=7 "${rules[@]}" || return
	rules=("$(bd_rules bd --inactive)")
	echo "${rules[0]#seed=7 }"
}

# canonical DESC WRITTEN [PRINTED], and what is printed must print as itself
canonical() {
	local printed=${3-$2}

	is "$(loaded <<< "$2")" "$printed" "$1"
	[[ $2 == "$printed" ]] || is "$(loaded <<< "$printed")" "$printed" "$1, and again"
}

# --- Options ---

is "$(bd_rules bd)" seed=7 'an idle table has its seed only'
bd_load bd "$dev"
like "$(bd_rules bd --inactive)" '^seed=[0-9]+$' 'a seed is drawn when there is none'
seed=$(bd_rules bd --inactive)
bd_load bd "$dev"
unlike "$(bd_rules bd --inactive)" "^$seed\$" 'each time another one'
bd_create other "$dev"
is "$(bd_rules other)" "seed=$(bd_status other seed)" 'status shows it, too'
table=$(dmsetup table other)
dmsetup load other <<< "$table"
is "$(dmsetup table --inactive other)" "$table" 'the table loads again with it'
bd_load bd "$dev" state=5 seed=0
is "$(bd_rules bd --inactive)" 'state=5 seed=0' 'the start state is printed'
bd_load bd "$dev" seed=18446744073709551615 state=1
is "$(bd_rules bd --inactive)" 'seed=18446744073709551615' 'unless it is the default'
bd_load bd "$dev" state=2147483647 seed=1
is "$(bd_rules bd --inactive)" 'state=2147483647 seed=1' 'a state may be as large as an int'

# --- Keys: order, defaults, spelling ---

canonical 'a rule may be an action alone' 'inject-error'
canonical 'set-state too' 'set-state'
canonical 'a breakpoint needs a tag' 'suspend tag=a'
canonical 'all keys of a fault' \
	'inject-error event=pwritev state=2 sector=1-2 iotype=write flags=fua tag=t errno=ENOSPC once=on immediately=on'
canonical 'all keys of set-state' \
	'set-state event=read_aio state=2 sector=8 iotype=read flags=!meta tag=t new_state=3'
canonical 'all keys of a breakpoint' \
	'suspend event=flush_done state=9 sector=0 iotype=flush flags=sync tag=t once=off'
canonical 'keys come in one order' \
	'inject-error immediately=on once=on errno=ENOSPC tag=t flags=fua iotype=write sector=1-2 state=2 event=pwritev' \
	'inject-error event=pwritev state=2 sector=1-2 iotype=write flags=fua tag=t errno=ENOSPC once=on immediately=on'
canonical 'those of set-state, too' \
	'set-state new_state=3 tag=t flags=!meta iotype=read sector=8 state=2 event=read_aio' \
	'set-state event=read_aio state=2 sector=8 iotype=read flags=!meta tag=t new_state=3'
canonical 'defaults of a fault are left out' \
	'inject-error state=0 errno=EIO once=off immediately=off' 'inject-error'
canonical 'those of set-state' 'set-state new_state=0 state=0' 'set-state'
canonical 'those of a breakpoint' 'suspend state=0 once=on tag=t' 'suspend tag=t'
canonical 'all iotypes are the default' \
	'inject-error iotype=read,write,write-zeroes,discard,flush,secure-erase,zone-append,zone-mgmt' \
	'inject-error'
canonical 'each iotype but one' \
	'inject-error iotype=read,write,write-zeroes,discard,flush,secure-erase,zone-append'
canonical 'iotypes come in one order' 'inject-error iotype=zone-mgmt,flush,write,read' \
	'inject-error iotype=read,write,flush,zone-mgmt'
canonical 'each flag' 'inject-error flags=fua,meta,sync,prio,rahead,nowait'
canonical 'each flag negated' 'inject-error flags=!fua,!meta,!sync,!prio,!rahead,!nowait'
canonical 'flags come in one order' 'inject-error flags=!nowait,meta,!fua' \
	'inject-error flags=!fua,meta,!nowait'
if has_feature flags atomic; then
	canonical 'the atomic flag' 'inject-error flags=atomic inject-error flags=!atomic'
else
	skip 'needs atomic writes'
fi

canonical 'an errno by number is printed by name' \
	'inject-error errno=61 inject-error errno=28 inject-error errno=5' \
	'inject-error errno=ENODATA inject-error errno=ENOSPC inject-error'
canonical 'errno=0 has no name' 'inject-error errno=0'
canonical 'large states' 'set-state state=2147483647 new_state=2147483647'

# --- Sectors ---

canonical 'one sector' 'inject-error sector=17'
canonical 'a range of one sector' 'inject-error sector=17-17' 'inject-error sector=17'
canonical 'a range from zero' 'inject-error sector=0-7'
canonical 'ranges are sorted' 'inject-error sector=30-39,5,10-19' 'inject-error sector=5,10-19,30-39'
canonical 'overlapping ranges are merged' 'inject-error sector=10-19,15-25,11-12,25' \
	'inject-error sector=10-25'
canonical 'ranges that touch are merged' 'inject-error sector=20-29,5,0-3,10-19,4' \
	'inject-error sector=0-5,10-29'
canonical 'the same range twice' 'inject-error sector=8-15,8-15' 'inject-error sector=8-15'
canonical 'a range beyond the end of the target' 'inject-error sector=0,2047-18446744073709551615'
canonical 'all sectors there could be' \
	'inject-error sector=5-18446744073709551614,0-18446744073709551615,9' \
	'inject-error sector=0-18446744073709551615'

# --- Names ---

# QEMU's, in the spelling of its first blkdebug where that had them, and ours.
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
	read_done flush_done discard discard_done)
is ${#events[@]} 52 'there are 48 events of QEMU and 4 of our own'
seed_names="${events[*]/#/inject-error event=}"
canonical "the seed's spelling of all events" "$seed_names"
canonical 'with underscores only' "${seed_names//./_}" "$seed_names"
canonical 'with dots only' "${seed_names//_/.}" "$seed_names"

canonical 'user events, as first written' \
	'inject-error event=user.a_b inject-error event=user_a.b inject-error event=user.a.b' \
	'inject-error event=user.a_b inject-error event=user.a_b inject-error event=user.a_b'
canonical 'user events differ by their case' \
	'inject-error event=user.x inject-error event=user.X inject-error event=user.x-1'
long=user.$(printf '%058d' 0)
canonical 'an event name of 63 characters' "inject-error event=$long"
canonical 'a tag of 63 characters' "suspend tag=${long//0/Z}"
canonical 'tags' 'suspend tag=_ suspend tag=a suspend tag=Z9._-z suspend tag=a.b suspend tag=a_b'

# --- One grammar everywhere ---

written='set-state event=read_aio state=1 new_state=2 inject-error state=3 sector=0-7,16 errno=EILSEQ
suspend event=user.x tag=a once=off inject-error event=pwritev iotype=write flags=fua,!meta once=on'
written=${written//$'\n'/ }
bd_msg bd replace "$written" > /dev/null
# shellcheck disable=SC2086 # a word each
answers 5-8 'rules are added as they are written' bd add $written
is "$(bd_rules bd)" "seed=7 $written $written" 'a message takes what a table takes, as one word or several'
is "$(bd_msg bd list)" "1 0 - set-state event=read_aio state=1 new_state=2
2 0 - inject-error state=3 sector=0-7,16 errno=EILSEQ
3 0 - suspend event=user.x tag=a once=off
4 0 - inject-error event=pwritev iotype=write flags=fua,!meta once=on
5 0 - set-state event=read_aio state=1 new_state=2
6 0 - inject-error state=3 sector=0-7,16 errno=EILSEQ
7 0 - suspend event=user.x tag=a once=off
8 0 - inject-error event=pwritev iotype=write flags=fua,!meta once=on" 'list prints the same'

# --- The table line loads again as it stands ---

bd_msg bd remove 2
bd_msg bd add inject-error sector=9,8 > /dev/null
table=$(dmsetup table bd)
like "$table" ' inject-error sector=8-9$' 'rules added and removed since are in the table'
dmsetup load bd <<< "$table"
is "$(dmsetup table --inactive bd)" "$table" 'it loads again as it stands'
dmsetup suspend bd
dmsetup resume bd
is "$(dmsetup table bd)" "$table" 'and stays so as the live table'
like "$(bd_msg bd list)" $'^1 0 - set-state .*\n8 0 - inject-error sector=8-9$' \
	'a reload numbers its rules anew'

done_testing
