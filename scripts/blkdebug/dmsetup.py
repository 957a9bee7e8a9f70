# SPDX-License-Identifier: GPL-2.0-only
"""Runs dmsetup, which does the ioctls, and other programs that must end with this one."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from typing import BinaryIO, Callable, Optional, Sequence

from .errors import DmsetupError, Error

ENVIRONMENT = {**os.environ, 'LC_ALL': 'C'}


def memory_file(content: str = '') -> BinaryIO:
    """A file in memory: a child reads or writes it, and no pipe has to be served meanwhile."""
    file = os.fdopen(os.memfd_create('blkdebug'), 'w+b')
    file.write(content.encode(errors='surrogateescape'))
    file.seek(0)
    return file


class Child:
    """
    A process in a session of its own, so that ^C reaches this program only, and all that a
    shell command starts can be killed with it.
    """

    def __init__(self, command: Sequence[str], text: Optional[str] = None,
                 env: Optional[dict[str, str]] = None):
        self.output = memory_file()
        try:
            with memory_file(text or '') as stdin:
                # finish() waits for it.
                self.process = subprocess.Popen(
                    command, stdin=stdin, stdout=self.output, stderr=subprocess.STDOUT,
                    env=env, start_new_session=True)
        except BaseException:
            self.output.close()
            raise

    def wait(self) -> None:
        """Wait for the end, but do not reap: the process id must not be used again before kill()."""
        os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOWAIT)

    def kill(self) -> None:
        """Kill the process and those of its group, unless it has been reaped."""
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def reap(self) -> tuple[int, str]:
        """The exit status and the output, stderr included."""
        with self.output:
            status = self.process.wait()
            self.output.seek(0)
            return status, self.output.read().decode(errors='replace')


class Children:
    """Processes that can be killed from another thread."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.running: set[Child] = set()
        self.stopped = False

    def start(self, command: Sequence[str], text: Optional[str] = None,
              env: Optional[dict[str, str]] = None) -> Child:
        """Start a process, which finish() waits for."""
        with self.lock:
            if self.stopped:
                raise Error('interrupted')
            child = Child(command, text, env)
            self.running.add(child)
            return child

    def finish(self, child: Child) -> tuple[int, str]:
        """Wait for a process and kill what it has left in the background; status and output."""
        try:
            child.wait()
        finally:
            child.kill()
            with self.lock:
                self.running.discard(child)
            result = child.reap()
        return result

    def run(self, command: Sequence[str], text: Optional[str] = None,
            env: Optional[dict[str, str]] = None) -> tuple[int, str]:
        """The exit status and the output, stderr included."""
        return self.finish(self.start(command, text, env))

    def stop(self) -> None:
        """Kill all and start no more."""
        with self.lock:
            self.stopped = True
            for child in self.running:
                child.kill()


def run_program(command: Sequence[str], text: Optional[str] = None,
                env: Optional[dict[str, str]] = None) -> tuple[int, str]:
    """As Children.run(), for what shall end even while others are being stopped."""
    return Children().run(command, text, env)


Runner = Callable[..., 'tuple[int, str]']


def run_dmsetup(*arguments: str, table: Optional[str] = None,
                run: Runner = run_program) -> str:
    """The output of dmsetup; a table is passed by stdin, as it may be long."""
    try:
        status, output = run(['dmsetup', *arguments], table, ENVIRONMENT)
    except FileNotFoundError as error:
        raise Error('dmsetup: not installed (Debian: dmsetup)') from error
    if status:
        raise DmsetupError(arguments, output)
    return output
