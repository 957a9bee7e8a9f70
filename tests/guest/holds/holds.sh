# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Breakpoints hold requests: at which events, under which tags, and what comes after.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module loop
loop_disk 16
bd_create t "$dev"
t=/dev/mapper/t
nr=0
read_flags=$(read_flags "$dev")

# holds_at EVENT OP EXPECTED: the op is held there, as the words of "held" say, and goes on
holds_at() {
	succeeds "break $1" bd_msg t break "$1" A
	is "$out" $((++nr)) "break $1 answers with the number"
	hold t 1 /tmp/io "$2"
	is "$(held t)" "$nr A $nr $1 $3" "'$2' is held at $1"
	is "$(< /tmp/io)" '' "and has not completed"
	bd_msg t resume A
	eventually "'$2' goes on from $1" file_is /tmp/io ok
	is "$(held t)" '' 'and nothing is held'
}

holds_at read_aio 'r 8 16' "read $read_flags 8 16"
holds_at read_done 'r 8 16' "read $read_flags 8 16"
holds_at write_aio 'w 16 8' 'write sync 16 8'
holds_at pwritev 'w 16 8 fua' 'write fua,sync 16 8'
holds_at pwritev_done 'w 16 8' 'write sync 16 8'
holds_at pwritev_zero 'z 32 8' 'write-zeroes sync 32 8'
holds_at pwritev_done 'z 32 8' 'write-zeroes sync 32 8'
holds_at discard 'd 64 8' 'discard sync 64 8'
holds_at discard_done 'd 64 8' 'discard sync 64 8'
for event in flush_to_os flush_to_disk flush_done; do
	holds_at $event f 'flush sync 0 0'
done

# Before the check nothing has been written, at completion all has.
bd_msg t replace suspend event=pwritev tag=A suspend event=pwritev_done tag=B
hold t 1 /tmp/io 'w 0 8 byte=5a'
is "$(io_read "$dev" 0 8 byte=5a)" differs 'a write held before its check is not on the disk'
bd_msg t resume A
succeeds 'it is held again as it completes' bd_msg t wait_break B
is "$(io_read "$dev" 0 8 byte=5a)" ok 'a write held at its completion is'
is "$(< /tmp/io)" '' 'and is not acknowledged'
bd_msg t resume B
eventually 'until it is resumed' file_is /tmp/io ok

# One after the other.
bd_msg t replace suspend event=write_aio tag=A suspend event=pwritev tag=B once=off
first=$(bd_msg t list)
first=${first%% *}
hold t 1 /tmp/io 'w 0 8'
like "$(rule_line t $((first + 1)))" '^[0-9]+ 0 - ' 'the next event waits for the resume'
bd_msg t resume A
succeeds 'and is raised then' bd_msg t wait_break B
bd_msg t resume B
eventually 'and the request goes on' file_is /tmp/io ok
like "$(rule_line t "$first")" '^[0-9]+ 1 used ' 'a breakpoint is used up by one request'
hold t 1 /tmp/io 'w 0 8'
like "$(held t)" ' B ' 'the next request does not meet it, but one with once=off'
bd_msg t resume B
eventually 'which holds as often as it is hit' file_is /tmp/io ok

# All at once.
bd_msg t replace suspend event=read_aio tag=A suspend event=read_aio tag=B \
	suspend event=read_aio tag=A
hold t 3 /tmp/io 'r 0 8'
like "$(held t)" ' A .* B .* A ' 'one request is held by all the breakpoints it hits'
bd_msg t resume B
is "$(bd_msg t is_suspended B) $(bd_status t held)" '0 2' 'each is resumed by itself'
bd_msg t resume A
is "$(bd_msg t is_suspended A) $(bd_status t held)" '1 1' 'a tag that holds twice is resumed twice'
is "$(< /tmp/io)" '' 'and the request waits for the last'
bd_msg t resume A
eventually 'and then goes on' file_is /tmp/io ok

# The request must match, too.
bd_msg t replace suspend event=write_aio tag=A sector=100-107 flags=fua once=off \
	suspend event=pwritev_done tag=B iotype=write-zeroes
is "$(ios $t 'w 100 8' 'w 92 8 fua' 'w 108 8 fua')" 'ok ok ok' \
	'what a breakpoint does not name goes by'
hold t 1 /tmp/io 'w 99 2 fua'
like "$(held t)" ' A ' 'what it names does not'
bd_msg t resume A
eventually 'until resumed' file_is /tmp/io ok
hold t 1 /tmp/io 'z 0 8'
like "$(held t)" ' B ' 'likewise by iotype at a completion'
bd_msg t resume B
eventually 'and resumed' file_is /tmp/io ok

# Standing breakpoints.
bd_msg t replace suspend tag=S iotype=read state=1 suspend tag=S iotype=flush
hold t 1 /tmp/io 'r 0 8'
like "$(held t)" "^[0-9]+ S [0-9]+ - read $read_flags 0 8\$" 'a standing breakpoint has no event'
bd_msg t add suspend tag=S2 once=off
bd_msg t resume S
eventually 'after a resume standing breakpoints are not tried again' file_is /tmp/io ok
hold t 2 /tmp/io f
like "$(held t)" ' S .* flush .* S2 ' 'they hold flushes, too'
bd_msg t resume S
bd_msg t resume S2
eventually 'which go on' file_is /tmp/io ok

# Events come before the check, with a hold between them.
bd_msg t replace suspend event=pwritev tag=A suspend tag=S
hold t 1 /tmp/io 'w 0 8'
like "$(held t)" ' A ' 'a request is held at its event'
bd_msg t resume A
succeeds 'and then at its check' bd_msg t wait_break S
bd_msg t resume S
eventually 'and goes on' file_is /tmp/io ok

# Standing rules see the state as it is at the check.
bd_msg t state 1
bd_msg t replace suspend event=read_aio tag=A suspend tag=S state=2
hold t 1 /tmp/io 'r 0 8'
bd_msg t state 2
bd_msg t resume A
succeeds 'a change of state while held counts at the check' bd_msg t wait_break S
bd_msg t resume S
eventually 'and the request goes on' file_is /tmp/io ok

bd_msg t state 1
bd_msg t replace set-state state=1 new_state=2 suspend tag=S state=1
hold t 1 /tmp/io 'r 0 8'
is "$(bd_msg t state)" 2 'a standing set-state acts before the hold'
bd_msg t add set-state state=2 new_state=3
bd_msg t resume S
eventually 'the request goes on' file_is /tmp/io ok
is "$(bd_msg t state)" 2 'after a resume standing set-state rules are not tried again'

# Of an event, too, the state is new before the hold begins.
bd_msg t state 1
bd_msg t replace suspend event=read_aio tag=A set-state event=read_aio new_state=4
hold t 1 /tmp/io 'r 0 8'
is "$(bd_msg t state)" 4 'an event is processed before its hold begins'
bd_msg t resume A
eventually 'and not once more after it' file_is /tmp/io ok
like "$(bd_msg t list)" ' 1 - set-state ' 'so set-state has one hit'

# Faults are tried after the last resume.
bd_msg t replace suspend event=pwritev tag=A once=off \
	inject-error event=user.arm iotype=write errno=ENOSPC
hold t 1 /tmp/io 'w 0 8'
bd_msg t event user.arm
bd_msg t resume A
eventually 'a fault armed while a request is held fails it' file_is /tmp/io ENOSPC
hold t 1 /tmp/io 'w 0 8'
bd_msg t clear
bd_msg t resume A
eventually 'a fault removed meanwhile does not' file_is /tmp/io ok
bd_msg t break read_aio A
hold t 1 /tmp/io 'r 0 8'
bd_msg t add inject-error errno=ENODATA
bd_msg t resume A
eventually 'a standing fault that came meanwhile does' file_is /tmp/io ENODATA

# A completion event is for failed requests, too.
bd_msg t add suspend event=read_done tag=D
hold t 1 /tmp/io 'r 0 8'
like "$(held t)" ' D [0-9]+ read_done read ' 'a failed request is held at its completion'
bd_msg t resume D
eventually 'and fails when resumed' file_is /tmp/io ENODATA

# A rule that comes while the request is held is in time.
bd_msg t replace suspend event=read_aio tag=A
hold t 1 /tmp/io 'r 0 8'
bd_msg t break read_done D
bd_msg t resume A
succeeds 'a rule that names the completion event in time' bd_msg t wait_break D
bd_msg t resume D
eventually 'and then it is done' file_is /tmp/io ok

# One held request hinders nobody.
bd_msg t replace suspend event=write_aio tag=A sector=0
hold t 1 /tmp/io 'w 0 8'
eventually 'the submitter of a held write waits in state D' process_state_is "$pid" D
is "$(ios $t 'w 8 8 byte=11' 'r 8 8 byte=11' f 'd 64 8')" 'ok ok ok ok' 'while other I/O goes on'
like "$(bd_status t held) $(dmsetup table t)" '^1 .*blkdebug ' 'and status and table answer'
bd_msg t resume A
eventually 'the held write goes on' file_is /tmp/io ok

# Completions in a hard interrupt.
if null_disk 16 irqmode=2; then
	bd_create n "$dev"
	bd_msg n replace suspend event=read_done tag=A suspend event=pwritev_done tag=A \
		set-state event=pwritev_done new_state=2
	hold n 1 /tmp/io 'r 0 8' 'w 0 8'
	bd_msg n resume A
	wait_until bd_status_is n state 2
	like "$(held n)" '^2 A 2 pwritev_done write ' 'requests are held that complete in an interrupt'
	bd_msg n resume A
	eventually 'and go on' file_is /tmp/io $'ok\nok'
else
	skip 'needs null_blk' 2
fi

done_testing
