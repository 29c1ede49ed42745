"""The market stream: what it asks for and what it says of books, trades and lives."""

import pytest
from tests.venues.kalshi.talk import (
    BOOK_SID,
    A,
    B,
    Talk,
    commands,
    delta,
    kinds,
    market,
    snapshot,
    subscribed,
)

from pmterm.messages.feed import (
    NO_ASK,
    NO_BID,
    BookSnapshot,
    LevelMoved,
    MarketSeen,
    MarketStatusSeen,
    TickChanged,
    TouchSeen,
    TradeSeen,
)
from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import MarketStatus, PriceBand
from pmterm.model.order import Side
from pmterm.model.units import MS, SECOND
from pmterm.venues.kalshi.feed import KalshiFeed

# --- asking


def test_an_opened_stream_asks_for_every_watched_market_and_says_the_scale():
    asked = commands(Talk(market(A), market(B)).open())
    by_channel = {c["params"]["channels"][0]: c for c in asked}
    assert set(by_channel) == {"orderbook_delta", "ticker", "trade", "market_lifecycle_v2"}
    book = by_channel["orderbook_delta"]
    assert book["cmd"] == "subscribe"
    assert book["params"]["market_tickers"] == [A, B]
    assert book["params"]["use_yes_price"] is False
    assert "market_tickers" not in by_channel["market_lifecycle_v2"]["params"]
    assert len({c["id"] for c in asked}) == 4
    assert min(c["id"] for c in asked) == 1


def test_a_market_watched_later_is_asked_for_alone():
    talk = Talk(market(A))
    talk.open()
    asked = commands(talk.feed.watch(market(B), talk.at))
    assert [c["params"]["channels"] for c in asked] == [["orderbook_delta"], ["ticker"], ["trade"]]
    assert all(c["params"]["market_tickers"] == [B] for c in asked)


def test_nothing_is_asked_before_the_stream_is_open():
    assert KalshiFeed().watch(market(), 1) == ()


def test_an_unwatched_market_is_left_and_no_longer_heard_of(talk):
    left = commands(talk.feed.unwatch(A, talk.at))
    assert left[0]["params"] == {
        "sid": BOOK_SID,
        "action": "delete_markets",
        "market_tickers": [A],
    }
    assert talk.hear(delta(3)) == ()
    assert talk.hear(snapshot(4, [["0.45", "1"]])) == []
    assert kinds(talk.hear(delta(5, ticker=B))) == ["LevelMoved"]


def test_the_feed_is_up_once_the_venue_answers():
    talk = Talk(market())
    talk.open()
    assert kinds(talk.hear(subscribed("ticker", 1))) == ["FeedUp"]
    assert talk.hear(subscribed("orderbook_delta", 2)) == []


# --- books


def test_a_snapshot_is_read_on_the_yes_scale():
    talk = Talk(market())
    talk.open()
    talk.hear(subscribed("orderbook_delta", BOOK_SID))
    words = {**snapshot(1, [["0.4500", "10.50"]], [["0.5000", "4.00"]]), "sending_ts_ms": 77}
    assert talk.hear(words) == [
        BookSnapshot(talk.at, 77 * MS, A, ((4_500, 10_500_000),), ((5_000, 4_000_000),))
    ]


def test_a_change_on_the_no_side_moves_an_ask(talk):
    assert talk.hear(delta(3, "0.4700", "-3.25", "no")) == (
        LevelMoved(talk.at, 1_700 * MS, A, Side.SELL, 5_300, -3_250_000),
    )
    assert talk.hear(delta(4, "0.0010", "7", "yes")) == (
        LevelMoved(talk.at, 1_700 * MS, A, Side.BUY, 10, 7_000_000),
    )


def test_with_the_other_scale_asked_for_the_no_side_is_taken_as_it_stands(events):
    talk = Talk(use_yes_price=True)
    talk.open()
    talk.feed.watch(market(MarketId("KXWTACHALLENGERMATCH-26JUN11JIMLEP-LEP")), talk.at)
    said = [m for e in events("yes_scale_demo_2026-06-11.jsonl") for m in talk.feed.receive(e)]
    book = next(m for m in said if isinstance(m, BookSnapshot))
    assert (book.bids, book.asks) == (((4_700, 3_000_000),), ((5_200, 1_000_000),))
    moved = [(m.side, m.price, m.delta) for m in said if isinstance(m, LevelMoved)]
    assert moved == [(Side.SELL, 5_200, -1_000_000), (Side.SELL, 5_200, 2_000_000)]


def test_a_stream_we_did_not_ask_for_is_on_the_no_scale():
    talk = Talk(use_yes_price=True)
    said = talk.hear(snapshot(9, [["0.47", "3"]], [["0.52", "1"]]))
    assert kinds(said) == ["FeedUp", "BookSnapshot"]
    assert said[1].asks == ((4_800, 1_000_000),)


@pytest.mark.parametrize(("command", "ask"), [(1, 5_200), (99, 4_800)])
def test_only_a_grant_of_our_own_asking_is_on_the_scale_we_asked_for(command, ask):
    talk = Talk(market(), use_yes_price=True)
    talk.open()
    talk.hear(subscribed("orderbook_delta", BOOK_SID, command))
    (book,) = talk.hear(snapshot(1, [["0.47", "3"]], [["0.52", "1"]]))
    assert book.asks == ((ask, 1_000_000),)


def test_an_empty_snapshot_is_an_empty_book(talk):
    assert talk.hear(snapshot(3)) == [BookSnapshot(talk.at, 0, A, (), ())]


def test_a_one_sided_snapshot_has_one_side(talk):
    (book,) = talk.hear(snapshot(3, no=[["0.0100", "5.00"]]))
    assert (book.bids, book.asks) == ((), ((9_900, 5_000_000),))


def test_levels_of_size_zero_are_not_in_a_book(talk):
    (book,) = talk.hear(snapshot(3, [["0.10", "0.00"], ["0.20", "1.00"]]))
    assert book.bids == ((2_000, 1_000_000),)


def test_a_crossed_snapshot_is_not_believed(talk):
    said = talk.hear(snapshot(3, [["0.60", "1"]], [["0.50", "1"]]))
    assert kinds(said) == ["Surprised", "BookLost", "BookLost", "SendText"]
    assert said[0].kind == "crossed snapshot"


# --- tickers, trades, life


def ticker(bid: str, ask: str, last: str = "0.4600") -> dict:
    words = {"market_ticker": A, "yes_bid_dollars": bid, "yes_ask_dollars": ask, "ts_ms": 5}
    return {"type": "ticker", "sid": 1, "msg": {**words, "price_dollars": last, "volume_fp": "9.5"}}


@pytest.mark.parametrize(
    ("bid", "ask", "told"),
    [
        ("0.4500", "0.4700", (4_500, 4_700)),
        ("0.0000", "1.0000", (NO_BID, NO_ASK)),
        ("1.0000", "0.0000", (NO_BID, NO_ASK)),
        ("0.0010", "1.0000", (10, NO_ASK)),
    ],
)
def test_a_quote_of_zero_or_one_is_none(talk, bid, ask, told):
    assert talk.hear(ticker(bid, ask)) == (TouchSeen(talk.at, 5 * MS, A, *told, 4_600, 9_500_000),)


def test_a_taker_who_bought_no_sold_yes(talk):
    words = {
        "market_ticker": A,
        "yes_price_dollars": "0.3600",
        "count_fp": "136.50",
        "taker_side": "no",
        "trade_id": "t-1",
        "is_block_trade": True,
        "ts_ms": 8,
    }
    assert talk.hear({"type": "trade", "sid": 4, "seq": 12, "msg": words}) == [
        TradeSeen(talk.at, 8 * MS, A, 3_600, 136_500_000, Side.SELL, "t-1", is_block=True)
    ]


def life(seq: int, event: str, **words) -> dict:
    msg = {"event_type": event, "market_ticker": A, **words}
    return {"type": "market_lifecycle_v2", "sid": 6, "seq": seq, "msg": msg}


def test_pausing_and_deciding_are_told_with_the_outcomes_name(talk):
    said = [
        *talk.hear(life(1, "deactivated", is_deactivated=True)),
        *talk.hear(life(2, "activated")),
        *talk.hear(life(3, "determined", result="yes", settlement_value="1.0000")),
        *talk.hear(life(4, "settled", settled_ts=1)),
    ]
    assert [(m.status, m.result) for m in said] == [
        (MarketStatus.PAUSED, ""),
        (MarketStatus.ACTIVE, ""),
        (MarketStatus.RESOLVED, "Sentinels"),
        (MarketStatus.RESOLVED, "Sentinels"),
    ]


def test_a_real_determination_is_told(events):
    feed = KalshiFeed()
    feed.watch(market(MarketId("KXMLBSPREAD-26JUL191605WSHATH-ATH4")), 1)
    said = [m for e in events("lifecycle_2026-07-19.jsonl") for m in feed.receive(e)]
    told = [m for m in said if isinstance(m, MarketStatusSeen)]
    assert [(m.status, m.result) for m in told] == [(MarketStatus.RESOLVED, "No")]


def test_a_new_grid_is_told_and_a_fresh_book_asked_for(talk):
    ranges = [{"start": "0.0000", "end": "1.0000", "step": "0.0010"}]
    words = life(1, "price_level_structure_updated", price_ranges=ranges)
    changed, asked = talk.hear(words)
    assert changed == TickChanged(talk.at, A, (PriceBand(0, 10_000, 10),))
    assert commands([asked])[0]["params"]["action"] == "get_snapshot"


def test_a_moved_close_is_told_and_kept(talk):
    (seen,) = talk.hear(life(1, "close_date_updated", close_ts=1_005))
    assert isinstance(seen, MarketSeen)
    assert seen.market.closes_at == 1_005 * SECOND
    closes = [m for m in talk.tick(20) if isinstance(m, MarketStatusSeen)]
    assert [(m.market, m.status) for m in closes] == [(A, MarketStatus.CLOSED)]
    assert closes[0].at >= 1_005 * SECOND


@pytest.mark.parametrize(
    ("rule", "rates"),
    [
        ({"fee_type_override": "quadratic", "fee_multiplier_override": 0.5}, (35_000, 0)),
        ({"fee_type_override": "quadratic_with_maker_fees"}, (70_000, 17_500)),
        ({"fee_type_override": None, "fee_multiplier_override": None}, (0, 0)),
    ],
)
def test_a_new_fee_rule_of_the_event_is_told(rule, rates):
    talk = Talk(market(event="KXVALORANTGAME-26NOV21AAABBB"), market(B, event="KXOTHER-1"))
    words = {"event_ticker": "KXVALORANTGAME-26NOV21AAABBB", **rule}
    said = talk.hear({"type": "event_fee_update", "sid": 6, "seq": 1, "msg": words})
    seen = [m.market for m in said if isinstance(m, MarketSeen)]
    assert [(m.id, m.fees.taker_ppm, m.fees.maker_ppm) for m in seen] == [(A, *rates)]


# --- time


def test_a_book_that_does_not_come_is_asked_for_again_ever_less_often():
    talk = Talk(market())
    talk.open()
    for sid, channel in enumerate(("ticker", "trade", "orderbook_delta"), BOOK_SID - 2):
        talk.hear(subscribed(channel, sid))
    asked = commands(talk.tick(120))
    assert {c["params"]["action"] for c in asked} == {"get_snapshot"}
    assert 3 <= len(asked) <= 6
    talk.hear(snapshot(1, [["0.45", "1"]]))
    assert commands(talk.tick(120)) == []


def test_a_doubted_book_is_asked_for_once_in_a_while(talk):
    first = commands(talk.feed.resync(A, talk.at, "touch differs"))
    assert first[0]["params"] == {
        "sid": BOOK_SID,
        "action": "get_snapshot",
        "market_tickers": [A],
    }
    assert talk.feed.resync(A, talk.at + MS, "touch differs") == []
    assert commands(talk.feed.resync(A, talk.at + 3 * SECOND, "touch differs"))


def test_a_silent_stream_is_compared_by_rest(talk):
    said = talk.tick(40)
    (request,) = [m for m in said if isinstance(m, HttpRequest)]
    assert request.path in {f"/markets/{A}/orderbook", f"/markets/{B}/orderbook"}
    body = '{"orderbook_fp":{"yes_dollars":[["0.4100","10.00"]],"no_dollars":null}}'
    reply = HttpResponse(talk.at, Venue.KALSHI, "GET", request.path, 200, body, request.purpose)
    (book,) = talk.feed.answered(reply)
    assert book.is_reply
    assert (book.bids, book.asks) == (((4_100, 10_000_000),), ())


def test_a_rest_book_is_dropped_when_ours_has_just_moved_or_is_not_there(talk):
    body = '{"orderbook_fp":{"yes_dollars":[],"no_dollars":[]}}'
    talk.hear(delta(3))
    for ticker_ in (A, "KXOTHER-1-A"):
        path = f"/trade-api/v2/markets/{ticker_}/orderbook?depth=0"
        reply = HttpResponse(talk.at, Venue.KALSHI, "GET", path, 200, body)
        assert talk.feed.answered(reply) == ()
