# SPDX-License-Identifier: GPL-2.0-only
"""Judges the states of one point, and finds the culprits of those that fail."""

from __future__ import annotations

import random
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field
from typing import Callable, Dict, Iterator, List, Optional, Sequence, Tuple

from .choice import Choice, Stakes
from .minimise import minimise
from .policies import candidates
from .search import Decisions, Search, first_state

# Culprits that are looked for at one point; further failing states are only counted.
CULPRITS_MAX = 3


@dataclass(frozen=True)
class Verdict:
    """The result of judging a state."""

    good: bool
    touched: Tuple[int, ...]         # indexes of stakes, in the order of the first look
    step: str = ''                   # that failed
    command: str = ''
    status: int = 0
    output: str = ''
    seconds: float = 0


@dataclass(frozen=True)
class State:
    choice: Choice
    verdict: Verdict


@dataclass
class Culprit:
    """The fewest writes that make a point fail."""

    indexes: Tuple[int, ...]
    kind: str                        # lost or kept
    state: State                     # in which only they are
    states: int = 1                  # failing states that they explain
    runs: int = 0


@dataclass
class PointResult:
    states: List[State] = field(default_factory=list)
    culprits: List[Culprit] = field(default_factory=list)
    exhaustive: bool = False
    touched: int = 0                 # different writes that any check has looked at

    def failed(self) -> List[State]:
        return [state for state in self.states if not state.verdict.good]


Judge = Callable[[Choice], Verdict]


@dataclass(frozen=True)
class Limits:
    budget: int = 100
    jobs: int = 1
    first_failure: bool = False      # stop there, and look for no culprit


class PointExplorer:
    """Chooses states and has them judged, by several threads if there are jobs."""

    def __init__(self, stakes: Stakes, judge: Judge, pool: Executor, limits: Limits,
                 draw: random.Random, progress: Callable[[State], None] = lambda state: None):
        self.stakes = stakes
        self.judge = judge
        self.pool = pool
        self.limits = limits
        self.draw = draw
        self.progress = progress
        self.runs = 0                # to find the present culprit
        self.search: Search[Verdict] = Search(stakes)
        self.result = PointResult()

    def explore(self) -> PointResult:
        self.judge_ends()
        if not self.is_over():
            self.search_all()
        # Known states may settle the regions that are left.
        self.result.exhaustive = self.search.take() is None and self.search.is_complete()
        if not self.result.exhaustive and not self.is_over():
            self.judge_candidates()
        self.result.touched = len({index for state in self.result.states
                                   for index in state.verdict.touched})
        if not self.limits.first_failure:
            self.find_culprits()
        return self.result

    def is_over(self) -> bool:
        spent = len(self.result.states) >= self.limits.budget
        return spent or (self.limits.first_failure and bool(self.result.failed()))

    # --- Judging ---

    def record(self, choice: Choice, verdict: Verdict) -> None:
        state = State(choice, verdict)
        self.result.states.append(state)
        self.progress(state)

    def judge_each(self, choices: Iterator[Tuple[object, Choice]],
                   give: Callable[[object, Choice, Verdict], None]) -> None:
        """Judge what the iterator yields; it is asked only when a job is free."""
        running: Dict[Future[Verdict], Tuple[object, Choice]] = {}
        try:
            self.judge_until_end(choices, give, running)
        except Exception:
            # Not after ^C: checks are killed later.
            wait(running)
            raise

    def judge_until_end(self, choices: Iterator[Tuple[object, Choice]],
                        give: Callable[[object, Choice, Verdict], None],
                        running: Dict[Future[Verdict], Tuple[object, Choice]]) -> None:
        while True:
            while len(running) < self.limits.jobs and not self.is_full(len(running)):
                item = next(choices, None)
                if item is None:
                    break
                running[self.pool.submit(self.judge, item[1])] = item
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                key, choice = running.pop(future)
                verdict = future.result()
                self.record(choice, verdict)
                give(key, choice, verdict)

    def is_full(self, running: int) -> bool:
        return self.is_over() or len(self.result.states) + running >= self.limits.budget

    def learn(self, _: object, choice: Choice, verdict: Verdict) -> None:
        kept = choice.kept(self.stakes)
        if kept is not None:
            self.search.learn(kept, verdict.touched, verdict)

    def judge_ends(self) -> None:
        """The states in which nothing and everything survives."""
        ends = [Choice('none')] + ([Choice('all')] if self.stakes else [])
        self.judge_each(iter([(None, choice) for choice in ends]), self.learn)

    def search_all(self) -> None:
        """The exhaustive search, until it is certain that it takes more than the budget."""
        def give(region: object, _: Choice, verdict: Verdict) -> None:
            assert isinstance(region, dict)
            self.search.give(region, verdict.touched, verdict)

        self.judge_each(Regions(self), give)

    def is_hopeless(self) -> bool:
        return len(self.result.states) + self.search.needs() > self.limits.budget

    def judge_candidates(self) -> None:
        looked_at = list(dict.fromkeys(index for state in self.result.states
                                       for index in state.verdict.touched))

        def unknown() -> Iterator[Tuple[object, Choice]]:
            for choice in candidates(self.stakes, looked_at, self.draw):
                kept = choice.kept(self.stakes)
                if kept is None or self.search.find(kept) is None:
                    yield None, choice

        self.judge_each(unknown(), self.learn)

    # --- Culprits ---

    def find_culprits(self) -> None:
        for state in self.result.failed():
            known = next((culprit for culprit in self.result.culprits
                          if self.explains(culprit, state)), None)
            if known:
                known.states += 1
            elif len(self.result.culprits) < CULPRITS_MAX:
                self.result.culprits.append(self.find_culprit(state))

    def explains(self, culprit: Culprit, state: State) -> bool:
        kept = state.choice.kept(self.stakes)
        if kept is None or culprit.state.choice.kept(self.stakes) is None:
            return False
        return all((index in kept) == (culprit.kind == 'kept') for index in culprit.indexes)

    def run(self, choice: Choice) -> Verdict:
        """The verdict about a state, which may be known."""
        kept = choice.kept(self.stakes)
        verdict = None if kept is None else self.search.find(kept)
        if verdict is None:
            # By another thread, so that ^C does not end it amid its clean-up.
            verdict = self.pool.submit(self.judge, choice).result()
            self.runs += 1
            self.learn(None, choice, verdict)
        return verdict

    def find_culprit(self, state: State) -> Culprit:
        self.runs = 0
        kept = state.choice.kept(self.stakes)
        everything = frozenset(range(len(self.stakes)))
        if kept is None:
            return self.finish('lost', self.minimise_torn(state), state)
        touched = state.verdict.touched
        found: List[Culprit] = []
        if self.run(Choice.of_kept(everything, self.stakes)).good:
            lost = self.minimise_set([index for index in touched if index not in kept],
                                     lambda items: everything.difference(items))
            found.append(self.finish('lost', lost, state))
        if self.run(Choice('none')).good and not (found and len(found[0].indexes) == 1):
            saved = self.minimise_set([index for index in touched if index in kept],
                                      frozenset)
            found.append(self.finish('kept', saved, state))
        if found:
            return min(found, key=lambda culprit: len(culprit.indexes))
        return self.finish('lost', (Choice.of_kept(everything, self.stakes), ()), state)

    def minimise_set(self, items: List[int], kept_of: Callable[[List[int]], frozenset[int]]
                     ) -> Tuple[Choice, Tuple[int, ...]]:
        def choice_of(some: List[int]) -> Choice:
            return Choice.of_kept(kept_of(some), self.stakes)

        least = minimise(items, lambda some: not self.run(choice_of(some)).good)
        return choice_of(least), tuple(sorted(least))

    def minimise_torn(self, state: State) -> Tuple[Choice, Tuple[int, ...]]:
        """Of a state with draws: the fewest writes to which the draws apply, others kept."""
        everything = frozenset(range(len(self.stakes)))
        choice = state.choice

        def choice_of(some: List[int]) -> Choice:
            return Choice(choice.survive, keep=everything.difference(some), seed=choice.seed)

        if not self.run(choice_of([])).good:
            return Choice.of_kept(everything, self.stakes), ()
        items = list(state.verdict.touched)
        if self.run(choice_of(items)).good:
            return choice, tuple(sorted(everything))
        least = minimise(items, lambda some: not self.run(choice_of(some)).good)
        return choice_of(least), tuple(sorted(least))

    def finish(self, kind: str, least: Tuple[Choice, Tuple[int, ...]], state: State) -> Culprit:
        choice, indexes = least
        verdict = self.run(choice)
        # A check that does not do the same twice may pass now; show what was seen.
        final = State(choice, verdict) if not verdict.good else state
        return Culprit(indexes, kind, final, runs=self.runs)


class Regions:
    """The choices of the exhaustive search; ends when it is complete or hopeless."""

    def __init__(self, explorer: PointExplorer):
        self.explorer = explorer

    def __iter__(self) -> Iterator[Tuple[object, Choice]]:
        return self

    def __next__(self) -> Tuple[Decisions, Choice]:
        region: Optional[Decisions] = None
        if not self.explorer.is_hopeless():
            region = self.explorer.search.take()
        if region is None:
            raise StopIteration
        return region, Choice.of_kept(first_state(region), self.explorer.stakes)


def describe(result: PointResult, stakes: Sequence[object]) -> str:
    """How much has been judged, as the summary puts it."""
    count, total = len(result.states), len(stakes)
    if result.exhaustive and total:
        return f'{count} states stand for all 2^{total}'
    if result.exhaustive:
        return 'nothing at stake, one state'
    return f'{count} of 2^{total} states'
