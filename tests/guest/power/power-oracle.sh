# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Power cuts at random moments, judged by a program that knows the rules of a volatile
# write cache and not the module: see tests/lib/oracle.c.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module brd
has_module dm-blkdebug
bd_sectors=65536
ram_disk
rounds=${ORACLE_ROUNDS:-150}

# The random choices differ from run to run, unless ORACLE_SEED says otherwise.
seed=${ORACLE_SEED:-$RANDOM}
diag "ORACLE_SEED=$seed"

for size in 512 4096 65536; do
	bd_create bd "$dev" seed=7 cache=2M atomic-write=$size
	# Versions of an earlier run would be newer than all of this one.
	io "$dev" 'w 0 1024' > /tmp/null
	out=$(oracle "$seed" "$rounds" $((size / 512)) bd 2>&1)
	like "$out" "^cuts=$rounds .* wrong=0\$" "each sector has a version that may survive, with atomic-write=$size"
	diag "atomic-write=$size: $out"
	like "$out" ' views=[1-9]' "views were judged, with atomic-write=$size"
	like "$out" ' stake=[1-9].* old=[1-9].* new=[1-9]' "sectors had old and new versions, with atomic-write=$size"
	dmsetup remove bd
done

# A cache that is full all the time
bd_create bd "$dev" seed=7 cache=1M
io "$dev" 'w 0 1024' > /tmp/null
background /tmp/filler io $bd 'until /tmp/stop w 32768 2048'
out=$(oracle "$seed" 1 1 bd 2>&1)
: > /tmp/stop
like "$out" 'cuts=' 'a power cut of a full cache returns'
wait_until process_ended "$pid"
dmsetup remove bd

# Flushes that a rule drops make nothing durable: the oracle must notice.
bd_create bd "$dev" seed=7 cache=2M
io "$dev" 'w 0 1024' > /tmp/null
bd_start bd drop iotype=flush
out=$(oracle "$seed" 40 1 bd 2>&1)
like "$out" ' wrong=[1-9][0-9]*$' 'the oracle notices dropped flushes'
dmsetup remove bd

# Three devices with one power supply
group=()
for name in a b c; do
	ram_disk
	io "$dev" 'w 0 1024' > /tmp/null
	bd_create $name "$dev" seed=7 cache=1M power=psu
	group+=("$name")
done
out=$(oracle "$seed" "$rounds" 1 "${group[@]}" 2>&1)
like "$out" "^cuts=$rounds .* wrong=0\$" 'a cut of three devices with one supply leaves them at one moment'
diag "group: $out"
for name in "${group[@]}"; do dmsetup remove "$name"; done

done_testing
