# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154,SC2317 # workloads are for the sh of the explorer; much is called by name
#
# Compares blkdebug-explore with dm-log-writes: the same workload and check, judged at each flush
# and FUA write. For tests/bench/run, in its guest.
#
# dm-log-writes gets the fastest method: one replay from start to end, and a dm-snapshot in memory for
# each state, so that recovery does not change the replayed device. It has one state at each point and
# one job, as each state is made out of the one before; blkdebug-explore judges two at a time.

# shellcheck source=tests/lib/explore.sh
. "${BASH_SOURCE[0]%/*}/../lib/explore.sh"
has_module dm-log-writes && has_module dm-snapshot || exit

origin=$dev
loop_disk 128
log=$dev
loop_disk 16
cow=$dev
sectors=$(sectors_of "$origin")
export BLKDEBUG_MOUNT=/mnt BLKDEBUG_PROMISE=$work/promise

workload=$(replace "$sync_data" "$sync_directory")
# In the log a mark stands for a promise.
workload=${workload/%done/'[ ! -e /dev/mapper/log ] || dmsetup message log 0 mark "promise-$n"; done'}
# Starts no program, as it is not the check that is compared.
check='n=; while read -r line; do n=$line; done < "$BLKDEBUG_PROMISE"
data=; [ ! -e "$BLKDEBUG_MOUNT/data" ] || read -r data < "$BLKDEBUG_MOUNT/data" || true
[ -z "$n" ] || [ "$data" = "record $n" ] || [ "$data" = "record $((n + 1))" ]'
judge='dd if=/dev/zero of='$cow' bs=4096 count=1 conv=notrunc 2> /dev/null
dmsetup create snap --table "0 '$sectors' snapshot '$origin' '$cow' N 8" || exit
mount -t ext4 -o noatime /dev/mapper/snap /mnt && { '$check'; }; status=$?
umount /mnt && e2fsck -fn /dev/mapper/snap > /dev/null 2>&1 || status=1
dmsetup remove snap; exit $status'

record_log() {
	dmsetup create log --table "0 $sectors log-writes $origin $log" || return
	mkfs.ext4 -q -F -b 4096 -E lazy_itable_init=0 -J size=4 /dev/mapper/log || return
	mount -t ext4 -o noatime,commit=300 /dev/mapper/log /mnt || return
	sync -f /mnt
	dmsetup message log 0 mark start
	sh -c "$workload"
	dmsetup message log 0 mark end
	umount /mnt
	dmsetup remove log
}

# report_run NAME STATES STAND-FOR FAILED: since now_ms; adds the rates to $rates
rates=()
report_run() {
	local began=$ms

	now_ms
	rates+=("$(awk -v states="$2" -v all="$3" -v ms=$((ms - began)) 'BEGIN {
		printf "%.2f %.2f", states * 1000 / ms, all * 1000 / ms }')")
	printf '%-18s %4d states judged, which stand for %4d, %d failed, in %d ms: %s a second\n' \
		"$1" "$2" "$3" "$4" $((ms - began)) "${rates[*]: -1}"
}

# count_covered: prints how many states the explorer's points have, from its output
count_covered() {
	local line sum=0

	while IFS= read -r line; do
		case $line in
		'point '*'nothing at stake'*) sum=$((sum + 1)) ;;
		'point '*'stand for all 2^'*) line=${line##*2^} sum=$((sum + (1 << ${line%%[!0-9]*}))) ;;
		'point '*) line=${line#*: } sum=$((sum + ${line%% *})) ;;
		esac
	done
	echo "$sum"
}

now_ms
record_log || exit
: > "$BLKDEBUG_PROMISE"
dd if=/dev/zero of="$origin" bs=1M count=32 2> /dev/null
read -r states failed < <("$tests_dir/bench/replay-log" "$log" "$origin" "$judge")
report_run dm-log-writes "$states" "$states" "$failed"

now_ms
out=$("$explorer" --device "$origin" --seed 1 --jobs 2 "${ext4[@]}" --budget 600 \
	--workload "$workload" --check "$check" 2>&1)
[[ $out =~ ([0-9]+)' states, '([0-9]+)' failed' ]] || { echo "$out"; exit 1; }
report_run blkdebug-explore "${BASH_REMATCH[1]}" "$(count_covered <<< "$out")" "${BASH_REMATCH[2]}"
grep '^point' <<< "$out" | sed 's/^/  /'
awk -v rates="${rates[*]}" 'BEGIN {
	split(rates, rate)
	printf "ratio: %.1f times the states judged, %.1f times the states known, in the same time\n",
		rate[3] / rate[1], rate[4] / rate[2] }'
