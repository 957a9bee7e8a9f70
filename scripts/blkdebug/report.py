# SPDX-License-Identifier: GPL-2.0-only
"""
The report of blkdebug-explore: one HTML file that needs neither a network nor scripts.

    write_report(run, path)

`run` is a dict that JSON can store. Keys marked with * are required; a page is written
whatever else is missing.

    {
      "title": "ext4: save a record by rename",      # headline; default: the workload
      "verdict": "failed",                         # * "good", "failed" or "unproved"
      "reason": "no point had anything at stake",  # for "unproved", one sentence
      "command": ["blkdebug-explore", "--fs", "ext4", ...],     # words as given, or a string
      "kernel": "6.1.0-32-amd64",
      "started": "2026-11-27T06:12:00+00:00",      # printed as it stands
      "seconds": 41.7,                             # of the whole run
      "judging_seconds": 30.2,                     # default: seconds; for states a second
      "settings": {"file system": "ext4", "device": "/dev/vdb", "seed": 7},  # printed in order
      "notes": ["btrfs: views are not mounted before 6.7; btrfs check judges alone"],
      "self_test": {"states": 9, "failed": 4},     # of --self-test, if it ran
      "points": [                                  # * in the order of time
        {
          "number": 3,                             # *
          "event": "flush_to_disk",                # the breakpoint, or a name of the user's
          "ms": 812.4,                             # since the workload began
          "promises": 2,                           # lines of BLKDEBUG_PROMISE at this point
          "volatile": 19,                          # * writes at stake
          "exhaustive": true,                      # the search by touched writes has ended:
                                                   #   the states stand for all 2^volatile
          "states": [                              # * in the order judged
            {
              "choice": "survive=all lose=17",     # * as for the target
              "result": "failed",                  # * "good", "failed" or "skipped"
              "step": "check",                     # that failed: "mount", "check", "fsck" ...
              "touched": 4,                        # number of writes, if known
              "seconds": 0.08
            }
          ],
          "writes": [                              # only needed at points with failures:
            {                                      #   all volatile writes, oldest first
              "number": 17,                        # * as the message "volatile" prints it
              "device": "log",                     # with --power: the device; numbers count
                                                   #   on each device
              "iotype": "write", "flags": "meta,sync",          # "" or "-": no flags
              "sector": 8192, "sectors": 8,        # *
              "ms": 120,                           # * age at the point
              "task": "saver[412]",
              "file": "/data"                      # or "journal", "inode table" ...
            }
          ]
        }
      ],
      "failures": [                                # * minimised, one for each culprit of a point
        {
          "point": 3,                              # * the number of the point
          "choice": "survive=all lose=17",         # * of the minimised state
          "fates": "SSSSSSSSSSSSSSSSLST",          # for each of the point's writes, in the order
                                                   #   of the list: S survived, T torn, L lost,
                                                   #   ? not known; default: all not known
          "touched": [0, 4, 16],                   # indexes into the list, if known
          "culprits": [16],                        # indexes into the list; []: the state fails
                                                   #   with all writes kept, too
          "culprit_is": "lost",                    # "lost" or "kept"
          "step": "check",                         # * that failed
          "command": "./check",                    # of that step
          "status": 1,                             # its exit status
          "output": "record 2 is empty\\n",        # stdout and stderr, may be bytes
          "states": 5,                             # failed states with this culprit
          "runs": 9,                               # states judged to minimise it
          "promises": ["saved 2"],                 # lines that held at this point
          "recipe": ["dmsetup create ..."],        # lines that make the state again
          "kept": "keep/point-3"                   # of --keep
        }
      ]
    }

A failure and a point may have further keys, which are ignored.
"""

import collections
import html
import math
import os
import shlex
import unicodedata

# Failures beyond this number are in the table, without a picture.
PICTURES_MAX = 100
# Characters of a check's output that are shown: the first and the last ones.
OUTPUT_HEAD, OUTPUT_TAIL = 8000, 24000
# Promises of a failure that are shown, the last ones
PROMISES_MAX = 20
# Writes of a point that are listed in a table.
WRITES_MAX = 2000

RESULTS = ('good', 'failed', 'skipped')
FATES = {'S': 'survived', 'T': 'torn', 'L': 'lost', '?': 'unknown'}
# Columns that are aligned at the right
NUMERIC = ('write', 'sector', 'sectors', 'ms before')
# Elements without content and without an end tag
VOID = ('input', 'meta')
VERDICTS = {'good': 'All states good', 'failed': 'States failed', 'unproved': 'Nothing proved'}


# --- Markup ---

class Markup(str):
    """Text that is HTML already."""


def visible(text):
    """Text with a visible escape for each character that a page must not have."""
    if isinstance(text, (bytes, bytearray)):
        text = bytes(text).decode('utf-8', 'backslashreplace')
    text = text if isinstance(text, str) else str(text)
    if text.isascii() and text.isprintable():
        return text
    return ''.join(f'\\u{{{ord(char):x}}}'
                   if unicodedata.category(char) in ('Cc', 'Cf', 'Cs', 'Cn') and char not in '\n\t'
                   else char for char in text)


def escape(text):
    return text if isinstance(text, Markup) else Markup(html.escape(visible(text)))


def join(parts, separator=''):
    return Markup(escape(separator).join(escape(part) for part in parts))


def element(tag, *content, **attributes):
    """
    An element; content that is no Markup is escaped. An underscore after an attribute's
    name is dropped (class_), others become hyphens; attributes that are None are left out.
    """
    words = ''.join(f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
                    for key, value in attributes.items() if value is not None)
    if tag in VOID:
        return Markup(f'<{tag}{words}>')
    return Markup(f'<{tag}{words}>{join(content)}</{tag}>')


def table(labels, rows, class_=None):
    """A table; a row is a list of cells, a cell Markup, text, or (class, content)."""
    def cell(name, content):
        kind = None
        if isinstance(content, tuple):
            kind, content = content
        return element(name, content, class_=kind)

    head = element('tr', *(cell('th', label) for label in labels))
    body = join(element('tr', *(cell('td', content) for content in row)) for row in rows)
    return element('div', element('table', element('thead', head), element('tbody', body),
                                  class_=class_), class_='scroll')


# --- Numbers ---

def number(value):
    return f'{value:,}' if isinstance(value, int) else visible(value)


def count(value, noun):
    return f'{number(value)} {noun}{"" if value == 1 else "s"}'


def duration(seconds):
    if seconds < 0.9995:
        return f'{seconds * 1000:.0f} ms'
    if seconds < 60:
        return f'{seconds:.1f} s'
    minutes, rest = divmod(round(seconds), 60)
    return f'{minutes // 60} h {minutes % 60} min' if minutes >= 60 else f'{minutes} min {rest} s'


def power_of_two(exponent):
    return Markup(f'2<sup>{int(exponent)}</sup>')


# --- What a run says ---

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


# --- The picture of a failure: writes in order (x) and place (y) ---

LEFT, RIGHT, TOP, BOTTOM = 92, 150, 34, 44      # margins around the plot
WIDTH = 1000
BANDS_MAX = 14
BAND_GAP = 12
NARROW = 5
SECTORS_APART = 64          # gaps up to this, or up to all sectors written, are to scale


class Place:
    """The y axis: the sectors written, in bands; what nothing is written to is left out."""

    def __init__(self, writes):
        self.bands = self._bands(sorted(
            (write['sector'], write['sector'] + max(1, write['sectors'])) for write in writes))
        spans = [math.sqrt(last - first) for first, last in self.bands]
        height = min(440, max(60, 26 * len(self.bands) + 4 * len(writes)))
        smallest = 15
        spare = max(0, height - (smallest + BAND_GAP) * len(spans))
        self.tops = []
        y = TOP
        for span in spans:
            self.tops.append((y, smallest + spare * span / sum(spans)))
            y += self.tops[-1][1] + BAND_GAP
        self.bottom = y - BAND_GAP

    @staticmethod
    def _bands(extents):
        merged = [list(extents[0])]
        for first, last in extents[1:]:
            if first <= merged[-1][1]:
                merged[-1][1] = max(merged[-1][1], last)
            else:
                merged.append([first, last])
        gaps = sorted(((after[0] - before[1], index)
                       for index, (before, after) in enumerate(zip(merged, merged[1:]))),
                      reverse=True)
        apart = max(SECTORS_APART, sum(last - first for first, last in merged))
        cuts = sorted(index for gap, index in gaps[:BANDS_MAX - 1] if gap > apart)
        bands = []
        start = 0
        for cut in [*cuts, len(merged) - 1]:
            bands.append((merged[start][0], merged[cut][1]))
            start = cut + 1
        return bands

    def band(self, sector):
        return next(index for index, (_, last) in enumerate(self.bands) if sector < last)

    def y(self, sector, band):
        first, last = self.bands[band]
        top, height = self.tops[band]
        return top + height * (sector - first) / (last - first)

    def box(self, write):
        """(top, height) of a write."""
        band = self.band(write['sector'])
        top = self.y(write['sector'], band)
        height = max(3, self.y(write['sector'] + max(1, write['sectors']), band) - top)
        return top, height


class Picture:
    def __init__(self, writes, fates, culprits, touched):
        self.writes = writes
        self.fates = fates
        self.culprits = culprits
        self.touched = touched
        self.place = Place(writes)
        self.step = (WIDTH - LEFT - RIGHT) / len(writes)
        self.width = min(26, max(1.2, self.step - (1 if self.step > 3 else 0)))

    def x(self, index):
        return LEFT + self.step * index + (self.step - self.width) / 2

    def bands(self):
        """The background, the sectors at the left and the files at the right."""
        files = [collections.Counter() for _ in self.place.bands]
        for write in self.writes:
            if write.get('file'):
                files[self.place.band(write['sector'])][write['file']] += 1
        for (first, last), (top, height), names in zip(self.place.bands, self.place.tops, files):
            middle = f'{top + height / 2 + 3.5:.1f}'
            yield element('rect', class_='band', x=LEFT, y=f'{top:.1f}',
                          width=WIDTH - LEFT - RIGHT, height=f'{height:.1f}')
            if height < 45:
                yield element('text', number(first), class_='end', x=LEFT - 8, y=middle)
            else:
                yield element('text', number(first), class_='end', x=LEFT - 8, y=f'{top + 9:.1f}')
                yield element('text', number(last - 1), class_='end', x=LEFT - 8,
                              y=f'{top + height:.1f}')
            label = ', '.join(visible(name) for name, _ in names.most_common(2))
            if len(label) > 20:
                label = label[:19] + '…'
            yield element('text', label, element('title', ', '.join(map(visible, names))),
                          x=WIDTH - RIGHT + 8, y=middle)

    def axis(self):
        """Numbers and ages of some writes, and the cut at the right end."""
        bottom = self.place.bottom
        every = max(1, math.ceil(len(self.writes) * 46 / (WIDTH - LEFT - RIGHT)))
        ages = [write['ms'] for write in self.writes if write.get('ms') is not None]
        in_seconds = bool(ages) and max(ages) >= 10000
        for index in range(0, len(self.writes), every):
            write = self.writes[index]
            x = f'{self.x(index) + self.width / 2:.1f}'
            yield element('text', number(write['number']), class_='middle', x=x, y=bottom + 16)
            if write.get('ms') is not None:
                age = f'{write["ms"] / 1000:.1f}' if in_seconds else f'{write["ms"]:.0f}'
                yield element('text', f'−{age}', class_='middle age', x=x, y=bottom + 30)
        yield element('text', 'write', class_='end', x=LEFT - 26, y=bottom + 16)
        if ages:
            yield element('text', 's' if in_seconds else 'ms', class_='end age', x=LEFT - 26,
                          y=bottom + 30)
        yield element('text', 'sector', class_='end', x=LEFT - 8, y=TOP - 12)
        yield element('line', class_='cut', x1=WIDTH - RIGHT, y1=TOP - 6, x2=WIDTH - RIGHT,
                      y2=bottom + 18)
        yield element('text', 'power cut', x=WIDTH - RIGHT + 8, y=bottom + 16)

    def boxes(self):
        """One path for all writes of the same kind: pictures of 2,000 writes stay small."""
        paths = collections.defaultdict(list)
        for index, (write, fate) in enumerate(zip(self.writes, self.fates)):
            top, height = self.place.box(write)
            kind = FATES[fate]
            edges = ((top, height),)
            if fate == 'L' and self.width < NARROW:
                # Too narrow to be hollow: the upper and the lower edge only
                kind += ' narrow'
                edges = ((top, 1), (top + height - 1, 1))
            if self.touched is not None and index not in self.touched:
                kind += ' untouched'
            paths[kind] += [f'M{self.x(index):.1f} {y:.1f}h{self.width:.1f}'
                            f'v{length:.1f}h-{self.width:.1f}z' for y, length in edges]
        for kind, path in sorted(paths.items(), reverse=True):
            yield element('path', class_=kind, d=''.join(path))

    def marks(self):
        """Rings and lines to the culprits, the first few with their numbers."""
        row_ends = [-math.inf, -math.inf]
        for place, index in enumerate(self.culprits):
            write = self.writes[index]
            top, height = self.place.box(write)
            x = self.x(index)
            middle = x + self.width / 2
            yield element('rect', class_='culprit', x=f'{x - 3:.1f}', y=f'{top - 3:.1f}', rx=2,
                          width=f'{self.width + 6:.1f}', height=f'{height + 6:.1f}')
            row = next((row for row, end in enumerate(row_ends) if middle - 36 > end), None)
            if row is None or place >= 8:
                continue
            row_ends[row] = middle + 36
            y = 24 - 13 * row
            if top - 3 > TOP - 6:
                yield element('line', class_='culprit', x1=f'{middle:.1f}', y1=y + 3,
                              x2=f'{middle:.1f}', y2=f'{top - 3:.1f}')
            yield element('text', f'▼ {number(write["number"])}', class_='middle culprit',
                          x=f'{middle:.1f}', y=y)

    def svg(self, label):
        return element('svg', *self.bands(), *self.boxes(), *self.axis(), *self.marks(),
                       viewBox=f'0 0 {WIDTH} {self.place.bottom + BOTTOM:.0f}', role='img',
                       aria_label=label)


def legend_box(kind):
    return element('rect', class_=kind, x=3, y=3, width=12, height=10)


def legend_entry(shape, meaning):
    picture = element('svg', shape, viewBox='0 0 18 16', width=18, height=16, aria_hidden='true')
    return element('span', picture, meaning)


def legend(kinds):
    """The marks of a picture and their meanings; kinds are the classes that it uses."""
    meanings = [('survived', 'survived'), ('torn', 'torn: there in part'), ('lost', 'lost'),
                ('unknown', 'not known'),
                ('survived untouched', 'paler: neither recovery nor check read it'),
                ('culprit', 'culprit')]
    return element('p', *(legend_entry(legend_box(kind), meaning)
                          for kind, meaning in meanings if kind in kinds), class_='legend')


# --- The parts of the page ---

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


# --- The page ---

STYLE = '''
:root {
  color-scheme: light dark;
  --paper: #fff; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --band: #f3f5f7;
  --survived: #0b62b8; --lost: #b3430c; --torn: #7b3fa0; --good: #1a6b3c; --link: #0b57b0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --ink: #e4e7eb; --soft: #9aa4b0; --line: #363d46; --band: #1d2228;
    --survived: #6cb2f5; --lost: #f39a63; --torn: #cf9cf0; --good: #6fcf97; --link: #82b8ff;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1080px; padding: 24px 20px 80px; background: var(--paper);
  color: var(--ink); font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; }
h1 { font-size: 22px; margin: 0 0 16px; } h2 { font-size: 18px; margin: 40px 0 12px; }
h3 { font-size: 16px; margin: 0 0 8px; } h4 { font-size: 14px; margin: 16px 0 4px; }
p { margin: 6px 0; } a { color: var(--link); }
code, pre, .columns, td.number { font-family: ui-monospace, "DejaVu Sans Mono", monospace; }
code { font-size: 13px; overflow-wrap: anywhere; }
pre { font-size: 13px; line-height: 1.4; margin: 4px 0; padding: 10px 12px; background: var(--band);
  border-radius: 4px; max-height: 420px; overflow: auto; white-space: pre-wrap;
  overflow-wrap: anywhere; }
.typed { color: var(--soft); }
.verdict { border-left: 6px solid var(--soft); padding: 4px 16px; margin: 0 0 20px; }
.verdict.good { border-color: var(--good); } .verdict.failed { border-color: var(--lost); }
.verdict .heading { font-size: 24px; font-weight: 600; line-height: 1.25; }
.verdict.good .heading span, .result.good { color: var(--good); }
.verdict.failed .heading span, .result.failed { color: var(--lost); }
.result { font-weight: 600; margin-right: 10px; white-space: nowrap; }
.result.skipped { color: var(--soft); }
.figures { display: flex; flex-wrap: wrap; gap: 12px 36px; margin: 0 0 20px; }
.figures div { display: flex; flex-direction: column-reverse; }
.figures dt { color: var(--soft); font-size: 13px; }
.figures dd { margin: 0; font-size: 20px; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; margin: 8px 0; }
table { border-collapse: collapse; font-size: 14px; }
th, td { text-align: left; vertical-align: top; padding: 4px 16px 4px 0;
  border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 500; }
td { overflow-wrap: break-word; }
td.number { text-align: right; white-space: nowrap; font-size: 13px; }
table.facts th { white-space: nowrap; }
.notes { padding-left: 20px; }
figure { margin: 12px 0; } figcaption { color: var(--soft); font-size: 13px; }
svg { display: block; width: 100%; height: auto; }
.legend { margin: 4px 0; }
.legend > span { margin-right: 18px; white-space: nowrap; }
.legend svg { display: inline; width: 18px; height: 16px; vertical-align: -3px; margin-right: 4px; }
figcaption > .legend { margin-left: 12px; }
text { fill: var(--soft); font: 11px ui-monospace, "DejaVu Sans Mono", monospace; }
text.end { text-anchor: end; } text.middle { text-anchor: middle; }
text.culprit { fill: var(--ink); font-weight: 700; font-size: 12px; }
.band { fill: var(--band); }
.survived { fill: var(--survived); stroke: none; }
.lost { fill: var(--paper); stroke: var(--lost); stroke-width: 1.6; }
.narrow { fill: var(--lost); stroke: none; }
.torn { fill: url(#hatch); stroke: var(--torn); stroke-width: 1.2; }
.hatch { stroke: var(--torn); stroke-width: 2.4; }
.unknown { fill: none; stroke: var(--soft); stroke-dasharray: 2 2; }
.untouched { opacity: .35; }
rect.culprit { fill: none; stroke: var(--ink); stroke-width: 2; }
line.culprit { stroke: var(--ink); stroke-dasharray: 3 3; }
line.cut { stroke: var(--ink); stroke-width: 1.5; } line.axis { stroke: var(--line); }
.complete { fill: var(--survived); } .partial { fill: url(#dots); stroke: var(--survived); }
.dot { fill: var(--survived); }
path.failed { fill: none; stroke: var(--lost); stroke-width: 2; }
.failure { border-top: 1px solid var(--line); padding: 24px 0 8px; }
details > summary { cursor: pointer; padding: 4px 0; color: var(--link); }
.point { border-bottom: 1px solid var(--line); content-visibility: auto;
  contain-intrinsic-size: auto 30px; }
.point > summary { color: inherit; }
.point > :not(summary) { margin: 0 0 10px 20px; }
.columns { display: inline-grid; grid-template-columns: 7em 14em 7em 12em 8em 1fr auto; gap: 0 8px;
  width: calc(100% - 20px); font-size: 12.5px; }
.points:has(#only-failed:checked) .point:not(.failed) { display: none; }
.defs { position: absolute; width: 0; height: 0; }
@media (max-width: 800px) { .columns { display: inline; } .columns > span { margin-right: 12px; } }
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  pre { max-height: none; border: 1px solid var(--line); } label { display: none; }
  .failure, .verdict, figure, tr { break-inside: avoid-page; }
  svg *, .verdict { print-color-adjust: exact; }
}
'''

# Patterns that all pictures share
DEFS = element('svg', element(
    'defs',
    element('pattern', element('path', class_='hatch', d='M0 0V6'), id='hatch', width=5, height=6,
            patternUnits='userSpaceOnUse', patternTransform='rotate(45)'),
    element('pattern', element('rect', class_='dot', width=2, height=2), id='dots', width=4,
            height=4, patternUnits='userSpaceOnUse')), class_='defs', aria_hidden='true')


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


def write_report(run, path):
    """
    Write the report of a run to a file. The page appears whole or not at all; an older one
    is replaced.
    """
    text = render_report(run)
    new = f'{path}.new'
    with open(new, 'w', encoding='utf-8', errors='backslashreplace') as file:
        file.write(text)
    os.replace(new, path)
