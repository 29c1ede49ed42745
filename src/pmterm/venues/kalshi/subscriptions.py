"""What one connection was asked for and what it granted: command ids, channels, sequences."""

from collections.abc import Iterable, Sequence

import msgspec

from pmterm.messages.transport import SendText
from pmterm.model.ids import MarketId, Venue
from pmterm.model.units import SECOND, Ns
from pmterm.venues.kalshi.translate import LEVELS, OTHER_LEVELS

BOOK = "orderbook_delta"
TICKER = "ticker"
TRADE = "trade"
LIFECYCLE = "market_lifecycle_v2"
CHANNELS = (BOOK, TICKER, TRADE, LIFECYCLE)
ANSWER_WITHIN: Ns = 5 * SECOND
_encode = msgspec.json.encode


class Stream:
    """One granted subscription (`sid`).

    `next_seq` counts over everything the venue sends under this sid, control replies included;
    0: any number may come next. `markets` are those whose book stands on this stream, `asks` reads
    a price of the NO side as one of ours, `last_at` is when its last change came.
    """

    __slots__ = ("asks", "channel", "last_at", "markets", "next_seq", "sid", "yes_scale")

    def __init__(self, sid: int, channel: str, *, yes_scale: bool, next_seq: int) -> None:
        self.sid = sid
        self.channel = channel
        self.yes_scale = yes_scale
        self.asks: dict[str, int] = LEVELS if yes_scale else OTHER_LEVELS
        self.next_seq = next_seq
        self.markets: dict[str, MarketId] = {}
        self.last_at: Ns = 0


class Ending:
    """A subscription we asked to end, so that a fresh one can take its place."""

    __slots__ = ("channel", "command", "since")

    def __init__(self, command: int, channel: str, since: Ns) -> None:
        self.command = command
        self.channel = channel
        self.since = since


class Subscriptions:
    """The subscriptions of one connection. Command ids count from 1 on each.

    A new connection is a new object. Answers come out of order, so they are matched by channel
    and sid; ids only name the command that an error is about. A subscription is renewed in two
    steps, since a `subscribe` that overtakes its `unsubscribe` would only extend the old one.
    """

    def __init__(self, *, use_yes_price: bool) -> None:
        self.streams: dict[int, Stream] = {}
        self.retired: set[int] = set()
        self.endings: dict[int, Ending] = {}
        self.wants_lifecycle = True
        self._use_yes_price = use_yes_price
        self._asked: dict[int, str] = {}  # commands that subscribed, by id
        self._last_id = 0

    def of_channel(self, channel: str) -> Stream | None:
        """Return the stream that carries `channel` now."""
        for stream in self.streams.values():
            if stream.channel == channel and stream.sid not in self.endings:
                return stream
        return None

    def subscribe(self, markets: Sequence[MarketId], at: Ns) -> list[SendText]:
        """Ask for everything about `markets`; those already subscribed stay."""
        said = [self.join(channel, markets, at) for channel in (BOOK, TICKER, TRADE)]
        if self.wants_lifecycle:
            self.wants_lifecycle = False
            said.append(self.join(LIFECYCLE, (), at))
        return said

    def join(self, channel: str, markets: Sequence[MarketId], at: Ns) -> SendText:
        """Ask for one channel. `use_yes_price` is always said: its default will change."""
        params: dict[str, object] = {"channels": [channel]}
        if markets:
            params["market_tickers"] = list(markets)
        if channel == BOOK:
            params["use_yes_price"] = self._use_yes_price
        elif channel == TICKER:
            params["send_initial_snapshot"] = True
        command = self._command("subscribe", params, at)
        self._asked[self._last_id] = channel
        return command

    def leave(self, market: MarketId, at: Ns) -> list[SendText]:
        """Ask for no more of one market."""
        said = []
        for stream in self.streams.values():
            stream.markets.pop(market, None)
            if stream.channel != LIFECYCLE and stream.sid not in self.endings:
                said.append(self._update(stream.sid, "delete_markets", [market], at))
        return said

    def fresh_book(self, market: MarketId, at: Ns) -> SendText:
        """Ask for one whole book, on the stream that carries it or by a new subscription."""
        stream = self.of_channel(BOOK)
        if stream is None:
            return self.join(BOOK, [market], at)
        return self._update(stream.sid, "get_snapshot", [market], at)

    def end(self, stream: Stream, at: Ns) -> SendText:
        """Ask to end a stream, to renew it once the venue says that it has ended."""
        command = self._command("unsubscribe", {"sids": [stream.sid]}, at)
        self.endings[stream.sid] = Ending(self._last_id, stream.channel, at)
        return command

    def ended(self, sid: int, command: int = 0) -> tuple[Stream | None, str]:
        """Note that a subscription is over, by its sid or by the command that ended it.

        Returns the stream, if it was one of ours, and the channel to ask for again, if any.
        """
        if not sid:
            sid = next((s for s, e in self.endings.items() if e.command == command), 0)
        ending = self.endings.pop(sid, None)
        if sid:
            self.retired.add(sid)
        return self.streams.pop(sid, None), ending.channel if ending else ""

    def granted(self, sid: int, channel: str, command: int) -> Stream | None:
        """Note a new subscription. Returns the stream it replaces, if there was one."""
        old = next((s for s in self.streams.values() if s.channel == channel), None)
        if old is not None:
            del self.streams[old.sid]
            self.endings.pop(old.sid, None)
            self.retired.add(old.sid)
        self.retired.discard(sid)
        is_ours = self._asked.pop(command, "") == channel
        yes_scale = self._use_yes_price and is_ours
        self.streams[sid] = Stream(sid, channel, yes_scale=yes_scale, next_seq=1)
        return old

    def adopt(self, sid: int, channel: str) -> Stream | None:
        """Take a stream whose grant we never saw (a recording begun midway): on the NO scale."""
        if sid in self.retired:
            return None
        stream = Stream(sid, channel, yes_scale=False, next_seq=0)
        self.streams[sid] = stream
        return stream

    def settled(self, command: int) -> str:
        """Forget a command that was answered; returns its channel if it was a subscribe."""
        return self._asked.pop(command, "")

    def is_overdue(self, at: Ns) -> bool:
        """Tell whether the venue leaves a wish to unsubscribe without an answer."""
        return any(at - ending.since > ANSWER_WITHIN for ending in self.endings.values())

    def _update(self, sid: int, action: str, markets: Iterable[MarketId], at: Ns) -> SendText:
        params = {"sid": sid, "action": action, "market_tickers": list(markets)}
        return self._command("update_subscription", params, at)

    def _command(self, name: str, params: dict[str, object], at: Ns) -> SendText:
        self._last_id += 1
        text = _encode({"id": self._last_id, "cmd": name, "params": params}).decode()
        return SendText(at, Venue.KALSHI, text)
