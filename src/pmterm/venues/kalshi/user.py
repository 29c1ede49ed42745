"""The user stream: what to say on it, and what its frames about our account mean.

A connection of its own, so that a burst of books cannot hold up a fill. Its private channels have
no sequence numbers: what was lost on them shows only in a read. Source: Kalshi docs, AsyncAPI
2.0.0, read 2026-10.
"""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from pmterm.messages.base import Message
from pmterm.messages.said import MoodSeen, VenueMood
from pmterm.messages.transport import Reconnect, SendText, UserFrame, UserOpened
from pmterm.model.ids import Venue
from pmterm.model.units import SECOND, Ns
from pmterm.venues.kalshi import fields, rows
from pmterm.venues.kalshi.answers import Table
from pmterm.venues.kalshi.groups import Groups
from pmterm.venues.kalshi.known import Known
from pmterm.venues.kalshi.lists import misfit
from pmterm.venues.kalshi.refusals import STREAM_ERRORS
from pmterm.venues.kalshi.upkeep import Patience

CHANNELS: Final = ("fill", "user_orders", "market_positions", "order_group_updates")
LONGEST_FRAME = 1024 * 1024
ASK_EVERY: Ns = 4 * SECOND  # with the wait for an answer: a dead line is noticed within 10 s
CHECK_EVERY: Ns = 60 * SECOND  # on a busy stream too, for one channel of it may be dead
ANSWER_WITHIN: Ns = 5 * SECOND
MAY_BE_LOST: Ns = 60 * SECOND  # how far before a lost subscription's last frame to read again
AUTH_REQUIRED = 9
TERMINAL = frozenset({10, 17, 25})  # the subscription is dead: subscribe again
_BROKEN = (msgspec.DecodeError, ValueError, RecursionError)


class _Line:
    """One connection: what was asked on it, what stands, when it was last heard."""

    def __init__(self, at: Ns) -> None:
        self.last_id = 0
        self.asked: dict[int, str] = {}  # channels by the command that subscribed
        self.sids: dict[int, str] = {}  # channels by subscription
        self.missing: dict[str, Patience] = {}  # channels that do not stand
        self.heard_at = at
        self.heard_before = at
        self.asked_at: Ns = 0
        self.checked_at = at
        self.life_id = -1


class UserStream:
    """One account's stream. Answers come out of order, so they are matched by command id.

    `lost_since` is set when frames may have been lost though the connection stands: the time of
    the last one that came. Whoever asks for what was missed sets it back to 0.
    """

    def __init__(self, known: Known, groups: Groups, subaccount: int = 0) -> None:
        self.lost_since: Ns = 0
        self._known = known
        self._subaccount = subaccount
        self._conn = 0
        self._line = _Line(0)
        self._readers: dict[str, Callable[[Table, Ns], Sequence[Message]]] = {
            "fill": self._fill,
            "user_order": self._order,
            "market_position": rows.holdings_seen,
            "order_group_updates": groups.heard,
        }

    def opened(self, event: UserOpened) -> list[Message]:
        """The stream is up: subscribe to each channel by a command of its own."""
        self._conn = event.conn
        self._line = _Line(event.at)
        return [self._subscribe(channel, event.at) for channel in CHANNELS]

    def receive(self, frame: UserFrame) -> Sequence[Message]:
        """Say what a frame means. What is unknown or does not fit is counted, never guessed."""
        if frame.conn != self._conn:
            return ()
        try:
            if len(frame.text) > LONGEST_FRAME:
                raise ValueError("too long")
            told = msgspec.json.decode(frame.text)
        except _BROKEN:
            return [misfit(frame.at, "not a frame", frame.text[:200])]
        if not isinstance(told, dict):
            return [misfit(frame.at, "not a frame", frame.text[:200])]
        self._line.heard_before, self._line.heard_at = self._line.heard_at, frame.at
        return self._read(told, frame)

    def tick(self, at: Ns) -> list[Message]:
        """Ask for a sign of life where nothing was heard; subscribe again to what is missing."""
        if not self._conn:
            return []
        if self._line.asked_at and self._line.heard_at < self._line.asked_at:
            if at - self._line.asked_at < ANSWER_WITHIN:
                return []
            self._conn = 0
            return [Reconnect(at, Venue.KALSHI, "the user stream does not answer", is_user=True)]
        said: list[Message] = [
            self._subscribe(channel, at)
            for channel, patience in self._line.missing.items()
            if patience.take(at)
        ]
        quiet = at - max(self._line.heard_at, self._line.asked_at)
        if quiet >= ASK_EVERY or at - self._line.checked_at >= CHECK_EVERY:
            self._line.asked_at = self._line.checked_at = at
            said.append(self._command("list_subscriptions", None, at))
            self._line.life_id = self._line.last_id
        return said

    def _read(self, told: Table, frame: UserFrame) -> Sequence[Message]:
        kind, msg = told.get("type"), fields.table(told, "msg")
        if kind == "subscribed":
            return self._subscribed(told, msg)
        if kind == "error":
            return self._failed(told, msg, frame.at)
        if kind == "ok":
            return self._ok(told, frame.at)
        if kind == "unsubscribed":
            return ()
        read = self._readers.get(kind) if isinstance(kind, str) else None
        if read is None:
            return [misfit(frame.at, "unknown type", str(kind))]
        try:
            return read(msg, frame.at) if rows.is_of(msg, self._subaccount) else ()
        except ValueError as error:
            return [misfit(frame.at, f"bad {kind}", str(error))]

    def _fill(self, msg: Table, at: Ns) -> list[Message]:
        seen = rows.fill_seen(msg, at)
        self._known.learn(seen.client_order, seen.venue_order)
        return [seen]

    def _order(self, msg: Table, at: Ns) -> list[Message]:
        news = self._known.heard(rows.order_seen(msg, at))
        return [news] if news else []

    def _subscribed(self, told: Table, msg: Table) -> Sequence[Message]:
        self._settle(told)
        if isinstance(msg.get("channel"), str):
            self._stands(msg["channel"], msg.get("sid"))
        return ()

    def _ok(self, told: Table, at: Ns) -> Sequence[Message]:
        """A channel that was held already, or the list of those that stand."""
        channel = self._settle(told)
        if channel:
            self._stands(channel, told.get("sid"))
        listed = told.get("msg")
        if not isinstance(listed, list):
            return ()
        standing = [one.get("channel") for one in listed if isinstance(one, dict)]
        gone = [channel for channel in self._line.sids.values() if channel not in standing]
        return [said for channel in gone for said in self._lose(channel, at)]

    def _stands(self, channel: str, sid: object) -> None:
        self._line.missing.pop(channel, None)
        self._line.sids = {old: held for old, held in self._line.sids.items() if held != channel}
        if isinstance(sid, int):
            self._line.sids[sid] = channel

    def _failed(self, told: Table, msg: Table, at: Ns) -> Sequence[Message]:
        """A command failed, or a subscription died. An error about a sign of life is one."""
        if told.get("id") == self._line.life_id:
            return ()
        code = msg["code"] if isinstance(msg.get("code"), int) else 0
        reason = STREAM_ERRORS.get(code) or str(msg.get("msg"))
        said: list[Message] = [misfit(at, f"stream error {code}"[:40], reason)]
        asked = self._settle(told)
        if asked:
            self._line.missing.setdefault(asked, _waiting(at))
        elif code in TERMINAL:
            sid = told.get("sid")
            channel = self._line.sids.get(sid) if isinstance(sid, int) else None
            for dead in [channel] if channel else CHANNELS:
                said += self._lose(dead, at)
        if code == AUTH_REQUIRED:
            why = "Kalshi wants the user stream signed in again."
            said.append(MoodSeen(at, Venue.KALSHI, VenueMood.LOGGED_OUT, reason=why))
        return said

    def _lose(self, channel: str, at: Ns) -> list[Message]:
        """A subscription is dead: ask for it anew, and note what may have been missed."""
        self._line.sids = {sid: held for sid, held in self._line.sids.items() if held != channel}
        self.lost_since = self.lost_since or max(1, self._line.heard_before - MAY_BE_LOST)
        patience = self._line.missing.setdefault(channel, Patience(2 * SECOND))
        return [self._subscribe(channel, at)] if patience.take(at) else []

    def _settle(self, told: Table) -> str:
        """Forget a command that was answered; return the channel it asked for."""
        command = told.get("id")
        return self._line.asked.pop(command, "") if isinstance(command, int) else ""

    def _subscribe(self, channel: str, at: Ns) -> SendText:
        self._line.missing.setdefault(channel, _waiting(at))
        command = self._command("subscribe", {"channels": [channel]}, at)
        self._line.asked[self._line.last_id] = channel
        return command

    def _command(self, name: str, params: dict[str, object] | None, at: Ns) -> SendText:
        self._line.last_id += 1
        told: dict[str, object] = {"id": self._line.last_id, "cmd": name}
        text = msgspec.json.encode({**told, "params": params} if params else told).decode()
        return SendText(at, Venue.KALSHI, text, is_user=True)


def _waiting(at: Ns) -> Patience:
    """Return a patience that was just used."""
    patience = Patience(2 * SECOND)
    patience.take(at)
    return patience
