# SPDX-License-Identifier: GPL-2.0-only
"""Finds the file that a sector belongs to, on a view in which nothing was lost."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import struct
from typing import Dict, Iterator, List, Tuple

from ..dmsetup import run_program
from ..errors import Error
from ..table import SECTOR
from .choice import Choice
from .judge import Views, device_environment
from .mount import mount_point
from .options import Options
from .recorder import Point

# From linux/fs.h and linux/fiemap.h
FS_IOC_FIEMAP = 0xC020660B
FIEMAP_HEADER = struct.Struct('=QQIIII')
FIEMAP_EXTENT = struct.Struct('=QQQQQIIII')
EXTENT_LAST, EXTENT_UNKNOWN, EXTENT_ENCODED = 0x1, 0x2, 0x8
EXTENTS_AT_ONCE = 100

# Reserved inodes of ext4
EXT_INODES = {2: '/', 7: 'group descriptors', 8: 'journal'}


def list_extents(path: str) -> Iterator[Tuple[int, int]]:
    """First and last byte on the device of each extent of a file, as filefrag shows them."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        start = 0
        while True:
            buffer = bytearray(FIEMAP_HEADER.pack(start, 2**64 - 1 - start, 0, 0,
                                                  EXTENTS_AT_ONCE, 0)
                               + bytes(FIEMAP_EXTENT.size * EXTENTS_AT_ONCE))
            fcntl.ioctl(descriptor, FS_IOC_FIEMAP, buffer)
            count = FIEMAP_HEADER.unpack_from(buffer)[3]
            flags = EXTENT_LAST
            for index in range(count):
                logical, physical, length, _, _, flags, *_ = FIEMAP_EXTENT.unpack_from(
                    buffer, FIEMAP_HEADER.size + index * FIEMAP_EXTENT.size)
                start = logical + length
                if not flags & (EXTENT_UNKNOWN | EXTENT_ENCODED):
                    yield physical, physical + length - 1
            if flags & EXTENT_LAST:
                return
    finally:
        os.close(descriptor)


def walk(mount: str) -> Iterator[str]:
    for directory, _, files in os.walk(mount):
        yield directory
        for name in files:
            path = os.path.join(directory, name)
            if os.path.isfile(path) and not os.path.islink(path):
                yield path


def find_by_extents(mount: str, sectors: List[int]) -> Dict[int, str]:
    """The files whose extents have these sectors."""
    found: Dict[int, str] = {}
    for path in walk(mount):
        with contextlib.suppress(OSError):
            for first, last in list_extents(path):
                for sector in sectors:
                    if first <= sector * SECTOR <= last:
                        found.setdefault(sector, path[len(mount):] or '/')
    return found


def ask_debugfs(device: str, question: str) -> str:
    return run_program(['debugfs', '-R', question, device],
                       env={**device_environment([device]), 'DEBUGFS_PAGER': 'cat'})[1]


def find_by_debugfs(device: str, sectors: List[int]) -> Dict[int, str]:
    """The names of the files of these sectors, on an ext file system."""
    size = re.search(r'^Block size:\s+(\d+)', ask_debugfs(device, 'stats -h'), re.MULTILINE)
    if not size or not sectors:
        return {}
    block_of = {sector: sector * SECTOR // int(size.group(1)) for sector in sectors}
    blocks = ' '.join(str(block) for block in sorted(set(block_of.values())))
    inodes = dict(re.findall(r'^(\d+)\t(\d+)$', ask_debugfs(device, f'icheck {blocks}'),
                             re.MULTILINE))
    numbers = ' '.join(sorted(set(inodes.values()), key=int))
    names = dict(re.findall(r'^(\d+)\t(.+)$', ask_debugfs(device, f'ncheck {numbers}'),
                            re.MULTILINE)) if numbers else {}
    found = {}
    for sector, block in block_of.items():
        inode = inodes.get(str(block))
        if inode is None:
            found[sector] = 'metadata'
        else:
            # ncheck may begin a path with two slashes.
            found[sector] = names.get(inode, EXT_INODES.get(int(inode), f'inode {inode}')
                                      ).replace('//', '/')
    return found


def find_log(device: str, sectors: List[int]) -> Dict[int, str]:
    """The sectors in the log of an xfs; others that belong to no file are metadata."""
    script = ['sb 0', 'print logstart logblocks blocksize', 'convert fsblock %d daddr']
    command = ['xfs_db', '-r', '-c', script[0], '-c', script[1], device]
    values = dict(re.findall(r'^(\w+) = (\d+)$', run_program(command, env=device_environment(
        [device]))[1], re.MULTILINE))
    if not {'logstart', 'logblocks', 'blocksize'} <= set(values) or values['logstart'] == '0':
        return {}
    convert = run_program(['xfs_db', '-r', '-c', script[2] % int(values['logstart']), device],
                          env=device_environment([device]))[1]
    daddr = re.search(r'\((\d+)\)', convert)
    if not daddr:
        return {}
    first = int(daddr.group(1))
    end = first + int(values['logblocks']) * int(values['blocksize']) // SECTOR
    return {sector: 'journal' if first <= sector < end else 'metadata' for sector in sectors}


def device_names(number: int) -> Tuple[str, str]:
    """The words for a device in the options of mount."""
    return f'$BLKDEBUG_DEVICE_{number}', f'${{BLKDEBUG_DEVICE_{number}}}'


class Owners:
    """Looks up sectors of the first device, once for each point. A log may be on another one."""

    def __init__(self, options: Options, views: Views, directory: str, mounts: bool):
        self.options = options
        self.views = views
        self.directory = directory
        self.mounts = mounts

    def find(self, point: Point, indexes: List[int]) -> Dict[int, str]:
        """The owner of each of these writes that has one, by its index."""
        file_system = self.options.file_system
        if file_system is None:
            return {}
        log = file_system.log_device(self.options.mount_options)
        owners = {index: 'journal' for index in indexes
                  if point.stakes[index].device and log in device_names(point.stakes[index].device)}
        sectors = {index: point.stakes[index].first for index in indexes
                   if point.stakes[index].device == 0}
        # A view of this point may not be had any more.
        with contextlib.suppress(Error, OSError):
            found = self.find_sectors(point, sorted(set(sectors.values()))) \
                if self.mounts and sectors else {}
            owners.update({index: found[sector] for index, sector in sectors.items()
                           if sector in found})
        return owners

    def find_sectors(self, point: Point, sectors: List[int]) -> Dict[int, str]:
        file_system = self.options.file_system
        assert file_system is not None
        everything = Choice('all')
        with self.views.make(point, everything) as views:
            paths = [view.path for view in views]
            found: Dict[int, str] = {}
            with mount_point(self.directory) as mount:
                environment = {**device_environment(paths), 'BLKDEBUG_MOUNT': mount}
                command = file_system.mount_command(self.options.mount_options, view=True)
                status, _ = run_program(['sh', '-c', command], env=environment)
                if status == 0:
                    found = find_by_extents(mount, sectors)
            left = [sector for sector in sectors if sector not in found]
            # debugfs and xfs_db may not be installed.
            with contextlib.suppress(OSError):
                if file_system.name.startswith('ext'):
                    found.update(find_by_debugfs(paths[0], left))
                elif file_system.name == 'xfs':
                    found.update(find_log(paths[0], left))
            return found
