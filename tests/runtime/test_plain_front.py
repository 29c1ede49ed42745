"""The plain mode's own words: limits listed and changed, orders that end by themselves."""

import asyncio
import io
import os
import sys

import pytest

from pmterm.messages.commands import ChangeLimit, SubmitTicket
from pmterm.messages.health import Heartbeat
from pmterm.model.ids import MarketId
from pmterm.model.order import Side, TimeInForce
from pmterm.model.readings import LimitUse
from pmterm.model.units import CASH_ONE, QTY_ONE, SECOND
from pmterm.runtime.plain_front import PlainFront
from pmterm.views.board import Board
from pmterm.views.health import HealthView

NOW = (20_000 * 86_400 + 20 * 3_600) * SECOND  # 20:00:00 UTC
HERE = MarketId("polymarket:M")
USES = (
    LimitUse("R1", "position", "$142", "$1,000", 0, setting="max_position", amount=10**9),
    LimitUse("R3", "day loss", "$0", "off", 0, setting="max_day_loss", counts=False),
    LimitUse("R3", "day loss %", "$0", "$50", 0, most=5, setting="max_day_loss_ppm", amount=50_000),
    LimitUse("R7", "event", "$142", "off", 0, setting="max_event", counts=False),
)  # fmt: skip


class Desk:
    def __init__(self):
        self.sent = []

    def board(self):
        return Board(at=NOW, focus=HERE, health=HealthView(changeable=USES))

    def focus(self, market):
        pass

    def send(self, command):
        self.sent.append(command)


@pytest.fixture
async def typed(monkeypatch):
    """Return what types lines into a running plain mode, and gives what it sent and said."""
    reader, writer = os.pipe()
    with os.fdopen(reader) as stdin, os.fdopen(writer, "w") as keys:
        monkeypatch.setattr(sys, "stdin", stdin)
        desk, out = Desk(), io.StringIO()
        front = PlainFront(desk, out)
        for _ in range(10):  # no book comes: it waits no longer
            front.hears()[Heartbeat](Heartbeat(NOW + SECOND // 2))

        async def type_in(*lines):
            keys.write("\n".join((*lines, "quit", "")))
            keys.flush()
            async with asyncio.timeout(10):
                await front.run()
            return desk.sent, out.getvalue()

        yield type_in


async def test_limits_are_listed_those_that_are_off_too(typed):
    _, said = await typed("limits")
    assert said.splitlines() == [
        "R1 position: $142 of $1,000",
        "R3 day loss: $0, no limit",
        "R3 day loss %: $0 of 5% = $50",
        "R7 event: $142, no limit",
    ]


@pytest.mark.parametrize(
    ("line", "setting", "value"),
    [
        ("limits R1 250", "max_position", 250 * CASH_ONE),
        ("limits r3 50", "max_day_loss", 50 * CASH_ONE),
        ("limits R3 2.5%", "max_day_loss_ppm", 25_000),
        ("limits R7 $90", "max_event", 90 * CASH_ONE),
    ],
)
async def test_a_tighter_limit_goes_at_once(typed, line, setting, value):
    sent, _ = await typed(line)
    assert sent == [ChangeLimit(0, setting, value)]


@pytest.mark.parametrize(
    ("line", "setting", "value"),
    [
        ("limits R1 1500", "max_position", 1_500 * CASH_ONE),
        ("limits R3 off", "max_day_loss_ppm", 0),
        ("limits R3 6%", "max_day_loss_ppm", 60_000),
    ],
)
async def test_a_looser_limit_wants_the_same_word_as_on_the_screen(typed, line, setting, value):
    sent, said = await typed(line, "raise")
    assert sent == [ChangeLimit(0, setting, value, confirmed=True)]
    assert "It lasts until pmterm is left. Type raise to do it." in said


async def test_any_other_word_leaves_a_looser_limit_undone(typed):
    sent, said = await typed("limits R1 1500", "limits R1 900", "raise")
    assert sent == [ChangeLimit(0, "max_position", 900 * CASH_ONE)]
    assert "not understood: 'raise'" in said


@pytest.mark.parametrize("line", ["limits R9 5", "limits R1", "limits R1 ten", "limits R1 5%"])
async def test_what_does_not_read_changes_nothing(typed, line):
    sent, said = await typed(line)
    assert (sent, "Try: limits R1 250" in said or "There are R1, R3, R7" in said) == ([], True)


@pytest.mark.parametrize(("end", "minutes"), [("until 21:30", 90), ("for 10m", 10)])
async def test_an_order_that_ends_counts_from_the_sessions_time(typed, end, minutes):
    sent, _ = await typed(f"limit buy 5 0.47 {end} stop 0.40")
    (ticket,) = sent
    assert isinstance(ticket, SubmitTicket)
    assert (ticket.side, ticket.qty, ticket.price) == (Side.BUY, 5 * QTY_ONE, 4_700)
    assert (ticket.tif, ticket.expires_at) == (TimeInForce.GTD, NOW + minutes * 60 * SECOND)
    assert ticket.bracket.stop == 4_000
