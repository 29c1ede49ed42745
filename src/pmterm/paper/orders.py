"""One paper order, from its way to the venue to its end."""

from enum import StrEnum

import msgspec

from pmterm.messages.orders import AmendOrder, Fill, Intent, OrderReport
from pmterm.model.fees import FeeMeter
from pmterm.model.ids import FillId, MarketId, OrderId
from pmterm.model.market import Market
from pmterm.model.order import OrderState, Side
from pmterm.model.units import PRICE_ONE, Ns, Price, Qty
from pmterm.paper.queue import Line


class Phase(StrEnum):
    """What the paper venue is doing with an order."""

    ON_ITS_WAY = "on its way"
    HELD = "held"  # marketable, in the venue's taker delay
    WAITING = "waiting"  # for a book that can be trusted
    RESTING = "resting"


class PaperOrder(msgspec.Struct):
    """An order the paper venue works on. `line` is None until it stands in a line."""

    intent: Intent
    price: Price
    qty: Qty
    meter: FeeMeter
    phase: Phase = Phase.ON_ITS_WAY
    filled: Qty = 0
    maybe_filled: Qty = 0
    fills: int = 0
    line: Line | None = None
    told_ahead: Qty = -1
    has_been_held: bool = False
    step: int = 0  # the one due step that still counts

    @property
    def id(self) -> OrderId:
        """Our id of it, the same through amends."""
        return self.intent.order

    @property
    def market(self) -> MarketId:
        """Where it stands."""
        return self.intent.market

    @property
    def side(self) -> Side:
        """Which way it goes."""
        return self.intent.side

    @property
    def open_qty(self) -> Qty:
        """What has not filled yet."""
        return self.qty - self.filled

    def fill(self, at: Ns, price: Price, qty: Qty, *, is_maker: bool) -> Fill:
        """Fill some of it; says so."""
        self.filled += qty
        self.fills += 1
        self.maybe_filled = max(self.maybe_filled, self.filled)
        return Fill(
            at,
            id=FillId(f"{self.id}-f{self.fills}"),
            order=self.id,
            market=self.market,
            side=self.side,
            price=price,
            qty=qty,
            fee=self.fee(price, qty, is_maker=is_maker),
            is_maker=is_maker,
            venue_at=at,
        )

    def fee(self, price: Price, qty: Qty, *, is_maker: bool) -> int:
        """Return the fee of its next fill, which the meter then counts."""
        bought = price if self.side is Side.BUY else PRICE_ONE - price
        return self.meter.charge(bought, qty, is_maker=is_maker)

    def report(self, at: Ns, state: OrderState, reason: str = "") -> OrderReport:
        """Say where it stands."""
        ahead = self.line.ahead if self.line is not None else -1
        self.told_ahead = ahead
        return OrderReport(
            at,
            order=self.id,
            market=self.market,
            state=state,
            price=self.price,
            qty=self.qty,
            filled=self.filled,
            reason=reason,
            ahead=-1 if state.is_final else ahead,
            maybe_filled=max(self.filled, min(self.maybe_filled, self.qty)),
        )

    def standing(self, at: Ns, reason: str = "") -> OrderReport:
        """Say where it stands, being in the book or filled."""
        if self.open_qty == 0:
            return self.report(at, OrderState.FILLED, reason)
        return self.report(at, OrderState.PARTIAL if self.filled else OrderState.OPEN, reason)


def why_over(intent: Intent, market: Market | None, at: Ns) -> str:
    """Say why an order can stand no longer, "" if it can: its end, or a game clears the book."""
    if 0 < intent.expires_at <= at:
        return "its time is over"
    if market is not None and market.clears_book_on_start and intent.at < market.starts_at <= at:
        return "the game began"
    return ""


def amend_refused(ask: AmendOrder, at: Ns, reason: str) -> OrderReport:
    """Say, under the amending intent's id, that an amend came to nothing."""
    wish = ask.intent
    return OrderReport(
        at,
        wish.order,
        wish.market,
        OrderState.REFUSED,
        wish.price,
        wish.qty,
        0,
        f"not amended: {reason}",
    )
