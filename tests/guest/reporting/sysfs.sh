# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # functions called by asserts
# The sysfs directory: its files, their permissions, and its lifetime.

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
600 root state' 'the files have their modes and their owner'

# state
is "$(< "$dir/state")" 1 'the file state shows the state'
succeeds 'the file state can be written' put "$dir/state" 17
is "$(< "$dir/state") $(bd_msg t state)" '17 17' "a state written to the file is the device's state"
bd_msg t state 18 > /tmp/null
is "$(< "$dir/state")" 18 'the file state shows a state set by message'
fails_with EINVAL 'a state that is no number is refused' put "$dir/state" two
fails_with EINVAL 'two states are refused' put "$dir/state" 1 2
fails_with EINVAL 'a state larger than an int is refused' put "$dir/state" 99999999999999999999
is "$(< "$dir/state")" 18 'a refused state leaves the state unchanged'

# break, held, resume
succeeds 'the file break takes an event, a tag and keys' put "$dir/break" write_aio A once=off sector=0-15
is "$(bd_msg t list)" '1 0 - suspend event=write_aio sector=0-15 tag=A once=off' 'the file break adds the rule of the message break'
succeeds 'the file break takes words separated by any white space' put "$dir/break" $' read_aio \t B '
fails_with ENOENT 'the file break refuses an unknown event' put "$dir/break" no_such_event C
fails_with EINVAL 'the file break refuses a missing tag' put "$dir/break" write_aio
fails_with EINVAL 'the file break refuses a key of another action' put "$dir/break" write_aio C errno=EIO
fails_with EINVAL 'the file break refuses an empty write' put "$dir/break" ''
is "$(bd_msg t list | wc -l)" 2 'refused breakpoints are not added'
is "$(< "$dir/held")" '' 'the file held is empty if nothing is held'
hold t 1 /tmp/io.1 'w 0 8'
hold t 2 /tmp/io.2 'r 8 8'
hold t 3 /tmp/io.3 'w 8 8'
is "$(< "$dir/held")" $'A\nB\nA' 'the file held has one line for each hold'
fails_with ENOENT 'the file resume refuses a tag without holds' put "$dir/resume" C
fails_with EINVAL 'the file resume refuses an unknown word' put "$dir/resume" A now
fails_with EINVAL 'the file resume refuses an empty write' put "$dir/resume" ''
succeeds 'the file resume takes a tag' put "$dir/resume" A
eventually 'the file resume resumes the last hold of the tag' file_is /tmp/io.3 ok
succeeds 'the file resume takes a number and an errno' put "$dir/resume" '#1' errno=ENOSPC
eventually 'the file resume fails the bio with the errno' file_is /tmp/io.1 ENOSPC
succeeds 'the file resume takes "all"' put "$dir/resume" B all
eventually 'the file resume completes a held read' file_is /tmp/io.2 ok
is "$(< "$dir/held")" '' 'the file held is empty after all resumes'

# remove_break
hold t 1 /tmp/io.1 'w 0 8'
succeeds 'the file remove_break takes a tag' put "$dir/remove_break" A
eventually 'the file remove_break resumes the holds of the tag' file_is /tmp/io.1 ok
fails_with ENOENT 'the file remove_break refuses a tag without breakpoints' put "$dir/remove_break" A
fails_with EINVAL 'the file remove_break refuses a word that is no tag' put "$dir/remove_break" 1
is "$(bd_msg t list | wc -l)" 1 'the file remove_break removes the breakpoint'

# event; raise.sh tests callers held at it
bd_msg t replace set-state event=user.go new_state=5 > /tmp/null
succeeds 'the file event takes a user event' put "$dir/event" user.go
is "$(< "$dir/state")" 5 'the file event raises the event'
fails_with ENOENT 'the file event refuses an unknown event' put "$dir/event" go
fails_with EINVAL 'the file event refuses an invalid time' put "$dir/event" user.go soon
fails_with EINVAL 'the file event refuses an empty write' put "$dir/event" ''

# injected
bd_msg t reset
is "$(< "$dir/injected")" 0 'the file injected is 0 without injected errors'
bd_msg t replace inject-error iotype=read errno=EILSEQ inject-error iotype=flush errno=0 > /tmp/null
ios $t 'r 0 8' 'r 0 8' f 'w 0 8' > /tmp/null
is "$(< "$dir/injected") $(bd_status t injected)" '2 2' 'the file injected shows the number of status'

# Permissions.
fails_with EACCES 'the file event cannot be read' cat "$dir/event"
fails_with EACCES 'the file held cannot be written' put "$dir/held" A
as_nobody() { setpriv --reuid=nobody --regid=65534 --clear-groups "$@"; }
for file in state held injected; do
	fails_with EACCES "another user may not read the file $file" as_nobody cat "$dir/$file"
done
for file in state event break remove_break resume; do
	fails_with EACCES "another user may not write the file $file" as_nobody bash -c "echo 2 > $dir/$file"
done
is "$(< "$dir/state")" 1 'refused writes leave the state unchanged'

# The file held shows as many whole lines as fit a page.
tag=$(printf 'x%.0s' {1..60})
rules=''
for i in {100..199}; do rules+=" suspend event=user.x tag=$tag$i"; done
bd_msg t replace "$rules" > /tmp/null
hold_event t 100 /tmp/event user.x
mapfile -t lines < "$dir/held"
like "${#lines[@]}" '^6[34]$' 'the file held shows 63 or 64 of 100 holds'
is "${lines[*]##"$tag"1??}" "${lines[*]/*/}" 'the file held shows whole lines only'
is "$(bd_msg t held | wc -l)" 100 'the message held shows all 100 holds'
bd_msg t reset

# The module parameter features.
is "$(bd_msg t features)" "$(< /sys/module/dm_blkdebug/parameters/features)" \
	'the message features and the module parameter have the same text'

# The directory belongs to the live table.
bd_load t "$dev" state=7
is "$(< "$dir/state")" 1 'a loaded table does not change the directory of the live one'
dmsetup resume t
is "$(< "$dir/state")" 7 'the directory shows the new table after its resume'
dmsetup suspend t
dmsetup resume t
is "$(< "$dir/state")" 7 'suspend and resume keep the directory'
dmsetup suspend --noflush t
dmsetup load t --table "0 64 linear $dev 0"
dmsetup resume t
succeeds 'a live table without blkdebug has no directory' is_gone "$dir"
dmsetup load t --table "0 64 blkdebug $dev 0 state=2
64 64 linear $dev 64
128 64 blkdebug $dev 1024 state=3"
succeeds 'an inactive table with blkdebug has no directory' is_gone "$dir"
dmsetup resume t
other=$(bd_sysfs t 128)
is "$(< "$dir/state") $(< "$other/state")" '2 3' 'each blkdebug target of a table has a directory'
put "$other/break" read_aio B
hold t 0 /tmp/io 'r 0 8' 'r 64 8' 'r 128 8'
wait_until file_is "$other/held" B
is "$(< /tmp/io) $(< "$dir/held")" $'ok\nok ' 'the file held shows holds of its own target only'
is "$(dmsetup message t 130 held | cut -d ' ' -f 2-8)" "B 1 read_aio read $(read_flags "$dev") 0 8" \
	'held sectors count from the start of the target'
put "$other/resume" B
eventually 'the file resume of a target resumes its hold' file_is /tmp/io $'ok\nok\nok'
put "$dir/state" 5
is "$(< "$other/state")" 3 "a state set in one directory leaves the other target's state"
exec {file}< "$dir/state"
dmsetup remove t
succeeds 'remove removes the directory' is_gone "$dir"
fails_with ENODEV 'a read of an open file fails after remove' cat <&"$file"
exec {file}<&-

# A second target that cannot be resumed: a snapshot whose exception store is in
# use.
if has_module dm-snapshot; then
	ram_disk
	origin=$dev
	ram_disk
	dmsetup create snapshot --table "0 2048 snapshot $origin $dev N 8"
	table="0 64 blkdebug $origin 4096 state=6
64 2048 snapshot $origin $dev N 8"
	dmsetup create -n t
	dmsetup load t --table "$table"
	fails_with EINVAL 'a resume fails if the second target cannot be resumed' dmsetup resume t
	succeeds 'a device whose resume failed can be removed' dmsetup remove t
	dmsetup create -n t
	dmsetup load t --table "$table"
	fails_with EINVAL "a first resume fails while the snapshot's store is in use" dmsetup resume t
	fails_with EINVAL "a second resume fails while the snapshot's store is in use" dmsetup resume t
	dmsetup suspend snapshot
	succeeds 'a resume succeeds when the store is free' dmsetup resume t
	is "$(< "$(bd_sysfs t)/state")" 6 'the directory exists after a failed and a successful resume'
	dmsetup remove t
	dmsetup resume snapshot
	dmsetup create -n t
	dmsetup load t --table "$table"
	fails_with EINVAL 'a resume fails again while the store is in use' dmsetup resume t
	bd_sectors=64 bd_load t "$origin" state=7
	succeeds 'a resume with another table succeeds after a failed one' dmsetup resume t
	is "$(< "$(bd_sysfs t)/state")" 7 'the directory belongs to the table that replaced the failed one'
else
	skip 'needs dm-snapshot' 9
fi

done_testing
