# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# corrupt: data altered in flight, to the disk or from it.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

bd_sectors=65536
bd_setup ram_disk
fill() { io "$dev" 'w 0 64 byte=11' > /dev/null; }

# --- byte= and value= ---

fill
bd_start bd corrupt on=read byte=1000 value=0xee
is "$(io_bytes $bd 0 8) $(io_bytes "$dev" 0 8)" '11*1000 ee*1 11*3095 11*4096' 'on=read alters a byte of the read data and not of the disk'
is "$(io_bytes $bd 0 1)" '11*512' 'byte= beyond the end of a read alters nothing'
is "$(ios $bd 'w 0 8 byte=22') $(io_bytes "$dev" 0 8)" 'ok 22*4096' 'on=read alters no write'
is "$(bd_list bd)" '1 - corrupt byte=1000 value=238 on=read' 'only altered bios count as hits'
bd_start bd corrupt on=write byte=511 value=0
is "$(ios $bd 'w 8 8 byte=33') $(io_bytes "$dev" 8 8)" 'ok 33*511 00*1 33*3584' 'on=write alters a byte on the disk'
is "$(ios $bd 'r 0 8 byte=22')" ok 'on=write alters no read'
bd_start bd corrupt byte=0 value=0xaa
is "$(ios $bd 'w 16 8 byte=44') $(io_bytes "$dev" 16 8)" 'ok aa*1 44*4095' 'without on= a write is altered'
is "$(io_bytes $bd 8 8)" 'aa*1 33*510 00*1 33*3584' 'without on= a read is altered'
fill
bd_start bd corrupt on=write sector=10-11,13 byte=600 value=0xbb
is "$(ios $bd 'w 8 8 byte=22') $(io_bytes "$dev" 8 8)" 'ok 22*1624 bb*1 22*2471' 'byte= counts from the first sector that the rule names'
is "$(ios $bd 'w 11 8 byte=33') $(io_bytes "$dev" 11 8)" 'ok 33*4096' 'byte= alters no sector that the rule does not name'
bd_start bd corrupt on=write byte=300000 value=0xcc
is "$(ios $bd 'w 0 1024 byte=55') $(io_bytes "$dev" 0 1024)" 'ok 55*300000 cc*1 55*224287' 'byte=300000 alters a byte inside a large write'
bd_start bd corrupt on=write byte=5 value=0xdd inject-error sector=8
is "$(ios $bd 'w 8 8 byte=66') $(bd_hits bd)" 'ok 1 0' 'the first matching fault decides'

# --- bits= ---

# bits_of SECTOR COUNT: prints the number of bits set there
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
is "$(ios $bd 'w 0 1') $(bits_of 0 1)" 'ok 1' 'bits=1 flips one bit of a sector'
bd_start bd corrupt on=write bits=64
is "$(ios $bd 'w 0 1') $(bits_of 0 1)" 'ok 64' 'bits=64 flips 64 bits of a sector'
is "$(ios $bd 'w 0 2048') $(bits_of 0 1024) $(bits_of 1024 1024)" "ok $(bits_of 0 1024) $((64 - $(bits_of 0 1024)))" \
	'bits=64 flips 64 bits of a large write'
bd_start bd corrupt on=write sector=5 bits=3
is "$(ios $bd 'w 0 16') $(bits_of 0 5) $(bits_of 5 1) $(bits_of 6 10)" 'ok 0 3 0' 'bits= flips bits of the named sectors only'

# pattern SEED: prints what three altered writes leave on the disk
pattern() {
	dmsetup suspend bd
	bd_load bd "$dev" "seed=$1" corrupt on=write bits=2
	dmsetup resume bd
	ios $bd 'w 0 8' 'w 8 8' 'w 16 8' > /dev/null
	io_bytes "$dev" 0 24
}
one=$(pattern 1)
is "$(pattern 1)" "$one" 'the same seed flips the same bits'
two=$(pattern 2)
[[ $one != "$two" ]] && two=other
is "$two" other 'another seed flips other bits'

# --- The submitter's pages ---

bd_start bd corrupt on=write byte=100 value=0xff
is "$(ios $bd 'wc 0 8 byte=77') $(io_bytes "$dev" 0 8)" 'ok 77*100 ff*1 77*3995' "the submitter's buffer is not altered"

# --- Buffers of many pages ---

# registered: prints the result of fio for a write of 2 MiB from registered
# pages
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
		'5a*7 ff*1 5a*504 5a*1048576 5a*560640' 'byte= alters one byte of a write of 512 pages'
	is "$(bd_hits bd)" 1 'only one of the split bios counts as a hit'
	bd_start bd corrupt on=write bits=64
	registered > /dev/null
	read -ra words <<< "$(io_bytes "$dev" 0 4096)"
	if ((${#words[@]} > 20)); then ok 'bits= flips bits in all split bios'; else not_ok 'bits= flips bits in all split bios' "${words[*]}"; fi

	# The first rule that alters a write may be added while the write is held.
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
		'5a*7 ff*1 5a*504 5a*1048576 5a*560640' 'a write of 512 pages, held before the first rule that alters it, is altered'
fi

# --- Many bios at once ---

if has_command fio; then
	bd_start bd corrupt on=write sector=32768-65535 bits=64 corrupt on=read sector=32768-65535 bits=64
	succeeds 'many altered bios leave the data of others alone' fio --name=altered --filename=$bd \
		--ioengine=libaio --direct=1 --iodepth=32 --rw=randrw --bsrange=4k-256k --size=8M --offset=16M \
		--norandommap --number_ios=400 --output-format=terse \
		--name=verified --filename=$bd --ioengine=libaio --direct=1 --iodepth=8 --rw=randwrite --bs=4k \
		--size=4M --offset=0 --verify=crc32c --verify_fatal=1
else
	skip 'needs fio (command)'
fi

done_testing
