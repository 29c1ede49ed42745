"""The plain mode: one line per event, and commands typed as words."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from pmterm.messages.accounts import MarketSettled, PositionChanged, SessionStarted
from pmterm.messages.base import Message
from pmterm.messages.commands import (
    CancelAll,
    CancelMarket,
    CancelOrder,
    CloseAll,
    ClosePosition,
    Halt,
    Panic,
    Reduce,
    Resume,
    SubmitTicket,
)
from pmterm.messages.feed import NO_ASK, NO_BID, MarketSeen, MarketStatusSeen, TradeSeen
from pmterm.messages.health import FeedDown, FeedUp, Noticed, Surprised, WorkerDown
from pmterm.messages.orders import Approved, Fill, GateChanged, JournalFailed, OrderReport, Refused
from pmterm.messages.signals import SignalEnded, SignalRejected, SignalSeen
from pmterm.model.errors import UsageWrong
from pmterm.model.ids import MarketId, OrderId
from pmterm.model.market import Market
from pmterm.model.order import Side
from pmterm.model.units import Ns, Price, Qty, parse_price, parse_qty, price_text
from pmterm.views.figures import cash_text, clock_text, qty_text, score_text
from pmterm.views.news import fill_text, refusal_text
from pmterm.views.signals import NAMES, outcome_text

_Line: TypeAlias = Callable[[Any], str]
HELP = (
    "buy 10 | sell 10 | limit buy 10 0.47 | cancel all | cancel here | cancel ORDER | close |"
    " close all | markets | focus MARKET | halt | reduce | resume | panic | help | quit"
)


def line_of(message: Message, *, trades: bool = True) -> str | None:
    """Return the line that tells of a message, or None if it is not told."""
    if type(message) is TradeSeen and not trades:
        return None
    words = _LINES.get(type(message))
    return None if words is None else f"{clock_text(message.at)} {words(message)}"


def touch_line(at: Ns, market: str, bid: Price, ask: Price, *, is_trusted: bool) -> str:
    """Return the line that tells where a market stands, to be said once a second at most."""
    buyer = price_text(bid) if bid != NO_BID else "none"
    seller = price_text(ask) if ask != NO_ASK else "none"
    doubt = "" if is_trusted else " NOT TRUSTED"
    return f"{clock_text(at)} touch {market} bid {buyer} ask {seller}{doubt}"


def _signal(message: SignalSeen) -> str:
    reasons = ", ".join(message.reasons)
    return (
        f"signal {NAMES[message.kind]} {message.market} {message.advice}"
        f" score {score_text(message.score_ppm)}: {reasons}"
    )


def _report(message: OrderReport) -> str:
    ahead = f", {qty_text(message.ahead)} ahead" if message.ahead >= 0 else ""
    reason = f" ({message.reason})" if message.reason else ""
    return (
        f"order {message.order} {message.state} {qty_text(message.filled)}/"
        f"{qty_text(message.qty)} at {price_text(message.price)}{ahead}{reason}"
    )


def _approved(message: Approved) -> str:
    wish = message.intent
    return (
        f"approved {wish.order} {wish.side} {qty_text(wish.qty)} at {price_text(wish.price)},"
        f" worst {cash_text(-message.reserved)}"
    )


def _position(message: PositionChanged) -> str:
    return (
        f"position {message.market} {qty_text(message.qty)} at {price_text(message.average)},"
        f" realised {cash_text(message.realised, signed=True)}"
    )


def _trade(message: TradeSeen) -> str:
    return (
        f"trade {message.market} {message.taker} {qty_text(message.qty)}"
        f" at {price_text(message.price)}"
    )


def _market(market: Market) -> str:
    also = f" ({market.id})" if market.slug else ""
    return f"market {market.slug or market.id} {market.title}{also}"


def _stopped(message: WorkerDown) -> str:
    again = f"; again in {message.wait_s:.1f} s" if message.wait_s else ""
    return f"stopped {message.name}: {message.cause}{again}"


_LINES: Mapping[type[Message], _Line] = {
    SessionStarted: lambda m: f"session {m.session} {m.mode} cash {cash_text(m.cash)}",
    MarketSeen: lambda m: _market(m.market),
    MarketStatusSeen: lambda m: f"market {m.market} {m.status} {m.result}".rstrip(),
    MarketSettled: lambda m: f"settled {m.market} pays {price_text(m.payout)}",
    TradeSeen: _trade,
    SignalSeen: _signal,
    SignalRejected: lambda m: f"no {NAMES[m.kind]} {m.market}: {', '.join(m.failed)}",
    SignalEnded: lambda m: f"signal {NAMES[m.kind]} {m.market} {outcome_text(m)}",
    Approved: _approved,
    Refused: lambda m: f"refused {m.order} {refusal_text(m)}",
    OrderReport: _report,
    Fill: lambda m: f"fill {m.order} {m.market} {fill_text(m)}",
    PositionChanged: _position,
    GateChanged: lambda m: f"gate {m.state}: {m.reason}",
    JournalFailed: lambda m: f"not sent {m.order}: {m.reason}",
    FeedUp: lambda m: f"feed {m.venue} up",
    FeedDown: lambda m: f"feed {m.venue} down: {m.reason}",
    Surprised: lambda m: f"surprise {m.venue} {m.kind} {m.excerpt}".rstrip(),
    WorkerDown: _stopped,
    Noticed: lambda m: f"notice {m.text}",
}

TOLD: Final = tuple(_LINES)  # the types of message that have a line


def parse_command(text: str, focus: MarketId, default_qty: Qty = 10_000_000) -> Message:
    """Read one typed line as a command for the market `focus`; `at` is 0, to be stamped.

    `quit` and `help` are no commands for the desk: whoever reads the line sees to them first.

    Raises:
        UsageWrong: the line is none of the commands, or a number in it does not read.
    """
    words = text.lower().split()
    plain = _PLAIN.get(" ".join(words))
    if plain is not None:
        return plain(focus)
    match words:
        case ["cancel", _]:
            return CancelOrder(0, OrderId(text.split()[1]))
        case ["buy" | "sell" as side]:
            return _ticket(focus, side, default_qty, 0)
        case ["buy" | "sell" as side, size]:
            return _ticket(focus, side, _read(parse_qty, size), 0)
        case ["limit", "buy" | "sell" as side, size, price]:
            return _ticket(focus, side, _read(parse_qty, size), _read(parse_price, price))
        case _:
            raise UsageWrong(f"not understood: {text.strip()[:60]!r}.", f"Try: {HELP}")


_PLAIN: Mapping[str, Callable[[MarketId], Message]] = {
    "cancel all": lambda _: CancelAll(0),
    "cancel": lambda focus: CancelMarket(0, focus),
    "cancel here": lambda focus: CancelMarket(0, focus),
    "close": lambda focus: ClosePosition(0, focus),
    "close all": lambda _: CloseAll(0),
    "halt": lambda _: Halt(0),
    "reduce": lambda _: Reduce(0),
    "resume": lambda _: Resume(0),
    "panic": lambda _: Panic(0),
}


def _ticket(focus: MarketId, side: str, qty: Qty, price: Price) -> Message:
    return SubmitTicket(0, focus, Side(side), qty, price, origin="plain")


def _read(parse: Callable[[str], int], text: str) -> int:
    try:
        value = parse(text)
    except ValueError as wrong:
        raise UsageWrong(f"{wrong}.", "Sizes are contracts, prices dollars: 10 0.47") from wrong
    if value <= 0:
        raise UsageWrong(f"{text[:40]} is not above 0.")
    return value
