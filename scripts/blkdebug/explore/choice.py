# SPDX-License-Identifier: GPL-2.0-only
"""Volatile writes at a point, and choices of those that survive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, NamedTuple, Optional, Sequence

from ..device import Write
from ..table import format_numbers


class Stake(NamedTuple):
    """A volatile write at a point. Writes of all devices of a supply are in one list."""

    device: int
    write: Write

    @property
    def first(self) -> int:
        return self.write.sector

    @property
    def end(self) -> int:
        return self.write.sector + self.write.sectors


Stakes = Sequence[Stake]


@dataclass(frozen=True)
class Choice:
    """
    A choice as a cut takes it. lose and keep have indexes into the list of stakes, not the
    numbers of the writes, which count from 1 on each device.
    """

    survive: str
    lose: frozenset[int] = frozenset()
    keep: frozenset[int] = frozenset()
    seed: Optional[int] = None

    @classmethod
    def of_kept(cls, kept: Iterable[int], stakes: Stakes) -> Choice:
        """The choice of these whole writes, in the shorter form."""
        keep = frozenset(kept)
        if not keep:
            return cls('none')
        if len(keep) * 2 <= len(stakes):
            return cls('none', keep=keep)
        return cls('all', lose=frozenset(range(len(stakes))) - keep)

    def kept(self, stakes: Stakes) -> Optional[frozenset[int]]:
        """The whole writes that survive, or None if that is drawn or writes are torn."""
        # Does a write without, and one with, REQ_META survive?
        policies = {'none': (False, False), 'all': (True, True), 'meta': (False, True),
                    'data': (True, False)}
        if self.survive not in policies:
            return None
        survives = policies[self.survive]
        kept = {index for index, stake in enumerate(stakes)
                if survives['meta' in stake.write.flags]}
        return frozenset((kept | self.keep) - self.lose)

    def words(self, stakes: Stakes, device: int) -> list[str]:
        """The words for a view of one device."""
        words = [f'survive={self.survive}']
        for key, indexes in (('lose', self.lose), ('keep', self.keep)):
            numbers = [stakes[index].write.number for index in indexes
                       if stakes[index].device == device]
            if numbers:
                words.append(f'{key}={format_numbers(numbers)}')
        if self.seed is not None:
            words.append(f'seed={self.seed}')
        return words

    def text(self, stakes: Stakes) -> str:
        """The words, for people; with several devices, those of each."""
        devices = sorted({stake.device for stake in stakes}) or [0]
        texts = [' '.join(self.words(stakes, device)) for device in devices]
        return texts[0] if len(set(texts)) == 1 else '; '.join(
            f'device {device}: {text}' for device, text in zip(devices, texts))
