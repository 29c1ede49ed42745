"""The match: Valorant's rules, and a win probability that means what it says."""

import functools
import random
from collections import Counter
from itertools import pairwise

import pytest

from pmterm.model.units import SECOND
from pmterm.sim.map_odds import MapOdds, match_chance, round_chance
from pmterm.sim.valorant import Match

ROUND_KINDS = {"round", "pistol", "eco", "clutch", "ace"}


def evening(seed):
    return list(Match(random.Random(seed), ("Ants", "Bees")).moments())


@functools.cache
def evenings():
    return [evening(seed) for seed in range(150)]


def maps_of(moments):
    """Rounds of each map as the winners' indices."""
    maps, rounds = [], []
    for moment in moments:
        if moment.kind in ROUND_KINDS:
            rounds.append(moment.team)
        if moment.kind == "map_won":
            maps.append((moment.team, rounds))
            rounds = []
    return maps


def test_maps_go_to_thirteen_and_two_ahead_and_two_maps_win():
    overtimes = 0
    for moments in evenings():
        maps = maps_of(moments)
        for winner, rounds in maps:
            wins = rounds.count(winner)
            assert rounds[-1] == winner
            assert wins >= 13
            assert wins - rounds.count(1 - winner) >= 2
            assert wins == 13 or wins - rounds.count(1 - winner) == 2
            overtimes += wins > 13
        winners = [winner for winner, _ in maps]
        assert winners.count(moments[-1].team) == 2
        assert len(maps) in {2, 3}
        assert moments[-1].kind == "match_won"
    assert overtimes > 0


def test_each_map_has_one_half_time_and_pistols_at_its_halves():
    for moments in evenings()[:20]:
        kinds = Counter(moment.kind for moment in moments)
        assert kinds["half"] == kinds["map_won"]
        pistols = [m for m in moments if m.kind == "buy" and m.text in {"round 1", "round 13"}]
        assert len(pistols) == 2 * kinds["map_won"]


def test_everything_a_viewer_talks_about_happens():
    kinds = Counter(moment.kind for moments in evenings() for moment in moments)
    for kind in ROUND_KINDS | {"timeout", "kill"}:
        assert kinds[kind] > 20


def test_rounds_last_about_half_a_minute():
    gaps = [
        (b.after - a.after) / SECOND
        for moments in evenings()
        for a, b in pairwise([m for m in moments if m.kind == "buy"])
        if a.map_number == b.map_number
    ]
    usual = sorted(gaps)[len(gaps) // 10 : len(gaps) * 9 // 10]
    assert usual[0] >= 18
    assert usual[-1] <= 40


def test_probability_ends_at_the_result_and_moves_only_forward_in_time():
    for moments in evenings():
        assert all(a.after <= b.after for a, b in pairwise(moments))
        assert all(0 <= moment.match <= 1 for moment in moments)
        last = moments[-1]
        assert last.match == 1 - last.team


def test_probability_is_calibrated():
    said, came = Counter(), Counter()
    for moments in evenings():
        for moment in moments[5::40]:
            said[int(moment.match * 5)] += 1
            came[int(moment.match * 5)] += moments[-1].team == 0
    for fifth in range(5):
        assert abs(came[fifth] / said[fifth] - (fifth + 0.5) / 5) < 0.13


def test_lone_player_may_still_win_and_even_duels_are_even():
    assert round_chance(5, 5, 0.5) == pytest.approx(0.5)
    assert 0 < round_chance(1, 5, 0.5) < round_chance(4, 5, 0.5) < 0.5
    assert round_chance(0, 3, 0.9) == 0
    assert round_chance(2, 0, 0.1) == 1


def test_map_and_match_follow_from_their_parts():
    even = MapOdds(0.0, 0.0, starts_attacking=True)
    assert even.chance(0, 0) == pytest.approx(0.5)
    assert even.chance(12, 12) == pytest.approx(0.5)
    assert even.chance(12, 11) == pytest.approx(0.75)
    assert even.chance(13, 11) == 1
    assert even.chance(13, 12) == pytest.approx(0.75)
    assert match_chance((0.5, 0.5, 0.5), 0, [0, 0]) == pytest.approx(0.5)
    assert match_chance((1.0, 0.6, 0.5), 1, [1, 0]) == pytest.approx(0.6 + 0.4 * 0.5)


def test_sides_change_after_twelve_rounds_and_every_round_of_overtime():
    odds = MapOdds(0.0, 0.1, starts_attacking=True)
    assert [odds.attacks(n) for n in (0, 11, 12, 23, 24, 25, 26)] == [
        True, True, False, False, True, False, True,
    ]  # fmt: skip
    assert odds.duel(0) == -odds.duel(12) == 0.1


def test_same_chance_plays_the_same_match():
    assert evening(7) == evening(7)
    assert evening(7) != evening(8)
