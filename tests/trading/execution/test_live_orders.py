"""What the executor keeps of orders on a real account."""

import msgspec
import pytest
from tests.properties.money_builders import (
    BUY,
    SELL,
    T0,
    M,
    approved,
    fill,
    recall,
    report,
    tell,
)

from pmterm.messages.accounts import MarketSettled, Mode, SessionStarted
from pmterm.messages.commands import (
    CancelAll,
    CancelMarket,
    CancelOrder,
    CloseAll,
    ClosePosition,
    Halt,
    Panic,
)
from pmterm.messages.orders import (
    FillMoved,
    GateChanged,
    OrderAdopted,
    OrderKnown,
    OrderNamed,
    OrderReport,
    PlaceOrder,
    WithdrawOrder,
)
from pmterm.model.ids import FillId, OrderId, VenueOrderId
from pmterm.model.order import FillState, GateState, OrderState, TimeInForce
from pmterm.model.units import QTY_ONE, SECOND
from pmterm.trading.execution.executor import Executor

OURS, THEIRS = OrderId("s-00001"), OrderId("x-1")


def executor(*messages):
    it = Executor()
    tell(it, SessionStarted(T0, "s", Mode.LIVE, "0", 0), *messages)
    return it


def found(order="x-1", qty=10, filled=0, *, is_ours=False):
    name = VenueOrderId(f"v-{order}")
    size, done = qty * QTY_ONE, filled * QTY_ONE
    return OrderAdopted(T0, OrderId(order), M, name, 1, SELL, 4600, size, done, is_ours=is_ours)


def withdrawn(said):
    return [m.order for m in said if isinstance(m, WithdrawOrder)]


def test_the_outcome_goes_with_the_request_and_stays_with_the_order():
    it = executor()
    wish = msgspec.structs.replace(approved(side=SELL), outcome=1)
    assert tell(it, wish) == [PlaceOrder(T0, wish.intent, 1)]
    assert it.order(OURS).outcome == 1


def test_the_venues_name_is_kept_and_follows():
    it = executor(approved(), OrderNamed(T0, OURS, M, VenueOrderId("ours"), 0, "{}"))
    assert it.order(OURS).venue_order == "ours"
    tell(it, OrderKnown(T0, OURS, VenueOrderId("theirs")))
    assert it.order(OURS).venue_order == "theirs"


def test_what_was_ordered_elsewhere_is_listed_as_foreign():
    it = executor(found(filled=3))
    order = it.order(THEIRS)
    assert (order.is_foreign, order.state, order.filled) == (True, OrderState.PARTIAL, 3 * QTY_ONE)
    assert (order.outcome, order.venue_order) == (1, "v-x-1")


@pytest.mark.parametrize(
    "command",
    [
        CancelMarket(T0, M),
        CancelAll(T0),
        ClosePosition(T0, M),
        CloseAll(T0),
        Panic(T0),
        GateChanged(T0, GateState.HALTED, "kill"),
        GateChanged(T0, GateState.REDUCING, "R3"),
    ],
)
def test_cancel_mine_leaves_what_others_ordered(command):
    it = executor(approved(), found())
    assert withdrawn(tell(it, command)) == [OURS]


@pytest.mark.parametrize("command", [ClosePosition(T0, M), CloseAll(T0)])
def test_a_close_on_its_way_is_not_taken_back_by_asking_again(command):
    close = {"order": "s-00001", "reduce_only": True}
    on_its_way = executor(approved(**close, tif=TimeInForce.IOC))
    assert withdrawn(tell(on_its_way, command)) == []
    assert withdrawn(tell(on_its_way, CancelAll(T0))) == [OURS]
    resting = executor(approved(**close))
    assert withdrawn(tell(resting, command)) == [OURS]


def test_others_orders_go_by_name_or_where_it_is_told():
    assert withdrawn(tell(executor(found()), CancelOrder(T0, THEIRS))) == [THEIRS]
    assert withdrawn(tell(executor(found()), Panic(T0, foreign=True))) == [THEIRS]
    assert withdrawn(tell(executor(found()), Halt(T0, "kill", foreign=True))) == [THEIRS]
    assert withdrawn(tell(executor(approved(), found()), Halt(T0, "kill"))) == []


def test_one_given_up_for_lost_works_again_when_it_is_found_and_no_other_way():
    it = executor(approved(), report(state=OrderState.UNKNOWN), report(state=OrderState.REFUSED))
    tell(it, report(state=OrderState.OPEN))
    assert it.order(OURS).state is OrderState.REFUSED
    tell(it, found("s-00001", is_ours=True))
    order = it.order(OURS)
    assert (order.state, order.is_foreign) == (OrderState.OPEN, False)
    assert withdrawn(tell(it, CancelAll(T0))) == [OURS]


def test_a_fill_that_failed_is_taken_off_once_and_later_words_do_not_bring_it_back():
    it = executor(approved(), fill(1, qty=4), fill(2, qty=3))
    tell(it, report(state=OrderState.PARTIAL, filled=7))
    name = fill(1).id
    for state in (FillState.FAILED, FillState.FAILED, FillState.CONFIRMED):
        tell(it, FillMoved(T0, name, OURS, M, state))
    order = it.order(OURS)
    assert (order.filled, order.reversed) == (7 * QTY_ONE, 0)  # both had settled before

    it = executor(approved())
    tell(it, *(msgspec.structs.replace(f, state=FillState.MATCHED) for f in [fill(1, qty=4)]))
    tell(it, fill(2, qty=3), report(state=OrderState.PARTIAL, filled=7))
    for state in (FillState.FAILED, FillState.FAILED, FillState.CONFIRMED):
        tell(it, FillMoved(T0, name, OURS, M, state))
    order = it.order(OURS)
    assert (order.filled, order.reversed) == (3 * QTY_ONE, 4 * QTY_ONE)
    tell(it, report(state=OrderState.PARTIAL, filled=7), fill(3, qty=2))
    assert order.filled == 5 * QTY_ONE


def test_a_failure_of_a_fill_never_heard_of_takes_nothing_off():
    it = executor(approved(), fill(1, qty=4))
    tell(it, FillMoved(T0, FillId("other"), OURS, M, FillState.FAILED))
    assert it.order(OURS).filled == 4 * QTY_ONE


def test_a_countdown_is_kept_until_the_venue_says_more():
    held = msgspec.structs.replace(report(state=OrderState.SENT), until=T0 + 3 * SECOND)
    it = executor(approved(), held)
    assert it.order(OURS).until == T0 + 3 * SECOND
    tell(it, report(state=OrderState.OPEN))
    assert it.order(OURS).until == 0


def test_an_order_to_trade_at_once_may_be_said_to_stand_and_fill_later():
    """F27: FAK reported live."""
    it = executor(approved(), report(state=OrderState.OPEN))
    tell(it, fill(qty=4), report(state=OrderState.PARTIAL, filled=4))
    tell(it, report(state=OrderState.CANCELLED, filled=4))
    order = it.order(OURS)
    assert (order.state, order.filled) == (OrderState.CANCELLED, 4 * QTY_ONE)


def test_a_cancel_without_an_answer_waits_for_proof_either_way():
    """F25, F26."""
    for proof in (OrderState.CANCELLED, OrderState.FILLED, OrderState.OPEN, OrderState.PARTIAL):
        it = executor(approved(), report(), report(state=OrderState.CANCEL_UNKNOWN))
        assert it.order(OURS).state is OrderState.CANCEL_UNKNOWN
        assert withdrawn(tell(it, CancelOrder(T0, OURS))) == [OURS]  # again until proved
        tell(it, report(state=proof))
        assert it.order(OURS).state is proof


def test_orders_of_a_resolved_market_have_expired_the_unknown_too():
    it = executor(approved("a"), approved("b"), report("b", OrderState.UNKNOWN))
    tell(it, approved("c"), report("c", OrderState.FILLED))
    said = tell(it, MarketSettled(T0, M, 10_000))
    assert [(m.order, m.state) for m in said if isinstance(m, OrderReport)] == [
        ("a", OrderState.EXPIRED),
        ("b", OrderState.EXPIRED),
    ]
    assert it.order(OrderId("c")).state is OrderState.FILLED
    assert tell(it, MarketSettled(T0, M, 10_000)) == []


def test_on_paper_the_venue_itself_says_what_expires():
    it = Executor()
    tell(it, SessionStarted(T0, "s", Mode.PAPER, "0", 0), approved())
    assert tell(it, MarketSettled(T0, M, 10_000)) == []


def test_every_prefix_of_the_journal_restores_the_orders():
    live, journal = executor(), [SessionStarted(T0, "s", Mode.LIVE, "0", 0)]
    one = msgspec.structs.replace(fill(1, qty=4), state=FillState.MATCHED)
    for event in [
        approved(side=BUY),
        OrderNamed(T0, OURS, M, VenueOrderId("ours"), 0, "{}"),
        OrderKnown(T0, OURS, VenueOrderId("theirs")),
        found(filled=2),
        report(state=OrderState.UNKNOWN),
        one,
        FillMoved(T0, one.id, OURS, M, FillState.FAILED),
        report(state=OrderState.REFUSED),
        found("s-00001", is_ours=True),
        Halt(T0, "kill", foreign=True),
        MarketSettled(T0, M, 0),
    ]:
        journal += [event, *tell(live, event)]
        assert recall(Executor(), journal).orders() == live.orders()


def test_what_was_paid_out_is_not_held_after_a_restart_either():
    started = SessionStarted(T0, "s", Mode.LIVE, "0", 0)
    it = recall(Executor(), [started, fill(qty=10, order="s-9"), MarketSettled(T0, M, 0)])
    tell(it, approved("s-1", SELL, qty=4))
    assert withdrawn(tell(it, GateChanged(T0, GateState.REDUCING, ""))) == ["s-1"]
