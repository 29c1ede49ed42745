"""Messages for the store's tests."""

from pmterm.messages.accounts import BalanceSeen, Mode, PositionChanged, SessionStarted
from pmterm.messages.feed import MarketSeen
from pmterm.messages.orders import Approved, Fill, GateChanged, Intent, OrderReport, PlaceOrder
from pmterm.messages.signals import Advice, SignalEnded, SignalKind, SignalSeen
from pmterm.model.ids import FillId, MarketId, OrderId, SignalId, Venue
from pmterm.model.market import Market, Outcome
from pmterm.model.order import GateState, OrderState, Side, TimeInForce

KX = MarketId("KX-TEST")
T0 = 1_778_477_473_123_456_789


def started(session="s1", at=T0):
    return SessionStarted(at, session, Mode.PAPER, "0.1.0", 10_000_000_000)


def intent(n=1, at=T0, session="s1"):
    order = OrderId(f"{session}-{n:05d}")
    return Intent(at, order, KX, Side.BUY, 21_000_000, 4_700, TimeInForce.GTC, origin="key")


def order_life(n=1, at=T0, session="s1"):
    """All that is said from a wish to a fill."""
    wish = intent(n, at, session)
    fill = FillId(f"{wish.order}-f1")
    return [
        wish,
        Approved(at, wish, 9_870_000, 100),
        PlaceOrder(at, wish),
        OrderReport(at + 1, wish.order, KX, OrderState.OPEN, 4_700, 21_000_000, 0),
        OrderReport(
            at + 2, wish.order, KX, OrderState.FILLED, 4_700, 21_000_000, 21_000_000, "done"
        ),
        Fill(at + 2, fill, wish.order, KX, Side.BUY, 4_650, 21_000_000, 365_700, False, at),
        PositionChanged(at + 2, KX, 21_000_000, 4_650, 9_765_000, 0, 365_700),
        BalanceSeen(at + 2, 9_989_869_300),
    ]


def signal(n=1, at=T0, title="bids pulled"):
    return SignalSeen(
        at, SignalId(f"s-{n:06d}"), KX, SignalKind.PANIC_SELL, Advice.BUY, 712_345, 9_301, 9_800,
        4_600, 4_701, 4_900, 60_000_000_000, (title, "volume 3.4x of 3x"),
    )  # fmt: skip


def ended(n=1, at=T0):
    return SignalEnded(
        at, SignalId(f"s-{n:06d}"), KX, SignalKind.PANIC_SELL, True, 61_500_000_000, 350, -120,
        -12_345, is_whole=True,
    )  # fmt: skip


def market_seen(at=T0):
    yes, no = Outcome("Yes"), Outcome("No")
    return MarketSeen(
        at, Market(id=KX, venue=Venue.KALSHI, title="Test 🎯", outcomes=(yes, no), rules="r" * 500)
    )


def halted(at=T0):
    return GateChanged(at, GateState.HALTED, "daily loss")
