# SPDX-License-Identifier: GPL-2.0-only
import os, sys
BLOCK = 4096
promised = max([0, *map(int, open(os.environ['BLKDEBUG_PROMISE']))])
try:
    with open(os.environ['BLKDEBUG_MOUNT'] + '/log', 'rb') as file:
        log = file.read()
except FileNotFoundError:
    log = b''
count = int(log[:8].strip(b'\0') or 0)
if count < promised:
    sys.exit(f'{promised} records were saved, the header has {count}')
for number in range(1, count + 1):
    if log[number * 3 * BLOCK:][:BLOCK] != f'{number}'.encode() * BLOCK:
        sys.exit(f'the header has {count} records, but record {number} is damaged')
