"""Finding markets and reading what describes them."""

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.venues.polymarket.build import CONDITION, NO, POLY, START, YES, http_text, recording

from pmterm.messages.transport import HttpResponse
from pmterm.model.errors import PmtermError, TransportLost, VenueRefused, WireSurprise
from pmterm.model.fees import FeeKind, FeeSchedule
from pmterm.model.market import MarketStatus, PriceBand
from pmterm.model.units import MS, SECOND
from pmterm.venues.polymarket.catalog import PolymarketCatalog


def found(text: str, status: int = 200):
    return PolymarketCatalog().markets(HttpResponse(START, POLY, "GET", "/x", status, text))


def described(**fields):
    data = {
        "conditionId": CONDITION,
        "outcomes": '["A","B"]',
        "clobTokenIds": json.dumps([YES, NO]),
    }
    return PolymarketCatalog().market_of(data | fields)


def test_an_esports_row_tells_delay_start_fee_and_clearing():
    [market] = found(http_text("gamma_market_esports_cs2_moneyline_2026-04"))
    assert [o.name for o in market.outcomes] == ["FaZe", "illwill"]
    assert market.taker_delay == 3 * SECOND
    assert market.clears_book_on_start
    assert market.starts_at == 1_775_401_800 * SECOND  # 2026-04-05 15:10:00 UTC
    assert market.closes_at == 1_775_423_400 * SECOND
    assert market.fees == FeeSchedule(FeeKind.POLYMARKET, 30_000, 0, 1)
    assert market.bands == (PriceBand(0, 10_000, 10),)
    assert (market.status, market.result) == (MarketStatus.RESOLVED, "FaZe")
    assert (market.event, market.category) == ("cs2-faze-ill-2026-04-05", "counter-strike")
    assert market.volume == 26_458_188_065


def test_a_neg_risk_event_gives_its_markets_with_the_events_name():
    markets = found(http_text("gamma_event_neg_risk_2026-03"))
    assert len(markets) == 2
    assert all(m.neg_risk and m.event == "democratic-presidential-nominee-2028" for m in markets)
    assert markets[0].volume_24h > markets[1].volume_24h
    assert (markets[0].best_bid, markets[0].best_ask) == (100, 110)
    assert markets[0].fees.kind is FeeKind.NONE
    assert markets[0].starts_at == 0


def test_a_resolved_row_is_not_active_whatever_its_quotes_say():
    [market] = found(http_text("gamma_market_resolved_2026-07"))
    assert (market.status, market.result) == (MarketStatus.RESOLVED, "Up")


def test_a_search_answer_gives_its_markets():
    [market] = found(http_text("gamma_public_search_2026-03"))
    assert market.title == "Will the price of Bitcoin be above $64,000 on March 11?"
    assert market.event_title == "Bitcoin above ___ on March 11?"
    assert (market.status, market.min_qty) == (MarketStatus.ACTIVE, 5_000_000)


def test_a_crypto_event_has_its_fee_and_start():
    [market] = found(http_text("gamma_event_crypto_updown_2026-06"))
    assert market.fees.taker_ppm == 70_000
    assert market.starts_at == 1_782_287_400 * SECOND


def test_the_order_books_own_rows_are_read():
    [closed] = found(http_text("clob_market_closed_still_accepting_2026"))
    assert (closed.status, closed.result) == (MarketStatus.RESOLVED, "Yes")
    [open_one] = found(http_text("clob_market_neg_risk_2024"))
    assert (open_one.status, open_one.neg_risk) == (MarketStatus.ACTIVE, True)
    assert open_one.bands == (PriceBand(0, 10_000, 10),)
    assert open_one.slug.startswith("will-donald-trump")


def test_an_ended_event_without_markets_gives_none():
    assert found(http_text("gamma_event_sports_ended_2026-10")) == []


def test_a_game_that_ended_is_not_tradeable():
    assert described(events=[{"ended": True}]).status is MarketStatus.CLOSED


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, MarketStatus.ACTIVE),
        ({"acceptingOrders": False}, MarketStatus.PAUSED),
        ({"enableOrderBook": False}, MarketStatus.PAUSED),
        ({"active": False}, MarketStatus.UNOPENED),
        ({"closed": True, "acceptingOrders": True}, MarketStatus.CLOSED),
        ({"closed": True, "umaResolutionStatus": "proposed"}, MarketStatus.CLOSED),
        ({"closed": True, "umaResolutionStatus": "resolved"}, MarketStatus.RESOLVED),
    ],
)
def test_only_a_market_that_takes_orders_is_active(fields, status):
    assert described(**fields).status is status


def test_tradeable_markets_come_first():
    event = {
        "slug": "e",
        "title": "E",
        "markets": [
            {
                "conditionId": f"0x{n}",
                "outcomes": '["A","B"]',
                "clobTokenIds": f'["{n}1","{n}2"]',
                "acceptingOrders": n != 1,
                "volume24hr": 10 - n,
            }
            for n in (1, 2, 3)
        ],
    }
    assert [m.id for m in found(json.dumps(event))] == ["0x2", "0x3", "0x1"]


def test_a_draw_is_told_as_such():
    closed = {"closed": True, "umaResolutionStatus": "resolved"}
    assert described(**closed, outcomePrices='["0.5","0.5"]').result == "50-50"
    assert described(**closed, outcomePrices='["0","1"]').result == "B"
    assert described(**closed, outcomePrices='["0","0"]').result == ""
    assert described(outcomePrices='["0","1"]').result == ""


def test_recordings_describe_markets_in_their_own_shape():
    [first, *_] = [e for e in recording("updown_connections_2026-04") if isinstance(e, dict)]
    market = PolymarketCatalog().market_of(first)
    assert [o.name for o in market.outcomes] == ["Up", "Down"]
    assert market.fees.taker_ppm == 72_000
    assert market.closes_at - market.starts_at == 900 * SECOND
    [bare, *_] = [e for e in recording("hockey_goal_2026-06") if isinstance(e, dict)]
    market = PolymarketCatalog().market_of(bare)
    assert (market.bands[0].step, market.min_qty) == (10, 5_000_000)
    assert market.title


@pytest.mark.parametrize(
    "name",
    [
        "gamma_event_neg_risk_2026-03",
        "gamma_public_search_2026-03",
        "gamma_market_esports_cs2_moneyline_2026-04",
        "clob_market_neg_risk_2024",
    ],
)
def test_what_is_kept_for_a_recording_describes_the_same_market(name):
    catalog = PolymarketCatalog()
    answer = HttpResponse(START, POLY, "GET", "/x", 200, http_text(name))
    for market in catalog.markets(answer):
        words = catalog.metadata(market.id)
        assert words is not None
        assert PolymarketCatalog().market_of(json.loads(json.dumps(words))) == market
    assert catalog.metadata(CONDITION) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"conditionId": None},
        {"conditionId": "0x\x1b"},
        {"outcomes": "not json"},
        {"outcomes": '["A"]'},
        {"outcomes": '["A","B","C"]'},
        {"clobTokenIds": None},
        {"clobTokenIds": '["1","1"]'},
        {"clobTokenIds": '["x","y"]'},
        {"clobTokenIds": [1, 2]},
        {"orderPriceMinTickSize": -0.01},
        {"orderPriceMinTickSize": 0.00001},
        {"orderPriceMinTickSize": 5},
        {"feesEnabled": True, "feeSchedule": {"rate": -1}},
        {"feesEnabled": True, "feeSchedule": {"rate": "NaN"}},
        {"feesEnabled": True, "feeSchedule": {"rate": 0.05, "exponent": 1.5}},
    ],
)
def test_a_row_that_is_no_market_is_a_surprise(fields):
    with pytest.raises(WireSurprise):
        described(**fields)


def test_titles_and_names_are_made_inert():
    wicked = "\x1b[2J\u202eWin [bold]$$$[/bold]" + "x" * 1_000
    market = described(question=wicked, outcomes=json.dumps([wicked, "\x00"]), description=wicked)
    for text in (market.title, market.outcomes[0].name, market.rules):
        assert text.startswith("[2JWin [bold]")
    assert len(market.title) == 200
    assert market.outcomes[1].name == "Outcome 2"


def test_fees_are_free_known_or_assumed_high():
    assert described(feesEnabled=False, feeSchedule={"rate": 0.05}).fees.kind is FeeKind.NONE
    assert described(feesEnabled=True).fees.taker_ppm == 50_000
    assert described(feesEnabled=True, feeType="crypto_fees_v2").fees.taker_ppm == 70_000
    quadratic = {"rate": 0.25, "exponent": 2, "takerOnly": True}
    assert described(feesEnabled=True, feeSchedule=quadratic).fees.exponent == 2


def test_where_nothing_is_told_of_fees_they_are_unknown_and_not_free():
    assert described().fees.kind is FeeKind.UNKNOWN
    assert described(takerBaseFee=0).fees.kind is FeeKind.NONE


def test_rows_that_fit_are_found_among_others():
    rows = [{"id": "1"}, {"conditionId": CONDITION}, None, 7]
    good = {"conditionId": "0xab", "outcomes": '["A","B"]', "clobTokenIds": '["1","2"]'}
    assert [m.id for m in found(json.dumps([*rows, good]))] == ["0xab"]
    assert [m.id for m in found(json.dumps({"markets": [*rows, good]}))] == ["0xab"]
    assert found(json.dumps({"events": None, "tags": []})) == []
    assert found("[]") == []


def test_an_unknown_market_is_no_error():
    assert found('{"error":"market not found"}', 404) == ()


def test_a_web_page_instead_of_data_is_explained():
    page = "<!DOCTYPE html><title>Attention Required! | Cloudflare</title>"
    with pytest.raises(VenueRefused) as refusal:
        found(page, 403)
    assert refusal.value.status == 403
    assert "refuses this address" in str(refusal.value)
    assert "region" in refusal.value.hint
    assert "<" not in str(refusal.value)


@pytest.mark.parametrize("status", [401, 403, 422, 425, 429, 500, 503])
def test_a_refusal_says_its_status(status):
    with pytest.raises(VenueRefused) as refusal:
        found('{"error":"\x1b[31mno"}', status)
    assert refusal.value.status == status
    assert "\x1b" not in str(refusal.value)


def test_no_answer_is_a_lost_network():
    with pytest.raises(TransportLost, match="name did not resolve"):
        found("name did not resolve", 0)


@pytest.mark.parametrize("text", ["", "<html>", "7", '"x"', "[" * 100_000, '{"slug":1}', "\ud800"])
def test_an_answer_that_makes_no_sense_is_a_surprise(text):
    with pytest.raises(WireSurprise):
        found(text)


def paths(name: str) -> list[str]:
    return [wish.host + wish.path for wish in PolymarketCatalog().lookup(name, START)]


def test_a_slug_may_be_a_market_or_an_event():
    slug = "val-t1-var-2026-04-03"
    expected = [f"gamma/markets/slug/{slug}", f"gamma/events/slug/{slug}"]
    assert paths(slug) == expected
    for address in (
        "https://polymarket.com/event/",
        "polymarket.com/market/",
        "http://www.polymarket.com/de/event/",
    ):
        assert paths(f"{address}{slug}?tid=1#x") == expected
    assert paths(f"https://polymarket.com/sports/val/games/week/1/{slug}") == expected


def test_an_address_with_event_and_market_asks_for_the_market_first():
    assert paths("https://polymarket.com/event/val-t1-var/val-t1-var-game1") == [
        "gamma/markets/slug/val-t1-var-game1",
        "gamma/events/slug/val-t1-var-game1",
        "gamma/events/slug/val-t1-var",
    ]


def test_ids_are_looked_up_among_open_and_closed_markets():
    assert paths(CONDITION) == [
        f"gamma/markets?condition_ids={CONDITION}",
        f"gamma/markets?condition_ids={CONDITION}&closed=true",
        f"clob/markets/{CONDITION}",
    ]
    assert paths(YES) == [
        f"gamma/markets?clob_token_ids={YES}",
        f"gamma/markets?clob_token_ids={YES}&closed=true",
    ]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "two words",
        "KXBTC15M-26MAY11",
        "https://kalshi.com/markets/kxbtc15m",
        "https://evilpolymarket.com/event/x",
        "https://polymarket.com@evil.example/event/x",
        "https://polymarket.com/",
        "ftp://polymarket.com/event/abc",
        "http://[",
        "../../etc",
    ],
)
def test_a_name_that_cannot_be_ours_asks_nothing(name):
    assert paths(name) == []


def test_words_are_searched_and_no_words_give_the_most_active():
    [wish] = PolymarketCatalog().search("T1 & VARREL\x1b", START)
    assert wish.host == "gamma"
    assert wish.path.startswith("/public-search?q=T1+%26+VARREL&")
    [wish] = PolymarketCatalog().search("  ", START)
    assert "order=volume24hr" in wish.path
    assert "closed=false" in wish.path


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
ROW = json.loads(http_text("gamma_market_esports_cs2_moneyline_2026-04"))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(ROW)), json_values)
def test_any_value_in_any_field_is_a_market_or_a_surprise(field, value):
    try:
        market = PolymarketCatalog().market_of(ROW | {field: value})
    except PmtermError:
        return
    assert market.id == ROW["conditionId"] or field == "conditionId"
    assert market.title.isprintable()
    assert market.taker_delay >= 0
    assert market.min_qty > 0


@settings(max_examples=200, deadline=None)
@given(json_values)
def test_any_json_answer_is_read_or_a_surprise(value):
    with contextlib.suppress(PmtermError):
        found(json.dumps(value))


@pytest.mark.parametrize(
    ("words", "delay"),
    [({}, 0), ({"itode": True}, 250 * MS), ({"itode": True, "secondsDelay": 3}, 3 * SECOND)],
)
def test_the_short_taker_delay_is_known_by_its_flag(words, delay):
    assert described(**words).taker_delay == delay


def test_the_clobs_short_words_tell_what_an_order_needs():
    market = described(nr=True, mts=0.001, mos=15)
    assert (market.neg_risk, market.step_at(5_000), market.min_qty) == (True, 10, 15_000_000)
