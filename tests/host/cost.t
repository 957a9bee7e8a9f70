#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# An I/O costs no more than tests/bench/baseline says, both without rules and with one
# rule that does not match. The tolerance allows for other compilers.

set -eu

top=$(cd -- "${BASH_SOURCE[0]%/*}/../.." && pwd)
tolerance=10
declare -A cost

# keep KEY FIGURE: stores the lowest of several figures
keep() { [[ ${cost[$1]-$2} -lt $2 ]] || cost[$1]=$2; }

# Figures by case, target and direction
while read -r word first second read write; do
	case $word in
	kernel) kernel=$first ;;
	cost)
		keep "$first.$second.read" "$read"
		keep "$first.$second.write" "$write"
		;;
	esac
done < <("$top/tests/bench/run" quick)
if [[ -z ${cost[one.blkdebug.write]-} ]]; then
	echo 'Bail out! tests/bench/run quick measured nothing'
	exit 1
fi

[[ $kernel =~ ^[0-9]+\.[0-9]+ ]]
kernel=${BASH_REMATCH[0]}
checks=0
while read -r known name read write; do
	[[ $known == "$kernel" ]] || continue
	for direction in read write; do
		extra=$((${cost[$name.blkdebug.$direction]} - ${cost[none.linear.$direction]}))
		result=ok
		((extra <= ${!direction} + tolerance)) || result='not ok'
		echo "$result $((++checks)) - $name, $direction: $extra instructions more than dm-linear, baseline ${!direction}"
	done
done < "$top/tests/bench/baseline"
if [[ $checks -eq 0 ]]; then
	echo "1..0 # SKIP tests/bench/baseline has no figures for $kernel"
else
	echo "1..$checks"
fi
