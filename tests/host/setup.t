#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests tests/vm/setup with the package managers of other distributions. Their
# stand-ins know the packages in a file and, as rpm does, the names they provide.

set -u

vm=$(cd -- "${BASH_SOURCE[0]%/*}/../vm" && pwd)

# shellcheck source=tests/lib/host-tap.sh
. "$vm/../lib/host-tap.sh"

# setup_on ID SET...: prints output and exit status of setup on that distribution
setup_on() {
	local status=0

	printf 'ID=%s\n' "${1/ /$'\n'ID_LIKE=}" > "$work/os-release"
	shift
	OS_RELEASE=$work/os-release PATH=$work/bin:$PATH "$vm/setup" "$@" 2>&1 || status=$?
	echo "status $status"
}

# column N SET: prints the packages of the table for that set
column() { awk -v n="$1" -v set="$2" '$1 ~ "(^|,)" set "(,|$)" { print $n }' "$vm/packages" | sort -u; }

mkdir "$work/bin"
printf '#!/bin/sh\ncat %q\n' "$work/installed" > "$work/bin/pacman"
cat > "$work/bin/rpm" << EOF
#!/bin/sh
[ "\$1 \$2 \$3" = '-q --quiet --whatprovides' ] && grep -qxF -e "\$4" '$work/installed'
EOF
chmod +x "$work/bin/pacman" "$work/bin/rpm"

is "$(grep -v '^#' "$vm/packages" | awk 'NF && NF != 5')" '' 'each line has sets and four names'
for id in fedora:3 arch:4 opensuse-leap:5; do
	column "${id#*:}" build > "$work/installed"
	is "$(setup_on "${id%:*}" build)" 'status 0' "${id%:*}: nothing is printed if all packages are installed"
done

is_missing='setup: packages are missing; as root, run:'
column 3 build | grep -vx -e gcc -e make > "$work/installed"
is "$(setup_on fedora build)" "$is_missing"$'\n''dnf install gcc make'$'\nstatus 1' \
	'fedora: the command has the missing packages'
is "$(setup_on 'rocky "rhel centos fedora"' build)" "$is_missing"$'\n''dnf install gcc make'$'\nstatus 1' \
	'a distribution like Fedora has its packages'
column 4 build | grep -vx openssl > "$work/installed"
is "$(setup_on arch build)" "$is_missing"$'\n''pacman -S --needed openssl'$'\nstatus 1' \
	'arch: the command has the missing package'
column 5 build | grep -vx libelf-devel > "$work/installed"
is "$(setup_on 'opensuse-tumbleweed "opensuse suse"' build)" \
	"$is_missing"$'\n''zypper install libelf-devel'$'\nstatus 1' \
	'opensuse: the command has the missing package'
column 4 suites | grep -vx -- - > "$work/installed"
is "$(setup_on arch suites)" \
	$'setup: this distribution has no package for Debian\'s mmdebstrap\nstatus 1' \
	'a package that a distribution does not have is named'
is "$(setup_on plan9 build)" "setup: unknown distribution; $vm/packages lists the packages that\
 Debian, Fedora, Arch and openSUSE need"$'\nstatus 1' 'an unknown distribution is told where the names are'
is "$(setup_on fedora none | sed 's/ (.*//')" $'setup: no package set \'none\'\nstatus 1' \
	'an unknown set is refused'
echo "1..$checks"
