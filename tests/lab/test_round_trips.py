"""Fills into round trips: each cent once, whatever the order things happen in."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lab.journal_build import BUY, KX, SELL, Story, by

from pmterm.lab.round_trips import UNWATCHED, round_trips
from pmterm.messages.accounts import Mode
from pmterm.messages.orders import OrderAdopted
from pmterm.messages.signals import SignalKind
from pmterm.model.ids import OrderId, VenueOrderId
from pmterm.model.order import FillState
from pmterm.model.units import QTY_ONE, SECOND


def test_partial_fills_in_and_out_are_one_trip():
    story = Story()
    first = story.trade(BUY, 10, 4_000, fee=1_000)
    story.trade(BUY, 30, 4_400, fee=2_000)
    story.trade(SELL, 15, 4_600, fee=500)
    last = story.trade(SELL, 25, 5_000, fee=500)
    (trip,) = round_trips(story.said)
    # In: 10 x 0.40 + 30 x 0.44 = 17.20. Out: 15 x 0.46 + 25 x 0.50 = 19.40. Fees 0.004.
    assert (trip.net, trip.fees) == (2_196_000, 4_000)
    assert (trip.entry, trip.exit) == (4_300, 4_850)
    assert (trip.qty, trip.exposure) == (40 * QTY_ONE, 17_200_000)
    assert (trip.side, trip.opened, trip.closed) == (BUY, first.at, last.at)
    assert not trip.is_open


def test_a_flip_through_zero_ends_one_trip_and_begins_another_and_shares_the_fee():
    story = Story()
    story.trade(BUY, 10, 4_000)
    story.trade(SELL, 30, 5_000, fee=3_000)
    story.trade(BUY, 20, 4_500)
    long, short = round_trips(story.said)
    assert (long.side, long.net, long.fees) == (BUY, 1_000_000 - 1_000, 1_000)
    assert (short.side, short.net, short.fees) == (SELL, 1_000_000 - 2_000, 2_000)
    assert short.qty == 20 * QTY_ONE
    assert short.exposure == 10_000_000  # 20 contracts of NO at 0.50


def test_a_settlement_ends_a_trip_and_a_fill_heard_later_is_paid_at_once():
    story = Story()
    story.trade(BUY, 10, 4_000)
    story.settle(10_000)
    story.trade(BUY, 5, 4_000)
    early, late = round_trips(story.said)
    assert (early.net, early.exit) == (6_000_000, 10_000)
    assert (late.net, late.exit) == (3_000_000, 10_000)


def test_a_position_that_stands_is_apart_with_what_it_cost():
    story = Story()
    story.trade(BUY, 10, 4_000, fee=1_000)
    story.trade(SELL, 4, 4_500, fee=500)
    (trip,) = round_trips(story.said)
    assert trip.is_open
    assert (trip.held, trip.cost) == (6 * QTY_ONE, 2_400_000)
    assert trip.net == 200_000 - 1_500


def test_a_fill_that_failed_to_settle_never_was():
    story = Story(Mode.LIVE)
    bad = story.trade(BUY, 10, 4_000, state=FillState.MATCHED)
    story.trade(BUY, 5, 4_000)
    story.trade(SELL, 5, 5_000)
    story.moved(bad, FillState.FAILED)
    (trip,) = round_trips(story.said)
    assert (trip.net, trip.qty) == (500_000, 5 * QTY_ONE)


def test_a_fill_heard_twice_counts_once():
    story = Story()
    once = story.trade(BUY, 10, 4_000)
    story.said.append(once)
    story.trade(SELL, 10, 5_000)
    (trip,) = round_trips(story.said)
    assert trip.net == 1_000_000


def test_a_correction_makes_the_result_unknown():
    story = Story(Mode.LIVE)
    story.trade(BUY, 10, 4_000)
    story.adjusted(5, 4_000)
    story.trade(SELL, 15, 5_000)
    (trip,) = round_trips(story.said)
    assert trip.doubt == "corrected: the venue holds more"


def test_a_holding_from_nowhere_is_not_by_pmterm():
    story = Story(Mode.LIVE)
    story.adjusted(-5, 4_000, "held before")
    (trip,) = round_trips(story.said)
    assert (trip.strategy, trip.side, trip.is_open) == ("not by pmterm", SELL, True)


def test_an_adopted_order_is_not_ours():
    story = Story(Mode.LIVE)
    story.say(OrderAdopted, OrderId("x1"), KX, VenueOrderId("v1"), 0, BUY, 4_000, 10 * QTY_ONE, 0)
    story.trade(BUY, 10, 4_000, order="x1")
    (trip,) = round_trips(story.said)
    assert trip.strategy == "not by pmterm"


def test_a_strategys_trip_knows_its_signal_and_when_the_price_came_back():
    story = Story()
    seen = story.signal()
    story.trade(BUY, 10, 4_600, origin=by("fade"))
    story.trade(SELL, 10, 4_800)
    story.ended(seen, after=40)
    (trip,) = round_trips(story.said)
    assert (trip.strategy, trip.signal) == ("fade", SignalKind.PANIC_SELL)
    assert trip.reverted_after == 40 * SECOND


def test_a_signal_of_the_last_session_is_not_this_ones_of_the_same_name():
    story = Story()
    story.signal(1, SignalKind.PANIC_SELL)
    story.session()
    other = story.signal(1, SignalKind.FOMO_BUY)
    story.trade(BUY, 10, 4_600, origin=by("fade"))
    story.trade(SELL, 10, 4_800)
    story.ended(other)
    (trip,) = round_trips(story.said)
    assert (trip.strategy, trip.signal, trip.reverted_after) == ("fade", "", None)


def test_a_guarded_paper_position_over_the_end_of_a_session_is_not_known():
    story = Story()
    story.trade(BUY, 10, 4_000)
    story.guard(3_500)
    story.session()
    story.trade(SELL, 10, 3_000)
    story.trade(BUY, 10, 4_000)  # no exit guards this one
    story.session()
    story.trade(SELL, 10, 4_500)
    over, plain = round_trips(story.said)
    assert over.doubt == UNWATCHED
    assert not plain.doubt


trade_in = st.tuples(
    st.sampled_from([BUY, SELL]),
    st.integers(1, 40),
    st.integers(1, 99).map(lambda cents: 100 * cents),
    st.integers(0, 5_000),
    st.sampled_from([KX, "KX-B"]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(trade_in, max_size=30), st.none() | st.integers(0, 100))
def test_all_trips_together_are_the_change_of_the_cash(fills, payout):
    story = Story()
    for side, qty, price, fee, name in fills:
        story.trade(side, qty, price, fee=fee, name=name)
    if payout is not None:
        story.settle(100 * payout)
    trips = round_trips(story.said)
    ended = sum(trip.net for trip in trips if not trip.is_open)
    standing = sum(trip.net - trip.cost for trip in trips if trip.is_open)
    assert ended + standing == story.cash
    assert sum(trip.fees for trip in trips) == sum(fee for _, _, _, fee, _ in fills)
    assert all(trip.exposure > 0 for trip in trips)


def test_it_is_said_why_a_trip_closed():
    story = Story()
    story.trade(BUY, 10, 4_000, origin=by("fade"))
    story.trade(SELL, 10, 4_500, origin="exit target")
    story.trade(BUY, 10, 4_000)
    story.trade(SELL, 10, 4_500, origin="key")
    story.trade(BUY, 10, 4_000)
    story.settle(10_000)
    assert [trip.why for trip in round_trips(story.said)] == ["target", "key", "settled"]
