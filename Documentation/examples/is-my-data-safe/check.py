# SPDX-License-Identifier: GPL-2.0-only
import os
import sys

directory, promises = os.environ['BLKDEBUG_MOUNT'], os.environ['BLKDEBUG_PROMISE']
promised = max([0, *map(int, open(promises))])
try:
    with open(f'{directory}/record') as file:
        lines = file.read().splitlines()
except FileNotFoundError:
    sys.exit(f'record {promised} was saved, but there is no file' if promised else 0)
if len(lines) != 1000 or len(set(lines)) != 1:
    sys.exit(f'record {promised} was saved, but the file has {len(lines)} lines')
found = int(lines[0].split()[1])
if found < promised:
    sys.exit(f'record {promised} was saved, but the file has record {found}')
