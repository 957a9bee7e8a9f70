# SPDX-License-Identifier: GPL-2.0-only
"""The numbers of a run, and what its states stand for, in words."""

from .markup import count, join, number


class Totals:
    """The numbers of a run, for the page and for the summary of the explorer."""

    def __init__(self, run):
        points = run.get('points', [])
        self.points = len(points)
        self.states = sum(len(point['states']) for point in points)
        self.failed = sum(state['result'] == 'failed'
                          for point in points for state in point['states'])
        self.at_stake = [point for point in points if point['volatile']]
        self.exhausted = [point for point in self.at_stake if point.get('exhaustive')]
        self.judged_by_exhaustion = sum(len(point['states']) for point in self.exhausted)
        self.largest = max((point['volatile'] for point in self.exhausted), default=0)
        seconds = run.get('judging_seconds', run.get('seconds'))
        self.rate = self.states / seconds if seconds else None

    @property
    def complete(self):
        """All crash states of whole writes have been judged, at every point."""
        return bool(self.at_stake) and len(self.exhausted) == len(self.at_stake)


def describe_point(point, power='2^{}'.format):
    """The states of a point and the number of states that they stand for."""
    states = count(len(point['states']), 'state')
    if not point['volatile']:
        return f'{states}, nothing at stake'
    if point.get('exhaustive'):
        verb = 'stands' if len(point['states']) == 1 else 'stand'
        return join([states, f' {verb} for all ', power(point['volatile'])])
    return join([states, ' of ', power(point['volatile']), ', budget spent'])


def describe_coverage(run, power='2^{}'.format):
    """The states of a run and those that they stand for, in a sentence."""
    totals = Totals(run)
    if not totals.at_stake:
        return 'No point had a volatile write, so no state differs from another.'
    if len(totals.at_stake) == 1:
        return join([describe_point(totals.at_stake[0], power), '.'])
    if not totals.exhausted:
        return 'At no point the budget sufficed for all crash states of whole writes.'
    verb = 'stands' if totals.judged_by_exhaustion == 1 else 'stand'
    where = (f'all {number(len(totals.at_stake))}' if totals.complete
             else f'{number(len(totals.exhausted))} of {number(len(totals.at_stake))}')
    return join([count(totals.judged_by_exhaustion, 'state'),
                 f' {verb} for all crash states of whole writes at {where} points with volatile '
                 'writes, up to ', power(totals.largest), ' a point.'])
