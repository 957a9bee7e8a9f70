#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What dkms makes of the source tree, in a root file system that has dkms and the
# headers of two kernels: for tests/check-dkms. Prints TAP.
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

# modprobe will find it, it fits, and it is the one that dkms has built.
in_place() {
	modinfo -k "$1" -F vermagic dm-blkdebug | grep "^$1 " &&
		modinfo -k "$1" -F filename dm-blkdebug | grep /updates/dkms/
}

in_no_place() { ! modinfo -k "$1" dm-blkdebug; }

is_signed() { modinfo -k "$1" -F signer dm-blkdebug | grep .; }

check_signature() {
	if [[ -e /var/lib/dkms/mok.key ]]; then
		check "it is signed with dkms's key" is_signed "$1"
	else
		echo "ok $((++checks)) # SKIP this dkms does not sign"
	fi
}

keep() {
	mkdir -p "$out/$1"
	cp "$(modinfo -k "$1" -F filename dm-blkdebug)" "$out/$1/"
}

# As the README has it for those who do without dkms
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
		check 'it can be signed by hand' sign_by_hand "$1"
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

# As a kernel's package does; of these there are only the headers.
for kernel in "$first" "$second"; do depmod "$kernel" 2> "$log"; done
check 'dkms takes the source tree' dkms add "$source"
check "it builds and installs the module for $first" dkms install "$module" -k "$first"
check 'the module is there' in_place "$first"
check "as $second arrives, it does so for that by itself" dkms autoinstall -k "$second"
check 'the module is there, too' in_place "$second"
check_signature "$second"
check_signing "$first"
for kernel in "$first" "$second"; do check "keeps that for $kernel" keep "$kernel"; done
check 'dkms removes it' dkms remove "$module" --all
check "it is gone for $first" in_no_place "$first"
check "and for $second" in_no_place "$second"
check 'dkms knows it no more' status_is_empty
echo "1..$checks"
