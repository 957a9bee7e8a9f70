# SPDX-License-Identifier: GPL-2.0-only
"""The language of tables, rules and messages: words, rules, sizes and lists of numbers."""

from __future__ import annotations

import os
import re
import stat
from typing import Iterable, Optional, Sequence, Union

from .errors import Refused

SECTOR = 512
UINT_MAX = 2**32 - 1
UINT64_MAX = 2**64 - 1

# In the order in which the target prints them.
IOTYPES = ('read', 'write', 'write-zeroes', 'discard', 'flush', 'secure-erase', 'zone-append',
           'zone-mgmt')
# The iotypes that the kernel treats as writes
WRITES = IOTYPES[1:]

Value = Union[str, int, bool, None]


def escape(word: str) -> str:
    """Quote a word: dm takes the character after a backslash literally."""
    return re.sub(r'([\s\\])', r'\\\1', word)


def split_words(text: str) -> list[str]:
    """The words of a table line, without their backslashes."""
    return [re.sub(r'\\(.)', r'\1', word) for word in re.findall(r'(?:\\.|\S)+', text)]


def format_keys(keys: dict[str, Value]) -> list[str]:
    """Words key=value; True and False are on and off, a key with None is left out."""
    switches = {True: 'on', False: 'off'}
    return [f'{key}={switches[value] if isinstance(value, bool) else value}'
            for key, value in keys.items() if value is not None]


def format_rule(action: str, **keys: Value) -> str:
    """A rule as the target prints it, provided that the keys are in its order."""
    return ' '.join([action] + format_keys(keys))


def format_line(start: int, length: int, target: str, device: str, *words: object) -> str:
    """A table line. The device is quoted, the words are not."""
    return ' '.join([str(start), str(length), target, escape(device), *map(str, words)])


def select_iotypes(wanted: Iterable[str]) -> str:
    """The value of iotype= for these, in the order of the target."""
    chosen = set(wanted)
    return ','.join(iotype for iotype in IOTYPES if iotype in chosen)


def parse_size(text: str) -> int:
    """Bytes, from a number with a suffix K, M or G."""
    match = re.fullmatch(r'([0-9]+)([KMG]?)', text, re.IGNORECASE)
    if not match:
        raise Refused(f'{text!r}: not a size, such as 64M')
    return int(match.group(1)) << 10 * ' KMG'.index(match.group(2).upper() or ' ')


def format_size(size: int) -> str:
    """A size that parse_size() reads, with the largest suffix that it is a multiple of."""
    power = next(power for power in (3, 2, 1, 0) if size % (1 << 10 * power) == 0)
    return f'{size >> 10 * power}{" KMG"[power].strip()}'


def format_numbers(numbers: Iterable[int]) -> str:
    """A list of numbers and ranges, as in lose=1,3-5."""
    ranges: list[list[int]] = []
    for number in sorted(set(numbers)):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ','.join(str(first) if first == last else f'{first}-{last}' for first, last in ranges)


def parse_numbers(text: str) -> list[int]:
    """The numbers in such a list, in the order written; blanks separate as commas do."""
    numbers: list[int] = []
    for word in re.split(r'[\s,]+', text.strip()):
        match = re.fullmatch(r'([0-9]+)(?:-([0-9]+))?', word)
        if match:
            numbers += range(int(match.group(1)), int(match.group(2) or match.group(1)) + 1)
        elif word:
            raise Refused(f'{word!r}: neither a number nor a range')
    return numbers


def parse_status(words: Sequence[str]) -> dict[str, str]:
    """The words key=value of a status or an answer."""
    return dict(word.split('=', 1) for word in words if '=' in word)


def count_sectors(device: str) -> int:
    """The length of a device, given by its path or major:minor, or of an image."""
    try:
        if re.fullmatch(r'\d+:\d+', device):
            with open(f'/sys/dev/block/{device}/size', encoding='ascii') as file:
                return int(file.read())
        with open(device, 'rb') as image:
            mode = os.fstat(image.fileno()).st_mode
            if not (stat.S_ISBLK(mode) or stat.S_ISREG(mode)):
                raise Refused(f'{device}: not a block device')
            return image.seek(0, os.SEEK_END) // SECTOR
    except OSError as error:
        raise Refused(f'{device}: {error.strerror}') from error


def find_target(table: str, target: str) -> Optional[list[str]]:
    """The words after the target's name in the only line of this target, or None."""
    found = re.findall(rf'^(?:\S+: )?\d+ \d+ {re.escape(target)}(?:[ \t](.*))?$', table, re.MULTILINE)
    return split_words(found[0]) if len(found) == 1 else None
