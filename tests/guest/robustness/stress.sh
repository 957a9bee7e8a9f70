# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # actors are started by name
#
# All features at once, for STRESS_SECONDS. fio writes and verifies on one
# device, on a second all I/O is counted, a third is created and removed during
# its I/O. Meanwhile actors change rules and states, hit and resume breakpoints,
# suspend, load tables, sleep in messages, read, write and poll sysfs, and
# trace. At the end no data are lost, and the submitters' counts are those of
# the module.
#
# STRESS_SEED determines the choices of each actor, so that a run can be
# repeated, but for the order in which actors get their turns.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module brd
require has_module loop

seconds=${STRESS_SECONDS:-30}
seed=${STRESS_SEED:-$RANDOM}
diag "STRESS_SEED=$seed STRESS_SECONDS=$seconds"

# The time limit for any single operation, also on a slow machine.
stuck_after=45

work=/tmp/stress
tracing=/sys/kernel/tracing
events=$tracing/events/dm_blkdebug
rm -rf $work
mkdir $work
cd $work || exit

# fio's sectors; no fault may act on these.
fio_sectors=65536
# Small, so that bios meet rules.
count_sectors=8192

# brd of 6.12 hits a BUG when a discard removes a page that is being written.
ram_disk_without_discard() {
	ram_disk
	echo 0 > "/sys/class/block/${dev##*/}/queue/discard_max_bytes"
}

ram_disk_without_discard
data_disk=$dev
ram_disk_without_discard
churn_disk=$dev
loop_disk $((count_sectors / 2048))
count_disk=$dev

# The fixed rules of the counted device: errors, each with an errno of its own,
# faults that the submitter does not notice, and a breakpoint. No other rule
# holds write-zeroes, and no other fault goes unnoticed.
counted='inject-error sector=100-199 iotype=read tag=P.read errno=ENODATA
	inject-error sector=300-499 iotype=write tag=P.write errno=ENOSPC
	inject-error sector=200-399 iotype=discard tag=P.discard errno=ETIMEDOUT immediately=on
	inject-error sector=600-999 iotype=write-zeroes tag=P.write-zeroes errno=EREMOTEIO
	inject-error state=3 iotype=flush tag=P.flush errno=ENOLINK
	corrupt sector=500-599 on=read bits=3 tag=S.read
	tear sector=1000-1099 sectors=random tag=S.write
	drop sector=1100-1199 iotype=write-zeroes tag=S.write-zeroes
	misdirect sector=1200-1599 iotype=discard to=4096 tag=S.discard
	drop state=2 iotype=flush tag=S.flush
	delay sector=2000-2999 ms=5 jitter=20 tag=D
	suspend event=pwritev_zero sector=0-2047 tag=Z once=off'
counted=${counted//[[:space:]]/ }

bd_create data "$data_disk"
bd_create count "$count_disk" "$counted"
data_sysfs=$(bd_sysfs data)
count_sysfs=$(bd_sysfs count)

# --- Actors ---

# pick WORD...: sets $picked to one of the words
pick() { picked=${*:RANDOM % $# + 1:1}; }

chance() { ((RANDOM % 100 < $1)); }

# begin NAME: starts an actor with its own random choices and one io process
begin() {
	name=$1 turns=0
	RANDOM=$((seed + number))
	coproc ops { exec io /dev/mapper/data -; }
}

is_emulated() { ! grep -q kvm /sys/devices/system/clocksource/clocksource0/available_clocksource; }

# next_turn: waits a moment; returns false at the end
next_turn() {
	pause
	[[ ! -e stop ]]
}

# note WORD...: writes down the next operation; an actor whose note does not
# change is stuck
note() { echo "$((++turns)) $*" > "$name.now"; }

# did WORD: creates a file that says this operation was done
did() { : > "did ${1//\//-}"; }

# try ERRNOS OP...: does OP by io; it may fail with any of these errnos
# (EIO|EBUSY)
try() {
	local allowed=$1 words
	shift

	note "$@"
	echo "$*" >&"${ops[1]}"
	read -r said <&"${ops[0]}" || said='no answer'
	[[ ${said%% *} =~ ^(ok|$allowed)$ ]] || echo "$name: '$*' said $said" >> wrong
	read -ra words <<< "$*"
	case $said in
	ok*) did "${words[*]::2}" ;;
	ready) did 'poll ready' ;;
	esac
}

# The operations that must have been done by the end.
needed=('message '{add,replace,remove,clear,reset,state,break,remove_break,resume,event,wait_break}
	'ask '{list,held,stats} resume suspend 'suspend noflush' 'load 0' 'poll ready'
	'churn '{create,'remove --force',suspend,resume})
[[ ! -d $events ]] || needed+=('trace 0' 'trace 1')
all_done() {
	local one

	[[ -e all_hit ]] || return
	for one in "${needed[@]}"; do
		[[ -e "did $one" ]] || return
	done
}

# Events before the check, at completion, and from user space.
before=(read_aio write_aio pwritev flush_to_os flush_to_disk discard)
after=(read_done pwritev_done flush_done discard_done)
user=(user.x user.y l2_load)

# some_sectors DEVICE: sets sectors to a short range, after fio's sectors
some_sectors() {
	base=0
	[[ $1 != data ]] || base=$fio_sectors
	first=$((base + RANDOM % count_sectors))
	sectors=$first-$((first + RANDOM % 400))
}

# a_fault DEVICE: sets rule to a fault for a range
a_fault() {
	pick error error error error pass delay delay delay silent silent
	[[ $picked != silent || $1 != count ]] || picked=error
	case $picked in
	error)
		pick EIO EILSEQ EBADE; rule="inject-error errno=$picked"
		pick '' '' '' immediately=on transfer=partial transfer=all healed=on
		rule+=" $picked"
		;;
	pass) rule='inject-error errno=0' ;;
	delay) pick "us=$RANDOM" "ms=$((RANDOM % 30)) jitter=20"; rule="delay $picked" ;;
	silent)
		pick drop 'corrupt bits=5' 'corrupt byte=700 value=0x55' 'tear sectors=random' \
			'tear sectors=2 errno=EIO' "misdirect to=$((base + RANDOM % 4000))"
		rule=$picked
		;;
	esac
	rule+=" sector=$sectors"
	if chance 40; then
		pick "${before[@]}" "${user[@]}"
		rule+=" event=$picked"
	fi
}

# a_breakpoint: sets rule to a breakpoint before the check
a_breakpoint() {
	pick "${before[@]}" "${user[@]}"; rule="suspend event=$picked"
	if chance 70; then rule+=" sector=$sectors"; fi
}

# a_late_breakpoint: sets rule to a breakpoint at completion, or a standing one
a_late_breakpoint() {
	pick "${after[@]}"; rule="suspend event=$picked"
	if chance 30; then rule='suspend'; fi
	rule+=" iotype=read,write,flush,discard"
	if chance 80; then rule+=" sector=$sectors"; fi
}

a_transition() {
	rule="set-state new_state=$((RANDOM % 4))"
	if chance 80; then
		pick "${before[@]}" "${after[@]}" "${user[@]}"
		rule+=" event=$picked"
	fi
}

# a_rule DEVICE: sets rule to any rule that may be added to this device
a_rule() {
	local base first sectors tags=(A B C)

	some_sectors "$1"
	pick fault fault fault fault breakpoint breakpoint late transition
	case $picked in
	fault) a_fault "$1" ;;
	breakpoint) a_breakpoint; tags=(A B) ;;
	# Holds of bios that a fault has failed have the tag C; no resume of C
	# has an errno.
	late) a_late_breakpoint; tags=(C) ;;
	transition) a_transition ;;
	esac
	pick "${tags[@]}"; rule+=" tag=$picked"
	if chance 30; then rule+=" state=$((RANDOM % 4))"; fi
	if [[ $rule == suspend* ]] && chance 40; then
		rule+=" once=off"
	elif chance 30; then
		pick after=3 interval=2 probability=1/3 once=on times=5 'after=1 times=2'
		rule+=" $picked"
	fi
	if [[ $rule != *healed* ]] && chance 10; then
		pick 'flags=!meta' flags=sync flags=fua comm=submit 'comm=fio*'
		rule+=" $picked"
	fi
}

# change_rules DEVICE: one change of the rules, or one question
change_rules() {
	local device=$1 rules base first sectors

	some_sectors "$device"
	a_rule "$device"
	rules=$rule
	case $((RANDOM % 10)) in
	[0-2]) try '' message add "$rules" ;;
	3) a_rule "$device"; try '' message add "$rules $rule" ;;
	4) pick A B C; try ENOENT message remove "$picked" ;;
	5) pick A B C; try ENOENT message remove_break "$picked" ;;
	6) pick "${before[@]}" user.x; try '' message break "$picked" A "sector=$sectors" once=off ;;
	7) try '' message state $((RANDOM % 4)) ;;
	8) pick list held stats features; try '' ask "$picked" ;;
	9) pick A B Z nobody; try '' ask is_suspended "$picked" ;;
	esac
}

change_data_rules() {
	local rules

	begin change_data_rules
	while next_turn; do
		change_rules data
		if chance 20; then
			a_rule data; rules=$rule
			a_rule data
			pick clear reset "replace $rules" "replace $rules $rule" 'stats reset'
			try '' message "$picked"
		fi
		if chance 3; then
			pick 'add inject-error sector=9-1' 'add suspend' 'event a b c' 'x'
			try EINVAL message "$picked"
		fi
	done
}

change_counted_rules() {
	begin change_counted_rules
	try '' open /dev/mapper/count
	while next_turn; do
		change_rules count
	done
}

# let_go DEVICE DIRECTORY: resumes all holds soon, some of them by number or
# with an errno
let_go() {
	local device=$1 dir=$2 hold

	begin "let_go.$device"
	try '' open "/dev/mapper/$device"
	while next_turn; do
		if chance 20; then
			try '' ask held
			read -r _ hold _ <<< "$said"
			[[ -z $hold ]] || try ENOENT message resume "#$hold"
		fi
		if chance 20; then pick A B C Z; try ENOENT message resume "$picked"; fi
		if chance 10; then pick A B C Z; try ENOENT message resume "$picked" all errno=0; fi
		# Bios that a fault has failed may be held under C, which gets
		# no errno.
		if [[ $device == count ]] && chance 20; then
			pick 'A errno=EIO' 'B all errno=EILSEQ'
			try ENOENT message resume "$picked"
		fi
		if chance 20; then pick A B C Z; try 'ENOENT|ENODEV' put "$dir/resume" "$picked all"; fi
		for picked in A B C Z; do try ENOENT message resume "$picked" all; done
	done
}

# move_data: loads tables, suspends and resumes, with and without flush
move_data() {
	local table

	begin move_data
	while next_turn; do
		table="0 $(sectors_of "$data_disk") blkdebug $data_disk 0 seed=$RANDOM"
		if chance 70; then a_rule data; table+=" $rule"; fi
		if chance 40; then a_rule data; table+=" $rule"; fi
		case $((RANDOM % 6)) in
		0) try '' suspend ;;
		1) try '' suspend noflush ;;
		2) try '' load "$table" ;;
		3) try '' load "$table"; try '' suspend noflush ;;
		4) try '' load "$table"; try '' clear ;;
		5) try '' suspend noflush; try '' load "$table" ;;
		esac
		if chance 20; then try 'EINTR|ETIMEDOUT' message wait_break A 50; fi
		pause
		try '' resume
	done
}

declare -A total

# add_up: adds the module's counts since the last reset to the totals
add_up() {
	local line words word type

	try '' ask stats
	said=${said#ok }
	while read -r type words; do
		for word in $words; do
			total[$type.${word%=*}]=$((${total[$type.${word%=*}]-0} + ${word#*=}))
		done
	done <<< "${said//;/$'\n'}"
	try '' ask list
	said=${said#ok }
	while read -r _ word _ line; do
		[[ $line == *" tag="[PSZ]* ]] || continue
		line=${line#* tag=}
		total[${line%% *}]=$((${total[${line%% *}]-0} + word))
	done <<< "${said//;/$'\n'}"
}

all_hit() {
	local count

	for count in P.{read,write,write-zeroes,discard,flush} {read,write,write-zeroes}.held; do
		[[ ${total[$count]-0} -gt 0 ]] || return
	done
}

# The counters stand still while the device is suspended: add them up and reset
# them.
move_counted() {
	local i

	begin move_counted
	try '' open /dev/mapper/count
	while next_turn; do
		try '' suspend
		add_up
		if all_hit; then : > all_hit; fi
		case $((RANDOM % 3)) in
		0) try '' load "0 $count_sectors blkdebug $count_disk 0 $counted" ;;
		1) try '' message replace "$counted"; try '' message stats reset ;;
		2) try '' message reset; try '' message add "$counted" ;;
		esac
		try '' resume
		for ((i = 0; i < 30; i++)); do next_turn || break; done
	done
	add_up
	declare -p total > totals
}

sleep_in_messages() {
	begin "$1"
	while next_turn; do
		pick data count; try '' open "/dev/mapper/$picked"
		pick "${user[@]}" "${before[@]}"
		try 'ETIMEDOUT|EINTR|EIO|EILSEQ' message event "$picked" $((RANDOM % 100))
		pick A B C; try 'ETIMEDOUT|EINTR' message wait_break "$picked" $((RANDOM % 100))
		pick A B C; try 'ETIMEDOUT|EINTR|ENOENT' message wait_hits "$picked" \
			$((RANDOM % 20)) $((RANDOM % 100))
	done
}

# The sysfs files are removed at each suspend; an open one answers ENODEV.
use_sysfs() {
	local dir

	begin use_sysfs
	while next_turn; do
		pick "$data_sysfs" "$count_sysfs"; dir=$picked
		pick held state; try ENOENT open "$dir/$picked"
		[[ $said == ok ]] || continue
		try '[ABCZ0-9;]*|ENODEV' cat
		try 'timeout|ready' poll $((RANDOM % 100))
		try '[ABCZ0-9;]*|ENODEV' cat
		try 'ENOENT|ENODEV' put "$dir/state" $((RANDOM % 4))
		pick "${before[@]}"; try 'ENOENT|ENODEV' put "$dir/break" "$picked A sector=8000"
		pick A B C; try 'ENOENT|ENODEV' put "$dir/remove_break" "$picked"
		pick "${user[@]}"
		try 'ENOENT|ENODEV|EINTR|ETIMEDOUT|EIO|EILSEQ' put "$dir/event" "$picked $((RANDOM % 100))"
		try ENOENT open "$dir/injected"
		try '[ABCZ0-9;]*|ENODEV' cat
	done
}

# A device that waits for its deferred removal must not be resumed: dm of 6.1
# frees its IMA data at both without a lock.
end_deferral() {
	pause
	dmsetup message churn 0 @cancel_deferred_remove || while dm_sysfs churn; do pause; done
}

# Creates, uses and removes a device, mostly by force and during I/O.
come_and_go() {
	local how tables

	begin come_and_go
	while next_turn; do
		tables=
		a_rule churn; tables+="0 8192 blkdebug $churn_disk 0 $rule"$'\n'
		a_rule churn; tables+="8192 8192 blkdebug $churn_disk 8192 $rule"$'\n'
		note create "$tables"
		dmsetup create churn <<< "$tables" || echo "$name: cannot create $tables" >> wrong
		did 'churn create'
		pick read_aio write_aio flush_to_disk; dmsetup message churn 0 break "$picked" A once=off
		pause
		while dm_sysfs churn; do
			next_turn || true
			pick remove 'remove --force' 'remove --force' 'remove --deferred' suspend \
				'suspend --noflush' resume
			how=$picked
			note "$how"
			# shellcheck disable=SC2086 # two words
			! dmsetup $how churn || did "churn $how"
			[[ $how != *deferred ]] || end_deferral
		done
	done &> /tmp/null
}

others_online() {
	local cpu

	for cpu in /sys/devices/system/cpu/cpu[1-9]*/online; do echo "$1" > "$cpu"; done
}

# switch_tracepoints FILE: QEMU before 8.1 may hang an emulated processor in an
# instruction that another one has just changed, so the other ones go offline
# meanwhile.
switch_tracepoints() {
	local on=$((RANDOM % 2))

	{
		! is_emulated || others_online 0
		echo "$on" > "$1" && did "trace $on"
		! is_emulated || others_online 1
	} 2>> wrong
}

trace() {
	local line i

	begin trace
	while next_turn; do
		if chance 10; then
			pick "$events"/*/enable "$events/enable"
			note switch "$picked"
			switch_tracepoints "$picked"
		fi
		pick "$events"/*/filter
		note filter "$picked"
		echo "sector < $RANDOM" > "$picked"
		if chance 20; then echo 0 > "$picked"; fi
		echo $((RANDOM % 2)) > "$tracing/tracing_on"
		if chance 10; then
			for ((i = 0; i < 20; i++)); do read -r line || break; done < "$tracing/trace"
		fi
		if chance 10; then : > "$tracing/trace"; fi
	done 2> /tmp/null
	for picked in "$events"/*/filter; do echo 0 > "$picked"; done
	echo 1 > "$tracing/tracing_on"
}

# --- Submitters ---

# verified N ENGINE: runs fio until SIGTERM
verified() {
	exec fio --name="verify$1" --filename=/dev/mapper/data --offset=$(($1 * 16))M --size=16M \
		--bsrange=512-16k --rw=randrw --ioengine="$2" --direct=1 --iodepth=8 --rate_iops=100 \
		--fsync=50 --verify=crc32c --verify_backlog=64 --thread --time_based --runtime=7d \
		--randseed="$seed" --minimal
}

declare -A pid_of

# start NAME COMMAND...: runs an actor or a submitter in the background
number=0
start() {
	number=$((number + 1))
	background "$1.out" "${@:2}"
	pid_of[$1]=$pid
}

# has_begun FIO: tests whether fio has its I/O thread besides its main and
# helper threads, which takes time on a busy machine
has_begun() {
	local tasks

	mapfile -t tasks < <(compgen -G "/proc/${pid_of[$1]}/task/*")
	[[ ${#tasks[@]} -ge 3 ]]
}

RANDOM=$seed
start fio.0 verified 0 libaio
start fio.1 verified 1 io_uring
for name in fio.0 fio.1; do
	wait_limit=$stuck_after wait_until has_begun $name || { not_ok "$name begins its I/O"; exit 1; }
done
start submit.data submit /dev/mapper/data "$seed" 2 $fio_sectors $count_sectors
start submit.count submit /dev/mapper/count "$seed" 10 0 $count_sectors
start submit.churn submit /dev/mapper/churn "$seed" 3 0 8192
actors=(change_data_rules change_counted_rules move_data move_counted use_sysfs come_and_go
	let_go.data let_go.count sleeper.0 sleeper.1)
[[ ! -d $events ]] || actors+=(trace)
start let_go.data let_go data "$data_sysfs"
start let_go.count let_go count "$count_sysfs"
start sleeper.0 sleep_in_messages sleeper.0
start sleeper.1 sleep_in_messages sleeper.1
for actor in "${actors[@]}"; do
	[[ -n ${pid_of[$actor]-} ]] || start "$actor" "$actor"
done

# --- The run and its end ---

# within SECONDS COMMAND...: wait_until with this time limit
within() { wait_limit=$1 wait_until "${@:2}"; }

dump() {
	local file device

	for file in *.now *.out; do
		[[ ! -s $file ]] || diag "$file: $(tail -n 3 "$file")"
	done
	for device in data count churn; do
		background dump dmsetup status $device
		within 5 process_ended "$pid"
		diag "$device: $(< dump)"
		background dump dmsetup message $device 0 held
		within 5 process_ended "$pid"
		diag "$device held: $(< dump)"
	done
	echo w > /proc/sysrq-trigger
	diag "$(dmesg | tail -n 200)"
}

# panic_on_hung_task 0|1: without a panic the state of a hung machine can be
# dumped
panic_on_hung_task() {
	[[ ! -e /proc/sys/kernel/hung_task_panic ]] || echo "$1" > /proc/sys/kernel/hung_task_panic
}

stuck() {
	not_ok 'no operation gets stuck' "$1"
	dump
	panic_on_hung_task 1
	exit 1
}

running() { ! process_ended "${pid_of[$1]}"; }

# check_actors: fails if an actor has ended or has done nothing for a while
declare -A seen_at=() seen=()
check_actors() {
	local actor now

	for actor in "${actors[@]}"; do
		running "$actor" || stuck "$actor has ended"
		read -r now 2> /tmp/null < "$actor.now" || now=
		if [[ $now != "${seen[$actor]-none}" ]]; then
			seen[$actor]=$now seen_at[$actor]=$SECONDS
		elif ((SECONDS > seen_at[$actor] + stuck_after)); then
			stuck "$actor: $now"
		fi
	done
}

# check_log: fails if the kernel reports a blocked task, as after a lost bio
check_log() {
	((SECONDS >= look_at_log)) || return
	look_at_log=$((SECONDS + 15))
	[[ $(dmesg) != *'blocked for more than'* ]] || stuck 'a task is blocked'
}

look_at_log=0
panic_on_hung_task 0
# Which rules a bio meets is random: allow some more time for operations not
# done yet.
seconds=$((SECONDS + seconds))
while ((SECONDS < seconds)) || { ! all_done && ((SECONDS < seconds + 300)); }; do
	check_actors
	check_log
	for name in fio.0 fio.1; do running $name || stuck "$name has ended: $(< $name.out)"; done
	for _ in 1 2 3 4 5 6 7 8 9 10; do pause; done
done
for name in fio.0 fio.1; do
	kill -TERM "${pid_of[$name]}"
	within $stuck_after process_ended "${pid_of[$name]}" || stuck "$name does not end"
	like "$(< $name.out)" ";verify${name#*.};0;0;[1-9]" "$name verifies its data"
done

# A submitter whose bio is held ends only while the actors still resume holds.
kill -TERM "${pid_of[submit.data]}" "${pid_of[submit.count]}" "${pid_of[submit.churn]}"
for name in submit.data submit.count; do
	within $stuck_after process_ended "${pid_of[$name]}" || stuck "$name does not end"
done
: > stop
for actor in "${actors[@]}"; do
	within $stuck_after process_ended "${pid_of[$actor]}" || stuck "$actor does not end"
done
within $stuck_after process_ended "${pid_of[submit.churn]}" || stuck 'submit.churn does not end'
panic_on_hung_task 1
[[ ! -d $events ]] || echo 0 > "$events/enable"
ok 'no operation gets stuck'
is "$(cat wrong 2> /tmp/null)" '' 'all operations have ended with an expected result'
for one in "${needed[@]}"; do
	succeeds "the operation was done: $one" test -e "did $one"
done

# --- Comparison of the counts ---

# shellcheck source=/dev/null
. ./totals

# The submitter's counts: own[read.ENODATA], own[read.all] and own[read.errors]
declare -A own
while read -r type words; do
	own[$type.errors]=0
	for word in $words; do
		own[$type.${word%=*}]=${word#*=}
		case $word in E*) own[$type.errors]=$((own[$type.errors] + ${word#*=})) ;; esac
	done
	diag "$type $words; the module: seen=${total[$type.seen]-} injected=${total[$type.injected]-} ${total[S.$type]+(silently ${total[S.$type]}) }held=${total[$type.held]-}"
	unlike "$words" 'short=' "$type: no I/O was done in part"
done < submit.count.out

is "${own[open.all]}" "${own[open.ok]}" 'each open of a suspended device succeeds'
for type in read write write-zeroes discard flush; do
	is "${total[$type.seen]}" "${own[$type.all]}" "$type: the module has seen each bio once"
	silent=${total[S.$type]-0}
	is "${total[$type.injected]}" $((own[$type.errors] + silent)) \
		"$type: the submitter got each injected error and no other"
done
while read -r type error; do
	is "${total[P.$type]}" "${own[$type.$error]-0}" "$type: each hit of the rule is one error of the submitter"
	like "${own[$type.$error]-0}" '^[1-9]' "$type: the rule has hits"
done << END
read ENODATA
write ENOSPC
write-zeroes EREMOTEIO
discard ETIMEDOUT
flush ENOLINK
END
is "${total[write-zeroes.held]}" "${total[Z]}" 'each hit of the breakpoint is one held write-zeroes'
like "${total[read.held]} ${total[write.held]} ${total[write-zeroes.held]}" \
	'^[1-9][0-9]* [1-9][0-9]* [1-9]' 'reads, writes and write-zeroes have been held'
for actor in "${actors[@]}"; do
	read -r turns _ < "$actor.now"
	diag "$actor: $turns turns"
done
diag "$(cat submit.data.out submit.churn.out)"
unlike "$(cat submit.data.out)" short= 'no I/O on the data device was done in part'

is "$(bd_status count held)" 0 'nothing is held at the end'
bd_msg data reset
read -r _ _ _ _ _ _ _ _ in_flight _ < "$(dm_sysfs data)/stat"
is "$in_flight" 0 'no bio is in flight at the end'
is "$(ios /dev/mapper/data 'r 0 8' 'w 100000 8' f)" 'ok ok ok' 'I/O succeeds at the end'

done_testing
