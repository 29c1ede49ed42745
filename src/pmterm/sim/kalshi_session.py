"""One connection to Kalshi's stream, without the socket: texts in, texts out."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from pmterm.model.ids import MarketId
from pmterm.model.units import SECOND, Ns
from pmterm.sim.events import (
    BookReplaced,
    GridChanged,
    LevelNow,
    MarketEvent,
    StatusChanged,
    Traded,
)
from pmterm.sim.kalshi_words import (
    delta_body,
    lifecycle_body,
    snapshot_body,
    ticker_body,
    trade_body,
)
from pmterm.sim.market_state import MarketState

BOOK, TICKER, TRADE = "orderbook_delta", "ticker", "trade"
LIFECYCLE = "market_lifecycle_v2"
CHANNELS = frozenset({BOOK, TICKER, TRADE, LIFECYCLE, "fill", "user_orders", "market_positions"})
TICKER_EVERY: Ns = 1 * SECOND
ERRORS = {  # Kalshi docs, websocket error codes, read 2026-10
    1: "Unable to process message",
    2: "Params required",
    3: "Channels required",
    4: "Subscription IDs required",
    5: "Unknown command",
    7: "Unknown subscription ID",
    8: "Unknown channel name",
    11: "Invalid parameter",
    12: "Exactly one subscription ID is required",
    13: "Unsupported action",
    14: "Market Ticker required",
    15: "Action required",
    25: "Subscription buffer overflow",
}


class _Sub(msgspec.Struct):
    """One subscription. `is_all`: it was asked for without naming markets."""

    sid: int
    channel: str
    use_yes_price: bool
    markets: dict[str, None]
    is_all: bool = False
    seq: int = 0
    ticked: dict[str, Ns] = {}
    is_shy: bool = False  # leaves the list of markets out of `ok`


class _Params(msgspec.Struct):
    channels: list[str] = []
    market_ticker: str = ""
    market_tickers: list[str] = []
    send_initial_snapshot: bool = False
    skip_ticker_ack: bool = False
    use_yes_price: bool = False
    sid: int = 0
    sids: list[int] = []
    action: str = ""


class _Command(msgspec.Struct):
    id: int = 0
    cmd: str = ""
    params: _Params | None = None


class _Wrong(Exception):
    """A command cannot be done; carries the venue's error code."""

    def __init__(self, code: int, market: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.market = market


_decoder = msgspec.json.Decoder(_Command)
_encode = msgspec.json.encode


class KalshiSession:
    """The subscriptions of one connection.

    `sid` counts up from 1. Within a `sid`, `seq` starts at 1 and counts every frame but tickers:
    snapshots, deltas, and the control replies `ok` and `unsubscribed`. The reply to a new
    subscription has none.
    """

    def __init__(self, states: Mapping[MarketId, MarketState]) -> None:
        self._states = states
        self._subs: dict[int, _Sub] = {}
        self._last_sid = 0
        self._commands: dict[str, Callable[[_Command, Ns], list[str]]] = {
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "update_subscription": self._update,
            "list_subscriptions": self._list,
        }

    def hear(self, text: str, at: Ns) -> list[str]:
        """Answer a command."""
        try:
            command = _decoder.decode(text)
        except (msgspec.MsgspecError, RecursionError):
            return [_failure(0, 1)]
        run = self._commands.get(command.cmd)
        if run is None:
            return [_failure(command.id, 5)]
        if command.params is None and command.cmd != "list_subscriptions":
            return [_failure(command.id, 2)]
        try:
            return run(command, at)
        except _Wrong as wrong:
            return [_failure(command.id, wrong.code, wrong.market)]

    def tell(self, event: MarketEvent) -> list[str]:
        """Return the frames about an event that this client is to get."""
        said: list[str] = []
        for sub in self._subs.values():
            if not sub.is_all and event.market not in sub.markets:
                continue
            if sub.channel == BOOK:
                said += self._tell_book(sub, event)
            elif sub.channel == TICKER:
                said += self._tell_ticker(sub, event)
            elif sub.channel == TRADE and isinstance(event, Traded):
                said.append(_numbered("trade", sub, trade_body(event)))
            elif sub.channel == LIFECYCLE and isinstance(event, StatusChanged | GridChanged):
                body = lifecycle_body(event)
                said += [_numbered(LIFECYCLE, sub, body)] if body else []
        return said

    def fail(self, code: int) -> list[str]:
        """Kill every subscription with a terminal error, as a slow reader sees it (25)."""
        said = [
            f'{{"type":"error","sid":{sub.sid},"msg":{{"code":{code},'
            f'"msg":"{ERRORS.get(code, "Error")}"}}}}'
            for sub in self._subs.values()
        ]
        self._subs.clear()
        return said

    def empty_books(self) -> list[str]:
        """Send an unasked snapshot without any side for every book, as seen at a close."""
        said: list[str] = []
        for sub in self._subs.values():
            if sub.channel == BOOK:
                said += [
                    _numbered("orderbook_snapshot", sub, f'{{"market_ticker":"{market}"}}')
                    for market in sub.markets
                ]
        return said

    def _tell_book(self, sub: _Sub, event: MarketEvent) -> list[str]:
        match event:
            case LevelNow():
                body = delta_body(event, use_yes_price=sub.use_yes_price)
                return [_numbered("orderbook_delta", sub, body)]
            case BookReplaced():
                return [self._snapshot(sub, event.market)]
            case StatusChanged(status=status) if status.value == "closed":
                return [self._snapshot(sub, event.market)]
            case _:
                return []

    def _tell_ticker(self, sub: _Sub, event: MarketEvent) -> list[str]:
        if event.at < sub.ticked.get(event.market, 0):
            return []
        sub.ticked[event.market] = event.at + TICKER_EVERY
        body = ticker_body(self._states[event.market], event.at)
        return [f'{{"type":"ticker","sid":{sub.sid},"msg":{body}}}']

    def _snapshot(self, sub: _Sub, market: str, command: int = 0) -> str:
        state = self._states[MarketId(market)]
        body = snapshot_body(state, use_yes_price=sub.use_yes_price)
        return _numbered("orderbook_snapshot", sub, body, command)

    def _subscribe(self, command: _Command, at: Ns) -> list[str]:
        params = command.params or _Params()
        if not params.channels:
            raise _Wrong(3)
        said: list[str] = []
        for channel in params.channels:
            if channel not in CHANNELS:
                raise _Wrong(8)
            markets = self._known(_tickers(params))
            if channel == BOOK and not markets:
                raise _Wrong(14)
            said += self._join(command, channel, markets, at)
        return said

    def _join(self, command: _Command, channel: str, markets: list[str], at: Ns) -> list[str]:
        params = command.params or _Params()
        sub = next((s for s in self._subs.values() if s.channel == channel), None)
        if sub is not None:
            return self._add(sub, markets, command.id, at)
        self._last_sid += 1
        sub = _Sub(
            self._last_sid,
            channel,
            params.use_yes_price,
            dict.fromkeys(markets),
            is_all=not markets,
            is_shy=params.skip_ticker_ack,
        )
        self._subs[sub.sid] = sub
        granted = {"channel": channel, "sid": sub.sid}
        said = [_encode({"type": "subscribed", "id": command.id, "msg": granted}).decode()]
        if channel == BOOK:
            said += [self._snapshot(sub, market) for market in markets]
        if channel == TICKER and params.send_initial_snapshot:
            for market in markets or list(self._states):
                body = ticker_body(self._states[MarketId(market)], at)
                said.append(f'{{"type":"ticker","sid":{sub.sid},"msg":{body}}}')
        return said

    def _add(self, sub: _Sub, markets: list[str], command: int, at: Ns) -> list[str]:
        fresh = [market for market in markets if market not in sub.markets]
        sub.markets |= dict.fromkeys(fresh)
        said = [self._ok(sub, command)]
        if sub.channel == BOOK:
            said += [self._snapshot(sub, market) for market in fresh]
        sub.ticked |= dict.fromkeys(fresh, at)
        return said

    def _unsubscribe(self, command: _Command, _: Ns) -> list[str]:
        params = command.params or _Params()
        sids = params.sids or ([params.sid] if params.sid else [])
        if not sids:
            raise _Wrong(4)
        said: list[str] = []
        for sid in sids:
            sub = self._subs.pop(sid, None)
            if sub is None:
                said.append(_failure(command.id, 7))
                continue
            sub.seq += 1
            said.append(f'{{"type":"unsubscribed","id":{command.id},"sid":{sid},"seq":{sub.seq}}}')
        return said

    def _update(self, command: _Command, at: Ns) -> list[str]:
        params = command.params or _Params()
        sids = params.sids or ([params.sid] if params.sid else [])
        if len(sids) != 1:
            raise _Wrong(12)
        sub = self._subs.get(sids[0])
        if sub is None:
            raise _Wrong(7)
        if not params.action:
            raise _Wrong(15)
        markets = self._known(_tickers(params))
        match params.action:
            case "add_markets":
                return self._add(sub, markets, command.id, at)
            case "delete_markets":
                for market in markets:
                    sub.markets.pop(market, None)
                return [self._ok(sub, command.id)]
            case "get_snapshot" if sub.channel == BOOK:
                if not params.market_tickers:
                    raise _Wrong(14)
                return [self._snapshot(sub, market, command.id) for market in markets]
            case _:
                raise _Wrong(13)

    def _list(self, command: _Command, _: Ns) -> list[str]:
        rows = [{"channel": sub.channel, "sid": sub.sid} for sub in self._subs.values()]
        return [_encode({"type": "ok", "id": command.id, "msg": rows}).decode()]

    def _ok(self, sub: _Sub, command: int) -> str:
        sub.seq += 1
        msg: dict[str, Any] = {}
        if sub.markets and not sub.is_shy:
            msg["market_tickers"] = sorted(sub.markets)
        body = _encode(msg).decode()
        return f'{{"type":"ok","id":{command},"sid":{sub.sid},"seq":{sub.seq},"msg":{body}}}'

    def _known(self, markets: list[str]) -> list[str]:
        for market in markets:
            if MarketId(market) not in self._states:
                raise _Wrong(11, market)
        return list(dict.fromkeys(markets))


def _tickers(params: _Params) -> list[str]:
    return params.market_tickers or ([params.market_ticker] if params.market_ticker else [])


def _numbered(kind: str, sub: _Sub, body: str, command: int = 0) -> str:
    sub.seq += 1
    answered = f'"id":{command},' if command else ""
    return f'{{"type":"{kind}",{answered}"sid":{sub.sid},"seq":{sub.seq},"msg":{body}}}'


def _failure(command: int, code: int, market: str = "") -> str:
    msg: dict[str, Any] = {"code": code, "msg": ERRORS[code]}
    if market:
        msg["market_ticker"] = market
    body: dict[str, Any] = {"type": "error", "id": command, "msg": msg}
    if not command:
        del body["id"]
    return _encode(body).decode()
