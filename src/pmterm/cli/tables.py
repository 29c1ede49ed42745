"""Prints tables of words on a terminal."""

from collections.abc import Iterable
from typing import Final

from rich.console import Console
from rich.table import Table as Printed
from rich.text import Text

from pmterm.lab.tables import Table, chunks
from pmterm.model.text import clean_text

NARROWEST: Final = 60


def show_tables(tables: Iterable[Table], notes: Iterable[str], width: int) -> None:
    """Print tables that fit `width` cells, cleaned of whatever a terminal would obey."""
    width = max(width, NARROWEST)
    console = Console(width=width, highlight=False, markup=False, emoji=False)
    for table in tables:
        console.print(Text(clean_text(table.title), "bold"))
        for chunk in chunks(table, width):
            console.print(_printed(chunk))
            if chunk.note:
                console.print(Text(clean_text(chunk.note, 1_000), "dim"))
        console.print()
    for note in notes:
        console.print(Text(clean_text(note)))


def _printed(table: Table) -> Printed:
    printed = Printed(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in table.columns:
        printed.add_column(Text(name, "dim"), overflow="fold")
    for row in table.rows:
        printed.add_row(*(Text(clean_text(cell)) for cell in row))
    return printed
