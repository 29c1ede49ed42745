"""A close beside orders that are being taken back: they may fill after it, so limits count them."""

from tests.live.rig import SELL, VENUE, M, ready

from pmterm.messages.commands import ClosePosition
from pmterm.messages.orders import Refused
from pmterm.messages.said import FillSeen, OrderAccepted, WithdrawAnswered
from pmterm.model.ids import VenueOrderId
from pmterm.model.order import FillState, OrderState, Side
from pmterm.model.units import CASH_ONE, QTY_ONE
from pmterm.trading.risk.limits import Limits

HELD, OFFERED = 20, 40


def holding_and_offering(most):
    """Return a rig that holds twenty and offers forty, with a limit in dollars."""
    rig = ready(limits=Limits(max_position=most * CASH_ONE, market_cooldown=0))
    bought = rig.buy(HELD, 4_700)
    told(rig, bought, OrderState.FILLED, HELD)
    offered = rig.sell(OFFERED, 4_700)
    told(rig, offered, OrderState.OPEN)
    return rig, offered


def told(rig, order, state, filled=0):
    name, size = VenueOrderId(f"V{order.id}"), filled * QTY_ONE
    words = [OrderAccepted(rig.at, VENUE, order.id, name, state, size)]
    if filled:
        words.append(
            FillSeen(rig.at, VENUE, f"t-{order.id}", name, M, 0, Side.BUY, 4_700, size, 0,
                     is_maker=False, state=FillState.CONFIRMED, venue_at=rig.at)
        )  # fmt: skip
    rig.hear(*words)


def closes(rig):
    return [o for o in rig.desk.table.all() if o.side is SELL and o.qty == HELD * QTY_ONE]


def test_within_the_limits_a_close_goes_at_once():
    rig, _ = holding_and_offering(most=30)
    rig.take(ClosePosition(rig.at, M))
    assert len(closes(rig)) == 1


def test_beyond_the_limits_it_goes_when_the_others_are_gone():
    rig, offered = holding_and_offering(most=20)
    rig.take(ClosePosition(rig.at, M))
    assert closes(rig) == []
    assert "taken back: wait" in rig.heard(Refused)[-1].remedy
    rig.wait(3)
    assert closes(rig) == []
    rig.hear(WithdrawAnswered(rig.at, VENUE, offered.id, is_done=True))
    rig.wait(1)
    assert len(closes(rig)) == 1
