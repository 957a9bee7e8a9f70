#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A guest that panics cannot pass, whatever it had printed until then.

set -u

run=${BASH_SOURCE[0]%/*}/../../tests/vm/guest-run
console=$(mktemp)
trap 'rm -f "$console"' EXIT

echo 1..2
out=$("$run" --console "$console" -- \
	bash -c 'echo "ok 1 - so far"; stty -F /dev/ttyS1 raw; echo c > /proc/sysrq-trigger' 2> /dev/null)
status=$?
[[ $status -eq 125 ]] || echo -n 'not '
echo "ok 1 - a panic is a failure of the runner (status $status)"
[[ $out == 'ok 1 - so far' ]] || echo -n 'not '
echo 'ok 2 - what came before it arrives'
