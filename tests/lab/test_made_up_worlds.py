"""Worlds whose truth is known: what is claimed of them, over seeds."""

import msgspec
import numpy as np
import pytest

from pmterm.compose.core import core
from pmterm.compose.trials import looking, try_one
from pmterm.config.settings import Settings
from pmterm.lab.judging import KINDS
from pmterm.lab.moments import Watcher
from pmterm.lab.nulls import Plant, World, market_of, play, shocks_of
from pmterm.lab.trials import Trial, asked, facts_of
from pmterm.messages.feed import BookChanged, LevelSet, TradeSeen
from pmterm.messages.signals import SignalKind, SignalSeen
from pmterm.model.order import Side
from pmterm.model.units import PRICE_ONE, SECOND
from pmterm.stats.intervals import p_above

pytestmark = pytest.mark.timeout(900)  # seconds of work, more where the machine is shared
SMALL = World(markets=2, seconds=900)


@pytest.fixture(scope="module")
def tried():
    """A part of what `pmterm evidence --nulls 200` runs."""
    return [try_one(trial) for trial in asked(12)]


def nulls(tried):
    return [one for one in tried if not one.trial.share]


def planted(tried):
    return [one for one in tried if one.trial.share]


def test_at_most_one_in_twenty_is_called_good_where_nothing_comes_back(tried):
    told = [verdict for one in nulls(tried) for verdict in one.told]
    good = sum(verdict.is_good for verdict in told)
    assert p_above(good, len(told), 0.05).p > 0.01
    assert not any(verdict.pays for verdict in told)


def test_that_is_not_for_want_of_signals(tried):
    for kind in KINDS:
        counts = [row.n for one in nulls(tried) for row in one.rows if row.kind is kind]
        assert np.mean(counts) >= 10, kind
    tested = [row for one in nulls(tried) for row in one.rows if row.p_excess is not None]
    assert len(tested) >= len(nulls(tried)) * len(KINDS) // 3


def test_most_moves_of_a_random_walk_come_half_back(tried):
    """Why a share that reverted says nothing without the share that would have anyhow."""
    rows = [row for one in nulls(tried) for row in one.rows if row.kind is SignalKind.PANIC_SELL]
    assert sum(row.reverted.hits for row in rows) > 0.8 * sum(row.n for row in rows)


def test_what_was_planted_is_found(tried):
    found = sum(one.aimed.comes_back for one in planted(tried))
    assert found >= len(planted(tried)) * 2 // 3


def test_the_share_that_was_planted_lies_in_its_interval(tried):
    outside = sum(not one.is_inside for one in planted(tried))
    assert p_above(outside, len(planted(tried)), 0.05).p > 0.01
    widths = [one.aimed.row.share.high - one.aimed.row.share.low for one in planted(tried)]
    assert np.mean(widths) < 0.5  # an interval that held everything would prove nothing


def test_figures_carry_their_n(tried):
    facts = facts_of(tried)
    assert facts["null_seeds"] == facts["planted_seeds"] == 12
    assert f"of {12 * len(KINDS)} (" in facts["called_good"]
    assert " of 12 (" in facts["planted_found"]
    assert " of 12 (" in facts["size_inside_its_interval"]


def test_the_same_seed_makes_the_same_world():
    assert list(play(SMALL, 7)) == list(play(SMALL, 7))
    assert list(play(SMALL, 7)) != list(play(SMALL, 8))


def test_messages_come_in_order_and_make_good_books():
    books = []
    engine = core(Settings(), is_watched=False).engine
    engine.listen({BookChanged: books.append})
    told = list(play(SMALL, 3))
    engine.run(told)
    assert [one.at for one in told] == sorted(one.at for one in told)
    last = {(one.market, one.at // SECOND): one for one in books}  # as each second leaves them
    assert all(one.is_trusted and one.best_bid < one.best_ask for one in last.values())
    assert {one.market for one in books} == {market_of(3, number).id for number in range(2)}


def test_trades_happen_at_the_touch_from_either_side():
    engine = core(Settings(), is_watched=False).engine
    touch, off = {}, []
    engine.listen({BookChanged: lambda book: touch.update({book.market: book})})
    engine.listen({TradeSeen: lambda trade: off.append(distance(trade, touch[trade.market]))})
    engine.run(play(SMALL, 5))
    assert off
    assert set(off) == {(Side.BUY, 0), (Side.SELL, 0)}


def distance(trade, book):
    best = book.best_ask if trade.taker is Side.BUY else book.best_bid
    return trade.taker, trade.price - best


def test_edges_are_thin():
    sizes = {True: [], False: []}
    for seed in range(6):
        for said in play(World(markets=4, seconds=300), seed):
            if isinstance(said, LevelSet) and said.qty:
                sizes[min(said.price, PRICE_ONE - said.price) < 1_500].append(said.qty)
    assert np.mean(sizes[True]) < 0.8 * np.mean(sizes[False])


def test_shocks_are_where_they_are_said_to_be():
    world = World(markets=2, seconds=1_400, plant=Plant(-0.8, 0.7))
    shocks = shocks_of(world, 4)
    assert all(len(times) >= 2 for times in shocks.values())
    watcher = Watcher()
    engine = looking(Settings())
    engine.listen(watcher.hears())
    engine.run(play(world, 4))
    panics = [
        case.signal
        for case in watcher.cases(np.random.default_rng(0))
        if case.signal.kind is SignalKind.PANIC_SELL
    ]
    at_shocks = [
        signal
        for signal in panics
        if any(0 <= signal.at - at <= 2 * SECOND for at in shocks[signal.market])
    ]
    assert len(at_shocks) >= 4


def test_the_short_machine_sees_the_same_signals_as_the_whole():
    seen = []
    for engine in (core(Settings(), is_watched=False).engine, looking(Settings())):
        signals = []
        engine.listen({SignalSeen: signals.append})
        engine.run(play(World(markets=2, seconds=1_300), 11))
        seen.append(signals)
    assert len(seen[0]) > 10
    assert msgspec.json.encode(seen[0]) == msgspec.json.encode(seen[1])


def test_following_from_outside_agrees_with_the_detector():
    """Two ways to ask whether a price came half back: as it goes, and looking back."""
    agreed = 0
    for trial in (Trial(1), Trial(2, 0.65)):
        watcher = Watcher()
        engine = looking(Settings())
        engine.listen(watcher.hears())
        engine.run(play(msgspec.structs.replace(trial.world, markets=3), trial.seed))
        for case in watcher.cases(np.random.default_rng(0)):
            assert (case.followed is not None) is (case.ended is not None and case.ended.is_whole)
            if case.followed is not None:
                assert case.followed.is_back is case.ended.reverted
                agreed += 1
    assert agreed > 100
