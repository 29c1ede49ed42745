"""The signals panel tells all of the one pointed at; what is news does not cover it."""

import msgspec
from tests.pilot.fake_desk import FakeDesk
from tests.pilot.screen_build import MAP_THREE, NOW, fill
from tests.pilot.session import Session

from pmterm.messages.signals import Advice, SignalKind, SignalRejected, SignalSeen
from pmterm.model.ids import SignalId
from pmterm.model.units import SECOND

LONG = (
    "price runs up (CUSUM)",
    "moved 2.9 sd from its average",
    "spread 2 c and $410 on each side of the book",
)
SEEN = SignalSeen(
    NOW, SignalId("s-000009"), MAP_THREE, SignalKind.SPIKE, Advice.SELL, 840_000, 8700, 11_000,
    4250, 4450, 4900, 45 * SECOND, LONG,
)  # fmt: skip


def told(session):
    rows = session.app.screen.query_one("#signals")._rows
    return " ".join("".join(text for row in rows for text, _ in (*row, (" ", ""))).split())


async def test_reasons_that_are_cut_are_told_in_full_of_the_one_pointed_at():
    desk = FakeDesk()
    desk.hear(SEEN)
    async with Session(desk) as s:
        assert "on each side of the book" not in told(s)
        await s.press("f3")
        assert f"why: {', '.join(LONG)}" in told(s)


async def test_why_a_candidate_is_no_signal_is_told_in_full_too():
    desk = FakeDesk()
    desk.hear(SignalRejected(NOW, MAP_THREE, SignalKind.LIQUIDITY_VACUUM, LONG))
    async with Session(desk) as s:
        await s.press("f3", "down")
        assert f"why: {', '.join(LONG)}" in told(s)


async def test_near_misses_leave_a_signal_in_the_small_panel():
    desk = FakeDesk()
    desk.hear(SEEN)
    for number, kind in enumerate((SignalKind.FOMO_BUY, SignalKind.LIQUIDITY_VACUUM) * 2):
        desk.hear(SignalRejected(NOW + number * SECOND, MAP_THREE, kind, ("spread 1x of 3x",)))
    async with Session(desk, size=(80, 24)) as s:
        assert "SELL SPIKE" in told(s)


async def test_a_click_points_at_the_signal_on_whose_lines_it_is():
    desk = FakeDesk()
    for number in range(3):
        kind = (SignalKind.SPIKE, SignalKind.MEAN_REVERSION, SignalKind.FOMO_BUY)[number]
        signal = SignalId(f"s-00001{number}")
        desk.hear(msgspec.structs.replace(SEEN, at=NOW + number, id=signal, kind=kind))
    async with Session(desk, size=(120, 40)) as s:
        await s.press("f3")
        panel = s.app.screen.query_one("#signals")
        rows = ["".join(text for text, _ in row) for row in panel._rows]
        (line,) = [place for place, row in enumerate(rows) if "SELL  REVERSION" in row]
        await s.pilot.click("#signals", offset=(4, line + 1))
        assert panel.row().kind is SignalKind.MEAN_REVERSION


async def test_reasons_that_are_seen_whole_are_not_told_twice():
    desk = FakeDesk()
    desk.hear(msgspec.structs.replace(SEEN, reasons=("volume 4x of 3x",)))
    async with Session(desk) as s:
        await s.press("f3")
        assert "volume 4x of 3x" in s.shown()
        assert "why:" not in s.shown()


async def test_fills_that_come_at_once_share_one_toast():
    async with Session() as s:
        before = len(s.app._notifications)
        s.desk.hear(*(fill("p7-00002", name=f"part{n}", price=4500 - 100 * n) for n in range(6)))
        await s.until(lambda: len(s.app._notifications) > before)
        await s.pilot.pause(0.3)
        (words,) = [each.message for each in s.app._notifications][before:]
        assert words.splitlines()[0].startswith("bought 100 @ 45 ")
        assert words.splitlines()[-1] == "and 3 more: F9"
