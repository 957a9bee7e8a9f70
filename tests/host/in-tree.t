#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests packaging/in-tree/write on a mock of a kernel tree: its errors, that the
# series has all files, and that the patches apply.

set -u

top=$(cd -- "${BASH_SOURCE[0]%/*}/../.." && pwd)

# shellcheck source=tests/lib/host-tap.sh
. "$top/tests/lib/host-tap.sh"

src=$work/linux out=$work/series driver=drivers/md/dm-blkdebug selftests=tools/testing/selftests

# write_series ARGUMENT...: prints output and exit status
write_series() {
	local status=0

	"$top/packaging/in-tree/write" "$@" 2>&1 || status=$?
	echo "status $status"
}

mock_tree() {
	local docs=$src/Documentation/admin-guide/device-mapper

	mkdir -p "$src/drivers/md" "$docs" "$src/$selftests"
	printf 'VERSION = 7\nPATCHLEVEL = 9\nSUBLEVEL = 0\n' > "$src/Makefile"
	printf 'config DM_ZERO\n\nsource "drivers/md/dm-vdo/Kconfig"\n\nendif\n' > "$src/drivers/md/Kconfig"
	# shellcheck disable=SC2016 # make expands it
	printf 'obj-$(CONFIG_DM_%s)\t+= dm-%s.o\n' DELAY delay ZERO zero > "$src/drivers/md/Makefile"
	printf 'DEVICE-MAPPER  (LVM)\nS:\tMaintained\n' > "$src/MAINTAINERS"
	printf '=====\nTitle\n=====\n\n.. toctree::\n\n    delay\n    zero\n' > "$docs/index.rst"
	printf 'TARGETS += %s\n' devices dmabuf-heaps zram > "$src/$selftests/Makefile"
}

is "$(write_series '')" $'usage: make in-tree SRC=<kernel tree>\nstatus 1' 'SRC has to be given'
is "$(write_series "$src" "$out")" \
	"in-tree: $src is not a kernel tree: it has no drivers/md/Kconfig
status 1" 'a folder that does not exist is refused'
mock_tree
mkdir "$src/$driver"
is "$(write_series "$src" "$out")" "in-tree: $src has $driver already
status 1" 'a tree with the target is refused'
rmdir "$src/$driver"
is "$([[ -e $out ]] && echo exists)" '' 'a tree that is refused leaves no folder'
printf 'config DM_ZERO\n' > "$src/drivers/md/Kconfig"
is "$(write_series "$src" "$out" | tail -n 2)" \
	'in-tree: the kernel tree has 0 lines: source "drivers/md/dm-vdo/Kconfig"
status 1' 'a tree without a line that the series needs is refused'
mock_tree
before=$(cd "$src" && find . -type f -exec sha256sum {} + | sort)

mapfile -t patches < <("$top/packaging/in-tree/write" "$src" "$out")
is "${#patches[@]}" 12 'eleven patches and a cover letter are written'
is "$(cd "$src" && find . -type f -exec sha256sum {} + | sort)" "$before" 'SRC is not modified'
is "$(grep -c 'HERE \*\*\*' "${patches[0]}")" 0 'the cover letter has a subject and a text'
is "$("$top/packaging/in-tree/write" --files | sort)" \
	"$(cd "$top" && git ls-files --cached --others --exclude-standard blkdebug dm-blkdebug.c 'tests/kunit/*.[ch]' |
		grep -vx blkdebug/compat.h | sort)" 'each file is in the series once'

failed=''
for patch in "${patches[@]:1}"; do
	git -C "$src" apply "$patch" || failed+=" ${patch##*/}"
	case ${patch##*/} in 0010-*) before_sysfs=$(grep -rlw 'sysfs\.h' "$src/$driver") ;; esac
done
is "$failed" '' 'the patches apply one after the other'
is "$before_sysfs" '' 'no patch but the last uses sysfs.h'
is "$(grep '^KernelVersion' "$src/Documentation/ABI/testing/sysfs-block-dm-blkdebug" | sort -u)" \
	$'KernelVersion:\t7.10' 'the files in sysfs have an entry with the next release'
is "$(sed -n 2p "$src/$selftests/Makefile")" 'TARGETS += dm-blkdebug' 'the selftests are a target in the order of names'
is "$(cd "$src/$selftests/dm-blkdebug" && for file in *; do stat -c '%a %n' "$file"; done)" '644 Makefile
644 config
644 device.sh
755 errors.sh
755 holds.sh
755 power-cut.sh' 'the selftests are there, and the programs are executable'
is "$(cd "$src" && grep -rh ':doc:' Documentation | grep -v ':doc:`dm-blkdebug')" '' 'links to pages have the names in the kernel'
is "$(cd "$src" && grep -rl 'LINUX_VERSION_CODE\|compat\.h' $driver)" '' 'no code for old kernels is left'
# find_undefined: prints the names of compat.h that a source uses and neither it nor a header has
find_undefined() {
	local name file

	cd "$src/$driver" || return
	while IFS= read -r name; do
		! grep -rqw --include='*.h' "$name" . || continue
		grep -rlw --include='*.c' "$name" . | while IFS= read -r file; do
			grep -qE "^(static|#define) .*\b$name\b" "$file" || echo "$file: $name"
		done
	done < <(grep -ohE '\b(blkdebug|BLKDEBUG)_\w+' "$top/blkdebug/compat.h" | sort -u)
}

is "$(find_undefined)" '' 'what compat.h defines is defined where it is used'
is "$(cd "$src/$driver" && grep -v '^obj\|^CFLAGS\|^#' Makefile | grep -o '[a-z/_-]*\.o\b' | sed 's/o$/c/' | sort)" \
	"$(cd "$src/$driver" && find . -name '*.c' | sed 's/..//' | sort)" 'the Makefile has an object of each source'
echo "1..$checks"
