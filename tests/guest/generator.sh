# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # sourced files set it
#
# Explores workloads of tests/explore-generator on a file system until the time is spent. For
# tests/check-generator, in its guest.
#
# Usage: generator.sh SEED SECONDS FS...

# shellcheck source=tests/lib/explore.sh
. "${BASH_SOURCE[0]%/*}/../lib/explore.sh"

seed=$1 limit=$2
shift 2
# By these variables mkfs.xfs recognises fstests and accepts less than 300 MB.
export TEST_DIR=/mnt TEST_DEV=/dev/null QA_CHECK_FS=yes
small=$dev
loop_disk 128
large=$dev
generator=$tests_dir/explore-generator

choose_options() {
	dev=$large options=(--fs "$1" --mount-options noatime)
	case $1 in
	ext4) dev=$small options=("${ext4[@]}") ;;
	btrfs) options=(--fs btrfs --mount-options 'noatime,commit=300') ;;
	esac
}

# run_sequence SEED: prints the figures of a run, or what fails
run_sequence() {
	out=$("$explorer" --device "$dev" --seed 1 --jobs 2 --budget 12 "${options[@]}" \
		--workload "$generator workload $1" --check "$generator check $1" 2>&1)
	status=$?
	if [[ $status -ne 0 ]]; then
		diag "seed $1: exit status $status"
		diag "$("$generator" show "$1")"
		diag "$out"
	fi
	grep '^point .* states\? ' <<< "$out" >> "$work/points"
	printf '%s\n' "$status" >> "$work/status"
}

# report_sum FS: sequences, points, points judged exhaustively, states, states they stand for.
# The explorer ends with status 1 if a state fails, with 2 if it could not prove anything.
report_sum() {
	awk -v fs="$1" -v runs="$(wc -l < "$work/status")" -v bad="$(grep -c '^1$' "$work/status")" \
		-v unproved="$(grep -vc '^[01]$' "$work/status")" '
		function power_of_two(k, n) { for (n = 1; k > 0; k--) n *= 2; return n }
		/: nothing at stake/ { points++; states++; whole++; all++; next }
		match($0, /\): [0-9]+ /) { points++; n = substr($0, RSTART + 3) + 0; states += n }
		/stand for all 2\^/ { whole++; match($0, /2\^[0-9]+/); all += power_of_two(substr($0, RSTART + 2, RLENGTH - 2)) }
		/ [0-9]+ failed/ { match($0, /[0-9]+ failed/); failed += substr($0, RSTART) + 0 }
		END { printf "# %s: sequences=%d points=%d exhaustive=%d states=%d stand-for=%d failed-states=%d bad=%d unproved=%d\n",
			fs, runs, points, whole, states, all, failed, bad, unproved }' "$work/points" >&3
}

for fs; do
	has_module "$fs" || continue
	choose_options "$fs"
	: > "$work/points"
	: > "$work/status"
	SECONDS=0
	for ((number = seed; SECONDS < limit / $#; number++)); do run_sequence "$number"; done
	report_sum "$fs"
done
