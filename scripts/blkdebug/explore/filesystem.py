# SPDX-License-Identifier: GPL-2.0-only
"""File systems: how they are made, mounted and checked."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass

from ..errors import Refused


# Runs a command that looks for further devices of a file system everywhere, as btrfs does, and
# lets it find the views only: origins and other views have the same UUID.
ONLY_VIEWS = """unshare -m sh -c 'mount -t tmpfs tmpfs "$BLKDEBUG_MOUNT" &&
mkdir "$BLKDEBUG_MOUNT/mapper" && cp -RL $BLKDEBUG_DEVICES "$BLKDEBUG_MOUNT/mapper/" &&
mount --bind "$BLKDEBUG_MOUNT" /dev && export BLKID_FILE=/dev/blkid.tab && {command}'"""


@dataclass(frozen=True)
class FileSystem:
    """
    The commands are for sh; $BLKDEBUG_DEVICE, $BLKDEBUG_DEVICES (all) and $BLKDEBUG_MOUNT are
    in its environment.
    """

    name: str
    make: str
    check: str
    view_options: str = ''           # to mount a view beside its origin
    log_mount: str = ''              # the mount option of an external log
    log_check: str = ''              # the option by which the checker takes the log
    scans: bool = False              # does the checker look for further devices?
    make_log: str = ''               # makes an external log, for which mkfs has device=

    def make_command(self, options: str) -> str:
        command = f'{self.make} {options} "$BLKDEBUG_DEVICE"'
        log = re.search(r'(?:^|\s)-J\s*(?:\S+,)?device=([^,\s]+)', options)
        if not self.make_log or not log:
            return command
        # Both must have blocks of the same size.
        size = re.search(r'(?:^|\s)-b\s*[0-9]+', options)
        words = [self.make_log, size.group(0).strip() if size else '', f'"{log.group(1)}"']
        return f'{" ".join(filter(None, words))} && {command}'

    def join_options(self, options: str, view: bool = False) -> str:
        """The options of mount: the user's, and those that a view needs."""
        return ','.join(filter(None, [options, self.view_options if view else '']))

    def mount_command(self, options: str, view: bool = False) -> str:
        words = self.join_options(options, view)
        return (f'mount -t {self.name} {f"-o {words} " if words else ""}'
                '"$BLKDEBUG_DEVICE" "$BLKDEBUG_MOUNT"')

    def log_device(self, options: str) -> str:
        """The external log that these mount options name, or ''."""
        log = re.search(rf'(?:^|,){self.log_mount}=([^,]+)', options) if self.log_mount else None
        return log.group(1) if log else ''

    def check_command(self, options: str = '', devices: int = 1) -> str:
        log = self.log_device(options)
        words = [self.check, f'{self.log_check} "{log}"' if log else '', '"$BLKDEBUG_DEVICE"']
        command = ' '.join(filter(None, words))
        return ONLY_VIEWS.format(command=command) if self.scans and devices > 1 else command

    def has_views(self, devices: int = 1) -> bool:
        """Can a view be mounted while its origin is?"""
        return self.name != 'btrfs' or (kernel_version() >= (6, 7) and devices == 1)


FILE_SYSTEMS = {file_system.name: file_system for file_system in (
    FileSystem('btrfs', 'mkfs.btrfs -q -f', 'btrfs check', scans=True),
    FileSystem('ext2', 'mkfs.ext2 -q -F', 'e2fsck -fn'),
    FileSystem('ext3', 'mkfs.ext3 -q -F', 'e2fsck -fn', '', 'journal_path', '-j',
               make_log='mkfs.ext3 -q -F -O journal_dev'),
    FileSystem('ext4', 'mkfs.ext4 -q -F', 'e2fsck -fn', '', 'journal_path', '-j',
               make_log='mkfs.ext4 -q -F -O journal_dev'),
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
