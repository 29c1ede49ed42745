from hypothesis import given, settings
from hypothesis import strategies as st
from tests.properties.money_builders import BUY, SELL, M, RealBook, trade
from tests.properties.street import Street

from pmterm.messages.accounts import MarketSettled
from pmterm.messages.commands import (
    AmendTicket,
    CancelAll,
    CancelOrder,
    ClosePosition,
    Halt,
    Panic,
    Reduce,
    Resume,
    SubmitTicket,
)
from pmterm.messages.feed import LevelSet
from pmterm.messages.health import Heartbeat
from pmterm.messages.orders import AmendOrder, Fill, GateChanged, Intent, OrderReport, PlaceOrder
from pmterm.model.ids import OrderId
from pmterm.model.order import GateState, OrderState
from pmterm.model.units import CASH_ONE, MS, QTY_ONE, SECOND
from pmterm.trading.execution.lifecycle import MOVES
from pmterm.trading.risk.limits import Limits

LIMITS = Limits(
    max_position=60 * CASH_ONE,
    max_total=60 * CASH_ONE,
    max_event=60 * CASH_ONE,
    market_cooldown=0,
    min_depth=0,
    losses_in_row=0,
    max_orders=0,
)
sides = st.sampled_from([BUY, SELL])
prices = st.integers(42, 51).map(lambda cents: cents * 100)
sizes = st.integers(1, 120)
order_ids = st.integers(1, 12).map(lambda n: OrderId(f"s-{n:05d}"))
steps = st.one_of(
    st.tuples(st.just("ticket"), sides, sizes, st.just(0)),
    st.tuples(st.just("ticket"), sides, sizes, prices),
    st.tuples(st.just("two"), sides, sizes, sizes),
    st.tuples(st.just("amend"), order_ids, sizes, prices),
    st.tuples(st.just("cancel"), order_ids),
    st.tuples(st.just("level"), sides, st.integers(0, 3), st.integers(0, 200)),
    st.tuples(st.just("trade"), sides, prices, st.integers(1, 60)),
    st.tuples(st.just("wait"), st.sampled_from([1 * MS, 150 * MS, 2 * SECOND])),
    st.sampled_from([("close",), ("panic",), ("halt",), ("reduce",), ("resume",), ("cancel all",)]),
)
evenings = st.lists(steps, min_size=6, max_size=30)


def street():
    it = Street(RealBook({4600: 150, 4500: 50}, {4700: 150, 4800: 50}), LIMITS, cash=200)
    it.start()
    return it


def event_of(it, step):
    at = it.at
    match step:
        case ("ticket", side, qty, price):
            return SubmitTicket(at, M, side, qty * QTY_ONE, price)
        case ("amend", order, qty, price):
            return AmendTicket(at, order, price, qty * QTY_ONE)
        case ("cancel", order):
            return CancelOrder(at, order)
        case ("level", side, away, qty):
            price = 4600 - 100 * away if side is BUY else 4700 + 100 * away
            it.book.sizes[side][price] = qty
            return LevelSet(at, at, M, side, price, qty * QTY_ONE)
        case ("trade", taker, price, qty):
            return trade(price, qty, taker, at)
        case ("close",):
            return ClosePosition(at, M)
    kinds = {"panic": Panic, "halt": Halt, "reduce": Reduce, "resume": Resume}
    return kinds.get(step[0], CancelAll)(at)


def do(it, step):
    """Take one step; return what was said, time passing by a little."""
    if step[0] == "wait":
        said = it.wait(step[1])
        return said + it.take(Heartbeat(it.at))
    said = it.wait(MS)
    if step[0] == "two":  # the second while the first is still on its way
        do(it, ("ticket", step[1], step[2], 0))
        step = ("ticket", step[1], step[3], 0)
    said += it.take(event_of(it, step))
    return said + it.take(it.book.touch(it.at))


@settings(max_examples=150)
@given(evenings)
def test_limits_hold_after_every_event(evening):
    it = street()
    for step in evening:
        do(it, step)
        held = sum(p.cost for p in it.portfolio.positions())
        assert held <= LIMITS.max_position + 100
        assert it.portfolio.cash >= -5 * CASH_ONE  # fees of closing may overdraw, costs may not


@settings(max_examples=150)
@given(evenings)
def test_orders_follow_the_table_and_never_unfill(evening):
    it = street()
    known = {}
    for step in evening:
        for message in do(it, step):
            if isinstance(message, OrderReport | Fill):
                for order in it.executor.orders():
                    old = known.get(order.id, (OrderState.RESERVED, 0))
                    assert order.filled >= old[1]
                    known[order.id] = (order.state, order.filled)
    told = {}
    for message in it.journal:
        if isinstance(message, OrderReport):
            old = told.get(message.order, OrderState.RESERVED)
            assert message.state is old or message.state in MOVES[old] or not old.is_final
            told[message.order] = message.state


@settings(max_examples=150)
@given(evenings)
def test_one_intent_makes_one_order_and_a_halt_makes_none(evening):
    it = street()
    state = GateState.ACTIVE
    asked = {}
    sent = []
    for step in evening:
        for message in do(it, step):
            match message:
                case GateChanged():
                    state = message.state
                case Intent():
                    asked[message.order] = message
                case PlaceOrder() | AmendOrder():
                    sent.append(message.intent.order)
                    assert message.intent == asked[message.intent.order]
                    assert state is not GateState.HALTED
    assert len(sent) == len(set(sent))


@settings(max_examples=150)
@given(evenings)
def test_reduce_only_never_oversells(evening):
    it = street()
    held = 0
    closing = set()
    for step in evening:
        for message in do(it, step):
            if isinstance(message, Intent) and message.reduce_only:
                closing.add(message.order)
            if isinstance(message, Fill):
                after = held + (message.qty if message.side is BUY else -message.qty)
                if message.order in closing:
                    assert abs(after) < abs(held)
                    assert after * held >= 0
                held = after


@settings(max_examples=100)
@given(evenings)
def test_a_restart_after_any_event_shows_the_same(evening):
    it = street()
    for step in evening:
        do(it, step)
        assert it.again().outline() == it.outline()


@settings(max_examples=60)
@given(evenings, st.integers(0, 24))
def test_after_a_restart_open_orders_can_all_be_ended_and_money_adds_up(evening, cut):
    it = street()
    for step in evening[:cut]:
        do(it, step)
    it = it.again()
    it.start("t")
    it.wait(SECOND)
    it.take(CancelAll(it.at))
    it.wait(30 * SECOND)
    it.take(MarketSettled(it.at, M, 10_000))
    assert all(order.state.is_final for order in it.executor.orders())
    assert it.broker.working() == []
    fills = {m.id: m for m in it.journal if isinstance(m, Fill)}.values()
    cash = 200 * CASH_ONE
    for one in fills:
        worth = one.price * one.qty // 10_000
        cash += (worth if one.side is SELL else -worth) - one.fee
    cash += sum(one.qty if one.side is BUY else -one.qty for one in fills)
    assert it.portfolio.cash == cash
