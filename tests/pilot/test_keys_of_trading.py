import msgspec
import pytest
from tests.pilot.fake_desk import FakeClock, FakeDesk, FakePlayer
from tests.pilot.screen_build import MAP_THREE, MAP_TWO, NOW, report
from tests.pilot.session import Session
from textual import events

from pmterm.messages.accounts import Mode
from pmterm.messages.commands import (
    AmendTicket,
    CancelAll,
    CancelMarket,
    CloseAll,
    ClosePosition,
    Halt,
    Panic,
    Resume,
    SubmitTicket,
)
from pmterm.messages.feed import TickChanged
from pmterm.messages.health import FeedDown
from pmterm.messages.orders import GateChanged, Refused
from pmterm.model.ids import OrderId, Venue
from pmterm.model.market import PriceBand
from pmterm.model.order import GateState, OrderState, Side, TimeInForce
from pmterm.model.readings import Unclosed
from pmterm.model.units import QTY_ONE, SECOND
from pmterm.tui.app import TradingApp
from pmterm.tui.screens.confirm import ConfirmScreen
from pmterm.tui.screens.finder import FinderScreen, MarketList
from pmterm.tui.screens.help import HelpScreen, KeyList
from pmterm.tui.screens.ticket import TicketScreen
from pmterm.tui.widgets.estimate import Estimate
from pmterm.tui.widgets.ladder import Ladder
from pmterm.views.figures import clock_text
from pmterm.views.header import ReplayStatus
from pmterm.views.standing import Standing


async def test_buy_opens_a_ticket_at_the_ask_and_enter_sends_it_once():
    async with Session() as s:
        await s.press("b")
        assert isinstance(s.app.screen, TicketScreen)
        await s.press("enter", "enter", "enter")
        assert s.sent == [SubmitTicket(0, MAP_THREE, Side.BUY, 10_000_000, 4800)]


async def test_sell_opens_a_ticket_at_the_bid():
    async with Session() as s:
        await s.press("s", "enter")
        assert s.sent == [SubmitTicket(0, MAP_THREE, Side.SELL, 10_000_000, 4600)]


async def test_escape_leaves_the_ticket_without_an_order():
    async with Session() as s:
        await s.press("b", "escape")
        assert not isinstance(s.app.screen, TicketScreen)
        assert s.sent == []
        assert not s.trading.look.panic


async def test_ticket_shows_what_it_costs_and_what_it_risks():
    async with Session() as s:
        await s.press("5", "b")
        words = s.words()
        assert "fills 90 now at 48, 10 rests at 48, fee $1.57, worst -$49.57" in words
        assert "cost $48.00" in words
        assert "exposure $190 > $240 of $5000" in words
        assert "kalshi KXVALGAME-26NOV21SENFNC-SEN" in words


async def test_ticket_keys_change_size_and_price():
    async with Session() as s:
        await s.press("b", "plus", "left_square_bracket", "o", "p", "enter")
        (order,) = s.sent
        assert (order.qty, order.price) == (15_000_000, 4700)
        assert order.tif is TimeInForce.IOC
        assert order.post_only


async def test_ticket_without_a_price_goes_at_market():
    async with Session() as s:
        await s.press("b")
        s.app.screen.query_one("#price").value = ""
        await s.press("enter")
        (order,) = s.sent
        assert (order.price, order.tif) == (0, TimeInForce.IOC)


async def test_ticket_with_an_end_says_when_and_sends_it():
    async with Session() as s:
        await s.press("b", "o", "o", "o")
        assert "when it ends does not read" in s.words()
        await s.press("enter", "enter")
        assert s.sent == [], "there is no end yet"
        s.app.screen.query_one("#end").value = "1h"
        await s.press("enter")
        assert f"ends {clock_text(NOW + 3_600 * SECOND)} UTC, in 60 min" in s.shown()
        await s.until(lambda: not s.app.screen.query_one("#send").has_class("-active"))
        await s.press("enter")
        (order,) = s.sent
        assert (order.tif, order.expires_at) == (TimeInForce.GTD, NOW + 3_600 * SECOND)


async def test_ticket_with_an_end_too_near_or_at_market_is_not_sent():
    async with Session() as s:
        await s.press("b", "o", "o", "o")
        s.app.screen.query_one("#end").value = "2s"
        await s.press("enter", "enter")
        assert "kalshi wants 5 s at least" in s.words()
        s.app.screen.query_one("#end").value = "1h"
        s.app.screen.query_one("#price").value = ""
        await s.press("enter", "enter")
        assert "GTD needs a price" in s.words()
        assert s.sent == []


async def test_ticket_at_market_shows_how_far_the_settings_let_it_reach():
    async with Session() as s:
        s.desk.changes["slippage_ppm"] = 80_000  # 8 % past 48 is 51.84
        await s.press("b")
        s.app.screen.query_one("#price").value = ""
        await s.press("plus")
        assert "stops at 51, 8.0% past the best" in s.words()


@pytest.mark.parametrize(("field", "text"), [("size", "ten"), ("size", "-5"), ("price", "1.2e3")])
async def test_ticket_that_does_not_read_is_not_sent(field, text):
    async with Session() as s:
        await s.press("b")
        s.app.screen.query_one(f"#{field}").value = text
        await s.press("enter")
        assert s.sent == []


async def test_refused_ticket_stays_and_says_why():
    async with Session() as s:
        await s.press("b", "enter")
        s.desk.hear(
            Refused(NOW, OrderId("p7-9"), MAP_THREE, "R1", "$1,020", "$1,000", "at most 43")
        )
        await s.until(lambda: "at most 43" in s.app.screen.query_one(Estimate).answer)
        await s.press("enter")
        assert len(s.sent) == 1, "an enter that is still held was for the order just refused"
        await s.until(lambda: not s.app.screen.query_one("#send").has_class("-active"))
        await s.press("enter")
        await s.until(lambda: len(s.sent) == 2)


async def test_enter_right_after_opening_a_ticket_is_not_meant():
    async with Session() as s:
        await s.press("b", gap_ms=100)
        await s.press("enter")
        assert s.sent == []


async def test_key_right_after_a_dialog_closed_is_not_meant_and_that_is_said():
    async with Session() as s:
        await s.press("a", "l")
        await s.press("escape", gap_ms=200)
        await s.press("b", gap_ms=400)
        assert s.sent == []
        assert "the screen changed just before that key; press it again" in s.trading.look.notice
        await s.press("b")
        assert len(s.sent) == 1


async def test_limit_ticket_takes_the_row_pointed_at():
    async with Session() as s:
        await s.press("down", "down", "down", "l", "enter")
        (order,) = s.sent
        assert (order.side, order.price) == (Side.BUY, 4400)


async def test_brackets_point_by_ticks_and_enter_fills_the_ticket():
    async with Session() as s:
        await s.press("up", "right_square_bracket", "right_square_bracket", "right_square_bracket")
        await s.press("enter", "enter")
        (order,) = s.sent
        assert (order.side, order.price) == (Side.SELL, 4900)


async def test_own_row_in_the_ladder_amends():
    async with Session() as s:
        await s.press("j", "j", "enter", "left_square_bracket", "enter")
        assert s.sent == [AmendTicket(0, OrderId("p7-00002"), 4400, 40_000_000)]


async def test_limit_on_a_working_order_amends_it():
    async with Session() as s:
        await s.press("f5", "l", "minus", "enter")
        (amend,) = s.sent
        assert amend == AmendTicket(0, OrderId("p7-00003"), 5200, 90_000_000)


async def test_cancel_and_close_here_and_everywhere():
    async with Session() as s:
        await s.press("c", "C", "x")
        assert s.sent == [CancelMarket(0, MAP_THREE), CancelAll(0), ClosePosition(0, MAP_THREE)]


async def test_cancel_says_when_nothing_of_ours_works():
    desk = FakeDesk()
    async with Session(desk) as s:
        await s.press("c")
        assert "cancelling your orders in this market" in s.words()
    desk.hear(*(report(f"p7-0000{n}", OrderState.CANCELLED, at=NOW) for n in (2, 3)))
    async with Session(desk) as s:
        await s.press("c")
        assert "no order of yours works in this market" in s.words()


async def test_close_everything_asks_for_a_word():
    async with Session() as s:
        await s.press("X")
        assert isinstance(s.app.screen, ConfirmScreen)
        await s.press("y", "enter")
        assert s.sent == []
        await s.press(*"close", "enter")
        assert s.sent == [CloseAll(0)]


async def test_armed_keys_send_at_once_at_market():
    async with Session() as s:
        await s.press("3", "a")
        assert s.trading.look.is_armed
        await s.press("b", "s")
        assert [(o.side, o.qty, o.price, o.origin) for o in s.sent] == [
            (Side.BUY, 25_000_000, 0, "armed key"),
            (Side.SELL, 25_000_000, 0, "armed key"),
        ]
        await s.press("a", "b")
        assert isinstance(s.app.screen, TicketScreen)


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.desk.hear(FeedDown(NOW, Venue.KALSHI, "gone")),
        lambda s: setattr(s.desk.reader, "is_trusted", False),
        lambda s: s.desk.hear(TickChanged(NOW, MAP_THREE, (PriceBand(0, 10_000, 10),))),
        lambda s: s.desk.focus(MAP_TWO),
        lambda s: s.clock.pass_ms(301_000),
    ],
)
async def test_change_of_scene_disarms(change):
    async with Session() as s:
        await s.press("a")
        assert s.trading.look.is_armed
        change(s)
        await s.until(lambda: not s.trading.look.is_armed)
        await s.press("b")
        assert s.sent == []


async def test_armed_key_before_the_next_picture_still_sees_the_change():
    async with Session() as s:
        await s.press("a")
        s.desk.reader.is_trusted = False
        s.trading._take_board()
        await s.press("b")
        assert s.sent == []


async def test_paste_sends_nothing():
    async with Session() as s:
        await s.press("a")
        s.app.post_message(events.Paste("bbbbssss\n"))
        await s.pilot.pause()
        assert s.sent == []


async def test_burst_of_keys_is_no_second_order():
    async with Session() as s:
        await s.press("a")
        await s.press("b", "b", "b", "b", gap_ms=1)
        assert len(s.sent) == 1


async def test_held_key_is_one_order():
    async with Session() as s:
        await s.press("a")
        await s.press(*["b"] * 12, gap_ms=40)
        assert len(s.sent) == 1


async def test_key_right_after_a_market_change_was_aimed_at_the_old_one():
    async with Session() as s:
        await s.press("f7", "down")
        await s.press("enter", gap_ms=200)
        assert s.desk.focused == MAP_TWO
        await s.press("c")
        assert s.sent == []
        await s.press("c")
        assert s.sent == [CancelMarket(0, MAP_TWO)]


async def test_two_escapes_panic_and_the_strip_says_what_would_happen():
    async with Session() as s:
        await s.press("escape", gap_ms=600)
        assert "cancels 2 orders, closes 100 Sentinels" in s.trading.look.panic
        assert s.sent == []
        await s.press("escape")
        await s.until(lambda: s.sent)
        assert s.sent == [Panic(0)]


async def test_held_escape_is_no_panic():
    async with Session() as s:
        await s.press("escape", gap_ms=500)
        await s.press(*["escape"] * 10, gap_ms=40)
        await s.pilot.pause(0.3)
        assert s.sent == []


async def test_enter_confirms_panic_and_goes_to_no_panel():
    async with Session() as s:
        await s.press("down", "escape", "enter")
        assert s.sent == [Panic(0)]
        assert not isinstance(s.app.screen, TicketScreen)


async def test_any_other_key_drops_the_panic_strip():
    async with Session() as s:
        await s.press("escape", "j", "escape")
        await s.pilot.pause(0.3)
        assert s.sent == []


async def test_panic_strip_falls_after_three_seconds():
    async with Session() as s:
        await s.press("escape", gap_ms=3100)
        await s.until(lambda: not s.trading.look.panic)
        await s.press("escape")
        await s.pilot.pause(0.3)
        assert s.sent == []


@pytest.mark.parametrize("opens", [(), ("b",), ("slash",), ("question_mark",), ("ctrl+p",), ("X",)])
async def test_kill_works_in_every_dialog(opens):
    async with Session() as s:
        await s.press(*opens, "ctrl+k")
        assert s.sent == [Halt(0)]


async def test_second_kill_offers_to_flatten_after_a_word():
    async with Session() as s:
        await s.press("ctrl+k", "ctrl+k")
        assert isinstance(s.app.screen, ConfirmScreen)
        await s.press(*"flatten", "enter")
        assert s.sent == [Halt(0), Halt(0), Panic(0)]


async def test_resume_asks_for_a_word():
    async with Session() as s:
        s.desk.hear(GateChanged(NOW, GateState.HALTED, "by hand"))
        await s.until(lambda: s.trading.board.header.gate is GateState.HALTED)
        await s.press("R", *"resume", "enter")
        assert s.sent == [Resume(0)]


async def test_quit_asks_while_something_is_still_being_sold():
    async with Session() as s:
        s.desk.reader.standing_now = Standing(
            unclosed=(Unclosed(MAP_THREE, 100 * QTY_ONE, is_tried=True),)
        )
        await s.press("ctrl+q")
        assert isinstance(s.app.screen, ConfirmScreen)
        assert s.app.is_running
        assert "QUIT BEFORE ALL IS SOLD" in s.shown()
        assert "100 Sentinels in Sentinels to beat Fnatic" in s.shown()


async def test_quit_asks_while_orders_are_open():
    async with Session() as s:
        s.desk.blockers = ["BUY 40 @ 45 PART 12/40"]
        await s.press("ctrl+q")
        assert isinstance(s.app.screen, ConfirmScreen)
        assert s.app.is_running
        await s.press("escape")
        s.desk.blockers = []
        await s.press("ctrl+q")
        assert s.app._exit


async def test_sizes_change_by_presets_and_steps():
    async with Session() as s:
        sizes = []
        for key in ("1", "5", "plus", "minus", "minus", "0", "1", "minus"):
            await s.press(key)
            sizes.append(s.trading.look.size // 1_000_000)
        assert sizes == [5, 100, 150, 100, 90, 100, 5, 4]


async def test_units_theme_freeze_and_solo():
    async with Session() as s:
        await s.press("u")
        assert "0.46/0.48" in s.words()
        await s.press("t")
        assert s.app.theme == "classic"
        await s.press("f")
        s.desk.reader.bid = 4400
        await s.pilot.pause(0.3)
        assert s.trading.board.ladder.best_bid == 4600
        assert "FROZEN" in s.words()
        await s.press("escape")
        assert s.trading.board.ladder.best_bid == 4400
        await s.press("f2", "m")
        assert s.app.screen.query_one("#chart").size.width == 120
        await s.press("escape")
        assert s.app.screen.query_one("#chart").size.width < 80
        assert not s.trading.look.panic


async def test_finder_searches_watches_and_goes_there():
    async with Session() as s:
        await s.press("slash")
        assert isinstance(s.app.screen, FinderScreen)
        await s.press(*"sen")
        await s.until(lambda: "sen" in s.desk.searches)
        await s.until(lambda: s.app.screen.query_one(MarketList).found[0].title == "sen 0")
        await s.press("down", "enter")
        await s.until(lambda: s.desk.watching)
        assert s.desk.watching == ["F1"]
        await s.until(lambda: s.desk.focused == "F1")


async def test_finder_says_why_it_found_nothing():
    async with Session() as s:
        s.desk.is_down = True
        await s.press("slash")
        await s.until(lambda: "does not answer" in s.words())


async def test_help_finds_a_key():
    async with Session() as s:
        await s.press("question_mark")
        assert isinstance(s.app.screen, HelpScreen)
        await s.press(*"kill")
        assert s.app.screen.query_one(KeyList).count() == 1
        await s.press("escape")
        assert s.app.screen is s.trading


async def test_player_keys_work_the_replay():
    desk = FakeDesk()
    desk.player = FakePlayer()
    status = ReplayStatus("x", 1000, False, 60 * SECOND, 600 * SECOND)
    header = msgspec.structs.replace(desk.board().header, replay=status, mode=Mode.REPLAY)
    desk.changes = {"header": header}
    async with Session(desk) as s:
        await s.press("p", "full_stop", "comma", "n", "left", "right")
        assert desk.player.pressed == [
            ("pause",), ("faster",), ("slower",), ("step",), ("seek", 30), ("seek", 90)
        ]  # fmt: skip
        assert "1:00/10:00 1x" in s.words()


async def test_copy_takes_the_order_pointed_at():
    async with Session() as s:
        await s.press("f5", "j", "y")
        assert s.app.clipboard == "p7-00002"


async def test_signal_opens_the_ticket_it_advises():
    async with Session() as s:
        await s.press("f3", "enter", "enter")
        (order,) = s.sent
        assert (order.side, order.price) == (Side.BUY, 4800)


async def test_keys_without_a_market_do_no_harm():
    async with Session(FakeDesk(is_empty=True)) as s:
        await s.press("b", "s", "l", "c", "x", "X", "a", "j", "enter", "space", "0", "y", "u")
        assert s.sent == []
        assert "Press / to find one" in s.words()


async def test_ctrl_z_first_says_what_becomes_of_orders_and_stops_on_the_second():
    async with Session() as s:
        stops = []
        s.app.action_suspend_process = lambda: stops.append(1)
        s.desk.blockers = ["one", "two"]
        await s.press("a")
        await s.press("ctrl+z")
        assert "2 orders stay open" in s.trading.look.notice
        assert stops == []
        await s.press("ctrl+z")
        await s.until(lambda: stops)
        await s.until(lambda: not s.trading.look.is_armed)
        assert s.desk.sent == []


async def test_a_held_ctrl_z_and_one_after_another_key_do_not_stop():
    async with Session() as s:
        stops = []
        s.app.action_suspend_process = lambda: stops.append(1)
        await s.press("ctrl+z", gap_ms=500)
        await s.press(*["ctrl+z"] * 10, gap_ms=40)
        await s.press("j")
        await s.press("ctrl+z", "j", "ctrl+z", gap_ms=900)
        assert stops == []


async def test_ticket_closes_when_an_amendment_has_come_through():
    async with Session() as s:
        row = next(row for row in s.trading.board.orders if row.order == "p7-00002")
        s.trading._ticket(row.side, row.price, row)
        await s.pilot.pause()
        s.clock.pass_ms(1000)
        await s.press("plus", "enter")
        (asked,) = s.sent
        assert asked == AmendTicket(0, row.order, row.price, row.qty + 5_000_000)
        assert isinstance(s.app.screen, TicketScreen)
        amended = msgspec.structs.replace(row, qty=asked.qty)
        rows = tuple(amended if each is row else each for each in s.trading.board.orders)
        s.desk.changes["orders"] = rows
        await s.until(lambda: not isinstance(s.app.screen, TicketScreen))


async def test_amend_ticket_of_an_order_that_has_filled_sends_nothing():
    async with Session() as s:
        await s.press("f5", "l", "minus")
        rows = s.trading.board.orders
        s.desk.changes["orders"] = tuple(
            msgspec.structs.replace(row, filled=row.qty, state=OrderState.FILLED) for row in rows
        )
        await s.until(lambda: "it has filled: nothing is left to change" in s.shown())
        assert "fills 0 now, 0 rests" in s.shown()
        await s.press("enter")
        assert s.sent == []


async def test_amend_ticket_counts_what_has_traded_since_it_was_opened():
    async with Session() as s:
        await s.press("f5", "l", "minus")
        assert "90 rests at 52" in s.shown()
        rows = s.trading.board.orders
        s.desk.changes["orders"] = tuple(
            msgspec.structs.replace(row, filled=60 * QTY_ONE) if row.order == "p7-00003" else row
            for row in rows
        )
        await s.until(lambda: "30 rests at 52" in s.shown())


async def test_pointer_falls_away_when_it_is_left_alone():
    desk = FakeDesk()
    async with Session(desk) as s:
        await s.press("j", "j", "j")
        assert s.trading.query_one(Ladder).pointed == 4400
        desk.now = NOW + 29 * SECOND
        await s.until(lambda: s.trading.board.at == desk.now)
        assert s.trading.query_one(Ladder).pointed == 4400
        desk.now = NOW + 30 * SECOND
        await s.until(lambda: not s.trading.query_one(Ladder).pointed)
        await s.press("l")
        assert s.app.screen.query_one("#price").value == "0.46"


async def test_pointer_falls_away_when_the_market_leaves_it_out_of_sight():
    desk = FakeDesk()
    async with Session(desk) as s:
        await s.press("j", "j", "j")
        desk.reader.bid, desk.reader.ask = 8600, 8800
        await s.until(lambda: not s.trading.query_one(Ladder).pointed)


async def test_pointer_stays_on_an_order_of_ours():
    desk = FakeDesk()
    async with Session(desk) as s:
        await s.press("j", "j")
        desk.now = NOW + 300 * SECOND
        await s.until(lambda: s.trading.board.at == desk.now)
        assert s.trading.query_one(Ladder).pointed == 4500


async def test_without_a_market_the_finder_opens_and_typing_is_a_name_not_an_order():
    desk = FakeDesk(is_empty=True)
    app = TradingApp(desk, FakeClock(), finds_first=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause(0.3)
        for key in "valorant":
            await pilot.press(key)
        await pilot.pause(0.6)
    assert desk.sent == []
    assert desk.searches[-1] == "valorant"
    assert app.theme == "dark"


async def test_prices_are_written_in_the_unit_of_the_settings():
    app = TradingApp(FakeDesk(), FakeClock(), unit="dollars")
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause(0.3)
        assert app.screen.look.unit == "dollars"
