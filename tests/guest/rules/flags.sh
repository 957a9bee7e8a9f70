# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# flags=: flags that a bio must carry and flags that it must not.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

bd_setup loop_disk 16

# fails DESC FLAGS RESULTS OP...: with a rule for FLAGS the ops end with RESULTS
fails() {
	bd_start bd inject-error flags="$2" errno=ENOSPC
	is "$(ios $bd "${@:4}")" "$3" "flags=$2: $1"
}

# --- O_DIRECT: bios are sync, but for a read that takes several bios ---

direct=('r 0 4096' 'w 0 8' 'w 0 8 fua')
fails 'matches no direct read or write' meta 'ok ok ok' "${direct[@]}"
fails 'matches direct reads and writes' '!meta' 'ENOSPC ENOSPC ENOSPC' "${direct[@]}"
fails 'matches writes' sync 'ok ENOSPC ENOSPC' "${direct[@]}"
fails 'matches a large read' '!sync' 'ENOSPC ok ok' "${direct[@]}"
fails 'matches the FUA write' fua 'ok ok ENOSPC' "${direct[@]}"
# A FUA write is preceded by a flush.
fails 'matches the bios without FUA' '!fua iotype=read,write' 'ENOSPC ENOSPC ok' "${direct[@]}"
fails 'a bio must carry both flags' sync,fua 'ok ok ENOSPC' "${direct[@]}"
fails 'a bio with a negated flag does not match' 'sync,!fua iotype=read,write' 'ok ENOSPC ok' "${direct[@]}"
fails 'a bio with one of two flags does not match' sync,meta 'ok ok ok' "${direct[@]}"
fails 'a bio must carry neither flag' '!sync,!fua' 'ENOSPC ok ok' "${direct[@]}"
fails 'matches bios with REQ_NOWAIT' nowait 'ok ENOSPC ok ENOSPC' 'r 0 8' 'r 0 8 nowait' 'w 0 8' 'w 0 8 nowait'
fails 'matches bios without REQ_NOWAIT' '!nowait' 'ENOSPC ok' 'r 0 8' 'r 0 8 nowait'
fails 'matches a flush' sync 'ENOSPC' f
fails 'does not match a flush' fua 'ok' f
fails 'matches a discard' sync 'ENOSPC' 'd 0 8'

# At an event, flags= tests the bio that raised the event.
bd_start bd set-state event=write_aio flags=fua new_state=2 suspend event=write_aio flags='!sync' tag=never
is "$(ios $bd 'w 0 8') $(bd_msg bd state)" 'ok 1' 'set-state and suspend with flags that the bio lacks do not act'
is "$(ios $bd 'w 0 8 fua') $(bd_msg bd state)" 'ok 2' 'set-state with a flag that the bio carries acts'

# A failed readahead is read again without the flag.
bd_start bd inject-error flags=rahead tag=ahead errno=ENOSPC inject-error flags=!rahead errno=0 tag=again
head -c 8192 $bd > /dev/null
like "$(bd_hits bd)" '^[1-9][0-9]* [1-9]' 'flags=rahead matches a buffered read'

# --- ext4: flags of the bios that the documentation lists ---

bd_msg bd reset
mkfs.ext4 -q -b 1024 -J size=1 -N 64 -E nodiscard,lazy_itable_init=0 $bd
bd_start bd inject-error errno=0 iotype=read flags=meta,prio tag=inode inject-error errno=0 iotype=read tag=read \
	inject-error errno=0 iotype=write flags=fua,meta tag=commit inject-error errno=0 iotype=write flags=fua tag=super \
	inject-error errno=0 iotype=write flags=meta,sync tag=log inject-error errno=0 iotype=write flags=meta \
	inject-error errno=0 iotype=write flags=sync tag=data inject-error errno=0 iotype=write flags=!meta,!sync tag=late
mount $bd /mnt
commit_flags=$(commit_flags /mnt/file)
hits() { bd_msg bd wait_hits "$1" 0; }
like "$(hits inode)" '^[1-9]' 'flags=meta,prio matches reads of inodes'
if [[ $commit_flags == fua,meta ]]; then
	like "$(hits commit)" '^[1-9]' 'flags=fua,meta matches the commit of an fsync'
	like "$(hits log)" '^[1-9]' 'flags=meta,sync matches writes to the log'
	is "$(hits data)" 1 'flags=!meta matches file data'
else
	like "$(hits super)" '^[1-9]' 'flags=fua matches the commit of an fsync'
	skip 'needs a log marked as metadata' 2
fi
bd_start bd inject-error iotype=write flags=!meta
echo more > /mnt/more
fails_with EIO 'a rule with iotype=write flags=!meta fails file data' sync /mnt/more
bd_msg bd reset
umount /mnt
succeeds 'e2fsck finds no error after failed writes of file data' e2fsck -fn $bd

done_testing
