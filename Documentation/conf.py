# SPDX-License-Identifier: GPL-2.0-only
"""Settings of Sphinx for the pages and the man pages of dm-blkdebug."""

import pathlib
import re

from docutils import nodes

project = 'dm-blkdebug'
author = 'The dm-blkdebug authors'
copyright = author
release = re.search(r'^PACKAGE_VERSION=(\S+)',
                    (pathlib.Path(__file__).parent.parent / 'dkms.conf').read_text(),
                    re.MULTILINE).group(1)
version = release

# Includes are parts of pages.
exclude_patterns = ['include']
smartquotes = False
# Literal blocks are of no language unless they say so.
highlight_language = 'none'

html_theme = 'alabaster'
html_theme_options = {
    'description': 'Fault injection for block devices',
    'page_width': '1100px',
    'body_max_width': 'none',
    'fixed_sidebar': True,
}
html_sidebars = {'**': ['about.html', 'navigation.html', 'searchbox.html']}
html_static_path = ['static']
html_css_files = ['tables.css']
html_copy_source = False
html_show_sphinx = False

man_pages = [
    ('man/dm-blkdebug', 'dm-blkdebug', 'device-mapper target for fault injection', author, 7),
    ('man/blkdebug-table', 'blkdebug-table', "convert rules of QEMU's blkdebug and back", author, 1),
    ('man/blkdebug-convert', 'blkdebug-convert', 'convert tables of other device-mapper targets',
     author, 1),
    ('man/blkdebug-explore', 'blkdebug-explore', 'test what a power cut at any moment leaves', author,
     1),
    ('man/blkdebug-dmsetup', 'blkdebug-dmsetup', 'dmsetup with other targets as dm-blkdebug', author,
     1),
]


# --- Man pages ---
#
# tbl gives all columns of a table the same width. Man pages therefore show tables of the
# class "entries" as lists of definitions: the first column is the term, the columns without
# a label in this list are its text, and the others follow with their label.

UNLABELLED = ('effect', 'meaning', 'meaning (default)')


def cells(row):
    return [entry.astext().strip() and entry[0].children for entry in row]


def definition(labels, row):
    term, *columns = cells(row)
    text = nodes.paragraph()
    for unlabelled in (True, False):
        for label, column in zip(labels[1:], columns):
            if not column or (label in UNLABELLED) is not unlabelled:
                continue
            if text.children:
                text += nodes.Text('. ')
            if not unlabelled:
                text += nodes.emphasis(text=f'{label.capitalize()}:')
                text += nodes.Text(' ')
            text += [child.deepcopy() for child in column]
    return nodes.definition_list_item(
        '', nodes.term('', '', nodes.strong(text=row[0].astext())), nodes.definition('', text))


def tables_to_lists(app, doctree, _):
    if app.builder.name != 'man':
        return
    for table in list(doctree.findall(nodes.table)):
        if 'entries' not in table['classes']:
            continue
        labels = [entry.astext() for entry in next(iter(table.findall(nodes.thead)))[0]]
        body = next(iter(table.findall(nodes.tbody)))
        table.replace_self(nodes.definition_list(
            '', *(definition(labels, row) for row in body)))


def setup(app):
    app.connect('doctree-resolved', tables_to_lists)
