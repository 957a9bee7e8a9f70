# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# blkdebug devices, I/O on them, and breakpoints. Sourced by topic.sh.

# --- Devices under test ---

# shellcheck disable=SC2034 # for the topic
bd=/dev/mapper/bd

# bd_setup DISK-COMMAND...: makes a disk, and over it the device bd without rules,
# which is $bd, and whose sysfs directory is $sysfs; as long as the disk, or
# bd_sectors
bd_setup() {
	has_module dm-blkdebug
	# shellcheck disable=SC2154 # the disk command sets it
	"$@" && bd_create bd "$dev" seed=7 || return
	# shellcheck disable=SC2034 # for the topic
	sysfs=$(bd_sysfs bd)
}

# cache_setup DISK-COMMAND...: makes a disk, and over it bd with 32 MiB and a write
# cache of 1 MiB
cache_setup() {
	bd_sectors=65536
	has_module dm-blkdebug
	# shellcheck disable=SC2154 # the disk command sets it
	"$@" && bd_create bd "$dev" seed=7 cache=1M
}

# bd_create NAME DEVICE [OPTION or RULE]...: a target as long as the device, or
# bd_sectors
bd_create() {
	local name=$1 device=$2
	shift 2

	dmsetup create "$name" --table "0 ${bd_sectors:-$(sectors_of "$device")} blkdebug $device 0 $*"
}

# bd_load NAME DEVICE [OPTION or RULE]...: loads the inactive table
bd_load() {
	local name=$1 device=$2
	shift 2

	dmsetup load "$name" --table "0 ${bd_sectors:-$(sectors_of "$device")} blkdebug $device 0 $*"
}

# bd_msg NAME WORD...: sends a message
bd_msg() { dmsetup message -- "$1" 0 "${@:2}"; }

# answers WANT DESC NAME WORD...: the message answers WANT
answers() { is "$(bd_msg "${@:3}" 2>&1)" "$1" "$2"; }

# bd_rules NAME [DMSETUP-OPTION]...: prints options and rules of the table line
bd_rules() {
	local table

	table=$(dmsetup table "${@:2}" "$1") || return
	echo "${table#* blkdebug * * }"
}

# bd_start NAME RULE...: resets the device and sets these rules; $first is the
# first one's number
bd_start() {
	local numbers

	bd_msg "$1" reset
	numbers=$(bd_msg "$1" replace "${@:2}") || return
	# shellcheck disable=SC2034 # for the topic
	first=${numbers%-*}
}

# bd_list NAME: prints hits, mark and rule of each rule in the list, without the
# number
bd_list() { bd_msg "$1" list | sed 's/^[0-9]* //'; }

# bd_hits NAME: prints the hits of each rule in the list, on one line
bd_hits() {
	local list hits=() _ nr

	list=$(bd_msg "$1" list) || return
	while read -r _ nr _; do hits+=("$nr"); done <<< "$list"
	echo "${hits[*]}"
}

# bd_status NAME WORD: prints the value of one word of the status line, such as
# rules
bd_status() {
	local status

	status=$(dmsetup status "$1") || return
	status=" ${status#* blkdebug } "
	[[ $status == *" $2="* ]] || return
	status=${status#* "$2"=}
	echo "${status%% *}"
}

bd_status_is() { [[ $(bd_status "$1" "$2") == "$3" ]]; }

# power_words NAME: prints the words of the status line about the power and the cache
power_words() {
	local status

	status=$(dmsetup status "$1") || return
	echo "power=${status#* power=}"
}

# dm_sysfs NAME: prints /sys/block/dm-N
dm_sysfs() {
	local dir name

	for dir in /sys/block/dm-*; do
		read -r name < "$dir/dm/name" || continue
		[[ $name != "$1" ]] || { echo "$dir"; return; }
	done
	return 1
}

# bd_sysfs NAME [START]: prints the sysfs directory of the target
bd_sysfs() { echo "$(dm_sysfs "$1")/blkdebug-${2-0}"; }

# put FILE WORD...: writes the words to a sysfs file; fails as the write does
put() { echo "${*:2}" > "$1"; }

# --- I/O, in sectors; each prints "ok" or the name of an errno ---

io_read() { io "$1" "r $2 $3 ${*:4}"; }
io_write() { io "$1" "w $2 $3 ${*:4}"; }
io_fua() { io "$1" "w $2 $3 fua ${*:4}"; }
io_flush() { io "$1" f; }
io_discard() { io "$1" "d $2 $3"; }
io_zeroes() { io "$1" "z $2 $3"; }

# io_bytes DEVICE SECTOR COUNT: prints the bytes there, as in 5a*512 00*512
io_bytes() { io "$1" "x $2 $3"; }

# ios DEVICE OP...: several ops in one process, their results on one line; see
# tests/lib/io.c
ios() {
	local results

	results=$(io "$@")
	echo "${results//$'\n'/ }"
}

# --- Breakpoints ---

# answer COMMAND...: prints "ok" or the command's error, for a command in the
# background
answer() { "$@" && echo ok; }

# hold NAME COUNT FILE OP...: starts I/O with its results in FILE; waits until
# the device has COUNT holds
hold() {
	background "$3" io "/dev/mapper/$1" "${@:4}"
	wait_until bd_status_is "$1" held "$2"
}

# hold_event NAME COUNT FILE EVENT [MS]: starts a caller of event with its
# answer in FILE; waits until the device has COUNT holds
hold_event() {
	background "$3" answer dmsetup message "$1" 0 event "${@:4}"
	wait_until bd_status_is "$1" held "$2"
}

# held NAME: prints the lines of held without their times
held() {
	local line

	while read -r line; do echo "${line% *}"; done < <(bd_msg "$1" held)
}

# rule_line NAME NUMBER: prints one line of list
rule_line() {
	local line

	while read -r line; do
		[[ $line != "$2 "* ]] || echo "$line"
	done < <(bd_msg "$1" list)
}
