#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Part of tests/host/differential.t: does in the guest what is in a file, one op
# of tests/lib/io.c a line, on a blkdebug device that is there already. The file has
# DEVICE where a table names the disk below.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../lib/topic.sh"

# It takes discards and write zeroes, which the RAM disks do not.
loop_disk 1
# Thousands of rules come and go, each after a grace period.
echo 1 > /sys/kernel/rcu_expedited
bd_create replay "$dev"
sed "s|DEVICE|$dev|" "$1" | io /dev/mapper/replay -
