#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests the Debian packages in a root file system that has dkms and the headers
# of a kernel, for tests/check-packages. Prints TAP.
#
# Usage: packages.sh DIRECTORY VERSION      the packages, and their version

set -u

debs=("$1"/*.deb)
version=$2
log=$(mktemp)
checks=0
export DEBIAN_FRONTEND=noninteractive

# check DESC COMMAND...
check() {
	local desc=$1 not=''
	shift

	"$@" &> "$log" || not='not '
	echo "${not}ok $((++checks)) - $desc"
	[[ -z $not ]] || tail -n 40 "$log" | sed 's/^/# /'
}

# The user _apt cannot read the directory of the packages.
install_packages() {
	apt-get update -qq -o Acquire::Check-Valid-Until=false &&
		apt-get install -y -qq --no-install-recommends -o APT::Sandbox::User=root "${debs[@]}"
}

# list_files: prints the files of both packages
list_files() { dpkg -L dm-blkdebug-dkms dm-blkdebug-tools | sort -u; }

module_in_place() {
	modinfo -k "$1" -F vermagic dm-blkdebug | grep "^$1 " &&
		modinfo -k "$1" -F filename dm-blkdebug | grep /updates/dkms/
}

module_gone() { ! modinfo -k "$1" dm-blkdebug; }

converts_rules() {
	truncate -s 1M /tmp/disk &&
		[[ $(blkdebug-table --size 2048 'inject-error.0.event=read_aio' /tmp/disk) == \
			'0 2048 blkdebug /tmp/disk 0 '*'inject-error'* ]]
}

converts_tables() {
	[[ $(blkdebug-convert --device /dev/sda <<< '0 2048 error') == \
		'0 2048 blkdebug '*'inject-error'* ]]
}

has_page() { [[ -s /usr/share/man/man$2/$1.$2.gz ]]; }

# programs: prints the names of the programs
programs() { dpkg -L dm-blkdebug-tools | sed -n 's#^/usr/bin/##p'; }

packages_gone() { ! dpkg-query -W dm-blkdebug-dkms dm-blkdebug-tools; }

# files_gone FILE...: fails for files and directories that only the packages had
files_gone() {
	local file left=()

	for file; do
		case $file in
		*blkdebug*) [[ ! -e $file ]] || left+=("$file") ;;
		esac
	done
	printf '%s\n' "${left[@]}"
	[[ ${#left[@]} -eq 0 ]]
}

status_is_empty() {
	local status

	status=$(dkms status) && [[ -z $status ]]
}

cd /lib/modules || exit
kernels=(*)

# The packages of the kernels would run depmod; only their headers are
# installed.
for kernel in "${kernels[@]}"; do depmod "$kernel" 2> "$log"; done
check 'the packages install with their dependencies' install_packages
check "dkms has version $version" test -e "/usr/src/dm-blkdebug-$version/dkms.conf"
for kernel in "${kernels[@]}"; do
	check "dkms builds the module for $kernel" dkms autoinstall -k "$kernel"
	check "modprobe finds the module for $kernel" module_in_place "$kernel"
done
check 'blkdebug-table converts rules' converts_rules
check 'blkdebug-convert converts a table' converts_tables
check 'the Python package can be imported' python3 -c 'import blkdebug'
check 'there is a man page of the target' has_page dm-blkdebug 7
for program in $(programs); do
	check "there is a man page of $program" has_page "$program" 1
done
mapfile -t files < <(list_files)
check 'the packages can be removed' apt-get purge -y -qq dm-blkdebug-dkms dm-blkdebug-tools
check 'the packages are gone' packages_gone
check 'their files are gone' files_gone "${files[@]}"
for kernel in "${kernels[@]}"; do
	check "the module for $kernel is gone" module_gone "$kernel"
done
check 'dkms status is empty' status_is_empty
echo "1..$checks"
