"""What a journal comes to at a venue, beside what the venue's own lists say. Read only."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import msgspec

from pmterm.compose.doctor.lines import Line, Verdict, fail, ok, warn
from pmterm.live.audit.money import Money
from pmterm.live.broker import LiveBroker
from pmterm.live.fills import fill_id
from pmterm.live.holdings import QUIET
from pmterm.live.settings import LiveSettings
from pmterm.messages.accounts import Mode, SessionStarted
from pmterm.messages.base import Message
from pmterm.messages.feed import MarketStatusSeen
from pmterm.messages.orders import Fill, FillMoved, OrderReport
from pmterm.messages.said import FillSeen, HoldingSeen, ListEnded, ListKind, MoneySeen, OrderSeen
from pmterm.messages.transport import HttpRequest
from pmterm.model.dust import dust_at
from pmterm.model.errors import TransportLost
from pmterm.model.ids import FillId, MarketId, Venue, venue_of
from pmterm.model.order import FillState
from pmterm.model.units import SECOND, Cash, Ns, Qty, fixed_text
from pmterm.net.http import HttpClient
from pmterm.runtime.clock import Clock
from pmterm.venues.base import Orders

WRONG: Final = 6
MOST_QUESTIONS: Final = 400
SHOWN: Final = 3
ASK_AGAIN_S: Final = 1.0
FIX: Final = "Start pmterm watch --live: it compares and tells each difference; then audit again."


class Theirs(msgspec.Struct):
    """What the venue's lists said."""

    orders: dict[str, OrderSeen] = msgspec.field(default_factory=dict)
    fills: dict[FillId, FillSeen] = msgspec.field(default_factory=dict)
    holdings: dict[MarketId, Qty] = msgspec.field(default_factory=dict)
    cash: Cash = -1
    resolved: set[MarketId] = msgspec.field(default_factory=set)
    whole: set[ListKind] = msgspec.field(default_factory=set)


class Books:
    """What the journal comes to at one venue."""

    def __init__(self, wing: Orders, messages: Sequence[Message]) -> None:
        self.wing = wing
        self.venue = wing.venue
        broker = LiveBroker({wing.venue: wing}, LiveSettings())
        sums = Money()
        tables: list[Mapping[type[Message], Callable[[Any], object]]] = [
            broker.recalls(),
            {kind: partial(hear, 0) for kind, hear in sums.hears().items()},
        ]
        self.fills: dict[FillId, Fill] = {}
        self.began_at: Ns = 0
        self.changed_at: Ns = 0  # when the journal last told of an order or a fill there
        for message in messages:
            for table in tables:
                handler = table.get(type(message))
                if handler is not None:
                    handler(message)
            self._note(message)
        self.desk = broker.desk(wing.venue)
        self.cash = sums.ledger.cash_at(wing.venue)

    def _note(self, message: Message) -> None:
        match message:
            case OrderReport() | Fill() | FillMoved() if venue_of(message.market) is self.venue:
                self.changed_at = max(self.changed_at, message.at)
            case _:
                pass
        match message:
            case SessionStarted(mode=Mode.LIVE) if not self.began_at:
                self.began_at = message.at // SECOND * SECOND  # venues tell whole seconds
            case Fill() if venue_of(message.market) is self.venue:
                self.fills[message.id] = message
            case FillMoved(state=FillState.FAILED):
                self.fills.pop(message.fill, None)
            case _:
                pass

    async def ask(self, http: HttpClient, at: Ns) -> Theirs:
        """Put every question to the venue, its lists to their ends.

        Raises:
            TransportLost: it could not be asked, or a list broke off.
        """
        wing = self.wing
        asks = deque(
            [
                *wing.list_orders(at),
                *wing.list_fills(self.began_at, at),
                *wing.list_holdings(self.desk.book.markets(), at),
                *wing.ask_money(at),
            ]
        )
        theirs = Theirs()
        for _ in range(MOST_QUESTIONS):
            if not asks:
                break
            answer = await http.ask(asks.popleft())
            for word in wing.answered(answer):
                if isinstance(word, HttpRequest):
                    asks.append(word)
                else:
                    _take(theirs, word)
        if theirs.whole != set(ListKind) or theirs.cash < 0:
            lists = ", ".join(sorted({*ListKind} - theirs.whole)) or "cash"
            raise TransportLost(f"{self.venue.value} did not tell to the end: {lists}.")
        return theirs


async def compare_when_quiet(books: Books, http: HttpClient, clock: Clock) -> list[Line]:
    """Compare, and again each second while what differs may be too new to be read there.

    A venue's lists are seconds behind its engine: beside the last rows of a session that has only
    just ended, their silence proves nothing.

    Raises:
        TransportLost: the venue could not be asked, or a list broke off.
    """
    while True:
        at = clock.stamp()
        lines = compare(books, await books.ask(http, at))
        is_the_same = all(line.verdict is Verdict.OK for line in lines)
        if is_the_same or at - books.changed_at >= QUIET:
            return lines
        await clock.sleep(ASK_AGAIN_S)


def _take(theirs: Theirs, word: Message) -> None:
    match word:
        case OrderSeen() if not word.state.is_final:
            theirs.orders[word.venue_order] = word
        case FillSeen() if word.state is not FillState.FAILED:
            theirs.fills[fill_id(word)] = word
        case HoldingSeen():
            signed = word.qty if word.outcome == 0 else -word.qty
            theirs.holdings[word.market] = theirs.holdings.get(word.market, 0) + signed
        case MarketStatusSeen():
            theirs.resolved.add(word.market)
        case MoneySeen():
            theirs.cash = word.cash
        case ListEnded(is_whole=True):
            theirs.whole.add(word.kind)
        case _:
            pass


def compare(books: Books, theirs: Theirs) -> list[Line]:
    """Return a line each for orders, fills, holdings and cash."""
    return [
        _line(books, "orders", f"{len(theirs.orders)} open, the same", _orders(books, theirs)),
        _line(books, "fills", f"{len(theirs.fills):,}, the same", _fills(books, theirs)),
        _held(books, theirs),
        _cash(books, theirs),
    ]


def _line(books: Books, check: str, well: str, wrong: Iterable[str]) -> Line:
    told = list(wrong)
    if not told:
        return ok(books.venue.value, check, well)
    more = f"; and {len(told) - SHOWN:,} more" if len(told) > SHOWN else ""
    return fail(books.venue.value, check, "; ".join(told[:SHOWN]) + more, FIX, WRONG)


def _orders(books: Books, theirs: Theirs) -> Iterable[str]:
    """Name the orders that only one side knows to be open."""
    table = books.desk.table
    for name, seen in theirs.orders.items():
        ours = table.find(seen.venue_order, seen.client_order)
        if ours is None:
            yield f"{name[:20]} is open there and in no row here"
        elif not ours.is_working:
            yield f"{ours.id} is open there and {ours.state} here"
    there = {name for s in theirs.orders.values() for name in (s.venue_order, s.client_order)}
    for order in table.working():
        if not {order.venue_order, order.named} & there - {""}:
            yield f"{order.id} is {order.state} here and not open there"


def _fills(books: Books, theirs: Theirs) -> Iterable[str]:
    """Name the fills that only one side counts, from the journal's first session on."""
    for known, seen in theirs.fills.items():
        if known not in books.fills and seen.venue_at >= books.began_at:
            qty = fixed_text(seen.qty, 6)
            yield f"{qty} of {seen.venue_order[:20]} traded there and in no row here"
    oldest = min((seen.venue_at for seen in theirs.fills.values()), default=0)
    for known, fill in books.fills.items():
        if known not in theirs.fills and fill.venue_at >= oldest:
            qty = fixed_text(fill.qty, 6)
            yield f"{qty} of {fill.order} is counted here and did not trade there"


def _held(books: Books, theirs: Theirs) -> Line:
    """Compare what is held; what is resolved since the last session is in no row yet."""
    new = [m for m in books.desk.book.markets() if m in theirs.resolved]
    line = _line(books, "holdings", "the same in every market", _holdings(books, theirs))
    if not new or line.verdict is not Verdict.OK:
        return line
    says = f"{new[0][:40]} is resolved" + (f"; and {len(new) - 1:,} more" if new[1:] else "")
    fix = "The next session of pmterm watch --live books what it paid."
    return warn(books.venue.value, "holdings", says, fix)


def _holdings(books: Books, theirs: Theirs) -> Iterable[str]:
    """Name the markets in which another number is held."""
    book = books.desk.book
    for market in dict.fromkeys([*book.markets(), *theirs.holdings]):
        if book.is_over(market) or market in theirs.resolved:
            continue
        ours, there = book.held(market), theirs.holdings.get(market, 0)
        if abs(ours - there) > dust_at(books.venue):
            yield f"{market[:40]}: {fixed_text(ours, 6)} here, {fixed_text(there, 6)} there"


def _cash(books: Books, theirs: Theirs) -> Line:
    """Compare the cash; money paid in or out since is in no row, so a difference proves nothing."""
    venue = books.venue.value
    if books.desk.book.oldest_settling():
        return ok(venue, "cash", "not compared: a trade is settling")
    if books.venue is Venue.KALSHI and theirs.orders:
        return ok(venue, "cash", "not compared: open orders hold some of it back")
    off = theirs.cash - books.cash
    if abs(off) <= len(books.fills):  # a millionth of a dollar for each fill
        return ok(venue, "cash", f"${fixed_text(theirs.cash, 6)}, the same")
    says = f"${fixed_text(theirs.cash, 6)} there, ${fixed_text(books.cash, 6)} here"
    fix = "Paid in or out since the last session? The next one takes the venue's word for it."
    return warn(venue, "cash", says, fix)
