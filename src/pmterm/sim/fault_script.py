"""A fault script: what goes wrong on the local exchange, and when.

A script is TOML, a list of `[[fault]]` tables, or the same as `Rule`s in Python. Each has one
trigger and one action:

    [[fault]]
    on = "POST /clob/order"   # a request: method and path, `*` stands for anything
    nth = 2                   # from the second such request on (1 if left out) ...
    times = 3                 # ... three of them (1 if left out, 0: for ever)
    do = "drop reply"

    [[fault]]
    order = { side = "buy", price = "0.45" }   # an order, whichever request brings it
    do = "status after"
    status = 500
    body = '{"error":"could not run the execution"}'

    [[fault]]
    after_s = 30              # so long after the exchange opened; it needs a venue
    venue = "polymarket"
    do = "restart"
    seconds = 90
    post_only_s = 120

An order is told by any of `side` ("buy" or "sell", of its own outcome), `price` (of its own
outcome, as text), `market` (id or slug), `account`. `venue` narrows `on` and `order`, too. Two
rules of one request both act, in the order they stand.

Actions on a request, before the venue sees it:
    delay (seconds)             it waits (not for `order`: by then it is being handled)
    reset before                the connection is reset; nothing was accepted
    refuse (status, body)       this answer; nothing was accepted
    too many (retry_after_s)    429 in the venue's words, with Retry-After unless that is left out
Actions on its answer, once the venue has done what was asked:
    delay reply (seconds)       the answer waits
    drop reply                  no answer ever comes
    reset after                 the connection is reset instead
    status after (status, body) this answer instead: a 5xx though matched
    truncate (bytes)            the answer ends after so many bytes, and so does the connection
    html, not json              a page, or broken JSON, with status 200
    empty id (error)            the answer names no order, and carries `error` if one is given
    event first                 the streams' words about it leave before the answer does
    hide order (seconds)        lookups and lists do not know the order that long
Actions on a venue's streams:
    drop streams                every connection breaks
    stall (seconds)             data is lost, pings are answered
    hold (seconds)              data waits, then comes in one burst
    gap, duplicate, reorder (frames)   of so many frames
Actions on a venue:
    restart (seconds, post_only_s)     open orders are gone without a word, streams break, orders
                                       are refused that long, then only post-only ones are taken
    fail trades (trades)               the next trades fail to settle (Polymarket)
    pause trading (seconds)            orders and changes are refused, cancels work (Kalshi)
    end channels (code)                every subscription ends with this error (Kalshi: 10, 25)
    empty books                        an unasked snapshot without a side of each book (Kalshi)
    unknown type                       a message nobody knows, with its number (Kalshi)
"""

import tomllib
from collections.abc import Iterable
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import msgspec

from pmterm.model.errors import PmtermError
from pmterm.model.ids import Venue
from pmterm.model.market import Market
from pmterm.model.units import Ns, parse_price
from pmterm.sim.exchange_orders import ExchangeOrder


class ScriptWrong(PmtermError):
    """A fault script cannot be understood."""

    title = "Fault script"
    exit_code = 2


class Do(StrEnum):
    """What goes wrong."""

    DELAY = "delay"
    RESET_BEFORE = "reset before"
    REFUSE = "refuse"
    TOO_MANY = "too many"
    DELAY_REPLY = "delay reply"
    DROP_REPLY = "drop reply"
    RESET_AFTER = "reset after"
    STATUS_AFTER = "status after"
    TRUNCATE = "truncate"
    HTML = "html"
    NOT_JSON = "not json"
    EMPTY_ID = "empty id"
    EVENT_FIRST = "event first"
    HIDE_ORDER = "hide order"
    DROP_STREAMS = "drop streams"
    STALL = "stall"
    HOLD = "hold"
    GAP = "gap"
    DUPLICATE = "duplicate"
    REORDER = "reorder"
    RESTART = "restart"
    FAIL_TRADES = "fail trades"
    PAUSE_TRADING = "pause trading"
    END_CHANNELS = "end channels"
    EMPTY_BOOKS = "empty books"
    UNKNOWN_TYPE = "unknown type"


BEFORE = frozenset({Do.DELAY, Do.RESET_BEFORE, Do.REFUSE, Do.TOO_MANY})
AT_VENUE = frozenset(
    {
        Do.DROP_STREAMS,
        Do.STALL,
        Do.HOLD,
        Do.GAP,
        Do.DUPLICATE,
        Do.REORDER,
        Do.RESTART,
        Do.FAIL_TRADES,
        Do.PAUSE_TRADING,
        Do.END_CHANNELS,
        Do.EMPTY_BOOKS,
        Do.UNKNOWN_TYPE,
    }
)
# Which numbers and texts an action takes: those it must have, and those it may have.
_TAKES: dict[Do, tuple[set[str], set[str]]] = {
    Do.DELAY: ({"seconds"}, set()),
    Do.REFUSE: ({"status"}, {"body"}),
    Do.TOO_MANY: (set(), {"retry_after_s", "body"}),
    Do.DELAY_REPLY: ({"seconds"}, set()),
    Do.STATUS_AFTER: ({"status"}, {"body"}),
    Do.TRUNCATE: ({"bytes"}, set()),
    Do.EMPTY_ID: (set(), {"error"}),
    Do.HIDE_ORDER: ({"seconds"}, set()),
    Do.STALL: ({"seconds"}, set()),
    Do.HOLD: ({"seconds"}, set()),
    Do.GAP: ({"frames"}, set()),
    Do.DUPLICATE: ({"frames"}, set()),
    Do.REORDER: ({"frames"}, set()),
    Do.RESTART: ({"seconds"}, {"post_only_s"}),
    Do.FAIL_TRADES: ({"trades"}, set()),
    Do.PAUSE_TRADING: ({"seconds"}, set()),
    Do.END_CHANNELS: ({"code"}, set()),
}
_WORDS = (
    "seconds", "status", "body", "retry_after_s", "bytes", "error", "frames", "post_only_s",
    "trades", "code",
)  # fmt: skip


class OrderPattern(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which orders are meant; what is left out fits any."""

    side: str = ""
    price: str = ""
    market: str = ""
    account: str = ""

    def fits(self, order: ExchangeOrder, market: Market) -> bool:
        """Tell whether an order is meant."""
        side = "sell" if order.is_sale else "buy"
        return (
            self.side in {"", side}
            and (not self.price or parse_price(self.price) == order.own_price)
            and self.market in {"", market.id, market.slug}
            and self.account in {"", order.account}
        )


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fault: exactly one of `on`, `order`, `after_s`, and what to do. See the module's words.

    None means left out.
    """

    do: Do
    on: str = ""
    order: OrderPattern | None = None
    after_s: float | None = None
    venue: Venue | None = None
    nth: int = 1
    times: int = 1
    seconds: float | None = None
    status: int | None = None
    body: str | None = None
    retry_after_s: int | None = None
    bytes: int | None = None
    error: str | None = None
    frames: int | None = None
    post_only_s: float | None = None
    trades: int | None = None
    code: int | None = None

    def fault_of(self) -> tuple[str, str]:
        """Say what is wrong with the rule and what is allowed; two empty texts if nothing is."""
        triggers = [bool(self.on), self.order is not None, self.after_s is not None]
        if sum(triggers) != 1:
            return "it needs one trigger", "Give it one of: on, order, after_s."
        if self.on and len(self.on.split()) != 2:
            return f"on = {self.on!r} is no request", 'Write a method and a path: "POST /clob/*".'
        if self.after_s is not None and (self.venue is None or self.do not in AT_VENUE):
            kinds = ", ".join(sorted(AT_VENUE))
            return f"after_s cannot {self.do}", f"It needs a venue and one of: {kinds}."
        if self.order is not None and self.do is Do.DELAY:
            return "an order cannot be delayed", "Use `on`, or `delay reply`."
        if self.nth < 1 or self.times < 0 or (self.after_s or 0) < 0:
            return "a count cannot be below zero", "nth is 1 or more, times 0 (for ever) or more."
        return self._words_wrong()

    def _words_wrong(self) -> tuple[str, str]:
        must, may = _TAKES.get(self.do, (set(), set()))
        given = {name for name in _WORDS if getattr(self, name) is not None}
        takes = ", ".join(sorted(must | may)) or "nothing"
        if lacking := sorted(must - given):
            return f"{self.do} lacks {', '.join(lacking)}", f"It takes: {takes}."
        if extra := sorted(given - must - may):
            return f"{self.do} has no {', '.join(extra)}", f"It takes: {takes}."
        if any((getattr(self, name) or 0) < 0 for name in given - {"body", "error"}):
            return "a number is below zero", "All numbers are 0 or more."
        if self.order is not None and self.order.side not in {"", "buy", "sell"}:
            return f"side = {self.order.side!r}", "It is buy or sell."
        return self._price_wrong()

    def _price_wrong(self) -> tuple[str, str]:
        try:
            parse_price(self.order.price if self.order and self.order.price else "0")
        except ValueError:
            return "the price is none", 'Write it in dollars, as text: "0.45".'
        return "", ""


class Fired(msgspec.Struct, frozen=True):
    """A fault that happened: the rule's place in the script, from 1, and on what."""

    at: Ns
    rule: int
    do: Do
    what: str


class FaultScript:
    """Counts what its rules wait for, and says which of them act."""

    def __init__(self, rules: Iterable[Rule] = (), name: str = "fault script") -> None:
        """Take the rules.

        Raises:
            ScriptWrong: a rule makes no sense; it says which, and what is allowed.
        """
        self.rules: list[Rule] = []
        self.fired: list[Fired] = []
        self._seen: list[int] = []
        self._name = name
        for rule in rules:
            self.add(rule)

    def add(self, rule: Rule) -> int:
        """Take one more rule; returns its number.

        Raises:
            ScriptWrong: it makes no sense.
        """
        number = len(self.rules) + 1
        wrong, allowed = rule.fault_of()
        if wrong:
            raise ScriptWrong(f"{self._name}, rule {number}: {wrong}.", allowed)
        self.rules.append(rule)
        self._seen.append(0)
        return number

    def on_request(self, method: str, path: str, venue: Venue) -> list[tuple[int, Rule]]:
        """Return the rules that act on a request, with their numbers."""
        return [
            (number, rule)
            for number, rule in enumerate(self.rules, 1)
            if rule.on
            and rule.venue in {None, venue}
            and _fits(rule.on, method, path)
            and self._is_due(number, rule)
        ]

    def on_order(self, order: ExchangeOrder, market: Market) -> list[tuple[int, Rule]]:
        """Return the rules that act on an order, with their numbers."""
        return [
            (number, rule)
            for number, rule in enumerate(self.rules, 1)
            if rule.order is not None
            and rule.venue in {None, market.venue}
            and rule.order.fits(order, market)
            and self._is_due(number, rule)
        ]

    def note(self, at: Ns, number: int, what: str) -> None:
        """Write down that a rule acted."""
        self.fired.append(Fired(at, number, self.rules[number - 1].do, what))

    def _is_due(self, number: int, rule: Rule) -> bool:
        self._seen[number - 1] += 1
        place = self._seen[number - 1] - rule.nth
        return place >= 0 and (not rule.times or place < rule.times)


def load(path: Path) -> FaultScript:
    """Read a script.

    Raises:
        ScriptWrong: it cannot be read or understood; it says which rule, and what is allowed.
    """
    try:
        text = path.read_text(encoding="utf-8")
        tables = tomllib.loads(text)
    except OSError as error:
        raise ScriptWrong(f"{path}: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ScriptWrong(f"{path}: {error}.", "It is TOML: a list of [[fault]].") from error
    faults = tables.pop("fault", None)
    if tables or not isinstance(faults, list):
        other = ", ".join(sorted(tables)) or "no fault"
        raise ScriptWrong(f"{path}: there is {other}.", "A script is a list of [[fault]].")
    rules = [rule_of(table, f"{path}, rule {number}") for number, table in enumerate(faults, 1)]
    return FaultScript(rules, str(path))


def rule_of(table: Any, place: str) -> Rule:
    """Read one rule out of a table.

    Raises:
        ScriptWrong: a name or a value is none; it says what is allowed there.
    """
    try:
        return msgspec.convert(table, Rule)
    except msgspec.ValidationError as error:
        words = str(error)
        if "`$.do`" in words or "`do`" in words:
            allowed = f"do is one of: {', '.join(Do)}."
        elif "$.venue" in words:
            allowed = f"venue is one of: {', '.join(Venue)}."
        elif "$.order" in words:
            allowed = f"order takes: {', '.join(OrderPattern.__struct_fields__)}."
        else:
            allowed = f"A fault takes: {', '.join(Rule.__struct_fields__)}."
        raise ScriptWrong(f"{place}: {words}.", allowed) from error


def _fits(pattern: str, method: str, path: str) -> bool:
    wanted_method, wanted_path = pattern.split()
    return wanted_method in {"*", method} and fnmatchcase(path, wanted_path)
