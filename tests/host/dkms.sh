#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests dkms with the source tree in a root file system that has dkms and the
# headers of two kernels, for tests/check-dkms. Prints TAP.
#
# Usage: dkms.sh SOURCE OUT      the modules it builds go to OUT/<release>/

set -u

source=$1 out=$2
log=$(mktemp)
checks=0

# check DESC COMMAND...
check() {
	local desc=$1 not=''
	shift

	"$@" &> "$log" || not='not '
	echo "${not}ok $((++checks)) - $desc"
	[[ -z $not ]] || sed 's/^/# /' "$log"
}

version() { sed -n 's/^PACKAGE_VERSION=//p' "$source/dkms.conf"; }

# in_place RELEASE: modprobe finds the module, it fits the kernel, and dkms has
# built it
in_place() {
	modinfo -k "$1" -F vermagic dm-blkdebug | grep "^$1 " &&
		modinfo -k "$1" -F filename dm-blkdebug | grep /updates/dkms/
}

in_no_place() { ! modinfo -k "$1" dm-blkdebug; }

is_signed() { modinfo -k "$1" -F signer dm-blkdebug | grep .; }

check_signature() {
	if [[ -e /var/lib/dkms/mok.key ]]; then
		check "dkms has signed the module with its key" is_signed "$1"
	else
		echo "ok $((++checks)) # SKIP this dkms does not sign"
	fi
}

keep() {
	mkdir -p "$out/$1"
	cp "$(modinfo -k "$1" -F filename dm-blkdebug)" "$out/$1/"
}

# sign_by_hand RELEASE: the commands of the README for signing without dkms
sign_by_hand() {
	local dir file

	dir=$(mktemp -d)
	file=$(modinfo -k "$1" -F filename dm-blkdebug)
	case $file in
	*.xz) xz -dc "$file" ;;
	*) cat "$file" ;;
	esac > "$dir/dm-blkdebug.ko"
	openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj '/CN=my modules/' \
		-keyout "$dir/key.pem" -outform DER -out "$dir/key.der" &&
		"/lib/modules/$1/build/scripts/sign-file" sha256 "$dir/key.pem" "$dir/key.der" \
			"$dir/dm-blkdebug.ko" &&
		grep -qa '~Module signature appended~' "$dir/dm-blkdebug.ko" &&
		grep -qa 'my modules' "$dir/dm-blkdebug.ko"
}

check_signing() {
	if type -P openssl > "$log"; then
		check 'the module can be signed by hand' sign_by_hand "$1"
	else
		echo "ok $((++checks)) # SKIP there is no openssl here"
	fi
}

status_is_empty() {
	local status

	status=$(dkms status) && [[ -z $status ]]
}

module=dm-blkdebug/$(version)
cd /lib/modules || exit
kernels=(*)
first=${kernels[0]} second=${kernels[1]}

# The packages of the kernels would run depmod; only their headers are
# installed.
for kernel in "$first" "$second"; do depmod "$kernel" 2> "$log"; done
check 'dkms adds the source tree' dkms add "$source"
check "dkms builds and installs the module for $first" dkms install "$module" -k "$first"
check "modprobe finds the module for $first" in_place "$first"
check "dkms autoinstall builds the module for $second" dkms autoinstall -k "$second"
check "modprobe finds the module for $second" in_place "$second"
check_signature "$second"
check_signing "$first"
for kernel in "$first" "$second"; do check "the module for $kernel can be kept" keep "$kernel"; done
check 'dkms removes the module' dkms remove "$module" --all
check "the module for $first is gone" in_no_place "$first"
check "the module for $second is gone" in_no_place "$second"
check 'dkms status is empty' status_is_empty
echo "1..$checks"
