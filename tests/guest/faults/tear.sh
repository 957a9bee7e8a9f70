# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# tear: writes of which only the first sectors are written.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

bd_sectors=65536
bd_setup ram_disk
fill() { io "$dev" 'w 0 64 byte=11' > /dev/null; }

fill
bd_start bd tear sectors=3
is "$(ios $bd 'w 0 8 byte=22')" ok 'a torn write succeeds'
is "$(io_bytes "$dev" 0 16)" '22*1536 11*6656' 'only the first three sectors of a torn write are on the disk'
is "$(ios $bd 'w 8 3 byte=22' 'w 16 2 byte=22')" 'ok ok' 'writes of at most sectors= sectors succeed'
is "$(io_bytes "$dev" 8 16)" '22*1536 11*2560 22*1024 11*3072' 'writes of at most sectors= sectors are written as a whole'
fill
bd_start bd tear sectors=3 errno=EIO
is "$(ios $bd 'w 0 8 byte=22' 'w 16 2 byte=33')" 'EIO EIO' 'tear with an errno fails writes'
is "$(io_bytes "$dev" 0 24)" '22*1536 11*6656 33*1024 11*3072' 'the first sectors of a write failed by tear are on the disk'
is "$(bd_list bd)" '2 - tear errno=EIO sectors=3' 'list counts two hits of tear'
fill
bd_start bd tear sectors=0
is "$(ios $bd 'w 0 8 byte=22')" ok 'a write torn with sectors=0 succeeds'
is "$(io_bytes "$dev" 0 8)" '11*4096' 'a write torn with sectors=0 writes nothing'
bd_start bd tear sectors=0 errno=ENOSPC
is "$(ios $bd 'w 0 8 byte=22')" ENOSPC 'a write torn with sectors=0 and an errno fails'

bd_start bd tear sectors=1 flags=fua
is "$(ios $bd 'w 0 8 fua byte=44' 'w 8 8 byte=44' 'r 0 8' f)" 'ok ok ok ok' 'tear with flags=fua lets reads and flushes pass'
is "$(io_bytes "$dev" 0 16)" '44*512 11*3584 44*4096' 'tear with flags=fua tears the FUA write only'
fill
bd_start bd tear sectors=4 sector=20
ios $bd 'w 16 8 byte=55' > /dev/null
is "$(io_bytes "$dev" 16 8)" '55*2048 11*2048' 'sectors= counts from the start of the write'

bd_start bd tear sectors=2 suspend event=pwritev_done tag=late
hold bd 1 /tmp/write 'w 32 8 byte=66'
is "$(io_bytes "$dev" 32 8)" '66*1024 11*3072' 'a torn write held at its completion is on the disk'
bd_msg bd resume late
eventually 'a torn write held at its completion succeeds after its resume' file_is /tmp/write ok

# --- sectors=random ---

# torn SEED: prints the number of sectors written of each of 32 writes of 16
# sectors
torn() {
	local ops=() i lengths=()

	dmsetup suspend bd
	bd_load bd "$dev" "seed=$1" tear sectors=random
	dmsetup resume bd
	io "$dev" 'w 0 512 byte=11' > /dev/null
	for ((i = 0; i < 32; i++)); do ops+=("w $((16 * i)) 16 byte=$((20 + i))"); done
	ios $bd "${ops[@]}" > /dev/null
	for ((i = 0; i < 32; i++)); do ops[i]="x $((16 * i)) 16"; done
	while read -r word _; do
		case $word in
		11*) lengths+=(0) ;;
		*) lengths+=($((${word#*\*} / 512))) ;;
		esac
	done < <(io "$dev" "${ops[@]}")
	echo "${lengths[*]}"
}
one=$(torn 1)
is "$(torn 1)" "$one" 'the same seed tears writes at the same sectors'
unlike "$(torn 2)" "^$one$" 'another seed tears writes at other sectors'
unlike " $one " ' 16 ' 'sectors=random never writes all sectors'
read -ra lengths <<< "$one"
mapfile -t lengths < <(printf '%s\n' "${lengths[@]}" | sort -u)
ok=no
[[ ${#lengths[@]} -ge 8 ]] && ok=yes
is "$ok" yes "sectors=random tears 32 writes at 8 or more different sectors: ${#lengths[@]}"

# --- Blocks of 4 KiB are not torn ---

dmsetup remove bd
null_disk 64 blocksize=4096
bd_create bd "$dev" seed=3 tear sectors=13 sector=0-63
io "$dev" 'w 0 64 byte=11' > /dev/null
is "$(ios $bd 'w 0 32 byte=22')" ok 'a torn write over blocks of 4 KiB succeeds'
is "$(io_bytes "$dev" 0 32)" '22*4096 11*12288' 'a torn write over blocks of 4 KiB ends at a block'

done_testing
