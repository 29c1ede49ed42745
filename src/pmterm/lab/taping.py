"""Writes down what feeds say while a recording is played to them for the first time."""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

import msgspec
import numpy as np

from pmterm.lab.tape import MOVED, NOTHING, OTHER, ROW, SET, TOUCH, Answer, Facts, Tape
from pmterm.messages.base import Message
from pmterm.messages.feed import LevelMoved, LevelSet, MarketSeen, TouchSeen
from pmterm.messages.transport import (
    Closed,
    Frame,
    HttpRequest,
    HttpResponse,
    Opened,
    Reconnect,
    SendText,
)
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market
from pmterm.model.order import Side
from pmterm.model.units import Ns
from pmterm.venues.base import Feed

_WISHES: Final = (SendText, HttpRequest, Reconnect)
_Row: TypeAlias = tuple[int, int, Ns, Ns, int, int, int, int, int, int]


class Taping:
    """Writes down what feeds say. `feeds` wraps them; `began` marks the next input."""

    def __init__(self, feeds: Mapping[Venue, Feed]) -> None:
        self._rows: list[_Row] = []
        self._others: list[Message] = []
        self._markets: dict[MarketId, int] = {}
        self._answers: list[Answer] = []
        self._starts = 0
        self._at: Ns = 0
        self.feeds: dict[Venue, Feed] = {venue: _Tap(feed, self) for venue, feed in feeds.items()}

    def began(self, at: Ns) -> None:
        """The next input is about to be given, for which it will be `at`."""
        self._starts = 1
        self._at = at

    def ended(self) -> None:
        """An input was given; one that led to nothing still lets time pass."""
        if self._starts:
            self._add(self._nothing())

    def watched(self, market: Market) -> None:
        """A market is followed from now on: that is heard before what its feed says."""
        self.heard([MarketSeen(self._at, market)])

    def heard(self, said: Sequence[Message]) -> Sequence[Message]:
        """Write down what came of an input."""
        for message in said:
            if not isinstance(message, _WISHES):
                self._add(self._row(message))
        return said

    def answered(self, venue: Venue, call: str, at: Ns, said: Sequence[Message]) -> None:
        """Write down what came of a call that is no input."""
        told = [message for message in said if not isinstance(message, _WISHES)]
        if told:
            self._answers.append(Answer(venue, call, at, told))

    def tape(self, facts: Facts) -> Tape:
        """Return all of it."""
        columns = list(zip(*self._rows, strict=True)) or [()] * len(ROW)
        rows = {
            name: np.array(column, dtype=kind)
            for (name, kind), column in zip(ROW.items(), columns, strict=True)
        }
        answers = tuple(msgspec.Raw(msgspec.json.encode(answer)) for answer in self._answers)
        whole = msgspec.structs.replace(facts, markets=tuple(self._markets), answers=answers)
        return Tape(whole, rows, self._others)

    def _add(self, row: _Row) -> None:
        if self._starts and row[2] != self._at:
            self._rows.append(self._nothing())  # carries the time of the input
            self._starts = 0
        self._rows.append((row[0], self._starts, *row[2:]))
        self._starts = 0

    def _nothing(self) -> _Row:
        return (NOTHING, 1, self._at, 0, 0, 0, 0, 0, 0, 0)

    def _row(self, message: Message) -> _Row:
        at = message.at
        if type(message) is LevelSet:
            market, side = self._number(message.market), int(message.side is Side.SELL)
            bid, ask = message.best_bid, message.best_ask
            return (
                SET,
                0,
                at,
                message.venue_at,
                market,
                side,
                message.price,
                message.qty,
                bid,
                ask,
            )
        if type(message) is LevelMoved:
            market, side = self._number(message.market), int(message.side is Side.SELL)
            return (
                MOVED,
                0,
                at,
                message.venue_at,
                market,
                side,
                message.price,
                message.delta,
                0,
                0,
            )
        if type(message) is TouchSeen:
            market, last, volume = self._number(message.market), message.last, message.volume
            bid, ask = message.best_bid, message.best_ask
            return (TOUCH, 0, at, message.venue_at, market, 0, last, volume, bid, ask)
        self._others.append(message)
        return (OTHER, 0, at, 0, 0, 0, 0, 0, 0, 0)

    def _number(self, market: MarketId) -> int:
        return self._markets.setdefault(market, len(self._markets))


class _Tap:
    """A feed that is listened to."""

    def __init__(self, feed: Feed, taping: Taping) -> None:
        self.venue = feed.venue
        self._feed = feed
        self._taping = taping

    def watch(self, market: Market, at: Ns) -> Sequence[Message]:
        self._taping.watched(market)
        return self._taping.heard(self._feed.watch(market, at))

    def unwatch(self, market: MarketId, at: Ns) -> Sequence[Message]:
        return self._taping.heard(self._feed.unwatch(market, at))

    def opened(self, event: Opened) -> Sequence[Message]:
        return self._taping.heard(self._feed.opened(event))

    def receive(self, frame: Frame) -> Sequence[Message]:
        return self._taping.heard(self._feed.receive(frame))

    def answered(self, response: HttpResponse) -> Sequence[Message]:
        return self._taping.heard(self._feed.answered(response))

    def closed(self, event: Closed) -> Sequence[Message]:
        return self._taping.heard(self._feed.closed(event))

    def resync(self, market: MarketId, at: Ns, reason: str) -> Sequence[Message]:
        said = self._feed.resync(market, at, reason)
        self._taping.answered(self.venue, f"resync {market}", at, said)
        return said

    def tick(self, at: Ns) -> Sequence[Message]:
        said = self._feed.tick(at)
        self._taping.answered(self.venue, "tick", at, said)
        return said
