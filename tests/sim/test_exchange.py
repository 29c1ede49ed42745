"""What an account's order meets on the exchange, and what is written down of it."""

import pytest

from pmterm.model.errors import Impossible
from pmterm.model.ids import Venue
from pmterm.model.order import Side, TimeInForce
from pmterm.model.units import CASH_ONE, QTY_ONE, SECOND
from pmterm.sim.accounts import KALSHI_PURSE, POLYMARKET_PURSE, Purse, TestAccount
from pmterm.sim.exchange import Exchange
from pmterm.sim.exchange_orders import (
    ExchangeOrder,
    Filled,
    OrderMoved,
    Reversed,
    Settled,
    Standing,
    Step,
    Why,
)
from pmterm.sim.matching import SelfTrade
from pmterm.sim.quiet import QuietWorld, kalshi_listing, polymarket_listing

T = 1_790_000_000 * SECOND
POLY = polymarket_listing("a").market
OTHER = polymarket_listing("b").market
KALSHI = kalshi_listing().market
GAME = polymarket_listing("game", starts_at=T + 100 * SECOND).market
BUY, SELL = Side.BUY, Side.SELL
CASH = 1_000 * CASH_ONE


class Floor:
    """An exchange with two accounts, and everything it tells."""

    def __init__(self):
        self.world = QuietWorld(
            [
                polymarket_listing("a"),
                polymarket_listing("b"),
                kalshi_listing(),
                polymarket_listing("game", starts_at=T + 100 * SECOND),
            ]
        )
        self.exchange = Exchange(self.world)
        self.told = []
        self.market_told = []
        self.exchange.on_account.append(self.told.append)
        self.exchange.on_market.append(self.market_told.append)
        purses = {POLYMARKET_PURSE: CASH, KALSHI_PURSE: CASH}
        for name in ("ann", "bob"):
            self.exchange.open_account(T, TestAccount(account_id=name, cash=purses))
        self.exchange.advance(T)
        self.number = 0

    def order(self, market=POLY, side=BUY, price=5_000, contracts=10, **more):
        self.number += 1
        name = more.pop("account", "ann")
        return ExchangeOrder(
            id=f"order-{self.number}",
            account=name,
            market=market.id,
            side=side,
            price=price,
            qty=contracts * QTY_ONE,
            **more,
        )

    def place(self, *args, at=T, **more):
        return self.exchange.place(at, self.order(*args, **more))

    def steps(self, order):
        return [
            event.step if isinstance(event, OrderMoved) else "filled"
            for event in self.told
            if isinstance(event, OrderMoved | Filled) and event.order is order
        ]

    def cash(self, name="ann", purse=POLYMARKET_PURSE):
        return self.exchange.ledger.cash(name, purse)


@pytest.fixture
def floor():
    made = Floor()
    yield made
    made.exchange.ledger.check()
    for order in made.exchange.orders.values():
        assert order.qty == order.filled + order.open + order.ended
        assert order.filled == sum(f.qty for f in made.exchange.fills if f.order is order)


def test_resting_order_is_filled_by_the_crowd_at_its_own_price(floor):
    order = floor.place()
    assert (order.standing, order.open) == (Standing.RESTING, 10 * QTY_ONE)
    assert floor.world.states[POLY.id].bids.sizes == {5_000: 10 * QTY_ONE}
    assert floor.world.cross(POLY.id, SELL, 4_000, 4 * QTY_ONE) == 4 * QTY_ONE
    floor.exchange.advance(T + SECOND)
    (fill,) = floor.exchange.fills
    assert (fill.price, fill.qty, fill.is_maker, fill.fee) == (5_000, 4 * QTY_ONE, True, 0)
    assert (fill.open, fill.position) == (6 * QTY_ONE, 4 * QTY_ONE)
    assert floor.cash() == CASH - 2 * CASH_ONE
    assert floor.exchange.ledger.holding("ann", POLY.id, 0) == 4 * QTY_ONE
    assert floor.world.states[POLY.id].bids.sizes == {5_000: 6 * QTY_ONE}
    assert floor.steps(order) == [Step.ACCEPTED, Step.RESTS, "filled"]


def test_taker_pays_the_resting_price_and_the_venues_fee(floor):
    floor.world.quote(POLY.id, asks=[(5_000, 100 * QTY_ONE)])
    order = floor.place(price=6_000, contracts=100)
    assert order.standing is Standing.FILLED
    assert floor.exchange.fills[0].fee == 1_250_000  # 100 * 0.05 * 0.5 * 0.5
    assert floor.cash() == CASH - 50 * CASH_ONE - 1_250_000
    assert (order.taker_cost, order.taker_fees) == (50 * CASH_ONE, 1_250_000)


def test_kalshi_fee_keeps_its_rounding_over_the_fills_of_an_order(floor):
    floor.world.quote(KALSHI.id, asks=[(5_000, QTY_ONE)] * 3)
    order = floor.place(KALSHI, contracts=3)
    assert [fill.fee for fill in floor.exchange.fills] == [17_500] * 3
    assert order.taker_fees == 52_500


def test_buying_the_other_outcome_mints_a_pair_and_selling_both_melts_it(floor):
    floor.place(side=BUY, price=6_000)
    floor.place(side=SELL, price=6_000, outcome=1, account="bob")
    ledger = floor.exchange.ledger
    assert ledger.holding("ann", POLY.id, 0) == ledger.holding("bob", POLY.id, 1) == 10 * QTY_ONE
    assert ledger.collateral[POLY.id] == 10 * CASH_ONE
    assert floor.cash("bob") == CASH - 4 * CASH_ONE - floor.exchange.fills[-1].fee
    floor.place(side=SELL, price=7_000)
    floor.place(side=BUY, price=7_000, outcome=1, account="bob")  # bob sells NO at 0.30
    assert ledger.collateral[POLY.id] == 0
    assert ledger.holding("bob", POLY.id, 1) == 0
    assert floor.cash() == CASH + CASH_ONE


def test_kalshi_yes_and_no_of_one_market_cancel_at_once_and_pay_a_dollar(floor):
    floor.world.quote(KALSHI.id, bids=[(6_000, 5 * QTY_ONE)], asks=[(6_200, 10 * QTY_ONE)])
    floor.place(KALSHI, price=6_200)
    order = floor.place(KALSHI, side=SELL, price=6_000, tif=TimeInForce.IOC)
    ledger = floor.exchange.ledger
    assert (order.filled, order.ended, order.why) == (
        5 * QTY_ONE,
        5 * QTY_ONE,
        Why.NOTHING_TO_MATCH,
    )
    assert ledger.holding("ann", KALSHI.id, 0) == 5 * QTY_ONE
    assert ledger.holding("ann", KALSHI.id, 1) == 0
    assert floor.exchange.fills[-1].cash == 3 * CASH_ONE


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"post_only": True}, Why.POST_ONLY),
        ({"tif": TimeInForce.FOK, "contracts": 20}, Why.FILL_OR_KILL),
        ({"tif": TimeInForce.IOC, "reduce_only": True}, Why.REDUCE_ONLY),
    ],
)
def test_refused_order_never_was_on_the_book(floor, options, why):
    floor.world.quote(KALSHI.id, asks=[(5_000, 10 * QTY_ONE)])
    order = floor.place(KALSHI, **options)
    assert (order.standing, order.why, order.filled) == (Standing.REFUSED, why, 0)
    assert floor.steps(order) == [Step.REFUSED]
    assert floor.exchange.open_orders("ann") == []


def test_reduce_only_order_is_cut_to_the_position(floor):
    floor.world.quote(KALSHI.id, bids=[(5_900, 50 * QTY_ONE)], asks=[(6_000, 4 * QTY_ONE)])
    floor.place(KALSHI, price=6_000, contracts=4)
    order = floor.place(KALSHI, SELL, 5_900, reduce_only=True, tif=TimeInForce.IOC)
    assert (order.filled, order.ended) == (4 * QTY_ONE, 6 * QTY_ONE)
    assert floor.exchange.ledger.position("ann", KALSHI.id) == 0


@pytest.mark.parametrize(
    ("mode", "resting", "taker", "filled"),
    [
        (SelfTrade.TAKER, Standing.RESTING, Standing.CANCELLED, 0),
        (SelfTrade.MAKER, Standing.CANCELLED, Standing.FILLED, 10),
        (SelfTrade.ALLOWED, Standing.FILLED, Standing.FILLED, 10),
    ],
)
def test_self_trade_modes(floor, mode, resting, taker, filled):
    mine = floor.place(side=SELL, price=5_000, outcome=1)
    floor.world.quote(POLY.id, asks=[(5_000, 10 * QTY_ONE)])
    order = floor.place(price=5_000, self_trade=mode)
    assert (mine.standing, order.standing, order.filled) == (resting, taker, filled * QTY_ONE)
    if mode is not SelfTrade.ALLOWED:
        own = mine if mode is SelfTrade.MAKER else order
        assert own.why is Why.OWN_ORDER


def test_self_trade_counts_for_fill_or_kill(floor):
    floor.place(side=SELL, price=5_000, outcome=1)
    floor.world.quote(POLY.id, asks=[(5_100, 10 * QTY_ONE)])
    kinds = {"price": 5_100, "tif": TimeInForce.FOK}
    assert floor.place(**kinds).why is Why.FILL_OR_KILL
    assert floor.place(**kinds, self_trade=SelfTrade.MAKER).filled == 10 * QTY_ONE
    floor.place(side=SELL, price=5_000, outcome=1)
    assert floor.place(**kinds, self_trade=SelfTrade.ALLOWED).filled == 10 * QTY_ONE


def test_order_expires_at_its_own_time_and_not_after_that_was_changed(floor):
    first = floor.place(tif=TimeInForce.GTD, expires_at=T + 5 * SECOND)
    second = floor.place(KALSHI, expires_at=T + 5 * SECOND)
    floor.exchange.amend(T, second.id, expires_at=0)
    floor.exchange.advance(T + 4 * SECOND)
    assert first.standing is Standing.RESTING
    floor.exchange.advance(T + 9 * SECOND)
    assert (first.standing, first.updated_at) == (Standing.EXPIRED, T + 5 * SECOND)
    assert second.standing is Standing.RESTING


def test_amend_keeps_the_place_in_line_only_for_less(floor):
    order = floor.place(KALSHI, contracts=10)
    floor.world.quote(KALSHI.id, bids=[(5_000, 7 * QTY_ONE), (5_100, QTY_ONE)])
    assert floor.exchange.queue_position(order.id) == QTY_ONE  # better prices come first
    floor.exchange.amend(T, order.id, qty=8 * QTY_ONE)
    assert (floor.exchange.queue_position(order.id), order.open) == (QTY_ONE, 8 * QTY_ONE)
    floor.exchange.amend(T, order.id, qty=9 * QTY_ONE)
    assert floor.exchange.queue_position(order.id) == 8 * QTY_ONE
    assert floor.world.states[KALSHI.id].bids.sizes[5_000] == 16 * QTY_ONE


def test_amend_across_the_book_trades_at_once(floor):
    floor.world.quote(KALSHI.id, asks=[(5_500, 4 * QTY_ONE)])
    order = floor.place(KALSHI)
    floor.exchange.amend(T, order.id, price=5_500)
    assert (order.filled, order.open, order.price) == (4 * QTY_ONE, 6 * QTY_ONE, 5_500)
    assert floor.steps(order) == [Step.ACCEPTED, Step.RESTS, Step.AMENDED, "filled", Step.RESTS]
    with pytest.raises(Impossible):
        floor.exchange.amend(T, order.id, qty=4 * QTY_ONE)


def test_amended_post_only_order_that_would_trade_is_cancelled(floor):
    floor.world.quote(KALSHI.id, asks=[(5_500, 4 * QTY_ONE)])
    order = floor.place(KALSHI, post_only=True)
    floor.exchange.amend(T, order.id, price=5_500)
    assert (order.standing, order.why) == (Standing.CANCELLED, Why.POST_ONLY)


def test_reduce_and_cancel_say_how_much_went(floor):
    order = floor.place()
    assert floor.exchange.reduce(T, order.id, 3 * QTY_ONE) == 3 * QTY_ONE
    assert (order.qty, order.open, order.asked) == (7 * QTY_ONE, 7 * QTY_ONE, 10 * QTY_ONE)
    assert floor.exchange.cancel(T, order.id) == 7 * QTY_ONE
    assert floor.exchange.cancel(T, order.id) == 0
    assert floor.exchange.cancel(T, "unknown") == 0
    assert floor.steps(order) == [Step.ACCEPTED, Step.RESTS, Step.REDUCED, Step.ENDED]
    assert floor.world.states[POLY.id].bids.sizes == {}


def test_cancel_all_takes_what_fits(floor):
    kept = floor.place(account="bob")
    floor.place(group="g")
    floor.place(KALSHI)
    gone = floor.exchange.cancel_all(T, account="ann", venue=Venue.POLYMARKET, why=Why.HEARTBEAT)
    assert [(o.group, o.why) for o in gone] == [("g", Why.HEARTBEAT)]
    assert len(floor.exchange.cancel_all(T, account="ann")) == 1
    assert kept.standing is Standing.RESTING


def test_silent_wipe_tells_no_account_but_the_book_shows_it(floor):
    order = floor.place()
    before = len(floor.told)
    floor.exchange.cancel_all(T, venue=Venue.POLYMARKET, why=Why.WIPED, is_silent=True)
    assert order.standing is Standing.CANCELLED
    assert len(floor.told) == before
    assert floor.world.states[POLY.id].bids.sizes == {}


def test_delayed_order_trades_when_it_is_due_and_not_if_cancelled(floor):
    floor.world.quote(POLY.id, asks=[(5_000, 10 * QTY_ONE)])
    order = floor.exchange.place_later(T, T + 3 * SECOND, floor.order(contracts=6))
    gone = floor.exchange.place_later(T, T + 3 * SECOND, floor.order(contracts=6))
    barred = floor.exchange.place_later(
        T, T + 3 * SECOND, floor.order(contracts=1), check=lambda _: Why.NOT_COVERED
    )
    assert order.standing is Standing.DELAYED
    floor.exchange.cancel(T + SECOND, gone.id)
    floor.exchange.advance(T + 2 * SECOND)
    assert floor.exchange.fills == []
    floor.exchange.advance(T + 8 * SECOND)
    assert [(fill.order, fill.at) for fill in floor.exchange.fills] == [(order, T + 3 * SECOND)]
    assert gone.filled == 0
    assert (barred.standing, barred.why) == (Standing.REFUSED, Why.NOT_COVERED)
    assert floor.steps(order) == [Step.DELAYED, Step.ACCEPTED, "filled"]


def test_pause_keeps_orders_but_those_that_ask_to_go(floor):
    kept = floor.place(KALSHI)
    gone = floor.place(KALSHI, cancels_on_pause=True)
    floor.exchange.pause(T, KALSHI.id)
    assert (kept.standing, gone.why) == (Standing.RESTING, Why.PAUSED)
    assert floor.place(KALSHI).why is Why.PAUSED
    floor.exchange.resume(T, KALSHI.id)
    assert floor.place(KALSHI).standing is Standing.RESTING


def test_deactivation_cancels_every_order(floor):
    order = floor.place(KALSHI)
    floor.exchange.deactivate(T, KALSHI.id)
    assert (order.standing, order.why) == (Standing.CANCELLED, Why.DEACTIVATED)


@pytest.mark.parametrize(("payout", "result"), [(10_000, 0), (0, 1), (5_000, -1), (3_333, -1)])
@pytest.mark.parametrize("market", [POLY, KALSHI], ids=["polymarket", "kalshi"])
def test_resolution_pays_every_holder_and_ends_every_order(floor, market, payout, result):
    floor.world.quote(market.id, asks=[(5_000, 7 * QTY_ONE)])
    floor.place(market, contracts=7)
    order = floor.place(market, price=100)
    purse = Purse(market.venue)
    before = floor.cash(purse=purse)
    floor.exchange.resolve(T + SECOND, market.id, payout)
    assert order.why is Why.MARKET_CLOSED
    assert floor.cash(purse=purse) - before == 7 * payout * 100
    settled = [event for event in floor.told if isinstance(event, Settled)]
    assert [(s.account, s.yes, s.payout) for s in settled] == [("ann", 7 * QTY_ONE, payout)]
    state = floor.world.states[market.id]
    assert (state.result, state.payout) == (result, payout)
    assert floor.place(market).why is Why.MARKET_CLOSED


def test_game_start_clears_the_book_of_everybody(floor):
    floor.world.quote(GAME.id, asks=[(6_000, QTY_ONE)])
    order = floor.place(GAME)
    floor.exchange.advance(T + 99 * SECOND)
    assert order.standing is Standing.RESTING
    floor.exchange.advance(T + 101 * SECOND)
    assert (order.why, order.updated_at) == (Why.GAME_STARTED, T + 100 * SECOND)
    state = floor.world.states[GAME.id]
    assert (state.bids.sizes, state.asks.sizes) == ({}, {})


def test_same_cash_may_stand_behind_two_markets_until_one_trades(floor):
    first = floor.place(POLY, contracts=1_800)
    second = floor.place(OTHER, contracts=1_000)
    third = floor.place(OTHER, contracts=800)
    kept = floor.place(OTHER, price=4_000, contracts=100)
    assert floor.exchange.free_cash("ann", Venue.POLYMARKET) == -840 * CASH_ONE
    assert floor.exchange.open_cost("ann", OTHER.id) == 940 * CASH_ONE
    floor.world.cross(POLY.id, SELL, 5_000, 1_800 * QTY_ONE)
    floor.exchange.advance(T + SECOND)
    assert first.standing is Standing.FILLED
    for order in (second, third):
        assert (order.standing, order.why) == (Standing.CANCELLED, Why.NOT_COVERED)
    assert kept.standing is Standing.RESTING
    assert floor.exchange.ledger.overdrawn() == []


def test_sale_of_what_is_gone_is_taken_off_the_book(floor):
    floor.world.quote(POLY.id, bids=[(4_900, 10 * QTY_ONE)], asks=[(5_000, 10 * QTY_ONE)])
    floor.place()
    sale = floor.place(side=SELL, price=6_000)
    assert floor.exchange.free_holding("ann", POLY.id, 0) == 0
    floor.place(side=SELL, price=4_900, contracts=10)
    assert (sale.standing, sale.why) == (Standing.CANCELLED, Why.NOT_COVERED)


def test_kalshi_holds_back_what_orders_may_cost_and_closing_is_free(floor):
    floor.world.quote(KALSHI.id, asks=[(5_000, 10 * QTY_ONE)])
    floor.place(KALSHI)
    cash = floor.cash(purse=KALSHI_PURSE)
    floor.place(KALSHI, SELL, 6_000, contracts=8)
    assert floor.exchange.free_cash("ann", Venue.KALSHI) == cash
    floor.place(KALSHI, SELL, 6_000, contracts=8)  # 2 close, 6 open NO at 0.40
    assert cash - floor.exchange.free_cash("ann", Venue.KALSHI) == 2_400_000
    floor.place(KALSHI, BUY, 1_000, contracts=10)
    assert cash - floor.exchange.free_cash("ann", Venue.KALSHI) == 3_400_000
    assert floor.exchange.free_holding("ann", KALSHI.id, 0) == -6 * QTY_ONE


def test_failed_trade_is_undone_on_both_sides(floor):
    floor.place()
    floor.place(side=SELL, outcome=1, account="bob")
    trade = floor.exchange.fills[0].trade_id
    assert [fill.trade_id for fill in floor.exchange.fills] == [trade, trade]
    floor.exchange.reverse(T, trade)
    assert floor.cash() == floor.cash("bob") == CASH
    assert floor.exchange.ledger.markets("ann") == []
    assert Reversed(T, trade) in floor.told
    with pytest.raises(Impossible):
        floor.exchange.reverse(T, trade)


def test_trades_of_one_order_share_a_sweep_and_never_an_id(floor):
    floor.world.quote(POLY.id, asks=[(5_000, QTY_ONE), (5_000, QTY_ONE), (5_100, QTY_ONE)])
    floor.place(price=5_100, contracts=3)
    fills = floor.exchange.fills
    assert len({fill.trade_id for fill in fills}) == 3
    assert len({fill.sweep for fill in fills}) == 1
    assert [fill.number for fill in fills] == [1, 1, 2]  # as on the public tape


def test_crowd_order_that_takes_two_of_ours_is_one_sweep_and_the_next_another(floor):
    first, second = floor.place(contracts=1), floor.place(contracts=1, account="bob")
    third = floor.place(contracts=1)
    for contracts in (2, 1):
        floor.world.cross(POLY.id, SELL, 5_000, contracts * QTY_ONE)
    assert [fill.order for fill in floor.exchange.fills] == [first, second, third]
    sweeps = [fill.sweep for fill in floor.exchange.fills]
    assert sweeps[0] == sweeps[1] != sweeps[2]


def test_budget_buys_more_where_it_is_cheaper(floor):
    floor.world.quote(POLY.id, asks=[(4_000, 10 * QTY_ONE), (5_000, 100 * QTY_ONE)])
    assert floor.exchange.bought_with(floor.order(price=5_000), 9 * CASH_ONE) == (20 * QTY_ONE, 0)
    short = floor.exchange.bought_with(floor.order(price=4_000), 9 * CASH_ONE)
    assert short == (10 * QTY_ONE, 5 * CASH_ONE)
    floor.world.quote(POLY.id, bids=[(3_000, 100 * QTY_ONE)])
    no = floor.order(side=SELL, price=3_000, outcome=1)
    assert floor.exchange.bought_with(no, 7 * CASH_ONE) == (10 * QTY_ONE, 0)


def test_listener_that_acts_is_told_of_it_after_what_it_hears(floor):
    order = floor.place()
    steps = []

    def hear(event):
        steps.append(type(event).__name__)
        if isinstance(event, Filled):
            floor.exchange.cancel(event.at, event.order.id)

    floor.exchange.on_account.append(hear)
    floor.world.cross(POLY.id, SELL, 5_000, QTY_ONE)
    floor.exchange.advance(T + SECOND)
    assert steps == ["Filled", "OrderMoved"]
    assert order.ended == 9 * QTY_ONE
    assert floor.world.states[POLY.id].bids.sizes == {}


@pytest.mark.parametrize("wrong", [{"price": 0}, {"price": 10_000}, {"contracts": 0}])
def test_order_that_cannot_be_is_a_bug(floor, wrong):
    with pytest.raises(Impossible):
        floor.place(**wrong)


def test_order_id_is_never_taken_twice(floor):
    order = floor.place()
    floor.exchange.cancel(T, order.id)
    with pytest.raises(Impossible):
        floor.exchange.place(T, floor.exchange.orders[order.id])
