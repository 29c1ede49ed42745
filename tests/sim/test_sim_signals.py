"""The demo's promise: a newcomer is told of a panic within a minute, whatever the seed."""

import pytest

from pmterm.messages.feed import MarketSeen
from pmterm.messages.health import Heartbeat
from pmterm.messages.signals import SignalKind, SignalSeen
from pmterm.messages.transport import Opened
from pmterm.model.units import SECOND
from pmterm.sim.history import history
from pmterm.sim.scenario import Scenario
from pmterm.trading.book.books import Books
from pmterm.trading.pipeline import Pipeline
from pmterm.trading.signal.detector import Detector
from pmterm.trading.signal.rules import SignalSettings
from pmterm.venues.polymarket.feed import PolymarketFeed

NOW = 1_790_000_000 * SECOND
BEAT = SECOND // 2


def signals(seed, until):
    """What the detector says about the match winner from pre-roll to `until`."""
    scenario = Scenario(seed, NOW)
    market = scenario.listings[0].market
    feed = PolymarketFeed()
    pipeline = Pipeline([Books(), Detector(SignalSettings())])
    said = list(pipeline.on(MarketSeen(scenario.started_at - 1, market)))
    feed.watch(market, scenario.started_at - 1)
    beat = scenario.started_at // BEAT * BEAT + BEAT
    for event in history(scenario, scenario.started_at, until, markets={market.id}):
        while beat <= event.at:
            said += pipeline.on(Heartbeat(beat))
            beat += BEAT
        for message in feed.opened(event) if isinstance(event, Opened) else feed.receive(event):
            said += pipeline.on(message)
    return [one for one in said if isinstance(one, SignalSeen)]


@pytest.mark.parametrize("seed", range(4))
def test_panic_is_signalled_in_the_first_minute(seed):
    panics = [
        one
        for one in signals(seed, NOW + 60 * SECOND)
        if one.at >= NOW and one.kind is SignalKind.PANIC_SELL
    ]
    assert panics
    assert panics[0].mid2 < panics[0].before2
