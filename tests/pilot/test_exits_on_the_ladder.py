"""Exits stand at their prices, are moved by keys, and strategies' suggestions are taken by one."""

import msgspec
import pytest
from tests.pilot.fake_desk import HOSTILE, FakeDesk
from tests.pilot.live_build import armed, disarmed, live_desk
from tests.pilot.screen_build import MAP_THREE, NOW, market
from tests.pilot.session import Session

from pmterm.messages.accounts import PositionChanged
from pmterm.messages.feed import MarketSeen
from pmterm.messages.orders import Bracket
from pmterm.messages.strategy import (
    ExitFired,
    ExitKind,
    Exits,
    SetExits,
    Suggested,
    TagGame,
    TakeSuggestion,
)
from pmterm.model.ids import OrderId, SignalId
from pmterm.model.market import PriceBand
from pmterm.model.order import Side
from pmterm.model.text import clean_text
from pmterm.model.units import QTY_ONE, SECOND
from pmterm.tui.screens.exits import ExitsScreen
from pmterm.tui.screens.happened import HappenedScreen
from pmterm.views.standing import Guarded, Standing

UNTIL = NOW + 83 * SECOND
EXITS = Exits(NOW, MAP_THREE, 5000, 4300, 300, UNTIL, "map loss", thesis=True, best=4700)
USUAL = Bracket(target_ppm=75_000, stop_ppm=30_000, lasts_s=120)


def guarded_desk(fired=None, exits=EXITS, trail_at=4400, **more):
    desk = FakeDesk()
    guarded = Guarded(exits, is_long=True, fired=fired, trail_at=trail_at)
    desk.reader.standing_now = Standing({MAP_THREE: guarded}, usual_long=USUAL, **more)
    return desk


def suggestion(name="g-1", at=NOW, market=MAP_THREE, **more):
    return Suggested(
        at, name, "fade", SignalId("s-1"), market, Side.BUY, 10 * QTY_ONE, 4700, at + 20 * SECOND,
        target=5000, stop=4500, lasts_s=120, **more,
    )  # fmt: skip


def suggesting_desk(*suggestions):
    desk = FakeDesk()
    desk.now = NOW + 5 * SECOND  # the last outcome is old by now
    desk.reader.standing_now = Standing(suggestions=suggestions or (suggestion(),))
    return desk


def row_of(session, price):
    """Return the book's row of a price in cents."""
    rows = ["".join(text for text, _ in row) for row in session.app.screen.query_one("#book")._rows]
    (found,) = [row for row in rows if f" {price} " in row[10:22]]
    return found


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=str)
async def test_every_exit_stands_in_the_row_of_its_price_in_words(size):
    async with Session(guarded_desk(), size=size) as s:
        assert "TARGET" in row_of(s, 50)
        assert "STOP" in row_of(s, 43)
        assert "TRAIL" in row_of(s, 44)


async def test_an_order_on_the_row_of_an_exit_stays_in_sight():
    desk = guarded_desk(exits=msgspec.structs.replace(EXITS, stop=4500))
    async with Session(desk) as s:
        assert "B28 STOP" in row_of(s, 45)


async def test_an_exit_that_came_true_says_that_it_closes():
    async with Session(guarded_desk(ExitKind.STOP)) as s:
        assert "CLOSING" in row_of(s, 43)
        assert " closing " in s.words()
        await s.press("o", "o", "right_curly_bracket", "d")
        assert s.sent == []


async def test_time_left_is_counted_down_in_the_positions():
    desk = guarded_desk()
    async with Session(desk) as s:
        assert " -1:23 " in s.words()
        assert "exits: target 50, stop 43, trail 44, 1:23 left, on map loss, thesis" in " ".join(
            s.words().split()
        )
        desk.now = NOW + 3 * SECOND
        await s.until(lambda: " -1:20 " in s.words())


async def test_an_exit_that_fires_is_news():
    desk = guarded_desk()
    async with Session(desk) as s:
        desk.hear(ExitFired(NOW, MAP_THREE, ExitKind.STOP, 4200, OrderId("x-1")))
        await s.until(lambda: any("stopped out" in told.message for told in s.app._notifications))
        assert "Closing Sentinels to beat Fnatic: stopped out at 0.42" in [
            told.message for told in s.app._notifications
        ]


async def test_keys_move_the_exit_picked_and_leave_the_others_as_they_are():
    kept = SetExits(0, MAP_THREE, 5000, 4300, 300, event="map loss", thesis=True, until=UNTIL)
    async with Session(guarded_desk()) as s:
        await s.press("o", "right_curly_bracket")
        await s.press("o", "left_curly_bracket")
        await s.press("o", "right_curly_bracket")
        assert s.sent == [
            msgspec.structs.replace(kept, target=5100),
            msgspec.structs.replace(kept, stop=4200),
            msgspec.structs.replace(kept, trail=200),
        ]


async def test_quick_presses_move_it_tick_by_tick_before_the_board_has_told():
    async with Session(guarded_desk()) as s:
        await s.press("o", "right_curly_bracket", "right_curly_bracket", gap_ms=60)
        await s.press("o", gap_ms=1000)
        await s.press("o", "o", gap_ms=1000)
        s.sent.clear()
        await s.press("right_curly_bracket", "right_curly_bracket", gap_ms=60)
        assert [wish.target for wish in s.sent] == [5100, 5200]


async def test_the_exit_stays_picked_while_it_moves():
    desk = guarded_desk()
    async with Session(desk) as s:
        await s.press("o", "right_curly_bracket")
        moved = msgspec.structs.replace(EXITS, target=5100)
        desk.reader.standing_now = Standing({MAP_THREE: Guarded(moved, True, trail_at=4400)})
        await s.until(lambda: "TARGET" in row_of(s, 51))
        await s.press("right_curly_bracket")
        assert s.sent[-1].target == 5200


@pytest.mark.parametrize("key", ["d", "delete"])
async def test_the_exit_pointed_at_is_taken_away(key):
    async with Session(guarded_desk()) as s:
        await s.press("o", "o", key)
        (wish,) = s.sent
        assert (wish.target, wish.stop, wish.trail, wish.until) == (5000, 0, 300, UNTIL)


async def test_pointing_by_hand_at_a_row_reaches_its_exit_too():
    async with Session(guarded_desk()) as s:
        await s.press("down", "down", "down", "down", "d")  # the bid, 46, then to 43
        (wish,) = s.sent
        assert (wish.target, wish.stop) == (5000, 0)


async def test_an_order_pointed_at_goes_before_an_exit_of_its_row():
    desk = guarded_desk(exits=msgspec.structs.replace(EXITS, stop=4500))
    async with Session(desk) as s:
        await s.press("down", "down", "d")
        assert "cancelling p7-00002" in s.words()


async def test_form_starts_with_what_a_fade_would_set_and_enter_sends_it():
    desk = FakeDesk()
    desk.reader.standing_now = Standing(usual_long=USUAL)
    async with Session(desk) as s:
        await s.press("e")
        assert isinstance(s.app.screen, ExitsScreen)
        assert "sells at 51 or better: +$4.00 (bid 46)" in s.shown()
        assert "sells at a mid of 45: about -$2.00 (now 47)" in s.shown()
        await s.press("enter", "enter")
        assert s.sent == [SetExits(0, MAP_THREE, 5100, 4500, lasts_s=120)]


LOSING, WINNING = (4000, 4200), (5600, 5800)


def priced_desk(bid, ask, qty=100):
    """A position bought (or, below 0, sold) at 47, and where the book stands since."""
    desk = FakeDesk()
    desk.reader.bid, desk.reader.ask = bid, ask
    desk.reader.standing_now = Standing(usual_long=USUAL, usual_short=USUAL)
    desk.hear(PositionChanged(NOW, MAP_THREE, qty * QTY_ONE, 4700, 47_000_000, 0, 0))
    return desk


@pytest.mark.parametrize(
    ("touch", "qty", "target", "stop"),
    [
        (LOSING, 100, 5100, 3900),  # 3 % below what was paid is above the mid of 41
        (WINNING, 100, 6100, 4500),  # 7.5 % above what was paid has been reached: 56 is bid
        (WINNING, -100, 4300, 5900),  # short: the other way round
        (LOSING, -100, 3700, 4900),
    ],
)
async def test_form_offers_only_what_can_stand(touch, qty, target, stop):
    async with Session(priced_desk(*touch, qty)) as s:
        await s.press("e")
        assert "closes at once" not in s.shown()
        await s.press("enter")
        assert s.sent == [SetExits(0, MAP_THREE, target, stop, lasts_s=120)]


@pytest.mark.parametrize(
    ("qty", "field", "text", "words"),
    [
        (100, "stop", "42", "closes at once: choose a price below the mid, 41"),
        (100, "target", "39", "closes at once: choose a price above the bid, 40"),
        (-100, "stop", "40", "closes at once: choose a price above the mid, 41"),
        (-100, "target", "43", "closes at once: choose a price below the ask, 42"),
    ],
)
async def test_form_sends_nothing_that_would_close_at_once_and_says_why(qty, field, text, words):
    async with Session(priced_desk(*LOSING, qty), size=(80, 24)) as s:
        await s.press("e")
        s.app.screen.query_one(f"#{field}").value = text
        await s.press("enter")
        assert isinstance(s.app.screen, ExitsScreen)
        assert s.sent == []
        assert words in s.shown()


async def test_form_follows_the_price_while_it_is_open():
    desk = priced_desk(4600, 4800)
    async with Session(desk) as s:
        await s.press("e")
        assert "closes at once" not in s.shown()
        desk.reader.bid, desk.reader.ask = LOSING
        await s.until(lambda: "closes at once" in s.shown())
        await s.press("enter")
        assert s.sent == []


async def test_form_says_beside_each_field_what_it_would_do():
    async with Session(guarded_desk(), size=(80, 24)) as s:
        await s.press("e")
        for words in (
            "3 behind the best mid: begins at 44",
            "closes at 14:24:43 UTC, whatever the price",
            "closes when you say that it happened (h)",
            "thesis ON: closes when a THESIS signal says its reason is gone",
        ):
            assert words in s.shown()
        s.app.screen.query_one("#seconds").value = "60"
        await s.until(lambda: "closes at 14:24:20 UTC" in s.shown())


async def test_form_shows_what_stands_and_keeps_its_time():
    async with Session(guarded_desk()) as s:
        await s.press("e")
        s.app.screen.query_one("#target").value = "52"
        await s.press("enter")
        assert s.sent == [
            SetExits(0, MAP_THREE, 5200, 4300, 300, event="map loss", thesis=True, until=UNTIL)
        ]


async def test_form_takes_shares_times_and_a_switch():
    desk = FakeDesk()
    async with Session(desk) as s:
        await s.press("e")
        screen = s.app.screen
        for name, text in [("target", "10%"), ("stop", ""), ("trail", "2.5"), ("seconds", "2:30")]:
            screen.query_one(f"#{name}").value = text
        screen.query_one("#event").value = HOSTILE
        await s.pilot.click("#thesis")
        screen.query_one("#target").focus()
        await s.press("enter")
        (wish,) = s.sent
        assert (wish.target, wish.stop, wish.trail, wish.lasts_s) == (5200, 0, 250, 150)
        assert wish.thesis
        assert wish.event == clean_text(HOSTILE, 40)


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("target", "fifty", "no price"),
        ("stop", "101", "between 0 and 100"),
        ("trail", "0", "0 is no price: 45 or 0.45 is 45 cents"),
        ("seconds", "soon", "no time"),
        ("seconds", "99999999", "no time"),
    ],
)
async def test_form_that_does_not_read_says_so_and_sends_nothing(field, text, words):
    async with Session(guarded_desk()) as s:
        await s.press("e")
        s.app.screen.query_one(f"#{field}").value = text
        await s.press("enter")
        assert s.sent == []
        assert words in s.shown()


async def test_form_takes_dollars_as_the_ticket_does_and_says_what_it_understood():
    async with Session(FakeDesk(), size=(80, 24)) as s:
        await s.press("e")
        for name, text in (("target", "0.53"), ("stop", "0.20"), ("trail", "0.5")):
            s.app.screen.query_one(f"#{name}").value = text
        await s.until(lambda: "sells at a mid of 20" in s.shown())
        assert "sells at 53 or better" in s.shown()
        assert "50 behind the best mid: too far to fire now" in s.shown()
        await s.press("enter")
        (wish,) = s.sent
        assert (wish.target, wish.stop, wish.trail) == (5300, 2000, 5000)


async def test_form_asks_for_the_unit_where_the_book_itself_is_below_a_cent():
    desk = priced_desk(80, 120)
    fine = (PriceBand(0, 10_000, 10),)
    desk.hear(MarketSeen(NOW, market(bands=fine)))
    async with Session(desk) as s:
        await s.press("e")
        s.app.screen.query_one("#stop").value = "0.5"
        await s.press("enter")
        assert s.sent == []
        assert "$0.5 or 0.5c? a number below 1 needs its unit" in s.shown()
        s.app.screen.query_one("#stop").value = "0.5c"
        await s.press("enter")
        assert s.sent[0].stop == 50


async def test_form_goes_to_the_field_that_is_wrong():
    async with Session(guarded_desk()) as s:
        await s.press("e")
        s.app.screen.query_one("#trail").value = "0"
        await s.press("enter")
        assert s.app.focused.id == "trail"


async def test_form_in_a_narrow_pane_says_what_the_field_with_the_keys_would_do():
    async with Session(guarded_desk(), size=(50, 12)) as s:
        await s.press("e")
        assert "sells at 50 or better: +$3.00 (bid 46)" in s.shown()
        await s.press("down")
        assert "sells at a mid of 43: about -$4.00 (now 47)" in s.shown()
        s.app.screen.query_one("#stop").value = "47"
        await s.until(lambda: "closes at once: choose a price below" in s.shown())


async def test_form_takes_all_exits_away():
    async with Session(guarded_desk()) as s:
        await s.press("e")
        s.app.screen.query_one("#off").focus()
        await s.press("enter")
        assert s.sent == [SetExits(0, MAP_THREE)]


async def test_form_of_a_short_position_stands_the_other_way_round():
    desk = FakeDesk()
    desk.hear(PositionChanged(NOW, MAP_THREE, -100 * QTY_ONE, 4700, 53_000_000, 0, 0))
    desk.reader.standing_now = Standing(usual_short=Bracket(target_ppm=95_000, stop_ppm=40_000))
    async with Session(desk) as s:
        await s.press("e", "enter")
        (wish,) = s.sent
        assert wish.target < 4700 < wish.stop


async def test_form_needs_a_position():
    desk = FakeDesk(is_traded=False)
    async with Session(desk) as s:
        await s.press("e")
        assert not isinstance(s.app.screen, ExitsScreen)
        assert "no position" in s.words()


async def test_form_fits_a_small_terminal():
    async with Session(guarded_desk(), size=(80, 24)) as s:
        await s.press("e")
        shown = s.shown()
        for words in ("target", "stop", "trail", "after s", "thesis ON", "Take all away", "enter"):
            assert words in shown


async def test_suggestion_stands_at_the_foot_with_its_key_and_is_taken_once():
    async with Session(suggesting_desk()) as s:
        await s.until(lambda: "fade would buy 10" in s.words())
        assert " i takes 0:15" in s.words()
        await s.press("i", "i", gap_ms=100)
        assert s.sent == [TakeSuggestion(0, "g-1")]


async def test_a_suggestion_that_has_just_come_is_not_what_the_key_meant():
    desk = suggesting_desk()
    async with Session(desk) as s:
        newer = suggestion("g-2", NOW + SECOND)
        desk.reader.standing_now = Standing(suggestions=(suggestion(), newer))
        await s.until(lambda: s.trading._seen[0] == "g-2")
        await s.press("i")
        assert s.sent == []
        await s.press("i")
        assert s.sent == [TakeSuggestion(0, "g-2")]


async def test_no_suggestion_is_no_order():
    async with Session() as s:
        await s.press("i")
        assert s.sent == []
        assert "nothing is suggested" in s.words()


async def test_suggestion_waits_for_arming_where_money_is_real():
    for told, expected in ((disarmed(), []), (armed(), [TakeSuggestion(0, "g-1")])):
        desk = live_desk(told)
        desk.reader.standing_now = Standing(suggestions=(suggestion(),))
        async with Session(desk) as s:
            await s.press("i")
            assert s.sent == expected


async def test_what_happened_is_said_in_free_words():
    async with Session() as s:
        await s.press("h")
        assert isinstance(s.app.screen, HappenedScreen)
        s.app.screen.query_one("Input").value = "Ace!"
        await s.press("enter")
        assert s.sent == [TagGame(0, MAP_THREE, "Ace!")]


async def test_what_an_exit_waits_for_is_one_enter_away():
    async with Session(guarded_desk()) as s:
        await s.press("h")
        assert "map loss  closes a position" in s.shown()
        await s.press("enter")
        assert s.sent == [TagGame(0, MAP_THREE, "map loss")]


def test_a_trail_that_has_not_begun_says_so():
    exits = Exits(NOW, MAP_THREE, trail=300)
    words = Guarded(exits, is_long=True).text(NOW)
    assert words == "trail 3 not begun"
