import asyncio

from tests.runtime.brokers import Quiet

from pmterm.messages.base import Message
from pmterm.messages.commands import CancelAll, Panic
from pmterm.messages.health import WorkerDown
from pmterm.messages.orders import Intent, JournalFailed, PlaceOrder
from pmterm.messages.transport import Closed, Frame, HttpRequest
from pmterm.model.errors import StoreBroken
from pmterm.model.ids import MarketId, OrderId, Venue
from pmterm.model.order import Side, TimeInForce
from pmterm.runtime.clock import FakeClock
from pmterm.runtime.engine import Engine, NoBroker
from pmterm.runtime.hub import INBOX_FULL, Hub
from pmterm.trading.pipeline import Pipeline


class Said(Message, frozen=True):
    pass


class Stage:
    """Answers what it is told to."""

    def __init__(self, kind, answer):
        self._kind = kind
        self._answer = answer

    def hears(self):
        return {self._kind: self._answer}


class Disk:
    """A journal whose disk can be full."""

    def __init__(self):
        self.is_full = False
        self.written = []

    async def append(self, messages):
        if self.is_full:
            raise StoreBroken("the disk is full.")
        self.written += messages


def place(at):
    intent = Intent(at, OrderId("o"), MarketId("M"), Side.BUY, 1_000_000, 5000, TimeInForce.GTC)
    return PlaceOrder(at, intent)


def hub_with(disk, *stages):
    clock = FakeClock()
    engine = Engine({}, Pipeline(stages), NoBroker(), journaled=(Said, PlaceOrder, JournalFailed))
    heard = []
    kinds = (Said, PlaceOrder, JournalFailed, WorkerDown)
    engine.listen(dict.fromkeys(kinds, lambda m: heard.append(type(m))))
    return Hub(engine, clock, journal=disk), clock, heard


async def deal_with(hub, *events):
    async with asyncio.TaskGroup() as group:
        running = group.create_task(hub.run())
        await asyncio.sleep(0)  # it runs
        for event in events:
            assert hub.put(event)
            await hub.settled()
        running.cancel()


async def test_a_journal_that_cannot_be_written_is_told_once_and_nothing_is_lost():
    disk = Disk()
    hub, clock, heard = hub_with(disk, Stage(CancelAll, lambda m: [Said(m.at)]))
    disk.is_full = True
    await deal_with(hub, CancelAll(clock.stamp()), CancelAll(clock.stamp()))
    assert heard == [WorkerDown, Said, Said]
    disk.is_full = False
    await deal_with(hub, CancelAll(clock.stamp()))
    assert [type(message) for message in disk.written] == [Said, Said, Said]
    disk.is_full = True
    await deal_with(hub, CancelAll(clock.stamp()))
    assert heard.count(WorkerDown) == 2


async def test_an_order_that_was_not_written_is_not_sent_and_not_written_later():
    disk = Disk()
    hub, clock, heard = hub_with(disk, Stage(CancelAll, lambda m: [Said(m.at), place(m.at)]))
    disk.is_full = True
    await deal_with(hub, CancelAll(clock.stamp()))
    assert heard == [WorkerDown, Said, JournalFailed]
    disk.is_full = False
    await deal_with(hub, CancelAll(clock.stamp()))
    kinds = [type(message) for message in disk.written]
    assert kinds == [Said, JournalFailed, Said, PlaceOrder]


def test_a_full_inbox_refuses_frames_and_takes_what_a_person_asks():
    hub, clock, _ = hub_with(Disk())
    frame = Frame(clock.stamp(), Venue.KALSHI, 1, "{}")
    assert all(hub.put(frame) for _ in range(INBOX_FULL))
    assert not hub.put(frame)
    assert not hub.put(Closed(clock.stamp(), Venue.KALSHI, 1))
    assert hub.put(Panic(clock.stamp()))


async def test_what_was_written_is_acted_on_before_the_next_event_is_taken():
    acted, seen = [], []

    class Slow(Disk):
        async def append(self, messages):
            await super().append(messages)
            asyncio.get_running_loop().call_soon(acted.append, "sent")

    hub, clock, _ = hub_with(
        Slow(),
        Stage(CancelAll, lambda m: [Said(m.at)]),
        Stage(Panic, lambda _: seen.extend(acted) or []),
    )
    async with asyncio.TaskGroup() as group:
        assert hub.put(CancelAll(clock.stamp()))
        assert hub.put(Panic(clock.stamp()))
        running = group.create_task(hub.run())
        await hub.settled()
        running.cancel()
    assert seen == ["sent"]


class SlowDisk:
    """A journal that writes when it is told to."""

    def __init__(self):
        self.is_asked, self.may_write = asyncio.Event(), asyncio.Event()

    async def append(self, _messages):
        self.is_asked.set()
        await self.may_write.wait()

    async def write_soon(self):
        for _ in range(5):
            await asyncio.sleep(0)
        self.may_write.set()


async def test_a_stop_after_a_replay_was_wound_back_in_the_middle_of_another_counts():
    disk = SlowDisk()
    hub, clock, _ = hub_with(disk, Stage(Panic, lambda m: [Said(m.at)]))
    async with asyncio.TaskGroup() as group:
        running = group.create_task(hub.run())
        hub.put(Panic(clock.stamp()))
        await disk.is_asked.wait()
        hub.restart(hub.engine)
        assert not hub.is_stopping
        disk.may_write.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        hub.put(Panic(clock.stamp()))
        assert hub.is_stopping
        await hub.settled()
        running.cancel()


async def test_what_has_arrived_is_dealt_with_only_once_all_it_led_to_is_written():
    disk = SlowDisk()
    hub, clock, heard = hub_with(disk, Stage(CancelAll, lambda m: [Said(m.at)]))
    async with asyncio.TaskGroup() as group:
        running = group.create_task(hub.run())
        hub.put(CancelAll(clock.stamp()))
        await disk.is_asked.wait()
        group.create_task(disk.write_soon())
        await hub.settled()
        assert heard == [Said]
        running.cancel()


class Door(Quiet):
    """Sends each order to a venue, and says so."""

    def hears(self):
        return {PlaceOrder: lambda placed: (ORDER_REQUEST, Said(placed.at + 1))}


ORDER_REQUEST = HttpRequest(7, Venue.KALSHI, "api", "POST", "/orders", "", "place:o", 1, auth="key")


async def test_an_order_leaves_before_what_was_said_about_it_is_written():
    happened = []

    class Noting(Disk):
        async def append(self, messages):
            happened.extend(type(message) for message in messages)

    engine = Engine({}, Pipeline([]), Door(), journaled=(Said, PlaceOrder))
    hub = Hub(engine, FakeClock(), journal=Noting())

    async with asyncio.TaskGroup() as requests:

        async def leave(request):
            happened.append(type(request))

        engine.wish_to(lambda wish: requests.create_task(leave(wish)))
        await deal_with(hub, place(7))
    assert happened == [PlaceOrder, HttpRequest, Said]
