# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # functions called by asserts
# The module is loaded and unloaded, but not while a device uses it.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module brd
ram_disk
module=/sys/module/dm_blkdebug

unload() { modprobe -r dm-blkdebug; }

for i in first second third; do
	[[ ! -d $module ]] || succeeds "the module is unloaded before its $i use" unload
	succeeds "and is gone" is_gone $module
	if [[ $i == second ]]; then
		succeeds 'modprobe loads it' modprobe dm-blkdebug
		like "$(< $module/parameters/features)" '^actions .*inject-error' 'it has its features'
	else
		# modprobe finds it by its alias.
		succeeds 'dmsetup create loads it' bd_create t "$dev" suspend event=user.x tag=A
		hold_event t 1 /tmp/event user.x
		fails_with 'in use' 'it cannot be unloaded while a device uses it' unload
		is "$(bd_status t held)$(< /tmp/event)" 1 'which is as it was'
		dmsetup suspend t
		fails_with 'in use' 'nor while that is suspended' unload
		dmsetup remove t
		dmsetup create -n t
		bd_load t "$dev"
		fails_with 'in use' 'nor if the table is only loaded' unload
		dmsetup remove t
	fi
done
succeeds 'at last it goes' unload
unlike "$(dmsetup targets)" blkdebug 'and the target with it'
fails_with EPERM 'it is told nothing by its parameter' modprobe dm-blkdebug features=delay
dmesg_mark
succeeds 'it comes again' modprobe dm-blkdebug
dmesg_unlike 'blkdebug' 'silently'
like "$(dmsetup targets)" 'blkdebug +v1\.' 'with a version'

done_testing
