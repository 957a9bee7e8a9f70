# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # functions called by asserts
# Two tasks do I/O while rules come and go, breakpoints are set, hit and
# resumed, and the device is suspended. At the end all counts agree.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

bd_setup ram_disk

# One rule exists at any time, so that stats count each bio.
bd_msg bd add inject-error sector=524287 tag=last > /tmp/null

# verify CPU: runs fio on one half of the first 64 MB, on this processor, until
# SIGTERM
verify() {
	exec fio --name="verify$1" --filename="$bd" --offset=$(($1 * 32))M --size=32M --bs=4k --rw=randrw \
		--ioengine=libaio --direct=1 --iodepth=8 --cpus_allowed="$1" --verify=crc32c \
		--verify_backlog=64 --time_based --runtime=7d --norandommap=0 --minimal
}

# read_bad: reads the sectors after fio's in a loop and prints the number of
# errors
read_bad() {
	local ops=() results i errors=0

	for ((i = 0; i < 200; i++)); do ops+=("r $((262144 + 8 * i)) 8"); done
	until [[ -e /tmp/stop ]]; do
		results=$(io "$bd" "${ops[@]}")
		results=${results//[!E]/}
		errors=$((errors + ${#results}))
	done
	echo "$errors"
}

# let_go: resumes all holds in a loop, by message and through sysfs
let_go() {
	until [[ -e /tmp/stop ]]; do
		bd_msg bd wait_break A 1000
		put "$sysfs/resume" A
		bd_msg bd resume B all
		put "$sysfs/resume" A all
	done > /tmp/null 2>&1
}

# change_rules: one round of rule changes
change_rules() {
	bd_msg bd replace suspend event=write_aio tag=A once=off sector=0-131071 \
		suspend event=pwritev tag=A suspend event=pwritev tag=B \
		inject-error iotype=read sector=262144-263743 inject-error errno=0 tag=last
	bd_msg bd add suspend event=read_done tag=B once=off set-state event=pwritev_done \
		new_state=2 state=1 set-state event=read_aio new_state=1 state=2 tag=s
	bd_msg bd break write_aio A sector=100-131071
	bd_msg bd add inject-error event=read_aio sector=262144-262200 tag=e \
		suspend tag=B state=2 suspend tag=A iotype=read once=off sector=262144-262400
	bd_msg bd remove s
	bd_msg bd remove_break A
	bd_msg bd replace inject-error errno=0 tag=last
}

suspend_resume() {
	dmsetup suspend "$@" bd
	dmsetup resume bd
}

# storm SECONDS COMMAND...: runs I/O, and the command in a loop, at least four
# times
storm() {
	local end=$((SECONDS + $1)) pids=() file rounds stats in_flight
	shift

	rm -f /tmp/stop
	for file in fio.0 fio.1 errors resumer; do
		case $file in
		fio.*) background /tmp/$file verify "${file#fio.}" ;;
		errors) background /tmp/errors read_bad ;;
		*) background /tmp/resumer let_go ;;
		esac
		pids+=("$pid")
	done
	for ((rounds = 0; rounds < 4 || SECONDS < end; rounds++)); do
		"$@"
	done > /tmp/null 2>&1
	for file in 0 1; do
		kill -TERM "${pids[file]}"
		eventually "$1: fio on processor $file ends" process_ended "${pids[file]}"
		like "$(< /tmp/fio.$file)" ";verify$file;0;0;[1-9]" "$1: fio on processor $file has verified its data"
	done
	: > /tmp/stop
	eventually "$1: the reader of bad sectors ends" process_ended "${pids[2]}"
	eventually "$1: the loop of resumes ends" process_ended "${pids[3]}"
	is "$(bd_status bd held)" 0 "$1: nothing is held at the end"
	read -r _ _ _ _ _ _ _ _ in_flight _ < "$(dm_sysfs bd)/stat"
	is "$in_flight" 0 "$1: no bio is in flight at the end"
	is "$(bd_status bd injected)" "$(< /tmp/errors)" "$1: each injected error has reached the reader"
	stats=$(bd_msg bd stats)
	like "$stats" 'read seen=[0-9]+ injected=[1-9][0-9]* held=[1-9]' \
		"$1: stats count failed and held reads"
	like "$stats" 'write seen=[0-9]+ injected=0 held=[1-9]' "$1: stats count held writes"
}

storm 6 change_rules
read -r reads _ _ _ writes _ < "$(dm_sysfs bd)/stat"
# Some kernels do not count the I/O that the target has failed.
like "$(bd_msg bd stats)" \
	"read seen=($reads|$((reads + $(bd_status bd injected)))) .*write seen=$writes " 'each bio has been seen once'

bd_msg bd stats reset
change_rules_and_suspend() {
	change_rules
	suspend_resume
	bd_msg bd replace suspend event=write_aio tag=A once=off suspend tag=B iotype=read
	suspend_resume --noflush
	bd_msg bd replace inject-error errno=0 tag=last
}
storm 3 change_rules_and_suspend

# --- Rules with no bucket in common are replaced, and their filters with them ---

# read_between: reads a sector between those of the rules, so that each read
# looks among them
read_between() {
	local ops=() i

	for ((i = 0; i < 200; i++)); do ops+=('r 400004 1'); done
	until [[ -e /tmp/stop ]]; do io "$bd" "${ops[@]}"; done | sort -u
}

rm /tmp/stop
background /tmp/read.0 read_between
readers=("$pid")
background /tmp/read.1 read_between
readers+=("$pid")
for ((i = 0; i < 300; i++)); do
	for flags in '' ' flags=meta'; do
		one="inject-error iotype=read sector=400000,400020$flags"
		echo "message replace $one inject-error iotype=read,write sector=400008$flags"
		echo "message replace $one"
		echo "message add inject-error iotype=read,write sector=400016$flags"
	done
done > /tmp/ops
is "$(io "$bd" - < /tmp/ops | sort -u)" ok 'rules are replaced and added during reads'
: > /tmp/stop
for i in 0 1; do
	eventually "reader $i ends after the rule changes" process_ended "${readers[i]}"
	is "$(< /tmp/read.$i)" ok "no read of reader $i has met a rule"
done

bd_msg bd clear
is "$(ios "$bd" 'r 0 8' 'w 0 8' f)" 'ok ok ok' 'I/O succeeds after all rule changes'

done_testing
