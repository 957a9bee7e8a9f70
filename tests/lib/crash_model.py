# SPDX-License-Identifier: GPL-2.0-only
"""
A model of a disk with volatile writes and of its crash views, for tests of the explorer.
A check is a function that reads a view by sectors.
"""

import itertools

from blkdebug.device import Write
from blkdebug.explore.choice import Choice, Stake
from blkdebug.explore.point import Verdict


class View:
    """The disk after a cut that these writes survive; notes what is looked at."""

    def __init__(self, disk, kept):
        self.disk = disk
        self.kept = kept
        self.touched = []

    def read(self, sector):
        """The number of the write that the sector has, 0 for the durable version."""
        versions = [index for index, (_, first, count) in enumerate(self.disk.writes)
                    if first <= sector < first + count]
        self.touched += [index for index in versions if index not in self.touched]
        return max([index + 1 for index in versions if index in self.kept], default=0)


class Disk:
    """Volatile writes (flags, sector, sectors), and a check of what a cut leaves."""

    def __init__(self, writes, check):
        self.writes = writes
        self.check = check
        self.runs = []
        self.stakes = [Stake(0, Write(index + 1, 'write', frozenset(flags.split()), first, count,
                                      1, 0))
                       for index, (flags, first, count) in enumerate(writes)]

    def kept(self, choice):
        kept = choice.kept(self.stakes)
        if kept is None:             # a draw: any choice that the seed decides will do
            draw = choice.seed or 0
            kept = {index for index in range(len(self.writes)) if draw >> index % 32 & 1}
            kept = (kept | choice.keep) - choice.lose
        return frozenset(kept)

    def run(self, kept):
        view = View(self, kept)
        error = self.check(view)
        return Verdict(not error, tuple(view.touched), 'check' if error else '', output=error or '')

    def judge(self, choice: Choice):
        verdict = self.run(self.kept(choice))
        self.runs.append((self.kept(choice), verdict))
        return verdict

    def all_states(self):
        indexes = range(len(self.writes))
        return [frozenset(kept) for size in range(len(self.writes) + 1)
                for kept in itertools.combinations(indexes, size)]
