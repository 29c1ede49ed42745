"""What real accounts leave in the tables."""

import pytest

from pmterm.messages.accounts import PositionChanged
from pmterm.messages.live import CashSeen, HoldingAdjusted
from pmterm.messages.orders import (
    Approved,
    Fill,
    FillMoved,
    Intent,
    OrderAdopted,
    OrderNamed,
    OrderReport,
)
from pmterm.model.ids import FillId, MarketId, OrderId, Venue, VenueOrderId
from pmterm.model.order import FillState, OrderState, Side, TimeInForce
from pmterm.store.history import History
from pmterm.store.journal import Journal

M = MarketId("0xabc")
OURS, THEIRS = OrderId("s-00001"), OrderId("x-00001")


def fill(number, order=OURS, state=FillState.MATCHED):
    name = FillId(f"f{number}")
    return Fill(5, name, order, M, Side.SELL, 4700, 10, 1, False, 4, 1, state)


@pytest.fixture
async def tables(database):
    async def written(*messages):
        await Journal(database).append(messages)

        def look(connection):
            return {
                name: connection.execute(sql).fetchall()
                for name, sql in {
                    "orders": "SELECT id, state, filled, venue_order, outcome, is_foreign"
                    " FROM orders ORDER BY id",
                    "fills": "SELECT id, outcome, state FROM fills ORDER BY id",
                    "positions": "SELECT market, qty, settling FROM positions",
                    "adjustments": "SELECT market, outcome, qty, reason FROM adjustments",
                    "state": "SELECT name, value FROM system_state",
                }.items()
            }

        return await database.read(look)

    return written


def approved():
    wish = Intent(1, OURS, M, Side.SELL, 20, 4700, TimeInForce.GTC)
    return Approved(1, wish, 5, outcome=1)


async def test_an_order_has_its_venues_name_and_outcome(tables):
    named = OrderNamed(2, OURS, M, VenueOrderId("0x1"), 1, "{}")
    assert (await tables(approved(), named))["orders"] == [(OURS, "reserved", 0, "0x1", 1, 0)]


async def test_what_is_found_is_listed_and_what_was_lost_works_again(tables):
    gone = OrderReport(3, OURS, M, OrderState.REFUSED, 4700, 20, 0, "given up")
    back = OrderAdopted(4, OURS, M, VenueOrderId("0x1"), 1, Side.SELL, 4700, 20, 5, is_ours=True)
    other = OrderAdopted(4, THEIRS, M, VenueOrderId("0x2"), 0, Side.BUY, 4600, 30, 0)
    assert (await tables(approved(), gone, back, other))["orders"] == [
        (OURS, "partial", 5, "0x1", 1, 0),
        (THEIRS, "open", 0, "0x2", 0, 1),
    ]


async def test_a_fill_settles_or_fails_once_and_a_failed_one_counts_nowhere(tables, database):
    moves = [
        FillMoved(6, FillId("f1"), OURS, M, FillState.FAILED),
        FillMoved(7, FillId("f1"), OURS, M, FillState.CONFIRMED),
        FillMoved(6, FillId("f2"), OURS, M, FillState.CONFIRMED),
    ]
    found = await tables(approved(), fill(1), fill(2), *moves)
    assert found["fills"] == [("f1", 1, "failed"), ("f2", 1, "confirmed")]
    assert [row.id for row in await History(database).fills()] == ["f2"]


async def test_corrections_settling_and_cash_are_kept(tables):
    found = await tables(
        HoldingAdjusted(1, M, -10, 4700, "held before pmterm", 1),
        PositionChanged(2, M, -10, 4700, 5, 0, 0, settling=4),
        CashSeen(3, Venue.POLYMARKET, 12),
    )
    assert found["adjustments"] == [(M, 1, -10, "held before pmterm")]
    assert found["positions"] == [(M, -10, 4)]
    assert found["state"] == [("cash polymarket", "12")]
