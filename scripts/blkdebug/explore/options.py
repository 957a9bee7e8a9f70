# SPDX-License-Identifier: GPL-2.0-only
"""The options of a run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import List, Optional, Tuple

from ..errors import Refused
from .filesystem import FileSystem


@dataclass(frozen=True)
class PointKind:
    """A kind of point, and the words of its breakpoint."""

    label: str
    event: str
    keys: Tuple[str, ...] = ()


@dataclass
class Options:
    device: str
    workload: str
    check: str
    command: List[str] = field(default_factory=list)
    file_system: Optional[FileSystem] = None
    mkfs_options: str = ''
    mount_options: str = ''
    cache: int = 64 << 20
    power: List[str] = field(default_factory=list)
    points: List[PointKind] = field(default_factory=list)
    budget: int = 100
    seed: int = 0
    jobs: int = 1
    report: Optional[str] = None
    keep: Optional[str] = None
    self_test: bool = False

    def devices(self) -> List[str]:
        return [self.device, *self.power]

    def has_views(self) -> bool:
        """Are views mounted?"""
        return self.file_system is not None and self.file_system.has_views(len(self.devices()))


def parse_point(word: str) -> PointKind:
    kind, colon, argument = word.partition(':')
    if word == 'flush':
        return PointKind(word, 'flush_to_disk')
    if word == 'fua':
        return PointKind(word, 'pwritev_done', ('flags=fua',))
    if kind == 'write' and re.fullmatch('[1-9][0-9]*', argument):
        return PointKind(word, 'pwritev_done', (f'interval={argument}',))
    if kind == 'event' and re.fullmatch(r'[A-Za-z0-9_.]+', argument):
        return PointKind(word, argument)
    wanted = {'write': 'write:<n>, n from 1', 'event': 'event:<name>'}.get(
        kind, 'flush, fua, write:<n> or event:<name>')
    raise Refused(f'--points {word!r}: expected {wanted}')


def parse_points(text: str) -> List[PointKind]:
    return [parse_point(word) for word in text.split(',')]
