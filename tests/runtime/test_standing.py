"""What the screen reads of exits and strategies is what the stages hold."""

from tests.properties.money_builders import BUY, M
from tests.trading.strategy.floor import Floor

from pmterm.messages.commands import SubmitTicket
from pmterm.messages.strategy import (
    ExitKind,
    RecordKnown,
    SetExits,
    SetMode,
    StrategyMode,
    auto_origin,
)
from pmterm.model.units import QTY_ONE
from pmterm.runtime.reader import Reader


def floor():
    it = Floor()
    it.start()
    return it, Reader(it.book, None, it.manual, it.gate, it.strategies)


def test_exits_stand_with_their_trail_until_the_position_is_closed():
    it, reader = floor()
    it.take(SubmitTicket(it.at, M, BUY, 10 * QTY_ONE))
    it.wait()
    assert reader.standing(it.at).guarded == {}
    it.take(SetExits(it.at, M, target=5000, trail=300))
    it.quote(4800, 4900)
    it.wait()
    guarded = reader.standing(it.at).guarded[M]
    assert guarded.is_long
    assert [(mark.kind, mark.price) for mark in guarded.marks] == [
        (ExitKind.TARGET, 5000),
        (ExitKind.TRAILING, 4550),
    ]
    it.quote(5000, 5100)
    it.wait()
    assert it.held() == 0
    assert reader.standing(it.at).guarded == {}


def test_an_exit_that_came_true_is_marked_until_it_is_carried_out():
    it, reader = floor()
    it.take(SubmitTicket(it.at, M, BUY, 10 * QTY_ONE))
    it.wait()
    it.take(SetExits(it.at, M, stop=4300))
    it.quote(4200, 4300)
    (mark,) = reader.standing(it.at).guarded[M].marks
    assert mark.is_fired
    assert mark.words == "CLOSING"


def test_strategies_are_told_with_mode_record_and_what_they_lack():
    it, reader = floor()
    it.take(SetMode(it.at, "fade", StrategyMode.SUGGEST))
    it.take(RecordKnown(it.at, "fade", 12, 7, 1, 1, 1, live_trades=3))
    rows = {row.name: row for row in reader.standing(it.at).strategies}
    assert list(rows) == ["fade", "fomo", "reversion", "spike"]
    fade = rows["fade"]
    assert (fade.mode, fade.missing) == (StrategyMode.SUGGEST, "12 of 50 held-out signals")
    assert fade.record.won == 7
    assert (fade.live_trades, fade.needed_trades) == (3, 50)
    assert rows["spike"].record_words == "not known (n 0)"


def test_trades_that_a_strategy_makes_by_itself_are_counted():
    it, reader = floor()
    it.take(RecordKnown(it.at, "spike", 60, 40, 1, 1, 1, live_trades=3))
    it.take(SubmitTicket(it.at, M, BUY, QTY_ONE, origin=auto_origin("spike")))
    it.wait()
    rows = {row.name: row for row in reader.standing(it.at).strategies}
    assert rows["spike"].live_trades == 4


def test_a_suggestion_is_shown_until_it_lapses():
    it, reader = floor()
    it.switch("fade", StrategyMode.SUGGEST)
    it.signal()
    (one,) = reader.standing(it.at).suggestions
    assert one.strategy == "fade"
    assert reader.standing(one.until).suggestions == ()


def test_what_a_fade_would_set_is_at_hand_for_both_ways():
    it, reader = floor()
    standing = reader.standing(it.at)
    assert standing.usual_long.target_ppm == it.settings.fade.target_ppm
    assert standing.usual_short.stop_ppm == it.settings.fomo.stop_ppm
