# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Shared by all scripts on the host. To be sourced first. With --help as its first
# argument the script then prints the comment at its top, and ends.

set -euo pipefail

top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
cache_root=${XDG_CACHE_HOME:-$HOME/.cache}/dm-blkdebug
self=${0##*/}
export top cache_root

say() { printf '%s: %s\n' "$self" "$*" >&2; }
die() { say "$*"; exit 1; }

# usage: prints how the script is called, and ends it as a wrong command line does
usage() {
	sed -n '/^# Usage/,/^$/s/^# \{0,1\}//p' "$0" >&2
	exit 2
}

# use_kernel NAME: sets the variables that guest-kernel prints, and ends the script if
# there is no such kernel, which eval "$(...)" alone does not
use_kernel() {
	local settings

	settings=$("$top/tests/vm/guest-kernel" "$1") || exit
	eval "$settings"
}

case ${1-} in
-h | --help)
	sed -n '4,/^$/s/^# \{0,1\}//p' "$0"
	exit
	;;
esac

# remove_stale_work PARENT: removes the directories of scripts that were killed, and
# so did not remove them. No script runs for a day.
remove_stale_work() {
	find "$1" -maxdepth 1 -name '.dm-blkdebug.*' -user "$EUID" -mtime +0 \
		-exec rm -rf --one-file-system -- {} + 2> /dev/null || true
}

# make_work_dir PARENT: sets work to a new directory in PARENT, which is removed
# when the script ends
make_work_dir() {
	remove_stale_work "$1"
	work=$(mktemp -d "$1/.dm-blkdebug.XXXXXX")
	export work
	trap 'rm -rf -- "$work"' EXIT
}

# take_lock NAME: one process at a time fills the cache, the others wait and
# find it full. An operation of minutes has a lock of its own, so that others
# can use the rest of the cache meanwhile.
take_lock() {
	mkdir -p "$cache_root"
	exec {cache_lock}> "$cache_root/$1"
	flock -w 5 "$cache_lock" || {
		say "waiting for another process that fills $cache_root"
		flock "$cache_lock"
	}
}

lock_cache() { take_lock lock; }

unlock_cache() { exec {cache_lock}>&-; }

# manifest DIR: lists the files of an entry of the cache, but its stamps, by size and
# time, so that missing, truncated and changed ones are noticed. initramfs-* and dust in
# a kernel are entries with stamps of their own.
manifest() {
	find "$1" -xdev \( -path "$1/initramfs-*" -o -path "$1/dust*" -o -path "$1/.dm-blkdebug.*" \) \
		-prune -o ! -type d ! -path "$1/stamp" ! -path "$1/files" -printf '%P %s %T@ %l\n' |
		LC_ALL=C sort
}

# is_intact DIR [STAMP]: compares an entry with its stamp, which put_stamp has made
is_intact() { [[ -s $1/${2-stamp} ]] && manifest "$1" | cmp -s - "$1/${2-stamp}"; }

put_stamp() {
	local stamp

	# Not in the directory, where the list would have it.
	stamp=$(manifest "$1")
	echo "$stamp" > "$1/${2-stamp}"
}
