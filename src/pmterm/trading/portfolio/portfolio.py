"""Stage: fills and settlements into positions, cash and profit."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pmterm.messages.accounts import (
    BalanceSeen,
    MarketSettled,
    ProfitMarked,
    SessionStarted,
)
from pmterm.messages.base import Message
from pmterm.messages.feed import NO_ASK, NO_BID, BookChanged
from pmterm.messages.health import Heartbeat
from pmterm.messages.orders import Approved, Fill, OrderReport
from pmterm.model.holding import Booked
from pmterm.model.ids import MarketId, OrderId
from pmterm.model.units import Cash, Ns, Price
from pmterm.trading.portfolio.pnl import DayProfit, worth
from pmterm.trading.portfolio.position import Account, Position, changed


class Portfolio:
    """Knows what is held, what it cost and what it would bring."""

    def __init__(self) -> None:
        self._account = Account()
        self._day = DayProfit()
        self._has_started = False
        self._books: dict[MarketId, BookChanged] = {}
        self._touches: dict[MarketId, tuple[Price, Price]] = {}
        self._reserved: dict[OrderId, tuple[Cash, int]] = {}  # what is reserved, for what size
        self._amends: dict[OrderId, tuple[OrderId, Cash]] = {}  # what each added, to which order
        self._last: ProfitMarked | None = None

    def hears(self) -> Mapping[type[Message], Callable[[Any], Sequence[Message]]]:
        """Return what this stage listens to."""
        return {
            BookChanged: self._book_changed,
            SessionStarted: self._started,
            Approved: self._approved,
            OrderReport: self._reported,
            Fill: self._filled,
            MarketSettled: self._settled,
            Heartbeat: self._beat,
        }

    def recalls(self) -> Mapping[type[Message], Callable[[Any], None]]:
        """Return how the journal restores this stage."""
        return {
            SessionStarted: self._recall_start,
            Approved: self._recall_approved,
            OrderReport: self._recall_report,
            Fill: self._recall_fill,
            MarketSettled: self._recall_settled,
        }

    @property
    def cash(self) -> Cash:
        """Cash that is ours and free of positions, 1e-6 USD."""
        return self._account.cash

    def positions(self) -> list[Position]:
        """Return what was ever held, in the order it was first traded; closed ones have size 0."""
        return [
            Position(market, held.qty, held.average, held.cost, held.realised, held.fees)
            for market, held in self._account.holdings.items()
        ]

    def mark(self) -> ProfitMarked | None:
        """Return the last mark, None before the first."""
        return self._last

    def _book_changed(self, book: BookChanged) -> Sequence[Message]:
        self._books[book.market] = book
        return ()

    def _started(self, session: SessionStarted) -> Sequence[Message]:
        self._recall_start(session)
        return (BalanceSeen(session.at, self._account.cash),)

    def _recall_start(self, session: SessionStarted) -> None:
        if not self._has_started:
            self._has_started = True
            self._account.cash += session.cash

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

    def _recall_fill(self, fill: Fill) -> None:
        self._book_fill(fill)

    def _book_fill(self, fill: Fill) -> Booked | None:
        booked = self._account.fill(fill)
        if booked is not None:
            self._day.add(fill.at, booked.profit, fill.fee)
            self._release(fill)
        return booked

    def _release(self, fill: Fill) -> None:
        reserved, size = self._reserved.get(fill.order, (0, 0))
        if size:
            left = max(0, size - fill.qty)
            self._reserved[fill.order] = (reserved * left // size, left)

    def _settled(self, settled: MarketSettled) -> Sequence[Message]:
        return self._tell(settled.at, settled.market, self._book_settled(settled))

    def _recall_settled(self, settled: MarketSettled) -> None:
        self._book_settled(settled)

    def _book_settled(self, settled: MarketSettled) -> Booked | None:
        booked = self._account.settle(settled)
        if booked is not None:
            self._day.add(settled.at, booked.profit, 0)
        return booked

    def _tell(self, at: Ns, market: MarketId, booked: Booked | None) -> Sequence[Message]:
        if booked is None:
            return ()
        return (changed(at, market, booked.holding), BalanceSeen(at, self._account.cash))

    def _beat(self, beat: Heartbeat) -> Sequence[Message]:
        self._day.turn(beat.at)
        held = [m for m, h in self._account.holdings.items() if h.qty]
        sampled = [self._sample(market) for market in held]
        marked = self._marked(beat.at, is_complete=all(sampled))
        if self._last is not None and _same(self._last, marked) and not held:
            return ()
        self._last = marked
        return (marked,)

    def _sample(self, market: MarketId) -> bool:
        """Keep the touch if both sides stand: an emptied book is no price of zero."""
        book = self._books.get(market)
        if book is None or not book.is_trusted:
            return False
        if book.best_bid == NO_BID or book.best_ask == NO_ASK:
            return False
        self._touches[market] = (book.best_bid, book.best_ask)
        return True

    def _marked(self, at: Ns, *, is_complete: bool) -> ProfitMarked:
        now = worth(self._account.holdings, self._touches)
        reserved = sum(cash for cash, _ in self._reserved.values())
        return ProfitMarked(
            at,
            realised_day=self._day.realised,
            open_exit=now.open_exit,
            open_mid=now.open_mid,
            exposure=now.cost + reserved,
            equity=self._account.cash + now.value,
            fees_day=self._day.fees,
            is_complete=is_complete,
        )


def _same(old: ProfitMarked, new: ProfitMarked) -> bool:
    return (
        old.realised_day == new.realised_day
        and old.exposure == new.exposure
        and old.equity == new.equity
        and old.fees_day == new.fees_day
    )
