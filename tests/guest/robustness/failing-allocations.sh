# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # functions called by asserts
#
# Loads, messages and I/O in which the first, second, third ... memory
# allocation fails, until none is left to fail. Each either fails, changes
# nothing and leaves a device that works, or succeeds completely. tests/run
# looks for leaks.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

debugfs=/sys/kernel/debug

# Only this kernel feature makes a chosen allocation of one task fail.
has_fault_injection() { [[ -d $debugfs/$1 && -e /proc/self/fail-nth ]]; }

require has_fault_injection failslab
require has_module brd
has_module dm-blkdebug

# Count all allocations, and log none of their failures.
for dir in "$debugfs"/{failslab,fail_page_alloc}; do
	[[ -d $dir ]] || continue
	for setting in verbose=0 ignore-gfp-wait=N ignore-gfp-highmem=N min-order=0; do
		[[ ! -e $dir/${setting%=*} ]] || echo "${setting#*=}" > "$dir/${setting%=*}"
	done
done

# A base of rules with ranges, tags, a used-up rule and an armed one, so that a
# wrong change of any of these shows.
base='inject-error event=user.base sector=48-55 tag=base
	inject-error sector=1000-1007,1024,2000-2999 state=9 errno=ENOSPC tag=ranges
	inject-error sector=64 once=on tag=once
	set-state event=user.move new_state=3
	suspend event=user.stop state=8 tag=stop'
base=${base//[[:space:]]/ }

ram_disk
bd_create t "$dev"
coproc ops { io /dev/mapper/t -; }

# op WORD...: sends an op to io, sets $said to its answer
op() {
	echo "$*" >&"${ops[1]}"
	IFS= read -r said <&"${ops[0]}" || said='no answer'
}

# all_ok OP...: each of these ops must answer "ok"
all_ok() {
	local one

	for one; do
		op "$one"
		[[ $said == ok ]] || { why="'$one' said $said"; return 1; }
	done
}

# look: sets $state to all that the device shows, but for counters that each
# turn increases
look() {
	op show
	state=$said
}

# look_at_outcome: sets $outcome to the state after a success, without what
# differs between successes
look_at_outcome() {
	look
	outcome=$(sed -E 's/(ok |;)[0-9]+ [0-9]+ (-|used|armed) /\1\2 /g; s/seen=[0-9]+//g' <<< "$state")
}

# untouched STATE: the device shows STATE, and a read succeeds
untouched() {
	local before=$1

	look
	[[ $state == "$before" ]] || { why=$'before:\n'"$before"$'\nafter:\n'"$state"; return 1; }
	op r 0 8
	[[ $said == ok ]] || { why="a read said $said"; return 1; }
}

# attempt NTH EXPECTED OP: does OP with its NTH allocation failing. Returns 0 if
# it succeeded, 1 if it failed and changed nothing, 2 for anything else, with
# the reason in $why. $met is "miss" if OP has fewer allocations.
attempt() {
	local before state

	look
	before=$state
	[[ $2 != same ]] || set -- "$1" "$before" "$3"
	op nth "$1" "$3"
	met=${said%% *}
	case ${said#* } in
	"${2#\~}")
		[[ $2 == ok || $2 == \~* ]] || untouched "$before" || return 2
		look_at_outcome
		;;
	# "show" has four parts, one of which may fail.
	*ENOMEM*) untouched "$before" || return 2; return 1 ;;
	*) why="said $said"; return 2 ;;
	esac
}

# walk DESC EXPECTED OP [before OP]... [after OP]...: does OP with each of its
# allocations failing in turn. EXPECTED is its answer without a failure, "same"
# for the answer that "show" gives; with an EXPECTED other than "ok" OP must
# change nothing, unless "~" precedes it. The ops "before" prepare each turn,
# those "after" undo a success.
walk() {
	local desc=$1 expected=$2 op=$3 before=() after=() nth failed=0 status ready='' why met
	local outcome outcomes=()
	shift 3

	while [[ $# -gt 0 ]]; do
		if [[ $1 == before ]]; then before+=("$2"); else after+=("$2"); fi
		shift 2
	done
	for ((nth = 1; nth < 2000; nth++)); do
		if [[ -z $ready ]]; then
			all_ok ${before[@]+"${before[@]}"} || break
			ready=yes
		fi
		status=0
		attempt $nth "$expected" "$op" || status=$?
		case $status in
		0) outcomes+=("$outcome"); ready=''; all_ok ${after[@]+"${after[@]}"} || break ;;
		1) failed=$((failed + 1)) ;;
		2) break ;;
		esac
		if [[ $met == miss ]]; then
			same_outcomes || break
			ok "$desc: each failing allocation is handled"
			diag "$((nth - 1)) allocations, $failed failures"
			return
		fi
	done
	not_ok "$desc: each failing allocation is handled" "allocation $nth: $why"
}

# same_outcomes: each success with a failed allocation led to the same state as
# the one without
same_outcomes() {
	local one

	for one in "${outcomes[@]}"; do
		why=$'with all memory:\n'"$outcome"$'\nwithout:\n'"$one"
		[[ $one == "$outcome" ]] || return
	done
}

# The initial rules.
op "message replace $base"
op message event user.base
op r 64 1
is "$said" EIO 'the initial rules are in force'

# --- Messages that change rules ---

new='inject-error sector=8,16,24-31 state=7 tag=new'
walk 'add of a fault with ranges' ok "message add $new" after 'message remove new'
walk 'add of rules with overlapping ranges' ok \
	'message add inject-error state=6 sector=0-99 tag=new inject-error state=6 sector=50-149,160 tag=new' \
	after 'message remove new'
walk 'add of a range between existing ones' ok \
	'message add inject-error sector=1004-1011,1500 state=9 tag=new' after 'message remove new'
walk 'add of a fault, a breakpoint and a set-state' ok \
	"message add $new suspend event=read_aio state=7 tag=new set-state event=user.walk state=7 new_state=5 tag=new" \
	after 'message remove new'
walk 'add of valid rules and an invalid one' EINVAL \
	"message add $new suspend event=read_aio state=7 tag=new inject-error sector=3-1"
faults='inject-error sector=8-15,24-31 healed=on state=7 tag=new corrupt sector=9 on=write byte=7 value=1 state=7 tag=new
	delay ms=1 probability=1/2 state=7 tag=new tear sectors=1 after=3 state=7 tag=new'
faults=${faults//[[:space:]]/ }
walk 'add of one fault of each kind' ok "message add $faults" after 'message remove new'
many=
for ((i = 0; i < 100; i++)); do many+=" inject-error state=7 sector=$((i * 16)) tag=new"; done
walk 'add of a hundred rules' ok "message add$many" after 'message remove new'
walk 'replace without earlier rules' ok "message replace $base" before 'message clear'
walk 'replace of all rules' ok "message replace $base" \
	after "message add inject-error sector=9 state=7"
walk 'remove of two rules' ok 'message remove new' before "message add $new suspend event=read_aio state=7 tag=new"
walk 'remove of a hundred rules' ok 'message remove new' before "message add$many"
walk 'clear' ok 'message clear' before "message replace $base"
walk 'reset' ok 'message reset' before "message replace $base" before 'message state 4'

# --- Breakpoints and events ---

all_ok "message replace $base"
walk 'break' ok 'message break pwritev_done b state=7 sector=5,7' after 'message remove_break b'
walk 'break on a new user event' ok 'message break user.own b state=7' \
	after 'message remove_break b'
walk 'remove_break' ok 'message remove_break b' before 'message break read_aio b state=7'
walk 'event without rules' ok 'message event user.nobody'
walk 'event that moves the state' ok 'message event user.move' before 'message state 1'
walk 'event whose caller is held and times out' '~ETIMEDOUT' 'message event user.held 1' \
	before "message replace $base suspend event=user.held once=off tag=held"
all_ok "message replace $base"
walk 'unknown event' ENOENT 'message event nonsense'
walk 'wait_break that times out' ETIMEDOUT 'message wait_break stop 1'
walk 'wait_hits with enough hits' ok 'message wait_hits base 0'
walk 'wait_hits that times out' ETIMEDOUT 'message wait_hits base 9 1'
walk 'resume without a hold' ENOENT 'message resume stop'
walk 'event that arms a fault' ok 'message event user.base' before "message replace $base"

# walk_held DESC EXPECTED OP OUTCOME [before OP]... [after OP]...: walk, with a
# read held under the tag h that OP, or the ops "after", resume; the read ends
# with OUTCOME
walk_held() {
	walk "$1" "$2" "$3" before 'message reset' before "message replace $base" \
		before 'message break read_aio h sector=96' before 'begin r 96 1' \
		before 'message wait_break h' "${@:5}" after "end $4"
}
walk_held 'resume of a held read' ok 'message resume h' ok
walk_held 'resume all of a held read' ok 'message resume h all' ok
walk_held 'resume of a held read with an errno' ok 'message resume h errno=ENOSPC' ENOSPC
walk_held 'wait_break with a held read' ok 'message wait_break h' ok after 'message resume h'
walk_held 'is_suspended with a held read' ok 'message is_suspended h' ok after 'message resume h'
walk_held 'held with a held read' ok 'message held' ok after 'message resume h'
walk_held 'remove_break with a held read' ok 'message remove_break h' ok
walk_held 'reset with a held read' ok 'message reset' ok
walk_held 'clear with a held read' ok 'message clear' ok after 'message resume h'
walk_held 'replace with a held read' ok "message replace $base" ok after 'message resume h'
walk_held 'suspend with a held read' ok suspend ok after resume
walk_held 'suspend --noflush with a held read' ok 'suspend noflush' ok after resume

# --- Messages that answer ---

for word in list held stats features state 'is_suspended stop'; do
	walk "$word" ok "message $word"
done
walk 'stats reset' ok 'message stats reset'
walk 'state with a number' ok 'message state 5' before 'message state 1'
walk 'unknown message' EINVAL 'message nonsense'
walk 'status, table, list and stats together' same show

# --- sysfs ---

dir=$(bd_sysfs t)
walk 'write of the sysfs file state' ok "put $dir/state 5" before 'message state 1'
walk 'write of the sysfs file break' ok "put $dir/break read_aio b state=7 sector=3,5" after 'message remove_break b'
walk 'write of the sysfs file remove_break' ok "put $dir/remove_break b" before 'message break read_aio b state=7'
walk 'write of the sysfs file event' ok "put $dir/event user.move" before 'message state 1'
walk 'write of the sysfs file resume without a hold' ENOENT "put $dir/resume stop"
walk_held 'write of the sysfs file resume with a held read' ok "put $dir/resume h" ok
walk_held 'read of the sysfs file held with a held read' h "get $dir/held" ok after 'message resume h'
walk 'read of the sysfs file state' 1 "get $dir/state"
op get "$dir/injected"
walk 'read of the sysfs file injected' "$said" "get $dir/injected"
features=/sys/module/dm_blkdebug/parameters/features
op get $features
walk 'read of the module parameter features' "$said" "get $features"

# --- Tables ---

sectors=$(sectors_of "$dev")
table="0 $sectors blkdebug $dev 0 seed=5"
walk 'load of a table without rules' ok "load $table" after clear
walk 'load of a table with rules' ok "load $table state=4 $base $new" after clear
walk 'load of a table with faults that need a mempool' ok "load $table $faults" after clear
walk 'load of a table with an invalid rule' EINVAL "load $table $base inject-error sector=3-1"
walk 'load of a table with an unknown device' ENODEV "load 0 $sectors blkdebug /dev/nonsense 0"

# A resume that fails leaves the device suspended, with the new table or, if dm
# has dropped that one, with the old one, and the next resume succeeds.
resume_new_table() {
	local nth why met

	all_ok "message replace $base"
	for ((nth = 1; nth < 2000; nth++)); do
		all_ok "load $table state=$nth $base" || break
		op nth $nth resume
		met=${said%% *}
		case ${said#* } in
		ok) ;;
		ENOMEM) all_ok resume || break ;;
		*) why="said $said"; break ;;
		esac
		op show
		[[ $said == "ok state="*" rules=5 "* ]] || { why="status $said"; break; }
		op r 0 8
		[[ $said == ok ]] || { why="a read said $said"; break; }
		[[ -e $dir/state ]] || { why="no directory"; break; }
		if [[ $met == miss ]]; then
			ok "$1"
			diag "$((nth - 1)) allocations"
			return
		fi
	done
	not_ok "$1" "allocation $nth: $why"
}
resume_new_table 'resume with a new table'

op w 64 1
is "$said" EIO 'the rules of the last table are in force after failed resumes'

# --- Housekeeping ---

# fail_workers INTERVAL: makes each INTERVALth allocation of all kernel workers
# fail, one of which does the housekeeping; 0 ends that
fail_workers() {
	local stat comm dir

	for stat in /proc/[0-9]*/stat; do
		read -r _ comm _ < "$stat"
		[[ $comm != '(kworker/'* ]] || echo $(($1 > 0)) > "${stat%stat}make-it-fail"
	done 2> /tmp/null
	for dir in "$debugfs"/{failslab,fail_page_alloc}; do
		echo Y > "$dir/task-filter"
		echo 1000 > "$dir/times"
		echo "$1" > "$dir/interval"
		echo $(($1 > 0 ? 100 : 0)) > "$dir/probability"
	done
}

times_left() { echo "$(< $debugfs/failslab/times) $(< $debugfs/fail_page_alloc/times)"; }

# Most ranges belong to a rule that one hit uses up; those that remain overlap.
many=''
for ((i = 0; i < 100; i++)); do many+=,$((10000 + 16 * i)); done
dirty="inject-error once=on sector=${many#,} tag=used
	inject-error sector=9000-9999,20000 errno=ENOSPC tag=left
	inject-error sector=9500-9999,20008 errno=ENODATA tag=left"
dirty=${dirty//[[:space:]]/ }

events() { dmsetup info -c --noheadings -o events t; }
events_are_not() { [[ $(events) != "$1" ]]; }

# clean_up INTERVAL: housekeeping after a used-up rule, with each INTERVALth
# allocation failing
clean_up() {
	local before

	all_ok "message replace $dirty" || return
	before=$(events)
	fail_workers "$1"
	op r 10016 1
	[[ $said == EIO ]] || { why="the rule to be used up: $said"; return 1; }
	wait_until events_are_not "$before"
	[[ $(times_left) == '1000 1000' ]] || failed=$((failed + 1))
	fail_workers 0
	why="remaining rules: $(ios /dev/mapper/t 'r 10032 1' 'r 9496 8' 'r 20000 1' 'r 20008 1')"
	[[ $why == *': ok ENOSPC ENOSPC ENODATA' ]]
}

why='' failed=0
for every in 1 2 2 3 3 3; do clean_up $every || break; done
is "$why" 'remaining rules: ok ENOSPC ENOSPC ENODATA' \
	'housekeeping with failing allocations keeps the remaining rules'
is $((failed >= 5)) 1 'allocations of the housekeeping have failed'
diag "$failed failures"

op w 20008 1
is "$said" ENODATA 'the rules of the last message are in force after the housekeeping'

# --- Faults ---

# Faults take the memory they need for a bio from a mempool, so that they act
# however many allocations fail. Only the block layer may fail the I/O with
# ENOMEM before the target sees it, and then no rule has a hit.
#
# strike RULE OP EXPECTED BYTES [NTH]: does OP under RULE on sectors with the
# byte 11, then compares eight of them with BYTES; with NTH, that allocation of
# the submitter fails
strike() {
	local rule=$1 op=$2 expected=$3 bytes=$4 strikes=1
	shift 4

	# Healing counts no hit.
	[[ $rule != *healed=on || $op != w* ]] || strikes=0
	all_ok 'message clear' 'w 64 16 byte=11' "message replace $rule" || return
	[[ ! -v every ]] || fail_workers "$every"
	op ${1+nth "$1"} "$op"
	[[ ! -v every ]] || fail_workers 0
	met=${said%% *}
	[[ $# -eq 0 ]] || said=${said#* }
	if [[ $# -gt 0 && $said == ENOMEM ]]; then
		strikes=0 bytes='11*4096'
	elif [[ $said != "$expected" ]]; then
		why="said $said"
		return 1
	fi
	op ask list
	why="list: $said"
	[[ $said == "ok "*" $strikes - "* ]] || return
	all_ok 'message clear' || return
	op x 64 8
	why="bytes: $said"
	[[ $said == "$bytes" ]]
}

# walk_fault DESC RULE OP EXPECTED BYTES: strike with each of the submitter's
# allocations failing, then with all, half and a third of those of the kernel
# workers
walk_fault() {
	local desc=$1 nth every why='' met=''
	shift

	for ((nth = 1; nth < 200; nth++)); do
		strike "$@" $nth || break
		[[ $met != miss ]] || break
	done
	if [[ $met != miss ]]; then
		not_ok "$desc: each failing allocation is handled" "allocation $nth: $why"
		return
	fi
	for every in 1 2 3; do
		strike "$@" || { not_ok "$desc: each failing allocation is handled" "every ${every}th of a worker: $why"; return; }
	done
	ok "$desc: each failing allocation is handled"
	diag "$((nth - 1)) allocations"
}

write='w 64 8 byte=22'
walk_fault 'inject-error' 'inject-error errno=ENOSPC' "$write" ENOSPC '11*4096'
walk_fault 'inject-error with immediately=on' 'inject-error immediately=on' "$write" EIO '11*4096'
walk_fault 'inject-error with transfer=all' 'inject-error transfer=all' "$write" EIO '22*4096'
walk_fault 'inject-error with transfer=partial of a write' 'inject-error sector=67 transfer=partial' "$write" \
	EIO '22*1536 11*2560'
walk_fault 'inject-error with transfer=partial of a read' 'inject-error sector=67 transfer=partial' 'rx 64 8' \
	'EIO 11*1536 fe*2560' '11*4096'
walk_fault 'inject-error with healed=on of a read' 'inject-error sector=66 healed=on' 'r 64 8' EIO '11*4096'
walk_fault 'a write that heals a bad sector' 'inject-error sector=65-70 healed=on' 'w 67 1 byte=22' ok \
	'11*1536 22*512 11*2048'
walk_fault 'delay of a write' 'delay ms=1' "$write" ok '22*4096'
walk_fault 'drop of a write' drop "$write" ok '11*4096'
walk_fault 'tear of a write' 'tear sectors=2' "$write" ok '22*1024 11*3072'
walk_fault 'tear of a write with an errno' 'tear sectors=2 errno=ENOSPC' "$write" ENOSPC '22*1024 11*3072'
walk_fault 'misdirect of a write' 'misdirect to=68 sector=72' 'w 72 4 byte=22' ok '11*2048 22*2048'
walk_fault 'corrupt of a write' 'corrupt sector=66 on=write byte=7 value=1' "$write" ok \
	'22*1031 01*1 22*3064'
walk_fault 'corrupt of a read' 'corrupt sector=66 on=read byte=7 value=1' 'rx 64 8' \
	'ok 11*1031 01*1 11*3064' '11*4096'

# The tests above prove nothing unless allocations have failed.
all_ok 'message replace corrupt sector=64-71 on=write byte=7 value=1'
fail_workers 1
all_ok 'w 64 8' 'w 0 100' 'w 71 1'
unlike "$(times_left)" '^1000 1000$' 'allocations have failed while writes were altered'
fail_workers 0
all_ok 'message replace inject-error sector=64-127 healed=on'
fail_workers 1
# A write heals in its submitter; the worker does so where that had no memory.
for ((nth = 1; nth < 32; nth++)); do
	op nth $nth "w $((64 + 2 * nth)) 1"
	[[ $said != miss* ]] || break
done
unlike "$(times_left)" '^1000 1000$' 'allocations have failed while bad sectors were split'
fail_workers 0
for ((i = 64; i < 128; i += 2)); do all_ok "w $i 1"; done
is "$(ios /dev/mapper/t 'r 64 1' 'r 65 1' 'r 126 1' 'r 127 1')" 'ok EIO ok EIO' 'single healed sectors can be read, the others fail'
eval "exec ${ops[1]}>&-"

done_testing
