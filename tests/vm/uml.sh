# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A kernel tree with the patches of packaging/in-tree, and a build of it for UML, in the
# cache. The source is the newest that Debian has, from the release in SUITE
# (trixie-backports). Source kernels.sh and suites.sh, too.
# shellcheck disable=SC2154 # host.sh, kernels.sh and suites.sh set variables

driver=drivers/md/dm-blkdebug
pages=Documentation/admin-guide/device-mapper
others=(tools/testing/selftests/dm-blkdebug Documentation/ABI/testing/sysfs-block-dm-blkdebug)

# unpack_source PACKAGE DIR
unpack_source() {
	make_work_dir "$cache_root"
	say "fetching $1 (170 MB, once)"
	download "$1"
	mkdir "$work/source"
	dpkg --fsys-tarfile "$work"/*.deb | tar -xO "./usr/src/$1.tar.xz" |
		tar -xJ -C "$work/source" --strip-components=1
	mkdir -p "${2%/*}"
	mv -T "$work/source" "$2"
}

# choose_source: sets package and version to the newest kernel source
choose_source() {
	use_suite "${SUITE:-trixie-backports}"
	refresh_suite
	package=$(depends_on linux-source 'linux-source-[0-9].*')
	version=$(candidate "$package")
	[[ -n $version ]] || die "no package linux-source in $suite"
}

# put_series TREE [COMMIT]: copies the files that the series, or its part up to COMMIT,
# changes. The others keep their times, so that make does not build them again.
put_series() {
	local tree=$1 series=$top/build/in-tree/tree file

	git -C "$series" checkout -q "${2-series}"
	while IFS= read -r file; do
		cmp -s "$series/$file" "$tree/$file" ||
			install -D -m "$(stat -c %a "$series/$file")" "$series/$file" "$tree/$file"
	done < <(git -C "$series" ls-files)
	while IFS= read -r file; do
		[[ -e $series/$file ]] || rm "$tree/$file"
	done < <(cd "$tree" && find "$driver" "$pages"/dm-blkdebug* "${others[@]}" -type f 2> /dev/null)
}

# write_series TREE ORIGINAL: writes the series. ORIGINAL keeps the files of the tree that
# the series is made for, as they were.
write_series() {
	local file

	while IFS= read -r file; do
		[[ -e $2/$file ]] || install -D -m 644 "$1/$file" "$2/$file"
	done < <("$top/packaging/in-tree/write" --needed)
	"$top/packaging/in-tree/write" "$2" > /dev/null
}

# use_tree: sets dir to a directory in the cache with the source in tree/ and the UML
# build in build/, locks it, and writes the series for it to build/in-tree
use_tree() {
	local package version

	"$top/tests/vm/setup" build kernel
	choose_source
	take_lock lock-kunit
	dir=$cache_root/kunit-$version
	[[ -e $dir/tree ]] || unpack_source "$package" "$dir/tree"
	unset APT_CONFIG
	write_series "$dir/tree" "$dir/original"
}

# run_kunit [SUITE-GLOB]: builds the kernel in $dir as far as it has changed, and runs
# its KUnit tests
run_kunit() {
	(cd "$dir/tree" && tools/testing/kunit/kunit.py run --kunitconfig="$driver" \
		--build_dir="$dir/build" --jobs="$(nproc)" "$@")
}
