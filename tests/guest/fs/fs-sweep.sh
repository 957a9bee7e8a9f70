# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # much is called by name
# The first log write fails, in the next round the second, and so on, until a
# round has no failed write. After each round, data of a successful fsync are
# there.

# shellcheck source=tests/lib/fs.sh
. "${BASH_SOURCE[0]%/*}/../../lib/fs.sh"

# round N: fails the Nth log write; returns false if there was none
round() {
	local file used promised=()

	bd_msg bd replace inject-error "${log[@]}" after=$(($1 - 1)) once=on > /dev/null
	for file in "a$1" "b$1"; do
		if fs_write "$file" 11 > /dev/null 2>&1; then promised+=("$file"); fi
	done
	umount /mnt
	used=$(bd_hits bd)
	bd_msg bd clear
	fs_mount || { echo "round $1: no mount"; return; }
	for file in "${promised[@]}"; do
		[[ $(fs_ios "$file" 'r 0 8 byte=11') == ok ]] || echo "round $1: no $file"
	done
	umount /mnt
	fs_check > /tmp/check 2>&1 || cat /tmp/check
	kept=$((kept + ${#promised[@]}))
	((used))
}

sweep() {
	local n=1 kept=0

	fs_new "$1"
	umount /mnt
	while fs_mount && round "$n"; do n=$((n + 1)); done > /tmp/rounds 2>&1
	is "$(< /tmp/rounds)" '' "$fs: consistent and without loss of synced data after each failed log write"
	is $((n > 3)) 1 "$fs: at least three log writes have failed"
	diag "$fs: $n rounds, $kept synced files"
}

fs_disk
fs_each sweep btrfs ext4 xfs

done_testing
