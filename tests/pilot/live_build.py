"""A live evening for the screen's tests: two accounts, and every state an order can be in."""

from tests.pilot.fake_desk import FakeDesk
from tests.pilot.screen_build import MAP_THREE, MAP_TWO, NOW, START, fill, report, wish

from pmterm.messages.accounts import Mode, PositionChanged
from pmterm.messages.live import (
    AccountSeen,
    Armed,
    CashSeen,
    DeadManSeen,
    Disarmed,
    HoldingDiffers,
    LinkSeen,
    OrderTimed,
    ReadinessChanged,
    Reconciled,
)
from pmterm.messages.orders import (
    Approved,
    FillMoved,
    GateChanged,
    OrderAdopted,
    Refused,
    WithdrawOrder,
)
from pmterm.model.ids import FillId, OrderId, Venue, VenueOrderId
from pmterm.model.order import FillState, GateState, OrderState, Side
from pmterm.model.units import CASH_ONE, MS, QTY_ONE, SECOND

ARMED_FOR = 272 * SECOND


def live_desk(*more, **options):
    """Return a desk whose accounts are ready; `more` is heard after that."""
    accounts = (
        AccountSeen(START, Venue.KALSHI, "key of trader@example.org"),
        AccountSeen(START, Venue.POLYMARKET, "0x5c7e…91ab"),
    )
    desk = FakeDesk(mode=Mode.LIVE, before=accounts, **options)
    desk.hear(
        *(ReadinessChanged(START + SECOND, venue) for venue in Venue),
        CashSeen(START + SECOND, Venue.KALSHI, 412 * CASH_ONE),
        CashSeen(START + SECOND, Venue.POLYMARKET, 1_290_500_000),
        Reconciled(NOW - 42 * SECOND, Venue.KALSHI, "timer", 0, 310),
        Reconciled(NOW - 55 * SECOND, Venue.POLYMARKET, "start", 1, 820),
        DeadManSeen(NOW - 3 * SECOND, Venue.POLYMARKET, NOW + 12 * SECOND),
        LinkSeen(NOW - SECOND, Venue.KALSHI, 240 * MS, 512, 2, 1),
        LinkSeen(NOW - SECOND, Venue.POLYMARKET, -80 * MS, 1_204, 0, 3),
        *(timed(number) for number in range(1, 43)),
        *more,
    )
    return desk


def timed(number):
    """An order whose stages took 3, 1, 80 + number, 12 and 2 000 ms."""
    key = NOW - (60 - number) * SECOND
    sent = key + 4 * MS
    acked = sent + (80 + number) * MS
    matched = acked + 12 * MS
    return OrderTimed(
        acked,
        OrderId(f"p7-{number:05d}"),
        Venue.KALSHI,
        key,
        key + 3 * MS,
        sent,
        acked,
        matched,
        matched + 2_000 * MS,
    )


def armed(market=MAP_THREE, cap=10 * CASH_ONE):
    return Armed(NOW - 28 * SECOND, market, NOW + ARMED_FOR, cap)


def disarmed(reason="five minutes without a key"):
    return Disarmed(NOW - SECOND, reason)


def placed(order, side=Side.BUY, qty=40, price=4500, **more):
    """A wish that the gate let through."""
    asked = wish(order, side, qty, price, **more)
    return (asked, Approved(asked.at, asked, 18 * CASH_ONE))


def unknown(order="p7-00008", reason="look 2: not there; given up after 60 s", ago=8):
    return (
        *placed(order),
        report(order, OrderState.UNKNOWN, at=NOW - ago * SECOND, reason=reason),
    )


def every_state():
    """One order in each state the screen has a word for."""
    late = placed("p7-00004")
    held = report("p7-00005", OrderState.SENT, at=NOW - SECOND, until=NOW + 2_100 * MS)
    adopted = OrderAdopted(
        NOW, OrderId("x-1"), MAP_THREE, VenueOrderId("v1"), 0, Side.SELL, 5300, 25 * QTY_ONE, 0
    )
    settling = fill("p7-00006", qty=40, price=4500, name="f6")
    back = fill("p7-00007", qty=15, price=4500, name="f7")
    return (
        *late,
        *placed("p7-00005"),
        held,
        *placed("p7-00006"),
        report("p7-00006", OrderState.FILLED, filled=40),
        with_state(settling),
        *placed("p7-00007", qty=15),
        report("p7-00007", OrderState.FILLED, 15, filled=15),
        with_state(back),
        FillMoved(NOW, FillId("f7"), OrderId("p7-00007"), MAP_THREE, FillState.FAILED),
        PositionChanged(
            NOW, MAP_THREE, 140 * QTY_ONE, 4640, 65_000_000, 0, 1_744_000, 40 * QTY_ONE
        ),
        adopted,
        WithdrawOrder(NOW, OrderId("p7-00003"), MAP_THREE),
        *unknown(),
    )


def with_state(message, state=FillState.MATCHED):
    import msgspec

    return msgspec.structs.replace(message, state=state)


def asks(order="p7-00009", rule="ASK", **more):
    """An order the gate asks about."""
    asked = wish(order, qty=100, price=4800, at=NOW, **more)
    return (
        asked,
        Refused(
            NOW,
            asked.order,
            asked.market,
            rule,
            "the same order again",
            "once in 5 s",
            "confirm it",
            asks=True,
        ),
    )


def killed(proved=1):
    """A halt with two cancels asked for, `proved` of them answered."""
    done = [
        report("p7-00002", OrderState.CANCELLED, filled=12, at=NOW),
        report("p7-00003", OrderState.CANCELLED, 100, 5200, at=NOW),
    ]
    return (
        GateChanged(NOW - 2 * SECOND, GateState.HALTED, "halted by hand"),
        Disarmed(NOW - 2 * SECOND, "halted"),
        WithdrawOrder(NOW - 2 * SECOND, OrderId("p7-00002"), MAP_THREE),
        WithdrawOrder(NOW - 2 * SECOND, OrderId("p7-00003"), MAP_THREE),
        *done[:proved],
    )


def differs(market=MAP_THREE, ours=100, theirs=60):
    return HoldingDiffers(NOW, market, ours * QTY_ONE, theirs * QTY_ONE)


__all__ = ["MAP_THREE", "MAP_TWO", "NOW"]
