#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Tests scripts/blkdebug-dmsetup with a dmsetup that records its arguments and stdin and
prints prepared answers: what is converted, what is passed on, and the answers.
"""

import os
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, f'{TOP}/tests/lib')

import tap                                        # pylint: disable=wrong-import-position
from tap import same                              # pylint: disable=wrong-import-position

TOOL = f'{TOP}/scripts/blkdebug-dmsetup'
ERROR = 'inject-error iotype=read,write,write-zeroes,discard,secure-erase,zone-append,zone-mgmt'

# Prints the answer for its first arguments, if there is one.
FAKE = '''#!/bin/bash
printf '%s|' "$@" >> "$FAKE/calls"
case $1 in create | load | reload) [[ " $* " == *' --table'* || " $* " == *' -n '* ]] || stdin=$(cat) ;; esac
printf '%s\\n' "${stdin:+<$stdin}" >> "$FAKE/calls"
for answer in "$*" "$1 $2" "$1"; do
	answer=$FAKE/${answer//\\//_}
	[[ ! -f $answer ]] || { cat "$answer"; exit 0; }
done
[[ ! -e $FAKE/status ]] || exit "$(cat "$FAKE/status")"
'''


class Machine:
    """A fake dmsetup, and a state directory."""

    def __init__(self):
        self.dir = tempfile.mkdtemp()
        self.log = ''
        self.write('dmsetup', FAKE)
        os.chmod(f'{self.dir}/dmsetup', 0o755)

    def write(self, name, text):
        with open(f'{self.dir}/{name.replace("/", "_")}', 'w') as file:
            file.write(text)

    def read(self, name):
        try:
            with open(f'{self.dir}/{name}') as file:
                return file.read()
        except FileNotFoundError:
            return ''

    def run(self, *arguments, stdin=''):
        """Exit status, stdout and stderr; calls of dmsetup are in self.calls."""
        self.write('calls', '')
        env = {**os.environ, 'FAKE': self.dir, 'BLKDEBUG_DMSETUP': f'{self.dir}/dmsetup',
               'BLKDEBUG_STATE': f'{self.dir}/state', 'BLKDEBUG_LOG': self.log}
        done = subprocess.run([TOOL, *arguments], input=stdin, capture_output=True, text=True,
                              env=env, check=False)
        self.calls = self.read('calls').splitlines()
        return done.returncode, done.stdout, done.stderr

    def load(self, line):
        """Load a table, and let table print it; returns the converted line."""
        self.run('create', 'd', '--table', line)
        converted = self.calls[0].split('|')[3]
        shown = converted.replace('/dev/vdb', '254:16')
        self.write('table d', shown + '\n')
        self.write('table', f'd: {shown}\nother: 0 8 linear 254:16 0\n')
        return converted


def without_seed(line):
    return ' '.join(word for word in line.split(' ') if not word.startswith('seed='))


# --- Tables ---

FLAKEY = '0 8 flakey /dev/vdb 0 0 180 1 drop_writes'


def test_tables():
    machine = Machine()
    machine.run('create', 'd', '--table', FLAKEY)
    call = machine.calls[0]
    same(without_seed(call), 'create|d|--table|0 8 blkdebug /dev/vdb 0 drop|',
         'create converts --table')
    same('seed=' in call, True, 'a converted line has a seed')
    machine.run('create', '--table=' + FLAKEY, 'd')
    same(without_seed(machine.calls[0]), 'create|--table=0 8 blkdebug /dev/vdb 0 drop|d|',
         'create converts --table=')
    machine.run('load', 'd', stdin=FLAKEY + '\n')
    same(machine.calls, ['load|d|<' + call.split('|')[3]],
         'load converts stdin, with the same seed for the same line')
    machine.write('file', FLAKEY)
    machine.run('reload', 'd', f'{machine.dir}/file')
    same(machine.calls, ['reload|d|<' + call.split('|')[3]], 'reload converts a file')
    machine.run('load', '-u', 'uuid', f'{machine.dir}/file')
    same(machine.calls, ['load|-u|uuid|<' + call.split('|')[3]],
         'load of a device by its uuid converts a file')
    table = '0 8 linear /dev/vdb 0\n8 8 error /dev/vdb 8\n'
    machine.run('load', 'd', stdin=table)
    same(without_seed('\n'.join(machine.calls)),
         'load|d|<0 8 linear /dev/vdb 0\n'
         f'8 8 blkdebug /dev/vdb 8 {ERROR}',
         'of several lines the others stay')
    machine.run('create', 'd', '-n')
    same(machine.calls, ['create|d|-n|'], 'create without a table is passed on')


def test_unconverted():
    machine = Machine()
    machine.log = f'{machine.dir}/log'
    for line in ('0 8 error', '0 8 flakey /dev/vdb 0 5 3', '0 8 flakey /dev/vdb x 0 1',
                 '0 8 linear /dev/vdb 0'):
        same((machine.run('create', 'd', '--table', line), machine.calls),
             ((0, '', ''), [f'create|d|--table|{line}|']), f'loaded as it is: {line}')
    same([line.split(': ')[1] for line in machine.read('log').splitlines()],
         ['not converted'] * 3, 'the log tells which tables of these targets are not converted')


def test_passed_on():
    machine = Machine()
    machine.write('status', '5')
    for arguments in (['suspend', '--nolockfs', 'd'], ['resume', 'd'], ['info', '-c', 'd'],
                      ['remove', 'd', 'e'], ['message', 'd', '0', 'enable'], ['table', 'd'],
                      ['--version'], []):
        same((machine.run(*arguments)[0], machine.calls),
             (5, [''.join(f'{word}|' for word in arguments) or '|']),
             'passed on, with the exit status: ' + ' '.join(arguments))


# --- Answers ---

def test_answers():
    for line, table, status in (
            (FLAKEY, 'flakey 254:16 0 0 180 1 drop_writes ', 'flakey '),
            ('0 8 flakey /dev/vdb 0 180 0', 'flakey 254:16 0 180 0 0 ', 'flakey '),
            ('0 8 flakey /dev/vdb 0 0 9 8 random_read_corrupt 5 error_writes corrupt_bio_byte 1 r 2 0',
             'flakey 254:16 0 0 9 8 error_writes corrupt_bio_byte 1 r 2 0 random_read_corrupt 5 ',
             'flakey '),
            ('0 8 delay /dev/vdb 0 10', 'delay 254:16 0 10', 'delay 0 0 0'),
            ('0 8 delay /dev/vdb 0 10 /dev/vdb 0 20', 'delay 254:16 0 10 254:16 0 20', 'delay 0 0 0'),
            ('0 8 error /dev/vdb 0', 'error ', 'error '),
            ('0 8 dust /dev/vdb 0 512', 'dust 254:16 0 512', 'dust 254:16 bypass verbose')):
        machine = Machine()
        seed = machine.load(line).split('seed=')[1].split()[0]
        target = line.split()[2]
        same(machine.run('table', 'd'), (0, f'0 8 {table}\n', ''), f'table: {line}')
        same(machine.run('table'), (0, f'd: 0 8 {table}\nother: 0 8 linear 254:16 0\n', ''),
             f'table of all devices: {line}')
        same(machine.run('table', '--target', target), (0, f'd: 0 8 {table}\n', ''),
             f'table --target {target}')
        machine.write('status d', f'0 8 blkdebug state=1 rules=0 armed=0 held=0 injected=0 seed={seed}\n')
        same(machine.run('status', 'd'), (0, f'0 8 {status}\n', ''), f'status: {line}')
        machine.write('ls', 'd\t(254, 0)\nother\t(254, 1)\n')
        same(machine.run('ls', '--target', target), (0, 'd\t(254, 0)\n', ''), f'ls --target {target}')
    machine.write('table x', '0 8 blkdebug 254:16 0 seed=7\n')
    same(machine.run('table', 'x'), (0, '0 8 blkdebug 254:16 0 seed=7\n', ''),
         'a table with a foreign seed stays')


def test_targets():
    machine = Machine()
    machine.write('targets', 'linear           v1.4.0\nblkdebug         v1.0.0\nerror            v1.5.0\n')
    same([line.split()[0] for line in machine.run('targets')[1].splitlines()],
         ['linear', 'blkdebug', 'error', 'flakey', 'dust', 'delay'],
         'targets adds those that blkdebug stands in for')
    machine.write('targets', 'linear           v1.4.0\n')
    same(machine.run('targets')[1], 'linear           v1.4.0\n', 'targets adds none without blkdebug')


# --- Messages to dust ---

def rule_line(number, block, mark='-'):
    return f'{number} 0 {mark} inject-error state=2 sector={block * 8}-{block * 8 + 7} tag=block-{block} healed=on\n'


def test_messages():
    machine = Machine()
    seed = machine.load('0 4096 dust /dev/vdb 0 4096').split('seed=')[1].split()[0]
    machine.write('message d 0 list', '')

    def sent(*words):
        answer = machine.run('message', 'd', '0', *words)
        return answer[1], [call for call in machine.calls
                           if not call.startswith('table|') and not call.endswith('|list|')]

    added = 'add|inject-error|state=2|sector=480-487|tag=block-60|healed=on'
    machine.write('message d', '1-1\n')
    same(sent('addbadblock', '60'), ('', [f'message|d|0|{added}|']), 'addbadblock prints no rule numbers')
    same(sent('addbadblock 60'), ('', [f'message|d|0|{added}|']), 'a message may be one argument')
    same(sent('enable'), ('', ['message|d|0|state|2|']), 'enable prints no state')
    same(sent('listbadblocks')[0], 'No blocks in badblocklist\n', 'listbadblocks of none')
    same(sent('clearbadblocks'), ('dust_clear_badblocks: no badblocks found\n', []), 'clearbadblocks of none')
    machine.write('message d 0 list', rule_line(1, 100) + rule_line(2, 60) + rule_line(3, 7, 'used'))
    same(sent('listbadblocks'), ('60\n100\n', []), 'listbadblocks sorts, and leaves out healed blocks')
    same(sent('countbadblocks')[0], 'countbadblocks: 2 badblock(s) found\n', 'countbadblocks counts')
    same(sent('queryblock', '60')[0], 'dust_query_block: block 60 found in badblocklist\n', 'queryblock of a bad block')
    same(sent('queryblock', '7')[0], 'dust_query_block: block 7 not found in badblocklist\n', 'queryblock of a healed block')
    same(sent('addbadblock', '60')[1], ['message|d|0|addbadblock|60|'], 'addbadblock of a bad block is sent as it is, to be refused')
    same(sent('removebadblock', '7')[1], ['message|d|0|removebadblock|7|'], 'removebadblock of a healed block is sent as it is, to be refused')
    same(sent('removebadblock', '60'), ('', ['message|d|0|remove|block-60|']), 'removebadblock removes')
    same(sent('addbadblock', 'x')[1], ['message|d|0|addbadblock|x|'], 'addbadblock of no number is sent as it is')
    same(sent('clearbadblocks'), ('dust_clear_badblocks: badblocks cleared\n', ['message|d|0|clear|']), 'clearbadblocks clears')
    machine.write('status d', f'0 4096 blkdebug state=2 rules=0 armed=0 held=0 injected=0 seed={seed}\n')
    sent('quiet')
    same(machine.run('status', 'd')[1], '0 4096 dust 254:16 fail_read_on_bad_block quiet\n', 'status of an enabled, quiet dust')
    sent('quiet')
    same(machine.run('status', 'd')[1], '0 4096 dust 254:16 fail_read_on_bad_block verbose\n', 'a second quiet makes dust verbose')
    sent('quiet')
    machine.load('0 4096 dust /dev/vdb 0 4096')
    same(machine.run('status', 'd')[1], '0 4096 dust 254:16 fail_read_on_bad_block verbose\n', 'a new dust is verbose')
    same(sent('list')[0], rule_line(1, 100) + rule_line(2, 60) + rule_line(3, 7, 'used'), 'messages of blkdebug are passed on')


# --- The log, and commands with this dmsetup ---

def test_log():
    machine = Machine()
    machine.log = f'{machine.dir}/log'
    converted = machine.load(FLAKEY)
    seed = converted.split('seed=')[1].split()[0]
    machine.write('status d', f'0 8 blkdebug state=1 rules=1 armed=0 held=0 injected=12 seed={seed}\n')
    machine.write('message d 0 list', '1 12 - drop\n2 0 - drop\n')
    machine.run('remove', '--deferred', 'd')
    same(machine.calls[-1], 'remove|--deferred|d|', 'remove is passed on')
    same(machine.read('log').splitlines(),
         [f'd: create: {FLAKEY} => {converted}',
          f'd: ends: {FLAKEY}: state=1 rules=1 armed=0 held=0 injected=12 seed={seed}',
          'd: struck: rule 1, 12 hits: drop'], 'the log has the tables, and the hits before the end')
    machine.write('info', 'Tables present:    LIVE\n')
    machine.run('resume', 'd')
    same(len(machine.read('log').splitlines()), 3, 'resume without a new table logs nothing')
    machine.write('info', 'Tables present:    LIVE & INACTIVE\n')
    machine.run('resume', 'd')
    same(len(machine.read('log').splitlines()), 5, 'resume with a new table logs the hits of the old one')


def test_run():
    machine = Machine()
    status, out, _ = machine.run('--run', 'sh', '-c', 'echo "$0 $(command -v dmsetup)"; dmsetup info; exit 3')
    same((status, out.splitlines()[0], machine.calls),
         (3, f'sh {machine.dir}/state/bin/dmsetup', ['info|']),
         '--run runs a command that finds this program as dmsetup')
    same(machine.run('--run')[0], 1, '--run needs a command')


def main():
    for test in (test_tables, test_unconverted, test_passed_on, test_answers, test_targets,
                 test_messages, test_log, test_run):
        test()
    tap.done()


if __name__ == '__main__':
    main()
