# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The page "Is my data safe?", from its empty directory to the program of which all states are
# good. Its commands and its corrections of the programs are read from the page.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require test -e /usr/bin/python3
require has_module ext4
# The page loads it, with a size of its own.
require modprobe -qn brd
has_module dm-blkdebug
require has_target blkdebug-crash

page=$tests_dir/../Documentation/is-my-data-safe.rst
examples=$tests_dir/../Documentation/examples/is-my-data-safe
PATH=$tests_dir/../scripts:$PATH

# block LANGUAGE N: prints the Nth block of the page in that language
block() {
	awk -v head=".. code-block:: $1" -v n="$2" '
		/^[^ ]/ { inside = 0 }
		$0 == head { inside = ++found == n; next }
		inside && NF { sub(/^   /, ""); print }' "$page"
}

# run_page STATUS DESC N: runs the Nth block of commands; its output is in $out
run_page() {
	local status=0

	SECONDS=0
	out=$(eval "$(block sh "$3")" 2>&1) || status=$?
	is "$status" "$1" "$2: exit status" || diag "$out"
	diag "$SECONDS s: ${out##*$'\n'}"
}

work=$(mktemp -d /tmp/tutorial.XXXXXX)
cd "$work" || exit
eval "$(block sh 1)"
is "$PWD" "$work/safe" 'the first commands of the page make an empty directory'
is "$(sectors_of /dev/ram0)" 131072 'they make a disk of 64 MiB'
cp "$examples"/*.py .

run_page 1 'save.py as it is' 2
like "$out" 'record 5 was saved, but there is no file' 'save.py as it is: the message of the check'
like "$out" 'also if nothing is lost' 'save.py as it is: no lost write is to blame'
succeeds 'save.py as it is: the report is written' grep -q '</svg>' report/index.html

# Each record has the same points; two are enough for what follows.
sed -i 's/range(1, 6)/range(1, 3)/' save.py log.py
block python 1 > data.py
block python 2 > name.py
sed -i -e '/file.write(text)/{r data.py' -e 'd;}' save.py
run_page 1 'save.py with fsync of the file' 2
like "$out" 'record [12] was saved, but (there is no file|the file has record [01])' \
	'save.py with fsync of the file: the record is missing or old'
sed -i '/os.rename/r name.py' save.py
run_page 0 'save.py with fsync of the directory' 2
like "$out" '[0-9]+ states stand for all 2\^[0-9]+, all good' \
	'save.py with fsync of the directory: all states of a point are judged'

run_page 1 'log.py as it is' 3
like "$out" 'records?, but record [12] is damaged' 'log.py as it is: the message of the check'
like "$out" 'if this is lost:
    write [0-9]*: write [a-z,-]*, sector [0-9]*, [0-9]+ sectors, /log' \
	'log.py as it is: the culprit is a write to the log'
sed -i '/number \* 3 \* BLOCK)/a\    os.fdatasync(log)' log.py
run_page 0 'log.py with fdatasync between the writes' 3

cd / || exit
done_testing
