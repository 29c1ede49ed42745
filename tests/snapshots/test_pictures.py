"""Pictures of the trade screen as text and styles, compared with the stored ones.

Stored as letters instead of SVG, so that a change can be read in a diff and another version of
Textual does not alter them. `PMTERM_PICTURES=write pytest tests/snapshots` stores them afresh.
"""

import os
import string
from pathlib import Path

import pytest
from tests.pilot.bench_build import DONE, HALF, BenchSession, FakeBench
from tests.pilot.fake_desk import FakeClock, FakeDesk
from tests.pilot.live_build import (
    armed,
    asks,
    differs,
    disarmed,
    every_state,
    killed,
    live_desk,
    unknown,
)
from tests.pilot.screen_build import NOW
from tests.pilot.test_exits_on_the_ladder import guarded_desk, suggestion
from tests.pilot.test_strategies_screen import rows as strategies

from pmterm.messages.signals import SignalWorth
from pmterm.messages.strategy import ExitKind
from pmterm.model.ids import SignalId
from pmterm.model.units import SECOND
from pmterm.tui.app import TradingApp

STORED = Path(__file__).parent / "pictures"
WRITES = os.environ.get("PMTERM_PICTURES") == "write"
LETTERS = string.ascii_letters + string.digits
WORTH = SignalWorth(
    NOW, SignalId("s-000001"), "PANIC SELL on Kalshi, esports", 84, 51, 607_143, 500_100, 704_900,
    41 * SECOND, 12_340, -4_000, 28_600, 12, 500_000, 80, 580_000, 40, 640_000, 60,
    is_held_out=True, net_n=84,
)  # fmt: skip
TOO_FEW = SignalWorth(NOW, SignalId("s-000001"), "PANIC SELL", 12, 9)
CASES = [
    ("dark-120x40", "dark", (120, 40), ()),
    ("classic-120x40", "classic", (120, 40), ()),
    ("light-120x40", "light", (120, 40), ()),
    ("dark-80x24", "dark", (80, 24), ()),
    ("dark-200x60", "dark", (200, 60), ()),
    ("dark-ticket", "dark", (120, 40), ("b",)),
    ("dark-leaving", "dark", (120, 40), ("f4",)),
]
CARDS = [
    ("card-80x24", (80, 24), WORTH),
    ("card-120x40", (120, 40), WORTH),
    ("card-unknown-120x40", (120, 40), TOO_FEW),
]
LIVE = [
    ("live-disarmed-120x40", (120, 40), (), (disarmed(),)),
    ("live-armed-80x24", (80, 24), (), (armed(),)),
    ("live-armed-20x5", (20, 5), (), (armed(),)),
    ("live-states-200x60", (200, 60), (), (armed(), *every_state(), differs())),
    ("live-unknown-80x24", (80, 24), (), (armed(), *unknown())),
    ("live-killed-120x40", (120, 40), ("ctrl+k",), (armed(),)),
    ("live-killed-20x5", (20, 5), ("ctrl+k",), (armed(),)),
    ("live-arm-120x40", (120, 40), ("a",), (disarmed(),)),
    ("live-arm-20x5", (20, 5), ("a",), (disarmed(),)),
    ("live-ticket-120x40", (120, 40), ("b",), (disarmed(),)),
    ("live-ticket-20x5", (20, 5), ("b",), (disarmed(),)),
    ("live-asks-80x24", (80, 24), (), (armed(), *asks())),
    ("live-asks-20x5", (20, 5), (), (armed(), *asks())),
    ("live-health-80x24", (80, 24), ("f8",), (disarmed(),)),
]

GUARDED = [
    ("exits-80x24", (80, 24), ("o",)),
    ("exits-120x40", (120, 40), ("o",)),
    ("exits-200x60", (200, 60), ("o",)),
    ("exits-closing-80x24", (80, 24), ()),
    ("exits-form-80x24", (80, 24), ("e",)),
    ("exits-form-120x40", (120, 40), ("e",)),
    ("happened-80x24", (80, 24), ("h",)),
    ("strategies-80x24", (80, 24), ("w", "down")),
    ("strategies-120x40", (120, 40), ("w",)),
    ("strategies-200x60", (200, 60), ("w",)),
]
BENCHES = [
    ("backtest-80x24", (80, 24), DONE),
    ("backtest-120x40", (120, 40), DONE),
    ("backtest-200x60", (200, 60), DONE),
    ("backtest-running-80x24", (80, 24), HALF),
    ("backtest-50x12", (50, 12), DONE),
]


def picture(app):
    """Return rows of text, rows of style letters, and what the letters mean."""
    text, styles, legend = [], [], {}
    for strip in app.screen._compositor.render_strips():
        text.append("".join(segment.text for segment in strip).rstrip())
        row = ""
        for segment in strip:
            style = segment.style
            key = (str(style.color and style.color.name), str(style.bgcolor and style.bgcolor.name))
            key = (*key, "bold" * bool(style.bold) + " strike" * bool(style.strike))
            legend.setdefault(key, LETTERS[len(legend) % len(LETTERS)])
            row += legend[key] * len(segment.text)
        styles.append(row)
    meaning = [f"{letter} {' '.join(key)}".rstrip() for key, letter in legend.items()]
    return "\n".join([*text, "", *styles, "", *meaning]) + "\n"


@pytest.mark.parametrize(("name", "theme", "size", "keys"), CASES, ids=[c[0] for c in CASES])
async def test_screen_looks_as_stored(name, theme, size, keys):
    await compare(name, FakeDesk(), size, keys, theme=theme)


@pytest.mark.parametrize(("name", "size", "keys", "heard"), LIVE, ids=[c[0] for c in LIVE])
async def test_live_screen_looks_as_stored(name, size, keys, heard):
    desk = live_desk(*heard)
    then = killed() if "killed" in name else ()
    await compare(name, desk, size, keys, then)


@pytest.mark.parametrize(("name", "size", "worth"), CARDS, ids=[c[0] for c in CARDS])
async def test_a_signals_card_looks_as_stored(name, size, worth):
    desk = FakeDesk()
    desk.hear(worth)
    await compare(name, desk, size, ("f3",))


@pytest.mark.parametrize(("name", "size", "keys"), GUARDED, ids=[c[0] for c in GUARDED])
async def test_exits_and_strategies_look_as_stored(name, size, keys):
    desk = guarded_desk(
        ExitKind.STOP if "closing" in name else None,
        strategies=strategies(),
        suggestions=(suggestion(at=NOW - 4 * SECOND),),
    )
    await compare(name, desk, size, keys)


@pytest.mark.parametrize(("name", "size", "view"), BENCHES, ids=[c[0] for c in BENCHES])
async def test_backtest_looks_as_stored(name, size, view):
    bench = FakeBench(view)
    bench.choice.paths, bench.choice.strategies = {"/r/a", "/r/b"}, {"fade", "reversion"}
    async with BenchSession(bench, size) as s:
        await s.press("down")
        await drawn(s.pilot, s.app, name)


async def compare(name, desk, size, keys, then=(), theme="dark"):
    """Wait for the stored picture after some keys, and after what the desk hears then."""
    clock = FakeClock()
    app = TradingApp(desk, clock, theme=theme)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        clock.pass_ms(1000)
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        desk.hear(*then)
        app._trading._beat()
        await pilot.pause()
        clock.pass_ms(5000)  # the passing notices are over
        await drawn(pilot, app, name)


async def drawn(pilot, app, name):
    """Wait until a screen looks as stored."""
    file = STORED / f"{name}.txt"
    stored = "" if WRITES else file.read_text(encoding="utf-8")
    for _ in range(100):
        await pilot.pause(0.05)
        if picture(app) == stored:
            return
    taken = picture(app)
    if WRITES:
        file.parent.mkdir(exist_ok=True)
        file.write_text(taken, encoding="utf-8")
    else:
        assert taken == stored
