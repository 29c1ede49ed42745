"""The strategy screen: what each may do, switched by key, and what it lacks for real money."""

import msgspec
import pytest
from tests.pilot.fake_desk import FakeDesk
from tests.pilot.live_build import armed, live_desk
from tests.pilot.screen_build import NOW
from tests.pilot.session import Session

from pmterm.messages.strategy import (
    ModeSet,
    RecordKnown,
    SetMode,
    StrategyFailed,
    StrategyMode,
)
from pmterm.tui.screens.confirm import ConfirmScreen
from pmterm.tui.screens.strategies import StrategiesScreen
from pmterm.views.standing import Standing, StrategyRow

OFF, SUGGEST, AUTO = StrategyMode.OFF, StrategyMode.SUGGEST, StrategyMode.AUTO
PROVED = RecordKnown(NOW, "fade", 64, 41, 12_000, 3_000, 21_000)
FEW = RecordKnown(NOW, "fomo", 12, 9, 30_000, 10_000, 50_000)
MISSING = "12 of 50 held-out signals"


def rows(fade=SUGGEST, fomo=OFF):
    return (
        StrategyRow("fade", fade, "", PROVED, 7, 50, "$5 at most"),
        StrategyRow("fomo", fomo, MISSING, FEW, 0, 50, "$5 at most"),
        StrategyRow("spike", OFF, "no record, needs 50 held-out signals"),
    )


def desk_with(*strategies, desk=None):
    desk = desk or FakeDesk()
    desk.reader.standing_now = Standing(strategies=strategies or rows())
    return desk


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=str)
async def test_it_shows_mode_record_and_what_is_missing(size):
    async with Session(desk_with(), size=size) as s:
        await s.press("w")
        assert isinstance(s.app.screen, StrategiesScreen)
        shown = " ".join(s.shown().split())
        assert "won 41 of n 64, net $0.012 [0.003, 0.021]" in shown
        assert "7 of 50 live trades at $5 at most" in shown
        assert "it may act with real money" in shown
        assert "not known (n 12 of 30)" in shown
        await s.press("down")
        assert f"before it may act with real money: {MISSING}" in s.words()


async def test_it_says_what_the_strategy_pointed_at_would_do():
    fade, *others = rows()
    does = "on PANIC SELL it buys, out at +7.5 % or -3 % of what was paid, or after 120 s"
    fade = msgspec.structs.replace(fade, does=does)
    async with Session(desk_with(fade, *others), size=(80, 24)) as s:
        await s.press("w")
        assert does in " ".join(s.words().split())
        await s.press("down")
        assert does not in " ".join(s.words().split())


@pytest.mark.parametrize(
    ("key", "mode"), [("right", AUTO), ("plus", AUTO), ("left", OFF), ("minus", OFF)]
)
async def test_keys_let_a_strategy_do_more_or_less(key, mode):
    async with Session(desk_with()) as s:
        await s.press("w", key)
        assert s.sent == [SetMode(0, "fade", mode)]


async def test_it_does_not_go_beyond_off_and_auto():
    async with Session(desk_with(*rows(fade=AUTO))) as s:
        await s.press("w", "right", "down", "left")
        assert s.sent == []


async def test_auto_with_real_money_asks_for_a_word():
    desk = desk_with(desk=live_desk(armed()))
    async with Session(desk) as s:
        await s.press("w", "right")
        assert isinstance(s.app.screen, ConfirmScreen)
        assert s.sent == []
        await s.press("escape", "right")
        for letter in "auto":
            await s.press(letter, gap_ms=100)
        await s.press("enter")
        assert s.sent == [SetMode(0, "fade", AUTO)]


async def test_a_strategy_that_broke_says_why_until_it_is_set_again():
    desk = desk_with()
    desk.hear(StrategyFailed(NOW, "fomo", "ZeroDivisionError: division by zero"))
    desk.hear(ModeSet(NOW, "fomo", OFF, "it broke"))
    async with Session(desk) as s:
        await s.press("w", "down")
        assert "BROKE" in s.words()
        assert "fomo broke and was stopped: ZeroDivisionError: division by zero" in s.words()
        desk.hear(ModeSet(NOW, "fomo", SUGGEST))
        await s.until(lambda: "BROKE" not in s.words())


@pytest.mark.parametrize("key", ["escape", "w"])
async def test_it_closes_by_the_key_that_opened_it(key):
    async with Session(desk_with()) as s:
        await s.press("w", key)
        assert s.app.screen is s.trading


async def test_what_a_broken_strategy_said_is_known_after_a_restart():
    desk = desk_with()
    desk.fold.recalls()[StrategyFailed](StrategyFailed(NOW, "fade", "it fell over"))
    assert desk.board().standing.strategies[0].failed == "it fell over"
