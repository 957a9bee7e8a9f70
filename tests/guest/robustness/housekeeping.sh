# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # functions called by asserts
# Rules with tags and states are added, removed, used up, healed and cleaned up
# during I/O, while the state moves and events arm faults. At the end table,
# list, status, stats and the results of I/O agree.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

bd_setup ram_disk

# The choices are the same in each run.
RANDOM=4711
tags=(a b c d e) errnos=(EIO ENOSPC ENODATA EILSEQ)

# any WORD...: sets $chosen to one of the words
any() { shift $((RANDOM % $#)); chosen=$1; }

# some_rule: adds to $rule one for some of the first 512 sectors
some_rule() {
	local i sector=$((RANDOM % 512))

	case $((RANDOM % 10)) in
	0) rule+=" set-state iotype=write sector=$sector new_state=$((1 + RANDOM % 3))" ;;
	1) rule+=" delay us=10 sector=$sector" ;;
	2) rule+=" inject-error sector=$sector-$((sector + RANDOM % 64)) healed=on" ;;
	3)
		rule+=" inject-error times=$((1 + RANDOM % 3)) sector=$sector"
		for ((i = 0; i < 80; i++)); do rule+=,$((1000 + 8 * i + sector)); done
		;;
	4) rule+=" inject-error times=1 iotype=read sector=$sector-511" ;;
	5) rule+=" suspend event=write_aio sector=$sector once=on" ;;
	*)
		any "${errnos[@]}"
		rule+=" inject-error errno=$chosen sector=$sector-$((sector + RANDOM % 8))"
		;;
	esac
	any '' ' state=1' ' state=2' ' state=3'
	rule+=$chosen
	if [[ $rule != *' event=write_aio'*  && $((RANDOM % 6)) -eq 0 && $rule != *set-state* ]]; then
		any ' event=user.x' ' event=user.y'
		rule+=$chosen
	fi
	any "${tags[@]}"
	rule+=" tag=$chosen"
}

# some_rules N: sets $rules to N rules
some_rules() {
	local i one

	rules=
	for ((i = 0; i < $1; i++)); do rule=''; some_rule; one=$rule; rules+=$one; done
}

for ((i = 0; i < 400; i++)); do
	some_rules $((1 + RANDOM % 6))
	case $((RANDOM % 16)) in
	0) echo "message replace$rules" ;;
	1 | 2 | 3) any "${tags[@]}"; echo "message remove $chosen" ;;
	4) any "${tags[@]}"; echo "message remove_break $chosen" ;;
	5) echo "message state $((1 + RANDOM % 3))" ;;
	6) echo 'message event user.x' ;;
	7) echo 'message event user.y' ;;
	8) [[ $((i % 50)) -ne 0 ]] || echo 'message clear' ;;
	*) echo "message add$rules" ;;
	esac
	echo 'show'
done > /tmp/ops
some_rules 40
echo "message add$rules" >> /tmp/ops

# let_go: resumes the holds of all tags in a loop
let_go() {
	until [[ -e /tmp/stop ]]; do
		for tag in "${tags[@]}"; do echo "message resume $tag all"; done > /tmp/resume.ops
		io "$bd" - < /tmp/resume.ops
	done > /tmp/null 2>&1
}

background /tmp/submitted submit $bd 1 4 0 1024
submitter=$pid
background /tmp/let.go let_go
resumer=$pid
io $bd - < /tmp/ops > /tmp/results
kill -TERM "$submitter"
eventually 'all I/O ends after the messages' process_ended "$submitter"
: > /tmp/stop
eventually 'the loop of resumes ends' process_ended "$resumer"
is "$(grep -v -e '|' -e '^ok$' -e '^ENOENT$' /tmp/results | sort | uniq -c)" '' 'each message succeeds or finds no rule'
like "$(< /tmp/submitted)" 'read all=[0-9]+ ok=[1-9][0-9]* .*=[1-9]' 'some reads fail and some pass'

# --- Table, list, status and stats agree ---

# agree DESC: compares table, list, status and stats
agree() {
	local table list hits mark rule live=0 armed=0 word sum=0 nr

	table=$(bd_rules bd)
	list=$(bd_msg bd list)
	declare -Ag hits_of=()
	while read -r _ hits mark rule; do
		[[ -n $mark ]] || continue
		[[ $rule =~ \ tag=([a-z]+) ]] || true
		word=${BASH_REMATCH[1]-}
		[[ -z $word ]] || hits_of[$word]=$((${hits_of[$word]-0} + hits))
		case $mark in used) continue ;; armed) armed=$((armed + 1)) ;; esac
		live=$((live + 1))
	done <<< "$list"
	nr=$(grep -c -E '^(inject-error|set-state|suspend|delay)$' <<< "${table// /$'\n'}") || true
	is "$(bd_status bd rules) $nr" "$live $live" "$1: status and table have as many rules as list has live ones"
	is "$(bd_status bd armed)" "$armed" "$1: status has as many armed rules as list"
	while read -r _ _ word _; do sum=$((sum + ${word#injected=})); done < <(bd_msg bd stats)
	is "$(bd_status bd injected)" "$sum" "$1: status has as many injected errors as stats"
	for word in "${!hits_of[@]}"; do
		is "$(bd_msg bd wait_hits "$word" 0)" "${hits_of[$word]}" "$1: wait_hits of tag $word answers with the hits in list"
	done
	is "$(bd_status bd held)" 0 "$1: nothing is held"
}
agree 'after the storm'

# --- List and the results of I/O agree ---

# expected: prints the result of a read of each of the first sectors, according
# to list; no rule may be left that reads use up
expected() {
	local sector mark rule state words=()

	state=$(bd_status bd state)
	for ((sector = 0; sector < 512; sector++)); do words[sector]=ok; done
	while read -r _ _ mark rule; do
		[[ -n $mark && $mark != used && $rule == inject-error* ]] || continue
		if [[ $mark != armed ]]; then
			[[ $rule != *' event='* ]] || continue
			[[ ! $rule =~ \ state=([0-9]+) || ${BASH_REMATCH[1]} -eq $state ]] || continue
		fi
		strike "$rule"
	done < <(bd_msg bd list)
	echo "${words[*]}"
}

# strike RULE: enters the rule's errno for its sectors without an earlier rule
strike() {
	local errno=EIO range sector ranges

	[[ ! $1 =~ \ errno=([A-Z]+) ]] || errno=${BASH_REMATCH[1]}
	[[ $1 =~ \ sector=([0-9,-]+) ]]
	IFS=, read -ra ranges <<< "${BASH_REMATCH[1]}"
	for range in "${ranges[@]}"; do
		for ((sector = ${range%-*}; sector <= ${range#*-} && sector < 512; sector++)); do
			[[ ${words[sector]} != ok ]] || words[sector]=$errno
		done
	done
}

# use_up: reads until no rule is used up
use_up() {
	local before after

	after=$(bd_msg bd list | grep -c ' used ')
	until [[ $after == "${before-}" ]]; do
		before=$after
		for i in 1 2 3; do io $bd "${ops[@]}" > /tmp/null; done
		after=$(bd_msg bd list | grep -c ' used ')
	done
}

ops=()
for ((i = 0; i < 512; i++)); do ops+=("r $i 1"); done
for state in 1 2 3; do
	bd_msg bd state $state > /tmp/null
	use_up
	is "$(ios $bd "${ops[@]}" | fold -w 200)" "$(expected | fold -w 200)" "reads end as list says in state $state"
done
for event in user.x user.y; do
	bd_msg bd event $event
	use_up
	is "$(ios $bd "${ops[@]}" | fold -w 200)" "$(expected | fold -w 200)" "reads end as list says after $event"
done
agree 'after the reads'

for tag in "${tags[@]}"; do bd_msg bd remove "$tag" 2> /tmp/null || true; done
is "$(bd_msg bd list)$(bd_rules bd)" 'seed=7' 'remove of all tags removes all rules'
is "$(bd_status bd rules) $(bd_status bd armed)" '0 0' 'status counts no rule after the removal of all'
is "$(ios $bd "${ops[@]}" | tr ' ' '\n' | sort -u)" ok 'no read fails after the removal of all rules'
for tag in "${tags[@]}"; do
	fails_with ENOENT "wait_hits of the removed tag $tag fails" bd_msg bd wait_hits "$tag" 1 1000
done

done_testing
