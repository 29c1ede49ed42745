"""What strategies have shown, for T12: out of sample, and nothing proved by one evening."""

from tests.lab.case_build import T0, case, cases
from tests.lab.journal_build import BUY, SELL, Story, by

from pmterm.lab.proof import records, trades_by_itself
from pmterm.messages.accounts import Mode
from pmterm.messages.strategy import missing_for_live
from pmterm.model.order import FillState
from pmterm.model.units import SECOND

ACT = 700_000


def record(rows, strategy="fade", since=0, live=None):
    told = {one.strategy: one for one in records(5, rows, since, ACT, live or {})}
    return told[strategy]


def test_a_good_record_says_how_many_won_and_how_sure_it_is():
    shown = record(cases(70, 60), live={"fade": 3})
    assert (shown.held_out, shown.won, shown.live_trades) == (70, 60, 3)
    assert shown.net == round((60 * 10_000 - 10 * 20_000) / 70)
    assert 0 < shown.net_low < shown.net < shown.net_high
    assert not missing_for_live(shown, 50)


def test_every_strategy_has_one_though_nothing_is_known():
    told = records(5, [], 0, ACT, {})
    assert {one.strategy for one in told} == {"fade", "fomo", "reversion", "spike"}
    assert all(missing_for_live(one, 50) for one in told)


def test_one_evening_proves_nothing_however_many_signals_it_had():
    shown = record([case(n, event="E") for n in range(80)])
    assert shown.held_out == 80
    assert shown.net_low <= 0 < shown.net
    assert "needs above 0" in missing_for_live(shown, 50)


def test_signals_from_before_the_thresholds_were_chosen_do_not_count():
    assert record(cases(70, 60), since=T0 + 60 * 600 * SECOND).held_out == 10


def test_only_signals_it_would_have_acted_on_count():
    weak = [case(n, score=ACT - 1) for n in range(30)]
    lost = [case(n + 50, is_whole=False) for n in range(10)]
    other = [case(n + 90, kind="fomo_buy") for n in range(5)]
    unnamed = [case(n, rules="") for n in range(5)]
    assert record([*weak, *lost, *other, *unnamed]).held_out == 0
    assert record(lost).cut_short == 10
    assert record(other, "fomo").held_out == 5
    spikes = [case(n, kind="spike", score=0) for n in range(4)]
    assert record(spikes, "spike").held_out == 4


def test_orders_that_traded_by_themselves_are_counted_once():
    story = Story(Mode.LIVE)
    story.trade(BUY, 10, 4_000, origin=by("fade"))
    story.trade(SELL, 10, 4_000, origin="exit target")
    story.trade(BUY, 10, 4_000, origin="taken fade")
    story.trade(SELL, 10, 4_000, origin=by("spike"), state=FillState.FAILED)
    assert trades_by_itself(story.said) == {"fade": 1}


def test_paper_trades_are_no_live_trades():
    story = Story()
    story.trade(BUY, 10, 4_000, origin=by("fade"))
    assert trades_by_itself(story.said) == {}
