# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2016,SC2317 # workloads are for another sh; much is called by name
#
# For the topics of guest/explore/: a disk of 32 MB, and blkdebug-explore on it.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/topic.sh"

require test -e /usr/bin/python3
has_module dm-blkdebug
require has_target blkdebug-crash
loop_disk 32
explorer=$tests_dir/../scripts/blkdebug-explore
# shellcheck disable=SC2034 # for the topic
work=$(mktemp -d /tmp/explore.XXXXXX)
# Without writes that no test asks for: the thread that initialises inode tables later also flushes
# once, with barrier=0, too. A small log, as a view is read by fsck.
# shellcheck disable=SC2034 # for the topic
ext4=(--fs ext4 --mkfs-options '-b 4096 -E lazy_itable_init=0 -J size=4' --mount-options 'noatime,commit=300')

# explore STATUS DESC OPTION...: runs the explorer on the disk; its output is in $out
explore() {
	local wanted=$1 desc=$2 status=0
	shift 2

	SECONDS=0
	out=$("$explorer" --device "$dev" --seed 1 --jobs 2 "$@" 2>&1) || status=$?
	is "$status" "$wanted" "$desc: exit status" || diag "$out"
	diag "$SECONDS s: ${out##*$'\n'}"
}

nothing_left() {
	no_dm_devices && ! grep -q '/blkdebug-explore-' /proc/mounts &&
		! compgen -G '/tmp/blkdebug-explore-*' > /tmp/null
}

# replace DATA-SYNC DIRECTORY-SYNC: prints a workload that replaces a record by rename, and
# makes a promise for each
replace() {
	echo 'cd "$BLKDEBUG_MOUNT"; for n in 1 2; do echo "record $n" > new; '"$1; mv new data; $2"
	echo 'echo $n >> "$BLKDEBUG_PROMISE"; done'
}
# shellcheck disable=SC2034 # for the topic
sync_data='xfs_io -c fsync new' sync_directory='xfs_io -r -c fsync .'
