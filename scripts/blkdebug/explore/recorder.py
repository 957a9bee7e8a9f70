# SPDX-License-Identifier: GPL-2.0-only
"""Runs the workload in a thread of its own, stops it at each point and marks the moment."""

from __future__ import annotations

import os
import queue
import shutil
import signal
import threading
import time
from dataclasses import dataclass
from typing import Dict, List, NamedTuple, Optional, Tuple, Union

from ..device import FOREVER, Device, Hold, Write
from ..dmsetup import ENVIRONMENT, Child, Children
from ..errors import Error
from .choice import Stake
from .options import Options, PointKind

TAG = 'explore'
PAUSE = 'explore-pause'
# Attempts to mark a moment at which the list of volatile writes does not change
ATTEMPTS = 20


@dataclass
class Point:
    """A moment of the workload, kept by a mark."""

    number: int
    label: str
    event: str
    ms: float
    mark: str
    promise: str                     # a copy of the promises as they were before
    stakes: List[Stake]

    def promises(self) -> List[str]:
        with open(self.promise, encoding='utf-8', errors='replace') as file:
            return file.read().splitlines()


@dataclass
class End:
    """The workload has ended."""

    status: int
    output: str


class Held(NamedTuple):
    """A breakpoint holds something on a device."""

    device: int
    hold: Hold


News = Union[End, Held, Error]


class Waiter(threading.Thread):
    """Sleeps in the kernel until something is held on a device, and tells the recorder."""

    def __init__(self, device: Device, which: int, children: Children, news: queue.Queue[News]):
        super().__init__(daemon=True)
        self.device = device
        self.which = which
        self.news = news
        self.children = children
        self.child = children.start(['dmsetup', 'message', '--', device.name, '0', 'wait_break',
                                     TAG, str(FOREVER)], env=ENVIRONMENT)
        self.start()

    def run(self) -> None:
        status, output = self.children.finish(self.child)
        if status:
            self.news.put(Error(f'wait_break on {self.device.name} failed: {output.strip()}'))
        else:
            self.news.put(Held(self.which, Hold.parse(output)))


class Recorder(threading.Thread):
    """
    Hands points to a queue, then an End, or the exception that ended it. The workload goes
    on as soon as a point is marked, so that nothing which the checks do has to wait for it;
    only when half of the cache is in use does it wait until points have been judged.
    """

    def __init__(self, devices: List[Device], options: Options, children: Children,
                 directory: str, environment: Dict[str, str]):
        super().__init__(daemon=True)
        self.devices = devices
        self.options = options
        self.children = children
        self.directory = directory
        self.environment = environment
        self.promise = environment['BLKDEBUG_PROMISE']
        self.points: queue.Queue[Union[Point, End, BaseException]] = queue.Queue()
        self.news: queue.Queue[News] = queue.Queue()
        self.rules: Dict[Tuple[int, int], PointKind] = {}
        self.waiters: Dict[int, Waiter] = {}
        self.released = threading.Condition()
        self.marks: List[str] = []
        self.count = 0
        self.began = 0.0
        self.stopping = False
        self.workload: Optional[Child] = None
        self.ender: Optional[threading.Thread] = None

    # --- The thread ---

    def run(self) -> None:
        try:
            self.points.put(self.record())
        except BaseException as error:                # handed to the main thread
            self.points.put(error)
        finally:
            self.remove_breakpoints()

    def record(self) -> End:
        self.set_breakpoints()
        self.began = time.monotonic()
        self.workload = self.children.start(['sh', '-c', self.options.workload],
                                            env=self.environment)
        self.ender = threading.Thread(target=self.wait_workload, args=(self.workload,),
                                      daemon=True)
        self.ender.start()
        return self.follow()

    def wait_workload(self, child: Child) -> None:
        self.news.put(End(*self.children.finish(child)))

    def follow(self) -> End:
        """Take each point until the workload ends."""
        for which in range(len(self.devices)):
            self.wait_break(which)
        while True:
            news = self.news.get()
            if isinstance(news, End):
                return news
            if isinstance(news, Error):
                raise news
            self.take_point(*news)
            self.wait_break(news.device)

    def wait_break(self, which: int) -> None:
        self.waiters[which] = Waiter(self.devices[which], which, self.children, self.news)

    # --- Breakpoints ---

    def set_breakpoints(self) -> None:
        for index, device in enumerate(self.devices):
            for kind in self.options.points:
                number = int(device.message('break', kind.event, TAG, *kind.keys, 'once=off'))
                self.rules[index, number] = kind

    def remove_breakpoints(self) -> None:
        for waiter in list(self.waiters.values()):
            waiter.child.kill()
        for name in (device.name for device in self.devices):
            for tag in (PAUSE, TAG):
                release_tag(name, tag)

    # --- Points ---

    def take_point(self, which: int, hold: Hold) -> None:
        self.points.put(self.mark_point(self.rules[which, hold.rule], hold))
        self.wait_for_memory()
        self.devices[which].message('resume', f'#{hold.number}')

    def mark_point(self, kind: PointKind, hold: Hold) -> Point:
        self.count += 1
        name = f'point-{self.count}'
        promise = os.path.join(self.directory, f'promise-{self.count}')
        ms = (time.monotonic() - self.began) * 1000
        paused = False
        try:
            for attempt in range(ATTEMPTS):
                copy_promise(self.promise, promise)
                before = self.list_volatile()
                self.devices[0].mark(name)
                if unchanged(before, self.list_volatile()):
                    break
                self.devices[0].unmark(name)
                if attempt and not paused:
                    self.pause_writes()
                    paused = True
            else:
                raise Error(f'point {self.count}: the volatile writes change all the time')
        finally:
            if paused:
                self.resume_writes()
        with self.released:
            self.marks.append(name)
        return Point(self.count, kind.label, hold.event, ms, name, promise, before)

    def list_volatile(self) -> List[Stake]:
        return [Stake(index, write) for index, device in enumerate(self.devices)
                for write in device.volatile()]

    def pause_writes(self) -> None:
        """Hold other writes for the time of the mark."""
        for device in self.devices:
            device.message('add', 'suspend', 'iotype=write,write-zeroes,discard,flush',
                           f'tag={PAUSE}', 'once=off')

    def resume_writes(self) -> None:
        for device in self.devices:
            release_tag(device.name, PAUSE)

    # --- Memory ---

    def wait_for_memory(self) -> None:
        """Wait while marks use half of a cache and there are points to be judged."""
        with self.released:
            while len(self.marks) > 1 and not self.stopping and self.is_full():
                self.released.wait()

    def is_full(self) -> bool:
        return any(int(device.status().get('cached', 0)) * 2 > self.options.cache
                   for device in self.devices)

    def release(self, point: Point) -> None:
        """The point has been judged."""
        Device(self.devices[0].name).unmark(point.mark)
        with self.released:
            self.marks.remove(point.mark)
            self.released.notify_all()

    def stop(self) -> None:
        """End the workload and the thread, whatever they are doing."""
        with self.released:
            self.stopping = True
            self.released.notify_all()
        if self.workload is not None:
            self.workload.kill()
        self.news.put(End(-signal.SIGTERM, ''))
        self.remove_breakpoints()
        if self.is_alive():
            self.join()
        if self.ender is not None:
            self.ender.join()
        for mark in list(self.marks):
            Device(self.devices[0].name).unmark(mark)


def unchanged(before: List[Stake], after: List[Stake]) -> bool:
    """Are these the same writes? Their ages are not compared."""
    def strip(stakes: List[Stake]) -> List[Tuple[int, Write]]:
        return [(stake.device, stake.write._replace(ms=0)) for stake in stakes]

    return strip(before) == strip(after)


def copy_promise(promise: str, copy: str) -> None:
    if os.path.exists(promise):
        shutil.copyfile(promise, copy)
    else:
        with open(copy, 'w', encoding='utf-8'):
            pass


def release_tag(name: str, tag: str) -> None:
    """Remove breakpoints; not by a runner that may have been stopped."""
    device = Device(name)
    try:
        device.message('remove_break', tag)
    except Error:
        pass
