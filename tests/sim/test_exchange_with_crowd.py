"""Accounts' orders among a scenario's crowd: they trade, and every book and cent stays true."""

import random

import pytest

from pmterm.model.errors import Impossible
from pmterm.model.ids import Venue
from pmterm.model.market import MarketStatus
from pmterm.model.order import Side, TimeInForce
from pmterm.model.units import CASH_ONE, MS, QTY_ONE, SECOND
from pmterm.sim.accounts import KALSHI_PURSE, POLYMARKET_PURSE, TestAccount
from pmterm.sim.burst import BurstWorld
from pmterm.sim.exchange import Exchange
from pmterm.sim.exchange_orders import ExchangeOrder, Standing, Why
from pmterm.sim.scenario import Scenario

NOW = 1_790_000_000 * SECOND
CASH = {POLYMARKET_PURSE: 100_000 * CASH_ONE, KALSHI_PURSE: 100_000 * CASH_ONE}


def evening(seed):
    exchange = Exchange(Scenario(seed, NOW, pre_roll=20 * SECOND))
    exchange.open_account(NOW, TestAccount(account_id="ann", cash=CASH))
    exchange.advance(NOW)
    return exchange


def order(number, market, side, price, contracts, **more):
    """A buy of YES or of NO: what an account without holdings can do on both venues."""
    return ExchangeOrder(
        id=f"mine-{number}",
        account="ann",
        market=market,
        side=side,
        outcome=0 if side is Side.BUY else 1,
        price=price,
        qty=contracts * QTY_ONE,
        **more,
    )


def books_agree(exchange):
    for market, state in exchange.world.states.items():
        book = exchange.world.book(market)
        assert dict(book.levels(Side.BUY)) == state.bids.sizes
        assert dict(book.levels(Side.SELL)) == state.asks.sizes


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_trading_with_the_crowd_keeps_books_and_ledger_true(seed):
    exchange = evening(seed)
    dice = random.Random(seed)
    markets = list(exchange.world.states.values())
    for number in range(150):
        at = NOW + number * 300 * MS
        exchange.advance(at)
        state = dice.choice([state for state in markets if state.is_open])
        side = dice.choice(list(Side))
        near = state.best_bid if side is Side.BUY else state.best_ask
        price = min(9_900, max(100, near // 100 * 100 + dice.choice([-100, 0, 100])))
        tif = dice.choice([TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC])
        exchange.place(
            at, order(number, state.market, side, price, dice.randrange(5, 400), tif=tif)
        )
        if number % 7 == 0:
            exchange.cancel(at, f"mine-{dice.randrange(number + 1)}")
        books_agree(exchange)
    exchange.ledger.check()
    makers = [fill for fill in exchange.fills if fill.is_maker]
    takers = [fill for fill in exchange.fills if not fill.is_maker]
    assert len(makers) > 5
    assert len(takers) > 5
    assert exchange.ledger.overdrawn() == []
    for one in exchange.orders.values():
        assert one.qty == one.filled + one.open + one.ended
        limits = [fill.price <= one.price for fill in exchange.fills if fill.order is one]
        if one.side is Side.SELL:
            limits = [fill.price >= one.price for fill in exchange.fills if fill.order is one]
        assert all(limits)


def test_same_orders_give_the_same_evening():
    ends = []
    for _ in range(2):
        exchange = evening(4)
        for number, state in enumerate(exchange.world.states.values()):
            exchange.place(NOW, order(number, state.market, Side.BUY, state.best_bid, 100))
        exchange.advance(NOW + 20 * SECOND)
        ends.append([(f.at, f.trade_id, f.price, f.qty, f.fee) for f in exchange.fills])
    assert ends[0] == ends[1]
    assert ends[0]


def test_end_of_a_match_takes_orders_off_and_pays_what_is_held():
    exchange = evening(5)
    world = exchange.world
    winner = world.listings[0].market
    taken = exchange.place(NOW, order(1, winner.id, Side.BUY, 9_900, 50, tif=TimeInForce.IOC))
    assert taken.filled == 50 * QTY_ONE
    resting = exchange.place(NOW, order(2, winner.id, Side.BUY, 100, 50))
    at = NOW
    while world.states[winner.id].status is not MarketStatus.RESOLVED:
        at += 30 * SECOND
        exchange.advance(at)
        assert at < NOW + 4 * 3_600 * SECOND
    assert resting.why in {Why.MARKET_CLOSED, Why.TICK_CHANGED} or resting.filled
    assert exchange.ledger.holding("ann", winner.id, 0) == 0
    exchange.ledger.check()


def test_crowd_leaves_a_halted_market_alone():
    exchange = evening(6)
    market = exchange.world.listings[3].market.id
    exchange.pause(NOW, market)
    before = exchange.world.book(market).levels(Side.BUY)
    exchange.advance(NOW + 30 * SECOND)
    assert exchange.world.book(market).levels(Side.BUY) == before
    exchange.resume(NOW + 30 * SECOND, market)
    exchange.advance(NOW + 60 * SECOND)
    assert exchange.world.book(market).levels(Side.BUY) != before


def test_market_resolved_by_hand_stays_resolved_when_its_story_ends():
    exchange = evening(7)
    market = exchange.world.listings[0].market.id
    told = []
    exchange.on_market.append(told.append)
    exchange.resolve(NOW, market, 10_000)
    exchange.advance(NOW + 3 * 3_600 * SECOND)
    statuses = [
        event.status
        for event in told
        if hasattr(event, "status") and getattr(event, "market", "") == market
    ]
    assert statuses == [MarketStatus.CLOSED, MarketStatus.RESOLVED]
    assert exchange.world.states[market].result == 0


def test_world_without_books_refuses_orders():
    world = BurstWorld(NOW, rate=10)
    exchange = Exchange(world)
    exchange.open_account(NOW, TestAccount(account_id="ann", cash=CASH))
    refused = exchange.place(NOW, order(1, world.listings[0].market.id, Side.BUY, 5_000, 1))
    assert (refused.standing, refused.why) == (Standing.REFUSED, Why.NO_BOOK)


def test_unknown_market_is_a_bug():
    with pytest.raises(Impossible):
        evening(1).place(NOW, order(1, "nowhere", Side.BUY, 5_000, 1))


def test_purses_of_two_venues_do_not_mix():
    exchange = evening(1)
    with pytest.raises(Impossible):
        exchange.ledger.transfer(NOW, "ann", POLYMARKET_PURSE, KALSHI_PURSE, CASH_ONE)
    assert exchange.free_cash("ann", Venue.KALSHI) == 100_000 * CASH_ONE
