#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The guest's part of tests/host/differential.t: does the ops of a file, one op
# of tests/lib/io.c a line, on a blkdebug device. DEVICE in a table stands for
# the disk below.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../lib/topic.sh"

# A loop disk supports discard and write-zeroes, a RAM disk does not.
loop_disk 1
# The removal of each of thousands of rules waits for an RCU grace period.
echo 1 > /sys/kernel/rcu_expedited
bd_create replay "$dev"
sed "s|DEVICE|$dev|" "$1" | io /dev/mapper/replay -
