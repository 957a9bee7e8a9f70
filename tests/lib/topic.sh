# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The first file that a topic sources: assertions, waiting, the kernel log,
# disks, devices and I/O, and the clean-up at the end. It avoids starting
# processes, which is slow on an emulated machine.

set -u

tests_dir=$(cd -- "${BASH_SOURCE[0]%/*}/.." && pwd)
PATH=$tests_dir/bin:$PATH
checks=0 failures=0

# tests/run reads TAP from fd 3, so that output of commands is not taken for
# results. A topic run by hand has both in one stream.
{ : >&3; } 2> /dev/null || exec 3>&1

# shellcheck source=tests/lib/tap.sh
. "$tests_dir/lib/tap.sh"
# shellcheck source=tests/lib/wait.sh
. "$tests_dir/lib/wait.sh"
# shellcheck source=tests/lib/kernel.sh
. "$tests_dir/lib/kernel.sh"
# shellcheck source=tests/lib/disks.sh
. "$tests_dir/lib/disks.sh"
# shellcheck source=tests/lib/device.sh
. "$tests_dir/lib/device.sh"

# --- Clean-up ---

unmount_all() {
	local source target

	while read -r source target _; do
		case $source in /dev/*) umount -l "$target" ;; esac
	done < <(tac /proc/mounts)
}

no_dm_devices() { ! compgen -G '/sys/block/dm-*' > /dev/null; }

# remove_dm_devices: by force, so that an error table ends all I/O and holds
remove_dm_devices() {
	dmsetup remove_all --force
	no_dm_devices
}

remove_disks() {
	local dir

	losetup -D
	rm -f /tmp/disk.*
	for dir in /sys/kernel/config/nullb/nullb*; do rmdir "$dir"; done
	modprobe -r brd scsi_debug
}

cleanup() {
	local jobs

	trap - EXIT TERM
	# Processes that wait for the device end when it is removed.
	mapfile -t jobs < <(jobs -p)
	[[ ${#jobs[@]} -eq 0 ]] || kill -KILL "${jobs[@]}"
	unmount_all
	no_dm_devices || wait_until remove_dm_devices
	remove_disks
} 2> /dev/null
trap cleanup EXIT
trap 'exit 143' TERM
