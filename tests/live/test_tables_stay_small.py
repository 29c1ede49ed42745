"""A session that lasts for days keeps no more than it needs, and still counts each fill once."""

from collections.abc import Sized

import pytest
from tests.live.rig import BUY, VENUE, M, Rig, market, ready

from pmterm.messages.commands import SubmitTicket
from pmterm.messages.feed import MarketSeen
from pmterm.messages.orders import (
    AmendOrder,
    Fill,
    Intent,
    JournalFailed,
    OrderNamed,
    OrderReport,
    PlaceOrder,
)
from pmterm.messages.said import FillSeen, OrderSeen
from pmterm.model.ids import FillId, OrderId, VenueOrderId
from pmterm.model.kept import MOST_KEPT
from pmterm.model.ledger import Ledger
from pmterm.model.order import FillState, Side, TimeInForce
from pmterm.model.order import OrderState as S
from pmterm.model.stock import Traded
from pmterm.model.units import QTY_ONE, SECOND
from pmterm.runtime.engine import Woken

MANY = MOST_KEPT + 3_000


def rows(*keepers):
    """How many rows the largest table of each of these has."""
    return [max(len(v) for v in vars(k).values() if isinstance(v, Sized)) for k in keepers]


def live_through(rig, numbers):
    """Let the broker live through as many evenings' orders, each amended, filled and settled."""
    tells = rig.broker.recalls()
    for number in numbers:
        at, order = rig.at + number * SECOND, OrderId(f"o{number}")
        name = VenueOrderId(f"V{number}")
        wish = Intent(at, order, M, BUY, QTY_ONE, 4700, TimeInForce.GTC)
        change = Intent(at, OrderId(f"a{number}"), M, BUY, QTY_ONE, 4600, TimeInForce.GTC,
                        replaces=order)  # fmt: skip
        for message in (
            PlaceOrder(at, wish),
            OrderNamed(at, order, M, name, 0, "{}"),
            AmendOrder(at, order, change),
            OrderReport(at, order, M, S.FILLED, 4600, QTY_ONE, QTY_ONE),
            Fill(at, FillId(f"t{number}:V{number}"), order, M, BUY, 4600, QTY_ONE, 0,
                 is_maker=False, venue_at=at),
        ):  # fmt: skip
            tells[type(message)](message)


def told_again(rig, number):
    """Have a read tell of one of those fills once more; return what was counted."""
    before = len(rig.heard(Fill))
    rig.hear(
        FillSeen(rig.at, VENUE, f"t{number}", VenueOrderId(f"V{number}"), M, 0, BUY, 4600,
                 QTY_ONE, 0, is_maker=False, state=FillState.CONFIRMED,
                 venue_at=rig.at + number * SECOND)
    )  # fmt: skip
    rig.at += 10 * SECOND
    rig.take(Woken(rig.at))
    return len(rig.heard(Fill)) - before


def veteran():
    """A desk that has seen more orders than it keeps."""
    rig = Rig()
    rig.broker.recalls()[MarketSeen](MarketSeen(rig.at, market()))
    live_through(rig, range(MANY))
    return rig


def test_tables_stop_growing_and_no_fill_is_counted_again_however_old():
    rig = veteran()
    keepers = (rig.desk.book, rig.desk.table, rig.desk, rig.broker)
    before = rows(*keepers)
    live_through(rig, range(MANY, MANY + 3_000))
    assert rows(*keepers) == before
    assert max(before) <= MOST_KEPT
    held = rig.desk.book.held(M)
    for number in (5, 2_500, MANY // 2, MANY + 2_999):
        assert not told_again(rig, number)
    assert rig.desk.book.held(M) == held == (MANY + 3_000) * QTY_ONE


def test_an_old_fill_that_its_order_lacks_by_the_venues_word_is_counted():
    rig = veteran()
    tells = rig.broker.recalls()
    wish = Intent(rig.at, OrderId("late"), M, BUY, QTY_ONE, 4700, TimeInForce.GTC)
    tells[PlaceOrder](PlaceOrder(rig.at, wish))
    tells[OrderNamed](OrderNamed(rig.at, OrderId("late"), M, VenueOrderId("V7"), 0, "{}"))
    rig.hear(
        OrderSeen(rig.at, VENUE, VenueOrderId("V7"), M, 0, BUY, 4700, QTY_ONE, QTY_ONE, S.FILLED)
    )
    assert told_again(rig, 7) == 1
    assert told_again(rig, 7) == 0


def test_an_order_that_could_not_be_written_down_leaves_nothing_behind():
    rig = ready()
    ticket = SubmitTicket(rig.at, M, BUY, 10 * QTY_ONE, 4700, confirmed=True)
    for durable in rig.engine.take(ticket):
        if any(isinstance(message, PlaceOrder) for message in durable.messages):
            durable.failed = "the disk is full."
    assert rig.heard(JournalFailed)
    assert not rig.desk._named


@pytest.mark.parametrize("state", [FillState.CONFIRMED, FillState.FAILED])
def test_a_ledger_keeps_no_more_fills_than_may_matter(state):
    ledger = Ledger()
    ledger.started(0, is_live=True)
    ledger.market_seen(market())

    def fill(number):
        at_first = FillState.MATCHED if number % 2 else FillState.CONFIRMED
        return Traded(FillId(f"t{number}"), Side.BUY, 4_000, 10, 0, state=at_first)

    for number in range(MANY):
        assert ledger.filled(M, fill(number)) is not None
        ledger.moved(M, FillId(f"t{number}"), state)
    assert rows(ledger) == [MOST_KEPT]
    waits = Traded(FillId("waits"), Side.BUY, 4_000, 10, 0, state=FillState.MATCHED)
    ledger.filled(M, waits)
    for number in range(MANY, 2 * MANY, 2):
        ledger.filled(M, fill(number))
    assert ledger.moved(M, waits.id, FillState.FAILED) is not None
    assert ledger.size_of(waits.id) == 10
    assert ledger.filled(M, fill(2 * MANY - 2)) is None
