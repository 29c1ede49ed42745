"""Stage: fills and settlements into positions, cash and profit."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pmterm.messages.accounts import (
    BalanceSeen,
    MarketSettled,
    Mode,
    ProfitMarked,
    SessionStarted,
)
from pmterm.messages.base import Message
from pmterm.messages.feed import NO_ASK, NO_BID, BookChanged, MarketSeen
from pmterm.messages.health import Heartbeat, Noticed
from pmterm.messages.hearing import folding, silently
from pmterm.messages.last_books import LastBooks
from pmterm.messages.live import CashSeen, HoldingAdjusted
from pmterm.messages.orders import Approved, Fill, FillMoved, OrderAdopted, OrderReport
from pmterm.model.holding import Booked
from pmterm.model.ids import MarketId, OrderId
from pmterm.model.ledger import Ledger
from pmterm.model.order import Side
from pmterm.model.stock import Adjusted
from pmterm.model.units import PRICE_ONE, Cash, Ns, Price, cost, fixed_text
from pmterm.trading.portfolio.pnl import DayProfit, worth
from pmterm.trading.portfolio.position import Position, changed, position


class Portfolio:
    """Knows what is held, what it cost and what it would bring.

    Where the money is real, what an exit would bring is after its fee.
    """

    def __init__(self, last: LastBooks | None = None) -> None:
        self._seen = last or LastBooks()
        self._ledger = Ledger()
        self._day = DayProfit()
        self._touches: dict[MarketId, tuple[Price, Price]] = {}
        self._reserved: dict[OrderId, tuple[Cash, int]] = {}  # what is reserved, for what size
        self._amends: dict[OrderId, tuple[OrderId, Cash]] = {}  # what each added, to which order
        self._last: ProfitMarked | None = None

    def hears(self) -> Mapping[type[Message], Callable[[Any], Sequence[Message]]]:
        """Return what this stage listens to."""
        return {
            BookChanged: self._seen.book_changed,
            MarketSeen: silently(self._note_market),
            SessionStarted: self._started,
            Approved: self._approved,
            OrderReport: self._reported,
            Fill: self._filled,
            MarketSettled: self._settled,
            Heartbeat: self._beat,
            OrderAdopted: silently(self._book_adopted),
            FillMoved: self._fill_moved,
            HoldingAdjusted: self._adjusted,
            CashSeen: self._cash_seen,
        }

    def recalls(self) -> Mapping[type[Message], Callable[[Any], None]]:
        """Return how the journal restores this stage."""
        return {
            MarketSeen: self._note_market,
            SessionStarted: self._recall_start,
            Approved: self._recall_approved,
            OrderReport: self._recall_report,
            Fill: folding(self._book_fill),
            MarketSettled: folding(self._book_settled),
            OrderAdopted: self._book_adopted,
            FillMoved: folding(self._book_moved),
            HoldingAdjusted: self._book_adjusted,
            CashSeen: folding(self._book_cash),
        }

    @property
    def cash(self) -> Cash:
        """Cash that is ours and free of positions, 1e-6 USD."""
        return self._ledger.cash

    def positions(self) -> list[Position]:
        """Return what was ever held, in the order it was first traded; closed ones have size 0."""
        return [position(self._ledger, market) for market in self._ledger.holdings]

    def mark(self) -> ProfitMarked | None:
        """Return the last mark, None before the first."""
        return self._last

    def _started(self, session: SessionStarted) -> Sequence[Message]:
        self._recall_start(session)
        return (BalanceSeen(session.at, self._ledger.cash),)

    def _recall_start(self, session: SessionStarted) -> None:
        self._ledger.started(session.cash, is_live=session.mode is Mode.LIVE)

    def _note_market(self, seen: MarketSeen) -> None:
        self._ledger.market_seen(seen.market)

    def _approved(self, approved: Approved) -> Sequence[Message]:
        self._recall_approved(approved)
        return ()

    def _recall_approved(self, approved: Approved) -> None:
        intent = approved.intent
        kept, _ = self._reserved.get(intent.replaces, (0, 0))
        order = intent.replaces or intent.order
        self._reserved[order] = (kept + approved.reserved, intent.qty)  # an amend adds to it
        if intent.replaces:
            self._amends[intent.order] = (order, approved.reserved)

    def _reported(self, report: OrderReport) -> Sequence[Message]:
        self._recall_report(report)
        return ()

    def _recall_report(self, report: OrderReport) -> None:
        if not report.state.is_final:
            return
        self._reserved.pop(report.order, None)
        order, added = self._amends.pop(report.order, (report.order, 0))
        if order in self._reserved:  # an amend that came to nothing
            kept, size = self._reserved[order]
            self._reserved[order] = (max(0, kept - added), size)
        else:
            self._amends = {a: of for a, of in self._amends.items() if of[0] != order}

    def _filled(self, fill: Fill) -> Sequence[Message]:
        booked = self._book_fill(fill)
        return self._tell(fill.at, fill.market, booked)

    def _book_fill(self, fill: Fill) -> Booked | None:
        booked = self._ledger.filled(fill.market, fill.traded)
        if booked is not None:
            self._day.add(fill.at, booked.profit, booked.fee)
            self._release(fill)
        return booked

    def _release(self, fill: Fill) -> None:
        reserved, size = self._reserved.get(fill.order, (0, 0))
        if size:
            left = max(0, size - fill.qty)
            self._reserved[fill.order] = (reserved * left // size, left)

    def _settled(self, settled: MarketSettled) -> Sequence[Message]:
        return self._tell(settled.at, settled.market, self._book_settled(settled))

    def _book_settled(self, settled: MarketSettled) -> Booked | None:
        booked = self._ledger.settled(settled.market, settled.payout)
        if booked is not None:
            self._day.add(settled.at, booked.profit, 0)
        return booked

    def _fill_moved(self, moved: FillMoved) -> Sequence[Message]:
        return self._tell(moved.at, moved.market, self._book_moved(moved))

    def _book_moved(self, moved: FillMoved) -> Booked | None:
        """Note how far a fill has come; one that failed takes back what it brought."""
        booked = self._ledger.moved(moved.market, moved.fill, moved.state)
        if booked is not None:
            self._day.add(moved.at, booked.profit, booked.fee)
        return booked

    def _adjusted(self, adjusted: HoldingAdjusted) -> Sequence[Message]:
        self._book_adjusted(adjusted)
        return (changed(adjusted.at, self._ledger, adjusted.market),)

    def _book_adjusted(self, adjusted: HoldingAdjusted) -> None:
        entry = Adjusted(adjusted.qty, adjusted.price, adjusted.outcome)
        self._ledger.adjusted(adjusted.market, entry)

    def _cash_seen(self, seen: CashSeen) -> Sequence[Message]:
        came = self._book_cash(seen)
        if not came:
            return ()
        told = (BalanceSeen(seen.at, self._ledger.cash),)
        perhaps = self._ledger.perhaps_redeemed
        return (*told, _perhaps_paid(seen, came, perhaps)) if perhaps else told

    def _book_cash(self, seen: CashSeen) -> Cash:
        return self._ledger.cash_seen(seen.venue, seen.cash)

    def _book_adopted(self, adopted: OrderAdopted) -> None:
        """Count what an order found on the account could cost."""
        unit = adopted.price if adopted.side is Side.BUY else PRICE_ONE - adopted.price
        left = adopted.qty - adopted.filled
        self._reserved[adopted.order] = (cost(unit, left), left)

    def _tell(self, at: Ns, market: MarketId, booked: Booked | None) -> Sequence[Message]:
        if booked is None:
            return ()
        told = changed(at, self._ledger, market)
        return (told, BalanceSeen(at, self._ledger.cash))

    def _beat(self, beat: Heartbeat) -> Sequence[Message]:
        self._day.turn(beat.at)
        held = [m for m, h in self._ledger.holdings.items() if h.qty]
        sampled = [self._sample(market) for market in held]
        marked = self._marked(beat.at, is_complete=all(sampled))
        if self._last is not None and _same(self._last, marked) and not held:
            return ()
        self._last = marked
        return (marked,)

    def _sample(self, market: MarketId) -> bool:
        """Keep the touch if both sides stand: an emptied book is no price of zero."""
        book = self._seen.books.get(market)
        if book is None or not book.is_trusted:
            return False
        if book.best_bid == NO_BID or book.best_ask == NO_ASK:
            return False
        self._touches[market] = (book.best_bid, book.best_ask)
        return True

    def _marked(self, at: Ns, *, is_complete: bool) -> ProfitMarked:
        now = worth(self._ledger, self._touches)
        reserved = sum(cash for cash, _ in self._reserved.values())
        return ProfitMarked(
            at,
            realised_day=self._day.realised,
            open_exit=now.open_exit,
            open_mid=now.open_mid,
            exposure=now.cost + reserved,
            equity=self._ledger.money + now.value,
            fees_day=self._day.fees,
            is_complete=is_complete,
        )


def _perhaps_paid(seen: CashSeen, came: Cash, perhaps: Cash) -> Noticed:
    """Say that new money is of no payout's size, and what it was taken for."""
    new, paid = (f"${fixed_text(cash, 6, at_least=2)}" for cash in (came, perhaps))
    text = (
        f"{seen.venue}: {new} came in and {paid} of it counts as the payout that was due; if it was"
        f" a deposit, the equity shown is {paid} too low until you redeem"
    )
    return Noticed(seen.at, text)


def _same(old: ProfitMarked, new: ProfitMarked) -> bool:
    return (
        old.realised_day == new.realised_day
        and old.exposure == new.exposure
        and old.equity == new.equity
        and old.fees_day == new.fees_day
    )
