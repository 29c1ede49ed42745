"""The load-test world: as many changes as asked for, none lost."""

from pmterm.model.units import SECOND
from pmterm.sim.burst import BurstWorld
from pmterm.sim.events import LevelNow
from pmterm.sim.world import passing

NOW = 1_790_000_000 * SECOND


def test_rate_is_kept_exactly_whatever_the_steps():
    counts = []
    for step in (SECOND // 40, SECOND // 3):
        world = BurstWorld(NOW, 10_000)
        at, count = NOW, 0
        while at < NOW + 2 * SECOND:
            at = min(at + step, NOW + 2 * SECOND)
            count += sum(isinstance(event, LevelNow) for event in passing(world, at))
        counts.append((count, world.made))
    assert counts == [(20_000, 20_000)] * 2


def test_every_change_adds_up_and_touches_every_market():
    world = BurstWorld(NOW, 5_000)
    list(passing(world, NOW))
    seen = set()
    for event in world.run_until(NOW + SECOND):
        state = world.states[event.market]
        before = state.side(event.side).sizes.get(event.price, 0)
        assert before + event.change == event.qty
        state.apply(event)
        seen.add(event.market)
        assert state.best_bid < state.best_ask
    assert seen == set(world.states)
