# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# dm-dust beside the rules that replace it: the same I/O and messages, the same
# results and data.

# shellcheck source=tests/lib/parity.sh
. "${BASH_SOURCE[0]%/*}/../../lib/parity.sh"

require has_module dm-dust
parity_disks loop_disk 2

# both MESSAGE...: sends the message to both devices, converted from the loaded
# line
both() { tell "$line" "$@" || not_ok "both devices accept: $*"; }

# load LINE: loads LINE and its converted line
load() {
	line=$1
	beside "$line"
}

# bad_are WANT DESC: both devices list the bad blocks WANT
bad_are() {
	local ours='' theirs rule

	both listbadblocks
	theirs=${theirs_answer//$'\n'/ }
	[[ $theirs != 'No blocks'* ]] || theirs=''
	while read -r rule; do
		[[ $rule != *' healed=on'* || $rule == *' used '* ]] || ours+="${rule##*tag=block-} "
	done <<< "$ours_answer"
	ours=${ours//' healed=on'/}
	is "${theirs% }, ${ours% }" "$1, $1" "$2"
}

# --- Blocks of 4 KiB: block 60 is sectors 480 to 487 ---

load '0 4096 dust DEVICE 0 4096'
both addbadblock 60
both AddBadBlock 61
alike 'ok ok ok' 'dust with reads not enabled: bad blocks can be read and written' 'r 480 8' 'w 488 8 byte=22' 'r 488 8 byte=22'
both enable
alike 'ok EIO EIO ok' 'dust enabled: reads of bad blocks fail' 'r 472 8' 'r 480 8' 'r 488 8' 'r 496 8'
alike 'EIO EIO EIO' 'dust enabled: reads that touch a part of a bad block fail' 'r 483 2' 'r 472 16' 'r 464 64'
bad_are '60 61' 'listbadblocks lists the bad blocks'
both queryblock 60
like "$theirs_answer, $ours_answer" 'block 60 found.*, .*[0-9] - [^'$'\n'']*tag=block-60 healed=on' 'queryblock finds a bad block'
both countbadblocks
is "$theirs_answer, $(grep -c healed=on <<< "$ours_answer")" 'countbadblocks: 2 badblock(s) found, 2' 'countbadblocks counts the bad blocks'
alike 'ok ok EIO' 'a write heals a bad block' 'w 480 8 byte=33' 'r 480 8 byte=33' 'r 488 8'
alike 'ok ok ok' 'a write over several blocks heals all of them' 'w 472 32 byte=44' 'r 480 8 byte=44' 'r 488 8 byte=44'
bad_are '' 'listbadblocks lists no healed blocks'

both addbadblock 60
both disable
alike 'ok ok ok' 'dust disabled: bad blocks can be read and written' 'r 480 8' 'w 480 8 byte=55' f
both enable
alike 'EIO' 'dust disabled: a write heals no block' 'r 480 8'
both removebadblock 60
alike 'ok' 'a removed bad block can be read' 'r 480 8 byte=55'
both addbadblock 60
both AddBadBlock 61
both clearbadblocks
alike 'ok' 'all cleared bad blocks can be read' 'r 480 16'
both addbadblock 60
alike 'ok ok' 'a discard heals a bad block' 'd 480 8' 'r 480 8'

# --- Writes that fail a number of times ---

both addbadblock 62 2
alike 'EIO EIO EIO EIO ok ok' 'two writes of a bad block fail and the third heals it' 'r 496 8' 'w 496 8 byte=66' \
	'w 496 8 byte=66' 'r 496 8' 'w 496 8 byte=77' 'r 496 8 byte=77'
both addbadblock 63 1
both disable
alike 'ok' 'dust disabled: no write fails' 'w 504 8 byte=66'
both enable
alike 'EIO ok ok' 'dust disabled: a write is not counted as a failing one' 'w 504 8 byte=77' 'w 504 8 byte=88' 'r 504 8 byte=88'
both addbadblock 63 1
alike 'EIO ok' 'a discard counts as a failing write' 'd 504 8' 'w 504 8'
both addbadblock 62 2
both removebadblock 62
alike 'ok' 'a write of a removed bad block succeeds' 'w 496 8'
both addbadblock 64 0
alike 'EIO ok ok' 'a bad block with 0 failing writes is healed by the first write' 'r 512 8' 'w 512 8' 'r 512 8'
both quiet

# --- The documented differences ---

both addbadblock 60
differ 'ok ok' 'ok EIO' 'a write of a part of a block heals the block in dust, and its own sectors under the rule' 'w 480 1' \
	'r 480 8'
both clearbadblocks
both addbadblock 62 2
both addbadblock 63 1
differ 'EIO EIO ok' 'EIO EIO EIO' 'a write over two blocks counts for both in dust, and for the first one under the rules' \
	'w 496 16' 'w 496 8' 'w 504 8'
both addbadblock 60
both AddBadBlock 61
differ 'ok ok EIO' 'ok ok ok' 'a discard over two blocks heals the first one in dust, and both under the rules' 'd 480 16' 'r 480 8' \
	'r 488 8'
both addbadblock 0
differ 'ok ok' 'ok EIO' 'a flush heals block 0 in dust, and no sector under the rule' f 'r 0 8'
# The same with bios of one block.
convert "$line"
create_both "$line" "$ours max-transfer=4096"
both enable
both addbadblock 62 2
both addbadblock 63 1
alike 'EIO EIO ok' 'a write over several blocks counts for each if bios are limited to one block' 'w 488 24 byte=66' 'w 488 24 byte=77' 'w 488 24 byte=88'

# --- Blocks of other sizes and targets with an offset ---

load '0 4096 dust DEVICE 0 512'
both enable
both addbadblock 483
both addbadblock 485 1
alike 'ok EIO ok EIO' 'reads of bad blocks of one sector fail' 'r 480 3' 'r 483 1' 'r 484 1' 'r 480 8'
alike 'EIO ok ok EIO ok' 'bad blocks of one sector are healed by writes' 'w 485 1' 'w 485 1' 'r 484 4' 'r 480 8' 'w 480 8'
bad_are '' 'listbadblocks lists no healed blocks of one sector'

# Kernel 7.3 counts blocks from the start of the target, earlier ones from the
# start of the device, as the converter does.
alike_from_device() {
	if [[ $(io_read /dev/mapper/theirs "$1" 8) == EIO ]]; then
		alike "${@:2}"
	else
		skip "this kernel's dust counts blocks from the start of the target"
	fi
}
load '0 2048 dust DEVICE 1024 4096'
both enable
both addbadblock 130
both addbadblock 127
alike_from_device 16 'ok EIO ok' 'bad blocks are counted from the start of the device' 'r 0 16' 'r 16 8' 'r 24 64'
load '0 2048 dust DEVICE 1020 4096'
both enable
both addbadblock 130
alike_from_device 24 'ok EIO ok' 'a block that begins before the target is counted from the start of the device' 'r 0 24' 'r 24 8' 'r 32 64'
load '0 4096 dust DEVICE 0 +2048'

try_the_rest dust

done_testing
