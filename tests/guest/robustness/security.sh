# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # functions called by asserts
# Permissions, and what privileged callers can do: large tables and messages,
# bytes that are no text, names and numbers that look like others.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

ram_disk
bd_create bd "$dev" seed=7
dir=$(bd_sysfs bd)

# --- Permissions ---

as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all "$@"; }

# as_own_root COMMAND...: runs it as root of a user namespace, which is no
# privilege for the device
as_own_root() { as_nobody unshare -r "$@"; }

# without_admin COMMAND...: runs it as root without CAP_SYS_ADMIN
without_admin() { setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin "$@"; }

# tries_files FUNCTION: reads and writes each file as that user; prints the
# number of refusals
tries_files() {
	# shellcheck disable=SC2016 # for the other shell
	"$1" bash -c 'cd "$1"; for file in *; do
		read -r _ < "$file" && echo "$file was read"
		echo 1 > "$file" && echo "$file was written"
	done' - "$dir" 2> /tmp/refused
	wc -l < /tmp/refused
}

users=(as_nobody)
if as_own_root true 2> /tmp/refused; then
	users+=(as_own_root)
else
	skip 'needs user namespaces' 5
fi
for who in "${users[@]}"; do
	is "$(tries_files "$who")" "$(($(find "$dir" -type f | wc -l) * 2))" "$who: each read and write of a sysfs file is refused"
	like "$(< /tmp/refused)" "${errno_text[EACCES]}" "$who: sysfs files are refused with EACCES"
	fails_with EACCES "$who: messages are refused" "$who" dmsetup message bd 0 state 5
	succeeds "$who: the module parameter features can be read" "$who" cat /sys/module/dm_blkdebug/parameters/features
	# dm tests the capability of the caller, not the permissions of the
	# control device.
	chmod 666 /dev/mapper/control
	fails_with EACCES "$who: messages are refused although the control device can be opened" "$who" dmsetup message bd 0 state 5
	chmod 600 /dev/mapper/control
done
is "$(bd_status bd state)" 1 'refused writes and messages leave the state unchanged'
fails_with EACCES 'root without CAP_SYS_ADMIN can send no message' without_admin dmsetup message bd 0 state 5
fails_with EACCES 'root without CAP_SYS_ADMIN can load no table' without_admin dmsetup load bd --table "0 8 blkdebug $dev 0"

# --- Size ---

# free_kb: prints the memory not used by kernel objects, relative to an unknown
# total
free_kb() {
	local word kb free=0

	echo 3 > /proc/sys/vm/drop_caches
	while read -r word kb _; do
		case $word in SUnreclaim: | VmallocUsed:) free=$((free - kb)) ;; esac
	done < /proc/meminfo
	echo $free
}

# has_back KB: tests whether as much memory is free again, but for 6 MB that
# others may use
has_back() { (($(free_kb) > $1 - 6000)); }

# load_time: sets $us to the time of a load of /tmp/table in microseconds
load_time() {
	local start=${EPOCHREALTIME//[!0-9]/}

	dmsetup load bd /tmp/table || return
	us=$((${EPOCHREALTIME//[!0-9]/} - start))
}

# takes_no_longer US DESC: $us for ten times the size is less than 40 times US;
# quadratic time would be 100 times
takes_no_longer() {
	diag "ten times the size takes $us us instead of $1"
	is $((us < 40 * $1)) 1 "$2"
}

rules=100000
for ((i = 0; i < rules; i++)); do printf ' inject-error sector=%d' $((5 * i)); done > /tmp/words
start="0 $(sectors_of "$dev") blkdebug $dev 0 seed=7"
{ echo -n "$start"; grep -o ' inject-error [^ ]*' /tmp/words | head -n $((rules / 10)) | tr -d '\n'; } > /tmp/table
load_time
few=$us
{ echo -n "$start"; cat /tmp/words; echo; } > /tmp/table
{ printf 'message add'; cat /tmp/words; echo; } > /tmp/message

before=$(free_kb)
load_time
is $? 0 'a table of 100,000 rules loads'
takes_no_longer "$few" 'the load time of rules is proportional to their number'
loaded=$(free_kb)
like "$((before - loaded))" '^[1-9][0-9]{4}$' 'a table of 100,000 rules takes 10 to 99 MB'
dmsetup resume bd
is "$(bd_status bd rules)" $rules 'status counts 100,000 rules'
is "$(dmsetup table bd | wc -w)" $((rules * 2 + 6)) 'the table line has 100,000 rules'
# The answer is larger than the first buffer of libdm, which then asks again.
is "$(bd_msg bd list | wc -l)" $rules 'list shows 100,000 rules'
bd_msg bd clear
eventually 'clear frees the memory of 100,000 rules' has_back "$before"
is "$(io $bd - < /tmp/message)" ok 'a message of 2 MB adds 100,000 rules'
is "$(bd_status bd rules)" $rules 'status counts 100,000 added rules'
like "$((before - $(free_kb)))" '^[1-9][0-9]{4}$' '100,000 added rules take 10 to 99 MB'
bd_load bd "$dev" seed=7
dmsetup resume bd
eventually 'a new table frees the memory of 100,000 added rules' has_back "$before"

# ranges N: prints a table with N ranges, one of each second sector, unsorted
ranges() {
	echo -n "$start inject-error sector="
	perl -e 'print join ",", map { $_ * 7919 % 262139 * 2 } 1 .. $ARGV[0]' "$1"
}

ranges 100000 > /tmp/table
load_time
few=$us
ranges 262138 > /tmp/table
load_time
is $? 0 'a table of 260,000 ranges loads'
takes_no_longer "$few" 'the load time of unsorted ranges is about proportional to their number'
like "$((before - $(free_kb)))" '^[1-9][0-9]{4,5}$' 'a table of 260,000 ranges takes 10 to 999 MB'
dmsetup resume bd
is "$(ios $bd 'r 1 1' 'r 2 1' 'r 3 1' 'r 262142 1' 'r 262143 1')" 'ok EIO ok EIO ok' 'sectors of 260,000 ranges fail, others pass'
bd_load bd "$dev" seed=7
dmsetup resume bd
eventually 'a new table frees the memory of 260,000 ranges' has_back "$before"
rm /tmp/table /tmp/words /tmp/message

# Tags that no rule has any more.
for ((i = 0; i < 100; i++)); do printf ' inject-error state=9 tag=x%05d_' $i; done > /tmp/words
replace_tags() {
	local i words

	words=$(< /tmp/words)
	for ((i = 0; i < 600; i++)); do echo "message replace${words//_/_$i}"; done
}
before=$(free_kb)
is "$(io $bd - < <(replace_tags) | sort -u)" ok '600 times replace with 100 new tags succeed'
eventually 'tags without rules are freed although no rule was removed by message' has_back "$before"
bd_load bd "$dev" seed=7
dmsetup resume bd

# --- Time ---

# time_to_heal N: sets $us to the time of a discard that heals the sectors of N
# rules, in microseconds
time_to_heal() {
	local i words=add start

	for ((i = 0; i < $1; i++)); do words+=" inject-error sector=$((16 * i)) healed=on"; done
	io /dev/mapper/heals - <<< "message $words" > /tmp/null
	start=${EPOCHREALTIME//[!0-9]/}
	is "$(io /dev/mapper/heals "d 0 $((16 * $1))")" ok "a discard heals the sectors of $1 rules"
	us=$((${EPOCHREALTIME//[!0-9]/} - start))
	is "$(bd_status heals rules)" 0 "$1 healed rules are used up"
}

loop_disk 160
bd_create heals "$dev"
time_to_heal 2000
few=$us
time_to_heal 20000
takes_no_longer "$few" 'the time of a discard is proportional to the number of rules that it heals'
dmsetup remove heals

# As many words as dm accepts, and one word of 2 MB.
words=524286
dmesg_mark
is "$(io $bd - < <(printf 'message break read_aio A'; yes ' x=1' | head -n $((words - 3)) | tr -d '\n'))" EINVAL \
	'a message of half a million words is refused'
is "$(io $bd - < <(printf 'message add inject-error tag='; head -c 2000000 /dev/zero | tr '\0' x))" EINVAL \
	'a message with a word of 2 MB is refused'
is "$(dmesg_since | sed -n "s/.*rule [0-9]*: //p")" "Unknown key: 'x=1'
Invalid tag: 'tag=$(printf 'x%.0s' {1..124})'" 'the log shows a short line for each refused message'
is "$(bd_status bd rules)" 0 'refused messages add no rule'

# Words and messages that the shell cannot pass on.
fails_with E2BIG 'the shell refuses a word of 128 KB' \
	bd_msg bd add "inject-error sector=$(head -c 131072 /dev/zero | tr '\0' 1)"

# --- Bytes that are no text ---

# escaped SHOWN DESC MESSAGE...: the message fails with $errno, and SHOWN is the
# only line in the log
escaped() {
	local shown=$1 desc=$2 log
	shift 2

	dmesg_mark
	fails_with "${errno-EINVAL}" "$desc fails" bd_msg bd "$@"
	log=$(dmesg_since)
	is "$(sed -n 's/.*blkdebug: [0-9]*:[0-9]*: //p' <<< "$log")" "$shown" "$desc: the log escapes the word"
	is "$(grep -c . <<< "$log")" 1 "$desc: the log has one line"
	unlike "${log//$'\n'/}" $'[\x01-\x1f\x7f-\x9f]' "$desc: the log has no control characters"
}

LC_ALL=C
escaped "rule 1: Unknown key: '\\001\\002\\037\\177\\200=1'" 'an unknown key with control characters' \
	add inject-error $'\x01\x02\x1f\x7f\x80=1'
escaped "rule 1: Unknown action: '\\e[31minject-error'" 'an unknown action with a terminal escape' add $'\e[31minject-error'
escaped "rule 1: Invalid tag: 'tag=a\\nfaked: log'" 'an invalid tag with a newline' add inject-error $'tag=a\\\nfaked:\\ log'
# The kernel prints Latin-1 letters unescaped; these are no control characters
# for any terminal.
escaped $'rule 1: Unknown event: \'event=user.\xe2\\202\xac\'' 'an unknown event with Unicode letters' \
	add inject-error $'event=user.\xe2\x82\xac'
escaped "Unknown message: '\\a\\010\\r'" 'an unknown message with control characters' $'\a\b\\\r'
errno=ENOENT escaped "Unknown event: 'user.\\23331m'" 'raising an unknown event with a control character' event $'user.\x9b31m'
errno=ENOENT escaped "Unknown event: 'user.\\t'" 'a breakpoint on an unknown event with a tab' break $'user.\\\t' A
escaped "Invalid tag: '\\177'" 'resume of an invalid tag with a control character' resume $'\x7f'
escaped "rule 1: Invalid task name: 'comm=\\004'" 'an invalid task name with a control character' add inject-error $'comm=\x04'

# --- Names and numbers that look like others ---

# all_say ERRNO DESC MESSAGE...: each message ends with ERRNO, all in one
# process
all_say() {
	local want=$1 desc=$2 ops=() said
	shift 2

	ops=("${@/#/message }")
	said=" $(ios $bd "${ops[@]}")"
	is "${said// $want/}" '' "$desc"
}

tags() { bd_list bd | sed 's/.*tag=//' | tr '\n' ' '; }

bd_start bd inject-error state=9 tag=a.b inject-error state=9 tag=a_b inject-error state=9 tag=a \
	inject-error state=9 tag=a.b. inject-error state=9 tag=A
bd_msg bd remove a.b
is "$(tags)" 'a_b a a.b. A ' 'remove by tag leaves tags that differ in a dot, in case or in length'
bd_msg bd remove a
is "$(tags)" 'a_b a.b. A ' 'remove by tag leaves tags that begin with it'
bd_msg bd clear
tag=$(printf 'x%.0s' {1..64})
bd_msg bd add inject-error state=9 tag="${tag:1}" > /tmp/null
all_say EINVAL 'tags of 64 characters and tags that look like numbers are invalid' \
	"add inject-error tag=$tag" "remove $tag" "remove_break $tag" "resume $tag" "is_suspended $tag" \
	'add inject-error tag=1' 'add inject-error tag=-1' 'add inject-error tag=#1' \
	'add inject-error tag=1a' 'add inject-error tag=.a' 'add inject-error tag=' \
	'break read_aio 0x1' 'break read_aio 1' 'break read_aio #1'
is "$(tags)" "${tag:1} " 'a tag of 64 characters does not match its last 63'

first=$(bd_msg bd add inject-error state=9 tag=_1)
first=${first%-*}
all_say ENOENT 'numbers of no rule are not found' 'remove 0' "remove $((first + 1))" \
	"remove $((first + 4294967296))" 'remove 18446744073709551615' 'remove 0xffffffffffffffff' \
	'wait_hits 0 0' "wait_hits $((first + 4294967296)) 1" 'wait_hits 18446744073709551615 1' 'remove _'
all_say EINVAL 'words that are no 64-bit number are invalid' 'remove 18446744073709551616' 'remove 1.0' 'remove +1' \
	'remove 99999999999999999999999999999999999' "remove ${first}a" "wait_hits $first 18446744073709551616 0"
all_say ETIMEDOUT 'wait_hits takes the largest 64-bit number' "wait_hits $first 18446744073709551615 0"

bd_start bd suspend event=read_aio tag=A once=off suspend event=read_aio tag=x1
hold bd 2 /tmp/io 'r 0 8'
last=$(held bd)
last=${last##*$'\n'} last=${last%% *}
all_say EINVAL 'invalid hold numbers are refused' 'resume #' 'resume #0' "resume #$((last + 1))x" 'resume #-1' \
	"resume ##$last" 'resume #18446744073709551616' "resume # $last" "resume $last" "resume #$last all"
all_say ENOENT 'unused hold numbers and tags are not found' "resume #$((last + 1))" "resume #$((last + 4294967296))" \
	'resume #18446744073709551615' 'resume #0xffffffffffffffff' 'resume x1x' 'resume X1' 'resume x'
is "$(bd_status bd held)" 2 'refused and unmatched resumes leave both holds'
all_say ok 'a hold number may have leading zeros' "resume #$(printf '%030d' "$last")"
is "$(held bd | cut -d ' ' -f 2)" A 'resume by number resumes that hold of two'
bd_msg bd resume A
wait "$pid"

done_testing
