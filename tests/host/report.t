#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Tests scripts/blkdebug/report/: the page of a run is well formed, needs nothing from a
network, has the numbers of the run, shows hostile text as text, and stays small for large runs.
"""

import html.parser
import os
import re
import sys
import tempfile
import xml.etree.ElementTree

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True
sys.path[:0] = [f'{TOP}/scripts', f'{TOP}/tests/lib']

from tap import done, same

from blkdebug import report
from blkdebug.report.picture import Place
from blkdebug.report.totals import describe_coverage

VOID = {'meta', 'input', 'br', 'hr', 'img', 'link'}


class Page(html.parser.HTMLParser):
    """The tags and the text of a page, and what is wrong with the tags."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.wrong, self.words = [], [], [], []
        self.feed(text)
        self.close()
        self.wrong += [f'{tag} not closed' for tag in self.open]
        self.text = re.sub(r'\s+', ' ', ''.join(self.words))

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        names = [name for name, _ in attrs]
        self.wrong += [f'{tag}: {name} twice' for name in set(names) if names.count(name) > 1]
        if tag not in VOID:
            self.open.append(tag)
        # Cells and blocks are words of their own.
        if tag not in ('sup', 'text'):
            self.words.append(' ')

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f'</{tag}>')

    def handle_data(self, data):
        # Neighbours in a table or a list are words of their own.
        if self.open and self.open[-1] != 'style':
            self.words.append(data)

    def count(self, name, **wanted):
        return sum(tag == name and all(attrs.get(key.rstrip('_')) == value
                                       for key, value in wanted.items())
                   for tag, attrs in self.tags)


def written(run):
    """(page, text) as write_report() leaves them in a file."""
    with tempfile.TemporaryDirectory() as directory:
        report.write_report(run, f'{directory}/page.html')
        assert os.listdir(directory) == ['page.html']
        with open(f'{directory}/page.html', encoding='utf-8') as file:
            text = file.read()
    return Page(text), text


# --- Runs ---

def make_write(number, **more):
    return {'number': number, 'iotype': 'write', 'flags': 'meta', 'sector': 1000 * number,
            'sectors': 8, 'ms': 100 - number, 'file': f'/file-{number}', 'task': 'saver[412]',
            **more}


def make_states(wanted, failed=()):
    return [{'choice': f'survive=all lose={index}', 'seconds': 0.05, 'touched': 3,
             'result': 'failed' if index in failed else 'good'} for index in range(1, wanted + 1)]


def make_point(number, volatile, states, failed=(), exhaustive=True, **more):
    return {'number': number, 'event': 'flush_to_disk', 'ms': 100.0 * number, 'promises': 2,
            'volatile': volatile, 'exhaustive': exhaustive, 'states': make_states(states, failed),
            **more}


def failing_run():
    writes = [make_write(number) for number in range(1, 20)]
    writes[16].update(sector=8192, sectors=24, flags='', file='/db/data')
    return {
        'title': 'A record', 'verdict': 'failed', 'kernel': '6.1.0-32-amd64', 'seconds': 8.0,
        'command': ['blkdebug-explore', '--check', './check "$BLKDEBUG_MOUNT"'],
        'self_test': {'states': 9, 'failed': 4}, 'notes': ['a note'], 'settings': {'seed': 7},
        'points': [make_point(1, 5, 3), make_point(2, 19, 37, failed=(17,), writes=writes)],
        'failures': [{
            'point': 2, 'choice': 'survive=all lose=17', 'fates': 'S' * 4 + 'T' + 'S' * 11 + 'LSS',
            'touched': [0, 4, 16], 'culprits': [16], 'culprit_is': 'lost', 'step': 'check',
            'command': './check', 'status': 1, 'output': 'reading\nrecord 2 is gone\n', 'states': 1,
            'runs': 9, 'promises': ['saved 2'], 'recipe': ['dmsetup create crash lose=17'],
            'kept': 'keep/point-2'}],
    }


def good_run(exhaustive=True):
    return {'verdict': 'good', 'points': [make_point(1, 19, 37, exhaustive=exhaustive)],
            'failures': []}


# --- Tests ---

def has(page, words, description):
    same(words if words in page.text else page.text, words, description)


def test_failing():
    page, text = written(failing_run())
    same(page.wrong, [], 'a run with a failure: all tags are balanced')
    same(re.findall(r'(?:https?:|src=|@import|<script|<link|url\((?!#))', text), [],
         'the page refers to nothing outside')
    same(page.count('meta', charset='utf-8'), 1, 'the page names its encoding')
    has(page, '1 of 40 states failed', 'the verdict has the failed and the judged states')
    has(page, 'At point 2 the step “check” fails with write 17 (/db/data) lost.',
        'the verdict names the culprit')
    has(page, '40 states stand for all crash states of whole writes at all 2 points with volatile '
        'writes, up to 219 a point.', 'the verdict says what the states stand for')
    has(page, 'states judged', 'the summary counts states')
    has(page, 'states a second 5.0', 'the summary has states a second')
    has(page, """blkdebug-explore --check './check "$BLKDEBUG_MOUNT"'""",
        'the command line can be pasted')
    has(page, '6.1.0-32-amd64', 'the summary names the kernel')
    has(page, '4 of 9 states failed with flushes dropped: the check notices lost flushes',
        'the summary has the self-test')
    has(page, ' 17 write - 8192 24 83 lost saver[412] /db/data Promised',
        'the culprit is listed with flags, sector, length, age, task and file')
    has(page, '$ ./check reading record 2 is gone exit status 1', 'the failing step has its output')
    has(page, 'dmsetup create crash lose=17', 'the failure has the line that makes the state')
    has(page, 'Point 2 flush_to_disk 200 ms 19 volatile writes 2 promises 37 states stand for '
        'all 219',
        'a point has its event, time, writes, promises and states')
    has(page, '▶ 17 write - 8192 24 83 lost', 'the culprit is marked among all writes')
    same(page.count('rect', class_='culprit'), 2, 'the picture and its legend mark the culprit')
    for kind in ('survived', 'lost', 'torn untouched', 'survived untouched'):
        wanted = 0 if kind == 'torn untouched' else 1
        same(page.count('path', class_=kind), wanted,
             f'the picture has {wanted} paths of the kind "{kind}"')


def test_pictures_are_drawn_to_place():
    writes = [make_write(1, sector=0), make_write(2, sector=8), make_write(3, sector=10**9),
              make_write(4, sector=4, sectors=0)]
    place = Place(writes)
    same(place.bands, [(0, 16), (10**9, 10**9 + 8)], 'sectors without writes are left out')
    boxes = [place.box(write) for write in writes]
    same(boxes[0][0] + boxes[0][1] <= boxes[1][0] + 0.01 and boxes[1][0] < boxes[2][0], True,
         'the order from top to bottom is that of the sectors')
    same(boxes[3][1] >= 3, True, 'a write without data can be seen')


def test_verdicts():
    page, _ = written(good_run())
    has(page, 'All 37 states good', 'a good run says so')
    has(page, '37 states stand for all 219.', 'a search to its end says what its states stand for')
    same(describe_coverage(good_run()), '37 states stand for all 2^19.',
         'the explorer can print the same without markup')
    page, _ = written(good_run(exhaustive=False))
    has(page, '37 states of 219, budget spent. States that were not judged may fail.',
        'a search without an end promises nothing for the other states')
    page, text = written({'verdict': 'unproved', 'reason': 'no point had anything at stake',
                          'points': [], 'failures': []})
    same(page.wrong, [], 'an empty run: all tags are balanced')
    has(page, 'Nothing proved no point had anything at stake.',
        'an empty run says why it proves nothing')
    has(page, 'The workload reached no point.', 'an empty run has no points')
    same('<title>Nothing proved: blkdebug-explore</title>' in text, True,
         'an empty run has a title')


def test_sparse():
    run = failing_run()
    for key in ('title', 'kernel', 'seconds', 'command', 'self_test', 'notes', 'settings'):
        del run[key]
    run['points'] = [{'number': 2, 'volatile': 3, 'states': make_states(2, (1,)), 'writes': [
        {'number': number, 'sector': 8, 'sectors': 8} for number in (1, 2, 3)]}]
    run['failures'] = [{'point': 2, 'choice': 'survive=units seed=3', 'step': 'mount'},
                       {'point': 2, 'choice': 'survive=all', 'step': 'check', 'culprits': []},
                       {'point': 99, 'choice': 'survive=none', 'step': 'check', 'culprits': [7]}]
    page, _ = written(run)
    same(page.wrong, [], 'a run with required keys only: all tags are balanced')
    has(page, 'Failure 1: not minimised', 'a failure without culprits says so')
    has(page, 'Failure 2: all writes kept At point 2, 3 volatile writes: the state fails in the '
        'step “check”. The state fails although all volatile writes survive',
        'a failure without a lost write is explained')
    same(page.count('path', class_='unknown'), 2, 'writes of an unknown fate are drawn as such')
    has(page, '(no output)', 'a step without output says so')


def test_groups():
    run = failing_run()
    point = run['points'][1]
    point['writes'] = [make_write(1, device='data'), make_write(1, device='log'),
                       make_write(2, device='log')]
    run['failures'][0].update(fates='SLS', culprits=[1], touched=None)
    page, _ = written(run)
    has(page, 'write 1 of log (/file-1) lost', 'a culprit of a group is named with its device')
    same(page.count('svg', role='img') - page.count('svg', class_='overview'), 2,
         'each device of a group has a picture')


HOSTILE = '</pre></style><script>alert("1")</script>&amp;\x1b[31m\x00\u202e\ud800\''


def strings_replaced(value, key=None):
    """The value with each text that comes from outside made hostile."""
    if isinstance(value, dict):
        return {name: strings_replaced(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [strings_replaced(item, key) for item in value]
    fixed = ('verdict', 'result', 'culprit_is', 'fates')
    return HOSTILE if isinstance(value, str) and key not in fixed else value


def test_hostile():
    page, text = written(strings_replaced(failing_run()))
    same(page.wrong, [], 'hostile text: all tags are balanced')
    same(page.count('script'), 0, 'hostile text makes no element')
    has(page, r'</pre></style><script>alert("1")</script>&amp;'
        r'\u{1b}[31m\u{0}\u{202e}\u{d800}' "'",
        'hostile text is shown as it is, with escapes for control characters')
    same(re.findall('[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e]', text), [],
         'the page has no control characters')
    run = failing_run()
    run['failures'][0]['output'] = b'caf\xc3\xa9 \xff\n'
    has(written(run)[0], r'café \xff', 'output that is no UTF-8 is shown with escapes')
    run['failures'][0]['output'] = 'first\n' + 'x' * 10**6 + '\nlast'
    page, text = written(run)
    same(len(text) < 10**5, True, 'a long output is shortened')
    has(page, 'characters left out', 'a shortened output says so')
    has(page, 'x last exit status 1', 'a shortened output keeps its end')


def test_pictures_are_xml():
    _, text = written(failing_run())
    pictures = re.findall(r'<svg.*?</svg>', text, re.DOTALL)
    for picture in pictures:
        xml.etree.ElementTree.fromstring(picture)
    same(len(pictures) > 3, True, 'the pictures are well-formed XML')


def test_large():
    writes = [make_write(number, sector=number * 7919 % 10**6) for number in range(1, 2001)]
    run = failing_run()
    run['points'] = [make_point(number, 2000, 100, failed=(50,), exhaustive=False,
                                **({'writes': writes} if number % 100 == 0 else {}))
                     for number in range(1, 1001)]
    run['failures'] = [{**run['failures'][0], 'point': number, 'fates': 'L' + 'S' * 1999,
                        'culprits': [0], 'touched': None} for number in range(100, 1001, 100)]
    page, text = written(run)
    same(page.wrong, [], '1,000 points of 100 states: all tags are balanced')
    has(page, '1,000 of 100,000 states failed', '1,000 points of 100 states are counted')
    same(len(text) < 8 * 10**6, True,
         '1,000 points and ten failures of 2,000 writes take less than 8 MB')
    same(len(re.findall(r'<path class="survived"', text)), 10,
         'a picture has one path for each fate')


def test_many_failures():
    run = failing_run()
    run['failures'] *= 103
    run['failures'][0]['promises'] = [f'saved {number}' for number in range(1, 31)]
    page, _ = written(run)
    same(page.count('svg', role='img') - page.count('svg', class_='overview'), 100,
         'failures beyond the hundredth have no picture')
    has(page, '… 10 lines before these … saved 11 saved 12', 'the last 20 promises are shown')
    has(page, '103 2 check write 17 (/db/data) lost',
        'failures beyond the hundredth are in the table')
    has(page, 'Pictures of the first 100 failures only.',
        'the page says which failures have pictures')


for test in [value for name, value in list(globals().items()) if name.startswith('test_')]:
    test()
done()
