# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Data altered in flight, on its way to the disk or back.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

has_module dm-blkdebug
ram_disk
bd_sectors=65536
bd_create bd "$dev" seed=7
bd=/dev/mapper/bd
fill() { io "$dev" 'w 0 64 byte=11' > /dev/null; }

# --- A byte ---

fill
bd_start bd corrupt on=read byte=1000 value=0xee
is "$(io_bytes $bd 0 8) $(io_bytes "$dev" 0 8)" '11*1000 ee*1 11*3095 11*4096' 'a byte altered as it is read, not on the disk'
is "$(io_bytes $bd 0 1)" '11*512' 'not in a read that ends before it'
is "$(ios $bd 'w 0 8 byte=22') $(io_bytes "$dev" 0 8)" 'ok 22*4096' 'nor in a write'
is "$(bd_list bd)" '1 - corrupt byte=1000 value=238 on=read' 'and only what is altered counts'
bd_start bd corrupt on=write byte=511 value=0
is "$(ios $bd 'w 8 8 byte=33') $(io_bytes "$dev" 8 8)" 'ok 33*511 00*1 33*3584' 'a byte altered as it is written'
is "$(ios $bd 'r 0 8 byte=22')" ok 'not as it is read'
bd_start bd corrupt byte=0 value=0xaa
is "$(ios $bd 'w 16 8 byte=44') $(io_bytes "$dev" 16 8)" 'ok aa*1 44*4095' 'both ways: written'
is "$(io_bytes $bd 8 8)" 'aa*1 33*510 00*1 33*3584' 'and read'
fill
bd_start bd corrupt on=write sector=10-11,13 byte=600 value=0xbb
is "$(ios $bd 'w 8 8 byte=22') $(io_bytes "$dev" 8 8)" 'ok 22*1624 bb*1 22*2471' 'counted from the first sector that the rule names'
is "$(ios $bd 'w 11 8 byte=33') $(io_bytes "$dev" 11 8)" 'ok 33*4096' 'and never outside of these'
bd_start bd corrupt on=write byte=300000 value=0xcc
is "$(ios $bd 'w 0 1024 byte=55') $(io_bytes "$dev" 0 1024)" 'ok 55*300000 cc*1 55*224287' 'deep inside a large write'
bd_start bd corrupt on=write byte=5 value=0xdd inject-error sector=8
is "$(ios $bd 'w 8 8 byte=66') $(bd_hits bd)" 'ok 1 0' 'the first match decides'

# --- Bits ---

# bits_of SECTOR COUNT: how many bits differ from 0x00 there
bits_of() {
	local word bits=0 value

	for word in $(io_bytes "$dev" "$1" "$2"); do
		value=$((16#${word%\**}))
		for (( ; value; value &= value - 1)); do bits=$((bits + ${word#*\*})); done
	done
	echo "$bits"
}

io "$dev" 'w 0 2048' > /dev/null
bd_start bd corrupt on=write bits=1
is "$(ios $bd 'w 0 1') $(bits_of 0 1)" 'ok 1' 'one bit of a sector'
bd_start bd corrupt on=write bits=64
is "$(ios $bd 'w 0 1') $(bits_of 0 1)" 'ok 64' 'all that are asked for, in a sector'
is "$(ios $bd 'w 0 2048') $(bits_of 0 1024) $(bits_of 1024 1024)" "ok $(bits_of 0 1024) $((64 - $(bits_of 0 1024)))" \
	'and in a large write'
bd_start bd corrupt on=write sector=5 bits=3
is "$(ios $bd 'w 0 16') $(bits_of 0 5) $(bits_of 5 1) $(bits_of 6 10)" 'ok 0 3 0' 'in the named sectors only'

# pattern SEED: what ten altered writes leave
pattern() {
	dmsetup suspend bd
	bd_load bd "$dev" "seed=$1" corrupt on=write bits=2
	dmsetup resume bd
	ios $bd 'w 0 8' 'w 8 8' 'w 16 8' > /dev/null
	io_bytes "$dev" 0 24
}
one=$(pattern 1)
is "$(pattern 1)" "$one" 'the same seed, the same bits'
two=$(pattern 2)
[[ $one != "$two" ]] && two=other
is "$two" other 'another seed, other bits'

# --- The submitter's own pages stay as they are ---

bd_start bd corrupt on=write byte=100 value=0xff
is "$(ios $bd 'wc 0 8 byte=77') $(io_bytes "$dev" 0 8)" 'ok 77*100 ff*1 77*3995' "the submitter's own data is not touched"

# --- Memory in many pieces ---

# registered: what fio has to say of one write of 2 MiB out of registered pages
registered() {
	fio --name=registered --filename=$bd --ioengine=io_uring --fixedbufs --direct=1 --rw=write --bs=2M \
		--size=2M --buffer_pattern=0x5a --output-format=terse 2>&1
}
bd_start bd corrupt on=write sector=3000 byte=7 value=0xff
if ! has_command fio; then
	skip 'needs fio (command)' 5
elif ! registered | grep -q '^3;'; then
	skip 'fio cannot register memory here' 5
else
	is "$(io_bytes "$dev" 3000 1) $(io_bytes "$dev" 0 2048) $(io_bytes "$dev" 3001 1095)" \
		'5a*7 ff*1 5a*504 5a*1048576 5a*560640' 'a byte of 512 pages'
	is "$(bd_hits bd)" 1 'in one of its parts'
	bd_start bd corrupt on=write bits=64
	registered > /dev/null
	read -ra words <<< "$(io_bytes "$dev" 0 4096)"
	if ((${#words[@]} > 20)); then ok 'bits of all'; else not_ok 'bits of all' "${words[*]}"; fi

	# A write may be held as the first rule comes that alters it.
	dmsetup remove bd
	bd_create bd "$dev" seed=7
	io "$dev" 'w 0 4096' > /dev/null
	bd_msg bd break write_aio held iotype=write > /tmp/null
	background /tmp/registered registered
	bd_msg bd wait_break held > /tmp/null
	bd_msg bd add corrupt on=write sector=3000 byte=7 value=0xff > /tmp/null
	bd_msg bd resume held
	wait "$pid"
	is "$? $(bd_hits bd)" '0 1 1' 'a write of 512 pages, held before the first rule that alters it, succeeds'
	is "$(io_bytes "$dev" 3000 1) $(io_bytes "$dev" 0 2048) $(io_bytes "$dev" 3001 1095)" \
		'5a*7 ff*1 5a*504 5a*1048576 5a*560640' 'a write of 512 pages, held before that, is altered'
fi

# --- Many at once ---

if has_command fio; then
	bd_start bd corrupt on=write sector=32768-65535 bits=64 corrupt on=read sector=32768-65535 bits=64
	succeeds 'many altered at once leave other data alone' fio --name=altered --filename=$bd \
		--ioengine=libaio --direct=1 --iodepth=32 --rw=randrw --bsrange=4k-256k --size=8M --offset=16M \
		--norandommap --number_ios=400 --output-format=terse \
		--name=verified --filename=$bd --ioengine=libaio --direct=1 --iodepth=8 --rw=randwrite --bs=4k \
		--size=4M --offset=0 --verify=crc32c --verify_fatal=1
else
	skip 'needs fio (command)'
fi

done_testing
