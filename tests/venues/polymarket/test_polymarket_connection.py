"""What the feed asks for, when, and what it makes of answers and losses."""

import json

import msgspec
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
    frame,
    http_text,
    market,
    opened_feed,
    row,
)

from pmterm.messages.feed import BookLost, BookSnapshot, LevelSet
from pmterm.messages.health import FeedDown, Surprised
from pmterm.messages.transport import Closed, HttpRequest, HttpResponse, Opened, Reconnect, SendText
from pmterm.model.ids import MarketId, TokenId
from pmterm.model.market import Outcome
from pmterm.model.units import SECOND
from pmterm.venues.polymarket.feed import COMPARES_PER_TICK, PolymarketFeed


def words_of(message) -> dict:
    assert isinstance(message, SendText)
    return json.loads(message.text)


def other_market(number: int):
    tokens = (TokenId(str(10**30 + 2 * number)), TokenId(str(10**30 + 2 * number + 1)))
    outcomes = (Outcome("A", tokens[0]), Outcome("B", tokens[1]))
    return market(id=MarketId(f"0x{number:064x}"), outcomes=outcomes)


def test_the_first_words_name_the_tokens_of_every_watched_market():
    feed = PolymarketFeed()
    assert feed.watch(market(), START) == ()
    feed.watch(other_market(1), START)
    [said] = feed.opened(Opened(START, POLY, 1))
    words = words_of(said)
    assert words.pop("assets_ids")[:2] == [YES, NO]
    assert words == {"type": "market", "custom_feature_enabled": True}


def test_nothing_is_said_on_a_stream_without_markets_not_even_a_ping():
    feed = PolymarketFeed()
    assert feed.opened(Opened(START, POLY, 1)) == ()
    assert feed.tick(START + 60 * SECOND) == ()
    [said] = feed.watch(market(), START)
    assert words_of(said)["type"] == "market"


def test_a_later_market_is_subscribed_by_operation():
    [said] = opened_feed().watch(other_market(1), START)
    words = words_of(said)
    assert words["operation"] == "subscribe"
    assert len(words["assets_ids"]) == 2
    assert "type" not in words


def test_watching_twice_asks_once():
    assert opened_feed().watch(market(), START) == ()


def test_what_is_no_longer_watched_is_unsubscribed_and_unheard():
    feed = booked_feed()
    [said] = feed.unwatch(CONDITION, START)
    assert words_of(said) == {"operation": "unsubscribe", "assets_ids": [YES, NO]}
    assert not feed.receive(frame(change(row(YES, "BUY", "0.3", "1"))))
    assert not feed.receive(frame(book(NO)))
    assert feed.unwatch(CONDITION, START) == ()
    feed.watch(market(), START)
    assert feed.receive(frame(book(NO)))


def test_a_ping_is_sent_every_ten_seconds_once_subscribed():
    feed = booked_feed()
    pings = [
        second
        for second in range(1, 31)
        for wish in feed.tick(START + second * SECOND)
        if wish == SendText(START + second * SECOND, POLY, "PING")
    ]
    assert pings == [10, 20, 30]


def fetches(feed: PolymarketFeed, seconds: range) -> list[tuple[int, str]]:
    return [
        (second, wish.purpose)
        for second in seconds
        for wish in feed.tick(START + second * SECOND)
        if isinstance(wish, HttpRequest)
    ]


def test_a_first_book_that_does_not_come_is_fetched_ever_more_patiently():
    asked = fetches(opened_feed(), range(1, 60))
    assert asked == [(5, f"book:{YES}"), (15, f"book:{YES}"), (35, f"book:{YES}")]


def test_a_book_that_came_is_compared_every_45_seconds():
    asked = fetches(booked_feed(), range(1, 100))
    assert asked == [(45, f"compare:{YES}"), (90, f"compare:{YES}")]


def test_compares_of_many_markets_do_not_come_at_once():
    feed = PolymarketFeed()
    for number in range(30):
        feed.watch(other_market(number), START)
    feed.opened(Opened(START, POLY, 1))
    for number in range(30):
        feed.receive(frame(book(str(10**30 + 2 * number))))
    counts = [len(fetches(feed, range(second, second + 1))) for second in range(40, 60)]
    assert sum(counts) == 30
    assert max(counts) <= COMPARES_PER_TICK


def test_compares_of_markets_watched_at_once_are_spread_too():
    feed = opened_feed()
    for number in range(30):
        feed.watch(other_market(number), START)
        feed.receive(frame(book(str(10**30 + 2 * number))))
    feed.receive(frame(book(YES)))
    counts = [len(fetches(feed, range(second, second + 1))) for second in range(40, 60)]
    assert sum(counts) == 31
    assert max(counts) == COMPARES_PER_TICK


def test_the_request_goes_to_the_order_book_host():
    [wish] = booked_feed().resync(CONDITION, START, "crossed")
    assert wish == HttpRequest(
        START, POLY, "clob", "GET", f"/book?token_id={YES}", purpose=f"book:{YES}"
    )


def test_a_resync_under_way_is_not_asked_for_again():
    feed = booked_feed()
    feed.resync(CONDITION, START, "crossed")
    assert feed.resync(CONDITION, START + SECOND, "crossed") == ()
    assert len(feed.resync(CONDITION, START + 6 * SECOND, "crossed")) == 1
    assert feed.resync(MarketId("0xnone"), START, "crossed") == ()


def test_after_a_resync_newer_changes_are_put_on_top_and_older_ones_dropped():
    feed = booked_feed()
    feed.resync(CONDITION, START, "touch differs")
    during = feed.receive(frame(change(row(YES, "BUY", "0.31", "1"), ms=1_780_000_005_000)))
    assert len(during) == 1
    said = feed.answered(answer(book(YES, ms=1_780_000_004_000), at=LATER))
    assert [type(m) for m in said] == [BookSnapshot, LevelSet]
    assert said[0].is_reply
    assert (said[1].at, said[1].price) == (LATER, 3_100)
    stale = frame(change(row(YES, "BUY", "0.31", "9"), ms=1_780_000_003_999))
    assert feed.receive(stale) == []
    fresh = frame(change(row(YES, "BUY", "0.31", "9"), ms=1_780_000_004_000))
    assert len(feed.receive(fresh)) == 1


def test_a_compare_changes_nothing_of_what_is_taken():
    feed = booked_feed()
    [said] = feed.answered(answer(book(YES, ms=1_780_000_004_000)))
    assert said.is_reply
    assert len(feed.receive(frame(change(row(YES, "BUY", "0.31", "9"), ms=1_780_000_003_000)))) == 1


def test_a_fetched_book_of_the_second_token_is_mirrored():
    words = book(NO, [("0.6", "7")], [("0.7", "5")])
    [said] = booked_feed().answered(answer(words, NO))
    assert (said.bids, said.asks) == (((3_000, 5_000_000),), ((4_000, 7_000_000),))


def test_a_real_answer_agrees_with_its_hash():
    text = http_text("clob_book_2026-06")
    token = json.loads(text)["asset_id"]
    said = PolymarketFeed().answered(answer(text, token))
    assert said[0].hash_agrees is True
    broken = json.loads(text)
    broken["bids"][0]["size"] = "1"
    said = PolymarketFeed().answered(answer(broken, token))
    assert said[0].hash_agrees is False


def test_a_book_fetched_without_a_stream_is_shown_but_not_trusted():
    said = PolymarketFeed().answered(answer(book(YES)))
    assert [type(m) for m in said] == [BookSnapshot, BookLost]


def test_answers_that_are_no_books_are_not_ours():
    feed = booked_feed()
    assert feed.answered(HttpResponse(START, POLY, "GET", "/markets?x=1", 200, "[]")) == ()
    assert feed.answered(HttpResponse(START, POLY, "GET", "/book", 200, "{}")) == ()


def test_refusals_are_counted_with_their_status():
    feed = booked_feed()
    page = "<!DOCTYPE html><title>Attention Required! | Cloudflare</title>"
    assert [m.kind for m in feed.answered(answer(page, status=403))] == ["http 403"]
    assert [m.kind for m in feed.answered(answer("timed out", status=0))] == ["no answer"]
    assert [m.kind for m in feed.answered(answer(page))] == ["bad book answer"]
    assert [m.kind for m in feed.answered(answer(book(NO), YES))] == ["answer for another token"]


def test_a_lost_connection_loses_the_stream_and_every_book():
    said = booked_feed(merge=False).closed(Closed(START, POLY, 1, "\x1b[31mgone"))
    assert said == [
        FeedDown(START, POLY, "[31mgone"),
        BookLost(START, MarketId(YES), "[31mgone"),
        BookLost(START, MarketId(NO), "[31mgone"),
    ]


def test_a_new_connection_subscribes_again_and_waits_for_books():
    feed = booked_feed()
    feed.closed(Closed(START, POLY, 1))
    assert feed.tick(LATER) == ()
    [said] = feed.opened(Opened(LATER, POLY, 2))
    assert words_of(said)["assets_ids"] == [YES, NO]
    assert [type(m) for m in feed.tick(LATER + 5 * SECOND)] == [HttpRequest]


def compare(feed: PolymarketFeed, second: int, size: str):
    """What follows from a fetched book beyond the book itself."""
    words = book(YES, [("0.3", size)], ms=1_780_000_000_000 + second * 1_000)
    snapshot, *more = feed.answered(answer(words, at=START + second * SECOND))
    assert snapshot.is_reply
    return more


def test_a_stream_that_says_nothing_while_fetched_books_change_is_dropped():
    feed = booked_feed()
    assert compare(feed, 45, "5") == []
    feed.tick(START + 46 * SECOND)
    assert compare(feed, 90, "6") == []
    again = [m for m in feed.tick(START + 95 * SECOND) if isinstance(m, HttpRequest)]
    assert [wish.purpose for wish in again] == [f"compare:{YES}"]
    assert [type(m) for m in compare(feed, 95, "6")] == [Reconnect]
    assert compare(feed, 96, "6") == []


def test_a_quiet_stream_is_kept_while_fetched_books_stay_the_same():
    feed = booked_feed()
    assert [compare(feed, second, "5") for second in (45, 90, 135, 180)] == [[]] * 4


def test_a_stream_that_was_only_a_moment_behind_is_kept():
    feed = booked_feed()
    compare(feed, 45, "5")
    compare(feed, 90, "6")
    feed.receive(frame(change(row(YES, "BUY", "0.3", "6"), ms=1_780_000_089_000)))
    assert compare(feed, 95, "6") == compare(feed, 140, "6") == []


def test_both_tokens_fetched_books_are_said_once():
    feed = booked_feed()
    assert len(feed.answered(answer(book(YES)))) == 1
    assert feed.answered(answer(book(NO, [("0.6", "7")], [("0.7", "5")]), NO)) == ()
    assert len(feed.answered(answer(book(YES)))) == 1
    assert len(feed.answered(answer(book(NO, [("0.6", "8")], [("0.7", "5")]), NO))) == 1


def test_changes_held_for_a_book_outlive_a_second_request():
    feed = booked_feed()
    feed.resync(CONDITION, START, "touch differs")
    feed.receive(frame(change(row(YES, "BUY", "0.31", "1"), ms=1_780_000_005_000)))
    feed.resync(CONDITION, START + 6 * SECOND, "touch differs")
    said = feed.answered(answer(book(YES, ms=1_780_000_004_000), at=LATER))
    assert [type(m) for m in said] == [BookSnapshot, LevelSet]


def test_changes_of_an_old_connection_are_not_put_on_a_new_ones_book():
    feed = booked_feed()
    feed.resync(CONDITION, START, "touch differs")
    feed.receive(frame(change(row(YES, "BUY", "0.31", "1"), ms=1_780_000_005_000)))
    feed.closed(Closed(START, POLY, 1))
    feed.opened(Opened(START, POLY, 2))
    said = feed.answered(answer(book(YES, ms=1_780_000_004_000), at=LATER))
    assert [type(m) for m in said] == [BookSnapshot]


def test_new_metadata_of_a_watched_market_is_taken_over():
    feed = booked_feed()
    feed.watch(msgspec.structs.replace(market(), neg_risk=True), START)
    words = book(YES, ms=1, hash="00", tick_size="0.01", last_trade_price="")
    [said] = feed.answered(answer(words))
    assert said.hash_agrees is False
    assert not isinstance(said, Surprised)
