# SPDX-License-Identifier: GPL-2.0-only
"""States for points at which the exhaustive search would not end within the budget."""

from __future__ import annotations

import random
from typing import Iterator, List, Sequence

from .choice import Choice, Stakes


def halve(length: int) -> Iterator[int]:
    """1 to length - 1, the middle first, then the middles of the halves, and so on."""
    ranges = [(0, length)]
    while ranges:
        low, high = ranges.pop(0)
        if high - low >= 2:
            middle = (low + high) // 2
            yield middle
            ranges += [(low, middle), (middle, high)]


def prefixes(stakes: Stakes) -> Iterator[Choice]:
    """Whole writes in the order of time. Only one device has such an order."""
    if len({stake.device for stake in stakes}) <= 1:
        for count in halve(len(stakes)):
            yield Choice.of_kept(range(count), stakes)


def drawn(policy: str, draw: random.Random) -> Iterator[Choice]:
    while True:
        yield Choice(policy, seed=draw.getrandbits(32))


def candidates(stakes: Stakes, looked_at: Sequence[int], draw: random.Random) -> Iterator[Choice]:
    """
    Choices without an end, from each policy in turn. The writes that a check has looked at
    in the states "none" and "all" are lost, and kept, one at a time.
    """
    everything = frozenset(range(len(stakes)))
    sources: List[Iterator[Choice]] = [
        prefixes(stakes),
        (Choice.of_kept(everything - {index}, stakes) for index in looked_at),
        iter((Choice('meta'), Choice('data'))),
        drawn('units', draw),
        (Choice.of_kept({index}, stakes) for index in looked_at),
        drawn('prefix', draw),
        drawn('random', draw),
    ]
    while True:
        for source in list(sources):
            choice = next(source, None)
            if choice is None:
                sources.remove(source)
            else:
                yield choice
