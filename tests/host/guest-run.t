#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A guest that panics fails, whatever it has printed before. One that hangs in its
# boot is booted once more; for that, a program stands in for qemu.

set -u

run=$(cd -- "${BASH_SOURCE[0]%/*}/../vm" && pwd)/guest-run

# shellcheck source=tests/lib/host-tap.sh
. "${run%/*}/../lib/host-tap.sh"

# run_fake BOOTS: prints output, status and messages of a machine that hangs in its
# first BOOTS boots, and else ends with status 3
run_fake() {
	local status=0

	for ((i = 0; i < $1; i++)); do touch "$work/hang-$i"; done
	PATH=$work/bin:$PATH GUEST_ACCEL=tcg BOOT_LIMIT=5 "$run" --timeout 10 \
		--console "$work/console.log" -- true 2> "$work/messages" || status=$?
	echo "status $status"
	sed -n 's/^guest-run: \(the guest did not [a-z ]*\).*/\1/p' "$work/messages"
}

mkdir "$work/bin"
cat > "$work/bin/qemu-system-x86_64" << EOF
#!/bin/bash
while [[ \$# -gt 0 ]]; do
	case \$1 in
	-serial) ports+=("\${2#file:}") ;;
	-pidfile) echo \$\$ > "\$2" ;;
	esac
	shift
done
touch "\${ports[0]}"
for file in "$work"/hang-*; do
	[[ ! -e \$file ]] || { rm "\$file"; exec sleep 100; }
done
printf 'start\nexit 3\n' > "\${ports[2]}"
echo output
EOF
chmod +x "$work/bin/qemu-system-x86_64"

is "$(run_fake 0)" $'output\nstatus 3' 'the status of the guest is returned'
is "$(run_fake 1)" $'output\nstatus 3\nthe guest did not boot in ' \
	'a guest that hangs in its boot is booted once more'
is "$(compgen -G "$work/console*" | xargs -n 1 basename | sort)" $'console-boot.log\nconsole.log' \
	'the console of the first boot is kept'
is "$(run_fake 2)" $'status 125\nthe guest did not boot in \nthe guest did not end by itself' \
	'after the second hang guest-run fails'

out=$("$run" --console "$work/console.log" -- \
	bash -c 'echo so far; stty -F /dev/ttyS1 raw; echo c > /proc/sysrq-trigger' 2> /dev/null)
is "$out, status $?" 'so far, status 125' 'guest-run fails after a panic, and prints the output before it'
echo "1..$checks"
