from tests.pilot.screen_build import (
    MAP_THREE,
    MAP_TWO,
    NOW,
    FakeReader,
    evening,
    fill,
    hear,
    report,
    wish,
)

from pmterm.messages.accounts import Mode
from pmterm.messages.health import FeedDown
from pmterm.messages.orders import Approved, GateChanged, Refused, WithdrawOrder
from pmterm.messages.strategy import ExitKind, Exits
from pmterm.model.ids import OrderId, Venue
from pmterm.model.order import GateState, OrderState
from pmterm.model.units import SECOND
from pmterm.views.board import BoardFold
from pmterm.views.header import ReplayStatus
from pmterm.views.ladder import rows_of
from pmterm.views.order_row import state_words
from pmterm.views.standing import Guarded, Standing


def painted(at=NOW, focus=MAP_THREE, reader=None, more=()):
    reader = reader or FakeReader()
    fold = BoardFold(reader)
    evening(fold, reader)
    hear(fold, *more)
    return fold.paint(at, reader, focus)


def order(board, name):
    return next(row for row in board.orders if row.order == name)


def test_board_shows_the_evening():
    board = painted()
    assert board.header.mode is Mode.PAPER
    assert [lamp.is_up for lamp in board.header.lamps] == [True, True]
    assert board.ladder.best_bid == 4600
    assert board.beside is not None
    assert board.beside.market == MAP_TWO
    assert {mark.order for mark in board.ladder.own} == {"p7-00002", "p7-00003"}
    assert len(board.chart.marks) == 2
    assert board.money.exposure_limit == "$5,000"
    assert board.signals.rows[0].outcome.startswith("came back in 52s")
    assert board.outcome.order == "p7-00003"


def test_position_is_told_at_what_an_exit_would_bring():
    row = painted().positions[0]
    assert (row.outcome, row.exit_at, row.open_exit, row.open_mid) == (
        "Sentinels",
        4600,
        -1_000_000,
        0,
    )


def test_orders_read_as_words():
    board = painted(
        more=[
            wish("p7-00009"),
            report("p7-00009", OrderState.UNKNOWN, at=NOW - 8 * SECOND, reason="timeout"),
        ]
    )
    assert board.orders[0].order == "p7-00009"
    assert state_words(board.orders[0], NOW) == "UNKNOWN 8.0s"
    assert state_words(order(board, "p7-00002"), NOW) == "PART 12/40"
    assert state_words(order(board, "p7-00001"), NOW) == "FILLED"


def test_cancel_shows_as_a_question_until_the_venue_answers():
    board = painted(more=[WithdrawOrder(NOW, OrderId("p7-00003"), MAP_THREE)])
    assert state_words(order(board, "p7-00003"), NOW) == "CANCEL?"


def test_refusal_is_told_with_rule_and_remedy():
    no = Refused(
        NOW, OrderId("p7-00009"), MAP_THREE, "R1 position", "$1,020", "$1,000", "at most 43"
    )
    board = painted(more=[wish("p7-00009"), no])
    assert "R1 position: $1,020 against $1,000; at most 43" in board.outcome.text
    assert board.toasts[-1].severity == "warning"
    assert state_words(order(board, "p7-00009"), NOW) == "REFUSED"


def test_feed_down_and_halt_are_named_as_obstacles():
    reader = FakeReader()
    reader.is_trusted, reader.reason = False, "gap of 3"
    board = painted(
        reader=reader,
        more=[
            FeedDown(NOW, Venue.KALSHI, "no route"),
            GateChanged(NOW, GateState.HALTED, "by hand"),
        ],
    )
    assert board.health.obstacles == (
        "halted: by hand",
        "kalshi is down: no route",
        "book not trusted: gap of 3",
    )
    assert not board.header.lamps[0].is_up


def test_amend_moves_the_order_and_makes_no_second_one():
    amend = wish("p7-00010", qty=60, price=4400, replaces=OrderId("p7-00002"))
    before = painted()
    board = painted(
        more=[
            amend,
            Approved(NOW, amend, 0),
            report("p7-00002", OrderState.OPEN, 60, 4400, 12, at=NOW),
        ]
    )
    assert len(board.orders) == len(before.orders)
    assert (order(board, "p7-00002").price, order(board, "p7-00002").left) == (4400, 48_000_000)


def test_recalled_journal_shows_but_raises_no_toast():
    reader = FakeReader()
    fold = BoardFold(reader)
    table = fold.recalls()
    for message in (wish("p7-00001"), fill("p7-00001")):
        table[type(message)](message)
    board = fold.paint(NOW, reader, MAP_THREE)
    assert len(board.orders) == 1
    assert board.toasts == ()


def test_a_replay_says_so_in_the_mode():
    reader = FakeReader()
    status = ReplayStatus("evening.ndjson.zst", 1000, True, 5 * SECOND, 60 * SECOND)
    board = BoardFold(reader).paint(NOW, reader, MAP_THREE, status)
    assert board.header.mode is Mode.REPLAY
    assert board.market is None


def test_lists_of_a_long_night_have_an_end():
    reader = FakeReader()
    fold = BoardFold(reader)
    evening(fold, reader)
    for number in range(2_000):
        name = f"q-{number:05d}"
        hear(fold, wish(name), report(name, OrderState.CANCELLED, at=NOW + number))
    board = fold.paint(NOW, reader, MAP_THREE)
    assert len(board.orders) <= 201
    assert len(board.toasts) <= 50
    assert len(board.health.log) <= 500
    assert {"p7-00002", "p7-00003"} <= {row.order for row in board.orders}


def test_exits_stand_on_the_ladder_of_their_own_market():
    reader = FakeReader()
    mine = Guarded(Exits(NOW, MAP_THREE, target=5000, stop=4350), is_long=True)
    other = Guarded(Exits(NOW, MAP_TWO, stop=4000), is_long=True, fired=ExitKind.STOP)
    reader.standing_now = Standing({MAP_THREE: mine, MAP_TWO: other})
    board = painted(reader=reader)
    rows = {row.price: row.exits for row in rows_of(board.ladder, 4700, 100, 21) if row.exits}
    assert {price: [mark.words for mark in marks] for price, marks in rows.items()} == {
        5000: ["TARGET"],
        4300: ["STOP"],
    }
    assert [mark.words for mark in board.beside.exits] == ["CLOSING"]
