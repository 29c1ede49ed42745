"""Each REST path of the local exchange, read by the catalogues that read the real venues."""

import hashlib
import json
from contextlib import asynccontextmanager
from datetime import datetime
from urllib.parse import urlencode

import aiohttp
import pytest

from pmterm.messages.transport import HttpResponse
from pmterm.model.errors import VenueRefused
from pmterm.model.ids import Venue
from pmterm.model.market import MarketStatus
from pmterm.model.order import Side
from pmterm.model.units import SECOND
from pmterm.runtime.clock import FakeClock
from pmterm.sim.events import BookReplaced, StatusChanged, Traded
from pmterm.sim.scenario import Scenario
from pmterm.sim.server import SimServer
from pmterm.venues.kalshi.catalog import KalshiCatalog
from pmterm.venues.polymarket.catalog import PolymarketCatalog

NOW = 1_790_000_000 * SECOND
KALSHI, POLYMARKET = Venue.KALSHI, Venue.POLYMARKET
CATALOGS = {KALSHI: KalshiCatalog, POLYMARKET: PolymarketCatalog}


@asynccontextmanager
async def serving():
    async with (
        SimServer(Scenario(5, NOW, pre_roll=60 * SECOND), FakeClock(NOW)) as sim,
        aiohttp.ClientSession() as web,
    ):
        yield sim, web


async def get(sim, web, venue, host, path, expect=200, **query):
    url = sim.hosts()[venue.value][host] + path + ("?" + urlencode(query, doseq=True))
    async with web.get(url) as answer:
        assert answer.status == expect, await answer.text()
        return await answer.json()


async def asked(sim, web, request):
    """One of a catalogue's requests, carried out."""
    url = sim.hosts()[request.venue.value][request.host] + request.path
    async with web.get(url) as answer:
        text = await answer.text()
        return HttpResponse(
            1, request.venue, "GET", request.path, answer.status, text, request.purpose
        )


@pytest.mark.parametrize("venue", list(Venue))
async def test_catalogue_finds_by_name_what_is_listed(venue):
    async with serving() as (sim, web):
        for listing in sim.world.listings:
            if listing.market.venue is not venue:
                continue
            catalog = CATALOGS[venue]()
            for name in (listing.market.slug, listing.market.id):
                found = []
                for request in catalog.lookup(name, 1):
                    found = found or list(catalog.markets(await asked(sim, web, request)))
                market = next(one for one in found if one.id == listing.market.id)
                expected = listing.market
                assert market.outcomes[0].name == expected.outcomes[0].name
                assert [o.token for o in market.outcomes] == [o.token for o in expected.outcomes]
                assert (market.bands, market.status) == (expected.bands, MarketStatus.ACTIVE)
                assert market.taker_delay == expected.taker_delay
                assert market.fees.taker_ppm == expected.fees.taker_ppm
                assert market.event == expected.event
                state = sim.world.states[listing.market.id]
                assert (market.best_bid, market.best_ask) == (state.best_bid, state.best_ask)


@pytest.mark.parametrize("venue", list(Venue))
async def test_catalogue_finds_by_words_and_without_words(venue):
    async with serving() as (sim, web):
        listed = {one.market.id for one in sim.world.listings if one.market.venue is venue}
        team = sim.world.teams[0]
        for words in (team, ""):
            catalog = CATALOGS[venue]()
            found = set()
            for request in catalog.search(words, 1):
                found |= {one.id for one in catalog.markets(await asked(sim, web, request))}
            assert listed <= found


async def test_blocked_edge_answers_html_and_the_catalogue_says_what_it_means():
    async with serving() as (sim, web):
        sim.faults[POLYMARKET].blocks_rest = True
        catalog = PolymarketCatalog()
        (request,) = catalog.search("", 1)
        response = await asked(sim, web, request)
        assert (response.status, response.text[:9]) == (403, "<!DOCTYPE")
        with pytest.raises(VenueRefused):
            catalog.markets(response)
        assert (await get(sim, web, KALSHI, "api", "/exchange/status"))["trading_active"]


async def test_any_status_and_a_hostile_title_can_be_served():
    async with serving() as (sim, web):
        sim.faults[KALSHI].rest_status = 503
        sim.faults[KALSHI].rest_body = '{"error":"too many requests"}'
        body = await get(sim, web, KALSHI, "api", "/markets", expect=503)
        assert body == {"error": "too many requests"}
        sim.faults[KALSHI].rest_status = 0
        sim.faults[KALSHI].title = "\x1b[2J[bold]evil"
        rows = (await get(sim, web, KALSHI, "api", "/markets"))["markets"]
        assert {row["title"] for row in rows} == {"\x1b[2J[bold]evil"}


# ---- Kalshi


async def test_kalshi_pages_end_with_an_empty_cursor():
    async with serving() as (sim, web):
        first = await get(sim, web, KALSHI, "api", "/markets", limit=1)
        assert first["cursor"]
        last = await get(sim, web, KALSHI, "api", "/markets", limit=1, cursor=first["cursor"])
        assert last["cursor"] == ""
        assert first["markets"][0]["ticker"] != last["markets"][0]["ticker"]
        garbage = await get(sim, web, KALSHI, "api", "/markets", limit=1, cursor="%%%")
        assert garbage["markets"] == first["markets"]
        refused = await get(sim, web, KALSHI, "api", "/markets", expect=400, limit=1001)
        assert "Limit" in refused["msg"]


async def test_kalshi_filters_by_event_series_and_status():
    async with serving() as (sim, web):
        market = next(one.market for one in sim.world.listings if one.market.venue is KALSHI)
        for query, count in (
            ({"event_ticker": market.event}, 2),
            ({"series_ticker": "KXVALORANTGAME"}, 2),
            ({"tickers": market.id}, 1),
            ({"status": "open"}, 2),
            ({"status": "settled"}, 0),
            ({"event_ticker": "KXNO"}, 0),
        ):
            body = await get(sim, web, KALSHI, "api", "/markets", **query)
            assert len(body["markets"]) == count


async def test_kalshi_events_books_trades_and_series():
    async with serving() as (sim, web):
        market = next(one.market for one in sim.world.listings if one.market.venue is KALSHI)
        state = sim.world.states[market.id]
        events = await get(sim, web, KALSHI, "api", "/events", with_nested_markets="true")
        assert (len(events["events"][0]["markets"]), events["cursor"]) == (2, "")
        plain = await get(sim, web, KALSHI, "api", f"/events/{market.event}")
        assert (len(plain["markets"]), "markets" in plain["event"]) == (2, False)
        book = (await get(sim, web, KALSHI, "api", f"/markets/{market.id}/orderbook"))[
            "orderbook_fp"
        ]
        assert book["yes_dollars"][-1][0] == f"{state.best_bid / 10_000:.4f}"
        assert book["no_dollars"][-1][0] == f"{1 - state.best_ask / 10_000:.4f}"
        path = f"/markets/{market.id}/orderbook"
        short = await get(sim, web, KALSHI, "api", path, depth=2)
        assert short["orderbook_fp"]["yes_dollars"] == book["yes_dollars"][-2:]
        both = await get(sim, web, KALSHI, "api", "/markets/orderbooks", tickers=[market.id])
        assert both["orderbooks"] == [{"ticker": market.id, "orderbook_fp": book}]
        trades = await get(sim, web, KALSHI, "api", "/markets/trades", ticker=market.id)
        assert len(trades["trades"]) == min(100, len(state.trades))
        times = [datetime.fromisoformat(trade["created_time"]) for trade in trades["trades"]]
        assert times == sorted(times, reverse=True)
        series = await get(sim, web, KALSHI, "api", "/series/KXVALORANTGAME")
        assert series["series"]["fee_type"] == "quadratic"
        assert (await get(sim, web, KALSHI, "api", "/series"))["series"] == [series["series"]]


@pytest.mark.parametrize("path", ["/markets/KXNO", "/markets/KXNO/orderbook", "/events/KXNO"])
async def test_kalshi_unknown_is_404_in_its_words(path):
    async with serving() as (sim, web):
        body = await get(sim, web, KALSHI, "api", path, expect=404)
        assert body["error"]["code"] == "not_found"


# ---- Polymarket


def recomputed(book):
    """The hash of a book by the published recipe."""
    head = ["market", "asset_id", "timestamp", "hash", "bids", "asks"]
    names = [*head, "min_order_size", "tick_size", "neg_risk", "last_trade_price"]
    body = {name: book[name] for name in names} | {"hash": ""}
    text = json.dumps(body, separators=(",", ":"))
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


async def test_clob_books_recompute_to_their_hash_and_mirror_each_other():
    async with serving() as (sim, web):
        market = sim.world.listings[0].market
        tokens = [outcome.token for outcome in market.outcomes]
        yes, no = [await get(sim, web, POLYMARKET, "clob", "/book", token_id=t) for t in tokens]
        for book in (yes, no):
            assert book["hash"] == recomputed(book)
            assert float(book["bids"][-1]["price"]) < float(book["asks"][-1]["price"])
            prices = [float(row["price"]) for row in book["bids"]]
            assert prices == sorted(prices)
        assert [(f"{1 - float(r['price']):g}", r["size"]) for r in no["bids"]] == [
            (r["price"], r["size"]) for r in yes["asks"]
        ]
        url = sim.hosts()["polymarket"]["clob"] + "/books"
        asked_for = [{"token_id": tokens[0]}, {"token_id": "1"}]
        async with web.post(url, json=asked_for) as answer:
            assert await answer.json() == [yes]
        async with web.post(url, data="{") as answer:
            assert (answer.status, await answer.json()) == (400, {"error": "Invalid payload"})


async def test_clob_small_answers_agree_with_the_book():
    async with serving() as (sim, web):
        market = sim.world.listings[0].market
        token = market.outcomes[1].token
        book = await get(sim, web, POLYMARKET, "clob", "/book", token_id=token)
        bid, ask = float(book["bids"][-1]["price"]), float(book["asks"][-1]["price"])

        async def small(path, **query):
            return await get(sim, web, POLYMARKET, "clob", path, token_id=token, **query)

        assert float((await small("/midpoint"))["mid"]) == pytest.approx((bid + ask) / 2)
        assert float((await small("/spread"))["spread"]) == pytest.approx(ask - bid)
        assert float((await small("/price", side="BUY"))["price"]) == pytest.approx(bid)
        assert await small("/price", expect=400, side="") == {"error": "Invalid side"}
        assert (await small("/tick-size")) == {"minimum_tick_size": 0.01}
        assert (await small("/neg-risk")) == {"neg_risk": False}
        assert (await small("/last-trade-price"))["side"] in {"BUY", "SELL"}
        history = await get(sim, web, POLYMARKET, "clob", "/prices-history", market=token)
        assert history["history"][0].keys() == {"t", "p"}
        assert await small("/time") == NOW // SECOND
        assert await small("/ok") == "OK"
        row = await get(sim, web, POLYMARKET, "clob", f"/markets/{market.id}")
        assert [one["token_id"] for one in row["tokens"]] == [o.token for o in market.outcomes]


async def test_clob_refuses_in_the_venues_words():
    async with serving() as (sim, web):
        for token, status, words in (
            ("abc", 400, "Invalid token id"),
            ("123", 404, "No orderbook exists for the requested token id"),
        ):
            body = await get(sim, web, POLYMARKET, "clob", "/book", status, token_id=token)
            assert body == {"error": words}
        body = await get(sim, web, POLYMARKET, "clob", "/markets/0xno", 404)
        assert body == {"error": "market not found"}
        await get(sim, web, POLYMARKET, "gamma", "/markets/slug/nothing-here", 404)
        await get(sim, web, POLYMARKET, "gamma", "/events/slug/nothing-here", 404)


async def test_gamma_keeps_closed_markets_apart_and_says_who_won():
    async with serving() as (sim, web):
        market = sim.world.listings[1].market
        state = sim.world.states[market.id]
        query = {"condition_ids": market.id}
        assert len(await get(sim, web, POLYMARKET, "gamma", "/markets", **query)) == 1
        state.apply(BookReplaced(NOW, market.id, (), ()))
        state.apply(StatusChanged(NOW, market.id, MarketStatus.RESOLVED, 1))
        assert await get(sim, web, POLYMARKET, "gamma", "/markets", **query) == []
        rows = await get(sim, web, POLYMARKET, "gamma", "/markets", **query, closed="true")
        found = PolymarketCatalog().market_of(rows[0])
        assert (found.status, found.result) == (MarketStatus.RESOLVED, market.outcomes[1].name)
        token = market.outcomes[0].token
        await get(sim, web, POLYMARKET, "clob", "/book", 404, token_id=token)
        events = await get(sim, web, POLYMARKET, "gamma", "/events", slug=market.event)
        assert len(events[0]["markets"]) == 3
        busiest = await get(
            sim, web, POLYMARKET, "gamma", "/markets", order="volume24hr", ascending="false"
        )
        volumes = [row["volume24hr"] for row in busiest]
        assert volumes == sorted(volumes, reverse=True)


async def test_tape_remembers_who_was_the_taker():
    async with serving() as (sim, web):
        market = next(one.market for one in sim.world.listings if one.market.venue is KALSHI)
        later = NOW + SECOND
        sim.world.states[market.id].apply(
            Traded(later, market.id, 4_200, 7_770_000, Side.SELL, 9_999)
        )
        rows = await get(sim, web, KALSHI, "api", "/markets/trades", limit=1)
        (row,) = rows["trades"]
        assert rows["cursor"]
        assert (row["ticker"], row["count_fp"]) == (market.id, "7.77")
        assert (row["yes_price_dollars"], row["no_price_dollars"]) == ("0.4200", "0.5800")
        assert (row["taker_outcome_side"], row["taker_book_side"]) == ("no", "ask")
