"""What a local exchange can show: a scenario, a quiet world, a recording, or a burst."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from pmterm.model.ids import MarketId
from pmterm.model.units import Ns
from pmterm.sim.events import MatchMoment, SimEvent
from pmterm.sim.listing import Listing
from pmterm.sim.market_state import MarketState
from pmterm.sim.matching import MatchingBook


class Clock(Protocol):
    """Time and waiting; a test can hold it."""

    def now(self) -> Ns:
        """Return Unix ns."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class World(Protocol):
    """Markets and what happens in them.

    `states` show what has been passed on so far: events come out of `run_until` not yet applied,
    so that whoever tells them in a venue's words sees the book as it was after each one.
    """

    @property
    def listings(self) -> Sequence[Listing]:
        """Every market there ever is."""
        ...

    @property
    def states(self) -> Mapping[MarketId, MarketState]:
        """How each market looks to those outside."""
        ...

    def run_until(self, at: Ns) -> Sequence[SimEvent]:
        """Let time pass; returns what happened up to `at`, oldest first."""
        ...

    def book(self, market: MarketId) -> MatchingBook | None:
        """Return the book that orders can be placed in; None where nobody can trade."""
        ...

    def halt(self, market: MarketId, *, is_halted: bool) -> None:
        """Have the world's own people leave a market alone, or come back to it."""
        ...


class Unmatched:
    """A world, or a part of one, in which nobody can place orders."""

    def book(self, market: MarketId) -> MatchingBook | None:  # noqa: ARG002
        """Return nothing: what happens here is told, not made."""
        return None

    def halt(self, market: MarketId, *, is_halted: bool) -> None:
        """Do nothing: nobody acts here."""


def passing(world: World, until: Ns) -> Iterator[SimEvent]:
    """Let time pass and yield each event once the outside can see it."""
    for event in world.run_until(until):
        if not isinstance(event, MatchMoment):
            world.states[event.market].apply(event)
        yield event
