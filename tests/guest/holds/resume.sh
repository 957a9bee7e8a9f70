# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # functions called by asserts
# The messages break, remove_break, resume, wait_break, is_suspended and held,
# and other messages in the presence of held bios.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

bd_setup ram_disk

# break
succeeds 'break succeeds' bd_msg bd break write_aio A
is "$out" 1 "break answers with the rule's number"
succeeds 'break with keys succeeds' bd_msg bd break pwritev A2 once=off sector=100-107,200 iotype=write
is "$out" 2 'break answers with the next number'
is "$(rule_line bd 2)" \
	'2 0 - suspend event=pwritev sector=100-107,200 iotype=write tag=A2 once=off' \
	'break adds a suspend rule'
before=$(bd_msg bd list)
fails_with ENOENT 'break on an unknown event fails' bd_msg bd break no_such_event A
fails_with EINVAL 'break with an invalid tag fails' bd_msg bd break write_aio 1A
fails_with EINVAL 'break with an unknown key fails' bd_msg bd break write_aio A3 colour=red
fails_with EINVAL 'break with a key of inject-error fails' bd_msg bd break write_aio A3 errno=EIO
fails_with EINVAL 'break with tag= as a key fails' bd_msg bd break write_aio A3 tag=A4
fails_with EINVAL 'break followed by another rule fails' \
	bd_msg bd break write_aio A3 inject-error errno=EIO
fails_with EINVAL 'break without a tag fails' bd_msg bd break write_aio
fails_with EINVAL 'break without an event fails' bd_msg bd break
is "$(bd_msg bd list)" "$before" 'failed break messages leave the rules unchanged'

# held, is_suspended, wait_break
bd_msg bd replace suspend event=write_aio tag=A suspend event=read_aio tag=A
is "$(bd_msg bd held)" '' 'held answers nothing if nothing is held'
is "$(bd_msg bd is_suspended A)" 0 'is_suspended answers 0 if nothing is held'
is "$(bd_msg bd is_suspended never_heard_of)" 0 'is_suspended answers 0 for an unknown tag'
fails_with ETIMEDOUT 'wait_break times out' bd_msg bd wait_break A 30
fails_with ETIMEDOUT 'wait_break on an unknown tag times out' bd_msg bd wait_break never_heard_of 0
background /tmp/wait bd_msg bd wait_break A
hold bd 1 /tmp/io 'w 8 8'
eventually 'wait_break returns when a bio is held' file_like /tmp/wait '^1 A 3 write_aio write sync 8 8 [0-9]+$'
like "$(bd_msg bd held)" '^1 A 3 write_aio write sync 8 8 [0-9]+$' 'held and wait_break show the same line'
is "$(bd_msg bd is_suspended A)" 1 'is_suspended answers 1 for a held tag'
succeeds 'wait_break returns at once if the tag is held' bd_msg bd wait_break A 0
like "$out" '^1 A 3 ' 'wait_break answers with the present hold'
older_than() {
	local line

	line=$(bd_msg bd held)
	((${line##* } > $1))
}
eventually 'the time in held grows' older_than "${out##* }"

for sleep in 'wait_break B' 'wait_hits A 100'; do
	background /tmp/wait dmsetup message bd 0 "$sleep"
	wait_until process_state_is "$pid" D
	kill "$pid"
	eventually "a sleeping $sleep can be killed" process_ended "$pid"
done

# resume
fails_with ENOENT 'resume of a tag without holds fails' bd_msg bd resume B
fails_with ENOENT 'resume all of a tag without holds fails' bd_msg bd resume B all
fails_with ENOENT 'resume of an unused hold number fails' bd_msg bd resume '#2'
fails_with EINVAL 'resume of hold number 0 fails' bd_msg bd resume '#0'
fails_with EINVAL 'resume of an empty hold number fails' bd_msg bd resume '#'
fails_with EINVAL 'resume of an invalid hold number fails' bd_msg bd resume '#1x'
fails_with EINVAL 'resume of an invalid tag fails' bd_msg bd resume 1
fails_with EINVAL 'resume with an unknown word fails' bd_msg bd resume A some
fails_with EINVAL 'resume with a word given twice fails' bd_msg bd resume A all all
fails_with EINVAL 'resume with two errnos fails' bd_msg bd resume A errno=EIO errno=EIO
fails_with EINVAL 'resume with an empty errno fails' bd_msg bd resume A errno=
for e in EREMCHG EAGAIN EXDEV 4096 -5 eio; do
	fails_with EINVAL "resume with errno=$e fails" bd_msg bd resume A errno=$e
done
fails_with EINVAL 'resume without a tag fails' bd_msg bd resume
is "$(bd_msg bd is_suspended A)$(< /tmp/io)" 1 'failed resumes leave the bio held'
succeeds 'resume of a held tag succeeds' bd_msg bd resume A
is "$out" '' 'resume has no answer'
eventually 'a bio completes after its resume' file_is /tmp/io ok
fails_with ENOENT 'a second resume of the same hold fails' bd_msg bd resume A

# resume with an errno
# failed_by ERRNO WORD...: a write held by two tags, resumed with these words,
# ends with ERRNO
failed_by() {
	bd_msg bd replace suspend event=write_aio tag=A suspend event=write_aio tag=B \
		inject-error errno=ENODATA suspend event=pwritev tag=C
	hold bd 2 /tmp/io 'w 0 8 byte=77'
	succeeds "resume ${*:2} succeeds" bd_msg bd resume "${@:2}"
	eventually "a write resumed by ${*:2} ends with $1" file_is /tmp/io "$1"
	is "$(bd_status bd held)" 0 "resume ${*:2} ends all holds of the bio"
}
io_write bd 0 8
failed_by ENOSPC A errno=ENOSPC
is "$(io_read "$dev" 0 8 byte=0)" ok 'a write resumed with an errno is not on the disk'
failed_by EILSEQ B errno=84
failed_by EIO A all errno=EIO
failed_by EIO A errno=EIO all
failed_by ok B errno=0
bd_msg bd replace suspend event=write_aio tag=A once=off
for i in 1 2 3; do hold bd $i /tmp/io.$i "w $((8 * i)) 8"; done
number=$(bd_msg bd held)
number=${number%% *}
bd_msg bd resume "#$number" errno=ENOLINK
eventually 'resume by number with an errno fails that bio' file_is /tmp/io.1 ENOLINK
is "$(bd_status bd held)" 2 'resume by number with an errno leaves the other holds'
bd_msg bd resume A all errno=ENOSPC
for i in 2 3; do eventually "resume all with an errno fails bio $i" file_is /tmp/io.$i ENOSPC; done

bd_msg bd replace suspend event=pwritev_done tag=D once=off suspend event=flush_done tag=D \
	suspend event=pwritev_done tag=E sector=0
hold bd 2 /tmp/io 'w 0 8 byte=66'
bd_msg bd resume D errno=ETIMEDOUT
eventually 'a write held at its completion fails with the errno of its resume' file_is /tmp/io ETIMEDOUT
is "$(io_read "$dev" 0 8 byte=66)" ok 'a write failed at its completion is on the disk'
hold bd 1 /tmp/io f
bd_msg bd resume D errno=EIO
eventually 'a flush held at its completion fails with the errno of its resume' file_is /tmp/io EIO
bd_msg bd add inject-error errno=ENOSPC
hold bd 1 /tmp/io 'w 8 8'
bd_msg bd resume D errno=0
eventually 'resume with errno=0 does not clear the error of a failed bio' file_is /tmp/io ENOSPC

# remove_break
bd_msg bd replace suspend event=write_aio tag=A once=off suspend event=read_aio tag=A \
	inject-error tag=A sector=800 suspend event=write_aio tag=B sector=8
hold bd 1 /tmp/io.1 'w 0 8'
hold bd 3 /tmp/io.2 'w 8 8'
succeeds 'remove_break succeeds' bd_msg bd remove_break A
eventually 'remove_break resumes the holds of its tag' file_is /tmp/io.1 ok
is "$(bd_msg bd is_suspended A) $(< /tmp/io.2)" '0 ' 'remove_break leaves a bio held under another tag'
rules=$(bd_msg bd list)
unlike "$rules" 'suspend[^'$'\n'']*tag=A' 'remove_break removes all breakpoints with the tag'
like "$rules" 'inject-error[^'$'\n'']*tag=A' 'remove_break leaves a fault with the tag'
fails_with ENOENT 'remove_break of a tag that only a fault has fails' bd_msg bd remove_break A
bd_msg bd remove_break B
eventually 'remove_break resumes the holds of a used-up breakpoint' file_is /tmp/io.2 ok
fails_with ENOENT 'remove_break of a used-up breakpoint without holds fails' bd_msg bd remove_break B
fails_with ENOENT 'remove_break of an unknown tag fails' bd_msg bd remove_break never_heard_of
fails_with EINVAL 'remove_break with a number fails' bd_msg bd remove_break 1
fails_with EINVAL 'remove_break with two tags fails' bd_msg bd remove_break A B
fails_with EINVAL 'remove_break without a tag fails' bd_msg bd remove_break
is "$(ios $bd 'w 0 8' 'r 0 8')" 'ok ok' 'I/O passes after all breakpoints are removed'

# Messages that remove rules keep bios held.
# stays_held COMMAND...: a held bio stays held after the message
stays_held() {
	bd_msg bd replace suspend event=write_aio tag=A once=off
	hold bd 1 /tmp/io 'w 0 8'
	succeeds "message ${*:3} succeeds while a bio is held" "$@"
	like "$(held bd) $(< /tmp/io)" ' A .* write_aio write sync 0 8 $' "a bio stays held after ${*:3}"
	succeeds "a bio can be resumed after ${*:3}" bd_msg bd resume A
	eventually "a bio resumed after ${*:3} completes" file_is /tmp/io ok
}
stays_held bd_msg bd clear
stays_held bd_msg bd remove A
stays_held bd_msg bd replace inject-error sector=800
fails_with ENOENT 'remove_break after replace fails' bd_msg bd remove_break A

# reset
bd_msg bd state 5
bd_msg bd replace suspend event=write_aio tag=A once=off suspend event=write_aio tag=B \
	suspend event=user.x tag=B inject-error event=write_aio
hold bd 2 /tmp/io.1 'w 0 8'
hold bd 3 /tmp/io.2 'w 8 8'
hold_event bd 4 /tmp/event user.x
succeeds 'reset succeeds while bios are held' bd_msg bd reset
for file in /tmp/io.1 /tmp/io.2 /tmp/event; do
	eventually "reset resumes the holds: $file" file_is $file ok
done
like "$(dmsetup status bd)" ' state=1 rules=0 armed=0 held=0 injected=0 ' \
	'reset leaves no rules, nothing armed or held, the start state and no injected errors'
is "$(bd_msg bd list)" '' 'list is empty after reset'
unlike "$(bd_msg bd stats)" '=[1-9]' 'all counters are zero after reset'
dmsetup remove bd
bd_create bd "$dev" state=3
bd_msg bd state 4
bd_msg bd reset
is "$(bd_msg bd state)" 3 'reset restores the start state of the table'

# --- Polling by resume ---

dmesg_mark
for ((i = 0; i < 1000; i++)); do echo 'message resume nosuch'; done > /tmp/ops
is "$(io $bd - < /tmp/ops | sort | uniq -c | sed 's/^ *//')" '1000 ENOENT' \
	'each of a thousand resumes without a hold fails with ENOENT'
lines=$(dmesg_since | grep -c 'device-mapper: blkdebug') || true
if ((lines < 20)); then
	ok 'a thousand failed resumes log few lines'
else
	not_ok 'a thousand failed resumes log few lines' "$lines lines"
fi

done_testing
