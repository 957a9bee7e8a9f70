# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # the pages call the functions
# The transcripts in the pages show what the module does.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"
# shellcheck source=tests/lib/transcript.sh
. "${BASH_SOURCE[0]%/*}/../../lib/transcript.sh"

# There is no udev in the guest.
udevadm() { :; }

# no_test: neither the device nor data on the disk below
no_test() {
	local dir

	transcript_wait
	unmount_all
	for dir in /sys/block/dm-*; do
		[[ ! -e $dir ]] || dmsetup remove --force "$(< "$dir/dm/name")"
	done
	wait_until no_dm_devices
	[[ ! -d /sys/module/brd ]] || wait_until modprobe -r brd
}

# new_test [RULE]...: an empty disk of 64 MiB with the device "test" over it
new_test() {
	no_test
	modprobe brd rd_nr=1 rd_size=65536
	dmsetup create test --table "0 131072 blkdebug /dev/ram0 0 seed=7 $*"
}

# undocumented KIND FILE: words of that kind in "features" that begin no row of the table
undocumented() {
	local kind word words

	while read -r kind words; do
		[[ $kind == "$1" ]] || continue
		for word in $words; do
			grep -qE "^([a-z_]+, )*$word([=, ]|\$)" "../Documentation/include/$2" || echo "$word"
		done
	done < /sys/module/dm_blkdebug/parameters/features
}

require has_module dm-blkdebug
require has_module brd
for kind in actions keys; do
	is "$(undocumented $kind keys.txt)" '' "all $kind are documented"
done
is "$(undocumented options options.txt)" '' 'all options are documented'
is "$(undocumented messages messages.txt)" '' 'all messages are documented'

modprobe brd rd_nr=1 rd_size=65536
bd_create test /dev/ram0
mkfs.ext4 -q -E lazy_itable_init=0 /dev/mapper/test
mount /dev/mapper/test /mnt
flags=$(commit_flags /mnt/file)
[[ $flags == fua,meta ]] || skip_all "needs journal commits with meta; here they are $flags"
no_test

for page in ../README.md ../Documentation/{dm-blkdebug,cookbook}.rst; do
	run_transcripts "$page" '#'
	like "$transcript_count" '^[1-9]' "$page: has transcripts"
	no_test
done

done_testing
