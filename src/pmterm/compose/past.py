"""Gives a session what stores know of earlier signals: cards for people, records for the gate."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from pmterm.compose.given import version
from pmterm.config.paths import kept_path, live_store_path, store_path
from pmterm.config.settings import Hosts, Settings
from pmterm.lab.cases import Likeness, Past, Worth, chance, chosen_at, ppm
from pmterm.lab.proof import records, trades_by_itself
from pmterm.lab.proved import first_kept, proving, read_proved
from pmterm.messages.accounts import MADE_UP
from pmterm.messages.base import Message
from pmterm.messages.feed import MarketSeen
from pmterm.messages.signals import SignalKind, SignalSeen, SignalWorth
from pmterm.messages.strategy import RecordKnown
from pmterm.model.errors import StoreBroken
from pmterm.model.ids import MarketId, venue_of
from pmterm.model.market import Market
from pmterm.model.units import SECOND, Ns, Price
from pmterm.store.cases import CaseRow, FirstSeen, past_cases, rules_since
from pmterm.store.database import Database
from pmterm.trading.signal.rules import SignalSettings
from pmterm.trading.strategy.settings import Rules, StrategySettings
from pmterm.views.signals import NAMES

TRIED_FROM: Final = 100  # known cases of a kind before a model is worth a try

Chance = Callable[[SignalSeen], tuple[float | None, int]]


def rules_of(settings: Settings) -> str:
    """Name the settings that a record is about, and the world it was made in.

    Where the venues are not the real ones (a local exchange) the name says so: a made-up crowd
    proves nothing about real ones.
    """
    return rules_in(settings, is_real=settings.hosts == Hosts())


def rules_in(settings: Settings, *, is_real: bool) -> str:
    """Name the thresholds signals are found with, and strategies' parameters that were changed.

    Which markets are paired, and how large orders are, changes no record.
    """
    told: list[object] = [msgspec.structs.replace(settings.signals, pairs="")]
    parameters = msgspec.structs.replace(settings.strategies, rules=Rules())
    if parameters != StrategySettings():
        told.append(parameters)
    words = b"\n".join(map(msgspec.json.encode, told))
    name = hashlib.sha256(words).hexdigest()[:12]
    return name if is_real else name + MADE_UP


def shipped(settings: Settings) -> Settings:
    """Return settings with the thresholds and parameters that pmterm comes with."""
    return msgspec.structs.replace(
        settings, signals=SignalSettings(), strategies=StrategySettings()
    )


async def past_of(settings: Settings, database: Database, *, alone: bool = False) -> Past:
    """Read the signals of this store and, unless `alone`, of its paper or live sister.

    For a session, those of real venues or those of a local exchange, as its own are.

    Raises:
        StoreBroken: this store cannot be read. A sister that cannot be is left out.
    """
    rows, seen = await past_cases(database), await rules_since(database)
    sisters = () if alone else (store_path(settings.store), live_store_path(settings.store))
    for path in sisters:
        if path != database.path and path.is_file():
            more, firsts = await _sister(path)
            rows += more
            seen += firsts
    kept = [] if alone else await asyncio.to_thread(read_proved, kept_path(settings.store))
    rules = rules_of(settings)
    since = chosen_at(rules, rules_of(shipped(settings)), [*seen, *first_kept(kept)])
    if alone:
        return Past(rows, since)
    rows = [row for row in rows if row.is_made_up == rules.endswith(MADE_UP)]
    own = [row for row in rows if row.rules == rules]
    return Past(rows, since, proving(kept, rules, version(), since, own))


async def _sister(path: Path) -> tuple[list[CaseRow], list[FirstSeen]]:
    try:
        async with await Database.open(path, read_only=True) as database:
            return await past_cases(database), await rules_since(database)
    except StoreBroken:
        return [], []


def records_of(
    settings: Settings, past: Past, told: Sequence[Message], at: Ns
) -> list[RecordKnown]:
    """Return what strategies have shown by `at`, with the settings in force and no others.

    `told` is the journal of the money at stake.
    """
    rules, score = rules_of(settings), settings.signals.act_score_ppm
    own = [row for row in past.rows if row.rules == rules and row.at >= past.since]
    rows = [*own, *past.proving]
    return records(at, rows, 0, score, trades_by_itself(told))


def chances_of(past: Past) -> Chance:
    """Try a model per kind of signal, and return what those say that beat the plain rate."""
    counts: dict[str, int] = {}
    for row in past.rows:
        counts[row.kind] = counts.get(row.kind, 0) + row.is_whole
    kinds = [kind for kind, n in counts.items() if n > TRIED_FROM]
    if not kinds:
        return lambda _: (None, 0)
    from pmterm.lab.learned import learn, learned_chance

    learned = {kind: learn(kind, past.rows) for kind in kinds}
    return lambda signal: learned_chance(learned.get(signal.kind), signal)


def _back_to(signal: SignalSeen, part: float | None) -> Price:
    """Return where the learned part of the move back ends (G11), 0 where none is known."""
    if part is None or not signal.before2:
        return 0
    return round((signal.mid2 + part * (signal.before2 - signal.mid2)) / 2)


def _like(like: Likeness) -> str:
    """Say in the words of the trade which signals are alike."""
    name = NAMES[SignalKind(like.kind)]
    where = f"{name} on {like.venue.capitalize()}" if like.venue else name
    return f"{where}, {like.category}" if like.category else where


class Cards:
    """Tells, for each signal, what became of earlier ones like it; nothing is decided by it."""

    def __init__(self, past: Past, learned: Chance, tell: Callable[[Message], None]) -> None:
        self._past = past
        self._learned = learned
        self._tell = tell
        self._markets: dict[MarketId, Market] = {}

    def hears(self) -> Mapping[type[Message], Callable[[Any], None]]:
        """Return what is listened to."""
        return {MarketSeen: self._market_seen, SignalSeen: self._signal_seen}

    def _market_seen(self, seen: MarketSeen) -> None:
        self._markets[seen.market.id] = seen.market

    def _signal_seen(self, signal: SignalSeen) -> None:
        market = self._markets.get(signal.market)
        venue = market.venue if market is not None else venue_of(signal.market)
        category = market.category if market is not None else ""
        worth = self._past.like(signal.kind, venue, category)
        self._tell(card_of(signal, worth, self._learned(signal)))


def card_of(signal: SignalSeen, worth: Worth, learned: tuple[float | None, int]) -> SignalWorth:
    """Put a worth in the words of the card of one signal."""
    calibrated = chance(worth, signal.score_ppm)
    net = worth.net
    return SignalWorth(
        at=signal.at,
        id=signal.id,
        like=_like(worth.like),
        n=worth.n,
        reverted=worth.reverted.hits,
        rate_ppm=ppm(worth.reverted.rate),
        low_ppm=ppm(worth.reverted.low),
        high_ppm=ppm(worth.reverted.high),
        median=round((worth.seconds.value or 0.0) * SECOND),
        net=round(net.value or 0.0),
        net_low=round(net.low or 0.0),
        net_high=round(net.high or 0.0),
        clusters=net.clusters if net.low is not None else 0,
        back_ppm=ppm(worth.back.value),
        back_n=worth.back.n,
        chance_ppm=ppm(calibrated.rate),
        chance_n=calibrated.n,
        learned_ppm=ppm(learned[0]),
        learned_n=learned[1],
        is_held_out=worth.is_held_out,
        net_n=net.n,
        back_to=_back_to(signal, worth.back.value),
        cut_short=worth.cut_short,
    )
