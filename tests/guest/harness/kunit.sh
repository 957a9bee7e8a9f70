# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The unit tests of tests/kunit/, on kernels with KUnit: a module that runs them
# when it is loaded. The results are in the kernel log.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

module=$tests_dir/dm-blkdebug-test.ko

# shellcheck disable=SC2317 # called by require
has_kunit() { [[ -d /sys/kernel/debug/kunit ]]; }
# shellcheck disable=SC2317
has_file() { [[ -e $1 ]]; }

require has_kunit 'a kernel with KUnit'
require has_file "$module"

# The module and the test module use the same name for a slab cache.
modprobe -r dm-blkdebug
dmesg_mark
# insmod sleeps uninterruptibly while KUnit runs a test, which it ends after 300 s.
hung_tasks=/proc/sys/kernel/hung_task_timeout_secs
hung_seconds=$(< $hung_tasks)
echo 330 > $hung_tasks
succeeds 'the module with the unit tests loads' insmod "$module"
echo "$hung_seconds" > $hung_tasks

# Lines of a suite are indented once, those of a test's parameters twice; of
# these only failed ones are reported.
suite='' seen=() details=''
while IFS= read -r line; do
	line=${line#\[*\] }
	case $line in
	'    # Subtest: '*) suite=${line#*: } details='' ;;
	'    ok '*|'    not ok '*)
		desc="$suite: ${line#*ok * }"
		if [[ $line == '    ok '* ]]; then ok "$desc"; else not_ok "$desc" "$details"; fi
		details=''
		;;
	'ok '*) seen+=("$suite") ;;
	'not ok '*) seen+=("$suite") ;;
	'        ok '*) ;;
	*) details+=$line$'\n' ;;
	esac
done < <(dmesg_since)
is "${seen[*]}" 'blkdebug-rule blkdebug-engine blkdebug-batch blkdebug-model blkdebug-cache' 'all suites have ended'
rmmod dm_blkdebug_test

done_testing
