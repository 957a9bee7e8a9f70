# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# dm-delay beside the rules that replace it: the same I/O, the same results and
# data.

# shellcheck source=tests/lib/parity.sh
. "${BASH_SOURCE[0]%/*}/../../lib/parity.sh"

require has_module dm-delay
parity_disks loop_disk 2

# both_take MS DESC OP...: both devices give the same results, and each op takes
# at least MS
both_take() {
	local name least=$1 op results times=()

	for name in theirs ours; do
		for op in "${@:3}"; do
			took ios /dev/mapper/$name "$op"
			results+="$out "
			times+=("$ms")
		done
	done
	for ms in "${times[@]}"; do
		((ms >= least)) || least=never
	done
	is "$results$(below), ${least/never/"too soon: ${times[*]}"}" \
		"$(printf 'ok %.0s' "${@:3}" "${@:3}")same data, $1" "$2"
}

beside '0 4096 delay DEVICE 0 300'
both_take 300 'one delay delays reads, writes, flushes and discards' 'r 0 8 byte=11' 'w 0 8 byte=22' f 'd 8 8'
beside '0 4096 delay DEVICE 0 0'
both_take 0 'a delay of 0 delays nothing' 'r 0 8 byte=11' 'w 0 8 byte=22' f 'd 8 8'
beside '0 2048 delay DEVICE 1024 0 DEVICE 1024 300'
both_take 300 'a delay of writes delays writes, flushes and discards' 'w 0 8 byte=22' f 'd 8 8'

# --- The order in which concurrent bios complete ---

# A process for each bio, which waits for a line to start, so that all bios
# start within a moment however long a process takes to start.
starters=()

# start_ready NAME OP: starts a process that waits; at its end it writes the op
# to /tmp/order.NAME
start_ready() {
	local fifo=/tmp/start.$1.${2%% *} fd

	mkfifo "$fifo"
	{
		io "/dev/mapper/$1" - < "$fifo" > "$fifo.out"
		echo "${2%% *}" >> "/tmp/order.$1"
	} &
	exec {fd}> "$fifo"
	starters+=("$fd $2")
	# The answer to an op without I/O shows that the process is ready.
	echo 'poll 0' >&"$fd"
	wait_until test -s "$fifo.out"
	rm "$fifo"
}

start_all() {
	local starter fd

	for starter in "${starters[@]}"; do
		fd=${starter%% *}
		echo "${starter#* }" >&"$fd"
		exec {fd}>&-
	done
	starters=()
}

# order WANT DESC OP...: on both devices the ops complete in the order WANT and
# leave the same data
order() {
	local op theirs ours

	for op in "${@:3}"; do
		start_ready theirs "$op"
		start_ready ours "$op"
	done
	start_all
	wait
	mapfile -t theirs < /tmp/order.theirs
	mapfile -t ours < /tmp/order.ours
	is "${theirs[*]}, ${ours[*]}, $(below)" \
		"$1, $1, same data" "$2"
	rm -f /tmp/order.* /tmp/start.*
}

beside '0 4096 delay DEVICE 0 1500 DEVICE 0 800 DEVICE 0 100'
order 'f w r' 'the shortest delay of flushes, the longest of reads' 'r 0 8' 'w 8 8 byte=22' f
beside '0 4096 delay DEVICE 0 100 DEVICE 0 1500 DEVICE 0 800'
order 'r f w' 'the shortest delay of reads, the longest of writes' 'w 8 8 byte=22' f 'r 0 8'
beside '0 4096 delay DEVICE 0 800 DEVICE 0 100 DEVICE 0 800'
order 'd r' 'discards are delayed as writes' 'r 0 8' 'd 8 8'
beside '0 4096 delay DEVICE 0 300 DEVICE 0 0'
order 'w r' 'only reads are delayed' 'r 0 8' 'w 8 8 byte=22'

# --- A suspend ends delays ---

beside '0 4096 delay DEVICE 0 300'
for name in theirs ours; do
	background /tmp/$name io /dev/mapper/$name 'w 0 8 byte=22'
	succeeds "suspend of $name succeeds during a delayed write" dmsetup suspend $name
	dmsetup resume $name
done
eventually 'suspend completes the write delayed by dm-delay' file_is /tmp/theirs ok
eventually 'suspend completes the write delayed by a rule' file_is /tmp/ours ok
is "$(below)" 'same data' 'both delayed writes leave the same data'

try_the_rest delay

done_testing
