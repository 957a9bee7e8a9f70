# SPDX-License-Identifier: GPL-2.0-only
"""Devices with a blkdebug target: rules, breakpoints, power cuts, marks and crash views."""

from __future__ import annotations

import contextlib
import errno
import re
from dataclasses import dataclass
from typing import Iterable, Iterator, NamedTuple, Optional, Sequence, TypeVar

from .dmsetup import Runner, run_dmsetup, run_program
from .errors import DmsetupError, Error
from .table import (Value, count_sectors, find_target, format_keys, format_line, parse_numbers,
                    parse_status)

# Where dmsetup makes the nodes of devices
NODES = '/dev/mapper'

# The longest time that a message may sleep, in ms: 24 days
FOREVER = 2**31 - 1


class Hold(NamedTuple):
    """A bio, or a sender of "event", that a breakpoint holds."""

    number: int
    tag: str
    rule: int
    event: str
    iotype: str
    flags: frozenset[str]
    sector: int
    sectors: int
    ms: int

    @classmethod
    def parse(cls, line: str) -> Hold:
        number, tag, rule, event, iotype, flags, sector, sectors, ms = line.split()
        return cls(int(number), tag, int(rule), event, iotype, parse_flags(flags),
                   int(sector.replace('-', '') or 0), int(sectors.replace('-', '') or 0), int(ms))


class Write(NamedTuple):
    """A volatile write."""

    number: int
    iotype: str
    flags: frozenset[str]
    sector: int
    sectors: int
    units: int
    ms: int

    @classmethod
    def parse(cls, line: str) -> Write:
        number, iotype, flags, sector, sectors, units, ms = line.split()[:7]
        return cls(int(number), iotype, parse_flags(flags), int(sector), int(sectors),
                   int(units), int(ms))


@dataclass(frozen=True)
class Outcome:
    """Counts of the volatile writes that a cut has left, or that a view shows."""

    volatile: int
    survived: int
    torn: int
    lost: int
    survive: str
    seed: int

    @classmethod
    def parse(cls, text: str) -> Outcome:
        words = parse_status(text.split())
        try:
            return cls(int(words['volatile']), int(words['survived']), int(words['torn']),
                       int(words['lost']), words['survive'], int(words['seed']))
        except KeyError as error:
            raise Error(f'no {error.args[0]}= in the answer {text.strip()!r}') from error


def parse_flags(text: str) -> frozenset[str]:
    return frozenset() if text == '-' else frozenset(text.split(','))


def join_rules(rules: Iterable[str]) -> list[str]:
    """The words of rules; the kernel removes their backslashes."""
    return re.findall(r'(?:\\.|\S)+', ' '.join(rules))


SomeDevice = TypeVar('SomeDevice', bound='DmDevice')


class DmDevice:
    """A device-mapper device, which is removed at the end of a "with" block."""

    target = ''

    def __init__(self, name: str, run: Runner = run_program):
        self.name = name
        self.path = f'{NODES}/{name}'
        self.run = run

    def __repr__(self) -> str:
        return f'{type(self).__name__}({self.name!r})'

    def __enter__(self: SomeDevice) -> SomeDevice:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def message(self, *words: object, sector: int = 0) -> str:
        """Send a message; its answer."""
        return run_dmsetup('message', '--', self.name, str(sector), *map(str, words),
                           run=self.run)

    def load(self, line: str) -> None:
        """Load the inactive table; swap() makes it the live one."""
        run_dmsetup('load', self.name, table=line, run=self.run)

    def suspend(self, flush: bool = True) -> None:
        run_dmsetup('suspend', *([] if flush else ['--noflush']), self.name, run=self.run)

    def resume(self) -> None:
        run_dmsetup('resume', self.name, run=self.run)

    def swap(self, line: str) -> None:
        """Load another table and make it the live one."""
        self.load(line)
        self.resume()

    def table(self) -> str:
        return run_dmsetup('table', self.name, run=self.run)

    def status(self) -> dict[str, str]:
        """The words key=value of the status; a word without "=" has the value ''."""
        words = find_target(run_dmsetup('status', self.name, run=self.run), self.target)
        if words is None:
            raise Error(f'{self.name}: no device with one target {self.target}')
        return {key: value for key, _, value in (word.partition('=') for word in words)}

    def remove(self, force: bool = False) -> None:
        """Remove the device. --retry bears with udev, which may have it open for a moment."""
        # Not run by self.run: a device is removed also after an interrupt.
        options = ['--retry'] + (['--force'] if force else [])
        try:
            run_dmsetup('remove', *options, self.name)
        except DmsetupError as error:
            if error.errno != errno.ENXIO:
                raise


def remove_devices(devices: Sequence[DmDevice]) -> None:
    """Remove several devices by one process; those that do not exist are left out."""
    if not devices:
        return
    try:
        run_dmsetup('remove', '--retry', *(device.name for device in devices))
    except DmsetupError:
        # dmsetup stops at the first one that fails.
        with contextlib.ExitStack() as stack:
            for device in devices:
                stack.callback(device.remove)


class View(DmDevice):
    """A crash view: a disk as a power cut would leave it."""

    target = 'blkdebug-crash'

    def outcome(self) -> Outcome:
        return Outcome.parse(' '.join(f'{key}={value}' for key, value in self.status().items()))

    def is_valid(self) -> bool:
        """Has the origin's cache still all that the view needs?"""
        return 'invalid' not in self.status()

    def touched(self) -> list[int]:
        """The numbers of the volatile writes that readers have looked at, in that order."""
        return parse_numbers(self.message('touched'))


class Breakpoint:
    """A breakpoint, which is removed at the end of a "with" block; what it holds goes on."""

    def __init__(self, device: Device, tag: str, number: int):
        self.device = device
        self.tag = tag
        self.number = number

    def __enter__(self) -> Breakpoint:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def wait(self, ms: int = FOREVER) -> Hold:
        """Sleep in the kernel until something is held; TimeoutError after that many ms."""
        try:
            return Hold.parse(self.device.message('wait_break', self.tag, ms))
        except DmsetupError as error:
            if error.errno == errno.ETIMEDOUT:
                raise TimeoutError(f'{self.tag}: nothing held after {ms} ms') from error
            raise

    def held(self) -> list[Hold]:
        """The holds with the tag, oldest first."""
        return [hold for hold in self.device.held() if hold.tag == self.tag]

    def resume(self, hold: Optional[Hold] = None, error: Optional[str] = None) -> None:
        """Let one hold, or all, go on; with error="EIO" or another one, they fail."""
        which = [self.tag, 'all'] if hold is None else [f'#{hold.number}']
        self.device.message('resume', *which, *format_keys({'errno': error}))

    def remove(self) -> None:
        try:
            self.device.message('remove_break', self.tag)
        except DmsetupError as error:
            # Used up, and nothing is held with the tag
            if error.errno != errno.ENOENT:
                raise


class Device(DmDevice):
    """A device with one blkdebug target over the whole of another device."""

    target = 'blkdebug'

    @classmethod
    def create(cls, name: str, below: str, *rules: str, run: Runner = run_program,
               **options: Value) -> Device:
        """Make a device over another; options such as cache='64M', power='psu', seed=7."""
        keys = {key.replace('_', '-'): value for key, value in options.items()}
        line = format_line(0, count_sectors(below), cls.target, below, 0, *format_keys(keys),
                           *rules)
        run_dmsetup('create', name, table=line, run=run)
        return cls(name, run)

    def sectors(self) -> int:
        return count_sectors(self.path)

    # --- Rules and events ---

    def add(self, *rules: str) -> range:
        """Add rules; their numbers."""
        first, last = self.message('add', *join_rules(rules)).split('-')
        return range(int(first), int(last) + 1)

    def remove_rules(self, numbers: range) -> None:
        """Remove rules that have not been used up."""
        for number in numbers:
            try:
                self.message('remove', number)
            except DmsetupError as error:
                if error.errno != errno.ENOENT:
                    raise

    @contextlib.contextmanager
    def rules(self, *rules: str) -> Iterator[range]:
        """Rules for the time of a "with" block."""
        numbers = self.add(*rules)
        try:
            yield numbers
        finally:
            self.remove_rules(numbers)

    def replace(self, *rules: str) -> None:
        self.message('replace', *join_rules(rules))

    def clear(self) -> None:
        self.message('clear')

    def reset(self) -> None:
        self.message('reset')

    def list_rules(self) -> list[str]:
        """A line per rule: number, hits, armed, used or -, the rule."""
        return self.message('list').splitlines()

    def wait_hits(self, rule: object, count: int, ms: int = FOREVER) -> int:
        """Sleep in the kernel until the rules have so many hits; their hits."""
        return int(self.message('wait_hits', rule, count, ms))

    def raise_event(self, name: str, ms: int = FOREVER) -> None:
        """Raise an event; sleeps while a breakpoint holds it."""
        self.message('event', name, ms)

    def state(self) -> int:
        return int(self.message('state'))

    def set_state(self, state: int) -> None:
        self.message('state', state)

    # --- Breakpoints ---

    def breakpoint(self, event: str, tag: str, **keys: Value) -> Breakpoint:
        """Set a breakpoint; keys such as iotype='write', flags='fua', once=False."""
        words = format_keys(keys)
        return Breakpoint(self, tag, int(self.message('break', event, tag, *words)))

    def held(self) -> list[Hold]:
        return [Hold.parse(line) for line in self.message('held').splitlines()]

    # --- Power cuts ---

    def power_cut(self, *choice: str) -> Outcome:
        """Cut the power; the choice as in 'survive=none', 'keep=1-3'."""
        return Outcome.parse(self.message('power-cut', *choice))

    def power_on(self) -> Outcome:
        return Outcome.parse(self.message('power-on'))

    def volatile(self) -> list[Write]:
        """The volatile writes, oldest first."""
        return [Write.parse(line) for line in self.message('volatile').splitlines()]

    # --- Crash views ---

    def mark(self, name: str) -> None:
        """Keep this moment for views to be made of it later."""
        self.message('mark', name)

    def unmark(self, name: str) -> None:
        self.message('unmark', name)

    @contextlib.contextmanager
    def marked(self, name: str) -> Iterator[str]:
        """A mark for the time of a "with" block."""
        self.mark(name)
        try:
            yield name
        finally:
            self.unmark(name)

    def view_line(self, *choice: str, at: Optional[str] = None) -> str:
        """The table line of a view."""
        return format_line(0, self.sectors(), View.target, self.path, *choice,
                           *format_keys({'at': at}))

    def view(self, name: str, *choice: str, at: Optional[str] = None) -> View:
        """Make a view of this moment, or of a mark."""
        run_dmsetup('create', name, table=self.view_line(*choice, at=at), run=self.run)
        return View(name, self.run)
