#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Tests scripts/blkdebug-convert: the lines of tests/guest/parity/converted, which the guest
then compares with the other targets; notes and refusals; and the command line.
"""

import os
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, f'{TOP}/tests/lib')

import tap                                        # pylint: disable=wrong-import-position
from tap import same                              # pylint: disable=wrong-import-position

TOOL = f'{TOP}/scripts/blkdebug-convert'


def run(*arguments, stdin=''):
    """Exit status, stdout, and the lines of stderr without the program's name."""
    done = subprocess.run([TOOL, *arguments], input=stdin, capture_output=True, text=True,
                          check=False)
    said = [line.removeprefix('blkdebug-convert: ') for line in done.stderr.splitlines()]
    return done.returncode, done.stdout, said


def refused(arguments, complaint, **kwargs):
    same(run(*arguments, **kwargs), (1, '', [complaint]), 'refused: ' + (' '.join(arguments) or 'no table'))


# --- Lines that the guest tests, too ---

def read_converted():
    """[(line of the other target, converted line)]"""
    pairs = []
    with open(f'{TOP}/tests/guest/parity/converted') as file:
        for line in file.read().splitlines():
            if line.startswith('\t'):
                pairs[-1] = (pairs[-1][0], line[1:])
            elif line and not line.startswith('#'):
                pairs.append((line, ''))
    return pairs


def test_converted():
    for theirs, ours in read_converted():
        table, _, message = theirs.partition(': ')
        status, out, said = run(*[table, message] if message else [table])
        if ours.startswith('! '):
            same((status, out, said), (1, '', [ours[2:]]), f'refused: {theirs}')
        else:
            same((status, out.splitlines()), (0, [ours] if ours else []), f'converted: {theirs}')


# --- Notes about differences ---

def noted(arguments, *notes):
    _, _, said = run(*arguments)
    same(said, [f'note: {note}' for note in notes], f'notes: {" ".join(arguments)}')


def flakey(features):
    return f'0 8 flakey d 0 0 1 {features}'


DROP_NOTE = ("'drop_writes': keeps all writes before it, flushed or not; to test a power failure, give "
             "the target 'cache=64M' instead, and send 'power-cut' and 'power-on'")


def test_flakey_notes():
    noted([flakey('1 drop_writes')], DROP_NOTE)
    noted([flakey('1 error_writes')])
    noted(['0 8 flakey d 0 180 0 1 drop_writes'])
    noted(['0 8 flakey d 0 1 0 2 random_read_corrupt 5'])
    noted([flakey('1 drop_writes 1 2')], "'1': flakey ignores this word and those after it",
          DROP_NOTE)
    noted([flakey('0 drop_writes')], "'drop_writes': flakey ignores this word and those after it")
    noted(['0 8 flakey d 0 5 3'],
          "up 5 s, down 3 s: no rule follows a clock; the device is down in state 2: raise 'event "
          "user.down' and 'event user.up' where a test would wait")
    noted([flakey('5 corrupt_bio_byte 1 w 0 32')],
          "flags '32': bit 5 is of operations other than a write, so flakey corrupts nothing, as "
          'REQ_META is 4096 now')
    noted([flakey('5 corrupt_bio_byte 1 r 0 1')],
          "flags '1': bit 0 is of operations other than a read, so flakey corrupts nothing")
    noted([flakey('5 corrupt_bio_byte 1 w 0 1')])
    noted([flakey('5 corrupt_bio_byte 1 w 0 266240')],
          "flags '266240': bit 18 is a flush, which dm takes off a write, so flakey corrupts "
          'nothing')
    noted([flakey('5 corrupt_bio_byte 1 w 0 2766848')])
    noted([flakey('5 corrupt_bio_byte 1 w 0 134254592')],
          *[f"flags '134254592': bit {bit} is no flag that a rule can ask for; without it more "
            'bios are corrupted' for bit in (15, 27)])
    for kind in ('read', 'write'):
        random = (f"'random_{kind}_corrupt': flakey gives a random byte a random value; here one "
                  'random bit is flipped, by the seed')
        noted([flakey(f'2 random_{kind}_corrupt 1')], random)
        noted([flakey(f'7 random_{kind}_corrupt 1 corrupt_bio_byte 1 {kind[0]} 0 0')], random,
              f"'corrupt_bio_byte': flakey may alter a {kind} at random, too; here it is one or "
              'the other')


def test_flakey_order():
    same(run(flakey('9 corrupt_bio_byte 2 w 3 0 random_write_corrupt 5 '
                    'random_read_corrupt 1000'))[1],
         '0 8 blkdebug d 0 corrupt probability=1/1000000 bits=1 on=read '
         'corrupt probability=1/200000000 bits=1 on=write corrupt byte=1 value=3 on=write\n',
         'the rule for a fixed byte comes after those for random bytes')
    same(run(flakey('5 corrupt_bio_byte 4294967295 w 0 2766848'))[1],
         '0 8 blkdebug d 0 corrupt flags=fua,meta,sync,prio,rahead,nowait byte=4294967294 value=0 '
         'on=write\n', 'corrupt_bio_byte with all flags is converted')
    same(run('0 8 flakey d 0 1 1 7 corrupt_bio_byte 1 r 0 0 random_write_corrupt 1000000000')[1],
         '0 8 blkdebug d 0 corrupt state=2 bits=1 on=write corrupt state=2 byte=0 value=0 on=read '
         'set-state event=user.down new_state=2 set-state event=user.up new_state=1\n',
         'all rules of a flakey with intervals are for the down state')
    # Kernels before 7.2 accept these and ignore one of the features.
    refused([flakey('6 error_reads corrupt_bio_byte 1 r 0 0')],
            "'error_reads': does not go with 'corrupt_bio_byte' of the same direction")
    refused([flakey('10 corrupt_bio_byte 1 r 0 0 corrupt_bio_byte 1 r 0 0')],
            "feature 'corrupt_bio_byte': given twice")
    refused([flakey('4 random_read_corrupt 1 Random_Read_Corrupt 1')],
            "feature 'Random_Read_Corrupt': given twice")
    # The kernel takes this number modulo 2^32.
    refused(['0 8 flakey d 0 4294967296 1'],
            "up interval '4294967296': not between 0 and 4294967295")


DUST = '0 2048 dust d 0 4096'


def test_dust_notes():
    noted([DUST], 'dust splits bios to its block size, and any write heals a block; here they '
          'stay whole, and heal the sectors that they cover')
    noted([DUST, 'addbadblock', '1'])
    noted([DUST, 'quiet'], "'quiet': the target logs no I/O; the message has no effect")
    noted([DUST, 'queryblock', '7'],
          'a bad block has a line with tag=block-7 healed=on that is not marked used')
    noted([DUST, 'countbadblocks'], 'count the lines with healed=on that are not marked used')
    noted([DUST, 'listbadblocks'],
          'bad blocks are the tags of the lines with healed=on that are not marked used')
    def from_target(offset):
        return (f"offset '{offset}': newer kernels, 7.3 for one, number blocks from the start of "
                'the target; for those convert the line with an offset of 0')

    noted(['0 2048 dust d 8 4096', 'addbadblock', '0'],
          from_target(8), "block '0': lies before the target, so it is never met")
    noted(['0 2048 dust d 4 4096', 'addbadblock', '1'],
          from_target(4),
          "offset '4': not a multiple of the block size, so dust's block 1 is what starts in it")
    refused([DUST, 'addbadblock', str(2**61)],
            f"block '{2**61}': not between 0 and {2**61 - 2}")
    refused(['0 8 linear d 0', 'enable'], "target 'linear': only dust takes messages")
    refused([f'{DUST}\n{DUST}', 'enable'], '2 lines, expected one dust line')
    refused([DUST, ''], 'message: missing')


def test_delay():
    noted(['0 8 delay d 0 86400001'], "delay '86400001': limited to one day, the longest delay")
    same(run('0 8 delay d 0 4294967295')[1], '0 8 blkdebug d 0 delay ms=86400000\n',
         'a delay longer than a day is converted to a day')
    for other in ('e 0', 'd 8'):
        name, offset = other.split()
        for kind, line in (('write', f'0 8 delay d 0 1 {other} 1'),
                           ('flush', f'0 8 delay d 0 1 d 0 1 {other} 1')):
            refused([line], f"{kind} device '{name}', offset {offset}: not that of reads, and a "
                    'blkdebug target has but one')


FAILING = 'inject-error iotype=read,write,write-zeroes,discard,secure-erase,zone-append,zone-mgmt'


def test_error():
    refused(['0 8 error'], "target 'error': names no device; give one by --device")
    same(run('--device', 'd', '16 8 error'), (0, f'16 8 blkdebug d 16 {FAILING}\n', []), '--device names the device of an error line')
    same(run('--device', 'd', '16 8 error e 3'), (0, f'16 8 blkdebug e 3 {FAILING}\n', []),
         '--device is ignored for an error line with a device')
    same(run('--device', 'd', '16 8 error x'),
         (0, f'16 8 blkdebug d 16 {FAILING}\n',
          ["note: 'x': error ignores this word and those after it"]), 'an error line with one word gets the device of --device')
    refused(['0 8 error d x'], "offset of the device 'x': not a number")


# --- Tables ---

def test_tables():
    table = '0 8 linear d 0\n# comment\n\n8 8 error d 8\n16 8 flakey d 0 0 1 1 drop_writes\n'
    converted = f'0 8 linear d 0\n8 8 blkdebug d 8 {FAILING}\n16 8 blkdebug d 0 drop\n'
    notes = [f'note: {DROP_NOTE}']
    same(run(table), (0, converted, notes), 'a table of several lines as an argument is converted')
    same(run(stdin=table), (0, converted, notes), 'a table on stdin is converted')
    same(run('-', stdin=table), (0, converted, notes), 'a table on stdin named - is converted')
    same(run('-', 'enable', stdin=DUST), (0, 'state 2\n', []), 'a message for a table on stdin is converted')
    same(run('0 8 flakey 8:16 0 0 180 1 drop_writes \n')[1], '0 8 blkdebug 8:16 0 drop\n',
         'a line as printed by dmsetup table is converted')
    same(run(r'0 8 error a\ b\\c 0')[1], rf'0 8 blkdebug a\ b\\c 0 {FAILING}' + '\n',
         'blanks and backslashes in a device name are kept')
    refused(['0 8 error d 0\n8 8 delay d x 0'], "line 2: offset of the device 'x': not a number")
    same(run('0 8 linear d 0\n8 8 zero'), (0, '0 8 linear d 0\n8 8 zero\n', []),
         'a table of other targets only is copied')
    refused([''], 'table: missing')
    refused([], 'table: missing')
    refused(['x 8 error'], "start 'x': not a number")
    refused(['0 8k error'], "length '8k': not a number")
    refused(['0'], 'length: missing')
    refused(['0 8'], 'target: missing')
    refused(['0 8 delay'], '0 arguments: delay takes 3, 6 or 9')
    refused(['0 8 dust'], 'device: missing')
    same(run('--no-such-option')[0], 2, 'an unknown option is a usage error')


# --- Options ---

def test_options():
    same(run('--quiet', DUST), (0, '0 2048 blkdebug d 0\n', []), '--quiet prints no notes')
    same(run('--quiet', '0 8 flaky 8'), (0, '0 8 flaky 8\n', []), '--quiet copies other targets')
    status, out, said = run('--quiet', '0 8 delay d x 0')
    same((status, out, len(said)), (1, '', 1), '--quiet prints why a table is refused')
    clock = '0 8 flakey d 0 5 3'
    same(run(clock)[0], 0, 'flakey with two intervals is converted')
    status, out, said = run('--strict', '--quiet', clock)
    same((status, out, len(said)), (3, '', 1),
         '--strict exits with 3 and a reason for flakey with two intervals')
    same(run('--strict', f'0 8 linear d 0\n{clock}')[0], 3, '--strict reads all lines')
    for table in ('0 8 flakey d 0 180 0', '0 8 flakey d 0 0 180', DUST, '0 8 error d 0'):
        same(run('--strict', table)[0], 0, f'--strict converts: {table}')


def main():
    for test in (test_converted, test_flakey_notes, test_flakey_order, test_dust_notes, test_delay,
                 test_error, test_tables, test_options):
        test()
    tap.done()


if __name__ == '__main__':
    main()
