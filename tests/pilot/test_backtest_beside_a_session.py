"""The backtest screen over a running session: opened by a key, its header and safety keys stay."""

import pytest
from tests.pilot.bench_build import DONE, HALF, FakeBench
from tests.pilot.live_build import armed, asks, live_desk
from tests.pilot.session import Session

from pmterm.messages.commands import Halt
from pmterm.messages.health import Noticed
from pmterm.model.errors import UsageWrong
from pmterm.tui.screens.bench import BenchScreen
from pmterm.tui.screens.bench_beside import BenchBeside
from pmterm.tui.screens.question import QuestionScreen
from pmterm.views.bench import RunView

SIZES = [(20, 5), (50, 12), (80, 24), (120, 40), (200, 60), (300, 80)]


class Benched(Session):
    """A session whose backtest screen stands on a fake bench, built as often as `built` says."""

    def __init__(self, desk=None, size=(120, 40), view=None):
        self.bench = FakeBench(view)
        self.built = 0
        super().__init__(desk, size, bench=self._build)

    def _build(self):
        self.built += 1
        return self.bench

    async def open(self):
        await self.press("f10")
        await self.until(lambda: isinstance(self.app.screen, BenchBeside))
        await self.pilot.pause()


async def test_f10_opens_it_and_goes_back_and_nothing_is_built_twice():
    async with Benched() as s:
        await s.open()
        assert "RECORDINGS" in s.shown()
        await s.press("f10")
        assert s.app.screen is s.trading
        await s.open()
        assert s.built == 1


async def test_its_foot_and_help_say_how_to_go_back_and_how_to_halt():
    async with Benched(size=(80, 24)) as s:
        await s.open()
        assert "esc back" in s.rows()[-1]
        assert "^k KILL" in s.rows()[-1]
        await s.press("question_mark")
        assert "back to the market; what runs goes on" in s.shown()
        assert "kill switch: no new order" in s.shown()


async def test_the_palette_opens_it():
    async with Benched() as s:
        await s.press("ctrl+p", *"backtest")
        await s.until(lambda: s.app.screen.query("CommandList").first().option_count)
        await s.press("enter")
        await s.until(lambda: isinstance(s.app.screen, BenchBeside))


async def test_what_runs_goes_on_while_the_market_is_looked_at():
    async with Benched(view=DONE) as s:
        await s.open()
        await s.press("shift+tab", "shift+tab", "shift+tab", "shift+tab", "shift+tab", "shift+tab")
        await s.press("space", "r", "f10")
        assert [asked[0] for asked in s.bench.asked] == ["start"]
        await s.open()
        assert "43% kalshi_finals_map2" in s.shown()


async def test_escape_stops_what_runs_first_and_then_goes_back():
    async with Benched(view=HALF) as s:
        await s.open()
        await s.press("escape")
        assert s.bench.asked == [("stop",)]
        assert isinstance(s.app.screen, BenchBeside)
        s.bench.view = RunView()
        await s.press("escape")
        assert s.app.screen is s.trading
        assert not s.trading.look.panic


async def test_a_trade_is_not_shown_in_place_but_its_command_copied():
    async with Benched(view=DONE) as s:
        await s.open()
        await s.press("down", "enter")
        assert isinstance(s.app.screen, BenchBeside)
        assert s.app.clipboard.startswith("pmterm replay /r/a --market KXVALGAME")
        assert "copied, for another terminal: pmterm replay /r/a" in s.shown()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_whose_money_it_is_stays_in_sight(size):
    async with Benched(live_desk(armed()), size, DONE) as s:
        await s.open()
        assert "LIVE" in s.shown()
        assert len(s.rows()) == size[1]
        await s.press("tab", "down", "end")
        assert len(s.rows()) == size[1]


async def test_money_and_lamps_of_the_session_stay_in_sight():
    async with Benched(size=(80, 24)) as s:
        await s.open()
        assert "PAPER" in s.rows()[0]
        assert "day -$2.74" in s.rows()[0]


async def test_the_kill_key_halts_there_too():
    async with Benched() as s:
        await s.open()
        await s.press("ctrl+k")
        assert isinstance(s.sent[0], Halt)


async def test_no_key_of_the_market_trades_there():
    async with Benched(live_desk(armed())) as s:
        await s.open()
        await s.press("b", "s", "x", "c", "d", "i", "enter", "l", "1", "0")
        assert s.sent == []
        assert isinstance(s.app.screen, BenchScreen)


async def test_what_the_gate_asks_is_put_in_front_of_it():
    desk = live_desk(armed())
    async with Benched(desk) as s:
        await s.open()
        desk.hear(*asks())
        await s.until(lambda: isinstance(s.app.screen, QuestionScreen))


async def test_warnings_are_raised_over_it():
    async with Benched() as s:
        await s.open()
        s.desk.hear(Noticed(s.desk.now, "the disk is nearly full"))
        await s.until(lambda: any("nearly full" in told.message for told in s.app._notifications))


async def test_quitting_there_asks_about_open_orders():
    async with Benched() as s:
        s.desk.blockers = ["BUY 40 @ 45"]
        await s.open()
        await s.press("ctrl+q")
        assert "QUIT WITH OPEN ORDERS" in s.shown()


async def test_one_that_cannot_be_built_says_so():
    async with Benched() as s:

        def refuse():
            raise OSError(11, "Resource temporarily unavailable")

        s.app._make_bench = refuse
        await s.press("f10")
        await s.until(lambda: "no backtests: [Errno 11] Resource temporarily" in s.words())
        assert s.app.screen is s.trading


async def test_refusals_of_the_bench_are_told_at_its_foot():
    async with Benched() as s:
        await s.open()

        def refuse():
            raise UsageWrong("no recording is chosen:", "space chooses the one pointed at.")

        s.bench.start = refuse
        await s.press("r")
        assert "no recording is chosen" in s.rows()[-1]
