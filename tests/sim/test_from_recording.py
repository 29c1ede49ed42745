"""A recorded evening served again: the same books, at the speed asked for, in the same dialect."""

import msgspec
import pytest

from pmterm.messages.feed import MarketStatusSeen
from pmterm.messages.transport import Opened
from pmterm.model.errors import RecordingBroken
from pmterm.model.ids import Venue
from pmterm.model.market import MarketStatus
from pmterm.model.units import SECOND
from pmterm.sim.from_recording import RecordingWorld
from pmterm.sim.history import history
from pmterm.sim.kalshi_rows import market_row as kalshi_row
from pmterm.sim.polymarket_rows import market_row as polymarket_row
from pmterm.sim.scenario import Scenario
from pmterm.sim.world import passing
from pmterm.store.recording import MarketLine, RecordingReader, RecordingWriter
from pmterm.venues.kalshi.catalog import KalshiCatalog
from pmterm.venues.kalshi.feed import KalshiFeed
from pmterm.venues.polymarket.catalog import PolymarketCatalog

NOW = 1_790_000_000 * SECOND


@pytest.fixture(scope="module")
def taped(tmp_path_factory):
    """A minute of a scenario, recorded as a client receives it."""
    scenario = Scenario(5, NOW, pre_roll=60 * SECOND)
    path = tmp_path_factory.mktemp("tape") / "evening.ndjson.zst"
    writer = RecordingWriter(path, "scenario 5")
    for state in scenario.states.values():
        market = state.listing.market
        row = kalshi_row(state) if market.venue is Venue.KALSHI else polymarket_row(state)
        data = msgspec.json.decode(msgspec.json.encode(row))
        writer.market(scenario.started_at, market.venue, market.id, data)
    for event in history(scenario, scenario.started_at, NOW):
        (writer.frame if hasattr(event, "text") else writer.opened)(event)
    writer.close()
    return scenario, path


def books(world):
    return {
        market: (state.bids.sizes, state.asks.sizes, state.volume, state.last)
        for market, state in world.states.items()
    }


@pytest.mark.parametrize("speed", [1.0, 20.0])
def test_recording_plays_to_the_books_it_was_made_from(taped, speed):
    scenario, path = taped
    world = RecordingWorld(RecordingReader(path), NOW, speed=speed)
    assert {one.market.id for one in world.listings} == set(scenario.states)
    events = list(passing(world, NOW + int(61 * SECOND / speed)))
    assert world.is_over
    assert books(world) == books(scenario)
    assert [a.at for a in events] == sorted(a.at for a in events)
    assert events[0].at >= NOW


def test_half_the_time_brings_half_the_evening(taped):
    _, path = taped
    world = RecordingWorld(RecordingReader(path), NOW)
    first = len(world.run_until(NOW + 30 * SECOND))
    assert not world.is_over
    assert world.run_until(NOW + 30 * SECOND) == []
    rest = len(world.run_until(NOW + 61 * SECOND))
    assert first > 200
    assert rest > 200


@pytest.mark.parametrize("speed", [1.0, 20.0])
def test_times_of_a_market_move_with_its_frames(taped, speed):
    scenario, path = taped
    later = NOW + 90 * 24 * 3_600 * SECOND
    world = RecordingWorld(RecordingReader(path), later, speed=speed)
    first = next(line.at for line in RecordingReader(path) if isinstance(line, Opened))
    for market, state in world.states.items():
        then, now = scenario.states[market].listing.market, state.listing.market
        assert now.closes_at == pytest.approx(later + (then.closes_at - first) / speed, abs=1_000)
        assert later < now.closes_at
        if then.venue is Venue.POLYMARKET:
            assert now.starts_at < later
            row, catalog = polymarket_row(state), PolymarketCatalog()
        else:
            row, catalog = kalshi_row(state), KalshiCatalog()
        served = catalog.market_of(msgspec.json.decode(msgspec.json.encode(row)))
        assert abs(served.closes_at - now.closes_at) < SECOND


def test_old_recording_served_today_is_open_to_a_client_until_its_own_close(taped):
    """A Kalshi feed closes markets by its own clock: months later it must not do so at once."""
    _, path = taped
    later = NOW + 90 * 24 * 3_600 * SECOND
    world = RecordingWorld(RecordingReader(path), later)
    feed = KalshiFeed()
    market = next(one.market for one in world.listings if one.market.venue is Venue.KALSHI)
    feed.watch(market, later)
    assert not [one for one in feed.tick(later + 60 * SECOND) if isinstance(one, MarketStatusSeen)]
    closed = [one for one in feed.tick(market.closes_at) if isinstance(one, MarketStatusSeen)]
    assert [one.status for one in closed] == [MarketStatus.CLOSED]


def test_served_recording_can_be_recorded_again_to_the_same_books(taped):
    scenario, path = taped
    world = RecordingWorld(RecordingReader(path), NOW)
    frames = list(history(world, NOW, NOW + 61 * SECOND))
    assert len(frames) > 1_000
    assert books(world) == books(scenario)


def test_where_no_fee_was_recorded_the_exchange_tells_what_it_charges(taped):
    _, path = taped
    lines = [
        msgspec.structs.replace(
            line, data={name: told for name, told in line.data.items() if "fee" not in name.lower()}
        )
        if isinstance(line, MarketLine) and line.venue is Venue.POLYMARKET
        else line
        for line in RecordingReader(path)
    ]
    for state in RecordingWorld(lines, NOW).states.values():
        market = state.listing.market
        if market.venue is Venue.POLYMARKET:
            row = msgspec.json.decode(msgspec.json.encode(polymarket_row(state)))
            assert PolymarketCatalog().market_of(row).fees == market.fees
            assert market.fees.taker_ppm > 0


def test_recording_without_metadata_cannot_be_served(tmp_path):
    path = tmp_path / "bare.ndjson"
    path.write_text('{"kind":"header","format":"pmterm-recording","version":1}\n')
    with pytest.raises(RecordingBroken):
        RecordingWorld(RecordingReader(path), NOW)
