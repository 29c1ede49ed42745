"""The plain mode's commands: typed words become what a key or a click would have sent."""

from collections.abc import Callable, Mapping

import msgspec

from pmterm.messages.base import Message
from pmterm.messages.commands import (
    AcceptVenue,
    AmendTicket,
    Arm,
    CancelAll,
    CancelMarket,
    CancelOrder,
    CloseAll,
    ClosePosition,
    Disarm,
    Halt,
    Panic,
    Reduce,
    Resume,
    SubmitTicket,
)
from pmterm.messages.orders import Bracket
from pmterm.messages.strategy import SetMode, StrategyMode, TagGame, TakeSuggestion
from pmterm.model.errors import UsageWrong
from pmterm.model.ids import MarketId, OrderId
from pmterm.model.order import Side, TimeInForce
from pmterm.model.text import clean_text
from pmterm.model.units import Cash, Ns, Price, Qty, parse_fixed, parse_price, parse_qty
from pmterm.views.ends import parse_end
from pmterm.views.exit_words import bracket_of, set_exits, split_exits
from pmterm.views.live import Question
from pmterm.views.question import yes_to

ARMED_MINUTES = 5
MOST_MINUTES = 60
ENDS = "until a time of day (UTC) or for a while: until 21:30, for 10m, for 2h"
HELP = (
    "buy 10 | sell 10 | limit buy 10 0.47 | limit buy 10 0.47 until 21:30 |"
    " limit buy 10 0.47 for 10m | amend ORDER 10 0.47 | cancel all | cancel here |"
    " cancel ORDER | close | close all | arm | arm 5 | arm 5 25.00 | disarm | confirm |"
    " exits target 0.55 stop 0.40 trail 0.03 after 120 on map loss thesis | exits off |"
    " buy 10 target 0.55 stop 0.40 | tag map loss | mode fade suggest | take SUGGESTION |"
    " limits | limits R1 250 | limits R3 5% | limits R7 off |"
    " accept venue | kill | markets | focus MARKET | halt | reduce | resume | panic | help | quit"
)


def parse_command(
    text: str,
    focus: MarketId,
    default_qty: Qty = 10_000_000,
    question: Question | None = None,
    now: Ns = 0,
) -> Message:
    """Read one typed line as a command for the market `focus`; `at` is 0, to be stamped.

    `quit` and `help` are no commands for the desk: whoever reads the line sees to them first.
    `question` is what the gate asks just now, for `confirm`; `now` is what an end counts from.

    Raises:
        UsageWrong: the line is none of the commands, or a number in it does not read.
    """
    words = text.lower().split()
    plain = _PLAIN.get(" ".join(words))
    if plain is not None:
        return plain(focus)
    match words:
        case ["buy" | "sell" | "limit", *_]:
            return _order(focus, words, default_qty, text, now)
        case ["confirm"]:
            return _confirmed(question)
        case ["arm", *how]:
            return _arm(focus, how)
        case ["amend", _, size, price]:
            order = OrderId(text.split()[1])
            return AmendTicket(0, order, _read(parse_price, price), _read(parse_qty, size))
        case ["cancel", _]:
            return CancelOrder(0, OrderId(text.split()[1]))
        case ["exits" | "tag" | "mode" | "take", *_]:
            return _strategic(focus, words, text)
        case _:
            raise _not_understood(text)


def _order(focus: MarketId, words: list[str], default_qty: Qty, text: str, now: Ns) -> SubmitTicket:
    """Read an order, with the exits that go with it."""
    words, exits = split_exits(words)
    bracket = bracket_of(exits)
    match words:
        case ["buy" | "sell" as side]:
            return _ticket(focus, side, default_qty, 0, bracket)
        case ["buy" | "sell" as side, size]:
            return _ticket(focus, side, _read(parse_qty, size), 0, bracket)
        case ["limit", "buy" | "sell" as side, size, limit, *ends]:
            price = _read(parse_price, limit)
            ticket = _ticket(focus, side, _read(parse_qty, size), price, bracket)
            return _ending(ticket, ends, now) if ends else ticket
        case _:
            raise _not_understood(text)


def _ending(ticket: SubmitTicket, ends: list[str], now: Ns) -> SubmitTicket:
    """Let an order end by itself: `until 21:30` (UTC) or `for 10m`."""
    match ends:
        case ["until", when] if ":" in when:
            pass
        case ["for", when] if ":" not in when:
            pass
        case _:
            raise UsageWrong(f"not understood: {' '.join(ends)[:40]!r}.", ENDS)
    try:
        end = parse_end(when, now)
    except ValueError as wrong:
        raise UsageWrong(f"{wrong}.", ENDS) from wrong
    return msgspec.structs.replace(ticket, tif=TimeInForce.GTD, expires_at=end)


def _strategic(focus: MarketId, words: list[str], text: str) -> Message:
    """Read what is about exits and strategies."""
    match words:
        case ["exits", *how]:
            return set_exits(focus, how)
        case ["tag", *event] if event:
            return TagGame(0, focus, clean_text(" ".join(event), 40))
        case ["mode", name, "off" | "suggest" | "auto" as mode]:
            return SetMode(0, name, StrategyMode(mode))
        case ["take", _]:
            return TakeSuggestion(0, text.split()[1])
        case _:
            raise _not_understood(text)


def _not_understood(text: str) -> UsageWrong:
    return UsageWrong(f"not understood: {text.strip()[:60]!r}.", f"Try: {HELP}")


_PLAIN: Mapping[str, Callable[[MarketId], Message]] = {
    "cancel all": lambda _: CancelAll(0),
    "cancel": lambda focus: CancelMarket(0, focus),
    "cancel here": lambda focus: CancelMarket(0, focus),
    "close": lambda focus: ClosePosition(0, focus),
    "close all": lambda _: CloseAll(0),
    "halt": lambda _: Halt(0),
    "kill": lambda _: Halt(0),
    "disarm": lambda _: Disarm(0),
    "accept venue": lambda focus: AcceptVenue(0, focus),
    "reduce": lambda _: Reduce(0),
    "resume": lambda _: Resume(0),
    "panic": lambda _: Panic(0),
}


def _confirmed(question: Question | None) -> Message:
    if question is None:
        raise UsageWrong("nothing is asked just now.", "confirm answers a line that says asks")
    return yes_to(question)


def _arm(focus: MarketId, how: list[str]) -> Arm:
    """Read `arm`, `arm MINUTES` or `arm MINUTES DOLLARS`; without dollars there is no cap."""
    minutes = how[0] if how else str(ARMED_MINUTES)
    is_number = minutes.isdecimal() and len(minutes) < 4 and len(how) < 3
    if not is_number or not 1 <= int(minutes) <= MOST_MINUTES:
        raise UsageWrong(
            f"not understood: arm {' '.join(how)[:40]!r}.",
            f"arm MINUTES DOLLARS: 1 to {MOST_MINUTES} minutes, dollars per order",
        )
    cap: Cash = _read(_cash, how[1]) if len(how) == 2 else 0
    return Arm(0, focus, int(minutes) * 60, cap)


def _cash(text: str) -> Cash:
    return parse_fixed(text, 6)


def _ticket(
    focus: MarketId, side: str, qty: Qty, price: Price, bracket: Bracket | None
) -> SubmitTicket:
    return SubmitTicket(0, focus, Side(side), qty, price, origin="plain", bracket=bracket)


def _read(parse: Callable[[str], int], text: str) -> int:
    try:
        value = parse(text)
    except ValueError as wrong:
        raise UsageWrong(f"{wrong}.", "Sizes are contracts, prices dollars: 10 0.47") from wrong
    if value <= 0:
        raise UsageWrong(f"{text[:40]} is not above 0.")
    return value
