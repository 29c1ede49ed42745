"""A live street with a scripted venue at its end: a test speaks the venue's words by hand."""

from pmterm.live.broker import LiveBroker
from pmterm.live.settings import LiveSettings
from pmterm.messages.accounts import Mode, SessionStarted
from pmterm.messages.commands import Arm, SubmitTicket
from pmterm.messages.feed import BookChanged, MarketSeen
from pmterm.messages.orders import OrderNamed
from pmterm.messages.said import HoldingSeen, ListEnded, ListKind, MoneySeen, OrderSeen
from pmterm.messages.transport import HttpRequest, HttpResponse, UserClosed, UserOpened
from pmterm.model.errors import VenueRefused
from pmterm.model.fees import FeeKind, FeeSchedule
from pmterm.model.ids import MarketId, OrderId, TokenId, Venue, VenueOrderId
from pmterm.model.market import Market, Outcome
from pmterm.model.order import OrderState, Side
from pmterm.model.units import CASH_ONE, QTY_ONE, SECOND
from pmterm.runtime.engine import Engine, Woken
from pmterm.store.journal import JOURNALED
from pmterm.trading.execution.executor import Executor
from pmterm.trading.pipeline import Pipeline
from pmterm.trading.portfolio.portfolio import Portfolio
from pmterm.trading.risk.gate import Gate
from pmterm.trading.risk.limits import STANDARD
from pmterm.trading.strategy.manual import Manual, ManualSettings

T0 = 1_790_000_000 * SECOND
M = MarketId("M")
BUY, SELL = Side.BUY, Side.SELL
VENUE = Venue.KALSHI


def market(venue=VENUE):
    return Market(
        id=M,
        venue=venue,
        title="Will Red win?",
        outcomes=(Outcome("Red", TokenId("1")), Outcome("Blue", TokenId("2"))),
        fees=FeeSchedule(kind=FeeKind.KALSHI, taker_ppm=70_000),
    )


class Wing:
    has_dead_man = True

    """A venue whose answers are whatever the test says next; it keeps what it was asked."""

    def __init__(self, venue=VENUE):
        self.venue = venue
        self.words = {}
        self.unsendable = ""

    def _ask(self, verb, at, priority=2):
        return HttpRequest(at, self.venue, "api", "POST", "/", "", verb, priority, auth="key")

    def learn(self, market):
        pass

    def name(self, intent, market, outcome):
        if self.unsendable:
            raise VenueRefused(self.unsendable)
        named = VenueOrderId(f"0x{intent.order}")
        return OrderNamed(intent.at, intent.order, market.id, named, outcome, "{}")

    def place(self, named, at):
        return self._ask(f"place:{named.order}", at, 1)

    def amend(self, sent, intent, market, at):
        return self._ask(f"amend:{intent.order}", at, 1)

    def withdraw(self, orders, at):
        return [self._ask("cancel:" + ",".join(sent.order for sent in orders), at, 0)]

    def withdraw_all(self, at):
        return [self._ask("cancel:", at, 0)]

    def look(self, sent, at):
        return [self._ask(f"look:{sent.order}", at)]

    def ask_queues(self, markets, at):
        return [self._ask("queue:" + ",".join(markets), at)]

    def list_orders(self, at):
        return [self._ask("orders:", at)]

    def list_fills(self, since, at):
        return [self._ask("fills:", at)]

    def list_holdings(self, markets, at):
        return [self._ask("holdings:", at)]

    def ask_money(self, at):
        return [self._ask("money:", at)]

    def stop(self, at):
        return []

    def beat(self, at):
        return self._ask("beat:", at, 0)

    def answered(self, response):
        return self.words.pop(response.text)

    def opened(self, event):
        return []

    def receive(self, frame):
        return self.words.pop(frame.text)

    def tick(self, at):
        return []


class Rig:
    """Manual, gate, executor and portfolio on a live broker, with a journal in memory."""

    def __init__(self, journal=(), *, dead_man=False, at=T0, venue=VENUE, limits=STANDARD):
        self.wing = Wing(venue)
        self.manual = Manual(ManualSettings())
        self.gate = Gate(limits)
        self.executor, self.portfolio = Executor(), Portfolio()
        stages = [self.manual, self.gate, self.executor, self.portfolio]
        self.broker = LiveBroker({venue: self.wing}, LiveSettings(dead_man=dead_man))
        self.engine = Engine(
            {}, Pipeline(stages), self.broker, journaled=JOURNALED, venues=self.broker
        )
        self.engine.wish_to(self._wished)
        self.engine.listen(dict.fromkeys(JOURNALED, self.said_all))
        self.at = at
        self.set_forward = 0  # how far the wall clock was put forward, ns
        self.journal = list(journal)
        self.said = []
        self.asked = []
        self.sessions = 0
        for message in self.journal:
            self.engine.recall(message)

    def said_all(self, message):
        self.said.append(message)

    def _wished(self, wish):
        self.asked.append(wish)

    def take(self, event):
        for durable in self.engine.take(event):
            self.journal += durable.messages

    def wait(self, seconds):
        """Let time pass in steps, keeping the book fresh."""
        for _ in range(round(seconds * 2)):
            self.at += SECOND // 2
            self.book()
            self.take(Woken(self.at))

    def put_clock_forward(self, seconds):
        """Set the computer's clock, as NTP does and a machine that was resumed."""
        self.set_forward += seconds * SECOND
        self.at += seconds * SECOND
        self.take(Woken(self.at))

    def book(self, bid=4600, ask=4700):
        size, depth = 1_000 * QTY_ONE, 1_000 * CASH_ONE
        self.take(BookChanged(self.at, M, bid, ask, size, size, depth, depth, is_trusted=True))

    def start(self, name="s1"):
        self.take(SessionStarted(self.at, name, Mode.LIVE, "0", 0))
        self.take(MarketSeen(self.at, market(self.wing.venue)))
        self.book()
        return self

    def hear(self, *words):
        """Let the venue say this in answer to a signed question."""
        self.wing.words["w"] = list(words)
        ticked = self.at - self.set_forward
        self.take(
            HttpResponse(self.at, self.wing.venue, "GET", "/", 200, "w", "look:?", auth="key",
                         ticked_at=ticked)
        )  # fmt: skip

    def up(self, *, conn=1, orders=(), holdings=(), cash=1_000):
        """Bring the user stream up and answer the round of questions that follows."""
        self.take(UserOpened(self.at, self.wing.venue, conn))
        self.agree(orders=orders, holdings=holdings, cash=cash)
        return self

    def agree(self, *, orders=(), holdings=(), cash=1_000):
        """Answer a whole round: the venue's orders, holdings and cash."""
        venue, at = self.wing.venue, self.at
        listed = [
            OrderSeen(at, venue, VenueOrderId(o.venue_order or o.named), M, 0, o.side, o.price,
                      o.qty, o.done, OrderState.OPEN)
            for o in orders
        ]  # fmt: skip
        held = [HoldingSeen(at, venue, M, outcome, qty, 5000) for outcome, qty in holdings]
        ends = [ListEnded(at, venue, kind, at) for kind in ListKind]
        self.hear(*listed, *held, *ends, MoneySeen(at, venue, cash * CASH_ONE))

    def down(self, conn=1):
        self.take(UserClosed(self.at, self.wing.venue, conn, "lost"))

    def arm(self, seconds=300):
        self.take(Arm(self.at, M, seconds))
        return self

    def buy(self, qty=10, price=4700, **fields):
        return self.order(BUY, qty, price, **fields)

    def sell(self, qty=10, price=4600, **fields):
        return self.order(SELL, qty, price, **fields)

    def order(self, side, qty, price, **fields):
        """Submit a confirmed ticket; return the order's record at its venue's desk, or None."""
        before = set(self.orders())
        ticket = SubmitTicket(self.at, M, side, qty * QTY_ONE, price, confirmed=True, **fields)
        self.take(ticket)
        new = [order for order in self.orders() if order not in before]
        return self.desk.table.get(new[0]) if new else None

    @property
    def desk(self):
        return self.broker.desk(self.wing.venue)

    def orders(self):
        return [order.id for order in self.desk.table.all()]

    def state(self, order):
        return self.executor.order(OrderId(order.id)).state

    def verbs(self, start=""):
        return [w.purpose for w in self.asked if w.purpose.startswith(start)]

    def heard(self, kind):
        return [message for message in self.said if isinstance(message, kind)]

    def again(self, name="s2"):
        """Die, and begin a new session from the journal."""
        return Rig(self.journal, at=self.at + SECOND, venue=self.wing.venue).start(name)


def ready(**how):
    """Return a live rig that is reconciled and armed."""
    return Rig(**how).start().up().arm()
