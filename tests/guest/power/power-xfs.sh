# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The power fails at each commit of xfs in turn: all data that fsync has covered are
# there after the recovery, and xfs_repair finds no error.

# shellcheck source=tests/lib/fs.sh
. "${BASH_SOURCE[0]%/*}/../../lib/fs.sh"

require has_module xfs
bd_sectors=131072
fs_cache_disk

fs_survives xfs
fs_loses xfs 'with dropped flushes' -d

done_testing
