# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # functions called by asserts
# Crash views: their contents, which nothing else changes, marks, overflow, errors.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module loop
# A loop disk offers discards and write zeroes
cache_setup loop_disk 32
view=/dev/mapper/view

# new_view NAME WORD...: a view of bd
new_view() { dmsetup create "$1" --table "0 $bd_sectors blkdebug-crash $bd ${*:2}"; }
view_words() { local status; status=$(dmsetup status "$1"); echo "${status#* blkdebug-crash }"; }
view_table() { local table; table=$(dmsetup table "$1"); echo "${table#* blkdebug-crash * }"; }

# --- Contents of a view ---

ios $bd 'w 0 8 byte=01' f 'w 0 8 byte=02' 'w 8 16 byte=03' 'z 2 1' > /tmp/null
new_view view survive=none
like "$(view_words view)" '^volatile=3 survived=0 torn=0 lost=3 touched=0 survive=none seed=[0-9]+$' \
	'status of a view counts writes by their fate, and shows a seed'
is "$(view_table view)" 'survive=none' 'the table of a view shows its choice'
like "$(bd_status bd views)" '^1$' 'status of the origin counts one view'
is "$(io_bytes $view 0 24)" '01*4096 00*8192' 'a view with survive=none has the durable data'
new_view other survive=all lose=2 seed=5
is "$(view_table other)" 'survive=all lose=2 seed=5' 'the table of a view shows lose= and seed='
is "$(io_bytes /dev/mapper/other 0 24)" '02*1024 00*512 02*2560 00*8192' \
	'a view with lose=2 lacks the second volatile write'
is "$(io_bytes $bd 0 24)" '02*1024 00*512 02*2560 03*8192' 'a read of the origin returns all writes'
like "$(bd_status bd views)" '^2$' 'status of the origin counts two views'

# --- Touched writes ---

is "$(bd_msg view touched)" '3 1 2' 'touched lists lost writes in the order in which they were first read'
is "$(bd_msg other touched)" '3 1 2' 'touched lists surviving writes that were read'
dmsetup remove other
new_view other
is "$(bd_msg other touched)" '' 'touched of a new view is empty'
ios /dev/mapper/other 'w 8 16 byte=77' 'r 8 16' 'r 32 8' > /tmp/null
is "$(bd_msg other touched)" '' 'a read of sectors that the view has written touches no write'
ios /dev/mapper/other 'w 0 2 byte=77' 'r 0 3' > /tmp/null
is "$(bd_msg other touched)" '3 1' 'a read beside sectors that the view has written touches the writes there'
like "$(view_words other)" ' touched=2 ' 'status of a view counts the touched writes'
new_view third survive=all
buffered() { dd if=/dev/mapper/third bs=4096 count="$1" 2> /tmp/null | tr '\002\003' ab | tr -s ab | tr -d '\000'; }
is "$(buffered 1)" aa 'a buffered read of a block'
is "$(bd_msg third touched)" '3 1' 'readahead touches no write behind the block'
is "$(buffered 3) $(bd_msg third touched)" 'aab 3 1 2' 'a read after failed readahead returns the data, and touches the write'
dmsetup remove third

# --- Nothing changes a view, and a view changes nothing ---

ios $view 'w 0 8 byte=aa' 'z 4 2' 'w 100 1 fua byte=bb' f > /tmp/null
is "$(io_bytes $view 0 8) $(io_bytes $view 100 2)" 'aa*2048 00*1024 aa*1024 bb*512 00*512' \
	'a view returns the data that were written to it'
is "$(io_bytes $bd 100 1) $(io_bytes "$dev" 100 1) $(io_bytes /dev/mapper/other 100 1)" '00*512 00*512 00*512' \
	'a write to a view changes no other view, not the origin, and not the disk'
ios $bd 'w 8 8 byte=04' 'w 200 8 byte=05' f 'd 8 16' 'w 16 8 fua byte=06' > /tmp/null
is "$(io_bytes $view 8 16) $(io_bytes $view 200 8)" '00*8192 00*4096' 'writes, flushes and discards of the origin do not change a view'
is "$(io_bytes "$dev" 200 8)" '00*4096' 'a flush of the origin writes nothing out while there are views'
is "$(ios $bd 'd 8 8' "x 8 8")" 'ok 04*4096' \
	'a discard of the origin is acknowledged and not done while there are views'
bd_msg bd power-cut survive=none > /tmp/null
is "$(io_bytes $view 0 4) $(io_bytes $view 8 16)" 'aa*2048 00*8192' 'a cut of the origin does not change a view'
bd_msg bd power-on > /tmp/null
is "$(io_bytes $bd 200 8)" '05*4096' 'data flushed while there are views survive a cut of the origin'
fails_with EBUSY 'the origin of a view cannot be removed' dmsetup remove --noudevsync bd
dmsetup remove view
dmsetup remove other
is "$(bd_status bd views)" 0 'status of the origin counts no view after dmsetup remove'
ios $bd f > /tmp/null
is "$(io_bytes "$dev" 200 8)" '05*4096' 'a flush of the origin writes out after its views are removed'

# --- View = cut ---

# fill SEED: volatile writes all over some sectors
fill() {
	local i ops=() seed=$1

	for ((i = 0; i < 24; i++)); do
		seed=$(((seed * 1103515245 + 12345) & 0x7fffffff))
		ops+=("w $((seed >> 8 & 63)) $((1 + (seed >> 16 & 15))) byte=$(printf %02x $((i + 1)))")
		[[ $i -ne 6 ]] || ops+=(f)
		[[ $i -ne 11 ]] || ops+=("${ops[-1]} fua")
		[[ $i -ne 15 ]] || ops+=("z $((seed >> 4 & 31)) 9")
	done
	ios $bd "${ops[@]}" > /tmp/null
}
# same_as_cut WORD...: a view and a cut with these words have the same data and
# counts
same_as_cut() {
	local shown words cut

	new_view view "$@"
	words=$(view_words view)
	shown=$(io_bytes $view 0 96)
	cut=$(bd_msg bd power-cut "$@")
	dmsetup remove view
	bd_msg bd power-on > /tmp/null
	[[ $(io_bytes $bd 0 96) == "$shown" && ${cut#cut=* } == "${words/touched=0 /}" ]] && return
	diag "$*: view: $shown / $words; cut: $(io_bytes $bd 0 96) / $cut"
	return 1
}
for unit in 512 8192; do
	bd_load bd "$dev" seed=7 cache=1M atomic-write=$unit
	dmsetup resume bd
	wrong=0
	for policy in none all prefix writes units units:1/5 one-lost one-kept meta data random; do
		fill $((unit + ${#policy}))
		same_as_cut survive=$policy seed=$unit lose=3 keep=5-6 || wrong=$((wrong + 1))
	done
	fill $unit
	same_as_cut || wrong=$((wrong + 1))
	is $wrong 0 "with atomic-write=$unit a view and a cut with the same words have the same data"
done

# --- Marks ---

ios $bd 'w 0 8 byte=00' f 'w 0 8 byte=11' > /tmp/null
succeeds 'a first mark succeeds' bd_msg bd mark one
is "$(bd_status bd views)" 1 'a mark counts as a view'
ios $bd 'w 0 8 byte=22' f > /tmp/null
succeeds 'a second mark succeeds' bd_msg bd mark two
new_view view survive=all at=one
is "$(io_bytes $view 0 8) $(view_table view)" '11*4096 survive=all at=one' \
	'a view at a mark has the data of its moment'
new_view other survive=none at=one
is "$(io_bytes /dev/mapper/other 0 8)" '00*4096' 'a second view at a mark, with another choice, has other data'
dmsetup remove other
new_view other at=two
is "$(io_bytes /dev/mapper/other 0 8)" '22*4096' 'a view at the second mark has the data of a later moment'
fails_with EINVAL 'mark with a name in use is refused' bd_msg bd mark one
fails_with ENOENT 'unmark of an unknown name is refused' bd_msg bd unmark three
succeeds 'unmark of an existing mark succeeds' bd_msg bd unmark one
is "$(io_bytes $view 0 8)" '11*4096' 'a view keeps its data after unmark'
fails_with 'No such file|No such mark' 'a view at a removed mark is refused' new_view third at=one
dmsetup remove view
dmsetup remove other
bd_msg bd unmark two
is "$(bd_status bd views)" 0 'status of the origin counts nothing after the last unmark'
for name in '' 'a b' "$(printf '%064d' 0)" $'\e'; do
	fails_with EINVAL "the mark '${name@Q}' is refused" bd_msg bd mark "$name"
done

# --- Overflow ---

ios $bd 'w 0 8 byte=31' > /tmp/null
bd_msg bd mark old
new_view view survive=all
ios $bd 'w 0 8 byte=32' > /tmp/null
new_view other survive=all
# More data than the cache has space for while it keeps both moments.
ops=()
for ((i = 0; i < 300; i++)); do ops+=("w $((1024 + i * 8)) 8 byte=33"); done
is "$(ios $bd "${ops[@]}" | tr ' ' '\n' | sort -u)" ok 'writes to a cache that its views fill succeed'
is "$(view_words view)" invalid 'status of a view that has been given up is "invalid"'
is "$(ios $view 'r 0 8' 'w 0 8' 'r 40000 8')" 'EIO EIO EIO' \
	'I/O of a view that has been given up fails with EIO'
fails_with 'No data available|given up' 'a view at a mark that has been given up is refused' new_view third at=old
is "$(io_bytes $bd 0 8) $(io_bytes $bd 2048 8)" '32*4096 33*4096' \
	'the origin has all its data after its views were given up'
bd_msg bd unmark old
dmsetup remove view
dmsetup remove other
ios $bd "${ops[@]}" f > /tmp/null
is "$(io_bytes "$dev" 2048 8)" '33*4096' 'a flush of the origin writes out after its views were given up'

# --- Suspend and reload ---

ios $bd 'w 0 8 byte=41' > /tmp/null
new_view view survive=all
bd_msg bd mark m
dmsetup suspend bd
fails_with EINVAL 'a mark on a suspended device is refused' bd_msg bd mark n
fails_with EINVAL 'a view of a suspended device is refused' new_view third
dmsetup resume bd
is "$(view_words view) $(bd_status bd views)" 'invalid 0' 'a suspend gives up views and marks'
dmsetup remove view
new_view view survive=all
bd_load bd "$dev" seed=7 cache=1M
dmsetup resume bd
is "$(view_words view) $(ios $view 'r 0 8')" 'invalid EIO' 'a new table of the origin gives views up'
dmsetup remove view

# --- A mounted origin ---

# Enough for all that ext4 writes, so that the view is not given up
bd_load bd "$dev" seed=7 cache=64M
dmsetup resume bd
mkfs.ext4 -q -b 4096 $bd
mkdir -p /tmp/origin /tmp/view
mount $bd /tmp/origin
echo promised > /tmp/origin/promised
sync -f /tmp/origin/promised
echo maybe > /tmp/origin/maybe
succeeds 'a view of a mounted origin can be made' new_view view survive=none
succeeds 'a view can be mounted beside its mounted origin' mount $view /tmp/view
is "$(ls /tmp/view) $(cat /tmp/view/promised)" $'lost+found\npromised promised' \
	'the view of a mounted origin has the synced file only'
umount /tmp/view
succeeds 'e2fsck finds no error in the view of a mounted origin' e2fsck -fn $view
dmsetup remove view
umount /tmp/origin
rmdir /tmp/origin /tmp/view

# --- Memory: one view and 100 views of a moment ---

available() { awk '/^MemAvailable:/ { print $2 }' /proc/meminfo; }

# many_views FIRST LAST: views of the mark, each by a seed of its own
many_views() {
	local i list=''

	for ((i = $1; i <= $2; i++)); do
		list+="many$i,,,rw,0 $bd_sectors blkdebug-crash $bd survive=units seed=$i at=m;"
	done
	dmsetup create --concise "${list%;}"
}
echo 3 > /proc/sys/vm/drop_caches
before=$(available)
dd if=/dev/zero of=$bd bs=4096 count=7000 oflag=direct 2> /tmp/null
bd_msg bd mark m
many_views 1 1
of_one=$(bd_status bd cached)
taken=$((before - $(available)))
many_views 2 100
is "$(bd_status bd views) $(bd_status bd cached)" "101 $of_one" '100 views have no more data in the cache than one'
diag "volatile=$(bd_status bd volatile): with one view $taken KiB are taken, with 100 views $((before - $(available))) KiB"
mapfile -t names < <(dmsetup ls --target blkdebug-crash | cut -f1)
dmsetup remove "${names[@]}"
bd_msg bd unmark m
is "$(bd_status bd views)" 0 '100 views are removed'
ios $bd f > /tmp/null

# --- Stacks ---

ios $bd 'w 0 8 byte=51' 'w 8 8 byte=50' > /tmp/null
new_view view survive=all
dmsetup create top --table "0 $bd_sectors blkdebug $view 0 seed=3 cache=1M"
ios /dev/mapper/top 'w 0 4 byte=52' f 'w 8 4 byte=53' > /tmp/null
bd_msg top power-cut survive=none > /tmp/null
bd_msg top power-on > /tmp/null
is "$(io_bytes /dev/mapper/top 0 12)" '52*2048 51*2048 50*2048' \
	'a cut of a target over a view loses its volatile writes only'
dmsetup create over --table "0 $bd_sectors blkdebug-crash /dev/mapper/top survive=none"
is "$(io_bytes /dev/mapper/over 0 8)" '52*2048 51*2048' 'a view of a target over a view has its durable data'
for name in over top view; do dmsetup remove $name; done
is "$(io_bytes $bd 0 8)" '51*4096' 'writes to a target over a view do not change the origin'

# --- Groups ---

dmsetup remove bd
ram_disk
bd_create bd "$dev" seed=1 cache=1M power=psu
ram_disk
bd_create b2 "$dev" seed=2 cache=1M power=psu
bd_create b3 "$dev" seed=3 power=psu
io $bd 'w 0 8 byte=61' > /tmp/null
io /dev/mapper/b2 'w 0 8 byte=62' > /tmp/null
bd_msg b2 mark both
io $bd 'w 0 8 byte=63' > /tmp/null
new_view view survive=all at=both
dmsetup create other --table "0 $bd_sectors blkdebug-crash /dev/mapper/b2 survive=all at=both"
is "$(io_bytes $view 0 8) $(io_bytes /dev/mapper/other 0 8)" '61*4096 62*4096' 'a mark is one moment on all devices of a supply'
is "$(bd_status bd views) $(bd_status b2 views) $(bd_status b3 views)" '2 2 0' \
	'status of each device of a supply counts its own view and mark'
fails_with EINVAL 'mark on a target without a cache is refused' bd_msg b3 mark x
dmsetup remove view
dmsetup remove other
bd_msg bd unmark both
is "$(bd_status bd views) $(bd_status b2 views)" '0 0' \
	'unmark on one device removes the mark on all devices of the supply'
for name in b2 b3; do dmsetup remove $name; done

# --- Errors ---

for words in survive=some survive lose=x seed=1\ seed=2 at=a\ at=b lose=1\ bogus; do
	# shellcheck disable=SC2086 # several words
	fails_with EINVAL "a view with $words is refused" new_view view $words
	dmesg_like "'${words##* }'" "the log names ${words##* } of a refused view"
done
fails_with EINVAL 'a view without a device is refused' dmsetup create view --table "0 8 blkdebug-crash"
fails_with 'No such|Device lookup' 'a view of a device that does not exist is refused' \
	dmsetup create view --table "0 8 blkdebug-crash /dev/nosuch"
fails_with EINVAL 'a view shorter than its origin is refused' \
	dmsetup create view --table "0 8 blkdebug-crash $bd"
fails_with EINVAL 'a view of a disk without a target is refused' \
	dmsetup create view --table "0 $bd_sectors blkdebug-crash $dev"
dmsetup create lin --table "0 $bd_sectors linear $bd 0"
fails_with EINVAL 'a view of a linear target is refused' \
	dmsetup create view --table "0 $bd_sectors blkdebug-crash /dev/mapper/lin"
dmsetup remove lin
new_view view
fails_with EINVAL 'an unknown message to a view is refused' bd_msg view bogus
table=$(dmsetup table view)
succeeds 'a table that makes a view of a later moment can be loaded' dmsetup load view --table "$table"
dmsetup resume view
is "$(dmsetup table view)" "$table" 'a view prints the table that it was loaded with'
dmsetup remove view

# --- Many views, under load ---

background /tmp/load io $bd 'until /tmp/stop w 0 64'
made=0
for ((i = 0; i < 40; i++)); do
	new_view view$((i % 4)) "survive=units" && made=$((made + 1))
	io /dev/mapper/view$((i % 4)) 'r 0 64' > /tmp/null
	[[ $i -lt 3 ]] || dmsetup remove view$(((i + 1) % 4))
done
is $made 40 'forty views can be made during I/O'
rounds=${VIEW_ROUNDS:-200}
is "$(io $bd "repeat $rounds view 0 $bd_sectors blkdebug-crash $bd survive=units")" "$rounds*ok" \
	"$rounds views are made and removed under load"
: > /tmp/stop
wait "$pid"
for name in $(dmsetup ls --target blkdebug-crash | cut -f1); do dmsetup remove "$name"; done
is "$(bd_status bd views)" 0 'status counts no view after forty views were made and removed during I/O'
ios $bd f > /tmp/null
eventually 'a flush empties the cache after the last view is removed' bd_status_is bd cached 0

done_testing
