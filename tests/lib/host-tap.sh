# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For tests of tests/host/ in bash: assertions, whose lines go to stdout, and $work, a
# directory that is removed at the end.

# shellcheck disable=SC2034 # for tap.sh
checks=0 failures=0
exec 3>&1
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

# shellcheck source=tests/lib/tap.sh
. "${BASH_SOURCE[0]%/*}/tap.sh"
