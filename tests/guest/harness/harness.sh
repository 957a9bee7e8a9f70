# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The harness itself: asserts that must fail do, and I/O reports what happened.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

# What an assert of lib.sh prints, in a topic of its own.
verdict() {
	(
		checks=0 failures=0
		"$@" 3>&1 > /dev/null 2>&1
		echo "failures=$failures"
	) | { mapfile -t lines; echo "${lines[0]%% *} ${lines[-1]}"; }
}

is "$(verdict is a a x)" 'ok failures=0' 'is passes on what is equal'
is "$(verdict is a b x)" 'not failures=1' 'is fails on what differs'
is "$(verdict like abc 'b.$' x)" 'ok failures=0' 'like passes on a match'
is "$(verdict like abc '^b' x)" 'not failures=1' 'like fails without a match'
is "$(verdict unlike abc b x)" 'not failures=1' 'unlike fails on a match'
is "$(verdict succeeds x true)" 'ok failures=0' 'succeeds passes'
is "$(verdict succeeds x false)" 'not failures=1' 'succeeds fails'
is "$(verdict fails_with ENOENT x cat /none)" 'ok failures=0' 'fails_with passes on its errno'
is "$(verdict fails_with EIO x cat /none)" 'not failures=1' 'fails_with fails on another errno'
is "$(verdict fails_with ENOENT x true)" 'not failures=1' 'fails_with fails on success'

wait_limit=1
is "$(verdict wait_until false)" '# failures=0' 'wait_until says what it waited for in vain'
is "$(verdict eventually x false)" '# failures=1' 'eventually fails in the end'
wait_limit=30
background /tmp/late sleep 1
eventually 'wait_until notices' process_ended "$pid"

dmesg_mark
echo 'tests: before' > /dev/kmsg
dmesg_mark
echo 'tests: after' > /dev/kmsg
dmesg_like 'tests: after' 'dmesg_since has what came after the mark'
dmesg_unlike 'tests: before' 'dmesg_since lacks what came before the mark'

# Good and bad sectors side by side.
ram_disk
bd_sectors=2048
dmsetup create holes --table "0 64 linear $dev 0
64 64 error
128 1920 linear $dev 128"
holes=/dev/mapper/holes
is "$(ios $holes 'r 0 8' 'r 64 8' 'w 128 8' 'w 64 8')" 'ok EIO ok EIO' 'ios tells the requests apart'
is "$(ios $holes 'w 0 8 byte=5a' 'r 0 8 byte=5a' 'r 0 8 byte=a5' f)" 'ok ok differs ok' \
	'data are written and compared'
is "$(io_read $holes 0 8)" ok 'io_read reads'
is "$(io_fua $holes 64 8)" EIO 'io_fua fails'
is "$(io_flush $holes)" ok 'io_flush flushes'
is "$(io_zeroes $holes 0 8)" EOPNOTSUPP 'io_zeroes does not fall back'
like "$(io_discard $holes 4096 8)" '^(EINVAL|EOPNOTSUPP)$' 'io_discard fails beyond the end'
like "$(dm_sysfs holes)" '^/sys/block/dm-[0-9]+$' 'dm_sysfs finds the device'

loop_disk 16
is "$(sectors_of "$dev")" 32768 'a loop disk has its size'
is "$(ios "$dev" 'w 0 16 byte=11' 'd 0 8' 'z 8 8' 'r 0 16 byte=0')" 'ok ok ok ok' \
	'a loop disk discards and writes zeroes'

if has_module null_blk; then
	null_disk 64 zoned=1 zone_size=4
	is "$(sectors_of "$dev")" 131072 'a null disk has its size'
	is "$(< "/sys/block/${dev##*/}/queue/zoned")" host-managed 'a null disk may be zoned'
else
	skip 'needs null_blk' 2
fi

background /tmp/poll io /sys/block/ram0/stat cat 'poll 100'
eventually 'io reads and polls a file in sysfs' file_like /tmp/poll $'\n''(ready|timeout)$'

# A submitter that waits for its I/O is in state D.
dmsetup suspend holes
background /tmp/stuck io $holes 'r 0 8'
eventually 'I/O on a suspended device waits' process_state_is "$pid" D
dmsetup resume holes
eventually 'and ends with the resume' process_ended "$pid"
is "$(< /tmp/stuck)" ok 'and succeeds'

done_testing
