"""Exits go with an order by one key in the ticket, which says what they would do."""

import msgspec
import pytest
from tests.pilot.fake_desk import FakeDesk
from tests.pilot.live_build import armed, asks, live_desk
from tests.pilot.screen_build import MAP_THREE, NOW
from tests.pilot.session import Session

from pmterm.messages.accounts import PositionChanged
from pmterm.messages.commands import SubmitTicket
from pmterm.messages.orders import Bracket
from pmterm.messages.strategy import Exits
from pmterm.model.order import Side
from pmterm.model.units import QTY_ONE
from pmterm.tui.screens.question import QuestionScreen
from pmterm.tui.screens.ticket import TicketScreen
from pmterm.views.standing import Guarded, Standing

USUAL = Bracket(target_ppm=75_000, stop_ppm=30_000, lasts_s=120)
USUAL_SHORT = Bracket(target_ppm=95_000, stop_ppm=40_000, lasts_s=90)


def usual_desk(held=0, average=4700, **more):
    desk = FakeDesk(is_traded=False)
    desk.reader.standing_now = Standing(usual_long=USUAL, usual_short=USUAL_SHORT, **more)
    if held:
        desk.hear(PositionChanged(NOW, MAP_THREE, held * QTY_ONE, average, 47_000_000, 0, 0))
    return desk


def bought(bracket, price=4800):
    return SubmitTicket(0, MAP_THREE, Side.BUY, 10 * QTY_ONE, price, bracket=bracket)


async def type_in(session, name, text):
    session.app.screen.query_one(f"#{name}").value = text
    await session.pilot.pause()


async def test_one_key_has_the_usual_exits_go_with_it():
    async with Session(usual_desk(), size=(80, 24)) as s:
        await s.press("b", "e")
        assert "e: exits ON" in s.shown()
        assert "exits: target 52 +$0.40, stop 46 -$0.20, 2:00 from the first fill" in s.shown()
        await s.press("enter")
        assert s.sent == [bought(USUAL)]


async def test_a_sale_has_those_of_the_other_side():
    async with Session(usual_desk()) as s:
        await s.press("s", "e")
        assert "exits: target 40 +$0.60, stop 49 -$0.30, 1:30 from the first fill" in s.shown()
        await s.press("enter")
        assert s.sent[0].bracket == USUAL_SHORT


async def test_without_the_key_none_go_with_it_and_the_key_takes_them_back():
    async with Session(usual_desk()) as s:
        await s.press("b", "e", "e")
        assert "exits: target" not in s.shown()
        await s.press("enter")
        assert s.sent == [bought(None)]


async def test_prices_shares_trail_time_and_event_are_typed_by_keys_alone():
    async with Session(usual_desk()) as s:
        await s.press("b", "e", "shift+tab", "shift+tab")
        assert s.app.focused.id == "seconds"
        await s.press("backspace", "backspace", "backspace", *"5:00", "tab", *"map loss")
        await s.press("shift+tab", "shift+tab", *"0.025", "shift+tab", "backspace", "backspace")
        await s.press(*"0.42", "shift+tab", *["backspace"] * 4, *"0.6", "enter")
        assert s.app.focused.id == "send"
        await s.press("enter")
        wanted = Bracket(target=6000, stop=4200, trail=250, lasts_s=300, event="map loss")
        assert s.sent == [bought(wanted)]


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("target", "0.48", "target closes it at once: choose one above 48"),
        ("stop", "0.48", "stop closes it at once: choose one below 47"),
        ("stop", "1%", "stop closes it at once: choose one below 47"),
        ("stop", "half", "stop: that is no price: 45 or 0.45 is 45 cents."),
        ("seconds", "soon", "no time"),
    ],
)
async def test_what_cannot_be_is_said_and_not_sent(field, text, words):
    async with Session(usual_desk(), size=(80, 24)) as s:
        await s.press("b", "e")
        await type_in(s, field, text)
        await s.press("enter")
        assert words in s.shown()
        assert s.sent == []
        assert isinstance(s.app.screen, TicketScreen)


async def test_prices_are_typed_in_cents_too():
    async with Session(usual_desk()) as s:
        await s.press("b")
        await type_in(s, "price", "40")
        assert "10 rests at 40" in s.shown()
        await s.press("e")
        for name, text in (("target", "45"), ("stop", "$0.385"), ("trail", "2.5")):
            await type_in(s, name, text)
        await s.press("enter")
        (order,) = s.sent
        exits = order.bracket
        assert (order.price, exits.target, exits.stop, exits.trail) == (4000, 4500, 3850, 250)


async def test_exits_of_an_order_that_rests_are_held_against_its_own_price():
    async with Session(usual_desk()) as s:
        await s.press("b")
        await type_in(s, "price", "0.40")
        await s.press("e")
        assert "exits: target 43 +$0.30, stop 38 -$0.20" in s.shown()
        await type_in(s, "target", "0.45")  # below the bid of now, above what will be paid
        await s.press("enter")
        assert s.sent[0].bracket == msgspec.structs.replace(USUAL, target=4500, target_ppm=0)


async def test_what_is_held_already_counts_in_what_was_paid():
    async with Session(usual_desk(held=10, average=4000)) as s:
        await s.press("b", "e")  # 10 at 40 and 10 at 48: 20 at 44
        assert "exits: target 48 +$0.80" in s.shown()


async def test_a_stop_that_would_close_at_once_is_offered_below_the_price_now():
    async with Session(usual_desk(held=100, average=6000)) as s:
        await s.press("b", "e")  # 110 at 58.9: 3 % below is above the mid of 47
        assert s.app.screen.query_one("#stop").value == "0.45"
        assert "closes it at once" not in s.shown()
        await s.press("enter")
        (order,) = s.sent
        assert (order.bracket.stop, order.bracket.stop_ppm) == (4500, 0)


async def test_exits_that_stand_are_replaced_and_it_says_so():
    guarded = {MAP_THREE: Guarded(Exits(NOW, MAP_THREE, 6000, 3000), is_long=True)}
    async with Session(usual_desk(held=10, guarded=guarded)) as s:
        await s.press("b", "e")
        assert "exits: in place of those here: target" in s.shown()


async def test_an_order_that_only_closes_has_none():
    async with Session(usual_desk(held=100)) as s:
        await s.press("s", "e")
        assert "exits: it opens nothing, so no exits go with it" in s.shown()
        await s.press("enter")
        assert s.sent[0].bracket is None


async def test_an_order_that_turns_the_position_over_guards_what_is_left():
    async with Session(usual_desk(held=4)) as s:
        await s.press("s", "e")  # 4 of 10 close, 6 open at 46
        assert "exits: target 40 +$0.36, stop 49 -$0.18" in s.shown()


async def test_a_change_of_an_order_takes_no_exits():
    async with Session() as s:
        await s.press("f5", "enter")
        assert isinstance(s.app.screen, TicketScreen)
        await s.press("e")
        assert not s.app.screen.draft.has_exits


@pytest.mark.parametrize("size", [(20, 5), (50, 12), (80, 24), (120, 40), (200, 60)], ids=str)
async def test_send_stays_in_sight_with_exits_at_every_size(size):
    desk = live_desk(armed())
    desk.reader.standing_now = Standing(usual_long=USUAL)
    async with Session(desk, size=size) as s:
        await s.press("l", "e")
        assert "Send" in s.shown()
        assert "target 51" in s.shown()


async def test_what_the_gate_asks_about_names_the_exits_that_go_with_it():
    desk = live_desk(armed(), *asks(bracket=Bracket(target_ppm=75_000, stop=4400)))
    async with Session(desk, size=(80, 24)) as s:
        await s.until(lambda: isinstance(s.app.screen, QuestionScreen))
        assert "Exits go with it: target +7.5% of what is paid, stop 44." in s.shown()
