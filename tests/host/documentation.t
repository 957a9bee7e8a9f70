#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The pages and the man pages render without a warning, the programs and man pages are
# installed where the caller asks for, and the transcripts of programs that need no
# device show what these print.

set -eu

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."
top=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work" "${transcript_dir-}"' EXIT
PATH=$top/scripts:$PATH
checks=0

# is GOT WANTED DESCRIPTION
is() {
	local word=ok line

	[[ $1 == "$2" ]] || word='not ok'
	checks=$((checks + 1))
	echo "$word $checks - $3"
	[[ $word != ok ]] || return 0
	while IFS= read -r line; do echo "# $line"; done <<< $'got:\n'"$1"$'\nwanted:\n'"$2"
}

# shellcheck source=tests/lib/transcript.sh
. tests/lib/transcript.sh

# warnings COMMAND...: prints the warnings of Sphinx or man, which print nothing else
warnings() { "$@" 2>&1 | head -n 20 || true; }

render() { sphinx-build -q -W --keep-going -d "$work/doctrees" -b "$1" Documentation "$work/$1"; }

man_page() { LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -l "$1" > /dev/null; }

# shellcheck disable=SC2317 # qemu.rst calls it
write_error_conf() {
	cd "$work"
	printf '%s\n' '[set-state]' 'event = "write_aio"' 'state = "1"' 'new_state = "2"' '' \
		'[inject-error]' 'event = "pwritev"' 'state = "2"' 'errno = "28"' 'once = "on"' \
		> error.conf
}

if command -v sphinx-build > /dev/null; then
	is "$(warnings render html)" '' 'the pages render without a warning'
	is "$(warnings render man)" '' 'the man pages render without a warning'
	for page in "$work"/man/*.[17]; do
		is "$(warnings man_page "$page")" '' "${page##*/}: man formats it without a warning"
	done
	make -s install-tools DESTDIR="$work/root" prefix=/usr PYTHONDIR=/usr/lib/python3/dist-packages \
		> "$work/log" 2>&1 || cat "$work/log"
	package=$work/root/usr/lib/python3/dist-packages
	is "$(cd "$package" && find . -type f | sort)" \
		"$(cd scripts && find ./blkdebug -name '*.py' | sort)" \
		'install-tools installs the Python package in PYTHONDIR'
	is "$(sed -n 's/^PYTHONDIR = //p' "$work"/root/usr/bin/* | sort -u)" \
		'"/usr/lib/python3/dist-packages"' 'installed programs take the package from PYTHONDIR'
	is "$(cd "$work/root" && find . -type f ! -path './usr/lib/*' | sort | tr '\n' ' ')" \
		"./usr/bin/blkdebug-convert ./usr/bin/blkdebug-dmsetup ./usr/bin/blkdebug-explore ./usr/bin/blkdebug-table \
./usr/share/man/man1/blkdebug-convert.1 ./usr/share/man/man1/blkdebug-dmsetup.1 \
./usr/share/man/man1/blkdebug-explore.1 ./usr/share/man/man1/blkdebug-table.1 \
./usr/share/man/man7/dm-blkdebug.7 " \
		'install-tools installs programs and man pages below DESTDIR and prefix'
else
	checks=$((checks + 1))
	echo "ok $checks # SKIP needs sphinx-build"
fi

for page in migrating qemu; do
	run_transcripts "$top/Documentation/$page.rst" '$'
done
echo "1..$checks"
