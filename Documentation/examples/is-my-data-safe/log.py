# SPDX-License-Identifier: GPL-2.0-only
import os

promises = os.environ['BLKDEBUG_PROMISE']
BLOCK = 4096

log = os.open(os.environ['BLKDEBUG_MOUNT'] + '/log', os.O_RDWR | os.O_CREAT)
os.write(log, bytes(64 * BLOCK))
os.fsync(log)
os.fsync(os.open(os.environ['BLKDEBUG_MOUNT'], os.O_RDONLY))
for number in range(1, 6):
    os.pwrite(log, f'{number}'.encode() * BLOCK, number * 3 * BLOCK)
    os.pwrite(log, f'{number:08}'.encode(), 0)
    os.fdatasync(log)
    with open(promises, 'a') as file:
        file.write(f'{number}\n')
