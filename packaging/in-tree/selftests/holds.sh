#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2317 # functions called by check
#
# A breakpoint holds a bio until it is resumed, with or without an error.

# shellcheck source=device.sh
. "${BASH_SOURCE[0]%/*}/device.sh"

# hold_write CHARACTER: starts a write of block 0, which a breakpoint holds
hold_write() {
	send_message break write_aio A > /dev/null
	write_block 0 "$1" &
	holds 1
}

create_device seed=1
write_block 0 a
write_block 1 b

check 'a breakpoint holds a write' hold_write c
check_equal 'is_suspended shows the hold' "$(send_message is_suspended A)" 1
check_equal 'a held write does not change the data' "$(read_block 0)" a
check 'other writes pass a held one' write_block 1 d
check_fails 'resume refuses a tag without holds' send_message resume B 2> /dev/null
check 'resume takes the tag' send_message resume A
check 'a resumed write succeeds' wait $!
check_equal 'a resumed write changes the data' "$(read_block 0)" c

check 'a second breakpoint holds a write' hold_write e
check 'resume takes an errno' send_message resume A errno=ENOSPC
check_fails 'a write resumed with an errno fails' wait $!
check_equal 'a write resumed with an errno does not change the data' "$(read_block 0)" c

check 'a third breakpoint holds a write' hold_write f
check 'a suspend does not wait for a held write' dmsetup suspend "$name"
check 'the device resumes' dmsetup resume "$name"
check 'a write held before the suspend succeeds' wait $!

finish_tests
