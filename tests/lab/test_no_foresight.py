"""F97: what comes later changes nothing before it. F98: what never comes back loses money."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmterm.compose.core import core
from pmterm.compose.replays import give
from pmterm.config.settings import Settings
from pmterm.lab.nulls import BEGINS, Plant, World, play
from pmterm.lab.round_trips import round_trips
from pmterm.messages.accounts import Mode, SessionStarted
from pmterm.messages.feed import BookSnapshot, LevelSet, TradeSeen
from pmterm.messages.orders import Fill
from pmterm.messages.signals import SignalEnded, SignalSeen
from pmterm.messages.strategy import SetMode, StrategyMode
from pmterm.model.units import CASH_ONE, PRICE_ONE, QTY_ONE, SECOND
from pmterm.store.journal import DECISIONS, JOURNALED
from pmterm.trading.strategy.settings import Fade, Fomo, Reversion, Spiked, StrategySettings
from pmterm.trading.strategy.strategies import STRATEGIES

pytestmark = pytest.mark.timeout(600)
EARLY = World(markets=2, seconds=420, burst_every_s=60)
LENGTH = 420


def tuned():
    """The defaults, but for a shorter baseline, so that a short world has signals."""
    plain = Settings()
    signals = msgspec.structs.replace(plain.signals, min_baseline_s=60, reversion_samples=60)
    return msgspec.structs.replace(plain, signals=signals)


def unstopped():
    """The defaults without what keeps a strategy from losing: limits, and stops near the price."""
    plain = Settings()
    risk = msgspec.structs.replace(plain.risk, losses_in_row=10**6, move_ppm=10**8)
    far = StrategySettings(
        fade=Fade(stop_ppm=150_000),
        fomo=Fomo(stop_ppm=150_000),
        reversion=Reversion(stop_ppm=150_000),
        spike=Spiked(stop_times_ppm=20_000_000, trail_times_ppm=20_000_000),
    )
    return msgspec.structs.replace(plain, risk=risk, strategies=far)


def journal(events, given_settings, names=tuple(STRATEGIES)):
    """Play with strategies acting by themselves; return all that a journal would keep."""
    kept = []
    engine = core(given_settings, is_watched=False).engine
    engine.listen(dict.fromkeys(JOURNALED, kept.append))
    give(engine, SessionStarted(BEGINS, "s", Mode.PAPER, "0", 10_000 * CASH_ONE))
    for name in names:
        give(engine, SetMode(BEGINS, name, StrategyMode.AUTO))
    for event in events:
        give(engine, event)
    return kept


def until(messages, at):
    return [
        msgspec.json.encode(message)
        for message in messages
        if type(message) in DECISIONS and message.at <= at
    ]


def mirrored(said):
    """The same message with all prices turned around."""
    if isinstance(said, LevelSet | TradeSeen):
        return msgspec.structs.replace(said, price=PRICE_ONE - said.price)
    return said


def later(said, by):
    return msgspec.structs.replace(said, at=said.at + by)


def swollen(said):
    if isinstance(said, LevelSet) and said.qty:
        return msgspec.structs.replace(said, qty=said.qty * 50)
    if isinstance(said, TradeSeen):
        return msgspec.structs.replace(said, qty=said.qty * 50)
    return said


def other_world(rest, seed):
    """What another world would have said from then on, in these markets."""
    first = rest[0].at if rest else 0
    ours, theirs = f"WORLD{seed}-", f"WORLD{seed + 1}-"
    return [
        msgspec.structs.replace(said, market=said.market.replace(theirs, ours))
        for said in play(EARLY, seed + 1)
        if said.at >= first and isinstance(said, LevelSet | TradeSeen | BookSnapshot)
    ]  # fmt: skip


CHANGES = {
    "shifted": lambda rest, _: [later(said, 7 * SECOND) for said in rest],
    "mirrored": lambda rest, _: [mirrored(said) for said in rest],
    "swollen": lambda rest, _: [swollen(said) for said in rest],
    "cut off": lambda rest, _: [],
    "another's": other_world,
}


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 40),
    second=st.integers(LENGTH // 3, LENGTH - 5),
    change=st.sampled_from(sorted(CHANGES)),
)
def test_other_future_rows_change_nothing_before_them(seed, second, change):
    events = list(play(EARLY, seed))
    at = BEGINS + second * SECOND
    past = [said for said in events if said.at <= at]
    rest = [said for said in events if said.at > at]
    usual = until(journal(events, tuned()), past[-1].at)
    changed = until(journal([*past, *CHANGES[change](rest, seed)], tuned()), past[-1].at)
    assert changed == usual


def test_those_futures_do_change_what_comes_after():
    """Else the property above would hold of a machine that decides nothing."""
    events = list(play(EARLY, 3))
    half = len(events) // 2
    past, rest = events[:half], events[half:]
    usual = journal(events, tuned())
    assert len(until(usual, past[-1].at)) > 20
    assert any(isinstance(message, Fill) for message in usual)
    for change in ("mirrored", "swollen", "cut off"):
        changed = journal([*past, *CHANGES[change](rest, 3)], tuned())
        assert until(changed, 1 << 62) != until(usual, 1 << 62)


def net_of(share, seeds):
    """What all strategies earned in worlds where that share of each shock comes back."""
    trips, ended = [], []
    for seed in seeds:
        size = -0.4 if seed % 2 == 0 else 0.4
        plant = Plant(size, share, half_life_s=10.0)
        world = World(markets=3, seconds=1_500, plant=plant, volatility=0.004)
        messages = journal(play(world, seed), unstopped())
        trips += [trip for trip in round_trips(messages) if not trip.is_open]
        ended += [said for said in messages if isinstance(said, SignalEnded) and said.is_whole]
        assert any(isinstance(said, SignalSeen) for said in messages)
    return trips, ended


def test_a_signal_that_never_reverts_loses_money():
    never, ended = net_of(0.0, range(6))
    assert len(never) >= 20
    assert sum(trip.net for trip in never) < 0
    traded = [said for said in ended if said.net]
    assert sum(said.net for said in traded) / len(traded) < -QTY_ONE // 100  # over a cent each


def test_one_that_comes_back_loses_less_or_earns():
    """The loss above is not that of a machine which always loses the same."""
    never, _ = net_of(0.0, range(6))
    whole, _ = net_of(1.0, range(6))
    assert len(whole) >= 20
    mean = [sum(trip.net for trip in trips) / len(trips) for trips in (never, whole)]
    assert mean[1] > mean[0] + 3 * CASH_ONE
