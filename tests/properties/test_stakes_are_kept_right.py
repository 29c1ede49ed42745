"""What the gate keeps between questions is what it would come to if worked out anew."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.properties.money_builders import T0, approved, fill, intent, market, report

from pmterm.messages.accounts import MarketSettled, Mode, SessionStarted
from pmterm.messages.live import HoldingAdjusted
from pmterm.messages.orders import FillMoved, OrderAdopted
from pmterm.model.ids import FillId, MarketId, OrderId, Venue, VenueOrderId
from pmterm.model.order import FillState, OrderState, Side
from pmterm.model.units import QTY_ONE
from pmterm.trading.risk.exposure import Exposure

VENUES = {"A": Venue.KALSHI, "B": Venue.POLYMARKET}
orders = st.integers(1, 4)
names = st.sampled_from(sorted(VENUES))
sides = st.sampled_from(list(Side))
sizes = st.integers(1, 30)
prices = st.integers(1, 99).map(lambda cents: cents * 100)
states = st.sampled_from([OrderState.OPEN, OrderState.PARTIAL, OrderState.CANCELLED])
ends = st.sampled_from([FillState.CONFIRMED, FillState.FAILED])


def named(number):
    return OrderId(f"s-{number:05}")


def place(number):
    """Where an order is: every other one in each market."""
    return "AB"[number % 2]


def approves(at, number, side, price, qty, outcome):
    said = approved(named(number), side, qty, price, name=place(number))
    at.reserve(msgspec.structs.replace(said, outcome=outcome, fee_estimate=7 * qty))


def amends(at, number, side, price, qty):
    said = approved(f"a-{number}", side, qty, price, name=place(number))
    wish = msgspec.structs.replace(said.intent, replaces=named(number))
    at.reserve(msgspec.structs.replace(said, intent=wish, fee_estimate=9 * qty))


def refuses(at, number):
    at.drop(OrderId(f"a-{number}"))


def reports(at, number, state, price, qty, filled):
    at.report(report(named(number), state, price, qty, min(qty, filled), name=place(number)))


def fills(at, number, side, price, qty, which):
    said = fill(which, side, price, qty, name=place(number), order=named(number))
    at.fill(msgspec.structs.replace(said, state=FillState.MATCHED))


def moves(at, number, which, state):
    word = FillId(f"{named(number)}-f{which}")
    at.fill_moved(FillMoved(T0, word, named(number), MarketId(place(number)), state))


def adopts(at, number, side, price, qty):
    where, venue_order = MarketId(place(number)), VenueOrderId("v")
    size = qty * QTY_ONE
    at.adopt(OrderAdopted(T0, named(number), where, venue_order, 0, side, price, size, 0))


def adjusts(at, name, qty, outcome):
    at.adjust(HoldingAdjusted(T0, MarketId(name), qty * QTY_ONE, 5_000, "", outcome))


def settles(at, name, payout):
    at.settle(MarketSettled(T0, MarketId(name), payout))


def drops(at, number):
    at.drop(named(number))


def step(act, *given_with):
    return st.tuples(st.just(act), st.tuples(*given_with))


order = (orders, sides, prices, sizes)
stories = st.lists(
    st.one_of(
        step(approves, *order, st.integers(0, 1)),
        step(approves, *order, st.integers(0, 1)),
        step(amends, *order),
        step(refuses, orders),
        step(reports, orders, states, prices, sizes, st.integers(0, 30)),
        step(fills, *order, st.integers(1, 2)),
        step(fills, *order, st.integers(1, 2)),
        step(moves, orders, st.integers(1, 2), ends),
        step(adopts, *order),
        step(adjusts, names, st.integers(-20, 20), st.integers(-1, 1)),
        step(settles, names, st.sampled_from([0, 10_000])),
        step(drops, orders),
    ),
    min_size=10,
    max_size=30,
)


def answers(at):
    """Everything the gate asks, with and without an order of each side."""
    wishes = [intent("new", side, 3, 4_100, name=name) for name in VENUES for side in Side]
    return (
        at.total(),
        [(at.worst(m), at.to_pay(m), at.event(m), at.free_cash(m)) for m in map(MarketId, VENUES)],
        [(at.worst(w.market, w), at.to_pay(w.market, w)) for w in wishes],
    )


@settings(max_examples=150, deadline=None)
@given(mode=st.sampled_from([Mode.LIVE, Mode.PAPER]), story=stories)
def test_what_is_kept_equals_what_is_worked_out_anew(mode, story):
    at = Exposure()
    at.started(SessionStarted(T0, "s", mode, "v", 1_000_000))
    for name, venue in VENUES.items():
        at.market_seen(market(name, venue=venue))
    for act, words in story:
        act(at, *words)
        kept = answers(at)
        at._stakes.clear()
        assert kept == answers(at), act.__name__
