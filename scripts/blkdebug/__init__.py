# SPDX-License-Identifier: GPL-2.0-only
"""
Programs dm-blkdebug: devices, rules, breakpoints, power cuts and crash views. See
Documentation/python.rst.
"""

from .device import Breakpoint, Device, DmDevice, Hold, Outcome, View, Write
from .errors import DmsetupError, Error, Refused
from .table import (escape, format_line, format_numbers, format_rule, format_size, parse_numbers,
                    parse_size, split_words)

__all__ = [
    'Breakpoint', 'Device', 'DmDevice', 'DmsetupError', 'Error', 'Hold', 'Outcome', 'Refused',
    'View', 'Write', 'escape', 'format_line', 'format_numbers', 'format_rule', 'format_size',
    'parse_numbers', 'parse_size', 'split_words',
]
