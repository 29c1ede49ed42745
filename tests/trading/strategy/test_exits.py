"""Exits guard any position: set by hand, with an order, after a restart."""

import pytest
from tests.properties.money_builders import BUY, GTC, SELL, M, report
from tests.trading.strategy.floor import SECOND, Floor

from pmterm.messages.accounts import MarketSettled
from pmterm.messages.commands import ClosePosition, Halt, Resume, SubmitTicket
from pmterm.messages.orders import Bracket, Fill, Intent, PlanMoved, Refused, WithdrawOrder
from pmterm.messages.signals import Advice, SignalKind
from pmterm.messages.strategy import ExitFired, ExitKind, Exits, ExitsGone, SetExits, TagGame
from pmterm.model.order import OrderState
from pmterm.model.units import MS, QTY_ONE
from pmterm.trading.strategy.closing import TRIES


def holding(side=BUY, qty=10):
    it = Floor()
    it.start()
    it.take(SubmitTicket(it.at, M, side, qty * QTY_ONE))
    it.wait()
    assert abs(it.held()) == qty * QTY_ONE
    it.since = len(it.journal)
    return it


def guard(it, **exits):
    return it.take(SetExits(it.at, M, **exits))


def kinds(it):
    return [fired.kind for fired in it.said(ExitFired)]


def sold(it):
    """Contracts of the closing orders that have filled."""
    return sum(m.qty for m in it.said(Fill)) // QTY_ONE


def test_a_hand_made_position_is_guarded_by_its_stop():
    it = holding()
    guard(it, stop=4300)
    it.quote(4400, 4500)
    assert not kinds(it)
    it.quote(4200, 4300)
    it.wait()
    assert (kinds(it), it.held(), sold(it)) == ([ExitKind.STOP], 0, 10)
    assert it.said(Intent)[-1].origin == "exit stop"


def test_a_wide_spread_is_no_fall():
    it = holding()
    guard(it, stop=4300)
    it.quote(4200, 4700)
    assert not kinds(it)


def test_a_target_needs_a_price_that_can_be_had():
    it = holding()
    guard(it, target=5000)
    it.quote(4900, 5300)
    assert not kinds(it)
    it.quote(5000, 5300)
    assert kinds(it) == [ExitKind.TARGET]


@pytest.mark.parametrize(
    ("exits", "quote", "kind"),
    [
        ({"target": 4000}, (3900, 4000), ExitKind.TARGET),
        ({"stop": 5000}, (4950, 5050), ExitKind.STOP),
    ],
)
def test_exits_of_the_other_outcome_are_the_other_way_round(exits, quote, kind):
    it = holding(SELL)
    guard(it, **exits)
    it.quote(*quote)
    it.wait()
    assert (kinds(it), it.held()) == ([kind], 0)


def test_a_trailing_stop_follows_the_best_price():
    it = holding()
    guard(it, trail=300)
    for bid in (4800, 5000, 5200, 5000):
        it.quote(bid, bid + 100)
        it.wait()
    assert [exits.best for exits in it.said(Exits)] == [4650, 4850, 5050, 5250]
    assert not kinds(it)
    it.quote(4900, 5000)
    it.wait()
    assert (kinds(it), it.held()) == ([ExitKind.TRAILING], 0)


def test_a_trailing_stop_does_not_follow_a_flicker():
    it = holding()
    guard(it, trail=300)
    it.quote(6000, 6100)
    it.quote(4600, 4700)
    it.wait()
    assert not kinds(it)


@pytest.mark.parametrize(("stop", "held", "followed"), [(4000, 10, [0, 5050]), (0, 0, [4700])])
def test_beside_a_stop_an_orders_trail_begins_once_it_pays(stop, held, followed):
    it = Floor()
    it.start()
    it.take(SubmitTicket(it.at, M, BUY, 10 * QTY_ONE, bracket=Bracket(stop=stop, trail=300)))
    it.wait()
    it.quote(4300, 4400)  # beyond the trail
    it.wait()
    assert it.held() == held * QTY_ONE
    it.quote(5000, 5100)
    it.wait()
    assert [exits.best for exits in it.said(Exits)] == followed
    it.quote(4700, 4800)
    it.wait()
    assert (it.held(), kinds(it)) == (0, [ExitKind.TRAILING])


def test_time_is_up_in_message_time():
    it = holding()
    guard(it, lasts_s=30)
    it.wait(29 * SECOND + 999 * MS)
    assert not kinds(it)
    it.wait(2 * SECOND)
    assert (kinds(it), it.held()) == ([ExitKind.TIMEOUT], 0)


def test_what_happens_in_the_game_closes_what_waits_for_it():
    it = holding()
    guard(it, event="map loss")
    it.take(TagGame(it.at, M, "map win"))
    it.take(TagGame(it.at, it.also("N", event="other"), "map loss"))
    assert not kinds(it)
    it.take(TagGame(it.at, M, "Map Loss"))
    it.wait()
    assert (kinds(it), it.held()) == ([ExitKind.EVENT], 0)


def test_a_tag_on_another_market_of_the_event_counts():
    it = Floor()
    it.start(event="final")
    it.take(SubmitTicket(it.at, M, BUY, 10 * QTY_ONE))
    it.wait()
    guard(it, event="map loss")
    it.take(TagGame(it.at, it.also("N", event="final"), "map loss"))
    assert kinds(it) == [ExitKind.EVENT]


@pytest.mark.parametrize(("thesis", "fired"), [(True, [ExitKind.THESIS]), (False, [])])
def test_a_lost_thesis_closes_what_rests_on_it(thesis, fired):
    it = holding()
    guard(it, thesis=thesis, stop=1000)
    it.signal(SignalKind.THESIS_INVALID, Advice.SELL)
    assert kinds(it) == fired


def test_one_of_them_fills_and_the_others_are_gone():
    it = holding()
    guard(it, target=5000, stop=4300, lasts_s=60)
    it.quote(5000, 5100)
    it.wait()
    it.quote(4000, 4100)
    it.wait(120 * SECOND)
    assert (kinds(it), it.held(), sold(it)) == ([ExitKind.TARGET], 0, 10)
    assert len(it.said(ExitsGone)) == 1


def test_without_a_book_to_trust_it_waits_and_says_so_once():
    it = holding()
    guard(it, stop=4300, lasts_s=10)
    it.book.is_trusted = False
    it.quote(4000, 4100)
    it.look()
    it.wait(20 * SECOND)
    assert not kinds(it)
    (told,) = it.said(Refused)
    assert (told.rule, told.value, told.is_warning) == ("exits", "book not trusted", True)
    it.book.is_trusted = True
    it.look()
    it.wait()
    assert it.held() == 0


def test_with_nobody_to_sell_to_it_waits_for_a_bid():
    it = holding()
    guard(it, stop=4300)
    it.quote(0, 4000)
    assert it.said(Refused)[0].value == "nobody to sell to"
    it.quote(3000, 4000)
    it.wait()
    assert (kinds(it), it.held()) == ([ExitKind.STOP], 0)


def test_what_did_not_fill_is_tried_again():
    it = holding()
    guard(it, stop=4300)
    it.quote(4200, 4300, size=4)
    it.wait()
    assert it.held() == 6 * QTY_ONE
    it.wait(2 * SECOND)
    it.quote(4100, 4200, size=1_000)
    it.wait(3 * SECOND)
    assert (it.held(), sold(it), len(kinds(it))) == (0, 10, 1)


def test_it_never_stops_trying_but_takes_a_rest():
    it = holding()
    guard(it, stop=4300)
    it.quote(4200, 4300, size=1)
    it.book.sizes[BUY] = {4200: 0.000001}
    for _ in range(40):
        it.wait(SECOND)
    tries = len(it.said(Intent))
    assert tries == TRIES
    assert it.said(Refused)[-1].remedy == "it is tried again in a minute: look at it"
    it.quote(4200, 4300)
    it.wait(70 * SECOND)
    assert it.held() == 0


def test_a_halted_gate_is_asked_again_once_a_person_resumes():
    it = holding()
    guard(it, stop=4300)
    it.take(Halt(it.at))
    it.quote(4200, 4300)
    it.wait(30 * SECOND)
    assert len(it.said(Intent)) == 1
    assert it.held()
    it.take(Resume(it.at))
    it.wait(2 * SECOND)
    assert it.held() == 0


def test_an_exit_takes_back_what_else_works_there():
    it = holding()
    it.take(SubmitTicket(it.at, M, SELL, 10 * QTY_ONE, 5500, GTC))
    it.wait()
    guard(it, stop=4300)
    it.quote(4200, 4300)
    it.wait()
    assert len(it.said(WithdrawOrder)) == 1
    assert it.held() == 0


def test_while_a_person_closes_it_holds_back():
    it = holding()
    guard(it, stop=4300)
    it.take(ClosePosition(it.at, M))
    it.quote(4200, 4300)
    assert len(it.said(Intent)) == 1
    it.wait(5 * SECOND)
    assert (it.held(), sold(it)) == (0, 10)
    assert it.strategies.guards.standing() == []


def test_a_settled_market_needs_no_exits():
    it = holding()
    guard(it, stop=4300)
    it.take(MarketSettled(it.at, M, 10_000))
    assert it.strategies.guards.standing() == []


def test_exits_are_taken_away_and_set_anew():
    it = holding()
    guard(it, stop=4300)
    guard(it, target=6000)
    (standing,) = it.strategies.guards.standing()
    assert (standing.target, standing.stop) == (6000, 0)
    guard(it)
    assert it.strategies.guards.standing() == []
    assert it.said(ExitsGone)[0].reason == "taken away"


@pytest.mark.parametrize(
    ("exits", "value", "limit"),
    [
        ({"target": 4600}, "target 0.46", "above 0.46"),
        ({"stop": 4700}, "stop 0.47", "below 0.465"),
        ({}, "no exits here", "exits to take away"),
        ({"target": 10_000}, "target 1.00", "between 0 and 1"),
        ({"stop": -1}, "stop -0.0001", "between 0 and 1"),
        ({"trail": 10_000}, "trail 1.00", "between 0 and 1"),
        ({"lasts_s": -1}, "-1 s", "above 0"),
    ],
)
def test_exits_that_make_no_sense_are_refused(exits, value, limit):
    it = holding()
    guard(it, **exits)
    (refused,) = it.said(Refused)
    assert (refused.rule, refused.value, refused.limit) == ("exits", value, limit)


@pytest.mark.parametrize(
    ("side", "price", "bracket", "limit"),
    [
        (BUY, 0, Bracket(stop=4700), "below 0.47"),
        (BUY, 4500, Bracket(target=4500), "above 0.45"),
        (SELL, 0, Bracket(stop=4600), "above 0.46"),
        (SELL, 0, Bracket(target=4700), "below 0.46"),
    ],
)
def test_an_order_whose_exits_would_close_it_at_once_is_refused(side, price, bracket, limit):
    it = Floor()
    it.start()
    it.take(SubmitTicket(it.at, M, side, 10 * QTY_ONE, price, bracket=bracket))
    assert [refused.limit for refused in it.said(Refused)] == [limit]
    assert not it.said(Intent)


def test_nothing_held_is_nothing_to_guard():
    it = Floor()
    it.start()
    guard(it, stop=4000)
    assert it.said(Refused)[0].value == "nothing held"


def test_an_order_brings_its_exits_along():
    it = Floor()
    it.start()
    it.take(
        SubmitTicket(
            it.at, M, BUY, 10 * QTY_ONE, bracket=Bracket(stop=4300, target_ppm=100_000, lasts_s=60)
        )
    )
    assert not it.said(Exits)
    it.wait()
    (exits,) = it.said(Exits)
    assert (exits.target, exits.stop) == (5200, 4300)
    assert exits.until == it.said(Fill)[0].at + 60 * SECOND


def test_a_large_order_brings_its_exits_along_too():
    it = Floor()
    it.start()
    it.take(SubmitTicket(it.at, M, BUY, 200 * QTY_ONE, bracket=Bracket(stop=4300), route="auto"))
    it.wait(2 * SECOND)
    assert it.held() == 200 * QTY_ONE
    assert [exits.stop for exits in it.strategies.guards.standing()] == [4300]


def test_an_exit_stops_what_is_being_bought_in_slices():
    it = Floor()
    it.start()
    it.take(SubmitTicket(it.at, M, BUY, 2_000 * QTY_ONE, bracket=Bracket(stop=4300), route="auto"))
    it.wait(2 * SECOND)
    assert it.held() == 400 * QTY_ONE
    it.quote(4200, 4300)
    it.wait(120 * SECOND)
    assert it.held() == 0
    assert it.said(PlanMoved)[-1].reason == "an exit closes here"
    assert it.again().manual.plans() == []


def test_a_bracket_on_an_order_that_closes_guards_nothing():
    it = holding()
    it.take(SubmitTicket(it.at, M, SELL, 4 * QTY_ONE, bracket=Bracket(stop=4900)))
    it.wait()
    assert (it.held(), it.said(Exits)) == (6 * QTY_ONE, [])


def test_a_position_that_turns_over_loses_its_exits():
    it = holding()
    guard(it, stop=4300)
    it.take(SubmitTicket(it.at, M, SELL, 15 * QTY_ONE))
    it.wait()
    assert it.held() == -5 * QTY_ONE
    assert it.said(ExitsGone)[0].reason == "turned over"


def test_an_exit_that_a_restart_interrupted_goes_on():
    it = holding()
    guard(it, event="map loss")
    it.quote(4600, 4700, size=4)
    it.take(TagGame(it.at, M, "map loss"))
    it.wait(400 * MS)
    assert it.held() == 6 * QTY_ONE
    it = it.again()
    assert it.strategies.guards.state()[M][2] is ExitKind.EVENT
    it.start("s2")
    it.quote(4600, 4700)
    it.wait(3 * SECOND)
    assert (it.held(), sold(it)) == (0, 10)


def test_a_report_of_another_order_changes_nothing():
    it = holding()
    guard(it, stop=4300)
    it.take(report("other", OrderState.CANCELLED))
    assert len(it.strategies.guards.standing()) == 1


def test_moving_another_exit_leaves_the_trail_and_the_time_where_they_are():
    it = holding()
    guard(it, trail=300, lasts_s=60)
    until = it.said(Exits)[-1].until
    it.quote(5000, 5100)
    it.wait()
    best = it.said(Exits)[-1].best
    it.quote(4900, 5000)
    guard(it, trail=300, target=6000, until=until)
    exits = it.said(Exits)[-1]
    assert (exits.best, exits.until, exits.target) == (best, until, 6000)
    it.quote(4700, 4720)
    assert kinds(it) == [ExitKind.TRAILING]


def test_a_trail_too_near_is_refused_instead_of_closing_at_once():
    it = holding()
    guard(it, trail=300)
    it.quote(5000, 5100)
    it.wait()
    it.quote(4850, 4950)
    guard(it, trail=100)
    (refused,) = it.said(Refused)
    assert "trailing stop" in refused.value
    assert not kinds(it)
