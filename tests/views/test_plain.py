import pytest

from pmterm.messages.commands import CancelAll, CancelOrder, Halt, SubmitTicket
from pmterm.messages.feed import BookChanged, TradeSeen
from pmterm.messages.orders import Refused
from pmterm.model.errors import UsageWrong
from pmterm.model.ids import MarketId, OrderId
from pmterm.model.order import Side
from pmterm.model.units import SECOND
from pmterm.views.plain import line_of, parse_command, touch_line

HERE = MarketId("M")


def test_words_become_commands_for_the_focused_market():
    assert parse_command("buy 10", HERE) == SubmitTicket(
        0, HERE, Side.BUY, 10_000_000, 0, origin="plain"
    )
    assert parse_command(" LIMIT sell 2.5 0.47 ", HERE) == SubmitTicket(
        0, HERE, Side.SELL, 2_500_000, 4700, origin="plain"
    )
    assert parse_command("cancel all", HERE) == CancelAll(0)
    assert parse_command("cancel p7-00002", HERE) == CancelOrder(0, OrderId("p7-00002"))
    assert parse_command("halt", HERE) == Halt(0)


@pytest.mark.parametrize(
    "line", ["", "buy ten", "buy 10 20", "limit buy 10 1.5", "buy 0", "buy -1", "limit buy 1 0"]
)
def test_a_line_that_is_no_command_is_refused_in_words(line):
    with pytest.raises(UsageWrong):
        parse_command(line, HERE)


def test_each_event_is_one_line_and_book_changes_are_none():
    trade = TradeSeen(SECOND, 0, HERE, 4700, 3_000_000, Side.SELL)
    assert line_of(trade) == "00:00:01 trade M sell 3 at 0.47"
    assert line_of(trade, trades=False) is None
    assert line_of(BookChanged(1, HERE, 1, 2, 1, 1, 1, 1, is_trusted=True)) is None
    refused = Refused(0, OrderId("o"), HERE, "R1 position", "$1,020", "$1,000", "at most 43 more")
    assert line_of(refused) == (
        "00:00:00 refused o R1 position: $1,020 against $1,000; at most 43 more"
    )


def test_an_empty_side_is_said_in_a_word():
    assert touch_line(0, "M", 0, 4800, is_trusted=False) == (
        "00:00:00 touch M bid none ask 0.48 NOT TRUSTED"
    )
