"""Rebuilds every book of a recording and holds it against the venue's own words."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, TypeAlias

import msgspec

from pmterm.messages.base import Message
from pmterm.messages.health import Surprised
from pmterm.messages.transport import Frame, HttpResponse
from pmterm.model.errors import WireSurprise
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market
from pmterm.model.readings import BookHealth
from pmterm.model.text import clean_text
from pmterm.model.units import Price, Qty, fixed_text, price_text
from pmterm.runtime.engine import Engine, NoBroker
from pmterm.store.recording import Header, Line, MarketLine, NoteLine
from pmterm.trading.pipeline import Pipeline, Stage
from pmterm.venues.base import Feed

MarketReader: TypeAlias = Callable[[dict[str, Any]], Market]


class Book(Protocol):
    """A book as far as a check looks into it."""

    def bids(self, n: int) -> list[tuple[Price, Qty]]:
        """Best first."""
        ...

    def asks(self, n: int) -> list[tuple[Price, Qty]]:
        """Best first."""
        ...


class Books(Stage, Protocol):
    """The book stage as far as a check looks into it."""

    def book(self, market: MarketId) -> Book | None:
        """One book."""
        ...

    def health(self, market: MarketId) -> BookHealth:
        """How it fared."""
        ...

    def markets(self) -> Iterable[MarketId]:
        """Every market with a book."""
        ...


class _FrameHead(msgspec.Struct):
    type: str = ""
    event_type: str = ""


_HEAD = msgspec.json.Decoder(_FrameHead)
_HEADS = msgspec.json.Decoder(list[_FrameHead])
WHOLE_BOOK = 1 << 20  # levels; more than there are prices
MOST_TYPES = 100  # of frames told apart; a file of noise makes up any number of them


def frame_type(text: str) -> str:
    """Say what a stream frame calls itself; a plain word (`PONG`) is its own type."""
    start = text.lstrip()[:1]
    try:
        if start == "[":
            heads = _HEADS.decode(text)
            return _name_of(heads[0]) if heads else "empty"
        if start == "{":
            return _name_of(_HEAD.decode(text))
    except (msgspec.MsgspecError, RecursionError):
        return "unreadable"
    return clean_text(text[:80], 20) or "blank"


def _name_of(head: _FrameHead) -> str:
    return clean_text(head.type or head.event_type, 40) or "untyped"


def _books_of(market: Market) -> list[Market]:
    """Return a market as the books a check keeps apart: one for each outcome with a token."""
    tokens = [outcome.token for outcome in market.outcomes if outcome.token]
    return [msgspec.structs.replace(market, id=MarketId(token)) for token in tokens] or [market]


class RecordingCheck:
    """Plays the lines of a recording through feeds and books, and counts."""

    def __init__(
        self,
        feeds: Mapping[Venue, Feed],
        books: Books,
        read_market: Mapping[Venue, MarketReader],
        gaps: Callable[[], Mapping[MarketId, int]],
    ) -> None:
        self._books = books
        self._read_market = read_market
        self._gaps = gaps
        self._engine = Engine(feeds, Pipeline([books]), NoBroker())
        self._engine.listen({Surprised: self._surprised})
        self.frames: Counter[str] = Counter()
        self.surprises: Counter[str] = Counter()
        self.http = 0

    def take(self, line: Line) -> None:
        """Take one line."""
        if isinstance(line, Header | NoteLine):
            return
        if isinstance(line, MarketLine):
            self._watch(line)
            return
        if isinstance(line, Frame):
            kind = frame_type(line.text)
            is_known = kind in self.frames or len(self.frames) < MOST_TYPES
            self.frames[kind if is_known else "others"] += 1
        elif isinstance(line, HttpResponse):
            self.http += 1
        self._run(line)

    def _watch(self, line: MarketLine) -> None:
        try:
            market = self._read_market[line.venue](line.data)
        except WireSurprise:
            self.surprises["market metadata"] += 1
            return
        for book in _books_of(market):
            for _ in self._engine.watch(book, line.at):
                pass

    def _run(self, event: Message) -> None:
        for _ in self._engine.take(event):
            pass

    def _surprised(self, message: Surprised) -> None:
        self.surprises[message.kind] += 1

    def report(self, damage: Iterable[str]) -> dict[str, object]:
        """Return the stable answer of `recording verify --json`.

        Prices are dollar strings or null, sizes decimal strings over the whole book. A Kalshi
        market is its ticker on the YES scale, a Polymarket one its token id.
        """
        markets = sorted(self._books.markets())
        surprises = [
            f"{n} x {kind}: did not fit what we know" for kind, n in self.surprises.items()
        ]
        return {
            "frames": dict(sorted(self.frames.items())),
            "markets": {market: self._market(market) for market in markets},
            "damage": [*damage, *surprises],
            "books_hash": self._hash(markets),
        }

    def _market(self, market: MarketId) -> dict[str, object]:
        health = self._books.health(market)
        book = self._books.book(market)
        bids = book.bids(1) if book is not None else []
        asks = book.asks(1) if book is not None else []
        return {
            "bid": price_text(bids[0][0]) if bids else None,
            "ask": price_text(asks[0][0]) if asks else None,
            "bid_levels": health.bid_levels,
            "ask_levels": health.ask_levels,
            "bid_size": fixed_text(health.bid_size, 6),
            "ask_size": fixed_text(health.ask_size, 6),
            "seq_gaps": self._gaps().get(market, 0),
            "resyncs": health.resyncs,
            "negative_levels": health.negative_levels,
            "crossed_episodes": health.crossed_episodes,
            "touch_checks": health.touch_checks,
            "touch_agree": health.touch_agree,
            "pruned_levels": health.pruned_levels,
        }

    def _hash(self, markets: list[MarketId]) -> str:
        """Hash of all final books: market, then its levels, best first, in integer units."""
        digest = hashlib.sha256()
        for market in markets:
            book = self._books.book(market)
            levels = ([], []) if book is None else (book.bids(WHOLE_BOOK), book.asks(WHOLE_BOOK))
            digest.update(f"{market} {levels}\n".encode())
        return digest.hexdigest()
