# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The test library: asserts fail when they must, and io reports the results of
# I/O.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

# verdict COMMAND...: prints the first word of an assert's TAP, and the failures
# it has counted
verdict() {
	(
		checks=0 failures=0
		"$@" 3>&1 > /dev/null 2>&1
		echo "failures=$failures"
	) | { mapfile -t lines; echo "${lines[0]%% *} ${lines[-1]}"; }
}

is "$(verdict is a a x)" 'ok failures=0' 'is passes on equal strings'
is "$(verdict is a b x)" 'not failures=1' 'is fails on different strings'
is "$(verdict like abc 'b.$' x)" 'ok failures=0' 'like passes on a match'
is "$(verdict like abc '^b' x)" 'not failures=1' 'like fails without a match'
is "$(verdict unlike abc b x)" 'not failures=1' 'unlike fails on a match'
is "$(verdict succeeds x true)" 'ok failures=0' 'succeeds passes'
is "$(verdict succeeds x false)" 'not failures=1' 'succeeds fails'
is "$(verdict fails_with ENOENT x cat /none)" 'ok failures=0' 'fails_with passes on its errno'
is "$(verdict fails_with EIO x cat /none)" 'not failures=1' 'fails_with fails on another errno'
is "$(verdict fails_with ENOENT x true)" 'not failures=1' 'fails_with fails on success'

usual_limit=$wait_limit wait_limit=1
is "$(verdict wait_until false)" '# failures=0' 'wait_until reports a condition that did not become true'
is "$(verdict eventually x false)" '# failures=1' 'eventually fails on a condition that did not become true'
wait_limit=$usual_limit
background /tmp/late sleep 1
eventually 'wait_until returns when the condition becomes true' process_ended "$pid"

dmesg_mark
echo 'tests: before' > /dev/kmsg
dmesg_mark
echo 'tests: after' > /dev/kmsg
dmesg_like 'tests: after' 'dmesg_since prints text after the mark'
dmesg_unlike 'tests: before' 'dmesg_since leaves out text before the mark'

# Good and bad sectors in one device.
ram_disk
bd_sectors=2048
dmsetup create holes --table "0 64 linear $dev 0
64 64 error
128 1920 linear $dev 128"
holes=/dev/mapper/holes
is "$(ios $holes 'r 0 8' 'r 64 8' 'w 128 8' 'w 64 8')" 'ok EIO ok EIO' 'ios prints the result of each op'
is "$(ios $holes 'w 0 8 byte=5a' 'r 0 8 byte=5a' 'r 0 8 byte=a5' f)" 'ok ok differs ok' \
	'io writes and compares data'
is "$(io_read $holes 0 8)" ok 'io_read succeeds on a good sector'
is "$(io_fua $holes 64 8)" EIO 'io_fua fails on a bad sector'
is "$(io_flush $holes)" ok 'io_flush succeeds'
is "$(io_zeroes $holes 0 8)" EOPNOTSUPP 'io_zeroes fails where write-zeroes is not supported'
like "$(io_discard $holes 4096 8)" '^(EINVAL|EOPNOTSUPP)$' 'io_discard beyond the end fails'
like "$(dm_sysfs holes)" '^/sys/block/dm-[0-9]+$' 'dm_sysfs finds the device'

loop_disk 16
is "$(sectors_of "$dev")" 32768 'loop_disk has the size asked for'
is "$(ios "$dev" 'w 0 16 byte=11' 'd 0 8' 'z 8 8' 'r 0 16 byte=0')" 'ok ok ok ok' \
	'loop_disk supports discard and write-zeroes'

if has_module null_blk; then
	null_disk 64 zoned=1 zone_size=4
	is "$(sectors_of "$dev")" 131072 'null_disk has the size asked for'
	is "$(< "/sys/block/${dev##*/}/queue/zoned")" host-managed 'null_disk can be zoned'
else
	skip 'needs null_blk' 2
fi

background /tmp/poll io /sys/block/ram0/stat cat 'poll 100'
eventually 'io reads and polls a file in sysfs' file_like /tmp/poll $'\n''(ready|timeout)$'

# A submitter that waits for its I/O is in state D.
dmsetup suspend holes
background /tmp/stuck io $holes 'r 0 8'
eventually 'a read on a suspended device waits in state D' process_state_is "$pid" D
dmsetup resume holes
eventually 'a read on a suspended device returns after the resume' process_ended "$pid"
is "$(< /tmp/stuck)" ok 'a read on a suspended device succeeds'

done_testing
