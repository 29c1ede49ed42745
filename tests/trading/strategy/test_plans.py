"""Orders worked by size: at once, resting a moment, or in slices that outlive a restart."""

import msgspec
import pytest
from tests.properties.money_builders import (
    BUY,
    GTC,
    IOC,
    SELL,
    T0,
    M,
    fill,
    recall,
    seen,
    tell,
    touch,
)

from pmterm.messages.accounts import Mode, SessionStarted
from pmterm.messages.commands import (
    Arm,
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
from pmterm.messages.orders import (
    Approved,
    Intent,
    OrderReport,
    PlanMoved,
    PlanStarted,
    PlanState,
    Refused,
)
from pmterm.model.ids import MarketId, OrderId
from pmterm.model.order import OrderState, Side
from pmterm.model.routing import Route, route_of, slices_of, value_at
from pmterm.model.units import CASH_ONE, QTY_ONE, SECOND
from pmterm.store.journal import JOURNALED
from pmterm.trading.strategy.manual import Manual, ManualSettings

MINUTE = 60 * SECOND


class Trader:
    """A manual stage and its journal; orders are answered as the test says."""

    def __init__(self, mode=Mode.PAPER):
        self.it = Manual(ManualSettings())
        self.journal = []
        self.take(SessionStarted(T0, "s", mode, "0", 0))
        self.take(seen())
        self.take(touch())

    def take(self, event):
        said = tell(self.it, event) if type(event) in self.it.hears() else []
        self.journal += [m for m in (event, *said) if type(m) in JOURNALED]
        return said

    def route(self, qty, side=BUY, **fields):
        return self.take(SubmitTicket(T0, M, side, qty * QTY_ONE, route="auto", **fields))

    def beat(self, seconds):
        return self.take(Heartbeat(T0 + round(seconds * SECOND)))

    def answer(self, wish, state, filled=0, at=T0):
        return self.take(
            OrderReport(at, wish.order, M, state, wish.price, wish.qty, filled * QTY_ONE)
        )

    def done(self, wish, filled=None):
        self.answer(wish, OrderState.SENT)
        size = wish.qty // QTY_ONE if filled is None else filled
        return self.answer(
            wish, OrderState.FILLED if filled is None else OrderState.CANCELLED, size
        )

    def again(self):
        """Die, and begin anew from the journal."""
        other = Trader()
        other.it = recall(Manual(ManualSettings()), self.journal)
        other.journal = list(self.journal)
        other.take(SessionStarted(T0, "t", Mode.PAPER, "0", 0))
        other.take(seen())
        other.take(touch())
        return other


def of(kind, said):
    return [m for m in said if isinstance(m, kind)]


def plan_of(said):
    (moved,) = of(PlanMoved, said)
    return (moved.state, moved.sent, moved.filled // QTY_ONE)


@pytest.mark.parametrize(
    ("dollars", "route"),
    [(49, Route.AT_ONCE), (50, Route.RESTS), (499, Route.RESTS), (500, Route.SLICED)],
)
def test_the_way_follows_from_the_size(dollars, route):
    assert route_of(dollars * CASH_ONE) is route


def test_the_value_is_what_changes_hands():
    ten = 10 * QTY_ONE
    assert value_at(BUY, 4700, ten, held=0) == 4_700_000
    assert value_at(SELL, 4600, ten, held=0) == 5_400_000  # buys the other outcome
    assert value_at(SELL, 4600, ten, held=ten) == 4_600_000
    assert value_at(BUY, 4700, ten, held=-ten) == 5_300_000


def test_a_small_order_goes_at_market_and_one_with_a_price_as_it_is():
    it = Trader()
    (wish,) = it.route(100)
    assert (wish.tif, wish.price, it.it.plans()) == (IOC, 4800, [])
    (wish,) = it.route(2_000, price=4500)
    assert (wish.qty, wish.price) == (2_000 * QTY_ONE, 4500)


def test_a_middling_order_rests_at_the_touch_for_half_a_minute():
    it = Trader()
    started, wish, moved = it.route(200)
    assert (started.slices, started.lasts) == (1, 30 * SECOND)
    assert (wish.tif, wish.price, moved.state) == (GTC, 4700, PlanState.GOING)
    it.answer(wish, OrderState.OPEN)
    it.answer(wish, OrderState.PARTIAL, filled=50)
    assert it.beat(29.5) == []
    assert it.beat(30) == [CancelOrder(T0 + 30 * SECOND, wish.order)]
    assert it.beat(31) == []
    it.answer(wish, OrderState.CANCELLED, filled=50)
    assert plan_of(it.beat(32)) == (PlanState.DONE, 1, 50)
    assert it.it.plans() == []


def test_on_a_fine_grid_it_reaches_a_tenth_of_a_percent_past_the_touch():
    it = Trader()
    bands = (msgspec.structs.replace(seen().market.bands[0], step=1),)
    it.take(seen(bands=bands))
    assert of(Intent, it.route(200))[0].price == 4704
    assert of(Intent, it.route(200, SELL))[0].price == 4596


def test_a_large_order_goes_in_five_slices_a_minute_apart():
    it = Trader()
    started, wish, _ = it.route(2_000)
    assert (started.slices, started.every) == (5, MINUTE)
    sizes = [wish.qty // QTY_ONE]
    for minute in range(1, 5):
        it.done(wish)
        assert it.beat(minute * 60 - 0.5) == []
        (wish, moved) = it.beat(minute * 60)
        assert moved.sent == minute + 1
        sizes.append(wish.qty // QTY_ONE)
    assert sizes == [400] * 5
    it.done(wish)
    assert plan_of(it.beat(241)) == (PlanState.DONE, 5, 2_000)


def test_what_a_slice_leaves_goes_with_the_later_ones_and_nothing_twice():
    it = Trader()
    wish, total = of(Intent, it.route(2_000))[0], 0
    for minute in range(1, 6):
        taken = 100 if minute < 5 else wish.qty // QTY_ONE
        it.done(wish, filled=taken)
        total += taken
        found = of(Intent, it.beat(minute * 60))
        if found:
            wish = found[0]
    assert wish.qty == 1_600 * QTY_ONE
    assert total == 2_000


@pytest.mark.parametrize("minutes", range(5))
def test_a_restart_goes_on_with_exactly_what_is_left(minutes):
    it = Trader()
    wish = of(Intent, it.route(2_000))[0]
    sent = wish.qty
    for minute in range(1, 6):
        if minute == minutes + 1:
            it.answer(wish, OrderState.SENT)
            it = it.again()
        it.done(wish)
        assert of(Intent, it.beat(minute * 60 - 1)) == []
        found = of(Intent, it.beat(minute * 60))
        if found:
            wish = found[0]
            sent += wish.qty
    assert sent == 2_000 * QTY_ONE
    assert it.it.plans() == []
    orders = [m.order for m in it.journal if isinstance(m, Intent)]
    assert len(orders) == len(set(orders)) == 5


def test_a_slice_the_gate_refused_pauses_the_plan_and_says_so():
    it = Trader()
    it.route(2_000)
    assert it.beat(4) == []
    (moved,) = it.beat(5)
    assert (moved.state, moved.sent, moved.reason) == (
        PlanState.PAUSED,
        0,
        "a slice did not pass the gate",
    )
    assert it.beat(120) == []
    (moved,) = it.take(Arm(T0 + 130 * SECOND, M, 60))
    assert moved.state is PlanState.GOING
    (wish, moved) = it.beat(130.5)
    assert (wish.qty, moved.sent) == (400 * QTY_ONE, 1)


def test_an_arming_elsewhere_lets_nothing_go_on():
    it = Trader()
    it.route(2_000)
    it.beat(5)
    assert it.take(Arm(T0, MarketId("N"), 60)) == []


@pytest.mark.parametrize("has_restarted", [False, True])
def test_an_unknown_slice_pauses_until_it_is_known_and_a_person_goes_on(has_restarted):
    it = Trader()
    wish = of(Intent, it.route(2_000))[0]
    it.answer(wish, OrderState.UNKNOWN)
    assert plan_of(it.beat(1)) == (PlanState.PAUSED, 1, 0)
    it = it.again() if has_restarted else it
    it.take(Resume(T0 + 2 * SECOND))
    assert plan_of(it.beat(3)) == (PlanState.PAUSED, 1, 0)  # still not known: nothing is sent
    it.answer(wish, OrderState.FILLED, filled=400)
    assert it.beat(200) == []
    it.take(Resume(T0 + 201 * SECOND))
    (wish, moved) = it.beat(202)
    assert (wish.qty, moved.sent, moved.filled) == (400 * QTY_ONE, 2, 400 * QTY_ONE)


def test_one_the_venue_refused_pauses_too_and_counts_as_not_sent():
    it = Trader()
    wish = of(Intent, it.route(2_000))[0]
    it.answer(wish, OrderState.REFUSED)
    assert plan_of(it.beat(1)) == (PlanState.PAUSED, 0, 0)
    it = it.again()
    it.take(Resume(T0 + 2 * SECOND))
    assert of(Intent, it.beat(3))[0].qty == 400 * QTY_ONE


def test_a_slice_on_its_way_when_the_program_died_is_not_sent_again():
    """It passed the gate; no report of it was written down."""
    it = Trader()
    wish = of(Intent, it.route(2_000))[0]
    it.journal.append(Approved(T0, wish, 0))
    it = it.again()
    it.take(Resume(T0))
    assert of(Intent, it.beat(60)) == []
    assert plan_of(it.beat(300))[0] is PlanState.PAUSED
    it.answer(wish, OrderState.FILLED, filled=400)
    it.take(Resume(T0 + 301 * SECOND))
    (wish, moved) = it.beat(302)
    assert (moved.sent, moved.filled) == (2, 400 * QTY_ONE)


@pytest.mark.parametrize(
    "command",
    [
        Halt(T0),
        Disarm(T0),
        CancelMarket(T0, M),
        CancelAll(T0),
        Panic(T0),
        ClosePosition(T0, M),
    ],
)
def test_what_takes_everything_back_stops_a_plan_for_good(command):
    it = Trader()
    wish = of(Intent, it.route(2_000))[0]
    it.done(wish)
    assert of(PlanMoved, it.take(command))[0].state is PlanState.STOPPED
    it.take(Resume(T0))
    assert it.beat(60) == []
    assert it.again().beat(120) == []


def test_a_stop_takes_back_what_rests_and_a_cancel_of_its_order_stops_it():
    it = Trader()
    wish = of(Intent, it.route(200))[0]
    it.answer(wish, OrderState.OPEN)
    assert of(CancelOrder, it.take(Disarm(T0)))[0].order == wish.order
    it = Trader()
    wish = of(Intent, it.route(200))[0]
    it.answer(wish, OrderState.OPEN)
    said = it.take(CancelOrder(T0, wish.order))
    assert [type(m) for m in said] == [PlanMoved]
    assert it.beat(40) == []


def test_without_anybody_to_trade_with_a_plan_pauses():
    it = Trader()
    wish = of(Intent, it.route(2_000))[0]
    it.done(wish)
    it.take(touch(ask=10_000))
    (moved,) = it.beat(60)
    assert (moved.state, moved.reason) == (PlanState.PAUSED, "no offers to buy from")


def test_with_real_money_a_sliced_order_asks_before_it_begins():
    it = Trader(Mode.LIVE)
    (said,) = it.route(2_000)
    assert isinstance(said, Refused)
    assert (said.rule, said.asks, it.it.plans()) == ("ASK", True, [])
    started, wish, _ = it.route(2_000, confirmed=True)
    assert started.confirmed
    assert wish.confirmed


def test_no_slice_is_below_the_smallest_order():
    least = seen(min_qty=5 * QTY_ONE).market
    assert slices_of(least, 12 * QTY_ONE) == 2
    assert slices_of(least, 3 * QTY_ONE) == 1
    assert slices_of(least, 1_000 * QTY_ONE) == 5


def test_a_plan_is_named_once():
    it = Trader()
    it.take(touch(ask=9_999))
    first, second = (of(PlanStarted, it.route(60))[0].plan for _ in range(2))
    it.take(touch())
    assert first != second
    third = of(PlanStarted, it.again().route(200))[0].plan
    assert third not in {first, second}


def test_ids_of_orders_do_not_depend_on_how_they_came_about():
    it = Trader()
    it.route(200)
    (wish,) = it.take(SubmitTicket(T0, M, BUY, QTY_ONE))
    assert wish.order == OrderId("s-00002")
    it.take(fill(side=Side.BUY))
    assert it.take(ClosePosition(T0, M))[-1].order == OrderId("s-00003")
