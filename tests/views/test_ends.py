"""When a GTD order ends: what may be typed, and what is said of it. It is 20:00:00 UTC."""

import pytest

from pmterm.model.ids import Venue
from pmterm.model.units import SECOND
from pmterm.views.ends import end_objection, end_text, parse_end

AT = (20_000 * 86_400 + 20 * 3_600) * SECOND
MINUTE = 60 * SECOND


@pytest.mark.parametrize(
    ("typed", "life"),
    [("10", 10 * MINUTE), ("10m", 10 * MINUTE), ("90s", 90 * SECOND), ("2H", 120 * MINUTE),
     ("1d", 1_440 * MINUTE), ("21:30", 90 * MINUTE), ("20:00:30", 30 * SECOND),
     ("20:00", 1_440 * MINUTE), ("9:00", 13 * 60 * MINUTE)],
)  # fmt: skip
def test_minutes_spans_and_clock_times_read(typed, life):
    assert parse_end(typed, AT) == AT + life


@pytest.mark.parametrize(
    "typed", ["", "m", "0", "-5", "31d", "24:00", "1:60", "1:2:3:4", ":30", "ten", "1.5h", "٣m"]
)
def test_what_is_no_time_does_not_read(typed):
    with pytest.raises(ValueError, match=r"no time|at most"):
        parse_end(typed, AT)


def test_each_venue_has_its_own_shortest_life():
    soon = AT + 119 * SECOND
    assert end_objection(Venue.POLYMARKET, soon, AT) == (
        "ends too soon: polymarket wants 2 min at least"
    )
    assert end_objection(Venue.POLYMARKET, soon + SECOND, AT) == ""
    assert end_objection(Venue.KALSHI, soon, AT) == ""
    assert (
        end_objection(Venue.KALSHI, AT + SECOND, AT) == "ends too soon: kalshi wants 5 s at least"
    )


def test_the_end_is_told_in_the_venues_terms():
    told = end_text(Venue.POLYMARKET, AT + 10 * MINUTE, AT)
    assert told.startswith("ends 20:10:00 UTC, in 10 min (GTD")
    assert "expiration_time" in end_text(Venue.KALSHI, AT + 90 * SECOND, AT)
