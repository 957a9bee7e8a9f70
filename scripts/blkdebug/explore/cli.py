# SPDX-License-Identifier: GPL-2.0-only
"""The command line of blkdebug-explore."""

from __future__ import annotations

import argparse
import os
import random
import signal
import stat
import sys
import traceback
from typing import List, NoReturn, Optional

from ..dmsetup import run_dmsetup
from ..errors import Error, Refused
from ..table import parse_size
from .explorer import Explorer
from .filesystem import find_file_system
from .options import Options, parse_points
from .summary import Progress, Run, report_run, summarise

CACHE_MIN = 1 << 20
TARGETS = ('blkdebug', 'blkdebug-crash')

USAGE = '''
blkdebug-explore --device DEVICE --workload COMMAND --check COMMAND
                 [--fs NAME [--mkfs-options WORDS] [--mount-options WORDS]]
                 [--cache SIZE] [--power DEVICE...] [--points LIST]
                 [--budget N] [--seed N] [--jobs N]
                 [--report DIR] [--keep DIR] [--self-test]'''

DESCRIPTION = '''
Runs a workload on a device with a volatile write cache, and judges the states that a power
cut would leave at each of its flushes. With --fs each state is mounted, the check runs, and
the checker of the file system reads it. The content of the devices is lost.'''

EPILOG = '''
Commands are run by sh with these variables: BLKDEBUG_DEVICE, the device, with --power
BLKDEBUG_DEVICE_1 and so on for the others; BLKDEBUG_MOUNT, where the file system is mounted;
BLKDEBUG_POINT, the number of the point; BLKDEBUG_PROMISE, a file to which the workload appends
a line once something is durable. The check finds there the lines from before the cut.

Exit status: 0 if all states are good, 1 if a state failed, 2 if the run failed or proved
nothing.'''


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, without the usage."""
        raise Refused(message)


def count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def make_parser() -> Parser:
    parser = Parser(prog='blkdebug-explore', usage=USAGE, description=DESCRIPTION, epilog=EPILOG,
                    formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add('--device', required=True, help='the disk, which is overwritten')
    add('--workload', required=True, metavar='COMMAND', help='the program that writes to the disk')
    add('--check', required=True, metavar='COMMAND', help='exits with an error if a state is bad')
    add('--fs', metavar='NAME', help='make and mount this file system')
    add('--mkfs-options', default='', metavar='WORDS', help='options for mkfs')
    add('--mount-options', default='', metavar='WORDS', help='options for mount, after -o')
    add('--cache', default='64M', metavar='SIZE', help='size of the volatile write cache (64M)')
    add('--power', action='extend', nargs='+', default=[], metavar='DEVICE',
        help='further disks that lose their power with the first')
    add('--points', default='flush,fua', metavar='LIST',
        help='where to stop: flush, fua, write:<n>, event:<name> (flush,fua)')
    add('--budget', type=count, default=100, metavar='N',
        help='the most states to judge at a point (100)')
    add('--seed', type=int, metavar='N',
        help='seed of all random choices; drawn and printed by default')
    add('--jobs', type=count, default=os.cpu_count() or 1, metavar='N',
        help='states to judge at the same time (the number of processors)')
    add('--report', metavar='DIR', help='write index.html there')
    add('--keep', metavar='DIR', help='store failing states as images there')
    add('--self-test', action='store_true',
        help='run once more with flushes dropped; a state must then fail')
    return parser


def check_device(path: str) -> None:
    try:
        if not stat.S_ISBLK(os.stat(path).st_mode):
            raise Refused(f'{path}: not a block device')
    except OSError as error:
        raise Refused(f'{path}: {error.strerror}') from error
    real = os.path.realpath(path)
    with open('/proc/mounts', encoding='utf-8') as mounts:
        if any(os.path.realpath(line.split()[0]) == real for line in mounts):
            raise Refused(f'{path}: is mounted')


def parse_options(words: List[str]) -> Options:
    arguments = make_parser().parse_args(words)
    if not arguments.fs:
        for name in ('mkfs_options', 'mount_options'):
            if getattr(arguments, name):
                raise Refused(f'--{name.replace("_", "-")}: needs --fs')
    cache = parse_size(arguments.cache)
    if cache < CACHE_MIN:
        raise Refused(f'--cache {arguments.cache}: less than 1M')
    return Options(
        device=arguments.device, workload=arguments.workload, check=arguments.check,
        command=['blkdebug-explore', *words],
        file_system=find_file_system(arguments.fs) if arguments.fs else None,
        mkfs_options=arguments.mkfs_options, mount_options=arguments.mount_options,
        cache=cache, power=arguments.power, points=parse_points(arguments.points),
        budget=arguments.budget, jobs=arguments.jobs, report=arguments.report,
        seed=random.getrandbits(32) if arguments.seed is None else arguments.seed,
        keep=arguments.keep, self_test=arguments.self_test)


def check_machine(options: Options) -> None:
    if os.geteuid():
        raise Refused('must be run as root')
    for path in options.devices():
        check_device(path)
    loaded = run_dmsetup('targets').split()
    for target in TARGETS:
        if target not in loaded:
            raise Refused(f'no target {target}: load the module (modprobe dm-blkdebug)')


def explore(options: Options, drop_flushes: bool = False) -> Run:
    progress = Progress(title='self-test: ' if drop_flushes else '')
    try:
        return Explorer(options, progress, drop_flushes).explore()
    finally:
        progress.clear()


def run_self_test(run: Run) -> None:
    """A check that checks something fails if flushes do nothing."""
    test = explore(run.options, drop_flushes=True)
    run.self_test = {'states': test.states(), 'failed': test.failed()}


def write_page(run: Run, directory: str) -> None:
    # Here, as only this needs it.
    from ..report import write_report

    os.makedirs(directory, exist_ok=True)
    path = os.path.join(directory, 'index.html')
    write_report(report_run(run), path)  # type: ignore[no-untyped-call]
    print(f'report: {path}')


def finish(run: Run) -> int:
    for line in summarise(run):
        print(line)
    if run.options.report:
        write_page(run, run.options.report)
    if run.failed():
        return 1
    why = run.why_unproved()
    if not why:
        return 0
    if run.status:
        sys.stderr.write(run.output)
    print(f'blkdebug-explore: {why}', file=sys.stderr)
    return 2


def interrupt(*_: object) -> NoReturn:
    # A second one must not end the clean-up.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def main(words: Optional[List[str]] = None) -> int:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    try:
        options = parse_options(sys.argv[1:] if words is None else words)
        check_machine(options)
        print(f'seed {options.seed}', flush=True)
        run = explore(options)
        if options.self_test and not run.failed() and not run.why_unproved():
            run_self_test(run)
        return finish(run)
    except KeyboardInterrupt:
        print('blkdebug-explore: interrupted', file=sys.stderr)
    except (Error, OSError) as error:
        print(f'blkdebug-explore: {error}', file=sys.stderr)
    except Exception:                # Python would exit with 1, as if a state had failed
        traceback.print_exc()
    return 2
