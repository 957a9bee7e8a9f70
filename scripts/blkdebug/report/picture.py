# SPDX-License-Identifier: GPL-2.0-only
"""The picture of a failure: writes in order (x) and place (y)."""

import collections
import math

from .markup import element, join, number, visible

FATES = {'S': 'survived', 'T': 'torn', 'L': 'lost', '?': 'unknown'}

LEFT, RIGHT, TOP, BOTTOM = 92, 150, 34, 44      # margins around the plot
WIDTH = 1000
BANDS_MAX = 14
BAND_GAP = 12
NARROW = 5
SECTORS_APART = 64          # gaps up to this, or up to all sectors written, are to scale


class Place:
    """The y axis: the sectors written, in bands; what nothing is written to is left out."""

    def __init__(self, writes):
        self.bands = self._bands(sorted(
            (write['sector'], write['sector'] + max(1, write['sectors'])) for write in writes))
        spans = [math.sqrt(last - first) for first, last in self.bands]
        height = min(440, max(60, 26 * len(self.bands) + 4 * len(writes)))
        smallest = 15
        spare = max(0, height - (smallest + BAND_GAP) * len(spans))
        self.tops = []
        y = TOP
        for span in spans:
            self.tops.append((y, smallest + spare * span / sum(spans)))
            y += self.tops[-1][1] + BAND_GAP
        self.bottom = y - BAND_GAP

    @staticmethod
    def _bands(extents):
        merged = [list(extents[0])]
        for first, last in extents[1:]:
            if first <= merged[-1][1]:
                merged[-1][1] = max(merged[-1][1], last)
            else:
                merged.append([first, last])
        gaps = sorted(((after[0] - before[1], index)
                       for index, (before, after) in enumerate(zip(merged, merged[1:]))),
                      reverse=True)
        apart = max(SECTORS_APART, sum(last - first for first, last in merged))
        cuts = sorted(index for gap, index in gaps[:BANDS_MAX - 1] if gap > apart)
        bands = []
        start = 0
        for cut in [*cuts, len(merged) - 1]:
            bands.append((merged[start][0], merged[cut][1]))
            start = cut + 1
        return bands

    def band(self, sector):
        return next(index for index, (_, last) in enumerate(self.bands) if sector < last)

    def y(self, sector, band):
        first, last = self.bands[band]
        top, height = self.tops[band]
        return top + height * (sector - first) / (last - first)

    def box(self, write):
        """(top, height) of a write."""
        band = self.band(write['sector'])
        top = self.y(write['sector'], band)
        height = max(3, self.y(write['sector'] + max(1, write['sectors']), band) - top)
        return top, height


class Picture:
    def __init__(self, writes, fates, culprits, touched):
        self.writes = writes
        self.fates = fates
        self.culprits = culprits
        self.touched = touched
        self.place = Place(writes)
        self.step = (WIDTH - LEFT - RIGHT) / len(writes)
        self.width = min(26, max(1.2, self.step - (1 if self.step > 3 else 0)))

    def x(self, index):
        return LEFT + self.step * index + (self.step - self.width) / 2

    def bands(self):
        """The background, the sectors at the left and the files at the right."""
        files = [collections.Counter() for _ in self.place.bands]
        for write in self.writes:
            if write.get('file'):
                files[self.place.band(write['sector'])][write['file']] += 1
        for (first, last), (top, height), names in zip(self.place.bands, self.place.tops, files):
            middle = f'{top + height / 2 + 3.5:.1f}'
            yield element('rect', class_='band', x=LEFT, y=f'{top:.1f}',
                          width=WIDTH - LEFT - RIGHT, height=f'{height:.1f}')
            if height < 45:
                yield element('text', number(first), class_='end', x=LEFT - 8, y=middle)
            else:
                yield element('text', number(first), class_='end', x=LEFT - 8, y=f'{top + 9:.1f}')
                yield element('text', number(last - 1), class_='end', x=LEFT - 8,
                              y=f'{top + height:.1f}')
            label = ', '.join(visible(name) for name, _ in names.most_common(2))
            if len(label) > 20:
                label = label[:19] + '…'
            yield element('text', label, element('title', ', '.join(map(visible, names))),
                          x=WIDTH - RIGHT + 8, y=middle)

    def axis(self):
        """Numbers and ages of some writes, and the cut at the right end."""
        bottom = self.place.bottom
        every = max(1, math.ceil(len(self.writes) * 46 / (WIDTH - LEFT - RIGHT)))
        ages = [write['ms'] for write in self.writes if write.get('ms') is not None]
        in_seconds = bool(ages) and max(ages) >= 10000
        for index in range(0, len(self.writes), every):
            write = self.writes[index]
            x = f'{self.x(index) + self.width / 2:.1f}'
            yield element('text', number(write['number']), class_='middle', x=x, y=bottom + 16)
            if write.get('ms') is not None:
                age = f'{write["ms"] / 1000:.1f}' if in_seconds else f'{write["ms"]:.0f}'
                yield element('text', f'−{age}', class_='middle age', x=x, y=bottom + 30)
        yield element('text', 'write', class_='end', x=LEFT - 26, y=bottom + 16)
        if ages:
            yield element('text', 's' if in_seconds else 'ms', class_='end age', x=LEFT - 26,
                          y=bottom + 30)
        yield element('text', 'sector', class_='end', x=LEFT - 8, y=TOP - 12)
        yield element('line', class_='cut', x1=WIDTH - RIGHT, y1=TOP - 6, x2=WIDTH - RIGHT,
                      y2=bottom + 18)
        yield element('text', 'power cut', x=WIDTH - RIGHT + 8, y=bottom + 16)

    def boxes(self):
        """One path for all writes of the same kind: pictures of 2,000 writes stay small."""
        paths = collections.defaultdict(list)
        for index, (write, fate) in enumerate(zip(self.writes, self.fates)):
            top, height = self.place.box(write)
            kind = FATES[fate]
            edges = ((top, height),)
            if fate == 'L' and self.width < NARROW:
                # Too narrow to be hollow: the upper and the lower edge only
                kind += ' narrow'
                edges = ((top, 1), (top + height - 1, 1))
            if self.touched is not None and index not in self.touched:
                kind += ' untouched'
            paths[kind] += [f'M{self.x(index):.1f} {y:.1f}h{self.width:.1f}'
                            f'v{length:.1f}h-{self.width:.1f}z' for y, length in edges]
        for kind, path in sorted(paths.items(), reverse=True):
            yield element('path', class_=kind, d=''.join(path))

    def marks(self):
        """Rings and lines to the culprits, the first few with their numbers."""
        row_ends = [-math.inf, -math.inf]
        for place, index in enumerate(self.culprits):
            write = self.writes[index]
            top, height = self.place.box(write)
            x = self.x(index)
            middle = x + self.width / 2
            yield element('rect', class_='culprit', x=f'{x - 3:.1f}', y=f'{top - 3:.1f}', rx=2,
                          width=f'{self.width + 6:.1f}', height=f'{height + 6:.1f}')
            row = next((row for row, end in enumerate(row_ends) if middle - 36 > end), None)
            if row is None or place >= 8:
                continue
            row_ends[row] = middle + 36
            y = 24 - 13 * row
            if top - 3 > TOP - 6:
                yield element('line', class_='culprit', x1=f'{middle:.1f}', y1=y + 3,
                              x2=f'{middle:.1f}', y2=f'{top - 3:.1f}')
            yield element('text', f'▼ {number(write["number"])}', class_='middle culprit',
                          x=f'{middle:.1f}', y=y)

    def svg(self, label):
        return element('svg', *self.bands(), *self.boxes(), *self.axis(), *self.marks(),
                       viewBox=f'0 0 {WIDTH} {self.place.bottom + BOTTOM:.0f}', role='img',
                       aria_label=label)


def legend_box(kind):
    return element('rect', class_=kind, x=3, y=3, width=12, height=10)


def legend_entry(shape, meaning):
    picture = element('svg', shape, viewBox='0 0 18 16', width=18, height=16, aria_hidden='true')
    return element('span', picture, meaning)


def legend(kinds):
    """The marks of a picture and their meanings; kinds are the classes that it uses."""
    meanings = [('survived', 'survived'), ('torn', 'torn: there in part'), ('lost', 'lost'),
                ('unknown', 'not known'),
                ('survived untouched', 'paler: neither recovery nor check read it'),
                ('culprit', 'culprit')]
    return element('p', *(legend_entry(legend_box(kind), meaning)
                          for kind, meaning in meanings if kind in kinds), class_='legend')
