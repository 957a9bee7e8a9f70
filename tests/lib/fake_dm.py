# SPDX-License-Identifier: GPL-2.0-only
"""
A model of dm-blkdebug for tests without a kernel: a server, and the programs "dmsetup" and
"io" that ask it. It knows what blkdebug-explore needs: breakpoints on flushes and completed
writes, volatile writes, marks, views that note what is touched, and dropped flushes.
"""

import json
import os
import select
import socketserver
import sys
import threading

CLIENT = '''#!{python} -IS
import json, os, select, socket, sys
asked = {{"program": os.path.basename(sys.argv[0]), "words": sys.argv[1:], "text": ""}}
if sys.argv[1:2] == ["create"]:
    asked["text"] = sys.stdin.read()
with socket.socket(socket.AF_UNIX) as server:
    server.connect({path!r})
    server.sendall(json.dumps(asked).encode() + b"\\n")
    status, out = json.loads(server.makefile().readline())
sys.stdout.write(out)
sys.exit(status)
'''


class Failed(Exception):
    """The text is that of an errno."""


class Hold:
    def __init__(self, number, rule, event, iotype, flags, sector, sectors):
        self.number = number
        self.rule = rule
        self.line = f'{number} {rule["tag"]} {rule["number"]} {event} {iotype} {flags or "-"} ' \
                    f'{sector} {sectors} 0'
        self.ended = False


class Origin:
    """A device with a cache. Writes are (sector, sectors, byte, flags)."""

    def __init__(self, dm):
        self.dm = dm
        self.durable = {}
        self.volatile = []
        self.marks = {}
        self.rules = []
        self.holds = []
        self.count = 0

    def next_number(self):
        self.count += 1
        return self.count

    def add_rule(self, event, tag, words):
        keys = dict(word.split('=', 1) for word in words)
        self.rules.append({'number': self.next_number(), 'event': event, 'tag': tag, **keys,
                           'seen': 0})
        return self.rules[-1]['number']

    def matches(self, rule, event, flags):
        if rule['event'] != event or rule.get('flags', '') not in ('', flags):
            return False
        rule['seen'] += 1
        return rule['seen'] % int(rule.get('interval', 1)) == 0

    def raise_event(self, event, iotype, flags, sector, sectors):
        """Hold the I/O as long as a breakpoint wants."""
        for rule in [rule for rule in self.rules if rule['tag'] != 'drop']:
            if self.matches(rule, event, flags):
                hold = Hold(self.next_number(), rule, event, iotype, flags, sector, sectors)
                self.holds.append(hold)
                self.dm.changed.notify_all()
                self.dm.changed.wait_for(lambda hold=hold: hold.ended)

    def write(self, sector, sectors, byte, flags):
        write = (sector, sectors, byte, flags)
        if flags == 'fua':
            self.make_durable([write])
        else:
            self.volatile.append(write)
        self.raise_event('pwritev_done', 'write', flags, sector, sectors)

    def make_durable(self, writes):
        for write in writes:
            for sector in range(write[0], write[0] + write[1]):
                self.durable[sector] = write[2]
            if write in self.volatile:
                self.volatile.remove(write)

    def flush(self):
        before = list(self.volatile)
        self.raise_event('flush_to_disk', 'flush', '', '-', '-')
        if not any(rule['tag'] == 'drop' for rule in self.rules):
            self.make_durable(before)

    def read(self, sector):
        view = View(self, '', range(1, len(self.volatile) + 1), (self.durable, self.volatile))
        return view.read(sector)

    def end_holds(self, which):
        for hold in [hold for hold in self.holds if which(hold)]:
            hold.ended = True
            self.holds.remove(hold)
        self.dm.changed.notify_all()

    # --- Messages ---

    def message(self, verb, *words):
        return getattr(self, f'message_{verb}')(*words) or ''

    def message_break(self, event, tag, *words):
        return str(self.add_rule(event, tag, words))

    def message_add(self, action, *words):
        if action == 'drop':
            return str(self.add_rule('', 'drop', words)) + '-0'
        keys = dict(word.split('=', 1) for word in words)
        return str(self.add_rule('paused', keys['tag'], [])) + '-0'

    def message_remove_break(self, tag):
        self.rules = [rule for rule in self.rules if rule['tag'] != tag]
        self.end_holds(lambda hold: hold.rule['tag'] == tag)

    def message_resume(self, which):
        self.end_holds(lambda hold: f'#{hold.number}' == which)

    def message_held(self):
        return ''.join(f'{hold.line}\n' for hold in self.holds)

    def message_wait_break(self, tag, _):
        self.dm.changed.wait_for(lambda: any(hold.rule['tag'] == tag for hold in self.holds)
                                 or self.dm.ended)
        return next(hold.line for hold in self.holds if hold.rule['tag'] == tag)

    def message_volatile(self):
        return ''.join(f'{number} write {flags or "-"} {sector} {sectors} 1 0\n' for number,
                       (sector, sectors, _, flags) in enumerate(self.volatile, 1))

    def message_mark(self, name):
        self.marks[name] = dict(self.durable), list(self.volatile)

    def message_unmark(self, name):
        del self.marks[name]

    def status(self):
        return f'blkdebug state=1 power=on cached={512 * len(self.durable)} views=0'


class View:
    """A view of a moment: the durable sectors and the volatile writes."""

    def __init__(self, origin, policy, numbers, moment):
        self.origin = origin
        self.durable, self.volatile = moment
        self.kept = set(numbers)
        self.looked_at = []
        self.policy = policy

    def read(self, sector):
        value = self.durable.get(sector, '00')
        for number, (first, sectors, byte, _) in enumerate(self.volatile, 1):
            if first <= sector < first + sectors:
                if number not in self.looked_at:
                    self.looked_at.append(number)
                if number in self.kept:
                    value = byte
        return value

    def message(self, verb):
        assert verb == 'touched'
        return ' '.join(str(number) for number in self.looked_at) + '\n'

    def status(self):
        return f'blkdebug-crash volatile={len(self.volatile)} survived={len(self.kept)} torn=0 ' \
               f'lost={len(self.volatile) - len(self.kept)} touched={len(self.looked_at)} ' \
               f'survive={self.policy} seed=0'


def numbers_of(text):
    for word in filter(None, text.split(',')):
        first, _, last = word.partition('-')
        yield from range(int(first), int(last or first) + 1)


class FakeDm:
    """The server. All is done under one lock, which a held I/O gives up."""

    def __init__(self, directory, sectors=2048):
        self.directory = directory
        self.sectors = sectors
        self.devices = {}
        self.changed = threading.Condition()
        self.ended = False
        self.log = []
        self.before = lambda line: None
        os.makedirs(f'{directory}/bin')
        os.makedirs(f'{directory}/nodes')
        for program in ('dmsetup', 'io'):
            with open(f'{directory}/bin/{program}', 'w', encoding='ascii') as file:
                file.write(CLIENT.format(python=sys.executable, path=f'{directory}/socket'))
            os.chmod(f'{directory}/bin/{program}', 0o755)
        fake = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                asked = json.loads(self.rfile.readline())
                answer = json.dumps(fake.answer(**asked, ended=self.has_ended)).encode() + b'\n'
                try:
                    self.wfile.write(answer)
                except OSError:
                    pass             # the client was killed

            def has_ended(self):
                return bool(select.select([self.connection], [], [], 0)[0])

        self.server = socketserver.ThreadingUnixStreamServer(f'{directory}/socket', Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, program, words, text, ended):
        line = ' '.join([program, *words])
        self.before(line)
        if ended():
            return -9, ''            # It was killed before its ioctl.
        with self.changed:
            self.log.append(line)
            try:
                return 0, getattr(self, program)(words, text)
            except Failed as failure:
                return 1, f'device-mapper: ioctl on x  failed: {failure}\nCommand failed.\n'

    def io(self, words, _):
        """io DEVICE OP...: "w SECTOR SECTORS BYTE [fua]", "f", "r SECTOR"."""
        device, out = self.find(os.path.basename(words[0])), []
        for op in words[1:]:
            verb, *args = op.split()
            if verb == 'w':
                device.write(int(args[0]), int(args[1]), args[2], ' '.join(args[3:]))
            elif verb == 'f':
                device.flush()
            else:
                out.append(device.read(int(args[0])))
        return ' '.join(out)

    def find(self, name):
        if name not in self.devices:
            raise Failed('No such device or address')
        return self.devices[name]

    def dmsetup(self, words, text):
        command, *words = [word for word in words if not word.startswith('--')]
        if command == 'create':
            return self.create(words[0], text.split())
        if command == 'remove':
            for name in words:
                self.remove(name)
            return ''
        device = self.find(words[0])
        if command == 'message':
            return device.message(*words[2:])
        assert command == 'status', command
        return f'0 {self.sectors} {device.status()}\n'

    def remove(self, name):
        device = self.find(name)
        if any(isinstance(other, View) and other.origin is device
               for other in self.devices.values()):
            raise Failed('Device or resource busy')
        del self.devices[name]
        os.remove(f'{self.directory}/nodes/{name}')

    def create(self, name, table):
        if table[2] == 'blkdebug':
            self.devices[name] = Origin(self)
        else:
            self.devices[name] = self.make_view(*table[3:])
        with open(f'{self.directory}/nodes/{name}', 'w', encoding='ascii') as node:
            node.truncate(self.sectors * 512)
        return ''

    def make_view(self, path, *words):
        origin = self.find(os.path.basename(path))
        keys = dict(word.split('=') for word in words)
        if keys['at'] not in origin.marks:
            raise Failed('No such file or directory')
        moment = origin.marks[keys['at']]
        everything = range(1, len(moment[1]) + 1)
        policy = keys['survive']
        kept = set(everything if policy in ('all', 'data') else ())
        if policy not in ('all', 'data', 'none', 'meta'):
            draw = hash((policy, keys['seed']))
            kept = {number for number in everything if draw >> number % 60 & 1}
        kept |= set(numbers_of(keys.get('keep', '')))
        kept -= set(numbers_of(keys.get('lose', '')))
        return View(origin, policy, kept, moment)
