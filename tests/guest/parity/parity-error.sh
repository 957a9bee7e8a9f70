# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# dm-error beside the rule that replaces it: the same I/O, the same results and
# data.

# shellcheck source=tests/lib/parity.sh
. "${BASH_SOURCE[0]%/*}/../../lib/parity.sh"

parity_disks loop_disk 2
beside '0 4096 error DEVICE 0'
alike 'EIO EIO ok' 'reads and writes of dm-error and of its rule fail, flushes pass' 'w 0 8 byte=22' 'r 0 8' f
like "$(ios /dev/mapper/theirs 'd 0 8')" '^(EIO|EOPNOTSUPP)$' 'discards of dm-error fail or are not supported'
is "$(ios /dev/mapper/ours 'd 0 8')" EIO 'discards of the rule for dm-error fail'
differ EOPNOTSUPP EIO 'write-zeroes of the rule fail, dm-error does not support them' 'z 0 8'

# --- Some bad sectors between good ones ---

convert '1024 64 error DEVICE 1024'
table='0 1024 linear DEVICE 0
BAD
1088 3008 linear DEVICE 1088'
create_both "${table/BAD/1024 64 error DEVICE 1024}" "${table/BAD/$ours}"
alike 'ok EIO EIO EIO ok ok' 'an error target between two linear targets, and its rule, fail their sectors only' 'r 1016 8' 'r 1024 1' 'w 1084 4 byte=22' \
	'r 1000 100' 'w 1088 8 byte=22' f

try_the_rest error

done_testing
