# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What every script here shares; source it first.

set -euo pipefail

top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
cache_root=${XDG_CACHE_HOME:-$HOME/.cache}/dm-blkdebug
self=${0##*/}
export top cache_root

say() { printf '%s: %s\n' "$self" "$*" >&2; }
die() { say "$*"; exit 1; }

# make_work_dir PARENT: sets work to a directory there that goes away with the script.
make_work_dir() {
	work=$(mktemp -d "$1/.dm-blkdebug.XXXXXX")
	export work
	trap 'rm -rf -- "$work"' EXIT
}

# One process at a time fills the cache; the others wait and find it full. What
# takes long has a lock of its own, as other things may be wanted meanwhile.
take_lock() {
	mkdir -p "$cache_root"
	exec {cache_lock}> "$cache_root/$1"
	flock "$cache_lock"
}

lock_cache() { take_lock lock; }

unlock_cache() { exec {cache_lock}>&-; }
