# SPDX-License-Identifier: GPL-2.0-only
"""
The exhaustive search: which states stand for all.

A state decides about each volatile write: kept or lost. A check that has run on a state has
looked at some of the writes only, and it does the same in all states that decide alike about
these. So each run settles a *cube*: all states with these decisions, whatever the other writes
do. A write of which newer kept writes cover every sector cannot be seen, so the cube leaves it
out, too.

The states that no cube has settled are kept as disjoint *regions*: each a set of decisions.
The run of a region's first state, in which all that is not decided is lost, settles a cube;
what it leaves of the region is split by the decisions d1, d2, ... of the cube that the region
does not have:

    region + not d1,  region + d1 + not d2,  region + d1 + d2 + not d3,  ...

These are disjoint, and with the cube they are the whole region, so that the search is complete
when no region is left, in whatever order the decisions are taken. They are taken in the order in
which the check has looked at the writes, so that a region is a path of the check; of writes to the
same sectors the newer one comes first, as a kept one settles those below it.

Example: writes 1 and 2 to one sector, 3 that no check reads. The state in which all are lost
touches 1 and 2. What is left is {2 kept} and {2 lost, 1 kept}, and each needs one run, because
in the first one 1 is below 2: three states stand for all eight.
"""

from __future__ import annotations

from typing import Dict, Generic, List, Optional, Sequence, TypeVar

from .choice import Stakes

Result = TypeVar('Result')
# Decisions by index of the write: True is kept
Decisions = Dict[int, bool]

# Looking for covered writes takes the square of this.
COVERED_MAX = 1000


class Cube(Generic[Result]):
    """States that behave alike, and the result of the one that was run."""

    def __init__(self, decisions: Decisions, result: Result):
        self.decisions = decisions
        self.result = result

    def has(self, kept: frozenset[int]) -> bool:
        return all((index in kept) == decision for index, decision in self.decisions.items())


def is_covered(stakes: Stakes, index: int, kept: Sequence[int]) -> bool:
    """Do newer kept writes hide all sectors of this write?"""
    stake = stakes[index]
    covers = sorted((stakes[other].first, stakes[other].end) for other in kept
                    if other > index and stakes[other].device == stake.device
                    and stakes[other].first < stake.end and stakes[other].end > stake.first)
    position = stake.first
    for first, end in covers:
        if first > position:
            return False
        position = max(position, end)
    return position >= stake.end


def overlaps(stakes: Stakes, one: int, other: int) -> bool:
    a, b = stakes[one], stakes[other]
    return a.device == b.device and a.first < b.end and b.first < a.end


def newest_first(stakes: Stakes, touched: Sequence[int]) -> List[int]:
    """The order of the first look, but newer writes to the same sectors before older ones."""
    if len(touched) > COVERED_MAX:
        return list(touched)
    order: Dict[int, None] = {}
    for index in touched:
        newer = [other for other in touched
                 if other > index and overlaps(stakes, index, other)]
        order.update(dict.fromkeys(sorted(newer, reverse=True) + [index]))
    return list(order)


def settle(stakes: Stakes, kept: frozenset[int], touched: Sequence[int]) -> Decisions:
    """The decisions of a state that its run depended on, in the order to vary them."""
    looked_at = [index for index in touched if index in kept]
    hide = len(touched) <= COVERED_MAX
    return {index: index in kept for index in newest_first(stakes, touched)
            if not (hide and is_covered(stakes, index, looked_at))}


class Search(Generic[Result]):
    """The regions that are left, and the cubes that are known."""

    def __init__(self, stakes: Stakes):
        self.stakes = stakes
        self.cubes: List[Cube[Result]] = []
        self.regions: List[Decisions] = [{}]
        self.running = 0

    def find(self, kept: frozenset[int]) -> Optional[Result]:
        """The result of a state, if a run has settled it."""
        cube = self.find_cube(kept)
        return None if cube is None else cube.result

    def find_cube(self, kept: frozenset[int]) -> Optional[Cube[Result]]:
        return next((cube for cube in self.cubes if cube.has(kept)), None)

    def learn(self, kept: frozenset[int], touched: Sequence[int], result: Result) -> None:
        """The state was run, whether the search asked for it or not."""
        self.cubes.append(Cube(settle(self.stakes, kept, touched), result))

    def take(self) -> Optional[Decisions]:
        """
        A region whose first state has to be run, or None if there is none now: the search
        is complete unless a run of an earlier region has not ended yet.
        """
        while self.regions:
            region = self.regions.pop()
            cube = self.find_cube(first_state(region))
            if cube is None:
                self.running += 1
                return region
            self.split(region, cube.decisions)
        return None

    def give(self, region: Decisions, touched: Sequence[int], result: Result) -> None:
        """The first state of a region was run."""
        self.running -= 1
        kept = first_state(region)
        self.learn(kept, touched, result)
        self.split(region, self.cubes[-1].decisions)

    def split(self, region: Decisions, decisions: Decisions) -> None:
        path = dict(region)
        for index, decision in decisions.items():
            if index not in region:
                self.regions.append({**path, index: not decision})
                path[index] = decision

    def is_complete(self) -> bool:
        return not self.regions and not self.running

    def needs(self) -> int:
        """At least so many runs are missing."""
        return self.running + sum(self.find_cube(first_state(region)) is None
                                  for region in self.regions)


def first_state(region: Decisions) -> frozenset[int]:
    return frozenset(index for index, decision in region.items() if decision)
