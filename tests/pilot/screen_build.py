"""Small builders for the screen's tests: a fixed market, a fixed book, a fixed evening."""

from pmterm.messages.accounts import (
    BalanceSeen,
    Mode,
    PositionChanged,
    ProfitMarked,
    SessionStarted,
)
from pmterm.messages.feed import MarketSeen, TradeSeen
from pmterm.messages.health import FeedUp, Heartbeat
from pmterm.messages.orders import Approved, Fill, Intent, OrderReport
from pmterm.messages.signals import (
    Advice,
    SignalEnded,
    SignalKind,
    SignalRejected,
    SignalSeen,
)
from pmterm.model.fees import FeeKind, FeeSchedule
from pmterm.model.ids import FillId, MarketId, OrderId, SignalId, Venue
from pmterm.model.market import Market, Outcome
from pmterm.model.order import OrderState, Side, TimeInForce
from pmterm.model.readings import BookHealth, Gauges, LimitUse
from pmterm.model.units import CASH_ONE, QTY_ONE, SECOND
from pmterm.views.board import BoardFold
from pmterm.views.standing import Standing

START = 1_790_000_000 * SECOND
NOW = START + 600 * SECOND
MAP_THREE = MarketId("KXVALGAME-26NOV21SENFNC-SEN")
MAP_TWO = MarketId("0x7d1fa2")


def market(id_=MAP_THREE, title="Sentinels to beat Fnatic", venue=Venue.KALSHI, **more):
    yes, no = ("Sentinels", "Fnatic")
    return Market(
        id=id_,
        venue=venue,
        title=title,
        outcomes=(Outcome(yes), Outcome(no)),
        event="VCT-26",
        event_title="VCT Champions: Sentinels v Fnatic",
        category="esports",
        fees=FeeSchedule(FeeKind.KALSHI, taker_ppm=70_000),
        volume_24h=412_000 * CASH_ONE,
        **more,
    )


class FakeReader:
    """A book that stands where the test puts it."""

    def __init__(self, bid=4600, ask=4800):
        self.bid, self.ask = bid, ask
        self.is_trusted = True
        self.reason = ""
        self.changed_at = NOW - SECOND // 5
        self.is_empty = False
        self.standing_now = Standing()

    def levels(self, market, n):
        if self.is_empty:
            return [], []
        bids = [(self.bid - 100 * k, (120 + 75 * k * (k % 3 + 1)) * QTY_ONE) for k in range(18)]
        asks = [(self.ask + 100 * k, (90 + 60 * k * (k % 4 + 1)) * QTY_ONE) for k in range(18)]
        return [b for b in bids if b[0] > 0][:n], [a for a in asks if a[0] < 10_000][:n]

    def health(self, market):
        return BookHealth(
            is_trusted=self.is_trusted and not self.is_empty,
            reason=self.reason,
            changed_at=0 if self.is_empty else self.changed_at,
            bid_levels=18,
            ask_levels=18,
            touch_checks=412,
            touch_agree=410,
        )

    def gauges(self, market):
        return Gauges(
            volume_ratio=3_200_000,
            depth_ratio=700_000,
            spread_ratio=1_400_000,
            change_ppm=-41_000,
            ready_s=2460,
            needed_s=3600,
            volume_30s=1840 * QTY_ONE,
            volume_1m=2410 * QTY_ONE,
            volume_5m=6120 * QTY_ONE,
        )

    def limits(self, market):
        rows = (
            ("R1", "position", "$142", "$1,000", 142_000, 142, 1_000, "max_position"),
            ("R2", "exposure", "$190", "$5,000", 38_000, 190, 5_000, "max_total"),
            ("R3", "daily loss", "$0", "$500", 0, 0, 500, "max_day_loss"),
        )
        money = [
            LimitUse(rule, name, *said, False, *(n * CASH_ONE for n in (used, most)), setting,
                     most * CASH_ONE)
            for rule, name, *said, used, most, setting in rows
        ]  # fmt: skip
        off = {"counts": False}
        return [
            *money,
            LimitUse("R3", "day loss %", "$0", "off", 0, setting="max_day_loss_ppm", **off),
            LimitUse("R4", "losses in a row", "1", "3", 333_333, setting="losses_in_row", amount=3),
            LimitUse("R7", "event", "$142", "off", 0, setting="max_event", **off),
        ]

    def standing(self, at):
        return self.standing_now

    def exit_value(self, market, qty):
        value = (self.bid if qty > 0 else 10_000 - self.ask) * abs(qty) // 10_000
        return None if self.is_empty else value

    def touch(self, market):
        return (0, 10_000) if self.is_empty else (self.bid, self.ask)


def wish(order, side=Side.BUY, qty=40, price=4500, at=NOW - 90 * SECOND, **more):
    return Intent(
        at, OrderId(order), MAP_THREE, side, qty * QTY_ONE, price, TimeInForce.GTC, **more
    )


def report(order, state, qty=40, price=4500, filled=0, at=NOW - 80 * SECOND, **more):
    return OrderReport(
        at, OrderId(order), MAP_THREE, state, price, qty * QTY_ONE, filled * QTY_ONE, **more
    )


def fill(order, side=Side.BUY, qty=100, price=4700, at=NOW - 200 * SECOND, name="f1"):
    return Fill(
        at, FillId(name), OrderId(order), MAP_THREE, side, price, qty * QTY_ONE, 1_744_000, False
    )


def hear(fold, *messages):
    table = fold.hears()
    for message in messages:
        table[type(message)](message)


def evening(
    fold: BoardFold,
    reader: FakeReader,
    title="Sentinels to beat Fnatic",
    mode=Mode.PAPER,
    *,
    is_traded=True,
) -> None:
    """Ten minutes of a match: a fall, a signal, a purchase, two working orders."""
    hear(
        fold,
        SessionStarted(START, "p7", mode, "0.1.0", 10_000 * CASH_ONE),
        MarketSeen(START, market(title=title)),
        MarketSeen(START, market(MAP_TWO, "Fnatic to win map 2", Venue.POLYMARKET)),
        FeedUp(START, Venue.KALSHI),
        FeedUp(START, Venue.POLYMARKET),
    )
    path = [5600, 5650, 5550, 5600, 5700, 5500, 5200, 4800, 4300, 4400, 4600, 4700]
    for step in range(1200):
        level = path[step // 100] + (step * 7919 % 5 - 2) * 50
        reader.bid, reader.ask = level - 100, level + 100
        hear(fold, Heartbeat(START + step * SECOND // 2))
        if step % 9 == 0:
            side = Side.SELL if step * 31 % 7 < 4 else Side.BUY
            price = reader.ask if side is Side.BUY else reader.bid
            qty = (5 + step * 13 % 180) * QTY_ONE
            hear(fold, TradeSeen(START + step * SECOND // 2, 0, MAP_THREE, price, qty, side))
    reader.bid, reader.ask = 4600, 4800
    if is_traded:
        hear(fold, *_story())


def _story():
    seen = START + 415 * SECOND
    return (
        SignalRejected(
            seen - 60 * SECOND, MAP_THREE, SignalKind.PANIC_SELL, ("volume 1.8x of 3x",)
        ),
        SignalSeen(
            seen,
            SignalId("s-000001"),
            MAP_THREE,
            SignalKind.PANIC_SELL,
            Advice.BUY,
            840_000,
            8700,
            11_000,
            4250,
            4450,
            4900,
            45 * SECOND,
            ("volume 4.1x of 3x", "30 s change -9.2%"),
        ),
        wish("p7-00001", qty=100, price=4800, at=START + 418 * SECOND),
        Approved(START + 418 * SECOND, wish("p7-00001", qty=100, price=4800), 48 * CASH_ONE),
        report("p7-00001", OrderState.FILLED, 100, 4800, 100, START + 419 * SECOND),
        fill("p7-00001", at=START + 419 * SECOND),
        PositionChanged(START + 419 * SECOND, MAP_THREE, 100 * QTY_ONE, 4700, 47_000_000, 0, 0),
        SignalEnded(
            START + 590 * SECOND,
            SignalId("s-000001"),
            MAP_THREE,
            SignalKind.PANIC_SELL,
            reverted=True,
            after=52 * SECOND,
            best=500,
            worst=-200,
            net=21_000,
            is_whole=True,
        ),
        wish("p7-00002"),
        Approved(NOW - 90 * SECOND, wish("p7-00002"), 18 * CASH_ONE),
        report("p7-00002", OrderState.PARTIAL, filled=12, ahead=310 * QTY_ONE),
        wish("p7-00003", Side.SELL, 100, 5200),
        Approved(NOW - 60 * SECOND, wish("p7-00003", Side.SELL, 100, 5200), 0),
        report("p7-00003", OrderState.OPEN, 100, 5200, ahead=96 * QTY_ONE, at=NOW - 59 * SECOND),
        BalanceSeen(NOW, 9_951_256_000),
        ProfitMarked(NOW, 0, -2_744_000, -1_744_000, 190 * CASH_ONE, 9_997_256_000, 1_744_000),
    )
