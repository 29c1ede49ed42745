import re

import pytest
from tests.pilot.fake_desk import HOSTILE, FakeClock, FakeDesk
from tests.pilot.screen_build import MAP_THREE, MAP_TWO, NOW, hear

from pmterm.messages.health import FeedDown
from pmterm.messages.orders import GateChanged, Refused
from pmterm.model.ids import OrderId, Venue
from pmterm.model.order import GateState
from pmterm.model.text import clean_text
from pmterm.model.units import SECOND
from pmterm.tui.app import TradingApp

SIZES = [(20, 5), (50, 12), (80, 24), (120, 40), (200, 60), (300, 80)]


def shown(app):
    """Return the screen as text, row by row, as the terminal gets it."""
    strips = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip) for strip in strips]


def desk_in(state):
    desk = FakeDesk(is_empty=state == "empty")
    if state == "stale":
        desk.reader.is_trusted = False
        desk.reader.reason = "gap of 3"
        desk.reader.changed_at = NOW - 12 * SECOND
        hear(desk.fold, FeedDown(NOW, Venue.KALSHI, "no route"))
    elif state == "killed":
        hear(desk.fold, GateChanged(NOW, GateState.HALTED, "halted by hand"))
    return desk


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("state", ["live", "stale", "killed", "empty"])
async def test_every_size_shows_every_state(size, state):
    app = TradingApp(desk_in(state), FakeClock())
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.pause()
        rows = shown(app)
        text = "\n".join(rows)
        assert len(rows) == size[1]
        words = {
            "live": "PAPER",
            "stale": "STALE" if size[0] < 50 or size[1] < 12 else "STALE 12s",
            "killed": "KILLED",
            "empty": "PAPER",
        }
        assert words[state] in text
        if state == "live":
            assert "46" in text
        if state == "empty":
            assert "/ finds a market" in text or "press / to find one" in text
        for key in ("tab", "tab", "down", "m", "u"):
            await pilot.press(key)
        await pilot.pause()


async def test_resizing_through_all_sizes_keeps_keys_alive():
    app = TradingApp(FakeDesk(), FakeClock())
    async with app.run_test(size=(120, 40)) as pilot:
        for width, height in [*SIZES, *reversed(SIZES)]:
            await pilot.resize_terminal(width, height)
            await pilot.pause()
            await pilot.press("u")
            while len(shown(app)) != height:  # several sizes at once are laid out only once
                await pilot.pause(0.02)
        assert app.screen.focused is not None


async def test_narrow_pane_shows_one_panel_and_its_tabs():
    app = TradingApp(FakeDesk(), FakeClock())
    async with app.run_test(size=(60, 24)) as pilot:
        await pilot.pause()
        assert " book " in shown(app)[2]
        await pilot.press("f5")
        await pilot.pause()
        await pilot.pause()
        text = "\n".join(shown(app))
        assert "PART 12/40" in text
        assert "BOOK" not in text


async def test_hostile_title_stays_text():
    title = clean_text(HOSTILE)
    clock = FakeClock()
    app = TradingApp(FakeDesk(title), clock)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        clock.pass_ms(1000)
        await pilot.press("b")
        await pilot.pause()
        text = "\n".join(shown(app))
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "[bold red]SEN" in text
        assert "東京" in text


@pytest.mark.parametrize("title", ["\x1b[2J\x1b[31mred", "[bold]x[/bold]", "a\u202eb"])
async def test_even_an_uncleaned_title_moves_no_cursor(title):
    app = TradingApp(FakeDesk(title), FakeClock())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert not re.search("[\x00-\x1f\x7f\u202a-\u202e]", "".join(shown(app)))


async def test_ascii_shows_nothing_else():
    app = TradingApp(FakeDesk(clean_text(HOSTILE)), FakeClock(), ascii=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        await pilot.press("tab")
        await pilot.pause()
        rows = shown(app)
        assert "".join(rows).isascii()
        assert {len(row) for row in rows} == {120}


async def test_columns_stay_in_line_beside_wide_letters():
    app = TradingApp(FakeDesk("東京 " * 30), FakeClock())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        strips = app.screen._compositor.render_strips()
        assert {strip.cell_length for strip in strips} == {120}


async def test_a_crash_tells_where_but_not_what_variables_held(capsys):
    desk = FakeDesk()
    app = TradingApp(desk, FakeClock())
    with pytest.raises(ZeroDivisionError):  # noqa: PT012  # the pilot raises it on leaving
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.pause()

            def broken():
                held = "hunter2"
                return len(held) // 0

            desk.board = broken
            await pilot.pause(0.5)
    assert isinstance(app.crash, ZeroDivisionError)
    assert app.return_code == 1
    assert "hunter2" not in capsys.readouterr().err


async def test_what_belongs_to_another_market_says_so():
    desk = FakeDesk()
    desk.focus(MAP_TWO)
    app = TradingApp(desk, FakeClock())
    async with app.run_test(size=(200, 60)) as pilot:
        await pilot.pause()
        rows = shown(app)
        order = next(row for row in rows if "PART 12/40" in row)
        assert "Sentinels to beat" in order
        assert any("Senti…" in row and "came back in 52s" in row for row in rows)


async def test_no_toast_covers_a_ticket():
    desk, clock = FakeDesk(), FakeClock()
    app = TradingApp(desk, clock)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        clock.pass_ms(1000)
        await pilot.press("b")
        await pilot.pause()
        before = len(app._notifications)
        hear(desk.fold, Refused(NOW, OrderId("x"), MAP_THREE, "R1", "a", "b", "c"))
        await pilot.pause(0.3)
        assert "Refused: R1" in "\n".join(shown(app))
        assert len(app._notifications) == before


async def test_no_figure_below_the_book_is_cut_in_half():
    app = TradingApp(FakeDesk(), FakeClock())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert any(row.startswith("30s -4.1% vol 1,840 depth 0.7x ") for row in shown(app))
