"""Compares what we believe with what the venue says: orders, fills, holdings, cash."""

from collections.abc import Sequence

import msgspec

from pmterm.messages.base import Message
from pmterm.messages.said import HoldingSeen, ListEnded, ListKind, MoneySeen
from pmterm.model.ids import MarketId, VenueOrderId
from pmterm.model.units import SECOND, Cash, Ns, Qty
from pmterm.venues.base import Orders

EVERY_WORKING: Ns = 15 * SECOND
EVERY_QUIET: Ns = 60 * SECOND
GIVE_UP: Ns = 12 * SECOND  # a round that has not ended by then is asked anew
AGAIN: Ns = 2 * SECOND  # doubled each time a round breaks off, until one is whole
LONGEST_AGAIN: Ns = 30 * SECOND
OVERLAP: Ns = 600 * SECOND  # fills are asked for from so long before the last time they agreed


class Theirs(msgspec.Struct):
    """What one round of questions brought so far.

    `told` has the venue's last word for each outcome: an answer to a round that was thrown away can
    still come in this one, so nothing is ever added to it.
    """

    cause: str
    began_at: Ns
    orders: set[VenueOrderId] = msgspec.field(default_factory=set)
    told: dict[tuple[MarketId, int], HoldingSeen] = msgspec.field(default_factory=dict)
    cash: Cash | None = None
    ended: set[ListKind] = msgspec.field(default_factory=set)

    @property
    def outcomes(self) -> list[HoldingSeen]:
        """Return what is held of each outcome, where it is anything."""
        return [seen for seen in self.told.values() if seen.qty]

    @property
    def holdings(self) -> dict[MarketId, Qty]:
        """Return what is held by market: the two outcomes netted, signed on the YES scale."""
        held: dict[MarketId, Qty] = {}
        for seen in self.told.values():
            signed = seen.qty if seen.outcome == 0 else -seen.qty
            held[seen.market] = held.get(seen.market, 0) + signed
        return held

    @property
    def is_whole(self) -> bool:
        """Whether every list came to its end; only then does absence say anything."""
        return len(self.ended) == len(ListKind) and self.cash is not None


class Rounds:
    """Asks the venue for everything, and tells when a round is whole."""

    def __init__(self, wing: Orders) -> None:
        self._wing = wing
        self._next: Ns = 0
        self._cause = "start"
        self._since: Ns = 0
        self._again = AGAIN
        self._went: Theirs | None = None

    @property
    def now(self) -> Theirs | None:
        """The round under way."""
        return self._went

    def want(self, cause: str, at: Ns) -> None:
        """Begin a fresh round as soon as may be; one under way is thrown away."""
        self._went = None
        self._cause, self._next = cause, at

    def since(self, at: Ns) -> None:
        """Fills from before `at` are known."""
        self._since = max(self._since, at)

    def begin(self, markets: Sequence[MarketId], at: Ns) -> Sequence[Message]:
        """Return the questions of a round if one is due."""
        if at < self._next:
            return ()
        self._went = Theirs(self._cause, at)
        self._next = at + GIVE_UP
        wing, since = self._wing, max(0, self._since - OVERLAP)
        return [
            *wing.list_orders(at),
            *wing.list_fills(since, at),
            *wing.list_holdings(markets, at),
            *wing.ask_money(at),
        ]

    def order_seen(self, venue_order: VenueOrderId) -> None:
        """An order stands in the list."""
        if self._went is not None:
            self._went.orders.add(venue_order)

    def holding_seen(self, seen: HoldingSeen) -> None:
        """A holding stands in the list."""
        if self._went is not None:
            self._went.told[seen.market, seen.outcome] = seen

    def rest(self, at: Ns, *, is_working: bool) -> None:
        """A round has been judged: the next is due after a while, sooner with orders out."""
        self._cause = "timer"
        self._next = at + (EVERY_WORKING if is_working else EVERY_QUIET)

    def order_out(self, at: Ns) -> None:
        """An order goes out: from now on the next round is due as soon as with orders out."""
        self._next = min(self._next, at + EVERY_WORKING)

    def money_seen(self, seen: MoneySeen) -> Theirs | None:
        """The cash came; return the round if that makes it whole."""
        if self._went is None:
            return None
        self._went.cash = seen.cash
        return self._ended()

    def list_ended(self, ended: ListEnded) -> Theirs | None:
        """A list came to its end; return the round if that makes it whole.

        A list that broke off proves nothing: the whole round is asked again.
        """
        went = self._went
        if went is None or ended.asked_at < went.began_at:
            return None
        if not ended.is_whole:
            self.want(went.cause, ended.at + self._again)
            self._again = min(2 * self._again, LONGEST_AGAIN)
            return None
        went.ended.add(ended.kind)
        return self._ended()

    def _ended(self) -> Theirs | None:
        went = self._went
        if went is None or not went.is_whole:
            return None
        self._went = None
        self._again = AGAIN
        self.since(went.began_at)
        return went
