# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the kernels of "make check-debug" look for mistakes with is there, and awake:
# otherwise their silence would mean nothing.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

debugfs=/sys/kernel/debug
# shellcheck disable=SC2317 # called by require
is_debug_kernel() { [[ $(uname -r) == *-debug || $(uname -r) == *-debug-kcsan ]]; }
require is_debug_kernel 'a kernel that looks for mistakes'

module=/lib/modules/$(uname -r)/updates/dm-blkdebug.ko

# calls PREFIX DESC: the compiler has put calls of such functions into the module
calls() {
	succeeds "$2" grep -q "$1" "$module"
}

panics_on() { is "$(< "/proc/sys/kernel/$1")" 1 "the kernel panics: $1"; }

panics_on hung_task_panic
panics_on softlockup_panic
if [[ $(uname -r) == *-kcsan ]]; then
	calls __tsan_read 'KCSAN watches reads of the module'
	calls __tsan_write 'and its writes'
	like "$(< $debugfs/kcsan)" 'enabled: 1' 'and is awake'
else
	panics_on panic_on_warn
	calls __asan_ 'KASAN watches the memory of the module'
	calls __ubsan_ 'UBSAN what is undefined'
	like "$(< /proc/lockdep_stats)" 'debug_locks: +1' 'lockdep has not given up'
	succeeds 'nor has kmemleak' bash -c "echo stack=on > $debugfs/kmemleak"
	for dir in failslab fail_page_alloc kunit debug_objects; do
		succeeds "there is $dir" test -d $debugfs/$dir
	done
	succeeds 'a task may have its Nth allocation fail' test -e /proc/self/fail-nth
	succeeds 'the unit tests are here' test -e "$tests_dir/dm-blkdebug-test.ko"
fi

done_testing
