"""Whole evenings of two accounts on the local exchange's Polymarket, by chance: sums hold."""

import random

import pytest
from tests.sim.polymarket_trader import NO, YES, Trader, account, quote, serving

from pmterm.model.order import Side
from pmterm.model.units import PRICE_ONE, QTY_ONE
from pmterm.sim.accounts import POLYMARKET_PURSE as PURSE
from pmterm.sim.quiet import polymarket_listing

KINDS = ("GTC", "GTC", "FAK", "FOK")


async def wish(chance, trader):
    """One order at random; refusals are as good as trades."""
    side, kind = chance.choice(("BUY", "BUY", "SELL")), chance.choice(KINDS)
    price = chance.randrange(30, 71)
    body = trader.post(
        side,
        f"0.{price}",
        chance.randrange(1, 60),
        kind,
        token=chance.choice((YES, NO)),
        post_only=kind == "GTC" and chance.random() < 0.2,
    )
    [answer] = await trader.ask("POST", "/orders", [body])
    assert answer["success"] is True
    assert bool(answer["orderID"]) != bool(answer["errorMsg"])


@pytest.mark.parametrize("seed", range(6))
async def test_nothing_is_made_or_lost_and_every_list_agrees_with_the_ledger(seed):
    chance = random.Random(seed)
    known = [account("ann", cash=60), account("bob", cash=60)]
    delay = chance.choice((0, 1_000_000_000))
    listing = polymarket_listing("quiet", taker_delay=delay)
    async with serving([listing], accounts=known) as (sim, ann):
        market = listing.market.id
        traders = {
            "ann": ann,
            "bob": await Trader(sim, ann.web, ann.clock, "bob").log_in(),
        }
        for _ in range(35):
            quote(
                sim,
                market,
                bids=[(chance.randrange(30, 45) * 100, chance.randrange(1, 20))],
                asks=[(chance.randrange(55, 70) * 100, chance.randrange(1, 20))],
            )
            if chance.random() < 0.2:
                sim.world.cross(market, chance.choice(list(Side)), 5_000, 30 * QTY_ONE)
            if chance.random() < 0.15:
                sim.polymarket.fail_trades(1)
            trader = traders[chance.choice(("ann", "bob"))]
            await wish(chance, trader)
            if chance.random() < 0.1:
                await trader.ask("DELETE", "/cancel-all")
            await ann.clock.advance(chance.choice((0, 0.5, 3)))
        await ann.clock.advance(20)
        sim.exchange.ledger.check()
        assert sim.exchange.ledger.overdrawn() == []
        for name, trader in traders.items():
            await agrees(sim, name, trader, market)
        paid = sim.exchange.ledger.cash
        before = sum(paid(name, PURSE) for name in traders)
        held = {name: sim.exchange.ledger.holding(name, market, 0) for name in traders}
        sim.exchange.resolve(sim.exchange.now, market, PRICE_ONE)
        after = sum(paid(name, PURSE) for name in traders)
        assert after - before == sum(held.values())


async def agrees(sim, name, trader, market):
    """Fold what the account can read; it is what the ledger has."""
    shares = {YES: 0, NO: 0}
    trades = await trader.trades()
    assert {trade["status"] for trade in trades} <= {"CONFIRMED", "FAILED"}
    owner = trader.key["apiKey"]
    for trade in trades:
        if trade["status"] == "FAILED":
            continue
        parts = [
            (m["asset_id"], m["side"], m["matched_amount"])
            for m in trade["maker_orders"]
            if m["owner"] == owner
        ]
        if trade["trader_side"] == "TAKER":
            parts.append((trade["asset_id"], trade["side"], trade["size"]))
        for token, side, size in parts:
            shares[token] += round(float(size) * QTY_ONE) * (1 if side == "BUY" else -1)
    for index, token in enumerate((YES, NO)):
        assert shares[token] == sim.exchange.ledger.holding(name, market, index)
        assert await trader.balance(token) == shares[token]
    assert await trader.balance() == sim.exchange.ledger.cash(name, PURSE)
    for row in await trader.open_orders():
        order = sim.exchange.order(row["id"])
        assert float(row["size_matched"]) * QTY_ONE == order.filled
