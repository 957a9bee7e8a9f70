# SPDX-License-Identifier: GPL-2.0-only
"""
Mounts and unmounts by system calls: to start mount(8) takes longer than to mount a view. Options
that need mount(8) are left to it, and commands that need sh to sh.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import re
import shlex
import shutil
import tempfile
import time
from typing import Dict, Iterator, List, Optional, Tuple

from ..errors import Error

LIBC = ctypes.CDLL(None, use_errno=True)
MNT_DETACH = 2

# The words that are flags of mount(2), from linux/mount.h, and whether they set or clear them
FLAGS: Dict[str, Tuple[int, bool]] = {
    'ro': (1, True), 'rw': (1, False), 'nosuid': (2, True), 'suid': (2, False),
    'nodev': (4, True), 'dev': (4, False), 'noexec': (8, True), 'exec': (8, False),
    'sync': (16, True), 'async': (16, False), 'dirsync': (128, True),
    'noatime': (1 << 10, True), 'atime': (1 << 10, False), 'nodiratime': (1 << 11, True),
    'diratime': (1 << 11, False), 'silent': (1 << 15, True), 'loud': (1 << 15, False),
    'relatime': (1 << 21, True), 'norelatime': (1 << 21, False),
    'strictatime': (1 << 24, True), 'nostrictatime': (1 << 24, False),
    'lazytime': (1 << 25, True), 'nolazytime': (1 << 25, False), 'defaults': (0, True),
}

# Words that mount(8) itself executes, or leaves out
OF_MOUNT = re.compile(r'loop|offset|sizelimit|encryption|u?helper|(no)?(user|auto|owner|group|users)|'
                      r'nofail|_netdev|comment|remount|move|r?(bind|private|shared|slave|unbindable)|'
                      r'\w*context|[xX][-.].*|verity\..*')

# As mount(8) and umount(8) for a failed call
FAILED = 32

# Seconds in which processes that have been killed cease to use a file system
BUSY_SECONDS = 5


def expand(text: str, environment: Dict[str, str]) -> Optional[str]:
    """Replace $NAME and ${NAME} as sh does; None if it takes sh to understand the text."""
    expanded = re.sub(r'\$(?:(\w+)|\{(\w+)\})',
                      lambda match: environment.get(match.group(1) or match.group(2), ''), text)
    return expanded if re.fullmatch(r'[\w./:=,+@%-]*', expanded) else None


def split_command(command: str, environment: Dict[str, str]) -> Optional[List[str]]:
    """The words of a command as sh splits them; None if it takes sh to understand them."""
    if re.search(r"['\\\n]", command):
        return None
    words = [expand(word, environment) for word in shlex.split(command)]
    known = [word for word in words if word]
    return known if len(known) == len(words) else None


def parse_options(text: str) -> Optional[Tuple[int, str]]:
    """The flags, and the options of the file system; None if mount(8) is needed."""
    flags = 0
    rest = []
    for word in filter(None, text.split(',')):
        if OF_MOUNT.fullmatch(word.split('=')[0]):
            return None
        if word in FLAGS:
            bits, is_set = FLAGS[word]
            flags = flags | bits if is_set else flags & ~bits
        else:
            rest.append(word)
    return flags, ','.join(rest)


def mount(device: str, path: str, kind: str, flags: int, options: str) -> Tuple[int, str]:
    """Status and output, as those of mount(8)."""
    data = os.fsencode(options) if options else None
    if LIBC.mount(os.fsencode(device), os.fsencode(path), kind.encode(), ctypes.c_ulong(flags),
                  data) == 0:
        return 0, ''
    return FAILED, f'mount: {device}: {os.strerror(ctypes.get_errno())}\n'


def unmount(path: str) -> int:
    """0 or an errno. Waits for killed processes, which use the file system until they have ended."""
    end = time.monotonic() + BUSY_SECONDS
    while LIBC.umount2(os.fsencode(path), 0):
        error = ctypes.get_errno()
        if error != errno.EBUSY or time.monotonic() > end:
            return error
        time.sleep(0.01)
    return 0


def needs_program(kind: str) -> bool:
    return shutil.which(f'mount.{kind}', path='/sbin:/usr/sbin') is not None


@contextlib.contextmanager
def mount_point(directory: str) -> Iterator[str]:
    """A directory; what is mounted there at the end is unmounted."""
    path = tempfile.mkdtemp(prefix='mount-', dir=directory)
    try:
        yield path
    finally:
        error = unmount(path)
        if error == errno.EBUSY:
            # Out of the way of those that remove the directory and all in it
            LIBC.umount2(os.fsencode(path), MNT_DETACH)
        os.rmdir(path)
        # EINVAL: nothing is mounted there; EPERM: nor can it be
        if error not in (0, errno.EINVAL, errno.EPERM):
            raise Error(f'umount {path}: {os.strerror(error)}')
