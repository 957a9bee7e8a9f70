# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The detectors of the debug kernels are there and active, so that a run without
# a report means something.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

debugfs=/sys/kernel/debug
# shellcheck disable=SC2317 # called by require
is_debug_kernel() { [[ $(uname -r) == *-debug || $(uname -r) == *-debug-kcsan ]]; }
require is_debug_kernel 'a kernel with detectors'

module=/lib/modules/$(uname -r)/updates/dm-blkdebug.ko

# calls PREFIX DESC: the module calls functions with this prefix, which the
# compiler inserted
calls() {
	succeeds "$2" grep -q "$1" "$module"
}

panics_on() { is "$(< "/proc/sys/kernel/$1")" 1 "the kernel panics on $1"; }

panics_on hung_task_panic
panics_on softlockup_panic
if [[ $(uname -r) == *-kcsan ]]; then
	calls __tsan_read 'the module has KCSAN calls for reads'
	calls __tsan_write 'the module has KCSAN calls for writes'
	like "$(< $debugfs/kcsan)" 'enabled: 1' 'KCSAN is enabled'
else
	panics_on panic_on_warn
	calls __asan_ 'the module has KASAN calls'
	calls __ubsan_ 'the module has UBSAN calls'
	like "$(< /proc/lockdep_stats)" 'debug_locks: +1' 'lockdep is active'
	succeeds 'kmemleak is active' bash -c "echo stack=on > $debugfs/kmemleak"
	for dir in failslab fail_page_alloc kunit debug_objects; do
		succeeds "debugfs has $dir" test -d $debugfs/$dir
	done
	succeeds 'fail-nth is there for the Nth allocation of a task' test -e /proc/self/fail-nth
	succeeds 'the module with the unit tests is there' test -e "$tests_dir/dm-blkdebug-test.ko"
fi

done_testing
