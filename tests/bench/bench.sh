#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The guest's part of scripts/bench: bench.sh quick|cost|scaling
# Prints a line for each measurement, for scripts/bench-report to read:
#   cost CASE TARGET READ WRITE      nanoseconds for an I/O of 4 KiB
#   value NAME NUMBER...
#   kernel RELEASE
# "# ..." says what comes next.

set -eu
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"

disk=/dev/ram0
disk_kb=2097152
sectors=$((disk_kb * 2))

say() { echo "# $*"; }

# create NAME TARGET [WORD...]: what comes on stdin goes behind the words
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

# blkdebug [RULE...]: device t; rules, or more of them, also come on stdin
blkdebug() { create t blkdebug $disk 0 "$@"; }

# measure CASE TARGET [DEVICE]: writes first, so that rules on them are armed for reads
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

# rules CASE [RULE...]: rules also come on stdin
rules() {
	blkdebug "${@:2}"
	measure "$1" blkdebug
	dmsetup remove t
}

# dust CASE BLOCK-SIZE: bad blocks come on stdin
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

# Of memory that nothing uses, in KiB; what frees itself later has done so.
free_memory() {
	local name number

	sync
	echo 3 > /proc/sys/vm/drop_caches
	sleep 0.2
	while read -r name number _; do
		[[ $name != MemFree: ]] || echo "$number"
	done < /proc/meminfo
}

# load NAME COUNT FILE: time and memory that a table takes, which stays as t
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

# From none, and from a million: 10,000 rules, by one process
add_rules() {
	./messages /dev/mapper/t 1000 < tables/added | {
		mapfile -t costs
		echo "value add-$1 ${costs[*]}"
	}
}

large_cases() {
	say 'a million ranges'
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
	# Rules without a range, for the memory that these take.
	load bare-rules "$(wc -l < tables/bare-rules)" tables/bare-rules
	dmsetup remove t
}

holds() {
	local resume nr

	say '100,000 held requests'
	echo 1000000 > /proc/sys/fs/aio-max-nr
	blkdebug 'suspend event=read_aio tag=bp once=off' < /dev/null
	resume=$(echo /sys/block/dm-*/blkdebug-0/resume)
	for nr in 10000 100000; do
		echo "value holds $nr $(./holds /dev/mapper/t "$resume" "$nr")"
	done
	dmsetup remove t
}

scaling() {
	create linear linear $disk 0 < /dev/null
	say 'a million ranges'
	load ranges 1000000 tables/million
	say 'one processor and two'
	./scaling 9 20 80 /dev/mapper/linear /dev/mapper/t | sed 's/^/value scaling /'
	dmsetup remove t
	dmsetup remove linear
}

# Pages that processors keep to themselves look used. This keeps them few.
few_pages=/proc/sys/vm/percpu_pagelist_high_fraction
[[ ! -e $few_pages ]] || echo 1000000 > $few_pages
modprobe brd rd_nr=1 rd_size=$disk_kb
for module in dm-mod dm-flakey dm-delay dm-blkdebug; do modprobe $module; done
modprobe dm-dust 2> /dev/null || true
# What has never been written costs other than what has.
./iocost write $disk > /dev/null

echo "kernel $(uname -r)"
case $1 in
quick)
	# More than once, for it depends a little on where things come to lie.
	for _ in 1 2 3; do idle_and_one; done
	;;
cost)
	peers
	small_cases
	large_cases
	holds
	;;
scaling)
	scaling
	;;
esac
