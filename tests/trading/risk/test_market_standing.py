"""Every state of a market that takes no orders has words on both venues."""

import msgspec
import pytest
from tests.pilot.screen_build import market

from pmterm.model.ids import Venue
from pmterm.model.market import MarketStatus
from pmterm.model.order import Side
from pmterm.model.standing import standing_words
from pmterm.views.ladder import LadderView
from pmterm.views.ticket import Terms, object_to


@pytest.mark.parametrize("venue", list(Venue))
@pytest.mark.parametrize("status", [each for each in MarketStatus if each != "active"])
def test_ticket_says_what_the_gate_will(venue, status):
    here = msgspec.structs.replace(market(), venue=venue, status=status)
    what, meaning = standing_words(here)
    assert what
    assert meaning
    said = object_to(here, LadderView(), Terms(Side.BUY, 10_000_000, 4_700))
    assert said == f"{what}: {meaning}"


def test_venues_differ_in_what_becomes_of_orders():
    def closed(venue):
        here = msgspec.structs.replace(market(), venue=venue, status=MarketStatus.CLOSED)
        return standing_words(here)[1]

    assert "kalshi itself cancels" in closed(Venue.KALSHI)
    assert "redeemed" in closed(Venue.POLYMARKET)
