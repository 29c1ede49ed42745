"""F11, F16-F18: amounts are exact, slips of the finger are stopped, nothing floods the venue."""

import asyncio
import json

import msgspec
import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st
from tests.faults.night import BOTH, night
from tests.faults.weather import Arrivals
from tests.live.evening import BUY, KALSHI, POLY, SELL, WALLET_KEY
from tests.live.virtual import run

from pmterm.messages.commands import CancelOrder, SubmitTicket
from pmterm.messages.orders import Approved, Intent, Refused
from pmterm.model.errors import VenueRefused
from pmterm.model.ids import OrderId
from pmterm.model.market import PriceBand
from pmterm.model.order import OrderState as S
from pmterm.model.order import Side, TimeInForce
from pmterm.model.secret import Secret
from pmterm.model.units import CASH_ONE, PRICE_ONE, QTY_ONE, SECOND, cost
from pmterm.trading.risk.limits import Limits
from pmterm.venues.kalshi.orders import KalshiOrders
from pmterm.venues.polymarket.naming import Trader
from pmterm.venues.polymarket.orders import PolymarketOrders
from pmterm.venues.polymarket.signing import SignatureType
from pmterm.venues.polymarket.wallet import load_wallet

QUICK = Limits(market_cooldown=0)
AT = 1_790_000_000 * SECOND
IOC, FOK, GTC, GTD = TimeInForce.IOC, TimeInForce.FOK, TimeInForce.GTC, TimeInForce.GTD
AWKWARD = st.one_of(
    st.integers(1, 2_000_000_000), st.sampled_from([5_000_000, 5_010_000, 33_330_000, 7_770_000])
)


def polymarket_wing():
    wallet = load_wallet(Secret(WALLET_KEY))
    key = "0190b0e5-7c4f-7000-8000-000000000000"
    maker = Trader(SignatureType.EOA, Account.from_key(WALLET_KEY).address, key)
    return PolymarketOrders(wallet, maker)


WINGS = {POLY.id: polymarket_wing(), KALSHI.id: KalshiOrders()}


def intent_of(market, name, side, qty, price, tif):
    ends = AT + 3_600 * SECOND if tif is GTD else 0
    return Intent(AT, OrderId(name), market.id, side, qty, price, tif, expires_at=ends)


def named_by(wing, intent, market, outcome):
    """Return what a wing makes of an order, None if it cannot be sent."""
    try:
        return wing.name(intent, market, outcome)
    except VenueRefused:
        return None


@given(
    step=st.sampled_from([1_000, 100, 50, 25, 10, 1]),
    place=st.integers(1, 9_999),
    side=st.sampled_from(Side),
    outcome=st.sampled_from([0, 1]),
    tif=st.sampled_from(TimeInForce),
    qty=AWKWARD,
)
def test_f11_polymarkets_amounts_are_exact_and_never_worse_than_the_limit(
    step, place, side, outcome, tif, qty
):
    price = place - place % step or step
    market = msgspec.structs.replace(POLY, bands=(PriceBand(0, PRICE_ONE, step),))
    intent = intent_of(market, "s-1", side, qty - qty % 10_000, price, tif)
    named = named_by(WINGS[POLY.id], intent, market, outcome)
    own = price if outcome == 0 else PRICE_ONE - price
    if named is None:  # only what is too small for an exact price, or for the venue
        is_small = intent.qty < 100 * QTY_ONE or cost(own, intent.qty) < 2 * CASH_ONE
        assert is_small if tif in {IOC, FOK} else intent.qty < 5 * QTY_ONE
        return
    order = json.loads(named.body)["order"]
    maker, taker = int(order["makerAmount"]), int(order["takerAmount"])
    is_buy = (side is BUY) == (outcome == 0)
    assert order["side"] == ("BUY" if is_buy else "SELL")
    dollars, shares = (maker, taker) if is_buy else (taker, maker)
    if is_buy and tif in {IOC, FOK}:
        assert dollars <= cost(own, intent.qty)
    else:
        assert shares <= intent.qty
    if tif in {GTC, GTD}:
        assert dollars * PRICE_ONE == own * shares
    elif is_buy:  # less than one step of the finest grid above: it never buys dearer
        assert own * shares <= dollars * PRICE_ONE < (own + 1) * shares
    else:
        assert (own - 1) * shares < dollars * PRICE_ONE <= own * shares


@given(
    price=st.integers(1, 9_999),
    step=st.sampled_from([100, 10]),
    side=st.sampled_from(Side),
    tif=st.sampled_from(TimeInForce),
    qty=AWKWARD,
)
def test_f11_kalshis_price_and_count_are_exactly_what_was_asked(price, step, side, tif, qty):
    market = msgspec.structs.replace(KALSHI, bands=(PriceBand(0, PRICE_ONE, step),))
    intent = intent_of(market, "s-1", side, qty, price, tif)
    named = named_by(WINGS[KALSHI.id], intent, market, 0)
    if named is None:
        assert price % step or qty % 10_000
        return
    body = json.loads(named.body)
    assert round(float(body["price"]) * PRICE_ONE) == price
    assert round(float(body["count"]) * QTY_ONE) == qty
    assert body["side"] == ("bid" if side is BUY else "ask")


@BOTH
def test_f11_the_exchange_takes_every_awkward_size_that_passes_here(market):
    async def tell():
        async with night(market, risk=msgspec.structs.replace(QUICK, max_orders=0)) as here:
            for step, qty in enumerate((5.01, 7.77, 33.33, 10.99, 6.66)):
                order = await here.order(market, BUY, qty, 4_600 - 100 * (step % 3))
                await here.state_is(order, S.OPEN)
                taker = await here.order(market, BUY, qty, 4_700, tif=IOC)
                await here.state_is(taker, S.FILLED, S.CANCELLED)
                assert here.executor.order(taker.id).filled > 0, taker.reason
                here.send(CancelOrder(0, order.id))
                await here.state_is(order, S.CANCELLED)

    run(tell())


@BOTH
def test_f16_a_price_far_past_the_touch_is_refused_and_one_far_behind_asks(market):
    async def tell():
        async with night(market, risk=QUICK) as here:
            first = await here.submit(market, BUY, 10, 4_600)
            assert (first.rule, first.asks) == ("ASK", True)
            order = await here.order(market, BUY, 10, 4_600)
            await here.state_is(order, S.OPEN)
            slip = await here.submit(market, BUY, 10, 9_400, confirmed=True)
            assert slip.rule == "R9 price"  # 47 cents typed as 94
            slip = await here.submit(market, SELL, 10, 500, confirmed=True)
            assert slip.rule == "R9 price"
            far = await here.submit(market, BUY, 10, 500)
            assert (far.rule, far.asks) == ("ASK", True)
            assert len(here.venue_orders()) == 1

    run(tell())


@BOTH
def test_f16_ten_times_the_size_asks_and_past_a_limit_it_is_refused_yes_or_no(market):
    async def tell():
        async with night(market, risk=QUICK) as here:
            order = await here.order(market, BUY, 100, 4_600)
            await here.state_is(order, S.OPEN)
            dear = await here.submit(market, BUY, 1_200, 4_500)
            assert (dear.rule, dear.limit) == ("ASK", "$500 unasked")
            beyond = await here.submit(market, BUY, 10_000, 4_500, confirmed=True)
            assert beyond.rule == "R1 position"
            assert not beyond.asks
            assert len(here.venue_orders()) == 1

    run(tell())


@BOTH
def test_f17_of_500_wishes_in_one_moment_the_rate_lets_ten_out_under_ten_names(market):
    async def tell():
        async with night(market, risk=QUICK) as here:
            arrivals = Arrivals(here.exchange)
            at = here.session.clock.now()
            for _ in range(500):
                here.send(SubmitTicket(at, market.id, BUY, 5 * QTY_ONE, 4_600, confirmed=True))
            await here.until(lambda: len(here.heard(Refused)) + len(here.heard(Approved)) >= 500)
            await asyncio.sleep(5)
            assert len(here.heard(Approved)) == len(arrivals.creates()) == 10
            assert {refused.rule for refused in here.heard(Refused)} == {"R9 rate"}
            assert len({named.venue_order for named in here.asked()}) == 10

    run(tell())


@pytest.mark.parametrize("market", [POLY, KALSHI], ids=["polymarket", "kalshi"])
def test_f17_the_same_order_500_times_in_one_nanosecond_has_500_names(market):
    wing = WINGS[market.id]
    wing.learn(market)
    named = {
        wing.name(
            intent_of(market, f"live-1-{n:05d}", BUY, 5 * QTY_ONE, 4_600, GTC), market, 0
        ).venue_order
        for n in range(500)
    }
    assert len(named) == 500


@BOTH
def test_f18_the_same_order_within_five_seconds_asks_and_then_no_more(market):
    async def tell():
        async with night(market, risk=QUICK) as here:
            order = await here.order(market, BUY, 10, 4_600)
            await here.state_is(order, S.OPEN)
            again = await here.submit(market, BUY, 10, 4_600)
            assert (again.rule, again.value, again.asks) == ("ASK", "the same order again", True)
            other = await here.submit(market, BUY, 10, 4_500)
            await here.state_is(other, S.OPEN)
            meant = await here.submit(market, BUY, 10, 4_600, confirmed=True)
            await here.state_is(meant, S.OPEN)
            await asyncio.sleep(6)
            later = await here.submit(market, BUY, 10, 4_600)
            await here.state_is(later, S.OPEN)
            assert len(here.venue_orders()) == 4

    run(tell())
