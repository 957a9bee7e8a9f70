#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Tests whole runs of blkdebug-explore, its processes and threads, on a model of the target:
points, promises, judgments, what is removed, and interrupts.
"""

import collections
import os
import signal
import sys
import tempfile
import threading

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [f'{TOP}/scripts', f'{TOP}/tests/lib']
WORK = tempfile.TemporaryDirectory()
os.environ['PATH'] = f'{WORK.name}/dm/bin:{os.environ["PATH"]}'

tempfile.tempdir = WORK.name

import blkdebug.device
from blkdebug.errors import Error
from blkdebug.explore.cli import interrupt
from blkdebug.explore.explorer import Explorer
from blkdebug.explore.options import Options, parse_points
from blkdebug.explore.summary import Progress, report_run, summarise
from fake_dm import FakeDm
from tap import done, raises, same

DM = FakeDm(f'{WORK.name}/dm')
blkdebug.device.NODES = f'{WORK.name}/dm/nodes'
DISK = f'{WORK.name}/disk'
with open(DISK, 'w', encoding='ascii') as disk:
    disk.truncate(1 << 20)


def run(workload, check, points='flush,fua', drop=False, **keys):
    options = Options(DISK, workload, check, points=parse_points(points), seed=1, jobs=2, **keys)
    DM.log.clear()
    return Explorer(options, Progress(), drop).explore()


def left():
    """Whatever is left of a run."""
    directories = [name for name in os.listdir(tempfile.gettempdir())
                   if name.startswith('blkdebug-explore-')]
    return [*DM.devices, *directories,
            *[thread.name for thread in threading.enumerate() if 'Recorder' in repr(thread)]]


def labels(result):
    return [(judged.point.label, len(judged.point.stakes), len(judged.result.states),
             judged.result.exhaustive) for judged in result.points]


# A log: a commit in sector 64 says that the records in sectors 0 and 8 are there.
CHECK = '''set -- $(io "$BLKDEBUG_DEVICE" "r 64" "r 0" "r 8")
[ "$1" != cc ] || [ "$2$3" = 1111 ] || { echo "committed, but the records are $2 $3"; exit 1; }'''

good = run('io "$BLKDEBUG_DEVICE" "w 0 8 11" "w 8 8 11" f "w 64 1 cc" f', CHECK)
same((labels(good), good.failed()), ([('flush', 2, 4, True), ('flush', 1, 2, True)], 0),
     'a log that flushes before its commit is good')
same(left(), [], 'all is removed')
bad = run('io "$BLKDEBUG_DEVICE" "w 64 1 cc" "w 0 8 11" "w 8 8 11" f', CHECK)
same([(culprit.kind, culprit.indexes) for culprit in bad.points[0].result.culprits],
     [('lost', (1,)), ('lost', (2,))], 'each record that can be lost is a culprit')
same([line for line in summarise(bad) if 'dmsetup' in line][0].replace(str(os.getpid()), 'N'),
     f"  dmsetup create explore-N-view1 --table '0 2048 blkdebug-crash {WORK.name}/dm/nodes/"
     "explore-N survive=all lose=2 at=point-1'", 'the command that makes the state is printed')
fua = run('io "$BLKDEBUG_DEVICE" "w 0 8 11" "w 8 8 11" "w 64 1 cc fua"', CHECK)
same((labels(fua)[0][:2], fua.failed() > 0), (('fua', 2), True),
     'a FUA write makes a point, and leaves older writes volatile')
every = run('io "$BLKDEBUG_DEVICE" "w 0 1 11" "w 1 1 11" "w 2 1 11" "w 3 1 11"', 'true', 'write:2')
same([point[:2] for point in labels(every)], [('write:2', 2), ('write:2', 4)],
     'every second write makes a point')

# Processes
every = run('io "$BLKDEBUG_DEVICE" "w 0 1 11" "w 1 1 11" "w 2 1 11" "w 3 1 11" f',
            'io "$BLKDEBUG_DEVICE" "r 0" "r 1" "r 2" "r 3"')
calls = collections.Counter(line.split()[1] for line in DM.log
                            if line.startswith('dmsetup') and '-view' in line)
same((labels(every), calls), ([('flush', 4, 16, True)],
                              {'create': 16, 'message': 16, 'remove': 2, 'status': 1}),
     'a state takes two processes of dmsetup, and a few more for all')

# Promises
promise = run('''for n in 1 2; do io "$BLKDEBUG_DEVICE" "w $n 1 1$n" f; echo $n >> "$BLKDEBUG_PROMISE"
done; io "$BLKDEBUG_DEVICE" "w 9 1 99" f''', '''while read -r n; do
[ "$(io "$BLKDEBUG_DEVICE" "r $n")" = "1$n" ] || exit 1; done < "$BLKDEBUG_PROMISE"''')
same((len(promise.points), promise.failed()), (3, 0), 'what was promised after a flush is there')
early = run('''echo 1 >> "$BLKDEBUG_PROMISE"; io "$BLKDEBUG_DEVICE" "w 1 1 11" f''',
            '''[ ! -s "$BLKDEBUG_PROMISE" ] || [ "$(io "$BLKDEBUG_DEVICE" "r 1")" = 11 ]''')
same([culprit.indexes for culprit in early.points[0].result.culprits], [(0,)],
     'a promise before the flush is found')
report = report_run(early)
same((report['points'][0]['promises'], report['failures'][0]['promises']), (1, ['1']),
     'the report has the promises after the run has removed its files')

kept = run("""printf 'a\\377' >> "$BLKDEBUG_PROMISE"; io "$BLKDEBUG_DEVICE" "w 1 1 11" f""", 'false',
           keep=f'{WORK.name}/keep')
with open(kept.points[0].kept[0].replace('.sh', '.promise'), 'rb') as file:
    same(file.read(), b'a\xff', 'the promises are kept as they are')

# Several I/Os at once, as many points as there are flushes
many = run('for n in 1 2 3 4; do io "$BLKDEBUG_DEVICE" "w $n 1 11" f & done; wait', 'true')
same(len(many.points), 4, 'none of four flushes at once is missed')

# Ends
lying = run('io "$BLKDEBUG_DEVICE" "w 0 8 11" f; echo 1 >> "$BLKDEBUG_PROMISE"; '
            'io "$BLKDEBUG_DEVICE" "w 8 8 22" f',
            '[ ! -s "$BLKDEBUG_PROMISE" ] || [ "$(io "$BLKDEBUG_DEVICE" "r 0")" = 11 ]', drop=True)
same((lying.failed(), labels(lying)[-1][1]), (1, 2), 'dropped flushes make a promise fail')
failed = run('io "$BLKDEBUG_DEVICE" f; echo no luck; exit 3', 'true')
same((failed.status, failed.output), (3, 'no luck\n'), 'a workload that fails is reported')
same(left(), [], 'all is removed after it')
nothing = run('true', 'true')
same(nothing.why_unproved(), 'the workload has reached no point', 'a workload without I/O')
raises(lambda: run('true', 'true', power=['/nowhere']), Error,
       '/nowhere: No such file or directory', 'a disk that is missing')
same(left(), [], 'the first device is removed when the second cannot be made')


# Interrupts, by a signal to this process
def run_interrupted(*words, at):
    """Send SIGINT before dmsetup does what at(its command) says; is the run interrupted?"""
    def send_signal(line):
        if at(line) and line not in seen:
            seen.append(line)
            os.kill(os.getpid(), signal.SIGINT)
            pause.wait(0.5)

    seen = []
    pause = threading.Event()
    signal.signal(signal.SIGINT, interrupt)
    DM.before = send_signal
    try:
        run(*words)
        return False
    except KeyboardInterrupt:
        return True
    finally:
        DM.before = lambda line: None


TWO = 'io "$BLKDEBUG_DEVICE" "w 0 1 11" f "w 1 1 11" f'
DEVICE = f'explore-{os.getpid()}'
for what, check, at in (
        ('while a check sleeps', 'sleep 1000', lambda line: 'message' in line and 'wait' in line),
        ('while a view is made', 'true', lambda line: line.startswith(f'dmsetup create {DEVICE}-')),
        ('while a view is removed', 'true', lambda line: '--retry' in line and '-view' in line),
        ('while the device is made', 'true', lambda line: line == f'dmsetup create {DEVICE}'),
        ('while the device is removed', 'true', lambda line: line.endswith(f'--retry {DEVICE}'))):
    same((run_interrupted(TWO, check, at=at), left()), (True, []), f'^C {what} leaves nothing')

done()
