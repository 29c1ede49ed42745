"""A review as tables of words, the same for the terminal and for HTML: each cell with its n."""

from collections.abc import Sequence
from typing import Final

import msgspec

from pmterm.lab import wording
from pmterm.lab.review import Part, Review
from pmterm.lab.round_trips import RoundTrip
from pmterm.messages.accounts import Mode
from pmterm.model.order import Side
from pmterm.model.text import counted
from pmterm.model.units import QTY_ONE, SECOND, fixed_text, price_text
from pmterm.stats.performance import Performance
from pmterm.store.export import time_text

_WHOSE: Final = {
    (Mode.PAPER, False): "PAPER MONEY",
    (Mode.PAPER, True): "DEMO OR LOCAL EXCHANGE, PAPER MONEY",
    (Mode.LIVE, False): "REAL MONEY",
    (Mode.LIVE, True): "LOCAL EXCHANGE, TEST MONEY",
}
LONGEST: Final = 44  # characters of a cell where room is dear
_SECONDS = slice(0, 19)


class Table(msgspec.Struct, frozen=True):
    """Rows of words under names; the first column says what a row is about.

    Where room is dear `most` rows are worth printing, 0: all of them, the newest being the last,
    and it `drops` columns of which no row knows anything.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    most: int = 0
    drops: bool = False


def whose(review: Review) -> str:
    """Say what the money and the markets of a review were."""
    return _WHOSE.get((review.mode, review.is_made_up), "REPLAYED, PAPER MONEY")


def figure_words(figures: Performance) -> dict[str, str]:
    """Return every figure in words."""
    return {
        "trades": f"{figures.n}",
        "net": f"{wording.money(figures.net)} n {figures.n}",
        "win rate": wording.rate(figures.win_rate),
        "net a trade": wording.amount(figures.average),
        "median net": wording.amount(figures.middle),
        "profit factor": wording.ratio(figures.profit_factor),
        "sharpe a trade": wording.sharpe(figures.sharpe),
        "max drawdown": wording.drawdown(figures.drawdown),
        "exposure": wording.stake(figures.stake),
        "half kelly": wording.share(figures.half_kelly),
        "time to revert": wording.seconds(figures.reversion_s),
    }


def whole_table(review: Review) -> Table:
    """Return the figures of all trades of a mode."""
    rows = [
        ("begun with", wording.money(review.capital)),
        *figure_words(review.whole).items(),
    ]
    if review.unknown:
        lost = wording.money(sum(trip.net for trip in review.unknown))
        rows.append(
            ("unknown, counted apart", f"{counted(len(review.unknown), 'trade')}, net {lost}")
        )
    if review.standing:
        tied = wording.money(sum(trip.cost for trip in review.standing))
        rows.append(("open yet, counted apart", f"{len(review.standing)}, {tied} paid for them"))
    return Table(f"{whose(review)}: all trades", ("figure", "value"), tuple(rows))


def part_tables(review: Review) -> list[Table]:
    """Return a table per dimension."""
    return [
        Table(
            f"{whose(review)}: by {dimension}",
            (dimension, *figure_words(review.whole), "unknown"),
            tuple(_part(part) for part in parts),
            most=24,
            drops=True,
        )
        for dimension, parts in review.parts.items()
        if parts
    ]


def trips_table(review: Review) -> Table:
    """Return every trade, those nobody knows the result of and those that stand among them."""
    trips = sorted((*review.trips, *review.unknown, *review.standing), key=lambda t: t.opened)
    return Table(
        f"{whose(review)}: trades",
        (
            "opened (UTC)",
            "for",
            "strategy",
            "signal",
            "side",
            "contracts",
            "entry",
            "exit",
            "fees",
            "net",
            "state",
            "market",
        ),
        tuple(_trip(trip, review) for trip in trips),
        most=10,
    )


def review_tables(review: Review) -> list[Table]:
    """Return all of them."""
    return [whole_table(review), *part_tables(review), trips_table(review)]


def chunks(table: Table, width: int) -> list[Table]:
    """Split a table into ones that fit `width` cells, each beginning with the first column.

    No more rows than are worth printing; columns of which nothing is known are left out. The note
    says what is missing.
    """
    table = _without_unknown(_cut(table))
    wide = [
        max(len(text) for text in column) for column in zip(table.columns, *table.rows, strict=True)
    ]
    groups: list[list[int]] = [[]]
    used = wide[0]
    for place in range(1, len(wide)):
        if groups[-1] and used + wide[place] + 2 > width:
            groups.append([])
            used = wide[0]
        groups[-1].append(place)
        used += wide[place] + 2
    return [
        Table(
            table.title,
            _pick(table.columns, group),
            tuple(_pick(row, group) for row in table.rows),
            table.note if number == len(groups) - 1 else "",
        )
        for number, group in enumerate(groups)
    ]


def _cut(table: Table) -> Table:
    """Keep the last rows, and no more than a line of each text."""
    rows, note = table.rows, table.note
    length = table.most
    if length and len(rows) > length:
        note = f"{note} The last {length} of {len(rows)}; --html and --json have all.".strip()
        rows = rows[-length:]
    short = tuple(tuple(_elided(cell) for cell in row) for row in rows)
    return msgspec.structs.replace(table, rows=short, note=note)


def _without_unknown(table: Table) -> Table:
    """Leave out the columns in which no row knows anything."""
    gone = [
        place
        for place, cells in enumerate(zip(*table.rows, strict=True))
        if place and all(cell.startswith(wording.NOT_KNOWN) for cell in cells)
    ]
    if not gone or not table.drops:
        return table
    names = ", ".join(table.columns[place] for place in gone)
    kept = [place for place in range(1, len(table.columns)) if place not in gone]
    return msgspec.structs.replace(
        table,
        columns=_pick(table.columns, kept),
        rows=tuple(_pick(row, kept) for row in table.rows),
        note=f"{table.note} Not known in any row: {names}.".strip(),
    )


def _elided(cell: str) -> str:
    return cell if len(cell) <= LONGEST else f"{cell[: LONGEST - 1]}…"


def _pick(cells: Sequence[str], group: Sequence[int]) -> tuple[str, ...]:
    return (cells[0], *(cells[place] for place in group))


def _part(part: Part) -> tuple[str, ...]:
    return (part.name, *figure_words(part.figures).values(), str(part.unknown))


def _trip(trip: RoundTrip, review: Review) -> tuple[str, ...]:
    state = "open yet" if trip.is_open else trip.doubt and f"unknown: {trip.doubt}"
    return (
        time_text(trip.opened)[_SECONDS],
        f"{(trip.closed - trip.opened) // SECOND} s" if trip.closed else "-",
        trip.strategy,
        trip.signal or "-",
        "buy" if trip.side is Side.BUY else "sell",
        fixed_text(trip.qty, len(str(QTY_ONE)) - 1),
        price_text(trip.entry),
        price_text(trip.exit) if trip.closed else "-",
        wording.money(trip.fees),
        wording.money(trip.net),
        state or "done",
        review.titles.get(trip.market, trip.market),
    )
