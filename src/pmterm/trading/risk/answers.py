"""How the venues answer our orders, and when that is reason to stop."""

from typing import Final

from pmterm.messages.orders import OrderReport
from pmterm.model.ids import Venue
from pmterm.model.order import OrderState
from pmterm.model.text import counted
from pmterm.trading.risk.breakers import Errors, Refusals
from pmterm.trading.risk.limits import Limits
from pmterm.trading.risk.reserved import Reserved

_FAILURES: Final = frozenset({OrderState.REFUSED, OrderState.UNKNOWN})


class Answers:
    """Counts each order's first answer, by venue.

    A post-only order that would have traded is refused in honest trading, and is not counted.
    `most_refusals` of one reason in a row are too many where the money is real.
    """

    def __init__(self, limits: Limits, most_refusals: int) -> None:
        self._limits = limits
        self._most = most_refusals
        self._errors: dict[Venue, Errors] = {}
        self._refusals: dict[Venue, Refusals] = {}
        self.is_live = False

    def why_to_halt(self, order: Reserved | None, venue: Venue | None, report: OrderReport) -> str:
        """Count an answer; say why to halt if the venue fails too often, else ""."""
        if order is None or order.is_answered or report.state is OrderState.SENT:
            return ""
        order.is_answered = True
        if venue is None or order.intent.post_only:
            return ""
        errors = self._errors.setdefault(venue, Errors(self._limits))
        if errors.count(is_error=report.state in _FAILURES):
            return f"R8 errors in the last {counted(self._limits.error_window, 'call')}"
        return self._refused_too_often(venue, report) if self.is_live else ""

    def _refused_too_often(self, venue: Venue, report: OrderReport) -> str:
        refusals = self._refusals.setdefault(venue, Refusals(self._most))
        if report.state is OrderState.REFUSED:
            is_enough = refusals.count(report.reason)
            return f"F15 refused {self._most} times: {report.reason}" if is_enough else ""
        if report.state is not OrderState.UNKNOWN:
            refusals.forget()
        return ""

    def forget(self) -> None:
        """Start over: the pause is over, or a person has looked."""
        for errors in self._errors.values():
            errors.forget()
        for refusals in self._refusals.values():
            refusals.forget()
