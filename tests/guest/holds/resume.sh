# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # functions called by asserts
# The messages about breakpoints: break, remove_break, resume, wait_break,
# is_suspended and held, and what other messages do to held requests.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module brd
ram_disk
bd_create t "$dev"
t=/dev/mapper/t

# break
succeeds 'break answers' bd_msg t break write_aio A
is "$out" 1 'with the number'
succeeds 'break takes keys' bd_msg t break pwritev A2 once=off sector=100-107,200 iotype=write
is "$out" 2 'and numbers go on'
is "$(rule_line t 2)" \
	'2 0 - suspend event=pwritev sector=100-107,200 iotype=write tag=A2 once=off' \
	'break is an add of suspend'
before=$(bd_msg t list)
fails_with ENOENT 'break of an unknown event' bd_msg t break no_such_event A
fails_with EINVAL 'break of a bad tag' bd_msg t break write_aio 1A
fails_with EINVAL 'break with an unknown key' bd_msg t break write_aio A3 colour=red
fails_with EINVAL 'break with a key of inject-error' bd_msg t break write_aio A3 errno=EIO
fails_with EINVAL 'break with the tag twice' bd_msg t break write_aio A3 tag=A4
fails_with EINVAL 'break with another rule behind' \
	bd_msg t break write_aio A3 inject-error errno=EIO
fails_with EINVAL 'break without a tag' bd_msg t break write_aio
fails_with EINVAL 'break alone' bd_msg t break
is "$(bd_msg t list)" "$before" 'and nothing has changed'

# held, is_suspended, wait_break
bd_msg t replace suspend event=write_aio tag=A suspend event=read_aio tag=A
is "$(bd_msg t held)" '' 'held: nothing'
is "$(bd_msg t is_suspended A)" 0 'is_suspended: 0'
is "$(bd_msg t is_suspended never_heard_of)" 0 'also for a tag nobody bears'
fails_with ETIMEDOUT 'wait_break gives up' bd_msg t wait_break A 30
fails_with ETIMEDOUT 'also on a tag nobody bears' bd_msg t wait_break never_heard_of 0
background /tmp/wait bd_msg t wait_break A
hold t 1 /tmp/io 'w 8 8'
eventually 'wait_break wakes' file_like /tmp/wait '^1 A 3 write_aio write sync 8 8 [0-9]+$'
like "$(bd_msg t held)" '^1 A 3 write_aio write sync 8 8 [0-9]+$' 'and its answer is as in held'
is "$(bd_msg t is_suspended A)" 1 'is_suspended: 1'
succeeds 'wait_break is content with what is held' bd_msg t wait_break A 0
like "$out" '^1 A 3 ' 'and answers with it'
older_than() {
	local line

	line=$(bd_msg t held)
	((${line##* } > $1))
}
eventually 'the time held grows' older_than "${out##* }"

for sleep in 'wait_break B' 'wait_hits A 100'; do
	background /tmp/wait dmsetup message t 0 "$sleep"
	wait_until process_state_is "$pid" D
	kill "$pid"
	eventually "$sleep can be killed" process_ended "$pid"
done

# resume
fails_with ENOENT 'resume of another tag' bd_msg t resume B
fails_with ENOENT 'resume of all of another tag' bd_msg t resume B all
fails_with ENOENT 'resume of no hold' bd_msg t resume '#2'
fails_with EINVAL 'resume of hold 0' bd_msg t resume '#0'
fails_with EINVAL 'resume of no number' bd_msg t resume '#'
fails_with EINVAL 'resume of what is no number' bd_msg t resume '#1x'
fails_with EINVAL 'resume of what is no tag' bd_msg t resume 1
fails_with EINVAL 'resume with a strange word' bd_msg t resume A some
fails_with EINVAL 'resume with a word twice' bd_msg t resume A all all
fails_with EINVAL 'resume with two errnos' bd_msg t resume A errno=EIO errno=EIO
fails_with EINVAL 'resume with no errno' bd_msg t resume A errno=
for e in EREMCHG EAGAIN EXDEV 4096 -5 eio; do
	fails_with EINVAL "resume with errno=$e" bd_msg t resume A errno=$e
done
fails_with EINVAL 'resume alone' bd_msg t resume
is "$(bd_msg t is_suspended A)$(< /tmp/io)" 1 'and all that leaves the request alone'
succeeds 'resume' bd_msg t resume A
is "$out" '' 'has no answer'
eventually 'and the request goes on' file_is /tmp/io ok
fails_with ENOENT 'nothing is left to resume' bd_msg t resume A

# resume with an errno
# failed_by ERRNO WORD...: a write that two tags hold fails when it is resumed so
failed_by() {
	bd_msg t replace suspend event=write_aio tag=A suspend event=write_aio tag=B \
		inject-error errno=ENODATA suspend event=pwritev tag=C
	hold t 2 /tmp/io 'w 0 8 byte=77'
	succeeds "resume ${*:2}" bd_msg t resume "${@:2}"
	eventually "gives $1" file_is /tmp/io "$1"
	is "$(bd_status t held)" 0 'and ends all holds of the request'
}
io_write t 0 8
failed_by ENOSPC A errno=ENOSPC
is "$(io_read "$dev" 0 8 byte=0)" ok 'nothing has been written'
failed_by EILSEQ B errno=84
failed_by EIO A all errno=EIO
failed_by EIO A errno=EIO all
failed_by ok B errno=0
bd_msg t replace suspend event=write_aio tag=A once=off
for i in 1 2 3; do hold t $i /tmp/io.$i "w $((8 * i)) 8"; done
number=$(bd_msg t held)
number=${number%% *}
bd_msg t resume "#$number" errno=ENOLINK
eventually 'an errno for a certain hold' file_is /tmp/io.1 ENOLINK
is "$(bd_status t held)" 2 'is for that only'
bd_msg t resume A all errno=ENOSPC
for i in 2 3; do eventually "an errno for all: $i" file_is /tmp/io.$i ENOSPC; done

bd_msg t replace suspend event=pwritev_done tag=D once=off suspend event=flush_done tag=D \
	suspend event=pwritev_done tag=E sector=0
hold t 2 /tmp/io 'w 0 8 byte=66'
bd_msg t resume D errno=ETIMEDOUT
eventually 'a write held at its completion fails' file_is /tmp/io ETIMEDOUT
is "$(io_read "$dev" 0 8 byte=66)" ok 'though it is on the disk'
hold t 1 /tmp/io f
bd_msg t resume D errno=EIO
eventually 'so does a flush' file_is /tmp/io EIO
bd_msg t add inject-error errno=ENOSPC
hold t 1 /tmp/io 'w 8 8'
bd_msg t resume D errno=0
eventually 'errno=0 does not heal what has failed before' file_is /tmp/io ENOSPC

# remove_break
bd_msg t replace suspend event=write_aio tag=A once=off suspend event=read_aio tag=A \
	inject-error tag=A sector=800 suspend event=write_aio tag=B sector=8
hold t 1 /tmp/io.1 'w 0 8'
hold t 3 /tmp/io.2 'w 8 8'
succeeds 'remove_break' bd_msg t remove_break A
eventually 'resumes what its tag holds' file_is /tmp/io.1 ok
is "$(bd_msg t is_suspended A) $(< /tmp/io.2)" '0 ' 'but not what another tag holds, too'
rules=$(bd_msg t list)
unlike "$rules" 'suspend[^'$'\n'']*tag=A' 'removes all breakpoints with the tag'
like "$rules" 'inject-error[^'$'\n'']*tag=A' 'but no fault'
fails_with ENOENT 'a fault is no breakpoint' bd_msg t remove_break A
bd_msg t remove_break B
eventually 'remove_break lets go what a used-up breakpoint holds' file_is /tmp/io.2 ok
fails_with ENOENT 'a used-up breakpoint is not there' bd_msg t remove_break B
fails_with ENOENT 'no tag, no breakpoint' bd_msg t remove_break never_heard_of
fails_with EINVAL 'remove_break takes a tag' bd_msg t remove_break 1
fails_with EINVAL 'one tag' bd_msg t remove_break A B
fails_with EINVAL 'not none' bd_msg t remove_break
is "$(ios $t 'w 0 8' 'r 0 8')" 'ok ok' 'nothing is caught any more'

# What a breakpoint holds stays held without it.
# stays_held COMMAND...
stays_held() {
	bd_msg t replace suspend event=write_aio tag=A once=off
	hold t 1 /tmp/io 'w 0 8'
	succeeds "${*:3}" "$@"
	like "$(held t) $(< /tmp/io)" ' A .* write_aio write sync 0 8 $' 'a held request stays held'
	succeeds 'it can be resumed' bd_msg t resume A
	eventually 'and goes on' file_is /tmp/io ok
}
stays_held bd_msg t clear
stays_held bd_msg t remove A
stays_held bd_msg t replace inject-error sector=800
fails_with ENOENT 'the breakpoint is gone' bd_msg t remove_break A

# reset
bd_msg t state 5
bd_msg t replace suspend event=write_aio tag=A once=off suspend event=write_aio tag=B \
	suspend event=user.x tag=B inject-error event=write_aio
hold t 2 /tmp/io.1 'w 0 8'
hold t 3 /tmp/io.2 'w 8 8'
hold_event t 4 /tmp/event user.x
succeeds 'reset' bd_msg t reset
for file in /tmp/io.1 /tmp/io.2 /tmp/event; do
	eventually "resumes what is held: $file" file_is $file ok
done
like "$(dmsetup status t)" ' state=1 rules=0 armed=0 held=0 injected=0 ' \
	'no rules, nothing armed or held, the start state, no errors counted'
is "$(bd_msg t list)" '' 'the list is empty'
unlike "$(bd_msg t stats)" '=[1-9]' 'all counters are zero'
dmsetup remove t
bd_create t "$dev" state=3
bd_msg t state 4
bd_msg t reset
is "$(bd_msg t state)" 3 'the start state is that of the table'

# --- Polling ---

dmesg_mark
for ((i = 0; i < 1000; i++)); do echo 'message resume nosuch'; done > /tmp/ops
is "$(io $t - < /tmp/ops | sort | uniq -c | sed 's/^ *//')" '1000 ENOENT' \
	'resume fails with ENOENT as often as nothing is held'
lines=$(dmesg_since | grep -c 'device-mapper: blkdebug') || true
if ((lines < 20)); then
	ok 'resume: a thousand failures leave few lines in the kernel log'
else
	not_ok 'resume: a thousand failures leave few lines in the kernel log' "$lines lines"
fi

done_testing
