# SPDX-License-Identifier: GPL-2.0-only
"""The page of a run."""

from .markup import Markup, element, visible
from .sections import (PICTURES_MAX, VERDICTS, command_line, facts, failure_section, failures_table,
                       figures, overview, points_part, verdict)
from .style import DEFS, STYLE
from .totals import Totals


def page_title(run):
    return run.get('title') or command_line(run.get('command') or 'blkdebug-explore')


def render_report(run):
    """The page as text."""
    totals = Totals(run)
    points = {point['number']: point for point in run.get('points', [])}
    failures = run.get('failures', [])
    body = [DEFS, element('h1', page_title(run)), verdict(run, totals),
            figures(run, totals), overview(run.get('points', []))]
    if run.get('notes'):
        body.append(element('ul', *(element('li', note) for note in run['notes']), class_='notes'))
    body.append(facts(run))
    if failures:
        body += [element('h2', 'Failures', id='failures'), failures_table(failures, points)]
        body += [failure_section(index, failure, points.get(failure['point'], {}))
                 for index, failure in enumerate(failures[:PICTURES_MAX], 1)]
        if len(failures) > PICTURES_MAX:
            body.append(element('p', f'Pictures of the first {PICTURES_MAX} failures only.'))
    body += [element('section', element('h2', 'Points'), points_part(run.get('points', [])),
                     class_='points')]
    head = element('head', element('meta', charset='utf-8'),
                   element('meta', name='viewport', content='width=device-width, initial-scale=1'),
                   element('title', f'{VERDICTS[run["verdict"]]}: {visible(page_title(run))}'),
                   Markup(f'<style>{STYLE}</style>'))
    return f'<!DOCTYPE html>\n{Markup(element("html", head, element("body", *body), lang="en"))}\n'
