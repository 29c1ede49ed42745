"""A bench that stands where a test puts it, and remembers what it was asked."""

import msgspec
from tests.pilot.screen_build import NOW

from pmterm.model.errors import UsageWrong
from pmterm.model.ids import MarketId
from pmterm.model.order import Side
from pmterm.model.units import CASH_ONE, QTY_ONE, SECOND
from pmterm.tui.bench_app import BenchApp
from pmterm.views.bench import (
    BenchResult,
    BenchTrade,
    Choice,
    Phase,
    RecordingRow,
    RunView,
    StrategyFigures,
)

CAPITAL = 10_000 * CASH_ONE
ROWS = [
    RecordingRow("/r/a", "kalshi_finals_map1.ndjson.zst", 784_912, NOW, NOW + 1080 * SECOND, 3),
    RecordingRow("/r/b", "kalshi_finals_map2.ndjson.zst", 1_793_068, NOW, NOW + 7500 * SECOND, 2),
    RecordingRow("/r/c", "torn.ndjson.zst", 800, wrong="torn is not a pmterm recording."),
    RecordingRow("/r/d", "fresh.ndjson.zst", 12_345_678),
]
_NETS = (4_310_000, -2_100_000, 1_250_000, -6_020_000, 3_300_000, 2_740_000, -1_000_000)
_WHY = ("target", "stop", "timeout", "trailing")


def trade(number, net, **more):
    at = NOW + 300 * number * SECOND
    fields = {
        "path": "/r/a",
        "market": MarketId("KXVALGAME-26NOV21SENFNC-SEN"),
        "strategy": ("fade", "reversion")[number % 2],
        "side": (Side.BUY, Side.SELL)[number % 2],
        "qty": (100 + 40 * number) * QTY_ONE,
        "entered_at": at,
        "left_at": at + 52 * SECOND,
        "entry": 4700 + 10 * number,
        "exit": 4700 + 10 * number + net // 50_000,
        "fees": 1_700_000,
        "net": net,
        "reason": _WHY[number % 4],
    }
    return BenchTrade(**(fields | more))


def result():
    trades = tuple(trade(number, net) for number, net in enumerate(_NETS))
    unknown = trade(7, -900_000, is_known=False, reason="unknown: nothing was recorded", exit=0)
    equity, curve = CAPITAL, []
    for one in trades:
        equity += one.net
        curve.append((one.left_at, equity))
    figures = (
        StrategyFigures(
            "fade", 4, 7_330_000, 3, 1_000_000, "not known (3 of 4)", "not known (n 4)"
        ),
        StrategyFigures(
            "reversion", 3, -4_850_000, 1, 8_120_000, "not known (1 of 3)", "not known (n 3)", 1
        ),
    )
    notes = ("PANIC SELL: seen 9, came back not known (5 of 9)",)
    return BenchResult((*trades, unknown), tuple(curve), CAPITAL, figures, notes, 2)


DONE = RunView(Phase.DONE, "2 of 2 recordings", 1_000_000, "", result())
HALF = RunView(Phase.RUNNING, "kalshi_finals_map2.ndjson.zst", 430_000)


class FakeBench:
    def __init__(self, view=None, rows=None):
        self.choice = Choice()
        self.view = view or RunView()
        self.rows = ROWS if rows is None else rows
        self.asked = []

    def recordings(self):
        return self.rows

    def folder(self):
        return "/r"

    def strategies(self):
        return ["fade", "fomo", "reversion", "spike"]

    def usual(self, strategy):
        return f"{strategy}.stop_ppm=30000 {strategy}.timeout_s=120"

    def wrong(self, parameters):
        return "there is no parameter fade.stopp." if "stopp=" in parameters else ""

    def wrong_times(self, since, until):
        return "from must be before to." if since and until and since >= until else ""

    def keep(self):
        if self.view.phase is not Phase.DONE:
            raise UsageWrong("only what was played to its end can be kept:", "r plays it.")
        self.asked.append(("keep",))
        self.view = msgspec.structs.replace(self.view, kept="KEPT 9 signals of 2 recordings")

    def command(self, jump):
        return f"pmterm replay {jump.path} --market {jump.market}"

    def start(self):
        if not self.choice.paths:
            raise UsageWrong("no recording is chosen:", "space chooses the one pointed at.")
        kept = msgspec.structs.replace(self.choice, paths=set(self.choice.paths))
        self.asked.append(("start", kept))
        self.view = HALF

    def stop(self):
        self.asked.append(("stop",))
        self.view = msgspec.structs.replace(self.view, phase=Phase.STOPPING)

    def run(self):
        return self.view


class BenchSession:
    """The backtest screen under a pilot."""

    def __init__(self, bench=None, size=(120, 40), **options):
        self.bench = bench or FakeBench()
        self.app = BenchApp(self.bench, **options)
        self._context = self.app.run_test(size=size)

    async def __aenter__(self):
        self.pilot = await self._context.__aenter__()
        await self.settle()
        return self

    async def __aexit__(self, *broken):
        await self._context.__aexit__(*broken)

    async def settle(self):
        for _ in range(4):
            await self.pilot.pause()

    async def press(self, *keys):
        for key in keys:
            await self.pilot.press(key)
            await self.settle()

    async def until(self, is_so):
        for _ in range(300):
            if is_so():
                return
            await self.pilot.pause(0.02)
        raise AssertionError("never came to be so")

    def shown(self):
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)
