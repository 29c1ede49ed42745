"""A recorded evening as a world: its frames read by the venues' feeds, told anew to any client."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from pmterm.messages.base import Message
from pmterm.messages.feed import (
    NOT_TOLD,
    BookSnapshot,
    LevelMoved,
    LevelSet,
    MarketStatusSeen,
    TickChanged,
    TradeSeen,
)
from pmterm.messages.transport import Closed, Frame, HttpResponse, Opened
from pmterm.model.errors import RecordingBroken, WireSurprise
from pmterm.model.fees import FeeKind, FeeSchedule
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market, MarketStatus
from pmterm.model.order import Side
from pmterm.model.units import Ns
from pmterm.sim.events import (
    BookReplaced,
    GridChanged,
    LevelNow,
    MarketEvent,
    SimEvent,
    StatusChanged,
    Traded,
)
from pmterm.sim.listing import Listing
from pmterm.sim.market_state import MarketState
from pmterm.sim.world import Unmatched
from pmterm.store.recording_lines import Line, MarketLine
from pmterm.venues.base import Catalog, Feed
from pmterm.venues.kalshi.catalog import KalshiCatalog
from pmterm.venues.kalshi.feed import KalshiFeed
from pmterm.venues.polymarket.catalog import PolymarketCatalog
from pmterm.venues.polymarket.feed import PolymarketFeed

OURS = FeeSchedule(FeeKind.POLYMARKET, 50_000)  # where none was recorded: this exchange tells one


class RecordingWorld(Unmatched):
    """Plays a recording from `start` on, `speed` times as fast as it was.

    `lines` are read twice (a `RecordingReader` will do): once for the markets, once while time
    passes. Markets without metadata are left out; starting and closing times move with the frames,
    since a client's own clock closes a market whose time has come. What the venue's touch
    disproves is pruned, as in our own books. After the last line nothing more happens.

    Raises:
        RecordingBroken: there is no market in it that could be listed.
    """

    def __init__(self, lines: Iterable[Line], start: Ns, *, speed: float = 1.0) -> None:
        self._start = start
        self._speed = speed
        markets = _markets(lines)
        if not markets:
            raise RecordingBroken(
                "no market in this recording has metadata", "It can be replayed, but not served."
            )
        self._lines = _timed(lines)
        self._next = next(self._lines, None)
        self._first = self._next.at if self._next else 0
        self.listings: Sequence[Listing] = tuple(
            _listing(self._moved(market), number) for number, market in enumerate(markets, 1)
        )
        self.states: Mapping[MarketId, MarketState] = {
            listing.market.id: MarketState(listing) for listing in self.listings
        }
        self._shadow = {listing.market.id: MarketState(listing) for listing in self.listings}
        self._feeds: dict[Venue, Feed] = {
            Venue.KALSHI: KalshiFeed(),
            Venue.POLYMARKET: PolymarketFeed(),
        }
        for market, listing in zip(markets, self.listings, strict=True):
            then = msgspec.structs.replace(
                listing.market, starts_at=market.starts_at, closes_at=market.closes_at
            )
            self._feeds[market.venue].watch(then, self._first)
        self._trades = 0

    @property
    def is_over(self) -> bool:
        """Whether the recording has been played to its end."""
        return self._next is None

    def run_until(self, at: Ns) -> Sequence[SimEvent]:
        """Return what the recording holds up to `at`, in the time of the one who listens."""
        events: list[SimEvent] = []
        until = self._first + int((at - self._start) * self._speed)
        while self._next is not None and self._next.at <= until:
            line = self._next
            heard = max(self._start, self._now_of(line.at))
            for message in self._receive(line):
                events += self._translate(message, heard)
            self._next = next(self._lines, None)
        return events

    def _now_of(self, then: Ns) -> Ns:
        """Return when somebody who listens now has what was `then` in the recording."""
        return self._start + int((then - self._first) / self._speed)

    def _moved(self, market: Market) -> Market:
        """Return a market whose times have moved with its frames; 0, not told, stays so."""
        return msgspec.structs.replace(
            market,
            starts_at=self._now_of(market.starts_at) if market.starts_at else 0,
            closes_at=self._now_of(market.closes_at) if market.closes_at else 0,
            fees=OURS if market.fees.kind is FeeKind.UNKNOWN else market.fees,
        )

    def _receive(self, line: Message) -> Sequence[Message]:
        match line:
            case Frame():
                return self._feeds[line.venue].receive(line)
            case HttpResponse():
                return self._feeds[line.venue].answered(line)
            case Opened():
                return self._feeds[line.venue].opened(line)
            case Closed():
                return self._feeds[line.venue].closed(line)
            case _:
                return ()

    def _translate(self, message: Message, at: Ns) -> list[MarketEvent]:
        """Return a feed's message as what happened, and keep the shadow book up with it."""
        state = self._shadow.get(getattr(message, "market", MarketId("")))
        if state is None:
            return []
        events = list(self._happened(message, at, state))
        for event in events:
            state.apply(event)
        return events

    def _happened(self, message: Message, at: Ns, state: MarketState) -> Iterator[MarketEvent]:
        match message:
            case BookSnapshot(is_reply=False):
                yield BookReplaced(at, message.market, message.bids, message.asks)
            case BookSnapshot() if not (state.bids.sizes or state.asks.sizes):
                yield BookReplaced(at, message.market, message.bids, message.asks)
            case LevelSet():
                yield from self._set(message, at, state)
            case LevelMoved(side=side, price=price, delta=delta):
                before = state.side(side).sizes.get(price, 0)
                qty = max(0, before + delta)
                yield LevelNow(at, message.market, side, price, qty, qty - before)
            case TradeSeen(is_block=False):
                self._trades += 1
                yield Traded(
                    at, message.market, message.price, message.qty, message.taker, self._trades
                )
            case TickChanged(bands=(band,)):
                yield GridChanged(at, message.market, band.step, state.bands[0].step)
            case MarketStatusSeen():
                yield StatusChanged(at, message.market, message.status, _result(message, state))
            case _:
                return

    def _set(self, message: LevelSet, at: Ns, state: MarketState) -> Iterator[MarketEvent]:
        """Set a level, after taking away what stands beyond the touch that came with it."""
        market = message.market
        stale: list[tuple[Side, int]] = []
        if message.best_bid != NOT_TOLD:
            stale += [(Side.BUY, p) for p in state.bids.prices if p > message.best_bid]
        if message.best_ask != NOT_TOLD:
            stale += [(Side.SELL, p) for p in state.asks.prices if p < message.best_ask]
        for side, price in stale:
            if (side, price) != (message.side, message.price):
                yield LevelNow(at, market, side, price, 0, -state.side(side).sizes[price])
        before = state.side(message.side).sizes.get(message.price, 0)
        yield LevelNow(at, market, message.side, message.price, message.qty, message.qty - before)


def _markets(lines: Iterable[Line]) -> list[Market]:
    catalogs: dict[Venue, Catalog] = {
        Venue.KALSHI: KalshiCatalog(),
        Venue.POLYMARKET: PolymarketCatalog(),
    }
    found: dict[MarketId, Market] = {}
    for line in lines:
        if isinstance(line, MarketLine):
            try:
                market = catalogs[line.venue].market_of(line.data)
            except WireSurprise:
                continue
            found.setdefault(market.id, market)
    return list(found.values())


def _listing(market: Market, number: int) -> Listing:
    """Return a listing with the names that catalogues need, made up where none was recorded."""
    event = market.event or (
        market.id.rsplit("-", 1)[0]
        if market.venue is Venue.KALSHI
        else f"recorded-{market.id[2:10]}"
    )
    known = msgspec.structs.replace(
        market,
        event=event,
        event_title=market.event_title or market.title,
        slug=market.slug or f"recorded-{market.id[2:10]}-market",
        status=MarketStatus.ACTIVE,
        result="",
    )
    series = event.split("-", 1)[0] if market.venue is Venue.KALSHI else "recorded"
    return Listing(
        known, subtitle=market.outcomes[0].name, series=series, number=number, game=number
    )


def _timed(lines: Iterable[Line]) -> Iterator[Message]:
    """Yield the lines that are events."""
    for line in lines:
        if isinstance(line, Frame | HttpResponse | Opened | Closed):
            yield line


def _result(message: MarketStatusSeen, state: MarketState) -> int:
    names = [outcome.name for outcome in state.listing.market.outcomes]
    return names.index(message.result) if message.result in names else -1
