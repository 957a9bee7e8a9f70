# SPDX-License-Identifier: GPL-2.0-only
"""HTML: escaped text, elements, tables and numbers."""

import html
import unicodedata

# Elements without content and without an end tag
VOID = ('input', 'meta')


class Markup(str):
    """Text that is HTML already."""


def visible(text):
    """Text with a visible escape for each character that a page must not have."""
    if isinstance(text, (bytes, bytearray)):
        text = bytes(text).decode('utf-8', 'backslashreplace')
    text = text if isinstance(text, str) else str(text)
    if text.isascii() and text.isprintable():
        return text
    return ''.join(f'\\u{{{ord(char):x}}}'
                   if unicodedata.category(char) in ('Cc', 'Cf', 'Cs', 'Cn') and char not in '\n\t'
                   else char for char in text)


def escape(text):
    return text if isinstance(text, Markup) else Markup(html.escape(visible(text)))


def join(parts, separator=''):
    return Markup(escape(separator).join(escape(part) for part in parts))


def element(tag, *content, **attributes):
    """
    An element; content that is no Markup is escaped. An underscore after an attribute's
    name is dropped (class_), others become hyphens; attributes that are None are left out.
    """
    words = ''.join(f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
                    for key, value in attributes.items() if value is not None)
    if tag in VOID:
        return Markup(f'<{tag}{words}>')
    return Markup(f'<{tag}{words}>{join(content)}</{tag}>')


def table(labels, rows, class_=None):
    """A table; a row is a list of cells, a cell Markup, text, or (class, content)."""
    def cell(name, content):
        kind = None
        if isinstance(content, tuple):
            kind, content = content
        return element(name, content, class_=kind)

    head = element('tr', *(cell('th', label) for label in labels))
    body = join(element('tr', *(cell('td', content) for content in row)) for row in rows)
    return element('div', element('table', element('thead', head), element('tbody', body),
                                  class_=class_), class_='scroll')


# --- Numbers ---

def number(value):
    return f'{value:,}' if isinstance(value, int) else visible(value)


def count(value, noun):
    return f'{number(value)} {noun}{"" if value == 1 else "s"}'


def duration(seconds):
    if seconds < 0.9995:
        return f'{seconds * 1000:.0f} ms'
    if seconds < 60:
        return f'{seconds:.1f} s'
    minutes, rest = divmod(round(seconds), 60)
    return f'{minutes // 60} h {minutes % 60} min' if minutes >= 60 else f'{minutes} min {rest} s'


def power_of_two(exponent):
    return Markup(f'2<sup>{int(exponent)}</sup>')
