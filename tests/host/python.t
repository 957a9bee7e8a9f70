#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Tests the package scripts/blkdebug with a program in the place of dmsetup, which logs its
arguments and its input, and answers as a file tells it.
"""

import errno
import os
import sys
import tempfile
import threading

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [f'{TOP}/scripts', f'{TOP}/tests/lib']
WORK = tempfile.TemporaryDirectory()
os.environ['PATH'] = f'{WORK.name}:{os.environ["PATH"]}'
os.environ['FAKE'] = WORK.name

import blkdebug                                   # pylint: disable=wrong-import-position
from blkdebug import table                        # pylint: disable=wrong-import-position
from blkdebug.dmsetup import Children, run_program  # pylint: disable=wrong-import-position
from tap import done, raises, same                # pylint: disable=wrong-import-position

FAKE = '''#!/bin/sh
echo "$*" >> "$FAKE/log"
case "$1 $2 $3" in create*|load*) sed 's/^/< /' >> "$FAKE/log" ;; esac
if [ -e "$FAKE/error" ]; then cat "$FAKE/error" >&2; exit 1; fi
if [ -e "$FAKE/answer" ]; then cat "$FAKE/answer"; fi
'''


def write(name, text):
    with open(f'{WORK.name}/{name}', 'w', encoding='ascii') as file:
        file.write(text)


def sent(action, answer='', error=None):
    """The value of the action, or its exception, and what dmsetup was called with."""
    for name in ('log', 'error', 'answer'):
        if os.path.exists(f'{WORK.name}/{name}'):
            os.remove(f'{WORK.name}/{name}')
    write('log', '')
    write('answer', answer)
    if error is not None:
        write('error', error)
    value = action()
    with open(f'{WORK.name}/log', encoding='ascii') as file:
        return value, file.read().splitlines()


write('dmsetup', FAKE)
os.chmod(f'{WORK.name}/dmsetup', 0o755)
write('disk', '')
os.truncate(f'{WORK.name}/disk', 1 << 20)
DISK = f'{WORK.name}/disk'

# Words and numbers
same(table.split_words(r'0 8 delay /dev/a\ b 0'), ['0', '8', 'delay', '/dev/a b', '0'],
     'a backslash quotes a blank')
same(table.escape('/dev/a b'), r'/dev/a\ b', 'escape quotes a blank')
same(blkdebug.format_numbers([5, 1, 3, 2, 9, 5]), '1-3,5,9', 'numbers are printed as ranges')
same(blkdebug.parse_numbers('7,1-3 9\n'), [7, 1, 2, 3, 9], 'numbers keep the order written')
raises(lambda: blkdebug.parse_numbers('1,x'), blkdebug.Refused,
       "'x': neither a number nor a range", 'a wrong list names the word')
same([blkdebug.parse_size(word) for word in ('512', '4K', '1m', '2G')],
     [512, 4096, 1 << 20, 1 << 31], 'sizes have suffixes')
same([blkdebug.format_size(size) for size in (512, 4096, 1 << 20, 1 << 31, 3 << 20, 1025 << 10)],
     ['512', '4K', '1M', '2G', '3M', '1025K'], 'sizes are printed with the largest suffix')
raises(lambda: blkdebug.parse_size('1T'), blkdebug.Refused, "'1T': not a size, such as 64M",
       'a wrong size is named')
same(blkdebug.format_rule('suspend', tag='x', once=False, errno=None), 'suspend tag=x once=off',
     'keys without a value are left out, switches are on and off')

# Devices
bd = blkdebug.Device('bd')
same(sent(lambda: blkdebug.Device.create('bd', DISK, 'drop iotype=flush', cache='1M',
                                         atomic_write=4096).path),
     ('/dev/mapper/bd', ['create bd', f'< 0 2048 blkdebug {DISK} 0 cache=1M atomic-write=4096 '
                         'drop iotype=flush']), 'create passes a table of the whole device')
raises(lambda: blkdebug.Device.create('bd', '/nowhere'), blkdebug.Refused,
       '/nowhere: No such file or directory', 'a missing device is named')


def use_device():
    with blkdebug.Device('bd') as device:
        device.message('clear')


same(sent(use_device)[1], ['message -- bd 0 clear', 'remove --retry bd'],
     'the end of a block removes the device')
same(sent(lambda: bd.status(),
          '0 8 blkdebug state=1 rules=0 power=on views=0\n')[0],
     {'state': '1', 'rules': '0', 'power': 'on', 'views': '0'}, 'the status is a dictionary')


def use_rules():
    with bd.rules(r'inject-error comm=a\ b', 'drop') as numbers:
        return list(numbers)


same(sent(use_rules, '3-4\n'),
     ([3, 4], [r'message -- bd 0 add inject-error comm=a\ b drop', 'message -- bd 0 remove 3',
               'message -- bd 0 remove 4']), 'rules last as long as their block')

# Breakpoints
LINE = '12 stop 3 flush_to_disk flush sync,prio - - 5\n'


def stop_flush():
    stop = blkdebug.Breakpoint(bd, 'stop', 3)
    return stop.wait()


same(sent(stop_flush, LINE),
     (blkdebug.Hold(12, 'stop', 3, 'flush_to_disk', 'flush', frozenset({'sync', 'prio'}), 0, 0, 5),
      [f'message -- bd 0 wait_break stop {2**31 - 1}']), 'wait returns what is held')
same(sent(lambda: bd.breakpoint('pwritev_done', 'x', flags='fua', once=False).number, '7\n'),
     (7, ['message -- bd 0 break pwritev_done x flags=fua once=off']),
     'breakpoint passes its keys')
raises(lambda: sent(stop_flush, error='device-mapper: message ioctl on bd  failed: '
                    'Connection timed out\nCommand failed.\n'), TimeoutError,
       f'stop: nothing held after {2**31 - 1} ms', 'a wait that is too long is a TimeoutError')

# Cuts and views
ANSWER = 'cut=1 volatile=19 survived=11 torn=1 lost=7 survive=prefix seed=42\n'
same(sent(lambda: bd.power_cut('survive=prefix', 'seed=42'), ANSWER),
     (blkdebug.Outcome(19, 11, 1, 7, 'prefix', 42),
      ['message -- bd 0 power-cut survive=prefix seed=42']), 'a cut returns its outcome')
same(sent(lambda: bd.volatile(), '1 write fua,meta 0 8 1 20\n2 write-zeroes - 8 16 2 3\n')[0],
     [blkdebug.Write(1, 'write', frozenset({'fua', 'meta'}), 0, 8, 1, 20),
      blkdebug.Write(2, 'write-zeroes', frozenset(), 8, 16, 2, 3)], 'volatile writes are parsed')
view = blkdebug.View('crash')
same(sent(lambda: view.outcome().lost, '0 8 blkdebug-crash volatile=3 survived=1 torn=0 lost=2 '
          'touched=1 survive=none seed=0\n')[0], 2, 'a view has an outcome')
same(sent(lambda: view.is_valid(), '0 8 blkdebug-crash invalid\n')[0], False,
     'a view that was given up is invalid')
same(sent(lambda: view.touched(), '3 1 2\n')[0], [3, 1, 2], 'touched keeps the order')

# Several devices by one process
same(sent(lambda: blkdebug.device.remove_devices([blkdebug.View('a'), blkdebug.View('b')]))[1],
     ['remove --retry a b'], 'devices are removed together')
try:
    out = sent(lambda: blkdebug.device.remove_devices([blkdebug.View('a'), blkdebug.View('b')]),
               error='device-mapper: remove ioctl on a  failed: No such device or address\n')[1]
except blkdebug.DmsetupError as failure:
    out = str(failure)
same(out, ['remove --retry a b', 'remove --retry b', 'remove --retry a'],
     'after an error each is removed alone, and those that do not exist are left out')

# Processes
status, out = run_program(['sh', '-c', 'sleep 1000 & echo $!; printf "\\377"; exit 3'])
same((status, out[-2:]), (3, '\n\ufffd'),
     'a process in the background delays nothing, and what is no text is replaced')
while os.path.exists(f'/proc/{out.split()[0]}'):
    with open(f'/proc/{out.split()[0]}/stat', encoding='ascii') as stat:
        if stat.read().rsplit(')', 1)[1].split()[0] == 'Z':
            break
same(run_program(['cat'], 'x' * 100000), (0, 'x' * 100000), 'it is killed; input may be long')
children = Children()
running = children.start(['sh', '-c', 'echo begun; sleep 1000'])
threading.Timer(0.1, children.stop).start()
same(children.finish(running)[0], -9, 'stop kills what runs')
raises(lambda: children.run(['true']), blkdebug.Error, 'interrupted', 'and starts nothing more')

# Errors


def failing():
    bd.message('remove', 9)


try:
    sent(failing, error='device-mapper: message ioctl on bd  failed: No such file or directory\n'
         'Command failed.\n')
except blkdebug.DmsetupError as error:
    same((error.errno, str(error).splitlines()[0].startswith('dmsetup message -- bd 0 remove 9:')),
         (errno.ENOENT, True), 'an error has the errno and the command')

done()
