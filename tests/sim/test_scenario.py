"""The demo's evening: repeatable, within what was measured, and worth trading in its first minute.

Ranges: real sports and esports books of 2026 (hockey on Polymarket, basketball and League of
Legends on Kalshi): spreads mostly 1 to 4 cents, hundreds to thousands of dollars on the best five
levels of a side, 5 to 250 changes a second over a game's books, 99th percentile 4 to 5 times the
mean.
"""

import hashlib
from collections import Counter, defaultdict

import msgspec
import pytest

from pmterm.model.ids import Venue
from pmterm.model.market import MarketStatus
from pmterm.model.units import PRICE_ONE, SECOND
from pmterm.sim.events import GridChanged, LevelNow, MatchMoment, StatusChanged, Traded
from pmterm.sim.scenario import Scenario
from pmterm.sim.world import passing

NOW = 1_790_000_000 * SECOND
MINUTE = 60 * SECOND


def fingerprint(seed, step):
    scenario = Scenario(seed, NOW, pre_roll=2 * MINUTE)
    digest = hashlib.sha256()
    at = scenario.started_at
    while at <= NOW + 30 * SECOND:
        for event in scenario.run_until(at):
            digest.update(msgspec.msgpack.encode(event))
        at += step
    return digest.hexdigest()


def test_same_seed_gives_the_same_evening_whatever_the_steps():
    assert fingerprint(3, SECOND) == fingerprint(3, SECOND // 4)
    assert fingerprint(3, SECOND) != fingerprint(4, SECOND)


class Second:
    """What one market looked like at the end of a second."""

    def __init__(self, state):
        self.mid = (state.best_bid + state.best_ask) / 2
        self.spread = state.best_ask - state.best_bid
        bids, asks = state.bids.rising()[-5:], state.asks.rising()[:5]
        self.depths = (
            sum(price * qty for price, qty in bids) / 10**10,
            sum((PRICE_ONE - price) * qty for price, qty in asks) / 10**10,
        )
        self.volume = 0
        self.changes = 0


class Record:
    """A scenario from its pre-roll to `until` after now, by the second."""

    def __init__(self, seed, until):
        self.scenario = Scenario(seed, NOW)
        self.seconds = defaultdict(list)
        self.events = []
        at = self.scenario.started_at
        while at < NOW + until:
            at += SECOND
            counts, volumes = Counter(), Counter()
            for event in passing(self.scenario, at):
                if isinstance(event, LevelNow):
                    counts[event.market] += 1
                elif isinstance(event, Traded):
                    volumes[event.market] += event.qty
                else:
                    self.events.append(event)
            for market, state in self.scenario.states.items():
                second = Second(state)
                second.volume, second.changes = volumes[market], counts[market]
                self.seconds[market].append(second)
        self.now = (NOW - self.scenario.started_at) // SECOND


@pytest.fixture(scope="module")
def record():
    return Record(11, 3 * MINUTE)


def share(values, at):
    return sorted(values)[int(len(values) * at)]


def test_books_are_never_crossed_and_always_on_their_grid(record):
    for market, state in record.scenario.states.items():
        assert all(second.spread > 0 for second in record.seconds[market])
        bands = msgspec.structs.replace(state.listing.market, bands=state.bands)
        for side in (state.bids, state.asks):
            assert all(bands.is_on_grid(price) for price in side.prices)


def test_spread_and_depth_sit_in_the_measured_ranges(record):
    for seconds in record.seconds.values():
        spreads = [second.spread for second in seconds[60:]]
        assert share(spreads, 0.05) >= 10
        assert 100 <= share(spreads, 0.5) <= 300
        assert share(spreads, 0.8) <= 400
        depths = [depth for second in seconds[60:] for depth in second.depths]
        assert 300 <= share(depths, 0.5) <= 8_000
        assert share(depths, 0.02) >= 30


def test_rates_and_bursts_sit_in_the_measured_ranges(record):
    length = len(next(iter(record.seconds.values())))
    changes = [
        sum(seconds[index].changes for seconds in record.seconds.values())
        for index in range(60, length)
    ]
    mean = sum(changes) / len(changes)
    assert 5 <= mean <= 250
    assert 3 <= share(changes, 0.99) / mean <= 6
    trades = [second.volume > 0 for second in record.seconds[record.scenario.listings[0].market.id]]
    assert 0.1 <= sum(trades) / len(trades) <= 0.9


def test_sizes_are_whole_cents_of_a_contract(record):
    for state in record.scenario.states.values():
        for side in (state.bids, state.asks):
            assert all(qty % 10_000 == 0 for qty in side.sizes.values())
        assert state.volume % 10_000 == 0


def test_liquidity_sometimes_vanishes(record):
    thinnest, widest = [], []
    for seconds in record.seconds.values():
        ratios = [
            min(depths) / share(depths, 0.5)
            for depths in ([second.depths[side] for second in seconds[60:]] for side in (0, 1))
        ]
        assert min(ratios) < 0.6
        thinnest.append(min(ratios))
        spreads = [second.spread for second in seconds[60:]]
        widest.append(max(spreads) / share(spreads, 0.5))
    assert min(thinnest) < 0.3
    assert max(widest) >= 3


@pytest.fixture(scope="module", params=range(4))
def first_minutes(request):
    """A seed's evening until the match goes on."""
    return Record(request.param, 80 * SECOND)


def test_first_minute_holds_a_panic_worth_trading_for_every_seed(first_minutes):
    record = first_minutes
    seconds = record.seconds[record.scenario.listings[0].market.id]
    usual = sum(second.volume for second in seconds[: record.now]) / record.now * 30
    panics = [
        index
        for index in range(record.now + 5, record.now + 60)
        if seconds[index].mid / seconds[index - 30].mid - 1 <= -0.03
        and sum(second.volume for second in seconds[index - 29 : index + 1]) >= 3 * usual
    ]
    assert len(panics) >= 3


def test_panic_comes_back_while_the_match_stands_still(first_minutes):
    """Between rumour and resumption nothing happens in the match: what fell was the crowd's."""
    record = first_minutes
    seconds = record.seconds[record.scenario.listings[0].market.id]
    before = seconds[record.now + 15].mid
    lowest = min(second.mid for second in seconds[record.now + 21 : record.now + 45])
    last = seconds[record.now + 78].mid
    assert lowest < 0.97 * before
    assert last - lowest >= 0.25 * (before - lowest)


def test_viewer_is_told_what_happens_and_markets_end_with_the_match():
    scenario = Scenario(2, NOW, pre_roll=8 * MINUTE)
    events = [
        event
        for event in passing(scenario, NOW + 55 * MINUTE)
        if isinstance(event, MatchMoment | StatusChanged | GridChanged)
    ]
    kinds = [event.kind for event in events if isinstance(event, MatchMoment)]
    assert kinds[0] == "start"
    assert kinds[-1] == "match_won"
    assert [k for k in kinds if k in {"pause", "rumour", "resume"}] == ["pause", "rumour", "resume"]
    winner = next(e.team for e in events if isinstance(e, MatchMoment) and e.kind == "match_won")
    results = [scenario.states[one.market.id].result for one in scenario.listings]
    assert (results[0], results[3], results[4]) == (winner, winner, 1 - winner)
    for state in scenario.states.values():
        assert state.status is MarketStatus.RESOLVED
        assert (state.bids.sizes, state.asks.sizes) == ({}, {})
    refined = [event for event in events if isinstance(event, GridChanged)]
    polymarket = {o.market.id for o in scenario.listings if o.market.venue is Venue.POLYMARKET}
    assert {event.step for event in refined} >= {10}
    assert {event.market for event in refined} <= polymarket
