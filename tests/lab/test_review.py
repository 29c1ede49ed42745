"""The figures of a journal, counted by hand; what nobody knows and what stands is apart."""

import pytest
from tests.lab.journal_build import BUY, KX, SELL, T0, Story, by, market

from pmterm.lab.review import Wanted, reviews
from pmterm.lab.tables import Table, chunks, review_tables
from pmterm.messages.accounts import Mode
from pmterm.messages.feed import MarketSeen
from pmterm.messages.live import CashSeen
from pmterm.model.ids import Venue
from pmterm.model.units import CASH_ONE, SECOND


def only(story, **wanted):
    (found,) = reviews(story.said, Wanted(**wanted))
    return found


def test_nothing_traded_is_nothing_to_review():
    assert reviews([], Wanted()) == []
    assert reviews(Story().said, Wanted()) == []


def test_one_trade_claims_nothing_but_what_happened():
    story = Story()
    story.trade(BUY, 10, 4_000, fee=1_000)
    story.trade(SELL, 10, 5_000, fee=1_000)
    whole = only(story).whole
    assert (whole.n, whole.net, whole.capital) == (1, 998_000, 1_000 * CASH_ONE)
    assert (whole.win_rate.hits, whole.win_rate.rate, whole.sharpe.value) == (1, None, None)
    assert whole.curve[-1].equity == 1_000 * CASH_ONE + 998_000
    assert whole.stake.peak == 4_000_000


def test_thirty_trades_by_hand():
    story = Story()
    for number in range(30):
        story.wait(86_400)
        story.trade(BUY, 10, 4_000)
        story.trade(SELL, 10, 4_600 if number < 20 else 3_700)  # +0.60, or -0.30
    whole = only(story).whole
    assert whole.net == 20 * 600_000 - 10 * 300_000
    assert whole.win_rate.rate == pytest.approx(2 / 3)
    assert whole.profit_factor.value == pytest.approx(4.0)
    assert whole.average.value == pytest.approx(300_000)
    assert whole.middle.value == 600_000
    assert whole.drawdown.amount == 3_000_000
    # p = 2/3, b = 2: f = (2/3 * 2 - 1/3) / 2 = 1/2, halved.
    assert whole.half_kelly.value == pytest.approx(0.25)


def test_only_unknown_trades_are_in_no_figure_and_their_money_is_told():
    story = Story()
    story.trade(BUY, 10, 4_000)
    story.guard(3_500)
    story.session()
    story.trade(SELL, 10, 3_000)
    found = only(story)
    assert (found.whole.n, found.whole.net, len(found.unknown)) == (0, 0, 1)
    assert found.parts["strategy"][0].unknown == 1
    (whole, *_) = review_tables(found)
    assert ("unknown, counted apart", "1 trade, net -1.00") in whole.rows


def test_an_open_position_is_apart():
    story = Story()
    story.trade(BUY, 10, 4_000)
    found = only(story)
    assert (found.whole.n, len(found.standing)) == (0, 1)
    assert ("open yet, counted apart", "1, 4.00 paid for them") in review_tables(found)[0].rows


def test_parts_are_by_who_why_when_what_and_where():
    story = Story()
    story.say(MarketSeen, market("0xb", category="golf", venue=Venue.POLYMARKET))
    story.signal()
    story.trade(BUY, 10, 4_600, origin=by("fade"))
    story.trade(SELL, 10, 4_800)
    story.wait(26 * 3_600)
    story.trade(BUY, 10, 4_600, name="0xb")
    story.trade(SELL, 10, 4_500, name="0xb")
    parts = {name: {p.name: p.figures.net for p in of} for name, of in only(story).parts.items()}
    assert parts == {
        "strategy": {"fade": 200_000, "by hand": -100_000},
        "signal": {"panic_sell": 200_000, "no signal": -100_000},
        "market kind": {"tennis": 200_000, "golf": -100_000},
        "venue": {"kalshi": 200_000, "polymarket": -100_000},
        "hour": {"12:00 UTC": 200_000, "14:00 UTC": -100_000},
        "day": {"2026-05-11": 200_000, "2026-05-12": -100_000},
    }


@pytest.mark.parametrize(
    ("wanted", "n"),
    [
        ({}, 3),
        ({"strategy": "fade"}, 1),
        ({"strategy": "by hand"}, 2),
        ({"signal": "panic_sell"}, 1),
        ({"venue": "polymarket"}, 0),
        ({"market": KX}, 3),
        ({"since": T0 + 3_600 * SECOND}, 2),
        ({"until": T0 + 3_600 * SECOND}, 1),
    ],
)
def test_a_choice_leaves_the_others_out(wanted, n):
    story = Story()
    for origin in ("key", by("fade"), "key"):
        story.signal()
        story.trade(BUY, 10, 4_600, origin=origin)
        story.trade(SELL, 10, 4_800)
        story.wait(3_600)
    found = reviews(story.said, Wanted(**wanted))
    assert sum(one.whole.n for one in found) == n


def test_real_money_begins_with_what_the_venues_first_told():
    story = Story(Mode.LIVE)
    story.say(CashSeen, Venue.KALSHI, 50 * CASH_ONE)
    story.say(CashSeen, Venue.POLYMARKET, 20 * CASH_ONE)
    story.trade(BUY, 10, 4_000)
    story.trade(SELL, 10, 5_000)
    story.say(CashSeen, Venue.KALSHI, 51 * CASH_ONE)
    assert only(story).capital == 70 * CASH_ONE


def test_a_table_is_cut_into_parts_that_fit_and_say_what_is_missing():
    rows = tuple((f"r{n}", "x" * 20, "not known (n 3 of 30)", "y" * 20) for n in range(9))
    table = Table("T", ("name", "first", "rate", "last"), rows, most=4, drops=True)
    first, last = chunks(table, 40)
    assert (first.columns, last.columns) == (("name", "first"), ("name", "last"))
    assert [row[0] for row in first.rows] == ["r5", "r6", "r7", "r8"]
    assert "The last 4 of 9" in last.note
    assert "Not known in any row: rate." in last.note
