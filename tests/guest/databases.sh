#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2317 # much is called by name
#
# Cuts the power of databases on ext4. For tests/check-databases, in its guest, which
# has a client of tests/databases/ in tests/bin for each database.
#
# Usage: databases.sh CUTS DATABASE...

# shellcheck source=tests/lib/fs.sh
. "${BASH_SOURCE[0]%/*}/../lib/fs.sh"

cuts=$1
shift
RANDOM=${DATABASES_SEED:-1}

# --- PostgreSQL's server ---

postgresql_options() {
	local options=(-D /mnt/data -k /tmp -c listen_addresses= -c shared_buffers=1MB
		-c dynamic_shared_memory_type=mmap -c max_connections=5 -c autovacuum=off
		-c checkpoint_timeout=30s -c max_wal_size=2MB -c min_wal_size=2MB
		-c "fsync=${setting#fsync=}")

	exec setpriv --reuid nobody --regid 65534 --clear-groups "$postgres" "${options[@]}"
}

# start_server: only PostgreSQL has one. It does not run as root.
start_server() {
	[[ $database == postgresql ]] || return 0
	background /tmp/server postgresql_options
	server=$pid
}

# stop_server SIGNAL: QUIT is an end without any clean-up
stop_server() {
	[[ $database == postgresql ]] || return 0
	kill -"$1" "$server" 2> /tmp/null
	wait "$server"
}

# --- A database on a file system ---

new_database() {
	fs_new ext4 || return
	if [[ $database == postgresql ]]; then
		cp -r /tests/postgresql-data /mnt/data
		chmod -R go= /mnt/data
		chown -R nobody /mnt/data
	fi
	start_server
	"$database" check /mnt "$setting" > /tmp/null 2> /tmp/error && stop_server INT
	last=0
	umount /mnt && fs_mount
}

# set_cut: the power fails at a flush, or at a write, drawn. PostgreSQL has already
# written when it starts.
set_cut() {
	local keys='iotype=flush' most=60

	[[ $database != postgresql ]] || most=200
	if ((RANDOM % 2)); then keys='iotype=write' most=$((4 * most)); fi
	bd_msg bd replace power-cut "$keys" after=$((RANDOM % most)) > /tmp/null
}

# cut_power: commits transactions until the power fails, at the latest when 60 are
# committed; sets promised and counts
cut_power() {
	start_server
	set_cut
	"$database" write /mnt "$setting" 60 > /tmp/promised 2> /tmp/error
	bd_msg bd power-cut > /tmp/null 2>&1
	stop_server QUIT
	umount /mnt
	counts=$(bd_msg bd power-on)
	bd_msg bd clear
	promised=$(tail -n 1 /tmp/promised)
	promised=${promised:-$last}
}

# failure: prints what is wrong after a cut, if anything; sets last
failure() {
	fs_mount || { echo "the file system cannot be mounted"; return; }
	start_server
	if ! last=$("$database" check /mnt "$setting" 2> /tmp/error); then
		echo "the check fails: $(< /tmp/error)"
		last=0
	elif ((last < promised)); then
		echo "$promised transactions were committed, $last are there"
	elif ((last > promised + 1)); then
		echo "$last transactions are there, but $promised were committed"
	fi
	stop_server INT
}

# run_cuts: sets failures_found, lost_writes and first_failure
run_cuts() {
	local cut wrong count

	failures_found=0 lost_writes=0 first_failure='' committed=0
	new_database || return
	for ((cut = 0; cut < cuts; cut++)); do
		cut_power
		count=${counts#* lost=}
		lost_writes=$((lost_writes + ${count%% *}))
		committed=$((committed + promised - last))
		failure > /tmp/wrong
		wrong=$(< /tmp/wrong)
		[[ -n $wrong ]] || continue
		failures_found=$((failures_found + 1))
		first_failure=${first_failure:-cut $cut: $wrong}
		umount -l /mnt
		new_database || return
	done
	umount /mnt
}

# judge DATABASE SETTING keeps|loses
judge() {
	database=$1 setting=$2
	# Databases that lose data fail after few cuts.
	[[ $3 == keeps ]] || local cuts=$((cuts / 4 + 1))
	if ! run_cuts; then
		not_ok "$1, $2: can be tested" "$(cat /tmp/error /tmp/server)"
		return
	fi
	diag "$1, $2: cuts=$cuts committed=$committed lost-writes=$lost_writes failures=$failures_found"
	[[ -z $first_failure ]] || diag "$first_failure"
	if [[ $3 == keeps ]]; then
		is "$failures_found $((lost_writes > 0))" '0 1' \
			"$1, $2: all committed transactions are there after each cut"
	else
		unlike "$failures_found" '^0$' "$1, $2: a committed transaction is missing after some cut"
	fi
}

judge_sqlite() {
	judge sqlite delete,extra keeps
	judge sqlite wal,full keeps
	judge sqlite delete,off loses
	judge sqlite wal,off loses
}

judge_lmdb() {
	judge lmdb sync keeps
	judge lmdb nosync loses
}

judge_rocksdb() {
	judge rocksdb sync keeps
	judge rocksdb nosync loses
}

judge_postgresql() {
	postgres=$(echo /usr/lib/postgresql/*/bin/postgres)
	judge postgresql fsync=on keeps
	judge postgresql fsync=off loses
}

require has_module ext4
has_module dm-blkdebug
ram_disk
bd_create bd "$dev" seed="${DATABASES_SEED:-1}" cache=64M
for database; do "judge_$database"; done

done_testing
