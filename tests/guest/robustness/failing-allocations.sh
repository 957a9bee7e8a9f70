# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # functions called by asserts
#
# Loads, messages and requests whose first, second, third ... allocation fails,
# until none is left to fail. Each fails as a whole, changes nothing, and leaves a
# device that works; or it succeeds as a whole. Leaks are for tests/run to find.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

debugfs=/sys/kernel/debug

# Only there can one allocation of one task be made to fail.
has_fault_injection() { [[ -d $debugfs/$1 && -e /proc/self/fail-nth ]]; }

require has_fault_injection failslab
require has_module brd
has_module dm-blkdebug

# All allocations are to count, and none to be reported as something special.
for dir in "$debugfs"/{failslab,fail_page_alloc}; do
	[[ -d $dir ]] || continue
	for setting in verbose=0 ignore-gfp-wait=N ignore-gfp-highmem=N min-order=0; do
		[[ ! -e $dir/${setting%=*} ]] || echo "${setting#*=}" > "$dir/${setting%=*}"
	done
done

# The state shall be able to go wrong: ranges, tags, a used-up rule, an armed one.
base='inject-error event=user.base sector=48-55 tag=base
	inject-error sector=1000-1007,1024,2000-2999 state=9 errno=ENOSPC tag=ranges
	inject-error sector=64 once=on tag=once
	set-state event=user.move new_state=3
	suspend event=user.stop state=8 tag=stop'
base=${base//[[:space:]]/ }

ram_disk
bd_create t "$dev"
coproc ops { io /dev/mapper/t -; }

# op WORD...: sets $said
op() {
	echo "$*" >&"${ops[1]}"
	IFS= read -r said <&"${ops[0]}" || said='no answer'
}

# all_ok OP...: the ops that lead somewhere, or back
all_ok() {
	local one

	for one; do
		op "$one"
		[[ $said == ok ]] || { why="'$one' said $said"; return 1; }
	done
}

# Sets $state to all that is shown, but for what each turn adds to.
look() {
	op show
	state=$said
}

# Sets $outcome to what a success leads to, which is the same each time.
look_at_outcome() {
	look
	outcome=$(sed -E 's/(ok |;)[0-9]+ [0-9]+ (-|used|armed) /\1\2 /g; s/seen=[0-9]+//g' <<< "$state")
}

# A failed attempt has changed nothing.
untouched() {
	local before=$1

	look
	[[ $state == "$before" ]] || { why=$'before:\n'"$before"$'\nafter:\n'"$state"; return 1; }
	op r 0 8
	[[ $said == ok ]] || { why="a read said $said"; return 1; }
}

# attempt NTH EXPECTED OP: 0 - done; 1 - failed; 2 - done in a wrong way. Sets
# $met if an allocation has failed, and $why.
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
	# Of "show", one part of four.
	*ENOMEM*) untouched "$before" || return 2; return 1 ;;
	*) why="said $said"; return 2 ;;
	esac
}

# walk DESC EXPECTED OP [before OP]... [after OP]...: EXPECTED is what the op
# says when nothing fails, "same" if that is what "show" says; all but "ok" change
# nothing, unless there is a ~ before it. The ops before it lead to where it can be
# done; those after it, back.
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
			ok "$desc"
			diag "$((nth - 1)) allocations, $failed failures"
			return
		fi
	done
	not_ok "$desc" "allocation $nth: $why"
}

# A success in spite of a failure leads to where one without any does.
same_outcomes() {
	local one

	for one in "${outcomes[@]}"; do
		why=$'with all memory:\n'"$outcome"$'\nwithout:\n'"$one"
		[[ $one == "$outcome" ]] || return
	done
}

# Where everything starts.
op "message replace $base"
op message event user.base
op r 64 1
is "$said" EIO 'the rules are in force'

# --- Messages that change rules ---

new='inject-error sector=8,16,24-31 state=7 tag=new'
walk 'add: a fault with ranges' ok "message add $new" after 'message remove new'
walk 'add: ranges that overlap' ok \
	'message add inject-error state=6 sector=0-99 tag=new inject-error state=6 sector=50-149,160 tag=new' \
	after 'message remove new'
walk 'add: ranges among those there are' ok \
	'message add inject-error sector=1004-1011,1500 state=9 tag=new' after 'message remove new'
walk 'add: all actions at once' ok \
	"message add $new suspend event=read_aio state=7 tag=new set-state event=user.walk state=7 new_state=5 tag=new" \
	after 'message remove new'
walk 'add: a wrong rule after good ones' EINVAL \
	"message add $new suspend event=read_aio state=7 tag=new inject-error sector=3-1"
faults='inject-error sector=8-15,24-31 healed=on state=7 tag=new corrupt sector=9 on=write byte=7 value=1 state=7 tag=new
	delay ms=1 probability=1/2 state=7 tag=new tear sectors=1 after=3 state=7 tag=new'
faults=${faults//[[:space:]]/ }
walk 'add: one fault of each kind' ok "message add $faults" after 'message remove new'
many=
for ((i = 0; i < 100; i++)); do many+=" inject-error state=7 sector=$((i * 16)) tag=new"; done
walk 'add: a hundred rules' ok "message add$many" after 'message remove new'
walk 'replace' ok "message replace $base" before 'message clear'
walk 'replace: all old rules' ok "message replace $base" \
	after "message add inject-error sector=9 state=7"
walk 'remove' ok 'message remove new' before "message add $new suspend event=read_aio state=7 tag=new"
walk 'remove: many' ok 'message remove new' before "message add$many"
walk 'clear' ok 'message clear' before "message replace $base"
walk 'reset' ok 'message reset' before "message replace $base" before 'message state 4'

# --- Breakpoints and events ---

all_ok "message replace $base"
walk 'break' ok 'message break pwritev_done b state=7 sector=5,7' after 'message remove_break b'
walk 'break: of an event of its own' ok 'message break user.own b state=7' \
	after 'message remove_break b'
walk 'remove_break' ok 'message remove_break b' before 'message break read_aio b state=7'
walk 'event: none knows it' ok 'message event user.nobody'
walk 'event: it moves the state' ok 'message event user.move' before 'message state 1'
walk 'event: it is held, in vain' '~ETIMEDOUT' 'message event user.held 1' \
	before "message replace $base suspend event=user.held once=off tag=held"
all_ok "message replace $base"
walk 'event: there is no such' ENOENT 'message event nonsense'
walk 'wait_break: in vain' ETIMEDOUT 'message wait_break stop 1'
walk 'wait_hits' ok 'message wait_hits base 0'
walk 'wait_hits: in vain' ETIMEDOUT 'message wait_hits base 9 1'
walk 'resume: nothing is held' ENOENT 'message resume stop'
walk 'event: it arms a fault' ok 'message event user.base' before "message replace $base"

# walk_held DESC EXPECTED OP OUTCOME [before OP]... [after OP]...: while a request is
# held under h, that OP or those after it let go
walk_held() {
	walk "$1" "$2" "$3" before 'message reset' before "message replace $base" \
		before 'message break read_aio h sector=96' before 'begin r 96 1' \
		before 'message wait_break h' "${@:5}" after "end $4"
}
walk_held 'resume' ok 'message resume h' ok
walk_held 'resume: all' ok 'message resume h all' ok
walk_held 'resume: with an error' ok 'message resume h errno=ENOSPC' ENOSPC
walk_held 'wait_break' ok 'message wait_break h' ok after 'message resume h'
walk_held 'is_suspended: it is' ok 'message is_suspended h' ok after 'message resume h'
walk_held 'held: a request' ok 'message held' ok after 'message resume h'
walk_held 'remove_break: that holds' ok 'message remove_break h' ok
walk_held 'reset: with a request held' ok 'message reset' ok
walk_held 'clear: with a request held' ok 'message clear' ok after 'message resume h'
walk_held 'replace: with a request held' ok "message replace $base" ok after 'message resume h'
walk_held 'suspend: with a request held' ok suspend ok after resume
walk_held 'suspend, without flush: with a request held' ok 'suspend noflush' ok after resume

# --- Messages that tell ---

for word in list held stats features state 'is_suspended stop'; do
	walk "$word" ok "message $word"
done
walk 'stats reset' ok 'message stats reset'
walk 'state, set' ok 'message state 5' before 'message state 1'
walk 'no such message' EINVAL 'message nonsense'
walk 'status, table, list and stats' same show

# --- sysfs ---

dir=$(bd_sysfs t)
walk 'sysfs: state' ok "put $dir/state 5" before 'message state 1'
walk 'sysfs: break' ok "put $dir/break read_aio b state=7 sector=3,5" after 'message remove_break b'
walk 'sysfs: remove_break' ok "put $dir/remove_break b" before 'message break read_aio b state=7'
walk 'sysfs: event' ok "put $dir/event user.move" before 'message state 1'
walk 'sysfs: resume' ENOENT "put $dir/resume stop"
walk_held 'sysfs: resume, with a request held' ok "put $dir/resume h" ok
walk_held 'sysfs: held' h "get $dir/held" ok after 'message resume h'
walk 'sysfs: state, read' 1 "get $dir/state"
op get "$dir/injected"
walk 'sysfs: injected' "$said" "get $dir/injected"
features=/sys/module/dm_blkdebug/parameters/features
op get $features
walk 'sysfs: features' "$said" "get $features"

# --- Tables ---

sectors=$(sectors_of "$dev")
table="0 $sectors blkdebug $dev 0 seed=5"
walk 'load: no rules' ok "load $table" after clear
walk 'load: rules' ok "load $table state=4 $base $new" after clear
walk 'load: faults that set memory aside' ok "load $table $faults" after clear
walk 'load: a wrong rule' EINVAL "load $table $base inject-error sector=3-1"
walk 'load: no such device' ENODEV "load 0 $sectors blkdebug /dev/nonsense 0"

# A resume that fails leaves the device suspended, with the new table or, where dm
# has dropped that, with the old one, for the next to succeed.
resume() {
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
resume 'resume, by a new table'

op w 64 1
is "$said" EIO 'the rules of the last table are in force'

# --- Cleaning up ---

# A worker of the kernel's own cleans up behind requests, so allocations of all
# workers fail: each Nth, or none with 0.
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

# Most ranges are those of a rule that is used up at once; what remains overlaps.
many=''
for ((i = 0; i < 100; i++)); do many+=,$((10000 + 16 * i)); done
dirty="inject-error once=on sector=${many#,} tag=used
	inject-error sector=9000-9999,20000 errno=ENOSPC tag=left
	inject-error sector=9500-9999,20008 errno=ENODATA tag=left"
dirty=${dirty//[[:space:]]/ }

events() { dmsetup info -c --noheadings -o events t; }
events_are_not() { [[ $(events) != "$1" ]]; }

# clean_up EVERY: with each EVERYth allocation failing
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
	why="what others remain: $(ios /dev/mapper/t 'r 10032 1' 'r 9496 8' 'r 20000 1' 'r 20008 1')"
	[[ $why == *': ok ENOSPC ENOSPC ENODATA' ]]
}

why='' failed=0
for every in 1 2 2 3 3 3; do clean_up $every || break; done
is "$why" 'what others remain: ok ENOSPC ENOSPC ENODATA' 'cleaning up'
is $((failed >= 5)) 1 'allocations have failed there'
diag "$failed failures"

op w 20008 1
is "$said" ENODATA 'the rules of the last message are in force'

# --- Faults ---

# What a fault needs for a request it takes from what is set aside, if need be; so it
# strikes however many allocations fail. Only the kernel's own way to the device may
# end for want of memory, and then there has been no request.

# strike RULE OP EXPECTED BYTES [NTH]: does that on sectors that are all 11, then
# looks at eight of them; with NTH, one of the submitter's allocations fails
strike() {
	local rule=$1 op=$2 expected=$3 bytes=$4 strikes=1
	shift 4

	# Healing is no hit.
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

# walk_fault DESC RULE OP EXPECTED BYTES: with each of the submitter's allocations
# failing, then with all, half and a third of those of the kernel's workers
walk_fault() {
	local desc=$1 nth every why='' met=''
	shift

	for ((nth = 1; nth < 200; nth++)); do
		strike "$@" $nth || break
		[[ $met != miss ]] || break
	done
	if [[ $met != miss ]]; then
		not_ok "$desc" "allocation $nth: $why"
		return
	fi
	for every in 1 2 3; do
		strike "$@" || { not_ok "$desc" "every ${every}th of a worker: $why"; return; }
	done
	ok "$desc"
	diag "$((nth - 1)) allocations"
}

write='w 64 8 byte=22'
walk_fault 'an error' 'inject-error errno=ENOSPC' "$write" ENOSPC '11*4096'
walk_fault 'an error: in the context of the submitter' 'inject-error immediately=on' "$write" EIO '11*4096'
walk_fault 'an error: all is transferred' 'inject-error transfer=all' "$write" EIO '22*4096'
walk_fault 'an error: a part is transferred' 'inject-error sector=67 transfer=partial' "$write" \
	EIO '22*1536 11*2560'
walk_fault 'an error: a part is read' 'inject-error sector=67 transfer=partial' 'rx 64 8' \
	'EIO 11*1536 fe*2560' '11*4096'
walk_fault 'a bad sector' 'inject-error sector=66 healed=on' 'r 64 8' EIO '11*4096'
walk_fault 'a bad sector: it is healed' 'inject-error sector=65-70 healed=on' 'w 67 1 byte=22' ok \
	'11*1536 22*512 11*2048'
walk_fault 'a delay' 'delay ms=1' "$write" ok '22*4096'
walk_fault 'a lost write' drop "$write" ok '11*4096'
walk_fault 'a torn write' 'tear sectors=2' "$write" ok '22*1024 11*3072'
walk_fault 'a torn write that fails' 'tear sectors=2 errno=ENOSPC' "$write" ENOSPC '22*1024 11*3072'
walk_fault 'a misdirected write' 'misdirect to=68 sector=72' 'w 72 4 byte=22' ok '11*2048 22*2048'
walk_fault 'corruption of a write' 'corrupt sector=66 on=write byte=7 value=1' "$write" ok \
	'22*1031 01*1 22*3064'
walk_fault 'corruption of a read' 'corrupt sector=66 on=read byte=7 value=1' 'rx 64 8' \
	'ok 11*1031 01*1 11*3064' '11*4096'

# That these have met failures at all
all_ok 'message replace corrupt sector=64-71 on=write byte=7 value=1'
fail_workers 1
all_ok 'w 64 8' 'w 0 100' 'w 71 1'
unlike "$(times_left)" '^1000 1000$' 'allocations have failed as writes are altered'
fail_workers 0
all_ok 'message replace inject-error sector=64-127 healed=on'
fail_workers 1
for ((i = 64; i < 128; i += 2)); do all_ok "w $i 1"; done
unlike "$(times_left)" '^1000 1000$' 'and as bad sectors are split'
fail_workers 0
is "$(ios /dev/mapper/t 'r 64 1' 'r 65 1' 'r 126 1' 'r 127 1')" 'ok EIO ok EIO' 'bad sectors are healed one by one'
eval "exec ${ops[1]}>&-"

done_testing
