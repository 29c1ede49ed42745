"""I2, I8, I11: each order once, its name before its first word, its life one way."""

from collections.abc import Callable, Mapping
from typing import Any

from pmterm.live.audit.check import Check
from pmterm.messages.accounts import Mode, SessionStarted
from pmterm.messages.base import Message
from pmterm.messages.orders import (
    AmendOrder,
    Fill,
    FillMoved,
    OrderAdopted,
    OrderKnown,
    OrderNamed,
    OrderReport,
    PlaceOrder,
)
from pmterm.model.ids import OrderId, VenueOrderId
from pmterm.model.order import FillState, OrderState
from pmterm.model.units import Qty, fixed_text

_UNSENT = frozenset({OrderState.REFUSED, OrderState.RESERVED, OrderState.JOURNALED})


class Once(Check):
    """I2: each intent makes at most one order at the venue."""

    name = "I2 once"
    claim = "every order placed has one name, and no name was given twice"

    def __init__(self) -> None:
        super().__init__()
        self._is_live = False
        self._placed: dict[OrderId, int] = {}
        self._named: dict[OrderId, int] = {}
        self._names: set[VenueOrderId] = set()
        self._amends: set[OrderId] = set()
        self._unsent: set[OrderId] = set()

    def hears(self) -> Mapping[type[Message], Callable[[int, Any], object]]:
        """Return what sends an order."""
        return {
            SessionStarted: self._started,
            PlaceOrder: self._place,
            OrderNamed: self._name,
            AmendOrder: self._amend,
            OrderReport: self._report,
        }

    def end(self) -> None:
        """Look for orders that were sent without a name."""
        for order, row in self._placed.items():
            if order not in self._named and order not in self._unsent:
                self.note(row, f"{order} was placed and has no name")

    def _started(self, row: int, started: SessionStarted) -> None:  # noqa: ARG002
        self._is_live = started.mode is Mode.LIVE

    def _place(self, row: int, place: PlaceOrder) -> None:
        self.count += 1
        order = place.intent.order
        if order in self._placed:
            self.note(row, f"{order} was placed in row {self._placed[order]:,} already")
        if self._is_live:
            self._placed[order] = row

    def _name(self, row: int, named: OrderNamed) -> None:
        if named.order not in self._placed:
            self.note(row, f"{named.order} has a name and was never placed")
        if named.order in self._named:
            self.note(row, f"{named.order} was named in row {self._named[named.order]:,} already")
        if named.venue_order in self._names:
            self.note(row, f"{named.venue_order[:40]} is the name of another order, too")
        self._named[named.order] = row
        self._names.add(named.venue_order)

    def _amend(self, row: int, amend: AmendOrder) -> None:
        asked = amend.intent.order
        if asked in self._amends:
            self.note(row, f"the amend {asked} was asked for twice")
        self._amends.add(asked)

    def _report(self, row: int, report: OrderReport) -> None:  # noqa: ARG002
        if report.state is OrderState.REFUSED and report.order not in self._named:
            self._unsent.add(report.order)


class Ahead(Check):
    """I8: an order's row and name are written before anything is heard of it."""

    name = "I8 write ahead"
    claim = "every order was written down before the first word about it"

    def __init__(self) -> None:
        super().__init__()
        self._is_live = False
        self._written: set[OrderId] = set()

    def hears(self) -> Mapping[type[Message], Callable[[int, Any], object]]:
        """Return what writes an order down, and what tells of one."""
        return {
            SessionStarted: self._started,
            PlaceOrder: self._place,
            OrderNamed: lambda _, m: self._written.add(m.order),
            OrderAdopted: lambda _, m: self._written.add(m.order),
            AmendOrder: lambda _, m: self._written.add(m.intent.order),
            OrderReport: self._report,
            OrderKnown: lambda row, m: self._heard(row, m.order, "its venue's id"),
            Fill: lambda row, m: self._heard(row, m.order, "a fill"),
        }

    def _started(self, row: int, started: SessionStarted) -> None:  # noqa: ARG002
        self._is_live = started.mode is Mode.LIVE

    def _place(self, row: int, place: PlaceOrder) -> None:  # noqa: ARG002
        if not self._is_live:  # a venue on paper gives no names
            self._written.add(place.intent.order)

    def _report(self, row: int, report: OrderReport) -> None:
        if report.state not in _UNSENT:
            self._heard(row, report.order, f"“{report.state}”")

    def _heard(self, row: int, order: OrderId, what: str) -> None:
        self.count += 1
        if order not in self._written:
            self.note(row, f"{what} of {order} comes before the order was written down")


class OneWay(Check):
    """I11: what ended stays ended, and what filled stays filled, but for a recorded reversal."""

    name = "I11 one way"
    claim = "no order that ended works again, and none fills less than it had"

    def __init__(self) -> None:
        super().__init__()
        self._states: dict[OrderId, OrderState] = {}
        self._filled: dict[OrderId, Qty] = {}

    def hears(self) -> Mapping[type[Message], Callable[[int, Any], object]]:
        """Return what moves an order."""
        return {
            OrderReport: self._report,
            OrderAdopted: lambda _, m: self._states.pop(m.order, None),
            FillMoved: self._moved,
        }

    def _report(self, row: int, report: OrderReport) -> None:
        self.count += 1
        before = self._states.get(report.order)
        if before is not None and before.is_final and report.state is not before:
            self.note(row, f"{report.order} was {before} and is {report.state}")
        filled = self._filled.get(report.order, 0)
        if report.filled < filled:
            less, had = fixed_text(report.filled, 6), fixed_text(filled, 6)
            self.note(row, f"{report.order} had filled {had} and has filled {less}")
        self._states[report.order] = report.state
        self._filled[report.order] = report.filled

    def _moved(self, row: int, moved: FillMoved) -> None:  # noqa: ARG002
        if moved.state is FillState.FAILED:
            self._filled.pop(moved.order, None)
