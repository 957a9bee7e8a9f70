# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# apt for any Debian suite, with its state in the cache. Source kernels.sh, too.

# host_archives: prints the Debian archives of this system's apt, one "URI
# CODENAME" a line
host_archives() {
	# shellcheck disable=SC2016 # apt's variables
	apt-get indextargets --format '$(REPO_URI) $(CODENAME)' \
		'Origin: Debian' 'Component: main' 'Created-By: Packages' | sort -u
}

# host_suite: prints this system's suite
host_suite() {
	[[ -n $(host_archives) ]] || update_package_lists linux-headers-amd64
	host_archives | sed -n 's/^[^ ]* \([^-]*\)$/\1/p' | head -n 1
}

archive_exists() {
	/usr/lib/apt/apt-helper download-file "$1dists/$2/InRelease" \
		"$suite_dir/InRelease" > /dev/null 2>&1
}

# suite_sources: prints the sources of the suite, with those for updates and
# security that exist. In a subshell, because it needs this system's apt.
suite_sources() (
	unset APT_CONFIG
	[[ -n $(host_archives) ]] || update_package_lists linux-image-amd64
	while read -r uri codename; do
		case $codename in
		*-updates|*-security) echo "$uri $suite_base-${codename##*-}" ;;
		*-*) ;;
		*) printf '%s\n' "$uri $suite_base" "$uri $suite" ;;
		esac
	done < <(host_archives) | sort -u | while read -r uri codename; do
		! archive_exists "$uri" "$codename" ||
			echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
				"$uri $codename main"
	done
)

write_apt_config() {
	mkdir -p "$suite_dir"/{state/lists/partial,cache/archives/partial}
	# This file must have the last word, so it includes the others first.
	cat <<- EOF
		#include "/etc/apt/apt.conf.d/";
		Dir::Etc::parts "/dev/null";
		Dir::State "$suite_dir/state";
		Dir::State::status "/dev/null";
		Dir::Cache "$suite_dir/cache";
		Dir::Cache::pkgcache "pkgcache.bin";
		Dir::Cache::srcpkgcache "srcpkgcache.bin";
		Dir::Etc::sourcelist "$suite_dir/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
		APT::Sandbox::User "root";
		Acquire::Languages "none";
		// That of an old suite has passed.
		Acquire::Check-Valid-Until "false";
	EOF
	[[ -z $suite_arch ]] || echo "APT::Architecture \"$suite_arch\";" \
		"APT::Architectures { \"$suite_arch\"; \"$(dpkg --print-architecture)\"; };"
	[[ $suite == "$suite_base" ]] || echo "APT::Default-Release \"$suite\";"
}

# update_lists: apt-get update, and a stamp, because apt does not notice damage of
# package lists. If a mirror lacks some of them, those that it has are used. In a
# subshell, which ends with a lock of its own.
update_lists() (
	take_lock "lock-${suite_dir##*/}"
	is_intact "$suite_dir/state" || rm -rf "$suite_dir/state/lists"
	mkdir -p "$suite_dir/state/lists/partial"
	apt-get update -qq || true
	put_stamp "$suite_dir/state"
)

has_lists() (
	take_lock "lock-${suite_dir##*/}"
	[[ -s $suite_dir/sources.list ]] && is_intact "$suite_dir/state"
)

# refresh_suite: fetches the suite's package lists; without a network the
# present ones are used
refresh_suite() {
	local sources

	sources=$(suite_sources)
	if [[ $sources == *" $suite main"* ]]; then
		echo "$sources" > "$suite_dir/sources.list"
		update_lists
	elif [[ -s $suite_dir/sources.list ]]; then
		say "cannot reach the archive of Debian's $suite; using the package lists at hand"
	else
		die "cannot reach the archive of Debian's $suite"
	fi
}

# use_lists SUITE [ARCH]: from here on apt works on that suite, and on packages for
# ARCH besides those for this machine
use_lists() {
	# shellcheck disable=SC2154 # host.sh sets it
	suite=$1 suite_arch=${2-} suite_dir=$cache_root/apt-$1${2:+-$2}
	[[ $suite =~ ^[a-z][a-z-]*$ ]] || die "'$suite' is neither a kernel release nor a Debian suite"
	# backports and experimental are additions to another suite.
	suite_base=${suite%-backports}
	suite_base=${suite_base/#experimental/sid}
	mkdir -p "$suite_dir"
	write_apt_config > "$suite_dir/apt.conf.$$"
	mv "$suite_dir/apt.conf.$$" "$suite_dir/apt.conf"
	export APT_CONFIG=$suite_dir/apt.conf
	has_lists || refresh_suite
}

# use_suite SUITE: use_lists, and the packages that make root file systems
use_suite() {
	# shellcheck disable=SC2154 # host.sh sets it
	"$top/tests/vm/setup" suites
	use_lists "$1"
}
