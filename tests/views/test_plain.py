import msgspec
import pytest

from pmterm.messages.accounts import Mode, SessionStarted
from pmterm.messages.commands import (
    AcceptVenue,
    AmendTicket,
    Arm,
    CancelAll,
    CancelOrder,
    Disarm,
    Halt,
    SubmitTicket,
)
from pmterm.messages.feed import BookChanged, TradeSeen
from pmterm.messages.live import (
    Armed,
    CashSeen,
    Disarmed,
    HoldingDiffers,
    OrderTimed,
    ReadinessChanged,
    Reconciled,
)
from pmterm.messages.orders import (
    Approved,
    FillMoved,
    Intent,
    OrderAdopted,
    OrderNamed,
    OrderReport,
    Refused,
)
from pmterm.model.errors import UsageWrong
from pmterm.model.ids import FillId, MarketId, OrderId, Venue, VenueOrderId
from pmterm.model.order import FillState, OrderState, Side, TimeInForce
from pmterm.model.units import CASH_ONE, MS, SECOND
from pmterm.views.live import Question
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


def test_words_for_live_trading():
    assert parse_command("arm", HERE) == Arm(0, HERE, 300)
    assert parse_command("ARM 10", HERE) == Arm(0, HERE, 600)
    assert parse_command("arm 10 25.50", HERE) == Arm(0, HERE, 600, 25_500_000)
    assert parse_command("disarm", HERE) == Disarm(0)
    assert parse_command("kill", HERE) == Halt(0)
    assert parse_command("accept venue", HERE) == AcceptVenue(0, HERE)
    assert parse_command("amend P7-2 12 0.44", HERE) == AmendTicket(
        0, OrderId("P7-2"), 4400, 12_000_000
    )


@pytest.mark.parametrize(
    "line", ["arm 0", "arm 61", "arm five", "arm 5 -1", "arm 5 0", "arm 5 5 5", "accept", "confirm"]
)
def test_live_words_that_do_not_read_are_refused(line):
    with pytest.raises(UsageWrong):
        parse_command(line, HERE)


def test_confirm_sends_what_was_asked_about_and_nothing_else():
    asked = Intent(0, OrderId("o"), HERE, Side.SELL, 5_000_000, 4600, TimeInForce.IOC)
    question = Question(asked, 0, "X14", "", "", "")
    assert parse_command("confirm", HERE, question=question) == SubmitTicket(
        0, HERE, Side.SELL, 5_000_000, 4600, TimeInForce.IOC, confirmed=True
    )


AT = 10 * SECOND


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (
            Armed(AT, HERE, AT + 300 * SECOND, 25 * CASH_ONE),
            "ARMED M for 5:00, up to $25.00 an order",
        ),
        (Disarmed(AT, "stale book"), "DISARMED: stale book"),
        (ReadinessChanged(AT, Venue.KALSHI, ("a", "b")), "not ready kalshi: a, b"),
        (ReadinessChanged(AT, Venue.KALSHI, (), True), "ready kalshi, post only"),
        (CashSeen(AT, Venue.KALSHI, 5_250_000), "cash kalshi $5.25"),
        (
            HoldingDiffers(AT, HERE, 100_000_000, -60_000_000),
            "DIFFERS M ours 100 theirs -60; accept venue takes theirs",
        ),
        (Reconciled(AT, Venue.KALSHI, "timer", 2, 90), "compared kalshi (timer): 2 differ, 90 ms"),
        (
            FillMoved(AT, FillId("f"), OrderId("o"), HERE, FillState.FAILED),
            "settling o fill f REVERSED",
        ),
        (
            OrderAdopted(
                AT, OrderId("x"), HERE, VenueOrderId("v"), 0, Side.BUY, 4400, 9_000_000, 0
            ),
            "adopted x M buy 0/9 at 0.44 (foreign)",
        ),
        (
            OrderReport(AT, OrderId("o"), HERE, OrderState.UNKNOWN, 4500, 5_000_000, 0, "try 2"),
            "order o unknown 0/5 at 0.45 (try 2); do not send again, pmterm is asking the venue",
        ),
        (
            OrderReport(
                AT, OrderId("o"), HERE, OrderState.SENT, 4500, 5_000_000, 0, until=AT + 2 * SECOND
            ),
            "order o sent 0/5 at 0.45, delayed 2.0s",
        ),
        (
            OrderTimed(AT, OrderId("o"), Venue.KALSHI, AT, AT + 3 * MS, AT + 4 * MS),
            "timed o decided 3 ms, sent 1 ms",
        ),
        (
            Refused(AT, OrderId("o"), HERE, "X14", "none yet", "a yes", "", asks=True),
            "asks o none yet (a yes); type confirm to send it",
        ),
    ],
)
def test_each_live_event_is_one_line(message, line):
    assert line_of(message) == f"00:00:10 {line}"


def test_signed_bytes_of_an_order_are_not_printed():
    named = OrderNamed(AT, OrderId("o"), HERE, VenueOrderId("v"), 0, '{"signature":"0xabc"}')
    assert line_of(named) is None


@pytest.mark.parametrize(
    "end", ["until", "for", "until 10m", "for 21:30", "until 25:00", "for ever", "till 21:30"]
)
def test_an_end_that_is_none_is_refused_in_words(end):
    with pytest.raises(UsageWrong) as wrong:
        parse_command(f"limit buy 5 0.47 {end}", HERE)
    assert "until 21:30, for 10m" in wrong.value.hint


def test_an_order_that_ends_says_when():
    wish = Intent(0, OrderId("o"), HERE, Side.BUY, 5_000_000, 4700, TimeInForce.GTD,
                  expires_at=90 * 60 * SECOND)  # fmt: skip
    told = line_of(Approved(0, wish, 2_350_000))
    assert told == "00:00:00 approved o buy 5 at 0.47, worst -$2.35, ends 01:30:00 UTC, in 90 min"
    tomorrow = msgspec.structs.replace(wish, expires_at=(23 * 60 - 1) * 60 * SECOND)
    assert line_of(Approved(0, tomorrow, 2_350_000)).endswith("ends 22:59:00 UTC, in 22 h 59 min")


@pytest.mark.parametrize(
    ("mode", "told"), [(Mode.PAPER, "paper cash $100.00"), (Mode.LIVE, "live cash not known yet")]
)
def test_real_cash_is_not_told_before_the_venue_has(mode, told):
    cash = 100 * CASH_ONE if mode is Mode.PAPER else 0
    assert line_of(SessionStarted(0, "p7", mode, "0", cash)) == f"00:00:00 session p7 {told}"
