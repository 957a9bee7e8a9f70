# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Features of the kernel, and the kernel log. Sourced by topic.sh.

# --- Features of the kernel ---

has_command() { type -P "$1" > /dev/null; }

# has_module NAME: loads the module unless it is loaded
declare -A module_options=(
	[brd]='rd_nr=8 rd_size=262144'
	[null_blk]='nr_devices=0'
	# With integrity data that are checked, write-zeroes by unmapping, and
	# atomic writes.
	[scsi_debug]='dev_size_mb=16 dif=1 dix=1 lbpws=1 lbprz=1 atomic_wr=1'
)
has_module() {
	# shellcheck disable=SC2086 # several options are several words
	[[ -d /sys/module/${1//-/_} ]] || modprobe -q "$1" ${module_options[$1]-}
}

has_target() { dmsetup targets | grep -q "^$1 "; }

# has_feature errnos ETIME: tests whether the module lists this word
has_feature() {
	local line

	has_module dm-blkdebug || return
	while read -r line; do
		[[ ${line%%[ :=]*} != "$1" || " ${line//[:=,]/ } " != *" $2 "* ]] || return 0
	done < /sys/module/dm_blkdebug/parameters/features
	return 1
}

# block_trace COMMAND...: prints operation and flags (WFSM) of each bio that is
# submitted during the command, as the block layer shows them
block_trace() {
	local tracing=/sys/kernel/tracing

	: > $tracing/trace
	echo 1 > $tracing/events/block/block_bio_queue/enable
	"$@" > /dev/null
	echo 0 > $tracing/events/block/block_bio_queue/enable
	sed -n 's/.*block_bio_queue: [0-9,]* \([A-Z]*\) .*/\1/p' $tracing/trace
}

# read_flags DEVICE: prints the flags of a small direct read as "held" shows
# them; some kernels do not mark it as sync
read_flags() {
	if [[ $(block_trace io_read "$1" 0 8) == *RS* ]]; then echo sync; else echo -; fi
}

# commit_flags FILE: prints the flags of the commit when FILE is synced on ext4;
# some kernels do not mark the log as metadata
commit_flags() {
	echo data > "$1"
	if [[ $(block_trace sync "$1") =~ WF[A-Z]*M ]]; then echo fua,meta; else echo fua; fi
}

# require has_module null_blk: skips the whole topic unless the command succeeds
require() { "$@" || skip_all "needs ${*:2} (${1#has_})"; }

# --- The kernel log ---

dmesg_marks=0

dmesg_mark() { echo "<6>tests: mark $((++dmesg_marks)) of $$" > /dev/kmsg; }

# dmesg_since: prints the log after the last mark
dmesg_since() {
	local log

	log=$(dmesg)
	printf '%s\n' "${log##*"tests: mark $dmesg_marks of $$"}"
}

# dmesg_like REGEX DESC, dmesg_unlike REGEX DESC: tests the log after the last
# mark
dmesg_like() { like "$(dmesg_since)" "$1" "$2"; }
dmesg_unlike() { unlike "$(dmesg_since)" "$1" "$2"; }
