# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Many writes in flight to one zone: the device below accepts them only in the
# order of their sectors, so that a write that another one overtakes fails.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module null_blk
null_disk 16 zoned=1 zone_size=1 || skip_all 'needs zones in null_blk'
zone=2048 writes=16 rounds=20
bd_create t "$dev" seed=7
t=/dev/mapper/t
first=$zone

# ordered WANT DESC RULE...: in each of several rounds sets the rules and
# submits writes from the start of an empty zone, which end as WANT
ordered() {
	local want=$1 desc=$2 i
	shift 2

	for ((i = 0; i < rounds; i++)); do
		echo 'message clear'
		# After an error some devices fail writes until the zones are
		# reported.
		echo "zr $first $zone"
		[[ $# -eq 0 ]] || echo "message replace $*"
		echo "q $first 8 $writes"
	done > /tmp/ops
	io $t - < /tmp/ops | sort | uniq -c > /tmp/results
	sed -i 's/^ *//; /^[0-9]* ok$/d' /tmp/results
	is "$(< /tmp/results)" "$rounds $want" "$desc"
	bd_msg t clear
	blkzone report -o $first -c 1 $t > /tmp/null
}

all="$writes*ok" one="1*EIO $((writes - 1))*ok"
ordered "$all" 'order without rules'
ordered "$all" 'order with bad sectors, each of them healed by another write' \
	inject-error healed=on sector=$first,$((first + 16)),$((first + 40)),$((first + 64)),$((first + 96)),$((first + 2000))
ordered "$all" 'order with bad sectors that the first write heals' \
	inject-error healed=on sector=$first,$((first + 128)),$((first + 256)),$((first + 384))
ordered "$all" 'order with bad sectors that one of the writes heals for good' \
	inject-error healed=on sector=$((first + 32))-$((first + 39))
ordered "$all" 'order with a bad range that all writes heal' \
	inject-error healed=on sector=$first-$((first + 2000))
ordered "$all" 'order with bad sectors that all writes heal' \
	inject-error healed=on sector=$(seq -s, $((first + 1)) 8 $((first + 121)))
ordered "$one" 'order with one write that is transferred and fails' \
	inject-error transfer=all times=1 iotype=write
ordered "$one" 'order with one write that is transferred, fails and heals' \
	inject-error transfer=all times=1 iotype=write \
	inject-error healed=on sector=$first,$((first + 64)),$((first + 2000))
ordered "$all" 'order with errno=0, and healing' inject-error errno=0 iotype=write \
	inject-error healed=on sector=$first,$((first + 16)),$((first + 40)),$((first + 2000))
ordered "$all" 'order with corrupt on=read' corrupt on=read byte=0 value=7
ordered "$all" 'order with faults that do not strike yet' \
	misdirect iotype=write to=$((3 * zone)) after=1000000 \
	inject-error iotype=write after=1000000 transfer=all \
	tear after=1000000 sectors=1 drop after=1000000 delay ms=1 after=1000000 \
	set-state iotype=write after=1000000 new_state=7
ordered "$all" 'order with a state that a write moves' set-state iotype=write new_state=2 state=1 \
	inject-error healed=on state=2 sector=$((first + 16)),$((first + 64)),$((first + 2000))
ordered "$all" 'order with a completion event' set-state event=pwritev_done new_state=2 state=1 \
	inject-error healed=on sector=$((first + 16)),$((first + 64)),$((first + 2000))
many=()
for ((i = 0; i < 64; i++)); do
	many+=("inject-error errno=0 iotype=write sector=$((first + 2 * i))")
done
ordered "$all" 'order with errno=0 of many rules' "${many[@]}" inject-error healed=on sector=$first,$((first + 40)),$((first + 2000))

done_testing
