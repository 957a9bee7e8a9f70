# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# flags=: what bios carry, asked for and ruled out.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

has_module dm-blkdebug
loop_disk 16
bd_create bd "$dev" seed=7
bd=/dev/mapper/bd

# fails DESC FLAGS RESULTS OP...
fails() {
	bd_start bd inject-error flags="$2" errno=ENOSPC
	is "$(ios $bd "${@:4}")" "$3" "flags=$2: $1"
}

# --- O_DIRECT: all is sync but a read so large that it takes several bios ---

direct=('r 0 4096' 'w 0 8' 'w 0 8 fua')
fails 'none here' meta 'ok ok ok' "${direct[@]}"
fails 'all of these' '!meta' 'ENOSPC ENOSPC ENOSPC' "${direct[@]}"
fails 'writes' sync 'ok ENOSPC ENOSPC' "${direct[@]}"
fails 'a large read' '!sync' 'ENOSPC ok ok' "${direct[@]}"
fails 'one write' fua 'ok ok ENOSPC' "${direct[@]}"
# An fua write comes with a flush.
fails 'the others' '!fua iotype=read,write' 'ENOSPC ENOSPC ok' "${direct[@]}"
fails 'all that are asked for' sync,fua 'ok ok ENOSPC' "${direct[@]}"
fails 'and none that is ruled out' 'sync,!fua iotype=read,write' 'ok ENOSPC ok' "${direct[@]}"
fails 'not one of two' sync,meta 'ok ok ok' "${direct[@]}"
fails 'neither' '!sync,!fua' 'ENOSPC ok ok' "${direct[@]}"
fails 'nowait' nowait 'ok ENOSPC ok ENOSPC' 'r 0 8' 'r 0 8 nowait' 'w 0 8' 'w 0 8 nowait'
fails 'without' '!nowait' 'ENOSPC ok' 'r 0 8' 'r 0 8 nowait'
fails 'flushes are sync' sync 'ENOSPC' f
fails 'and carry no fua' fua 'ok' f
fails 'so are discards' sync 'ENOSPC' 'd 0 8'

# On an event the flags are those of the request that raised it.
bd_start bd set-state event=write_aio flags=fua new_state=2 suspend event=write_aio flags='!sync' tag=never
is "$(ios $bd 'w 0 8') $(bd_msg bd state)" 'ok 1' 'flags of set-state and suspend that do not match'
is "$(ios $bd 'w 0 8 fua') $(bd_msg bd state)" 'ok 2' 'and that do'

# Reading ahead: what fails is read again without the flag.
bd_start bd inject-error flags=rahead tag=ahead errno=ENOSPC inject-error flags=!rahead errno=0 tag=again
head -c 8192 $bd > /dev/null
like "$(bd_hits bd)" '^[1-9][0-9]* [1-9]' 'flags=rahead: buffered reads'

# --- A file system: see the table in the documentation ---

bd_msg bd reset
mkfs.ext4 -q -b 1024 -J size=1 -N 64 -E nodiscard,lazy_itable_init=0 $bd
bd_start bd inject-error errno=0 iotype=read flags=meta,prio tag=inode inject-error errno=0 iotype=read tag=read \
	inject-error errno=0 iotype=write flags=fua,meta tag=commit inject-error errno=0 iotype=write flags=fua tag=super \
	inject-error errno=0 iotype=write flags=meta,sync tag=log inject-error errno=0 iotype=write flags=meta \
	inject-error errno=0 iotype=write flags=sync tag=data inject-error errno=0 iotype=write flags=!meta,!sync tag=late
mount $bd /mnt
commit_flags=$(commit_flags /mnt/file)
hits() { bd_msg bd wait_hits "$1" 0; }
like "$(hits inode)" '^[1-9]' 'flags=meta,prio: reads of inodes'
if [[ $commit_flags == fua,meta ]]; then
	like "$(hits commit)" '^[1-9]' 'flags=fua,meta: the commit of an fsync'
	like "$(hits log)" '^[1-9]' 'flags=meta,sync: what is written to the log'
	is "$(hits data)" 1 'flags=!meta: file data'
else
	like "$(hits super)" '^[1-9]' 'flags=fua: the commit of an fsync'
	skip 'needs a log marked as metadata' 2
fi
bd_start bd inject-error iotype=write flags=!meta
echo more > /mnt/more
fails_with EIO 'iotype=write flags=!meta fails file data' sync /mnt/more
bd_msg bd reset
umount /mnt
succeeds 'and leaves the file system sound' e2fsck -fn $bd

done_testing
