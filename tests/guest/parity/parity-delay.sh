# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What dm-delay does, done by rules: beside it, with the same I/O.

# shellcheck source=tests/lib/parity.sh
. "${BASH_SOURCE[0]%/*}/../../lib/parity.sh"

require has_module dm-delay
parity_disks loop_disk 2

# both_take MS DESC OP...: alike, and each op at least so long
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
both_take 300 'one delay for all' 'r 0 8 byte=11' 'w 0 8 byte=22' f 'd 8 8'
beside '0 4096 delay DEVICE 0 0'
both_take 0 'or for none' 'r 0 8 byte=11' 'w 0 8 byte=22' f 'd 8 8'
beside '0 2048 delay DEVICE 1024 0 DEVICE 1024 300'
both_take 300 'one of writes is for flushes and discards, too' 'w 0 8 byte=22' f 'd 8 8'

# --- In what order requests come back that are under way at once ---

# A process for each request, which waits for a word to start: so they start
# within a moment, whatever it takes to start a process.
starters=()

# start_ready NAME OP: the end goes to /tmp/order.NAME
start_ready() {
	local fifo=/tmp/start.$1.${2%% *} fd

	mkfifo "$fifo"
	{
		io "/dev/mapper/$1" - < "$fifo" > "$fifo.out"
		echo "${2%% *}" >> "/tmp/order.$1"
	} &
	exec {fd}> "$fifo"
	starters+=("$fd $2")
	# It answers to what is no I/O, so it is there.
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

# order WANT DESC OP...: of both, and what they leave
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
order 'f w r' 'flushes before writes before reads' 'r 0 8' 'w 8 8 byte=22' f
beside '0 4096 delay DEVICE 0 100 DEVICE 0 1500 DEVICE 0 800'
order 'r f w' 'reads before flushes before writes' 'w 8 8 byte=22' f 'r 0 8'
beside '0 4096 delay DEVICE 0 800 DEVICE 0 100 DEVICE 0 800'
order 'd r' 'discards are writes' 'r 0 8' 'd 8 8'
beside '0 4096 delay DEVICE 0 300 DEVICE 0 0'
order 'w r' 'writes before reads, if these alone are delayed' 'r 0 8' 'w 8 8 byte=22'

# --- A suspend ends them ---

beside '0 4096 delay DEVICE 0 300'
for name in theirs ours; do
	background /tmp/$name io /dev/mapper/$name 'w 0 8 byte=22'
	succeeds "$name is suspended meanwhile" dmsetup suspend $name
	dmsetup resume $name
done
eventually 'and both writes' file_is /tmp/theirs ok
eventually 'are done' file_is /tmp/ours ok
is "$(below)" 'same data' 'alike'

try_the_rest delay

done_testing
