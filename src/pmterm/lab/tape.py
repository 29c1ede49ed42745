"""What the feeds made of a recording, call by call, as columns: decoded once, played many times.

Feeds and books have no settings, so a recording always leads to the same calls with the same
answers. A `Taping` feed writes them down; a `Taped` feed gives them again, and the engine between
them cannot tell the difference.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, Union

import msgspec
import numpy as np

from pmterm.lab.columns import Column, ColumnsDamaged
from pmterm.messages import feed as feed_messages
from pmterm.messages import health as health_messages
from pmterm.messages.base import Message
from pmterm.messages.feed import LevelMoved, LevelSet, TouchSeen
from pmterm.messages.transport import (
    Closed,
    Frame,
    HttpResponse,
    Opened,
)
from pmterm.model.errors import Impossible
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market
from pmterm.model.order import Side
from pmterm.model.units import Ns
from pmterm.venues.base import Feed

SET, MOVED, TOUCH, OTHER, NOTHING = range(5)
CHUNK: Final = 1 << 11  # rows made into messages at a time: few enough to stay in the caches
ROW: Final = {
    "kind": "|u1",
    "starts": "|u1",
    "at": "<i8",
    "venue_at": "<i8",
    "market": "<u2",
    "side": "|u1",
    "price": "<i2",
    "qty": "<i8",
    "bid": "<i2",
    "ask": "<i2",
}
_SIDES: Final = np.array((Side.BUY, Side.SELL), dtype=object)
# How a message is made of a row: its columns in the order of its fields.
_MAKERS: Final = (
    (SET, LevelSet, ("at", "venue_at", "market", "side", "price", "qty", "bid", "ask")),
    (MOVED, LevelMoved, ("at", "venue_at", "market", "side", "price", "qty")),
    (TOUCH, TouchSeen, ("at", "venue_at", "market", "bid", "ask", "price", "qty")),
)


def _said_by_feeds() -> Any:
    """Return the union of all messages that a feed may say."""
    kinds = [
        kind
        for module in (feed_messages, health_messages)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Message) and kind is not Message
    ]
    return Union[tuple(kinds)]  # noqa: UP007  # made from a list


_SAID: Any = _said_by_feeds()
_DECODE: Final[msgspec.json.Decoder[list[Message]]] = msgspec.json.Decoder(list[_SAID])


class Answer(msgspec.Struct, frozen=True):
    """What a feed said when it was not given an input: `call` "tick" or "resync", at `at`."""

    venue: Venue
    call: str
    at: Ns
    said: list[Any]


class Facts(msgspec.Struct, frozen=True):
    """What is known of a recording beside its rows.

    `watched` are the markets it names, `markets` those of its rows, `answers` what feeds said when
    they were given no input. `made_by` is what its header says of where it was made, "" if later
    parts say otherwise.
    """

    session: str
    first_at: Ns
    last_at: Ns
    started_at: Ns
    damage: tuple[str, ...]
    watched: tuple[MarketId, ...] = ()
    markets: tuple[MarketId, ...] = ()
    answers: tuple[msgspec.Raw, ...] = ()
    made_by: str = ""


_NOTHING: Final = Message(0)


class Chunk(NamedTuple):
    """Some messages: `made[n]` was made of an input that came at `ats[n]`.

    `starts[n]` is 1 where that input had not led to another before, else 0; one that led to
    nothing is there with an empty message, which nobody hears. `longest` is the longest time
    between two of them that follow each other.
    """

    ats: list[Ns]
    made: list[Message]
    starts: bytes
    longest: Ns


class Tape(msgspec.Struct, frozen=True):
    """A recording decoded: facts, rows, and the messages that fit no row."""

    facts: Facts
    rows: dict[str, Column]
    others: list[Message]

    @property
    def length(self) -> int:
        """How many rows."""
        return len(self.rows["kind"])

    def feeds(self) -> dict[Venue, Feed]:
        """Return feeds that answer as the real ones did; for one playing only."""
        return {venue: Taped(venue, self.facts.answers) for venue in Venue}

    def chunks(self) -> Iterator[Chunk]:
        """Yield what was made of the inputs, in order, many messages at a time."""
        others = iter(self.others)
        names = np.array(self.facts.markets, dtype=object)
        came: Ns = 0
        for first in range(0, self.length, CHUNK):
            rows = {name: column[first : first + CHUNK] for name, column in self.rows.items()}
            starts = rows["starts"]
            ats = np.maximum.accumulate(np.where(starts, rows["at"], came))
            came = int(ats[-1])
            longest = int(np.diff(ats).max(initial=0))
            made = _made(rows, names, others)
            yield Chunk(ats.tolist(), made, starts.tobytes(), longest)


def _made(rows: Mapping[str, Column], names: Column, others: Iterator[Message]) -> list[Message]:
    """Make messages of rows, kind by kind."""
    kinds = rows["kind"]
    made = np.full(len(kinds), _NOTHING, dtype=object)
    for kind, make, columns in _MAKERS:
        here = kinds == kind
        count = int(np.count_nonzero(here))
        if not count:
            continue
        values = []
        for name in columns:
            column = rows[name] if count == len(kinds) else rows[name][here]
            words = names if name == "market" else _SIDES if name == "side" else None
            values.append((column if words is None else words[column]).tolist())
        made[here] = np.fromiter(map(make, *values), dtype=object, count=count)
    for place in np.flatnonzero(kinds == OTHER).tolist():
        made[place] = next(others)
    return made.tolist()


class Taped:
    """A feed that says again what it said."""

    def __init__(self, venue: Venue, answers: Sequence[msgspec.Raw]) -> None:
        self.venue = venue
        self._answers: dict[tuple[str, Ns], list[Message]] = {}
        for raw in answers:
            answer = msgspec.json.decode(raw, type=_RawAnswer)
            if answer.venue is venue:
                said = self._answers.setdefault((answer.call, answer.at), [])
                said += _DECODE.decode(answer.said)

    def tick(self, at: Ns) -> Sequence[Message]:
        """Say what was said at that second."""
        return self._answers.pop(("tick", at), ()) if self._answers else ()

    def resync(self, market: MarketId, at: Ns, reason: str) -> Sequence[Message]:  # noqa: ARG002
        """Say what was said to that doubt."""
        return self._answers.pop((f"resync {market}", at), ()) if self._answers else ()

    def watch(self, market: Market, at: Ns) -> Sequence[Message]:
        """Refuse: what came of it is a row."""
        raise Impossible(f"a taped feed was given an input: watch {market.id} at {at}")

    def unwatch(self, market: MarketId, at: Ns) -> Sequence[Message]:
        """Refuse: what came of it is a row."""
        raise Impossible(f"a taped feed was given an input: unwatch {market} at {at}")

    def opened(self, event: Opened) -> Sequence[Message]:
        """Refuse: what came of it is a row."""
        raise Impossible(f"a taped feed was given an input: {event}")

    def receive(self, frame: Frame) -> Sequence[Message]:
        """Refuse: what came of it is a row."""
        raise Impossible(f"a taped feed was given an input: {frame}")

    def answered(self, response: HttpResponse) -> Sequence[Message]:
        """Refuse: what came of it is a row."""
        raise Impossible(f"a taped feed was given an input: {response}")

    def closed(self, event: Closed) -> Sequence[Message]:
        """Refuse: what came of it is a row."""
        raise Impossible(f"a taped feed was given an input: {event}")


class _RawAnswer(msgspec.Struct, frozen=True):
    venue: Venue
    call: str
    at: Ns
    said: msgspec.Raw


def packed(tape: Tape) -> dict[str, Column]:
    """Return a tape as columns: its rows, times as differences, and its texts as bytes."""
    rows = dict(tape.rows)
    for name in ("at", "venue_at"):
        rows[name] = np.diff(rows[name], prepend=np.int64(0))
    facts = np.frombuffer(msgspec.json.encode(tape.facts), "|u1")
    others = np.frombuffer(msgspec.json.encode(tape.others), "|u1")
    return {**rows, "facts": facts, "others": others}


def unpacked(columns: Mapping[str, Column]) -> Tape:
    """Return a tape that was packed.

    Raises:
        ColumnsDamaged: that is no tape.
    """
    try:
        rows = {name: columns[name].astype(kind) for name, kind in ROW.items()}
        for name in ("at", "venue_at"):
            rows[name] = np.cumsum(rows[name])
        facts = msgspec.json.decode(columns["facts"].tobytes(), type=Facts)
        others = _DECODE.decode(columns["others"].tobytes())
    except (KeyError, msgspec.MsgspecError, ValueError) as error:
        raise ColumnsDamaged(f"it is no tape: {error}") from error
    if len({len(column) for column in rows.values()}) != 1:
        raise ColumnsDamaged("its rows are of different lengths")
    if int((rows["kind"] == OTHER).sum()) != len(others):
        raise ColumnsDamaged("its messages are not as many as its rows say")
    return Tape(facts, rows, others)
