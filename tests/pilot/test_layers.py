"""Dialogs over dialogs and keys that come faster than they close: the terminal stays up."""

import asyncio

import pytest
from tests.monkey.keyboard import press
from tests.pilot.live_build import live_desk
from tests.pilot.session import Session
from textual.command import CommandList

from pmterm.tui.palette import Palette
from pmterm.tui.screens.arm import ArmScreen
from pmterm.tui.screens.ticket import TicketScreen


def kinds(session):
    return [type(screen).__name__ for screen in session.app.screen_stack[2:]]


async def at_once(session, *keys):
    """Press keys so fast that none is dealt with before the next."""
    for key in keys:
        press(session.app, key)
    await session.pilot.pause(0.2)


async def test_of_three_dialogs_each_may_be_drawn_anew():
    async with Session(live_desk()) as s:
        await s.press("b")
        s.app.push_screen(ArmScreen(s.trading.board, s.trading.look, s.trading._hand,
                                    s.trading.board.market, 1))  # fmt: skip
        await s.press("ctrl+p")
        assert kinds(s) == ["TicketScreen", "ArmScreen", "Palette"]
        for screen in s.app.screen_stack[2:]:
            screen.refresh()
            s.app.screen.refresh()
            await s.pilot.pause(0.1)
        assert s.shown()
        assert s.app.crash is None


async def test_keys_that_come_at_once_open_one_palette_and_close_it_once():
    async with Session(live_desk()) as s:
        await at_once(s, "ctrl+p", "ctrl+p", "ctrl+p")
        assert kinds(s) == ["Palette"]
        await at_once(s, "escape", "escape", "escape")
        assert kinds(s) == []
        await at_once(s, "ctrl+p", "escape", "ctrl+p", "escape", "ctrl+p")
        assert s.app.crash is None
        assert all(kind == "Palette" for kind in kinds(s))


async def test_a_command_of_the_palette_is_done_once_however_often_enter_comes():
    async with Session(live_desk()) as s:
        themes = list(s.app._themes)
        before = themes.index(s.app.theme)
        await s.press("ctrl+p")
        await s.press(*"next theme", gap_ms=100)
        await s.until(lambda: s.app.screen.query("CommandList").first().option_count)
        await s.press("enter")
        await at_once(s, "enter", "enter", "enter")
        await s.until(lambda: not isinstance(s.app.screen, Palette))
        await s.until(lambda: s.app.theme == themes[(before + 1) % len(themes)])
        await s.pilot.pause(0.1)
        assert s.app.theme == themes[(before + 1) % len(themes)]


async def test_keys_that_come_while_it_is_left_are_no_error():
    async with Session(live_desk()) as s:
        await at_once(s, "ctrl+q", "question_mark", "escape", "ctrl+k", "ctrl+k", "X", "escape")
        await s.until(lambda: not s.app.is_running)
    assert s.app.crash is None
    assert not s.app.return_code


@pytest.mark.parametrize("key", ["slash", "ctrl+k", "X", "question_mark"])
async def test_leaving_while_a_dialog_opens_is_no_error(key):
    for turns in range(0, 13, 2):  # of the loop: some end it between the frame and its fields
        async with Session(live_desk()) as s:
            press(s.app, key)
            for _ in range(turns):
                await asyncio.sleep(0)
        assert s.app.crash is None


async def test_paging_through_a_palette_without_room_does_nothing():
    async with Session(live_desk(), (60, 5)) as s:
        await s.press("ctrl+p", *"zzz", "pageup", "pagedown")
        await s.press("backspace", "backspace", "backspace", "down")
        await at_once(s, "pageup", "pagedown", "backspace", "pagedown")
        assert s.app.crash is None
        assert isinstance(s.app.screen, Palette)


async def test_a_letter_that_comes_after_the_palette_lost_its_list_is_no_error():
    async with Session(live_desk()) as s:
        await s.press("ctrl+p")
        palette = s.app.screen
        await palette.query_one(CommandList).remove()
        palette._gather_commands("b")
        await s.pilot.pause(0.1)
        assert s.app.crash is None
        assert s.app.is_running


async def test_rows_picked_at_once_open_one_ticket():
    async with Session(live_desk()) as s:
        await s.press("f5", "home")
        await at_once(s, "enter", "enter", "enter", "enter")
        assert sum(isinstance(screen, TicketScreen) for screen in s.app.screen_stack) <= 1
        assert s.app.crash is None


async def test_escape_on_a_screen_that_is_being_left_is_no_error():
    async with Session(live_desk()) as s:
        trading = s.trading
        await trading.query_one("#footer").remove()
        trading.action_back()
        await s.pilot.pause(0.1)
        assert s.app.crash is None
        assert s.app.is_running
