# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # functions called by asserts
# The sysfs directory: its files, their permissions, and its lifetime.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

bd_setup ram_disk

is "$(cd "$sysfs" && stat -c '%a %U %n' -- *)" '200 root break
200 root event
400 root held
400 root injected
200 root remove_break
200 root resume
600 root state' 'the files have their modes and their owner'

# state
is "$(< "$sysfs/state")" 1 'the file state shows the state'
succeeds 'the file state can be written' put "$sysfs/state" 17
is "$(< "$sysfs/state") $(bd_msg bd state)" '17 17' "a state written to the file is the device's state"
bd_msg bd state 18 > /tmp/null
is "$(< "$sysfs/state")" 18 'the file state shows a state set by message'
fails_with EINVAL 'a state that is no number is refused' put "$sysfs/state" two
fails_with EINVAL 'two states are refused' put "$sysfs/state" 1 2
fails_with EINVAL 'a state larger than an int is refused' put "$sysfs/state" 99999999999999999999
is "$(< "$sysfs/state")" 18 'a refused state leaves the state unchanged'

# break, held, resume
succeeds 'the file break takes an event, a tag and keys' put "$sysfs/break" write_aio A once=off sector=0-15
is "$(bd_msg bd list)" '1 0 - suspend event=write_aio sector=0-15 tag=A once=off' 'the file break adds the rule of the message break'
succeeds 'the file break takes words separated by any white space' put "$sysfs/break" $' read_aio \t B '
fails_with ENOENT 'the file break refuses an unknown event' put "$sysfs/break" no_such_event C
fails_with EINVAL 'the file break refuses a missing tag' put "$sysfs/break" write_aio
fails_with EINVAL 'the file break refuses a key of another action' put "$sysfs/break" write_aio C errno=EIO
fails_with EINVAL 'the file break refuses an empty write' put "$sysfs/break" ''
is "$(bd_msg bd list | wc -l)" 2 'refused breakpoints are not added'
is "$(< "$sysfs/held")" '' 'the file held is empty if nothing is held'
hold bd 1 /tmp/io.1 'w 0 8'
hold bd 2 /tmp/io.2 'r 8 8'
hold bd 3 /tmp/io.3 'w 8 8'
is "$(< "$sysfs/held")" $'A\nB\nA' 'the file held has one line for each hold'
fails_with ENOENT 'the file resume refuses a tag without holds' put "$sysfs/resume" C
fails_with EINVAL 'the file resume refuses an unknown word' put "$sysfs/resume" A now
fails_with EINVAL 'the file resume refuses an empty write' put "$sysfs/resume" ''
succeeds 'the file resume takes a tag' put "$sysfs/resume" A
eventually 'the file resume resumes the last hold of the tag' file_is /tmp/io.3 ok
succeeds 'the file resume takes a number and an errno' put "$sysfs/resume" '#1' errno=ENOSPC
eventually 'the file resume fails the bio with the errno' file_is /tmp/io.1 ENOSPC
succeeds 'the file resume takes "all"' put "$sysfs/resume" B all
eventually 'the file resume completes a held read' file_is /tmp/io.2 ok
is "$(< "$sysfs/held")" '' 'the file held is empty after all resumes'

# remove_break
hold bd 1 /tmp/io.1 'w 0 8'
succeeds 'the file remove_break takes a tag' put "$sysfs/remove_break" A
eventually 'the file remove_break resumes the holds of the tag' file_is /tmp/io.1 ok
fails_with ENOENT 'the file remove_break refuses a tag without breakpoints' put "$sysfs/remove_break" A
fails_with EINVAL 'the file remove_break refuses a word that is no tag' put "$sysfs/remove_break" 1
is "$(bd_msg bd list | wc -l)" 1 'the file remove_break removes the breakpoint'

# event; raise.sh tests callers held at it
bd_msg bd replace set-state event=user.go new_state=5 > /tmp/null
succeeds 'the file event takes a user event' put "$sysfs/event" user.go
is "$(< "$sysfs/state")" 5 'the file event raises the event'
fails_with ENOENT 'the file event refuses an unknown event' put "$sysfs/event" go
fails_with EINVAL 'the file event refuses an invalid time' put "$sysfs/event" user.go soon
fails_with EINVAL 'the file event refuses an empty write' put "$sysfs/event" ''

# injected
bd_msg bd reset
is "$(< "$sysfs/injected")" 0 'the file injected is 0 without injected errors'
bd_msg bd replace inject-error iotype=read errno=EILSEQ inject-error iotype=flush errno=0 > /tmp/null
ios $bd 'r 0 8' 'r 0 8' f 'w 0 8' > /tmp/null
is "$(< "$sysfs/injected") $(bd_status bd injected)" '2 2' 'the file injected shows the number of status'

# Permissions.
fails_with EACCES 'the file event cannot be read' cat "$sysfs/event"
fails_with EACCES 'the file held cannot be written' put "$sysfs/held" A
as_nobody() { setpriv --reuid=nobody --regid=65534 --clear-groups "$@"; }
for file in state held injected; do
	fails_with EACCES "another user may not read the file $file" as_nobody cat "$sysfs/$file"
done
for file in state event break remove_break resume; do
	fails_with EACCES "another user may not write the file $file" as_nobody bash -c "echo 2 > $sysfs/$file"
done
is "$(< "$sysfs/state")" 1 'refused writes leave the state unchanged'

# The file held shows as many whole lines as fit a page.
tag=$(printf 'x%.0s' {1..60})
rules=''
for i in {100..199}; do rules+=" suspend event=user.x tag=$tag$i"; done
bd_msg bd replace "$rules" > /tmp/null
hold_event bd 100 /tmp/event user.x
mapfile -t lines < "$sysfs/held"
like "${#lines[@]}" '^6[34]$' 'the file held shows 63 or 64 of 100 holds'
is "${lines[*]##"$tag"1??}" "${lines[*]/*/}" 'the file held shows whole lines only'
is "$(bd_msg bd held | wc -l)" 100 'the message held shows all 100 holds'
bd_msg bd reset

# The module parameter features.
is "$(bd_msg bd features)" "$(< /sys/module/dm_blkdebug/parameters/features)" \
	'the message features and the module parameter have the same text'

# The directory belongs to the live table.
bd_load bd "$dev" state=7
is "$(< "$sysfs/state")" 1 'a loaded table does not change the directory of the live one'
dmsetup resume bd
is "$(< "$sysfs/state")" 7 'the directory shows the new table after its resume'
dmsetup suspend bd
dmsetup resume bd
is "$(< "$sysfs/state")" 7 'suspend and resume keep the directory'
dmsetup suspend --noflush bd
dmsetup load bd --table "0 64 linear $dev 0"
dmsetup resume bd
succeeds 'a live table without blkdebug has no directory' is_gone "$sysfs"
dmsetup load bd --table "0 64 blkdebug $dev 0 state=2
64 64 linear $dev 64
128 64 blkdebug $dev 1024 state=3"
succeeds 'an inactive table with blkdebug has no directory' is_gone "$sysfs"
dmsetup resume bd
other=$(bd_sysfs bd 128)
is "$(< "$sysfs/state") $(< "$other/state")" '2 3' 'each blkdebug target of a table has a directory'
put "$other/break" read_aio B
hold bd 0 /tmp/io 'r 0 8' 'r 64 8' 'r 128 8'
wait_until file_is "$other/held" B
is "$(< /tmp/io) $(< "$sysfs/held")" $'ok\nok ' 'the file held shows holds of its own target only'
is "$(dmsetup message bd 130 held | cut -d ' ' -f 2-8)" "B 1 read_aio read $(read_flags "$dev") 0 8" \
	'held sectors count from the start of the target'
put "$other/resume" B
eventually 'the file resume of a target resumes its hold' file_is /tmp/io $'ok\nok\nok'
put "$sysfs/state" 5
is "$(< "$other/state")" 3 "a state set in one directory leaves the other target's state"
exec {file}< "$sysfs/state"
dmsetup remove bd
succeeds 'remove removes the directory' is_gone "$sysfs"
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
	dmsetup create -n bd
	dmsetup load bd --table "$table"
	fails_with EINVAL 'a resume fails if the second target cannot be resumed' dmsetup resume bd
	succeeds 'a device whose resume failed can be removed' dmsetup remove bd
	dmsetup create -n bd
	dmsetup load bd --table "$table"
	fails_with EINVAL "a first resume fails while the snapshot's store is in use" dmsetup resume bd
	fails_with EINVAL "a second resume fails while the snapshot's store is in use" dmsetup resume bd
	dmsetup suspend snapshot
	succeeds 'a resume succeeds when the store is free' dmsetup resume bd
	is "$(< "$(bd_sysfs bd)/state")" 6 'the directory exists after a failed and a successful resume'
	dmsetup remove bd
	dmsetup resume snapshot
	dmsetup create -n bd
	dmsetup load bd --table "$table"
	fails_with EINVAL 'a resume fails again while the store is in use' dmsetup resume bd
	bd_sectors=64 bd_load bd "$origin" state=7
	succeeds 'a resume with another table succeeds after a failed one' dmsetup resume bd
	is "$(< "$(bd_sysfs bd)/state")" 7 'the directory belongs to the table that replaced the failed one'
else
	skip 'needs dm-snapshot' 9
fi

done_testing
