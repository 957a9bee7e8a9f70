# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # functions called by asserts
# Stacked targets: blkdebug over itself, over dm-crypt and dm-integrity, and
# between these two.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module brd
ram_disk
bd_sectors=16384

# blkdebug over blkdebug.
bd_create low "$dev"
bd_create top /dev/mapper/low
bd_msg low replace suspend event=write_aio tag=A inject-error sector=100 errno=ENOSPC \
	set-state event=pwritev_done new_state=2 > /tmp/null
bd_msg top replace suspend event=pwritev_done tag=A inject-error sector=200 errno=ENODATA \
	set-state event=write_aio new_state=3 > /tmp/null
background /tmp/io io /dev/mapper/top 'w 0 8 byte=ab'
succeeds 'the lower target holds a write to the upper one' bd_msg low wait_break A
is "$(bd_status top held) $(bd_msg top state) $(bd_msg low state)" '0 3 1' 'the upper target has passed the write on'
bd_msg low resume A
succeeds 'the upper target holds the write at its completion' bd_msg top wait_break A
is "$(bd_status low held) $(bd_msg low state)" '0 2' 'the lower target has completed the write'
bd_msg top resume A
eventually 'a write held by both targets completes' file_is /tmp/io ok
is "$(ios /dev/mapper/top 'w 100 8' 'w 200 8' 'r 0 8 byte=ab')" 'ENOSPC ENODATA ok' \
	'each target fails the sectors of its own rule'
is "$(bd_status low injected) $(bd_status top injected)" '1 1' 'each target counts its own injected errors'
bd_msg low replace suspend event=flush_to_disk tag=F > /tmp/null
background /tmp/io io /dev/mapper/top f
succeeds 'the lower target holds a flush to the upper one' bd_msg low wait_break F
succeeds 'the upper target answers held while the lower one holds a flush' bd_msg top held
bd_msg low resume F
eventually 'a flush held by the lower target completes' file_is /tmp/io ok
dmsetup remove top
dmsetup remove low

# verified FILE: fio reads back the data that it writes
verified() {
	fio --name=verify --filename="$1" --size=2M --bs=4k --rw=randwrite --direct=1 \
		--ioengine=libaio --iodepth=8 --verify=crc32c --randseed=1 --minimal
}

# over NAME: tests blkdebug over another target: data, holds and errors
over() {
	bd_create t "/dev/mapper/$1"
	succeeds "fio verifies its data over $1" verified /dev/mapper/t
	bd_msg t replace suspend event=pwritev tag=A inject-error sector=800 errno=EBADE > /tmp/null
	hold t 1 /tmp/io 'w 0 8 byte=cd' 'r 0 8 byte=cd' 'r 800 8'
	bd_msg t resume A
	eventually "holds and errors work over $1" file_is /tmp/io $'ok\nok\nEBADE'
	dmsetup remove t
}

key=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
if has_module dm-crypt; then
	dmsetup create crypt --table "0 $bd_sectors crypt aes-xts-plain64 $key 0 $dev 0"
	over crypt
	bd_create t "$dev"
	dmsetup create upper --table "0 $bd_sectors crypt aes-xts-plain64 $key 0 /dev/mapper/t 0"
	is "$(io_read /dev/mapper/upper 0 8 byte=cd)" ok 'dm-crypt over blkdebug reads data written by blkdebug over dm-crypt'
	dmsetup remove_all
else
	skip 'needs dm-crypt' 3
fi

# integrity NAME TAG_SIZE OPTIONS: creates a dm-integrity device; the first load
# formats it and yields its size
integrity() {
	local status size

	io_write "$dev" 0 8 > /tmp/null
	dmsetup create "$1" --table "0 8 integrity $dev 0 $2 J $3"
	status=$(dmsetup status "$1")
	dmsetup remove "$1"
	read -r _ _ _ _ size _ <<< "$status"
	bd_sectors=$((size < 16384 ? size : 16384))
	dmsetup create "$1" --table "0 $bd_sectors integrity $dev 0 $2 J $3"
	# A sector can be read only after a write has given it a tag.
	fio --name=wipe --filename="/dev/mapper/$1" --rw=write --bs=1M --size=$((bd_sectors * 512)) \
		--zero_buffers --minimal > /tmp/null
}

if has_module dm-integrity; then
	integrity integrity - '1 internal_hash:crc32c'
	over integrity
	dmsetup remove_all
else
	skip 'needs dm-integrity' 2
fi

# dm-crypt stores its tags as the integrity data of each bio, for dm-integrity
# below.
if has_module dm-integrity && has_module dm-crypt && has_module authenc; then
	integrity tags 32 0
	bd_create t /dev/mapper/tags
	mac=$key$key
	aead='capi:authenc(hmac(sha256),xts(aes))-plain64'
	table="0 $bd_sectors crypt $aead $mac 0 /dev/mapper/t 0 1 integrity:32:aead"
	succeeds 'dm-crypt finds the integrity profile through blkdebug' dmsetup create upper --table "$table"
	succeeds 'fio verifies its data through dm-crypt, blkdebug and dm-integrity' verified /dev/mapper/upper
	bd_msg t replace suspend event=pwritev tag=A suspend event=read_aio tag=B > /tmp/null
	background /tmp/io io /dev/mapper/upper 'w 0 8 byte=ef' 'r 0 8 byte=ef'
	for tag in A B; do
		succeeds "a bio with integrity data is held under tag $tag" bd_msg t wait_break $tag
		bd_msg t resume $tag
	done
	eventually 'held bios keep their integrity data' file_is /tmp/io $'ok\nok'
	bd_msg t replace suspend event=read_aio tag=B once=off > /tmp/null
	background /tmp/io io /dev/mapper/upper 'r 0 8 byte=ef'
	bd_msg t wait_break B > /tmp/null
	dmsetup suspend --noflush t
	dmsetup resume t
	succeeds 'a bio with integrity data is held again after suspend --noflush' bd_msg t wait_break B
	bd_msg t resume B
	eventually 'a bio keeps its integrity data over suspend --noflush' file_is /tmp/io ok
	# A bio keeps the integrity data that dm-crypt made for the unaltered
	# data.
	upper=/dev/mapper/upper
	io $upper 'w 0 64 byte=11' > /tmp/null
	bd_msg t replace corrupt on=write byte=5 value=0 sector=0-7 tear sectors=3 sector=8-15 drop sector=16-23 > /tmp/null
	is "$(ios $upper 'w 0 8 byte=22' 'w 8 8 byte=22' 'w 16 8 byte=22')" 'ok ok ok' 'altered, torn and dropped writes with integrity data succeed'
	bd_msg t clear
	is "$(ios $upper 'r 0 1' 'r 1 7 byte=22' 'x 8 8' 'r 16 8 byte=11')" 'EILSEQ ok 22*1536 11*2560 ok' \
		'dm-crypt finds altered writes and accepts the written part of torn ones'
	bd_msg t replace corrupt on=read bits=1 sector=24-31 misdirect iotype=read sector=32-39 to=24 > /tmp/null
	is "$(ios $upper 'r 24 8' 'r 32 8' 'r 40 8 byte=11')" 'EILSEQ EILSEQ ok' 'dm-crypt finds altered and misdirected reads'
else
	skip 'needs dm-integrity, dm-crypt and authenc' 10
fi

done_testing
