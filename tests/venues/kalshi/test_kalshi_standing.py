"""What Kalshi is asked about a market that it may have closed, and what its answer means."""

import pytest
from tests.venues.kalshi.talk import A, B, Talk, market, snapshot, subscribed

from pmterm.messages.feed import CLOSED_EARLY, DETERMINED, SETTLED, MarketStatusSeen
from pmterm.messages.health import Surprised
from pmterm.messages.transport import HttpRequest
from pmterm.model.market import MarketStatus as S
from pmterm.model.units import SECOND
from pmterm.venues.kalshi.metadata import market_from

ASK = f"/markets?tickers={A},{B}"


@pytest.fixture
def talk():
    """Two markets with books that close in a day, on a stream that is up."""
    talk = Talk(*(market(name, closes_at=90_000 * SECOND) for name in (A, B)))
    talk.open()
    talk.hear(subscribed("orderbook_delta", 3))
    for seq, name in enumerate((A, B), 1):
        talk.hear(snapshot(seq, [["0.45", "2.00"]], ticker=name))
    talk.hear(subscribed("market_lifecycle_v2", 6, 4))
    return talk


def row(ticker, status, **fields):
    return {"ticker": ticker, "title": "?", "event_ticker": "E", "status": status} | fields


@pytest.fixture
def asked(talk, answer):
    """Return what the feed makes of an answer about how markets stand."""

    def tell(*rows):
        said = talk.feed.answered(answer({"markets": list(rows)}, path=ASK, purpose="standing"))
        return [(m.market, m.status, m.word, m.payout) for m in said]

    return tell


def questions(talk, seconds):
    """Return what is asked so many seconds long: when, and about which markets."""
    asks = ((n, m) for n in range(1, seconds + 1) for m in talk.tick())
    return [(n, m.path.split("=")[1]) for n, m in asks
            if isinstance(m, HttpRequest) and m.path.startswith("/markets?")]  # fmt: skip


def test_all_markets_are_asked_about_once_a_minute(talk):
    assert questions(talk, 130) == [(61, f"{A},{B}"), (121, f"{A},{B}")]


def test_more_than_one_question_can_name_are_asked_about_one_question_after_another():
    names = [f"M{n:03d}" for n in range(120)]
    talk = Talk(*(market(name, closes_at=90_000 * SECOND) for name in names))
    talk.open()
    asked = [(second, told.split(",")) for second, told in questions(talk, 130)]
    for first in (61, 121):
        at, told = zip(*[(n, some) for n, some in asked if first <= n < first + 60], strict=True)
        assert at == (first, first + 1, first + 2)
        assert [len(some) for some in told] == [50, 50, 20]
        assert [name for some in told for name in some] == names


def test_one_that_nobody_quotes_is_asked_about_at_once_and_ever_less_often(talk):
    talk.hear(snapshot(3))
    assert questions(talk, 40) == [(1, A), (6, A), (16, A), (36, A)]


def test_one_that_is_quoted_again_is_not_asked_about(talk):
    talk.hear(snapshot(3))
    talk.hear(snapshot(4, [["0.45", "2.00"]]))
    assert questions(talk, 40) == []


@pytest.mark.parametrize(
    ("told", "what"),
    [
        (row(A, "closed"), (S.CLOSED, CLOSED_EARLY, -1)),
        (row(A, "determined", result="yes", settlement_value_dollars="1.0000"),
         (S.RESOLVED, DETERMINED, 10_000)),
        (row(A, "finalized", result="scalar", settlement_value_dollars="0.3700"),
         (S.RESOLVED, SETTLED, 3_700)),
    ],
)  # fmt: skip
def test_what_the_venue_told_nobody_is_told_once(asked, told, what):
    assert asked(told, row(B, "active"), row("OTHER", "closed")) == [(A, *what)]
    assert asked(told) == []


@pytest.mark.parametrize("status", ["active", "inactive", "initialized", "?"])
def test_an_answer_that_may_be_late_pauses_nothing(asked, status):
    assert asked(row(A, status)) == []


def test_a_market_closed_by_an_answer_opens_by_one(asked):
    asked(row(A, "closed"))
    assert asked(row(A, "active")) == [(A, S.ACTIVE, "", -1)]


def test_a_result_is_not_taken_back_by_an_answer(asked):
    asked(row(A, "finalized", result="yes"))
    assert asked(row(A, "disputed"), row(A, "active")) == []


@pytest.mark.parametrize("body", ["[", {"markets": 3}, {"markets": [{"title": "?"}]}, "{}"])
def test_an_answer_that_does_not_fit_is_a_surprise(talk, answer, body):
    (said,) = talk.feed.answered(answer(body, path=ASK))
    assert isinstance(said, Surprised)


def test_a_close_moved_nearer_is_a_close_that_came_early(talk):
    msg = {"event_type": "close_date_updated", "market_ticker": A, "close_ts": 1_005}
    talk.hear({"type": "market_lifecycle_v2", "sid": 6, "seq": 1, "msg": msg})
    said = [m for m in talk.tick(6) if isinstance(m, MarketStatusSeen)]
    assert [(m.market, m.status, m.word) for m in said] == [(A, S.CLOSED, CLOSED_EARLY)]


def test_the_opening_of_a_market_is_learned_by_asking(answer):
    """No frame tells of it either."""
    talk = Talk(market(closes_at=90_000 * SECOND, status=S.UNOPENED))
    talk.open()
    assert questions(talk, 70) == [(61, A)]
    (said,) = talk.feed.answered(answer({"markets": [row(A, "active")]}, path=ASK))
    assert (said.market, said.status) == (A, S.ACTIVE)


@pytest.mark.parametrize(
    ("status", "told"),
    [("determined", S.CLOSED), ("amended", S.CLOSED), ("disputed", S.CLOSED),
     ("finalized", S.RESOLVED)],
)  # fmt: skip
def test_a_market_looked_up_counts_as_resolved_only_when_it_is_paid(status, told):
    assert market_from(row(A, status, result="yes")).status is told
