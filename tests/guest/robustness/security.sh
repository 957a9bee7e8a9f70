# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # functions called by asserts
# Who may do what, and what those who may can do: large tables and messages,
# bytes that are no text, names and numbers that look like others.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

ram_disk
bd_create bd "$dev" seed=7
bd=/dev/mapper/bd
dir=$(bd_sysfs bd)

# --- Who ---

as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all "$@"; }

# In a user namespace nobody is root, but not here.
as_own_root() { as_nobody unshare -r "$@"; }

# without_admin COMMAND...: root, but for the capability
without_admin() { setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin "$@"; }

# tries_files WHO: reads and writes each file; how that went, on one line
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
	is "$(tries_files "$who")" "$(($(find "$dir" -type f | wc -l) * 2))" "$who: no file can be read or written"
	like "$(< /tmp/refused)" "${errno_text[EACCES]}" "$who: for want of permission"
	fails_with EACCES "$who: no messages" "$who" dmsetup message bd 0 state 5
	succeeds "$who: features can be read" "$who" cat /sys/module/dm_blkdebug/parameters/features
	# It is the capability that counts, not who can open the file.
	chmod 666 /dev/mapper/control
	fails_with EACCES "$who: nor by way of a file that all can open" "$who" dmsetup message bd 0 state 5
	chmod 600 /dev/mapper/control
done
is "$(bd_status bd state)" 1 'and nothing has changed'
fails_with EACCES 'root without the capability sends none, either' without_admin dmsetup message bd 0 state 5
fails_with EACCES 'and loads no table' without_admin dmsetup load bd --table "0 8 blkdebug $dev 0"

# --- How much ---

# Of what the kernel has for objects of its own: with more of them this is less.
free_kb() {
	local word kb free=0

	echo 3 > /proc/sys/vm/drop_caches
	while read -r word kb _; do
		case $word in SUnreclaim: | VmallocUsed:) free=$((free - kb)) ;; esac
	done < /proc/meminfo
	echo $free
}

# has_back KB: as much is free again, but for what others may have taken meanwhile
has_back() { (($(free_kb) > $1 - 6000)); }

# load_time: what a load of /tmp/table takes, in us, into $us
load_time() {
	local start=${EPOCHREALTIME//[!0-9]/}

	dmsetup load bd /tmp/table || return
	us=$((${EPOCHREALTIME//[!0-9]/} - start))
}

# takes_no_longer US DESC: not as for ten times as much that takes a hundred times as long
takes_no_longer() {
	diag "ten times as much takes $us us, and not $1"
	is $((us < 40 * $1)) 1 "$2"
}

rules=100000
for ((i = 0; i < rules; i++)); do printf ' inject-error sector=%d' $((16 * i)); done > /tmp/words
start="0 $(sectors_of "$dev") blkdebug $dev 0 seed=7"
{ echo -n "$start"; grep -o ' inject-error [^ ]*' /tmp/words | head -n $((rules / 10)) | tr -d '\n'; } > /tmp/table
load_time
few=$us
{ echo -n "$start"; cat /tmp/words; echo; } > /tmp/table
{ printf 'message add'; cat /tmp/words; echo; } > /tmp/message

before=$(free_kb)
load_time
is $? 0 'a table of 100,000 rules loads'
takes_no_longer "$few" 'in a time that goes by their number'
loaded=$(free_kb)
like "$((before - loaded))" '^[1-9][0-9]{4}$' 'they take some 10 MB'
dmsetup resume bd
is "$(bd_status bd rules)" $rules 'all of them are there'
is "$(dmsetup table bd | wc -w)" $((rules * 2 + 6)) 'and in the table line'
# Far more than libdm has room for at first: it asks again.
is "$(bd_msg bd list | wc -l)" $rules 'and in the list'
bd_msg bd clear
eventually 'a clear gives the memory back' has_back "$before"
is "$(io $bd - < /tmp/message)" ok 'a message of 2 MB adds as many'
is "$(bd_status bd rules)" $rules 'all of them'
like "$((before - $(free_kb)))" '^[1-9][0-9]{4}$' 'which take as much'
bd_load bd "$dev" seed=7
dmsetup resume bd
eventually 'and give it back with the table' has_back "$before"

# ranges N: a table with so many, every other sector, in no order
ranges() {
	echo -n "$start inject-error sector="
	perl -e 'print join ",", map { $_ * 7919 % 1000003 * 2 } 1 .. $ARGV[0]' "$1"
}

ranges 100000 > /tmp/table
load_time
few=$us
ranges 1000000 > /tmp/table
load_time
is $? 0 'a table of a million ranges loads'
takes_no_longer "$few" 'in a time that goes by their number, though they have to be sorted'
like "$((before - $(free_kb)))" '^[1-9][0-9]{4,5}$' 'they take some 50 MB'
dmsetup resume bd
is "$(ios $bd 'r 1 1' 'r 2 1' 'r 3 1' 'r 262142 1' 'r 262143 1')" 'ok EIO ok EIO ok' 'all are there'
bd_load bd "$dev" seed=7
dmsetup resume bd
eventually 'and give the memory back with the table' has_back "$before"
rm /tmp/table /tmp/words /tmp/message

# Tags that nothing bears any more
for ((i = 0; i < 100; i++)); do printf ' inject-error state=9 tag=x%05d_' $i; done > /tmp/words
replace_tags() {
	local i words

	words=$(< /tmp/words)
	for ((i = 0; i < 600; i++)); do echo "message replace${words//_/_$i}"; done
}
before=$(free_kb)
is "$(io $bd - < <(replace_tags) | sort -u)" ok '60,000 tags come and go'
eventually 'and give their memory back, though no rule has been removed' has_back "$before"
bd_load bd "$dev" seed=7
dmsetup resume bd

# --- How long ---

# time_to_heal N: how long a discard takes that heals the sectors of as many rules, in us
time_to_heal() {
	local i words=add start

	for ((i = 0; i < $1; i++)); do words+=" inject-error sector=$((16 * i)) healed=on"; done
	io /dev/mapper/heals - <<< "message $words" > /tmp/null
	start=${EPOCHREALTIME//[!0-9]/}
	is "$(io /dev/mapper/heals "d 0 $((16 * $1))")" ok "a discard heals the sectors of $1 rules"
	us=$((${EPOCHREALTIME//[!0-9]/} - start))
	is "$(bd_status heals rules)" 0 'all of them'
}

loop_disk 160
bd_create heals "$dev"
time_to_heal 2000
few=$us
time_to_heal 20000
takes_no_longer "$few" 'in a time that goes by their number'
dmsetup remove heals

# As many words as dm takes, and a single one that is as long
words=524286
dmesg_mark
is "$(io $bd - < <(printf 'message break read_aio A'; yes ' x=1' | head -n $((words - 3)) | tr -d '\n'))" EINVAL \
	'half a million words are refused'
is "$(io $bd - < <(printf 'message add inject-error tag='; head -c 2000000 /dev/zero | tr '\0' x))" EINVAL \
	'so is one of 2 MB'
is "$(dmesg_since | sed -n "s/.*rule [0-9]*: //p")" "Unknown key: 'x=1'
Invalid tag: 'tag=$(printf 'x%.0s' {1..124})'" 'in a short line of the log each'
is "$(bd_status bd rules)" 0 'and nothing has changed'

# A word that the shell cannot pass, and a message that it cannot
fails_with E2BIG 'a word of 128K does not even get to dmsetup' \
	bd_msg bd add "inject-error sector=$(head -c 131072 /dev/zero | tr '\0' 1)"

# --- Bytes that are no text ---

# escaped WORD SHOWN REASON MESSAGE...: fails, and that is the only line in the log
escaped() {
	local shown=$1 desc=$2 log
	shift 2

	dmesg_mark
	fails_with "${errno-EINVAL}" "$desc" bd_msg bd "$@"
	log=$(dmesg_since)
	is "$(sed -n 's/.*blkdebug: [0-9]*:[0-9]*: //p' <<< "$log")" "$shown" "$desc: in the log"
	is "$(grep -c . <<< "$log")" 1 "$desc: in one line"
	unlike "${log//$'\n'/}" $'[\x01-\x1f\x7f-\x9f]' "$desc: without bytes that are no text"
}

LC_ALL=C
escaped "rule 1: Unknown key: '\\001\\002\\037\\177\\200=1'" 'a key' \
	add inject-error $'\x01\x02\x1f\x7f\x80=1'
escaped "rule 1: Unknown action: '\\e[31minject-error'" 'an action with a colour' add $'\e[31minject-error'
escaped "rule 1: Invalid tag: 'tag=a\\nfaked: log'" 'a tag with a newline' add inject-error $'tag=a\\\nfaked:\\ log'
# What the kernel takes for letters stays; no terminal takes it for anything else.
escaped $'rule 1: Unknown event: \'event=user.\xe2\\202\xac\'' 'an event of letters from elsewhere' \
	add inject-error $'event=user.\xe2\x82\xac'
escaped "Unknown message: '\\a\\010\\r'" 'a message' $'\a\b\\\r'
errno=ENOENT escaped "Unknown event: 'user.\\23331m'" 'an event to raise' event $'user.\x9b31m'
errno=ENOENT escaped "Unknown event: 'user.\\t'" 'an event to break at' break $'user.\\\t' A
escaped "Invalid tag: '\\177'" 'a tag to resume' resume $'\x7f'
escaped "rule 1: Invalid task name: 'comm=\\004'" 'a task' add inject-error $'comm=\x04'

# --- Names and numbers that look like others ---

# all_say ERRNO DESC MESSAGE...: each of them, in one process
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
is "$(tags)" 'a_b a a.b. A ' 'a tag stands for itself only'
bd_msg bd remove a
is "$(tags)" 'a_b a.b. A ' 'not for those that it begins'
bd_msg bd clear
tag=$(printf 'x%.0s' {1..64})
bd_msg bd add inject-error state=9 tag="${tag:1}" > /tmp/null
all_say EINVAL 'no tag has 64 characters, or looks like a number' \
	"add inject-error tag=$tag" "remove $tag" "remove_break $tag" "resume $tag" "is_suspended $tag" \
	'add inject-error tag=1' 'add inject-error tag=-1' 'add inject-error tag=#1' \
	'add inject-error tag=1a' 'add inject-error tag=.a' 'add inject-error tag=' \
	'break read_aio 0x1' 'break read_aio 1' 'break read_aio #1'
is "$(tags)" "${tag:1} " 'nor does a long one stand for a shorter one'

first=$(bd_msg bd add inject-error state=9 tag=_1)
first=${first%-*}
all_say ENOENT 'other numbers are of no rule' 'remove 0' "remove $((first + 1))" \
	"remove $((first + 4294967296))" 'remove 18446744073709551615' 'remove 0xffffffffffffffff' \
	'wait_hits 0 0' "wait_hits $((first + 4294967296)) 1" 'wait_hits 18446744073709551615 1' 'remove _'
all_say EINVAL 'nor of any that there could be' 'remove 18446744073709551616' 'remove 1.0' 'remove +1' \
	'remove 99999999999999999999999999999999999' "remove ${first}a" "wait_hits $first 18446744073709551616 0"
all_say ETIMEDOUT 'hits may be as many' "wait_hits $first 18446744073709551615 0"

bd_start bd suspend event=read_aio tag=A once=off suspend event=read_aio tag=x1
hold bd 2 /tmp/io 'r 0 8'
last=$(held bd)
last=${last##*$'\n'} last=${last%% *}
all_say EINVAL 'these are no holds' 'resume #' 'resume #0' "resume #$((last + 1))x" 'resume #-1' \
	"resume ##$last" 'resume #18446744073709551616' "resume # $last" "resume $last" "resume #$last all"
all_say ENOENT 'there could be these' "resume #$((last + 1))" "resume #$((last + 4294967296))" \
	'resume #18446744073709551615' 'resume #0xffffffffffffffff' 'resume x1x' 'resume X1' 'resume x'
is "$(bd_status bd held)" 2 'nothing of that has resumed anything'
all_say ok 'zeros in front make no other number' "resume #$(printf '%030d' "$last")"
is "$(held bd | cut -d ' ' -f 2)" A 'of two holds the one that was meant'
bd_msg bd resume A
wait "$pid"

done_testing
