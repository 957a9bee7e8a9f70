# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A kernel tree with the patches of packaging/in-tree, and a build of it for UML, in the
# cache. The source is the newest that Debian has, from the release in SUITE
# (trixie-backports). Source kernels.sh and suites.sh, too.
# shellcheck disable=SC2154 # host.sh, kernels.sh and suites.sh set variables

driver=drivers/md/dm-blkdebug
pages=Documentation/admin-guide/device-mapper
others=(tools/testing/selftests/dm-blkdebug Documentation/ABI/testing/sysfs-block-dm-blkdebug)

# unpack_source PACKAGE DIR: makes DIR with the source in tree/. original/ keeps the files
# that the series changes, as they were.
unpack_source() {
	local new

	make_work_dir "$cache_root"
	new=$work/new
	say "fetching $1 (170 MB, once)"
	download "$1"
	mkdir -p "$new"/{tree,original}
	dpkg --fsys-tarfile "$work"/*.deb | tar -xO "./usr/src/$1.tar.xz" |
		tar -xJ -C "$new/tree" --strip-components=1
	(cd "$new/tree" && "$top/packaging/in-tree/write" --needed | xargs cp -p --parents -t "$new/original")
	list_source "$new" > "$new/stamp"
	rm -rf "$2"
	mv -T "$new" "$2"
}

# list_source DIR: lists the original files and those that the series does not change, as
# manifest does
list_source() {
	{
		manifest "$1/tree" | grep -vxE "($("$top/packaging/in-tree/write" --needed | paste -sd '|')) .*"
		manifest "$1/original" | sed 's,^,original/,'
	} | LC_ALL=C sort
}

# has_source DIR: tests that no listed file is missing or damaged. There may be more files:
# those of the series.
has_source() {
	[[ -s $1/stamp && -d $1/tree && -d $1/original ]] &&
		[[ -z $(list_source "$1" | LC_ALL=C comm -13 - "$1/stamp") ]]
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

# use_tree: sets dir to a directory in the cache with the source in tree/ and the UML
# build in build/, locks it, and writes the series for it to build/in-tree
use_tree() {
	local package version

	"$top/tests/vm/setup" build kernel kunit
	choose_source
	take_lock lock-kunit
	dir=$cache_root/kunit-$version
	has_source "$dir" || unpack_source "$package" "$dir"
	unset APT_CONFIG
	"$top/packaging/in-tree/write" "$dir/original" > /dev/null
}

# run_kunit [SUITE-GLOB]: builds the kernel in $dir as far as it has changed, and runs
# its KUnit tests. make does not notice damaged objects, as a killed build may leave, so
# that such a build has no stamp, and is done from scratch.
run_kunit() {
	local build=$dir/build status=0

	is_intact "$build" || rm -rf "$build"
	rm -f "$build/stamp"
	# At ^C make removes the objects that are not done.
	trap : INT
	(cd "$dir/tree" && tools/testing/kunit/kunit.py run --kunitconfig="$driver" \
		--build_dir="$build" --jobs="$(nproc)" "$@") || status=$?
	trap - INT
	[[ ! -d $build ]] || put_stamp "$build"
	return "$status"
}
