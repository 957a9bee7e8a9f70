# SPDX-License-Identifier: GPL-2.0-only
"""The style of the page, and what its pictures share."""

from .markup import element

STYLE = '''
:root {
  color-scheme: light dark;
  --paper: #fff; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --band: #f3f5f7;
  --survived: #0b62b8; --lost: #b3430c; --torn: #7b3fa0; --good: #1a6b3c; --link: #0b57b0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --ink: #e4e7eb; --soft: #9aa4b0; --line: #363d46; --band: #1d2228;
    --survived: #6cb2f5; --lost: #f39a63; --torn: #cf9cf0; --good: #6fcf97; --link: #82b8ff;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1080px; padding: 24px 20px 80px; background: var(--paper);
  color: var(--ink); font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; }
h1 { font-size: 22px; margin: 0 0 16px; } h2 { font-size: 18px; margin: 40px 0 12px; }
h3 { font-size: 16px; margin: 0 0 8px; } h4 { font-size: 14px; margin: 16px 0 4px; }
p { margin: 6px 0; } a { color: var(--link); }
code, pre, .columns, td.number { font-family: ui-monospace, "DejaVu Sans Mono", monospace; }
code { font-size: 13px; overflow-wrap: anywhere; }
pre { font-size: 13px; line-height: 1.4; margin: 4px 0; padding: 10px 12px; background: var(--band);
  border-radius: 4px; max-height: 420px; overflow: auto; white-space: pre-wrap;
  overflow-wrap: anywhere; }
.typed { color: var(--soft); }
.verdict { border-left: 6px solid var(--soft); padding: 4px 16px; margin: 0 0 20px; }
.verdict.good { border-color: var(--good); } .verdict.failed { border-color: var(--lost); }
.verdict .heading { font-size: 24px; font-weight: 600; line-height: 1.25; }
.verdict.good .heading span, .result.good { color: var(--good); }
.verdict.failed .heading span, .result.failed { color: var(--lost); }
.result { font-weight: 600; margin-right: 10px; white-space: nowrap; }
.result.skipped { color: var(--soft); }
.figures { display: flex; flex-wrap: wrap; gap: 12px 36px; margin: 0 0 20px; }
.figures div { display: flex; flex-direction: column-reverse; }
.figures dt { color: var(--soft); font-size: 13px; }
.figures dd { margin: 0; font-size: 20px; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; margin: 8px 0; }
table { border-collapse: collapse; font-size: 14px; }
th, td { text-align: left; vertical-align: top; padding: 4px 16px 4px 0;
  border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 500; }
td { overflow-wrap: break-word; }
td.number { text-align: right; white-space: nowrap; font-size: 13px; }
table.facts th { white-space: nowrap; }
.notes { padding-left: 20px; }
figure { margin: 12px 0; } figcaption { color: var(--soft); font-size: 13px; }
svg { display: block; width: 100%; height: auto; }
.legend { margin: 4px 0; }
.legend > span { margin-right: 18px; white-space: nowrap; }
.legend svg { display: inline; width: 18px; height: 16px; vertical-align: -3px; margin-right: 4px; }
figcaption > .legend { margin-left: 12px; }
text { fill: var(--soft); font: 11px ui-monospace, "DejaVu Sans Mono", monospace; }
text.end { text-anchor: end; } text.middle { text-anchor: middle; }
text.culprit { fill: var(--ink); font-weight: 700; font-size: 12px; }
.band { fill: var(--band); }
.survived { fill: var(--survived); stroke: none; }
.lost { fill: var(--paper); stroke: var(--lost); stroke-width: 1.6; }
.narrow { fill: var(--lost); stroke: none; }
.torn { fill: url(#hatch); stroke: var(--torn); stroke-width: 1.2; }
.hatch { stroke: var(--torn); stroke-width: 2.4; }
.unknown { fill: none; stroke: var(--soft); stroke-dasharray: 2 2; }
.untouched { opacity: .35; }
rect.culprit { fill: none; stroke: var(--ink); stroke-width: 2; }
line.culprit { stroke: var(--ink); stroke-dasharray: 3 3; }
line.cut { stroke: var(--ink); stroke-width: 1.5; } line.axis { stroke: var(--line); }
.complete { fill: var(--survived); } .partial { fill: url(#dots); stroke: var(--survived); }
.dot { fill: var(--survived); }
path.failed { fill: none; stroke: var(--lost); stroke-width: 2; }
.failure { border-top: 1px solid var(--line); padding: 24px 0 8px; }
details > summary { cursor: pointer; padding: 4px 0; color: var(--link); }
.point { border-bottom: 1px solid var(--line); content-visibility: auto;
  contain-intrinsic-size: auto 30px; }
.point > summary { color: inherit; }
.point > :not(summary) { margin: 0 0 10px 20px; }
.columns { display: inline-grid; grid-template-columns: 7em 14em 7em 12em 8em 1fr auto; gap: 0 8px;
  width: calc(100% - 20px); font-size: 12.5px; }
.points:has(#only-failed:checked) .point:not(.failed) { display: none; }
.defs { position: absolute; width: 0; height: 0; }
@media (max-width: 800px) { .columns { display: inline; } .columns > span { margin-right: 12px; } }
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  pre { max-height: none; border: 1px solid var(--line); } label { display: none; }
  .failure, .verdict, figure, tr { break-inside: avoid-page; }
  svg *, .verdict { print-color-adjust: exact; }
}
'''


# Patterns that all pictures share
DEFS = element('svg', element(
    'defs',
    element('pattern', element('path', class_='hatch', d='M0 0V6'), id='hatch', width=5, height=6,
            patternUnits='userSpaceOnUse', patternTransform='rotate(45)'),
    element('pattern', element('rect', class_='dot', width=2, height=2), id='dots', width=4,
            height=4, patternUnits='userSpaceOnUse')), class_='defs', aria_hidden='true')
