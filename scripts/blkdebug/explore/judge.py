# SPDX-License-Identifier: GPL-2.0-only
"""Judges a state: makes the view, mounts it, runs the check, and the file system's own."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import threading
import time
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple

from ..device import Device, View, remove_devices
from ..dmsetup import Children
from ..errors import DmsetupError, Error
from .choice import Choice
from .filesystem import search_path
from .mount import (FAILED, expand, mount, mount_point, needs_program, parse_options, split_command,
                    unmount)
from .options import Options
from .point import Verdict
from .recorder import Point

# Views that are removed together
REMOVED_TOGETHER = 8


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


class Views:
    """
    Makes views of points. Those that are done with are removed together, because most of the
    time that a removal takes is the start of dmsetup.
    """

    def __init__(self, devices: List[Device]):
        self.devices = devices
        self.lock = threading.Lock()
        self.made: Dict[int, List[View]] = {}    # by slot, which is a part of their names
        self.done: List[int] = []                # slots of views that nothing uses

    def name(self, slot: int, index: int) -> str:
        return f'{self.devices[0].name}-view{slot}' + (f'-{index}' if index else '')

    def take_slot(self) -> int:
        with self.lock:
            slot = next(slot for slot in itertools.count(1) if slot not in self.made)
            self.made[slot] = []
            return slot

    @contextlib.contextmanager
    def make(self, point: Point, choice: Choice) -> Iterator[List[View]]:
        slot = self.take_slot()
        try:
            for index in range(len(self.devices)):
                self.made[slot].append(self.make_one(slot, index, point, choice))
            yield self.made[slot]
        finally:
            with self.lock:
                self.done.append(slot)
                # The last one is for check_point().
                slots = self.done[:-1] if len(self.done) > REMOVED_TOGETHER else []
                self.done = self.done[len(slots):]
            self.remove(slots)

    def remove_done(self) -> None:
        with self.lock:
            slots, self.done = self.done, []
        self.remove(slots)

    def remove_all(self) -> None:
        """Remove also the views of which a removal has failed. No other thread makes any."""
        self.remove(list(self.made))

    def remove(self, slots: List[int]) -> None:
        """Remove views, and have their slots used again."""
        remove_devices([view for slot in slots for view in self.made[slot]])
        with self.lock:
            for slot in slots:
                del self.made[slot]

    def check_point(self, point: Point) -> None:
        """
        Raise an Overflow if results of the point are worth nothing. A moment is given up for
        good, with all its views, so the last one tells about those before it.
        """
        with self.lock:
            views = [view for slot in self.done[-1:] for view in self.made[slot]]
        if not all(view.is_valid() for view in views):
            raise Overflow(f'point {point.number}: a view was given up')

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


class Step(NamedTuple):
    """A step of a judgment: the command that a user would give, and what executes it."""

    name: str
    command: str
    run: Callable[[str, Dict[str, str]], Tuple[int, str]]


class StateJudge:
    """Judges states of points; called by several threads."""

    def __init__(self, options: Options, views: Views, directory: str, children: Children):
        self.options = options
        self.views = views
        self.directory = directory
        self.children = children
        self.mounts = options.has_views()
        self.by_program = options.file_system is not None and needs_program(
            options.file_system.name)

    def judge(self, point: Point, choice: Choice) -> Verdict:
        began = time.monotonic()
        with self.views.make(point, choice) as views:
            with mount_point(self.directory) as mount_path:
                environment = {**device_environment([view.path for view in views]),
                               'BLKDEBUG_MOUNT': mount_path, 'BLKDEBUG_POINT': str(point.number),
                               'BLKDEBUG_PROMISE': point.promise}
                failure = self.run_steps(environment)
            # Of good states Views.check_point() tells later.
            if failure and not all(view.is_valid() for view in views):
                raise Overflow(f'point {point.number}: a view was given up')
            touched = self.read_touched(point, views)
        seconds = time.monotonic() - began
        if failure is None:
            return Verdict(True, touched, seconds=seconds)
        return Verdict(False, touched, *failure, seconds)

    def steps(self) -> Iterator[Step]:
        """The steps of a judgment."""
        file_system = self.options.file_system
        if file_system is None:
            yield Step('check', self.options.check, self.run_shell)
            return
        if self.mounts:
            yield Step('mount', file_system.mount_command(self.options.mount_options, view=True),
                       self.mount_view)
            yield Step('check', self.options.check, self.run_shell)
            yield Step('umount', 'umount "$BLKDEBUG_MOUNT"', unmount_view)
        yield Step('fsck', file_system.check_command(self.options.mount_options,
                                                     len(self.options.devices())), self.run_words)

    def run_steps(self, environment: Dict[str, str]) -> Optional[Tuple[str, str, int, str]]:
        """The first step that fails: its name, command, status and output; or None."""
        for step in self.steps():
            status, output = step.run(step.command, environment)
            if status:
                return step.name, step.command, status, output
        return None

    def run_shell(self, command: str, environment: Dict[str, str]) -> Tuple[int, str]:
        return self.children.run(['sh', '-c', command], env=environment)

    def run_words(self, command: str, environment: Dict[str, str]) -> Tuple[int, str]:
        """As run_shell(), but without sh if that would only start a program."""
        words = split_command(command, environment)
        if words is None:
            return self.run_shell(command, environment)
        return self.children.run(words, env=environment)

    def mount_view(self, command: str, environment: Dict[str, str]) -> Tuple[int, str]:
        file_system = self.options.file_system
        assert file_system is not None
        text = expand(file_system.join_options(self.options.mount_options, view=True), environment)
        options = None if text is None or self.by_program else parse_options(text)
        if options is None:
            return self.run_shell(command, environment)
        return mount(environment['BLKDEBUG_DEVICE'], environment['BLKDEBUG_MOUNT'],
                     file_system.name, *options)

    def read_touched(self, point: Point, views: List[View]) -> Tuple[int, ...]:
        """Indexes of the stakes; the looks at one device come before those at the next."""
        index_of = {(stake.device, stake.write.number): index
                    for index, stake in enumerate(point.stakes)}
        touched = [(device, number) for device, view in enumerate(views)
                   for number in view.touched()]
        return tuple(index_of[key] for key in touched if key in index_of)


def unmount_view(_: str, environment: Dict[str, str]) -> Tuple[int, str]:
    """Status and output, as those of umount(8)."""
    error = unmount(environment['BLKDEBUG_MOUNT'])
    return (FAILED, f'umount: {os.strerror(error)}\n') if error else (0, '')
