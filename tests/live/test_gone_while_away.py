"""An order that ended while pmterm was down is known as ended soon after it is back."""

import asyncio

import pytest
from tests.live.evening import BUY, POLY, MemoryJournal, evening, open_exchange
from tests.live.rig import ready
from tests.live.test_outcomes import accepted
from tests.live.virtual import run

from pmterm.live.broker import LiveBroker
from pmterm.live.settings import LiveSettings
from pmterm.messages.live import Reconciled
from pmterm.messages.orders import OrderReport
from pmterm.model.ids import Venue
from pmterm.model.order import OrderState as S
from pmterm.model.units import MS, SECOND


def test_what_the_venue_listed_before_a_crash_and_has_no_more_has_ended():
    """It takes a few looks then, not the minute by which reads of a new order may lag."""

    async def tell():
        async with open_exchange() as (exchange, key):
            async with evening(exchange, key=key) as here:
                await here.arm(POLY)
                order = await here.order(POLY, BUY, 10, 4_400)
                await here.state_is(order, S.OPEN)
                await asyncio.sleep(40)
                crashed = MemoryJournal(here.journal.messages)
            assert [o.standing.value for o in here.venue_orders()] == ["cancelled"]
            async with evening(exchange, crashed, key=key) as here:
                assert here.state(order) is S.OPEN
                await here.ready(POLY.venue)
                await here.state_is(order, S.CANCELLED, most_s=15)

    run(tell())


def again(rig):
    """Die, and begin anew from the journal; return the broker's own word of its one order."""
    other = LiveBroker({Venue.KALSHI: rig.wing}, LiveSettings())
    recalls = other.recalls()
    for message in rig.journal:
        recalls.get(type(message), lambda _: None)(message)
    (order,) = other.desk(Venue.KALSHI).table.all()
    return order


@pytest.mark.parametrize(
    ("began", "differences", "is_proof"),
    [(1, 0, True), (0, 0, False), (-1, 0, False), (1, 1, False)],
    ids=["later", "meanwhile", "before", "differs"],
)
def test_only_a_whole_comparison_begun_after_it_was_known_shows_that_it_was_listed(
    began, differences, is_proof
):
    rig = ready()
    order = rig.buy()
    accepted(rig, order, S.OPEN, 0)
    known_at = next(m.at for m in rig.journal if type(m) is OrderReport and m.state is S.OPEN)
    done = Reconciled(known_at + began * SECOND + 20 * MS, Venue.KALSHI, "timer", differences, 20)
    rig.journal.append(done)
    assert again(rig).was_listed is is_proof
