"""Which messages become a line for the trader: the last outcome, a toast, the log."""

from collections import deque

from pmterm.messages.accounts import MarketSettled
from pmterm.messages.feed import CLOSED_EARLY, SETTLED, MarketStatusSeen
from pmterm.messages.health import FeedDown, FeedUp, Noticed, Surprised, WorkerDown
from pmterm.messages.live import (
    Armed,
    Disarmed,
    HoldingAdjusted,
    HoldingDiffers,
    ReadinessChanged,
    Reconciled,
)
from pmterm.messages.orders import (
    Fill,
    FillMoved,
    GateChanged,
    JournalFailed,
    LimitChanged,
    OrderAdopted,
    OrderReport,
    PlanMoved,
    PlanState,
    Refused,
)
from pmterm.model.ids import Venue, venue_of
from pmterm.model.market import Market
from pmterm.model.order import FillState, GateState, OrderState, Side
from pmterm.model.standing import standing_words
from pmterm.model.units import Ns, Qty
from pmterm.views.figures import cash_text, price_text, qty_text, span_text
from pmterm.views.header import Outcome, Toast
from pmterm.views.health import LogRow
from pmterm.views.limits import changed_text
from pmterm.views.order_row import OrderRow, state_words

TOASTS = 50
LOGGED = 500
_FIGURES = frozenset("$-0123456789")
_VERBS = {Side.BUY: "bought", Side.SELL: "sold"}


def fill_text(fill: Fill) -> str:
    """Say what traded."""
    role = "maker" if fill.is_maker else "taker"
    price = price_text(fill.price, tick=tick_of(fill.price))
    fee = cash_text(fill.fee)
    return f"{_VERBS[fill.side]} {qty_text(fill.qty)} @ {price} fee {fee} {role}"


def refusal_text(refused: Refused) -> str:
    """Say which rule said no, and what would pass."""
    if refused.asks:
        return f"{refused.value} ({refused.limit})"
    joint = " against" if refused.limit[:1] in _FIGURES else ", needed:"
    text = f"{refused.rule}: {refused.value}{joint} {refused.limit}"
    return f"{text}; {refused.remedy}" if refused.remedy else text


def order_text(row: OrderRow, at: Ns) -> str:
    """Say an order on one line: BUY 10 @ 47 OPEN."""
    price = price_text(row.price, tick=tick_of(row.price))
    text = f"{row.side.upper()} {qty_text(row.qty)} @ {price} {state_words(row, at)}"
    return f"{text} ({row.reason})" if row.reason else text


def tick_of(price: int) -> int:
    """Return the coarsest tick `price` can be written with."""
    return 100 if price % 100 == 0 else 10 if price % 10 == 0 else 1


def _is_changed(row: OrderRow, before: OrderRow | None) -> bool:
    return before is not None and (row.price, row.qty) != (before.price, before.qty)


class News:
    """Collects what is told once. While `is_silent`, only the last outcome is kept."""

    def __init__(self) -> None:
        self._toasts: deque[Toast] = deque(maxlen=TOASTS)
        self._log: deque[LogRow] = deque(maxlen=LOGGED)
        self._shown: tuple[LogRow, ...] | None = ()
        self._next = 1
        self.outcome = Outcome(0, "")
        self.is_silent = False
        self._missing: dict[Venue, tuple[str, ...]] = {}
        self._served: set[Venue] = set()  # took orders of ours at some time in this session

    def started(self) -> None:
        """Start a session: no venue takes orders yet, which is no news."""
        self._missing.clear()
        self._served.clear()

    def toasts(self) -> tuple[Toast, ...]:
        """Return the latest toasts, oldest first."""
        return tuple(self._toasts)

    def log(self) -> tuple[LogRow, ...]:
        """Return what happened, newest first."""
        if self._shown is None:
            self._shown = tuple(self._log)
        return self._shown

    def tell(self, at: Ns, severity: str, text: str, *, is_toast: bool = True) -> None:
        """Write a line to the log, and raise a toast unless it is a small matter."""
        if self.is_silent:
            return
        self._log.appendleft(LogRow(at, severity, text))
        self._shown = None
        if is_toast:
            self._toasts.append(Toast(self._next, severity, text))
            self._next += 1

    def fill(self, message: Fill) -> None:
        """Tell of a trade of ours."""
        text = fill_text(message)
        self.outcome = Outcome(message.at, text.upper()[0] + text[1:], message.order, "good")
        self.tell(message.at, "information", text)

    def refused(self, message: Refused) -> None:
        """Tell that the gate said no."""
        text = refusal_text(message)
        word = "Asks" if message.asks else "Warning" if message.is_warning else "Refused"
        self.outcome = Outcome(message.at, f"{word}: {text}", message.order, "bad")
        self.tell(message.at, "warning", f"{word}: {text}")

    def report(
        self, message: OrderReport, row: OrderRow | None, before: OrderRow | None = None
    ) -> None:
        """Tell where an order stands, when that is news; `before` is what was known of it."""
        if row is not None and row.order != message.order:
            self._amend_failed(message, row)
            return
        if row is None or row.state is not message.state:
            return
        text = order_text(row, message.at)
        bad = message.state in {OrderState.REFUSED, OrderState.UNKNOWN, OrderState.CANCEL_UNKNOWN}
        is_new = row.since == message.at or _is_changed(row, before)
        if not (is_new or bad):
            return  # its place in line moved, nothing else
        if message.state is OrderState.FILLED:
            return  # the fill itself was told
        self.outcome = Outcome(message.at, text, message.order, "bad" if bad else "plain")
        self.tell(message.at, "warning" if bad else "information", text, is_toast=bad and is_new)

    def _amend_failed(self, message: OrderReport, row: OrderRow) -> None:
        """Tell that an order stays as it is, or that nobody knows whether it does."""
        if message.state not in {OrderState.REFUSED, OrderState.UNKNOWN}:
            return
        is_no = message.state is OrderState.REFUSED
        text = f"{'Not changed: ' if is_no else ''}{order_text(row, message.at)}"
        self.outcome = Outcome(message.at, text, row.order, "bad")
        self.tell(message.at, "warning", text)

    def plan_moved(self, message: PlanMoved) -> None:
        """Tell when a plan pauses or ends; its slices are told as orders."""
        if message.state is PlanState.GOING:
            return
        why = f": {message.reason}" if message.reason else ""
        text = f"Plan {message.plan} {message.state}, {qty_text(message.filled)} filled{why}"
        tone = "good" if message.state is PlanState.DONE else "bad"
        self.outcome = Outcome(message.at, text, message.order, tone)
        self.tell(message.at, "information" if tone == "good" else "warning", text)

    def journal_failed(self, message: JournalFailed) -> None:
        """Tell that an order could not be made durable."""
        text = f"Not sent: {message.reason}"
        self.outcome = Outcome(message.at, text, message.order, "bad")
        self.tell(message.at, "error", text)

    def gate(self, message: GateChanged) -> None:
        """Tell that the gate opened or shut."""
        words = {
            GateState.ACTIVE: "Orders go through again",
            GateState.REDUCING: "Only reducing orders go through",
            GateState.HALTED: "HALTED, no order goes through",
        }[message.state]
        text = f"{words}: {message.reason}" if message.reason else words
        tone = "good" if message.state is GateState.ACTIVE else "bad"
        self.outcome = Outcome(message.at, text, "", tone)
        severity = "information" if message.state is GateState.ACTIVE else "warning"
        self.tell(message.at, severity, text)

    def limit_changed(self, message: LimitChanged) -> None:
        """Tell that a limit of the gate is another."""
        text = changed_text(message)
        self.outcome = Outcome(message.at, text, "", "good")
        self.tell(message.at, "information", text)

    def feed_up(self, message: FeedUp) -> None:
        """Log that a stream is up."""
        self.tell(message.at, "information", f"{message.venue} is up", is_toast=False)

    def feed_down(self, message: FeedDown) -> None:
        """Log that a stream is gone; the lamp shows it as long as it lasts."""
        text = f"{message.venue} is down: {message.reason}"
        self.tell(message.at, "warning", text, is_toast=False)

    def worker_down(self, message: WorkerDown) -> None:
        """Tell that a part of the program stopped."""
        again = f"; again in {message.wait_s:.0f} s" if message.wait_s else ""
        self.tell(message.at, "warning", f"{message.name} stopped: {message.cause}{again}")

    def noticed(self, message: Noticed) -> None:
        """Tell what the person should know."""
        self.tell(message.at, "warning", message.text)

    def surprised(self, message: Surprised) -> None:
        """Log a frame that did not fit."""
        text = f"{message.venue}: {message.kind} {message.excerpt}".strip()
        self.tell(message.at, "warning", text, is_toast=False)

    def standing(self, message: MarketStatusSeen, market: Market) -> None:
        """Tell what a venue says of a market beyond its status."""
        if not message.word:
            return
        _, meaning = standing_words(market)
        result = f", {message.result}" if message.result else ""
        told = message.word if message.word == CLOSED_EARLY else f"is {message.word}"
        text = f"{market.slug or market.id} {told}{result}: {meaning}"
        self.tell(message.at, "warning", text, is_toast=message.word != SETTLED)

    def settled(self, message: MarketSettled) -> None:
        """Tell that a market was resolved."""
        text = f"{message.market} settled: YES pays {price_text(message.payout)}c"
        if venue_of(message.market) is Venue.POLYMARKET:
            text += "; Polymarket pays for winning shares once they are redeemed"
        self.tell(message.at, "information", text)

    def moved(self, message: FillMoved, back: Qty) -> None:
        """Tell of a trade that was taken back; that one settled is only logged."""
        if back:
            text = f"REVERSED: a fill of {qty_text(back)} failed to settle and is taken back"
            self.outcome = Outcome(message.at, text, message.order, "bad")
            self.tell(message.at, "error", text)
        elif message.state is FillState.CONFIRMED:
            self.tell(message.at, "information", f"{message.fill} is settled", is_toast=False)

    def adopted(self, message: OrderAdopted) -> None:
        """Tell of an order that was not known here."""
        whose = "of ours, found again" if message.is_ours else "made elsewhere"
        price = price_text(message.price, tick=tick_of(message.price))
        text = f"{message.side.upper()} {qty_text(message.qty)} @ {price} on the venue: {whose}"
        self.outcome = Outcome(message.at, text, message.order, "bad")
        self.tell(message.at, "warning", text)

    def armed(self, message: Armed) -> None:
        """Tell that live orders pass."""
        cap = f", up to {cash_text(message.max_cash)} an order" if message.max_cash else ""
        left = span_text(message.until - message.at)
        text = f"ARMED for {left} in {message.market}{cap}"
        self.outcome = Outcome(message.at, text, "", "good")
        self.tell(message.at, "warning", text, is_toast=False)  # the bar says it all the time

    def disarmed(self, message: Disarmed) -> None:
        """Tell that they pass no more, and why."""
        text = f"Disarmed: {message.reason}"
        self.outcome = Outcome(message.at, text)
        self.tell(message.at, "warning", text)

    def ready(self, message: ReadinessChanged) -> None:
        """Tell what is newly missing before orders may be made; that all is there is logged.

        What is missing while a session begins is only logged: the panels show it.
        """
        before = self._missing.get(message.venue)
        self._missing[message.venue] = message.missing
        if message.missing == before:
            return
        if message.missing:
            text = f"{message.venue} takes no order of ours: {', '.join(message.missing)}"
            self.tell(message.at, "warning", text, is_toast=message.venue in self._served)
        else:
            rest = ", orders that rest only" if message.post_only else ""
            text = f"{message.venue} is ready{rest}"
            self.tell(message.at, "information", text, is_toast=message.venue in self._served)
            self._served.add(message.venue)

    def differs(self, message: HoldingDiffers) -> None:
        """Tell that the venue counts otherwise, until read; or that it agrees again."""
        if message.is_over:
            self.tell(message.at, "information", f"{message.market}: the holding agrees again")
            return
        text = (
            f"{message.market}: ours {qty_text(message.ours)},"
            f" the venue's {qty_text(message.theirs)}; no order makes it larger"
        )
        self.outcome = Outcome(message.at, text, "", "bad")
        self.tell(message.at, "error", text)

    def adjusted(self, message: HoldingAdjusted) -> None:
        """Tell of a correction that was recorded."""
        price = price_text(message.price, tick=tick_of(message.price))
        sign = "+" if message.qty > 0 else ""
        text = (
            f"{message.market}: holding {sign}{qty_text(message.qty)} @ {price}, {message.reason}"
        )
        self.tell(message.at, "warning", text)

    def reconciled(self, message: Reconciled) -> None:
        """Log that all was compared; differences are also raised."""
        differ = f"{message.differences} differ" if message.differences else "all agrees"
        text = f"{message.venue} compared ({message.cause}): {differ}, {message.took_ms} ms"
        severity = "warning" if message.differences else "information"
        self.tell(message.at, severity, text, is_toast=bool(message.differences))
