"""One market's book as the stage keeps it: levels, trust, and everything that was counted."""

from enum import IntEnum
from typing import Final

from pmterm.messages.feed import BookChanged, BookSnapshot
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import MarketStatus
from pmterm.model.order import Side
from pmterm.model.readings import BookHealth
from pmterm.model.units import PRICE_ONE, Ns, Price, Qty
from pmterm.trading.book.flow import Flow
from pmterm.trading.book.order_book import BookSide, OrderBook

NEVER: Final[Ns] = -1


class Trust(IntEnum):
    """How far the levels can be believed, best last."""

    NONE = 0  # no snapshot since the start, a loss, or a new tick
    DOUBTED = 1  # the levels stand, but the venue's own word does not fit them
    SOUND = 2


class Kept:
    """The book of one market, mutable; only `Books` and its rules hold one."""

    __slots__ = (
        "ask_flow",
        "asks",
        "bid_flow",
        "bids",
        "book",
        "changed_at",
        "crossed_episodes",
        "crossed_since",
        "hash_agree",
        "hash_checks",
        "healing",
        "is_crossed",
        "is_good",
        "lost",
        "market",
        "mismatches",
        "negative_levels",
        "pruned_levels",
        "reason",
        "replies_differ",
        "reply_agreed",
        "resyncs",
        "say_by",
        "status",
        "ticker_count",
        "ticker_pair",
        "ticker_since",
        "touch_agree",
        "touch_checks",
        "trust",
        "venue",
        "was_lost",
        "was_over",
    )

    def __init__(self, market: MarketId) -> None:
        self.market = market
        self.venue = venue_of(market)
        self.bids = BookSide()
        self.asks = BookSide()
        self.book = OrderBook(self.bids, self.asks)
        self.bid_flow = Flow()
        self.ask_flow = Flow()
        self.trust = Trust.NONE
        self.reason = "no book yet"
        self.status = MarketStatus.ACTIVE
        self.is_good = False  # SOUND and the market open: kept for the hot path
        self.is_crossed = False  # or locked: a bid at or above an ask
        self.crossed_since: Ns = NEVER
        self.changed_at: Ns = 0
        self.say_by: Ns = 0  # until then a change below the best five need not be said
        self.was_lost = False
        self.was_over = False
        self.mismatches = 0
        self.healing = 0
        self.ticker_since: Ns = NEVER
        self.ticker_pair = (0, 0, 0, 0)
        self.ticker_count = 0
        self.replies_differ = 0
        self.reply_agreed = 0
        self.lost = self.resyncs = self.negative_levels = self.crossed_episodes = 0
        self.touch_checks = self.touch_agree = self.pruned_levels = 0
        self.hash_checks = self.hash_agree = 0

    def believe(self, trust: Trust, reason: str) -> None:
        """Set how far the levels are believed, and why not."""
        self.trust = trust
        self.reason = reason
        self.judge()

    def judge(self) -> None:
        """Work out anew whether changes of this book may be called trusted."""
        self.is_good = self.trust is Trust.SOUND and self.status is MarketStatus.ACTIVE

    def heal(self) -> None:
        """Count a touch that agreed; believe the book again when enough have in a row."""
        self.healing -= 1
        if self.healing == 0 and self.trust is Trust.DOUBTED:
            self.was_lost = False
            self.believe(Trust.SOUND, "")

    def replace(self, snapshot: BookSnapshot, at: Ns) -> None:
        """Take a snapshot's levels; what differs from sound levels counts as flow."""
        bids = dict(snapshot.bids)
        asks = {PRICE_ONE - price: qty for price, qty in snapshot.asks}
        if self.trust is Trust.SOUND:
            _count(self.bids.levels, bids, self.bid_flow, at)
            _count(self.asks.levels, asks, self.ask_flow, at)
        else:
            self.bid_flow.forget()
            self.ask_flow.forget()
        self.bids.replace(bids.items())
        self.asks.replace(asks.items())

    def drop(self) -> None:
        """Forget all levels."""
        self.bids.replace(())
        self.asks.replace(())

    def printed(self, price: Price, qty: Qty, taker: Side, at: Ns) -> None:
        """A trade took from the side that the taker did not stand on."""
        if taker is Side.SELL:
            self.bid_flow.printed(price, qty, at)
        else:
            self.ask_flow.printed(PRICE_ONE - price, qty, at)

    def said(self, at: Ns) -> BookChanged:
        """The book as it stands now."""
        self.say_by = 0  # something else than a level changed: say the next change in any case
        bids, asks = self.bids, self.asks
        return BookChanged(
            at,
            self.market,
            bids.best,
            PRICE_ONE - asks.best,
            bids.levels.get(bids.best, 0),
            asks.levels.get(asks.best, 0),
            bids.top_value // PRICE_ONE,
            asks.top_value // PRICE_ONE,
            self.is_good and not self.is_crossed,
        )

    def health(self) -> BookHealth:
        """How far the book can be trusted, and what it went through."""
        return BookHealth(
            is_trusted=self.is_good and not self.is_crossed,
            reason=self._why(),
            changed_at=self.changed_at,
            bid_levels=len(self.bids.stakes),
            ask_levels=len(self.asks.stakes),
            bid_size=self.bids.total,
            ask_size=self.asks.total,
            lost=self.lost,
            resyncs=self.resyncs,
            negative_levels=self.negative_levels,
            crossed_episodes=self.crossed_episodes,
            touch_checks=self.touch_checks,
            touch_agree=self.touch_agree,
            pruned_levels=self.pruned_levels,
            hash_checks=self.hash_checks,
            hash_agree=self.hash_agree,
        )

    def _why(self) -> str:
        if self.trust is not Trust.SOUND:
            return self.reason
        if self.status is not MarketStatus.ACTIVE:
            return f"market {self.status.value}"
        return "crossed" if self.is_crossed else ""


def venue_of(market: MarketId) -> Venue:
    """Tell a market's venue by the shape of its id: Kalshi tickers start with a letter."""
    return Venue.KALSHI if market[:1].isalpha() else Venue.POLYMARKET


def _count(old: dict[Price, Qty], new: dict[Price, Qty], flow: Flow, at: Ns) -> None:
    for stake, qty in new.items():
        if qty > old.get(stake, 0):
            flow.placed += qty - old.get(stake, 0)
    for stake, qty in old.items():
        if qty > new.get(stake, 0):
            flow.fell(stake, qty - new.get(stake, 0), at)
