#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Shows what dm-blkdebug is for, in four parts, and verifies each. To be run in
# a guest of tests/vm/guest-run, by `make demo`: it takes /dev/ram0 and /mnt.

set -u

output=/tmp/output
failed=0

part() { printf '\n\n== %s\n\n' "$1"; }
note() { printf '   %s\n' "$@"; echo; }

# t COMMAND: shows it as typed at a root prompt, runs it, shows what it says.
# The output is in $out then, the exit status in $status.
t() {
	printf '# %s\n' "$1"
	eval "$1" > $output 2>&1
	status=$?
	out=$(< $output)
	[[ -z $out ]] || printf '%s\n' "$out"
}

# verify WHAT TEST...
verify() {
	if "${@:2}"; then
		printf '=> %s\n' "$1"
	else
		printf '=> FAILED: %s\n' "$1"
		failed=1
	fi
}

succeeded() { [[ $status -eq 0 ]]; }
said() { [[ $out =~ $1 ]]; }
said_once() { [[ $out == *"$1"* && $out != *"$1"*"$1"* ]]; }
said_nothing() { [[ $status -eq 0 && -z $out ]]; }
writer_ended() { [[ ! -e /proc/$writer ]]; }
same_sums() { [[ $out =~ ^([0-9a-f]{64})\ .*$'\n'([0-9a-f]{64})\  && ${BASH_REMATCH[1]} == "${BASH_REMATCH[2]}" ]]; }

# Inode tables are written now: ext4 would do it in the background, by writes
# that look like file data.
make_file_system() {
	t 'mkfs.ext4 -q -E lazy_itable_init=0 /dev/mapper/demo'
	t 'mount /dev/mapper/demo /mnt'
	succeeded || exit
}

new_device() {
	t 'modprobe brd rd_nr=1 rd_size=65536'
	t "dmsetup create demo --table '0 131072 blkdebug /dev/ram0 0'"
	succeeded || exit
	t 'dmsetup status demo'
}

journal_error() {
	part '1. A journal write fails, and ext4 goes read-only'
	new_device
	make_file_system
	echo
	note 'Journal commits are FUA metadata writes. Fail the next one.'
	t 'dmsetup message demo 0 add inject-error iotype=write flags=fua,meta once=on tag=commit'
	t "xfs_io -f -c 'pwrite -q 0 4k' -c fsync /mnt/file"
	verify 'the fsync failed' said fsync
	t 'touch /mnt/other'
	verify 'the file system is read-only' said 'Read-only file system'
	t "dmesg | grep -o 'EXT4-fs.*' | tail -n 2"
	t 'dmsetup message demo 0 list'
	verify 'one hit, and the rule is used up' said '^1 1 used '
	t 'umount /mnt'
}

fsync_error() {
	part '2. An fsync gets EIO, once'
	make_file_system
	echo
	note 'Fail the next write of file data; all later ones succeed.'
	t "dmsetup message demo 0 replace inject-error iotype=write 'flags=!meta' once=on"
	t "xfs_io -f -c 'pwrite -q 0 4k' -c fsync -c fsync /mnt/file"
	verify 'of the two fsyncs one failed' said_once 'fsync: Input/output error'
	t "xfs_io -c 'pwrite -q 0 4k' -c fsync /mnt/file"
	verify 'written again, the file is on the disk' said_nothing
	t 'umount /mnt'
	verify 'and the file system is fine' succeeded
}

third_step() {
	part '3. A state machine fails only the third step of a sequence'
	note 'A log writes a record, flushes, and writes a commit block. Fail a write' \
		'only if it follows a flush that follows a write.'
	t 'dmsetup message demo 0 replace \
    set-state event=write_aio state=1 new_state=2 \
    set-state event=flush_to_disk state=2 new_state=3 \
    inject-error event=write_aio state=3 iotype=write once=on \
    set-state event=write_aio state=3 new_state=4'
	t 'xfs_io -d -c fsync /dev/mapper/demo'
	verify 'a flush too early changes nothing' said_nothing
	t "xfs_io -d -c 'pwrite -q 0 4k' /dev/mapper/demo"
	verify 'step 1 succeeds' said_nothing
	t 'xfs_io -d -c fsync /dev/mapper/demo'
	verify 'step 2 succeeds' said_nothing
	t "xfs_io -d -c 'pwrite -q 4k 4k' /dev/mapper/demo"
	verify 'step 3 fails' said 'pwrite: Input/output error'
	t "xfs_io -d -c 'pwrite -q 4k 4k' /dev/mapper/demo"
	verify 'tried again, it succeeds' said_nothing
	t 'dmsetup message demo 0 state'
	verify 'the machine is in its last state' said '^4$'
}

held_write() {
	part '4. A write is held while others go on'
	t 'dmsetup message demo 0 clear'
	make_file_system
	t 'dd if=/dev/urandom of=/tmp/new bs=1M count=1 status=none'
	t "xfs_io -f -c 'pwrite -q 0 1M' -c fsync /mnt/held"
	echo
	note 'Hold the next write of file data.'
	t "dmsetup message demo 0 break write_aio later iotype=write 'flags=!meta'"
	t "xfs_io -c 'pwrite -q -i /tmp/new 0 1M' -c fsync /mnt/held &"
	writer=$!
	t 'dmsetup message demo 0 wait_break later'
	verify 'the write is held' said '^[0-9]+ later [0-9]+ write_aio write '
	t "xfs_io -f -c 'pwrite -q 0 1M' -c fsync /mnt/other"
	verify 'another file is written to the disk meanwhile' said_nothing
	t 'dmsetup message demo 0 is_suspended later'
	verify 'and the first write is held still' said '^1$'
	t 'dmsetup message demo 0 resume later'
	t 'wait'
	verify 'resumed, the writer has ended' writer_ended
	t 'umount /mnt && mount /dev/mapper/demo /mnt'
	t 'sha256sum /tmp/new /mnt/held'
	verify 'the file is intact' same_sums
	t 'umount /mnt'
}

journal_error
fsync_error
third_step
held_write
echo
t 'dmsetup remove demo'
t 'modprobe -r dm-blkdebug'
verify 'nothing is left' succeeded

[[ $failed -eq 0 ]]
