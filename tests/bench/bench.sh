#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The guest's part of tests/bench/run:
# bench.sh quick|cost|scaling|latency|cache|cache-scaling
# Prints one line for each measurement, which tests/bench/report reads:
#   cost CASE TARGET READ WRITE      nanoseconds for an I/O of 4 KiB
#   value NAME NUMBER...
#   kept CASE TARGET LONGEST TIME STATUS    see latency.c; STATUS "refused" if
#                                           the answer was not the expected one
#   kernel RELEASE
# A line "# ..." announces the next step.

set -eu
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"

disk=/dev/ram0
disk_kb=2097152
sectors=$((disk_kb * 2))

say() { echo "# $*"; }

# create NAME TARGET [WORD...]: stdin holds more words of the table line
create() {
	{
		printf '0 %d ' $sectors
		echo -n "${*:2} "
		tr '\n' ' '
		echo
	} > /tmp/table
	dmsetup create "$1" /tmp/table
	rm /tmp/table
}

# blkdebug [RULE...]: creates device t; stdin holds more rules
blkdebug() { create t blkdebug "$disk" 0 "$@"; }

# measure CASE TARGET [DEVICE]: the writes come first, because they arm the rules
# that the reads are tried against
measure() {
	local write

	write=$(./iocost write "${3:-/dev/mapper/t}")
	echo "cost $1 $2 $(./iocost read "${3:-/dev/mapper/t}") $write"
}

# peer CASE TARGET WORD...
peer() {
	create t "${@:2}" < /dev/null
	measure "$1" "$2"
	dmsetup remove t
}

# rules CASE [RULE...]: stdin holds more rules
rules() {
	blkdebug "${@:2}"
	measure "$1" blkdebug
	dmsetup remove t
}

# dust CASE BLOCK-SIZE: stdin holds the bad blocks
dust() {
	[[ -e /sys/module/dm_dust ]] || return 0
	create t dust $disk 0 "$2" < /dev/null
	{
		sed 's/^/addbadblock /'
		echo enable
	} | ./messages /dev/mapper/t 1000000
	measure "$1" dust
	dmsetup remove t
}

# Free memory in KiB, after the page cache and deferred work have released theirs
free_memory() {
	local name number

	sync
	echo 3 > /proc/sys/vm/drop_caches
	sleep 0.2
	while read -r name number _; do
		[[ $name != MemFree: ]] || echo "$number"
	done < /proc/meminfo
}

# load NAME COUNT FILE: time and memory that a table takes; device t stays
load() {
	local before start

	before=$(free_memory)
	start=${EPOCHREALTIME/./}
	blkdebug < "$3"
	echo "value load-$1 $2 $((${EPOCHREALTIME/./} - start))"
	echo "value memory-$1 $2 $((before - $(free_memory)))"
}

# A sector in a block that I/O does not touch
between=$((sectors / 2 + 13))

idle_and_one() {
	peer none linear $disk 0
	rules none < /dev/null
	rules one "inject-error sector=$between" < /dev/null
}

peers() {
	say 'the other targets'
	measure none brd $disk
	peer none flakey $disk 0 100000 0
	peer none delay $disk 0 0
	dust none 4096 < /dev/null
	dust few 4096 < tables/few.blocks
	dust thousand 512 < tables/thousand.sectors
}

small_cases() {
	say 'few rules'
	idle_and_one
	rules user 'inject-error event=user.x' 'set-state event=l2_load new_state=2' < /dev/null
	rules armed "inject-error event=write_aio sector=$between" < /dev/null
	rules few < tables/few
	rules thousand < tables/thousand
}

# add_rules NAME: one process adds 10,000 rules to device t
add_rules() {
	./messages /dev/mapper/t 1000 < tables/added | {
		mapfile -t costs
		echo "value add-$1 ${costs[*]}"
	}
}

large_cases() {
	say '1,000,000 ranges'
	load ranges 1000000 tables/million
	measure million blkdebug
	say 'adding 10,000 rules'
	add_rules million
	measure added blkdebug
	dmsetup remove t
	blkdebug < /dev/null
	add_rules none
	dmsetup remove t

	say 'as many rules as a table line takes'
	load rules "$(wc -l < tables/rules)" tables/rules
	measure rules blkdebug
	dmsetup remove t
	# Rules without a range show the memory that a rule takes.
	load bare-rules "$(wc -l < tables/bare-rules)" tables/bare-rules
	dmsetup remove t
}

holds() {
	local resume nr

	say '100,000 held reads'
	blkdebug 'suspend event=read_aio tag=bp once=off' < /dev/null
	resume=$(echo /sys/block/dm-*/blkdebug-0/resume)
	for nr in 10000 100000; do
		echo "value holds $nr $(./holds /dev/mapper/t "$nr" "$resume")"
	done
	dmsetup remove t
}

scaling() {
	create linear linear $disk 0 < /dev/null
	say '1,000,000 ranges'
	load ranges 1000000 tables/million
	say 'one processor and two'
	./scaling 9 20 80 read /dev/mapper/linear /dev/mapper/t | sed 's/^/value scaling /'
	dmsetup remove t
	dmsetup remove linear
}

# --- The longest time for which other tasks cannot run ---

# In seconds of the guest, that is G instructions
longest_command=8

# watch CASE TARGET WANTED [OP...]: has ../bin/io perform these ops, or those on stdin, on
# the TARGET's device. Its output has to match the pattern WANTED.
watch() {
	local longest spent status said device=/dev/mapper/t

	[[ $2 == blkdebug ]] || device=/dev/mapper/linear
	[[ $# -gt 3 ]] || set -- "$@" -
	./latency /tmp/kept $longest_command ../bin/io "$device" "${@:4}" > /tmp/said
	read -r longest spent status < /tmp/kept
	said=$(head -c 200 /tmp/said | tr '\n' ' ')
	# shellcheck disable=SC2053 # a pattern
	if [[ $status == 0 && $said != $3 ]]; then
		status=refused
		say "$1: $said"
	fi
	echo "kept $1 $2 $longest $spent $status"
}

# compare_io CASE WANTED OP...: on dm-linear first, which shows the cost of the caller,
# the block layer and device-mapper, then on the target
compare_io() {
	watch "$1" linear '*' "${@:3}"
	watch "$1" blkdebug "${@:2}"
}

# compare_file CASE WORDS FILE: FILE holds rules, one a line, to go behind the words
# of one message or table line. dm-linear refuses them after device-mapper's part.
compare_file() {
	local target

	for target in linear blkdebug; do
		{
			echo -n "${2/TARGET/$target}"
			sed 's/^/ /' "$3" | tr -d '\n'
			echo
			[[ $2 != load* ]] || echo clear
		} > /tmp/ops
		if [[ $target == linear ]]; then
			watch "$1" linear '*' < /tmp/ops
		else
			watch "$1" blkdebug 'ok*' < /tmp/ops
		fi
	done
}

# add FILE: adds rules to t, not measured
add() {
	{
		echo -n 'message add'
		sed 's/^/ /' "$1" | tr -d '\n'
	} | ../bin/io /dev/mapper/t - > /tmp/said
	[[ $(< /tmp/said) == ok ]] || say "$1: $(< /tmp/said)"
}

# with_rules FILE CASE WANTED OP...
with_rules() {
	blkdebug < /dev/null
	add "$1"
	compare_io "${@:2}"
	dmsetup remove t
}

# The devices below do no work of their own: no data to discard, none to copy.
healing() {
	local disk

	say 'healing'
	truncate -s ${disk_kb}K /tmp/sparse
	losetup /dev/loop0 /tmp/sparse
	disk=/dev/loop0
	dmsetup create linear --table "0 $sectors linear $disk 0"
	blkdebug < tables/million-bad
	compare_io discard 'ok*' "d 0 $sectors"
	dmsetup remove t
	dmsetup remove linear
	losetup -d /dev/loop0

	modprobe dm-zero
	dmsetup create zero --table "0 $sectors zero"
	disk=/dev/mapper/zero
	dmsetup create linear --table "0 $sectors linear $disk 0"
	blkdebug < tables/written
	compare_io write 'ok*' 'w 0 131072'
	dmsetup remove t
	dmsetup remove linear
	dmsetup remove zero
}

declining() {
	say 'rules that decline a read'
	with_rules tables/comm comm 'ok*' 'r 0 8'
	with_rules tables/after after 'ok*' 'r 0 8'
	with_rules tables/probable probable 'ok*' 'r 0 2048'
	with_rules tables/probable-mixed probable-mixed 'ok*' 'r 0 2048'
}

loading() {
	local name

	say 'loading, replacing, removing'
	blkdebug < /dev/null
	compare_file ranges-table "load 0 $sectors TARGET $disk 0" tables/ranges
	compare_file ranges-add 'message add' tables/ranges
	compare_io ranges-clear 'ok*' 'message clear'
	for name in plain tagged tags states; do
		compare_file "add-$name" 'message add' "tables/$name"
		case $name in
		plain) compare_file replace 'message replace' tables/plain ;;
		tagged) compare_io remove-tag 'ok*' 'message remove many' ;;
		esac
		[[ $name == tagged ]] || compare_io "clear-$name" 'ok*' 'message clear'
	done
	dmsetup remove t
}

using_up() {
	say 'rules that are used up'
	# One read uses up all of them.
	with_rules tables/once-delays once-delays 'ok*' 'r 0 8'
	# Each read uses up one.
	blkdebug < /dev/null
	add tables/once
	seq 10000 | sed 's/.*/r 0 8/' > /tmp/ops
	watch once linear '*' < /tmp/ops
	watch once blkdebug 'EIO EIO *' < /tmp/ops
	dmsetup remove t
}

# release CASE OP...: with 10,000 reads held
release() {
	local holder

	blkdebug 'suspend event=read_aio tag=bp once=off' < /dev/null
	: > /tmp/holds
	./holds /dev/mapper/t 10000 > /tmp/holds &
	holder=$!
	until grep -q held /tmp/holds; do
		kill -0 "$holder"
		sleep 0.05
	done
	compare_io "$1" 'ok*' "${@:2}"
	wait "$holder"
	dmsetup remove t
}

releasing() {
	say '10,000 held reads'
	release remove-break 'message remove_break bp'
	release resume-all 'message resume bp all'
	release suspend suspend resume
}

# Rules that differ in I/O types, flags and state
distinct() {
	say 'rules of distinct kinds'
	blkdebug < /dev/null
	compare_file distinct-add 'message add' tables/distinct
	seq 1000 | sed 's/.*/r 0 8/' > /tmp/ops
	watch distinct-read linear 'ok ok *' < /tmp/ops
	watch distinct-read blkdebug 'ok ok *' < /tmp/ops
	compare_io distinct-state 'ok*' 'message state 2'
	compare_io distinct-clear 'ok*' 'message clear'
	dmsetup remove t
}

latency() {
	healing
	dmsetup create linear --table "0 $sectors linear $disk 0"
	declining
	loading
	using_up
	releasing
	distinct
	dmsetup remove linear
}

# --- The write cache ---

# perform FILE: performs the ops on t, not measured
perform() {
	../bin/io /dev/mapper/t - < "$1" > /tmp/said
	if grep -qvx ok /tmp/said; then say "$1: $(grep -vxm 1 ok /tmp/said)"; fi
}

cache_costs() {
	local before start

	peer none linear $disk 0
	create linear linear $disk 0 < /dev/null
	say 'the write cache'
	create t blkdebug $disk 0 cache=256M < /dev/null
	measure cached blkdebug
	dmsetup remove t

	create t blkdebug $disk 0 cache=256M < /dev/null
	perform tables/ten-thousand
	echo "value cache-miss $(./iocost read /dev/mapper/t)"
	start=${EPOCHREALTIME/./}
	perform tables/flush
	echo "value cache-write-out $((${EPOCHREALTIME/./} - start))"
	dmsetup remove t
	fio --name=same --filename=/dev/mapper/linear --direct=1 --read_iolog=tables/iolog \
		--output-format=terse --terse-version=3 --output=/tmp/fio
	# The field is the run time of the writes in milliseconds.
	echo "value cache-fio $(cut -d ';' -f 50 /tmp/fio)"

	before=$(free_memory)
	create t blkdebug $disk 0 cache=512M < /dev/null
	echo "value cache-memory $((512 * 1024)) $((before - $(free_memory)))"
	dmsetup remove t
}

cache_kept() {
	say '100,000 volatile writes'
	create t blkdebug $disk 0 cache=512M atomic-write=4K < /dev/null
	perform tables/hundred-thousand
	compare_io volatile 'ok*' 'message volatile'
	compare_io mark 'ok*' 'message mark here'
	compare_io unmark 'ok*' 'message unmark here'
	compare_io power-cut 'ok*' 'message power-cut survive=units seed=1'
	dmsetup remove t
	create t blkdebug $disk 0 cache=512M atomic-write=4K < /dev/null
	perform tables/hundred-thousand
	compare_io flush 'ok*' f
	dmsetup remove t
	dmsetup remove linear
}

cache_scaling() {
	say 'writers on one processor and on two'
	create linear linear $disk 0 < /dev/null
	create t blkdebug $disk 0 cache=1G < /dev/null
	./scaling 9 20 80 write /dev/mapper/linear /dev/mapper/t | sed 's/^/value cache-scaling /'
	dmsetup remove t
	dmsetup remove linear
}

# Pages in per-processor lists count as used. Keep these lists short.
few_pages=/proc/sys/vm/percpu_pagelist_high_fraction
[[ ! -e $few_pages ]] || echo 1000000 > $few_pages
echo 1000000 > /proc/sys/fs/aio-max-nr
modprobe loop
modprobe brd rd_nr=1 rd_size=$disk_kb
for module in dm-mod dm-flakey dm-delay dm-blkdebug; do modprobe $module; done
modprobe dm-dust 2> /dev/null || true
# I/O to blocks that were never written has another cost.
./iocost write $disk > /dev/null

echo "kernel $(uname -r)"
case $1 in
quick)
	# Repeated, because the cost depends slightly on the addresses of objects.
	for _ in 1 2 3; do idle_and_one; done
	;;
cost)
	peers
	small_cases
	large_cases
	holds
	;;
scaling) scaling ;;
latency) latency ;;
cache)
	cache_costs
	cache_kept
	;;
cache-scaling) cache_scaling ;;
esac
