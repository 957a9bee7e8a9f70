# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # functions called by asserts
# fio writes and verifies data through the target.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

bd_setup ram_disk

# verifies FILE OPTION...: mixed sizes in random order, several in flight
verifies() {
	fio --name=verify --filename="$1" --size=8M --bsrange=512-64k --bs_unaligned=0 \
		--rw=randwrite --direct=1 --ioengine=libaio --iodepth=16 --verify=crc32c \
		--randseed=1 --minimal "${@:2}"
}

succeeds 'fio verifies through a target without rules' verifies $bd
succeeds 'data written by fio through the target are on the disk' verifies "$dev" --verify_only
succeeds 'fio verifies with io_uring through a target without rules' verifies $bd --ioengine=io_uring --randseed=2 --offset=16M

bd_msg bd add inject-error sector=500000 inject-error event=write_aio state=2 \
	suspend event=read_done tag=A state=2 > /tmp/null
succeeds 'fio verifies through a target whose rules do not match' verifies $bd --randseed=3
succeeds 'data written by fio past rules that do not match are on the disk' verifies "$dev" --randseed=3 --verify_only

# Breakpoints that hold all bios, which are resumed in a loop.
bd_msg bd replace suspend event=pwritev tag=W once=off suspend event=read_done tag=R once=off \
	> /tmp/null
background /tmp/fio verifies $bd --randseed=4 --size=512k
while [[ -e /proc/$pid ]]; do
	bd_msg bd resume W all
	bd_msg bd resume R all
done 2> /tmp/null
wait "$pid"
is $? 0 'fio verifies bios that are held before the check and at completion'
like "$(bd_msg bd stats)" 'write seen=([0-9]+) injected=0 held=[1-9]' 'stats count held writes of fio'

# REQ_NOWAIT: the target supports it over a device that does, and its map does
# not sleep.
if null_disk 64; then
	want=$(ios "$dev" 'r 0 8 nowait' 'w 0 8 nowait')
	bd_create n "$dev"
	is "$(ios /dev/mapper/n 'r 0 8 nowait' 'w 0 8 nowait')" "$want" \
		'reads and writes with REQ_NOWAIT end as on the device below'
	bd_msg n add suspend event=read_aio flags=nowait tag=A inject-error sector=8 \
		flags=nowait > /tmp/null
	is "$(ios /dev/mapper/n 'r 0 8' 'w 8 8 nowait')" 'ok EIO' 'flags=nowait matches a write with REQ_NOWAIT'
	hold n 1 /tmp/io 'r 0 8 nowait'
	like "$(held n)" ' A .* read nowait,?[a-z]* 0 8$|read sync,nowait 0 8$' 'held shows the flag nowait'
	bd_msg n resume A
	eventually 'a held read with REQ_NOWAIT completes after its resume' file_is /tmp/io ok
else
	skip 'needs null_blk' 4
fi

done_testing
