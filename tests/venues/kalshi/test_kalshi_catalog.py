"""Markets out of real REST answers, what is asked to find them, and refusals in words."""

import json

import msgspec
import pytest

from pmterm.model.errors import TransportLost, VenueRefused, WireSurprise
from pmterm.model.ids import MarketId
from pmterm.model.market import MarketStatus, PriceBand
from pmterm.model.units import SECOND
from pmterm.venues.kalshi.catalog import KalshiCatalog

LOL = MarketId("KXLOLGAME-26AUG090300LNGIG-LNG")


@pytest.fixture
def catalog() -> KalshiCatalog:
    return KalshiCatalog()


def paths(requests):
    return [r.path for r in requests]


# --- asking


def test_a_market_ticker_asks_its_series_and_then_the_market(catalog):
    asked = catalog.lookup(LOL, 5)
    assert paths(asked) == [
        "/series/KXLOLGAME",
        f"/markets/{LOL}",
        f"/events/{LOL}?with_nested_markets=true",
    ]
    assert {(r.host, r.method, r.at) for r in asked} == {("api", "GET", 5)}


@pytest.mark.parametrize(
    "name",
    [
        "https://kalshi.com/markets/kxlolgame/league-of-legends-game/kxlolgame-26aug090300lngig",
        "kalshi.com/markets/kxlolgame/league-of-legends-game/kxlolgame-26aug090300lngig?x=1",
        "KXLOLGAME-26AUG090300LNGIG",
        "kxlolgame-26aug090300lngig",
        "kalshi:kxlolgame-26aug090300lngig",
    ],
)
def test_an_event_is_found_by_ticker_or_address(catalog, name):
    asked = paths(catalog.lookup(name, 1))
    assert asked[:2] == [
        "/series/KXLOLGAME",
        "/events/KXLOLGAME-26AUG090300LNGIG?with_nested_markets=true",
    ]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "will-trump-win-2028",
        "0x" + "a" * 64,
        "1" * 70,
        "https://polymarket.com/event/kxlolgame-26",
        "https://kalshi.com.evil.example/markets/kxlolgame",
        "KXA/../../portfolio",
        "KXA?x=1",
        "ftp://kalshi.com/kxa-1",
        "http://[::1/kxa",
        "kx a",
    ],
)
def test_what_cannot_be_a_ticker_asks_nothing(catalog, name):
    assert list(catalog.lookup(name, 1)) == []


def test_searching_reads_open_events_and_the_series_of_known_games(catalog):
    asked = paths(catalog.search("Valorant", 1))
    assert "series_ticker=KXVALORANTGAME" in asked[0]
    assert asked[-1] == "/events?status=open&with_nested_markets=true&limit=200"


def test_pages_follow_until_the_cursor_ends_or_repeats(catalog, answer):
    (first,) = catalog.search("houston", 1)
    page = {"events": [], "cursor": "c/1="}
    (second,) = catalog.further(answer(page, path=first.path, purpose=first.purpose))
    assert second.path.endswith("&cursor=c%2F1%3D")
    assert list(catalog.further(answer(page, purpose=second.purpose))) == []
    last = {"events": [], "cursor": ""}
    assert list(catalog.further(answer(last, purpose=second.purpose))) == []
    assert list(catalog.further(answer({"cursor": "x"}, purpose="catalog"))) == []


# --- reading


def test_a_real_market_is_read_whole(catalog, stored, answer):
    (market,) = catalog.markets(answer(stored("market_lol_2026-08-09.json")))
    assert market.id == LOL
    assert market.title.startswith("Will LNG Esports win")
    assert [o.name for o in market.outcomes] == ["LNG Esports", "No"]
    assert market.event == "KXLOLGAME-26AUG090300LNGIG"
    assert market.status is MarketStatus.ACTIVE
    assert market.bands == (PriceBand(0, 10_000, 100),)
    assert (market.best_bid, market.best_ask) == (1_300, 1_400)
    assert market.closes_at == 1_786_431_600 * SECOND
    assert market.volume_24h == 8_033_490_000
    assert market.min_qty == market.qty_step == 10_000
    assert market.rules.startswith("If LNG Esports wins")


def test_events_give_their_markets_title_and_order(catalog, stored, answer):
    found = catalog.markets(answer(stored("events_2026-08-06.json")))
    assert [m.id for m in found] == sorted(
        (m.id for m in found), key=lambda i: -next(m.volume_24h for m in found if m.id == i)
    )
    houston = next(m for m in found if m.id.endswith("HOUSD-HOU"))
    assert (houston.event_title, houston.category) == ("Houston vs San Diego", "Sports")


def test_a_search_keeps_what_holds_every_word(catalog, stored, answer):
    events = stored("events_2026-08-06.json")
    found = catalog.markets(answer(events, purpose="search 1 SAN diego houston"))
    assert {m.event for m in found} == {"KXMLBGAME-26AUG092020HOUSD"}
    assert catalog.markets(answer(events, purpose="search 1 valorant")) == []
    assert len(catalog.markets(answer(events, purpose="search 1 "))) == 4


def test_sub_cent_grids_and_missing_quotes_are_read(catalog, stored, answer):
    (combo,) = catalog.markets(answer(stored("market_combo_2026-08-09.json")))
    assert combo.bands == (PriceBand(0, 10_000, 10),)
    assert (combo.best_bid, combo.best_ask) == (0, 7_780)


def test_settled_markets_name_the_winner(catalog, stored, answer):
    found = catalog.markets(answer(stored("markets_settled_2026-08-08.json")))
    assert {(m.id[-3:], m.status, m.result) for m in found} == {
        ("MIA", MarketStatus.RESOLVED, "Miami"),
        ("LAA", MarketStatus.RESOLVED, "No"),
    }
    assert all((m.best_bid, m.best_ask) == (0, 10_000) for m in found)


def test_a_series_read_before_brings_its_fee_rule(catalog, stored, answer):
    for one in stored("series_2026-08-20.json").values():
        assert catalog.markets(answer(one)) == []
    found = catalog.markets(answer(stored("events_2026-08-06.json")))
    rates = {m.event.partition("-")[0]: (m.fees.taker_ppm, m.fees.maker_ppm) for m in found}
    assert rates == {"KXMLBGAME": (35_000, 8_750), "KXNFLGAME": (70_000, 0)}


def test_the_events_own_fee_rule_goes_before_its_series(catalog, stored, answer):
    catalog.markets(answer(stored("series_2026-08-20.json")["KXMLBGAME"]))
    events = stored("events_2026-08-06.json")
    events["events"][0] |= {"fee_type_override": "quadratic", "fee_multiplier_override": 0.25}
    found = catalog.markets(answer(events))
    houston = next(m for m in found if m.id.endswith("HOUSD-HOU"))
    assert (houston.fees.taker_ppm, houston.fees.maker_ppm) == (17_500, 0)


@pytest.mark.parametrize(
    "name",
    ["events_2026-08-06.json", "market_combo_2026-08-09.json", "markets_settled_2026-08-08.json"],
)
def test_metadata_through_a_recording_gives_the_same_market(catalog, stored, answer, name):
    catalog.markets(answer(stored("series_2026-08-20.json")["KXMLBGAME"]))
    for market in catalog.markets(answer(stored(name))):
        kept = msgspec.json.decode(msgspec.json.encode(catalog.metadata(market.id)))
        assert KalshiCatalog().market_of(kept) == market


def test_thin_metadata_of_an_old_recording_is_enough(recorded):
    line = recorded("btc15m_reconnect_2026-05-14.jsonl")[0]
    market = KalshiCatalog().market_of(line["data"])
    assert market.id == line["market"]
    assert market.title == "BTC price up in next 15 mins?"
    assert market.bands == (
        PriceBand(0, 1_000, 10),
        PriceBand(1_000, 9_000, 100),
        PriceBand(9_000, 10_000, 10),
    )
    assert [o.name for o in market.outcomes] == ["Yes", "No"]
    assert market.closes_at == 1_778_733_900 * SECOND


def test_text_from_outside_is_made_inert(catalog):
    title = "\x1b[31m[bold]win\u202e?\n"
    market = catalog.market_of({"ticker": "KXA-1", "title": title, "yes_sub_title": "\x07A"})
    assert market.title == "[31m[bold]win?"
    assert market.outcomes[0].name == "A"


BAD = [
    {},
    {"ticker": 7},
    {"ticker": "\x1b]0;x"},
    {"ticker": "KXA-1", "yes_bid_dollars": "NaN"},
    {"ticker": "KXA-1", "yes_ask_dollars": "1.2"},
    {"ticker": "KXA-1", "yes_ask_dollars": True},
    {"ticker": "KXA-1", "volume_fp": "-1"},
    {"ticker": "KXA-1", "volume_fp": 1e300},
    {"ticker": "KXA-1", "close_time": "tomorrow"},
    {"ticker": "KXA-1", "price_ranges": [{"start": "0", "end": "1", "step": "0"}]},
    {"ticker": "KXA-1", "price_ranges": ["0.01"]},
    {"ticker": "KXA-1", "series": {"fee_type": "quadratic", "fee_multiplier": -1}},
    {"ticker": "KXA-1", "series": {"fee_type": "quadratic", "fee_multiplier": "many"}},
    {"ticker": "KXA-1", "exchange_index": "three"},
]


@pytest.mark.parametrize(("told", "shard"), [(3, 3), (0, 0), (None, 0), (-1, 0)])
def test_a_market_tells_its_shard(catalog, told, shard):
    assert catalog.market_of({"ticker": "KXA-1", "exchange_index": told}).shard == shard


@pytest.mark.parametrize("data", BAD)
def test_a_market_that_does_not_fit_is_a_surprise(catalog, answer, data):
    with pytest.raises(WireSurprise):
        catalog.market_of(data)
    good = {"ticker": "KXB-1", "title": "b"}
    assert [m.id for m in catalog.markets(answer({"markets": [data, good]}))] == ["KXB-1"]


def test_a_number_where_a_text_is_promised_passes(catalog):
    market = catalog.market_of({"ticker": "KXA-1", "yes_bid_dollars": 0.29, "volume_fp": 12})
    assert (market.best_bid, market.volume) == (2_900, 12_000_000)


@pytest.mark.parametrize("body", [{"markets": None}, {"events": [{"markets": None}]}, {}])
def test_a_list_that_is_null_or_absent_is_empty(catalog, answer, body):
    assert catalog.markets(answer(body)) == []


# --- refusals


def test_refusals_in_every_shape_are_put_in_words(catalog, stored, answer):
    for case in stored("errors_demo_2026-06-11.json"):
        reply = answer(case["body"], status=case["status"])
        if case["status"] == 404:
            assert list(catalog.markets(reply)) == []
            continue
        with pytest.raises(VenueRefused) as raised:
            catalog.markets(reply)
        assert raised.value.status == case["status"]
        told = json.dumps(case["body"])
        words = raised.value.detail.partition(": ")[2].partition(":")[0]
        assert len(words) > 4
        assert words in told


def test_a_web_page_instead_of_data_is_explained(catalog, answer):
    with pytest.raises(VenueRefused) as raised:
        catalog.markets(answer("<!DOCTYPE html><html>Forbidden</html>", status=403))
    assert raised.value.detail == "Kalshi answered 403: a web page instead of data"
    assert "VPN" in raised.value.hint


def test_no_answer_is_the_networks_fault(catalog, answer):
    with pytest.raises(TransportLost):
        catalog.markets(answer("no route", status=0))


@pytest.mark.parametrize("text", ["<html>", "[]", "7", "[" * 100_000, '{"a":"\ud800"}'])
def test_an_answer_that_is_no_object_is_a_surprise(catalog, answer, text):
    with pytest.raises(WireSurprise):
        catalog.markets(answer(text))
