# SPDX-License-Identifier: GPL-2.0-only
"""One pass of the workload: the devices, the file system, the recorder and the judges."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Iterator, List, Optional

from ..device import Device
from ..dmsetup import Children
from ..errors import Error
from .choice import Choice
from .judge import Overflow, StateJudge, Views, device_environment
from .keep import keep_state
from .mount import mount_point
from .options import Options
from .owners import Owners
from .point import Limits, PointExplorer
from .recorder import End, Point, Recorder
from .summary import JudgedPoint, Progress, Run


@contextlib.contextmanager
def deferred_signals() -> Iterator[None]:
    """Handle SIGINT and SIGTERM at the end of the block: what it starts or removes is whole."""
    came: List[int] = []
    handlers = {number: signal.signal(number, lambda number, _: came.append(number))
                for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])


class Explorer:
    """Makes all that it needs, and removes it at the end of explore()."""

    def __init__(self, options: Options, progress: Progress, drop_flushes: bool = False):
        self.options = options
        self.progress = progress
        self.drop_flushes = drop_flushes
        self.children = Children()
        self.run = Run(options)
        self.failures = 0
        self.draw = random.Random(options.seed)

    def explore(self) -> Run:
        stack = contextlib.ExitStack()
        try:
            self.explore_in(stack)
        finally:
            with deferred_signals():
                stack.close()
        self.run.seconds = time.monotonic() - self.run.began
        return self.run

    def explore_in(self, stack: contextlib.ExitStack) -> None:
        self.directory = stack.enter_context(
            tempfile.TemporaryDirectory(prefix='blkdebug-explore-'))
        with deferred_signals():
            self.devices = self.make_devices(stack)
        mount = self.make_file_system(stack)
        self.add_rules()
        self.make_judges(stack)
        recorder = Recorder(self.devices, self.options, self.children, self.directory,
                            self.workload_environment(mount))
        stack.callback(recorder.stop)
        # Before the others, so that nothing new is started while they end.
        stack.callback(self.children.stop)
        recorder.start()
        self.judge_points(recorder)

    # --- What is made ---

    def make_devices(self, stack: contextlib.ExitStack) -> List[Device]:
        power = f'explore-{os.getpid()}' if self.options.power else None
        return [stack.enter_context(Device.create(
            f'explore-{os.getpid()}' + (f'-{index}' if index else ''), below,
            cache=self.options.cache, power=power, seed=self.options.seed))
            for index, below in enumerate(self.options.devices())]

    def environment(self) -> dict[str, str]:
        return device_environment([device.path for device in self.devices])

    def make_file_system(self, stack: contextlib.ExitStack) -> Optional[str]:
        """Make and mount the file system; its mount point."""
        file_system = self.options.file_system
        if file_system is None:
            return None
        if not self.options.has_views():
            self.run.notes.append(f'{file_system.name}: views cannot be mounted beside their '
                                  'origin (one device: from Linux 6.7 on), so '
                                  f'"{file_system.check}" judges alone and the check does not run')
        self.run_command(file_system.make_command(self.options.mkfs_options), None)
        mount = stack.enter_context(mount_point(self.directory))
        self.run_command(file_system.mount_command(self.options.mount_options), mount)
        self.make_durable(mount)
        return mount

    def run_command(self, command: str, mount: Optional[str]) -> None:
        environment = self.environment()
        if mount:
            environment['BLKDEBUG_MOUNT'] = mount
        status, output = self.children.run(['sh', '-c', command], env=environment)
        if status:
            raise Error(f'{command}: {" ".join(output.split()) or f"status {status}"}')

    def make_durable(self, mount: str) -> None:
        """The workload begins with nothing at stake."""
        self.run_command('sync -f "$BLKDEBUG_MOUNT"', mount)
        for device in self.devices:
            with open(device.path, 'rb') as file:
                os.fsync(file.fileno())

    def add_rules(self) -> None:
        if self.drop_flushes:
            for device in self.devices:
                device.add('drop iotype=flush')

    def make_judges(self, stack: contextlib.ExitStack) -> None:
        self.views = Views(self.devices)
        stack.callback(self.views.remove_all)
        self.pool = stack.enter_context(ThreadPoolExecutor(self.options.jobs))
        self.judge = StateJudge(self.options, self.views, self.directory, self.children)
        self.owners = Owners(self.options, self.views, self.directory, self.judge.mounts)

    def workload_environment(self, mount: Optional[str]) -> dict[str, str]:
        environment = {**self.environment(),
                       'BLKDEBUG_PROMISE': os.path.join(self.directory, 'promise')}
        if mount:
            environment['BLKDEBUG_MOUNT'] = mount
        return environment

    # --- Points ---

    def points(self, recorder: Recorder) -> Iterator[Point]:
        while True:
            news = recorder.points.get()
            if isinstance(news, BaseException):
                raise news
            if isinstance(news, End):
                self.run.status, self.run.output = news.status, news.output
                return
            yield news

    def judge_points(self, recorder: Recorder) -> None:
        for point in self.points(recorder):
            self.progress.points += 1
            self.progress.update()
            try:
                self.judge_point(point)
            except Overflow as overflow:
                self.run.incomplete = True
                self.run.notes.append(f'{overflow}; the point is not judged')
            finally:
                self.views.remove_done()
                recorder.release(point)
            if self.drop_flushes and self.run.failed():
                return

    def judge_point(self, point: Point) -> None:
        limits = Limits(self.options.budget, self.options.jobs, self.drop_flushes)
        explorer = PointExplorer(point.stakes, lambda choice: self.judge.judge(point, choice),
                                 self.pool, limits, self.draw, self.progress.update)
        judged = JudgedPoint(point, explorer.explore(), len(point.promises()))
        self.views.check_point(point)
        self.run.points.append(judged)
        # By another thread, so that ^C does not end it amid its clean-up.
        self.pool.submit(self.explain, judged).result()

    def explain(self, judged: JudgedPoint) -> None:
        """Add to a point what helps to understand its culprits."""
        point = judged.point
        for culprit in judged.result.culprits:
            choice = culprit.state.choice
            judged.recipes.append(self.views.recipe(point, choice))
            judged.kept.append(self.keep(point, choice))
        if judged.result.culprits:
            judged.promises = point.promises()
            judged.owners = self.owners.find(point, list(range(len(point.stakes))))

    def keep(self, point: Point, choice: Choice) -> Optional[str]:
        self.failures += 1
        if self.options.keep is None:
            return None
        return keep_state(self.options.keep, self.failures, point, choice, self.views,
                          self.options)
