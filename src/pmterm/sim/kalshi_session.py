"""One connection to Kalshi's stream, without the socket: texts in, texts out."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from pmterm.model.ids import MarketId
from pmterm.model.units import MS, SECOND, Ns
from pmterm.sim.events import (
    BookReplaced,
    GridChanged,
    LevelNow,
    MarketEvent,
    StatusChanged,
    Traded,
)
from pmterm.sim.kalshi_commands import CannotDo, Command, Params, failure, read_command
from pmterm.sim.kalshi_words import (
    delta_body,
    lifecycle_bodies,
    snapshot_body,
    ticker_body,
    trade_body,
)
from pmterm.sim.market_state import MarketState

BOOK, TICKER, TRADE = "orderbook_delta", "ticker", "trade"
LIFECYCLE = "market_lifecycle_v2"
FILLS, ORDERS, POSITIONS = "fill", "user_orders", "market_positions"
GROUPS = "order_group_updates"
USER_TYPES = {FILLS: "fill", ORDERS: "user_order", POSITIONS: "market_position", GROUPS: GROUPS}
CHANNELS = frozenset({BOOK, TICKER, TRADE, LIFECYCLE, "communications", *USER_TYPES})
UNFILTERED = frozenset({LIFECYCLE, GROUPS, "communications"})
TICKER_EVERY: Ns = 1 * SECOND


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


class OwnOrder(msgspec.Struct, frozen=True):
    """Whose order changed a book, for the one who is told so."""

    account: str
    client_order: str
    subaccount: int


_encode = msgspec.json.encode


class KalshiSession:
    """The subscriptions of one connection.

    `sid` counts up from 1. Within a `sid`, `seq` starts at 1 and counts every frame but tickers:
    snapshots, deltas, and the control replies `ok` and `unsubscribed`. The reply to a new
    subscription has none, and no frame of fills, orders and positions. `account` is whose private
    events come, "" for nobody's; `sends_stamps` puts `sending_ts_ms` on frames of data.
    """

    def __init__(
        self,
        states: Mapping[MarketId, MarketState],
        *,
        account: str = "",
        sends_stamps: bool = False,
    ) -> None:
        self.account = account
        self._states = states
        self._sends_stamps = sends_stamps
        self._subs: dict[int, _Sub] = {}
        self._last_sid = 0
        self._commands: dict[str, Callable[[Command, Ns], list[str]]] = {
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "update_subscription": self._update,
            "list_subscriptions": self._list,
        }

    def hear(self, text: str, at: Ns) -> list[str]:
        """Answer a command."""
        try:
            command = read_command(text)
        except (msgspec.MsgspecError, RecursionError):
            return [failure(0, 1)]
        run = self._commands.get(command.cmd)
        if run is None:
            return [failure(command.id, 5)]
        if command.params is None and command.cmd != "list_subscriptions":
            return [failure(command.id, 2)]
        try:
            return run(command, at)
        except CannotDo as wrong:
            return [failure(command.id, wrong.code, wrong.market)]

    def tell(self, event: MarketEvent, own: OwnOrder | None = None) -> list[str]:
        """Return the frames about an event that this client is to get.

        `own` is the order a level changed by; only its owner is told.
        """
        if own is not None and own.account != self.account:
            own = None
        said: list[str] = []
        for sub in self._subs.values():
            if not sub.is_all and event.market not in sub.markets:
                continue
            if sub.channel == BOOK:
                said += self._tell_book(sub, event, own)
            elif sub.channel == TICKER:
                said += self._tell_ticker(sub, event)
            elif sub.channel == TRADE and isinstance(event, Traded):
                said.append(self._numbered("trade", sub, trade_body(event), event.at))
            elif sub.channel == LIFECYCLE and isinstance(event, StatusChanged | GridChanged):
                said += [
                    self._numbered(LIFECYCLE, sub, body, event.at)
                    for body in lifecycle_bodies(event)
                ]
        return said

    def tell_account(self, channel: str, market: str, body: dict[str, Any], at: Ns) -> list[str]:
        """Return the frames about something of this client's own account."""
        said: list[str] = []
        for sub in self._subs.values():
            if sub.channel != channel or not (sub.is_all or market in sub.markets):
                continue
            text = _encode(body).decode()
            if channel == GROUPS:
                said.append(self._numbered(GROUPS, sub, text, at))
            else:
                said.append(self._plain(USER_TYPES[channel], sub, text, at))
        return said

    def fail(self, code: int) -> list[str]:
        """Kill every subscription with a terminal error, as a slow reader sees it (25)."""
        said = [
            failure(0, code).replace('"type":"error"', f'"type":"error","sid":{sid}', 1)
            for sid in self._subs
        ]
        self._subs.clear()
        return said

    def empty_books(self, at: Ns = 0) -> list[str]:
        """Send an unasked snapshot without any side for every book, as seen at a close."""
        said: list[str] = []
        for sub in self._subs.values():
            if sub.channel == BOOK:
                said += [
                    self._numbered("orderbook_snapshot", sub, f'{{"market_ticker":"{name}"}}', at)
                    for name in sub.markets
                ]
        return said

    def unknown(self, at: Ns = 0) -> list[str]:
        """Send a message of a type nobody knows on every subscription; it has its `seq`."""
        return [
            self._numbered("weather_report", sub, '{"sky":"blue"}', at)
            for sub in self._subs.values()
        ]

    def _tell_book(self, sub: _Sub, event: MarketEvent, own: OwnOrder | None) -> list[str]:
        match event:
            case LevelNow():
                body = delta_body(event, use_yes_price=sub.use_yes_price)
                if own is not None:
                    extra = {"client_order_id": own.client_order, "subaccount": own.subaccount}
                    body = f"{body[:-1]},{_encode(extra).decode()[1:]}"
                return [self._numbered("orderbook_delta", sub, body, event.at)]
            case BookReplaced():
                return [self._snapshot(sub, event.market, event.at)]
            case StatusChanged(status=status) if status.value == "closed":
                return [self._snapshot(sub, event.market, event.at)]
            case _:
                return []

    def _tell_ticker(self, sub: _Sub, event: MarketEvent) -> list[str]:
        if event.at < sub.ticked.get(event.market, 0):
            return []
        sub.ticked[event.market] = event.at + TICKER_EVERY
        body = ticker_body(self._states[event.market], event.at)
        return [self._plain(TICKER, sub, body, event.at)]

    def _snapshot(self, sub: _Sub, market: str, at: Ns, command: int = 0) -> str:
        state = self._states[MarketId(market)]
        body = snapshot_body(state, use_yes_price=sub.use_yes_price)
        return self._numbered("orderbook_snapshot", sub, body, at, command)

    def _numbered(self, kind: str, sub: _Sub, body: str, at: Ns, command: int = 0) -> str:
        sub.seq += 1
        answered = f'"id":{command},' if command else ""
        stamp = self._stamp(at)
        return f'{{"type":"{kind}",{answered}"sid":{sub.sid},"seq":{sub.seq},{stamp}"msg":{body}}}'

    def _plain(self, kind: str, sub: _Sub, body: str, at: Ns) -> str:
        return f'{{"type":"{kind}","sid":{sub.sid},{self._stamp(at)}"msg":{body}}}'

    def _stamp(self, at: Ns) -> str:
        return f'"sending_ts_ms":{at // MS},' if self._sends_stamps else ""

    def _subscribe(self, command: Command, at: Ns) -> list[str]:
        params = command.params or Params()
        if not params.channels:
            raise CannotDo(3)
        said: list[str] = []
        for channel in params.channels:
            if channel not in CHANNELS:
                raise CannotDo(8)
            markets = self._known(params.tickers())
            if channel in USER_TYPES and not self.account:
                raise CannotDo(9)
            if channel == BOOK and not markets:
                raise CannotDo(14)
            if channel in UNFILTERED:
                markets = []
            said += self._join(command, channel, markets, at)
        return said

    def _join(self, command: Command, channel: str, markets: list[str], at: Ns) -> list[str]:
        params = command.params or Params()
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
            said += [self._snapshot(sub, market, at) for market in markets]
        if channel == TICKER and params.send_initial_snapshot:
            for market in markets or list(self._states):
                body = ticker_body(self._states[MarketId(market)], at)
                said.append(self._plain(TICKER, sub, body, at))
        return said

    def _add(self, sub: _Sub, markets: list[str], command: int, at: Ns) -> list[str]:
        fresh = [market for market in markets if market not in sub.markets]
        sub.markets |= dict.fromkeys(fresh)
        said = [self._ok(sub, command)]
        if sub.channel == BOOK:
            said += [self._snapshot(sub, market, at) for market in fresh]
        sub.ticked |= dict.fromkeys(fresh, at)
        return said

    def _unsubscribe(self, command: Command, _: Ns) -> list[str]:
        params = command.params or Params()
        sids = params.all_sids()
        if not sids:
            raise CannotDo(4)
        said: list[str] = []
        for sid in sids:
            sub = self._subs.pop(sid, None)
            if sub is None:
                said.append(failure(command.id, 7))
                continue
            sub.seq += 1
            said.append(f'{{"type":"unsubscribed","id":{command.id},"sid":{sid},"seq":{sub.seq}}}')
        return said

    def _update(self, command: Command, at: Ns) -> list[str]:
        params = command.params or Params()
        sids = params.all_sids()
        if len(sids) != 1:
            raise CannotDo(12)
        sub = self._subs.get(sids[0])
        if sub is None:
            raise CannotDo(7)
        if not params.action:
            raise CannotDo(15)
        markets = self._known(params.tickers())
        match params.action:
            case "add_markets":
                return self._add(sub, markets, command.id, at)
            case "delete_markets":
                for market in markets:
                    sub.markets.pop(market, None)
                return [self._ok(sub, command.id)]
            case "get_snapshot" if sub.channel == BOOK:
                if not params.market_tickers:
                    raise CannotDo(14)
                return [self._snapshot(sub, market, at, command.id) for market in markets]
            case _:
                raise CannotDo(13)

    def _list(self, command: Command, _: Ns) -> list[str]:
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
                raise CannotDo(11, market)
        return list(dict.fromkeys(markets))
