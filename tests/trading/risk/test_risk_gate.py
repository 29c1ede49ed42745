import pytest
from tests.properties.money_builders import (
    BUY,
    IOC,
    SELL,
    T0,
    M,
    fill,
    intent,
    recall,
    report,
    seen,
    tell,
    touch,
)

from pmterm.messages.accounts import MarketSettled, Mode, SessionStarted
from pmterm.messages.commands import (
    CancelAll,
    CancelMarket,
    CancelOrder,
    ClosePosition,
    Halt,
    Panic,
    Reduce,
    Resume,
)
from pmterm.messages.feed import BookLost, MarketStatusSeen
from pmterm.messages.health import Heartbeat
from pmterm.messages.orders import Approved, GateChanged, JournalFailed, Refused
from pmterm.model.fees import FeeSchedule
from pmterm.model.ids import OrderId, Venue
from pmterm.model.market import MarketStatus, PriceBand
from pmterm.model.order import GateState, OrderState, TimeInForce
from pmterm.model.units import CASH_ONE, MS, SECOND
from pmterm.trading.risk.gate import Gate
from pmterm.trading.risk.limits import CAUTIOUS, HOUR, MINUTE, STANDARD, Limits

LOOSE = Limits(market_cooldown=0, max_position=0, max_event=0, max_total=0, max_drawdown_ppm=0)
DAY = 24 * HOUR


def gate(limits=STANDARD, cash=10_000, **fields):
    it = Gate(limits)
    tell(it, SessionStarted(T0, "s", Mode.PAPER, "0", cash * CASH_ONE), seen(**fields), touch())
    return it


def holding(it, qty=10, price=4700, side=BUY, order="s-09000", at=T0):
    tell(it, fill(side=side, qty=qty, price=price, order=order, at=at))
    return it


def verdict(it, *args, **fields):
    (said,) = tell(it, intent(*args, **fields))
    return said.rule if isinstance(said, Refused) else "approved"


def numbered(n):
    return f"s-{n:05d}"


def lose(it, n, at, loss_price=4600):
    """Buy at 0.47 and sell lower: one losing round trip of ten contracts."""
    first = tell(it, fill(order=numbered(n), at=at))
    return first + tell(it, fill(order=numbered(n + 1), side=SELL, price=loss_price, at=at + 1))


def test_an_order_within_limits_is_approved_with_its_worst_loss_and_fee():
    (said,) = tell(gate(), intent(qty=100, price=4700))
    assert isinstance(said, Approved)
    assert said.reserved == 47 * CASH_ONE
    assert said.fee_estimate == 1_743_700


def test_position_limit_names_value_limit_and_what_would_pass():
    it = holding(gate(), qty=2_000, price=4700)
    (said,) = tell(it, intent(qty=200, price=4600))
    assert said == Refused(
        T0, OrderId("s-00001"), M, "R1 position", "$1 032", "$1 000", "at most 130.43 more at 0.46"
    )
    assert verdict(it, qty=130.43, price=4600) == "approved"


def test_a_short_counts_what_it_could_lose():
    assert verdict(gate(), side=SELL, qty=1_900, price=4700) == "R1 position"
    assert verdict(gate(), side=SELL, qty=1_800, price=4700) == "approved"


def test_orders_on_their_way_count_as_filled_at_once():
    it = gate(Limits(market_cooldown=0))
    answers = [verdict(it, numbered(n), qty=500, price=4700, at=T0 + n) for n in range(1, 7)]
    assert answers == ["approved"] * 4 + ["R1 position"] * 2
    assert it.uses(M)[0].used_ppm == 940_000


def test_an_ended_order_frees_its_reserve_only_when_its_fills_have_come():
    it = gate(Limits(market_cooldown=0))
    assert verdict(it, "s-00001", qty=2_000, price=4700) == "approved"
    tell(it, report("s-00001", OrderState.CANCELLED, qty=2_000, filled=1_500))
    assert it.uses(M)[0].value == "$705"
    assert verdict(it, "s-00002", qty=1_000, price=4700) == "R1 position"
    tell(it, fill(qty=1_500, order="s-00001"))
    assert it.uses(M)[0].value == "$705"
    tell(it, report("s-00003", OrderState.REFUSED, qty=1, filled=0))
    assert verdict(it, "s-00004", qty=600, price=4700) == "approved"
    tell(it, report("s-00004", OrderState.CANCELLED, qty=600, filled=0))
    assert it.uses(M)[0].value == "$705"


def test_unknown_orders_stay_reserved():
    it = gate(Limits(market_cooldown=0))
    verdict(it, "s-00001", qty=2_000, price=4700)
    tell(it, report("s-00001", OrderState.UNKNOWN, qty=2_000))
    assert verdict(it, "s-00002", qty=500, price=4700) == "R1 position"


def test_an_amend_under_way_counts_as_the_worse_of_both():
    it = gate(Limits(market_cooldown=0))
    verdict(it, "s-00001", qty=1_000, price=4700)
    tell(it, report("s-00001", qty=1_000))
    smaller = {"qty": 100, "price": 4700, "replaces": OrderId("s-00001")}
    assert verdict(it, "s-00002", **smaller) == "approved"
    assert it.uses(M)[0].value == "$470"
    tell(it, report("s-00001", qty=100))
    assert it.uses(M)[0].value == "$47"
    bigger = {"qty": 2_500, "price": 4700, "replaces": OrderId("s-00001")}
    assert verdict(it, "s-00003", **bigger) == "R1 position"
    fits = {"qty": 2_000, "price": 4700, "replaces": OrderId("s-00001")}
    assert verdict(it, "s-00004", **fits) == "approved"
    assert it.uses(M)[0].value == "$940"
    tell(it, report("s-00004", OrderState.REFUSED, qty=2_000))
    assert it.uses(M)[0].value == "$47"


def test_amending_an_ended_order_is_refused():
    assert verdict(gate(), replaces=OrderId("s-00009")) == "amend"


def test_markets_of_one_event_count_as_one_position():
    it = gate(Limits(market_cooldown=0), event="final")
    tell(it, seen(name="N", event="final"), seen(name="O", event="other"))
    tell(it, touch(name="N"), touch(name="O"))
    assert verdict(it, "s-00001", qty=1_500, price=4700) == "approved"
    assert verdict(it, "s-00002", qty=1_500, price=4700, name="N") == "R7 event"
    assert verdict(it, "s-00003", qty=1_500, price=4700, name="O") == "approved"


def test_total_exposure_is_limited_over_all_markets():
    it = gate(Limits(market_cooldown=0))
    names = [f"M{n}" for n in range(7)]
    tell(it, *(seen(name=name) for name in names), *(touch(name=name) for name in names))
    answers = [
        verdict(it, numbered(n), qty=2_000, price=4700, name=name)
        for n, name in enumerate(names, start=1)
    ]
    assert answers == ["approved"] * 5 + ["R2 total"] * 2


def test_an_order_beyond_the_cash_is_refused_fee_included():
    assert verdict(gate(cash=47), qty=100, price=4700) == "cash"
    assert verdict(gate(cash=49), qty=100, price=4700) == "approved"


def test_cautious_profile_holds_two_positions_of_three_dollars():
    it = gate(CAUTIOUS)
    tell(it, *(m for n in "NO" for m in (seen(name=n), touch(name=n))))
    assert it.profile == "cautious"
    assert verdict(it, "s-00001", qty=7, price=4700) == "R1 position"
    assert verdict(it, "s-00002", qty=6, price=4700) == "approved"
    assert verdict(it, "s-00003", qty=6, price=4700, name="N") == "approved"
    assert verdict(it, "s-00004", qty=6, price=4700, name="O") == "R6 positions"


def test_reducing_passes_whatever_the_limits_say():
    it = holding(gate(), qty=5_000, price=4700)
    assert verdict(it, "s-00001", qty=1, price=4700) == "R1 position"
    assert verdict(it, "s-00002", SELL, qty=5_000, price=4600, tif=IOC) == "approved"


def test_what_does_not_raise_the_worst_loss_passes_though_the_limit_is_exceeded():
    it = holding(gate(), qty=5_000, price=4700)
    assert verdict(it, "s-00001", SELL, qty=6_000, price=4600) == "approved"


def test_closing_twice_is_refused_the_second_time():
    it = holding(gate(), qty=10)
    close = {"side": SELL, "qty": 10, "price": 4600, "reduce_only": True}
    assert verdict(it, "s-00001", **close) == "approved"
    assert verdict(it, "s-00002", **close) == "reduce only"


def test_closing_may_count_on_orders_that_are_being_taken_back():
    it = holding(gate(), qty=10)
    assert verdict(it, "s-00001", SELL, qty=10, price=4900) == "approved"
    close = {"side": SELL, "qty": 10, "price": 4600, "reduce_only": True}
    assert verdict(it, "s-00002", **close) == "reduce only"
    tell(it, ClosePosition(T0, M))
    assert verdict(it, "s-00003", **close) == "approved"


def test_a_close_on_its_way_is_not_taken_back_by_asking_again():
    it = holding(gate(), qty=10)
    close = {"side": SELL, "qty": 10, "price": 4600, "reduce_only": True, "tif": TimeInForce.IOC}
    assert verdict(it, "s-00001", **close) == "approved"
    tell(it, ClosePosition(T0, M))
    assert verdict(it, "s-00002", **close) == "reduce only"
    tell(it, CancelMarket(T0, M))
    assert verdict(it, "s-00003", **close) == "approved"


def test_halted_lets_nothing_through_and_reducing_only_closers():
    it = holding(gate(), qty=10)
    assert tell(it, Reduce(T0)) == [GateChanged(T0, GateState.REDUCING, "by hand")]
    assert verdict(it, "s-00001") == "R10 reducing"
    assert verdict(it, "s-00002", SELL, qty=11, price=4600) == "R10 reducing"
    assert verdict(it, "s-00003", SELL, qty=4, price=4600) == "approved"
    tell(it, Halt(T0, "kill"))
    assert verdict(it, "s-00004", SELL, qty=4, price=4600) == "R10 halted"
    tell(it, Resume(T0))
    assert verdict(it, "s-00005") == "approved"


def test_panic_turns_any_state_into_reducing():
    it = holding(gate(), qty=10)
    tell(it, Halt(T0))
    tell(it, Panic(T0))
    assert (it.state, it.reason) == (GateState.REDUCING, "panic")
    assert verdict(it, side=SELL, qty=10, price=4600, reduce_only=True) == "approved"


def test_a_book_that_cannot_prove_itself_is_not_traded_on():
    it = gate()
    tell(it, BookLost(T0, M, "gap"))
    assert verdict(it) == "book"
    tell(it, touch(at=T0 + 1, is_trusted=False))
    assert verdict(it) == "book"
    tell(it, touch(at=T0 + 2))
    assert verdict(it, at=T0 + HOUR) == "book"
    assert verdict(it, name="unheard") == "market"
    tell(it, MarketStatusSeen(T0, M, MarketStatus.PAUSED))
    assert verdict(it, at=T0 + 3) == "market"


def test_takers_are_held_to_the_collar_and_resting_orders_are_not():
    assert verdict(gate(), price=4800) == "approved"  # one tick at least
    assert verdict(gate(), price=4900) == "R9 price"
    assert verdict(gate(), price=1000) == "approved"
    assert verdict(gate(), side=SELL, price=4500) == "approved"
    assert verdict(gate(), side=SELL, price=4400) == "R9 price"


def test_with_an_empty_other_side_a_price_far_from_our_own_is_refused():
    it = gate()
    tell(it, touch(4000, 10_000))
    assert verdict(it, price=6000) == "approved"
    assert verdict(it, price=6100) == "R9 price"
    tell(it, touch(0, 10_000))
    assert verdict(it, price=5000, at=T0 + SECOND) == "R9 price"


def test_takers_need_depth_and_a_narrow_spread():
    it = gate()
    tell(it, touch(depth=99 * CASH_ONE))
    assert verdict(it, price=4700) == "R9 depth"
    assert verdict(it, price=4600) == "approved"
    it = gate()
    tell(it, touch(3600, 4700))
    assert verdict(it, price=4700) == "R8 spread"


def test_a_spread_far_above_the_markets_usual_stops_takers():
    it = gate(LOOSE, bands=(PriceBand(0, 10_000, 10),))
    for n in range(250):
        tell(it, touch(4690, 4700, at=T0 + n * SECOND // 2), Heartbeat(T0 + n * SECOND // 2))
    at = T0 + 200 * SECOND
    tell(it, touch(4580, 4700, at=at))
    assert verdict(it, price=4700, at=at) == "R8 spread"


def test_the_first_call_that_fails_is_no_breaker_but_three_of_twenty_are():
    it = gate(LOOSE)
    said = []
    for n in range(1, 4):
        verdict(it, numbered(n), qty=1, price=4600, at=T0 + n * SECOND)
        said += tell(it, report(numbered(n), OrderState.REFUSED, at=T0 + n * SECOND))
    assert [m.state for m in said] == [GateState.HALTED]
    assert said[0].until == T0 + 3 * SECOND + 5 * MINUTE
    assert tell(it, Heartbeat(T0 + 5 * MINUTE)) == []
    assert [m.state for m in tell(it, Heartbeat(T0 + 6 * MINUTE))] == [GateState.ACTIVE]


def test_refused_post_only_orders_are_no_errors_of_the_venue():
    it = gate(LOOSE)
    for n in range(1, 9):
        verdict(it, numbered(n), qty=1, price=4600, post_only=True, at=T0 + n * SECOND)
        assert tell(it, report(numbered(n), OrderState.REFUSED)) == []


def test_one_loss_is_told_as_one():
    it = gate(Limits(market_cooldown=0, losses_in_row=1))
    (paused,) = lose(it, 1, T0 + 1)
    assert paused.reason == "R4 1 loss in a row"


def test_three_losses_in_a_row_pause_and_the_pause_ends():
    it = gate(LOOSE)
    assert lose(it, 1, T0 + 1) == []
    assert lose(it, 3, T0 + 2) == []
    (paused,) = lose(it, 5, T0 + 3)
    assert (paused.state, paused.reason) == (GateState.REDUCING, "R4 3 losses in a row")
    tell(it, Heartbeat(T0 + 10 * MINUTE))
    assert it.state is GateState.REDUCING
    tell(it, Heartbeat(T0 + 16 * MINUTE), touch(at=T0 + 16 * MINUTE))
    assert it.state is GateState.ACTIVE
    assert verdict(it, at=T0 + 16 * MINUTE) == "approved"


def test_three_losses_of_five_are_not_three_in_a_row():
    it = gate(LOOSE)
    for n, price in enumerate([4600, 4800, 4600, 4800, 4600]):
        assert lose(it, 1 + 2 * n, T0 + 10 * n, loss_price=price) == []
    assert it.state is GateState.ACTIVE


def test_part_of_a_position_sold_at_a_loss_is_not_yet_a_loss_in_a_row():
    it = holding(gate(LOOSE), qty=30)
    for n in range(1, 4):
        tell(it, fill(order=numbered(n), side=SELL, qty=9, price=4600))
    assert it.state is GateState.ACTIVE


def test_the_days_loss_stops_openings_until_the_next_day():
    it = gate(Limits(max_day_loss=CASH_ONE, losses_in_row=0, max_drawdown_ppm=0))
    (tripped,) = lose(it, 1, T0 + 1, loss_price=3700)
    assert tripped.reason == "R3 day loss $1 of $1"
    assert verdict(it, "s-00010") == "R10 reducing"
    tell(it, Resume(T0 + 2))
    assert it.state is GateState.REDUCING
    tell(it, Heartbeat(T0 + DAY), Resume(T0 + DAY), touch(at=T0 + DAY))
    assert it.state is GateState.ACTIVE
    assert verdict(it, "s-00011", at=T0 + DAY) == "approved"


def test_what_open_positions_would_lose_now_counts_into_the_day():
    it = holding(gate(Limits(max_day_loss=CASH_ONE, max_drawdown_ppm=0)), qty=10)
    assert tell(it, touch(3800, 3900, at=T0 + 1), Heartbeat(T0 + SECOND)) == []
    (tripped,) = tell(it, touch(3700, 3800, at=T0 + SECOND), Heartbeat(T0 + 2 * SECOND))
    assert tripped.state is GateState.REDUCING


def test_an_emptied_book_is_no_loss():
    it = holding(gate(Limits(max_day_loss=15 * CASH_ONE, max_drawdown_ppm=0)), qty=1_000)
    tell(it, Heartbeat(T0 + SECOND), touch(0, 10_000, at=T0 + SECOND), Heartbeat(T0 + 2 * SECOND))
    assert it.state is GateState.ACTIVE
    assert {use.rule: use.value for use in it.uses(M)}["R3"] == "$10"  # the cent of spread


def test_drawdown_is_measured_from_the_peak_and_halts_until_a_person_resumes():
    it = holding(gate(Limits(max_day_loss=0), cash=1_000), qty=1_000, price=4700)
    assert tell(it, touch(6700, 6800, at=T0 + 1), Heartbeat(T0 + SECOND)) == []  # equity 1 200
    assert tell(it, touch(4400, 4500, at=T0 + SECOND), Heartbeat(T0 + 2 * SECOND)) == []  # -19 %
    (halted,) = tell(it, touch(4200, 4300, at=T0 + 2 * SECOND), Heartbeat(T0 + 3 * SECOND))
    assert (halted.state, halted.until) == (GateState.HALTED, 0)
    tell(it, Heartbeat(T0 + 2 * HOUR))
    assert it.state is GateState.HALTED
    tell(it, Resume(T0 + 2 * HOUR), Heartbeat(T0 + 2 * HOUR + SECOND))
    assert it.state is GateState.ACTIVE


def test_drawdown_forgets_a_peak_after_an_hour():
    it = holding(gate(Limits(max_day_loss=0), cash=1_000), qty=1_000, price=4700)
    tell(it, touch(6700, 6800, at=T0 + 1), Heartbeat(T0 + SECOND))
    tell(it, touch(4600, 4700, at=T0 + SECOND), Heartbeat(T0 + 70 * MINUTE))
    said = tell(it, touch(4200, 4300, at=T0 + 70 * MINUTE), Heartbeat(T0 + 71 * MINUTE))
    assert said == []


def test_a_market_that_ran_away_is_blocked_until_a_person_has_looked():
    it = gate(LOOSE)
    tell(it, Heartbeat(T0 + SECOND), touch(5600, 5700, at=T0 + 2 * SECOND))
    assert verdict(it, price=5700, at=T0 + 2 * SECOND) == "R8 move"
    assert verdict(it, price=5700, at=T0 + MINUTE) == "R8 move"
    tell(it, Resume(T0 + MINUTE))
    assert verdict(it, price=5700, at=T0 + MINUTE) == "approved"


def test_a_tick_at_a_low_price_is_no_run_though_it_is_a_large_share():
    it = gate(LOOSE)
    tell(it, touch(300, 400), Heartbeat(T0 + SECOND), touch(400, 500, at=T0 + 2 * SECOND))
    assert verdict(it, price=500, at=T0 + 2 * SECOND) == "approved"


def test_a_book_that_comes_back_from_empty_has_not_moved():
    it = gate(LOOSE)
    tell(it, Heartbeat(T0 + SECOND), touch(0, 10_000, at=T0 + SECOND), Heartbeat(T0 + 2 * SECOND))
    tell(it, touch(5600, 5700, at=T0 + 3 * SECOND))
    assert verdict(it, price=5700, at=T0 + 3 * SECOND) == "approved"


def test_openings_in_one_market_are_some_seconds_apart():
    it = gate()
    assert verdict(it, "s-00001", qty=1, price=4600) == "approved"
    assert verdict(it, "s-00002", qty=1, price=4600, at=T0 + 3 * SECOND) == "R5 pause"
    assert verdict(it, "s-00003", qty=1, price=4600, at=T0 + 5 * SECOND) == "approved"


def test_no_more_than_ten_orders_a_second():
    it = gate(LOOSE)
    answers = [verdict(it, numbered(n), qty=1, price=4600, at=T0 + n) for n in range(1, 13)]
    assert answers == ["approved"] * 10 + ["R9 rate"] * 2
    assert verdict(it, "s-00020", qty=1, price=4600, at=T0 + 1_100 * MS) == "approved"


def test_an_order_that_could_not_be_written_down_halts_and_frees_its_reserve():
    it = gate(LOOSE)
    verdict(it, "s-00001", qty=100, price=4700)
    (halted,) = tell(it, JournalFailed(T0 + 1, OrderId("s-00001"), "disk full"))
    assert halted.state is GateState.HALTED
    assert it._exposure.total() == 0
    assert verdict(it, "s-00002", at=T0 + 2) == "R10 halted"


@pytest.mark.parametrize("qty", [0, -5])
def test_a_size_of_nothing_is_refused(qty):
    assert verdict(gate(), qty=qty) == "size"


def test_off_grid_prices_are_refused_whoever_asks():
    assert verdict(gate(), price=4650) == "price"


def test_a_settled_market_frees_its_limit_and_counts_its_loss():
    it = holding(gate(LOOSE), qty=10)
    tell(it, MarketSettled(T0 + 1, M, 0))
    rows = {use.rule: use.value for use in it.uses(M)}
    assert rows["R3"] == "$4.70"


def journal():
    live = gate()
    history = [SessionStarted(T0, "s", Mode.PAPER, "0", 10_000 * CASH_ONE), seen()]
    events = [
        intent("s-00001", qty=100, price=4600, at=T0 + 1),
        report("s-00001", price=4600, qty=100, at=T0 + 2),
        fill(price=4600, qty=40, order="s-00001", at=T0 + 3),
        intent("s-00002", SELL, qty=40, price=4600, at=T0 + 4),
        fill(price=4600, qty=40, side=SELL, fee=99, order="s-00002", at=T0 + 5),
        report("s-00002", OrderState.FILLED, price=4600, qty=40, filled=40, at=T0 + 6),
        Halt(T0 + 7),
        CancelAll(T0 + 8),
        report("s-00001", OrderState.CANCELLED, price=4600, qty=100, filled=40, at=T0 + 9),
        Reduce(T0 + 10),
    ]
    marks = [(list(history), outline(live))]
    for event in events:
        history = [*history, event, *tell(live, event)]
        marks.append((history, outline(live)))
    return marks


def outline(it):
    return (it.state, it.reason, it.uses(M), it._exposure.cash, repr(it._exposure.orders))


def test_every_prefix_of_the_journal_restores_the_gate():
    for history, expected in journal():
        assert outline(recall(Gate(STANDARD), history)) == expected


def test_a_kill_survives_a_restart():
    history = [GateChanged(T0, GateState.HALTED, "kill")]
    it = recall(Gate(STANDARD), history)
    tell(it, SessionStarted(T0 + HOUR, "t", Mode.PAPER, "0", 10_000 * CASH_ONE))
    tell(it, seen(), touch(at=T0 + HOUR))
    assert verdict(it, at=T0 + HOUR) == "R10 halted"


def test_a_pause_ends_on_time_over_a_restart():
    live = gate(LOOSE)
    history = [SessionStarted(T0, "s", Mode.PAPER, "0", 10_000 * CASH_ONE)]
    for n in (1, 3, 5):
        history += [fill(order=numbered(n)), fill(order=numbered(n + 1), side=SELL, price=4600)]
    history += [m for event in history[1:] for m in tell(live, event)]
    it = recall(Gate(LOOSE), history)
    assert it.state is GateState.REDUCING
    tell(it, Heartbeat(T0 + 14 * MINUTE))
    assert it.state is GateState.REDUCING
    tell(it, Heartbeat(T0 + 15 * MINUTE))
    assert it.state is GateState.ACTIVE


def test_losses_that_a_pause_has_ended_are_not_counted_again_after_a_restart():
    history = [SessionStarted(T0, "s", Mode.PAPER, "0", 10_000 * CASH_ONE)]
    for n in (1, 3, 5):
        history += [fill(order=numbered(n)), fill(order=numbered(n + 1), side=SELL, price=4600)]
    history += [GateChanged(T0, GateState.REDUCING, "R4", T0 + MINUTE)]
    history += [GateChanged(T0 + MINUTE, GateState.ACTIVE, "")]
    it = recall(Gate(LOOSE), history)
    assert lose(it, 7, T0 + 2 * MINUTE) == []


def test_a_restart_does_not_reset_the_days_loss():
    history = [
        SessionStarted(T0, "s", Mode.PAPER, "0", 1_000 * CASH_ONE),
        fill(order="s-00001", qty=1_100),
        fill(order="s-00002", qty=1_100, side=SELL, price=100),
    ]
    it = recall(Gate(STANDARD), history)
    (tripped,) = tell(it, Heartbeat(T0 + 2))
    assert tripped.state is GateState.REDUCING
    assert {use.rule: use.value for use in it.uses(M)}["R3"] == "$506"


def test_a_fill_counts_once():
    it = gate()
    tell(it, fill(qty=10), fill(qty=10))
    assert it.uses(M)[0].value == "$4.70"


def test_flipping_a_holding_needs_what_closing_it_does_not_bring():
    it = holding(gate(LOOSE, cash=100), qty=100, price=9000)  # $10 left
    tell(it, touch(1000, 1100))
    (said,) = tell(it, intent(side=SELL, qty=200, price=1000))
    assert (said.rule, said.value, said.limit) == ("cash", "$81.26", "$10")
    assert verdict(it, side=SELL, qty=110, price=1000) == "approved"


def test_an_order_that_needs_no_cash_passes_with_less_than_none():
    it = gate(LOOSE, cash=100, fees=FeeSchedule())
    tell(it, fill(qty=100, price=9000, fee=20 * CASH_ONE), touch(9000, 9100))
    assert verdict(it, side=SELL, qty=200, price=9000) == "approved"


def test_fees_of_orders_on_their_way_are_not_spent_twice():
    it = gate(LOOSE, cash=96)
    assert verdict(it, "s-00001", qty=100, price=4700) == "approved"
    assert verdict(it, "s-00002", qty=100, price=4700) == "cash"
    tell(it, report("s-00001", OrderState.CANCELLED, qty=100))
    assert verdict(it, "s-00003", qty=100, price=4700) == "approved"


def test_an_amend_back_stays_reserved_while_the_one_before_it_is_under_way():
    it = gate(Limits(market_cooldown=0))
    tell(it, intent("s-00001", qty=100, price=4500), report("s-00001", qty=100, price=4500))
    for order, price in (("s-00002", 3500), ("s-00003", 4500)):
        assert verdict(it, order, qty=100, price=price, replaces="s-00001") == "approved"
    tell(it, report("s-00001", qty=100, price=4500))  # its place in line, told before either
    tell(it, report("s-00001", qty=100, price=3500))
    assert it.uses(M)[0].value == "$45"
    tell(it, report("s-00001", qty=100, price=4500), report("s-00001", qty=100, price=4500))
    assert it.uses(M)[0].value == "$45"


def test_what_is_being_taken_back_may_fill_yet_so_only_a_capped_order_closes_in_its_place():
    it = holding(gate(LOOSE), qty=10)
    tell(it, intent("s-00001", SELL, qty=10, price=5000), CancelOrder(T0, OrderId("s-00001")))
    tell(it, Reduce(T0))
    assert verdict(it, "s-00002", SELL, qty=10, price=4600) == "R10 reducing"
    assert verdict(it, "s-00003", SELL, qty=10, price=4600, reduce_only=True) == "approved"


def test_with_an_empty_own_side_the_spread_is_wide():
    it = gate()
    tell(it, touch(0, 4700))
    assert verdict(it, price=4700) == "R8 spread"
    tell(it, touch(0, 300))
    assert verdict(it, price=300) == "approved"


def test_polymarket_takes_no_marketable_purchase_below_a_dollar():
    it = gate(LOOSE, venue=Venue.POLYMARKET)
    (said,) = tell(it, intent(qty=2, price=4700))
    assert (said.rule, said.value, said.limit) == ("least cost", "$0.94", "$1")
    assert said.remedy == "at least 2.13 at 0.47"
    assert verdict(it, "s-00002", qty=2.13, price=4700) == "approved"
    assert verdict(it, "s-00003", qty=2, price=4600) == "approved"  # it rests
    assert verdict(it, "s-00004", SELL, qty=1, price=4600) == "least cost"
    assert verdict(gate(LOOSE), qty=2, price=4700) == "approved"
    it = holding(gate(LOOSE, venue=Venue.POLYMARKET), qty=2)
    assert verdict(it, "s-00001", SELL, qty=2, price=4600) == "approved"


def test_a_small_win_after_a_large_loss_ends_the_row_of_losses():
    it = gate(Limits(market_cooldown=0, max_day_loss=0))
    lose(it, 1, T0, loss_price=4000)
    lose(it, 3, T0 + 10, loss_price=4000)
    lose(it, 5, T0 + 20, loss_price=4800)
    said = lose(it, 7, T0 + 30) + lose(it, 9, T0 + 40)
    assert said == []
    (reducing,) = lose(it, 11, T0 + 50)
    assert reducing.reason == "R4 3 losses in a row"


# What would be said, without saying it.


def objects(it, *args, instead_of="", **fields):
    said = it.objection(intent(*args, **fields), OrderId(instead_of))
    return "" if said is None else said.rule


def test_what_would_be_refused_is_told_as_it_would_be_and_nothing_is_reserved():
    it = gate(LOOSE)
    said = it.objection(intent(price=9000), OrderId(""))
    assert tell(it, intent(price=9000)) == [said]
    assert objects(it, price=4700) == ""
    assert it.uses(M) == gate(LOOSE).uses(M)


def test_an_order_that_would_be_gone_stands_in_nobodys_way():
    it = gate(Limits(market_cooldown=0, max_event=0), cash=500)
    assert verdict(it, "s-00001", qty=1_000, price=4600) == "approved"
    assert objects(it, "s-00002", qty=1_000, price=4500) == "cash"
    assert objects(it, "s-00002", qty=1_000, price=4500, instead_of="s-00001") == ""
    assert verdict(it, "s-00002", qty=1_000, price=4500) == "cash"  # it is there as before


def test_what_may_still_fill_of_an_order_that_would_be_gone_counts():
    it = gate(Limits(market_cooldown=0, max_event=0), cash=500)
    verdict(it, "s-00001", qty=1_000, price=4600)
    tell(it, report("s-00001", qty=1_000, price=4600, filled=500))
    assert objects(it, "s-00002", qty=1_000, price=4500, instead_of="s-00001") == "cash"
    assert objects(it, "s-00002", qty=500, price=4500, instead_of="s-00001") == ""


def test_asking_blocks_no_market_that_ran_away_for_a_moment():
    it = gate(LOOSE)
    tell(it, Heartbeat(T0 + SECOND), touch(5600, 5700, at=T0 + 2 * SECOND))
    assert objects(it, price=5700, at=T0 + 2 * SECOND) == "R8 move"
    tell(it, touch(at=T0 + 3 * SECOND))
    assert verdict(it, price=4700, at=T0 + 3 * SECOND) == "approved"
