#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Shows dm-blkdebug in five parts, and verifies each. For `make demo`,
# in a guest of tests/vm/guest-run: it uses /dev/ram0 and /mnt.

set -u

output=/tmp/output
failed=0

part() { printf '\n\n== %s\n\n' "$1"; }
note() { printf '   %s\n' "$@"; echo; }

# t COMMAND: shows the command after a root prompt, runs it, and shows its
# output. Sets out and status.
t() {
	printf '# %s\n' "$1"
	eval "$1" > $output 2>&1
	status=$?
	out=$(< $output)
	[[ -z $out ]] || printf '%s\n' "$out"
}

# verify DESC TEST...
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
partly_there() { [[ $out =~ ^65536$'\n'([0-9]+)$ && ${BASH_REMATCH[1]} -gt 0 && ${BASH_REMATCH[1]} -lt 65536 ]]; }
same_sums() { [[ $out =~ ^([0-9a-f]{64})\ .*$'\n'([0-9a-f]{64})\  && ${BASH_REMATCH[1]} == "${BASH_REMATCH[2]}" ]]; }

# Without lazy_itable_init=0 ext4 would write inode tables later, by writes that
# look like file data.
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
	verify 'the rule has one hit and is used up' said '^1 1 used '
	t 'umount /mnt'
}

fsync_error() {
	part '2. An fsync gets EIO, once'
	make_file_system
	echo
	note 'Fail the next write of file data; all later ones succeed.'
	t "dmsetup message demo 0 replace inject-error iotype=write 'flags=!meta' once=on"
	t "xfs_io -f -c 'pwrite -q 0 4k' -c fsync -c fsync /mnt/file"
	verify 'one of the two fsyncs failed' said_once 'fsync: Input/output error'
	t "xfs_io -c 'pwrite -q 0 4k' -c fsync /mnt/file"
	verify 'the second write of the file is on the disk' said_nothing
	t 'umount /mnt'
	verify 'the file system can be unmounted' succeeded
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
	verify 'a flush before the first write changes nothing' said_nothing
	t "xfs_io -d -c 'pwrite -q 0 4k' /dev/mapper/demo"
	verify 'step 1 succeeds' said_nothing
	t 'xfs_io -d -c fsync /dev/mapper/demo'
	verify 'step 2 succeeds' said_nothing
	t "xfs_io -d -c 'pwrite -q 4k 4k' /dev/mapper/demo"
	verify 'step 3 fails' said 'pwrite: Input/output error'
	t "xfs_io -d -c 'pwrite -q 4k 4k' /dev/mapper/demo"
	verify 'step 3 succeeds when it is tried again' said_nothing
	t 'dmsetup message demo 0 state'
	verify 'the state is the last one' said '^4$'
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
	verify 'another file is written to the disk during the hold' said_nothing
	t 'dmsetup message demo 0 is_suspended later'
	verify 'the first write is still held' said '^1$'
	t 'dmsetup message demo 0 resume later'
	t 'wait'
	verify 'the writer has ended after the resume' writer_ended
	t 'umount /mnt && mount /dev/mapper/demo /mnt'
	t 'sha256sum /tmp/new /mnt/held'
	verify 'the file has the new data' same_sums
	t 'umount /mnt'
}

# cut_power CHOICE: also mounts the file system again, which recovers it
cut_power() {
	t "dmsetup message demo 0 power-cut $1"
	verify 'volatile writes were at stake' said 'volatile=[1-9]'
	t 'umount /mnt; dmsetup message demo 0 power-on'
	t "mount /dev/mapper/demo /mnt"
	verify 'the file system recovers' said_nothing
}

lost_power() {
	part '5. The power fails between two fsyncs'
	t 'dmsetup remove demo'
	t "dmsetup create demo --table '0 131072 blkdebug /dev/ram0 0 cache=16M'"
	succeeded || exit
	make_file_system
	echo
	note 'Two files are synced. One is then written directly, and the power fails' \
		'before the second fsync.'
	t "xfs_io -f -c 'pwrite -q -S 0x41 0 64k' -c fsync /mnt/first"
	t "xfs_io -f -c 'pwrite -q -S 0x41 0 64k' -c fsync /mnt/second"
	t "xfs_io -d -c 'pwrite -q -S 0x42 0 64k' /mnt/second"
	cut_power 'survive=units seed=1'
	t 'tr -dc A < /mnt/first | wc -c'
	verify 'the synced file is there as a whole' said '^65536$'
	t 'tr -dc AB < /mnt/second | wc -c; tr -dc B < /mnt/second | wc -c'
	verify 'the unsynced data are there in part' partly_there
	echo
	note 'The same without barriers: ext4 sends no flushes.'
	t 'umount /mnt; mount -o barrier=0 /dev/mapper/demo /mnt'
	t "xfs_io -f -c 'pwrite -q -S 0x43 0 64k' -c fsync /mnt/third"
	verify 'the fsync succeeds' said_nothing
	cut_power survive=none
	t 'ls /mnt/third'
	verify 'the synced file is not there' said 'No such file'
	t 'umount /mnt'
}

journal_error
fsync_error
third_step
held_write
lost_power
echo
t 'dmsetup remove demo'
t 'modprobe -r dm-blkdebug'
verify 'the device and the module are removed' succeeded

[[ $failed -eq 0 ]]
