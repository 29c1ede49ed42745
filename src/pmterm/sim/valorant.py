"""A best-of-three Valorant match as a clock-driven story with an honest win probability.

Rules: first to 13 rounds, two ahead; twelve rounds a half, then sides switch and money starts
anew; rounds 1 and 13 are pistol rounds; from 12-12 on the sides alternate every round until one
team leads by two. A round is a row of duels until one team of five is gone; who wins a duel
depends on skill, side and guns. The probability of a round, a map and the match is computed over
all that can still follow, so it moves only when something happens. Times are compressed: a round
lasts 20 to 35 seconds.
"""

import math
import random
from collections.abc import Iterator

import msgspec

from pmterm.model.units import MS, SECOND, Ns
from pmterm.sim.map_odds import MapOdds, match_chance, round_chance

PLAYERS = 5
ROUNDS_TO_WIN = 13
HALF = 12
FULL_BUY = 3_900
PISTOL_MONEY = 800
OVERTIME_MONEY = 5_000
MOST_MONEY = 9_000
WIN_MONEY = 3_000
LOSS_MONEY = (1_900, 2_400, 2_900)
GUN_EDGE = 0.55  # log-odds of a duel between a full buy and bare hands
TIMEOUTS = 2


class Moment(msgspec.Struct, frozen=True):
    """Something happened, `after` ns into the match.

    `maps` are the first team's chances on each map, 1 or 0 once played; `match` on the match.
    `team` is who did it (0, 1) or -1.
    """

    after: Ns
    kind: str
    team: int
    text: str
    match: float
    maps: tuple[float, float, float]
    map_number: int


class _Team(msgspec.Struct):
    """What a team has in the current half: money, guns and how often it lost in a row."""

    money: int = PISTOL_MONEY
    guns: int = 0
    losses: int = 0
    timeouts: int = TIMEOUTS

    def buy(self, *, is_overtime: bool) -> None:
        """Spend: everything it needs for a full buy, or little if that saves the next round."""
        need = FULL_BUY - self.guns
        if is_overtime:
            self.guns = FULL_BUY
            return
        if self.money >= need or self.money <= PISTOL_MONEY:
            spend = min(self.money, max(0, need))
        else:
            next_income = LOSS_MONEY[min(self.losses, 2)]
            spend = self.money // 5 if self.money + next_income >= FULL_BUY else self.money * 4 // 5
        self.money -= spend
        self.guns += spend

    @property
    def is_eco(self) -> bool:
        """Whether it plays this round with less than half of a full buy."""
        return self.guns < FULL_BUY // 2

    def settle(self, *, won: bool, alive: int) -> None:
        """Take the round's money; survivors keep their guns."""
        self.money += WIN_MONEY if won else LOSS_MONEY[min(self.losses, 2)]
        self.money = min(MOST_MONEY, self.money)
        self.losses = 0 if won else self.losses + 1
        self.guns = self.guns * alive // PLAYERS


class Match:
    """One evening. The same source of chance gives the same match."""

    def __init__(self, chance: random.Random, names: tuple[str, str]) -> None:
        self._chance = chance
        self._names = names
        skill = chance.gauss(0.0, 0.035)
        self._odds = [
            MapOdds(
                skill + chance.gauss(0.0, 0.035), chance.gauss(0.0, 0.05), chance.random() < 0.5
            )
            for _ in range(3)
        ]
        self._won = [0, 0]
        self._map = 0
        self._score = [0, 0]
        self._teams = [_Team(), _Team()]
        self._now: Ns = 0
        self._maps = [odds.chance(0, 0) for odds in self._odds]

    def moments(self) -> Iterator[Moment]:
        """Tell the match from its first second to its last, in order."""
        yield self._moment("start", -1, "match starts")
        while max(self._won) < 2:
            yield from self._play_map()
        winner = 0 if self._won[0] == 2 else 1
        yield self._moment("match_won", winner, f"{self._names[winner]} win the match")

    def _moment(self, kind: str, team: int, text: str) -> Moment:
        maps = (self._maps[0], self._maps[1], self._maps[2])
        chance = match_chance(maps, self._map, self._won)
        return Moment(self._now, kind, team, text, chance, maps, self._map)

    def _wait(self, least_s: float, most_s: float) -> None:
        self._now += int(self._chance.uniform(least_s, most_s) * 1_000) * MS

    def _play_map(self) -> Iterator[Moment]:
        odds = self._odds[self._map]
        self._score = [0, 0]
        while max(self._score) < ROUNDS_TO_WIN or abs(self._score[0] - self._score[1]) < 2:
            played = sum(self._score)
            if played in {0, HALF}:
                self._teams = [_Team(timeouts=team.timeouts) for team in self._teams]
            if played == HALF:
                self._now += 8 * SECOND
                yield self._moment("half", -1, f"half time {self._score_text()}")
            yield from self._play_round(odds)
        winner = 0 if self._score[0] > self._score[1] else 1
        self._won[winner] += 1
        self._maps[self._map] = 1.0 - winner
        text = f"{self._names[winner]} win map {self._map + 1} {self._score_text()}"
        self._map += 1
        yield self._moment("map_won", winner, text)
        self._teams = [_Team(), _Team()]
        self._wait(30, 45)

    def _play_round(self, odds: MapOdds) -> Iterator[Moment]:
        a, b = self._score
        number = a + b
        for team in self._teams:
            team.buy(is_overtime=number >= 2 * HALF)
        duel = odds.duel(number) + GUN_EDGE * (self._teams[0].guns - self._teams[1].guns) / FULL_BUY
        win = 1 / (1 + math.exp(-duel))
        if_won, if_lost = odds.chance(a + 1, b), odds.chance(a, b + 1)
        self._maps[self._map] = _between(if_won, if_lost, round_chance(PLAYERS, PLAYERS, win))
        yield self._moment("buy", -1, f"round {number + 1}")
        yield from self._call_timeout()
        self._wait(6, 9)
        alive = [PLAYERS, PLAYERS]
        kills: list[list[int]] = [[0] * PLAYERS, [0] * PLAYERS]
        lone = [0, 0]  # how many opponents a team's last player faced
        while min(alive) > 0:
            self._wait(0.8, 3.6)
            killer = 0 if self._chance.random() < win else 1
            alive[1 - killer] -= 1
            kills[killer][self._chance.randrange(alive[killer])] += 1
            if alive[1 - killer] == 1:
                lone[1 - killer] = max(lone[1 - killer], alive[killer])
            if min(alive) > 0:
                chance = round_chance(alive[0], alive[1], win)
                self._maps[self._map] = _between(if_won, if_lost, chance)
                yield self._moment("kill", killer, f"{alive[0]} against {alive[1]}")
        yield self._end_round(0 if alive[1] == 0 else 1, alive, kills, lone)
        self._wait(3, 5)

    def _call_timeout(self) -> Iterator[Moment]:
        for index, team in enumerate(self._teams):
            if team.losses >= 3 and team.timeouts and self._chance.random() < 0.4:
                team.timeouts -= 1
                yield self._moment("timeout", index, f"{self._names[index]} call a timeout")
                self._wait(15, 25)
                return

    def _end_round(
        self, winner: int, alive: list[int], kills: list[list[int]], lone: list[int]
    ) -> Moment:
        number = sum(self._score)
        kind = "round"
        if number in {0, HALF}:
            kind = "pistol"
        if self._teams[winner].is_eco and not self._teams[1 - winner].is_eco:
            kind = "eco"
        if lone[winner] >= 2:
            kind = "clutch"
        if max(kills[winner]) == PLAYERS:
            kind = "ace"
        self._score[winner] += 1
        for index, team in enumerate(self._teams):
            team.settle(won=index == winner, alive=alive[index])
        odds = self._odds[self._map]
        self._maps[self._map] = odds.chance(self._score[0], self._score[1])
        words = {"pistol": "the pistol round", "eco": "an eco round", "clutch": "a clutch"}
        what = {"round": "the round", "ace": "it with an ace"}.get(kind) or words[kind]
        text = f"{self._names[winner]} win {what}, {self._score_text()}"
        return self._moment(kind, winner, text)

    def _score_text(self) -> str:
        return f"{self._score[0]}-{self._score[1]}"


def _between(if_won: float, if_lost: float, chance: float) -> float:
    return chance * if_won + (1 - chance) * if_lost
