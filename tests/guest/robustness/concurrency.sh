# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # functions called by asserts
# Two processors do I/O while rules come and go, breakpoints are set, hit and
# resumed, and the device is suspended. In the end all is accounted for.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module brd
ram_disk
bd_create t "$dev"
t=/dev/mapper/t
dir=$(bd_sysfs t)

# There is always a rule, so that all is counted.
bd_msg t add inject-error sector=524287 tag=last > /tmp/null

# verify CPU: its own half of the first 64 MB, until SIGTERM
verify() {
	exec fio --name="verify$1" --filename="$t" --offset=$(($1 * 32))M --size=32M --bs=4k --rw=randrw \
		--ioengine=libaio --direct=1 --iodepth=8 --cpus_allowed="$1" --verify=crc32c \
		--verify_backlog=64 --time_based --runtime=7d --norandommap=0 --minimal
}

# read_bad: the same sectors behind that, again and again; each error counts
read_bad() {
	local ops=() results i errors=0

	for ((i = 0; i < 200; i++)); do ops+=("r $((262144 + 8 * i)) 8"); done
	until [[ -e /tmp/stop ]]; do
		results=$(io "$t" "${ops[@]}")
		results=${results//[!E]/}
		errors=$((errors + ${#results}))
	done
	echo "$errors"
}

# let_go: what is held, by message and sysfs
let_go() {
	until [[ -e /tmp/stop ]]; do
		bd_msg t wait_break A 1000
		put "$dir/resume" A
		bd_msg t resume B all
		put "$dir/resume" A all
	done > /tmp/null 2>&1
}

# change_rules: one round of all that can be done to them
change_rules() {
	bd_msg t replace suspend event=write_aio tag=A once=off sector=0-131071 \
		suspend event=pwritev tag=A suspend event=pwritev tag=B \
		inject-error iotype=read sector=262144-263743 inject-error errno=0 tag=last
	bd_msg t add suspend event=read_done tag=B once=off set-state event=pwritev_done \
		new_state=2 state=1 set-state event=read_aio new_state=1 state=2 tag=s
	bd_msg t break write_aio A sector=100-131071
	bd_msg t add inject-error event=read_aio sector=262144-262200 tag=e \
		suspend tag=B state=2 suspend tag=A iotype=read once=off sector=262144-262400
	bd_msg t remove s
	bd_msg t remove_break A
	bd_msg t replace inject-error errno=0 tag=last
}

suspend_resume() {
	dmsetup suspend "$@" t
	dmsetup resume t
}

# storm SECONDS COMMAND...: I/O, and the commands again and again, four times at least
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
		eventually "fio on processor $file ends" process_ended "${pids[file]}"
		like "$(< /tmp/fio.$file)" ";verify$file;0;0;[1-9]" "and has verified what it read"
	done
	: > /tmp/stop
	eventually 'the reader ends' process_ended "${pids[2]}"
	eventually 'so does who resumes' process_ended "${pids[3]}"
	is "$(bd_status t held)" 0 'nothing is held'
	read -r _ _ _ _ _ _ _ _ in_flight _ < "$(dm_sysfs t)/stat"
	is "$in_flight" 0 'nothing is on its way'
	is "$(bd_status t injected)" "$(< /tmp/errors)" 'each error injected has reached the reader'
	stats=$(bd_msg t stats)
	like "$stats" 'read seen=[0-9]+ injected=[1-9][0-9]* held=[1-9]' \
		'reads have been failed, and held'
	like "$stats" 'write seen=[0-9]+ injected=0 held=[1-9]' 'writes have been held'
}

storm 6 change_rules
read -r reads _ _ _ writes _ < "$(dm_sysfs t)/stat"
# Some kernels do not count what the target has failed.
like "$(bd_msg t stats)" \
	"read seen=($reads|$((reads + $(bd_status t injected)))) .*write seen=$writes " 'each request has been seen once'

bd_msg t stats reset
again() {
	change_rules
	suspend_resume
	bd_msg t replace suspend event=write_aio tag=A once=off suspend tag=B iotype=read
	suspend_resume --noflush
	bd_msg t replace inject-error errno=0 tag=last
}
storm 3 again

# --- Rules that have no bucket in common come and go, and their filters with them ---

# Between the sectors of the rules, so that each read has to look among them
read_between() {
	local ops=() i

	for ((i = 0; i < 200; i++)); do ops+=('r 400004 1'); done
	until [[ -e /tmp/stop ]]; do io "$t" "${ops[@]}"; done | sort -u
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
is "$(io "$t" - < /tmp/ops | sort -u)" ok 'rules come and go'
: > /tmp/stop
for i in 0 1; do
	eventually "reader $i ends" process_ended "${readers[i]}"
	is "$(< /tmp/read.$i)" ok 'and none of its reads has met a rule'
done

bd_msg t clear
is "$(ios "$t" 'r 0 8' 'w 0 8' f)" 'ok ok ok' 'and the device works'

done_testing
