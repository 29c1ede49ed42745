"""The evening before the viewer came, as the frames that would have been received."""

from collections.abc import Collection, Iterator
from typing import TypeAlias

import msgspec

from pmterm.messages.transport import Frame, Opened
from pmterm.model.ids import MarketId, Venue
from pmterm.model.units import SECOND, Ns
from pmterm.sim.events import MatchMoment, SimEvent
from pmterm.sim.kalshi_session import KalshiSession
from pmterm.sim.market_state import MarketState
from pmterm.sim.polymarket_session import PolymarketSession
from pmterm.sim.polymarket_words import PolymarketVoice
from pmterm.sim.world import World, passing

Received: TypeAlias = Opened | Frame
KALSHI_CHANNELS = ("orderbook_delta", "ticker", "trade")
KALSHI_LIFECYCLE = "market_lifecycle_v2"  # of every market at once; it takes no tickers


def history(
    world: World,
    begins: Ns,
    until: Ns,
    *,
    markets: Collection[MarketId] | None = None,
    conn: int = 1,
) -> Iterator[Received]:
    """Let the world's time pass from `begins` to `until` and yield what a client would receive.

    For each venue with a market comes Opened with `conn`, the first books, then every frame that
    our feeds subscribe to, resolutions too; `at` is strictly increasing and never after `until`
    by more than the frames of one instant. Books are on Kalshi's default scale (the NO side as NO
    prices). `markets` None means all. The world itself moves on: serve it from `until` afterwards.
    """
    for _ in passing(world, begins):
        pass
    chosen = {
        market: state
        for market, state in world.states.items()
        if markets is None or market in markets
    }
    listener = _Listener(chosen, begins, conn)
    yield from listener.open()
    at = begins
    while at < until:
        at = min(until, at + SECOND)
        for event in passing(world, at):
            yield from listener.hear(event)


class _Listener:
    """A pretend client of both venues that notes what it is sent."""

    def __init__(self, states: dict[MarketId, MarketState], at: Ns, conn: int) -> None:
        self._at = at
        self._conn = conn
        self._kalshi = _of(states, Venue.KALSHI)
        self._polymarket = _of(states, Venue.POLYMARKET)
        self._kalshi_session = KalshiSession(self._kalshi)
        self._session = PolymarketSession(self._polymarket)
        self._voice = PolymarketVoice(self._polymarket)

    def open(self) -> Iterator[Received]:
        """Connect and subscribe."""
        if self._kalshi:
            yield Opened(self._next(self._at), Venue.KALSHI, self._conn)
            for number, params in enumerate(self._kalshi_wishes(), 1):
                command = _json({"id": number, "cmd": "subscribe", "params": params})
                replies = self._kalshi_session.hear(command, self._at)
                yield from self._frames(Venue.KALSHI, replies, self._at)
        if self._polymarket:
            yield Opened(self._next(self._at), Venue.POLYMARKET, self._conn)
            tokens = [
                outcome.token
                for state in self._polymarket.values()
                for outcome in state.listing.market.outcomes
            ]
            command = _json(
                {"type": "market", "assets_ids": tokens, "custom_feature_enabled": True}
            )
            replies = [str(reply) for reply in self._session.hear(command, self._at)]
            yield from self._frames(Venue.POLYMARKET, replies, self._at)

    def _kalshi_wishes(self) -> Iterator[dict[str, object]]:
        """Yield what is subscribed to, command by command."""
        for channel in KALSHI_CHANNELS:
            tickers = list(self._kalshi)
            yield {"channels": [channel], "market_tickers": tickers, "use_yes_price": False}
        yield {"channels": [KALSHI_LIFECYCLE]}

    def hear(self, event: SimEvent) -> Iterator[Received]:
        """Return what is said about an event."""
        if isinstance(event, MatchMoment):
            return
        if event.market in self._kalshi:
            yield from self._frames(Venue.KALSHI, self._kalshi_session.tell(event), event.at)
        elif event.market in self._polymarket:
            said = [one.text for one in self._voice.say(event) if self._session.wants(one)]
            yield from self._frames(Venue.POLYMARKET, said, event.at)

    def _frames(self, venue: Venue, texts: list[str], at: Ns) -> Iterator[Received]:
        for text in texts:
            yield Frame(self._next(at), venue, self._conn, text)

    def _next(self, at: Ns) -> Ns:
        self._at = max(self._at + 1, at)
        return self._at


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _of(states: dict[MarketId, MarketState], venue: Venue) -> dict[MarketId, MarketState]:
    return {
        market: state for market, state in states.items() if state.listing.market.venue is venue
    }
