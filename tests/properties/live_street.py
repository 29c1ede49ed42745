"""The street with a real account at its end: a venue that does what the test tells it to.

The venue keeps its own books in the plainest way, and the street's are held against them.
"""

import msgspec
from tests.properties.money_builders import BUY, CASH_ONE, SELL, T0, M, market, touch

from pmterm.messages.accounts import MarketSettled, Mode, SessionStarted
from pmterm.messages.commands import Arm
from pmterm.messages.feed import MarketSeen
from pmterm.messages.live import CashSeen, HoldingAdjusted, ReadinessChanged
from pmterm.messages.orders import (
    AmendOrder,
    Approved,
    Fill,
    FillMoved,
    OrderAdopted,
    OrderNamed,
    OrderReport,
    PlaceOrder,
    Refused,
    WithdrawOrder,
)
from pmterm.model.ids import FillId, MarketId, OrderId, Venue, VenueOrderId
from pmterm.model.order import FillState, OrderState
from pmterm.model.units import MS
from pmterm.store.journal import JOURNALED
from pmterm.trading.execution.executor import Executor
from pmterm.trading.pipeline import Pipeline
from pmterm.trading.portfolio.portfolio import Portfolio
from pmterm.trading.risk.gate import Gate
from pmterm.trading.risk.live_checks import LiveRules
from pmterm.trading.strategy.manual import Manual, ManualSettings

KEPT = frozenset(JOURNALED)


class Order(msgspec.Struct):
    """An order as the venue has it."""

    id: OrderId
    side: str
    outcome: int
    price: int
    qty: int
    filled: int = 0
    is_done: bool = False
    is_foreign: bool = False

    @property
    def sells(self):
        return (self.side is SELL) == (self.outcome == 0)

    @property
    def left(self):
        return self.qty - self.filled


class Account:
    """Plain sums over all fills that did not fail: cash in 1e-6 USD, contracts by outcome."""

    def __init__(self, venue, cash):
        self.venue = venue
        self.start = cash
        self.fills = {}
        self.states = {}
        self.corrections = []
        self.payout = None

    def living(self):
        return [f for f in self.fills.values() if self.states[f.id] is not FillState.FAILED]

    def net(self):
        if self.payout is not None:
            return 0
        fills = sum(f.qty if f.side is BUY else -f.qty for f in self.living())
        return fills + sum(qty for qty, _ in self.corrections)

    def of(self, outcome, *, settled=False):
        """What is held of an outcome; `settled`: what of it can be sold."""
        if self.payout is not None:
            return 0
        if self.venue is Venue.KALSHI:
            return max(0, self.net() if outcome == 0 else -self.net())
        total = sum(abs(qty) for qty, o in self.corrections if o == outcome)
        for f in self.living():
            if f.outcome == outcome:
                gets = (f.side is BUY) == (outcome == 0)
                if gets and settled and self.states[f.id] is not FillState.CONFIRMED:
                    continue
                total += f.qty if gets else -f.qty
        return total

    def cash(self):
        """A contract sold brings its price; each NO bought ties up a dollar, as 1 - p is paid."""
        given = [sum(abs(qty) for qty, o in self.corrections if o == outcome) for outcome in (0, 1)]
        total, yes, no = self.start, given[0], given[1]
        for f in self.living():
            signed = f.qty if f.side is BUY else -f.qty
            total -= signed * f.price // 10_000 + f.fee
            if self.venue is Venue.KALSHI or f.outcome == 0:
                yes += signed
            else:
                no -= signed
        if self.venue is Venue.KALSHI:
            yes, no = max(0, yes - no), max(0, no - yes)
        total -= no - given[1]  # what was there before had cost nothing here
        if self.payout is not None:
            total += (yes * self.payout + no * (10_000 - self.payout)) // 10_000
        return total


class LiveStreet:
    """Stages and journal; `take` is what the engine does with one event."""

    def __init__(self, venue, limits, account=None, cash=1_000 * CASH_ONE):
        self.venue = venue
        self.limits = limits
        self.account = account or Account(venue, cash)
        self.manual = Manual(ManualSettings())
        self.gate = Gate(limits, LiveRules(refusals=1_000))
        self.executor = Executor()
        self.portfolio = Portfolio()
        self.stages = [self.manual, self.gate, self.executor, self.portfolio]
        self.pipeline = Pipeline(self.stages)
        self.journal = []
        self.orders = {}
        self.count = 0
        self.at = T0

    def start(self, session="s"):
        self.take(SessionStarted(self.at, session, Mode.LIVE, "0", 0))
        self.take(MarketSeen(self.at, market(venue=self.venue, min_qty=10_000)))
        self.take(self.book())
        self.take(CashSeen(self.at, self.venue, self.account.cash()))
        self.ready()
        self.arm()

    def ready(self, *missing):
        return self.take(ReadinessChanged(self.at, self.venue, missing))

    def arm(self):
        return self.take(Arm(self.at, M, 3_600))

    def book(self):
        return touch(4600, 4700, self.at)

    def take(self, event):
        """Let the street think about an event; the venue notes what it is asked for."""
        self.at += MS
        door = [msgspec.structs.replace(event, at=self.at)]
        everything = []
        for message in door:
            for said in self.pipeline.on(message):
                everything.append(said)
                if type(said) in KEPT:
                    self.journal.append(said)
                door += self._asked(said)
        return everything

    def _asked(self, said):
        if not isinstance(said, PlaceOrder):
            assert not isinstance(said, AmendOrder) or said.order in self.orders
            return ()
        wish = said.intent
        assert wish.order not in self.orders, "sent twice"
        self.orders[wish.order] = Order(wish.order, wish.side, said.outcome, wish.price, wish.qty)
        name = VenueOrderId(f"v-{wish.order}")
        return (
            OrderNamed(said.at, wish.order, wish.market, name, said.outcome, "{}"),
            self.report(wish.order, OrderState.SENT),
        )

    def report(self, order, state, reason=""):
        one = self.orders[order]
        return OrderReport(self.at, order, M, state, one.price, one.qty, one.filled, reason)

    # What the venue does.

    def working(self):
        return [order for order in self.orders.values() if not order.is_done]

    def ends(self, order, state, reason=""):
        order.is_done = True
        return self.take(self.report(order.id, state, reason))

    def fills(self, order, qty, fee=0, *, told_first=True):
        """Some of an order trades; the report may come before the fill."""
        self.count += 1
        state = FillState.CONFIRMED if self.venue is Venue.KALSHI else FillState.MATCHED
        fill = Fill(
            self.at,
            FillId(f"f{self.count}"),
            order.id,
            M,
            order.side,
            order.price,
            qty,
            fee,
            is_maker=True,
            outcome=order.outcome if self.venue is Venue.POLYMARKET else 0,
            state=state,
        )
        order.filled += qty
        order.is_done = order.left == 0
        report = self.report(order.id, OrderState.FILLED if order.is_done else OrderState.PARTIAL)
        self.account.fills[fill.id] = fill
        self.account.states[fill.id] = state
        return [
            m for one in ([fill, report] if told_first else [report, fill]) for m in self.take(one)
        ]

    def moves(self, fill, state):
        self.account.states[fill.id] = state
        return self.take(FillMoved(self.at, fill.id, fill.order, M, state))

    def finds(self, side, qty, price, outcome):
        """Somebody else orders on the account."""
        self.count += 1
        order = Order(OrderId(f"x-{self.count}"), side, outcome, price, qty, is_foreign=True)
        self.orders[order.id] = order
        return self.adopts(order)

    def adopts(self, order):
        order.is_done = False
        return self.take(
            OrderAdopted(
                self.at,
                order.id,
                M,
                VenueOrderId(f"v-{order.id}"),
                order.outcome,
                order.side,
                order.price,
                order.qty,
                order.filled,
                is_ours=not order.is_foreign,
            )
        )

    def corrects(self, outcome, qty):
        signed = qty if outcome == 0 else -qty
        self.account.corrections.append((signed, outcome))
        return self.take(
            HoldingAdjusted(self.at, M, signed, 5000, "held before", outcome, self.venue)
        )

    def pays(self, payout):
        for order in self.orders.values():
            order.is_done = True
        for fill in self.account.living():
            self.account.states.setdefault(fill.id, FillState.CONFIRMED)
        cash = self.account
        cash.payout = payout
        return self.take(MarketSettled(self.at, MarketId(M), payout))

    # What is compared.

    def recalled(self):
        """The same street as the journal alone makes it."""
        other = LiveStreet(self.venue, self.limits, self.account)
        other.at = self.at
        for message in self.journal:
            other.pipeline.recall(message)
        other.journal = list(self.journal)
        other.orders = self.orders
        other.count = self.count
        return other

    def outline(self):
        """What a restart must not change."""
        exposure = self.gate._exposure
        return (
            self.portfolio.cash,
            self.portfolio.positions(),
            self.executor.orders(),
            (self.gate.state, self.gate.reason),
            [use for use in self.gate.uses(M) if use.rule != "R3"],
            exposure.cash,
            exposure.free_cash(M),
            self.gate._arming.differs,
            [(p.told, p.state, p.sent, p.filled + p.traded) for p in self.manual.plans()],
        )

    def offered(self, outcome):
        """How much of an outcome is in orders of ours that may still sell it."""
        return sum(
            order.left
            for order in self.working()
            if order.sells and order.outcome == outcome and not order.is_foreign
        )


__all__ = ["Approved", "LiveStreet", "Refused", "WithdrawOrder"]
