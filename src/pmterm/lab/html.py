"""A report as one HTML file that needs nothing else: no script, no font, no image from anywhere.

Every text is escaped, and the page forbids itself whatever is not in it.
"""

from collections.abc import Sequence
from html import escape
from typing import Final

import msgspec

from pmterm.lab.tables import Table
from pmterm.model.text import clean_text

_STYLE: Final = """
:root { color-scheme: light dark; }
body { font: 14px/1.5 ui-monospace, monospace; margin: 2rem auto; max-width: 80rem;
  padding: 0 1rem; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.05rem; margin: 2rem 0 .4rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { border-bottom: 1px solid #8884; padding: .15rem .8rem .15rem 0; text-align: left;
  vertical-align: top; white-space: nowrap; }
th { font-weight: normal; opacity: .7; }
p { opacity: .8; max-width: 60rem; }
svg { display: block; margin: .5rem 0; max-width: 100%; height: auto; }
.base { stroke: #888; stroke-dasharray: 4 4; } .fall { fill: #d334; }
.line { fill: none; stroke: #37c; stroke-width: 1.5; } .dot { fill: #37c; }
"""
_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)


class Section(msgspec.Struct, frozen=True):
    """A table and the plots that go before it (SVG text of ours)."""

    table: Table
    plots: tuple[str, ...] = ()


def page(title: str, notes: Sequence[str], sections: Sequence[Section]) -> str:
    """Return the whole file."""
    body = [f"<h1>{_text(title)}</h1>", *(f"<p>{_text(note)}</p>" for note in notes)]
    body += [_section(section) for section in sections]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{_text(title)}</title><style>{_STYLE}</style></head>\n<body>\n"
        + "\n".join(body)
        + "\n</body></html>\n"
    )


def _section(section: Section) -> str:
    table = section.table
    head = "".join(f"<th>{_text(name)}</th>" for name in table.columns)
    rows = "\n".join(
        f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in row)}</tr>" for row in table.rows
    )
    note = f"<p>{_text(table.note)}</p>" if table.note else ""
    return (
        f"<h2>{_text(table.title)}</h2>{''.join(section.plots)}{note}\n"
        f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>\n{rows}\n'
        "</tbody></table></div>"
    )


def _text(text: str) -> str:
    """Make a text from outside inert: cleaned, and every sign of HTML escaped."""
    return escape(clean_text(text, 1_000))
