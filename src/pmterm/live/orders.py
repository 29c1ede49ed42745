"""Our orders as their venue has them, found by any of their names."""

from collections.abc import Iterator

import msgspec

from pmterm.messages.orders import Intent, OrderAdopted, OrderReport
from pmterm.messages.said import FillSeen, OrderSeen
from pmterm.model.fees import FeeMeter, FeeSchedule
from pmterm.model.ids import MarketId, OrderId, VenueOrderId
from pmterm.model.market import Market
from pmterm.model.order import OrderState, Side, TimeInForce
from pmterm.model.units import Ns, Price, Qty, fixed_text
from pmterm.trading.execution.lifecycle import next_state
from pmterm.venues.base import OrderSent

KEPT = 2_000  # ended orders remembered, so that a late word about one finds it


class FillsAsked(msgspec.Struct, frozen=True):
    """How often fills were asked for since `heard` of them had come, and when that is due again."""

    heard: tuple[Qty, Qty] = (0, 0)
    times: int = 0
    due: Ns = 0


class InLine(msgspec.Struct, frozen=True):
    """What stood before an order, -1 not known, when it had these terms; `asked_at` is when."""

    ahead: Qty = -1
    price: Price = 0
    qty: Qty = 0
    done: Qty = 0
    asked_at: Ns = 0


class LiveOrder(msgspec.Struct):
    """One order on an account. Prices and side are on the YES scale, times Unix ns.

    `filled` is the most the venue ever said, `booked` what its fills add up to, `told` what we last
    said of it: all three with what was taken back, which is `failed`. `existed`: the venue proved
    that it took it. `is_leaving`: it is wanted back. `asks` and `misses` count what was asked about
    it since it became doubtful, and how often the venue did not know it; `next_ask` is when to ask
    again. `missed_since` is when the venue did not know it for the first time since it last did, by
    the clock that nobody can set. `let_go` of what it lacks was told as a difference.
    """

    id: OrderId
    market: MarketId
    side: Side
    price: Price
    qty: Qty
    tif: TimeInForce
    meter: FeeMeter
    named: VenueOrderId = VenueOrderId("")
    venue_order: VenueOrderId = VenueOrderId("")
    outcome: int = 0
    state: OrderState = OrderState.RESERVED
    filled: Qty = 0
    booked: Qty = 0
    failed: Qty = 0
    told: Qty = 0
    is_ours: bool = True
    is_leaving: bool = False
    existed: bool = False
    was_given_up: bool = False
    sent_at: Ns = 0
    ended_at: Ns = 0
    amended_at: Ns = 0
    until: Ns = 0
    asks: int = 0
    misses: int = 0
    next_ask: Ns = 0
    missed_since: Ns | None = None
    let_go: Qty = 0
    fills_asked: FillsAsked = FillsAsked()
    amends: dict[OrderId, Intent] = msgspec.field(default_factory=dict)
    in_line: InLine = InLine()

    @property
    def is_working(self) -> bool:
        """Whether something may still happen to it."""
        return not self.state.is_final

    @property
    def is_resting(self) -> bool:
        """Whether it stands in the book for sure."""
        return self.state in {OrderState.OPEN, OrderState.PARTIAL}

    @property
    def ahead(self) -> Qty:
        """What must trade before it, -1 not known; only one made smaller keeps its place."""
        last = self.in_line
        is_kept = self.is_resting and self.price == last.price and self.qty <= last.qty
        return last.ahead if is_kept else -1

    @property
    def done(self) -> Qty:
        """What has traded by the best of our knowledge, what was taken back included."""
        return max(self.filled, self.booked)

    @property
    def stands(self) -> Qty:
        """What its fills add up to without what was taken back."""
        return self.booked - self.failed

    @property
    def owes(self) -> Qty:
        """What has traded by the venue's word and no fill has told of yet."""
        return max(0, self.filled - self.booked)

    @property
    def lacks(self) -> Qty:
        """What of that is still waited for: not told as a difference yet."""
        return max(0, self.owes - self.let_go)

    def sent(self) -> OrderSent:
        """Return it as its venue's requests need it."""
        return OrderSent(
            self.id,
            self.market,
            self.outcome,
            self.side,
            self.price,
            self.qty,
            self.done,
            self.named,
            self.venue_order,
        )

    def report(self, at: Ns, state: OrderState, reason: str = "") -> OrderReport:
        """Move to a state where the table allows it, and say where it stands then."""
        said = OrderReport(
            at,
            self.id,
            self.market,
            state,
            self.price,
            max(self.qty, self.done),
            self.done,
            reason,
            until=self.until,
        )
        self.state = next_state(self.state, said)
        said = msgspec.structs.replace(said, state=self.state, ahead=self.ahead)
        if self.state.is_final:
            self.ended_at = at
        self.told = self.done
        return said

    def let_go_of_fills(self, at: Ns) -> OrderReport:
        """Wait no longer for fills that it lacks, and say so once."""
        self.let_go = self.owes
        heard, said = fixed_text(self.booked, 6), fixed_text(self.filled, 6)
        return OrderReport(
            at,
            self.id,
            self.market,
            self.state,
            self.price,
            max(self.qty, self.done),
            self.done,
            f"the venue says that {said} traded, and told of {heard}",
            ahead=self.ahead,
            until=self.until,
            lacks=self.let_go,
        )

    def restart_asking(self, at: Ns) -> None:
        """Begin to ask about it afresh, from `at` on."""
        self.asks = self.misses = 0
        self.next_ask = at


def foreign_order(
    seen: OrderSeen | FillSeen | OrderAdopted, tif: TimeInForce, market: Market | None
) -> LiveOrder:
    """Make an order of what somebody else, or another program, did on the account.

    Its id holds the venue's whole one: two that end alike are two orders.
    """
    return LiveOrder(
        id=OrderId(f"foreign-{seen.venue_order}"),
        market=seen.market,
        side=seen.side,
        price=seen.price,
        qty=seen.qty,
        tif=tif,
        meter=FeeMeter(market.fees if market else FeeSchedule()),
        venue_order=seen.venue_order,
        outcome=seen.outcome,
        state=OrderState.OPEN,
        is_ours=False,
        existed=True,
        sent_at=seen.at,
    )


class OrderTable:
    """Every order of one venue, by our id, by the name it was sent under, by the venue's id.

    Of orders that ended, and of amends that were answered, it keeps 2 000 at the most.
    """

    def __init__(self) -> None:
        self._orders: dict[OrderId, LiveOrder] = {}
        self._names: dict[VenueOrderId, OrderId] = {}
        self._amends: dict[OrderId, OrderId] = {}

    def add(self, order: LiveOrder) -> None:
        """Take an order in."""
        self._orders[order.id] = order
        self.name(order)
        if len(self._orders) > KEPT:
            self._forget_one()

    def name(self, order: LiveOrder) -> None:
        """Note under which names it is to be found."""
        for name in (order.named, order.venue_order):
            if name:
                self._names[name] = order.id

    def amend(self, order: LiveOrder, intent: Intent) -> None:
        """Note an amend under way, found by the id of its intent."""
        order.amends[intent.order] = intent
        self._amends[intent.order] = order.id
        if len(self._amends) > KEPT:
            self._amends = {
                asked: known for asked, known in self._amends.items() if self._waits(asked, known)
            }

    def amended_by(self, intent: OrderId) -> LiveOrder | None:
        """Return the order an amend belongs to."""
        return self._orders.get(self._amends.get(intent, OrderId("")))

    def get(self, order: OrderId) -> LiveOrder | None:
        """Return an order by our id."""
        return self._orders.get(order)

    def find(self, venue_order: VenueOrderId, client_order: str = "") -> LiveOrder | None:
        """Return an order by the venue's id, or by the name we gave it."""
        known = self._names.get(venue_order) or self._names.get(VenueOrderId(client_order))
        return self._orders.get(known) if known else None

    def working(self) -> Iterator[LiveOrder]:
        """Give the orders that have not ended, oldest first."""
        return (order for order in list(self._orders.values()) if order.is_working)

    def all(self) -> list[LiveOrder]:
        """Return every order kept."""
        return list(self._orders.values())

    def _waits(self, asked: OrderId, known: OrderId) -> bool:
        """Tell whether an amend is still to be answered."""
        order = self._orders.get(known)
        return order is not None and asked in order.amends

    def _forget_one(self) -> None:
        gone = next((o for o in self._orders.values() if not o.is_working and not o.lacks), None)
        if gone is None:
            return
        del self._orders[gone.id]
        for name in (gone.named, gone.venue_order):
            self._names.pop(name, None)
        for amend in gone.amends:
            self._amends.pop(amend, None)


GIVEN_UP = "it never arrived"


def recall_report(order: LiveOrder, report: OrderReport) -> None:
    """Bring an order to where a report of the journal left it, or an amend of it to its end."""
    if report.order != order.id:
        order.amends.pop(report.order, None)
        return
    standing = (report.price, report.qty)
    for asked, intent in list(order.amends.items()):
        if (intent.price, intent.qty) == standing:
            del order.amends[asked]
    order.state = next_state(order.state, report)
    order.price, order.qty = report.price, report.qty
    order.filled = order.told = max(order.filled, report.filled)
    order.in_line = InLine(report.ahead, report.price, report.qty, report.filled)
    order.let_go = max(order.let_go, report.lacks)
    order.existed = order.existed or report.state in _PROVEN
    order.was_given_up = order.was_given_up or report.reason.startswith(GIVEN_UP)
    if order.state.is_final:
        order.ended_at = report.at


_PROVEN = frozenset(
    {
        OrderState.OPEN,
        OrderState.PARTIAL,
        OrderState.FILLED,
        OrderState.CANCELLED,
        OrderState.EXPIRED,
        OrderState.CANCEL_UNKNOWN,
    }
)
