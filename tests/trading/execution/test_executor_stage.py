import msgspec
from tests.properties.money_builders import (
    SELL,
    T0,
    M,
    approved,
    fill,
    recall,
    report,
    tell,
)

from pmterm.messages.commands import (
    CancelAll,
    CancelMarket,
    CancelOrder,
    ClosePosition,
    Panic,
)
from pmterm.messages.orders import (
    AmendOrder,
    GateChanged,
    JournalFailed,
    PlaceOrder,
    WithdrawOrder,
)
from pmterm.model.ids import MarketId, OrderId
from pmterm.model.order import GateState, OrderState
from pmterm.model.units import QTY_ONE
from pmterm.trading.execution.executor import HISTORY, Executor


def working(*names):
    it = Executor()
    for name in names or ("s-00001",):
        tell(it, approved(name, price=4600), report(name, price=4600))
    return it


def withdrawn(said):
    return [m.order for m in said if isinstance(m, WithdrawOrder)]


def test_what_is_approved_is_placed_and_its_amend_amends():
    it = Executor()
    first = approved("s-00001")
    assert tell(it, first) == [PlaceOrder(T0, first.intent)]
    assert it.order(OrderId("s-00001")).state is OrderState.RESERVED
    second = approved("s-00002", price=4500, replaces=OrderId("s-00001"))
    assert tell(it, second) == [AmendOrder(T0, OrderId("s-00001"), second.intent)]
    assert [o.id for o in it.orders()] == ["s-00001"]


def test_reports_move_an_order_along_and_its_fill_never_falls():
    it = working()
    tell(it, report(state=OrderState.PARTIAL, filled=6), report(state=OrderState.OPEN, filled=2))
    order = it.order(OrderId("s-00001"))
    assert (order.state, order.filled) == (OrderState.PARTIAL, 6 * QTY_ONE)
    tell(it, report(state=OrderState.CANCELLED, filled=6), report(state=OrderState.OPEN))
    assert order.state is OrderState.CANCELLED


def test_fills_count_once_and_before_the_report():
    it = working()
    tell(it, fill(1, qty=4), fill(1, qty=4), fill(2, qty=1))
    assert it.order(OrderId("s-00001")).filled == 5 * QTY_ONE
    tell(it, report(state=OrderState.PARTIAL, filled=4))
    assert it.order(OrderId("s-00001")).filled == 5 * QTY_ONE


def test_a_fill_after_the_cancel_still_counts():
    it = working()
    tell(it, report(state=OrderState.CANCELLED), fill(qty=3))
    order = it.order(OrderId("s-00001"))
    assert (order.state, order.filled) == (OrderState.CANCELLED, 3 * QTY_ONE)


def test_cancels_reach_exactly_their_orders():
    it = Executor()
    tell(it, approved("a"), approved("b"), approved("c", name="N"), report("b", OrderState.FILLED))
    assert withdrawn(tell(it, CancelOrder(T0, OrderId("a")))) == ["a"]
    assert withdrawn(tell(it, CancelOrder(T0, OrderId("b")))) == []
    assert withdrawn(tell(it, CancelOrder(T0, OrderId("zzz")))) == []
    assert withdrawn(tell(it, CancelMarket(T0, M))) == ["a"]
    assert withdrawn(tell(it, ClosePosition(T0, MarketId("N")))) == ["c"]
    assert withdrawn(tell(it, CancelAll(T0))) == ["a", "c"]


def test_panic_withdraws_what_worked_before_but_not_the_closing_order():
    it = working("s-00001")
    said = tell(it, Panic(T0), approved("s-00002", SELL, reduce_only=True, origin="panic"))
    said += tell(it, GateChanged(T0, GateState.REDUCING, "panic"))
    assert withdrawn(said) == ["s-00001"]


def test_a_halt_withdraws_everything():
    it = working("a", "b")
    assert withdrawn(tell(it, GateChanged(T0, GateState.HALTED, "kill"))) == ["a", "b"]
    assert tell(it, GateChanged(T0, GateState.ACTIVE, "")) == []


def test_reducing_withdraws_what_could_still_open_something():
    it = working("s-00001")
    tell(it, approved("s-00002", SELL, qty=4, price=4900), fill(qty=4, order="s-00001"))
    tell(it, approved("s-00003", SELL, qty=5, price=4900))
    said = tell(it, GateChanged(T0, GateState.REDUCING, "R3"))
    assert withdrawn(said) == ["s-00001", "s-00003"]


def test_an_amended_order_takes_price_and_size_from_the_venues_word():
    it = working()
    tell(it, approved("s-00002", price=4500, replaces=OrderId("s-00001")))
    assert it.order(OrderId("s-00001")).price == 4600
    tell(it, report("s-00001", price=4500))
    assert it.order(OrderId("s-00001")).price == 4500


def test_a_refused_amend_leaves_the_order_and_says_why():
    it = working()
    tell(it, approved("s-00002", price=4500, replaces=OrderId("s-00001")))
    refused = report("s-00002", OrderState.REFUSED, price=4500)
    tell(it, msgspec.structs.replace(refused, reason="not amended: too late"))
    order = it.order(OrderId("s-00001"))
    assert (order.state, order.price, order.reason) == (
        OrderState.OPEN,
        4600,
        "not amended: too late",
    )


def test_an_order_that_was_not_written_down_is_refused():
    it = Executor()
    tell(it, approved())
    (said,) = tell(it, JournalFailed(T0, OrderId("s-00001"), "disk full"))
    assert said.state is OrderState.REFUSED
    assert "disk full" in said.reason
    assert it.order(OrderId("s-00001")).state is OrderState.REFUSED
    assert tell(it, JournalFailed(T0, OrderId("s-00001"), "disk full")) == []


def test_history_is_bounded_and_working_orders_outlive_ended_ones():
    it = working("first")
    for n in range(HISTORY + 50):
        tell(it, approved(f"s-{n}"), report(f"s-{n}", OrderState.CANCELLED))
    assert len(it.orders()) == HISTORY
    assert it.order(OrderId("first")) is not None


def test_what_was_filled_of_forgotten_orders_is_forgotten_and_late_fills_still_count_once():
    it = Executor()
    count = HISTORY + 300
    for n in range(count):
        order = f"s-{n}"
        tell(it, approved(order), fill(1, qty=4, order=order))
        tell(it, report(order, OrderState.FILLED, filled=10))
    late = [fill(2, qty=6, order=f"s-{n}") for n in range(count)]
    tell(it, *late, *late)
    assert it._ledger.held(M).qty == count * 10 * QTY_ONE
    assert [len(table) for table in (it._orders, it._filled, it._amends)] == [HISTORY, HISTORY, 0]
    assert {order.filled for order in it.orders()} == {10 * QTY_ONE}


def test_every_prefix_of_the_journal_restores_the_orders():
    live = Executor()
    journal, events = (
        [],
        [
            approved("s-00001", price=4600),
            report("s-00001", state=OrderState.SENT, price=4600),
            report("s-00001", price=4600),
            approved("s-00002", price=4500, qty=8, replaces=OrderId("s-00001")),
            fill(qty=2),
            report("s-00001", state=OrderState.PARTIAL, price=4500, qty=8, filled=2),
            CancelAll(T0 + 1),
            report("s-00001", state=OrderState.CANCELLED, price=4500, qty=8, filled=2),
            approved("s-00003"),
            JournalFailed(T0 + 2, OrderId("s-00003"), "disk full"),
        ],
    )
    for event in events:
        journal += [event, *tell(live, event)]
        assert recall(Executor(), journal).orders() == live.orders()


def test_an_amend_that_was_not_written_down_leaves_the_order_alone():
    it = working()
    tell(it, approved("s-00002", price=4500, replaces=OrderId("s-00001")))
    (said,) = tell(it, JournalFailed(T0, OrderId("s-00002"), "disk full"))
    assert (said.order, said.state) == ("s-00002", OrderState.REFUSED)
    order = it.order(OrderId("s-00001"))
    assert (order.state, order.price) == (OrderState.OPEN, 4600)
    assert "disk full" in order.reason


def test_a_reason_lasts_until_the_order_moves_on():
    it = Executor()
    tell(it, approved())
    held = msgspec.structs.replace(report(state=OrderState.SENT), reason="held back 3 s")
    tell(it, held, report(state=OrderState.SENT))
    assert it.order(OrderId("s-00001")).reason == "held back 3 s"
    tell(it, report(state=OrderState.OPEN))
    assert it.order(OrderId("s-00001")).reason == ""


def test_reducing_keeps_closing_orders_only_as_far_as_there_is_something_to_close():
    it = Executor()
    tell(it, fill(qty=10, order="s-09000"))
    for name in ("s-00001", "s-00002", "s-00003"):
        fields = {"reduce_only": name == "s-00003", "qty": 6}
        tell(it, approved(name, SELL, **fields), report(name, qty=6))
    assert withdrawn(tell(it, GateChanged(T0, GateState.REDUCING, ""))) == ["s-00001", "s-00002"]
    it = Executor()
    tell(it, fill(qty=10, order="s-09000"))
    for name in ("s-00001", "s-00002"):
        tell(it, approved(name, SELL, qty=6), report(name, qty=6))
    assert withdrawn(tell(it, GateChanged(T0, GateState.REDUCING, ""))) == ["s-00002"]


def test_reducing_counts_an_amend_that_is_under_way():
    it = Executor()
    tell(it, fill(qty=10, order="s-09000"), approved("s-00001", SELL, qty=6))
    tell(it, report("s-00001", qty=6))
    tell(it, approved("s-00002", SELL, qty=30, replaces=OrderId("s-00001")))
    assert withdrawn(tell(it, GateChanged(T0, GateState.REDUCING, ""))) == ["s-00001"]
