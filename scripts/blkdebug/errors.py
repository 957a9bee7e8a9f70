# SPDX-License-Identifier: GPL-2.0-only
"""The exceptions of the package."""

from __future__ import annotations

import errno
import os
import re
from typing import Sequence


class Error(Exception):
    """Base class: the text is one line, for the user."""


class Refused(Error):
    """Input that is wrong; the text names the word at fault."""


# dmsetup reports errors as text, in the C locale that run_dmsetup() sets.
ERRNO_OF_TEXT = {os.strerror(number): number for number in sorted(errno.errorcode, reverse=True)}


class DmsetupError(Error):
    """dmsetup failed. errno is that of its ioctl, or None if dmsetup does not tell."""

    def __init__(self, arguments: Sequence[str], output: str):
        said = ' '.join(output.split())
        super().__init__(f'dmsetup {" ".join(arguments)}: {said}')
        texts = re.findall(r'failed: ([^:\n]*)$', output, re.MULTILINE)
        self.output = output
        self.errno = ERRNO_OF_TEXT.get(texts[0].strip()) if texts else None
