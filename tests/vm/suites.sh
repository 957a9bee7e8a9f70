# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Debian's suites, whichever of them runs here: apt for each, out of the cache.
# Source kernels.sh, too.

# Where apt here gets Debian from: a line for each archive, "URI CODENAME"
host_archives() {
	# shellcheck disable=SC2016 # apt's variables
	apt-get indextargets --format '$(REPO_URI) $(CODENAME)' \
		'Origin: Debian' 'Component: main' 'Created-By: Packages' | sort -u
}

archive_exists() {
	/usr/lib/apt/apt-helper download-file "$1dists/$2/InRelease" \
		"$suite_dir/InRelease" > /dev/null 2>&1
}

# The same for the suite, as far as it has updates and security. In a process of
# its own, as it wants apt as it is here.
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
	# apt reads this first, but it shall have the last word.
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

# Gets the suite's package lists; without a network those at hand must do.
refresh_suite() {
	local sources

	sources=$(suite_sources)
	if [[ $sources == *" $suite main"* ]]; then
		echo "$sources" > "$suite_dir/sources.list"
		apt-get update -qq || true
	elif [[ -s $suite_dir/sources.list ]]; then
		say "cannot reach Debian's $suite; taking what is known of it"
	else
		die "no Debian suite $suite to be had"
	fi
}

# use_lists SUITE [ARCH]: from here on apt speaks of that suite, and of packages for
# ARCH beside those for this machine
use_lists() {
	# shellcheck disable=SC2154 # common.sh sets it
	suite=$1 suite_arch=${2-} suite_dir=$cache_root/apt-$1${2:+-$2}
	[[ $suite =~ ^[a-z][a-z-]*$ ]] || die "no kernel and no Debian suite '$suite'"
	# Some are no suites of their own, but on top of one.
	suite_base=${suite%-backports}
	suite_base=${suite_base/#experimental/sid}
	mkdir -p "$suite_dir"
	write_apt_config > "$suite_dir/apt.conf.$$"
	mv "$suite_dir/apt.conf.$$" "$suite_dir/apt.conf"
	export APT_CONFIG=$suite_dir/apt.conf
	[[ -s $suite_dir/sources.list ]] || refresh_suite
}

# use_suite SUITE: the same, with what root file systems of it are made by
use_suite() {
	# shellcheck disable=SC2154 # common.sh sets it
	"$top/tests/vm/setup" suites
	use_lists "$1"
}
