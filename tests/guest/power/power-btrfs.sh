# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The power fails at each commit of btrfs in turn: all data that fsync has covered are
# there after the recovery, and btrfs check finds no error.

# shellcheck source=tests/lib/fs.sh
. "${BASH_SOURCE[0]%/*}/../../lib/fs.sh"

require has_module btrfs
bd_sectors=262144
fs_cache_disk

fs_survives btrfs
fs_loses btrfs 'without barriers' '' nobarrier
fs_loses btrfs 'with dropped flushes' -d

done_testing
