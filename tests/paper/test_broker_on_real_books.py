from tests.properties.money_builders import BUY, SELL, T0, M, market, trade

from pmterm.messages.accounts import Mode, SessionStarted
from pmterm.messages.commands import AmendTicket, Panic, SubmitTicket
from pmterm.messages.feed import BookLost, BookSnapshot, LevelMoved, MarketSeen
from pmterm.messages.orders import Fill, OrderReport
from pmterm.model.ids import OrderId
from pmterm.model.order import OrderState
from pmterm.model.units import CASH_ONE, MS, QTY_ONE, SECOND
from pmterm.paper.broker import PaperBroker
from pmterm.paper.latency import PaperSettings
from pmterm.runtime.engine import Engine
from pmterm.trading.book.books import Books
from pmterm.trading.execution.executor import Executor
from pmterm.trading.pipeline import Pipeline
from pmterm.trading.portfolio.portfolio import Portfolio
from pmterm.trading.risk.gate import Gate
from pmterm.trading.risk.limits import Limits
from pmterm.trading.strategy.manual import Manual, ManualSettings


class House:
    """The real stages and engine; what it said is kept as the journal would."""

    def __init__(self, journal=()):
        books, limits = Books(), Limits(market_cooldown=0)
        self.executor, self.portfolio = Executor(), Portfolio()
        stages = [books, Manual(ManualSettings()), Gate(limits), self.executor, self.portfolio]
        self.engine = Engine({}, Pipeline(stages), PaperBroker(books, PaperSettings()))
        self.said = []
        kinds = (MarketSeen, SessionStarted, Fill, OrderReport)
        self.engine.listen(dict.fromkeys(kinds, self.said.append))
        for message in journal:
            self.engine.recall(message)

    def run(self, *events):
        self.engine.run(events)
        return self


def evening():
    levels = {"bids": ((4600, 300 * QTY_ONE),), "asks": ((4700, 300 * QTY_ONE),)}
    return [
        SessionStarted(T0, "s", Mode.PAPER, "0", 1_000 * CASH_ONE),
        MarketSeen(T0, market(taker_delay=SECOND)),
        BookSnapshot(T0 + 1, T0 + 1, M, **levels),
        SubmitTicket(T0 + SECOND, M, BUY, 100 * QTY_ONE),
        SubmitTicket(T0 + 2 * SECOND, M, SELL, 40 * QTY_ONE, 4800),
        AmendTicket(T0 + 3 * SECOND, OrderId("s-00002"), 4700, 30 * QTY_ONE),
        trade(4700, 310, BUY, T0 + 4 * SECOND),
        LevelMoved(T0 + 4 * SECOND + MS, 0, M, SELL, 4700, -200 * QTY_ONE),
    ]


def test_an_evening_from_ticket_to_profit():
    house = House().run(*evening())
    assert [(m.price, m.qty // QTY_ONE, m.is_maker) for m in house.said if isinstance(m, Fill)] == [
        (4700, 100, False),
        (4700, 10, True),
    ]
    assert house.portfolio.positions()[0].qty == 90 * QTY_ONE
    assert house.executor.order(OrderId("s-00002")).state is OrderState.PARTIAL


def test_the_same_evening_says_the_same():
    assert House().run(*evening()).said == House().run(*evening()).said


def test_panic_cancels_closes_and_leaves_nothing():
    panic = [Panic(T0 + 5 * SECOND), trade(4600, 1, SELL, T0 + 9 * SECOND)]
    house = House().run(*evening(), *panic)
    assert all(order.state.is_final for order in house.executor.orders())
    assert house.portfolio.positions()[0].qty == 0


def test_a_lost_book_stops_orders_until_it_is_back():
    lost = [
        BookLost(T0 + 5 * SECOND, M, "gap"),
        SubmitTicket(T0 + 6 * SECOND, M, BUY, 10 * QTY_ONE, 4600),
    ]
    house = House().run(*evening(), *lost)
    assert len(house.executor.orders()) == 2
    back = [
        BookSnapshot(T0 + 7 * SECOND, 0, M, ((4600, QTY_ONE),), ((4700, QTY_ONE),)),
        SubmitTicket(T0 + 8 * SECOND, M, BUY, 10 * QTY_ONE, 4600),
    ]
    assert len(house.run(*back).executor.orders()) == 3
