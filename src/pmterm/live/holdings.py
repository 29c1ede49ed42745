"""What is held by our fills against what the venue says is held."""

from collections.abc import Sequence

from pmterm.live.fills import FillBook
from pmterm.live.judging import READS_LAG
from pmterm.live.orders import OrderTable
from pmterm.live.reconcile import Theirs
from pmterm.live.trades import Trades
from pmterm.messages.base import Message
from pmterm.messages.live import CashSeen, HoldingAdjusted, HoldingDiffers
from pmterm.messages.said import HoldingSeen
from pmterm.model.dust import dust_at
from pmterm.model.ids import MarketId, Venue
from pmterm.model.order import OrderState
from pmterm.model.units import PRICE_ONE, SECOND, Ns, Price, Qty

QUIET: Ns = 10 * SECOND  # venues tell of holdings seconds after they change
_IN_FLIGHT = frozenset({OrderState.RESERVED, OrderState.JOURNALED, OrderState.SENT})
# Kalshi's balance is without what open orders hold back, by a rule it does not tell (Kalshi docs,
# portfolio balance, read 2026-10); Polymarket's is what is on chain.
_HOLDS_BACK = frozenset({Venue.KALSHI})


class Holdings:
    """Tells a difference once when it appears and once when it is over; corrects nothing silently.

    Only what has been quiet is compared: nothing in flight, nothing settling, no late fill, none
    whose order is not known yet.
    """

    def __init__(self, venue: Venue, table: OrderTable, book: FillBook, trades: Trades) -> None:
        self._venue = venue
        self._table = table
        self._book = book
        self._trades = trades
        self._differs: dict[MarketId, HoldingDiffers] = {}
        self._theirs: dict[MarketId, Qty] = {}
        self._prices: dict[MarketId, Price] = {}
        self.has_begun = False  # the journal has seen this account agree before
        self.has_cash = False  # the journal has the venue's word for the cash

    def begin(self, theirs: Theirs, at: Ns) -> list[Message]:
        """Take over what was held before the journal saw the account, once, on the record."""
        self.has_begun = True
        return [
            self._adjusted(seen, at)
            for seen in theirs.outcomes
            if not (self._book.last_at(seen.market) or self._book.held(seen.market))
        ]

    def compare(self, theirs: Theirs, at: Ns) -> list[Message]:
        """Hold every quiet market against the venue's word."""
        self._theirs = theirs.holdings
        self._prices |= {seen.market: _price(seen) for seen in theirs.outcomes}
        said: list[Message] = []
        for market in [m for m in self._differs if self._book.is_over(m)]:
            del self._differs[market]
            said.append(HoldingDiffers(at, market, 0, 0, is_over=True))
        for market in dict.fromkeys([*self._theirs, *self._book.markets()]):
            if self._is_quiet(market, at):
                said += self._compare(market, self._theirs.get(market, 0), at)
        return said

    def cash(self, theirs: Theirs, at: Ns) -> list[Message]:
        """Take the venue's word for the cash, where it must be the same as ours.

        Not while something is on its way, and where the venue holds money back for open orders not
        while there are any; but for its very first word, which can then only be too low.
        """
        if theirs.cash is None or self._is_moving(theirs):
            return []
        is_held_back = self._venue in _HOLDS_BACK and any(True for _ in self._table.working())
        if is_held_back and self.has_cash:
            return []
        self.has_cash = True
        return [CashSeen(at, self._venue, theirs.cash)]

    def _is_moving(self, theirs: Theirs) -> bool:
        """Tell whether money may be on its way that one of us has counted and the other has not."""
        doubtful = _IN_FLIGHT | {OrderState.UNKNOWN}
        changed_at = max(
            (max(order.sent_at, order.ended_at) for order in self._table.all()),
            default=self._book.changed_at,
        )
        return (
            self._book.oldest_settling() > 0
            or bool(self._trades.strangers())
            or theirs.began_at - max(changed_at, self._book.changed_at) < READS_LAG
            or any(order.state in doubtful for order in self._table.working())
            or any(order.lacks for order in self._table.all() if order.is_ours)
        )

    def accept(self, market: MarketId, at: Ns) -> Sequence[Message]:
        """A person takes the venue's word for a holding."""
        differs = self._differs.pop(market, None)
        if differs is None:
            return ()
        missing = self._theirs.get(market, 0) - self._book.held(market)
        over = HoldingDiffers(at, market, differs.theirs, differs.theirs, is_over=True)
        price = self._prices.get(market, PRICE_ONE // 2)
        word = "the venue's word, accepted"
        adjusted = HoldingAdjusted(at, market, missing, price, word, venue=self._venue)
        return (adjusted, over)

    def open_differences(self) -> int:
        """Return how many markets differ now."""
        return len(self._differs)

    def recall(self, differs: HoldingDiffers) -> None:
        """Remember a difference of the journal."""
        if differs.is_over:
            self._differs.pop(differs.market, None)
        else:
            self._differs[differs.market] = differs

    def _compare(self, market: MarketId, theirs: Qty, at: Ns) -> list[Message]:
        ours = self._book.held(market)
        said = self._differs.get(market)
        if abs(ours - theirs) <= dust_at(self._venue):
            if said is None:
                return []
            del self._differs[market]
            return [HoldingDiffers(at, market, ours, theirs, is_over=True)]
        if said is not None and (said.ours, said.theirs) == (ours, theirs):
            return []
        differs = HoldingDiffers(at, market, ours, theirs)
        self._differs[market] = differs
        return [differs]

    def _adjusted(self, seen: HoldingSeen, at: Ns) -> HoldingAdjusted:
        """Put what was held of one outcome on the record, on the YES scale."""
        qty = seen.qty if seen.outcome == 0 else -seen.qty
        why = "held before pmterm"
        return HoldingAdjusted(at, seen.market, qty, _price(seen), why, seen.outcome, self._venue)

    def _is_quiet(self, market: MarketId, at: Ns) -> bool:
        if self._book.is_over(market):
            return False
        if any(seen.market == market for seen in self._trades.strangers()):
            return False
        if self._book.is_settling(market) or at - self._book.last_at(market) < QUIET:
            return False
        return not any(
            order.state in _IN_FLIGHT or order.state is OrderState.UNKNOWN
            for order in self._table.working()
            if order.market == market
        )


def _price(seen: HoldingSeen) -> Price:
    """Return what was paid; half a dollar where the venue did not tell."""
    return seen.average or PRICE_ONE // 2
