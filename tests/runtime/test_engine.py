from tests.runtime.brokers import Quiet

from pmterm.messages.base import Message
from pmterm.messages.feed import BookDoubted, MarketSeen, TradeSeen
from pmterm.messages.health import Heartbeat
from pmterm.messages.orders import Intent, JournalFailed, PlaceOrder
from pmterm.messages.transport import Frame, SendText
from pmterm.model.ids import MarketId, OrderId, Venue
from pmterm.model.market import Market, Outcome
from pmterm.model.order import Side, TimeInForce
from pmterm.model.units import MS, SECOND
from pmterm.runtime.engine import NEVER, Engine, NoBroker, Woken
from pmterm.trading.pipeline import Pipeline

START = 1_780_000_000 * SECOND
MARKET = Market(
    id=MarketId("M"), venue=Venue.KALSHI, title="T", outcomes=(Outcome("Yes"), Outcome("No"))
)


class Word(Message, frozen=True):
    text: str


class Feed:
    venue = Venue.KALSHI

    def __init__(self):
        self.resynced = []

    def watch(self, market, at):
        return [SendText(at, Venue.KALSHI, "subscribe")]

    def receive(self, frame):
        return [Word(frame.at, frame.text)]

    def tick(self, at):
        return [SendText(at, Venue.KALSHI, "PING")]

    def resync(self, market, at, reason):
        self.resynced.append((market, reason))
        return [Word(at, "resync")]


class Stage:
    def __init__(self, hears=None):
        self._hears = hears or {}

    def hears(self):
        return self._hears


class Broker(Quiet):
    """Answers a placed order 150 ms later."""

    def __init__(self):
        self.due = []

    def hears(self):
        return {PlaceOrder: self._place}

    def _place(self, order):
        self.due.append(order.at + 150 * MS)
        return ()

    def next_due(self):
        return min(self.due, default=NEVER)

    def wake(self, at):
        self.due.remove(at)
        return [Word(at, "filled")]


def frame(after_ms, text="hello"):
    return Frame(START + after_ms * MS, Venue.KALSHI, 1, text)


def place(at):
    intent = Intent(at, OrderId("o"), MarketId("M"), Side.BUY, 1_000_000, 5000, TimeInForce.GTC)
    return PlaceOrder(at, intent)


def engine_with(stage=None, broker=None, journaled=(), wish=lambda _: None):
    feed = Feed()
    engine = Engine(
        {Venue.KALSHI: feed},
        Pipeline([stage or Stage()]),
        broker or NoBroker(),
        journaled=journaled,
    )
    engine.wish_to(wish)
    heard = []
    kinds = (Word, Heartbeat, MarketSeen, PlaceOrder, JournalFailed)
    engine.listen(dict.fromkeys(kinds, heard.append))
    return engine, heard, feed


def test_heartbeats_fill_quiet_time_before_the_next_input():
    engine, heard, _ = engine_with()
    engine.run([frame(100), frame(1_700)])
    assert [type(m).__name__ for m in heard] == ["Word", *["Heartbeat"] * 3, "Word"]
    assert [m.at - START for m in heard[1:4]] == [500 * MS, 1000 * MS, 1500 * MS]


def test_a_quiet_stretch_gives_the_same_beats_whether_it_was_waited_through_or_not():
    waited, heard_waiting, _ = engine_with()
    waited.run([frame(100), *(Woken(START + ms * MS) for ms in range(150, 1700, 50)), frame(1700)])
    played, heard_playing, _ = engine_with()
    played.run([frame(100), frame(1_700)])
    assert heard_waiting == heard_playing


def test_what_the_broker_owes_comes_at_its_own_time_between_the_beats():
    stage = Stage({Word: lambda w: [place(w.at)] if w.text == "buy" else ()})
    engine, heard, _ = engine_with(stage, Broker())
    engine.run([frame(400, "buy"), frame(2_000)])
    told = [(m.at - START) // MS for m in heard if isinstance(m, Heartbeat | Word)]
    assert told == [400, 500, 550, 1000, 1500, 2000, 2000]


def test_time_never_steps_back_inside():
    engine, heard, _ = engine_with()
    engine.run([frame(300), frame(100)])
    assert [m.at - START for m in heard] == [300 * MS, 300 * MS]


def test_a_hole_of_hours_is_stepped_over():
    engine, heard, _ = engine_with()
    engine.run([frame(0), frame(5 * 3_600_000)])
    assert sum(isinstance(m, Heartbeat) for m in heard) == 1


def test_metadata_without_a_time_does_not_start_the_clock_at_1970():
    engine, heard, _ = engine_with()
    for _ in engine.watch(MARKET, 0):
        pass
    engine.run([frame(0)])
    assert sum(isinstance(m, Heartbeat) for m in heard) == 0


def test_wishes_go_out_and_not_into_the_pipeline():
    wishes = []
    engine, _, _ = engine_with(wish=wishes.append)
    for _ in engine.watch(MARKET, START):
        pass
    engine.run([frame(1_500)])
    assert [wish.text for wish in wishes] == ["subscribe", "PING"]


def test_a_doubted_book_is_asked_for_afresh():
    def doubt(word):
        is_doubtful = word.text == "crossed"
        return [BookDoubted(word.at, Venue.KALSHI, MarketId("M"), "why")] if is_doubtful else ()

    engine, heard, feed = engine_with(Stage({Word: doubt}))
    engine.run([frame(0, "crossed")])
    assert feed.resynced == [(MarketId("M"), "why")]
    assert [m.text for m in heard] == ["crossed", "resync"]


def test_an_order_that_could_not_be_made_durable_is_not_sent_and_says_so():
    broker = Broker()
    stage = Stage({Word: lambda w: [place(w.at)]})
    engine, heard, _ = engine_with(stage, broker, journaled=[PlaceOrder])
    for durable in engine.take(frame(0)):
        durable.failed = "the disk is full"
    assert broker.due == []
    assert [m.reason for m in heard if isinstance(m, JournalFailed)] == ["the disk is full"]


def test_an_order_is_sent_only_after_it_was_handed_out_to_be_made_durable():
    broker = Broker()
    stage = Stage({Word: lambda w: [place(w.at)]})
    engine, _, _ = engine_with(stage, broker, journaled=[PlaceOrder])
    steps = engine.take(frame(0))
    durable = next(steps)
    assert [type(m) for m in durable.messages] == [PlaceOrder]
    assert broker.due == []
    assert list(steps) == []
    assert len(broker.due) == 1


class Follower(Broker):
    """Hears the tape of the markets it follows."""

    def __init__(self):
        super().__init__()
        self.markets, self.heard = set(), []

    def followed(self):
        return self.markets

    def hears(self):
        return {TradeSeen: lambda trade: self.heard.append(trade.at) or ()}


def test_a_broker_that_follows_no_market_is_told_no_tape():
    def trade(after_ms):
        return TradeSeen(START + after_ms * MS, 0, MarketId("M"), 5_000, 1, Side.BUY)

    for give in (Engine.run, lambda it, trades: it.heard([t.at for t in trades], trades)):
        broker = Follower()
        engine, _, _ = engine_with(broker=broker)
        give(engine, [trade(1)])
        broker.markets.add(MarketId("M"))
        give(engine, [trade(2), trade(3)])
        broker.markets.clear()
        give(engine, [trade(4)])
        assert broker.heard == [START + 2 * MS, START + 3 * MS]
