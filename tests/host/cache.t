#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A missing or damaged entry of the cache is fetched again, an intact one is not. Programs
# stand in for those that fetch and unpack Debian's packages.

set -u

top=$(cd -- "${BASH_SOURCE[0]%/*}/../.." && pwd)

# shellcheck source=tests/lib/host-tap.sh
. "$top/tests/lib/host-tap.sh"

export XDG_CACHE_HOME=$work/cache
cache=$XDG_CACHE_HOME/dm-blkdebug

# in_host COMMAND: runs it in a script that has sourced tests/lib/host.sh, and prints its
# output and its status
in_host() {
	local status=0

	bash -c ". $(printf %q "$top")/tests/lib/host.sh"$'\n'"$1" test 2>&1 || status=$?
	echo "status $status"
}

in_uml() { in_host ". $(printf %q "$top")/tests/vm/uml.sh; $1"; }

# make_program NAME: makes a stand-in of stdin
make_program() {
	{ echo '#!/bin/bash'; cat; } > "$work/bin/$1"
	chmod +x "$work/bin/$1"
}

# get_kernel: prints the messages of guest-kernel, and its status
get_kernel() {
	local status=0

	PATH=$work/bin:$PATH "$top/tests/vm/guest-kernel" 0.1-test > "$work/settings" 2> "$work/messages" ||
		status=$?
	cat "$work/messages"
	echo "status $status"
}

mkdir -p "$work/bin" "$cache"
make_program apt-cache << 'EOS'
[[ $1 != policy ]] || echo '  Candidate: 0.1-1'
EOS
make_program apt-get << 'EOS'
[[ $1 != download ]] || { shift 2; touch "${@/%/.deb}"; }
EOS
make_program dpkg << 'EOS'
case ${2##*/} in
linux-image-*)
	mkdir -p "$3/boot" "$3/lib/modules/0.1-test/kernel"
	echo image > "$3/boot/vmlinuz-0.1-test"
	echo module > "$3/lib/modules/0.1-test/kernel/dm-mod.ko"
	;;
*)
	mkdir -p "$3/usr/src/linux-headers-0.1-test/include"
	echo 'include /usr/src/linux-headers-0.1-common/Makefile' > "$3/usr/src/linux-headers-0.1-test/Makefile"
	echo header > "$3/usr/src/linux-headers-0.1-test/include/bio.h"
	;;
esac
EOS
make_program depmod < /dev/null

# The kernel
fetched="guest-kernel: fetching Debian's kernel 0.1-test (70 MB, once)
guest-kernel: fetching its headers
status 0"
kernel=$cache/kernel-0.1-test_0.1-1
is "$(get_kernel)" "$fetched" 'a missing kernel is fetched'
is "$(cat "$kernel/usr/src/linux-headers-0.1-test/Makefile")" \
	"include $kernel/usr/src/linux-headers-0.1-common/Makefile" 'its headers refer to each other'
is "$(get_kernel)" 'status 0' 'an intact kernel is not fetched'
mkdir "$kernel/initramfs-1" "$kernel/dust"
touch "$kernel/initramfs-1/cpio" "$kernel/dust/dm-dust.ko"
is "$(get_kernel)" 'status 0' 'the initramfs and dm-dust do not damage a kernel'
for file in boot/vmlinuz-0.1-test lib/modules/0.1-test/kernel/dm-mod.ko \
	usr/src/linux-headers-0.1-test/include/bio.h stamp files; do
	: > "$kernel/$file"
	is "$(get_kernel)" "$fetched" "a kernel is fetched again if ${file##*/} is truncated"
	rm "$kernel/$file"
	is "$(get_kernel)" "$fetched" "a kernel is fetched again if ${file##*/} is missing"
done
is "$(find "$cache" -name '.*')" '' 'no work directory is left'

# Other entries
entry=$work/entry
mkdir -p "$entry/dir"
echo text > "$entry/dir/file"
ln -s dir/file "$entry/link"
is "$(in_host "is_intact $entry")" 'status 1' 'an entry without a stamp is not intact'
is "$(in_host "put_stamp $entry; is_intact $entry")" 'status 0' 'an entry with its stamp is intact'
touch "$entry/new"
is "$(in_host "is_intact $entry")" 'status 1' 'an entry with another file is not intact'
rm "$entry/new" "$entry/link"
is "$(in_host "is_intact $entry")" 'status 1' 'an entry without a link is not intact'

# Package lists. The stand-in for apt-get fetches what is missing, as apt does.
lists=$work/apt/state/lists
in_lists() { PATH=$work/bin:$PATH in_host ". $(printf %q "$top")/tests/vm/suites.sh; suite_dir=$work/apt; $1"; }
make_program apt-get << EOS
[[ -s $lists/Packages ]] || echo packages > $lists/Packages
exit \$FAILS
EOS
export FAILS=0
mkdir "$work/apt"
echo deb > "$work/apt/sources.list"
is "$(in_lists has_lists)" 'status 1' 'package lists are missing before they are fetched'
is "$(in_lists 'update_lists && has_lists')" 'status 0' 'package lists are there when they are fetched'
truncate -s 3 "$lists/Packages"
is "$(in_lists has_lists)" 'status 1' 'truncated package lists are noticed'
is "$(in_lists 'update_lists && has_lists'; cat "$lists/Packages")" $'status 0\npackages' \
	'truncated package lists are fetched again'
truncate -s 3 "$lists/Packages"
is "$(FAILS=100 in_lists 'update_lists && has_lists')" 'status 0' 'package lists are used if some cannot be fetched'

# The kernel source for KUnit. The series changes some of its files and adds others.
source=$work/kunit
for file in $("$top/packaging/in-tree/write" --needed) fs/inode.c; do
	install -D -m 644 /dev/stdin "$source/tree/$file" <<< text
done
install -D -m 644 "$source/tree/Makefile" "$source/original/Makefile"

# source_after COMMAND: prints whether the source is intact after the command
source_after() {
	(cd "$source" && eval "$1")
	in_uml "if has_source $source; then echo intact; fi"
}

is "$(source_after :)" 'status 0' 'a source without a stamp is not intact'
in_uml "list_source $source > $source/stamp" > /dev/null
is "$(source_after 'touch tree/fs/added.c; echo change > tree/Makefile; rm tree/MAINTAINERS')" $'intact\nstatus 0' \
	'a source with the series is intact'
is "$(source_after 'echo change > original/Makefile')" 'status 0' 'a source with a changed original is not intact'
in_uml "list_source $source > $source/stamp" > /dev/null
is "$(source_after 'rm tree/fs/inode.c')" 'status 0' 'a source without a file is not intact'

# Work directories and locks
mkdir "$cache/.dm-blkdebug.old" "$cache/.dm-blkdebug.new"
touch -d '2 days ago' "$cache/.dm-blkdebug.old"
is "$(in_host "make_work_dir $cache"; cd "$cache" && echo .dm-blkdebug.*)" $'status 0\n.dm-blkdebug.new' \
	'work directories of killed scripts are removed after a day'
exec 4> "$cache/lock"
flock 4
(
	exec 3>&-
	for ((i = 0; i < 300; i++)); do
		! grep -q waiting "$work/waiting" 2> /dev/null || break
		sleep 0.1
	done
	flock -u 4
) &
is "$(in_host 'lock_cache' | tee "$work/waiting")" "test: waiting for another process that fills $cache
status 0" 'a script says that it waits for the lock'
exec 4>&-

# No kernel
make_program apt-cache < /dev/null
is "$(PATH=$work/bin:$PATH in_host 'use_kernel 0.2-test; echo goes on' | tail -n 1)" 'status 1' \
	'a script ends if there is no kernel for it'
echo "1..$checks"
