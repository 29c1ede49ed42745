"""Changing the risk limits on the screen: lower at once, higher after a word."""

import msgspec
import pytest
from tests.pilot.screen_build import NOW
from tests.pilot.session import Session

from pmterm.messages.commands import ChangeLimit
from pmterm.messages.orders import LimitChanged
from pmterm.model.units import CASH_ONE
from pmterm.tui.screens.confirm import ConfirmScreen
from pmterm.tui.screens.limits import LimitsScreen


async def typed(session, field, text):
    """Open the limits, type into a field and press enter."""
    await session.press("L")
    session.app.screen.query_one(f"#{field}").focus()
    session.app.screen.query_one(f"#{field}").value = text
    await session.press("enter")


async def test_a_lower_limit_goes_at_once_and_is_told():
    async with Session() as s:
        await typed(s, "max_position", "$250")
        assert s.sent == [ChangeLimit(0, "max_position", 250 * CASH_ONE)]
        assert s.app.screen is s.trading
        s.desk.hear(LimitChanged(NOW, "max_position", 1_000 * CASH_ONE, 250 * CASH_ONE))
        await s.until(lambda: "Limit R1 position is $250.00 now, was $1,000.00" in s.shown())


@pytest.mark.parametrize("text", ["1500", "0", "off"])
async def test_a_looser_limit_asks_for_a_word(text):
    async with Session() as s:
        await typed(s, "max_position", text)
        assert isinstance(s.app.screen, ConfirmScreen)
        assert s.sent == []
        await s.press(*"raise", "enter")
        (change,) = s.sent
        assert (change.confirmed, change.value in {0, 1_500 * CASH_ONE}) == (True, True)


async def test_escape_leaves_a_looser_limit_undone():
    async with Session() as s:
        await typed(s, "losses_in_row", "9")
        await s.press("escape")
        assert s.sent == []


@pytest.mark.parametrize(
    ("field", "text"), [("max_total", "ten"), ("max_total", "-1"), ("losses_in_row", "2.5")]
)
async def test_what_does_not_read_changes_nothing_and_says_so(field, text):
    async with Session() as s:
        await typed(s, field, text)
        assert isinstance(s.app.screen, LimitsScreen)
        assert "needed" in s.shown()
        assert s.sent == []


async def test_the_dialog_follows_what_is_used():
    async with Session() as s:
        await s.press("L")
        assert "R1 position" in s.shown()
        assert "$142 of $1,000" in s.shown()
        limits = s.desk.reader.limits(None)
        s.desk.reader.limits = lambda _: [
            msgspec.structs.replace(limits[0], value="$999"), *limits[1:]
        ]  # fmt: skip
        await s.until(lambda: "$999 of $1,000" in s.shown())


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [("max_event", "250", 250 * CASH_ONE), ("max_day_loss_ppm", "2.5%", 25_000)],
)
async def test_a_limit_that_is_off_is_switched_on_at_once(field, text, value):
    async with Session() as s:
        await typed(s, field, text)
        assert s.sent == [ChangeLimit(0, field, value)]


async def test_limits_that_are_off_are_listed_here_and_nowhere_else():
    async with Session() as s:
        assert "R7 event" not in s.shown()
        await s.press("L")
        assert "$142, no limit" in s.shown()
        assert s.app.screen.query_one("#max_event").value == "off"
