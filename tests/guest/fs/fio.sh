# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # functions called by asserts
# fio writes and verifies through the target, and nobody else notices it.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module brd
ram_disk
bd_create t "$dev"
t=/dev/mapper/t

# verifies FILE OPTION...: mixed sizes, random order, several at once
verifies() {
	fio --name=verify --filename="$1" --size=8M --bsrange=512-64k --bs_unaligned=0 \
		--rw=randwrite --direct=1 --ioengine=libaio --iodepth=16 --verify=crc32c \
		--randseed=1 --minimal "${@:2}"
}

succeeds 'fio verifies through the idle target' verifies $t
succeeds 'and what it has written is on the disk' verifies "$dev" --verify_only
succeeds 'io_uring, too' verifies $t --ioengine=io_uring --randseed=2 --offset=16M

bd_msg t add inject-error sector=500000 inject-error event=write_aio state=2 \
	suspend event=read_done tag=A state=2 > /tmp/null
succeeds 'fio verifies past rules that do not match' verifies $t --randseed=3
succeeds 'and what it has written is on the disk' verifies "$dev" --randseed=3 --verify_only

# A breakpoint that keeps all, let go again and again.
bd_msg t replace suspend event=pwritev tag=W once=off suspend event=read_done tag=R once=off \
	> /tmp/null
background /tmp/fio verifies $t --randseed=4 --size=512k
while [[ -e /proc/$pid ]]; do
	bd_msg t resume W all
	bd_msg t resume R all
done 2> /tmp/null
wait "$pid"
is $? 0 'fio verifies what was held on its way down and up'
like "$(bd_msg t stats)" 'write seen=([0-9]+) injected=0 held=[1-9]' 'and it was held'

# NOWAIT: over what supports it, so does the target, and nothing sleeps.
if null_disk 64; then
	want=$(ios "$dev" 'r 0 8 nowait' 'w 0 8 nowait')
	bd_create n "$dev"
	is "$(ios /dev/mapper/n 'r 0 8 nowait' 'w 0 8 nowait')" "$want" \
		'NOWAIT works as on the device below'
	bd_msg n add suspend event=read_aio flags=nowait tag=A inject-error sector=8 \
		flags=nowait > /tmp/null
	is "$(ios /dev/mapper/n 'r 0 8' 'w 8 8 nowait')" 'ok EIO' 'the flag can be matched'
	hold n 1 /tmp/io 'r 0 8 nowait'
	like "$(held n)" ' A .* read nowait,?[a-z]* 0 8$|read sync,nowait 0 8$' 'and is shown'
	bd_msg n resume A
	eventually 'a held request with the flag goes on' file_is /tmp/io ok
else
	skip 'needs null_blk' 4
fi

done_testing
