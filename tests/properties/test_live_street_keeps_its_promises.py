"""Random live evenings: what reliability.md promises holds after every event."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.properties.live_street import LiveStreet
from tests.properties.money_builders import BUY, CASH_ONE, QTY_ONE, SECOND, SELL, M

from pmterm.messages.commands import (
    CancelAll,
    CancelMarket,
    CancelOrder,
    ClosePosition,
    Disarm,
    Halt,
    Panic,
    Resume,
    SubmitTicket,
)
from pmterm.messages.health import Heartbeat
from pmterm.messages.live import HoldingDiffers
from pmterm.messages.orders import Approved, FillMoved, GateChanged, OrderAdopted, PlaceOrder
from pmterm.model.ids import Venue
from pmterm.model.order import FillState, GateState, OrderState
from pmterm.trading.risk.limits import Limits

LIMITS = Limits(
    max_position=60 * CASH_ONE,
    max_total=60 * CASH_ONE,
    max_event=60 * CASH_ONE,
    market_cooldown=0,
    min_depth=0,
    losses_in_row=0,
    max_orders=0,
    error_share_ppm=0,
    max_day_loss=0,
    max_drawdown_ppm=0,
)
STEP = 10_000  # the finest size: at any price it costs a whole number of 1e-6 dollars
NEXT = {
    FillState.MATCHED: [FillState.MINED, FillState.RETRYING, FillState.CONFIRMED, FillState.FAILED],
    FillState.MINED: [FillState.CONFIRMED, FillState.RETRYING, FillState.FAILED],
    FillState.RETRYING: [FillState.MINED, FillState.CONFIRMED, FillState.FAILED],
    FillState.CONFIRMED: [],
    FillState.FAILED: [],
}
WORDS = (
    *("close", "panic", "halt", "resume", "disarm", "arm"),
    *("missing", "ready", "all", "here", "differs", "restart"),
    *("fresh", "quiet", "close", "fresh", "quiet", "close"),
)
sides = st.sampled_from([BUY, SELL])
prices = st.sampled_from([4400, 4500, 4600, 4700, 4800])
sizes = st.integers(1, 60)
which = st.integers(0, 9)
steps = st.one_of(
    st.tuples(st.just("ticket"), sides, sizes, prices),
    st.tuples(st.just("ticket"), sides, sizes, prices),
    st.tuples(st.just("offer"), st.integers(1, 3), prices),
    st.tuples(st.just("offer"), st.integers(1, 3), prices),
    st.tuples(st.just("route"), sides, st.sampled_from([50, 100])),
    st.tuples(st.just("accept"), which),
    st.tuples(st.just("refuse"), which),
    st.tuples(st.just("lose"), which),
    st.tuples(st.just("give up"), which),
    st.tuples(st.just("fill"), which, st.integers(1, 4), st.booleans()),
    st.tuples(st.just("fill"), which, st.integers(1, 1), st.booleans()),
    st.tuples(st.just("settle"), which, st.integers(0, 3)),
    st.tuples(st.just("settle"), which, st.integers(0, 3)),
    st.tuples(st.just("again"), which),
    st.tuples(st.just("cancelled"), which),
    st.tuples(st.just("find"), sides, sizes, prices),
    st.tuples(st.just("correct"), st.integers(0, 1), sizes),
    st.tuples(st.just("cancel"), which),
    st.tuples(st.just("beat"), st.sampled_from([1, 5, 31, 61])),
    st.sampled_from(WORDS).map(lambda word: (word,)),
    st.sampled_from(WORDS).map(lambda word: (word,)),
)
evenings = st.lists(steps, min_size=12, max_size=45)
venues = pytest.mark.parametrize("venue", [Venue.POLYMARKET, Venue.KALSHI])


def pick(items, n):
    return items[n % len(items)] if items else None


def to_order(it, order, step):
    """What the venue says of one of its working orders."""
    is_new = not order.filled and not order.is_foreign
    match step:
        case ("accept", _):
            state = OrderState.PARTIAL if order.filled else OrderState.OPEN
            return it.take(it.report(order.id, state))
        case ("lose", _):
            return it.take(it.report(order.id, OrderState.UNKNOWN, "no answer"))
        case ("fill", _, parts, told_first):
            size = max(STEP, order.left // parts // STEP * STEP)
            return it.fills(order, size, 10, told_first=told_first)
        case ("cancelled", _):
            return it.ends(order, OrderState.CANCELLED)
        case ("refuse", _) if is_new:
            return it.ends(order, OrderState.REFUSED, "no")
        case ("give up", _) if is_new:
            gone = it.ends(order, OrderState.REFUSED, "not there")
            return [*gone, *it.adopts(order)]
    return []


def to_fill(it, fill, step):
    """What the venue says of a fill: how it settles, or the same again, or a late lie."""
    states = NEXT[it.account.states[fill.id]]
    if step[0] == "settle":
        return it.moves(fill, pick(states, step[2])) if states else []
    moved = FillMoved(it.at, fill.id, fill.order, M, it.account.states[fill.id])
    return [*it.take(fill), *it.take(moved)]


def by_venue(it, step):
    """What the venue does, if the step is one of its."""
    match step:
        case ("settle" | "again", n, *_):
            fill = pick(list(it.account.fills.values()), n)
            return to_fill(it, fill, step) if fill else []
        case ("find", side, qty, price):
            return it.finds(side, qty * QTY_ONE, price, outcome=0 if side is BUY else 1)
        case ("correct", outcome, qty):
            fits = it.account.of(1 - outcome) == 0
            return it.corrects(outcome, qty * QTY_ONE) if fits else []
        case (_, int(n), *_):
            order = pick(it.working(), n)
            return to_order(it, order, step) if order else []
    return []


def command(it, step):
    """What the person does, if the step is one of theirs."""
    match step:
        case ("ticket", side, qty, price):
            return SubmitTicket(it.at, M, side, qty * QTY_ONE, price, confirmed=True)
        case ("offer", parts, price):  # some of what is held, of whichever outcome that is
            net = it.account.net()
            size = max(1, abs(net) // parts // QTY_ONE) * QTY_ONE
            side = SELL if net > 0 else BUY
            return SubmitTicket(it.at, M, side, size, price, confirmed=True)
        case ("route", side, qty):
            return SubmitTicket(it.at, M, side, qty * QTY_ONE, confirmed=True, route="auto")
        case ("cancel", n) if it.orders:
            return CancelOrder(it.at, pick(list(it.orders), n))
        case ("close",):
            return ClosePosition(it.at, M)
        case ("here",):
            return CancelMarket(it.at, M)
        case ("differs",):
            return HoldingDiffers(it.at, M, 1, 2)
    kinds = {"panic": Panic, "halt": Halt, "resume": Resume, "disarm": Disarm}
    kinds["all"] = CancelAll
    return kinds[step[0]](it.at) if step[0] in kinds else None


def do(it, step):
    """Take one step; return the street (another one after a restart) and what was said."""
    if step[0] == "restart":
        it = it.recalled()
        it.start(f"s{it.count}-{len(it.journal)}")
        return it, []
    if step[0] == "beat":
        it.at += step[1] * SECOND
        it.take(it.book())
        return it, it.take(Heartbeat(it.at))
    if step[0] == "fresh":  # a person has looked, and trades on
        return it, [*it.take(Resume(it.at)), *it.ready(), *it.arm()]
    if step[0] == "quiet":  # everything there is trades and settles
        for order in it.working():
            it.fills(order, order.left, 10)
        pending = [f for f in it.account.living() if NEXT[it.account.states[f.id]]]
        return it, [m for fill in pending for m in it.moves(fill, FillState.CONFIRMED)]
    if step[0] in {"arm", "missing", "ready"}:
        does = {"arm": it.arm, "ready": it.ready, "missing": lambda: it.ready("user stream")}
        return it, does[step[0]]()
    asked = command(it, step)
    return it, by_venue(it, step) if asked is None else it.take(asked)


def street(venue):
    it = LiveStreet(venue, LIMITS)
    it.start()
    return it


def walk(venue, evening):
    """Yield the street and what was said after every step of an evening."""
    it = street(venue)
    for step in evening:
        it, said = do(it, step)
        yield it, said


@venues
@settings(max_examples=120, deadline=None)
@given(evening=evenings)
def test_cash_and_holdings_are_the_venues_to_the_last_unit(venue, evening):
    for it, _ in walk(venue, evening):
        account, ledger = it.account, it.gate._exposure.ledger
        assert it.portfolio.cash == account.cash() == ledger.cash
        assert sum(p.qty for p in it.portfolio.positions()) == account.net()
        for outcome in (0, 1):
            assert ledger.held_of(M, outcome) == account.of(outcome)
            settled = ledger.held_of(M, outcome) - ledger.settling_of(M, outcome)
            assert settled == max(0, account.of(outcome, settled=True))


@venues
@settings(max_examples=120, deadline=None)
@given(evening=evenings, payout=st.sampled_from([0, 5000, 10_000]), late=which)
def test_a_payout_is_exact_and_fills_heard_of_later_are_paid_too(venue, evening, payout, late):
    *_, (it, _) = walk(venue, evening)
    order = pick(it.working(), late)
    it.pays(payout)
    assert all(one.state.is_final for one in it.executor.orders())
    assert it.gate._exposure.orders == {}
    if order is not None:
        it.fills(order, order.left)
    pending = [f for f in it.account.living() if NEXT[it.account.states[f.id]]]
    for fill in pending[:2]:
        it.moves(fill, FillState.FAILED)
    due = it.portfolio._ledger.due_at(venue)
    assert due >= 0 if venue is Venue.POLYMARKET else due == 0
    assert it.portfolio.cash + due == it.account.cash()
    assert it.account.net() == sum(p.qty for p in it.portfolio.positions()) == 0


@settings(max_examples=150, deadline=None)
@given(evening=evenings)
def test_nothing_is_sold_that_is_not_settled_and_free(evening):
    for it, _ in walk(Venue.POLYMARKET, evening):
        for outcome in (0, 1):
            assert it.offered(outcome) <= max(0, it.account.of(outcome, settled=True))
            assert it.account.of(outcome) >= 0


@venues
@settings(max_examples=100, deadline=None)
@given(evening=evenings)
def test_no_approval_goes_over_a_limit_and_none_passes_unarmed_or_halted(venue, evening):
    state = GateState.ACTIVE
    for it, said in walk(venue, evening):
        state = it.gate.state if not said else state
        for message in said:
            match message:
                case GateChanged():
                    state = message.state
                case Approved():
                    assert message.intent.price in range(1, 10_000)
                    if message.reserved and not message.intent.reduce_only:
                        used = {use.rule: use.used_ppm for use in it.gate.uses(M)}
                        assert used["R1"] <= 1_000_000
                        assert used["R2"] <= 1_000_000
                case PlaceOrder():
                    assert state is not GateState.HALTED
                    is_panic = message.intent.origin == "panic"
                    assert is_panic or it.gate.armed is not None
                    assert not it.gate._arming.ready[it.venue].missing
                    differs = it.gate._arming.differs
                    assert M not in differs or message.intent.reduce_only or it.account.net()


@venues
@settings(max_examples=100, deadline=None)
@given(evening=evenings)
def test_what_ended_stays_ended_and_fills_fall_only_by_a_reversal(venue, evening):
    known = {}
    for it, said in walk(venue, evening):
        adopted = {m.order for m in said if isinstance(m, OrderAdopted)}
        failed = any(isinstance(m, FillMoved) and m.state is FillState.FAILED for m in said)
        for order in it.executor.orders():
            state, filled = known.get(order.id, (OrderState.RESERVED, 0))
            if state.is_final and order.id not in adopted:
                assert order.state is state
            assert failed or order.filled >= filled
            assert 0 <= order.filled <= order.qty
            known[order.id] = (order.state, order.filled)


@venues
@settings(max_examples=80, deadline=None)
@given(evening=evenings)
def test_the_journal_alone_makes_the_same_street_after_every_event(venue, evening):
    for it, _ in walk(venue, evening):
        assert it.recalled().outline() == it.outline()
