#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests which reports in a kernel log fail a topic, with logs as kernels write them.

set -u

tests=$(cd -- "${BASH_SOURCE[0]%/*}/.." && pwd)

# shellcheck source=tests/lib/host-tap.sh
. "$tests/lib/host-tap.sh"
# shellcheck source=tests/lib/splats.sh
. "$tests/lib/splats.sh"

# found LINE...: prints "report" if the log has one, else "none"
found() {
	printf '[ 1.000001] %s\n' "$@" > "$work/log"
	if splats_in "$work/log" > "$work/found"; then echo report; else echo none; fi
}

# race FRAME...: a report of KCSAN whose first access has this stack
race() {
	found '==================' 'BUG: KCSAN: data-race in a / b' '' \
		'read to 0xffff8880bb81d898 of 8 bytes by interrupt on cpu 1:' "$@" '' \
		'write to 0xffff8880bb81d898 of 8 bytes by interrupt on cpu 0:' \
		' b+0x160/0x420' '' 'Reported by Kernel Concurrency Sanitizer on:' '=================='
}

is "$(found 'EXT4-fs (dm-0): mounted filesystem')" none 'a log without a report'
is "$(found 'WARNING: CPU: 0 PID: 1 at drivers/md/dm.c:1')" report 'a warning'
is "$(found 'kmemleak: 3 new suspected memory leaks')" report 'a memory leak'
is "$(race ' a+0x86/0xf0' ' blkdebug_map+0x15/0x20 [dm_blkdebug]')" report 'KCSAN: an access of the module'
is "$(race ' a+0x86/0xf0' ' scheduler_tick+0xb5/0x280')" none 'KCSAN: accesses of the kernel'
is "$(race ' a+0x86/0xf0' ' asm_sysvec_apic_timer_interrupt+0x1b/0x20' ' blkdebug_map+0x15/0x20 [dm_blkdebug]')" \
	none 'KCSAN: an access of an interrupt that interrupts the module'
is "$(race ' blkdebug_end_io+0x15/0x20 [dm_blkdebug]' ' asm_sysvec_apic_timer_interrupt+0x1b/0x20' ' a+0x1/0x2')" \
	report 'KCSAN: an access of the module in an interrupt'
is "$(found '==================' 'BUG: KCSAN: data-race in a / b' '' \
	'read to 0xffff8880bb81d898 of 8 bytes by interrupt on cpu 1:' ' asm_sysvec_x+0x1/0x2' ' c+0x1/0x2' '' \
	'write to 0xffff8880bb81d898 of 8 bytes by task 7 on cpu 0:' ' blkdebug_map+0x15/0x20 [dm_blkdebug]' \
	'==================')" report 'KCSAN: the second access is of the module'
is "$(found '------------[ cut here ]------------' 'WARNING: CPU: 1 btrfs_assert_delayed_root_empty+0x1/0x2' \
	'Call Trace:' ' <TASK>' ' </TASK>' '---[ end trace 0 ]---')" none 'a known report of a file system'
is "$(found 'Call Trace:' ' <TASK>' ' f2fs_stop_checkpoint+0x1/0x2' ' </TASK>' 'BUG: unable to handle page fault')" \
	report 'a report after a known one'
done_testing
