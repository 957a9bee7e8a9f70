# SPDX-License-Identifier: GPL-2.0-only
"""Runs dmsetup, which does the ioctls, and other programs that must end with this one."""

from __future__ import annotations

import os
import subprocess
import threading
from typing import Any, Callable, Optional, Sequence

from .errors import DmsetupError, Error

ENVIRONMENT = {**os.environ, 'LC_ALL': 'C'}


class Children:
    """
    Processes that can be ended from another thread. Each has a session of its own, so that
    ^C reaches this program only, and all that a shell command starts can be killed with it.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.running: set[subprocess.Popen[str]] = set()
        self.stopped = False

    def start(self, command: Sequence[str], **options: Any) -> subprocess.Popen[str]:
        with self.lock:
            if self.stopped:
                raise Error('interrupted')
            # The caller waits for it.
            child: subprocess.Popen[str] = subprocess.Popen(
                command, text=True, errors='replace', start_new_session=True, **options)
            self.running.add(child)
            return child

    def forget(self, child: subprocess.Popen[str]) -> None:
        with self.lock:
            self.running.discard(child)

    def run(self, command: Sequence[str], text: Optional[str] = None,
            env: Optional[dict[str, str]] = None) -> tuple[int, str]:
        """The exit status and the output, stderr included."""
        stdin = subprocess.DEVNULL if text is None else subprocess.PIPE
        child = self.start(command, stdin=stdin, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, env=env)
        try:
            output, _ = child.communicate(text)
        finally:
            # Also what it has left in the background
            kill_session(child)
            self.forget(child)
        return child.returncode, output

    def stop(self) -> None:
        """Kill all and start no more."""
        with self.lock:
            self.stopped = True
            for child in self.running:
                kill_session(child)


def kill_session(child: subprocess.Popen[str]) -> None:
    """Kill a process and those that it has started, unless they have left its group."""
    try:
        os.killpg(child.pid, 9)
    except ProcessLookupError:
        pass


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
