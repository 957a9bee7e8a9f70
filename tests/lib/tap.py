# SPDX-License-Identifier: GPL-2.0-only
"""TAP for tests of tests/host/ in Python."""

import sys

counts = {'checks': 0, 'failures': 0}


def same(got, wanted, description):
    counts['checks'] += 1
    counts['failures'] += got != wanted
    print('ok' if got == wanted else 'not ok', counts['checks'], '-', description)
    if got != wanted:
        print(f'# got:    {got!r}\n# wanted: {wanted!r}')


def raises(action, kind, text, description):
    """The action raises an exception of this class with this text."""
    try:
        got = action()
    except kind as error:
        got = str(error)
    same(got, text, description)


def skip(reason):
    counts['checks'] += 1
    print('ok', counts['checks'], '# SKIP', reason)


def done():
    print(f'1..{counts["checks"]}')
    sys.exit(counts['failures'] > 0)
