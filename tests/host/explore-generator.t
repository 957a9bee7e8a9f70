#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Tests tests/explore-generator on a plain directory: the check passes after each step of each
workload, and fails if a promised file is removed, altered or renamed.
"""

import importlib.machinery
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOL = f'{TOP}/tests/explore-generator'
SEEDS = range(200)

sys.dont_write_bytecode = True
sys.path.insert(0, f'{TOP}/tests/lib')

from tap import done, same

loader = importlib.machinery.SourceFileLoader('generator', TOOL)
generator = importlib.util.module_from_spec(importlib.util.spec_from_loader('generator', loader))
loader.exec_module(generator)


class Directory:
    """A directory with what a workload leaves, or what some of its steps leave."""

    def __init__(self, steps, states):
        self.root = tempfile.mkdtemp(dir='/dev/shm' if os.path.isdir('/dev/shm') else None)
        self.workload = workload_of(steps, states)
        self.lines = []

    def __enter__(self):
        generator.run_workload(self.workload, self.root, self.lines.append)
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.root)

    def judge(self, workload, posix=False):
        return generator.judge(workload, self.root, self.lines, posix)

    def path(self, name):
        return os.path.join(self.root, name)


def workload_of(steps, states):
    """A workload of given steps."""
    workload = object.__new__(generator.Workload)
    workload.steps, workload.states = steps, states
    return workload


def directory(workload, steps=None):
    return Directory(workload.steps if steps is None else workload.steps[:steps], workload.states)


def made(*steps):
    """The workload of these steps after the setup."""
    workload = generator.Workload.__new__(generator.Workload)
    state = generator.Model()
    for name, *words in generator.SETUP:
        getattr(state, name)(*words)
    workload.states = [generator.copy.deepcopy(state)]
    workload.steps = [(0, step) for step in generator.SETUP] + [(0, ('sync', ''))]
    number = 0
    for step in steps:
        if step[0] in generator.CALLS:
            workload.steps.append((number, step))
        else:
            number += 1
            workload.take(state, number, step)
    workload.take(state, number + 1, generator.TAIL)
    return workload


# --- Workloads by seed ---

def test_draws():
    workloads = map(generator.Workload, SEEDS)
    drawn = {step[0] for workload in workloads
             for _, step in workload.steps[len(generator.SETUP) + 1:]}
    wanted = {name.removeprefix('draw_') for name in dir(generator.Draw)
              if name.startswith('draw_')} | set(generator.CALLS)
    same(sorted(wanted - drawn), [], 'each operation and each call is drawn')
    same(len({repr(generator.Workload(seed).steps) for seed in SEEDS}) > 190, True,
         'workloads of different seeds differ')
    same(generator.Workload(5).steps, generator.Workload(5).steps,
         'workloads of the same seed are the same')


def test_steps():
    """The directory has after each step the contents that the model says."""
    wrong = []
    for seed in SEEDS:
        workload = generator.Workload(seed)
        for steps in range(len(generator.SETUP) + 1, len(workload.steps) + 1):
            with directory(workload, steps) as place:
                wrong += [(seed, steps, complaint) for posix in (False, True)
                          for complaint in place.judge(workload, posix)]
    same(wrong, [], 'the check passes after each step of each workload')


def spoiled(workload, name, change):
    """Whether the check notices a change of a name."""
    with directory(workload) as place:
        change(place.path(name))
        return bool(place.judge(workload))


def alter(path):
    with open(path, 'r+b') as file:
        byte = file.read(1)
        file.seek(0)
        file.write(bytes([byte[0] ^ 1]))


def lengthen(path):
    with open(path, 'ab') as file:
        file.write(b'more')


def test_spoiled():
    missed = []
    for seed in SEEDS:
        workload = generator.Workload(seed)
        with directory(workload) as place:
            promised = generator.Promised(workload, place.lines)
        for name in promised.names:
            inodes = promised.bindings(name)
            last = workload.states[-1].names.get(name)
            if last is None or None in inodes or last.kind != 'file':
                continue
            for change in (os.unlink, alter, lengthen):
                if change is not os.unlink and not all(
                        number in promised.contents for number in inodes):
                    continue
                if change is not alter or last.data:
                    if not spoiled(workload, name, change):
                        missed.append((seed, name, change.__name__))
    same(missed, [], 'the check fails if a promised file is removed, altered or too long')


# --- Promises one by one ---

def complaints(workload, change, posix=False):
    """The complaints about the directory of a workload after a change of it."""
    with directory(workload) as place:
        change(place)
        return place.judge(workload, posix)


def test_promises():
    create = ('create', 'n', b'content')
    workload = made(create, ('fsync', 'n'))
    same(complaints(workload, lambda place: os.unlink(place.path('n'))), ['n is missing'],
         'fsync of a new file promises its name')
    same(complaints(workload, lambda place: os.unlink(place.path('n')), posix=True), [],
         'POSIX does not promise the name after fsync of the file')
    workload = made(create, ('fsync', ''))
    same(complaints(workload, lambda place: os.truncate(place.path('n'), 0)), [],
         'fsync of a directory does not promise contents')
    same(complaints(workload, lambda place: os.unlink(place.path('n')), posix=True),
         ['n is missing'],
         'fsync of a directory promises its names')
    workload = made(('unlink', 'a'), ('fsync', ''))
    same(complaints(workload, lambda place: open(place.path('a'), 'wb').close()),
         ['a is there, although it was removed'],
         'fsync of a directory promises that a removed name is gone')


def test_attributes():
    for call, wanted in (('fdatasync', []), ('fsync', ["a has the attribute None"])):
        workload = made(('setxattr', 'a', b'value'), (call, 'a'))
        with directory(workload) as place:
            if '0 no xattrs' in place.lines:
                continue        # tmpfs has none on this kernel
            os.removexattr(place.path('a'), generator.XATTR)
            same(place.judge(workload), wanted,
                 f'{call} promises {"an" if wanted else "no"} attribute')


def test_later_operations():
    workload = made(('append', 'b', b'x' * 1000), ('fsync', 'b'), ('truncate', 'b', 10))
    for size, wanted in ((2500, []), (700, []), (10, []), (9, ['b has 9 bytes, not 10 or 2500'])):
        def cut(place, size=size):
            with open(place.path('b'), 'r+b') as file:
                file.write((generator.pattern('b', 1500) + b'x' * 1000)[:size])
                file.truncate(size)
        same(complaints(workload, cut), wanted,
             f'a truncation after the promise may leave {size} bytes: {"no" if wanted else "yes"}')
    workload = made(('rename', 'a', 'n'))
    same(complaints(workload, lambda place: os.rename(place.path('n'), place.path('a'))), [],
         'a rename after the promise may be lost')
    same(complaints(workload, lambda place: os.unlink(place.path('n'))),
         ['a or n: the file is at none of its names'], 'a rename after the promise loses no file')
    workload = made(('create', 'n', b'new'), ('rename', 'n', 'a'))
    same(complaints(workload, lambda place: os.truncate(place.path('a'), 0)), [],
         'a file renamed over another without fsync may be empty')
    same(complaints(workload, lambda place: os.unlink(place.path('a'))), ['a is missing'],
         'a name that is renamed over is never missing')
    same(complaints(workload, lambda place: open(place.path('x'), 'wb').close()),
         ['x was never made'], 'a name that the workload never made is reported')


# --- The command line ---

def run(verb, seed, root, promises):
    done = subprocess.run([TOOL, verb, str(seed)], capture_output=True, text=True, check=False,
                          env={**os.environ, 'BLKDEBUG_MOUNT': root, 'BLKDEBUG_PROMISE': promises})
    return done.returncode, done.stdout + done.stderr


def test_commands():
    seed = next(seed for seed in SEEDS
                if generator.Workload(seed).steps[-2] == (2, ('fsync', 'd/c')))
    with tempfile.TemporaryDirectory() as top:
        root, promises = f'{top}/mount', f'{top}/promises'
        os.mkdir(root)
        same(run('check', seed, root, promises), (0, ''), 'a view before all promises passes')
        same(run('workload', seed, root, promises), (0, ''), 'a workload runs in BLKDEBUG_MOUNT')
        with open(promises, encoding='utf-8') as file:
            lines = file.read().splitlines()
        same(('0 sync' in lines, lines[-1]), (True, '2 fsync d/c'),
             'the promises are appended to BLKDEBUG_PROMISE')
        same(run('check', seed, root, promises), (0, ''), 'the check passes without a crash')
        os.unlink(f'{root}/d/c')
        same(run('check', seed, root, promises), (1, 'd/c is missing\n'),
             'the check prints what is wrong and exits 1')
        status, out = run('show', seed, root, promises)
        same((status, out.splitlines()[-2:]), (0, ['fsync d/c', 'create end z0000000...(100)']),
             'show prints the steps')


for test in [value for name, value in list(globals().items()) if name.startswith('test_')]:
    test()
done()
