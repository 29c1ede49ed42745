"""Small builders for tests about orders and money."""

from pmterm.messages.feed import BookChanged, MarketSeen, TradeSeen
from pmterm.messages.orders import Approved, Fill, Intent, OrderReport
from pmterm.model.fees import FeeKind, FeeSchedule
from pmterm.model.ids import FillId, MarketId, OrderId, Venue
from pmterm.model.market import Market, Outcome
from pmterm.model.order import OrderState, Side, TimeInForce
from pmterm.model.readings import BookHealth
from pmterm.model.units import CASH_ONE, MS, QTY_ONE, SECOND

BUY, SELL = Side.BUY, Side.SELL
GTC, IOC, FOK = TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK
M = MarketId("M")
T0 = 1_790_000_000 * SECOND
FEES = FeeSchedule(kind=FeeKind.KALSHI, taker_ppm=70_000)


def market(name="M", **fields):
    fields.setdefault("fees", FEES)
    return Market(
        id=MarketId(name),
        venue=fields.pop("venue", Venue.KALSHI),
        title=f"Will {name} win?",
        outcomes=(Outcome("Red"), Outcome("Blue")),
        **fields,
    )


def seen(at=T0, name="M", **fields):
    return MarketSeen(at, market(name, **fields))


def touch(bid=4600, ask=4700, at=T0, name="M", *, depth=1_000 * CASH_ONE, is_trusted=True):
    size = 1_000 * QTY_ONE
    return BookChanged(at, MarketId(name), bid, ask, size, size, depth, depth, is_trusted)


def intent(order="s-00001", side=BUY, qty=10, price=4700, at=T0, name="M", tif=GTC, **fields):
    return Intent(
        at, OrderId(order), MarketId(name), side, round(qty * QTY_ONE), price, tif, **fields
    )


def approved(*args, reserved=0, **fields):
    wish = intent(*args, **fields)
    return Approved(wish.at, wish, reserved)


def report(order="s-00001", state=OrderState.OPEN, price=4700, qty=10, filled=0, at=T0, name="M"):
    return OrderReport(
        at,
        OrderId(order),
        MarketId(name),
        state,
        price,
        round(qty * QTY_ONE),
        round(filled * QTY_ONE),
    )


def fill(number=1, side=BUY, price=4700, qty=10, fee=0, at=T0, name="M", order="s-00001"):
    return Fill(
        at,
        FillId(f"{order}-f{number}"),
        OrderId(order),
        MarketId(name),
        side,
        price,
        round(qty * QTY_ONE),
        fee,
        is_maker=False,
    )


def trade(price, qty, taker, at=T0, name="M"):
    return TradeSeen(at, at, MarketId(name), price, round(qty * QTY_ONE), taker)


def tell(stage, *messages):
    """Let a stage or broker hear messages in order; return all it said."""
    hears = stage.hears()
    return [said for message in messages for said in hears[type(message)](message)]


def recall(stage, messages):
    """Fold a journal through a stage, as at a start."""
    recalls = stage.recalls()
    for message in messages:
        if type(message) in recalls:
            recalls[type(message)](message)
    return stage


class RealBook:
    """A real book that a test sets by hand: sizes in contracts by price."""

    def __init__(self, bids=None, asks=None):
        self.sizes = {BUY: dict(bids or {}), SELL: dict(asks or {})}
        self.is_trusted = True

    def book(self, market_id):
        return self

    def health(self, market_id):
        return BookHealth(is_trusted=self.is_trusted)

    def bids(self, n):
        levels = sorted(self.sizes[BUY].items(), reverse=True)
        return [(p, round(q * QTY_ONE)) for p, q in levels if q][:n]

    def asks(self, n):
        return [(p, round(q * QTY_ONE)) for p, q in sorted(self.sizes[SELL].items()) if q][:n]

    def size_at(self, side, price):
        return round(self.sizes[side].get(price, 0) * QTY_ONE)

    def touch(self, at):
        best_bid = self.bids(1)[0] if self.bids(1) else (0, 0)
        best_ask = self.asks(1)[0] if self.asks(1) else (10_000, 0)
        return BookChanged(
            at, M, best_bid[0], best_ask[0], best_bid[1], best_ask[1], 0, 0, self.is_trusted
        )


__all__ = ["CASH_ONE", "MS", "QTY_ONE", "SECOND"]
