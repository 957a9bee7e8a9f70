# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Many rules with overlapping ranges are compared with a simple model: for each
# block of 8 sectors, the lowest rule number.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

has_module dm-blkdebug
ram_disk
blocks=1024
bd_sectors=$((blocks * 8))
bd_create bd "$dev" seed=7
errnos=(EIO ENOSPC EILSEQ ENODATA ETIMEDOUT 0)
RANDOM=1

# rule[N]: the words of a rule; first_block[N], last_block[N], error[N],
# iotype[N]
rule=() first_block=() last_block=() error=() iotype=()

# new_rule N WIDTH: draws rule N, a range of up to WIDTH blocks
new_rule() {
	local first=$((RANDOM % blocks)) last

	last=$((first + RANDOM % $2))
	((last < blocks)) || last=$((blocks - 1))
	first_block[$1]=$first last_block[$1]=$last
	error[$1]=${errnos[RANDOM % ${#errnos[@]}]}
	case $((RANDOM % 4)) in
	0) iotype[$1]='read' ;;
	1) iotype[$1]='write' ;;
	*) iotype[$1]=read,write ;;
	esac
	rule[$1]="inject-error sector=$((first * 8))-$((last * 8 + 7)) iotype=${iotype[$1]} errno=${error[$1]}"
}

# The model: the lowest rule number for reads (r17) and writes (w17) of each
# block.
declare -A lowest
paint() {
	local numbers=("${!rule[@]}") i n block

	lowest=()
	for ((i = ${#numbers[@]} - 1; i >= 0; i--)); do
		n=${numbers[i]}
		for ((block = first_block[n]; block <= last_block[n]; block++)); do
			[[ ${iotype[n]} == write ]] || lowest[r$block]=$n
			[[ ${iotype[n]} == read ]] || lowest[w$block]=$n
		done
	done
}

# outcome OP FIRST LAST: sets said to the result of a bio on these blocks
outcome() {
	local block n won=''

	for ((block = $2; block <= $3; block++)); do
		n=${lowest[$1$block]-}
		[[ -z $n || -n $won && $won -le $n ]] || won=$n
	done
	said=ok
	[[ -z $won || ${error[won]} == 0 ]] || said=${error[won]}
}

# probe DESC: compares 200 bios of up to 8 blocks with the model
probe() {
	local ops=() want=() op i first count said

	paint
	for ((i = 0; i < 200; i++)); do
		op=r count=$((1 + RANDOM % 8)) first=$((RANDOM % (blocks - 8)))
		((RANDOM % 2)) || op=w
		ops+=("$op $((first * 8)) $((count * 8))")
		outcome $op $first $((first + count - 1))
		want+=("$said")
	done
	is "$(ios $bd "${ops[@]}")" "${want[*]}" "$1: 200 bios end as in the model"
	like "${want[*]}" '(ok.*E|E.*ok)' "$1: some of 200 bios fail and some pass"
}

for ((n = 1; n <= 300; n++)); do new_rule "$n" 16; done
answers 1-300 'add takes 300 rules at once' bd add "${rule[*]}"
probe '300 overlapping rules'

for ((n = 301; n <= 340; n++)); do
	new_rule "$n" 64
	bd_msg bd add "${rule[n]}" > /dev/null
done
probe 'rules added one by one'

for ((i = 0; i < 40; i++)); do
	n=$((1 + RANDOM % 340))
	[[ -n ${rule[n]-} ]] || continue
	bd_msg bd remove "$n"
	unset "rule[n]"
done
probe 'rules removed one by one'

bd_msg bd clear
rule=()
for ((n = 341; n <= 540; n++)); do new_rule "$n" 4; done
new_rule 541 1000
answers 341-541 'add takes rules after a clear' bd add "${rule[*]}"
probe 'a wide range after narrow ones'

# So many rules that the index is rebuilt larger.
for ((n = 542; n <= 800; n++)); do new_rule "$n" 16; done
answers 542-800 'add takes 259 more rules' bd add "${rule[*]:542}"
probe 'overlapping rules after the index has grown'

# --- Many rules ---

# load_rules WORD...: makes these rules the live table, from a file
load_rules() {
	echo "0 65536 blkdebug $dev 0 seed=7 $*" > /tmp/table
	dmsetup load bd /tmp/table && dmsetup suspend bd && dmsetup resume bd
}

mapfile -t sectors < <(seq 8 8 40000)
written="inject-error sector=4-7 $(printf 'inject-error sector=%d errno=ENODATA ' "${sectors[@]}")"
written+='inject-error sector=0-39999 errno=ENOSPC'
succeeds 'a table with 5,002 rules loads' load_rules "$written"
is "$(bd_status bd rules)" 5002 'status counts 5,002 rules'
is "$(ios $bd 'r 0 4' 'r 0 8' 'r 8 8' 'r 9 7' 'r 20000 1' 'r 39992 8' 'r 40000 1' 'r 40001 8')" \
	'ENOSPC EIO ENODATA ENOSPC ENODATA ENODATA ENODATA ok' 'each of 5,002 rules fails its own sectors'
[[ $(bd_rules bd) == "seed=7 $written" ]]
is $? 0 'a table with 5,002 rules prints as written'
bd_msg bd remove 5002
is "$(ios $bd 'r 0 4' 'r 9 7' 'r 8 8')" 'ok ok ENODATA' 'removing the last of 5,002 rules keeps the others'
mapfile -t lines < <(bd_msg bd list)
is "${#lines[@]}" 5001 'list shows 5,001 rules'
like "${lines[5000]-}" '^5001 1 - inject-error sector=40000 errno=ENODATA$' 'the list of 5,001 rules ends with the last one'

# Many rules with states, events and tags, most without sectors.
written=$(printf 'inject-error state=%d sector=8 errno=ENOSPC ' {1..2000})
for n in {1..1000}; do written+=" set-state event=user.e$n state=$n tag=t$n"; done
load_rules "$written"
bd_msg bd state 777 > /dev/null
is "$(ios $bd 'r 0 8' 'r 8 8')" 'ok ENOSPC' 'of 2,000 rules only the one for the state in force acts'
bd_msg bd event user.e776
answers 777 'of 1,000 events the matching one sets the state' bd state
bd_msg bd event user.e777
answers 0 'of 1,000 events the next one sets the state' bd state
answers 1 'wait_hits finds one of 1,000 tags' bd wait_hits t777 1

done_testing
