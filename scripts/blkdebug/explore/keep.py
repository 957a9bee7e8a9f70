# SPDX-License-Identifier: GPL-2.0-only
"""Stores failing states as sparse images with a script that mounts them."""

from __future__ import annotations

import os
import shlex
import shutil
import stat
from typing import List

from .choice import Choice
from .judge import Views
from .options import Options
from .recorder import Point

CHUNK = 1 << 16

SCRIPT = '''#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Mounts the crash state {title} and unmounts it when the shell ends.
# The mount recovers the file system, and so changes the image: work on a copy.

set -eu
cd -- "$(dirname -- "$0")"
mount=$(mktemp -d)
{losetup}
trap 'umount "$BLKDEBUG_MOUNT" 2> /dev/null || true; losetup -d {devices}; rmdir "$mount"' EXIT
export BLKDEBUG_MOUNT=$mount BLKDEBUG_POINT={number} BLKDEBUG_PROMISE=$PWD/{promise}
{command}
"${{SHELL:-/bin/sh}}"
'''


def store_image(device: str, path: str) -> None:
    """Copy a device to a file that has holes in the place of zeroes."""
    zeroes = bytes(CHUNK)
    with open(device, 'rb', buffering=0) as source, open(path, 'wb') as image:
        length = 0
        while True:
            chunk = source.read(CHUNK)
            if not chunk:
                break
            if chunk != zeroes[:len(chunk)]:
                image.seek(length)
                image.write(chunk)
            length += len(chunk)
        image.truncate(length)


def store_script(path: str, images: List[str], point: Point, title: str, promise: str,
                 options: Options) -> None:
    names = ['BLKDEBUG_DEVICE'] + [f'BLKDEBUG_DEVICE_{number}'
                                   for number in range(1, len(images))]
    losetup = '\n'.join(f'{name}=$(losetup -f --show {shlex.quote(os.path.basename(image))}); '
                        f'export {name}' for name, image in zip(names, images))
    command = 'echo "The devices are in BLKDEBUG_DEVICE..." >&2'
    if options.file_system:
        command = options.file_system.mount_command(options.mount_options)
    text = SCRIPT.format(title=title, losetup=losetup, number=point.number, promise=promise,
                         devices=' '.join(f'"${name}"' for name in names), command=command)
    with open(path, 'w', encoding='utf-8') as script:
        script.write(text)
    os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)


def keep_state(directory: str, number: int, point: Point, choice: Choice, views: Views,
               options: Options) -> str:
    """Store a state as <directory>/failure-<number>...; the path of its script."""
    os.makedirs(directory, exist_ok=True)
    base = os.path.join(directory, f'failure-{number}')
    images = []
    with views.make(point, choice) as made:
        for index, view in enumerate(made):
            images.append(f'{base}{f"-{index}" if index else ""}.img')
            store_image(view.path, images[-1])
    shutil.copyfile(point.promise, f'{base}.promise')
    store_script(f'{base}.sh', images, point, f'"{choice.text(point.stakes)}"',
                 f'failure-{number}.promise', options)
    return f'{base}.sh'
