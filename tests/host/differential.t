#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Runs random rules and random I/O through QEMU's blkdebug, by qemu-io, and through
the target in the guest, and compares the results of each operation.

A case that differs is reduced to the fewest rules, keys and operations that differ.
"""

import argparse
import errno
import importlib.machinery
import importlib.util
import itertools
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SECTOR = 512
DISK_SECTORS = 2048            # as in tests/guest/replay.sh
USED_SECTORS = 32              # few, so that rules with a sector match
GRANULE = 8                    # the block layer splits discards of a loop device there
QEMU_OPEN = ('open -t writeback -d unmap -o driver=raw,file.driver=blkdebug,'
             'file.image.driver=file,file.image.filename={image},file.config={config}')
CASES_PER_QEMU = 100           # commands are arguments of a process, whose size is limited
CANDIDATES = 500               # cases tried at once when reducing


def load_converter():
    loader = importlib.machinery.SourceFileLoader('blkdebug_table',
                                                  f'{TOP}/scripts/blkdebug-table')
    sys.dont_write_bytecode = True
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


converter = load_converter()


# --- Cases ---

class Case:
    """Rules, and operations to do under them one after the other."""

    def __init__(self, name, rules, ops, standing, by_table):
        self.name = name
        self.rules = rules         # [(action, {key: value})] of QEMU
        self.ops = ops             # [(kind, sector, count)]
        self.standing = standing   # event=none is converted to a standing rule
        self.by_table = by_table   # loaded as a table, or else set by message

    def with_(self, rules=None, ops=None):
        return Case(self.name, self.rules if rules is None else rules,
                    self.ops if ops is None else ops, self.standing, self.by_table)

    def config(self):
        return '\n'.join(f'[{action}]\n' + ''.join(f'{key} = "{value}"\n'
                                                   for key, value in keys.items())
                         for action, keys in self.rules)

    def target_words(self, config_file):
        words = converter.table_words(config_file)
        if self.standing:
            words = [word.replace('inject-error event=none', 'inject-error') for word in words]
        return words

    def replay_lines(self, config_file):
        """The ops of tests/lib/io.c that set the rules."""
        rules = ' '.join(self.target_words(config_file))
        if self.by_table:
            return [f'table 0 {DISK_SECTORS} blkdebug DEVICE 0 {rules}']
        if not rules:
            return ['message reset']
        return ['message reset', f'message replace {rules}']

    def size(self):
        return (len(self.ops), len(self.rules), sum(len(keys) for _, keys in self.rules))


# The names of operations in tests/lib/io.c; see Qemu.command() for QEMU's.
READ, WRITE, ZERO, DISCARD, FLUSH, WRITE_FLUSH = 'r', 'w', 'z', 'd', 'f', 'wf'
DIRTYING = (WRITE, ZERO, DISCARD)


def valid_order(ops):
    """
    QEMU omits a flush if nothing was written, and 'write -f' flushes before it notes
    its own write, so another operation must have written before.
    """
    before = (None,) + tuple(kind for kind, _, _ in ops)
    for previous, (kind, _, _) in zip(before, ops):
        if kind == FLUSH and previous not in DIRTYING:
            return False
        if kind == WRITE_FLUSH and previous not in DIRTYING + (WRITE_FLUSH,):
            return False
    return True


def valid_errno(keys):
    """In most operations QEMU and the block layer try another way after EOPNOTSUPP."""
    return keys.get('errno') != errno.EOPNOTSUPP or keys.get('iotype') in ('read', 'write')


def comparable(case):
    return valid_order(case.ops) and all(valid_errno(keys) for _, keys in case.rules)


# Errnos with a blk_status_t of their own in all kernels.
ERRNOS = [errno.EIO, errno.ENODATA, errno.EILSEQ, errno.ETIMEDOUT, errno.ENOSPC, errno.ENOLINK,
          errno.EREMOTEIO, errno.EBADE, errno.ENOMEM, errno.EBUSY]
IO_EVENTS = ['read_aio', 'write_aio', 'pwritev', 'pwritev_zero', 'pwritev_done', 'flush_to_os',
             'flush_to_disk']
OTHER_EVENTS = ['none', 'l2_load', 'l1_grow_alloc_table', 'cluster_free']
NR_STATES = 4
IOTYPES = ['read', 'write', 'write-zeroes', 'discard', 'flush']


class Generator:
    """Draws a case from its own random stream, so that a single case can be repeated."""

    def __init__(self, seed, index):
        self.name = f'{seed}:{index}'
        self.random = random.Random(self.name)
        # Only a few, so that rules interact.
        self.events = self.random.sample(IO_EVENTS, self.random.randint(1, 4))
        if self.chance(0.4):
            self.events.append(self.random.choice(OTHER_EVENTS))

    def chance(self, probability):
        return self.random.random() < probability

    def pick(self, *choices):
        return self.random.choice(choices)

    def fault(self, standing):
        keys = {'event': 'none' if standing else self.random.choice(self.events)}
        if not standing and self.chance(0.4):
            keys['state'] = self.random.randrange(NR_STATES)
        if self.chance(0.7):
            keys['errno'] = 0 if self.chance(0.2) else self.random.choice(ERRNOS)
        if self.chance(0.4):
            keys['sector'] = self.random.randrange(USED_SECTORS)
        if self.chance(0.4):
            keys['iotype'] = self.random.choice(IOTYPES)
            if keys['iotype'] in ('read', 'write') and self.chance(0.1):
                keys['errno'] = errno.EOPNOTSUPP
        if self.chance(0.4):
            keys['once'] = 'on'
        if self.chance(0.3):
            keys['immediately'] = self.pick('on', 'off')
        return 'inject-error', keys

    def transition(self):
        keys = {'event': self.random.choice(self.events)}
        if self.chance(0.5):
            keys['state'] = self.random.randrange(NR_STATES)
        if self.chance(0.9):
            keys['new_state'] = self.random.randrange(NR_STATES)
        return 'set-state', keys

    def rule(self, standing):
        return self.transition() if self.chance(0.35) else self.fault(standing)

    def op(self, previous):
        kinds = [READ, READ, WRITE, WRITE, WRITE, ZERO, DISCARD]
        if previous in DIRTYING:
            kinds += [FLUSH, WRITE_FLUSH, WRITE_FLUSH, WRITE_FLUSH]
        kind = self.random.choice(kinds)
        count = self.pick(1, 1, 2, 8)
        sector = self.random.randrange(USED_SECTORS - count + 1)
        if kind == DISCARD:
            sector -= max(sector % GRANULE + count - GRANULE, 0)
        return kind, sector, count

    def case(self):
        standing = self.chance(0.1)
        rules = [self.rule(standing) for _ in range(self.random.randint(1, 7))]
        ops = []
        for _ in range(self.random.randint(4, 18)):
            ops.append(self.op(ops[-1][0] if ops else None))
        at_load = any(keys['event'] == 'none' for action, keys in rules
                      if not standing or action == 'set-state')
        return Case(self.name, rules, ops, standing, at_load or self.chance(0.1))


# --- The two implementations ---
#
# run() of each takes cases and returns a list of results for each case: "ok", the
# name of an errno, or None where qemu-io prints nothing.

ERRNO_BY_TEXT = {os.strerror(number): name for number, name in errno.errorcode.items()}
ERRNO_BY_TEXT[os.strerror(errno.EOPNOTSUPP)] = 'EOPNOTSUPP'     # which is also ENOTSUP
QEMU_LINE = re.compile(r'(?:read|write|discard) failed: (.*)|'
                       r'(?:read|wrote|discard) \d+/\d+ bytes .*')


class Qemu:
    def __init__(self, directory):
        self.directory = directory
        self.image = f'{directory}/image'
        with open(self.image, 'wb') as image:
            image.truncate(DISK_SECTORS * SECTOR)

    def config_file(self, case, index):
        name = f'{self.directory}/{index}.conf'
        with open(name, 'w') as file:
            file.write(case.config())
        return name

    @staticmethod
    def command(op):
        kind, sector, count = op
        verb = {READ: 'read', WRITE: 'write', ZERO: 'write -z', DISCARD: 'discard',
                FLUSH: 'flush', WRITE_FLUSH: 'write -f'}[kind]
        return verb if kind == FLUSH else f'{verb} {sector * SECTOR} {count * SECTOR}'

    def commands(self, cases):
        for index, case in enumerate(cases):
            yield QEMU_OPEN.format(image=self.image, config=self.config_file(case, index))
            yield from (self.command(op) for op in case.ops)
            yield 'close'

    def run_some(self, cases):
        arguments = [word for command in self.commands(cases) for word in ('-c', command)]
        done = subprocess.run(['qemu-io'] + arguments, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        outcomes = []
        for line in done.stdout.splitlines():
            match = QEMU_LINE.fullmatch(line)
            if match:
                outcomes.append(ERRNO_BY_TEXT[match.group(1)] if match.group(1) else 'ok')
            elif not re.search(r', \d+ ops; ', line):
                sys.exit(f'qemu-io printed: {line}')
        said = iter(outcomes)
        return [[None if kind == FLUSH else next(said) for kind, _, _ in case.ops]
                for case in cases]

    def run(self, cases):
        return [outcomes for start in range(0, len(cases), CASES_PER_QEMU)
                for outcomes in self.run_some(cases[start:start + CASES_PER_QEMU])]


class Guest:
    def __init__(self, directory, kernel, module):
        self.directory = directory
        self.kernel = kernel
        self.module = module

    def lines(self, case):
        config = f'{self.directory}/case.conf'
        with open(config, 'w') as file:
            file.write(case.config())
        ops = [f'{kind} {sector} {count}' for kind, sector, count in case.ops]
        return case.replay_lines(config) + ops

    def run(self, cases):
        scripts = [self.lines(case) for case in cases]
        name = f'{self.directory}/ops'
        with open(name, 'w') as file:
            file.writelines(line + '\n' for script in scripts for line in script)
        done = subprocess.run(
            [f'{TOP}/tests/vm/guest-run', '--kernel', self.kernel, '--module', self.module,
             '--file', f'{name}:/tests/ops', '--console', f'{TOP}/build/differential-console.log',
             '--timeout', '240', '--', 'bash', 'guest/replay.sh', 'ops'],
            stdout=subprocess.PIPE, text=True, check=False)
        said = iter(done.stdout.split())
        if done.returncode or len(done.stdout.split()) != sum(map(len, scripts)):
            sys.exit(f'the guest ended with status {done.returncode}; its last lines:\n'
                     + '\n'.join(done.stdout.splitlines()[-5:]))
        return [self.outcomes(script, [next(said) for _ in script], len(case.ops))
                for case, script in zip(cases, scripts)]

    @staticmethod
    def outcomes(script, said, nr_ops):
        for line, outcome in zip(script[:-nr_ops], said):
            if outcome != 'ok':
                sys.exit(f'the target answered {outcome} to: {line}')
        return said[-nr_ops:]


def differs(wanted, got):
    return [want is not None and want != have for want, have in zip(wanted, got)]


class Comparison:
    """Cases, and the results of both implementations."""

    def __init__(self, cases, wanted, got):
        self.cases = cases
        self.wanted = wanted
        self.got = got
        self.different = [differs(*pair) for pair in zip(wanted, got)]

    def part(self, start, end):
        return Comparison(self.cases[start:end], self.wanted[start:end], self.got[start:end])

    def compared(self):
        return sum(want is not None for wanted in self.wanted for want in wanted)

    def failures(self):
        return [i for i, different in enumerate(self.different) if any(different)]

    def cut(self, i):
        """The case without the operations after its first difference."""
        return self.cases[i].with_(ops=self.cases[i].ops[:self.different[i].index(True) + 1])

    def show(self, i):
        case = self.cases[i]
        yield f'case {case.name}, the rules for QEMU:'
        yield from case.config().splitlines()
        yield 'the rules for the target' + (' (by message):' if not case.by_table else ':')
        with tempfile.NamedTemporaryFile('w') as file:
            file.write(case.config())
            file.flush()
            yield from case.replay_lines(file.name)
        yield 'operation (sectors), result of qemu-io, result of the target:'
        for (kind, sector, count), want, have, bad in zip(
                case.ops, self.wanted[i], self.got[i], self.different[i]):
            what = kind if kind == FLUSH else f'{kind} {sector} {count}'
            yield f'{what:10} {want or "-":12} {have}' + ('   <- differs' if bad else '')


def compare(cases, qemu, guest):
    return Comparison(cases, qemu.run(cases), guest.run(cases))


# --- Reducing ---

def subsets(items):
    """The smallest subsets, and those without one item, in the order of the items."""
    smallest_first = itertools.chain.from_iterable(
        itertools.combinations(items, size) for size in range(len(items)))
    lacking_one = itertools.combinations(items, max(len(items) - 1, 0))
    return itertools.chain(itertools.islice(smallest_first, CANDIDATES), lacking_one)


def fewer_rules(case):
    return [case.with_(rules=list(rules)) for rules in subsets(case.rules)]


def fewer_ops(case):
    """The last operation, which differs, is kept."""
    return [case.with_(ops=list(ops) + case.ops[-1:])
            for ops in subsets(case.ops[:-1])]


def without_keys(case, dropped):
    return case.with_(rules=[
        (action, {key: value for key, value in keys.items() if (i, key) not in dropped})
        for i, (action, keys) in enumerate(case.rules)])


def fewer_keys(case):
    optional = [(i, key) for i, (_, keys) in enumerate(case.rules) for key in keys
                if key != 'event']
    return [without_keys(case, set(optional) - set(kept))
            for kept in subsets(optional)]


def smallest(cases, qemu, guest):
    """The smallest of the cases that differs, cut after its first difference, or None."""
    cases = [case for case in cases if comparable(case)]
    if not cases:
        return None
    comparison = compare(cases, qemu, guest)
    failures = [comparison.cut(i) for i in comparison.failures()]
    return min(failures, key=Case.size, default=None)


def shorten(case, qemu, guest):
    """Each step tries all its candidates in one boot of the guest."""
    size = None
    while case.size() != size:
        size = case.size()
        for step in (fewer_rules, fewer_ops, fewer_keys):
            case = smallest(step(case), qemu, guest) or case
    return case


# --- The test ---

def say(text):
    """To stderr, because prove does not show stdout."""
    print(f'# {text}', file=sys.stderr, flush=True)


def report(comparison, seed, number):
    failures = comparison.failures()
    nr_different = sum(map(sum, comparison.different))
    text = (f'seed {seed}: {len(comparison.cases)} sequences, '
            f'{comparison.compared()} operations compared, {nr_different} different')
    print(('not ok' if failures else 'ok'), number, '-', text, flush=True)
    say(text)
    return failures


def explain(comparison, failure, qemu, guest):
    case = comparison.cut(failure)
    say(f'{len(comparison.failures())} sequences differ; reducing --case {case.name}')
    case = shorten(case, qemu, guest)
    for line in compare([case], qemu, guest).show(0):
        print(f'# {line}')
        say(line)


def kernel_and_module():
    """The kernel that tests/check uses, and the module built for it."""
    script = '''. tests/lib/host.sh
        use_kernel "${KERNEL:-default}"
        module=$(tests/vm/module-build "$KERNEL_KDIR" "$KERNEL_RELEASE")
        echo "$KERNEL_RELEASE" "$module"'''
    done = subprocess.run(['bash', '-euc', script], cwd=TOP, stdout=subprocess.PIPE, text=True,
                          check=True)
    return done.stdout.split()


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.strip().split('\n\n', maxsplit=1)[0])
    parser.add_argument('--seed', action='append', metavar='SEED',
                        help='(1, and a random one)')
    parser.add_argument('--sequences', type=int, default=500, metavar='N',
                        help='sequences for each seed (500)')
    parser.add_argument('--case', metavar='SEED:INDEX', help='run this case only')
    parser.add_argument('--kernel', default='default', help='kernel of the guest, with --module')
    parser.add_argument('--module', help='a module that is built already')
    return parser.parse_args()


def draw(arguments):
    """[(seed, its cases)]"""
    if arguments.case:
        seed, index = arguments.case.rsplit(':', 1)
        return [(arguments.case, [Generator(seed, index).case()])]
    seeds = arguments.seed or ['1', str(random.SystemRandom().randrange(10**9))]
    return [(seed, [Generator(seed, index).case() for index in range(arguments.sequences)])
            for seed in seeds]


def run(arguments, directory):
    kernel, module = ((arguments.kernel, arguments.module) if arguments.module
                      else kernel_and_module())
    qemu, guest = Qemu(directory), Guest(directory, kernel, module)
    drawn = draw(arguments)
    print(f'1..{len(drawn)}', flush=True)
    whole = compare([case for _, cases in drawn for case in cases], qemu, guest)
    failed = False
    start = 0
    for number, (seed, cases) in enumerate(drawn, 1):
        comparison = whole.part(start, start + len(cases))
        start += len(cases)
        failures = report(comparison, seed, number)
        if failures and not failed:
            explain(comparison, failures[0], qemu, guest)
        failed = failed or bool(failures)
    return failed


def main():
    arguments = parse_arguments()
    if not shutil.which('qemu-io'):
        print('1..0 # SKIP needs qemu-io')
        return
    memory = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as directory:
        sys.exit(run(arguments, directory))


if __name__ == '__main__':
    main()
