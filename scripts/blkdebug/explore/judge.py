# SPDX-License-Identifier: GPL-2.0-only
"""Judges a state: makes the view, mounts it, runs the check, and the file system's own."""

from __future__ import annotations

import contextlib
import errno
import os
import queue
import tempfile
import time
from typing import Dict, Iterator, List, Optional, Tuple

from ..device import Device, View
from ..dmsetup import Children, run_program
from ..errors import DmsetupError, Error
from .choice import Choice
from .filesystem import search_path
from .options import Options
from .point import Verdict
from .recorder import Point


class Overflow(Error):
    """The cache had to give up a mark or a view."""


def device_environment(paths: List[str]) -> Dict[str, str]:
    """
    BLKDEBUG_DEVICE, with --power BLKDEBUG_DEVICE_1 and so on for the others, and all of them.
    """
    others = {f'BLKDEBUG_DEVICE_{number}': path
              for number, path in enumerate(paths) if number}
    return {**os.environ, 'PATH': search_path(), 'BLKDEBUG_DEVICE': paths[0],
            'BLKDEBUG_DEVICES': ' '.join(paths), **others}


@contextlib.contextmanager
def mount_point(directory: str) -> Iterator[str]:
    """A directory; what is mounted there at the end is unmounted."""
    path = tempfile.mkdtemp(prefix='mount-', dir=directory)
    try:
        yield path
    finally:
        if os.path.ismount(path):
            status, output = run_program(['umount', path])
            if status:
                raise Error(' '.join(output.split()))
        os.rmdir(path)


class Views:
    """Makes views of points. Names are used again, one at a time."""

    def __init__(self, devices: List[Device], children: Children, count: int):
        self.devices = devices
        self.children = children
        self.slots: queue.Queue[int] = queue.Queue()
        for slot in range(1, count + 1):
            self.slots.put(slot)

    def name(self, slot: int, index: int) -> str:
        return f'{self.devices[0].name}-view{slot}' + (f'-{index}' if index else '')

    @contextlib.contextmanager
    def make(self, point: Point, choice: Choice) -> Iterator[List[View]]:
        slot = self.slots.get()
        try:
            with contextlib.ExitStack() as stack:
                yield [stack.enter_context(self.make_one(slot, index, point, choice))
                       for index in range(len(self.devices))]
        finally:
            self.slots.put(slot)

    def make_one(self, slot: int, index: int, point: Point, choice: Choice) -> View:
        device = self.devices[index]
        words = choice.words(point.stakes, index)
        try:
            return device.view(self.name(slot, index), *words, at=point.mark)
        except DmsetupError as error:
            if error.errno == errno.ENODATA:
                raise Overflow(f'point {point.number}: its mark was given up') from error
            raise

    def recipe(self, point: Point, choice: Choice) -> List[str]:
        """The commands that make the views of a state."""
        return [f"dmsetup create {self.name(1, index)} --table '"
                + device.view_line(*choice.words(point.stakes, index), at=point.mark) + "'"
                for index, device in enumerate(self.devices)]


class StateJudge:
    """Judges states of points; called by several threads."""

    def __init__(self, options: Options, views: Views, directory: str, children: Children):
        self.options = options
        self.views = views
        self.directory = directory
        self.children = children
        self.mounts = options.has_views()

    def judge(self, point: Point, choice: Choice) -> Verdict:
        began = time.monotonic()
        with self.views.make(point, choice) as views, mount_point(self.directory) as mount:
            environment = {**device_environment([view.path for view in views]),
                           'BLKDEBUG_MOUNT': mount, 'BLKDEBUG_POINT': str(point.number),
                           'BLKDEBUG_PROMISE': point.promise}
            failure = self.run_steps(environment, mount)
            if not all(view.is_valid() for view in views):
                raise Overflow(f'point {point.number}: a view was given up')
            touched = self.read_touched(point, views)
        seconds = time.monotonic() - began
        if failure is None:
            return Verdict(True, touched, seconds=seconds)
        step, command, status, output = failure
        return Verdict(False, touched, step, command, status, output, seconds)

    def steps(self) -> Iterator[Tuple[str, str]]:
        """The steps of a judgment, each a command for sh."""
        file_system = self.options.file_system
        if file_system is None:
            yield 'check', self.options.check
            return
        if self.mounts:
            yield 'mount', file_system.mount_command(self.options.mount_options, view=True)
            yield 'check', self.options.check
            yield 'umount', 'umount "$BLKDEBUG_MOUNT"'
        yield 'fsck', file_system.check_command(self.options.mount_options,
                                                len(self.options.devices()))

    def run_steps(self, environment: Dict[str, str], mount: str
                  ) -> Optional[Tuple[str, str, int, str]]:
        """The first step that fails, or None."""
        failure = None
        for step, command in self.steps():
            status, output = self.children.run(['sh', '-c', command], env=environment)
            if status:
                failure = step, command, status, output
                break
        if os.path.ismount(mount):
            run_program(['umount', mount])
        return failure

    def read_touched(self, point: Point, views: List[View]) -> Tuple[int, ...]:
        """Indexes of the stakes; the looks at one device come before those at the next."""
        index_of = {(stake.device, stake.write.number): index
                    for index, stake in enumerate(point.stakes)}
        touched = [(device, number) for device, view in enumerate(views)
                   for number in view.touched()]
        return tuple(index_of[key] for key in touched if key in index_of)
