"""Modes, suggestions, what a broken strategy does to the others, and what a restart remembers."""

import msgspec
import pytest
from tests.properties.money_builders import BUY, SELL, T0, M, recall, seen, tell, touch
from tests.trading.strategy.floor import CASH_ONE, SECOND, Floor, floor

from pmterm.messages.accounts import Mode, SessionStarted
from pmterm.messages.commands import SubmitTicket
from pmterm.messages.orders import Bracket, Fill, Intent, Refused
from pmterm.messages.signals import Advice, SignalKind, SignalSeen
from pmterm.messages.strategy import (
    Exits,
    ModeSet,
    RecordKnown,
    SetMode,
    StrategyFailed,
    StrategyMode,
    Suggested,
    TakeSuggestion,
)
from pmterm.model.units import QTY_ONE
from pmterm.trading.strategy.manual import Manual, ManualSettings
from pmterm.trading.strategy.settings import Rules, Spiked, StrategySettings
from pmterm.trading.strategy.strategies import STRATEGIES, Strategies
from pmterm.trading.strategy.wish import Kind, Wish

AUTO, SUGGEST, OFF = StrategyMode.AUTO, StrategyMode.SUGGEST, StrategyMode.OFF


def suggesting(**rules):
    it = floor(rules=Rules(**rules))
    it.switch(mode=SUGGEST)
    it.since = len(it.journal)
    return it


def record(name="fade", held_out=60, won=40, net_low=5_000, live_trades=0):
    return RecordKnown(T0, name, held_out, won, 9_000, net_low, 20_000, live_trades)


def test_all_are_off_until_a_person_says_otherwise():
    it = Floor()
    it.start()
    for kind in SignalKind:
        it.signal(kind)
    assert it.strategies.modes() == dict.fromkeys(STRATEGIES, OFF)
    assert not it.said(Intent, Suggested)


def test_a_suggestion_says_what_it_would_do_and_what_is_missing():
    it = suggesting()
    it.signal()
    (one,) = it.said(Suggested)
    assert not it.said(Intent)
    assert (one.strategy, one.signal, one.side, one.price) == ("fade", "s-000001", BUY, 4800)
    assert (one.target, one.stop, one.lasts_s) == (5100, 4500, 120)
    assert one.until == it.at + 30 * SECOND
    missing = "would not be allowed live: no record, needs 50 held-out signals"
    assert one.missing == missing


def test_with_a_record_nothing_is_missing():
    it = suggesting()
    it.take(record())
    it.signal()
    assert it.said(Suggested)[0].missing == ""


def test_a_taken_suggestion_trades_at_the_prices_of_now_with_the_exits_shown():
    it = suggesting()
    it.signal()
    it.quote(4700, 4800)
    it.take(TakeSuggestion(it.at, "s-t1"))
    it.wait()
    (wish,) = it.said(Intent)
    assert (wish.price, wish.origin, wish.told_price) == (4900, "taken fade", 4800)
    (exits,) = it.said(Exits)
    assert (exits.target, exits.stop) == (5100, 4500)
    it.quote(5100, 5200)
    it.wait()
    assert it.held() == 0


@pytest.mark.parametrize("suggestion", ["s-t1", "s-t2"])
def test_what_was_taken_or_never_was_is_not_taken(suggestion):
    it = suggesting()
    it.signal()
    it.take(TakeSuggestion(it.at, "s-t1"))
    it.take(TakeSuggestion(it.at, suggestion))
    (refused,) = it.said(Refused)
    assert (refused.rule, refused.value) == ("suggestion", "it has lapsed")
    assert len(it.said(Intent)) == 1


def test_a_suggestion_lapses():
    it = suggesting(suggestion_s=10)
    it.signal()
    assert len(it.strategies.suggestions(it.at + 10 * SECOND - 1)) == 1
    it.wait(10 * SECOND)
    it.take(TakeSuggestion(it.at, "s-t1"))
    assert (it.said(Intent), it.strategies.suggestions(it.at)) == ([], [])


@pytest.mark.parametrize(
    ("quote", "value", "limit"),
    [((5000, 5100), "target 0.51", "above 0.51"), ((4300, 4400), "stop 0.45", "below 0.44")],
)
def test_a_price_beyond_its_exits_is_too_late(quote, value, limit):
    it = suggesting()
    it.signal()
    it.quote(*quote)
    it.take(TakeSuggestion(it.at, "s-t1"))
    (refused,) = it.said(Refused)
    assert (refused.value, refused.limit) == (value, limit)
    assert not it.said(Intent)


def test_large_orders_always_ask():
    it = floor(rules=Rules(dollars=501 * CASH_ONE))
    it.signal()
    assert not it.said(Intent)
    assert it.said(Suggested)[0].missing == "orders over $500.00 always ask"


def test_one_that_breaks_is_off_and_the_others_go_on():
    def broken(chance, settings):
        return {}["nothing"]

    def sound(chance, settings):
        return Wish(Bracket(target_ppm=100_000, stop_ppm=100_000))

    kinds = {
        "broken": Kind(broken, SignalKind.PANIC_SELL, is_scored=True),
        "sound": Kind(sound, SignalKind.PANIC_SELL, is_scored=True),
    }
    it = Floor(kinds=kinds)
    it.start()
    it.switch("broken")
    it.switch("sound")
    it.signal()
    it.wait()
    assert it.said(StrategyFailed)[0].reason == "KeyError: 'nothing'"
    assert it.strategies.modes() == {"broken": OFF, "sound": AUTO}
    assert it.said(ModeSet)[-1].reason == "it broke"
    assert [m.origin for m in it.said(Intent)] == ["auto sound"]
    it.switch("broken")
    assert it.strategies.modes()["broken"] is AUTO


def test_a_strategy_nobody_knows_is_refused():
    it = floor()
    it.take(SetMode(it.at, "martingale", AUTO))
    (refused,) = it.said(Refused)
    assert (refused.value, refused.limit) == ("martingale", "fade, fomo, reversion, spike")


def test_a_restart_remembers_modes_suggestions_and_names():
    it = suggesting()
    it.switch("spike")
    it.signal()
    it = it.again()
    assert it.strategies.modes() == {"fade": SUGGEST, "fomo": OFF, "reversion": OFF, "spike": AUTO}
    assert [one.id for one in it.strategies.suggestions(it.at)] == ["s-t1"]
    it.look()
    it.signal()
    assert [one.id for one in it.strategies.suggestions(it.at)] == ["s-t1", "s-t2"]


def test_mean_reversion_goes_for_the_mean():
    it = floor()
    it.switch("reversion")
    it.signal(SignalKind.MEAN_REVERSION, Advice.SELL, score=0, before2=8_100)
    it.wait()
    (exits,) = it.said(Exits)
    assert (exits.target, exits.stop, it.held() < 0) == (4100, 4800, True)


def test_a_mean_that_the_spread_has_reached_is_no_target():
    it = floor()
    it.switch("reversion")
    it.signal(SignalKind.MEAN_REVERSION, Advice.BUY, before2=9_400)
    (why,) = it.said(Refused)
    assert (why.value, why.limit, why.remedy) == (
        "mean 0.47",
        "a mean above 0.47",
        "a mean at 0.48",
    )


def test_a_spikes_exits_are_multiples_of_the_volatility():
    it = floor()
    it.switch("spike")
    it.signal(SignalKind.SPIKE, volatility=15_000)  # a cent and a half
    it.wait()
    (exits,) = it.said(Exits)
    assert (exits.target, exits.stop, exits.trail) == (5200, 4400, 225)


def test_a_spike_out_of_a_flat_line_has_exits_a_tick_away():
    it = floor(spike=Spiked(stop_times_ppm=2_000_000))
    it.switch("spike")
    it.signal(SignalKind.SPIKE, volatility=0)
    (wish,) = it.said(Intent)
    assert wish.bracket.trail == 100


def test_a_spread_that_would_stop_it_out_at_once_is_let_go():
    it = floor()
    it.quote(4100, 4700)
    it.signal()
    (why,) = it.said(Refused)
    assert (why.value, why.limit) == ("spread 0.06", "a stop further away")


@pytest.mark.parametrize(
    ("bid", "ask", "trusted", "value"),
    [(4600, 4700, False, "book not trusted"), (4600, 0, True, "no offers to buy from")],
)
def test_without_a_price_it_does_nothing(bid, ask, trusted, value):
    it = floor()
    it.book.is_trusted = trusted
    it.quote(bid, ask)
    it.signal()
    assert (it.said(Intent), it.said(Refused)[0].value) == ([], value)


def two_of_an_event():
    """A market and another of the same event at the same price, and a third of none."""
    it = Floor()
    it.start(event="final")
    it.switch()
    names = [it.also("N", event="final"), it.also("O")]
    for name in names:
        it.take(touch(at=it.at, name=name))
    return it, *names


def test_what_is_held_on_the_same_event_counts_as_part_of_the_bet():
    it, other, apart = two_of_an_event()
    for name in (other, apart):
        it.take(SubmitTicket(it.at, name, BUY, 40 * QTY_ONE))
    it.wait()
    it.signal()
    left = 50 * CASH_ONE - it.said(Fill)[0].price * 40 * 100
    assert it.said(Intent)[-1].qty == left * 10_000 // 4800 // 10_000 * 10_000


def test_what_is_on_its_way_to_the_same_event_counts_too():
    it, other, apart = two_of_an_event()
    for name in (other, apart):
        it.take(msgspec.structs.replace(it.signal()[0], market=name))
    bought = [wish for wish in it.said(Intent) if wish.order]
    assert [wish.market for wish in bought] == [M, apart]
    assert it.said(Refused)[0].value == "$50.00 at stake on the same event"


def live():
    """The stage alone, on real money."""
    it = Strategies(StrategySettings(), Manual(ManualSettings()), 700_000)
    tell(it, SessionStarted(T0, "s", Mode.LIVE, "0", 0))
    return it


def test_live_and_unproven_it_suggests_instead():
    it = live()
    (told,) = tell(it, SetMode(T0, "fade", AUTO))
    assert told.reason == "it suggests until then: no record, needs 50 held-out signals"
    tell(it, record(held_out=49))
    (told,) = tell(it, SetMode(T0, "fade", AUTO))
    assert told.reason == "it suggests until then: 49 of 50 held-out signals"
    tell(it, record())
    (told,) = tell(it, SetMode(T0, "fade", AUTO))
    assert told.reason == ""


@pytest.mark.parametrize(
    ("told", "suggests", "qty"),
    [
        ([], True, 10_410_000),
        ([record()], False, 10_410_000),  # five dollars in its first trades
        ([record(live_trades=50)], False, 104_160_000),
    ],
)
def test_live_it_acts_once_proven_and_small_at_first(told, suggests, qty):
    manual = Manual(ManualSettings())
    it = Strategies(StrategySettings(), manual, 700_000)
    tell(manual, seen(), touch())
    tell(it, SessionStarted(T0, "s", Mode.LIVE, "0", 0), seen(), *told)
    tell(it, SetMode(T0, "fade", AUTO))
    one = SignalSeen(
        T0, "s-1", M, SignalKind.PANIC_SELL, Advice.BUY, 900_000, 9300, 10_400, 4600, 4700, 0, 0, ()
    )
    (said,) = tell(it, one)
    assert (type(said) is Suggested, said.qty) == (suggests, qty)


def test_a_restart_remembers_the_record():
    it = live()
    assert recall(it, [record()]).missing("fade") == ""
    assert it.missing("spike").startswith("no record")


def test_a_sale_that_opens_the_other_outcome_costs_the_rest_of_a_dollar():
    it = floor(rules=Rules(dollars=10 * CASH_ONE))
    it.switch("fomo")
    it.signal(SignalKind.FOMO_BUY, Advice.SELL)
    (wish,) = it.said(Intent)
    assert (wish.side, wish.price) == (SELL, 4500)
    assert wish.qty == 10 * CASH_ONE * 10_000 // 5500 // 10_000 * 10_000
    assert wish.market == M
