# SPDX-License-Identifier: GPL-2.0-only
"""Delta debugging: the fewest writes that still make a state fail."""

from __future__ import annotations

from typing import Callable, List, Sequence, TypeVar

Item = TypeVar('Item')


def cut_into(items: Sequence[Item], parts: int) -> List[List[Item]]:
    """Parts of about the same size, in order."""
    ends = [len(items) * part // parts for part in range(parts + 1)]
    return [list(items[first:end]) for first, end in zip(ends, ends[1:])]


def minimise(items: Sequence[Item], fails: Callable[[List[Item]], bool]) -> List[Item]:
    """
    A part of the items with which it still fails, and without any one of which it does not.
    With all items it must fail, with none it must not.
    """
    left, parts = list(items), 2
    while len(left) >= 2:
        pieces = cut_into(left, parts)
        rests = [[item for item in left if item not in piece] for piece in pieces]
        smaller = next((part for part in pieces + (rests if parts > 2 else [])
                        if fails(part)), None)
        if smaller is not None:
            parts = 2 if smaller in pieces else max(parts - 1, 2)
            left = smaller
        elif parts < len(left):
            parts = min(parts * 2, len(left))
        else:
            break
    return left
