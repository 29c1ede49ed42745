"""Feeds, pipeline and broker as one pure machine: the same live, in replay and in a backtest.

An input goes in; what it led to is heard by the listeners. No clock, no socket, no file: time is
the `at` of the inputs, so a recording plays to the same answer as the evening it was made on.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import msgspec

from pmterm.messages.base import Message
from pmterm.messages.feed import (
    BookChanged,
    BookDoubted,
    LevelMoved,
    LevelSet,
    MarketSeen,
    TradeSeen,
)
from pmterm.messages.health import Heartbeat
from pmterm.messages.orders import AmendOrder, JournalFailed, OrderNamed, PlaceOrder
from pmterm.messages.transport import (
    Closed,
    Frame,
    HttpRequest,
    HttpResponse,
    Opened,
    Reconnect,
    SendText,
    UserClosed,
    UserFrame,
    UserOpened,
)
from pmterm.model.ids import MarketId, OrderId, Venue
from pmterm.model.market import Market
from pmterm.model.units import MS, SECOND, Ns
from pmterm.trading.pipeline import Handler, Pipeline, Recall
from pmterm.venues.base import Feed

BEAT: Ns = 500 * MS
LONGEST_QUIET: Ns = 600 * SECOND  # a longer hole in a recording is stepped over, not walked
NEVER: Ns = 1 << 62

Wish: TypeAlias = SendText | HttpRequest | Reconnect
Listener: TypeAlias = Callable[[Any], None]
_WISHES = frozenset({SendText, HttpRequest, Reconnect})
# What books and tapes are told by. Where a broker has no answer to it, nothing became due by it.
_STREAMED = frozenset({LevelSet, LevelMoved, BookChanged, TradeSeen})


class Broker(Protocol):
    """Who answers orders: the paper broker, or the worker that asks a venue."""

    def hears(self) -> Mapping[type[Message], Handler]:
        """Handlers by exact type; answers come in at the front door as new events."""
        ...

    def recalls(self) -> Mapping[type[Message], Recall]:
        """Handlers that fold the journal of earlier sessions, in silence."""
        ...

    def followed(self) -> Collection[MarketId]:
        """The markets whose books and tapes it follows, a view: while none, it hears of none."""
        ...

    def next_due(self) -> Ns:
        """When it wants to be woken next, in message time."""
        ...

    def wake(self, at: Ns) -> Sequence[Message]:
        """Its due answers; `at` is what `next_due` said."""
        ...


class Named(Protocol):
    """A broker whose venue knows orders by names made before they are sent."""

    def prepare(self, message: Message) -> Sequence[Message]:
        """What must be on disk together with this journaled message: an order's name and bytes."""
        ...

    def flush(self, at: Ns) -> Sequence[Message]:
        """What was gathered while the last messages were acted on: cancels in one request."""
        ...

    def heard(self, event: UserOpened | UserFrame | UserClosed | HttpResponse) -> Sequence[Message]:
        """What a private answer or a word of the user stream means."""
        ...


class Durable:
    """Messages that must be on disk before the engine goes on.

    Whoever drives the engine writes them, and sets `failed` to the reason if that did not work:
    orders among them are then not sent, and say so.
    """

    __slots__ = ("failed", "messages")

    def __init__(self, messages: list[Message]) -> None:
        self.messages = messages
        self.failed = ""


class Woken(Message, frozen=True):
    """Time has passed and nothing came."""


class Engine:
    """Takes inputs in the order of their `at`, one at a time, to the end.

    `journaled` names the message types that are handed out as `Durable`; `listeners` hear what is
    said by type and must not call back.
    """

    def __init__(
        self,
        feeds: Mapping[Venue, Feed],
        pipeline: Pipeline,
        broker: Broker,
        *,
        journaled: Iterable[type[Message]] = (),
        venues: Named | None = None,
    ) -> None:
        self._feeds = feeds
        self._pipeline = pipeline
        self._broker = broker
        self._answers = dict(broker.hears())
        self._followed = broker.followed()
        self._recalls = dict(broker.recalls())
        self._journaled = frozenset(journaled)
        self._venues = venues
        self._wish: Callable[[Wish], None] = _grant_none
        self._listeners: dict[type[Message], tuple[Listener, ...]] = {}
        self._know_who_hears()
        self._translate: dict[type[Message], Handler] = {
            Frame: self._frame,
            HttpResponse: self._answered,
            UserOpened: self._private,
            UserFrame: self._private,
            UserClosed: self._private,
            Opened: lambda event: self._feeds[event.venue].opened(event),
            Closed: lambda event: self._feeds[event.venue].closed(event),
            Woken: lambda _: (),
        }
        self.at: Ns = 0
        self._next_beat: Ns = 0
        self._next_due: Ns = 0

    def wish_to(self, grant: Callable[[Wish], None]) -> None:
        """Say who carries out what feeds wish to send; without, nothing is sent."""
        self._wish = grant

    def listen(self, table: Mapping[type[Message], Listener]) -> None:
        """Add listeners by message type."""
        for kind, listener in table.items():
            self._listeners[kind] = (*self._listeners.get(kind, ()), listener)
        self._know_who_hears()

    def _know_who_hears(self) -> None:
        """Work out what is heard outside of the street, and what while the broker follows none."""
        self._heard = frozenset({*self._listeners, *self._answers, *self._journaled, BookDoubted})
        streamed = _STREAMED.difference(self._listeners, self._journaled)
        self._heard_idle = self._heard.difference(streamed)

    def announce(self, message: Message) -> None:
        """Tell the listeners, and them alone, something about the running of things."""
        for listener in self._listeners.get(type(message), ()):
            listener(message)

    def recall(self, message: Message) -> None:
        """Fold one message of an earlier session into every part's state, in silence."""
        self._pipeline.recall(message)
        handler = self._recalls.get(type(message))
        if handler is not None:
            handler(message)

    def watch(self, market: Market, at: Ns) -> Iterator[Durable]:
        """Follow a market from now on."""
        yield from self.take(MarketSeen(at, market))
        yield from self._think(self._feeds[market.venue].watch(market, at))

    def take(self, event: Message) -> Iterator[Durable]:
        """Take one input and everything that was due before it.

        Bring each `Durable` to disk before asking for the next.
        """
        if event.at > self.at:
            if event.at >= self._next_due:
                yield from self._advance(event.at)
            self.at = event.at
        elif event.at < self.at:
            event = msgspec.structs.replace(event, at=self.at)
        translate = self._translate.get(type(event))
        yield from self._think((event,) if translate is None else translate(event))

    def run(self, events: Iterable[Message]) -> None:
        """Take inputs without a journal, as fast as it goes."""
        for event in events:
            for _ in self.take(event):
                pass

    def heard(self, ats: Iterable[Ns], said: Iterable[Message]) -> None:
        """Take what feeds made of inputs when they were decoded earlier, with no journal.

        `ats` tells for each message when its input came. The same as `take` of those inputs,
        without the steps that are for whoever writes a journal.
        """
        on = self._pipeline.on
        for at, event in zip(ats, said, strict=True):
            if at > self.at:
                if at >= self._next_due:
                    for _ in self._advance(at):
                        pass
                self.at = at
            words = on(event)
            heard = self._heard if self._followed else self._heard_idle
            for word in words:
                if type(word) in heard:
                    self._settle(words)
                    break

    def _settle(self, said: list[Message]) -> None:
        """Act on what was said, and think about the answers and those they bring, unjournaled."""
        door: list[Message] = []
        self._tell(said)
        self._act(said, door)
        for message in door:  # grows under way
            if type(message) in _WISHES:
                self._wish(message)  # type: ignore[arg-type]  # the set names just these types
                continue
            said = self._pipeline.on(message)
            self._tell(said)
            self._act(said, door)

    def _answered(self, event: HttpResponse) -> Sequence[Message]:
        return self._private(event) if event.auth else self._feeds[event.venue].answered(event)

    def _private(
        self, event: UserOpened | UserFrame | UserClosed | HttpResponse
    ) -> Sequence[Message]:
        return () if self._venues is None else self._venues.heard(event)

    def _frame(self, event: Frame) -> Sequence[Message]:
        return self._feeds[event.venue].receive(event)

    def _advance(self, to: Ns) -> Iterator[Durable]:
        """Let everything happen that is due up to and including `to`."""
        if not self._next_beat or to - self._next_beat > LONGEST_QUIET:
            self._next_beat = (to // BEAT + 1) * BEAT if not self._next_beat else to // BEAT * BEAT
        while True:
            due = min(self._next_beat, self._broker.next_due())
            if due > to:
                break
            self.at = max(self.at, due)
            if due == self._next_beat:
                self._next_beat += BEAT
                yield from self._think((Heartbeat(due),))
                if due % SECOND == 0:
                    yield from self._tick(due)
            else:
                yield from self._think(self._broker.wake(due))
        self._next_due = due

    def _tick(self, at: Ns) -> Iterator[Durable]:
        for feed in self._feeds.values():
            yield from self._think(feed.tick(at))

    def _think(self, events: Sequence[Message]) -> Iterator[Durable]:
        """Think about each event and about the answers it brings, before the next event."""
        for event in events:
            door = [event]
            for message in door:
                if type(message) in _WISHES:
                    self._wish(message)  # type: ignore[arg-type]  # the set names just these types
                    continue
                said = self._pipeline.on(message)
                heard = self._heard if self._followed else self._heard_idle
                if self._venues is None and heard.isdisjoint(map(type, said)):
                    continue
                if not self._journaled.isdisjoint(map(type, said)):
                    if self._venues is not None:
                        named = [word for each in said for word in self._venues.prepare(each)]
                        said += [heard for word in named for heard in self._pipeline.on(word)]
                    durable = Durable([each for each in said if type(each) in self._journaled])
                    yield durable
                    if durable.failed:
                        said, failures = _hold_back(said, durable.failed)
                        door.extend(failures)
                self._tell(said)
                self._act(said, door)

    def _tell(self, said: list[Message]) -> None:
        """Tell the listeners: only what is on disk by now, so that a crash unsays nothing."""
        listeners = self._listeners
        for message in said:
            heard_by = listeners.get(type(message))
            if heard_by is not None:
                for listener in heard_by:
                    listener(message)

    def _act(self, said: list[Message], door: list[Message]) -> None:
        answers = self._answers
        for message in said:
            answer = answers.get(type(message))
            if answer is not None:
                replies = answer(message)
                if replies or type(message) not in _STREAMED:
                    door += replies
                    self._next_due = min(self._next_due, self._broker.next_due())
            elif type(message) is BookDoubted:
                door += self._resync(message)
        if self._venues is not None:
            door += self._venues.flush(self.at)

    def _resync(self, doubt: BookDoubted) -> Sequence[Message]:
        feed = self._feeds.get(doubt.venue)
        return () if feed is None else feed.resync(doubt.market, doubt.at, doubt.reason)


def _grant_none(_: Wish) -> None:
    return


def _hold_back(said: list[Message], reason: str) -> tuple[list[Message], list[Message]]:
    """Take the orders out of what was said, and say for each that it was not sent."""
    failures: list[Message] = []
    passed: list[Message] = []
    for message in said:
        if isinstance(message, OrderNamed):
            continue
        if isinstance(message, PlaceOrder | AmendOrder):
            failures.append(JournalFailed(message.at, OrderId(message.intent.order), reason))
        else:
            passed.append(message)
    return passed, failures


class NoBroker:
    """Answers nothing: for runs that only look."""

    def hears(self) -> Mapping[type[Message], Handler]:
        """Nothing."""
        return {}

    def recalls(self) -> Mapping[type[Message], Recall]:
        """Nothing."""
        return {}

    def followed(self) -> Collection[MarketId]:
        """None."""
        return ()

    def next_due(self) -> Ns:
        """Never."""
        return NEVER

    def wake(self, at: Ns) -> Sequence[Message]:  # noqa: ARG002  # the Broker's shape
        """Nothing."""
        return ()
