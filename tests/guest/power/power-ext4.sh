# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The power fails at each commit of ext4 in turn, in its three data modes: all data that
# fsync has covered are there after the recovery, and e2fsck finds no error.

# shellcheck source=tests/lib/fs.sh
. "${BASH_SOURCE[0]%/*}/../../lib/fs.sh"

require has_module ext4
bd_sectors=131072
fs_cache_disk

for mode in ordered journal writeback; do
	fs_survives ext4 "data=$mode"
done
fs_loses ext4 'without barriers' '' barrier=0
fs_loses ext4 'with dropped flushes' -d

done_testing
