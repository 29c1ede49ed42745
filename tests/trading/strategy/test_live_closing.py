"""Closing what is held on a real account: only what has settled, as soon as it is free."""

import msgspec
import pytest
from tests.properties.money_builders import (
    BUY,
    SELL,
    T0,
    M,
    fill,
    report,
    seen,
    tell,
    touch,
)

from pmterm.messages.accounts import Mode, SessionStarted
from pmterm.messages.commands import (
    AmendTicket,
    CancelAll,
    CloseAll,
    ClosePosition,
    Halt,
    Panic,
    SubmitTicket,
)
from pmterm.messages.health import Heartbeat
from pmterm.messages.live import HoldingAdjusted
from pmterm.messages.orders import FillMoved, Intent, Refused
from pmterm.model.ids import OrderId, Venue
from pmterm.model.order import FillState, OrderState
from pmterm.model.units import QTY_ONE, SECOND
from pmterm.trading.strategy.manual import Manual, ManualSettings


def manual(*messages, venue=Venue.POLYMARKET):
    it = Manual(ManualSettings())
    tell(it, SessionStarted(T0, "s", Mode.LIVE, "0", 0), seen(venue=venue), touch(), *messages)
    return it


def bought(number=1, qty=10, state=FillState.CONFIRMED, side=BUY, outcome=0):
    one = fill(number, qty=qty, side=side, order="s-09000")
    return msgspec.structs.replace(one, state=state, outcome=outcome)


def beat(it, seconds):
    return tell(it, Heartbeat(T0 + round(seconds * SECOND)))


def sizes(said):
    return [(m.side, m.qty // QTY_ONE) for m in said if isinstance(m, Intent)]


def test_what_has_settled_is_sold_and_the_rest_when_it_has():
    late = bought(2, 5, FillState.MATCHED)
    it = manual(bought(), late)
    assert sizes(tell(it, ClosePosition(T0, M))) == [(SELL, 10)]
    tell(it, report("s-00001", OrderState.SENT, 4500))
    tell(it, report("s-00001", OrderState.FILLED, 4500, filled=10))
    tell(it, fill(3, SELL, 4500, 10, order="s-00001"))
    assert sizes(beat(it, 5)) == []
    tell(it, FillMoved(T0, late.id, late.order, M, FillState.CONFIRMED))
    assert sizes(beat(it, 6)) == [(SELL, 5)]


def test_while_all_of_it_settles_that_is_said():
    it = manual(bought(state=FillState.MINED))
    (said,) = tell(it, ClosePosition(T0, M))
    assert isinstance(said, Refused)
    assert (said.is_warning, said.value) == (True, "it is settling")


def test_a_panic_waits_for_orders_that_sell_it_and_then_closes():
    """I4: what is offered is not sold a second time."""
    it = manual(bought())
    tell(it, SubmitTicket(T0, M, SELL, 10 * QTY_ONE, 4900))
    tell(it, report("s-00001", price=4900))
    (said,) = tell(it, Panic(T0))
    assert "still works" in said.value
    assert beat(it, 1) == []
    tell(it, report("s-00001", OrderState.CANCELLED, 4900))
    (wish,) = beat(it, 1.5)
    assert (wish.origin, wish.reduce_only, wish.qty) == ("panic", True, 10 * QTY_ONE)


def test_the_other_outcome_is_closed_too():
    it = manual(bought(side=SELL, outcome=1))
    assert sizes(tell(it, CloseAll(T0))) == [(BUY, 10)]


def test_an_exit_nobody_buys_is_tried_a_few_times_and_then_told():
    """F65."""
    it = manual(bought())
    said = tell(it, ClosePosition(T0, M))
    for half in range(1, 200):
        for wish in [m for m in said if isinstance(m, Intent)]:
            tell(it, report(wish.order, OrderState.SENT, wish.price))
            tell(it, report(wish.order, OrderState.CANCELLED, wish.price))
        new = beat(it, half / 2)
        said = [*said, *new]
    wishes = [m for m in said if isinstance(m, Intent)]
    refused = [m for m in said if isinstance(m, Refused)]
    assert len(wishes) == 5
    assert [m.value for m in refused] == ["10 left"]


def test_what_the_gate_refused_is_not_tried_again():
    it = manual(bought())
    assert sizes(tell(it, ClosePosition(T0, M))) == [(SELL, 10)]
    assert [m for half in range(1, 100) for m in beat(it, half / 2)] == []


@pytest.mark.parametrize("command", [Halt(T0), CancelAll(T0)])
def test_what_stops_everything_stops_a_wish_to_close(command):
    one = bought(state=FillState.MATCHED)
    it = manual(one)
    tell(it, ClosePosition(T0, M), command)
    tell(it, FillMoved(T0, one.id, one.order, M, FillState.CONFIRMED))
    assert beat(it, 3) == []


def ordered(it, at, side, state=OrderState.SENT, **more):
    """Have a ticket pass, and the venue speak of it."""
    (wish,) = tell(it, SubmitTicket(at, M, side, 5 * QTY_ONE, 4700, **more))
    return tell(it, report(wish.order, state, 4700))


def confirmed(it):
    return tell(it, FillMoved(T0, bought().id, bought().order, M, FillState.CONFIRMED))


def test_what_is_bought_after_it_was_to_be_closed_is_not_sold_by_itself():
    it = manual(bought(state=FillState.MINED))
    tell(it, ClosePosition(T0, M))
    (said,) = ordered(it, T0 + SECOND, BUY)
    assert (said.is_warning, said.value) == (True, "it is not closed any more")
    confirmed(it)
    assert sizes(beat(it, 5)) == []


@pytest.mark.parametrize(
    ("at", "side", "state"),
    [
        (T0 - SECOND, BUY, OrderState.SENT),  # ordered before, and on its way out
        (T0 + SECOND, SELL, OrderState.CANCELLED),
        (T0 + SECOND, BUY, OrderState.REFUSED),
    ],
)
def test_another_order_that_opens_nothing_new_leaves_the_wish_to_close(at, side, state):
    it = manual(bought(state=FillState.MINED))
    tell(it, ClosePosition(T0, M))
    assert ordered(it, at, side, state) == []
    tell(it, report("s-00001", OrderState.CANCELLED, 4700))
    confirmed(it)
    assert sizes(beat(it, 5)) == [(SELL, 10)]


def test_sizes_are_whole_steps_and_dust_is_left():
    it = manual(bought(qty=10.004999))
    (wish,) = tell(it, ClosePosition(T0, M))
    assert wish.qty == 10 * QTY_ONE
    (said,) = tell(manual(bought(qty=0.004)), ClosePosition(T0, M))
    assert said.remedy == "it is dust: leave it"


def test_a_venue_that_settles_at_once_closes_all_at_once():
    it = manual(bought(), venue=Venue.KALSHI)
    tell(it, SubmitTicket(T0, M, SELL, 10 * QTY_ONE, 4900), report("s-00001", price=4900))
    assert sizes(tell(it, ClosePosition(T0, M))) == [(SELL, 10)]
    assert beat(it, 10) == []


def test_what_failed_or_was_corrected_is_not_closed():
    one = bought(state=FillState.MATCHED)
    it = manual(one, FillMoved(T0, one.id, one.order, M, FillState.FAILED))
    assert tell(it, ClosePosition(T0, M))[0].value == "nothing held"
    tell(it, HoldingAdjusted(T0, M, 3 * QTY_ONE, 4000, "held before", 0, Venue.POLYMARKET))
    assert sizes(tell(it, ClosePosition(T0, M))) == [(SELL, 3)]


def test_a_yes_goes_with_the_ticket_and_with_no_amend_but_its_own():
    it = manual()
    ticket = SubmitTicket(T0, M, BUY, QTY_ONE, 4500, confirmed=True, expires_at=T0 + SECOND)
    (wish,) = tell(it, ticket)
    assert (wish.confirmed, wish.expires_at) == (True, T0 + SECOND)
    (amend,) = tell(it, AmendTicket(T0, OrderId("s-00001"), 4400, QTY_ONE))
    assert not amend.confirmed
    (amend,) = tell(it, AmendTicket(T0, OrderId("s-00001"), 4400, QTY_ONE, confirmed=True))
    assert amend.confirmed
