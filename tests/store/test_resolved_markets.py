"""What resolved markets were said to be worth an hour before."""

import msgspec
from tests.store.build_messages import T0, market_seen, started

from pmterm.messages.accounts import MarketSettled
from pmterm.messages.feed import MarketSeen
from pmterm.model.units import SECOND
from pmterm.store.journal import Journal
from pmterm.store.resolved import quotes_of_resolved

HOUR = 3_600 * SECOND


async def snapshot(database, market, at, bid, ask, is_trusted=1):
    row = (market, at, bid, ask, is_trusted)
    sql = "INSERT INTO snapshots VALUES ('s1', ?, ?, ?, ?, 1, 1, 1, 1, 0, 0, ?)"
    await database.write(lambda connection: connection.execute(sql, row))


async def test_a_resolved_market_is_judged_by_its_price_an_hour_before(database):
    base = T0 // HOUR * HOUR
    end = base + 5 * HOUR
    market = market_seen().market.id
    for at, bid in ((1, 3_000), (3, 4_000), (4.5, 9_000)):
        await snapshot(database, market, base + int(at * HOUR), bid, bid + 200)
    await snapshot(database, market, base + int(3.5 * HOUR), 100, 200, is_trusted=0)
    await Journal(database).append([started(), market_seen(), MarketSettled(end, market, 10_000)])
    (found,) = await quotes_of_resolved(database)
    assert (found.at, found.best_bid, found.payout) == (base + 3 * HOUR, 4_000, 10_000)
    assert found.venue == "kalshi"


async def test_a_market_watched_for_less_is_judged_by_its_first_price(database):
    market = market_seen().market.id
    await snapshot(database, market, T0, 3_000, 3_200)
    resolved = msgspec.structs.replace(market_seen().market, result="No")
    await Journal(database).append([started(), MarketSeen(T0 + 60 * SECOND, resolved)])
    (found,) = await quotes_of_resolved(database)
    assert (found.at, found.payout) == (T0, 0)


async def test_a_market_that_is_open_or_split_judges_nobody(database):
    market = market_seen().market.id
    await snapshot(database, market, T0, 3_000, 3_200)
    await Journal(database).append([started(), market_seen()])
    assert await quotes_of_resolved(database) == []
    await Journal(database).append([MarketSettled(T0 + SECOND, market, 5_000)])
    assert await quotes_of_resolved(database) == []
