# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Error reports in a kernel log. Sourced by tests/run.

# Texts by which the kernel reports an error.
splats=(
	'WARNING:' 'BUG:' 'BUG ' 'Oops' 'INFO: task .* blocked' 'INFO: rcu' 'rcu: INFO'
	'possible (circular locking|recursive locking|irq lock inversion)' 'suspicious RCU'
	'bad unlock balance' 'inconsistent lock state' 'held lock freed' 'Invalid wait context'
	'KASAN' 'UBSAN' 'KFENCE' 'KCSAN' 'general protection' 'sleeping function'
	'scheduling while atomic' 'unable to handle' 'refcount_t:' 'list_(add|del) corruption'
	'soft lockup' 'hard LOCKUP' 'kmemleak:' 'stack-protector' 'Object .* not freed'
	'Objects remaining' 'DEBUG_LOCKS_WARN' 'Call Trace:'
)
splat_regex=$(IFS='|'; echo "${splats[*]}")

# without_races_of_others FILE: prints the log without KCSAN reports in which no access is of
# the module. The part of a stack below the entry of an interrupt is the code that was
# interrupted.
without_races_of_others() {
	awk '
		/=========$/ && !report { report = $0; ours = interrupted = 0; next }
		/=========$/ {
			if (report !~ /KCSAN/ || ours)
				print report "\n" $0
			report = ""
			next
		}
		report {
			report = report "\n" $0
			if (/ (asm_sysvec|asm_common_interrupt|asm_exc_nmi)/)
				interrupted = 1
			else if (/(read|write|race|value changed)/ && !/\+0x/)
				interrupted = 0
			if (/dm_blkdebug\]/ && !interrupted)
				ours = 1
			next
		}
		{ print }
		END { if (report) print report }' "$1"
}

# Reports that no change of the module prevents, of file systems that a power cut has made
# fail: btrfs before 5.15 warns at unmount, f2fs prints from where it has stopped.
known_reports='WARNING: .* btrfs_assert_delayed_root_empty|f2fs_stop_checkpoint'

# without_known_reports FILE: prints the log without these. A report is what follows "cut
# here", or a stack alone.
without_known_reports() {
	awk -v known="$known_reports" '
		!end && /\[ cut here \]/ { end = "end trace" }
		!end && /Call Trace:/ { end = "</TASK>" }
		!end { print; next }
		{ report = report $0 "\n" }
		$0 ~ end {
			if (report !~ known)
				printf "%s", report
			report = end = ""
		}
		END { printf "%s", report }' "$1"
}

# splats_in FILE: prints each error report with the lines after it
splats_in() {
	without_known_reports <(without_races_of_others "$1") | grep -E -A 30 -e "$splat_regex"
}
