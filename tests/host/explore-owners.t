#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Tests by which files blkdebug-explore explains sectors: on images made by mkfs, as debugfs and
xfs_db see them, and by the extents of a file as filefrag shows them.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [f'{TOP}/scripts', f'{TOP}/tests/lib']
os.environ['PATH'] += ':/usr/sbin:/sbin'
# By these variables mkfs.xfs recognises fstests and accepts less than 300 MB.
os.environ.update(TEST_DIR='/mnt', TEST_DEV='/dev/null', QA_CHECK_FS='yes')

from blkdebug.explore.owners import find_by_debugfs, find_log, list_extents
from tap import done, same, skip

WORK = tempfile.TemporaryDirectory()
IMAGE = f'{WORK.name}/image'


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def make_image(*mkfs):
    with open(IMAGE, 'wb') as image:
        image.truncate(64 << 20)
    output(*mkfs, IMAGE)


def debugfs(request, *options):
    return output('debugfs', *options, '-R', request, IMAGE)


# ext4
if shutil.which('debugfs') and shutil.which('mkfs.ext4'):
    make_image('mkfs.ext4', '-q', '-F', '-b', '4096', '-J', 'size=4')
    with open(f'{WORK.name}/data', 'wb') as data:
        data.write(b'x' * 10000)
    debugfs('mkdir dir', '-w')
    debugfs(f'write {WORK.name}/data dir/data', '-w')
    block = {name: int(debugfs(request).split()[0]) for name, request in (
        ('/dir/data', 'blocks dir/data'), ('/dir', 'blocks dir'), ('journal', 'bmap <8> 5'))}
    block['metadata'] = 0
    wanted = {number * 8 + 3: name for name, number in block.items()}
    same(find_by_debugfs(IMAGE, list(wanted)), wanted, 'ext4: a file, a directory, the journal')
else:
    skip('needs debugfs and mkfs.ext4')

# xfs
if shutil.which('xfs_db') and shutil.which('mkfs.xfs'):
    make_image('mkfs.xfs', '-q', '-f')
    sector = re.search(r'\((\d+)\)', output(
        'xfs_db', '-r', '-c', 'sb 0', '-c', 'convert fsblock ' + re.search(
            r'= (\d+)', output('xfs_db', '-r', '-c', 'sb 0', '-c', 'print logstart',
                               IMAGE)).group(1) + ' daddr', IMAGE)).group(1)
    same(find_log(IMAGE, [int(sector), int(sector) - 1]),
         {int(sector): 'journal', int(sector) - 1: 'metadata'}, 'xfs: the log begins there')
else:
    skip('needs xfs_db and mkfs.xfs')

# Extents
with open(IMAGE, 'wb') as image:
    image.write(b'x' * 300000)
    os.fsync(image.fileno())
try:
    extents = list(list_extents(IMAGE))
    shown = re.findall(r'^ *\d+: +\d+\.\. +\d+: +(\d+)\.\. +(\d+):', output('filefrag', '-v', IMAGE),
                       re.MULTILINE)
    same([(first // 4096, last // 4096) for first, last in extents],
         [(int(first), int(last)) for first, last in shown], 'extents are those of filefrag')
except (OSError, subprocess.CalledProcessError) as error:
    skip(f'needs a file system with extents, and filefrag ({error})')

done()
