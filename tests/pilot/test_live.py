"""Live trading under the keys: the bar, arming, what the gate asks, kill, amends, the account."""

import msgspec
import pytest
from tests.pilot.fake_desk import FakeDesk
from tests.pilot.live_build import (
    armed,
    asks,
    differs,
    disarmed,
    every_state,
    killed,
    live_desk,
    placed,
    unknown,
)
from tests.pilot.screen_build import MAP_THREE, MAP_TWO, NOW, report
from tests.pilot.session import Session
from textual import events
from textual.command import CommandPalette

from pmterm.messages.accounts import PositionChanged
from pmterm.messages.commands import (
    AcceptVenue,
    AmendTicket,
    Arm,
    CancelMarket,
    CancelOrder,
    Disarm,
    Halt,
    Panic,
    Resume,
    SubmitTicket,
)
from pmterm.messages.live import ReadinessChanged, Reconciled
from pmterm.messages.orders import (
    Approved,
    Bracket,
    GateChanged,
    PlanMoved,
    PlanStarted,
    PlanState,
    Refused,
)
from pmterm.model.ids import OrderId, Venue
from pmterm.model.order import GateState, OrderState, Side, TimeInForce
from pmterm.model.units import CASH_ONE, QTY_ONE, SECOND
from pmterm.tui.screens.arm import ArmScreen
from pmterm.tui.screens.confirm import ConfirmScreen
from pmterm.tui.screens.kill import KillScreen
from pmterm.tui.screens.question import QuestionScreen
from pmterm.tui.screens.ticket import TicketScreen
from pmterm.tui.widgets.banner import Banner

SIZES = [(20, 5), (80, 24), (120, 40), (200, 60)]
STATES = {
    "disarmed": (disarmed(),),
    "armed": (armed(),),
    "unknown": (armed(), *unknown()),
    "killed": (armed(), *killed()),
}
OPENED_BY = {
    "trade": (),
    "ticket": ("b",),
    "arm": ("a",),
    "finder": ("slash",),
    "help": ("question_mark",),
    "palette": ("ctrl+p",),
    "close all": ("X",),
    "kill": ("ctrl+k",),
    "flatten": ("ctrl+k", "ctrl+k"),
}


def ids(size):
    return f"{size[0]}x{size[1]}"


@pytest.mark.parametrize("size", SIZES, ids=ids)
@pytest.mark.parametrize("state", STATES)
async def test_every_size_says_live_and_what_passes(size, state):
    async with Session(live_desk(*STATES[state]), size) as s:
        await s.pilot.pause(0.2)
        top = "\n".join(s.rows()[:2])
        assert "LIVE — REAL MONEY" in top
        assert {"disarmed": "disarmed", "killed": "KILLED"}.get(state, "ARMED 4:32") in top
        assert "^k KILL" in top
        if state == "unknown" and size != (20, 5):
            assert "UNKNOWN 8.0s" in s.shown()
            assert "do not send again" in s.shown()
        if state == "killed" and size[0] > 80:
            assert "1 of 2 cancels proved, asking again" in top
        assert len(s.rows()) == size[1]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=ids)
async def test_what_is_told_of_a_working_order_is_read_where_its_row_is_short(size):
    gone = "the venue lists it no more: filled or taken back, known within a minute"
    told = report("p7-00004", OrderState.OPEN, reason=gone)
    held = report("p7-00005", OrderState.SENT, until=NOW + SECOND, reason="held back a second long")
    more = (*placed("p7-00004"), told, *placed("p7-00005"), held)
    async with Session(live_desk(armed(), *more), size) as s:
        await s.until(lambda: "! 4 the venue lists it no more" in s.shown())
        assert "within a minute" in s.shown()
        assert "! 5" not in s.shown(), "the countdown says it"


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=ids)
async def test_a_refusal_of_the_venue_is_read_to_its_end(size):
    why = (
        "The money or shares are not free, or the exchange may not move them. Nothing was placed"
        " and no money moved. `pmterm doctor` says which."
    )
    async with Session(live_desk(armed()), size) as s:
        await s.press("l")
        await s.until(lambda: "LIVE BUY" in s.shown())
        await s.pilot.pause(0.4)
        await s.press("enter")
        await s.until(lambda: len(s.sent) == 1)
        refused = report("p7-00004", OrderState.REFUSED, reason=why, at=NOW)
        s.desk.hear(*placed("p7-00004"), refused)
        words = why.split()
        await s.until(lambda: all(word in s.shown() for word in words))
        await s.press("escape", "f5", "down", "down")
        await s.until(lambda: "! 4 The money" in s.shown())
        assert all(word in s.shown() for word in words)


async def test_a_ticket_hears_of_a_refusal_that_disarms_at_the_same_time():
    async with Session(live_desk(armed())) as s:
        await s.press("l")
        await s.until(lambda: "LIVE BUY" in s.shown())
        await s.press("enter")
        await s.until(lambda: len(s.sent) == 1)
        refused = report("p7-00004", OrderState.REFUSED, reason="it does not take the key", at=NOW)
        s.desk.hear(*placed("p7-00004"), refused, disarmed())
        await s.until(lambda: "REFUSED: it does not take the key" in s.shown())
        assert "sent, waiting" not in s.shown()


@pytest.mark.parametrize("size", [(20, 5), (80, 24)], ids=ids)
@pytest.mark.parametrize("opened", OPENED_BY)
async def test_the_bar_is_over_every_dialog(size, opened):
    async with Session(live_desk(disarmed()), size) as s:
        await s.press(*OPENED_BY[opened])
        assert "LIVE — REAL MONEY" in s.rows()[0]
        assert s.app.screen.has_class("-live")
        assert s.app.screen.query_one(Banner).region.width >= size[0] - 2
        s.desk.hear(armed())
        await s.until(lambda: "ARMED 4:32" in "".join(s.rows()[:2]))


async def test_the_frame_is_red_and_in_paper_there_is_none():
    async with Session(live_desk(), (80, 24)) as s:
        await s.pilot.pause(0.2)
        rows = s.rows()
        assert all(row[0] == row[-1] == "█" for row in rows[1:-1])
        assert set(rows[-1]) == {"█", "▄"}
        assert s.trading.styles.border_left[1].hex == s.app.current_theme.variables["live"].upper()
    async with Session(FakeDesk(), (80, 24)) as s:
        assert "LIVE" not in s.shown()
        assert s.rows()[0].startswith(" PAPER ")


@pytest.mark.parametrize("size", SIZES, ids=ids)
async def test_ascii_says_all_of_it_in_letters(size):
    async with Session(live_desk(armed(), *every_state(), differs()), size, ascii=True) as s:
        await s.pilot.pause(0.3)
        assert "LIVE - REAL MONEY" in s.rows()[0]
        assert s.shown().isascii()
        await s.press("ctrl+k")
        assert s.shown().isascii()


async def test_without_colour_the_words_are_still_there(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with Session(live_desk(armed()), (80, 24)) as s:
        await s.pilot.pause(0.2)
        assert "LIVE — REAL MONEY  ARMED 4:32" in s.rows()[0]


async def test_arming_takes_the_word_and_names_market_minutes_and_cap():
    async with Session(live_desk(disarmed())) as s:
        await s.press("3", "a")
        assert isinstance(s.app.screen, ArmScreen)
        assert "Sentinels to beat Fnatic" in s.shown()
        assert "kalshi: KXVALGAME-26NOV21SENFNC-SEN" in s.shown()
        await s.press(*"yes", "enter")
        assert s.sent == []
        await s.press(*"arm", "enter")
        assert s.sent == [Arm(0, MAP_THREE, 300, 25 * CASH_ONE)]
        assert not s.trading.look.is_armed, "only the gate's word arms"
        assert "disarmed" in s.rows()[0]
        s.desk.hear(armed())
        await s.until(lambda: s.trading.look.is_armed)


async def test_minutes_and_cap_can_be_changed_and_must_read():
    async with Session(live_desk()) as s:
        await s.press("a")
        screen = s.app.screen
        screen.query_one("#minutes").value = "90"
        await s.press(*"arm", "enter")
        assert s.sent == []
        assert "from 1 to 60" in s.shown()
        screen.query_one("#minutes").value = "15"
        screen.query_one("#cap").value = "a lot"
        await s.press("enter")
        assert s.sent == []
        screen.query_one("#cap").value = "7.50"
        await s.press("enter")
        assert s.sent == [Arm(0, MAP_THREE, 900, 7_500_000)]


async def test_pasted_word_arms_nothing():
    async with Session(live_desk()) as s:
        await s.press("a")
        s.app.screen.query_one("#word").post_message(events.Paste("arm"))
        await s.pilot.pause()
        await s.press("enter")
        assert s.sent == []
        await s.press(*"arm", "enter", gap_ms=2)  # faster than fingers: a paste without brackets
        assert s.sent == []


async def test_a_again_disarms_at_once():
    async with Session(live_desk(armed())) as s:
        await s.until(lambda: s.trading.look.is_armed)
        await s.press("a")
        assert s.sent == [Disarm(0, "by hand")]
        await s.press("b")
        assert isinstance(s.app.screen, TicketScreen), "it does not wait for the gate to agree"


async def test_armed_keys_send_at_once_at_market():
    async with Session(live_desk(armed())) as s:
        await s.until(lambda: s.trading.look.is_armed)
        await s.press("b")
        assert [(o.side, o.qty, o.price, o.origin) for o in s.sent] == [
            (Side.BUY, 10_000_000, 0, "armed key")
        ]


async def test_armed_in_another_market_is_not_armed_here():
    async with Session(live_desk(armed(MAP_TWO))) as s:
        await s.pilot.pause(0.3)
        assert "ARMED 4:32 in another market" in s.rows()[0]
        await s.press("b")
        assert isinstance(s.app.screen, TicketScreen)
        await s.press("enter")
        assert s.sent == []


async def test_reason_of_the_last_disarm_is_shown():
    async with Session(live_desk(armed(), disarmed("the stream was down"))) as s:
        await s.pilot.pause(0.2)
        assert "disarmed (the stream was down)" in s.rows()[0]


async def test_time_over_counts_as_disarmed_before_the_gate_says_so():
    async with Session(live_desk(armed())) as s:
        await s.until(lambda: s.trading.look.is_armed)
        s.desk.now = NOW + 273 * SECOND
        await s.until(lambda: not s.trading.look.is_armed)
        assert "disarmed (its time is over)" in s.rows()[0]
        await s.press("b", "enter")
        assert s.sent == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda s: setattr(s.desk.reader, "is_trusted", False), "changed"),
        (lambda s: s.clock.pass_ms(301_000), "five minutes"),
        (lambda s: s.trading._focus_market(MAP_TWO), "switched"),
    ],
)
async def test_change_of_scene_has_the_gate_disarmed(change, reason):
    async with Session(live_desk(armed())) as s:
        await s.until(lambda: s.trading.look.is_armed)
        change(s)
        await s.until(lambda: s.sent)
        (disarm,) = s.sent
        assert isinstance(disarm, Disarm)
        assert reason in disarm.reason
        assert not s.trading.is_armed


async def test_on_a_frozen_picture_b_opens_a_ticket():
    async with Session(live_desk(armed())) as s:
        await s.until(lambda: s.trading.look.is_armed)
        await s.press("f", "b")
        assert isinstance(s.app.screen, TicketScreen)
        assert s.sent == []


async def test_frozen_picture_still_shows_orders_and_a_halt():
    async with Session(live_desk(armed())) as s:
        await s.press("f")
        s.desk.hear(*unknown(), *killed())
        await s.until(lambda: "KILLED" in s.rows()[0])
        await s.until(lambda: "UNKNOWN 8.0s" in s.shown())


async def test_disarmed_ticket_says_why_and_sends_nothing():
    async with Session(live_desk(disarmed())) as s:
        await s.press("b")
        assert "disarmed: press a" in s.shown()
        await s.press("enter", "enter")
        assert s.sent == []
        await s.press("a", *"arm", "enter")
        assert s.sent == [Arm(0, MAP_THREE, 300, 10 * CASH_ONE)]
        s.desk.hear(armed())
        await s.until(lambda: isinstance(s.app.screen, TicketScreen))
        await s.until(lambda: "disarmed" not in s.shown())
        await s.press("enter")
        assert s.sent[1:] == [SubmitTicket(0, MAP_THREE, Side.BUY, 10_000_000, 4800)]


async def test_amends_by_ticket_need_arming_too():
    async with Session(live_desk(disarmed())) as s:
        await s.press("j", "j", "enter", "left_square_bracket", "enter")
        assert s.sent == []


async def test_first_live_order_asks_for_a_typed_yes():
    async with Session(live_desk(armed(), is_traded=False)) as s:
        await s.press("l", "enter")
        (asked,) = s.sent
        s.desk.hear(*asks())
        await s.until(lambda: isinstance(s.app.screen, QuestionScreen))
        await s.until(lambda: "BUY 100 Sentinels @ 48" in s.shown())
        shown = s.shown()
        assert "KXVALGAME-26NOV21SENFNC-SEN" in shown
        assert "worst -$49.57" in shown
        assert "It asks because of the same order again (once in 5 s)." in shown
        s.clock.pass_ms(1000)
        await s.press("y", "enter", "enter")
        assert s.sent == [asked]
        await s.press(*"es", "enter")
        assert s.sent == [asked]
        await s.press(*"yes", "enter")
        yes = SubmitTicket(
            0, MAP_THREE, Side.BUY, 100_000_000, 4800, TimeInForce.GTC, confirmed=True
        )
        assert s.sent == [asked, yes]
        assert s.app.screen is s.trading, "the ticket it came from is gone"
        await s.press("enter")
        assert len(s.sent) == 2


async def test_other_questions_take_one_key_that_is_not_enter():
    async with Session(live_desk(armed())) as s:
        s.desk.hear(*asks(post_only=True))
        await s.until(lambda: isinstance(s.app.screen, QuestionScreen))
        await s.press("y", gap_ms=100)
        assert s.sent == [], "it was pressed before the question could be read"
        s.clock.pass_ms(1000)
        await s.press("y")
        assert s.sent == [
            SubmitTicket(0, MAP_THREE, Side.BUY, 100_000_000, 4800, post_only=True, confirmed=True)
        ]


@pytest.mark.parametrize("key", ["n", "escape", "enter"])
async def test_no_sends_nothing_and_is_not_asked_again(key):
    async with Session(live_desk(armed())) as s:
        s.desk.hear(*asks())
        await s.until(lambda: isinstance(s.app.screen, QuestionScreen))
        s.clock.pass_ms(1000)
        await s.press(key)
        await s.pilot.pause(0.3)
        assert s.app.screen is s.trading
        assert s.sent == []


async def test_yes_to_an_amend_amends():
    async with Session(live_desk(armed())) as s:
        s.desk.hear(*asks(replaces=OrderId("p7-00002")))
        await s.until(lambda: isinstance(s.app.screen, QuestionScreen))
        s.clock.pass_ms(1000)
        await s.press("y")
        assert s.sent == [AmendTicket(0, OrderId("p7-00002"), 4800, 100_000_000, confirmed=True)]


async def test_question_goes_away_when_halted_or_too_old():
    for end in (
        lambda s: s.desk.hear(GateChanged(NOW, GateState.HALTED, "by hand")),
        lambda s: setattr(s.desk, "now", NOW + 61 * SECOND),
    ):
        async with Session(live_desk(armed())) as s:
            s.desk.hear(*asks())
            await s.until(lambda: isinstance(s.app.screen, QuestionScreen))
            end(s)
            await s.until(lambda: s.app.screen is s.trading)
            assert s.sent == []


async def test_question_waits_behind_another_dialog():
    async with Session(live_desk(armed())) as s:
        await s.press("slash")
        s.desk.hear(*asks())
        await s.pilot.pause(0.4)
        assert not isinstance(s.app.screen, QuestionScreen)
        await s.press("escape")
        await s.until(lambda: isinstance(s.app.screen, QuestionScreen))


async def test_kill_says_how_much_is_proved_and_flattens_by_a_word():
    async with Session(live_desk(armed())) as s:
        await s.press("ctrl+k")
        assert s.sent == [Halt(0)]
        assert isinstance(s.app.screen, KillScreen)
        s.desk.hear(*killed(proved=0))
        await s.until(lambda: "0 of 2 cancels proved" in s.shown())
        await s.until(lambda: "SELL 100@52" in s.shown())
        assert "dead-man confirmed 3.0s ago" in s.shown()
        assert "kalshi: no dead-man" in s.shown()
        s.desk.hear(report("p7-00002", OrderState.CANCELLED, filled=12, at=NOW))
        await s.until(lambda: "1 of 2 cancels proved" in s.shown())
        s.desk.hear(report("p7-00003", OrderState.CANCELLED, 100, 5200, at=NOW))
        await s.until(lambda: "All 2 cancels proved" in s.shown())
        await s.press("ctrl+k")
        assert isinstance(s.app.screen, ConfirmScreen)
        assert "sells 100 Sentinels for about $46.00 (-$1.00)" in s.shown()
        await s.press(*"flatten", "enter")
        assert s.sent == [Halt(0), Halt(0), Panic(0)]


async def test_resume_from_the_kill_dialog_does_not_arm():
    async with Session(live_desk(armed())) as s:
        await s.press("ctrl+k")
        s.desk.hear(*killed(2))
        await s.until(lambda: s.trading._fresh.header.gate is GateState.HALTED)
        await s.press("R")
        assert isinstance(s.app.screen, ConfirmScreen)
        assert "You stay disarmed" in s.shown()
        await s.press(*"resume", "enter")
        assert s.sent == [Halt(0), Resume(0)]
        s.desk.hear(GateChanged(NOW, GateState.ACTIVE, "by hand"))
        await s.until(lambda: "disarmed" in s.rows()[0])


@pytest.mark.parametrize(
    ("opened", "told"),
    [(("b",), "closed, no order goes through: killed from another shell"),
     (("b", "a"), "not armed")],
    ids=["ticket", "arming from the ticket"],
)  # fmt: skip
async def test_kill_from_another_shell_closes_what_would_send(opened, told):
    async with Session(live_desk(disarmed())) as s:
        await s.press(*opened)
        assert s.app.screen is not s.trading
        why = "killed from another shell"
        s.desk.hear(GateChanged(NOW, GateState.HALTED, why), disarmed(why))
        await s.until(lambda: s.app.screen is s.trading)
        await s.until(lambda: s.trading.look.notice == told)
        await s.until(lambda: f"KILLED: {why}" in s.shown())
        await s.press("enter")
        assert s.sent == []


async def test_kill_leaves_no_ticket_or_question_behind():
    async with Session(live_desk(armed())) as s:
        await s.press("l")
        assert isinstance(s.app.screen, TicketScreen)
        await s.press("ctrl+k", "escape")
        assert s.app.screen is s.trading


async def test_finished_ticket_under_a_dialog_closes_nothing_else():
    async with Session(live_desk(armed())) as s:
        await s.press("l", "enter", "ctrl+p")
        before = s.app.screen
        assert isinstance(before, CommandPalette)
        s.desk.hear(*placed("p7-00011"))
        await s.pilot.pause(0.6)
        assert s.app.screen is before


async def test_panic_strip_names_orders_and_what_the_sale_brings():
    async with Session(live_desk(armed())) as s:
        await s.press("escape", gap_ms=100)
        await s.pilot.pause(0.2)
        assert "cancels SELL 100@52, BUY 28@45" in s.shown()
        assert "sells 100 Sentinels for about $46.00 (-$1.00)" in s.shown()


async def test_quit_and_stop_say_what_the_dead_man_will_do():
    async with Session(live_desk(armed())) as s:
        s.desk.blockers = ["BUY 28 @ 45 PART 12/40"]
        await s.press("ctrl+q")
        assert "polymarket: dead-man confirmed 3.0s ago" in s.shown()
        assert "kalshi: no dead-man: orders stay open there" in s.shown()
        await s.press("escape", "ctrl+z")
        assert "the dead-man then cancels all (polymarket in 12s)" in s.trading.look.notice


async def test_curly_brackets_move_the_order_pointed_at_and_the_pointer_follows():
    async with Session(live_desk(armed())) as s:
        await s.press("j", "j", "left_curly_bracket")
        asked = AmendTicket(0, OrderId("p7-00002"), 4400, 40_000_000)
        assert s.sent == [asked]
        amend = placed("p7-00011", price=4400, replaces=OrderId("p7-00002"))
        s.desk.hear(*amend)
        await s.pilot.pause(0.2)
        await s.press("left_curly_bracket")
        assert s.sent == [asked], "the last change is not answered"
        await s.until(lambda: "AMEND?" in s.shown())
        s.desk.hear(report("p7-00002", OrderState.OPEN, price=4400, filled=12, at=NOW))
        await s.pilot.pause(0.2)
        await s.press("right_curly_bracket")
        assert s.sent == [asked, AmendTicket(0, OrderId("p7-00002"), 4500, 40_000_000)]


async def test_angle_brackets_change_the_size_of_what_is_left():
    async with Session(live_desk(armed())) as s:
        await s.press("j", "j", "greater_than_sign", gap_ms=1000)
        await s.press("less_than_sign")
        assert [each.qty for each in s.sent] == [45_000_000, 35_000_000]


async def test_held_move_key_is_one_amend():
    async with Session(live_desk(armed())) as s:
        await s.press("j", "j")
        await s.press(*["left_curly_bracket"] * 12, gap_ms=40)
        assert len(s.sent) == 1


async def test_moving_needs_an_order_and_arming_and_says_so():
    async with Session(live_desk(disarmed())) as s:
        await s.press("right_curly_bracket")
        assert "point at an order" in s.trading.look.notice
        await s.press("j", "j", "right_curly_bracket")
        assert "disarmed" in s.trading.look.notice
        assert s.sent == []


def on_polymarket(desk):
    """Let the market in front be one of a venue that cannot amend."""
    market = msgspec.structs.replace(desk.board().market, venue=Venue.POLYMARKET)
    desk.changes = {"market": market}
    return desk


async def test_where_the_venue_cannot_amend_it_is_cancel_and_new_and_says_so():
    async with Session(on_polymarket(live_desk(armed(cap=50 * CASH_ONE)))) as s:
        await s.press("j", "j", "left_curly_bracket", gap_ms=400)
        assert s.sent == [CancelOrder(0, OrderId("p7-00002"))]
        assert "cancel + new, the place in line is lost" in s.trading.look.notice
        await s.pilot.pause(0.3)
        assert len(s.sent) == 1, "the cancel is not proved"
        s.desk.hear(report("p7-00002", OrderState.CANCELLED, filled=15, at=NOW))
        await s.until(lambda: len(s.sent) == 2)
        assert s.sent[1] == SubmitTicket(0, MAP_THREE, Side.BUY, 25_000_000, 4400)


async def test_what_is_placed_anew_ends_and_is_guarded_as_before():
    desk = on_polymarket(live_desk(armed(cap=50 * CASH_ONE)))
    bracket = Bracket(target=5200, stop=4100)
    more = {"tif": TimeInForce.GTD, "expires_at": NOW + 600 * SECOND, "bracket": bracket}
    wish, _ = placed("p7-00012", price=4500)
    desk.hear(msgspec.structs.replace(wish, **more))
    desk.hear(report("p7-00012", OrderState.OPEN, price=4500, at=NOW))
    async with Session(desk) as s:
        row = next(row for row in desk.board().orders if row.order == "p7-00012")
        s.trading.amend(row, 4400, row.qty)
        s.desk.hear(report("p7-00012", OrderState.CANCELLED, price=4500, at=NOW))
        await s.until(lambda: len(s.sent) == 2)
        anew = s.sent[1]
        assert {name: getattr(anew, name) for name in more} == more


async def test_what_is_too_little_for_a_new_order_is_not_taken_back():
    async with Session(on_polymarket(live_desk(armed(cap=50 * CASH_ONE)))) as s:
        least = msgspec.structs.replace(s.desk.board().market, min_qty=26_000_000)
        s.desk.changes = {"market": least}
        s.desk.hear(report("p7-00002", OrderState.PARTIAL, filled=15, at=NOW))
        await s.pilot.pause(0.3)
        await s.press("j", "j", "left_curly_bracket", gap_ms=400)
        assert s.sent == []
        assert "25 is left, and polymarket takes no new order below 26" in s.trading.look.notice


@pytest.mark.parametrize(
    "spoils",
    [
        lambda s: s.clock.pass_ms(6_000),
        lambda s: s.desk.hear(*killed(0)),
        lambda s: s.desk.hear(disarmed()),
        lambda s: s.desk.hear(report("p7-00002", OrderState.FILLED, filled=40, at=NOW)),
    ],
)
async def test_nothing_is_placed_anew_where_something_came_between(spoils):
    async with Session(on_polymarket(live_desk(armed(cap=50 * CASH_ONE)))) as s:
        await s.press("j", "j", "left_curly_bracket", gap_ms=400)
        spoils(s)
        await s.pilot.pause(0.3)
        s.desk.hear(report("p7-00002", OrderState.CANCELLED, filled=12, at=NOW))
        await s.pilot.pause(0.3)
        assert s.sent == [CancelOrder(0, OrderId("p7-00002"))]


def no_to(rule, order="", **more):
    """What the gate says to an order: no."""
    return Refused(NOW, OrderId(order), MAP_THREE, rule, "6 in 1s", "5 in 1s", "slow down", **more)


async def test_order_stays_where_the_gate_would_refuse_the_one_instead_of_it():
    async with Session(on_polymarket(live_desk(armed(cap=50 * CASH_ONE)))) as s:
        s.desk.against = no_to("R9 rate")
        await s.press("j", "j", "left_curly_bracket", gap_ms=400)
        assert s.sent == []
        left = SubmitTicket(0, MAP_THREE, Side.BUY, 28_000_000, 4400)
        assert s.desk.asked == [(left, OrderId("p7-00002"))]
        told = "nothing is cancelled; R9 rate: 6 in 1s against 5 in 1s; slow down"
        assert told in s.trading.look.notice
        s.desk.against = None
        await s.press("left_curly_bracket", gap_ms=400)
        assert s.sent == [CancelOrder(0, OrderId("p7-00002"))]


async def test_amend_ticket_stays_and_says_what_the_gate_has_against_it():
    async with Session(on_polymarket(live_desk(armed(cap=50 * CASH_ONE)))) as s:
        s.desk.against = no_to("R9 rate")
        await s.press("j", "j", "enter", "left_square_bracket", "enter")
        assert isinstance(s.app.screen, TicketScreen)
        assert "nothing is cancelled; R9 rate: 6 in 1s against 5 in 1s; slow down" in s.shown()
        assert s.sent == []
        s.desk.against = None
        await s.until(lambda: not s.app.screen.query_one("#send").has_class("-active"))
        await s.press("enter")
        assert s.sent == [CancelOrder(0, OrderId("p7-00002"))]
        await s.until(lambda: s.app.screen is s.trading)


async def test_amend_ticket_over_the_cap_cancels_nothing():
    async with Session(on_polymarket(live_desk(armed(cap=10 * CASH_ONE)))) as s:
        await s.press("j", "j", "enter", "left_square_bracket", "enter")
        assert "over the cap of $10.00 an order" in s.shown()
        assert s.sent == []


GONE = "BUY 25@45 is taken back, and no order stands in its place: "


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda: (*placed("p7-00012")[:1], no_to("R9 rate", "p7-00012")), "R9 rate: slow down"),
        (lambda: (no_to("ticket"),), "Refused: ticket: 6 in 1s"),
        (lambda: (*placed("p7-00012"), report("p7-00012", OrderState.REFUSED, reason="no money")),
         "no money"),
        (lambda: asks("p7-00012"), "Asks: the same order again (once in 5 s)"),
    ],
    ids=["by the gate", "as a ticket", "by the venue", "asked about"],
)  # fmt: skip
async def test_it_is_told_that_the_order_is_gone_where_the_one_instead_of_it_came_to_nothing(
    answer, why
):
    async with Session(on_polymarket(live_desk(armed(cap=50 * CASH_ONE)))) as s:
        await s.press("j", "j", "left_curly_bracket", gap_ms=400)
        s.desk.hear(report("p7-00002", OrderState.CANCELLED, filled=15, at=NOW))
        await s.until(lambda: len(s.sent) == 2)
        assert GONE not in s.trading.look.notice
        s.desk.hear(*answer())
        await s.until(lambda: GONE + why in s.trading.look.notice)
        await s.until(lambda: "no order stands in its place" in s.shown())


async def test_nothing_is_told_lost_where_the_order_stands_anew():
    async with Session(on_polymarket(live_desk(armed(cap=50 * CASH_ONE)))) as s:
        await s.press("j", "j", "left_curly_bracket", gap_ms=400)
        s.desk.hear(report("p7-00002", OrderState.CANCELLED, filled=15, at=NOW))
        await s.until(lambda: len(s.sent) == 2)
        s.desk.hear(*placed("p7-00012"), report("p7-00012", OrderState.OPEN, at=NOW))
        await s.until(lambda: s.trading._anew is None)
        s.desk.hear(no_to("R9 rate", "p7-00013"))
        await s.until(lambda: s.trading._fresh.outcome.tone == "bad")
        assert "is taken back" not in s.trading.look.notice


async def test_order_that_is_gone_is_told_where_something_keeps_the_new_one_back():
    async with Session(on_polymarket(live_desk(armed(cap=50 * CASH_ONE)))) as s:
        await s.press("j", "j", "left_curly_bracket", gap_ms=400)
        s.desk.hear(disarmed(), report("p7-00002", OrderState.CANCELLED, filled=15, at=NOW))
        await s.until(lambda: GONE + "disarmed: press a" in s.trading.look.notice)
        assert len(s.sent) == 1


async def test_cancel_key_after_a_move_places_nothing_anew():
    async with Session(on_polymarket(live_desk(armed(cap=50 * CASH_ONE)))) as s:
        await s.press("j", "j", "left_curly_bracket", "c", gap_ms=400)
        s.desk.hear(report("p7-00002", OrderState.CANCELLED, filled=12, at=NOW))
        await s.pilot.pause(0.3)
        assert [type(each) for each in s.sent] == [CancelOrder, CancelMarket]


async def test_amend_ticket_says_what_it_becomes_where_the_venue_cannot():
    async with Session(on_polymarket(live_desk(armed(cap=50 * CASH_ONE)))) as s:
        await s.press("j", "j", "enter")
        assert "polymarket cannot amend: cancel + new" in s.shown()
        await s.press("left_square_bracket", "enter")
        assert s.sent == [CancelOrder(0, OrderId("p7-00002"))]


async def test_polymarket_ticket_at_market_shows_how_much_its_dollars_may_buy():
    async with Session(on_polymarket(live_desk())) as s:
        await s.press("b")
        s.app.screen.query_one("#price").value = ""
        await s.until(lambda: "fills 10 to 10.21 now at 48" in s.shown())  # $4.90 at 48
        assert "spends $4.90, a better price buys more" in s.shown()


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=str)
async def test_the_last_hint_of_a_ticket_is_whole_or_not_there(size):
    async with Session(live_desk(disarmed()), size) as s:
        await s.press("l")
        assert ("+ - size  [ ] price" in s.shown()) == (size[0] == 120)
        assert "+ -" not in s.shown() or size[0] == 120


async def test_ticket_worked_by_size_asks_before_there_is_an_order():
    async with Session(live_desk(armed())) as s:
        await s.press("l", "w")
        s.app.screen.query_one("#size").value = "2500"
        await s.pilot.pause()
        shown = s.shown()
        await s.press("enter")
        (ticket,) = s.sent
        assert (ticket.route, ticket.price) == ("auto", 0)
        assert "5 orders over 4 min, 500 each at market, fee" in shown
        why = ("ASK", "5 orders over 4 min", "$500 at once", "confirm it")
        s.desk.hear(ticket, Refused(NOW, OrderId(""), MAP_THREE, *why, asks=True))
        await s.until(lambda: isinstance(s.app.screen, QuestionScreen))
        await s.until(lambda: "because of 5 orders over 4 min ($500 at once)" in s.shown())
        assert "BUY 2,500 Sentinels: 5 orders over 4 min?" in s.shown()
        assert "dropped" not in s.shown()
        s.clock.pass_ms(1000)
        await s.press("y")
        assert s.sent[1:] == [msgspec.structs.replace(ticket, confirmed=True)]


async def test_by_size_leaves_the_price_to_the_size_and_a_price_ends_it():
    async with Session(live_desk(armed())) as s:
        await s.press("l")
        price = s.app.screen.query_one("#price").value
        assert price
        await s.press("w")
        await s.until(lambda: "w: by size on" in s.shown())
        assert s.app.screen.query_one("#price").value == ""
        await s.press("w")
        await s.until(lambda: "w: by size off" in s.shown())
        assert s.app.screen.query_one("#price").value == price
        await s.press("w", "right_square_bracket")
        await s.until(lambda: "w: by size off" in s.shown())
        await s.press("enter")
        (ticket,) = s.sent
        assert ticket.route == ""
        assert ticket.price > 0


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=str)
async def test_plan_in_slices_is_told_above_the_orders(size):
    async with Session(live_desk(armed()), size) as s:
        s.desk.hear(
            PlanStarted(NOW, "p7-w1", MAP_THREE, Side.BUY, 500 * QTY_ONE, 5, 60 * SECOND),
            PlanMoved(NOW, "p7-w1", PlanState.GOING, 2, 180 * QTY_ONE),
        )
        await s.until(lambda: "BUY 500 in slices (c stops it) GOING" in s.shown())
        s.desk.hear(PlanMoved(NOW, "p7-w1", PlanState.DONE, 5, 500 * QTY_ONE))
        await s.until(lambda: "in slices" not in s.shown())


async def test_one_order_is_taken_back_also_a_foreign_one():
    async with Session(live_desk(armed(), *every_state())) as s:
        await s.press("f5", "j")
        assert "FOREIGN" in s.shown()
        await s.press("left_curly_bracket")
        assert "made elsewhere" in s.trading.look.notice
        await s.press("d")
        assert s.sent == [CancelOrder(0, OrderId("x-1"))]


async def test_venues_holding_is_accepted_by_a_word():
    async with Session(live_desk(differs(ours=100, theirs=60))) as s:
        assert "DIFFERS ours 100 theirs 60: v accepts" in s.shown()
        await s.press("f4", "v")
        assert isinstance(s.app.screen, ConfirmScreen)
        assert "a correction of -40 contracts" in s.shown()
        await s.press("y", "enter")
        assert s.sent == []
        await s.press(*"accept", "enter")
        assert s.sent == [AcceptVenue(0, MAP_THREE)]


async def test_every_state_of_an_order_has_its_word():
    async with Session(live_desk(armed(), *every_state()), (200, 60)) as s:
        await s.pilot.pause(0.2)
        for word in (
            "UNKNOWN 8.0s",
            "DELAYED 2.1s",
            "FOREIGN",
            "SENT",
            "CANCEL?",
            "PART 12/40",
            "REVERSED",
            "SETTLING",
            "FILLED",
        ):
            assert word in s.shown(), word
        assert "40 Sentinels SETTLING, 100 can be sold" in s.shown()
        orders = [row.order for row in s.trading.board.orders]
        assert orders[0] == "p7-00008", "what nobody knows is pinned on top"


async def test_ticket_stays_when_another_order_is_refused():
    async with Session(live_desk(armed())) as s:
        await s.press("l", "enter")
        other = Refused(NOW, OrderId("p7-00002"), MAP_THREE, "R1", "a", "b", "c")
        s.desk.hear(other)
        await s.pilot.pause(0.6)
        assert isinstance(s.app.screen, TicketScreen)
        assert s.app.screen.is_waiting
        await s.press("enter")
        assert len(s.sent) == 1
        mine = placed("p7-00012")
        s.desk.hear(*mine)
        assert isinstance(mine[1], Approved)
        await s.until(lambda: s.app.screen is s.trading)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=ids)
async def test_health_says_why_not_how_well_compared_and_where_the_time_goes(size):
    missing = ReadinessChanged(NOW, Venue.KALSHI, ("user stream down",))
    async with Session(live_desk(disarmed(), missing), size) as s:
        await s.press("f8")
        await s.pilot.pause(0.6)
        shown = s.shown()
        for words in (
            "! kalshi not ready: user stream down",
            "kalshi NOT READY: user stream down  cash $412.00",
            "polymarket ready  cash $1,290.50",
            "compared 42s ago (timer) agrees, 310 ms",
            "dead-man 3.0s ago, fires in 12s",
            "clock +240 ms, 512 calls, 2 limited, 1 failed",
            "refused 0 by the gate, 0 by venues; 0 unknown",
            "order p7-00042 took 2.1 s",
        ):
            assert words in shown, words
        assert any(
            row.strip("█ ").startswith("acked      122 ms   101 ms   122 ms") for row in s.rows()
        )
        assert "kals" in s.rows()[1]
        assert "not ready" in s.rows()[1]


async def test_header_keeps_the_best_prices_beside_a_long_name_and_a_holding():
    desk = live_desk(armed())
    name = "Valorant: Sentinels to beat Fnatic (BO3) - Lighthouse Open, Map 3 Winner"
    board = desk.board()
    market = msgspec.structs.replace(board.market, title=name)
    desk.board = lambda: msgspec.structs.replace(board, market=market)
    async with Session(desk, (80, 24)) as s:
        await s.until(lambda: "46/48" in s.rows()[2])
        assert "holding 100 size 10" in s.rows()[2]
        assert "Map 3 Winner 46/48" in s.rows()[2]


async def test_header_says_for_how_long_nothing_could_be_compared():
    late = Reconciled(NOW - 150 * SECOND, Venue.POLYMARKET, "timer", 0, 310)
    async with Session(live_desk(armed(), late), (80, 24)) as s:
        await s.until(lambda: "poly not compared 2m" in s.rows()[1])
        assert "kals 0" in s.rows()[1]


async def test_header_says_whose_the_dead_man_is_beside_a_venue_without_one():
    async with Session(live_desk(armed())) as s:
        await s.until(lambda: " polymarket dead-man 3.0s" in s.rows()[1])


async def test_header_says_when_the_dead_man_ran_out():
    async with Session(live_desk(armed())) as s:
        await s.pilot.pause(0.2)
        assert "dead-man 3.0s" in s.rows()[1]
        s.desk.now = NOW + 13 * SECOND
        await s.until(lambda: "dead-man RAN OUT polymarket" in s.rows()[1])


async def test_what_merging_would_pay_stands_in_positions():
    desk = live_desk(PositionChanged(NOW, MAP_THREE, 0, 0, 0, 0, 0, pairs=12 * QTY_ONE))
    async with Session(desk, (120, 40)) as s:
        assert "12 pairs: merging pays $12.00 (web site)" in s.words()


@pytest.mark.parametrize(
    ("side", "price", "end", "words"),
    [(Side.SELL, 9900, 0, "▲S40@99"), (Side.BUY, 400, -1, "▼B40@4")],
)
async def test_an_own_order_out_of_sight_is_told_at_the_edge_of_the_book(side, price, end, words):
    far = (
        *placed("p7-00030", side=side, price=price),
        report("p7-00030", OrderState.OPEN, 40, price),
    )
    async with Session(live_desk(*far), (80, 24)) as s:
        top = next(number for number, row in enumerate(s.rows()) if "BOOK" in row) + 1
        prices = s.rows()[top : top + s.trading._panels["book"]._height]
        assert words in prices[end]
        assert sum(words[0] in row for row in prices) == 1


async def test_disarming_names_what_became_of_the_book():
    async with Session(live_desk(armed())) as s:
        s.desk.reader.reason = "market paused"
        s.desk.reader.is_trusted = False
        await s.until(lambda: any(isinstance(each, Disarm) for each in s.sent))
        (disarm,) = [each for each in s.sent if isinstance(each, Disarm)]
        assert disarm.reason == "market paused"
