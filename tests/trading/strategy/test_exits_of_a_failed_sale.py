"""A sale that fails to settle brings its position back, and the exits that guarded it."""

import msgspec
import pytest
from tests.properties.money_builders import BUY, SELL, T0, M, fill, recall, seen, tell, touch

from pmterm.messages.accounts import MarketSettled, Mode, SessionStarted
from pmterm.messages.health import Heartbeat, Noticed
from pmterm.messages.orders import FillMoved, Intent
from pmterm.messages.strategy import ExitFired, ExitKind, Exits, ExitsGone, SetExits
from pmterm.model.ids import Venue
from pmterm.model.order import FillState
from pmterm.model.units import QTY_ONE, SECOND
from pmterm.trading.strategy.manual import Manual, ManualSettings
from pmterm.trading.strategy.settings import StrategySettings
from pmterm.trading.strategy.strategies import Strategies

STARTED = SessionStarted(T0, "s", Mode.LIVE, "0", 0)


class Room:
    """The strategies' stage on a live account, and the journal it writes."""

    def __init__(self, journal=()):
        manual = Manual(ManualSettings())
        self.stage = Strategies(StrategySettings(), manual, 700_000)
        self.manual, self.journal = manual, []
        recall(manual, journal)
        recall(self.stage, journal)
        self.journal += journal

    def hear(self, *messages):
        """Let both stages of this room hear messages; return what they said."""
        before = len(self.journal)
        for message in messages:
            said = [
                reply
                for stage in (self.manual, self.stage)
                if type(message) in stage.hears()
                for reply in tell(stage, message)
            ]
            self.journal += [message, *said]
        return [m for m in self.journal[before:] if m not in messages]

    def again(self):
        """Die, and begin anew from the journal."""
        other = Room(self.journal)
        assert other.guarded == self.guarded
        assert other.stage.guards.partings.state() == self.stage.guards.partings.state()
        other.hear(touch())
        return other

    @property
    def guarded(self):
        return self.stage.guards.state()


def room(**exits):
    it = Room()
    it.hear(STARTED, seen(venue=Venue.POLYMARKET), touch(), fill(1, BUY, 4500, 10, order="b"))
    if exits:
        it.hear(SetExits(T0, M, **exits))
    return it


def sale(number=1, qty=10, side=SELL):
    return msgspec.structs.replace(fill(number, side, 4600, qty), state=FillState.MATCHED)


def ends(one, state=FillState.FAILED):
    return FillMoved(T0 + SECOND, one.id, one.order, M, state)


def kinds(said):
    return [type(m) for m in said]


def alarms(said):
    return [m.text for m in said if isinstance(m, Noticed)]


@pytest.mark.parametrize("restarts", [False, True])
def test_exits_come_back_with_what_a_failed_sale_had_closed(restarts):
    it, sold = room(stop=4300, target=5200, lasts_s=600), sale()
    (before, *_) = it.guarded.values()
    assert kinds(it.hear(sold)) == [ExitsGone]
    it = it.again() if restarts else it
    said = it.hear(ends(sold))
    assert kinds(said) == [Noticed, Exits]
    assert "guarded by its exits again" in alarms(said)[0]
    back, is_long, fired = it.guarded[M]
    assert msgspec.structs.replace(back, at=T0) == before[0]
    assert (is_long, fired) == (True, None)
    assert it.again().guarded == it.guarded


@pytest.mark.parametrize("restarts", [False, True])
def test_what_an_exit_had_sold_is_sold_again(restarts):
    """The price is back above the stop, but once an exit has come true it closes the position."""
    it = room(stop=4300)
    wish = it.hear(touch(4200, 4300))[-1]
    sold = msgspec.structs.replace(sale(), order=wish.order)
    it.hear(sold, touch())
    it = it.again() if restarts else it
    said = it.hear(ends(sold))
    assert kinds(said) == [Noticed, Exits, ExitFired, Intent]
    assert said[2].kind is ExitKind.STOP
    assert said[3].qty == sold.qty


def test_a_stop_that_the_market_has_passed_meanwhile_closes_at_once():
    it, sold = room(stop=4300), sale()
    it.hear(sold, touch(4000, 4100))
    assert kinds(it.hear(ends(sold))) == [Noticed, Exits, ExitFired, Intent]


def test_of_several_fills_the_first_to_fail_brings_them_back_once():
    it, one, two = room(stop=4300), sale(1, 6), sale(2, 4)
    it.hear(one, two)
    assert kinds(it.hear(ends(two))) == [Noticed, Exits]
    assert it.hear(ends(one)) == []
    assert it.guarded[M][0].stop == 4300


def test_exits_of_the_other_outcome_come_back_too():
    it = Room()
    it.hear(STARTED, seen(venue=Venue.POLYMARKET), touch(), fill(1, SELL, 4500, 10, order="b"))
    it.hear(SetExits(T0, M, stop=4900))
    bought = sale(side=BUY)
    it.hear(bought, ends(bought))
    _, is_long, _ = it.guarded[M]
    assert is_long is False


def test_they_come_back_though_the_sale_had_turned_the_position_over():
    it, sold = room(stop=4300), sale(qty=15)
    it.hear(sold, SetExits(T0, M, stop=4900))
    assert kinds(it.hear(ends(sold))) == [ExitsGone, Noticed, Exits]
    assert it.guarded[M][0].stop == 4300


@pytest.mark.parametrize("restarts", [False, True])
def test_where_something_was_opened_since_they_stay_away_and_that_is_said(restarts):
    it, sold = room(stop=4300), sale()
    it.hear(sold, fill(5, BUY, 4700, 3, order="later"))
    it = it.again() if restarts else it
    said = it.hear(ends(sold))
    assert kinds(said) == [Noticed]
    assert "NO exits, set them anew" in alarms(said)[0]
    assert it.guarded == {}


def test_new_exits_guard_what_comes_back_beside_what_was_opened_since():
    it, sold = room(stop=4300), sale()
    it.hear(sold, fill(5, BUY, 4700, 3, order="later"), SetExits(T0, M, stop=4400))
    assert it.hear(ends(sold)) == []
    assert it.guarded[M][0].stop == 4400


def test_a_purchase_that_fails_brings_nothing_back():
    it, sold = room(stop=4300), sale()
    later = sale(5, 3, BUY)
    it.hear(sold, later)
    assert it.hear(ends(later)) == []


@pytest.mark.parametrize("state", [FillState.CONFIRMED, FillState.FAILED])
def test_nothing_is_kept_once_the_sale_has_settled(state):
    it, sold = room(stop=4300), sale()
    it.hear(sold, ends(sold, state), ends(sold, state))
    assert it.stage.guards.partings.state() == {}


def test_exits_that_a_person_took_away_stay_away():
    it, sold = room(stop=4300), sale(qty=4)
    it.hear(sold, SetExits(T0, M))
    assert kinds(it.hear(ends(sold))) == []
    assert it.guarded == {}


def test_a_resolved_market_needs_no_exits_back():
    it, sold = room(stop=4300), sale()
    it.hear(sold, MarketSettled(T0, M, 10_000))
    assert it.hear(ends(sold)) == []


def room_with_dust():
    """A position of which the last nine thousandths can never be sold, with its exits."""
    it = Room()
    bought = msgspec.structs.replace(fill(1, BUY, 4500, 10, order="b"), qty=10 * QTY_ONE + 9_000)
    it.hear(STARTED, seen(venue=Venue.POLYMARKET), touch(), bought, SetExits(T0, M, stop=4300))
    return it


def test_exits_end_with_what_can_be_sold_and_close_nothing_opened_later():
    it = room_with_dust()
    wish = it.hear(touch(4200, 4300))[-1]
    assert kinds(it.hear(msgspec.structs.replace(sale(), order=wish.order))) == [ExitsGone]
    later = fill(5, BUY, 4300, 7, order="later")
    assert it.hear(later, touch(4200, 4300), Heartbeat(T0 + 100 * SECOND)) == []
    assert it.again().guarded == {}


@pytest.mark.parametrize("restarts", [False, True])
def test_exits_come_back_with_a_failed_sale_that_had_left_dust(restarts):
    it, sold = room_with_dust(), sale()
    assert kinds(it.hear(sold)) == [ExitsGone]
    it = it.again() if restarts else it
    assert kinds(it.hear(ends(sold))) == [Noticed, Exits]
    assert it.guarded[M][0].stop == 4300


def test_exits_that_guard_dust_alone_end_at_the_next_beat():
    it = room_with_dust()
    it.hear(sale(), SetExits(T0, M, stop=4300))
    assert M in it.guarded
    assert kinds(it.hear(Heartbeat(T0 + SECOND))) == [ExitsGone]
    assert it.again().guarded == {}
