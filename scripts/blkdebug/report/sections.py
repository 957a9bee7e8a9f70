# SPDX-License-Identifier: GPL-2.0-only
"""The parts of the page."""

import math
import shlex

from .markup import (count, duration, element, escape, join, number, power_of_two, table,
                     visible)
from .picture import FATES, Picture, legend, legend_box, legend_entry
from .totals import describe_coverage, describe_point

# Failures beyond this number are in the table, without a picture.
PICTURES_MAX = 100
# Characters of a check's output that are shown: the first and the last ones.
OUTPUT_HEAD, OUTPUT_TAIL = 8000, 24000
# Promises of a failure that are shown, the last ones
PROMISES_MAX = 20
# Writes of a point that are listed in a table.
WRITES_MAX = 2000

RESULTS = ('good', 'failed', 'skipped')
# Columns that are aligned at the right
NUMERIC = ('write', 'sector', 'sectors', 'ms before')
VERDICTS = {'good': 'All states good', 'failed': 'States failed', 'unproved': 'Nothing proved'}

def result_mark(result, text=None):
    """A result with a sign, so that it can be read without colours."""
    sign = {'good': '✓', 'failed': '✗', 'skipped': '–'}[result]
    return element('span', f'{sign} {text or result}', class_=f'result {result}')


def command_line(command):
    return command if isinstance(command, str) else shlex.join(map(str, command))


def write_name(write):
    device = write.get('device')
    return f'write {number(write["number"])}' + (f' of {visible(device)}' if device else '')


def write_file(write):
    return f' ({visible(write["file"])})' if write.get('file') else ''


def culprits_in_words(failure, writes):
    """Which writes make the state fail, in a few words."""
    if failure.get('culprits') is None:
        return 'not minimised'
    culprits = [writes[index] for index in failure['culprits'] if index < len(writes)]
    if not culprits:
        return 'all writes kept'
    names = ', '.join(write_name(write) + write_file(write) for write in culprits[:3])
    more = f' and {count(len(culprits) - 3, "other")}' if len(culprits) > 3 else ''
    return f'{names}{more} {failure.get("culprit_is", "lost")}'


def first_culprit(run):
    failure = run['failures'][0]
    writes = next((point.get('writes', []) for point in run['points']
                   if point['number'] == failure['point']), [])
    return (f'At point {number(failure["point"])} the step “{visible(failure["step"])}” fails with '
            f'{culprits_in_words(failure, writes)}.')


def verdict(run, totals):
    kind = run['verdict']
    heading = VERDICTS[kind]
    if kind == 'failed':
        heading = f'{number(totals.failed)} of {count(totals.states, "state")} failed'
    elif kind == 'good':
        heading = ('The only state is good' if totals.states == 1
                   else f'All {count(totals.states, "state")} good')
    sentences = [describe_coverage(run, power_of_two)]
    if kind == 'unproved' and run.get('reason'):
        sentences = [run['reason'].rstrip('.') + '.']
    elif kind == 'failed' and run.get('failures'):
        sentences.insert(0, first_culprit(run))
    elif kind == 'good' and totals.at_stake and not totals.complete:
        sentences.append('States that were not judged may fail.')
    sign = {'good': '✓', 'failed': '✗', 'unproved': '?'}[kind]
    return element('section', element('p', element('span', sign, aria_hidden='true'), ' ', heading,
                                      class_='heading'),
                   element('p', join(sentences, ' ')), class_=f'verdict {kind}')


def figures(run, totals):
    """The numbers of the summary as a list of pairs."""
    stake = sum(point['volatile'] for point in totals.at_stake)
    cells = [
        (number(totals.points), 'point' if totals.points == 1 else 'points'),
        (number(totals.states), 'states judged'),
        (number(totals.failed), 'states failed'),
        (number(len(run.get('failures', []))), 'culprits'),
        (number(stake), 'volatile writes at stake'),
    ]
    if totals.rate is not None:
        cells.append((f'{totals.rate:,.1f}' if totals.rate < 100 else f'{totals.rate:,.0f}',
                      'states a second'))
    return element('dl', *(element('div', element('dt', label), element('dd', value))
                           for value, label in cells), class_='figures')


def facts(run):
    pairs = []
    if run.get('command'):
        pairs.append(('command', element('code', command_line(run['command']))))
    pairs += [(name, run[key]) for key, name in (('kernel', 'kernel'), ('started', 'started'))
              if run.get(key)]
    if run.get('seconds') is not None:
        pairs.append(('took', duration(run['seconds'])))
    pairs += list(run.get('settings', {}).items())
    test = run.get('self_test')
    if test:
        word = ('the check notices lost flushes' if test['failed']
                else 'the check does not notice lost flushes')
        pairs.append(('self-test', f'{number(test["failed"])} of {count(test["states"], "state")} '
                                   f'failed with flushes dropped: {word}'))
    return element('table', *(element('tr', element('th', name, scope='row'),
                                      element('td', escape(value))) for name, value in pairs),
                   class_='facts') if pairs else ''


def overview(points):
    """A bar for each point: the volatile writes; a mark below those with failures."""
    if len(points) < 2:
        return ''
    width, height = 1000, 90
    step = min(36, (width - 40) / len(points))
    bar = max(1, min(30, step - (1 if step > 3 else 0)))
    largest = max(1, *(point['volatile'] for point in points))
    paths = {'complete': [], 'partial': []}
    marks = []
    for index, point in enumerate(points):
        x = 40 + step * index
        tall = round(height * math.log1p(point['volatile']) / math.log1p(largest))
        kind = 'complete' if point.get('exhaustive') or not point['volatile'] else 'partial'
        paths[kind].append(f'M{x:.1f} {height + 8 - tall}h{bar:.1f}v{tall}h-{bar:.1f}z')
        if any(state['result'] == 'failed' for state in point['states']):
            middle = x + bar / 2
            marks.append(f'M{middle - 4:.1f} {height + 14}l8 8m0 -8l-8 8')
    shapes = [element('path', class_=kind, d=''.join(path)) for kind, path in paths.items() if path]
    shapes.append(element('path', class_='failed', d=''.join(marks)) if marks else '')
    used = [legend_entry(legend_box(kind), text) for kind, text in (
        ('complete', 'every crash state of whole writes judged'),
        ('partial', 'some of the states judged')) if paths[kind]]
    if marks:
        used.append(legend_entry(element('path', class_='failed', d='M5 4l8 8m0 -8l-8 8'),
                                 'states failed'))
    return element('figure', element(
        'svg', element('text', number(largest), class_='end', x=34, y=16),
        element('text', '0', class_='end', x=34, y=height + 8),
        element('line', class_='axis', x1=38, y1=height + 8.5,
                x2=f'{40 + step * len(points):.0f}', y2=height + 8.5),
        *shapes, viewBox=f'0 0 {width} {height + 26}', role='img', class_='overview',
        aria_label='Volatile writes at each point, in the order of time'),
        element('figcaption', 'Volatile writes at each point, in the order of time (logarithmic).',
                element('span', *used, class_='legend')))


def failures_table(failures, points):
    rows = []
    for index, failure in enumerate(failures, 1):
        point = points.get(failure['point'], {})
        name = f'{index}'
        if index <= PICTURES_MAX:
            name = element('a', name, href=f'#failure-{index}')
        rows.append([('number', name), ('number', number(failure['point'])),
                     failure['step'], culprits_in_words(failure, point.get('writes', [])),
                     ('number', number(failure.get('states', 1))), last_line(failure)])
    return table(['failure', 'point', 'step', 'culprit', 'states', 'the step says'], rows)


def output_text(failure):
    text = visible(failure.get('output', '')).strip('\n')
    if len(text) > OUTPUT_HEAD + OUTPUT_TAIL:
        left_out = len(text) - OUTPUT_HEAD - OUTPUT_TAIL
        text = (f'{text[:OUTPUT_HEAD]}\n… {count(left_out, "character")} left out …\n'
                f'{text[-OUTPUT_TAIL:]}')
    return text


def last_line(failure):
    lines = [line for line in output_text(failure)[-500:].splitlines() if line.strip()]
    line = lines[-1].strip() if lines else ''
    return line if len(line) <= 100 else line[:99] + '…'


def write_columns(writes):
    """The columns that the writes need: the labels of some are keys that may be missing."""
    optional = [key for key in ('device', 'task', 'file')
                if any(write.get(key) for write in writes)]
    return ([key for key in optional if key == 'device'] +
            ['write', 'iotype', 'flags', 'sector', 'sectors', 'ms before', 'fate'] +
            [key for key in optional if key != 'device'])


def write_cells(write, fate):
    """All that is known of a write, by the label of its column."""
    return {**write, 'write': write['number'], 'iotype': write.get('iotype', 'write'),
            'flags': write.get('flags') or '-', 'fate': FATES[fate] if fate != '?' else 'not known',
            'ms before': '' if write.get('ms') is None else f'{write["ms"]:.0f}'}


def writes_table(writes, fates):
    columns = write_columns(writes)
    rows = [[('number', cells[label]) if label in NUMERIC else cells.get(label, '')
             for label in columns]
            for cells in (write_cells(write, fate) for write, fate in zip(writes, fates))]
    return table(columns, rows)


def writes_list(writes, fates, culprits):
    """As a table, but in plain text, as a page may have many of them."""
    columns = write_columns(writes)
    lines = [columns] + [[visible(cells.get(label, '')).replace('\n', ' ') for label in columns]
                         for cells in map(write_cells, writes, fates)]
    widths = [max(map(len, column)) for column in zip(*lines)]
    text = []
    for index, line in enumerate(lines, -1):
        words = [word.rjust(width) if label in NUMERIC else word.ljust(width)
                 for label, word, width in zip(columns, line, widths)]
        text.append(('▶ ' if index in culprits else '  ') + '  '.join(words).rstrip())
    return element('pre', '\n'.join(text))


def pictures(failure, writes, fates):
    """A picture for each device of the point, and their legend."""
    culprits = set(failure.get('culprits') or ())
    touched = None if failure.get('touched') is None else set(failure['touched'])
    devices = list(dict.fromkeys(write.get('device') for write in writes))
    kinds = {FATES[fate] for fate in fates} | ({'culprit'} if culprits else set())
    if touched is not None and len(touched) < len(writes):
        kinds.add('survived untouched')
    parts = []
    for device in devices:
        chosen = [index for index, write in enumerate(writes) if write.get('device') == device]
        picture = Picture([writes[index] for index in chosen], [fates[index] for index in chosen],
                          [place for place, index in enumerate(chosen) if index in culprits],
                          touched if touched is None else
                          {place for place, index in enumerate(chosen) if index in touched})
        if len(devices) > 1:
            parts.append(element('h4', f'Device {visible(device) if device else "under test"}'))
        parts.append(picture.svg(f'Volatile writes by order and sector: '
                                 f'{culprits_in_words(failure, writes)}'))
    return element('figure', *parts, element('figcaption', legend(kinds)))


def failure_section(index, failure, point):
    writes = point.get('writes', [])
    fates = [fate if fate in FATES else '?'
             for fate in failure.get('fates', '').ljust(len(writes), '?')[:len(writes)]]
    culprits = [culprit for culprit in failure.get('culprits') or () if culprit < len(writes)]
    parts = [element('h3', f'Failure {index}: {culprits_in_words(failure, writes)}')]
    sentence = [f'At point {number(failure["point"])}']
    if point.get('event'):
        sentence.append(f' ({visible(point["event"])}')
        sentence.append(f', {duration(point["ms"] / 1000)} after the start)'
                        if point.get('ms') is not None else ')')
    sentence.append(f', {count(len(writes), "volatile write")}: the state fails in the step '
                    f'“{visible(failure["step"])}”')
    if failure.get('runs'):
        sentence.append(f'; {count(failure["runs"], "state")} judged to minimise it')
    parts.append(element('p', ''.join(sentence) + '.'))
    if failure.get('culprits') == []:
        parts.append(element('p', 'The state fails although all volatile writes survive: what is '
                                  'missing had not been written when the power failed.'))
    if writes:
        parts.append(pictures(failure, writes, fates))
    if culprits:
        parts.append(writes_table([writes[culprit] for culprit in culprits],
                                  [fates[culprit] for culprit in culprits]))
    parts.append(failure_output(failure))
    if failure.get('recipe'):
        recipe = failure['recipe']
        parts += [element('h4', 'To make this state again'),
                  element('pre', recipe if isinstance(recipe, str) else '\n'.join(recipe))]
    if failure.get('kept'):
        parts.append(element('p', 'Kept in ', element('code', failure['kept']), '.'))
    if writes:
        shown = writes[:WRITES_MAX]
        parts.append(element(
            'details', element('summary', f'All {count(len(writes), "volatile write")}'
                               if len(shown) == len(writes) else
                               f'The first {number(len(shown))} of {number(len(writes))} writes'),
            writes_list(shown, fates, set(culprits))))
    return element('section', *parts, id=f'failure-{index}', class_='failure')


def promises_text(promises):
    shown = [visible(promise) for promise in promises[-PROMISES_MAX:]]
    if len(promises) > len(shown):
        shown.insert(0, f'… {count(len(promises) - len(shown), "line")} before these …')
    return '\n'.join(shown)


def failure_output(failure):
    """The promises that held, and the command of the step with its output."""
    parts = []
    if failure.get('promises'):
        parts += [element('h4', 'Promised before the cut'),
                  element('pre', promises_text(failure['promises']))]
    parts.append(element('h4', f'Output of the step “{visible(failure["step"])}”'))
    lines = []
    if failure.get('command'):
        command = visible(command_line(failure['command']))
        lines.append(element('span', f'$ {command}\n', class_='typed'))
    lines.append(output_text(failure) or element('span', '(no output)', class_='typed'))
    if failure.get('status') is not None:
        lines.append(element('span', f'\nexit status {failure["status"]}', class_='typed'))
    parts.append(element('pre', *lines))
    return join(parts)


def point_section(point):
    """A point with its states; failed states in a table, good ones in a list."""
    groups = {result: [state for state in point['states'] if state['result'] == result]
              for result in RESULTS}
    marks = [result_mark(result, f'{number(len(group))} {result}')
             for result, group in groups.items() if group]
    words = [f'Point {number(point["number"])}', visible(point.get('event', ''))]
    if point.get('ms') is not None:
        words.append(duration(point['ms'] / 1000))
    words.append(count(point['volatile'], 'volatile write'))
    if point.get('promises') is not None:
        words.append(count(point['promises'], 'promise'))
    summary = element('summary', element('span', *(element('span', word) for word in words if word),
                                         element('span', describe_point(point, power_of_two)),
                                         element('span', *marks), class_='columns'))
    content = []
    if groups['failed']:
        content.append(table(['failed state', 'step', 'touched', 'ms'],
                             [[element('code', state['choice']), state.get('step', ''),
                               ('number', number(state.get('touched', ''))),
                               ('number', milliseconds(state))] for state in groups['failed']]))
    content += [element('p', f'{result.capitalize()}: ',
                        element('code', ' · '.join(visible(state['choice'])
                                                   for state in groups[result])))
                for result in ('good', 'skipped') if groups[result]]
    failed = ' failed' if groups['failed'] else ''
    return element('details', summary, *content, class_=f'point{failed}',
                   id=f'point-{point["number"]}')


def milliseconds(state):
    return '' if state.get('seconds') is None else f'{state["seconds"] * 1000:.0f}'


def points_part(points):
    if not points:
        return element('p', 'The workload reached no point.')
    failed = any(state['result'] == 'failed' for point in points for state in point['states'])
    switch = element('label', element('input', type='checkbox', id='only-failed'),
                     ' only points with failures') if failed else ''
    return join([switch, *(point_section(point) for point in points)])
