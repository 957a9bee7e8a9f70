# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# suspend --noflush: bios held before their check are mapped by the next table.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

bd_setup loop_disk 16

# One bio of each type held before its check, another at its completion.
bd_msg bd replace suspend event=write_aio tag=A sector=0 suspend event=write_aio tag=B \
	sector=0 suspend event=read_aio tag=A suspend tag=S iotype=discard,flush once=off \
	suspend event=pwritev_done tag=D sector=64
hold bd 1 /tmp/io.done 'w 64 8 byte=22'
hold bd 3 /tmp/io.write 'w 0 8 byte=11'
hold bd 4 /tmp/io.read 'r 8 8'
hold bd 5 /tmp/io.flush f
hold bd 6 /tmp/io.discard 'd 16 8'
bd_msg bd add suspend event=user.x tag=X
hold_event bd 7 /tmp/event user.x
bd_load bd "$dev" state=4 inject-error iotype=write errno=ENOSPC inject-error iotype=read \
	errno=ENODATA inject-error iotype=flush errno=EILSEQ inject-error iotype=discard \
	errno=EBADE

succeeds 'suspend --noflush succeeds while bios are held' dmsetup suspend --noflush bd
is "$(bd_status bd held)" 0 'nothing is held after suspend --noflush'
eventually 'suspend --noflush interrupts a held caller' file_like /tmp/event '^Command failed'
eventually 'a write held at its completion completes during the suspend' file_is /tmp/io.done ok
is "$(cat /tmp/io.{write,read,flush,discard})" '' 'bios held before their check do not complete during the suspend'
is "$(io_read "$dev" 0 8 byte=11)" differs 'a write held before its check is not on the disk during the suspend'
succeeds 'resume succeeds after suspend --noflush' dmsetup resume bd
eventually 'the next table maps the held write' file_is /tmp/io.write ENOSPC
eventually 'the next table maps the held read' file_is /tmp/io.read ENODATA
eventually 'the next table maps the held flush' file_is /tmp/io.flush EILSEQ
eventually 'the next table maps the held discard' file_is /tmp/io.discard EBADE
is "$(bd_msg bd list | cut -d ' ' -f 2)" $'1\n1\n1\n1' 'the next table maps each held bio once'
is "$(bd_status bd injected)" 4 'the next table counts each held bio as injected'

bd_msg bd replace suspend event=pwritev_zero tag=A
hold bd 1 /tmp/io 'z 16 8'
bd_load bd "$dev" inject-error errno=ENOLINK
dmsetup suspend --noflush bd
dmsetup resume bd
eventually 'the next table maps a held write-zeroes' file_is /tmp/io ENOLINK

bd_msg bd replace suspend event=pwritev tag=A inject-error sector=1000
bd_msg bd stats reset
hold bd 1 /tmp/io 'w 0 8'
dmsetup suspend --noflush bd
dmsetup resume bd
eventually 'a held write is mapped by the same table if none was loaded' file_is /tmp/io ok
like "$(bd_msg bd stats)" 'write seen=2 ' 'a held write mapped twice by one table counts twice'

# The next table may hold the bio again.
bd_msg bd replace suspend event=pwritev tag=A
hold bd 1 /tmp/io 'w 0 8 byte=12'
bd_load bd "$dev" suspend event=pwritev tag=N
dmsetup suspend --noflush bd
dmsetup resume bd
succeeds 'the next table holds the bio again' bd_msg bd wait_break N
is "$(held bd)" '1 N 1 pwritev write sync 0 8' 'the new hold has the numbers of the next table'
dmsetup suspend --noflush bd
is "$(bd_status bd held)$(< /tmp/io)" 0 'a held bio waits for the resume if no table was loaded'
dmsetup resume bd
eventually 'a held bio completes after the resume if no table was loaded' file_is /tmp/io ok
is "$(io_read "$dev" 0 8 byte=12)" ok 'a bio held by two tables is on the disk'

# A next table without blkdebug.
bd_msg bd replace suspend event=write_aio tag=A suspend event=pwritev tag=B
hold bd 1 /tmp/io 'w 0 8 byte=13'
dmsetup load bd --table "0 32768 linear $dev 0"
dmsetup suspend --noflush bd
dmsetup resume bd
eventually 'a held write completes through dm-linear' file_is /tmp/io ok
is "$(io_read "$dev" 0 8 byte=13)" ok 'a held write is on the disk through dm-linear'
bd_load bd "$dev" suspend event=write_aio tag=A once=off
dmsetup suspend --noflush bd
background /tmp/io io $bd 'w 8 8 byte=14'
eventually 'a write during suspend --noflush waits' process_state_is "$pid" D
dmsetup resume bd
succeeds 'a write during suspend --noflush is mapped by the next table' bd_msg bd wait_break A

# A device above that is not suspended.
dmsetup create top --table "0 32768 linear $bd 0"
bd_msg bd resume A
eventually 'a write held by the next table completes after its resume' file_is /tmp/io ok
background /tmp/fio fio --name=dozen --filename=/dev/mapper/top --size=48k --bs=4k --rw=write \
	--ioengine=libaio --direct=1 --iodepth=12 --verify=crc32c --minimal
wait_until bd_status_is bd held 12
bd_load bd "$dev"
dmsetup suspend --noflush bd
dmsetup resume bd
wait "$pid"
is $? 0 'twelve held writes of a device above are mapped by the next table, each with its data'
dmsetup remove top

done_testing
