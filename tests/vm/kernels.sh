# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Debian's archive and the kernels in the cache, for the scripts that provide
# kernels.

# depends_on PACKAGE REGEX: prints the first dependency that matches, or nothing
depends_on() {
	apt-cache depends "$1" 2> /dev/null |
		sed -n "s/^ *|\{0,1\}Depends: \($2\)\$/\1/p" | head -n 1
}

# kernel_release FLAVOUR: prints the release of the archive's newest kernel of
# that flavour, or nothing
kernel_release() {
	local image

	image=$(depends_on "linux-image-$1" 'linux-image-[0-9].*')
	echo "${image#linux-image-}"
}

candidate() { apt-cache policy "$1" | sed -n 's/^ *Candidate: \([^(].*\)/\1/p'; }

# update_package_lists PACKAGE: fetches apt's lists, which new machines and
# containers lack
update_package_lists() {
	[[ $EUID -eq 0 ]] || die "no package $1; as root, run: apt-get update"
	say "fetching package lists"
	apt-get update -qq
}

# download PACKAGE...: to $work. apt checks its own downloads only, so nothing
# else is downloaded.
download() {
	# shellcheck disable=SC2154 # make_work_dir sets it
	(cd "$work" && apt-get download -qq "$@" 2> "$work/apt.log") || {
		cat "$work/apt.log" >&2
		die "cannot download $*"
	}
}

# unpack ROOT PACKAGE...: downloads packages and unpacks them to ROOT
unpack() {
	local root=$1 package
	shift

	download "$@"
	for package in "$work"/*.deb; do
		dpkg -x "$package" "$root"
		rm "$package"
	done
}

# relocate_headers ROOT FINAL: replaces the paths in the makefiles of the headers
# by paths below FINAL
relocate_headers() {
	grep -rlI --include=Makefile --include=.kernelvariables /usr/ "$1"/usr/src/*/ 2> /dev/null |
		xargs -r sed -i "s#\\(^\\|[ =]\\)/usr/\\(src\\|lib\\)/linux-#\\1$2/usr/\\2/linux-#g"
}

# print_kernel DIR RELEASE KDIR [ROOT]: prints lines for the caller's eval
print_kernel() {
	local image=$1/boot/vmlinux-$2

	[[ -e $image ]] || image=$1/boot/vmlinuz-$2
	printf '%s=%q\n' KERNEL_DIR "$1" KERNEL_RELEASE "$2" \
		KERNEL_IMAGE "$image" KERNEL_KDIR "$3"
	# For module-build, whose callers do not pass them on.
	printf 'export KERNEL_ROOT=%q KERNEL_ARCH=\n' "${4-}"
}
