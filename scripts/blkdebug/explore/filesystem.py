# SPDX-License-Identifier: GPL-2.0-only
"""File systems: how they are made, mounted and checked."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass

from ..errors import Refused


@dataclass(frozen=True)
class FileSystem:
    """The commands are for sh; $BLKDEBUG_DEVICE and $BLKDEBUG_MOUNT are in its environment."""

    name: str
    make: str
    check: str
    view_options: str = ''           # to mount a view beside its origin
    log_mount: str = ''              # the mount option of an external log
    log_check: str = ''              # the option by which the checker takes the log

    def make_command(self, options: str) -> str:
        return f'{self.make} {options} "$BLKDEBUG_DEVICE"'

    def mount_command(self, options: str, view: bool = False) -> str:
        words = ','.join(filter(None, [options, self.view_options if view else '']))
        return (f'mount -t {self.name} {f"-o {words} " if words else ""}'
                '"$BLKDEBUG_DEVICE" "$BLKDEBUG_MOUNT"')

    def check_command(self, options: str = '') -> str:
        log = re.search(rf'(?:^|,){self.log_mount}=([^,]+)', options) if self.log_mount else None
        words = [self.check, f'{self.log_check} "{log.group(1)}"' if log else '']
        return ' '.join(filter(None, words)) + ' "$BLKDEBUG_DEVICE"'

    def has_views(self, devices: int = 1) -> bool:
        """Can a view be mounted while its origin is?"""
        return self.name != 'btrfs' or (kernel_version() >= (6, 7) and devices == 1)


FILE_SYSTEMS = {file_system.name: file_system for file_system in (
    FileSystem('btrfs', 'mkfs.btrfs -q -f', 'btrfs check'),
    FileSystem('ext2', 'mkfs.ext2 -q -F', 'e2fsck -fn'),
    FileSystem('ext3', 'mkfs.ext3 -q -F', 'e2fsck -fn', '', 'journal_path', '-j'),
    FileSystem('ext4', 'mkfs.ext4 -q -F', 'e2fsck -fn', '', 'journal_path', '-j'),
    FileSystem('f2fs', 'mkfs.f2fs -q -f', 'fsck.f2fs --dry-run'),
    FileSystem('vfat', 'mkfs.vfat', 'fsck.vfat -n'),
    FileSystem('xfs', 'mkfs.xfs -q -f', 'xfs_repair -n', 'nouuid', 'logdev', '-l'),
)}


def kernel_version() -> tuple[int, int]:
    match = re.match(r'(\d+)\.(\d+)', os.uname().release)
    return (int(match.group(1)), int(match.group(2))) if match else (0, 0)


def find_file_system(name: str) -> FileSystem:
    """Also checks that its programs are installed."""
    if name not in FILE_SYSTEMS:
        raise Refused(f'--fs {name}: not one of {", ".join(FILE_SYSTEMS)}')
    file_system = FILE_SYSTEMS[name]
    for command in (file_system.make, file_system.check):
        program = command.split()[0]
        if not shutil.which(program, path=search_path()):
            raise Refused(f'--fs {name}: {program} is not installed')
    return file_system


def search_path() -> str:
    return f'{os.environ.get("PATH", "")}:/usr/sbin:/sbin'
