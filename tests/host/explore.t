#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Tests the command line of blkdebug-explore, and what it prints and reports about the states
of a model of a disk.
"""

import contextlib
import io
import json
import os
import random
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOL = f'{TOP}/scripts/blkdebug-explore'
sys.path[:0] = [f'{TOP}/scripts', f'{TOP}/tests/lib']

from crash_model import Disk
from tap import done, raises, same

from blkdebug.errors import Refused
from blkdebug.explore import cli
from blkdebug.explore.cli import finish
from blkdebug.explore.filesystem import FILE_SYSTEMS
from blkdebug.explore.options import Options, PointKind, parse_points
from blkdebug.explore.point import Limits, PointExplorer
from blkdebug.explore.recorder import Point, unchanged
from blkdebug.explore.summary import JudgedPoint, Run, report_run, summarise

WORK = tempfile.TemporaryDirectory()
POOL = ThreadPoolExecutor(2)


def complaint(*words):
    """Exit status and stderr of the program."""
    ended = subprocess.run([TOOL, *words], capture_output=True, text=True, check=False)
    return ended.returncode, ended.stderr.replace('blkdebug-explore: ', '', 1).strip()


# --- The command line ---

GOOD = ['--device', '/dev/null', '--workload', 'true', '--check', 'true']
for words, text in (
        ([], 'the following arguments are required: --device, --workload, --check'),
        ([*GOOD, '--fs', 'minix'],
         '--fs minix: not one of btrfs, ext2, ext3, ext4, f2fs, vfat, xfs'),
        ([*GOOD, '--cache', '64X'], "'64X': not a size, such as 64M"),
        ([*GOOD, '--cache', '4K'], '--cache 4K: less than 1M'),
        ([*GOOD, '--points', 'flush,fsync'],
         "--points 'fsync': expected flush, fua, write:<n> or event:<name>"),
        ([*GOOD, '--points', 'write:0'], "--points 'write:0': expected write:<n>, n from 1"),
        ([*GOOD, '--mount-options', 'x'], '--mount-options: needs --fs'),
        ([*GOOD, '--budget', '0'], "argument --budget: invalid count value: '0'"),
        ([*GOOD, '--jobs', 'x'], "argument --jobs: invalid count value: 'x'"),
        ([*GOOD, '--fast'], 'unrecognized arguments: --fast')):
    same(complaint(*words), (2, text), f'refused: {" ".join(words[6:]) or "no words"}')
if os.geteuid() == 0:
    same(complaint(*GOOD), (2, '/dev/null: not a block device'), 'refused: a device without blocks')
same(parse_points('flush,write:10,event:user.x'),
     [PointKind('flush', 'flush_to_disk'), PointKind('write:10', 'pwritev_done', ('interval=10',)),
      PointKind('event:user.x', 'user.x')], 'each kind of point has its breakpoint')
raises(lambda: parse_points(''), Refused,
       "--points '': expected flush, fua, write:<n> or event:<name>", 'an empty list is refused')

# --- File systems ---

xfs, ext4, btrfs = (FILE_SYSTEMS[name] for name in ('xfs', 'ext4', 'btrfs'))
same(xfs.mount_command('noatime', view=True),
     'mount -t xfs -o noatime,nouuid "$BLKDEBUG_DEVICE" "$BLKDEBUG_MOUNT"',
     'xfs: views are mounted with nouuid')
same(ext4.mount_command(''), 'mount -t ext4 "$BLKDEBUG_DEVICE" "$BLKDEBUG_MOUNT"',
     'ext4: there may be no options')
same([ext4.check_command('noatime,journal_path=$BLKDEBUG_DEVICE_1'),
      xfs.check_command('logdev=$BLKDEBUG_DEVICE_1'), xfs.check_command('noatime')],
     ['e2fsck -fn -j "$BLKDEBUG_DEVICE_1" "$BLKDEBUG_DEVICE"',
      'xfs_repair -n -l "$BLKDEBUG_DEVICE_1" "$BLKDEBUG_DEVICE"',
      'xfs_repair -n "$BLKDEBUG_DEVICE"'], 'checkers are told about an external log')
same([ext4.make_command('-b 1024 -J size=4,device=$BLKDEBUG_DEVICE_1'), ext4.make_command('-J size=4')],
     ['mkfs.ext4 -q -F -O journal_dev -b 1024 "$BLKDEBUG_DEVICE_1" && mkfs.ext4 -q -F -b 1024 '
      '-J size=4,device=$BLKDEBUG_DEVICE_1 "$BLKDEBUG_DEVICE"',
      'mkfs.ext4 -q -F -J size=4 "$BLKDEBUG_DEVICE"'], 'ext4: an external journal is made first')
same(['unshare' in btrfs.check_command('', devices) for devices in (1, 2)], [False, True],
     'btrfs: of several devices the checker sees the views only')
same([xfs.has_views(2), btrfs.has_views(2)], [True, False],
     'btrfs: views of several devices are not mounted')

# --- Summary and report ---


def judge(disk, number=1, **limits):
    """A point with the writes of the disk, judged."""
    point = Point(number, 'flush', 'flush_to_disk', 12.0, f'point-{number}', '', disk.stakes)
    explorer = PointExplorer(disk.stakes, disk.judge, POOL, Limits(**limits), random.Random(1))
    judged = JudgedPoint(point, explorer.explore(), 1, ['saved 1'])
    for _ in judged.result.culprits:
        judged.recipes.append(['dmsetup create x'])
        judged.kept.append(None)
    return judged


def run_of(*points, **keys):
    options = Options('/dev/sdx', './work', './check', ['blkdebug-explore'], report=None)
    return Run(options, points=list(points), seconds=2.0, **keys)


def status_of(run):
    """The exit status; what is printed goes elsewhere."""
    stdout, stderr = sys.stdout, sys.stderr
    with open(f'{WORK.name}/out', 'w', encoding='ascii') as sys.stdout:
        sys.stderr = sys.stdout
        try:
            status = finish(run)
        finally:
            sys.stdout, sys.stderr = stdout, stderr
    with open(f'{WORK.name}/out', encoding='ascii') as file:
        return status, file.read().splitlines()[-1]


WRITES = [('', index * 8, 8) for index in range(10)]
good = judge(Disk(WRITES, lambda view: str(view.read(0)) and ''))
bad = judge(Disk(WRITES, lambda view: '' if view.read(32) else 'record 4 is missing'), 2)
idle = judge(Disk([], lambda view: ''), 3)
same(summarise(run_of(good, bad, idle)),
     ['point 1 (flush): 2 states stand for all 2^10, all good',
      'point 2 (flush): 2 states stand for all 2^10, 1 failed',
      'point 3 (flush): nothing at stake, one state, all good',
      'point 2 (flush): check fails (status 0): ', '    | record 4 is missing',
      '  if this is lost:', '    write 5: write -, sector 32, 8 sectors', '  dmsetup create x',
      '3 points, 3 of them exhaustively, 5 states, 1 failed, 2.0 s (2.5 states/s)'],
     'the summary has each point, and the culprit')
same(status_of(run_of(good))[0], 0, 'exit status 0 if all states are good')
same(status_of(run_of(good, bad))[0], 1, 'exit status 1 if a state failed')
for run, text in (
        (run_of(idle), 'no point had anything at stake: there never was a volatile write'),
        (run_of(), 'the workload has reached no point'),
        (run_of(good, status=3), 'the workload failed with status 3'),
        (run_of(good, incomplete=True),
         'the cache was too small for the marks: give more than --cache 64M'),
        (run_of(good, self_test={'states': 4, 'failed': 0}),
         'self-test: no state fails although flushes are dropped, so the check checks nothing')):
    same(status_of(run), (2, f'blkdebug-explore: {text}'), f'exit status 2: {text.split(":")[0]}')
same(status_of(run_of(good, self_test={'states': 4, 'failed': 1}))[0], 0,
     'exit status 0 if the self-test fails as it must')

report = report_run(run_of(good, bad))
same((report['verdict'], report['points'][0]['exhaustive'], report['failures'][0]['fates'],
      report['failures'][0]['culprits'], report['failures'][0]['promises']),
     ('failed', True, 'SSSSLSSSSS', [4], ['saved 1']), 'the report has the fate of each write')
same(json.loads(json.dumps(report)) == report, True, 'the report can be stored as JSON')
same([len(point.get('writes', [])) for point in report['points']], [0, 10],
     'writes are listed at points with a failure')

paged = run_of(good, bad)
paged.options.report = f'{WORK.name}/report'
same(status_of(paged), (1, f'report: {WORK.name}/report/index.html'), 'the page is named')
with open(f'{WORK.name}/report/index.html', encoding='utf-8') as page:
    same('record 4 is missing' in page.read(), True, 'the page has the output of the check')

# --- Errors ---


def end_of_main(error):
    """Exit status and last line of the program if the run ends with the error."""
    def explore(_):
        raise error

    cli.check_machine, cli.explore = (lambda _: None), explore
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        status = cli.main(GOOD)
    return status, output.getvalue().splitlines()[-1]


same(end_of_main(OSError(28, 'No space left on device', 'report')),
     (2, "blkdebug-explore: [Errno 28] No space left on device: 'report'"),
     'exit status 2 if a file cannot be written')
same(end_of_main(ValueError('a mistake')), (2, 'ValueError: a mistake'),
     'exit status 2 for an unexpected exception')

# --- The recorder ---
older = [stake._replace(write=stake.write._replace(ms=5)) for stake in good.point.stakes]
same([unchanged(good.point.stakes, older), unchanged(older, older[1:])], [True, False],
     'two lists of volatile writes are the same whatever their age')

done()
