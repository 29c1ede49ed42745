"""What the board says of live trading: arming, readiness, doubtful orders, kill, differences."""

import msgspec
import pytest
from tests.pilot.live_build import (
    armed,
    asks,
    differs,
    disarmed,
    every_state,
    killed,
    live_desk,
    placed,
    timed,
    unknown,
    with_state,
)
from tests.pilot.screen_build import (
    MAP_THREE,
    MAP_TWO,
    NOW,
    FakeReader,
    evening,
    fill,
    hear,
    market,
    report,
)

from pmterm.messages.accounts import MarketSettled, Mode, PositionChanged, SessionStarted
from pmterm.messages.commands import AmendTicket, SubmitTicket
from pmterm.messages.feed import (
    CLOSED_EARLY,
    DETERMINED,
    SETTLED,
    MarketSeen,
    MarketStatusSeen,
)
from pmterm.messages.live import (
    Armed,
    CashSeen,
    DeadManSeen,
    Disarmed,
    HoldingAdjusted,
    HoldingDiffers,
    LinkSeen,
    ReadinessChanged,
    Reconciled,
)
from pmterm.messages.orders import (
    Fill,
    FillMoved,
    GateChanged,
    OrderAdopted,
    PlanMoved,
    PlanStarted,
    PlanState,
    Refused,
)
from pmterm.model.ids import FillId, MarketId, OrderId, Venue, VenueOrderId
from pmterm.model.market import MarketStatus
from pmterm.model.order import FillState, GateState, OrderState, Side, TimeInForce
from pmterm.model.units import CASH_ONE, MS, QTY_ONE, SECOND
from pmterm.views.account_words import (
    beat_words,
    compared_words,
    is_alarming,
    link_words,
    ready_words,
    span_words,
)
from pmterm.views.banner import banner
from pmterm.views.board import BoardFold
from pmterm.views.differences import accept_lines, alarm
from pmterm.views.live import KillView, VenueView
from pmterm.views.news import refusal_text
from pmterm.views.order_row import advice, delay_text, state_words
from pmterm.views.plans import plan_words
from pmterm.views.question import heading, lines_of, open_question, yes_to
from pmterm.views.status import words_of
from pmterm.views.stopping import (
    dead_man_words,
    kill_lines,
    order_name,
    panic_names,
    quit_lines,
    stop_words,
)


def board_of(*more):
    return live_desk(*more).board()


def order(board, name):
    return next(row for row in board.orders if row.order == name)


def test_armed_is_only_what_the_gate_said_and_ends_by_itself():
    board = board_of(armed())
    assert board.live.arming.passes(MAP_THREE, NOW)
    assert not board.live.arming.passes(MAP_TWO, NOW)
    assert board.live.arming.is_on(NOW + 271 * SECOND)
    assert not board.live.arming.is_on(NOW + 272 * SECOND)
    assert board.live.arming.why_not(NOW + 272 * SECOND) == "its time is over"


def test_disarming_keeps_its_reason_and_a_session_starts_disarmed():
    desk = live_desk(armed(), disarmed("stale book"))
    assert desk.board().live.arming.why_not(NOW) == "stale book"
    desk.hear(armed(), SessionStarted(NOW, "p8", Mode.LIVE, "0.1.0", 0))
    assert not desk.board().live.arming.is_on(NOW)
    assert not desk.board().live.venue(Venue.KALSHI).is_ready


def test_what_locks_a_ticket():
    assert board_of(armed()).locked == ""
    assert board_of(disarmed()).locked == "disarmed: press a"
    assert board_of(armed(MAP_TWO)).locked == "disarmed: press a"
    assert "press R" in board_of(armed(), *killed()).locked
    reader = FakeReader()
    paper = BoardFold(reader)
    evening(paper, reader)
    assert paper.paint(NOW, reader, MAP_THREE).locked == ""


def test_why_can_i_not_trade_names_everything_that_is_missing():
    board = board_of(
        ReadinessChanged(NOW, Venue.KALSHI, ("user stream down", "clock off by 12 s"), True),
        armed(MAP_TWO),
        differs(),
    )
    assert board.health.obstacles == (
        "kalshi not ready: user stream down",
        "kalshi not ready: clock off by 12 s",
        "kalshi takes only orders that rest (post only)",
        "disarmed (armed in another market): press a",
        "holding differs, must not grow: ours 100, the venue's 60",
    )
    assert board_of(armed()).health.obstacles == ()


def test_a_venue_nobody_spoke_of_is_not_ready():
    desk = live_desk()
    desk.hear(SessionStarted(NOW, "p8", Mode.LIVE, "0.1.0", 0), armed())
    assert desk.board().health.obstacles == ("kalshi not ready: nothing heard of our account yet",)


@pytest.mark.parametrize(
    ("more", "full", "brief"),
    [
        ((disarmed("idle"),), "disarmed (idle); a arms", "disarmed ^k KILL"),
        (
            (armed(),),
            "ARMED 4:32, cap $10.00 in Sentinels to beat Fnatic",
            "ARMED 4:32 ^k KILL",
        ),
        ((armed(cap=0),), "ARMED 4:32 in Sentinels to beat Fnatic", "ARMED 4:32 ^k KILL"),
        (
            (armed(MAP_TWO),),
            "ARMED 4:32 in another market, Fnatic to win map 2",
            "ARMED? 4:32 ^k KILL",
        ),
        (
            killed(0),
            "KILLED: halted by hand; 0 of 2 cancels proved, asking again; R resumes",
            "KILLED 0/2 ^k KILL",
        ),
        (killed(2), "KILLED: halted by hand; all 2 cancels proved; R resumes", "KILLED ^k KILL"),
    ],
)
def test_the_bar_in_words(more, full, brief):
    board = board_of(*more)
    assert banner(board, 120) == (f"LIVE — REAL MONEY  {full}",)
    assert banner(board, 20) == ("LIVE — REAL MONEY", brief)


def test_reducing_is_said_beside_the_arming():
    board = board_of(armed(), GateChanged(NOW, GateState.REDUCING, "loss limit"))
    assert "REDUCING, only closing orders; ARMED 4:32" in banner(board, 120)[0]


def test_an_order_that_ended_in_part_says_what_of_it_stands():
    part = report("p7-00010", OrderState.CANCELLED, filled=12, at=NOW)
    board = board_of(*placed("p7-00010"), part)
    assert state_words(order(board, "p7-00010"), NOW) == "FILLED 12/40"
    none = report("p7-00010", OrderState.CANCELLED, at=NOW)
    board = board_of(*placed("p7-00010"), none)
    assert state_words(order(board, "p7-00010"), NOW) == "CANCELLED"


def test_unknown_order_is_pinned_with_what_to_do():
    board = board_of(*unknown(reason="look 2: not there; given up after 60 s"), *placed("p7-00010"))
    row = board.orders[0]
    assert (row.order, state_words(row, NOW)) == ("p7-00008", "UNKNOWN 8.0s")
    assert (
        advice(row)
        == "do not send again; pmterm is asking the venue: look 2: not there; given up after 60 s"
    )
    assert board.live.counts.unknown == 1
    assert not any(mark.is_sure for mark in board.ladder.own if mark.order == "p7-00008")


def test_an_unknown_order_counts_its_time_through_further_looks():
    board = board_of(
        *unknown(),
        report(
            "p7-00008", OrderState.UNKNOWN, at=NOW, reason="look 3: not there; given up after 60 s"
        ),
    )
    assert state_words(board.orders[0], NOW) == "UNKNOWN 8.0s"
    assert "look 3: not there; given up after 60 s" in advice(board.orders[0])


def test_cancel_that_is_not_proved_says_so():
    board = board_of(report("p7-00003", OrderState.CANCEL_UNKNOWN, 100, 5200, reason="try 2"))
    assert state_words(board.orders[0], NOW) == "CANCEL?"
    assert advice(board.orders[0]) == "not proved cancelled; pmterm asks until it is: try 2"


def test_delay_counts_down_and_is_never_zero_too_early():
    board = board_of(*every_state())
    row = order(board, "p7-00005")
    assert state_words(row, NOW) == "DELAYED 2.1s"
    assert state_words(row, NOW + 2 * SECOND) == "DELAYED 0.1s"
    assert state_words(row, NOW + 2_100 * MS) == "SENT"
    assert delay_text(1) == "0.1s"


def test_settling_and_reversed_fills():
    settling = with_state(fill("p7-00006", qty=40, price=4500, name="f6"))
    done = (*placed("p7-00006"), report("p7-00006", OrderState.FILLED, filled=40), settling)
    holds = PositionChanged(NOW, MAP_THREE, 140 * QTY_ONE, 4640, 65_000_000, 0, 0, 40 * QTY_ONE)
    before = board_of(*done, holds)
    assert state_words(order(before, "p7-00006"), NOW) == "SETTLING"
    assert before.positions[0].settling == 40 * QTY_ONE
    assert before.positions[0].settled == 100 * QTY_ONE
    moved = FillMoved(NOW, FillId("f6"), OrderId("p7-00006"), MAP_THREE, FillState.CONFIRMED)
    after = board_of(*done, msgspec.structs.replace(holds, settling=0), moved)
    assert state_words(order(after, "p7-00006"), NOW) == "FILLED"
    assert after.positions[0].settled == 140 * QTY_ONE
    failed = board_of(*done, msgspec.structs.replace(moved, state=FillState.FAILED))
    assert state_words(order(failed, "p7-00006"), NOW) == "REVERSED"
    assert "REVERSED: a fill of 40 failed to settle" in failed.outcome.text
    assert failed.toasts[-1].severity == "error"


def test_a_mined_fill_still_settles_and_a_part_may_be_reversed():
    one = with_state(fill("p7-00006", qty=30, price=4500, name="f6"))
    two = with_state(fill("p7-00006", qty=10, price=4500, name="f7"))
    done = (*placed("p7-00006"), report("p7-00006", OrderState.FILLED, filled=40), one, two)
    mined = FillMoved(NOW, FillId("f6"), OrderId("p7-00006"), MAP_THREE, FillState.MINED)
    back = FillMoved(NOW, FillId("f7"), OrderId("p7-00006"), MAP_THREE, FillState.FAILED)
    row = order(board_of(*done, mined, back), "p7-00006")
    assert (row.settling, row.reversed) == (30 * QTY_ONE, 10 * QTY_ONE)
    assert state_words(row, NOW) == "REVERSED 10"


def test_settling_of_a_short_position_is_told_from_its_own_side():
    short = PositionChanged(NOW, MAP_THREE, -40 * QTY_ONE, 4500, 22_000_000, 0, 0, 40 * QTY_ONE)
    row = board_of(short).positions[0]
    assert (row.outcome, row.settling, row.settled) == ("Fnatic", 40 * QTY_ONE, 0)


def test_resolved_market_says_what_a_holding_is_paid():
    board = board_of(MarketSettled(NOW, MAP_THREE, 10_000))
    assert board.positions[0].redeems == 100_000_000
    assert board_of().positions[0].redeems == -1


def test_what_is_held_is_shown_even_where_the_market_is_not_watched():
    held = PositionChanged(NOW, MarketId("KXELSE"), -5 * QTY_ONE, 4000, 3_000_000, 0, 0)
    row = next(row for row in board_of(held).positions if row.market == "KXELSE")
    assert (row.title, row.outcome, row.exit_at, row.is_trusted) == ("KXELSE", "NO", -1, False)


def test_foreign_order_is_labelled_and_a_lost_one_of_ours_comes_back():
    foreign = OrderAdopted(
        NOW, OrderId("x-1"), MAP_THREE, VenueOrderId("v"), 0, Side.BUY, 4400, 9 * QTY_ONE, 0
    )
    board = board_of(foreign)
    assert state_words(order(board, "x-1"), NOW) == "FOREIGN"
    ours = msgspec.structs.replace(
        foreign, order=OrderId("p7-00020"), is_ours=True, filled=2 * QTY_ONE
    )
    lost = (*placed("p7-00020", qty=9, price=4400), report("p7-00020", OrderState.REFUSED, 9, 4400))
    back = order(board_of(*lost, ours), "p7-00020")
    assert (state_words(back, NOW), back.origin) == ("PART 2/9", "ticket")


def test_amend_shows_as_a_question_until_it_is_answered():
    asked = placed("p7-00011", price=4400, replaces=OrderId("p7-00002"))
    waiting = order(board_of(*asked), "p7-00002")
    assert (waiting.new_price, state_words(waiting, NOW)) == (4400, "AMEND?")
    same = report("p7-00002", OrderState.PARTIAL, filled=12, ahead=5)
    assert order(board_of(*asked, same), "p7-00002").is_amending, "only its place in line moved"
    moved = report("p7-00002", OrderState.OPEN, price=4400, filled=12)
    assert not order(board_of(*asked, moved), "p7-00002").is_amending
    no = report("p7-00011", OrderState.REFUSED, price=4400, reason="the venue said no")
    kept = order(board_of(*asked, no), "p7-00002")
    assert (kept.is_amending, kept.price, kept.reason) == (False, 4500, "the venue said no")
    lost = report("p7-00011", OrderState.UNKNOWN, price=4400, reason="no answer")
    assert order(board_of(*asked, lost), "p7-00002").is_amending


def test_status_says_how_old_the_word_about_the_cash_is():
    desk = live_desk()
    desk.hear(
        ReadinessChanged(NOW, Venue.KALSHI),
        CashSeen(NOW - 60 * SECOND, Venue.KALSHI, 1_000 * CASH_ONE),
        Reconciled(NOW - 2 * SECOND, Venue.KALSHI, "timer", 0, 15),
    )
    said = "kalshi: ready; cash $1,000.00 60s ago, compared 2.0s ago, 0 differ"
    assert said in words_of(desk.board())


def test_the_last_outcome_says_what_became_of_an_amend():
    asked = placed("p7-00011", price=4400, replaces=OrderId("p7-00002"))
    moved = report("p7-00002", OrderState.PARTIAL, 40, 4400, 12, at=NOW)
    no = report("p7-00011", OrderState.REFUSED, price=4400, reason="off the grid", at=NOW)
    lost = report("p7-00011", OrderState.UNKNOWN, price=4400, reason="no answer", at=NOW)
    for word, said in (
        (moved, "BUY 40 @ 44 PART 12/40"),
        (no, "Not changed: BUY 40 @ 45 PART 12/40 (off the grid)"),
        (lost, "BUY 40 @ 45 AMEND? (no answer)"),
    ):
        outcome = board_of(*asked, word).outcome
        assert (outcome.text, outcome.order) == (said, "p7-00002")


def test_question_holds_the_very_order_and_yes_sends_it_at_its_limit():
    board = board_of(*asks(reduce_only=True))
    question = open_question(board)
    assert question is not None
    assert not question.needs_word
    assert heading(question, board.market) == "BUY 100 Sentinels @ 48, GTC, reduce only?"
    assert "on kalshi: KXVALGAME-26NOV21SENFNC-SEN" in lines_of(question, board.market, board)
    assert yes_to(question) == SubmitTicket(
        0,
        MAP_THREE,
        Side.BUY,
        100 * QTY_ONE,
        4800,
        reduce_only=True,
        confirmed=True,
    )
    assert board.live.counts.by_gate == 0, "asking is not refusing"


def test_only_the_first_order_of_an_account_needs_the_typed_word():
    first = live_desk(*asks(), is_traded=False).board().live.question
    assert first.needs_word
    later = live_desk(*placed("p7-00001"), *asks(), is_traded=False).board().live.question
    assert not later.needs_word
    reader = FakeReader()
    fold = BoardFold(reader)
    approved = placed("p6-00001")[1]
    here, other = (
        MarketSeen(NOW, msgspec.structs.replace(market(), id=name, venue=venue))
        for name, venue in ((MAP_THREE, Venue.KALSHI), (MAP_TWO, Venue.POLYMARKET))
    )
    for said in (here, approved):
        fold.recalls()[type(said)](said)
    hear(fold, here, other, *asks())
    assert not fold.paint(NOW, reader, MAP_THREE).live.question.needs_word
    hear(fold, *(msgspec.structs.replace(said, market=MAP_TWO) for said in asks()))
    assert fold.paint(NOW, reader, MAP_TWO).live.question.needs_word, "the first on that venue"


def test_question_about_a_ticket_that_is_no_order_yet_sends_the_ticket():
    ticket = SubmitTicket(NOW, MAP_THREE, Side.BUY, 2_000 * QTY_ONE, route="auto")
    no = Refused(NOW, OrderId(""), MAP_THREE, "ASK", "5 orders", "$500 at once", "", asks=True)
    board = board_of(ticket, no)
    question = open_question(board)
    assert yes_to(question) == msgspec.structs.replace(ticket, at=0, confirmed=True)
    assert heading(question, board.market) == "BUY 2,000 Sentinels: 5 orders?"
    assert question.cost == 2_000_000_000
    elsewhere = msgspec.structs.replace(no, market=MAP_TWO)
    assert board_of(ticket, elsewhere).live.question is None


def test_plans_in_words():
    started = PlanStarted(NOW, "w1", MAP_THREE, Side.SELL, 500 * QTY_ONE, 5, 60 * SECOND)
    going = PlanMoved(NOW, "w1", PlanState.GOING, 2, 180 * QTY_ONE)
    (row,) = board_of(started, going).plans
    assert plan_words(row) == (
        "SELL 500 in slices (c stops it) GOING: 2 of 5 sent, 180 filled, one every 1:00"
    )
    paused = msgspec.structs.replace(going, state=PlanState.PAUSED, reason="disarmed")
    (row,) = board_of(started, paused).plans
    assert "PAUSED (disarmed)" in plan_words(row)
    assert (
        board_of(started, paused, msgspec.structs.replace(going, state=PlanState.DONE)).plans == ()
    )


def test_question_about_an_amend_and_one_without_word():
    board = board_of(*asks(replaces=OrderId("p7-00002")))
    question = open_question(board)
    assert yes_to(question) == AmendTicket(
        0, OrderId("p7-00002"), 4800, 100 * QTY_ONE, confirmed=True
    )
    assert heading(question, board.market).startswith("CHANGE p7-00002 TO BUY 100")


def test_question_says_that_polymarket_spends_dollars_where_nothing_rests():
    board = board_of(*asks())
    poly = msgspec.structs.replace(board.market, venue=Venue.POLYMARKET)

    def told(tif):
        asked = board.live.question
        wish = msgspec.structs.replace(asked.intent, tif=tif, qty=50 * QTY_ONE)
        return "; ".join(lines_of(msgspec.structs.replace(asked, intent=wish), poly, board))

    assert "spends $24.00, a better price buys more" in told(TimeInForce.IOC)
    assert "spends" not in told(TimeInForce.GTC)


def test_question_ends_with_a_halt_with_age_and_with_yes():
    desk = live_desk(*asks())
    assert open_question(desk.board()) is not None
    desk.now = NOW + 60 * SECOND
    assert open_question(desk.board()) is None
    assert open_question(board_of(*asks(), *killed())) is None
    said_yes = placed("p7-00010", qty=100, price=4800, confirmed=True)
    assert open_question(board_of(*asks(), *said_yes)) is None


def test_question_about_a_market_not_in_front_says_the_most_it_can_cost():
    desk = live_desk(*asks())
    desk.focus(MAP_TWO)
    board = desk.board()
    lines = lines_of(board.live.question, None, board)
    assert "costs at most $48.00 before fees" in lines


def test_kill_claims_nothing_of_orders_before_it_has_come_to_them():
    assert "2 orders of yours: not asked to be cancelled yet." in kill_lines(board_of())


def test_kill_counts_what_is_proved():
    board = board_of(*killed(1))
    assert (board.live.kill.total, board.live.kill.proved) == (2, 1)
    assert board.live.kill.left == ("p7-00003",)
    lines = kill_lines(board)
    assert "1 of 2 cancels proved, asking again:" in lines
    assert "  SELL 100@52" in lines
    assert "Still held; flatten sells 100 Sentinels for about $46.00 (-$1.00)." in lines
    assert "All 2 cancels proved." in kill_lines(board_of(*killed(2)))


def test_one_cancel_is_told_as_one():
    assert KillView(1, 1).end_words == "the one cancel proved"
    board = board_of(*killed(1))
    one = msgspec.structs.replace(board.live, kill=KillView(1, 0, ("p7-00003",)))
    lines = kill_lines(msgspec.structs.replace(board, live=one))
    assert "0 of 1 cancel proved, asking again:" in lines


def test_kill_follows_an_order_that_was_on_its_way_and_leaves_foreign_ones():
    foreign = OrderAdopted(
        NOW, OrderId("x-1"), MAP_THREE, VenueOrderId("v"), 0, Side.BUY, 4400, QTY_ONE, 0
    )
    board = board_of(*placed("p7-00010"), foreign, *killed(2))
    assert board.live.kill.left == ("p7-00010",)
    assert "1 order made elsewhere: not touched." in kill_lines(board)
    over = board_of(*killed(1), GateChanged(NOW, GateState.ACTIVE, "by hand"))
    assert over.live.kill.total == 0


def test_panic_and_quit_and_stop_in_words():
    board = board_of()
    assert panic_names(board) == (
        "cancels SELL 100@52, BUY 28@45; sells 100 Sentinels for about $46.00 (-$1.00)"
    )
    lines = quit_lines(board, ["one"])
    assert lines[:2] == ["Quitting cancels these and keeps all positions:", "  one"]
    assert lines[-2:] == [
        "kalshi: no dead-man: orders stay open there if pmterm stops.",
        "polymarket: dead-man confirmed 3.0s ago, cancels all in 12s unless renewed.",
    ]
    assert "the dead-man then cancels all (polymarket in 12s)" in stop_words(board, 2)
    late = VenueView(Venue.KALSHI, beat_at=NOW - 30 * SECOND, beat_until=NOW - 5 * SECOND)
    assert "ran out 5.0s ago" in dead_man_words(late, NOW)


def test_an_order_is_named_by_what_it_would_trade_and_by_its_market_where_that_is_known():
    left = (Side.BUY, 28 * QTY_ONE, 4_550)
    here = market()
    told = "BUY 28 Sentinels @ 45.5 in Sentinels to beat Fnatic"
    assert order_name(*left, here, here.id) == told
    assert order_name(*left, None, MarketId("0xabc")) == "BUY 28 @ 45.5 in 0xabc"


def test_panic_doubts_a_price_nobody_stands_at():
    desk = live_desk()
    desk.reader.is_empty = True
    assert panic_names(desk.board()).endswith("for about $47.00? ($0.00?)")


def test_differences_alarm_until_they_agree():
    desk = live_desk(differs())
    board = desk.board()
    (found,) = board.live.differences
    assert alarm(found, board) == "DIFFERS ours 100 theirs 60: v accepts"
    assert "Accepting records a correction of -40 contracts; no order is sent." in accept_lines(
        found, board
    )
    assert board.toasts[-1].severity == "error"
    adjusted = HoldingAdjusted(NOW, MAP_THREE, -40 * QTY_ONE, 4700, "accepted by hand")
    over = HoldingDiffers(NOW, MAP_THREE, 60 * QTY_ONE, 60 * QTY_ONE, is_over=True)
    desk.hear(adjusted, over)
    assert desk.board().live.differences == ()
    assert any("holding -40 @ 47, accepted by hand" in row.text for row in desk.board().health.log)


def test_a_difference_where_we_hold_nothing_still_has_a_row():
    rows = board_of(differs(MAP_TWO, 0, 25)).positions
    assert [row.qty for row in rows if row.market == MAP_TWO] == [0]


def test_account_in_words():
    board = board_of()
    kalshi, poly = (board.live.venue(venue) for venue in (Venue.KALSHI, Venue.POLYMARKET))
    assert ready_words(kalshi, NOW) == "ready  cash $412.00 9m ago"
    assert compared_words(kalshi, NOW) == "compared 42s ago (timer) agrees, 310 ms"
    assert compared_words(poly, NOW) == "compared 55s ago (start) 1 differ, 820 ms"
    assert beat_words(kalshi, NOW) == "no dead-man"
    assert beat_words(VenueView(Venue.POLYMARKET), NOW) == "dead-man not confirmed"
    assert "not confirmed: orders stay" in dead_man_words(VenueView(Venue.POLYMARKET), NOW)
    assert beat_words(poly, NOW) == "dead-man 3.0s ago, fires in 12s"
    assert link_words(kalshi) == "clock +240 ms, 512 calls, 2 limited, 1 failed"
    assert not is_alarming(poly, NOW)
    assert is_alarming(poly, NOW + 12 * SECOND), "the dead-man ran out"
    assert not is_alarming(kalshi, NOW + 48 * SECOND)
    assert is_alarming(kalshi, NOW + 49 * SECOND), "comparing breaks off again and again"
    nobody = VenueView(Venue.KALSHI)
    assert ready_words(nobody, NOW) == "not ready: nothing heard yet"
    assert compared_words(nobody, NOW) == "never compared with the venue"
    off = board_of(LinkSeen(NOW, Venue.KALSHI, -3 * SECOND)).live.venue(Venue.KALSHI)
    assert is_alarming(off, NOW)
    assert link_words(off).startswith("clock -3.0 s")


def test_spans_are_written_short():
    assert [span_words(n) for n in (400_000, 3 * MS, 143_400_000, 2_140 * MS)] == [
        "0.4 ms",
        "3 ms",
        "143 ms",
        "2.1 s",
    ]


def test_refusals_of_gate_and_venue_are_counted():
    no = Refused(NOW, OrderId(""), MAP_THREE, "R1", "a", "b", "c")
    board = board_of(
        no, no, *placed("p7-00010"), report("p7-00010", OrderState.REFUSED, reason="min size")
    )
    assert (board.live.counts.by_gate, board.live.counts.by_venue) == (2, 1)


def test_readiness_is_told_when_it_changes_and_not_each_time():
    desk = live_desk()
    down = ReadinessChanged(NOW, Venue.KALSHI, ("user stream down",))
    told = len(desk.board().toasts)
    desk.hear(down, down, ReadinessChanged(NOW, Venue.KALSHI))
    assert [toast.text for toast in desk.board().toasts[told:]] == [
        "kalshi takes no order of ours: user stream down",
        "kalshi is ready",
    ]


def test_that_nothing_is_ready_yet_when_a_session_begins_is_logged_only():
    desk = live_desk()
    ready = ReadinessChanged(NOW, Venue.KALSHI)
    missing = ReadinessChanged(NOW, Venue.KALSHI, ("user stream down",))
    worse = ReadinessChanged(NOW, Venue.KALSHI, ("user stream down", "no dead-man"))
    desk.hear(ready, missing, SessionStarted(NOW, "live-1", Mode.LIVE, "0", 0))
    told = len(desk.board().toasts)
    desk.hear(missing, worse, ready)
    assert len(desk.board().toasts) == told
    assert [row.text for row in desk.board().health.log[:3]] == [
        "kalshi is ready",
        "kalshi takes no order of ours: user stream down, no dead-man",
        "kalshi takes no order of ours: user stream down",
    ]
    desk.hear(missing)
    assert [toast.text for toast in desk.board().toasts[told:]] == [
        "kalshi takes no order of ours: user stream down"
    ]


def test_a_refusal_reads_as_a_sentence_whatever_its_limit_is():
    money = Refused(NOW, OrderId(""), MAP_THREE, "R1", "$1,008", "$1,000", "a smaller order")
    unarmed = Refused(
        NOW, OrderId(""), MAP_THREE, "ARM", "not armed", "armed for this market", "arm it first"
    )
    assert refusal_text(money) == "R1: $1,008 against $1,000; a smaller order"
    assert refusal_text(unarmed) == "ARM: not armed, needed: armed for this market; arm it first"


def test_journal_restores_orders_settlement_and_alarms_but_never_the_arming():
    lived = BoardFold(FakeReader())
    story = [*_journaled()]
    hear(lived, *story)
    restored = BoardFold(FakeReader())
    table = restored.recalls()
    for message in story:
        if type(message) in table:
            table[type(message)](message)
    reader = FakeReader()
    before, after = (f.paint(NOW, reader, MAP_THREE) for f in (lived, restored))
    assert after.orders == before.orders
    assert [state_words(row, NOW) for row in after.orders[:2]] == ["UNKNOWN 8.0s", "FOREIGN"]
    assert after.positions == before.positions
    assert after.live.differences == before.live.differences
    assert after.live.kill == before.live.kill
    assert after.live.latency == before.live.latency
    assert before.live.arming.is_on(NOW)
    assert not after.live.arming.is_on(NOW)
    assert after.live.question is None
    assert after.toasts == ()


def _journaled():
    evening_of = live_desk()
    assert evening_of.board().is_live
    yield SessionStarted(NOW - 600 * SECOND, "p7", Mode.LIVE, "0.1.0", 0)
    yield from placed("p7-00002")
    yield from placed("p7-00003", Side.SELL, 100, 5200)
    yield from every_state()
    yield from asks()
    yield from (differs(), timed(1), timed(2))
    yield Reconciled(NOW, Venue.KALSHI, "start", 0, 20)
    yield from (each for each in killed(1) if not isinstance(each, Disarmed))
    yield Armed(NOW, MAP_THREE, NOW + 60 * SECOND)


def test_dead_man_and_fills_take_no_more_room_than_they_need():
    desk = live_desk()
    for number in range(2_000):
        name = f"f{number}"
        made = with_state(fill("p7-00001", qty=1, name=name))
        assert isinstance(made, Fill)
        desk.hear(
            made,
            FillMoved(NOW, FillId(name), OrderId("p7-00001"), MAP_THREE, FillState.CONFIRMED),
            DeadManSeen(NOW, Venue.POLYMARKET, NOW + SECOND),
            timed(number),
        )
    fold = desk.fold._fold
    assert len(fold.blotter._settling) == 0
    assert len(fold.latency._timed) == 200


def test_pairs_of_both_outcomes_show_what_merging_pays_until_the_market_is_resolved():
    pairs = PositionChanged(NOW, MAP_TWO, 0, 0, 0, 0, 0, pairs=4_500_000)
    (row,) = [row for row in board_of(pairs).positions if row.market == MAP_TWO]
    assert row.merge_text == "4.50 pairs: merging pays $4.50 (web site)"
    over = board_of(pairs, MarketSettled(NOW, MAP_TWO, 10_000))
    assert [row.merge_text for row in over.positions if row.market == MAP_TWO] == [""]
    assert board_of().positions[0].merge_text == ""


def test_what_the_gate_asked_about_is_no_refused_order():
    board = board_of(*asks("p7-00009"))
    assert open_question(board) is not None
    assert "p7-00009" not in {row.order for row in board.orders}
    no = Refused(NOW, OrderId("p7-00010"), MAP_THREE, "R1 position", "$2", "$1", "less")
    refused = board_of(*placed("p7-00010")[:1], no)
    assert order(refused, "p7-00010").state is OrderState.REFUSED


@pytest.mark.parametrize(
    ("status", "word", "result", "text"),
    [
        (MarketStatus.CLOSED, CLOSED_EARLY, "", "closed early: kalshi itself cancels what rests"),
        (MarketStatus.RESOLVED, DETERMINED, "Yes",
         "is determined, Yes: nothing trades any more; kalshi pays what was held"),
        (MarketStatus.RESOLVED, SETTLED, "Yes", "is settled, Yes: nothing trades any more"),
    ],
)  # fmt: skip
def test_how_a_market_ends_is_told_in_words(status, word, result, text):
    board = board_of(MarketStatusSeen(NOW, MAP_THREE, status, result, -1, word))
    assert text in board.health.log[0].text
    assert bool([t for t in board.toasts if text in t.text]) is (word != SETTLED)
