"""Builds the report of past trades and signals: the store in, words and pages out."""

from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path

import msgspec

from pmterm.config.sections import StoreSettings
from pmterm.config.settings import Settings
from pmterm.lab.asked import BY_HAND, ELSEWHERE
from pmterm.lab.plain_facts import Facts, review_facts
from pmterm.lab.review import Review, Wanted, reviews
from pmterm.lab.tables import Table, review_tables
from pmterm.lab.times import parse_time
from pmterm.messages.signals import SignalKind
from pmterm.model.errors import UsageWrong
from pmterm.model.ids import Venue
from pmterm.store.database import Database
from pmterm.store.journal import Journal
from pmterm.trading.strategy.strategies import STRATEGIES

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
    """A report: for people as tables, for programs as facts."""

    tables: tuple[Table, ...]
    facts: Facts
    notes: tuple[str, ...] = ()


async def report(given: Settings, choice: Choice, of: Callable[[StoreSettings], Path]) -> Told:
    """Read a store (`of` says which) and say what its trades amounted to.

    Raises:
        UsageWrong: a time or a name that means nothing.
        StoreBroken: there is no store, or it is damaged.
    """
    wanted = wanted_of(choice)
    async with await Database.open(of(given.store), read_only=True) as database:
        messages = await Journal(database).read()
    found = reviews(messages, wanted)
    return _told(found)


def _told(found: list[Review]) -> Told:
    tables = [table for review in found for table in review_tables(review)]
    notes = () if found else (NOTHING,)
    return Told(tuple(tables), {"reviews": [review_facts(review) for review in found]}, notes)


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
