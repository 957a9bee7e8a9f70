# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Assertions and the other lines of TAP. Sourced by topic.sh.

diag() {
	local line

	while IFS= read -r line; do printf '# %s\n' "$line"; done <<< "$*" >&3
}

ok() { printf 'ok %d - %s\n' $((++checks)) "$1" >&3; }

# not_ok DESC [REASON]
not_ok() {
	failures=$((failures + 1))
	printf 'not ok %d - %s\n' $((++checks)) "$1" >&3
	[[ -z ${2-} ]] || diag "$2"
	return 1
}

# is GOT WANT DESC
is() {
	if [[ $1 == "$2" ]]; then
		ok "$3"
	else
		not_ok "$3" $'got:\n'"$1"$'\nwanted:\n'"$2"
	fi
}

# like GOT REGEX DESC
like() {
	if [[ $1 =~ $2 ]]; then
		ok "$3"
	else
		not_ok "$3" $'got:\n'"$1"$'\nwhich does not match:\n'"$2"
	fi
}

# unlike GOT REGEX DESC
unlike() {
	if [[ $1 =~ $2 ]]; then
		not_ok "$3" $'got:\n'"$1"$'\nwhich matches:\n'"$2"
	else
		ok "$3"
	fi
}

# succeeds DESC COMMAND...: the output of the command is in $out, here and below
succeeds() {
	local desc=$1
	shift

	if out=$("$@" 2>&1); then
		ok "$desc"
	else
		not_ok "$desc" "'$*' failed: $out"
	fi
}

declare -A errno_text=(
	[E2BIG]='Argument list too long' [EACCES]='Permission denied' [EAGAIN]='Resource temporarily unavailable'
	[EBADE]='Invalid exchange' [EBUSY]='Device or resource busy' [EEXIST]='File exists'
	[EILSEQ]='Invalid or incomplete multibyte or wide character'
	[EINTR]='Interrupted system call' [EINVAL]='Invalid argument'
	[EIO]='Input/output error' [ENODATA]='No data available' [ENODEV]='No such device'
	[ENOENT]='No such file or directory' [ENOLINK]='Link has been severed'
	[ENOMEM]='Cannot allocate memory' [ENOSPC]='No space left on device'
	[ENXIO]='No such device or address' [EOPNOTSUPP]='Operation not supported'
	[EOVERFLOW]='Value too large for defined data type' [EPERM]='Operation not permitted'
	[EREMOTEIO]='Remote I/O error' [EROFS]='Read-only file system'
	[ETIME]='Timer expired' [ETIMEDOUT]='Connection timed out'
)

# fails_with ERRNO|REGEX DESC COMMAND...: the command fails, and its output has
# the text of ERRNO or matches
fails_with() {
	local want=$1 desc=$2
	shift 2

	if out=$("$@" 2>&1); then
		not_ok "$desc" "'$*' succeeded: $out"
	elif [[ $out =~ ${errno_text[$want]-$want} ]]; then
		ok "$desc"
	else
		not_ok "$desc" "'$*' did not fail with $want but said: $out"
	fi
}

# skip REASON [COUNT]
skip() {
	local n

	for ((n = 0; n < ${2-1}; n++)); do
		printf 'ok %d # SKIP %s\n' $((++checks)) "$1" >&3
	done
}

# plan WORDS: prints the plan, or leaves it to tests/run, which adds lines of
# its own
plan() {
	if [[ -n ${TAP_PLAN-} ]]; then
		echo "$checks $failures $1" > "$TAP_PLAN"
	else
		echo "1..$checks${1:+ $1}" >&3
	fi
}

skip_all() { plan "# SKIP $1"; exit 0; }

# done_testing: the last line of each topic
done_testing() {
	plan ''
	exit $((failures > 0))
}
