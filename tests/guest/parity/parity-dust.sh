# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What dm-dust does, done by rules: beside it, with the same I/O and messages.

# shellcheck source=tests/lib/parity.sh
. "${BASH_SOURCE[0]%/*}/../../lib/parity.sh"

require has_module dm-dust
parity_disks loop_disk 2

# both MESSAGE...: about the line that is loaded
both() { tell "$line" "$@" || not_ok "says: $*"; }

# load LINE
load() {
	line=$1
	beside "$line"
}

# bad_are WANT DESC: blocks, of both
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

# --- Blocks of 4 KiB: sectors 480 to 487 are number 60 ---

load '0 4096 dust DEVICE 0 4096'
both addbadblock 60
both AddBadBlock 61
alike 'ok ok ok' 'bad blocks do not matter at first' 'r 480 8' 'w 488 8 byte=22' 'r 488 8 byte=22'
both enable
alike 'ok EIO EIO ok' 'once enabled they cannot be read' 'r 472 8' 'r 480 8' 'r 488 8' 'r 496 8'
alike 'EIO EIO EIO' 'nor can a part of them, or what touches them' 'r 483 2' 'r 472 16' 'r 464 64'
bad_are '60 61' 'they are listed'
both queryblock 60
like "$theirs_answer, $ours_answer" 'block 60 found.*, .*[0-9] - [^'$'\n'']*tag=block-60 healed=on' 'and found'
both countbadblocks
is "$theirs_answer, $(grep -c healed=on <<< "$ours_answer")" 'countbadblocks: 2 badblock(s) found, 2' 'and counted'
alike 'ok ok EIO' 'a write heals' 'w 480 8 byte=33' 'r 480 8 byte=33' 'r 488 8'
alike 'ok ok ok' 'one over several blocks all of them' 'w 472 32 byte=44' 'r 480 8 byte=44' 'r 488 8 byte=44'
bad_are '' 'they are off the list'

both addbadblock 60
both disable
alike 'ok ok ok' 'disabled, bad blocks are read and written' 'r 480 8' 'w 480 8 byte=55' f
both enable
alike 'EIO' 'and do not heal' 'r 480 8'
both removebadblock 60
alike 'ok' 'one that is removed is good' 'r 480 8 byte=55'
both addbadblock 60
both AddBadBlock 61
both clearbadblocks
alike 'ok' 'as are all when they are cleared' 'r 480 16'
both addbadblock 60
alike 'ok ok' 'a discard heals' 'd 480 8' 'r 480 8'

# --- Writes that fail first ---

both addbadblock 62 2
alike 'EIO EIO EIO EIO ok ok' 'two writes fail, and the third heals' 'r 496 8' 'w 496 8 byte=66' \
	'w 496 8 byte=66' 'r 496 8' 'w 496 8 byte=77' 'r 496 8 byte=77'
both addbadblock 63 1
both disable
alike 'ok' 'none fails while that is disabled' 'w 504 8 byte=66'
both enable
alike 'EIO ok ok' 'and none is counted' 'w 504 8 byte=77' 'w 504 8 byte=88' 'r 504 8 byte=88'
both addbadblock 63 1
alike 'EIO ok' 'a discard fails as well' 'd 504 8' 'w 504 8'
both addbadblock 62 2
both removebadblock 62
alike 'ok' 'what is removed fails no write' 'w 496 8'
both addbadblock 64 0
alike 'EIO ok ok' 'none fails' 'r 512 8' 'w 512 8' 'r 512 8'
both quiet

# --- What is different: see "If you use X today, write this" ---

both addbadblock 60
differ 'ok ok' 'ok EIO' 'a part of a block that is written heals all of it there' 'w 480 1' 'r 480 8'
both clearbadblocks
both addbadblock 62 2
both addbadblock 63 1
differ 'EIO EIO ok' 'EIO EIO EIO' 'there each block of a write counts for itself' \
	'w 496 16' 'w 496 8' 'w 504 8'
both addbadblock 60
both AddBadBlock 61
differ 'ok ok EIO' 'ok ok ok' 'a discard heals its first block only' 'd 480 16' 'r 480 8' 'r 488 8'
both addbadblock 0
differ 'ok ok' 'ok EIO' 'and a flush heals block 0' f 'r 0 8'
# The same with requests as short
convert "$line"
create_both "$line" "$ours max-transfer=4096"
both enable
both addbadblock 62 2
both addbadblock 63 1
alike 'EIO EIO ok' 'here as well, if requests are as short' 'w 488 24 byte=66' 'w 488 24 byte=77' 'w 488 24 byte=88'

# --- Other blocks, other offsets ---

load '0 4096 dust DEVICE 0 512'
both enable
both addbadblock 483
both addbadblock 485 1
alike 'ok EIO ok EIO' 'blocks of a sector' 'r 480 3' 'r 483 1' 'r 484 1' 'r 480 8'
alike 'EIO ok ok EIO ok' 'are written and healed' 'w 485 1' 'w 485 1' 'r 484 4' 'r 480 8' 'w 480 8'
bad_are '' 'one by one'

# As converted; of the newer kernels 7.3 counts from the start of the target.
alike_from_device() {
	if [[ $(io_read /dev/mapper/theirs "$1" 8) == EIO ]]; then
		alike "${@:2}"
	else
		skip 'blocks count from the start of the target here'
	fi
}
load '0 2048 dust DEVICE 1024 4096'
both enable
both addbadblock 130
both addbadblock 127
alike_from_device 16 'ok EIO ok' 'blocks count from the start of the device' 'r 0 16' 'r 16 8' 'r 24 64'
load '0 2048 dust DEVICE 1020 4096'
both enable
both addbadblock 130
alike_from_device 24 'ok EIO ok' 'rounded down' 'r 0 24' 'r 24 8' 'r 32 64'
load '0 4096 dust DEVICE 0 +2048'

try_the_rest dust

done_testing
