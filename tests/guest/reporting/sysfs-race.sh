# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # functions called by asserts
# Reads and writes of a target's files in sysfs while one thread destroys its table, and
# another thread, which resumes a newer table, removes the directory. A use of freed memory
# shows in the log of a kernel with KASAN, or as a value that no table has.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module dm-snapshot
ram_disk
store=$dev
ram_disk
disk=$dev
dmsetup create snapshot --table "0 2048 snapshot $disk $store N 8"

# The resume of the first table fails, because another snapshot uses the store, but only
# after the blkdebug target has made its directory. The next resume replaces the table, and
# then destroys it without a lock that another resume takes.
stale_table="0 1024 blkdebug $disk 0 state=6
1024 2048 snapshot $disk $store N 8"
plain_table="0 3072 linear $disk 0"
new_table="0 1024 blkdebug $disk 0 state=7
1024 2048 linear $disk 1024"

load_and_resume() { dmsetup load t --table "$1" && dmsetup resume t; }

dmsetup create t --table "$plain_table"
dir=$(bd_sysfs t)

# count_loops COMMAND...: runs the command in a loop until /tmp/stop exists; prints what it
# prints, then how often it succeeded
count_loops() {
	local nr=0

	until [[ -e /tmp/stop ]]; do
		"$@" && nr=$((nr + 1))
	done 2> /tmp/null
	echo "$nr"
}

# read_files: prints each value that no table has; succeeds if there was a state
read_files() {
	local name value found=1

	for name in state injected held; do
		value=$(< "$dir/$name") || continue
		case $name=$value in
		state=[67]) found=0 ;;
		state= | injected=0 | injected= | held=) ;;
		*) echo "$name=$value" ;;
		esac
	done
	return "$found"
}

# Removal waits longest for this write.
sectors=$(printf '%s,' {0..998..2})0
break_and_remove() {
	put "$dir/break" user.x A sector="${sectors%,0}"
	put "$dir/remove_break" A
}

replace_with_plain() { ! load_and_resume "$stale_table" && load_and_resume "$plain_table"; }
replace_with_new() { load_and_resume "$new_table"; }

rm -f /tmp/stop
pids=()
loops=(read_files break_and_remove replace_with_new)
for loop in "${loops[@]}"; do
	background "/tmp/$loop" count_loops "$loop"
	pids+=("$pid")
done
# Some rounds fail, because the other loop has loaded its table in between.
replaced=0
for ((round = 0; round < 60; round++)); do
	! replace_with_plain 2> /tmp/null || replaced=$((replaced + 1))
done
like "$replaced" '^[1-9]' 'tables whose resume has failed are replaced and destroyed'
: > /tmp/stop
for i in "${!loops[@]}"; do
	eventually "the loop of ${loops[i]} ends" process_ended "${pids[i]}"
	like "$(< "/tmp/${loops[i]}")" '^[1-9][0-9]*$' \
		"${loops[i]} succeeds, and finds no value but those of the tables"
done

replace_with_new
is "$(< "$dir/state")" 7 'the directory belongs to the table resumed last'
load_and_resume "$plain_table"
succeeds 'the directory is removed with the last table' is_gone "$dir"

done_testing
