# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The power fails at each commit of f2fs in turn: all data that fsync has covered are
# there after the recovery, and fsck.f2fs finds no error.

# shellcheck source=tests/lib/fs.sh
. "${BASH_SOURCE[0]%/*}/../../lib/fs.sh"

require has_module f2fs
bd_sectors=131072
fs_cache_disk

fs_survives f2fs
fs_loses f2fs 'without barriers' '' nobarrier
fs_loses f2fs 'with dropped flushes' -d

done_testing
