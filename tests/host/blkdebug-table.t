#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Tests scripts/blkdebug-table: input that it accepts and refuses, in both directions.
If qemu-io is installed, QEMU must accept and refuse the same.

Tests for rows of "Coming from QEMU" are marked with the row's name.
"""

import os
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOL = f'{TOP}/scripts/blkdebug-table'
SIZE = 2048

checks = 0
failures = 0


# --- TAP ---

def check(passed, description, *why):
    global checks, failures
    checks += 1
    failures += not passed
    print(('ok' if passed else 'not ok'), checks, '-', description)
    for line in [] if passed else '\n'.join(why).splitlines():
        print('#', line)


def same(got, wanted, description):
    check(got == wanted, description, f'got:    {got!r}', f'wanted: {wanted!r}')


# --- The tool, and QEMU ---

def run(*arguments, stdin=''):
    return subprocess.run([TOOL, *arguments], input=stdin, capture_output=True, text=True,
                          check=False)


def write(text, name='x.conf'):
    with open(name, 'w', newline='') as file:
        file.write(text)
    return name


def table(source):
    """The words after the offset, or the error."""
    done = run(source, 'disk')
    start = f'0 {SIZE} blkdebug disk 0'
    if done.returncode:
        return done.stderr.strip()
    return done.stdout.rstrip('\n').removeprefix(start).strip()


def qemu_options(source):
    if '=' not in source:
        source = f'config={source}'
    # A comma in a value would be doubled; no value here has one.
    return ''.join(f',file.{option}' for option in source.split(','))


def qemu_takes(source):
    done = subprocess.run(
        ['qemu-io', '-c', 'open -o driver=raw,file.driver=blkdebug,file.image.driver=file,'
         'file.image.filename=disk' + qemu_options(source), '-c', 'length'],
        capture_output=True, text=True, check=False)
    return "can't open" not in done.stdout + done.stderr


HAVE_QEMU = shutil.which('qemu-io') is not None
NOT_COMPARED = 'not compared'


def taken(source, wanted, description, qemu=True):
    same(table(source), wanted, f'{description}: converted')
    if HAVE_QEMU and qemu != NOT_COMPARED:
        check(qemu_takes(source) == qemu, f'{description}: QEMU ' + ('accepts this' if qemu else 'refuses this'))


def refused(source, complaint, description, qemu=False):
    """The complaint is the error without the program's name."""
    done = run(source, 'disk')
    same((done.returncode, done.stdout, done.stderr.strip()),
         (1, '', f'blkdebug-table: {complaint}'), f'{description}: refused')
    if HAVE_QEMU and qemu != NOT_COMPARED:
        check(qemu_takes(source) == qemu, f'{description}: QEMU ' + ('accepts this' if qemu else 'refuses this'))


HEAD = '[inject-error]\nevent = "read_aio"\n'
RULE = 'inject-error event=read_aio'


def key_taken(line, wanted, description, **kwargs):
    taken(write(f'{HEAD}{line}\n'), f'{RULE} {wanted}'.rstrip(), description, **kwargs)


def key_refused(line, complaint, description, **kwargs):
    refused(write(f'{HEAD}{line}\n'), f'x.conf:3: {complaint}', description, **kwargs)


# --- Configuration files ---

def test_files():
    taken(write('# comment\n\n' + HEAD), RULE, 'comments and empty lines')
    taken(write(''), '', 'a file without rules')
    taken(write('[inject-error "an-id.1"]\nevent = "read_aio"\n[set-state "an-id.1"]\n'
                'event = "read_aio"\n'), f'{RULE} set-state event=read_aio',
          'the same id in two groups of different kinds')
    taken(write('[inject-error] # x\n\tevent\t=\t"read_aio" # y\n'), RULE,
          'text after the group or the value')
    taken(write(HEAD + 'id = "x"\n'), RULE, 'an id as a key')
    taken(write(HEAD + 'errno = "5"\r\n'), RULE, 'lines that end with CR LF')
    taken(write(HEAD + 'errno = "28'), f'{RULE} errno=ENOSPC', 'a last line without closing quote and newline')
    taken(write(HEAD + 'errno = "28"\nerrno = "61"\n'), f'{RULE} errno=ENODATA',
          'a key given twice')

    for text, line, complaint, description in (
            (HEAD.replace('[', ' [', 1), 1,
             "neither [group] nor key = \"value\": '[inject-error]'", 'a blank before a group'),
            (HEAD + ' \n', 3, "neither [group] nor key = \"value\": ''", 'a line of blanks'),
            (HEAD + ' # c\n', 3, "neither [group] nor key = \"value\": '# c'",
             'a comment after a blank'),
            (HEAD + 'errno="5"\n', 3, "neither [group] nor key = \"value\": 'errno=\"5\"'",
             'no blank around the ='),
            (HEAD + 'errno = 5\n', 3, "neither [group] nor key = \"value\": 'errno = 5'",
             'no quotes'),
            ('errno = "5"\n', 1, 'errno belongs to no group', 'a key before any group'),
            ('[suspend]\n', 1, "there is no group 'suspend'", 'an unknown group'),
            ('[ inject-error]\n', 1, "there is no group ' inject-error'",
             'a blank in the brackets'),
            ('\n[inject-error "a b"]\n', 2, "'a b' is no identifier", 'an id of two words'),
            ('[set-state "a"]\nevent = "read_aio"\n' * 2, 3,
             'there is a [set-state "a"] already', 'an id given twice'),
            ('[inject-error]\nerrno = "5"\n', 1, '[inject-error] has no event',
             'a rule without event, which would be a standing rule here'),
            (HEAD + 'foo = "1"\n', 3, 'foo: there is no such key in [inject-error]',
             'an unknown key'),
            (HEAD + 'new_state = "1"\n', 3, 'new_state: there is no such key in [inject-error]',
             'a key of another group'),
            (HEAD + 'tag = "x"\n', 3, 'tag: there is no such key in [inject-error]',
             'a key that only the target has')):
        refused(write(text), f'x.conf:{line}: {complaint}', description)
    refused('none.conf', 'none.conf: No such file or directory', 'a file that is not there')


def test_order():
    taken(write('''
[set-state]
event = "write_aio"
new_state = "2"

[inject-error]
event = "read_aio"
errno = "28"

[set-state]
event = "write_aio"
new_state = "3"

[inject-error]
event = "read_aio"
'''.lstrip()), 'inject-error event=read_aio errno=ENOSPC inject-error event=read_aio '
          'set-state event=write_aio new_state=2 set-state event=write_aio new_state=3',
          'faults before transitions, each in the order written')


def test_keys():
    # Row: event
    same(table(write('[inject-error]\nevent = "l1_grow.alloc_table"\n')),
         'inject-error event=l1_grow.alloc_table', 'event: the older spelling')
    taken(write('[inject-error]\nevent = "refblock_alloc_write_blocks"\n'),
          'inject-error event=refblock_alloc.write_blocks', 'event: the newer spelling')
    taken(write('[inject-error]\nevent = "none"\n'), 'inject-error event=none', 'event: none')
    for event in ('read.aio', 'READ_AIO', 'read_done', 'power_cut', 'power_on', 'user.x', ''):
        key_refused(f'event = "{event}"', f'event={event!r}: there is no such event',
                    f"event: '{event}'")
    # Row: state
    key_taken('state = "3"', 'state=3', 'state: a number')
    key_taken('state = "0"', '', 'state: 0, the default')
    key_refused('state = "-1"', "state='-1': states of the target go from 0 to 2147483647",
                'state: a negative number', qemu=True)
    key_refused('state = "4294967297"',
                "state='4294967297': states of the target go from 0 to 2147483647",
                'state: a number above INT_MAX', qemu=True)
    # Row: errno
    key_taken('errno = "5"', '', 'errno: EIO, the default')
    key_taken('errno = "0"', 'errno=0', 'errno: 0')
    key_taken('errno = "0x1c"', 'errno=ENOSPC', 'errno: hexadecimal')
    key_taken('errno = "034"', 'errno=ENOSPC', 'errno: octal')
    key_taken('errno = " +95"', 'errno=EOPNOTSUPP', 'errno: a leading blank and a plus sign')
    for text in ('EIO', '5 ', '5k', '08', ''):
        key_refused(f'errno = "{text}"', f'errno={text!r}: not a number', f"errno: '{text}'")
    key_refused('errno = "13"', "errno='13': a bio does not carry this errno (EACCES)",
                'errno: EACCES', qemu=True)
    key_refused('errno = "11"', "errno='11': a bio does not carry this errno (EAGAIN)",
                'errno: EAGAIN', qemu=True)
    key_refused('errno = "-5"', "errno='-5': a bio does not carry this errno",
                'errno: a negative number', qemu=True)
    # Row: sector
    key_taken('sector = "010"', 'sector=8', 'sector: octal')
    key_taken('sector = "-1"', '', 'sector: -1, all sectors')
    key_refused('sector = "1-2"', "sector='1-2': not a number", 'sector: a range')
    key_refused('sector = "18446744073709551616"', "sector='18446744073709551616': too large",
                'sector: a number of more than 64 bits')
    key_refused('sector = "99999999999999999"',
                "sector='99999999999999999': no device has this sector",
                'sector: a number beyond any device', qemu=True)
    # Rows: once, immediately
    for key in ('once', 'immediately'):
        for value in ('on', 'yes', 'true', 'y'):
            key_taken(f'{key} = "{value}"', f'{key}=on', f'{key}: {value}')
        key_taken(f'{key} = "off"', '', f'{key}: off')
        for value in ('1', 'On', ''):
            key_refused(f'{key} = "{value}"', f"{key}={value!r}: neither 'on' nor 'off'",
                        f"{key}: '{value}'")
    # Row: iotype
    for iotype in ('read', 'write', 'write-zeroes', 'discard', 'flush'):
        key_taken(f'iotype = "{iotype}"', f'iotype={iotype}', f'iotype: {iotype}')
    key_refused('iotype = "block-status"',
                "iotype='block-status': a block device has no I/O of this type",
                'iotype: block-status', qemu=True)
    for iotype in ('read,write', 'write_zeroes', 'secure-erase', ''):
        key_refused(f'iotype = "{iotype}"', f'iotype={iotype!r}: there is no such type',
                    f"iotype: '{iotype}'")
    # Row: new_state
    taken(write('[set-state]\nevent = "none"\nstate = "1"\nnew_state = "2"\n'),
          'set-state event=none state=1 new_state=2', 'new_state')
    refused(write('[set-state]\nevent = "none"\nonce = "on"\n'),
            'x.conf:3: once: there is no such key in [set-state]', 'once in set-state')


# --- Options ---

def test_options():
    taken('inject-error.0.event=read_aio,inject-error.0.errno=28,align=4k',
          f'align=4096 {RULE} errno=ENOSPC', 'a rule and a limit as options')
    taken('inject-error.event=read_aio', RULE, 'a single rule without a number')
    taken('set-state.0.event=read_aio,inject-error.1.event=write_aio,inject-error.0.event=read_aio',
          f'{RULE} inject-error event=write_aio set-state event=read_aio', 'rules with numbers, sorted by number')
    taken('inject-error.0.event=read_aio,inject-error.0.once', f'{RULE} once=on',
          'a switch without a value')
    same(table('driver=blkdebug,inject-error.0.event=read_aio'), RULE, 'the option driver is ignored')
    # Row: config
    write(HEAD, 'a,b.conf')
    same(table('inject-error.0.event=write_aio,config=a,,b.conf'),
         f'{RULE} inject-error event=write_aio', 'config: the rules of the file come first')
    refused('config=none.conf', 'none.conf: No such file or directory', 'config: a file that does not exist')

    rule = 'inject-error.0.event=read_aio'
    for source, complaint, description, qemu in (
            ('inject-error.1.event=read_aio', 'option inject-error.1: there is no inject-error.0',
             'rules without number 0', False),
            (f'{rule},inject-error.2.event=read_aio',
             'option inject-error.2: there is no inject-error.1', 'rules with a gap in their numbers', False),
            (f'{rule},inject-error.event=write_aio',
             'option inject-error: some have a number and some have none', 'rules with and without numbers',
             False),
            (f'{rule},inject-error.0.foo=1',
             'option inject-error.0.foo: foo: there is no such key in [inject-error]',
             'an unknown key', False),
            (f'{rule},inject-error.1.errno=5', 'option inject-error.1: [inject-error] has no event',
             'no event', False),
            ('foo=1', "option: foo='1': there is no such option", 'an unknown option', False),
            ('suspend.0.event=read_aio',
             "option: suspend.0.event='read_aio': there is no such option",
             'a breakpoint among the options', False),
            # Row: image
            ('image=disk0', "option: image='disk0': the device is an argument of its own",
             'image', NOT_COMPARED),
            ('image.filename=x', "option: image.filename='x': the device is an argument of its own",
             'image.filename', NOT_COMPARED),
            # Rows: take-child-perms, unshare-child-perms
            ('take-child-perms.0=write',
             "option: take-child-perms.0='write': a block device has no such permissions",
             'take-child-perms', True),
            ('unshare-child-perms.0=write',
             "option: unshare-child-perms.0='write': a block device has no such permissions",
             'unshare-child-perms', True)):
        refused(source, complaint, description, qemu=qemu)


def test_limits():
    # Rows: align, max-transfer, opt-write-zero, max-write-zero, opt-discard, max-discard
    taken('max-discard=64K,opt-discard=32k,max-write-zero=0x10000,opt-write-zero=16384,'
          'max-transfer=0.5m,align=4096',
          'align=4096 max-transfer=524288 opt-write-zero=16384 max-write-zero=65536 '
          'opt-discard=32768 max-discard=65536', 'all limits, in the order of the table')
    taken('align=0', '', 'a limit of 0')
    for source, complaint in (
            ('align=3', "align='3': Invalid alignment: not a power of two"),
            ('align=4kB', "align='4kB': not a size"),
            ('align=-1', "align='-1': not a size"),
            ('align=2G', "align='2G': too large"),
            ('align=4k,max-transfer=6k', "max-transfer='6k': not a multiple of 4096"),
            ('align=4k,opt-write-zero=6k', "opt-write-zero='6k': not a multiple of 4096"),
            ('opt-write-zero=4k,max-write-zero=6k', "max-write-zero='6k': not a multiple of 4096"),
            ('align=4k,opt-discard=6k', "opt-discard='6k': not a multiple of 4096"),
            ('opt-discard=4k,max-discard=6k', "max-discard='6k': not a multiple of 4096")):
        refused(source, f'option: {complaint}', source)


# --- The line ---

def line(*arguments):
    done = run(*arguments)
    return done.stdout or done.stderr


def test_line():
    write(HEAD)
    same(line('x.conf', 'disk'), f'0 {SIZE} blkdebug disk 0 {RULE}\n', 'the line has start, length, device, offset and rules')
    same(line('--offset', '48', 'x.conf', 'disk'), f'0 {SIZE - 48} blkdebug disk 48 {RULE}\n',
         '--offset shortens the line and moves its start on the device')
    same(line('--size', '8', '--offset', '48', 'x.conf', '/dev/x'),
         f'0 8 blkdebug /dev/x 48 {RULE}\n', '--size is used without opening the device')
    same(line('--size', '8', 'x.conf', 'a b'), f'0 8 blkdebug a\\ b 0 {RULE}\n',
         'a blank in the device name is escaped')
    same(line('--offset', '2048', 'x.conf', 'disk'),
         'blkdebug-table: --offset 2048: at or beyond the end of disk\n', '--offset at the end of the device is refused')
    same(line('x.conf', '/nonexistent'),
         'blkdebug-table: /nonexistent: No such file or directory\n', 'a device that does not exist is refused')
    same(line('x.conf', '/dev/null'), 'blkdebug-table: /dev/null: not a block device\n',
         'a file that is no block device is refused')
    same(run('x.conf').returncode, 2, 'a missing DEVICE is a usage error')
    same(run('--to-config', 'x.conf', 'disk').returncode, 2, 'an argument too many is a usage error')


# --- From a table to QEMU ---

def back(rules, option='--to-config', start='0 2048 blkdebug 7:0 0 '):
    done = run(option, stdin=f'{start}{rules}\n')
    return done.stderr.strip().removeprefix('blkdebug-table: ') or done.stdout


def test_back():
    same(back('seed=7 inject-error event=l1_grow.alloc_table sector=010 errno=ENOSPC once=on '
              'set-state event=read_aio state=0x2 new_state=3'),
         '[inject-error]\nevent = "l1_grow_alloc_table"\nsector = "10"\nerrno = "28"\n'
         'once = "on"\n\n[set-state]\nevent = "read_aio"\nstate = "2"\nnew_state = "3"\n',
         'a table is converted to a configuration file')
    same(back('align=4096 seed=7 inject-error event=read_aio set-state event=none '
              'inject-error event=write_aio iotype=flush', '--to-options'),
         'align=4096,inject-error.0.event=read_aio,set-state.0.event=none,'
         'inject-error.1.event=write_aio,inject-error.1.iotype=flush\n', 'a table is converted to options')
    same(back('seed=7'), '', 'a table without rules is converted to an empty file')
    same(back(RULE, start='root: 0 8 linear 7:0 0\nx: 0 2048 blkdebug 7:0 0 '), HEAD,
         'the blkdebug line of several devices is converted')
    same(back(RULE, start='0 2048 linear 7:0 0 '),
         '0 lines for a blkdebug target, expected one', 'a table without a blkdebug line is refused')

    # Keys, values and actions without a counterpart in QEMU
    for rule, complaint in (
            ('inject-error errno=EIO', 'rule 1 (inject-error): has no event; '
             'QEMU has no standing rules'),
            ('suspend event=read_aio tag=A', 'rule 1 (suspend): QEMU sets breakpoints by command '
             '(break) only'),
            ('drop event=read_aio', 'rule 1 (drop): QEMU has no such action'),
            (f'{RULE} sector=1-2', 'rule 1 (inject-error): sector=1-2: QEMU takes a single number '
             'only'),
            (f'{RULE} sector=1,5', 'rule 1 (inject-error): sector=1,5: QEMU takes a single number '
             'only'),
            (f'{RULE} tag=A', 'rule 1 (inject-error): tag=A: QEMU has no such key in '
             '[inject-error]'),
            (f'{RULE} flags=meta', 'rule 1 (inject-error): flags=meta: QEMU has no such key in '
             '[inject-error]'),
            (f'{RULE} iotype=read,write', 'rule 1 (inject-error): iotype=read,write: QEMU takes '
             'one only'),
            (f'{RULE} iotype=secure-erase', 'rule 1 (inject-error): iotype=secure-erase: QEMU has '
             'no such type'),
            (f'{RULE} inject-error event=user.x', 'rule 2 (inject-error): event=user.x: QEMU has '
             'no such event'),
            ('inject-error event=read_done', 'rule 1 (inject-error): event=read_done: QEMU has no '
             'such event'),
            ('set-state event=power_cut', 'rule 1 (set-state): event=power_cut: QEMU has no such '
             'event'),
            ('power-cut event=read_aio', 'rule 1 (power-cut): QEMU has no such action'),
            (f'cache=1048576 power=psu {RULE}', 'cache=1048576: QEMU has no such option'),
            ('set-state event=read_aio sector=5', 'rule 1 (set-state): sector=5: QEMU has no such '
             'key in [set-state]'),
            (f'state=3 {RULE}', 'state=3: QEMU has no such option'),
            (f'align=512 {RULE}', 'align=512: not for a configuration file; see --to-options')):
        same(back(rule), complaint, f'refused, not in QEMU: {rule}')


def test_round_trip():
    rules = ('inject-error event=none sector=5 iotype=write errno=ENODATA once=on immediately=on '
             'inject-error event=pwritev_rmw.after_head state=2 errno=0 '
             'set-state event=cluster_alloc_space state=1 new_state=2 set-state event=none')
    same(table(write(back(rules))), rules, 'a table is unchanged by a conversion to a file and back')
    same(table(back(f'align=512 {rules}', '--to-options').strip()), f'align=512 {rules}',
         'a table is unchanged by a conversion to options and back')
    config = HEAD + 'errno = "28"\n\n[set-state]\nevent = "write_aio"\nnew_state = "2"\n'
    same(back(table(write(config))), config, 'a file is unchanged by a conversion to a table and back')


def main():
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        with open('disk', 'wb') as disk:
            disk.truncate(SIZE * 512)
        for test in (test_files, test_order, test_keys, test_options, test_limits, test_line,
                     test_back, test_round_trip):
            test()
        os.chdir('/')
    print(f'1..{checks}' + ('' if HAVE_QEMU else ' # without qemu-io'))
    sys.exit(failures > 0)


if __name__ == '__main__':
    main()
