# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The selftests that "make in-tree" adds to the kernel, each as the kernel runs it.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module loop
require has_module dm-blkdebug
# tests/check copies packaging/in-tree/selftests to this folder.
cd "$tests_dir/selftests" || exit

# pass_on NAME: reads KTAP and passes its lines on as tests of this topic
pass_on() {
	local line

	while IFS= read -r line; do
		case $line in
		'ok '*) ok "$1: ${line#ok * }" ;;
		'not ok '*) not_ok "$1: ${line#not ok * }" ;;
		*) diag "$1: $line" ;;
		esac
	done
}

programs=$(sed -n 's/^TEST_PROGS := //p' Makefile)
for program in $programs; do
	status=0
	"./$program" > /tmp/ktap || status=$?
	pass_on "$program" < /tmp/ktap
	is "$status $(grep -c '^ok' /tmp/ktap)" "0 $(sed -n 's/^1\.\.//p' /tmp/ktap)" \
		"$program passes all tests of its plan"
	succeeds "$program leaves no device" no_dm_devices
done
is "$(losetup -a)" '' 'the tests leave no loop device'

is "$(setpriv --reuid=65534 --clear-groups "./${programs%% *}"; echo "status $?")" \
	$'TAP version 13\n1..0 # SKIP root is needed\nstatus 4' 'a test without root is skipped'

done_testing
