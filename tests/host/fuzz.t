#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Each input of tests/fuzz/corpus/, and FUZZ_SECONDS of fuzzing (60).

set -u

fuzz=${BASH_SOURCE[0]%/*}/../fuzz/run
seconds=${FUZZ_SECONDS:-60}
checks=0

# check DESC [OPTION or TARGET]...
check() {
	local desc=$1 result=ok complaints
	shift

	complaints=$("$fuzz" "$@" 2>&1) || result='not ok'
	echo "$result $((++checks)) - $desc"
	[[ -z $complaints ]] || echo "# ${complaints//$'\n'/$'\n'# }"
}

echo 1..4
for target in rules messages; do check "$target: no input of the corpus fails" --seconds 0 "$target"; done
for target in rules messages; do
	check "$target: $((seconds / 2)) seconds of fuzzing find no failure" --seconds $((seconds / 2)) "$target"
done
