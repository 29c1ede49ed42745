"""What an order would do, worked out by hand.

The book: bids 46 x 60, 45 x 100; asks 47 x 500, 48 x 236, 50 x 1000, in cents. Kalshi's fee is
0.07 p (1 - p) a contract for takers, each fill rounded up to $0.0001.
"""

import msgspec
import pytest
from tests.pilot.screen_build import market

from pmterm.compose.core import core
from pmterm.config.settings import Settings
from pmterm.model.fees import FeeKind, FeeSchedule
from pmterm.model.ids import MarketId, Venue
from pmterm.model.order import Side, TimeInForce
from pmterm.model.readings import BookHealth, LimitUse
from pmterm.model.units import CASH_ONE, QTY_ONE
from pmterm.trading.strategy.manual import ManualSettings
from pmterm.venues.polymarket.amounts import market_amounts
from pmterm.views.figures import cash_text, qty_text
from pmterm.views.ladder import LadderView
from pmterm.views.ticket import (
    Terms,
    TicketView,
    amend_words,
    by_size,
    estimate,
    limits_after,
    over_cap,
)

BOOK = LadderView(
    bids=((4600, 60 * QTY_ONE), (4500, 100 * QTY_ONE)),
    asks=((4700, 500 * QTY_ONE), (4800, 236 * QTY_ONE), (5000, 1000 * QTY_ONE)),
    health=BookHealth(is_trusted=True),
)
NO_FEE = msgspec.structs.replace(market(), fees=FeeSchedule())


def buy(qty, price=0, tif=TimeInForce.GTC, **kind):
    return Terms(Side.BUY, qty * QTY_ONE, price, tif, **kind)


def sell(qty, price=0, tif=TimeInForce.GTC, **kind):
    return Terms(Side.SELL, qty * QTY_ONE, price, tif, **kind)


def holding(contracts):
    return msgspec.structs.replace(BOOK, holding=contracts * QTY_ONE)


def test_part_fills_now_and_part_rests_with_exact_fee_and_worst_case():
    view = estimate(market(), BOOK, buy(999, 4800))
    # 500 @ 47 = 235.00 and 236 @ 48 = 113.28; 263 @ 48 = 126.24
    # fees 0.07 * 500 * 0.2491 = 8.7185 and 0.07 * 236 * 0.2496 = 4.123392, up to 4.1234
    assert view == TicketView(
        fills_now=736 * QTY_ONE,
        rests=263 * QTY_ONE,
        average=4732,  # 348.28 / 736 = 0.473206
        fee=12_841_900,
        ties_up=474_520_000,
        worst=-487_361_900,
        rests_at=4800,
    )
    assert view.fills_text() == (
        "fills 736 now at 47.32, 263 rests at 48, fee $12.84, worst -$487.36"
    )
    assert view.cost_text() == "cost $474.52"


def test_polymarket_fee_is_kept_to_five_decimals():
    fees = FeeSchedule(FeeKind.POLYMARKET, taker_ppm=30_000)
    view = estimate(msgspec.structs.replace(market(), fees=fees), BOOK, buy(999, 4800))
    # 0.03 * 500 * 0.2491 = 3.7365 and 0.03 * 236 * 0.2496 = 1.767168, half up to 1.76717
    assert view.fee == 3_736_500 + 1_767_170


def test_the_rest_may_cost_a_maker_fee_and_the_worst_case_counts_it():
    fees = FeeSchedule(FeeKind.KALSHI, taker_ppm=70_000, maker_ppm=17_500)
    view = estimate(msgspec.structs.replace(market(), fees=fees), BOOK, buy(263, 4600))
    # 0.0175 * 263 * 0.46 * 0.54 = 1.143261, up to 1.1433
    assert (view.fills_now, view.fee, view.fee_rests) == (0, 0, 1_143_300)
    assert view.worst == -(263 * 460_000 + 1_143_300)
    assert "fee of the rest $1.14" in view.cost_text()


def test_immediate_or_cancel_drops_what_does_not_fill():
    view = estimate(NO_FEE, BOOK, buy(999, 4800, TimeInForce.IOC))
    assert (view.fills_now, view.rests, view.dropped) == (736 * QTY_ONE, 0, 263 * QTY_ONE)
    assert view.worst == -348_280_000
    assert "736 now at 47.32, 0 rests, 263 dropped" in view.fills_text()


def test_fill_or_kill_is_all_or_nothing():
    short = estimate(NO_FEE, BOOK, buy(737, 4800, TimeInForce.FOK))
    assert (short.fills_now, short.rests, short.dropped) == (0, 0, 737 * QTY_ONE)
    assert short.worst == 0
    assert short.objection == "fill or kill: only 736 of 737 there"
    whole = estimate(NO_FEE, BOOK, buy(736, 4800, TimeInForce.FOK))
    assert (whole.fills_now, whole.worst, whole.objection) == (736 * QTY_ONE, -348_280_000, "")


def test_post_only_rests_or_says_where_it_could():
    taking = estimate(NO_FEE, BOOK, buy(10, 4700, is_post_only=True))
    assert taking.objection == "post only would take: at most 46 rests"
    assert estimate(NO_FEE, BOOK, sell(10, 4600, is_post_only=True)).objection == (
        "post only would take: at least 47 rests"
    )
    resting = estimate(market(), BOOK, buy(10, 4600, is_post_only=True))
    assert (resting.fills_now, resting.rests, resting.fee) == (0, 10 * QTY_ONE, 0)
    assert (resting.worst, resting.objection) == (-4_600_000, "")
    assert estimate(NO_FEE, BOOK, buy(10, is_post_only=True)).objection == (
        "post only needs a price"
    )


def test_reduce_only_stops_at_zero_and_loses_nothing_more_than_the_fee():
    view = estimate(NO_FEE, holding(50), sell(80, 4600, is_reduce_only=True))
    assert (view.fills_now, view.rests, view.dropped) == (50 * QTY_ONE, 0, 30 * QTY_ONE)
    assert (view.closes, view.brings) == (50 * QTY_ONE, 23_000_000)
    assert (view.ties_up, view.worst) == (0, 0)
    nothing = estimate(NO_FEE, holding(-50), sell(80, 4600, is_reduce_only=True))
    assert nothing.objection == "reduce only: nothing is held to close"


def test_selling_more_than_is_held_closes_first_and_opens_the_other_side():
    view = estimate(NO_FEE, holding(50), sell(80, 4500))
    # 50 of the 60 @ 46 close and bring 23.00; 10 @ 46 and 20 @ 45 buy NO at 0.54 and 0.55
    assert (view.closes, view.brings) == (50 * QTY_ONE, 23_000_000)
    assert view.ties_up == 10 * 540_000 + 20 * 550_000
    assert view.worst == -16_400_000


def test_what_rests_may_also_only_close():
    view = estimate(NO_FEE, holding(100), sell(100, 4600))
    assert (view.fills_now, view.rests, view.closes) == (60 * QTY_ONE, 40 * QTY_ONE, 100 * QTY_ONE)
    assert view.ties_up == 0


def test_buying_back_a_short_position_brings_one_less_the_price():
    view = estimate(NO_FEE, holding(-20), buy(20, 4700))
    assert (view.closes, view.brings, view.worst) == (20 * QTY_ONE, 10_600_000, 0)


def test_at_market_the_walk_ends_at_the_slippage_cap():
    # 2 % of 47 is less than a tick, so the cap is one tick: 48
    view = estimate(NO_FEE, BOOK, buy(1000))
    assert (view.fills_now, view.rests, view.dropped) == (736 * QTY_ONE, 0, 264 * QTY_ONE)


def test_at_market_it_reaches_as_far_as_the_settings_say_and_says_how_far():
    # 10 % past 47 is 51.7, the last tick before it 51: that takes the 264 at 50, too
    view = estimate(NO_FEE, BOOK, buy(1000, slippage_ppm=100_000))
    assert (view.fills_now, view.dropped) == (1000 * QTY_ONE, 0)
    assert view.cost_text().endswith("stops at 51, 10.0% past the best")
    assert "stops at" not in estimate(NO_FEE, BOOK, buy(1000, 4700)).cost_text()


@pytest.mark.parametrize(("side", "limit"), [(Side.BUY, 4800), (Side.SELL, 4500)])
def test_polymarket_spends_dollars_so_that_a_better_price_buys_more(side, limit):
    terms = Terms(side, 10 * QTY_ONE, limit, TimeInForce.IOC, spends=True)
    view = estimate(NO_FEE, BOOK, terms)
    unit, best = (4800, 4700) if side is Side.BUY else (5500, 5400)  # the NO that a sale buys
    asked = market_amounts(Side.BUY, unit, terms.qty, 100)
    assert view.at_least == asked.taker == terms.qty
    assert view.fills_now == asked.maker * 10_000 // best  # 10.21 for 47, 10.18 for 54
    assert abs(view.ties_up - asked.maker) <= 1
    assert view.fills_text().startswith(f"fills 10 to {qty_text(view.fills_now)} now at ")
    assert view.cost_text() == f"spends {cash_text(asked.maker)}, a better price buys more"


def test_polymarket_size_is_exact_where_it_sells_or_meets_its_limit():
    closing = Terms(Side.SELL, 10 * QTY_ONE, 4500, TimeInForce.IOC, spends=True)
    assert estimate(NO_FEE, holding(50), closing).fills_text().startswith("fills 10 now at 46")
    at_limit = Terms(Side.BUY, 10 * QTY_ONE, 4700, TimeInForce.IOC, spends=True)
    assert estimate(NO_FEE, BOOK, at_limit).fills_text().startswith("fills 10 now at 47")


def test_dollars_that_find_too_little_are_not_spent_whole():
    taking = Terms(Side.BUY, 900 * QTY_ONE, 4800, TimeInForce.IOC, spends=True)
    view = estimate(NO_FEE, BOOK, taking)
    assert (view.fills_now, view.dropped, view.at_least) == (736 * QTY_ONE, 164 * QTY_ONE, 0)
    whole = msgspec.structs.replace(taking, tif=TimeInForce.FOK)
    assert estimate(NO_FEE, BOOK, whole).fills_now == 0


def test_board_has_the_reach_of_the_settings():
    settings = Settings(manual=ManualSettings(slippage_ppm=55_000))
    parts = core(settings)
    assert parts.fold.paint(0, parts.reader, MarketId("")).slippage_ppm == 55_000


def test_sum_of_uneven_sizes_is_exact_to_the_millionth():
    book = msgspec.structs.replace(BOOK, asks=((3333, 1_234_567), (3334, 7_654_321)))
    view = estimate(NO_FEE, book, Terms(Side.BUY, 8_888_888, 3334))
    # 0.3333 * 1.234567 = 0.4114811811 and 0.3334 * 7.654321 = 2.5519506214, each rounded up
    assert view.ties_up == 411_482 + 2_551_951


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        (buy(0, 4800), "size is empty"),
        (Terms(Side.BUY, 1000, 4800), "smallest"),
        (buy(1, 4850), "two ticks"),
    ],
)
def test_ticket_objects_before_the_gate_would(terms, words):
    assert words in estimate(market(), BOOK, terms).objection


def test_ticket_objects_to_a_book_that_is_empty_or_not_trusted():
    nobody = LadderView(health=BookHealth(is_trusted=True))
    assert "nobody" in estimate(market(), nobody, buy(1)).objection
    assert "not trusted" in estimate(market(), LadderView(), buy(1, 4800)).objection


def test_limits_are_told_as_they_would_be_after_it():
    uses = [
        LimitUse(
            "R1", "position", "$142", "$1,000", 142_000, False, 142 * CASH_ONE, 1000 * CASH_ONE
        ),
        LimitUse("R3", "day loss", "$0", "$500", 0, False, 0, 500 * CASH_ONE),
        LimitUse("R4", "losses", "1", "3", 333_333),
    ]
    view = TicketView(worst=-32 * CASH_ONE)
    assert [words for _, words in limits_after(view, uses)] == [
        "position $142 > $174 of $1000",
        "day loss $0.00 of $500",
        "losses 1/3",
    ]


def test_an_amend_frees_what_the_order_before_tied_up():
    used, most = 160 * CASH_ONE, 1000 * CASH_ONE
    position = LimitUse("R1", "position", "$160", "$1,000", 0, False, used, most)
    view = TicketView(worst=-120 * CASH_ONE)
    told = limits_after(view, [position], before=-80 * CASH_ONE)
    assert told[0][1] == "position $160 > $200 of $1000"


def test_an_order_over_the_cap_says_by_what():
    view = TicketView(worst=-12_500_000)
    assert (
        over_cap(view, 10 * CASH_ONE) == "$12.50 is over the cap of $10.00 an order: arm for more"
    )
    assert over_cap(view, 12_500_000) == over_cap(view, 0) == ""


def test_only_polymarket_needs_words_for_an_amend():
    assert amend_words(market(venue=Venue.KALSHI)) == ""
    assert "cancel + new" in amend_words(market(venue=Venue.POLYMARKET))


def test_by_size_is_at_market_a_moment_in_the_book_or_slices():
    small, middle, large = (by_size(NO_FEE, BOOK, buy(qty)) for qty in (100, 1000, 2500))
    assert small == estimate(NO_FEE, BOOK, buy(100, tif=TimeInForce.IOC))
    assert middle.fills_text() == (
        "fills 500 now at 47, 500 rests at 47 for 30 s, fee $0.00, worst -$470.00"
    )
    assert large.fills_text() == (
        "5 orders over 4 min, 500 each at market, fee $0.00, worst -$1,195.00"
    )


def test_the_cap_of_an_order_holds_for_each_slice():
    view = by_size(NO_FEE, BOOK, buy(2500))
    assert not over_cap(view, 239 * CASH_ONE)
    assert over_cap(view, 238 * CASH_ONE).startswith("$239.00 is over the cap of $238.00")
