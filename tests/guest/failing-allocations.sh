# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # functions called by asserts
#
# Loads and messages whose first, second, third ... allocation fails, until none
# is left to fail: each fails as a whole, changes nothing, and leaves a device
# that works. Leaks are for tests/run to find.

# shellcheck source=tests/lib.sh
. "${BASH_SOURCE[0]%/*}/../lib.sh"

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

# A failed attempt has changed nothing.
untouched() {
	local before=$1

	op show
	[[ $said == "$before" ]] || { why=$'before:\n'"$before"$'\nafter:\n'"$said"; return 1; }
	op r 0 8
	[[ $said == ok ]] || { why="a read said $said"; return 1; }
}

# attempt NTH EXPECTED OP: 0 - done; 1 - failed; 2 - done in a wrong way. Sets
# $met if an allocation has failed, and $why.
attempt() {
	local before

	op show
	before=$said
	[[ $2 != same ]] || set -- "$1" "$before" "$3"
	op nth "$1" "$3"
	met=${said%% *}
	case ${said#* } in
	"${2#\~}") [[ $2 == ok || $2 == \~* ]] || untouched "$before" || return 2 ;;
	# Of "show", one part of three.
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
		0) ready=''; all_ok ${after[@]+"${after[@]}"} || break ;;
		1) failed=$((failed + 1)) ;;
		2) break ;;
		esac
		if [[ $met == miss ]]; then
			ok "$desc"
			diag "$((nth - 1)) allocations, $failed failures"
			return
		fi
	done
	not_ok "$desc" "allocation $nth: $why"
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
	before 'message add suspend event=user.held once=off tag=held'
all_ok 'message remove held'
walk 'event: there is no such' ENOENT 'message event nonsense'
walk 'wait_break: in vain' ETIMEDOUT 'message wait_break stop 1'
walk 'wait_hits' ok 'message wait_hits base 0'
walk 'wait_hits: in vain' ETIMEDOUT 'message wait_hits base 9 1'
walk 'resume: nothing is held' ENOENT 'message resume stop'

# --- Messages that tell ---

for word in list held stats features state 'is_suspended stop'; do
	walk "$word" ok "message $word"
done
walk 'stats reset' ok 'message stats reset'
walk 'state, set' ok 'message state 5' before 'message state 1'
walk 'no such message' EINVAL 'message nonsense'
walk 'status, table and list' same show

# --- sysfs ---

dir=$(bd_sysfs t)
walk 'sysfs: state' ok "put $dir/state 5" before 'message state 1'
walk 'sysfs: break' ok "put $dir/break read_aio b state=7 sector=3,5" after 'message remove_break b'
walk 'sysfs: remove_break' ok "put $dir/remove_break b" before 'message break read_aio b state=7'
walk 'sysfs: event' ok "put $dir/event user.move" before 'message state 1'
walk 'sysfs: resume' ENOENT "put $dir/resume stop"

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

# What they need for a request they take from what is set aside, if need be; so
# all of them strike, though each allocation of the workers fails.
all_ok 'message clear' 'w 0 128'
all_ok 'message replace corrupt sector=64-71 on=write byte=7 value=1'
fail_workers 1
all_ok 'w 64 8' 'w 0 100' 'w 71 1'
unlike "$(times_left)" '^1000 1000$' 'allocations have failed as writes are altered'
fail_workers 0
like "$(bd_list t)" '^3 - corrupt sector=64-71 byte=7 value=1 on=write' 'writes are altered'
is "$(io_bytes "$dev" 64 8)" '00*7 01*1 00*3583 01*1 00*504' 'as they should be'
all_ok 'message replace inject-error sector=64-127 healed=on'
fail_workers 1
for ((i = 64; i < 128; i += 2)); do all_ok "w $i 1"; done
unlike "$(times_left)" '^1000 1000$' 'and as bad sectors are split'
fail_workers 0
is "$(ios /dev/mapper/t 'r 64 1' 'r 65 1' 'r 126 1' 'r 127 1')" 'ok EIO ok EIO' 'bad sectors are healed one by one'
eval "exec ${ops[1]}>&-"

done_testing
