# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The disks below a device under test. Sourced by topic.sh.

# ram_disk: the next of eight RAM disks of 256 MB, zeroed at the start of the
# topic. It supports neither discard nor write-zeroes.
next_ram=0
ram_disk() {
	has_module brd || return
	dev=/dev/ram$((next_ram++))
}

# loop_disk MB: supports discard and write-zeroes
loop_disk() {
	local file

	has_module loop || return
	file=$(mktemp /tmp/disk.XXXXXX)
	truncate -s "$1M" "$file"
	dev=$(losetup -f --show "$file")
}

# null_disk MB [ATTRIBUTE=VALUE]...: null_blk with its data in memory, for
# example zoned=1
next_null=0
null_disk() {
	# Some kernels name the disk by its directory, others by its number;
	# both are the same here.
	local dir=/sys/kernel/config/nullb/nullb$next_null setting
	local settings=(size="$1" memory_backed=1 discard=1 "${@:2}" power=1)

	has_module null_blk || return
	[[ -d ${dir%/*} ]] || mount -t configfs configfs /sys/kernel/config
	mkdir "$dir" || return
	for setting in "${settings[@]}"; do
		echo "${setting#*=}" > "$dir/${setting%%=*}" || return
	done
	# shellcheck disable=SC2034 # for the topic
	dev=/dev/nullb$((next_null++))
}

# scsi_disk: scsi_debug's disk of 16 MB, with integrity data for each sector
scsi_disk() {
	local disks='/sys/bus/pseudo/drivers/scsi_debug/adapter0/host*/target*/*/block/sd*' disk

	has_module scsi_debug && has_module sd_mod && wait_until compgen -G "$disks" || return
	disk=$(compgen -G "$disks")
	# shellcheck disable=SC2034 # for the topic
	dev=/dev/${disk##*/}
	wait_until test -b "$dev"
}

# sectors_of DEVICE
sectors_of() {
	local sectors

	read -r sectors < "/sys/class/block/${1##*/}/size" || return
	echo "$sectors"
}
