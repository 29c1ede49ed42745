"""Picks the match of the demo's evening, and lays down when play pauses and goes on."""

import random
from collections.abc import Callable, Iterator, Sequence

from pmterm.model.units import SECOND, Ns
from pmterm.sim.valorant import Match, Moment

PLAYED: Ns = 7 * 60 * SECOND  # how long the match has been on when the viewer comes
PAUSE_AFTER: Ns = -90 * SECOND  # of the moment the viewer comes
RESUME_AFTER: Ns = 104 * SECOND
STEADY_FROM: Ns = -135 * SECOND
STEADY_UNTIL: Ns = 125 * SECOND
STANDS_AT = (0.5, 0.68)  # a favourite by a little: the dearer a share, the less of it is fee
MAP_STANDS_AT = (0.32, 0.8)
SWING = 0.11  # the most a chance may change, as a share of itself, in so short a time
SWING_WITHIN: Ns = 14 * SECOND  # a market is up to 4 s late with what happened
MOST_TRIES = 400


def pick_evening(
    chance: Callable[[str], random.Random], teams: tuple[str, str]
) -> list[tuple[Ns, Moment]]:
    """Return the moments of the first match fit for a viewer, each with its time after kick-off.

    Fit: on map 1 when play pauses, the first team somewhat ahead, and no round so decisive in the
    minutes around the viewer's coming that a price would run away by more than the crowd moves it.
    If there is none among many, the one that swings least of those that stand right.
    """
    best, least = 0, 99.0
    for attempt in range(MOST_TRIES):
        swing = _swing(_start_of(Match(chance(f"match {attempt}"), teams).moments()))
        if swing < least:
            best, least = attempt, swing
        if swing <= SWING:
            break
    moments = Match(chance(f"match {best}"), teams).moments()
    return [(_time_of(moment), moment) for moment in moments]


def _time_of(moment: Moment) -> Ns:
    """Return when it happens after kick-off, the pause counted in."""
    pause = RESUME_AFTER - PAUSE_AFTER
    return moment.after + (pause if moment.after >= PLAYED + PAUSE_AFTER else 0)


def _start_of(moments: Iterator[Moment]) -> list[tuple[Ns, Moment]]:
    """Return what happens up to the end of the minutes that must be steady."""
    found: list[tuple[Ns, Moment]] = []
    for moment in moments:
        at = _time_of(moment)
        if at > PLAYED + STEADY_UNTIL:
            break
        found.append((at, moment))
    return found


def _swing(moments: Sequence[tuple[Ns, Moment]]) -> float:
    """Return the largest quick change of any market's chance; 99 if the match is not fit at all."""
    paused = [moment for at, moment in moments if at < PLAYED + PAUSE_AFTER]
    last = paused[-1]
    is_fit = (
        STANDS_AT[0] <= last.match <= STANDS_AT[1]
        and MAP_STANDS_AT[0] <= last.maps[0] <= MAP_STANDS_AT[1]
        and moments[-1][1].map_number == 0
    )
    if not is_fit:
        return 99.0
    begin = PLAYED + STEADY_FROM
    steady = [(at, moment) for at, moment in moments if at >= begin]
    worst = 0.0
    for index, (at, later) in enumerate(steady):
        for before, earlier in reversed(steady[:index]):
            if before < at - SWING_WITHIN:
                break
            worst = max(worst, _change(earlier, later))
    return worst


def _change(earlier: Moment, later: Moment) -> float:
    """Return the largest change of a chance as a share of what it was."""
    pairs = (
        (earlier.match, later.match),
        (1 - earlier.match, 1 - later.match),
        (earlier.maps[0], later.maps[0]),
    )
    return max(abs(now - old) / max(old, 0.01) for old, now in pairs)
