"""Every fill of the whole machine, against books rebuilt from the raw frames by other means."""

import pytest
from tests.lab.fill_oracle import frames_of, judge
from tests.lab.recordings import KALSHI, lines_of

from pmterm.compose.core import read_market
from pmterm.lab.nulls import World
from pmterm.paper.depth import Depth
from pmterm.paper.desk import Desk
from pmterm.paper.queue import Line
from pmterm.runtime.replay_desk import events_of

SMALL = World(markets=2, seconds=500)


@pytest.mark.parametrize("seed", range(6))
def test_no_fill_is_better_than_the_frames_allowed(seed):
    oracle = judge(frames_of(SMALL, seed), seed=seed)
    assert oracle.wrong == []
    assert oracle.counts["taker"] > 40
    assert oracle.counts["by the tape"] > 40
    assert oracle.counts["by crossing"] >= 1


def test_nor_on_recorded_frames():
    counts = {"taker": 0, "maker": 0}
    for seed in range(8):
        oracle = judge(events_of(lines_of(KALSHI), read_market), seed=seed, every=3)
        assert oracle.wrong == []
        counts = {kind: n + oracle.counts[kind] for kind, n in counts.items()}
    assert counts["taker"] > 10


def test_it_would_catch_size_that_is_sold_twice(monkeypatch):
    monkeypatch.setattr(Depth, "take", lambda *_: None)
    assert any(judge(frames_of(SMALL, seed), seed=seed, every=4).wrong for seed in range(3))


def test_it_would_catch_a_place_at_the_head_of_the_line(monkeypatch):
    monkeypatch.setattr(Line, "traded", lambda _, qty, at: (qty, qty))
    assert judge(frames_of(SMALL, 1), seed=1).wrong


def test_it_would_catch_a_better_price(monkeypatch):
    fill = Desk._fill

    def better(desk, order, at, price, qty, *, is_maker):
        return fill(desk, order, at, price - 100, qty, is_maker=is_maker)

    monkeypatch.setattr(Desk, "_fill", better)
    assert judge(frames_of(SMALL, 1), seed=1).wrong
