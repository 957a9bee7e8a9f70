# SPDX-License-Identifier: GPL-2.0-only
import os

directory, promises = os.environ['BLKDEBUG_MOUNT'], os.environ['BLKDEBUG_PROMISE']


def save(text):
    with open(f'{directory}/record.new', 'w') as file:
        file.write(text)
    os.rename(f'{directory}/record.new', f'{directory}/record')


for number in range(1, 6):
    save(f'record {number}\n' * 1000)
    with open(promises, 'a') as file:
        file.write(f'{number}\n')
os.sync()
