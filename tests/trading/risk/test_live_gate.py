"""What the gate asks for where the money is real."""

import msgspec
import pytest
from tests.properties.money_builders import (
    BUY,
    IOC,
    SELL,
    T0,
    M,
    fill,
    intent,
    market,
    recall,
    report,
    seen,
    tell,
    touch,
)

from pmterm.messages.accounts import MarketSettled, Mode, SessionStarted
from pmterm.messages.commands import Arm, CancelAll, Disarm, Halt, Panic, Resume
from pmterm.messages.feed import BookDoubted, BookLost, MarketSeen, TickChanged
from pmterm.messages.health import FeedDown, Heartbeat
from pmterm.messages.live import (
    AccountSeen,
    Armed,
    CashSeen,
    Disarmed,
    HoldingAdjusted,
    HoldingDiffers,
    ReadinessChanged,
)
from pmterm.messages.orders import Approved, FillMoved, GateChanged, OrderAdopted, Refused
from pmterm.model.fees import FeeKind, FeeSchedule
from pmterm.model.ids import MarketId, OrderId, Venue, VenueOrderId
from pmterm.model.market import CENT_GRID
from pmterm.model.order import FillState, GateState, OrderState
from pmterm.model.units import CASH_ONE, QTY_ONE, SECOND
from pmterm.trading.risk.gate import Gate
from pmterm.trading.risk.limits import MINUTE, Limits
from pmterm.trading.risk.live_checks import LiveRules

LOOSE = Limits(market_cooldown=0, max_orders=0, max_drawdown_ppm=0, error_share_ppm=0)
KALSHI, POLYMARKET = Venue.KALSHI, Venue.POLYMARKET
FREE = FeeSchedule()


def started(mode=Mode.LIVE, session="s"):
    return SessionStarted(T0, session, mode, "0", 0)


def ready(*missing, venue=KALSHI, at=T0, post_only=False):
    return ReadinessChanged(at, venue, missing, post_only)


def unarmed(venue=KALSHI, limits=LOOSE, cash=1_000, **fields):
    it = Gate(limits)
    tell(it, started(), seen(venue=venue, **fields), touch(), ready(venue=venue))
    tell(it, CashSeen(T0, venue, cash * CASH_ONE))
    return it


def gate(venue=KALSHI, seconds=300, max_cash=0, **fields):
    it = unarmed(venue, **fields)
    tell(it, Arm(T0, M, seconds, max_cash))
    return it


def ask(it, *args, confirmed=True, **fields):
    (said,) = tell(it, intent(*args, confirmed=confirmed, **fields))
    return said


def rule(it, *args, **fields):
    said = ask(it, *args, **fields)
    return said.rule if isinstance(said, Refused) else "approved"


def bought(qty, side=BUY, outcome=0, state=FillState.CONFIRMED, number=1, order="s-09000"):
    one = fill(number, side=side, qty=qty, order=order)
    return type(one)(**{**as_dict(one), "outcome": outcome, "state": state})


def as_dict(struct):
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


def adopted(order="x-1", side=BUY, price=4600, qty=10, filled=0, outcome=0, *, is_ours=False):
    name = VenueOrderId(f"v-{order}")
    size, done = qty * QTY_ONE, filled * QTY_ONE
    return OrderAdopted(
        T0, OrderId(order), M, name, outcome, side, price, size, done, is_ours=is_ours
    )


# Armed or not.


def test_nothing_passes_until_a_person_has_armed_the_market():
    it = unarmed()
    assert rule(it) == "ARM"
    (armed,) = tell(it, Arm(T0, M, 300))
    assert armed == Armed(T0, M, T0 + 300 * SECOND)
    assert it.armed == armed
    assert rule(it) == "approved"


def test_an_arming_is_for_one_market_a_time_and_a_cost():
    it = gate(seconds=60, max_cash=5 * CASH_ONE)
    tell(it, seen(name="N"), touch(name="N"))
    assert rule(it, name="N") == "ARM"
    assert rule(it, qty=11, price=4600) == "ARM"  # 5.06 dollars
    assert rule(it, qty=10, price=4600, post_only=True) == "approved"
    assert rule(it, "s-2", qty=1, at=T0 + 60 * SECOND) == "ARM"


def test_the_fee_counts_in_what_an_order_may_cost():
    it = gate(max_cash=47 * CASH_ONE // 10)
    assert rule(it, qty=10, price=4700) == "ARM"
    assert rule(it, qty=10, price=4600, post_only=True) == "approved"


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (ready("user stream"), "user stream"),
        (BookLost(T0, M, "gap"), "book"),
        (BookDoubted(T0, KALSHI, M, "crossed"), "book"),
        (TickChanged(T0, M, CENT_GRID), "grid"),
        (FeedDown(T0, KALSHI, "lost"), "feed"),
        (Halt(T0), "halted"),
        (Panic(T0), "panic"),
        (Disarm(T0), "by hand"),
        (Heartbeat(T0 + 300 * SECOND), "time is over"),
        (Heartbeat(T0 + 120 * SECOND), "no order for 2 min"),
    ],
)
def test_it_disarms_by_itself_and_says_why(event, why):
    it = gate()
    (said,) = [m for m in tell(it, event) if isinstance(m, Disarmed)]
    assert why in said.reason
    assert it.armed is None
    assert not isinstance(ask(it), Approved)


def test_what_concerns_another_market_or_venue_does_not_disarm():
    it = gate()
    other = MarketId("N")
    tell(it, ready("stream", venue=POLYMARKET), FeedDown(T0, POLYMARKET, ""))
    tell(it, BookLost(T0, other, "gap"), TickChanged(T0, other, CENT_GRID))
    assert it.armed is not None


def test_an_old_book_disarms_and_trading_is_not_idle():
    it = gate(seconds=3_600)
    for minute in range(1, 10):
        tell(it, intent(f"s-{minute}", qty=1, at=T0 + minute * MINUTE))
        assert tell(it, Heartbeat(T0 + minute * MINUTE)) == []
    (said,) = tell(it, Heartbeat(T0 + 601 * SECOND))
    assert "book" in said.reason


def test_a_market_whose_book_never_came_is_disarmed_in_words_for_that():
    it = Gate(LOOSE)
    tell(it, started(), seen(), ready())
    tell(it, Arm(T0, M, 300))
    assert tell(it, Heartbeat(T0 + SECOND)) == [Disarmed(T0 + SECOND, "no book yet")]


def test_a_new_session_is_never_armed_and_nobody_is_ready():
    it = gate()
    tell(it, started(session="t"))
    assert (it.armed, rule(it)) == (None, "READY")


def test_a_disarm_is_never_refused_and_paper_cannot_be_armed():
    assert tell(unarmed(), Disarm(T0)) == [Disarmed(T0, "by hand")]
    it = Gate(LOOSE)
    tell(it, started(Mode.PAPER), seen())
    (said,) = tell(it, Arm(T0, M, 60))
    assert (said.rule, said.value) == ("ARM", "paper money")


@pytest.mark.parametrize("seconds", [0, -5, 3_601])
def test_nobody_arms_for_ever(seconds):
    (said,) = tell(unarmed(), Arm(T0, M, seconds))
    assert isinstance(said, Refused)


def test_what_is_not_ready_or_halted_cannot_be_armed():
    it = unarmed()
    tell(it, ready("reconciled"))
    assert tell(it, Arm(T0, M, 60))[0].rule == "READY"
    it = unarmed()
    tell(it, Halt(T0))
    assert tell(it, Arm(T0, M, 60))[0].rule == "R10 halted"


def test_a_panic_closes_unarmed_and_asks_nothing():
    it = unarmed()
    tell(it, bought(10))
    tell(it, Panic(T0))
    out = {"side": SELL, "price": 4600, "tif": IOC, "reduce_only": True, "confirmed": False}
    assert rule(it, "s-1", origin="close", **out) == "ARM"
    assert rule(it, "s-1", origin="flatten", **out) == "ARM"
    assert rule(it, "s-1", origin="panic", **out) == "approved"
    assert rule(it, "s-2", origin="panic", qty=11, side=SELL, price=4600) != "approved"


def test_closing_everything_passes_unarmed_and_only_closes():
    it = unarmed()
    tell(it, bought(10))
    out = {"side": SELL, "price": 4600, "tif": IOC, "reduce_only": True, "confirmed": False}
    assert rule(it, "s-1", origin="close all", qty=11, **out) == "ARM"
    assert rule(it, "s-2", origin="close all", **out) == "approved"
    assert rule(it, "s-3", origin="close all") == "ARM"


def test_what_calls_itself_a_panic_and_opens_something_has_to_be_armed():
    assert rule(unarmed(), origin="panic") == "ARM"
    assert rule(gate(), origin="panic", confirmed=False) == "ASK"


# Ready.


def test_what_is_not_known_is_not_ready_and_what_is_missing_is_named():
    it = Gate(LOOSE)
    tell(it, started(), seen(), touch())
    assert ask(it).remedy == "wait for the first compare"
    tell(it, ready("user stream", "clock"))
    assert ask(it).value == "missing: user stream, clock"


def test_a_venue_that_takes_only_resting_orders_gets_none_other():
    it = gate()
    tell(it, ready(post_only=True))
    assert rule(it, price=4600) == "READY"
    assert rule(it, price=4600, post_only=True) == "approved"


# Asks.


def test_the_first_live_order_of_a_journal_asks_and_no_other():
    it = gate()
    said = ask(it, confirmed=False)
    assert (said.rule, said.asks) == ("ASK", True)
    approved = ask(it)
    assert isinstance(approved, Approved)
    again = recall(Gate(LOOSE), [started(), seen().__class__(T0, market()), approved])
    tell(again, started(session="t"), touch(), ready(), CashSeen(T0, KALSHI, 10**9))
    tell(again, Arm(T0, M, 60))
    assert rule(again, "t-1", qty=3, confirmed=False) == "approved"


def test_the_first_live_order_asks_on_each_venue_and_for_each_account():
    it = gate()
    tell(it, AccountSeen(T0, KALSHI, "key one"), AccountSeen(T0, POLYMARKET, "0xabc"))
    tell(it, seen(name="P", venue=POLYMARKET), touch(name="P"), ready(venue=POLYMARKET))
    tell(it, CashSeen(T0, POLYMARKET, 10**9))
    assert ask(it, confirmed=False).value == "the first live order on kalshi of key one"
    assert rule(it) == "approved"
    assert rule(it, "s-2", qty=3, confirmed=False) == "approved"
    tell(it, Arm(T0, MarketId("P"), 300))
    other = ask(it, "s-3", name="P", confirmed=False)
    assert other.value == "the first live order on polymarket of 0xabc"
    tell(it, AccountSeen(T0, KALSHI, "key two"), Arm(T0, M, 300))
    assert ask(it, "s-4", qty=4, confirmed=False).value.endswith("of key two")


def test_a_dear_order_the_same_at_once_and_a_far_price_ask():
    it = gate(cash=5_000)
    ask(it, "s-1", qty=2, price=4700)
    assert ask(it, "s-2", qty=1_064, price=4700, confirmed=False).limit == "$500 unasked"
    assert ask(it, "s-3", qty=2, confirmed=False, at=T0 + SECOND).value == "the same order again"
    assert rule(it, "s-4", qty=2, confirmed=False, at=T0 + 5 * SECOND) == "approved"
    assert ask(it, "s-5", qty=5, price=2500, at=T0 + 9 * SECOND, confirmed=False).asks
    assert rule(it, "s-5", qty=5, price=2500, at=T0 + 9 * SECOND) == "approved"


def test_a_yes_opens_no_other_rule():
    it = gate(limits=Limits(market_cooldown=0, max_position=CASH_ONE))
    assert rule(it) == "R1 position"
    assert not ask(it).asks
    assert rule(gate(), price=4900) == "R9 price"


# Fees, cash and numbers.


def test_a_fee_that_is_not_known_is_not_zero():
    unknown = FeeSchedule(FeeKind.UNKNOWN)
    assert rule(gate(fees=unknown)) == "fee"
    assert rule(gate(fees=FREE)) == "approved"


@pytest.mark.parametrize(("qty", "price"), [(0, 4700), (-1, 4700), (1, 0), (1, -100), (1, 10_000)])
def test_sizes_and_prices_that_are_none_are_denied(qty, price):
    assert rule(gate(), qty=qty, price=price) == "size"


def test_each_venue_pays_from_its_own_purse():
    it = gate(cash=10)
    tell(it, CashSeen(T0, POLYMARKET, 1_000 * CASH_ONE))
    assert rule(it, qty=25, price=4700) == "cash"
    tell(it, seen(name="P", venue=POLYMARKET), touch(name="P"), ready(venue=POLYMARKET))
    tell(it, Arm(T0, MarketId("P"), 60))
    assert rule(it, name="P", qty=20, price=4700) == "approved"
    tell(it, CashSeen(T0, POLYMARKET, 0))
    assert rule(it, "s-2", name="P", qty=1, price=4700) == "cash"


def test_without_a_word_about_cash_there_is_none():
    it = Gate(LOOSE)
    tell(it, started(), seen(), touch(), ready(), Arm(T0, M, 60))
    assert rule(it) == "cash"


# What is held.


def polymarket(*fills, cash=1_000):
    it = gate(POLYMARKET, fees=FREE, min_qty=QTY_ONE, cash=cash)
    tell(it, *fills)
    return it


def test_selling_what_is_not_held_buys_the_other_outcome():
    it = polymarket()
    assert ask(it, "s-1", SELL, 10, 4600).outcome == 1
    assert ask(it, "s-2", BUY, 10, 4700).outcome == 0
    it = polymarket(bought(10, SELL, outcome=1))
    assert ask(it, "s-1", BUY, 10, 4700).outcome == 1
    assert ask(it, "s-2", SELL, 5, 4600).outcome == 1


def test_one_order_does_not_sell_and_buy():
    it = polymarket(bought(10))
    said = ask(it, side=SELL, qty=15, price=4600)
    assert (said.rule, said.value, said.limit) == ("HELD", "15, 10 held", "10 can be sold")
    assert said.remedy == "sell 10 Red first, then buy Blue with the rest"
    assert ask(it, side=SELL, qty=10, price=4600).outcome == 0


def test_what_is_settling_can_be_sold_in_a_few_seconds():
    one = bought(10, state=FillState.MATCHED)
    it = polymarket(one)
    said = ask(it, side=SELL, qty=5, price=4600)
    assert said.remedy == "settling, can be sold in a few seconds"
    tell(it, FillMoved(T0, one.id, one.order, M, FillState.MINED))
    assert rule(it, side=SELL, qty=5, price=4600) == "HELD"
    tell(it, FillMoved(T0, one.id, one.order, M, FillState.CONFIRMED))
    assert rule(it, side=SELL, qty=5, price=4600) == "approved"


def test_a_sale_that_has_not_settled_has_freed_nothing_yet():
    tight = msgspec.structs.replace(LOOSE, max_position=8 * CASH_ONE)
    sale = bought(10, SELL, state=FillState.MATCHED, number=2)
    it = gate(POLYMARKET, fees=FREE, min_qty=QTY_ONE, limits=tight)
    tell(it, bought(10), sale)
    assert rule(it, "s-1", BUY, 10, 4700) == "R1 position"
    tell(it, FillMoved(T0, sale.id, sale.order, M, FillState.CONFIRMED))
    assert rule(it, "s-2", BUY, 10, 4700) == "approved"


def test_what_is_offered_is_not_offered_again_even_on_its_way_out():
    it = polymarket(bought(10))
    assert rule(it, "s-1", SELL, 6, 4800) == "approved"
    tell(it, report("s-1", OrderState.UNKNOWN, 4800, 6), CancelAll(T0))
    said = ask(it, "s-2", SELL, 5, 4800)
    assert said.value == "5, 6 offered already"
    assert rule(it, "s-3", SELL, 4, 4800) == "approved"
    tell(it, report("s-1", OrderState.CANCELLED, 4800, 6))
    assert rule(it, "s-4", SELL, 6, 4800) == "approved"


def test_dust_is_in_nobodys_way():
    assert ask(polymarket(bought(0.009)), side=SELL, qty=10, price=4600).outcome == 1


def test_dust_takes_up_no_position():
    limits = msgspec.structs.replace(LOOSE, max_positions=1)
    it = unarmed(POLYMARKET, limits, fees=FREE, min_qty=QTY_ONE)
    tell(it, seen(name="N", venue=POLYMARKET, fees=FREE), touch(name="N"), bought(10))
    tell(it, Arm(T0, MarketId("N"), 300))
    assert rule(it, "s-1", name="N") == "R6 positions"
    tell(it, bought(9.991, SELL, number=2))
    assert [use.value for use in it.uses(MarketId("N")) if use.rule == "R6"] == ["0"]
    assert rule(it, "s-2", name="N") == "approved"


def test_a_position_counts_while_what_closed_it_may_fail():
    limits = msgspec.structs.replace(LOOSE, max_positions=1)
    it = unarmed(POLYMARKET, limits, fees=FREE, min_qty=QTY_ONE)
    tell(it, seen(name="N", venue=POLYMARKET, fees=FREE), touch(name="N"), bought(10))
    tell(it, Arm(T0, MarketId("N"), 300), bought(10, SELL, number=2, state=FillState.MATCHED))
    assert rule(it, "s-1", name="N") == "R6 positions"


def test_buying_the_other_outcome_is_paid_in_full():
    """Where outcomes are kept apart, NO bought while YES is offered frees nothing."""
    it = polymarket(cash=10)
    assert rule(it, "s-1", BUY, 10, 4700) == "approved"
    assert rule(it, "s-2", SELL, 10, 4600) == "cash"  # 5.40 of the 5.30 that are left


def test_what_sells_a_holding_takes_no_cash():
    it = polymarket(bought(10), cash=10)
    assert rule(it, "s-1", SELL, 10, 4800) == "approved"
    assert rule(it, "s-2", BUY, 10, 4700) == "approved"  # 4.70 of the 5.30 that are left


def test_a_venue_with_one_book_settles_at_once_and_nets():
    it = gate()
    tell(it, bought(10))
    assert ask(it, side=SELL, qty=15, price=4600).outcome == 0


# A fill that fails.


def test_a_fill_that_fails_is_taken_back_once_and_never_comes_again():
    it = polymarket()
    before = it._exposure.cash
    one = bought(10, state=FillState.MATCHED)
    failed = FillMoved(T0, one.id, one.order, M, FillState.FAILED)
    tell(it, one, failed, failed, one)
    assert it._exposure.cash == before
    assert it._exposure.held(M).qty == 0
    tell(it, FillMoved(T0, one.id, one.order, M, FillState.CONFIRMED))
    assert it._exposure.held(M).qty == 0


def test_one_that_failed_before_it_was_heard_of_is_not_booked():
    it = polymarket()
    one = bought(10, state=FillState.MATCHED)
    tell(it, FillMoved(T0, one.id, one.order, M, FillState.FAILED), one)
    assert it._exposure.held(M).qty == 0


def test_what_failed_may_trade_again_while_its_order_works():
    it = polymarket()
    ask(it, "s-1", qty=10, price=4600, post_only=True)
    one = bought(4, state=FillState.MATCHED, order="s-1")
    tell(it, one, report("s-1", OrderState.PARTIAL, 4600, 10, filled=4))
    assert it.uses(M)[0].value == "$4.64"
    tell(it, FillMoved(T0, one.id, one.order, M, FillState.FAILED))
    assert it.uses(M)[0].value == "$4.60"
    tell(it, report("s-1", OrderState.CANCELLED, 4600, 10, filled=4))
    assert it.uses(M)[0].value == "$0"


def test_what_has_ended_does_not_work_again_by_a_late_word():
    it = gate()
    ask(it, "s-1", qty=100, price=4600)
    tell(it, report("s-1", OrderState.CANCELLED, 4600, 100, filled=10))
    tell(it, report("s-1", OrderState.OPEN, 4600, 100))
    assert it.uses(M)[0].value == "$4.60"


def test_some_of_several_fills_failing_leaves_the_others_and_their_cost():
    """F22."""
    fills = [bought(10, state=FillState.MATCHED, number=n) for n in (1, 2, 3)]
    it = polymarket(*fills)
    for one in fills[:2]:
        tell(it, FillMoved(T0, one.id, one.order, M, FillState.FAILED))
    held = it._exposure.held(M)
    assert (held.qty, held.cost) == (10 * QTY_ONE, 4_700_000)
    assert it._exposure.cash == 1_000 * CASH_ONE - 4_700_000


def test_a_loss_that_failed_to_settle_is_not_lost():
    """The day's loss counts what was taken back."""
    it = gate(POLYMARKET, fees=FREE, limits=Limits(max_day_loss=2 * CASH_ONE, losses_in_row=0))
    sold = fill(2, side=SELL, price=2000, qty=10)
    sold = type(sold)(**{**as_dict(sold), "state": FillState.MATCHED})
    said = tell(it, bought(10), sold)
    assert [m.state for m in said if isinstance(m, GateChanged)] == [GateState.REDUCING]
    assert it._watch.day_loss() == 2_700_000
    tell(it, FillMoved(T0, sold.id, sold.order, M, FillState.FAILED))
    assert it._watch.day_loss() == 0


# Found, differing, corrected.


def test_what_others_ordered_counts_until_it_is_over():
    it = gate()
    tell(it, adopted(qty=2_000, filled=500))
    assert it.uses(M)[0].value == "$690"
    assert rule(it, qty=1_000, price=4700) == "R1 position"
    tell(it, report("x-1", OrderState.CANCELLED, 4600, 2_000, filled=500))
    assert it.uses(M)[0].value == "$0"


def test_an_order_given_up_for_lost_is_reserved_again_when_it_appears():
    it = gate()
    ask(it, "s-1", qty=100, price=4600)
    tell(it, report("s-1", OrderState.REFUSED, 4600, 100))
    assert it.uses(M)[0].value == "$0"
    tell(it, adopted("s-1", qty=100, is_ours=True))
    assert it.uses(M)[0].value == "$46"


def test_where_the_venue_holds_another_number_nothing_gets_larger():
    it = gate()
    tell(it, bought(10), HoldingDiffers(T0, M, 10 * QTY_ONE, 4 * QTY_ONE))
    assert rule(it) == "DIFFERS"
    assert rule(it, side=SELL, qty=5, price=4600) == "DIFFERS"  # more than the venue holds
    assert rule(it, "s-1", side=SELL, qty=4, price=4600) == "approved"
    over = HoldingDiffers(T0, M, 0, 0, is_over=True)
    tell(it, over)
    assert rule(it, "s-2") == "approved"


def test_a_correction_settles_the_difference_and_moves_no_cash():
    it = gate()
    cash = it._exposure.cash
    tell(it, HoldingDiffers(T0, M, 0, 10 * QTY_ONE))
    tell(it, HoldingAdjusted(T0, M, 10 * QTY_ONE, 4000, "accepted"))
    assert rule(it, qty=1) == "approved"
    held = it._exposure.held(M)
    assert (held.qty, held.cost, it._exposure.cash) == (10 * QTY_ONE, 4 * CASH_ONE, cash)


# Halts.


def test_three_refusals_of_one_reason_halt():
    """F15, and numbers in the words do not make it another reason."""
    it = gate()
    said = []
    for n in range(3):
        assert rule(it, f"s-{n}", qty=n + 1) == "approved"
        words = f"not enough balance: {n} of {n + 5}"
        refused = report(f"s-{n}", OrderState.REFUSED, qty=n + 1)
        said = tell(it, type(refused)(**{**as_dict(refused), "reason": words}))
        assert bool(said) == (n == 2)
    assert said[0].state is GateState.HALTED
    assert "F15 refused 3 times" in said[0].reason
    assert it.armed is None
    tell(it, Resume(T0))
    assert rule(it) == "ARM"


def test_an_order_that_is_taken_ends_the_row_of_refusals():
    it = gate()
    states = [OrderState.REFUSED, OrderState.REFUSED, OrderState.OPEN, OrderState.REFUSED]
    for n, state in enumerate(states):
        ask(it, f"s-{n}", qty=n + 1)
        assert tell(it, report(f"s-{n}", state, qty=n + 1)) == []


def test_a_halt_denies_even_closing_and_armed_orders_and_survives_a_restart():
    it = gate()
    tell(it, bought(10))
    (halted, *_) = tell(it, Halt(T0))
    out = {"side": SELL, "price": 4600, "reduce_only": True, "origin": "panic"}
    assert rule(it, **out) == "R10 halted"
    again = recall(Gate(LOOSE), [started(), MarketSeen(T0, market()), bought(10), halted])
    tell(again, started(session="t"), touch(), ready())
    assert rule(again, **out) == "R10 halted"


def test_the_days_loss_is_not_forgotten_by_a_restart():
    """F62."""
    limits = Limits(max_day_loss=2 * CASH_ONE, losses_in_row=0)
    lost = [bought(10), fill(2, side=SELL, price=2000, qty=10)]
    again = recall(Gate(limits), [started(), MarketSeen(T0, market()), *lost])
    tell(again, started(session="t"), touch(), ready(), CashSeen(T0, KALSHI, 10**9))
    tell(again, Arm(T0, M, 60))
    assert rule(again) == "R3 day loss"


def test_a_resolved_market_frees_what_was_reserved_there():
    """F32."""
    it = polymarket(bought(10))
    ask(it, "s-1", BUY, 10, 4600, post_only=True)
    tell(it, MarketSettled(T0, M, 5_000))
    assert it._exposure.orders == {}
    assert it._exposure.cash == 1_000 * CASH_ONE - 4_700_000
    assert it._exposure.money == it._exposure.cash + 5 * CASH_ONE  # to be redeemed


def test_rules_can_be_set():
    it = Gate(LOOSE, LiveRules(ask_over=CASH_ONE, idle=SECOND))
    tell(it, started(), seen(), touch(), ready(), CashSeen(T0, KALSHI, 10**9), Arm(T0, M, 60))
    ask(it, "s-1", qty=1)
    assert ask(it, "s-2", qty=3, confirmed=False).limit == "$1 unasked"
    assert isinstance(tell(it, Heartbeat(T0 + SECOND))[0], Disarmed)


# What would be said, without saying it.


def objects(it, *args, instead_of="", **fields):
    said = it.objection(intent(*args, **fields), OrderId(instead_of))
    return "" if said is None else said.rule


def test_what_an_order_offers_that_would_be_gone_can_be_sold():
    it = polymarket(bought(10))
    assert rule(it, "s-1", SELL, 10, 4800, post_only=True) == "approved"
    assert objects(it, "s-2", SELL, 10, 4900) == "HELD"
    assert objects(it, "s-2", SELL, 10, 4900, instead_of="s-1") == ""


def test_arming_and_readiness_count_and_what_is_only_asked_does_not():
    it = gate()
    assert objects(it) == ""
    assert rule(it, confirmed=False) == "ASK"
    tell(it, Disarm(T0))
    assert objects(it) == "ARM"


def test_asking_keeps_nobody_armed():
    it = gate()
    assert objects(it, at=T0 + MINUTE) == ""
    assert isinstance(tell(it, Heartbeat(T0 + 2 * MINUTE))[0], Disarmed)
