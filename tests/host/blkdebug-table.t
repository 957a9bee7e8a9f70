#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
scripts/blkdebug-table: what it takes and what it refuses, both ways. Where
qemu-io is there, QEMU has to take and refuse the same.

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
    """The words after the offset, or what the tool complained of."""
    done = run(source, 'disk')
    start = f'0 {SIZE} blkdebug disk 0'
    if done.returncode:
        return done.stderr.strip()
    return done.stdout.rstrip('\n').removeprefix(start).strip()


def qemu_options(source):
    if '=' not in source:
        source = f'config={source}'
    # Two commas stand for one in a value; none of the values here has one.
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
    same(table(source), wanted, description)
    if HAVE_QEMU and qemu != NOT_COMPARED:
        check(qemu_takes(source) == qemu, '... and QEMU ' + ('agrees' if qemu else 'does not'))


def refused(source, complaint, description, qemu=False):
    """The complaint is all after the tool's name."""
    done = run(source, 'disk')
    same((done.returncode, done.stdout, done.stderr.strip()),
         (1, '', f'blkdebug-table: {complaint}'), description)
    if HAVE_QEMU and qemu != NOT_COMPARED:
        check(qemu_takes(source) == qemu, '... and QEMU ' + ('takes it' if qemu else 'agrees'))


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
          'ids, which two groups of two kinds may share')
    taken(write('[inject-error] # x\n\tevent\t=\t"read_aio" # y\n'), RULE,
          'what follows on a line is nothing')
    taken(write(HEAD + 'id = "x"\n'), RULE, 'an id as a key')
    taken(write(HEAD + 'errno = "5"\r\n'), RULE, 'lines that end as in DOS')
    taken(write(HEAD + 'errno = "28'), f'{RULE} errno=ENOSPC', 'no quote, no newline at the end')
    taken(write(HEAD + 'errno = "28"\nerrno = "61"\n'), f'{RULE} errno=ENODATA',
          'of a key given twice the last counts')

    for text, line, complaint, description in (
            (HEAD.replace('[', ' [', 1), 1,
             "neither [group] nor key = \"value\": '[inject-error]'", 'a blank before a group'),
            (HEAD + ' \n', 3, "neither [group] nor key = \"value\": ''", 'a line of blanks'),
            (HEAD + ' # c\n', 3, "neither [group] nor key = \"value\": '# c'",
             'a comment after a blank'),
            (HEAD + 'errno="5"\n', 3, "neither [group] nor key = \"value\": 'errno=\"5\"'",
             'no blank before the ='),
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
             'no event, which would be a standing rule here'),
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
          'faults come before transitions, each in the order written')


def test_keys():
    # Row: event
    same(table(write('[inject-error]\nevent = "l1_grow.alloc_table"\n')),
         'inject-error event=l1_grow.alloc_table', 'event: the older spelling')
    taken(write('[inject-error]\nevent = "refblock_alloc_write_blocks"\n'),
          'inject-error event=refblock_alloc.write_blocks', 'event: the newer spelling')
    taken(write('[inject-error]\nevent = "none"\n'), 'inject-error event=none', 'event: none')
    for event in ('read.aio', 'READ_AIO', 'read_done', 'user.x', ''):
        key_refused(f'event = "{event}"', f'event={event!r}: there is no such event',
                    f"event: not '{event}'")
    # Row: state
    key_taken('state = "3"', 'state=3', 'state: a number')
    key_taken('state = "0"', '', 'state: 0 is every state')
    key_refused('state = "-1"', "state='-1': states of the target go from 0 to 2147483647",
                'state: none below 0', qemu=True)
    key_refused('state = "4294967297"',
                "state='4294967297': states of the target go from 0 to 2147483647",
                'state: none above INT_MAX', qemu=True)
    # Row: errno
    key_taken('errno = "5"', '', 'errno: EIO is the default')
    key_taken('errno = "0"', 'errno=0', 'errno: none')
    key_taken('errno = "0x1c"', 'errno=ENOSPC', 'errno: hexadecimal')
    key_taken('errno = "034"', 'errno=ENOSPC', 'errno: octal')
    key_taken('errno = " +95"', 'errno=EOPNOTSUPP', 'errno: a blank and a sign')
    for text in ('EIO', '5 ', '5k', '08', ''):
        key_refused(f'errno = "{text}"', f'errno={text!r}: not a number', f"errno: not '{text}'")
    key_refused('errno = "13"', "errno='13': a bio does not carry this errno (EACCES)",
                'errno: EACCES is named', qemu=True)
    key_refused('errno = "11"', "errno='11': a bio does not carry this errno (EAGAIN)",
                'errno: EAGAIN is named', qemu=True)
    key_refused('errno = "-5"', "errno='-5': a bio does not carry this errno",
                'errno: none below 0', qemu=True)
    # Row: sector
    key_taken('sector = "010"', 'sector=8', 'sector: octal')
    key_taken('sector = "-1"', '', 'sector: -1 is all of them')
    key_refused('sector = "1-2"', "sector='1-2': not a number", 'sector: no range')
    key_refused('sector = "18446744073709551616"', "sector='18446744073709551616': too large",
                'sector: more than 64 bits')
    key_refused('sector = "99999999999999999"',
                "sector='99999999999999999': no device has this sector",
                'sector: beyond all devices', qemu=True)
    # Rows: once, immediately
    for key in ('once', 'immediately'):
        for value in ('on', 'yes', 'true', 'y'):
            key_taken(f'{key} = "{value}"', f'{key}=on', f'{key}: {value}')
        key_taken(f'{key} = "off"', '', f'{key}: off')
        for value in ('1', 'On', ''):
            key_refused(f'{key} = "{value}"', f"{key}={value!r}: neither 'on' nor 'off'",
                        f"{key}: not '{value}'")
    # Row: iotype
    for iotype in ('read', 'write', 'write-zeroes', 'discard', 'flush'):
        key_taken(f'iotype = "{iotype}"', f'iotype={iotype}', f'iotype: {iotype}')
    key_refused('iotype = "block-status"',
                "iotype='block-status': a block device has no requests of this type",
                'iotype: block-status is named', qemu=True)
    for iotype in ('read,write', 'write_zeroes', 'secure-erase', ''):
        key_refused(f'iotype = "{iotype}"', f'iotype={iotype!r}: there is no such type',
                    f"iotype: not '{iotype}'")
    # Row: new_state
    taken(write('[set-state]\nevent = "none"\nstate = "1"\nnew_state = "2"\n'),
          'set-state event=none state=1 new_state=2', 'new_state')
    refused(write('[set-state]\nevent = "none"\nonce = "on"\n'),
            'x.conf:3: once: there is no such key in [set-state]', 'set-state has no once')


# --- Options ---

def test_options():
    taken('inject-error.0.event=read_aio,inject-error.0.errno=28,align=4k',
          f'align=4096 {RULE} errno=ENOSPC', 'options of QEMU')
    taken('inject-error.event=read_aio', RULE, 'a single rule without a number')
    taken('set-state.0.event=read_aio,inject-error.1.event=write_aio,inject-error.0.event=read_aio',
          f'{RULE} inject-error event=write_aio set-state event=read_aio', 'rules by their numbers')
    taken('inject-error.0.event=read_aio,inject-error.0.once', f'{RULE} once=on',
          'a switch without a value')
    same(table('driver=blkdebug,inject-error.0.event=read_aio'), RULE, 'the driver itself')
    # Row: config
    write(HEAD, 'a,b.conf')
    same(table('inject-error.0.event=write_aio,config=a,,b.conf'),
         f'{RULE} inject-error event=write_aio', 'config: its rules come first')
    refused('config=none.conf', 'none.conf: No such file or directory', 'config: not there')

    rule = 'inject-error.0.event=read_aio'
    for source, complaint, description, qemu in (
            ('inject-error.1.event=read_aio', 'option inject-error.1: there is no inject-error.0',
             'the first number missing', False),
            (f'{rule},inject-error.2.event=read_aio',
             'option inject-error.2: there is no inject-error.1', 'a number missing', False),
            (f'{rule},inject-error.event=write_aio',
             'option inject-error: some are numbered, and some not', 'rules with and without',
             False),
            (f'{rule},inject-error.0.foo=1',
             'option inject-error.0.foo: foo: there is no such key in [inject-error]',
             'an unknown key', False),
            (f'{rule},inject-error.1.errno=5', 'option inject-error.1: [inject-error] has no event',
             'no event', False),
            ('foo=1', "option: foo='1': there is no such option", 'an unknown option', False),
            ('suspend.0.event=read_aio',
             "option: suspend.0.event='read_aio': there is no such option",
             'no breakpoints among the options', False),
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
    taken('align=0', '', 'a limit of 0 is none')
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
    same(line('x.conf', 'disk'), f'0 {SIZE} blkdebug disk 0 {RULE}\n', 'the whole line')
    same(line('--offset', '48', 'x.conf', 'disk'), f'0 {SIZE - 48} blkdebug disk 48 {RULE}\n',
         '--offset')
    same(line('--size', '8', '--offset', '48', 'x.conf', '/dev/x'),
         f'0 8 blkdebug /dev/x 48 {RULE}\n', '--size, and no look at the device')
    same(line('--size', '8', 'x.conf', 'a b'), f'0 8 blkdebug a\\ b 0 {RULE}\n',
         'a blank in the name')
    same(line('--offset', '2048', 'x.conf', 'disk'),
         'blkdebug-table: --offset 2048: nothing of disk is left\n', 'an offset at the end')
    same(line('x.conf', '/nonexistent'),
         'blkdebug-table: /nonexistent: No such file or directory\n', 'no device')
    same(line('x.conf', '/dev/null'), 'blkdebug-table: /dev/null: not a block device\n',
         'no block device')
    same(run('x.conf').returncode, 2, 'no DEVICE')
    same(run('--to-config', 'x.conf', 'disk').returncode, 2, 'too many arguments')


# --- And back ---

def back(rules, option='--to-config', start='0 2048 blkdebug 7:0 0 '):
    done = run(option, stdin=f'{start}{rules}\n')
    return done.stderr.strip().removeprefix('blkdebug-table: ') or done.stdout


def test_back():
    same(back('seed=7 inject-error event=l1_grow.alloc_table sector=010 errno=ENOSPC once=on '
              'set-state event=read_aio state=0x2 new_state=3'),
         '[inject-error]\nevent = "l1_grow_alloc_table"\nsector = "10"\nerrno = "28"\n'
         'once = "on"\n\n[set-state]\nevent = "read_aio"\nstate = "2"\nnew_state = "3"\n',
         'to a configuration file')
    same(back('align=4096 seed=7 inject-error event=read_aio set-state event=none '
              'inject-error event=write_aio iotype=flush', '--to-options'),
         'align=4096,inject-error.0.event=read_aio,set-state.0.event=none,'
         'inject-error.1.event=write_aio,inject-error.1.iotype=flush\n', 'to options')
    same(back('seed=7'), '', 'no rules')
    same(back(RULE, start='root: 0 8 linear 7:0 0\nx: 0 2048 blkdebug 7:0 0 '), HEAD,
         'one of several devices')
    same(back(RULE, start='0 2048 linear 7:0 0 '),
         '0 lines for a blkdebug target, where one is wanted', 'no table of the target')

    # What QEMU has not
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
            ('set-state event=read_aio sector=5', 'rule 1 (set-state): sector=5: QEMU has no such '
             'key in [set-state]'),
            (f'state=3 {RULE}', 'state=3: QEMU has no such option'),
            (f'align=512 {RULE}', 'align=512: not for a configuration file; see --to-options')):
        same(back(rule), complaint, f'not in QEMU: {rule}')


def test_round_trip():
    rules = ('inject-error event=none sector=5 iotype=write errno=ENODATA once=on immediately=on '
             'inject-error event=pwritev_rmw.after_head state=2 errno=0 '
             'set-state event=cluster_alloc_space state=1 new_state=2 set-state event=none')
    same(table(write(back(rules))), rules, 'a table through a configuration file')
    same(table(back(f'align=512 {rules}', '--to-options').strip()), f'align=512 {rules}',
         'a table through options')
    config = HEAD + 'errno = "28"\n\n[set-state]\nevent = "write_aio"\nnew_state = "2"\n'
    same(back(table(write(config))), config, 'a configuration file through a table')


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
