# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # functions called by asserts
# The directory in sysfs: its files, who may use them, and when it is there.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module brd
ram_disk
bd_create t "$dev"
t=/dev/mapper/t
dir=$(bd_sysfs t)

is "$(cd "$dir" && stat -c '%a %U %n' -- *)" '200 root break
200 root event
400 root held
400 root injected
200 root remove_break
200 root resume
600 root state' 'the files, their modes and their owner'

# state
is "$(< "$dir/state")" 1 'state is read'
succeeds 'state is written' put "$dir/state" 17
is "$(< "$dir/state") $(bd_msg t state)" '17 17' 'and that is the state'
bd_msg t state 18 > /tmp/null
is "$(< "$dir/state")" 18 'a message changes it, too'
fails_with EINVAL 'a state is a number' put "$dir/state" two
fails_with EINVAL 'one number' put "$dir/state" 1 2
fails_with EINVAL 'not too large a one' put "$dir/state" 99999999999999999999
is "$(< "$dir/state")" 18 'else it stays what it was'

# break, held, resume
succeeds 'break is written' put "$dir/break" write_aio A once=off sector=0-15
is "$(bd_msg t list)" '1 0 - suspend event=write_aio sector=0-15 tag=A once=off' 'as the message'
succeeds 'words may be apart' put "$dir/break" $' read_aio \t B '
fails_with ENOENT 'break knows no such event' put "$dir/break" no_such_event C
fails_with EINVAL 'break wants a tag' put "$dir/break" write_aio
fails_with EINVAL 'break knows no such key' put "$dir/break" write_aio C errno=EIO
fails_with EINVAL 'break wants words' put "$dir/break" ''
is "$(bd_msg t list | wc -l)" 2 'what fails sets no breakpoint'
is "$(< "$dir/held")" '' 'held: nothing'
hold t 1 /tmp/io.1 'w 0 8'
hold t 2 /tmp/io.2 'r 8 8'
hold t 3 /tmp/io.3 'w 8 8'
is "$(< "$dir/held")" $'A\nB\nA' 'held: a tag a line'
fails_with ENOENT 'resume of what is not held' put "$dir/resume" C
fails_with EINVAL 'resume with a strange word' put "$dir/resume" A now
fails_with EINVAL 'resume of nothing' put "$dir/resume" ''
succeeds 'resume' put "$dir/resume" A
eventually 'the last one with the tag goes on' file_is /tmp/io.3 ok
succeeds 'resume by number, with an errno' put "$dir/resume" '#1' errno=ENOSPC
eventually 'that one gets the errno' file_is /tmp/io.1 ENOSPC
succeeds 'resume all' put "$dir/resume" B all
eventually 'the read goes on' file_is /tmp/io.2 ok
is "$(< "$dir/held")" '' 'nothing is held any more'

# remove_break
hold t 1 /tmp/io.1 'w 0 8'
succeeds 'remove_break' put "$dir/remove_break" A
eventually 'resumes what its tag holds' file_is /tmp/io.1 ok
fails_with ENOENT 'remove_break of none' put "$dir/remove_break" A
fails_with EINVAL 'remove_break of no tag' put "$dir/remove_break" 1
is "$(bd_msg t list | wc -l)" 1 'the breakpoint is gone'

# event; that its caller may sleep is in raise.sh
bd_msg t replace set-state event=user.go new_state=5 > /tmp/null
succeeds 'event is written' put "$dir/event" user.go
is "$(< "$dir/state")" 5 'and raised'
fails_with ENOENT 'event knows no such event' put "$dir/event" go
fails_with EINVAL 'event wants a number of milliseconds' put "$dir/event" user.go soon
fails_with EINVAL 'event wants a name' put "$dir/event" ''

# injected
bd_msg t reset
is "$(< "$dir/injected")" 0 'injected: none'
bd_msg t replace inject-error iotype=read errno=EILSEQ inject-error iotype=flush errno=0 > /tmp/null
ios $t 'r 0 8' 'r 0 8' f 'w 0 8' > /tmp/null
is "$(< "$dir/injected") $(bd_status t injected)" '2 2' 'injected: as in the status'

# Nobody else.
fails_with EACCES 'event cannot be read' cat "$dir/event"
fails_with EACCES 'held cannot be written' put "$dir/held" A
as_nobody() { setpriv --reuid=nobody --regid=65534 --clear-groups "$@"; }
for file in state held injected; do
	fails_with EACCES "others may not read $file" as_nobody cat "$dir/$file"
done
for file in state event break remove_break resume; do
	fails_with EACCES "others may not write $file" as_nobody bash -c "echo 2 > $dir/$file"
done
is "$(< "$dir/state")" 1 'so nothing has changed'

# As many lines as fit a page, each whole.
tag=$(printf 'x%.0s' {1..60})
rules=''
for i in {100..199}; do rules+=" suspend event=user.x tag=$tag$i"; done
bd_msg t replace "$rules" > /tmp/null
hold_event t 100 /tmp/event user.x
mapfile -t lines < "$dir/held"
like "${#lines[@]}" '^6[34]$' 'held has as many lines as fit a page'
is "${lines[*]##"$tag"1??}" "${lines[*]/*/}" 'each a whole tag'
is "$(bd_msg t held | wc -l)" 100 'the message has them all'
bd_msg t reset

# features needs no device.
is "$(bd_msg t features)" "$(< /sys/module/dm_blkdebug/parameters/features)" \
	'features, a parameter of the module, says what the message says'

# It follows the live table.
bd_load t "$dev" state=7
is "$(< "$dir/state")" 1 'a table that is loaded does not show'
dmsetup resume t
is "$(< "$dir/state")" 7 'until it is live'
dmsetup suspend t
dmsetup resume t
is "$(< "$dir/state")" 7 'suspend and resume leave the directory'
dmsetup suspend --noflush t
dmsetup load t --table "0 64 linear $dev 0"
dmsetup resume t
succeeds 'a table without blkdebug has none' is_gone "$dir"
dmsetup load t --table "0 64 blkdebug $dev 0 state=2
64 64 linear $dev 64
128 64 blkdebug $dev 1024 state=3"
succeeds 'nor has one that is only loaded' is_gone "$dir"
dmsetup resume t
other=$(bd_sysfs t 128)
is "$(< "$dir/state") $(< "$other/state")" '2 3' 'each target of a table has one'
put "$other/break" read_aio B
hold t 0 /tmp/io 'r 0 8' 'r 64 8' 'r 128 8'
wait_until file_is "$other/held" B
is "$(< /tmp/io) $(< "$dir/held")" $'ok\nok ' 'with what is held there'
is "$(dmsetup message t 130 held | cut -d ' ' -f 2-8)" "B 1 read_aio read $(read_flags "$dev") 0 8" \
	'a message goes to the target of its sector; sectors count from its start'
put "$other/resume" B
eventually 'and resumed there' file_is /tmp/io $'ok\nok\nok'
put "$dir/state" 5
is "$(< "$other/state")" 3 'each target has a state of its own'
exec {file}< "$dir/state"
dmsetup remove t
succeeds 'no directory without a device' is_gone "$dir"
fails_with ENODEV 'who has a file open is told' cat <&"$file"
exec {file}<&-

# A neighbour that cannot be resumed yet: a snapshot whose store is in use elsewhere.
if has_module dm-snapshot; then
	ram_disk
	origin=$dev
	ram_disk
	dmsetup create snapshot --table "0 2048 snapshot $origin $dev N 8"
	table="0 64 blkdebug $origin 4096 state=6
64 2048 snapshot $origin $dev N 8"
	dmsetup create -n t
	dmsetup load t --table "$table"
	fails_with EINVAL 'a resume that fails at another target' dmsetup resume t
	succeeds 'leaves a device that can be removed' dmsetup remove t
	dmsetup create -n t
	dmsetup load t --table "$table"
	fails_with EINVAL 'or tried again' dmsetup resume t
	fails_with EINVAL 'and again' dmsetup resume t
	dmsetup suspend snapshot
	succeeds 'until it works' dmsetup resume t
	is "$(< "$(bd_sysfs t)/state")" 6 'and the directory is there'
	dmsetup remove t
	dmsetup resume snapshot
	dmsetup create -n t
	dmsetup load t --table "$table"
	fails_with EINVAL 'it fails once more' dmsetup resume t
	bd_sectors=64 bd_load t "$origin" state=7
	succeeds 'another table takes its place' dmsetup resume t
	is "$(< "$(bd_sysfs t)/state")" 7 'with a directory of its own'
else
	skip 'needs dm-snapshot' 9
fi

done_testing
