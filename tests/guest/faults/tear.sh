# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Writes of which only the first sectors reach the device.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

has_module dm-blkdebug
ram_disk
bd_sectors=65536
bd_create bd "$dev" seed=7
bd=/dev/mapper/bd
fill() { io "$dev" 'w 0 64 byte=11' > /dev/null; }

fill
bd_start bd tear sectors=3
is "$(ios $bd 'w 0 8 byte=22')" ok 'a torn write succeeds'
is "$(io_bytes "$dev" 0 16)" '22*1536 11*6656' 'but the first sectors are all that is written'
is "$(ios $bd 'w 8 3 byte=22' 'w 16 2 byte=22')" 'ok ok' 'a short one'
is "$(io_bytes "$dev" 8 16)" '22*1536 11*2560 22*1024 11*3072' 'is written as a whole'
fill
bd_start bd tear sectors=3 errno=EIO
is "$(ios $bd 'w 0 8 byte=22' 'w 16 2 byte=33')" 'EIO EIO' 'with an errno it fails'
is "$(io_bytes "$dev" 0 24)" '22*1536 11*6656 33*1024 11*3072' 'though its first sectors are written'
is "$(bd_list bd)" '2 - tear errno=EIO sectors=3' 'as listed'
fill
bd_start bd tear sectors=0
is "$(ios $bd 'w 0 8 byte=22')" ok 'with none at all'
is "$(io_bytes "$dev" 0 8)" '11*4096' 'nothing is written'
bd_start bd tear sectors=0 errno=ENOSPC
is "$(ios $bd 'w 0 8 byte=22')" ENOSPC 'nor with an errno'

bd_start bd tear sectors=1 flags=fua
is "$(ios $bd 'w 0 8 fua byte=44' 'w 8 8 byte=44' 'r 0 8' f)" 'ok ok ok ok' 'only writes are torn, here with FUA'
is "$(io_bytes "$dev" 0 16)" '44*512 11*3584 44*4096' 'and others not'
fill
bd_start bd tear sectors=4 sector=20
ios $bd 'w 16 8 byte=55' > /dev/null
is "$(io_bytes "$dev" 16 8)" '55*2048 11*2048' 'sectors count from the start of the write'

bd_start bd tear sectors=2 suspend event=pwritev_done tag=late
hold bd 1 /tmp/write 'w 32 8 byte=66'
is "$(io_bytes "$dev" 32 8)" '66*1024 11*3072' 'on the disk but not acknowledged'
bd_msg bd resume late
eventually 'until resumed' file_is /tmp/write ok

# --- At random ---

# torn SEED: sectors written of each of 32 writes of 16 sectors
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
is "$(torn 1)" "$one" 'the same seed tears at the same places'
unlike "$(torn 2)" "^$one$" 'another one elsewhere'
unlike " $one " ' 16 ' 'never is all of a write written'
read -ra lengths <<< "$one"
mapfile -t lengths < <(printf '%s\n' "${lengths[@]}" | sort -u)
ok=no
[[ ${#lengths[@]} -ge 8 ]] && ok=yes
is "$ok" yes "of sixteen places ${#lengths[@]} are among 32 writes"

# --- Blocks of 4 KiB are not torn ---

dmsetup remove bd
null_disk 64 blocksize=4096
bd_create bd "$dev" seed=3 tear sectors=13 sector=0-63
io "$dev" 'w 0 64 byte=11' > /dev/null
is "$(ios $bd 'w 0 32 byte=22')" ok 'a torn write over blocks of 4 KiB'
is "$(io_bytes "$dev" 0 32)" '22*4096 11*12288' 'ends with a block'

done_testing
