# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What a topic sources first: TAP, waiting, the kernel log, devices and I/O.
# Processes are what takes time on an emulated machine, so this avoids them.

set -u

tests_dir=$(cd -- "${BASH_SOURCE[0]%/*}/.." && pwd)
PATH=$tests_dir/bin:$PATH
checks=0 failures=0

# tests/run reads TAP from fd 3, so that words a command prints are not taken
# for results. A topic run by hand has it all in one stream.
{ : >&3; } 2> /dev/null || exec 3>&1

# --- TAP ---

diag() {
	local line

	while IFS= read -r line; do printf '# %s\n' "$line"; done <<< "$*" >&3
}

ok() { printf 'ok %d - %s\n' $((++checks)) "$1" >&3; }

# not_ok DESC [WHY]
not_ok() {
	failures=$((failures + 1))
	printf 'not ok %d - %s\n' $((++checks)) "$1" >&3
	[[ -z ${2-} ]] || diag "$2"
	return 1
}

# is GOT WANT DESC
is() {
	if [[ $1 == "$2" ]]; then
		ok "$3"
	else
		not_ok "$3" $'got:\n'"$1"$'\nwanted:\n'"$2"
	fi
}

# like GOT REGEX DESC
like() {
	if [[ $1 =~ $2 ]]; then
		ok "$3"
	else
		not_ok "$3" $'got:\n'"$1"$'\nwhich does not match:\n'"$2"
	fi
}

# unlike GOT REGEX DESC
unlike() {
	if [[ $1 =~ $2 ]]; then
		not_ok "$3" $'got:\n'"$1"$'\nwhich matches:\n'"$2"
	else
		ok "$3"
	fi
}

# succeeds DESC COMMAND...; what it said is in $out, here and below
succeeds() {
	local desc=$1
	shift

	if out=$("$@" 2>&1); then
		ok "$desc"
	else
		not_ok "$desc" "'$*' failed: $out"
	fi
}

declare -A errno_text=(
	[E2BIG]='Argument list too long' [EACCES]='Permission denied' [EAGAIN]='Resource temporarily unavailable'
	[EBADE]='Invalid exchange' [EBUSY]='Device or resource busy' [EEXIST]='File exists'
	[EILSEQ]='Invalid or incomplete multibyte or wide character'
	[EINTR]='Interrupted system call' [EINVAL]='Invalid argument'
	[EIO]='Input/output error' [ENODATA]='No data available' [ENODEV]='No such device'
	[ENOENT]='No such file or directory' [ENOLINK]='Link has been severed'
	[ENOMEM]='Cannot allocate memory' [ENOSPC]='No space left on device'
	[ENXIO]='No such device or address' [EOPNOTSUPP]='Operation not supported'
	[EOVERFLOW]='Value too large for defined data type' [EPERM]='Operation not permitted'
	[EREMOTEIO]='Remote I/O error' [EROFS]='Read-only file system'
	[ETIME]='Timer expired' [ETIMEDOUT]='Connection timed out'
)

# fails_with ERRNO|REGEX DESC COMMAND...
fails_with() {
	local want=$1 desc=$2
	shift 2

	if out=$("$@" 2>&1); then
		not_ok "$desc" "'$*' succeeded: $out"
	elif [[ $out =~ ${errno_text[$want]-$want} ]]; then
		ok "$desc"
	else
		not_ok "$desc" "'$*' did not fail with $want but said: $out"
	fi
}

# skip REASON [HOW_MANY]
skip() {
	local n

	for ((n = 0; n < ${2-1}; n++)); do
		printf 'ok %d # SKIP %s\n' $((++checks)) "$1" >&3
	done
}

# The plan: for tests/run, which adds lines of its own to the topic's, or else at once.
plan() {
	if [[ -n ${TAP_PLAN-} ]]; then
		echo "$checks $failures $1" > "$TAP_PLAN"
	else
		echo "1..$checks${1:+ $1}" >&3
	fi
}

skip_all() { plan "# SKIP $1"; exit 0; }

# The last line of each topic.
done_testing() {
	plan ''
	exit $((failures > 0))
}

# --- What this kernel has ---

has_command() { type -P "$1" > /dev/null; }

# Loads it, too.
declare -A module_options=(
	[brd]='rd_nr=8 rd_size=262144'
	[null_blk]='nr_devices=0'
	# Keeps integrity data, and checks them; zeroes by unmapping; writes atomically.
	[scsi_debug]='dev_size_mb=16 dif=1 dix=1 lbpws=1 lbprz=1 atomic_wr=1'
)
has_module() {
	# shellcheck disable=SC2086 # several options are several words
	[[ -d /sys/module/${1//-/_} ]] || modprobe -q "$1" ${module_options[$1]-}
}

has_target() { dmsetup targets | grep -q "^$1 "; }

# has_feature errnos ETIME: as the module says
has_feature() {
	local line

	has_module dm-blkdebug || return
	while read -r line; do
		[[ ${line%%[ :=]*} != "$1" || " ${line//[:=,]/ } " != *" $2 "* ]] || return 0
	done < /sys/module/dm_blkdebug/parameters/features
	return 1
}

# block_trace COMMAND...: operation and flags (WFSM) of each bio queued meanwhile,
# as the block layer sees them
block_trace() {
	local tracing=/sys/kernel/tracing

	: > $tracing/trace
	echo 1 > $tracing/events/block/block_bio_queue/enable
	"$@" > /dev/null
	echo 0 > $tracing/events/block/block_bio_queue/enable
	sed -n 's/.*block_bio_queue: [0-9,]* \([A-Z]*\) .*/\1/p' $tracing/trace
}

# read_flags DEVICE: of a small direct read, as "held" shows them; not all kernels
# have it sync
read_flags() {
	if [[ $(block_trace io_read "$1" 0 8) == *RS* ]]; then echo sync; else echo -; fi
}

# commit_flags FILE: what marks the commit as the file is synced, on ext4; not all
# kernels have its log as metadata
commit_flags() {
	echo data > "$1"
	if [[ $(block_trace sync "$1") =~ WF[A-Z]*M ]]; then echo fua,meta; else echo fua; fi
}

# require has_module null_blk: the whole topic makes no sense without
require() { "$@" || skip_all "needs ${*:2} (${1#has_})"; }

# --- Waiting ---

# Nobody writes to it, so a read with a timeout is a sleep without a process.
exec {never}<> <(:)
pause() { read -rt 0.02 -u "$never" _ || true; }

# wait_until COMMAND...: true as soon as it is, false if that takes more than wait_limit seconds
wait_limit=30
wait_until() {
	local end=$((SECONDS + wait_limit))

	until "$@" > /dev/null 2>&1; do
		if ((SECONDS > end)); then
			diag "waited $wait_limit s for: $*"
			return 1
		fi
		pause
	done
}

# eventually DESC COMMAND...
eventually() {
	local desc=$1
	shift

	if wait_until "$@"; then ok "$desc"; else not_ok "$desc"; fi
}

file_is() { [[ $(< "$1") == "$2" ]]; }
file_like() { [[ $(< "$1") =~ $2 ]]; }
is_gone() { [[ ! -e $1 ]]; }

# Whether or not the shell has taken note of that
process_ended() {
	local stat

	{ read -r stat < "/proc/$1/stat"; } 2> /tmp/null || return 0
	[[ ${stat##*) } == [ZX]* ]]
}

# What ps shows: R, S, D ...
process_state() {
	local stat

	read -r stat < "/proc/$1/stat"
	stat=${stat##*) }
	echo "${stat%% *}"
}

process_state_is() { [[ $(process_state "$1") == "$2" ]]; }

# background FILE COMMAND...: its output goes to the file, its pid to $pid
background() {
	local file=$1
	shift

	# Here, too, so that nobody sees what an earlier command wrote.
	: > "$file"
	"$@" > "$file" 2>&1 &
	# shellcheck disable=SC2034 # for the topic
	pid=$!
}

# took COMMAND...: what it says goes to $out, and how long it takes, in ms, to $ms
now_ms() { ms=${EPOCHREALTIME//[.,]/}; ms=$((ms / 1000)); }
took() {
	local start

	now_ms
	start=$ms
	out=$("$@")
	now_ms
	ms=$((ms - start))
}

# --- The kernel log ---

dmesg_marks=0

dmesg_mark() { echo "<6>tests: mark $((++dmesg_marks)) of $$" > /dev/kmsg; }

# What came since the last mark.
dmesg_since() {
	local log

	log=$(dmesg)
	printf '%s\n' "${log##*"tests: mark $dmesg_marks of $$"}"
}

# dmesg_like REGEX DESC
dmesg_like() { like "$(dmesg_since)" "$1" "$2"; }
dmesg_unlike() { unlike "$(dmesg_since)" "$1" "$2"; }

# --- Disks: each sets $dev ---

# The next of eight RAM disks of 256 MB, empty at the topic's start. Neither
# discards nor writes zeroes.
next_ram=0
ram_disk() {
	has_module brd || return
	dev=/dev/ram$((next_ram++))
}

# loop_disk MB: discards and writes zeroes
loop_disk() {
	local file

	has_module loop || return
	file=$(mktemp /tmp/disk.XXXXXX)
	truncate -s "$1M" "$file"
	dev=$(losetup -f --show "$file")
}

# null_disk MB [attribute=value]...: null_blk with memory behind it, zoned=1 if you like
next_null=0
null_disk() {
	# Some kernels name the disk after the directory, others number it.
	local dir=/sys/kernel/config/nullb/nullb$next_null setting
	local settings=(size="$1" memory_backed=1 discard=1 "${@:2}" power=1)

	has_module null_blk || return
	[[ -d ${dir%/*} ]] || mount -t configfs configfs /sys/kernel/config
	mkdir "$dir" || return
	for setting in "${settings[@]}"; do
		echo "${setting#*=}" > "$dir/${setting%%=*}" || return
	done
	# shellcheck disable=SC2034 # for the topic
	dev=/dev/nullb$((next_null++))
}

# The SCSI disk of 16 MB, which has integrity data with every sector
scsi_disk() {
	local disks='/sys/bus/pseudo/drivers/scsi_debug/adapter0/host*/target*/*/block/sd*' disk

	has_module scsi_debug && has_module sd_mod && wait_until compgen -G "$disks" || return
	disk=$(compgen -G "$disks")
	# shellcheck disable=SC2034 # for the topic
	dev=/dev/${disk##*/}
	wait_until test -b "$dev"
}

# sectors_of /dev/NAME
sectors_of() {
	local sectors

	read -r sectors < "/sys/class/block/${1##*/}/size" || return
	echo "$sectors"
}

# --- Devices under test ---

# bd_create NAME DEVICE [OPTION or RULE]...: over all of the device, or bd_sectors of it
bd_create() {
	local name=$1 device=$2
	shift 2

	dmsetup create "$name" --table "0 ${bd_sectors:-$(sectors_of "$device")} blkdebug $device 0 $*"
}

# bd_load NAME DEVICE [OPTION or RULE]...: into the inactive slot
bd_load() {
	local name=$1 device=$2
	shift 2

	dmsetup load "$name" --table "0 ${bd_sectors:-$(sectors_of "$device")} blkdebug $device 0 $*"
}

# bd_msg NAME WORD...
bd_msg() { dmsetup message -- "$1" 0 "${@:2}"; }

# answers WANT DESC NAME WORD...: a message and its answer
answers() { is "$(bd_msg "${@:3}" 2>&1)" "$1" "$2"; }

# bd_rules NAME [dmsetup option]: options and rules, as the table line has them
bd_rules() {
	local table

	table=$(dmsetup table "${@:2}" "$1") || return
	echo "${table#* blkdebug * * }"
}

# bd_start NAME RULE...: these rules only, from a clean start; numbers begin with $first
bd_start() {
	local numbers

	bd_msg "$1" reset
	numbers=$(bd_msg "$1" replace "${@:2}") || return
	# shellcheck disable=SC2034 # for the topic
	first=${numbers%-*}
}

# bd_list NAME: hits, mark and rule of each, without the numbers
bd_list() { bd_msg "$1" list | sed 's/^[0-9]* //'; }

# bd_hits NAME: hits of each rule in the list, on one line
bd_hits() {
	local list hits=() _ nr

	list=$(bd_msg "$1" list) || return
	while read -r _ nr _; do hits+=("$nr"); done <<< "$list"
	echo "${hits[*]}"
}

# bd_status NAME rules: one word of the status line
bd_status() {
	local status

	status=$(dmsetup status "$1") || return
	status=" ${status#* blkdebug } "
	[[ $status == *" $2="* ]] || return
	status=${status#* "$2"=}
	echo "${status%% *}"
}

bd_status_is() { [[ $(bd_status "$1" "$2") == "$3" ]]; }

# dm_sysfs NAME: /sys/block/dm-N
dm_sysfs() {
	local dir name

	for dir in /sys/block/dm-*; do
		read -r name < "$dir/dm/name" || continue
		[[ $name != "$1" ]] || { echo "$dir"; return; }
	done
	return 1
}

# bd_sysfs NAME [START]
bd_sysfs() { echo "$(dm_sysfs "$1")/blkdebug-${2-0}"; }

# put FILE WORD...: to a file in sysfs; fails as the write does
put() { echo "${*:2}" > "$1"; }

# --- I/O, in sectors; each prints "ok" or the name of an errno ---

io_read() { io "$1" "r $2 $3 ${*:4}"; }
io_write() { io "$1" "w $2 $3 ${*:4}"; }
io_fua() { io "$1" "w $2 $3 fua ${*:4}"; }
io_flush() { io "$1" f; }
io_discard() { io "$1" "d $2 $3"; }
io_zeroes() { io "$1" "z $2 $3"; }

# io_bytes DEVICE SECTOR COUNT: what is there, as in 5a*512 00*512
io_bytes() { io "$1" "x $2 $3"; }

# ios DEVICE OP...: several in one process, their results on one line; see tests/lib/io.c
ios() {
	local results

	results=$(io "$@")
	echo "${results//$'\n'/ }"
}

# --- Breakpoints ---

# answer COMMAND...: "ok" or what it complains of, for one in the background
answer() { "$@" && echo ok; }

# hold NAME COUNT FILE OP...: I/O in the background, until COUNT holds are there.
# The results go to the file.
hold() {
	background "$3" io "/dev/mapper/$1" "${@:4}"
	wait_until bd_status_is "$1" held "$2"
}

# hold_event NAME COUNT FILE EVENT [MS]: likewise with a caller of "event"
hold_event() {
	background "$3" answer dmsetup message "$1" 0 event "${@:4}"
	wait_until bd_status_is "$1" held "$2"
}

# held NAME: its lines without the times, which differ from run to run
held() {
	local line

	while read -r line; do echo "${line% *}"; done < <(bd_msg "$1" held)
}

# rule_line NAME NUMBER: of "list"
rule_line() {
	local line

	while read -r line; do
		[[ $line != "$2 "* ]] || echo "$line"
	done < <(bd_msg "$1" list)
}

# --- Leaving nothing behind ---

unmount_all() {
	local source target

	while read -r source target _; do
		case $source in /dev/*) umount -l "$target" ;; esac
	done < <(tac /proc/mounts)
}

no_dm_devices() { ! compgen -G '/sys/block/dm-*' > /dev/null; }

# Forced: what is mapped to an error table ends, whatever was held.
remove_dm_devices() {
	dmsetup remove_all --force
	no_dm_devices
}

remove_disks() {
	local dir

	losetup -D
	rm -f /tmp/disk.*
	for dir in /sys/kernel/config/nullb/nullb*; do rmdir "$dir"; done
	modprobe -r brd scsi_debug
}

cleanup() {
	local jobs

	trap - EXIT TERM
	# Whoever waits for the device gets free as it is removed.
	mapfile -t jobs < <(jobs -p)
	[[ ${#jobs[@]} -eq 0 ]] || kill -KILL "${jobs[@]}"
	unmount_all
	no_dm_devices || wait_until remove_dm_devices
	remove_disks
} 2> /dev/null
trap cleanup EXIT
trap 'exit 143' TERM
