"""The thinking parts of every mode, built once and handed to each other; no logic."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from pmterm.config.settings import Settings
from pmterm.live.broker import LiveBroker
from pmterm.live.settings import LiveSettings
from pmterm.messages.last_books import LastBooks
from pmterm.model.errors import RecordingBroken, WireSurprise
from pmterm.model.ids import Venue
from pmterm.model.market import Market
from pmterm.paper.broker import PaperBroker
from pmterm.paper.latency import PaperSettings
from pmterm.runtime.engine import Engine
from pmterm.runtime.reader import Reader
from pmterm.store.journal import JOURNALED
from pmterm.trading.book.books import Books
from pmterm.trading.execution.executor import Executor
from pmterm.trading.pipeline import Pipeline, Stage
from pmterm.trading.portfolio.portfolio import Portfolio
from pmterm.trading.risk.gate import Gate
from pmterm.trading.risk.live_checks import LiveRules
from pmterm.trading.signal.detector import Detector
from pmterm.trading.strategy.manual import Manual
from pmterm.trading.strategy.strategies import Strategies
from pmterm.venues.base import Catalog, Feed, Orders
from pmterm.venues.kalshi.catalog import KalshiCatalog
from pmterm.venues.kalshi.feed import KalshiFeed
from pmterm.venues.polymarket.catalog import PolymarketCatalog
from pmterm.venues.polymarket.feed import PolymarketFeed
from pmterm.views.board import BoardFold

THINKING = ("signals", "risk", "paper", "manual", "cash", "strategies")
SETTINGS_NOTE = "settings"
ENDED_NOTE = "the session ended"
SLEPT_NOTE = "the computer slept"
OURS = "pmterm"  # key of a market told in our own words, where the venue's are not at hand


class Core(NamedTuple):
    """The street of one session, and what looks into it."""

    engine: Engine
    feeds: Mapping[Venue, Feed]
    books: Books
    gate: Gate
    executor: Executor
    portfolio: Portfolio
    strategies: Strategies
    reader: Reader
    fold: BoardFold


def catalogs() -> dict[Venue, Catalog]:
    """Build a catalog per venue."""
    return {Venue.POLYMARKET: PolymarketCatalog(), Venue.KALSHI: KalshiCatalog()}


def core(
    settings: Settings,
    wings: Mapping[Venue, Orders] | None = None,
    feeds: Mapping[Venue, Feed] | None = None,
    *,
    is_watched: bool = True,
    beside: Sequence[Stage] = (),
) -> Core:
    """Build feeds, the six stages, the broker and the board.

    With `wings` orders go to the venues; without, a paper broker answers them. `feeds` stand in
    for those of the venues. Where nobody watches, the board is told nothing. Stages `beside` the
    strategies hear and say what those do.
    """
    books, last = Books(), LastBooks()
    detector = Detector(settings.signals)
    gate = Gate(settings.risk, _live_rules(settings), last)
    executor = Executor()
    portfolio = Portfolio(last)
    manual = Manual(settings.manual, last)
    act_score = settings.signals.act_score_ppm
    strategies = Strategies(settings.strategies, manual, act_score)
    stages: list[Stage] = [books, detector, manual, strategies, *beside]
    stages += [gate, executor, portfolio]
    if feeds is None:
        feeds = {Venue.POLYMARKET: PolymarketFeed(), Venue.KALSHI: KalshiFeed()}
    engine = _engine(settings, feeds, Pipeline(stages), books, wings)
    reader = Reader(books, detector, manual, gate, strategies)
    fold = BoardFold(reader, settings.manual.slippage_ppm)
    if is_watched:
        engine.listen(fold.hears())
    return Core(engine, feeds, books, gate, executor, portfolio, strategies, reader, fold)


def _live_rules(settings: Settings) -> LiveRules:
    rules = settings.strategies.rules
    return LiveRules(
        min_signals=rules.min_signals, small=rules.small, small_trades=rules.small_trades
    )


def _engine(
    settings: Settings,
    feeds: Mapping[Venue, Feed],
    pipeline: Pipeline,
    books: Books,
    wings: Mapping[Venue, Orders] | None,
) -> Engine:
    if wings is not None:
        venues = LiveBroker(wings, LiveSettings(**msgspec.structs.asdict(settings.live)))
        return Engine(feeds, pipeline, venues, journaled=JOURNALED, venues=venues)
    paper = PaperSettings(**msgspec.structs.asdict(settings.paper))
    return Engine(feeds, pipeline, PaperBroker(books, paper), journaled=JOURNALED)


def thinking(settings: Settings) -> dict[str, Any]:
    """Write the settings that decide what a session decides, for its recording."""
    return {name: msgspec.to_builtins(getattr(settings, name)) for name in THINKING}


def thought_with(settings: Settings, told: Mapping[str, Any]) -> Settings:
    """Return the settings with those of a recorded session in the place of ours.

    Raises:
        RecordingBroken: they do not read.
    """
    try:
        changes = {
            name: msgspec.convert(told[name], type(getattr(settings, name)))
            for name in THINKING
            if name in told
        }
    except msgspec.ValidationError as error:
        raise RecordingBroken(f"the session's settings do not read: {error}.") from error
    return msgspec.structs.replace(settings, **changes)


def read_market(venue: Venue, data: dict[str, Any]) -> Market:
    """Read a market from a recording's metadata, the venue's words or ours.

    Raises:
        WireSurprise: it is neither.
    """
    ours = data.get(OURS)
    if ours is None:
        return catalogs()[venue].market_of(data)
    try:
        return msgspec.convert(ours, Market)
    except msgspec.ValidationError as error:
        raise WireSurprise(f"metadata of a market does not read: {error}") from error


def market_words(market: Market) -> dict[str, Any]:
    """Write a market in our own words, for a recording made without the venue's."""
    words: dict[str, Any] = {OURS: msgspec.to_builtins(market)}
    return words
