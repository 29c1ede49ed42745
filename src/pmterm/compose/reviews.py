"""Builds the report of past trades and signals: the store in, words and pages out."""

import os
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Final

import msgspec

from pmterm.compose.past import past_of, records_of
from pmterm.config.sections import StoreSettings
from pmterm.config.settings import Settings
from pmterm.lab.asked import BY_HAND, ELSEWHERE
from pmterm.lab.calibration import (
    CURVE,
    Calibration,
    calibration_tables,
    market_calibrations,
    signal_calibrations,
)
from pmterm.lab.cases import Past
from pmterm.lab.html import Section, page
from pmterm.lab.learned import learn
from pmterm.lab.plain_facts import Facts, review_facts
from pmterm.lab.record_tables import record_facts, record_table
from pmterm.lab.review import Review, Wanted, reviews
from pmterm.lab.signal_tables import named, signal_facts, signal_table, worths
from pmterm.lab.svg import equity_plot, reliability_plot
from pmterm.lab.tables import Table, review_tables
from pmterm.lab.times import parse_time
from pmterm.messages.signals import SignalKind
from pmterm.messages.strategy import RecordKnown
from pmterm.model.errors import UsageWrong
from pmterm.model.ids import Venue
from pmterm.store.cases import CaseRow
from pmterm.store.database import Database
from pmterm.store.journal import Journal
from pmterm.store.private_files import open_private
from pmterm.store.resolved import quotes_of_resolved
from pmterm.trading.strategy.strategies import STRATEGIES

NO_CALIBRATION = "Calibration: not known: n 0 resolved markets, n 0 chances told of signals."
NOTHING = "No trade was made yet, so there is nothing to report."


class Choice(msgspec.Struct, frozen=True):
    """What was asked for on the command line; times as typed."""

    since: str = ""
    until: str = ""
    strategy: str = ""
    signal: str = ""
    venue: str = ""
    market: str = ""


class Told(msgspec.Struct, frozen=True):
    """A report: for people as tables with plots beside them, for programs as facts."""

    sections: tuple[Section, ...]
    facts: Facts
    notes: tuple[str, ...] = ()

    @property
    def tables(self) -> list[Table]:
        """The tables without plots."""
        return [section.table for section in self.sections]

    def html(self) -> str:
        """Write it as one file."""
        return page("pmterm: what trades and signals were worth", self.notes, self.sections)


class Shown(msgspec.Struct, frozen=True):
    """What strategies have shown; with fewer than `min_signals` nothing is proved (T12)."""

    records: tuple[RecordKnown, ...] = ()
    min_signals: int = 0


NOTHING_SHOWN: Final = Shown()


async def report(
    given: Settings, choice: Choice, of: Callable[[StoreSettings], Path], *, calibrates: bool
) -> Told:
    """Read a store (`of` says which) and say what its trades and signals amounted to.

    Raises:
        UsageWrong: a time or a name that means nothing.
        StoreBroken: there is no store, or it is damaged.
    """
    wanted = wanted_of(choice)
    async with await Database.open(of(given.store), read_only=True) as database:
        messages = await Journal(database).read()
        past = await past_of(given, database, alone=True)
        whole = await past_of(given, database)
        quotes = await quotes_of_resolved(database) if calibrates else []
    rows = [row for row in past.rows if _is_wanted(row, wanted)]
    past = Past(rows, past.since)
    calibrations = [*market_calibrations(quotes), *_confidences(rows)] if calibrates else []
    records = [
        one
        for one in records_of(given, whole, messages, 0)
        if wanted.strategy in {"", one.strategy}
    ]
    shown = Shown(tuple(records), given.strategies.rules.min_signals)
    whole_report = told(reviews(messages, wanted), past, calibrations, shown)
    if calibrates and not calibrations:
        notes = (*whole_report.notes, NO_CALIBRATION)
        return msgspec.structs.replace(whole_report, notes=notes)
    return whole_report


def told(
    found: Sequence[Review],
    past: Past,
    calibrations: Sequence[Calibration],
    shown: Shown = NOTHING_SHOWN,
) -> Told:
    """Put everything in words, plots and facts."""
    sections = [section for review in found for section in _sections(review)]
    signals: list[Facts] = []
    models: Facts = {}
    for is_made_up, rows in _worlds(past.rows):
        learned = {kind: learn(kind, rows) for kind in sorted({row.kind for row in rows})}
        verdicts = {kind: trial.verdict for kind, trial in learned.items()}
        known = worths(Past(rows, past.since))
        sections.append(Section(signal_table(known, verdicts, is_made_up=is_made_up)))
        signals += [fact | {"is_made_up": is_made_up} for fact in signal_facts(known, verdicts)]
        models |= {
            named(kind, is_made_up=is_made_up): msgspec.to_builtins(trial.comparison)
            for kind, trial in learned.items()
        }
    if any(record.held_out or record.cut_short for record in shown.records):
        sections.append(Section(record_table(shown.records, shown.min_signals)))
    plots = {one.what: reliability_plot(one) for one in calibrations}
    for table in calibration_tables(calibrations):
        plot = plots.get(table.title.removeprefix(CURVE))
        sections.append(Section(table, (plot,) if plot else ()))
    facts: Facts = {
        "reviews": [review_facts(review) for review in found],
        "signals": signals,
        "records": record_facts(shown.records, shown.min_signals),
        "models": models,
        "calibration": [msgspec.to_builtins(one) for one in calibrations],
    }
    return Told(tuple(sections), facts, () if found else (NOTHING,))


def write_page(path: Path, text: str) -> None:
    """Write a report where only its owner can read it: it says what he is worth.

    Raises:
        UsageWrong: it cannot be written.
    """
    try:
        descriptor = open_private(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        words = (error.strerror or str(error)).lower()
        raise UsageWrong(f"{path} cannot be written: {words}.", "Name another file.") from error


def _worlds(rows: Sequence[CaseRow]) -> list[tuple[bool, list[CaseRow]]]:
    """Part the signals of real venues from those that were made up: never added up."""
    parts = [(world, [row for row in rows if row.is_made_up == world]) for world in (False, True)]
    return [(world, part) for world, part in parts if part]


def _confidences(rows: Sequence[CaseRow]) -> list[Calibration]:
    return [
        msgspec.structs.replace(one, what=named(one.what, is_made_up=is_made_up))
        for is_made_up, part in _worlds(rows)
        for one in signal_calibrations(part)
    ]


def _sections(review: Review) -> list[Section]:
    whole, *others = review_tables(review)
    plot = equity_plot(review.whole.curve, review.capital)
    return [Section(whole, (plot,)), *map(Section, others)]


def _is_wanted(row: CaseRow, wanted: Wanted) -> bool:
    kind = STRATEGIES[wanted.strategy].kind if wanted.strategy in STRATEGIES else ""
    return (
        row.at >= wanted.since
        and (not wanted.until or row.at < wanted.until)
        and wanted.signal in {"", row.kind}
        and kind in {"", row.kind}
        and wanted.venue in {"", row.venue}
        and wanted.market in {"", row.market}
    )


def wanted_of(choice: Choice) -> Wanted:
    """Check what was typed.

    Raises:
        UsageWrong: a time that is none, or a name that nothing has.
    """
    _known(choice.strategy, "--strategy", [*STRATEGIES, BY_HAND, ELSEWHERE])
    _known(choice.signal, "--signal", list(SignalKind))
    _known(choice.venue, "--venue", list(Venue))
    since, until = parse_time(choice.since, "--since"), parse_time(choice.until, "--until")
    if until and until <= since:
        raise UsageWrong("--until is not after --since.", "Nothing lies between them.")
    return Wanted(since, until, choice.strategy, choice.signal, choice.venue, choice.market)


def _known(name: str, option: str, names: list[str]) -> None:
    if name and name not in names:
        near = get_close_matches(name, names, 1, 0.5)
        hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(names)}."
        raise UsageWrong(f"{option} {name[:40]} means nothing.", hint)
