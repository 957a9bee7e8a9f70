#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The guest's part of tests/check-suites: runs tests of the suite in /suite, with the real
# dmsetup or with blkdebug-dmsetup. Prints a line "@@ TEST RESULT SECONDS NOTE" for each
# test, and what a failed one printed after it.
#
# Usage: suites.sh fstests|blktests original|blkdebug TEST...

set -u
suite=$1 targets=$2
shift 2
logs=/tmp/blkdebug
mkdir -p /mnt/{disks,test,scratch} $logs /tmp/results
ln -sf gawk /usr/bin/awk
for module in dm-flakey dm-dust dm-delay dm-blkdebug loop; do modprobe -q $module; done
mount -t tmpfs -o size=3g tmpfs /mnt/disks

# make_disk: sets $disk to a loop device of 4 GiB, of which only written parts take memory
make_disk() {
	disk=$(losetup -f)
	truncate -s 4G "/mnt/disks/${disk##*/}"
	losetup "$disk" "/mnt/disks/${disk##*/}"
}

# with_targets COMMAND...: with blkdebug-dmsetup the log is $logs/log
with_targets() {
	if [[ $targets == blkdebug ]]; then
		BLKDEBUG_LOG=$logs/log /scripts/blkdebug-dmsetup --run "$@"
	else
		"$@"
	fi
}

# count_struck: prints how many bios the converted tables injected into since the last
# call, or that there was no such table
count_struck() {
	local sum=0 tables=0 line

	[[ $targets == blkdebug ]] || return 0
	[[ ! -e $logs/log ]] || while IFS= read -r line; do
		[[ ! $line =~ ' => '.*' blkdebug ' ]] || tables=$((tables + 1))
		[[ ! $line =~ ': ends: '.*' injected='([0-9]+) ]] || sum=$((sum + BASH_REMATCH[1]))
		[[ $line != *': not converted: '* ]] || echo -n "${line#*: } "
	done < $logs/log
	echo "converted $tables injected $sum"
	rm -f $logs/log
}

# report TEST RESULT SECONDS NOTE
report() { echo "@@ $1 $2 $3 ${4:+$4; }$(count_struck)"; }

show_file() { [[ ! -e $1 ]] || tail -n "${2-20}" "$1" | sed 's/^/    /'; }

run_fstest() {
	local output start=$SECONDS result=failed note='' base

	output=$(with_targets timeout -k 5 "${TEST_LIMIT:-240}" ./check "$1" 2>&1) && result=passed
	base=/tmp/results/$1
	if [[ -e $base.notrun ]]; then
		result=skipped note=$(tr '\n' ' ' < "$base.notrun")
	fi
	report "$1" $result $((SECONDS - start)) "$note"
	[[ $result != failed ]] || {
		tail -n 25 <<< "$output" | sed 's/^/    /'
		show_file "$base.full"
	}
}

start_fstests() {
	make_disk
	modprobe -q "$FSTYP"
	"mkfs.$FSTYP" -q "$disk"
	printf '%s\n' "export FSTYP=$FSTYP TEST_DEV=$disk" \
		'export TEST_DIR=/mnt/test SCRATCH_MNT=/mnt/scratch RESULT_BASE=/tmp/results' > local.config
	make_disk
	echo "export SCRATCH_DEV=$disk" >> local.config
}

run_blktest() {
	local output start=$SECONDS result=failed note='' status file

	output=$(with_targets timeout -k 5 "${TEST_LIMIT:-240}" ./check -o /tmp/results "$1" 2>&1) || true
	for file in /tmp/results/*/"$1"; do
		[[ -f $file ]] || continue
		status=$(sed -n 's/^status[[:space:]]*//p' "$file")
		[[ $status != pass ]] || result=passed
	done
	if [[ $result == failed && $output == *'[not run]'* ]]; then
		result=skipped note=$(grep -A 1 'not run' <<< "$output" | sed -n '$s/^ *//p')
	fi
	report "$1" $result $((SECONDS - start)) "$note"
	[[ $result != failed ]] || tail -n 25 <<< "$output" | sed 's/^/    /'
}

start_blktests() {
	make_disk
	echo "TEST_DEVS=($disk)" > config
}

cd /suite || exit
start_"$suite"
for test; do run_"${suite%s}" "$test"; done
