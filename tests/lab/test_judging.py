"""What is asked of a moment and of many: the way back, its mirror, costs, how many were asked."""

import msgspec
import numpy as np
import pytest

from pmterm.lab.judging import Row, p_above_zero, row_of, verdicts
from pmterm.lab.moments import Case, Touches, Watcher, log_odds
from pmterm.messages.feed import NO_ASK, NO_BID, BookChanged, BookLost
from pmterm.messages.signals import Advice, SignalEnded, SignalKind, SignalSeen
from pmterm.model.ids import MarketId, SignalId
from pmterm.model.units import CASH_ONE, QTY_ONE, SECOND
from pmterm.stats.intervals import clustered_mean, wilson

T0 = 1_800_000_000 * SECOND
M = MarketId("M")
PANIC = SignalKind.PANIC_SELL


def touches(*mids):
    """A market whose mid (in cents) was these, a second each, and then stood for three minutes."""
    told = Touches()
    for second, mid in enumerate(mids):
        told.note(T0 + second * SECOND, mid * 100 - 50, mid * 100 + 50)
    told.note(T0 + (len(mids) + 190) * SECOND, mids[-1] * 100 - 50, mids[-1] * 100 + 50)
    return told


def followed(told, *, before=60, second=0):
    place = told.standing(T0 + second * SECOND)
    return told.follow(place, T0 + second * SECOND, before * 200, 1)


def test_half_way_from_the_extreme_is_back():
    assert followed(touches(50, 48, 46, 44, 51, 52)).is_back  # 52 is half way from 44 to 60
    assert not followed(touches(50, 48, 46, 44, 50, 51)).is_back


def test_going_on_as_easily_is_no_surplus():
    only_back = followed(touches(50, 50, 50, 58, 58))
    only_on = followed(touches(50, 50, 50, 42, 42))
    both = followed(touches(50, 50, 50, 58, 42, 42))
    neither = followed(touches(50, 50, 50, 50))
    assert [one.surplus for one in (only_back, only_on, both, neither)] == [1, -1, 0, 0]


def test_a_quote_that_was_gone_for_an_instant_is_no_surplus():
    blinked = followed(touches(50, 58, 58, 58, 58))  # back within a second, before an order could
    assert blinked.is_back
    assert blinked.surplus == 0


def test_the_share_that_came_back_is_in_log_odds():
    one = followed(touches(50, 50, 50, 55))
    assert one.move == pytest.approx(log_odds(120 * 100) - log_odds(100 * 100))
    assert one.gain == pytest.approx(log_odds(110 * 100) - log_odds(100 * 100))


def test_nothing_is_said_of_what_was_cut_short():
    lost = Touches()
    lost.note(T0, 4_950, 5_050)
    lost.note(T0 + 90 * SECOND, 0, 0)
    lost.note(T0 + 400 * SECOND, 4_950, 5_050)
    assert lost.follow(0, T0, 12_000, 1) is None
    ended = Touches()
    ended.note(T0, 4_950, 5_050)
    ended.note(T0 + 100 * SECOND, 5_750, 5_850)  # back, but the recording ends before its time
    assert ended.follow(0, T0, 12_000, 1) is None


def book(second, bid, ask, *, is_trusted=True):
    return BookChanged(
        T0 + second * SECOND // 10, M, bid, ask, QTY_ONE, QTY_ONE, CASH_ONE, CASH_ONE, is_trusted
    )


def told_of(*books):
    told = Touches()
    for one in books:
        told.book(one)
    return told.follow(0, T0, 12_000, 1)


def test_one_side_empty_is_followed_on_and_brings_nothing_back():
    ran = told_of(book(0, 4_950, 5_050), book(600, 100, 300), book(900, NO_BID, 200),
                  book(1_900, NO_BID, 200))  # fmt: skip
    assert not ran.is_back
    assert ran.gain == pytest.approx(log_odds(400) - log_odds(10_000))
    assert told_of(book(0, 4_950, 5_050), book(600, NO_BID, NO_ASK), book(1_900, 4_950, 5_050)
                   ) is None  # fmt: skip


def test_a_doubt_of_a_second_is_none_and_a_longer_one_or_a_lost_book_is():
    doubt = book(600, 4_950, 5_050, is_trusted=False)
    assert told_of(book(0, 4_950, 5_050), doubt, book(610, 5_750, 5_850), book(1_900, 5_750, 5_850)
                   ).is_back  # fmt: skip
    assert told_of(book(0, 4_950, 5_050), doubt, book(611, 5_750, 5_850), book(1_900, 5_750, 5_850)
                   ) is None  # fmt: skip
    lost = Touches()
    lost.book(book(0, 4_950, 5_050))
    lost.lost(T0 + 60 * SECOND)
    for one in (doubt, book(605, 5_750, 5_850), book(1_900, 5_750, 5_850)):
        lost.book(one)
    assert lost.follow(0, T0, 12_000, 1) is None


def seen(number, at, market=M, mid2=10_000):
    return SignalSeen(
        at, SignalId(f"s-{number}"), market, PANIC, Advice.BUY,
        score_ppm=800_000, mid2=mid2, before2=12_000, best_bid=4_950, best_ask=5_050,
        expected=5_500, expected_after=0, reasons=(), spread=100,
    )  # fmt: skip


def ended(number, at, net, market=M, *, reverted=True):
    return SignalEnded(
        at, SignalId(f"s-{number}"), market, PANIC, reverted, SECOND, 1, 0, net,
        is_whole=True,
    )  # fmt: skip


def case(number, net, *, surplus=1, whole=True):
    market = MarketId(f"M{number % 10}")
    told = touches(50, 50, 50, 58 if surplus > 0 else 42)
    one = told.follow(0, T0, 12_000, 1) if whole else None
    return Case(seen(number, T0, market), ended(number, T0, net, market), one)


def judged(cases):
    return verdicts([row_of("here", PANIC, cases, lambda market: market)])[0]


def nets(mean, n=60):
    spread = np.random.default_rng(2).normal(0, 10_000, n)
    return [int(mean + step) for step in spread - spread.mean()]


def test_what_pays_is_said_to_pay():
    told = judged([case(number, net) for number, net in enumerate(nets(20_000))])
    assert told.pays
    assert told.words == "pays after costs"


def test_what_comes_back_but_costs_more_is_said_so():
    told = judged([case(number, net) for number, net in enumerate(nets(-20_000))])
    assert told.comes_back
    assert told.words == "comes back, but does not pay"


def test_what_goes_on_loses():
    cases = [case(number, net, surplus=-1) for number, net in enumerate(nets(-20_000))]
    told = judged(cases)
    assert not told.is_good
    assert told.words == "no edge: loses its costs"


def test_few_are_not_known_whatever_they_earned():
    told = judged([case(number, 50_000 + number) for number in range(29)])
    assert told.words == "not known: 29 signals of 30"
    one_game = [
        Case(seen(number, T0), ended(number, T0, 50_000 + number), case(0, 0).followed)
        for number in range(90)
    ]
    assert judged(one_game).words == "not known: 1 independent of 5"


def test_those_cut_short_count_apart():
    cases = [case(number, 1_000) for number in range(40)]
    cases += [case(number, 1_000_000, whole=False) for number in range(40, 60)]
    row = row_of("here", PANIC, cases, lambda market: market)
    assert (row.n, row.unknown) == (40, 20)
    assert row.net.value == 1_000


def test_the_more_is_asked_the_more_it_takes():
    row = row_of("here", PANIC, [case(n, net) for n, net in enumerate(nets(3_500))], lambda m: m)
    dull = [
        Row(f"{n}", PANIC, 60, 0, wilson(0, 60), wilson(0, 60), row.excess, row.share, row.net,
            is_traded=True, p_excess=0.5, p_net=0.5)
        for n in range(40)
    ]  # fmt: skip
    alone, among = verdicts([row])[0], verdicts([row, *dull])[0]
    assert alone.asked == 2
    assert among.asked == 82
    assert among.p_net > alone.p_net
    assert among.p_net == pytest.approx(min(1.0, alone.row.p_net * 81), rel=0.02)


def test_draws_that_all_agree_are_as_coins():
    same = clustered_mean([1.0] * 40, [number % 8 for number in range(40)])
    assert p_above_zero(same) == pytest.approx(0.5**8)
    none = clustered_mean([0.0] * 40, [number % 8 for number in range(40)])
    assert p_above_zero(none) == 1.0


def test_moments_alike_are_of_the_same_way_size_and_spread():
    """A market that falls twice alike, once with a signal: the other fall is what it is held to."""
    watcher = Watcher()
    hears = watcher.hears()
    mids = [60] * 60 + [50] * 300 + [60] * 60 + [50] * 300 + [70] * 40 + [60] * 200
    for second, mid in enumerate(mids):
        at = T0 + second * SECOND
        bid, ask = mid * 100 - 50, mid * 100 + 50
        hears[BookChanged](BookChanged(at, M, bid, ask, 1, 1, 1, 1, is_trusted=True))
    hears[SignalSeen](seen(1, T0 + 60 * SECOND))
    hears[SignalEnded](ended(1, T0 + 240 * SECOND, 0))
    (told,) = watcher.cases(np.random.default_rng(1))
    assert 3 <= len(told.controls) <= 12
    assert all(one.move == pytest.approx(told.followed.move) for one in told.controls)
    assert all(one.surplus == 0 for one in told.controls)


def test_a_signal_that_the_detector_could_not_follow_is_no_case():
    """One rule says which count, here as in reports, cards and records."""
    watcher = Watcher()
    hears = watcher.hears()
    for second in range(400):
        at = T0 + second * SECOND
        hears[BookChanged](BookChanged(at, M, 4_950, 5_050, 1, 1, 1, 1, is_trusted=True))
    for number in range(3):
        hears[SignalSeen](seen(number, T0 + 60 * SECOND))
    hears[SignalEnded](ended(1, T0 + 240 * SECOND, 0))
    hears[SignalEnded](msgspec.structs.replace(ended(2, T0 + 100 * SECOND, 0), is_whole=False))
    told = watcher.cases(np.random.default_rng(1))
    assert [one.followed is not None for one in told] == [False, True, False]
    assert row_of("here", PANIC, told, lambda market: market).unknown == 2


def test_a_lost_book_is_no_price():
    watcher = Watcher()
    hears = watcher.hears()
    hears[BookChanged](BookChanged(T0, M, 4_950, 5_050, 1, 1, 1, 1, is_trusted=True))
    hears[BookLost](BookLost(T0 + 3_600 * SECOND, M, "gap"))
    hears[BookChanged](BookChanged(T0 + 9_000 * SECOND, M, 4_950, 5_050, 1, 1, 1, 1, True))
    assert watcher.hours() == pytest.approx(1.0, abs=0.01)
