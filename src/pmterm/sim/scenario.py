"""The demo's evening: one match, five markets on two venues, and a crowd; seeded and clockless."""

import random
from collections.abc import Callable, Mapping, Sequence

from pmterm.model.ids import MarketId
from pmterm.model.order import Side
from pmterm.model.units import MS, SECOND, Ns
from pmterm.sim.billing import TEAMS, Bout, listings_of
from pmterm.sim.crowd import Alarm, Pit
from pmterm.sim.evening import PAUSE_AFTER, PLAYED, RESUME_AFTER, pick_evening
from pmterm.sim.events import MatchMoment, SimEvent
from pmterm.sim.listing import Listing
from pmterm.sim.makers import Style
from pmterm.sim.market_state import MarketState
from pmterm.sim.matching import MatchingBook
from pmterm.sim.valorant import Moment

STEP: Ns = 50 * MS
PRE_ROLL: Ns = 15 * 60 * SECOND
# The script, from `now` on. Play has paused a while before, and there are no stampedes but the
# rumour's, so that what a signal compares with is quiet and no price runs further than the crowd
# of the rumour takes it. A viewer's signals need half a minute of prices before they can compare.
CALM_AFTER: Ns = -130 * SECOND
CALM_UNTIL: Ns = 125 * SECOND
RUMOUR_AFTER: Ns = 17 * SECOND
FALL_S = 17.0  # how long the price falls; a risk gate stops orders where one falls too fast
HOLD_S = 11.0  # and how long it stays down
VANISH_EVERY_S = 140.0

# Chosen inside what was measured on real sports and esports books: spreads of 1 to 4 cents,
# hundreds to a few thousand dollars on the best five levels, 5 to 250 changes a second over all
# books of a game in play with a 99th percentile of 4 to 5 times the mean.
STYLES = (
    Style(level_qty=420, flutter=1.6, takers=0.40, taker_qty=55, half_spread=45),
    Style(level_qty=220, flutter=0.9, takers=0.15, taker_qty=35, half_spread=90),
    Style(level_qty=160, flutter=0.6, takers=0.08, taker_qty=30, half_spread=110),
    Style(level_qty=380, flutter=1.2, takers=0.30, taker_qty=50, half_spread=60),
    Style(level_qty=300, flutter=1.0, takers=0.20, taker_qty=45, half_spread=60),
)


class Scenario:
    """An evening of prediction markets in virtual time, a `World` for the servers.

    It starts `pre_roll` before `now`, so that what needs an hour of habit has something to go by.
    Around `now` the match is even and play has paused, since a player's machine failed; then a
    rumour goes round and the crowd sells far more than it is worth. The same seed and `now`
    give the same evening. `run_until` may be called with any steps of time: the answer is the same.
    """

    def __init__(self, seed: int, now: Ns, *, pre_roll: Ns = PRE_ROLL) -> None:
        self.now = now
        self.started_at = (now - pre_roll) // STEP * STEP
        self._seed = seed
        names = self._chance("teams").sample(TEAMS, 2)
        self.teams = (names[0][0], names[1][0])
        kick_off = now - PLAYED
        evening = pick_evening(self._chance, self.teams)
        self._moments = [(kick_off + after, moment) for after, moment in evening]
        self._played = sum(at <= self.started_at for at, _ in self._moments)
        self._last = self._moments[max(0, self._played - 1)][1]
        self.listings: Sequence[Listing] = tuple(listings_of(Bout(names[0], names[1], kick_off)))
        self._pits = [
            Pit(listing, style, self._chance(f"pit {listing.market.slug[-8:]} {index}"))
            for index, (listing, style) in enumerate(zip(self.listings, STYLES, strict=True))
        ]
        self.states: Mapping[MarketId, MarketState] = {
            listing.market.id: MarketState(listing) for listing in self.listings
        }
        self._dice = self._chance("dice")
        self._script = self._write_script()
        self._clock = self.started_at - STEP

    def run_until(self, at: Ns) -> Sequence[SimEvent]:
        """Let virtual time pass up to `at`; returns what happened, oldest first."""
        events: list[SimEvent] = []
        while self._clock + STEP <= at:
            self._clock += STEP
            events += self._step(self._clock)
        return events

    def book(self, market: MarketId) -> MatchingBook | None:
        """Return the book of a market."""
        pit = self._pit(market)
        return pit.book if pit is not None else None

    def halt(self, market: MarketId, *, is_halted: bool) -> None:
        """Have a market's crowd go away, or come back."""
        pit = self._pit(market)
        if pit is not None:
            pit.is_halted = is_halted

    def _pit(self, market: MarketId) -> Pit | None:
        return next((pit for pit in self._pits if pit.listing.market.id == market), None)

    def _chance(self, what: str) -> random.Random:
        return random.Random(f"{self._seed} {what}")  # noqa: S311 - a game, not a secret

    def _write_script(self) -> list[tuple[Ns, Callable[[Ns], list[SimEvent]]]]:
        return [
            (self.now + CALM_AFTER, self._calm),
            (self.now + PAUSE_AFTER, self._pause),
            (self.now + RUMOUR_AFTER, self._spread_rumour),
            (self.now + RESUME_AFTER, self._resume),
        ]

    def _step(self, at: Ns) -> list[SimEvent]:
        if at == self.started_at:
            return self._open(at)
        events: list[SimEvent] = []
        while self._script and self._script[0][0] <= at:
            events += self._script.pop(0)[1](at)
        while self._played < len(self._moments) and self._moments[self._played][0] <= at:
            self._last = self._moments[self._played][1]
            self._played += 1
            events += self._tell(at, self._last)
        for pit, truth in zip(self._pits, self._truths(), strict=True):
            if not pit.is_open or pit.is_halted:
                continue
            if self._dice.random() < STEP / SECOND / VANISH_EVERY_S:
                pit.vanish(at)
            events += pit.step(at, STEP / SECOND, truth)
        return events

    def _open(self, at: Ns) -> list[SimEvent]:
        events: list[SimEvent] = []
        for pit, truth in zip(self._pits, self._truths(), strict=True):
            events += pit.open(at, truth)
        return events

    def _truths(self) -> tuple[float, ...]:
        """Return the chance of YES in each market."""
        last = self._last
        return (last.match, last.maps[0], last.maps[1], last.match, 1 - last.match)

    def _tell(self, at: Ns, moment: Moment) -> list[SimEvent]:
        events: list[SimEvent] = []
        if moment.kind not in {"buy", "kill"}:
            chance = int(moment.match * 1_000_000)
            events.append(MatchMoment(at, moment.kind, moment.team, moment.text, chance))
        if moment.kind == "map_won" and moment.map_number <= 2:
            events += self._close(at, moment.map_number, moment.team)
        if moment.kind == "match_won":
            for index in (0, 2, 3, 4):
                events += self._close(at, index, moment.team if index != 4 else 1 - moment.team)
        return events

    def _close(self, at: Ns, index: int, result: int) -> list[SimEvent]:
        pit = self._pits[index]
        return [*pit.close(at, result)] if pit.is_open else []

    def _note(self, at: Ns, kind: str, text: str) -> list[SimEvent]:
        return [MatchMoment(at, kind, 0, text, int(self._last.match * 1_000_000))]

    def _calm(self, _: Ns) -> list[SimEvent]:
        for pit in self._pits:
            pit.keep_calm(self.now + RUMOUR_AFTER, self.now + CALM_UNTIL)
        return []

    def _pause(self, at: Ns) -> list[SimEvent]:
        return self._note(at, "pause", f"technical pause: {self.teams[0]} report a problem")

    def _resume(self, at: Ns) -> list[SimEvent]:
        return self._note(at, "resume", "play goes on, all ten are back")

    def _spread_rumour(self, at: Ns) -> list[SimEvent]:
        drop = self._dice.uniform(0.165, 0.18)
        half_life_s = self._dice.uniform(15, 20)
        for index, side, share, times in (
            (0, Side.SELL, 1.0, 12.0),
            (3, Side.SELL, 0.9, 8.0),
            (4, Side.BUY, 0.8, 8.0),
            (1, Side.SELL, 0.6, 6.0),
        ):
            self._pits[index].alarm(
                at, Alarm(side, drop * share, times, FALL_S, FALL_S + HOLD_S, half_life_s)
            )
        return self._note(at, "rumour", f"rumour: {self.teams[0]} may have to play with four")
