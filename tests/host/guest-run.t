#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A guest that panics fails, whatever it has printed before.

set -u

run=${BASH_SOURCE[0]%/*}/../vm/guest-run
console=$(mktemp)
trap 'rm -f "$console"' EXIT

echo 1..2
out=$("$run" --console "$console" -- \
	bash -c 'echo "ok 1 - so far"; stty -F /dev/ttyS1 raw; echo c > /proc/sysrq-trigger' 2> /dev/null)
status=$?
[[ $status -eq 125 ]] || echo -n 'not '
echo "ok 1 - guest-run fails after a panic (status $status)"
[[ $out == 'ok 1 - so far' ]] || echo -n 'not '
echo 'ok 2 - output before the panic arrives'
