import pytest
from tests.properties.money_builders import (
    BUY,
    FOK,
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

from pmterm.messages.accounts import MarketSettled, Mode, SessionStarted
from pmterm.messages.commands import AmendTicket, CloseAll, ClosePosition, Panic, SubmitTicket
from pmterm.messages.feed import TickChanged
from pmterm.messages.orders import Intent, Refused
from pmterm.model.ids import MarketId, OrderId
from pmterm.model.market import PriceBand
from pmterm.model.units import QTY_ONE
from pmterm.trading.strategy.manual import Manual, ManualSettings


def manual(bid=4600, ask=4700, **fields):
    it = Manual(ManualSettings())
    tell(it, SessionStarted(T0, "s", Mode.PAPER, "0", 0), seen(**fields), touch(bid, ask))
    return it


def ask_for(it, side=BUY, qty=10, price=0, **fields):
    (said,) = tell(it, SubmitTicket(T0, M, side, round(qty * QTY_ONE), price, **fields))
    return said


def test_order_ids_follow_from_the_session_and_count():
    it = manual()
    assert [ask_for(it).order for _ in range(3)] == ["s-00001", "s-00002", "s-00003"]


@pytest.mark.parametrize(
    ("side", "bid", "ask", "price"),
    [
        (BUY, 4600, 4700, 4800),  # two percent is less than a tick: one tick
        (SELL, 4600, 4700, 4500),
        (BUY, 8900, 9000, 9100),
        (BUY, 9800, 9900, 9900),  # no tick is left above
        (SELL, 100, 200, 100),
    ],
)
def test_a_market_order_is_an_ioc_limit_with_a_cap(side, bid, ask, price):
    wish = ask_for(manual(bid, ask), side)
    assert (wish.price, wish.tif, wish.told_price) == (price, IOC, ask if side is BUY else bid)


def test_on_a_fine_grid_the_cap_is_two_percent_rounded_toward_the_touch():
    it = manual(4601, 4701, bands=(PriceBand(0, 10_000, 1),))
    assert ask_for(it, BUY).price == 4795
    assert ask_for(it, SELL).price == 4509


def test_a_market_order_may_be_all_or_nothing():
    assert ask_for(manual(), tif=FOK).tif is FOK


def test_a_limit_keeps_what_was_asked_for():
    wish = ask_for(manual(), price=4300, tif=GTC, post_only=True, origin="key")
    assert wish == Intent(
        T0,
        OrderId("s-00001"),
        M,
        BUY,
        10 * QTY_ONE,
        4300,
        GTC,
        post_only=True,
        origin="key",
        told_price=4700,
    )


@pytest.mark.parametrize(("side", "bid", "ask"), [(BUY, 4600, 10_000), (SELL, 0, 4700)])
def test_without_a_touch_there_is_no_market_order(side, bid, ask):
    said = ask_for(manual(bid, ask), side)
    assert isinstance(said, Refused)
    assert (said.rule, said.remedy) == ("ticket", "use a limit order, or wait")


def test_an_off_grid_price_is_told_its_neighbours():
    said = ask_for(manual(), price=4650)
    assert (said.rule, said.value, said.remedy) == ("ticket", "0.465", "use 0.46 or 0.47")


def test_a_new_grid_counts_at_once():
    it = manual()
    tell(it, TickChanged(T0, M, (PriceBand(0, 10_000, 50),)))
    assert isinstance(ask_for(it, price=4650), Intent)


@pytest.mark.parametrize(("qty", "remedy"), [(0.5, "use 1"), (1.234567, "use 1.23"), (-3, "use 1")])
def test_sizes_that_the_venue_does_not_take_are_refused(qty, remedy):
    assert ask_for(manual(), qty=qty).remedy == remedy


def test_a_market_nobody_watches_is_refused():
    (said,) = tell(manual(), SubmitTicket(T0, MarketId("other"), BUY, QTY_ONE))
    assert (said.rule, said.value) == ("ticket", "other")


def test_close_sells_what_is_held_and_buys_back_what_is_short():
    it = manual()
    tell(it, fill(qty=7.25))
    (wish,) = tell(it, ClosePosition(T0, M))
    assert (wish.side, wish.qty, wish.reduce_only, wish.tif) == (SELL, 7_250_000, True, IOC)
    tell(it, fill(2, side=SELL, qty=10))
    (wish,) = tell(it, ClosePosition(T0, M))
    assert (wish.side, wish.qty, wish.price) == (BUY, 2_750_000, 4800)


def test_a_holding_below_the_minimum_can_still_be_closed():
    it = manual(min_qty=5 * QTY_ONE)
    tell(it, fill(qty=0.37))
    (wish,) = tell(it, ClosePosition(T0, M))
    assert wish.qty == 370_000


def test_with_nothing_held_there_is_nothing_to_close():
    it = manual()
    assert [m.value for m in tell(it, ClosePosition(T0, M))] == ["nothing held"]
    assert tell(it, CloseAll(T0), Panic(T0)) == []


def test_panic_closes_every_holding():
    it = manual()
    tell(it, seen(name="N"), touch(name="N"), fill(qty=3), fill(2, qty=4, name="N", side=SELL))
    closing = tell(it, Panic(T0))
    assert [(m.market, m.side, m.qty // QTY_ONE, m.origin) for m in closing] == [
        ("M", SELL, 3, "panic"),
        ("N", BUY, 4, "panic"),
    ]


def test_a_fill_told_twice_is_closed_once():
    it = manual()
    tell(it, fill(qty=5), fill(qty=5))
    assert [m.qty for m in tell(it, CloseAll(T0))] == [5 * QTY_ONE]


def test_a_settled_market_has_nothing_to_close():
    it = manual()
    tell(it, fill(qty=5), MarketSettled(T0, M, 10_000))
    assert tell(it, CloseAll(T0)) == []


def test_an_amend_carries_the_order_it_replaces():
    it = manual()
    first = ask_for(it, price=4300, post_only=True)
    (wish,) = tell(it, AmendTicket(T0, first.order, 4400, 20 * QTY_ONE))
    assert (wish.order, wish.replaces, wish.price, wish.qty) == (
        "s-00002",
        "s-00001",
        4400,
        20 * QTY_ONE,
    )
    assert wish.post_only
    (again,) = tell(it, AmendTicket(T0, first.order, 4500, 20 * QTY_ONE))
    assert again.replaces == "s-00001"


def test_an_amend_of_an_unknown_order_is_refused():
    (said,) = tell(manual(), AmendTicket(T0, OrderId("s-00077"), 4400, QTY_ONE))
    assert said.value == "s-00077"


def test_a_restart_goes_on_counting_and_knows_holdings_and_orders():
    live = manual()
    first = ask_for(live, price=4300)
    it = recall(
        Manual(ManualSettings()),
        [SessionStarted(T0, "s", Mode.PAPER, "0", 0), seen(), first, fill(qty=5)],
    )
    tell(it, touch())
    assert ask_for(it).order == "s-00002"
    assert [m.qty for m in tell(it, CloseAll(T0))] == [5 * QTY_ONE]
    assert isinstance(tell(it, AmendTicket(T0, first.order, 4400, QTY_ONE))[0], Intent)


@pytest.mark.parametrize(
    ("side", "bid", "ask", "asked", "price"),
    [
        (BUY, 4500, 4600, 4800, 4700),  # it came a tick closer before the yes
        (SELL, 4700, 4800, 4500, 4600),
        (BUY, 4700, 4800, 4800, 4800),  # it went away: no further than was said yes to
        (SELL, 4500, 4600, 4500, 4500),
    ],
)
def test_a_yes_buys_within_reach_and_never_beyond_what_was_asked(side, bid, ask, asked, price):
    wish = ask_for(manual(bid, ask), side, price=asked, tif=IOC, confirmed=True)
    assert wish.price == price
