import pytest
from tests.properties.money_builders import (
    BUY,
    FOK,
    GTC,
    IOC,
    MS,
    QTY_ONE,
    SECOND,
    SELL,
    T0,
    M,
    RealBook,
    intent,
    recall,
    seen,
    tell,
    trade,
)

from pmterm.messages.accounts import MarketSettled, Mode, SessionStarted
from pmterm.messages.feed import BookLost, BookSnapshot, LevelSet, MarketStatusSeen
from pmterm.messages.health import Heartbeat
from pmterm.messages.orders import AmendOrder, Fill, OrderReport, PlaceOrder, WithdrawOrder
from pmterm.model.fees import FeeKind, FeeSchedule, fee_of
from pmterm.model.ids import OrderId
from pmterm.model.market import MarketStatus
from pmterm.model.order import OrderState, TimeInForce
from pmterm.model.units import CASH_CENT
from pmterm.paper.broker import PaperBroker
from pmterm.paper.latency import PaperSettings
from pmterm.paper.schedule import NEVER

LATER = T0 + 150 * MS


def broker_on(book, **fields):
    broker = PaperBroker(book, PaperSettings())
    tell(broker, seen(**fields))
    return broker


def place(broker, *args, at=T0, **fields):
    """Send an order and let it arrive; return what the broker said on its arrival."""
    sent = tell(broker, PlaceOrder(at, intent(*args, at=at, **fields)))
    assert [m.state for m in sent] == [OrderState.SENT]
    return list(broker.wake(at + 150 * MS))


def fills(said):
    return [(m.price, m.qty // QTY_ONE, m.is_maker) for m in said if isinstance(m, Fill)]


def last_state(said):
    return [m for m in said if isinstance(m, OrderReport)][-1].state


def level(broker, book, side, price, qty, at):
    book.sizes[side][price] = qty
    return tell(broker, LevelSet(at, at, M, side, price, qty * QTY_ONE), book.touch(at))


def test_a_taker_walks_the_real_book_up_to_its_limit():
    book = RealBook({4600: 50}, {4700: 5, 4800: 5, 4900: 50})
    said = place(broker_on(book), qty=12, price=4800, tif=IOC)
    assert fills(said) == [(4700, 5, False), (4800, 5, False)]
    assert last_state(said) is OrderState.CANCELLED
    assert said[-1].filled == 10 * QTY_ONE


def test_a_taker_meets_the_book_of_its_arrival_not_of_its_sending():
    book = RealBook({4600: 50}, {4700: 50})
    broker = broker_on(book)
    tell(broker, PlaceOrder(T0, intent(qty=10, price=4700, tif=IOC)))
    assert broker.next_due() == LATER
    book.sizes[SELL] = {4800: 50}
    assert broker.wake(LATER - 1) == []
    assert fills(broker.wake(LATER)) == []
    assert broker.next_due() == NEVER


def test_a_marketable_order_waits_the_markets_own_delay():
    book = RealBook({4600: 50}, {4700: 50})
    broker = broker_on(book, taker_delay=3 * SECOND)
    said = place(broker, qty=10, price=4700, tif=IOC)
    assert fills(said) == []
    assert said[-1].reason == "held back 3 s by the venue"
    assert broker.next_due() == LATER + 3 * SECOND
    assert fills(broker.wake(LATER + 3 * SECOND)) == [(4700, 10, False)]


def test_the_same_displayed_size_is_not_taken_twice():
    book = RealBook({4600: 50}, {4700: 15})
    broker = broker_on(book)
    assert fills(place(broker, "s-00001", qty=10, tif=IOC)) == [(4700, 10, False)]
    assert fills(place(broker, "s-00002", qty=10, tif=IOC, at=LATER)) == [(4700, 5, False)]
    assert fills(place(broker, "s-00003", qty=10, tif=IOC, at=LATER + SECOND)) == []
    level(broker, book, SELL, 4700, 0, LATER + 2 * SECOND)
    level(broker, book, SELL, 4700, 7, LATER + 2 * SECOND)
    last = place(broker, "s-00004", qty=10, tif=IOC, at=LATER + 3 * SECOND)
    assert fills(last) == [(4700, 7, False)]


def test_all_or_nothing_takes_nothing_where_not_all_is_there():
    book = RealBook({4600: 50}, {4700: 9})
    broker = broker_on(book)
    said = place(broker, qty=10, price=4700, tif=FOK)
    assert fills(said) == []
    assert last_state(said) is OrderState.CANCELLED
    assert fills(place(broker, "s-00002", qty=9, price=4700, tif=FOK, at=LATER))


def test_post_only_is_refused_where_it_would_trade():
    said = place(broker_on(RealBook({4600: 5}, {4700: 5})), price=4700, post_only=True)
    assert last_state(said) is OrderState.REFUSED
    assert fills(said) == []


def test_the_rest_of_a_marketable_limit_stands_at_the_end_of_the_line():
    book = RealBook({4600: 50, 4700: 0}, {4700: 4})
    broker = broker_on(book)
    said = place(broker, qty=10, price=4700)
    assert fills(said) == [(4700, 4, False)]
    assert last_state(said) is OrderState.PARTIAL
    assert [o.open_qty for o in broker.working()] == [6 * QTY_ONE]


def test_a_resting_order_waits_until_those_before_it_have_traded():
    book = RealBook({4600: 50}, {4700: 50})
    broker = broker_on(book)
    said = place(broker, qty=10, price=4600)
    assert (said[-1].state, said[-1].ahead) == (OrderState.OPEN, 50 * QTY_ONE)
    assert tell(broker, trade(4600, 45, SELL, LATER + 1)) == []
    assert fills(tell(broker, trade(4600, 8, SELL, LATER + 2))) == [(4600, 3, True)]
    done = tell(broker, trade(4600, 30, SELL, LATER + 3))
    assert fills(done) == [(4600, 7, True)]
    assert last_state(done) is OrderState.FILLED
    assert broker.working() == []


def test_trades_of_the_other_side_fill_nobody_at_our_price():
    broker = broker_on(RealBook({4600: 0}, {4700: 50}))
    place(broker, qty=10, price=4600)
    assert tell(broker, trade(4600, 50, BUY, LATER + 1)) == []


def test_a_trade_through_our_price_met_us_first_for_as_much_as_it_traded():
    broker = broker_on(RealBook({4600: 50}, {4700: 50}))
    place(broker, qty=10, price=4600)
    said = tell(broker, trade(4500, 4, SELL, LATER + 1))
    assert fills(said) == [(4600, 4, True)]
    assert said[-1].maybe_filled == 10 * QTY_ONE


def test_one_trade_is_shared_between_our_orders():
    broker = broker_on(RealBook({4600: 0, 4500: 0}, {4700: 50}))
    place(broker, "s-00001", qty=10, price=4600)
    place(broker, "s-00002", qty=10, price=4600, at=LATER)
    place(broker, "s-00003", qty=10, price=4500, at=LATER + SECOND)
    said = tell(broker, trade(4500, 14, SELL, LATER + 3 * SECOND))
    assert fills(said) == [(4600, 10, True), (4600, 4, True)]
    said = tell(broker, trade(4500, 8, SELL, LATER + 4 * SECOND))
    assert fills(said) == [(4600, 6, True), (4500, 2, True)]


def test_an_offer_that_comes_to_our_bid_fills_it_at_our_price_for_its_size_once():
    book = RealBook({4400: 50}, {4700: 50})
    broker = broker_on(book)
    place(broker, qty=10, price=4600)
    said = level(broker, book, SELL, 4500, 6, LATER + 1)
    assert fills(said) == [(4600, 6, True)]
    assert fills(level(broker, book, SELL, 4900, 6, LATER + 2)) == []


def test_a_cancel_that_meets_a_fill_changes_nothing():
    book = RealBook({4600: 0}, {4700: 50})
    broker = broker_on(book)
    place(broker, qty=10, price=4600)
    tell(broker, WithdrawOrder(LATER, OrderId("s-00001"), M))
    assert fills(tell(broker, trade(4600, 10, SELL, LATER + 1))) == [(4600, 10, True)]
    assert broker.wake(LATER + SECOND) == []


def test_a_cancel_takes_its_time_and_then_ends_the_order():
    broker = broker_on(RealBook({4600: 0}, {4700: 50}))
    place(broker, qty=10, price=4600)
    tell(broker, WithdrawOrder(LATER, OrderId("s-00001"), M))
    assert fills(tell(broker, trade(4600, 3, SELL, LATER + 1))) == [(4600, 3, True)]
    (ended,) = broker.wake(LATER + SECOND)
    assert (ended.state, ended.filled) == (OrderState.CANCELLED, 3 * QTY_ONE)
    assert tell(broker, trade(4600, 30, SELL, LATER + 2 * SECOND)) == []


def amend(broker, at, **fields):
    wish = intent("s-00002", at=at, replaces=OrderId("s-00001"), **fields)
    tell(broker, AmendOrder(at, OrderId("s-00001"), wish))
    return list(broker.wake(at + 150 * MS))


def test_a_smaller_size_keeps_the_place_and_another_price_loses_it():
    book = RealBook({4600: 50, 4500: 70}, {4700: 50})
    broker = broker_on(book)
    place(broker, qty=10, price=4600)
    tell(broker, trade(4600, 20, SELL, LATER + 1))
    level(broker, book, BUY, 4600, 80, LATER + 2)  # fifty join behind us
    (kept,) = amend(broker, LATER + 3, qty=6, price=4600)
    assert (kept.order, kept.qty, kept.ahead) == ("s-00001", 6 * QTY_ONE, 30 * QTY_ONE)
    (grown,) = amend(broker, LATER + SECOND, qty=12, price=4600)
    assert (grown.qty, grown.ahead) == (12 * QTY_ONE, 80 * QTY_ONE)
    (moved,) = amend(broker, LATER + 2 * SECOND, qty=12, price=4500)
    assert (moved.price, moved.ahead) == (4500, 70 * QTY_ONE)


def test_an_amend_to_a_marketable_price_trades():
    broker = broker_on(RealBook({4600: 50}, {4700: 50}))
    place(broker, qty=10, price=4600)
    said = amend(broker, LATER, qty=10, price=4700)
    assert fills(said) == [(4700, 10, False)]
    assert last_state(said) is OrderState.FILLED


def test_an_amend_of_an_ended_order_is_refused_under_its_own_id():
    broker = broker_on(RealBook({4600: 50}, {4700: 50}))
    place(broker, qty=10, price=4700)
    (said,) = amend(broker, LATER, qty=20, price=4700)
    assert (said.order, said.state) == ("s-00002", OrderState.REFUSED)


def test_an_amend_below_what_filled_ends_the_order():
    broker = broker_on(RealBook({4600: 0}, {4700: 50}))
    place(broker, qty=10, price=4600)
    tell(broker, trade(4600, 4, SELL, LATER + 1))
    (said,) = amend(broker, LATER + 1, qty=4, price=4600)
    assert (said.state, said.filled) == (OrderState.CANCELLED, 4 * QTY_ONE)


def test_nothing_fills_on_a_book_that_is_not_trusted():
    book = RealBook({4600: 50}, {4700: 50})
    broker = broker_on(book)
    place(broker, "s-00001", qty=10, price=4600)
    book.is_trusted = False
    tell(broker, BookLost(LATER, M, "gap"), book.touch(LATER))
    assert place(broker, "s-00002", qty=10, price=4700, tif=IOC, at=LATER) == []
    assert tell(broker, trade(4500, 90, SELL, LATER + SECOND)) == []
    (given_up,) = broker.wake(LATER + 11 * SECOND)
    assert (given_up.state, given_up.reason) == (OrderState.CANCELLED, "book not trusted")


def test_a_waiting_taker_trades_when_the_book_is_trusted_again():
    book = RealBook({4600: 50}, {4700: 50})
    book.is_trusted = False
    broker = broker_on(book)
    assert place(broker, qty=10, price=4700, tif=IOC) == []
    book.is_trusted = True
    said = tell(broker, BookSnapshot(LATER, LATER, M, (), ()), book.touch(LATER + 1))
    assert fills(said) == [(4700, 10, False)]
    assert broker.wake(LATER + 60 * SECOND) == []


def test_after_a_lost_book_our_place_is_the_end_of_the_line():
    book = RealBook({4600: 50}, {4700: 50})
    broker = broker_on(book)
    place(broker, qty=10, price=4600)
    tell(broker, trade(4600, 50, SELL, LATER + 1), BookLost(LATER + 2, M, "gap"))
    book.sizes[BUY][4600] = 30
    tell(broker, BookSnapshot(LATER + 3, LATER + 3, M, (), ()), book.touch(LATER + 3))
    assert tell(broker, trade(4600, 30, SELL, LATER + 4)) == []
    assert fills(tell(broker, trade(4600, 4, SELL, LATER + 5))) == [(4600, 4, True)]


def test_place_in_line_is_told_at_heartbeats_and_only_when_it_changed():
    broker = broker_on(RealBook({4600: 50}, {4700: 50}))
    place(broker, qty=10, price=4600)
    beat = Heartbeat(T0 + SECOND)
    assert tell(broker, beat) == []
    tell(broker, trade(4600, 20, SELL, T0 + SECOND))
    (news,) = tell(broker, Heartbeat(T0 + 2 * SECOND))
    assert news.ahead == 30 * QTY_ONE
    assert tell(broker, Heartbeat(T0 + 3 * SECOND)) == []


def test_reduce_only_stops_at_zero_even_if_the_holding_shrank_meanwhile():
    book = RealBook({4600: 100}, {4700: 100})
    broker = broker_on(book)
    place(broker, "s-00001", qty=10, price=4700, tif=IOC)
    place(broker, "s-00002", SELL, qty=6, price=4600, tif=IOC, at=LATER)
    said = place(
        broker, "s-00003", SELL, qty=10, price=4600, tif=IOC, at=LATER + SECOND, reduce_only=True
    )
    assert fills(said) == [(4600, 4, False)]
    assert last_state(said) is OrderState.CANCELLED


@pytest.mark.parametrize(
    ("result", "payout"), [("Red", 10_000), ("no", 0), ("blue", 0), ("YES", 10_000)]
)
def test_a_resolved_market_ends_orders_and_pays(result, payout):
    broker = broker_on(RealBook({4600: 50}, {4700: 50}))
    place(broker, qty=10, price=4600)
    resolved = MarketStatusSeen(LATER + 1, M, MarketStatus.RESOLVED, result)
    ended, settled = tell(broker, resolved)
    assert ended.state is OrderState.EXPIRED
    assert settled == MarketSettled(LATER + 1, M, payout)
    assert tell(broker, resolved) == []


def test_an_unknown_result_pays_nobody_and_a_closed_market_takes_no_orders():
    broker = broker_on(RealBook({4600: 50}, {4700: 50}))
    assert tell(broker, MarketStatusSeen(T0, M, MarketStatus.RESOLVED, "void")) == []
    said = place(broker, qty=10, price=4600)
    assert last_state(said) is OrderState.REFUSED


def journal_of(broker, book):
    """A small life of orders, as the journal would hold it."""
    journal = [seen()]

    def do(message):
        journal.append(message)
        journal.extend(tell(broker, message))

    do(PlaceOrder(T0, intent("s-00001", qty=10, price=4600)))
    journal.extend(broker.wake(T0 + SECOND))
    do(trade(4600, 54, SELL, T0 + SECOND))
    do(PlaceOrder(T0 + SECOND, intent("s-00003", qty=3, price=4700, tif=IOC)))
    journal.extend(broker.wake(T0 + 2 * SECOND))
    wish = intent("s-00004", qty=20, price=4500, replaces=OrderId("s-00001"))
    do(AmendOrder(T0 + 2 * SECOND, OrderId("s-00001"), wish))
    journal.extend(broker.wake(T0 + 3 * SECOND))
    do(WithdrawOrder(T0 + 3 * SECOND, OrderId("s-00001"), M))
    journal.extend(broker.wake(T0 + 4 * SECOND))
    return journal


def outline(broker):
    return [(o.id, o.price, o.qty, o.filled, o.fills) for o in broker.working()]


def test_every_prefix_of_the_journal_restores_what_had_been_answered():
    journal = journal_of(broker_on(book := RealBook({4600: 50}, {4700: 50})), book)
    for end in range(len(journal) + 1):
        broker = recall(
            PaperBroker(RealBook({4600: 50}, {4700: 50}), PaperSettings()), journal[:end]
        )
        placed = {m.intent.order: m.intent for m in journal[:end] if isinstance(m, PlaceOrder)}
        for order_id, wish in placed.items():
            reports = [
                m for m in journal[:end] if isinstance(m, OrderReport) and m.order == order_id
            ]
            filled = sum(
                m.qty for m in journal[:end] if isinstance(m, Fill) and m.order == order_id
            )
            working = {o.id: o for o in broker.working()}
            if reports and reports[-1].state.is_final:
                assert order_id not in working
            else:
                last = reports[-1] if reports else wish
                order = working[order_id]
                assert (order.price, order.qty, order.filled) == (last.price, last.qty, filled)


def test_a_restored_order_stands_behind_the_whole_level_and_can_be_cancelled():
    book = RealBook({4600: 50}, {4700: 50})
    journal = journal_of(broker_on(book), book)[:8]
    fresh = RealBook({4600: 20}, {4700: 50})
    fresh.is_trusted = False
    broker = recall(PaperBroker(fresh, PaperSettings()), journal)
    assert outline(broker)[0] == ("s-00001", 4600, 10 * QTY_ONE, 4 * QTY_ONE, 1)
    fresh.is_trusted = True
    at = T0 + 60 * SECOND
    tell(broker, SessionStarted(at, "t", Mode.PAPER, "0", 0), fresh.touch(at))
    assert fills(tell(broker, trade(4600, 21, SELL, at + 1))) == [(4600, 1, True)]


def test_a_market_order_on_its_way_when_pmterm_died_is_not_sent_again():
    journal = [seen(), PlaceOrder(T0, intent("s-00001", qty=10, tif=IOC))]
    broker = recall(PaperBroker(RealBook({4600: 5}, {4700: 50}), PaperSettings()), journal)
    (said,) = tell(broker, SessionStarted(T0 + 60 * SECOND, "t", Mode.PAPER, "0", 0))
    assert said.state is OrderState.CANCELLED
    assert broker.wake(T0 + 61 * SECOND) == []


def test_fees_of_one_order_go_on_rounding_over_a_restart():
    fees = FeeSchedule(kind=FeeKind.KALSHI, taker_ppm=70_000, quantum=CASH_CENT)
    book = RealBook({4600: 0}, {31: 492, 33: 500})
    said = place(broker_on(book, fees=fees), qty=900, price=33, tif=GTC)
    first, second = [m for m in said if isinstance(m, Fill)]
    broker = PaperBroker(RealBook({}, {}), PaperSettings())
    wish = PlaceOrder(T0, intent(qty=900, price=33))
    recall(broker, [seen(fees=fees), wish, first])
    assert second.fee != fee_of(fees, second.price, second.qty)
    assert broker.working()[0].fee(second.price, second.qty, is_maker=False) == second.fee


def test_a_limit_order_on_its_way_when_pmterm_died_arrives_in_the_next_session():
    book = RealBook({4600: 5}, {4700: 50})
    broker = recall(
        PaperBroker(book, PaperSettings()),
        [seen(), PlaceOrder(T0, intent("s-00001", qty=10, price=4600))],
    )
    assert broker.next_due() == NEVER
    at = T0 + 60 * SECOND
    assert tell(broker, SessionStarted(at, "t", Mode.PAPER, "0", 0)) == []
    assert broker.next_due() == at + 150 * MS
    assert last_state(broker.wake(at + 150 * MS)) is OrderState.OPEN


def test_an_amend_refused_before_a_restart_is_not_tried_again():
    book = RealBook({4600: 50}, {4700: 50})
    live = broker_on(book)
    wish = PlaceOrder(T0, intent("s-00001", qty=10, price=4600, post_only=True))
    journal = [seen(), wish, *tell(live, wish), *live.wake(LATER)]
    ask = intent("s-00002", qty=10, price=4700, post_only=True, replaces=OrderId("s-00001"))
    amend_ask = AmendOrder(LATER, OrderId("s-00001"), ask)
    tell(live, amend_ask)
    (refused,) = live.wake(T0 + SECOND)
    assert (refused.order, refused.state) == ("s-00002", OrderState.REFUSED)
    book.sizes[SELL] = {4900: 50}
    broker = recall(PaperBroker(book, PaperSettings()), [*journal, amend_ask, refused])
    tell(broker, SessionStarted(T0 + 60 * SECOND, "t", Mode.PAPER, "0", 0))
    assert broker.wake(T0 + 61 * SECOND) == []
    assert [o.price for o in broker.working()] == [4600]


def test_a_level_that_shrank_gives_our_part_up_with_it():
    book = RealBook({4600: 50}, {4700: 15})
    broker = broker_on(book)
    place(broker, "s-00001", qty=10, tif=IOC)
    level(broker, book, SELL, 4700, 4, LATER + 1)
    level(broker, book, SELL, 4700, 12, LATER + 2)
    assert fills(place(broker, "s-00002", qty=20, tif=IOC, at=LATER + 3)) == [(4700, 8, False)]


def test_a_book_replaced_because_it_was_doubted_costs_us_our_place():
    book = RealBook({4600: 50}, {4700: 50})
    broker = broker_on(book)
    place(broker, qty=10, price=4600)
    tell(broker, trade(4600, 50, SELL, LATER + 1))
    book.is_trusted = False
    tell(broker, book.touch(LATER + 2))
    book.sizes[BUY][4600] = 30
    book.is_trusted = True
    tell(broker, BookSnapshot(LATER + 3, LATER + 3, M, (), ()), book.touch(LATER + 3))
    assert tell(broker, trade(4600, 30, SELL, LATER + 4)) == []


def test_fills_of_the_journal_are_forgotten_once_it_is_over():
    book = RealBook({4600: 100}, {4700: 100})
    live = broker_on(book)
    wish = PlaceOrder(T0, intent("s-00001", qty=10, tif=IOC))
    journal = [seen(), wish, *tell(live, wish), *live.wake(LATER)]
    broker = recall(PaperBroker(book, PaperSettings()), [*journal, *journal[-2:]])
    assert broker._held == {M: 10 * QTY_ONE}  # told twice, counted once
    assert len(broker._fills) == 1
    tell(broker, SessionStarted(LATER, "t", Mode.PAPER, "0", 0))
    assert not broker._fills


def test_reduce_only_knows_the_holding_after_a_restart():
    book = RealBook({4600: 100}, {4700: 100})
    live = broker_on(book)
    wish = PlaceOrder(T0, intent("s-00001", qty=10, tif=IOC))
    journal = [seen(), wish, *tell(live, wish), *live.wake(LATER)]
    broker = recall(PaperBroker(book, PaperSettings()), journal)
    tell(broker, SessionStarted(LATER, "t", Mode.PAPER, "0", 0))
    said = place(broker, "t-00001", SELL, qty=30, price=4600, tif=IOC, at=LATER, reduce_only=True)
    assert fills(said) == [(4600, 10, False)]


def test_an_order_with_an_end_ends_then_and_not_before():
    end = T0 + 20 * SECOND
    broker = broker_on(RealBook({4600: 50}, {4700: 50}))
    place(broker, "s-00001", qty=10, price=4600, tif=TimeInForce.GTD, expires_at=end)
    assert tell(broker, Heartbeat(end - SECOND)) == []
    (ended,) = tell(broker, Heartbeat(end))
    assert (ended.state, ended.reason) == (OrderState.EXPIRED, "its time is over")


def test_a_game_that_begins_clears_the_book_where_the_venue_does_so():
    start = T0 + 10 * SECOND
    broker = broker_on(RealBook({4600: 50}, {4700: 50}), starts_at=start, clears_book_on_start=True)
    place(broker, "s-00001", qty=10, price=4600)
    assert tell(broker, Heartbeat(start - SECOND)) == []
    (ended,) = tell(broker, Heartbeat(start))
    assert (ended.state, ended.reason) == (OrderState.EXPIRED, "the game began")
    place(broker, "s-00002", qty=10, price=4600, at=start + SECOND)
    assert tell(broker, Heartbeat(start + 5 * SECOND)) == []


def test_an_amend_that_was_made_is_not_made_again_after_a_restart():
    book = RealBook({4600: 50}, {4900: 50})
    live = broker_on(book)
    wish = PlaceOrder(T0, intent("s-00001", qty=10, price=4600))
    journal = [seen(), wish, *tell(live, wish), *live.wake(LATER)]
    for number, price in ((2, 4700), (3, 4500), (4, 4400)):
        at = T0 + number * SECOND
        replaced = intent(f"s-0000{number}", qty=10, price=price, replaces=OrderId("s-00001"))
        ask = AmendOrder(at, OrderId("s-00001"), replaced)
        tell(live, ask)
        journal += [ask, *(live.wake(at + 150 * MS) if price != 4400 else ())]
    book.sizes[SELL][4700] = 50
    broker = recall(PaperBroker(book, PaperSettings()), journal)
    tell(broker, SessionStarted(T0 + 60 * SECOND, "t", Mode.PAPER, "0", 0))
    (moved,) = broker.wake(T0 + 61 * SECOND)
    assert (moved.state, moved.price) == (OrderState.OPEN, 4400)


def test_nothing_is_said_after_a_restart_of_orders_that_had_ended():
    book = RealBook({4600: 50}, {4700: 50})
    live = broker_on(book)
    wish = PlaceOrder(T0, intent("s-00001", qty=10, price=4600))
    journal = [seen(), wish, *tell(live, wish), *live.wake(LATER)]
    ask = intent("s-00002", qty=9, price=4500, replaces=OrderId("s-00001"))
    for asked in (
        AmendOrder(LATER, OrderId("s-00001"), ask),
        WithdrawOrder(LATER, ask.replaces, M),
    ):
        tell(live, asked)
        journal.append(asked)
    journal += live.wake(T0 + SECOND)
    assert journal[-1].state is OrderState.CANCELLED
    broker = recall(PaperBroker(book, PaperSettings()), journal)
    tell(broker, SessionStarted(T0 + 60 * SECOND, "t", Mode.PAPER, "0", 0))
    assert broker.wake(T0 + 61 * SECOND) == []


def test_an_order_whose_last_word_was_lost_is_told_as_filled():
    book = RealBook({4600: 50}, {4700: 50})
    live = broker_on(book)
    wish = PlaceOrder(T0, intent("s-00001", qty=10, tif=IOC))
    made = [wish, *tell(live, wish), *live.wake(LATER)]
    assert isinstance(made[-2], Fill)
    broker = recall(PaperBroker(book, PaperSettings()), [seen(), *made[:-1]])
    (ended,) = tell(broker, SessionStarted(T0 + SECOND, "t", Mode.PAPER, "0", 0))
    assert (ended.state, ended.filled) == (OrderState.FILLED, 10 * QTY_ONE)
    assert broker.working() == []


def test_what_was_taken_from_the_book_before_a_restart_is_not_taken_again():
    book = RealBook({4600: 50}, {4700: 15})
    live = broker_on(book)
    wish = PlaceOrder(T0, intent("s-00001", qty=10, tif=IOC))
    journal = [seen(), wish, *tell(live, wish), *live.wake(LATER)]
    broker = recall(PaperBroker(book, PaperSettings()), journal)
    tell(broker, SessionStarted(T0 + SECOND, "t", Mode.PAPER, "0", 0))
    said = place(broker, "t-00001", qty=10, tif=IOC, at=T0 + SECOND)
    assert fills(said) == [(4700, 5, False)]
