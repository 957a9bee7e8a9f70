#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Tests how blkdebug-explore mounts views: which options it passes to the kernel itself, which
commands it starts without sh, and, where mounting is permitted, that it mounts and unmounts.
"""

import errno
import os
import signal
import subprocess
import sys
import tempfile
import threading

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [f'{TOP}/scripts', f'{TOP}/tests/lib']

from blkdebug.errors import Error
from blkdebug.explore import mount
from tap import done, raises, same, skip

WORK = tempfile.TemporaryDirectory()
DEVICES = {'BLKDEBUG_DEVICE': '/dev/mapper/view1', 'BLKDEBUG_DEVICE_1': '/dev/mapper/view1-1',
           'ODD': 'a b'}

# Options
same(mount.parse_options('noatime,commit=300,ro,nouuid'), (1 << 10 | 1, 'commit=300,nouuid'),
     'flags are apart from options of the file system')
same(mount.parse_options('ro,noatime,rw,defaults'), (1 << 10, ''), 'the last word counts')
same([mount.parse_options(words) for words in ('loop', 'x-mount.mkdir', 'noatime,offset=4', 'bind')],
     [None] * 4, 'options that mount(8) executes are left to it')
same(mount.parse_options('noauto_da_alloc,norecovery,grpid'),
     (0, 'noauto_da_alloc,norecovery,grpid'), 'options of a file system that begin alike are not')
same([mount.expand(text, DEVICES) for text in
      ('logdev=$BLKDEBUG_DEVICE_1', '${BLKDEBUG_DEVICE}p1', 'a=$ODD', 'a=$(b)', 'a="b"', '')],
     ['logdev=/dev/mapper/view1-1', '/dev/mapper/view1p1', None, None, None, ''],
     'variables are expanded, and what needs sh is left to it')

# Commands
same(mount.split_command('e2fsck -fn -j "$BLKDEBUG_DEVICE_1" "$BLKDEBUG_DEVICE"', DEVICES),
     ['e2fsck', '-fn', '-j', '/dev/mapper/view1-1', '/dev/mapper/view1'],
     'the words of a simple command')
for command in ('a && b', "a '$BLKDEBUG_DEVICE'", 'a "b c"', 'a $UNSET', 'a *', 'a "$ODD"', 'a\\ b',
                'a\nb', 'a > b', 'a; b'):
    same(mount.split_command(command, DEVICES), None, f'sh is needed for {command!r}')

# Mounting
same(mount.unmount(WORK.name) in (errno.EINVAL, errno.EPERM), True, 'nothing is mounted')
path = f'{WORK.name}/mount'
os.mkdir(path)
if mount.mount('none', path, 'tmpfs', mount.FLAGS['ro'][0], 'size=64K')[0]:
    skip('needs the right to mount')
    done()
    sys.exit()
with open('/proc/self/mounts', encoding='utf-8') as mounts:
    words = next(line.split() for line in mounts if path in line)
same((words[2], words[3][:3], 'size=64k' in words[3]), ('tmpfs', 'ro,', True),
     'a mount has its flags and options')
same((mount.unmount(path), os.path.ismount(path)), (0, False), 'it is unmounted')
same(mount.mount('none', path, 'nosuch', 0, ''),
     (32, f'mount: none: {os.strerror(errno.ENODEV)}\n'), 'a failure has a text and a status')

# A process that is killed uses the file system a little longer.
with mount.mount_point(WORK.name) as path:
    mount.mount('none', path, 'tmpfs', 0, '')
    with subprocess.Popen(['sleep', '1000'], cwd=path) as user:
        mount.BUSY_SECONDS = 0.2
        same(mount.unmount(path), errno.EBUSY, 'a file system in use is not unmounted')
        mount.BUSY_SECONDS = 60
        threading.Timer(0.1, lambda: user.send_signal(signal.SIGKILL)).start()
        same(mount.unmount(path), 0, 'until its user has been killed')
same(os.path.exists(path), False, 'the mount point is removed')


def leave_busy():
    with mount.mount_point(WORK.name) as place:
        mount.mount('none', place, 'tmpfs', 0, '')
        users.append(subprocess.Popen(['sleep', '1000'], cwd=place))
        mount.BUSY_SECONDS = 0
        places.append(place)


users, places = [], []
try:
    leave_busy()
    text = ''
except Error as error:
    text = str(error)
users[0].kill()
users[0].wait()
same((text, os.path.exists(places[0])), (f'umount {places[0]}: {os.strerror(errno.EBUSY)}', False),
     'a mount that remains in use is reported, and detached')

done()
