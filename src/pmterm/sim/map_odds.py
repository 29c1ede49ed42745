"""Who wins a round, a map, a match: computed over every score that can still follow."""

import math
from functools import lru_cache

PLAYERS = 5
TO_WIN = 13
HALF = 12


@lru_cache(maxsize=65_536)
def round_chance(ours: int, theirs: int, duel: float) -> float:
    """Return the chance to win a round with so many alive, each duel being won with `duel`."""
    if theirs == 0:
        return 1.0
    if ours == 0:
        return 0.0
    return duel * round_chance(ours, theirs - 1, duel) + (1 - duel) * round_chance(
        ours - 1, theirs, duel
    )


class MapOdds:
    """The first team's chances on one map with even money.

    `skill` and `side` are log-odds of a duel: `side` favours the attackers (below 0: defenders).
    """

    def __init__(self, skill: float, side: float, starts_attacking: bool) -> None:  # noqa: FBT001 - three plain facts of a map
        self._skill = skill
        self._side = side
        self._starts_attacking = starts_attacking
        self._known: dict[tuple[int, int], float] = {}
        attack, defence = (
            round_chance(PLAYERS, PLAYERS, 1 / (1 + math.exp(-skill - sign * side)))
            for sign in (1, -1)
        )
        self._round = {True: attack, False: defence}
        both, none = attack * defence, (1 - attack) * (1 - defence)
        self._overtime = both / (both + none)  # from a tie: two in a row, one on each side

    def attacks(self, number: int) -> bool:
        """Tell whether the first team attacks in round `number` (from 0)."""
        if number < HALF:
            return self._starts_attacking
        if number < 2 * HALF:
            return not self._starts_attacking
        return self._starts_attacking == (number % 2 == 0)

    def duel(self, number: int) -> float:
        """Return the log-odds of a duel in round `number`, guns being equal."""
        return self._skill + (self._side if self.attacks(number) else -self._side)

    def chance(self, ours: int, theirs: int) -> float:
        """Return the chance to win the map from this score, at the start of a round."""
        if (ours, theirs) not in self._known:
            self._known[ours, theirs] = self._follow(ours, theirs)
        return self._known[ours, theirs]

    def _follow(self, ours: int, theirs: int) -> float:
        if max(ours, theirs) >= TO_WIN and abs(ours - theirs) >= 2:
            return float(ours > theirs)
        number = ours + theirs
        if number >= 2 * HALF and ours == theirs:
            return self._overtime
        chance = self._round[self.attacks(number)]
        return chance * self.chance(ours + 1, theirs) + (1 - chance) * self.chance(ours, theirs + 1)


def match_chance(maps: tuple[float, ...], current: int, won: list[int]) -> float:
    """Return the chance to win a best of three: `maps` from `current` on are still to be played."""
    if won[0] == 2 or won[1] == 2:
        return float(won[0] == 2)
    chance = maps[current]
    return chance * match_chance(maps, current + 1, [won[0] + 1, won[1]]) + (
        1 - chance
    ) * match_chance(maps, current + 1, [won[0], won[1] + 1])
