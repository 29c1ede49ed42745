"""Each event of the market stream in our words."""

import json

import pytest
from tests.venues.polymarket.build import (
    CONDITION,
    LATER,
    NO,
    POLY,
    START,
    YES,
    answer,
    book,
    booked_feed,
    change,
    event_text,
    frame,
    market,
    opened_feed,
    row,
)

from pmterm.messages.feed import (
    NO_ASK,
    NO_BID,
    NOT_TOLD,
    BookLost,
    BookSnapshot,
    LevelSet,
    MarketStatusSeen,
    TickChanged,
    TouchSeen,
    TradeSeen,
)
from pmterm.messages.health import FeedUp, Surprised
from pmterm.messages.transport import HttpRequest, Opened
from pmterm.model.ids import MarketId
from pmterm.model.market import MarketStatus, PriceBand
from pmterm.model.order import Side
from pmterm.model.units import MS
from pmterm.venues.polymarket.feed import PolymarketFeed

STAMP = 1_780_000_001_000 * MS
PAIR = (
    row(YES, "BUY", "0.32", "12.5", best_bid="0.32", best_ask="0.4"),
    row(NO, "SELL", "0.68", "12.5", best_bid="0.6", best_ask="0.68"),
)
ONE_CHANGE = LevelSet(START, STAMP, CONDITION, Side.BUY, 3_200, 12_500_000, 3_200, 4_000)


def level(side: Side, price: int, qty: int, bid: int, ask: int) -> LevelSet:
    return LevelSet(START, STAMP, CONDITION, side, price, qty, bid, ask)


def test_a_change_told_for_both_tokens_is_said_once_in_either_order():
    assert booked_feed().receive(frame(change(*PAIR))) == (ONE_CHANGE,)
    assert booked_feed().receive(frame(change(*reversed(PAIR)))) == (ONE_CHANGE,)


def test_a_lone_row_of_the_second_token_is_mirrored():
    said = booked_feed().receive(frame(change(PAIR[1])))
    assert said == [ONE_CHANGE]


def test_a_lone_row_of_the_first_token_is_said_as_it_is():
    assert booked_feed().receive(frame(change(PAIR[0]))) == [ONE_CHANGE]


def test_a_removed_level_has_size_zero():
    said = booked_feed().receive(frame(change(row(YES, "SELL", "0.4", "0", best_ask="1"))))
    assert said == [level(Side.SELL, 4_000, 0, NOT_TOLD, NO_ASK)]


def test_rows_that_only_look_like_mirrors_are_all_said():
    same_side = (row(YES, "BUY", "0.32", "1"), row(NO, "BUY", "0.68", "1"))
    other_size = (row(YES, "BUY", "0.32", "1"), row(NO, "SELL", "0.68", "2"))
    other_price = (row(YES, "BUY", "0.32", "1"), row(NO, "SELL", "0.67", "1"))
    same_token = (row(YES, "BUY", "0.32", "1"), row(YES, "SELL", "0.68", "1"))
    for rows in (same_side, other_size, other_price, same_token):
        assert len(booked_feed().receive(frame(change(*rows)))) == 2


def test_several_changes_in_a_frame_are_said_once_each_and_the_touch_with_the_last():
    yes = {"best_bid": "0.33", "best_ask": "0.4"}
    no = {"best_bid": "0.6", "best_ask": "0.67"}
    rows = (
        row(YES, "BUY", "0.32", "1", **yes),
        row(YES, "BUY", "0.33", "2", **yes),
        row(NO, "SELL", "0.68", "1", **no),
        row(NO, "SELL", "0.67", "2", **no),
    )
    assert booked_feed().receive(frame(change(*rows))) == [
        level(Side.BUY, 3_200, 1_000_000, NOT_TOLD, NOT_TOLD),
        level(Side.BUY, 3_300, 2_000_000, 3_300, 4_000),
    ]


def test_a_level_that_changes_twice_in_a_frame_ends_as_the_last_row_says():
    rows = [row(YES, "BUY", "0.32", size) for size in ("1", "2", "1")]
    mirrors = [row(NO, "SELL", "0.68", size) for size in ("1", "2", "1")]
    said = booked_feed().receive(frame(change(*rows, *mirrors)))
    assert [m.qty for m in said] == [1_000_000, 2_000_000, 1_000_000]


@pytest.mark.parametrize(
    ("bid", "ask", "expected"),
    [
        ("", "", (NO_BID, NO_ASK)),
        ("0", "1", (NO_BID, NO_ASK)),
        ("0", "0", (NO_BID, NO_ASK)),
        ("0.001", "0.999", (10, 9_990)),
        (None, None, (NOT_TOLD, NOT_TOLD)),
    ],
)
def test_an_empty_side_and_an_untold_touch_are_told_apart_on_both_scales(bid, ask, expected):
    touch = {"best_bid": bid, "best_ask": ask}
    first = booked_feed().receive(frame(change(row(YES, "BUY", "0.2", "1", **touch))))[0]
    assert (first.best_bid, first.best_ask) == expected
    touch = {"best_bid": ask and str(_one_less(ask)), "best_ask": bid and str(_one_less(bid))}
    second = booked_feed().receive(frame(change(row(NO, "SELL", "0.8", "1", **touch))))[0]
    assert (second.best_bid, second.best_ask) == expected


def _one_less(price: str) -> str:
    return {"0": "1", "1": "0", "0.001": "0.999", "0.999": "0.001"}[price]


def test_each_token_is_its_own_market_when_outcomes_are_not_merged():
    said = booked_feed(merge=False).receive(frame(change(*PAIR)))
    assert said == [
        LevelSet(START, STAMP, MarketId(YES), Side.BUY, 3_200, 12_500_000, 3_200, 4_000),
        LevelSet(START, STAMP, MarketId(NO), Side.SELL, 6_800, 12_500_000, 6_000, 6_800),
    ]


def test_a_token_without_metadata_is_a_market_of_its_own():
    feed = PolymarketFeed()
    said = feed.receive(frame([book("123"), book("456")]))
    assert [type(m) for m in said] == [FeedUp, BookSnapshot, BookSnapshot]
    assert [m.market for m in said[1:]] == ["123", "456"]
    said = feed.receive(
        frame(change(row("123", "BUY", "0.2", "1"), row("456", "SELL", "0.8", "1")))
    )
    assert [m.market for m in said] == ["123", "456"]


def test_the_first_books_are_said_once_per_market():
    said = opened_feed().receive(frame([book(NO, [("0.6", "7")], [("0.7", "5")]), book(YES)]))
    assert said == [
        BookSnapshot(
            START, 1_780_000_000_500 * MS, CONDITION, ((3_000, 5_000_000),), ((4_000, 7_000_000),)
        )
    ]


def test_only_the_second_tokens_book_is_mirrored():
    said = opened_feed().receive(frame(book(NO, [("0.6", "7")], [("0.7", "5"), ("0.8", "0")])))
    assert [(m.bids, m.asks) for m in said] == [(((3_000, 5_000_000),), ((4_000, 7_000_000),))]


def test_books_of_both_tokens_in_frames_of_their_own_are_said_once():
    feed = booked_feed()
    later = {"ms": 1_780_000_002_000}
    first = feed.receive(frame(book(YES, [("0.31", "1")], [], **later)))
    second = feed.receive(frame(book(NO, [], [("0.69", "1")], **later)))
    assert (len(first), second) == (1, ())
    again = feed.receive(frame(book(NO, [], [("0.69", "2")], **later)))
    assert [m.bids for m in again] == [((3_100, 2_000_000),)]


def test_a_real_first_array_agrees_with_its_hashes():
    feed = PolymarketFeed(merge_outcomes=False)
    said = feed.receive(frame(event_text("initial_books_2026-04")))[1:]
    assert [m.hash_agrees for m in said] == [True, True]
    lower, upper = said
    assert {(10_000 - p, q) for p, q in lower.bids} == set(upper.asks)
    assert {(10_000 - p, q) for p, q in lower.asks} == set(upper.bids)


def test_a_hash_that_differs_is_told_only_where_all_it_covers_is_known():
    words = json.loads(event_text("initial_books_2026-04"))[0]
    words["hash"] = "0" * 40
    unknown = PolymarketFeed().receive(frame(words))[-1]
    assert unknown.hash_agrees is None
    words["asset_id"] = YES
    known = opened_feed().receive(frame(words))[-1]
    assert known.hash_agrees is False


def test_a_later_book_is_not_checked_against_its_hash():
    feed = booked_feed()
    said = feed.receive(frame(book(YES, hash="ab", tick_size="0.01", last_trade_price="", ms=1)))
    assert [m.hash_agrees for m in said] == [None]


def test_a_real_book_after_a_trade_is_read():
    said = PolymarketFeed().receive(frame(event_text("book_after_trade_2026-08_trimmed")))
    assert said[1].bids == ((100, 93_541_600_000), (5_000, 100_000_000))


@pytest.mark.parametrize("name", ["price_change_2026-08"])
def test_a_real_price_change_of_unknown_tokens_is_said_for_each(name):
    said = PolymarketFeed().receive(frame(event_text(name)))[1:]
    assert [(m.side, m.price, m.qty) for m in said] == [
        (Side.BUY, 2_000, 60_000_000),
        (Side.SELL, 8_000, 60_000_000),
    ]


def trade(token: str, side: str, price: str, size: str = "20", tx: str = "0xaa") -> dict[str, str]:
    return {
        "event_type": "last_trade_price",
        "market": CONDITION,
        "asset_id": token,
        "price": price,
        "size": size,
        "side": side,
        "fee_rate_bps": "0",
        "timestamp": "1780000001000",
        "transaction_hash": tx,
    }


def test_a_trade_of_the_second_token_is_mirrored_and_its_taker_turned():
    said = booked_feed().receive(frame(trade(NO, "BUY", "0.62")))
    assert said == (TradeSeen(START, STAMP, CONDITION, 3_800, 20_000_000, Side.SELL, "0xaa"),)


def test_a_trade_told_for_both_tokens_counts_once():
    feed = booked_feed()
    assert len(feed.receive(frame(trade(YES, "SELL", "0.38")))) == 1
    assert feed.receive(frame(trade(NO, "BUY", "0.62"))) == ()


def test_equal_trades_of_one_token_all_count():
    feed = booked_feed()
    told = [*[trade(YES, "SELL", "0.38")] * 2, *[trade(NO, "BUY", "0.62")] * 3]
    said = [m for words in told for m in feed.receive(frame(words))]
    assert len(said) == 3


def test_a_real_trade_is_read():
    said = PolymarketFeed().receive(frame(event_text("last_trade_price_2026-08")))[1]
    assert (said.price, said.qty, said.taker) == (5_100, 20_000_000, Side.BUY)
    assert said.trade_id.startswith("0x7fe68634")


def test_a_trade_without_a_hash_is_read():
    words = trade(YES, "BUY", "0.4")
    del words["transaction_hash"]
    assert len(booked_feed().receive(frame(words))) == 1


def touch(token: str, bid: str, ask: str) -> dict[str, str]:
    return {
        "event_type": "best_bid_ask",
        "market": CONDITION,
        "asset_id": token,
        "best_bid": bid,
        "best_ask": ask,
        "timestamp": "1780000001000",
    }


def test_the_venues_touch_is_said_once_for_both_tokens():
    feed = booked_feed()
    said = [
        *feed.receive(frame(touch(YES, "0.3", ""))),
        *feed.receive(frame(touch(NO, "", "0.7"))),
    ]
    assert said == [TouchSeen(START, STAMP, CONDITION, 3_000, NO_ASK)]


def test_a_real_touch_is_read():
    said = PolymarketFeed().receive(frame(event_text("best_bid_ask_2025-12")))[1]
    assert (said.best_bid, said.best_ask) == (7_300, 7_700)


def tick_size(token: str, new: str) -> dict[str, str]:
    return {
        "event_type": "tick_size_change",
        "market": CONDITION,
        "asset_id": token,
        "old_tick_size": "0.01",
        "new_tick_size": new,
        "timestamp": "1780000001000",
    }


def test_a_new_tick_is_said_once_and_changes_wait_for_a_book():
    feed = booked_feed()
    said = feed.receive(frame(tick_size(YES, "0.001")))
    assert said[0] == TickChanged(START, CONDITION, (PriceBand(0, 10_000, 10),))
    assert isinstance(said[1], HttpRequest)
    assert said[1].path == f"/book?token_id={YES}"
    assert feed.receive(frame(tick_size(NO, "0.001"))) == ()
    assert feed.receive(frame(change(*PAIR))) == ()
    feed.receive(frame(book(YES)))
    assert feed.receive(frame(change(*PAIR))) == (ONE_CHANGE,)


def test_changes_held_since_a_new_tick_follow_the_fetched_book():
    feed = booked_feed()
    feed.receive(frame(tick_size(YES, "0.001")))
    old = change(row(YES, "BUY", "0.31", "9"), ms=1_780_000_001_500)
    new = change(row(YES, "BUY", "0.32", "8"), ms=1_780_000_003_000)
    assert feed.receive(frame(old)) == feed.receive(frame(new)) == []
    said = feed.answered(answer(book(YES, ms=1_780_000_002_000), at=LATER))
    assert [type(m) for m in said] == [BookSnapshot, LevelSet]
    assert (said[1].at, said[1].price, said[1].qty) == (LATER, 3_200, 8_000_000)


def test_a_real_tick_change_is_read():
    said = PolymarketFeed().receive(frame(event_text("tick_size_change_2025-02")))
    assert said[1].bands == (PriceBand(0, 10_000, 10),)


def test_a_result_is_said_for_a_market_we_follow_and_for_no_other():
    words = json.loads(event_text("resolved_docs"))
    assert opened_feed().receive(frame(words)) == []
    words |= {"assets_ids": [YES, NO], "winning_asset_id": NO, "winning_outcome": ""}
    assert opened_feed().receive(frame(words)) == [
        MarketStatusSeen(START, CONDITION, MarketStatus.RESOLVED, "VARREL")
    ]


def test_a_new_market_is_known_and_of_no_interest():
    assert opened_feed().receive(frame(event_text("new_market_2025-12"))) == ()


@pytest.mark.parametrize("text", ["PONG", "PONG\n", "", "\n", "[]", "[]\n"])
def test_what_says_nothing_leads_to_nothing(text):
    assert not booked_feed().receive(frame(text))


def test_a_refused_operation_is_counted():
    assert [m.kind for m in booked_feed().receive(frame("INVALID OPERATION"))] == [
        "operation refused"
    ]


def test_an_unknown_type_is_counted_and_harms_nothing():
    feed = booked_feed()
    said = feed.receive(frame({"event_type": "weather", "asset_id": YES}))
    assert [(type(m), m.kind) for m in said] == [(Surprised, "unknown type")]
    assert feed.receive(frame(change(*PAIR))) == (ONE_CHANGE,)


def test_an_array_is_read_as_far_as_it_fits():
    said = booked_feed().receive(
        frame([{"event_type": "weather"}, change(*PAIR), {"event_type": "book", "asset_id": NO}])
    )
    kinds = [m.kind if isinstance(m, Surprised) else type(m) for m in said]
    assert kinds == [LevelSet, "unknown type", "bad book", BookLost, HttpRequest]


def test_the_flat_price_change_of_old_is_counted_and_ignored():
    words = {
        "event_type": "price_change",
        "asset_id": YES,
        "price": "0.3",
        "size": "1",
        "side": "BUY",
        "timestamp": "1780000001000",
    }
    assert [m.kind for m in booked_feed().receive(frame(words))] == ["old price_change"]


def test_an_array_of_price_changes_is_read():
    assert booked_feed().receive(frame([change(*PAIR), change(PAIR[0])])) == [ONE_CHANGE] * 2


def test_the_stream_is_up_with_its_first_words_even_if_they_are_empty():
    feed = PolymarketFeed()
    feed.watch(market(), START)
    feed.opened(Opened(START, POLY, 1))
    assert feed.receive(frame("PONG")) == ()
    assert feed.receive(frame([])) == (FeedUp(START, POLY),)
    assert feed.receive(frame([])) == []
