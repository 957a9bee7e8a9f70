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
	[[ ! -d $module ]] || succeeds "the module can be unloaded before its $i use" unload
	succeeds "the module is not loaded before its $i use" is_gone $module
	if [[ $i == second ]]; then
		succeeds 'modprobe loads the module' modprobe dm-blkdebug
		like "$(< $module/parameters/features)" '^actions .*inject-error' 'the loaded module has the parameter features'
	else
		# modprobe finds the module by its target's alias.
		succeeds 'dmsetup create loads the module' bd_create t "$dev" suspend event=user.x tag=A
		hold_event t 1 /tmp/event user.x
		fails_with 'in use' 'the module cannot be unloaded while a device uses it' unload
		is "$(bd_status t held)$(< /tmp/event)" 1 'a failed unload leaves a held caller'
		dmsetup suspend t
		fails_with 'in use' 'the module cannot be unloaded while a suspended device uses it' unload
		dmsetup remove t
		dmsetup create -n t
		bd_load t "$dev"
		fails_with 'in use' 'the module cannot be unloaded while an inactive table uses it' unload
		dmsetup remove t
	fi
done
succeeds 'the module can be unloaded after the last use' unload
unlike "$(dmsetup targets)" blkdebug 'the target type is gone after the unload'
fails_with EPERM 'a value for the parameter features is refused' modprobe dm-blkdebug features=delay
dmesg_mark
succeeds 'modprobe loads the module after a refused parameter' modprobe dm-blkdebug
dmesg_unlike 'blkdebug' 'loading the module logs nothing'
like "$(dmsetup targets)" 'blkdebug +v1\.' 'dmsetup targets shows the version'

done_testing
