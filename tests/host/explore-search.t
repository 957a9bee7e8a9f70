#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Tests how blkdebug-explore chooses and minimises states, on a model of a disk: the search is
compared with all states, for random disks and checks.
"""

import os
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [f'{TOP}/scripts', f'{TOP}/tests/lib']

from crash_model import Disk
from tap import done, same

from blkdebug.explore.choice import Choice, Stake
from blkdebug.explore.minimise import minimise
from blkdebug.explore.point import Limits, PointExplorer, describe

POOL = ThreadPoolExecutor(4)


def explore(disk, **limits):
    explorer = PointExplorer(disk.stakes, disk.judge, POOL, Limits(**limits), random.Random(1))
    return explorer.explore(), explorer.search


def sectors(count, first=0, flags=''):
    """So many writes of a sector each."""
    return [(flags, first + index, 1) for index in range(count)]


# Choices
stakes = Disk(sectors(4), None).stakes
same(Choice.of_kept({1}, stakes).words(stakes, 0), ['survive=none', 'keep=2'],
     'few writes that survive are kept')
same(Choice.of_kept({0, 1, 3}, stakes).words(stakes, 0), ['survive=all', 'lose=3'],
     'few writes that do not are lost')
both = [Stake(0, stakes[0].write), Stake(1, stakes[0].write), Stake(1, stakes[1].write)]
same([Choice('none', keep=frozenset({1, 2})).words(both, device) for device in (0, 1)],
     [['survive=none'], ['survive=none', 'keep=1-2']], 'each device has its own numbers')
flagged = Disk([('meta', 0, 1), ('', 1, 1)], None).stakes
same([sorted(Choice(policy).kept(flagged)) for policy in ('none', 'all', 'meta', 'data')],
     [[], [0, 1], [0], [1]], 'policies without draws decide about whole writes')
same(Choice('units', seed=3).kept(flagged), None, 'policies with draws do not')

# The exhaustive search
def log_check(view):
    """A log: records 0, 1, 2, and a commit in sector 3."""
    if view.read(3) and not all(view.read(sector) for sector in range(3)):
        return 'a record is missing'
    return ''


result, _ = explore(Disk(sectors(4), log_check))
same((len(result.states), result.exhaustive, len(result.failed())), (5, True, 3),
     'a check that stops at the first missing record needs one state for each path')
same(describe(result, range(4)), '5 states stand for all 2^4', 'the summary says for how many')

result, _ = explore(Disk(sectors(200, 10) + sectors(2), lambda view: '' if view.read(0) or True else ''))
same((len(result.states), result.exhaustive), (2, True),
     'writes that no check looks at are not varied')
same(describe(result, range(202)), '2 states stand for all 2^202', 'however many they are')

result, _ = explore(Disk([('', 0, 1)] * 20, lambda view: str(view.read(0)) and ''))
same((len(result.states), result.exhaustive), (21, True),
     'of writes to one sector only the newest kept one is varied')
result, _ = explore(Disk([('', 0, 1), ('', 1, 1), ('', 0, 2)], lambda view: str(view.read(0) + view.read(1)) and ''))
same((len(result.states), result.exhaustive), (5, True), 'a larger newer write hides smaller ones')
result, _ = explore(Disk([('', 0, 2), ('', 0, 1)], lambda view: str(view.read(0) + view.read(1)) and ''))
same((len(result.states), result.exhaustive), (4, True), 'a smaller newer write does not')
result, _ = explore(Disk([], lambda view: ''))
same((len(result.states), result.exhaustive), (1, True), 'without writes there is one state')


def random_check(draw, nr_sectors):
    """A decision tree: what is read depends on what was read before."""
    salt = draw.getrandbits(32)
    depth = draw.randint(1, 6)

    def check(view):
        seen = salt
        for _ in range(depth):
            value = view.read(seen % nr_sectors)
            seen = (seen * 1103515245 + value * 12345 + 7) & 0xffffffff
            if seen % 7 == 0:
                break
        return 'fails' if seen % 5 == 0 else ''

    return check


def random_disk(draw):
    nr_sectors = draw.randint(2, 6)
    writes = []
    for _ in range(draw.randint(0, 8)):
        first = draw.randrange(nr_sectors)
        writes.append((draw.choice(['', 'meta']), first, draw.randint(1, nr_sectors - first)))
    return Disk(writes, random_check(draw, nr_sectors))


def paths(disk):
    """The different paths of the check: the writes looked at that can be seen, over all states."""
    found = set()
    for kept in disk.all_states():
        verdict = disk.run(kept)
        found.add((verdict.touched, verdict.good, tuple(index in kept for index in verdict.touched)))
    return found


wrong, incomplete, missed, twice, runs, states = 0, 0, 0, 0, 0, 0
for seed in range(600):
    disk = random_disk(random.Random(seed))
    result, search = explore(disk, budget=10000, jobs=1 + seed % 3, first_failure=True)
    if result.failed():
        disk.runs.clear()
        result, search = explore(disk, budget=10000, jobs=1 + seed % 3)
    incomplete += not result.exhaustive
    runs += len(result.states)
    states += 2 ** len(disk.writes)
    for kept in disk.all_states():
        found = search.find(kept)
        missed += found is None
        wrong += found is not None and found.good != disk.run(kept).good
    judged = [state.choice.kept(disk.stakes) for state in result.states]
    twice += len(judged) - len(set(judged))
    twice += len(judged) > len(paths(disk)) + 1
same((incomplete, missed, wrong), (0, 0, 0), 'every state of 600 random disks has its verdict')
same(twice, 0, 'no path is run twice')
same(runs < states / 2, True, 'fewer states are run than there are')
print(f'# {runs} runs for {states} states')

# The budget
def any_check(view):
    return str([view.read(sector) for sector in range(20)]) and ''


result, _ = explore(Disk(sectors(20, flags='meta'), any_check), budget=50)
same((len(result.states), result.exhaustive), (50, False), 'the budget ends a search that cannot')
same(describe(result, range(20)), '50 of 2^20 states', 'the summary says so')
kinds = {state.choice.survive for state in result.states}
same(kinds >= {'none', 'all', 'units', 'prefix', 'random'}, True, 'each policy has its share')
one_lost = [state for state in result.states if len(state.choice.lose) == 1]
same(len(one_lost) >= 3, True, 'writes that were looked at are lost one at a time')
result, _ = explore(Disk(sectors(6), any_check), budget=64)
same((len(result.states), result.exhaustive), (64, True), 'a budget that just suffices is used')
result, _ = explore(Disk(sectors(6), any_check), budget=63)
same((len(result.states), result.exhaustive), (63, False), 'one state less does not suffice')

# Errors
ended = []


def judge_slowly(choice):
    if choice.survive == 'all':
        raise ValueError('no verdict')
    time.sleep(0.3)
    ended.append(choice)
    return Disk(sectors(4), any_check).judge(choice)


try:
    PointExplorer(sectors(4), judge_slowly, POOL, Limits(jobs=2), random.Random(1)).explore()
except ValueError:
    same(len(ended), 1, 'after an error no state of the point is being judged')

# Culprits
same(minimise(range(100), lambda some: {7, 70} <= set(some)), [7, 70], 'ddmin finds both of two')
same(minimise([5], lambda some: bool(some)), [5], 'a single write is minimal')


def culprits(disk, **limits):
    result, _ = explore(disk, **limits)
    return [(culprit.kind, list(culprit.indexes), culprit.state.choice.text(disk.stakes))
            for culprit in result.culprits]


same(culprits(Disk(sectors(10), lambda view: '' if view.read(4) else 'lost')),
     [('lost', [4], 'survive=all lose=5')], 'a lost write is the culprit')
same(culprits(Disk(sectors(4), log_check)),
     [('lost', [index], f'survive=all lose={index + 1}') for index in (0, 1, 2)],
     'each record of a log that the commit does not wait for is a culprit')
same(culprits(Disk(sectors(10), lambda view: 'seen' if view.read(4) and view.read(5) else '')),
     [('kept', [4, 5], 'survive=none keep=5-6')], 'two kept writes are the culprits')
same(culprits(Disk(sectors(3), lambda view: view.read(0) and 0 or 'always')),
     [('lost', [], 'survive=all')], 'a state that fails with all writes has none')
big = Disk(sectors(200), lambda view: '' if all([view.read(sector) for sector in range(200)][60:61])
           else 'lost')
same(culprits(big, budget=20)[0], ('lost', [60], 'survive=all lose=61'),
     'the culprit of a point beyond the budget is minimised')
failing, _ = explore(Disk(sectors(10), lambda view: '' if view.read(4) else 'lost'),
                     first_failure=True)
same((len(failing.states) <= 2, failing.culprits), (True, []), 'the first failure can be the end')

done()
