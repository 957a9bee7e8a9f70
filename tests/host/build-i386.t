#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The module builds without a warning for a 32-bit kernel and uses no symbol that
# the kernel lacks, such as the compiler's functions for 64-bit division.

set -u

vm=${BASH_SOURCE[0]%/*}/../vm

kdir=$("$vm/arch-headers" i386)
case $? in
0) ;;
77) echo '1..0 # SKIP no kernel for i386 in this suite'; exit 0 ;;
*) echo '1..0'; echo 'Bail out! cannot get headers for i386'; exit 1 ;;
esac

echo 1..2
if output=$("$vm/module-build" "$kdir" i386 2>&1); then
	echo 'ok 1 - the module builds and links for i386'
	if readelf -h "${output##*$'\n'}" | grep -q 'Machine: *Intel 80386'; then
		echo 'ok 2 - the module is for i386'
	else
		echo 'not ok 2 - the module is for i386'
	fi
else
	echo 'not ok 1 - the module builds and links for i386'
	echo "# ${output//$'\n'/$'\n'# }"
	echo 'ok 2 - the module is for i386 # SKIP not built'
fi
