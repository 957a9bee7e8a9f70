# SPDX-License-Identifier: GPL-2.0-only
"""Progress, the texts that are printed, and the run as the report takes it."""

from __future__ import annotations

import datetime
import os
import sys
import time
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, TextIO

from ..table import format_size
from .choice import Choice, Stake, Stakes
from .options import Options
from .point import Culprit, PointResult, State, describe
from .recorder import Point

# Lines of the output of a failed check that are printed; the report has all.
OUTPUT_LINES = 20


@dataclass
class JudgedPoint:
    point: Point
    result: PointResult
    promised: int = 0                # promises made before the point
    promises: List[str] = field(default_factory=list)            # these, if there is a culprit
    owners: Dict[int, str] = field(default_factory=dict)
    recipes: List[List[str]] = field(default_factory=list)       # of each culprit
    kept: List[Optional[str]] = field(default_factory=list)


@dataclass
class Run:
    """All results of one pass of the workload."""

    options: Options
    began: float = field(default_factory=time.monotonic)
    started: datetime.datetime = field(
        default_factory=lambda: datetime.datetime.now(datetime.timezone.utc))
    seconds: float = 0
    points: List[JudgedPoint] = field(default_factory=list)
    notes: List[str] = field(default_factory=list)
    status: int = 0                  # of the workload
    output: str = ''
    incomplete: bool = False
    self_test: Optional[Dict[str, int]] = None

    def states(self) -> int:
        return sum(len(judged.result.states) for judged in self.points)

    def failed(self) -> int:
        return sum(len(judged.result.failed()) for judged in self.points)

    def at_stake(self) -> bool:
        return any(judged.point.stakes for judged in self.points)

    def why_unproved(self) -> str:
        """The reason for which a run without a failure proves nothing, or ''."""
        if self.status:
            return f'the workload failed with status {self.status}'
        if not self.points and not self.incomplete:
            return 'the workload has reached no point'
        if self.incomplete:
            return 'the cache was too small for the marks: give more than ' \
                   f'--cache {format_size(self.options.cache)}'
        if not self.at_stake():
            return 'no point had anything at stake: there never was a volatile write'
        if self.self_test is not None and not self.self_test['failed']:
            return 'self-test: no state fails although flushes are dropped, ' \
                   'so the check checks nothing'
        return ''


class Progress:
    """A line on a terminal that is written again and again; nothing elsewhere."""

    def __init__(self, stream: TextIO = sys.stderr, title: str = ''):
        self.stream = stream
        self.title = title
        self.enabled = stream.isatty()
        self.began = time.monotonic()
        self.shown = 0.0
        self.points = 0
        self.states = 0
        self.failures = 0

    def update(self, state: Optional[State] = None) -> None:
        if state is not None:
            self.states += 1
            self.failures += not state.verdict.good
        now = time.monotonic()
        if self.enabled and now - self.shown > 0.1:
            self.shown = now
            speed = self.states / max(now - self.began, 0.001)
            self.stream.write(f'\r\x1b[K{self.title}{self.points} points, {self.states} states, '
                              f'{self.failures} failures, {speed:.1f} states/s')
            self.stream.flush()

    def clear(self) -> None:
        if self.enabled:
            self.stream.write('\r\x1b[K')
            self.stream.flush()


# --- Texts ---

def describe_write(stake: Stake, owner: Optional[str], options: Options) -> str:
    write = stake.write
    flags = ','.join(sorted(write.flags)) or '-'
    device = f' of {options.devices()[stake.device]}' if options.power else ''
    belongs = f', {owner}' if owner else ''
    return (f'write {write.number}{device}: {write.iotype} {flags}, sector {write.sector}, '
            f'{write.sectors} sectors{belongs}')


def describe_culprit(judged: JudgedPoint, number: int, options: Options) -> List[str]:
    culprit = judged.result.culprits[number]
    point, verdict = judged.point, culprit.state.verdict
    lines = [f'point {point.number} ({point.label}): {verdict.step} fails '
             f'(status {verdict.status}): {verdict.command}']
    lines += [f'    | {line}' for line in verdict.output.splitlines()[-OUTPUT_LINES:]]
    if culprit.indexes:
        lines.append(f'  if this is {culprit.kind}:')
        lines += ['    ' + describe_write(point.stakes[index], judged.owners.get(index), options)
                  for index in culprit.indexes]
    else:
        lines.append('  also if nothing is lost')
    lines += [f'  {line}' for line in judged.recipes[number]]
    if judged.kept[number]:
        lines.append(f'  kept: {judged.kept[number]}')
    if culprit.states > 1:
        lines.append(f'  {culprit.states} failing states have this culprit')
    return lines


def describe_point(judged: JudgedPoint) -> str:
    point, result = judged.point, judged.result
    failed = len(result.failed())
    return (f'point {point.number} ({point.label}): {describe(result, point.stakes)}, '
            + (f'{failed} failed' if failed else 'all good'))


def summarise(run: Run) -> List[str]:
    lines = [f'note: {note}' for note in run.notes]
    lines += [describe_point(judged) for judged in run.points]
    for judged in run.points:
        for number in range(len(judged.result.culprits)):
            lines += describe_culprit(judged, number, run.options)
    whole = sum(judged.result.exhaustive for judged in run.points)
    speed = run.states() / max(run.seconds, 0.001)
    lines.append(f'{len(run.points)} points, {whole} of them exhaustively, {run.states()} states, '
                 f'{run.failed()} failed, {run.seconds:.1f} s ({speed:.1f} states/s)')
    if run.self_test is not None:
        lines.append(f'self-test: {run.self_test["failed"]} of {run.self_test["states"]} states '
                     'fail with flushes dropped')
    return lines


# --- The report ---

def verdict_word(run: Run) -> str:
    if run.failed():
        return 'failed'
    return 'unproved' if run.why_unproved() else 'good'


def fates(choice: Choice, stakes: Stakes) -> str:
    """S, L or ? for each write."""
    kept = choice.kept(stakes)
    if kept is not None:
        return ''.join('S' if index in kept else 'L' for index in range(len(stakes)))
    return ''.join('L' if index in choice.lose else 'S' if index in choice.keep else '?'
                   for index in range(len(stakes)))


def report_state(state: State, stakes: Stakes) -> Dict[str, Any]:
    verdict = state.verdict
    return {'choice': state.choice.text(stakes), 'result': 'good' if verdict.good else 'failed',
            'step': verdict.step, 'touched': len(verdict.touched), 'seconds': verdict.seconds}


def report_write(stake: Stake, owner: Optional[str], options: Options) -> Dict[str, Any]:
    write = stake.write
    entry: Dict[str, Any] = {'number': write.number, 'iotype': write.iotype,
                             'flags': ','.join(sorted(write.flags)), 'sector': write.sector,
                             'sectors': write.sectors, 'ms': write.ms}
    if options.power:
        entry['device'] = os.path.basename(options.devices()[stake.device])
    if owner:
        entry['file'] = owner
    return entry


def report_point(judged: JudgedPoint, options: Options) -> Dict[str, Any]:
    point, result = judged.point, judged.result
    entry: Dict[str, Any] = {
        'number': point.number, 'event': point.event, 'ms': point.ms,
        'promises': judged.promised, 'volatile': len(point.stakes),
        'exhaustive': result.exhaustive,
        'states': [report_state(state, point.stakes) for state in result.states]}
    if result.failed():
        entry['writes'] = [report_write(stake, judged.owners.get(index), options)
                           for index, stake in enumerate(point.stakes)]
    return entry


def report_failure(judged: JudgedPoint, number: int, culprit: Culprit) -> Dict[str, Any]:
    point, state = judged.point, culprit.state
    entry: Dict[str, Any] = {
        'point': point.number, 'choice': state.choice.text(point.stakes),
        'fates': fates(state.choice, point.stakes), 'touched': list(state.verdict.touched),
        'culprits': list(culprit.indexes), 'culprit_is': culprit.kind,
        'step': state.verdict.step, 'command': state.verdict.command,
        'status': state.verdict.status, 'output': state.verdict.output,
        'states': culprit.states, 'runs': culprit.runs, 'promises': judged.promises,
        'recipe': judged.recipes[number]}
    if judged.kept[number]:
        entry['kept'] = judged.kept[number]
    return entry


def report_run(run: Run) -> Dict[str, Any]:
    """The dict that blkdebug.report.write_report() takes."""
    options = run.options
    settings = {'file system': options.file_system.name if options.file_system else 'none',
                'device': options.device, 'workload': options.workload, 'check': options.check,
                'cache': format_size(options.cache), 'budget': options.budget, 'seed': options.seed}
    report: Dict[str, Any] = {
        'title': options.workload, 'verdict': verdict_word(run), 'reason': run.why_unproved(),
        'command': options.command, 'kernel': os.uname().release,
        'started': run.started.isoformat(timespec='seconds'), 'seconds': run.seconds,
        'settings': settings, 'notes': run.notes,
        'points': [report_point(judged, options) for judged in run.points],
        'failures': [report_failure(judged, number, culprit) for judged in run.points
                     for number, culprit in enumerate(judged.result.culprits)]}
    if run.self_test is not None:
        report['self_test'] = run.self_test
    return report
