# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The same seed leaves the same survivors of power cuts on every kernel.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module brd
has_module dm-blkdebug
bd_sectors=65536
ram_disk
# The choices of the cuts, in turn; without seed= the target's seed decides
choices=('' '' seed=N 'survive=units seed=N' 'survive=units:1/5' 'survive=writes:2/3 seed=N'
	survive=prefix 'survive=prefix seed=N' 'survive=one-lost' 'survive=one-kept seed=N'
	'survive=units lose=2-3 keep=3-5 seed=N')

# operations: prints ten writes of 1 to 16 sectors to the first 64 sectors, a cut, and
# a read of these sectors, 66 times
operations() {
	local cut i place=1

	for ((cut = 1; cut <= 66; cut++)); do
		echo 'w 0 64'
		echo f
		for i in 1 2 3 4 5 6 7 8 9 a; do
			place=$(((place * 75 + 74) % 65537))
			echo "w $((place % 49)) $((1 + place / 49 % 16)) byte=$i$i"
		done
		echo "message power-cut ${choices[cut % ${#choices[@]}]/N/$((cut * 1000003))}"
		echo 'ask power-on'
		echo 'x 0 64'
	done
}
operations > /tmp/operations

# cut_all OPTION...: sets $fate to the checksum of all answers and data, and $sums to
# the sums of volatile, surviving, torn and lost writes
cut_all() {
	local line i

	bd_create bd "$dev" cache=1M "$@"
	io $bd - < /tmp/operations > /tmp/results
	dmsetup remove bd
	fate=$(md5sum < /tmp/results)
	fate=${fate%% *}
	sums=(0 0 0 0)
	while read -r line; do
		[[ $line =~ \ volatile=([0-9]+)\ survived=([0-9]+)\ torn=([0-9]+)\ lost=([0-9]+) ]] || continue
		for i in 0 1 2 3; do sums[i]=$((sums[i] + BASH_REMATCH[i + 1])); done
	done < /tmp/results
}

cut_all seed=42
is "${sums[*]}" '660 272 153 235' 'as many writes survive as on every other kernel'
is "$fate" fff69ce7a838ee7e6b3f0f7c6fb9232e 'answers and data are the same as on every other kernel'
cut_all seed=42 atomic-write=4K
is "${sums[*]}" '660 310 60 290' 'as many writes survive in units of 4 KiB as on every other kernel'
is "$fate" 4f20508286a04c990ff060738addf7ac 'answers and data in units of 4 KiB are the same as on every other kernel'
first=$fate
cut_all seed=43 atomic-write=4K
unlike "$fate" "^$first$" 'another seed of the target leaves other survivors'

# A supply cuts the power of both devices; the seed of each decides about its writes.
first=$dev
ram_disk
bd_create a "$first" seed=1 cache=1M power=psu
bd_create b "$dev" seed=2 cache=1M power=psu
writes=('w 0 1 byte=11' 'w 1 1 byte=22' 'w 2 1 byte=33' 'w 3 1 byte=44')
group=()
for ((cut = 1; cut <= 6; cut++)); do
	for name in a b; do ios /dev/mapper/$name 'w 0 4' f "${writes[@]}" > /tmp/null; done
	ios /dev/mapper/a 'message power-cut survive=writes' 'message power-on' > /tmp/null
	group+=("$(io_bytes /dev/mapper/a 0 4), $(io_bytes /dev/mapper/b 0 4)")
done
is "$(printf '%s\n' "${group[@]}")" \
	'00*512 22*512 33*512 00*512, 00*512 22*512 33*512 44*512
00*512 22*512 33*512 44*512, 11*512 22*512 00*1024
11*512 00*512 33*512 00*512, 11*512 00*512 33*512 44*512
11*512 00*1536, 11*512 00*512 33*512 44*512
11*512 00*512 33*512 44*512, 00*512 22*512 33*512 00*512
11*512 22*512 33*512 44*512, 11*512 00*512 33*512 00*512' \
	'cuts of a supply leave the same data on both devices as on every other kernel'
for name in a b; do dmsetup remove $name; done

done_testing
