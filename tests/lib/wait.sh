# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Waiting for conditions, and processes in the background. Sourced by topic.sh.

# pause: a short sleep without a process: a read with a timeout from a pipe
# without a writer
exec {never}<> <(:)
pause() { read -rt 0.02 -u "$never" _ || true; }

# Seconds, against a hang and not against a slow machine.
wait_limit=120

# wait_until COMMAND...: waits until the command succeeds; returns false after
# wait_limit seconds
wait_until() {
	local end=$((SECONDS + wait_limit))

	until "$@" > /dev/null 2>&1; do
		if ((SECONDS > end)); then
			diag "waited $wait_limit s for: $*"
			return 1
		fi
		pause
	done
}

# eventually DESC COMMAND...: an assertion that waits
eventually() {
	local desc=$1
	shift

	if wait_until "$@"; then ok "$desc"; else not_ok "$desc"; fi
}

file_is() { [[ $(< "$1") == "$2" ]]; }
file_like() { [[ $(< "$1") =~ $2 ]]; }
is_gone() { [[ ! -e $1 ]]; }

# process_ended PID: also true for a process that the shell has not waited for
# yet
process_ended() {
	local stat

	{ read -r stat < "/proc/$1/stat"; } 2> /tmp/null || return 0
	[[ ${stat##*) } == [ZX]* ]]
}

# process_state PID: prints R, S, D ... as ps does
process_state() {
	local stat

	read -r stat < "/proc/$1/stat"
	stat=${stat##*) }
	echo "${stat%% *}"
}

process_state_is() { [[ $(process_state "$1") == "$2" ]]; }

# background FILE COMMAND...: starts the command with its output in FILE; sets
# $pid
background() {
	local file=$1
	shift

	# Emptied here too, so that the output of an earlier command is never
	# read.
	: > "$file"
	"$@" > "$file" 2>&1 &
	# shellcheck disable=SC2034 # for the topic
	pid=$!
}

# took COMMAND...: sets $out to the output and $ms to the time in milliseconds
now_ms() { ms=${EPOCHREALTIME//[.,]/}; ms=$((ms / 1000)); }
took() {
	local start

	now_ms
	start=$ms
	# shellcheck disable=SC2034 # for the topic
	out=$("$@")
	now_ms
	ms=$((ms - start))
}
