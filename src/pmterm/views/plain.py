"""The plain mode: one line per event."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from pmterm.messages.accounts import MarketSettled, Mode, PositionChanged, SessionStarted
from pmterm.messages.base import Message
from pmterm.messages.feed import NO_ASK, NO_BID, MarketSeen, MarketStatusSeen, TradeSeen
from pmterm.messages.health import FeedDown, FeedUp, Noticed, Surprised, WorkerDown
from pmterm.messages.live import (
    AccountSeen,
    Armed,
    CashSeen,
    Disarmed,
    HoldingAdjusted,
    HoldingDiffers,
    OrderTimed,
    ReadinessChanged,
    Reconciled,
)
from pmterm.messages.orders import (
    Approved,
    Fill,
    FillMoved,
    GateChanged,
    JournalFailed,
    LimitChanged,
    OrderAdopted,
    OrderKnown,
    OrderReport,
    PlanMoved,
    PlanStarted,
    Refused,
    WithdrawOrder,
)
from pmterm.messages.signals import SignalBack, SignalEnded, SignalRejected, SignalSeen, SignalWorth
from pmterm.model.market import Market
from pmterm.model.order import FillState, OrderState
from pmterm.model.units import Ns, Price, price_text
from pmterm.views.account_words import span_words
from pmterm.views.ends import end_words
from pmterm.views.figures import cash_text, clock_text, qty_text, score_text, span_text
from pmterm.views.latency import STAGES, spans_of
from pmterm.views.limits import changed_text
from pmterm.views.news import fill_text, refusal_text
from pmterm.views.order_row import delay_text
from pmterm.views.plain_commands import HELP, parse_command
from pmterm.views.signals import NAMES, back_text, outcome_text
from pmterm.views.strategy_words import STRATEGY_LINES
from pmterm.views.worth import card_lines

__all__ = ["HELP", "TOLD", "line_of", "parse_command", "touch_line"]

_Line: TypeAlias = Callable[[Any], str]


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


def _started(message: SessionStarted) -> str:
    """Say that a session began; what real money there is only the venue says, later."""
    cash = "not known yet" if message.mode is Mode.LIVE else cash_text(message.cash)
    return f"session {message.session} {message.mode} cash {cash}"


def _report(message: OrderReport) -> str:
    ahead = f", {qty_text(message.ahead)} ahead" if message.ahead >= 0 else ""
    reason = f" ({message.reason})" if message.reason else ""
    if message.state is OrderState.UNKNOWN:
        reason += "; do not send again, pmterm is asking the venue"
    if message.until > message.at:
        reason += f", delayed {delay_text(message.until - message.at)}"
    return (
        f"order {message.order} {message.state} {qty_text(message.filled)}/"
        f"{qty_text(message.qty)} at {price_text(message.price)}{ahead}{reason}"
    )


def _approved(message: Approved) -> str:
    wish = message.intent
    return (
        f"approved {wish.order} {wish.side} {qty_text(wish.qty)} at {price_text(wish.price)},"
        f" worst {cash_text(-message.reserved)}"
        f"{f', {end_words(wish.expires_at, message.at)}' if wish.expires_at else ''}"
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


def _refused(message: Refused) -> str:
    word = "asks" if message.asks else "refused"
    tail = "; type confirm to send it" if message.asks else ""
    return f"{word} {message.order} {refusal_text(message)}{tail}"


def _adopted(message: OrderAdopted) -> str:
    whose = "ours, found again" if message.is_ours else "foreign"
    return (
        f"adopted {message.order} {message.market} {message.side} {qty_text(message.filled)}/"
        f"{qty_text(message.qty)} at {price_text(message.price)} ({whose})"
    )


def _moved(message: FillMoved) -> str:
    word = "REVERSED" if message.state is FillState.FAILED else message.state.value
    return f"settling {message.order} fill {message.fill} {word}"


def _armed(message: Armed) -> str:
    cap = f", up to {cash_text(message.max_cash)} an order" if message.max_cash else ""
    return f"ARMED {message.market} for {span_text(message.until - message.at)}{cap}"


def _ready(message: ReadinessChanged) -> str:
    if message.missing:
        return f"not ready {message.venue}: {', '.join(message.missing)}"
    return f"ready {message.venue}{', post only' if message.post_only else ''}"


def _differs(message: HoldingDiffers) -> str:
    if message.is_over:
        return f"agrees {message.market} holding {qty_text(message.ours)}"
    return (
        f"DIFFERS {message.market} ours {qty_text(message.ours)} theirs"
        f" {qty_text(message.theirs)}; accept venue takes theirs"
    )


def _adjusted(message: HoldingAdjusted) -> str:
    sign = "+" if message.qty > 0 else ""
    return (
        f"adjusted {message.market} {sign}{qty_text(message.qty)} at {price_text(message.price)}"
        f" ({message.reason})"
    )


def _timed(message: OrderTimed) -> str:
    spans = zip(STAGES, spans_of(message), strict=True)
    told = [f"{name} {span_words(span)}" for name, span in spans if span >= 0]
    return f"timed {message.order} {', '.join(told)}"


def _reconciled(message: Reconciled) -> str:
    return (
        f"compared {message.venue} ({message.cause}): {message.differences} differ,"
        f" {message.took_ms} ms"
    )


_LINES: Mapping[type[Message], _Line] = {
    SessionStarted: _started,
    MarketSeen: lambda m: _market(m.market),
    MarketStatusSeen: lambda m: f"market {m.market} {m.word or m.status} {m.result}".rstrip(),
    MarketSettled: lambda m: f"settled {m.market} pays {price_text(m.payout)}",
    TradeSeen: _trade,
    SignalSeen: _signal,
    SignalRejected: lambda m: f"no {NAMES[m.kind]} {m.market}: {', '.join(m.failed)}",
    SignalWorth: lambda m: f"signal worth {m.id} {'; '.join(card_lines(m))}",
    SignalBack: lambda m: f"signal {NAMES[m.kind]} {m.market} {back_text(m)}",
    SignalEnded: lambda m: f"signal {NAMES[m.kind]} {m.market} {outcome_text(m)}",
    Approved: _approved,
    Refused: _refused,
    OrderReport: _report,
    Fill: lambda m: f"fill {m.order} {m.market} {fill_text(m)}",
    PositionChanged: _position,
    GateChanged: lambda m: f"gate {m.state}: {m.reason}",
    LimitChanged: lambda m: changed_text(m).lower(),
    JournalFailed: lambda m: f"not sent {m.order}: {m.reason}",
    FeedUp: lambda m: f"feed {m.venue} up",
    FeedDown: lambda m: f"feed {m.venue} down: {m.reason}",
    Surprised: lambda m: f"surprise {m.venue} {m.kind} {m.excerpt}".rstrip(),
    WorkerDown: _stopped,
    Noticed: lambda m: f"notice {m.text}",
    AccountSeen: lambda m: f"account {m.venue} {m.account}",
    ReadinessChanged: _ready,
    Armed: _armed,
    Disarmed: lambda m: f"DISARMED: {m.reason}",
    CashSeen: lambda m: f"cash {m.venue} {cash_text(m.cash)}",
    HoldingDiffers: _differs,
    HoldingAdjusted: _adjusted,
    Reconciled: _reconciled,
    OrderTimed: _timed,
    OrderAdopted: _adopted,
    OrderKnown: lambda m: f"known {m.order} is {m.venue_order}",
    FillMoved: _moved,
    PlanStarted: lambda m: (
        f"plan {m.plan} {m.market} {m.side} {qty_text(m.qty)} in {m.slices} slices"
    ),
    PlanMoved: lambda m: (
        f"plan {m.plan} {m.state}: {m.sent} sent, {qty_text(m.filled)} filled {m.reason}".rstrip()
    ),
    WithdrawOrder: lambda m: f"cancelling {m.order}",
    **STRATEGY_LINES,
}

TOLD: Final = tuple(_LINES)  # the types of message that have a line
