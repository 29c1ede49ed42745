"""Which markets a feed follows, which it was told to let go, and which the venue does not know."""

from collections.abc import Sequence

from pmterm.messages.base import Message
from pmterm.messages.feed import CLOSED_EARLY, MarketStatusSeen
from pmterm.model.ids import MarketId
from pmterm.model.market import Market, MarketStatus
from pmterm.model.units import Ns


class Watched:
    """Markets by id. One that was never watched may still be heard of; a dropped one not."""

    def __init__(self) -> None:
        self.markets: dict[MarketId, Market] = {}
        self.dropped: set[MarketId] = set()
        self._refused: set[MarketId] = set()
        self._said_closed: set[MarketId] = set()
        self._is_early: set[MarketId] = set()  # its close was moved nearer

    def add(self, market: Market) -> None:
        """Follow a market, also one that was let go or refused before."""
        self.markets[market.id] = market
        self.dropped.discard(market.id)
        self._refused.discard(market.id)

    def drop(self, market: MarketId) -> None:
        """Let a market go."""
        self.markets.pop(market, None)
        self.dropped.add(market)

    def refuse(self, market: MarketId) -> None:
        """Note that the venue does not know a market: naming it would cost the others."""
        self._refused.add(market)

    def joinable(self) -> list[MarketId]:
        """Return the markets to name in a subscription."""
        return [market for market in self.markets if market not in self._refused]

    def closing(self, at: Ns) -> list[Message]:
        """Say what closes by its clock, once: the venue has no frame for it."""
        said: list[Message] = []
        for market in self.markets.values():
            if 0 < market.closes_at <= at and market.id not in self._said_closed:
                self._said_closed.add(market.id)
                if market.status in {MarketStatus.ACTIVE, MarketStatus.UNOPENED}:
                    word = CLOSED_EARLY if market.id in self._is_early else ""
                    said.append(MarketStatusSeen(at, market.id, MarketStatus.CLOSED, word=word))
        return said

    def told(self, news: Sequence[tuple[MarketStatusSeen, Market]]) -> list[Message]:
        """Keep markets as they are now; return what was said of them."""
        for _, market in news:
            self.learn(market)
        return [seen for seen, _ in news]

    def learn(self, market: Market) -> None:
        """Keep a market as it is now. A close moved later will be said again."""
        before = self.markets.get(market.id)
        if before is not None and before.closes_at < market.closes_at:
            self._said_closed.discard(market.id)
            self._is_early.discard(market.id)
        elif before is not None and before.closes_at > market.closes_at:
            self._is_early.add(market.id)
        self.markets[market.id] = market
