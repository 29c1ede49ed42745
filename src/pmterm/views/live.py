"""Live trading on the screen: armed or not, ready or not, what differs, what asks a person."""

from collections.abc import Iterable

import msgspec

from pmterm.messages.accounts import SessionStarted
from pmterm.messages.commands import SubmitTicket
from pmterm.messages.feed import MarketSeen
from pmterm.messages.live import (
    AccountSeen,
    Armed,
    CashSeen,
    DeadManSeen,
    Disarmed,
    HoldingDiffers,
    LinkSeen,
    ReadinessChanged,
    Reconciled,
)
from pmterm.messages.orders import Approved, Intent, Refused
from pmterm.model.ids import MarketId, OrderId, Venue
from pmterm.model.order import Side
from pmterm.model.units import PRICE_ONE, SECOND, Cash, Ns, Price, Qty, cost
from pmterm.views.latency import LatencyView

ASKED_FOR: Ns = 60 * SECOND  # a question older than this is about another book


class ArmingView(msgspec.Struct, frozen=True):
    """Whether live orders pass: in `market` until `until` (Unix ns, 0: disarmed).

    `max_cash` caps one order (1e-6 USD, 0: no cap of its own), `reason` is that of the last
    disarming.
    """

    market: MarketId = MarketId("")
    until: Ns = 0
    max_cash: Cash = 0
    reason: str = ""

    def is_on(self, at: Ns) -> bool:
        """Whether orders pass in some market."""
        return self.until > at

    def passes(self, market: MarketId, at: Ns) -> bool:
        """Whether orders pass in this market."""
        return self.is_on(at) and self.market == market

    def why_not(self, at: Ns) -> str:
        """Say why it is off; empty where nothing was ever said."""
        if self.is_on(at):
            return ""
        return self.reason or ("its time is over" if self.until else "")


class Question(msgspec.Struct, frozen=True):
    """An order the gate would let through if a person says yes to it.

    `ticket` is set where it asks before there is an order, about a ticket to be worked in slices;
    `intent` then only tells it. `needs_word`: yes must be typed, it is the account's first order.
    """

    intent: Intent
    asked_at: Ns
    rule: str
    value: str
    limit: str
    remedy: str
    ticket: SubmitTicket | None = None
    needs_word: bool = False

    @property
    def name(self) -> str:
        """What tells it from other questions."""
        return f"{self.intent.order}@{self.asked_at}"

    def is_open(self, at: Ns) -> bool:
        """Whether it can still be answered."""
        return at - self.asked_at < ASKED_FOR

    @property
    def why(self) -> str:
        """Say why it asks: what it is, and what would pass unasked."""
        return f"{self.value} ({self.limit})" if self.limit else self.value

    @property
    def cost(self) -> Cash:
        """Return what it ties up if all of it opens at its limit, 1e-6 USD, before fees."""
        limit = self.intent.price
        price: Price = limit if self.intent.side is Side.BUY else PRICE_ONE - limit
        return cost(price if limit else PRICE_ONE, self.intent.qty)


class VenueView(msgspec.Struct, frozen=True):
    """One real account. Times are Unix ns, 0: never; `cash` -1: not told.

    `missing` names what is not there before orders may be made; `is_told` False: nothing was said
    about that yet, which counts as not ready. `skew` is our clock less the venue's, ns.
    """

    venue: Venue
    account: str = ""
    is_told: bool = False
    missing: tuple[str, ...] = ()
    post_only: bool = False
    cash: Cash = -1
    reconciled_at: Ns = 0
    cause: str = ""
    differences: int = 0
    took_ms: int = 0
    beat_at: Ns = 0
    beat_until: Ns = 0
    skew: Ns = 0
    calls: int = 0
    limited: int = 0
    failed: int = 0
    is_linked: bool = False
    cash_at: Ns = 0

    @property
    def is_ready(self) -> bool:
        """Whether orders may be made there."""
        return self.is_told and not self.missing


class Difference(msgspec.Struct, frozen=True):
    """A holding the venue counts otherwise; signed, YES scale."""

    market: MarketId
    ours: Qty
    theirs: Qty


class Counts(msgspec.Struct, frozen=True):
    """What was refused in this session, by the gate and by the venues, and what was unknown."""

    by_gate: int = 0
    by_venue: int = 0
    unknown: int = 0


class KillView(msgspec.Struct, frozen=True):
    """How far the cancelling after a halt has come; `left` names what is not proved yet."""

    total: int = 0
    proved: int = 0
    left: tuple[str, ...] = ()

    @property
    def end_words(self) -> str:
        """Say that nothing is left."""
        return "the one cancel proved" if self.total == 1 else f"all {self.total} cancels proved"


class LiveView(msgspec.Struct, frozen=True):
    """All of it."""

    arming: ArmingView = ArmingView()
    question: Question | None = None
    venues: tuple[VenueView, ...] = ()
    differences: tuple[Difference, ...] = ()
    counts: Counts = Counts()
    kill: KillView = KillView()
    latency: LatencyView = LatencyView()

    def venue(self, venue: Venue) -> VenueView:
        """Return one venue's state."""
        return next((each for each in self.venues if each.venue is venue), VenueView(venue))


class LiveFold:
    """Folds what is said about accounts, arming and readiness."""

    def __init__(self) -> None:
        self.arming = ArmingView()
        self.question: Question | None = None
        self.counts = Counts()
        self._of: dict[MarketId, Venue] = {}
        self._ordered: set[tuple[Venue, str]] = set()
        self._ticket: SubmitTicket | None = None
        self._venues: dict[Venue, VenueView] = {}
        self._differences: dict[MarketId, Difference] = {}

    def started(self, _: SessionStarted) -> None:
        """Start a session: disarmed, with nothing ready and nothing counted yet."""
        self.arming = ArmingView(reason="a session starts disarmed")
        self.question = None
        self.counts = Counts()
        for venue, seen in self._venues.items():
            self._venues[venue] = VenueView(
                venue, seen.account, cash=seen.cash, cash_at=seen.cash_at
            )

    def armed(self, message: Armed) -> None:
        """Note that live orders pass."""
        self.arming = ArmingView(message.market, message.until, message.max_cash)

    def disarmed(self, message: Disarmed) -> None:
        """Note that they pass no more, and why."""
        self.arming = ArmingView(reason=message.reason or "no reason given")

    def account(self, message: AccountSeen) -> None:
        """Note whose money it is."""
        self._set(message.venue, account=message.account)

    def ready(self, message: ReadinessChanged) -> None:
        """Note what is missing before orders may be made."""
        self._set(message.venue, is_told=True, missing=message.missing, post_only=message.post_only)

    def cash(self, message: CashSeen) -> None:
        """Note the venue's word for our cash."""
        self._set(message.venue, cash=message.cash, cash_at=message.at)

    def reconciled(self, message: Reconciled) -> None:
        """Note that all was compared."""
        self._set(
            message.venue,
            reconciled_at=message.at,
            cause=message.cause,
            differences=message.differences,
            took_ms=message.took_ms,
        )

    def beat(self, message: DeadManSeen) -> None:
        """Note that the dead-man switch was renewed."""
        self._set(message.venue, beat_at=message.at, beat_until=message.until)

    def linked(self, message: LinkSeen) -> None:
        """Note how the line is."""
        self._set(
            message.venue,
            is_linked=True,
            skew=message.skew,
            calls=message.calls,
            limited=message.limited,
            failed=message.failed,
        )

    def differs(self, message: HoldingDiffers) -> None:
        """Note that a holding differs, or agrees again."""
        if message.is_over:
            self._differences.pop(message.market, None)
        else:
            self._differences[message.market] = Difference(
                message.market, message.ours, message.theirs
            )

    def ticket(self, message: SubmitTicket) -> None:
        """Note what the trader asked for last: a question may be about it."""
        self._ticket = message

    def market(self, message: MarketSeen) -> None:
        """Note which venue a market is on."""
        self._of[message.market.id] = message.market.venue

    def approved(self, message: Approved) -> None:
        """Note that an order was let through: the next one of that account is not the first."""
        if account := self._account(message.intent.market):
            self._ordered.add(account)

    def refused(self, message: Refused, intent: Intent | None) -> None:
        """Count a refusal; keep the question of one that asks."""
        ticket = self._ticket
        if intent is None and ticket is not None and ticket.market == message.market:
            intent = _told(ticket)
        else:
            ticket = None
        if message.asks and intent is not None:
            self.question = Question(
                intent,
                message.at,
                message.rule,
                message.value,
                message.limit,
                message.remedy,
                ticket,
                needs_word=self._account(message.market) not in self._ordered,
            )
        elif not message.is_warning:
            self._count(by_gate=1)

    def wished(self, message: Intent) -> None:
        """Close the question once something was said yes to."""
        if message.confirmed:
            self.question = None

    def declined(self) -> None:
        """Count an order its venue refused."""
        self._count(by_venue=1)

    def lost(self) -> None:
        """Count an order whose outcome was not known."""
        self._count(unknown=1)

    def differing(self) -> Iterable[MarketId]:
        """Return the markets whose holding differs."""
        return self._differences

    def view(self, kill: KillView, latency: LatencyView) -> LiveView:
        """Return all of it."""
        return LiveView(
            self.arming,
            self.question,
            tuple(self._venues.values()),
            tuple(self._differences.values()),
            self.counts,
            kill,
            latency,
        )

    def _account(self, market: MarketId) -> tuple[Venue, str] | None:
        venue = self._of.get(market)
        return None if venue is None else (venue, self._venues.get(venue, VenueView(venue)).account)

    def _set(self, venue: Venue, **changes: object) -> None:
        old = self._venues.get(venue, VenueView(venue))
        self._venues[venue] = msgspec.structs.replace(old, **changes)

    def _count(self, by_gate: int = 0, by_venue: int = 0, unknown: int = 0) -> None:
        old = self.counts
        self.counts = Counts(old.by_gate + by_gate, old.by_venue + by_venue, old.unknown + unknown)


def _told(ticket: SubmitTicket) -> Intent:
    """Tell a ticket as the order it would be; price 0: at market."""
    return Intent(
        ticket.at,
        OrderId(""),
        ticket.market,
        ticket.side,
        ticket.qty,
        ticket.price,
        ticket.tif,
        ticket.post_only,
        ticket.reduce_only,
        ticket.origin,
        expires_at=ticket.expires_at,
    )
