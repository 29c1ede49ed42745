import pytest

from pmterm.messages.commands import SubmitTicket
from pmterm.messages.orders import Bracket
from pmterm.messages.strategy import (
    ExitFired,
    ExitKind,
    Exits,
    ExitsGone,
    ModeSet,
    RecordKnown,
    SetExits,
    SetMode,
    StrategyFailed,
    StrategyMode,
    Suggested,
    TagGame,
    TakeSuggestion,
)
from pmterm.model.errors import UsageWrong
from pmterm.model.order import Side
from pmterm.model.units import SECOND
from pmterm.views.plain import line_of, parse_command

M = "KX-1"
AT = 1_790_000_000 * SECOND


@pytest.mark.parametrize(
    ("text", "command"),
    [
        (
            "exits target 0.55 stop 0.4 trail 0.03 after 120 on map loss thesis",
            SetExits(0, M, 5500, 4000, 300, 120, "map loss", thesis=True, origin="plain"),
        ),
        ("exits stop 0.40", SetExits(0, M, stop=4000, origin="plain")),
        ("Exits OFF", SetExits(0, M, origin="plain")),
        ("tag map loss", TagGame(0, M, "map loss")),
        ("tag on fire", TagGame(0, M, "on fire")),
        ("mode fade suggest", SetMode(0, "fade", StrategyMode.SUGGEST)),
        ("take S-t1", TakeSuggestion(0, "S-t1")),
        (
            "buy 10 target 0.55 stop 0.40",
            SubmitTicket(0, M, Side.BUY, 10_000_000, origin="plain", bracket=Bracket(5500, 4000)),
        ),
        (
            "limit sell 3 0.60 after 30",
            SubmitTicket(
                0, M, Side.SELL, 3_000_000, 6000, origin="plain", bracket=Bracket(lasts_s=30)
            ),
        ),
    ],
)
def test_words_become_commands(text, command):
    assert parse_command(text, M) == command


@pytest.mark.parametrize(
    "text",
    [
        "exits",
        "exits target",
        "exits target x",
        "exits target 0",
        "exits target 1",
        "exits target 0.5 target 0.6",
        "exits after 0",
        "exits after 1.5",
        "exits after 99999999",
        "exits on",
        "exits sideways",
        "cancel all stop 0.5",
        "mode fade",
        "mode fade on",
        "tag",
        "take",
    ],
)
def test_what_does_not_read_is_refused(text):
    with pytest.raises(UsageWrong):
        parse_command(text, M)


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (
            Exits(AT, M, 5500, 4000, 300, AT + 120 * SECOND, "loss", thesis=True, best=4800),
            f"exits {M} target 0.55, stop 0.40, trail 0.03 from 0.48, after 120 s, on loss, thesis",
        ),
        (ExitFired(AT, M, ExitKind.STOP, 4400, "x"), f"exit {M} stopped out at 0.44"),
        (ExitFired(AT, M, ExitKind.EVENT, 0, ""), f"exit {M} what it waited for happened"),
        (ExitsGone(AT, M, "closed"), f"exits {M} gone: closed"),
        (ModeSet(AT, "fade", StrategyMode.AUTO, "why"), "mode fade auto (why)"),
        (StrategyFailed(AT, "fade", "KeyError"), "strategy fade broke and is off: KeyError"),
        (
            Suggested(
                AT, "s-t1", "fade", "s-1", M, Side.BUY, 5_000_000, 4800, AT, 5100, 4500,
                missing="none",
            ),
            f"suggests s-t1 {M} fade would buy 5 at 0.48, target 0.51, stop 0.45 (none); take s-t1",
        ),
        (
            RecordKnown(AT, "fade", 60, 40, 10_000, 5_000, 15_000, 3),
            "record fade: 40 of 60 held-out signals won, 0.01 a contract (0.005 to 0.015), 3 live",
        ),
        (
            RecordKnown(AT, "fade", 0, 0, 0, 0, 0, 0),
            "record fade: not known (n 0 of 30 held-out signals), 0 live",
        ),
    ],
)  # fmt: skip
def test_what_strategies_do_is_told_in_a_line(message, line):
    assert line_of(message).partition(" ")[2] == line
