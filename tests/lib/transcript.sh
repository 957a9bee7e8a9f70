# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Runs the transcripts in a page and compares the output of each command with the page. A transcript is an indented block after ".. code-block:: console", or a
# block between "```console" and "```". A line that begins with the prompt is a command;
# a backslash at its end continues it. The lines after it are its output, in which "..."
# stands for any text and a line of "..." for any number of lines.
#
# The caller has sourced topic.sh, or defines is(). All commands of a page run in the
# caller's shell. A command that ends in "&" runs in the background; its output belongs
# to the next "wait". A comment ".. transcript: COMMAND" runs a command that the page
# does not show; "<!-- transcript: COMMAND -->" does so in Markdown.

transcript_dir=$(mktemp -d)
transcript_jobs=()

# Prints the output of the background jobs in the order in which they were started.
transcript_wait() {
	local job

	for job in ${transcript_jobs[@]+"${!transcript_jobs[@]}"}; do
		wait "${transcript_jobs[job]}" || true
		cat "$transcript_dir/job$job"
	done
	transcript_jobs=()
}

# transcript_execute COMMAND: leaves its output in $transcript_out
transcript_execute() {
	local output=$transcript_dir/job${#transcript_jobs[@]}

	case $1 in
	wait) transcript_wait > "$transcript_dir/out" 2>&1 ;;
	*' &')
		eval "${1% &}" > "$output" 2>&1 &
		transcript_jobs+=($!)
		: > "$transcript_dir/out"
		;;
	*) eval "$1" > "$transcript_dir/out" 2>&1 || true ;;
	esac
	transcript_out=$(< "$transcript_dir/out")
}

# transcript_matches OUTPUT EXPECTED
transcript_matches() {
	local IFS=$'\n' line text='' pattern=''

	while IFS= read -r line; do
		case $line in
		...) pattern+='*' ;;
		*)
			line=${line//\\/\\\\}
			line=${line//\[/\\[}
			line=${line//\*/\\*}
			line=${line//\?/\\?}
			pattern+=${line//.../*}$'\n'
			;;
		esac
	done <<< "$2"
	text=$1$'\n'
	# shellcheck disable=SC2053 # a pattern
	[[ $text == $pattern ]]
}

# Ends the command that has been collected so far, if there is one.
transcript_check() {
	local first=${command%%$'\n'*}

	[[ -n $command ]] || return 0
	while [[ $expected == *$'\n' ]]; do expected=${expected%$'\n'}; done
	transcript_execute "$command"
	transcript_count=$((transcript_count + 1))
	if transcript_matches "$transcript_out" "$expected"; then
		is matches matches "$page:$at: $first"
	else
		is "$transcript_out" "$expected" "$page:$at: $first"
	fi
	command='' expected=''
}

# transcript_line LINE: of a block, without its indentation
transcript_line() {
	if [[ $continued == yes ]]; then
		command+=$'\n'$1
	elif [[ $1 == "$prompt "* ]]; then
		transcript_check
		command=${1#"$prompt "} at=$number output=''
	elif [[ -n $command ]]; then
		expected+=${output:+$'\n'}$1 output=yes
		return 0
	else
		return 0
	fi
	continued=no
	[[ $command != *\\ ]] || continued=yes
}

# run_transcripts FILE PROMPT: sets transcript_count to the number of commands
run_transcripts() {
	local file=$1 prompt=$2 page=${1##*/} number=0 at=0 line indent='' block=no
	local command='' expected='' output='' continued=no

	transcript_count=0
	# The commands must not read the page.
	while IFS= read -r -u 9 line; do
		number=$((number + 1))
		case $block:$line in
		no:'.. transcript: '* | no:'<!-- transcript: '*)
			line=${line#*transcript: }
			transcript_execute "${line% -->}"
			;;
		no:'.. code-block:: console') block=directive indent='' ;;
		no:'```console') block=fence indent='' ;;
		fence:'```') transcript_check; block=no ;;
		fence:*) transcript_line "$line" ;;
		directive:) transcript_line '' ;;
		directive:' '*)
			[[ -n $indent ]] || indent=${line%%[! ]*}
			transcript_line "${line#"$indent"}"
			;;
		directive:*)
			transcript_check
			block=no
			case $line in
			'.. code-block:: console') block=directive indent='' ;;
			'.. transcript: '*) transcript_execute "${line#*transcript: }" ;;
			esac
			;;
		esac
	done 9< "$file"
	transcript_check
}
