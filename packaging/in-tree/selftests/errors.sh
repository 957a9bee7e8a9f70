#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Rules fail the bios that they name, as often as they say, and no others.

# shellcheck source=device.sh
. "${BASH_SOURCE[0]%/*}/device.sh"

# numbers: prints the columns of list with rule and hits
numbers() {
	send_message list | cut -d ' ' -f 1-2 | tr '\n' ' '
}

create_device seed=1
write_block 0 a
write_block 1 b

send_message add inject-error iotype=read sector=8-15 once=on > /dev/null
check_equal 'a read of other sectors passes' "$(read_block 0)" a
check_fails 'a read of the sectors fails' read_block 1
check_equal 'the rule fails one read only' "$(read_block 1)" b

send_message replace inject-error event=write_aio iotype=write state=2 \
	set-state event=write_aio state=1 new_state=2 > /dev/null
check 'the first write passes and sets the state' write_block 0 c
check_fails 'the write in the new state fails' write_block 0 d
check_equal 'a failed write does not change the data' "$(read_block 0)" c
check_equal 'list counts a hit of each rule' "$(numbers)" '2 1 3 1 '

send_message replace drop iotype=write once=on > /dev/null
check 'a dropped write succeeds' write_block 1 e
check_equal 'a dropped write does not change the data' "$(read_block 1)" b

check_fails 'a rule with an unknown action is refused' \
	send_message add no-such-action 2> /dev/null
send_message replace inject-error sector=16-23 errno=ENOSPC > /dev/null
check 'the table line can be loaded' dmsetup load "$name" --table "$(dmsetup table "$name")"
check 'the new table is resumed' dmsetup resume "$name"
check_fails 'the rule of the new table fails a write' write_block 2 f

finish_tests
