# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Suspend with --noflush: what is held before its check goes to the next table.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module loop
loop_disk 16
bd_create t "$dev"
t=/dev/mapper/t

# One request of each kind, held in several ways, another at its completion.
bd_msg t replace suspend event=write_aio tag=A sector=0 suspend event=write_aio tag=B \
	sector=0 suspend event=read_aio tag=A suspend tag=S iotype=discard,flush once=off \
	suspend event=pwritev_done tag=D sector=64
hold t 1 /tmp/io.done 'w 64 8 byte=22'
hold t 3 /tmp/io.write 'w 0 8 byte=11'
hold t 4 /tmp/io.read 'r 8 8'
hold t 5 /tmp/io.flush f
hold t 6 /tmp/io.discard 'd 16 8'
bd_msg t add suspend event=user.x tag=X
hold_event t 7 /tmp/event user.x
bd_load t "$dev" state=4 inject-error iotype=write errno=ENOSPC inject-error iotype=read \
	errno=ENODATA inject-error iotype=flush errno=EILSEQ inject-error iotype=discard \
	errno=EBADE

succeeds 'suspend does not wait for what is held' dmsetup suspend --noflush t
is "$(bd_status t held)" 0 'nothing is held any more'
eventually 'the sleeper is interrupted' file_like /tmp/event '^Command failed'
eventually 'the write held at its completion completes' file_is /tmp/io.done ok
is "$(cat /tmp/io.{write,read,flush,discard})" '' 'the others do not'
is "$(io_read "$dev" 0 8 byte=11)" differs 'nor are they done'
succeeds 'resume' dmsetup resume t
eventually 'the next table maps the write' file_is /tmp/io.write ENOSPC
eventually 'and the read' file_is /tmp/io.read ENODATA
eventually 'and the flush' file_is /tmp/io.flush EILSEQ
eventually 'and the discard' file_is /tmp/io.discard EBADE
is "$(bd_msg t list | cut -d ' ' -f 2)" $'1\n1\n1\n1' 'each once'
is "$(bd_status t injected)" 4 'each counts there'

bd_msg t replace suspend event=pwritev_zero tag=A
hold t 1 /tmp/io 'z 16 8'
bd_load t "$dev" inject-error errno=ENOLINK
dmsetup suspend --noflush t
dmsetup resume t
eventually 'likewise a write of zeroes' file_is /tmp/io ENOLINK

bd_msg t replace suspend event=pwritev tag=A inject-error sector=1000
bd_msg t stats reset
hold t 1 /tmp/io 'w 0 8'
dmsetup suspend --noflush t
dmsetup resume t
eventually 'a write waits for the same table' file_is /tmp/io ok
like "$(bd_msg t stats)" 'write seen=2 ' 'which has seen it twice'

# The next table may well hold it again, as may the same.
bd_msg t replace suspend event=pwritev tag=A
hold t 1 /tmp/io 'w 0 8 byte=12'
bd_load t "$dev" suspend event=pwritev tag=N
dmsetup suspend --noflush t
dmsetup resume t
succeeds 'the next table may hold the request again' bd_msg t wait_break N
is "$(held t)" '1 N 1 pwritev write sync 0 8' 'as if it had just come'
dmsetup suspend --noflush t
is "$(bd_status t held)$(< /tmp/io)" 0 'without another table, too, it waits for the resume'
dmsetup resume t
eventually 'and is mapped by the same table then' file_is /tmp/io ok
is "$(io_read "$dev" 0 8 byte=12)" ok 'it is written'

# A table of another target.
bd_msg t replace suspend event=write_aio tag=A suspend event=pwritev tag=B
hold t 1 /tmp/io 'w 0 8 byte=13'
dmsetup load t --table "0 32768 linear $dev 0"
dmsetup suspend --noflush t
dmsetup resume t
eventually 'dm-linear takes it over' file_is /tmp/io ok
is "$(io_read "$dev" 0 8 byte=13)" ok 'and writes it'
bd_load t "$dev" suspend event=write_aio tag=A once=off
dmsetup suspend --noflush t
background /tmp/io io $t 'w 8 8 byte=14'
eventually 'new I/O waits, too' process_state_is "$pid" D
dmsetup resume t
succeeds 'and meets the next table' bd_msg t wait_break A

# A dozen, in a stack: the device above stays as it is.
dmsetup create top --table "0 32768 linear $t 0"
bd_msg t resume A
eventually 'it goes on' file_is /tmp/io ok
background /tmp/fio fio --name=dozen --filename=/dev/mapper/top --size=48k --bs=4k --rw=write \
	--ioengine=libaio --direct=1 --iodepth=12 --verify=crc32c --minimal
wait_until bd_status_is t held 12
bd_load t "$dev"
dmsetup suspend --noflush t
dmsetup resume t
wait "$pid"
is $? 0 'a dozen held writes of a device above arrive, each with its data'
dmsetup remove top

done_testing
