"""A journal of trades, said one second apart, and the cash they moved by the plainest count."""

from pmterm.messages.accounts import MarketSettled, Mode, SessionStarted
from pmterm.messages.feed import MarketSeen
from pmterm.messages.live import HoldingAdjusted
from pmterm.messages.orders import Fill, FillMoved, Intent
from pmterm.messages.signals import Advice, SignalEnded, SignalKind, SignalSeen
from pmterm.messages.strategy import Exits, auto_origin
from pmterm.model.ids import FillId, MarketId, OrderId, SignalId, Venue
from pmterm.model.market import Market, Outcome
from pmterm.model.order import FillState, Side, TimeInForce
from pmterm.model.units import PRICE_ONE, QTY_ONE, SECOND

BUY, SELL = Side.BUY, Side.SELL
KX = MarketId("KX-A")
T0 = 1_778_500_800 * SECOND  # 2026-05-11 12:00 UTC


def market(name=KX, title="Alpha to win", category="tennis", venue=Venue.KALSHI, result=""):
    return Market(
        id=MarketId(name),
        venue=venue,
        title=title,
        outcomes=(Outcome("Yes"), Outcome("No")),
        category=category,
        result=result,
    )


class Story:
    """Gathers messages; `cash` is what came in less what went out."""

    def __init__(self, mode=Mode.PAPER, start=T0):
        self.said = []
        self.at = start
        self.cash = 0
        self.fills = 0
        self.held = {}
        self.session(mode)
        self.say(MarketSeen, market())

    def say(self, kind, *fields, **more):
        self.at += SECOND
        message = kind(self.at, *fields, **more)
        self.said.append(message)
        return message

    def session(self, mode=Mode.PAPER, name="", rules=""):
        name = name or f"s{len(self.said)}"
        self.say(SessionStarted, name, mode, "0.1.0", 1_000 * QTY_ONE, rules)

    def wait(self, seconds):
        self.at += seconds * SECOND

    def trade(
        self, side, qty, price, *, fee=0, origin="key", state=FillState.CONFIRMED, name=KX, order=""
    ):
        """`qty` in contracts; the cash it moves is counted at its YES price, shorts on a dollar."""
        self.fills += 1
        fill = FillId(f"f{self.fills}")
        micro = round(qty * QTY_ONE)
        if not order:
            order = OrderId(f"o{self.fills}")
            tif = TimeInForce.IOC
            self.say(Intent, order, name, side, micro, price, tif, origin=origin)
        said = self.say(
            Fill, fill, order, name, side, price, micro, fee, is_maker=False, state=state
        )
        self._count(name, micro if side is BUY else -micro, price, fee)
        return said

    def _count(self, name, signed, price, fee):
        """A contract sold short ties up a dollar, which comes back when it is bought back."""
        before = self.held.get(name, 0)
        after = self.held[name] = before + signed
        self.cash -= signed * price // PRICE_ONE + fee
        self.cash -= max(0, -after) - max(0, -before)

    def settle(self, payout, name=KX):
        self.say(MarketSettled, name, payout)
        self._count(name, -self.held.get(name, 0), payout, 0)

    def moved(self, fill, state):
        self.say(FillMoved, fill.id, fill.order, fill.market, state)

    def adjusted(self, qty, price, reason="the venue holds more", name=KX):
        self.say(HoldingAdjusted, name, round(qty * QTY_ONE), price, reason)

    def guard(self, stop, name=KX):
        self.say(Exits, name, stop=stop)

    def signal(self, number=1, kind=SignalKind.PANIC_SELL, name=KX, **more):
        return self.say(
            SignalSeen, SignalId(f"s{number}"), name, kind, Advice.BUY, 800_000, 9_000, 10_000,
            4_400, 4_600, 4_750, 0, ("bids pulled",), **more,
        )  # fmt: skip

    def ended(self, signal, *, reverted=True, after=40, net=10_000, is_whole=True):
        self.say(
            SignalEnded, signal.id, signal.market, signal.kind, reverted, after * SECOND, 300, -50,
            net, is_known=is_whole, is_whole=is_whole,
        )  # fmt: skip


def by(strategy):
    return auto_origin(strategy)
