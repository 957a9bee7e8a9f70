# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the scripts that provide kernels share: Debian's archive, and the cache's kernels.

# depends_on PACKAGE REGEX: a name in the archive, or nothing
depends_on() {
	apt-cache depends "$1" 2> /dev/null |
		sed -n "s/^ *|\{0,1\}Depends: \($2\)\$/\1/p" | head -n 1
}

# kernel_release FLAVOUR: of the archive's newest kernel of that flavour, or nothing
kernel_release() {
	local image

	image=$(depends_on "linux-image-$1" 'linux-image-[0-9].*')
	echo "${image#linux-image-}"
}

candidate() { apt-cache policy "$1" | sed -n 's/^ *Candidate: \([^(].*\)/\1/p'; }

# Bare machines and containers come without package lists.
update_package_lists() {
	[[ $EUID -eq 0 ]] || die "no package $1; as root, run: apt-get update"
	say "fetching package lists"
	apt-get update -qq
}

# To $work. Packages are checked by apt as it downloads them; nothing else is.
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

# relocate_headers ROOT FINAL: the headers' makefiles name their place in the file
# system; that is to be under FINAL.
relocate_headers() {
	grep -rlI --include=Makefile --include=.kernelvariables /usr/ "$1"/usr/src/*/ 2> /dev/null |
		xargs -r sed -i "s#\\(^\\|[ =]\\)/usr/\\(src\\|lib\\)/linux-#\\1$2/usr/\\2/linux-#g"
}

# manifest DIR: a line for each file, its stamp left out, that changes if the file is
# missing, cut short or overwritten
manifest() {
	find "$1" -xdev ! -type d ! -path "$1/stamp" -printf '%P %s %T@ %l\n' | LC_ALL=C sort
}

# print_kernel DIR RELEASE KDIR [ROOT]: lines for the caller's eval
print_kernel() {
	local image=$1/boot/vmlinux-$2

	[[ -e $image ]] || image=$1/boot/vmlinuz-$2
	printf '%s=%q\n' KERNEL_DIR "$1" KERNEL_RELEASE "$2" \
		KERNEL_IMAGE "$image" KERNEL_KDIR "$3"
	# For module-build, which its callers need not tell.
	printf 'export KERNEL_ROOT=%q\n' "${4-}"
}
