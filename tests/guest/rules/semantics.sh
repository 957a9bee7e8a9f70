# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The ten semantics of rules in their order; other topics test each in depth.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

has_module dm-blkdebug
ram_disk
ram=$dev
bd_sectors=65536
bd_create bd "$ram" seed=7

state() { bd_msg bd state; }

# --- 1. Events ---

bd_start bd set-state event=read_aio state=1 new_state=2 set-state event=read_aio state=2 new_state=3
is "$(state)" 1 '1: the state is 1 at load'
is "$(io_read $bd 0 8) $(state)" 'ok 2' '1: rules are judged by the state before the event'
is "$(io_read $bd 0 8) $(state)" 'ok 3' '1: a new state takes effect after all rules of the event'
bd_start bd set-state event=user.x new_state=5 set-state event=user.x new_state=6
bd_msg bd event user.x
is "$(state)" 5 '1: the first written of several matching set-state rules wins'
bd_start bd set-state event=read_aio sector=8-15 new_state=2 set-state event=read_aio iotype=write new_state=3 \
	suspend event=read_aio flags=fua tag=never
is "$(io_read $bd 0 8) $(state)" 'ok 1' '1: set-state and suspend ignore an event of a bio that they do not match'
is "$(io_read $bd 8 8) $(state)" 'ok 2' '1: set-state acts at once on the event of a bio that it matches'
bd_start bd set-state event=user.x sector=0-65535 new_state=2 set-state event=user.x iotype=read,write new_state=3 \
	set-state event=user.x flags=!fua new_state=4 suspend event=user.x sector=0 tag=never
succeeds '1: an event from user space is not held by a rule with sector, iotype or flags' bd_msg bd event user.x 1
is "$(state)" 1 '1: an event from user space matches no set-state with sector, iotype or flags'

# --- 2. Arming ---

bd_start bd inject-error event=user.a errno=ENOSPC inject-error event=user.b state=2 errno=EILSEQ \
	inject-error event=none errno=ENODATA set-state event=user.c new_state=2
is "$(io_read $bd 0 8)" ok '2: a fault with an event does nothing before it is armed'
bd_msg bd event user.a
is "$(ios $bd 'r 0 8' 'w 0 8' 'r 0 8' f)" 'ENOSPC ENOSPC ENOSPC ENOSPC' \
	'2: armed faults stay armed for reads, writes and flushes'
bd_msg bd event user.b
is "$(io_read $bd 0 8)" ENOSPC '2: an event that arms nothing leaves the armed set as it was'
bd_msg bd event user.c
bd_msg bd event user.b
is "$(io_read $bd 0 8)" EILSEQ '2: the first fault that an event arms empties the armed set'
bd_msg bd state 1 > /dev/null
is "$(io_read $bd 0 8)" EILSEQ '2: the state is tested when a fault is armed, not at the check'
bd_load bd "$ram" seed=7 inject-error event=none errno=ENODATA
dmsetup suspend bd
dmsetup resume bd
is "$(io_read $bd 0 8)" ENODATA '2: the event none is raised at load'
dmsetup suspend bd
bd_msg bd replace inject-error event=none errno=ENODATA > /dev/null
dmsetup resume bd
is "$(io_read $bd 0 8)" ok '2: the event none is not raised when rules are replaced'

# --- 3. The check ---

bd_start bd suspend event=write_aio tag=a set-state event=write_aio new_state=2
background /tmp/io io $bd 'w 0 8'
bd_msg bd wait_break a > /dev/null
is "$(state)" 2 '3: an event is processed completely before a hold begins'
bd_msg bd resume a
wait "$pid"
bd_start bd set-state state=1 new_state=2 set-state state=1 new_state=3 set-state state=2 new_state=4 \
	inject-error state=2 errno=ENOSPC
is "$(io_read $bd 0 8) $(state)" 'ok 2' \
	'3: a standing set-state sets the state for the next bio, the first written wins'
is "$(io_read $bd 0 8) $(state)" 'ENOSPC 4' '3: standing rules of the next bio are judged by the state that the last one set'
bd_start bd inject-error event=read_aio sector=8-15 errno=ENODATA inject-error errno=ENOSPC \
	inject-error event=read_aio errno=EILSEQ
is "$(ios $bd 'r 0 8' 'r 8 8')" 'ENOSPC ENODATA' \
	'3: faults, armed and standing together, are tried in the order written'
# Each write moves the state from 1 to 2 and back to 1 before its check.
bd_start bd set-state event=write_aio state=1 new_state=2 set-state event=pwritev state=2 new_state=1 \
	inject-error state=2
mapfile -t ops < <(for i in {1..400}; do echo "w $((i % 64 * 8)) 8"; done)
background /tmp/one io $bd "${ops[@]}"
is "$(io $bd "${ops[@]}" | sort -u)" ok "3: a bio's events and check are one step for the first of two tasks"
wait "$pid"
is "$(sort -u /tmp/one)" ok "3: a bio's events and check are one step for the second of two tasks"

# --- 4. Holds ---

bd_start bd suspend event=write_aio tag=a suspend event=write_aio tag=b set-state event=pwritev new_state=2
background /tmp/io io $bd 'w 0 8'
bd_msg bd wait_break b > /dev/null
is "$(bd_msg bd is_suspended a) $(bd_msg bd is_suspended b)" '1 1' '4: an event holds a bio under all tags at once'
bd_msg bd resume a
is "$(bd_msg bd is_suspended b) $(state)" '1 1' '4: no further event is raised before each hold is resumed'
bd_msg bd add inject-error errno=ENOSPC > /dev/null
bd_msg bd resume b
wait "$pid"
is "$(< /tmp/io) $(state)" 'ENOSPC 2' '4: faults are tried after the last resume'
like "$(bd_list bd)" $'^1 used suspend .*tag=a\n1 used suspend .*tag=b\n' '4: breakpoints are used up by one hit'
bd_start bd suspend tag=a once=off set-state new_state=2
background /tmp/io io $bd 'r 0 8'
bd_msg bd wait_break a > /dev/null
bd_msg bd state 5 > /dev/null
bd_msg bd resume a
wait "$pid"
is "$(< /tmp/io) $(state)" 'ok 5' '4: standing set-state and suspend rules are not tried again'
background /tmp/io io $bd 'r 0 8'
succeeds '4: a breakpoint with once=off holds the next bio' bd_msg bd wait_break a
bd_msg bd resume a
wait "$pid"

# --- 5. errno=0 ---

bd_start bd inject-error sector=0-7 errno=0 once=on inject-error errno=ENOSPC
is "$(ios $bd 'r 0 8' 'r 8 8' 'r 0 8' 'r 0 16')" 'ok ENOSPC ok ok' '5: errno=0 shadows later faults'
is "$(bd_list bd)" '3 - inject-error sector=0-7 errno=0 once=on
1 - inject-error errno=ENOSPC' '5: errno=0 counts hits but is not used up by once=on'
is "$(bd_status bd injected)" 1 '5: errno=0 counts no injected error'

# --- 6. Once ---

mapfile -t once < <(for i in {0..199}; do echo "inject-error sector=$((i * 8)) errno=ENOSPC once=on"; done)
bd_start bd "${once[*]}"
mapfile -t ops < <(for i in {0..199}; do echo "r $((i * 8)) 8"; done)
background /tmp/one io $bd "${ops[@]}"
io $bd "${ops[@]}" > /tmp/two
wait "$pid"
is "$(cat /tmp/one /tmp/two | grep -c ENOSPC)" 200 '6: each of 200 once=on rules fails exactly one bio'
is "$(paste -d ' ' /tmp/one /tmp/two | grep -vc -x -e 'ok ENOSPC' -e 'ENOSPC ok')" 0 '6: of two bios at a once=on rule the other passes'
bd_start bd inject-error errno=ENOSPC once=on tag=a inject-error errno=EILSEQ
is "$(ios $bd 'r 0 8' 'r 0 8')" 'ENOSPC EILSEQ' '6: a bio that a used-up rule passes meets the later rules'
is "$(bd_rules bd)" 'seed=7 inject-error errno=EILSEQ' '6: the table leaves out a used-up rule'
is "$(bd_list bd)" '1 used inject-error tag=a errno=ENOSPC once=on
1 - inject-error errno=EILSEQ' '6: list shows a used-up rule'
answers 1 '6: wait_hits answers for a used-up rule' bd wait_hits a 1
bd_msg bd remove a
fails_with ENOENT '6: wait_hits fails after a used-up rule is removed' bd_msg bd wait_hits a 1 1
bd_start bd suspend event=user.x tag=a
background /tmp/event bd_msg bd event user.x
bd_msg bd wait_break a > /dev/null
bd_msg bd resume a
wait "$pid"
fails_with ENOENT '6: remove_break does not find a used-up breakpoint' bd_msg bd remove_break a

# --- 7. An injected error ---

# completed_by: prints whether the submitter or another task completed twenty
# bios, as the block layer saw it. If the target's worker preempted the
# submitter, device-mapper would complete the bio in the submitter's context,
# hence the real-time priority.
tracing=/sys/kernel/tracing
completed_by() {
	echo > $tracing/trace
	echo 1 > $tracing/events/block/block_bio_complete/enable
	background /tmp/io chrt -f 1 io $bd w\ {0..19}\ 1
	wait "$pid"
	echo 0 > $tracing/events/block/block_bio_complete/enable
	sed -n 's/^.*-\([0-9]*\) .* \[-\?[1-9][0-9]*\]$/\1/p' $tracing/trace |
		sed "s/^$pid\$/submitter/; t; s/.*/other/" | sort -u
}

bd_start bd inject-error iotype=write sector=15
io $bd 'w 16 8 byte=11' > /dev/null
dmsetup message bd 0 add inject-error iotype=write sector=20 > /dev/null
is "$(ios $bd 'w 16 8 byte=22' 'w 8 16 byte=22' 'r 16 8 byte=11' 'r 8 8 byte=0')" 'EIO EIO ok ok' \
	'7: an injected error fails the whole bio, and no data moves'
if [[ -e $tracing/events/block/block_bio_complete ]]; then
	bd_start bd inject-error errno=ENOSPC
	like "$(completed_by)" other '7: a failed bio completes in another context'
	bd_start bd inject-error errno=ENOSPC immediately=on
	is "$(completed_by)" submitter "7: immediately=on completes a failed bio in the submitter's context"
else
	skip 'needs block tracepoints' 2
fi

# --- 8. Errnos ---

for errno in EIO ENOSPC EILSEQ ENODATA ETIMEDOUT; do
	succeeds "8: features lists $errno" has_feature errnos $errno
done
bd_start bd inject-error sector=0 errno=ETIMEDOUT inject-error sector=8 errno=EILSEQ
is "$(ios $bd 'r 0 8' 'r 8 8')" 'ETIMEDOUT EILSEQ' '8: the submitter gets the errno of the rule'
for errno in EPERM EREMCHG EAGAIN EINTR; do
	fails_with EINVAL "8: errno=$errno is refused" bd_load bd "$ram" inject-error errno=$errno
	is "$(has_feature errnos $errno && echo listed)" '' "8: features does not list $errno"
done

# --- 9. Flushes ---

bd_start bd inject-error iotype=flush errno=ENOSPC
is "$(ios $bd f 'w 0 8')" 'ENOSPC ok' '9: a flush can fail, though the device below has no cache'
bd_start bd inject-error sector=0-18446744073709551615 set-state event=flush_to_os sector=0 new_state=2
is "$(ios $bd f 'w 0 8') $(state)" 'ok EIO 1' '9: a rule with sector= never matches a flush'
bd_msg bd reset
mkfs.ext4 -q -b 1024 -J size=1 -N 64 -E nodiscard,lazy_itable_init=0 $bd
mount $bd /mnt
bd_start bd inject-error iotype=flush tag=flush
echo data > /mnt/file
succeeds '9: fsync does not see the error of a flush that precedes data' sync /mnt/file
like "$(bd_hits bd)" '^[1-9]' '9: the failed flush that precedes data counts a hit'
commit_flags=$(commit_flags /mnt/file)
bd_start bd inject-error iotype=write flags="$commit_flags"
echo more > /mnt/file
fails_with EIO "9: iotype=write flags=$commit_flags fails a commit" sync /mnt/file
bd_msg bd reset
umount /mnt

# --- 10. Names ---

bd_start bd set-state event=l1_grow.alloc_table new_state=2 set-state event=refblock_alloc_hookup new_state=3 \
	set-state event=user.a_b new_state=4
bd_msg bd event l1_grow_alloc_table
is "$(state)" 2 '10: an underscore in an event matches a dot in a rule'
bd_msg bd event refblock_alloc.hookup
is "$(state)" 3 '10: a dot in an event matches an underscore in a rule'
bd_msg bd event user_a.b
is "$(state)" 4 '10: dots and underscores are alike in user events'

done_testing
