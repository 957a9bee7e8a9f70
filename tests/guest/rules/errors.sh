# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Invalid tables and messages: the errno, the word at fault in the kernel log,
# and no change of the device.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

has_module dm-blkdebug
ram_disk
bd_sectors=2048
bd_create bd "$dev" state=3 seed=7 inject-error tag=old sector=0 set-state event=user.go new_state=4
bd_load bd "$dev" seed=8
live=$(dmsetup table bd)
inactive=$(dmsetup table --inactive bd)
list=$(bd_msg bd list)

# All cases run first, then the kernel log is read once, because reading it
# takes longer than the cases.
nr_cases=0 nr_judged=0
rule=() word=() desc=() answer=()

# new_case RULE WORD DESC
new_case() {
	echo "<6>tests: case $((++nr_cases))" > /dev/kmsg
	rule[nr_cases]=$1 word[nr_cases]=$2 desc[nr_cases]=$3
}

# bad_table RULE WORD TABLE: fails with EINVAL; the log names the number and the word
bad_table() {
	new_case "$1" "$2" "table: $3"
	answer[nr_cases]=$(bd_load bd "$dev" "$3" 2>&1)
}

# bad_pair RULE WORD WITH TABLE: the log names both of the words that do not go together
bad_pair() { bad_table "$1" "$2' with '$3" "$4"; }

# bad_message RULE WORD MESSAGE: fails with EINVAL; the log names the number and
# the word
bad_message() {
	new_case "$1" "$2" "message: $3"
	# shellcheck disable=SC2086 # a word each
	answer[nr_cases]=$(bd_msg bd $3 2>&1)
}

# judge N LOG
judge() {
	local line named='' number=${rule[$1]} about=${desc[$1]}

	if [[ ${answer[$1]} != *"${errno_text[EINVAL]}"* ]]; then
		not_ok "$about" "answer: ${answer[$1]}"
		return
	fi
	while IFS= read -r line; do
		[[ $line != *"'${word[$1]}'"* || -n $number && $line != *" rule $number: "* ]] || named=$line
	done <<< "$2"
	if [[ -z $named ]]; then
		not_ok "$about" "no '${word[$1]}'${number:+ of rule $number} in: $2"
	# dm logs ti->error, and "Unknown error" when there is none.
	elif [[ $about == table:* && ! $2 =~ blkdebug:\ [A-Z][a-z] || $2 == *'Unknown error'* ]]; then
		not_ok "$about" "no ti->error in: $2"
	else
		ok "$about"
	fi
}

judge_cases() {
	local line n=0 log=()

	while IFS= read -r line; do
		case $line in
		*'tests: case '*) n=${line##* } ;;
		*) log[n]+=$line$'\n' ;;
		esac
	done < <(dmesg)
	while ((nr_judged < nr_cases)); do
		((++nr_judged))
		judge "$nr_judged" "${log[nr_judged]-}"
	done
}

unchanged() {
	is "$(dmsetup table bd)" "$live" "$1 leave the live table unchanged"
	is "$(dmsetup table --inactive bd)" "$inactive" "$1 leave the inactive table unchanged"
	is "$(bd_msg bd list)" "$list" "$1 leave the list of rules unchanged"
	is "$(dmsetup status bd)" '0 2048 blkdebug state=3 rules=2 armed=0 held=0 injected=0 seed=7 power=on cached=0 volatile=0 views=0' \
		"$1 leave the status unchanged"
}

# --- Errors before the first rule ---

# has_error DESC TABLE TEXT: the load fails, and the log has TEXT as ti->error
has_error() {
	dmesg_mark
	fails_with '(Invalid argument|No such (device|file))' "a table with $1 fails to load" dmsetup load bd --table "$2"
	dmesg_like "blkdebug: $3" "a table with $1 sets ti->error"
}

has_error 'neither device nor offset' '0 8 blkdebug' 'Invalid argument count'
has_error 'no offset' "0 8 blkdebug $dev" 'Invalid argument count'
has_error 'a device that does not exist' '0 8 blkdebug /dev/none 0' 'Device lookup failed'
has_error 'an offset that is no number' "0 8 blkdebug $dev 1x" 'Invalid device sector'
has_error 'a negative offset' "0 8 blkdebug $dev -1" 'Invalid device sector'

bad_table '' foo=1 foo=1
bad_table '' =1 =1
bad_table '' inject-error=1 inject-error=1
bad_table '' event=read_aio 'event=read_aio inject-error'
bad_table '' state=2 'state=1 state=2'
bad_table '' seed=2 'seed=1 state=3 seed=2'
for value in '' x 1x -1 +1 4294967296 18446744073709551616 99999999999999999999; do
	bad_table '' "state=$value" "state=$value"
done
for value in '' x -1 18446744073709551616; do bad_table '' "seed=$value" "seed=$value"; done

# --- Errors in rules, each kind in a rule of another number ---

bad_table 1 explode explode
bad_table 1 Inject-error Inject-error
bad_table 2 event 'inject-error event'
bad_table 3 delay 'inject-error set-state delay event=read_aio suspend tag=x'
bad_table 1 frob=1 'inject-error frob=1'
bad_table 2 Errno=EIO 'inject-error inject-error Errno=EIO'
bad_table 1 seed=1 'inject-error seed=1'
bad_table 4 errno=EFOO 'inject-error set-state suspend tag=a inject-error errno=EFOO'

# Keys of other actions
for key in errno=EIO immediately=on; do bad_table 1 "$key" "set-state $key"; done
for key in errno=EIO immediately=on new_state=2; do bad_table 1 "$key" "suspend tag=a $key"; done
bad_table 1 new_state=2 'inject-error new_state=2'
bad_table 2 suspend 'inject-error suspend'
bad_table 1 suspend 'suspend event=read_aio once=off'

# Each key twice, the same value or another
for key in event=read_aio state=1 sector=1 iotype=read flags=fua tag=a errno=EIO once=on immediately=on; do
	bad_table 1 "$key" "inject-error $key $key"
done
bad_table 1 state=2 'inject-error state=1 errno=EIO state=2'
bad_table 1 new_state=2 'set-state new_state=1 new_state=2'

# Values
long=$(printf '%059d' 0)
for value in '' nosuch read_aio2 read-aio READ_AIO user user. user_ .user.x user.a/b user.a,b "user.$long"; do
	bad_table 1 "event=$value" "inject-error event=$value"
done
for value in '' x 1x x1 -1 1.5 0x 4294967296 18446744073709551617; do
	bad_table 1 "state=$value" "inject-error state=$value"
	bad_table 1 "new_state=$value" "set-state new_state=$value"
done
for value in '' x -5 5- - 5-4 1-2-3 '1,' ,1 1,,2 1-2,x 1,5-4 18446744073709551616 0-18446744073709551616; do
	bad_table 1 "sector=$value" "inject-error sector=$value"
done
for value in 2048 2048-4095 9000-18446744073709551615; do bad_table 1 "$value' in 'sector=1,$value" "drop sector=1,$value"; done
for value in '' nosuch READ reads 'read,' ,read read,,write '!read' event all; do
	bad_table 1 "iotype=$value" "inject-error iotype=$value"
done
for value in '' '!' nosuch FUA 'fua,' ,fua fua,,meta '!!fua' 'fua,!fua' '!sync,sync' preflush; do
	bad_table 1 "flags=$value" "inject-error flags=$value"
done
has_feature flags atomic || bad_table 1 flags=atomic 'inject-error flags=atomic'
for value in '' 1a .a -a a/b a,b a=b "_${long}1234"; do
	bad_table 1 "tag=$value" "suspend tag=$value"
done
for value in '' EFOO eio EAGAIN EREMCHG 11 78 EPERM 1 EINTR 4 -5 4096 65541 4294967301 5x; do
	bad_table 1 "errno=$value" "inject-error errno=$value"
done
for value in '' yes ON 1 onoff; do
	bad_table 1 "once=$value" "inject-error once=$value"
	bad_table 1 "once=$value" "suspend tag=a once=$value"
	bad_table 1 "immediately=$value" "inject-error immediately=$value"
done

# Keys that say when a rule acts
for value in '' x -1 4294967296; do
	for key in after interval times; do bad_table 1 "$key=$value" "set-state $key=$value"; done
done
bad_table 1 interval=0 'drop interval=0'
for value in '' 1 /2 1/ 3/2 1/0 0/0 -1/2 1/2/3 0.5 4294967296/4294967296 x/y; do
	bad_table 1 "probability=$value" "inject-error probability=$value"
done
for value in '' 1234567890123456; do bad_table 1 "comm=$value" "inject-error comm=$value"; done
bad_table 1 'comm=a\\\\b' 'inject-error comm=a\\\\b'
bad_pair 1 once=on times=0 'inject-error once=on times=0'
bad_pair 2 once=on times=2 'drop suspend tag=a times=2 once=on'
bad_pair 1 once=off times=1 'suspend tag=a once=off times=1'

# Keys of an action
for key in errno=EIO immediately=on healed=on transfer=all ms=1 bits=1 sectors=1 to=1; do
	bad_table 1 "$key" "drop $key"
done
bad_table 2 delay 'drop delay iotype=read'
bad_table 1 delay 'delay jitter=3'
bad_pair 1 ms=1 us=2 'delay us=2 ms=1'
for value in '' x -1 86400001; do bad_table 1 "ms=$value" "delay ms=$value"; done
for value in '' x -1 86400000001; do bad_table 1 "us=$value" "delay us=$value"; done
for value in '' x -1 86400001; do bad_table 1 "jitter=$value" "delay ms=1 jitter=$value"; done
bad_table 1 corrupt corrupt
bad_table 1 byte=1 'corrupt byte=1'
bad_table 1 corrupt 'corrupt value=1'
bad_pair 1 bits=1 byte=1 'corrupt byte=1 bits=1'
bad_pair 1 bits=1 value=1 'corrupt bits=1 value=1'
for value in '' x -1 0 65; do bad_table 1 "bits=$value" "corrupt bits=$value"; done
for value in '' x -1 4294967296; do bad_table 1 "byte=$value" "corrupt byte=$value value=1"; done
for value in '' x -1 256; do bad_table 1 "value=$value" "corrupt byte=0 value=$value"; done
for value in '' flush both read,write; do bad_table 1 "on=$value" "corrupt bits=1 on=$value"; done
bad_pair 1 on=read iotype=write 'corrupt bits=1 iotype=write on=read'
bad_pair 1 on=read iotype=read,write 'corrupt bits=1 on=read iotype=read,write'
bad_table 1 tear tear
for value in '' x -1 4294967296 Random; do bad_table 1 "sectors=$value" "tear sectors=$value"; done
bad_table 1 misdirect misdirect
for value in '' x -1; do bad_table 1 "to=$value" "misdirect to=$value"; done
bad_pair 1 to=2048 misdirect 'misdirect to=2048'
bad_pair 1 to=18446744073709551615 misdirect 'misdirect to=18446744073709551615'
bad_table 1 to=9 'align=4096 misdirect to=9'
bad_pair 1 iotype=read tear 'tear sectors=1 iotype=read'
bad_pair 1 iotype=write,flush tear 'tear sectors=1 iotype=write,flush'
bad_pair 1 iotype=read drop 'drop iotype=read'
bad_pair 1 iotype=zone-append drop 'drop iotype=zone-append'
bad_pair 1 iotype=discard corrupt 'corrupt bits=1 iotype=discard'
bad_pair 1 iotype=flush misdirect 'misdirect to=8 iotype=flush'
for value in '' yes 1; do bad_table 1 "healed=$value" "inject-error sector=1 healed=$value"; done
bad_table 1 healed=on 'inject-error healed=on'
bad_pair 1 healed=on iotype=write 'inject-error sector=1 healed=on iotype=write'
bad_pair 1 healed=on flags=fua 'inject-error sector=1 healed=on flags=fua'
bad_pair 1 healed=on comm=io 'inject-error sector=1 healed=on comm=io'
for value in '' some All; do bad_table 1 "transfer=$value" "inject-error transfer=$value"; done
bad_table 1 transfer=partial 'inject-error transfer=partial'
bad_pair 1 transfer=all errno=0 'inject-error errno=0 transfer=all'
bad_pair 1 transfer=all immediately=on 'inject-error immediately=on transfer=all'

judge_cases
unchanged 'invalid tables'

# The log quotes the beginning of a word that is too long for it.
dmesg_mark
fails_with EINVAL 'a table with an invalid word of 10,000 characters fails to load' bd_load bd "$dev" "inject-error event=$(printf '%010000d' 0)"
dmesg_like "rule 1: .*'event=0000" 'the log quotes the beginning of an invalid word of 10,000 characters'
dmesg_mark
fails_with EINVAL 'an invalid sector at the end of a long list fails to load' \
	bd_load bd "$dev" "inject-error sector=$(printf '%d,' {1..2000})x7"
dmesg_like "rule 1: .*'x7'" 'the log names the invalid sector of a long list'
dmesg_mark
fails_with EINVAL 'a word with an escaped tab fails to load' bd_load bd "$dev" 'inject-error' $'event=\\\ta'
dmesg_like 'rule 1: ' 'the log names the word with an escaped tab'

# --- Messages: the log uses the numbers that the new rules would have got ---

bad_message 3 errno=EFOO 'add inject-error errno=EFOO'
bad_message 5 state=x 'add inject-error set-state inject-error state=x inject-error'
bad_message 4 suspend 'add inject-error suspend event=read_aio'
bad_message 3 frob=1 'replace inject-error frob=1'
bad_message 4 explode 'replace inject-error explode'
bad_message 3 event=nosuch 'add inject-error event=nosuch'
bad_message 3 seed=1 'add suspend seed=1 tag=a'
bad_message 3 frob=1 'break read_aio a frob=1'
bad_message 3 event=read_aio 'break read_aio a event=read_aio'
bad_message 3 tag=b 'break read_aio a tag=b'
bad_message '' inject-error 'break read_aio a inject-error'
bad_message '' 1a 'break read_aio 1a'
bad_message '' "_${long}1234" "break read_aio _${long}1234"

# Too few and too many words
bad_message '' frobnicate frobnicate
bad_message '' Add 'Add inject-error'
for verb in add replace remove wait_hits 'wait_hits 1' event break 'break read_aio' remove_break resume wait_break \
	is_suspended; do
	bad_message '' "${verb%% *}" "$verb"
done
for verb in 'clear x' 'reset x' 'list x' 'wait_hits 1 1 1 1' 'state 1 2' 'stats reset x' \
	'features x' 'event user.x 1 1' 'remove_break a b' 'wait_break a 1 1' 'is_suspended a b' 'held x'; do
	bad_message '' "${verb%% *}" "$verb"
done

# Words that are neither a number nor a tag, and invalid numbers
bad_message '' 1x 'remove 1x'
bad_message '' -1 'remove -1'
bad_message '' 1x 'wait_hits 1x 1'
bad_message '' x 'wait_hits 1 x'
bad_message '' -1 'wait_hits 1 -1'
bad_message '' x 'wait_hits 1 1 x'
bad_message '' 18446744073709551616 'wait_hits 1 18446744073709551616'
bad_message '' x 'state x'
bad_message '' -1 'state -1'
bad_message '' 4294967296 'state 4294967296'
bad_message '' all 'stats all'
bad_message '' soon 'event user.x soon'
bad_message '' soon 'wait_break a soon'
judge_cases

fails_with EINVAL 'a number followed by an escaped newline is refused' bd_msg bd state $'3\\\n'
fails_with ENOENT 'remove of an unused number fails' bd_msg bd remove 3
fails_with ENOENT 'remove of an unused tag fails' bd_msg bd remove nosuch
fails_with ENOENT 'wait_hits for an unused number fails' bd_msg bd wait_hits 3 1
fails_with ENOENT 'wait_hits for an unused tag fails' bd_msg bd wait_hits nosuch 1
fails_with ENOENT 'event with an unknown name fails' bd_msg bd event nosuch
fails_with ENOENT 'event with the name "user." fails' bd_msg bd event user.
fails_with ENOENT 'event with a name of 64 characters fails' bd_msg bd event "user.$long"
fails_with ENOENT 'break on an unknown event fails' bd_msg bd break nosuch a
unchanged 'invalid messages'
answers 3-3 'failed messages use up no rule numbers' bd add inject-error

fails_with '.' 'a message to a sector beyond the table fails' dmsetup message bd 2048 list
fails_with EINVAL 'create with an invalid rule fails' bd_create other "$dev" inject-error errno=EFOO
like "$(dmsetup info other 2>&1)" 'does not exist' 'create with an invalid rule creates no device'

done_testing
