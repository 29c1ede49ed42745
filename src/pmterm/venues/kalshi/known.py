"""What a session remembers of our orders at Kalshi: their ids, their newest state, our cancels."""

import msgspec

from pmterm.messages.said import OrderSeen
from pmterm.model.ids import OrderId, VenueOrderId
from pmterm.model.kept import Kept
from pmterm.model.order import OrderState
from pmterm.model.units import SECOND, Ns, Qty
from pmterm.venues.base import OrderSent

READS_LAG: Ns = 2 * SECOND  # seen in demo, 2026-06: a read 0.4 s after a cancel still said resting
_WORKING = frozenset({OrderState.OPEN, OrderState.PARTIAL})


class _Cancel(msgspec.Struct, frozen=True):
    at: Ns
    reduced: Qty


class Known:
    """Orders by our name and by the venue's. Reads lag behind the engine, so the newer word wins.

    An order's words are put in order by the venue's own clock where both tell it.
    """

    def __init__(self) -> None:
        self.sent: Kept[OrderId, OrderSent] = Kept()
        self._ids: Kept[str, VenueOrderId] = Kept()
        self._latest: Kept[VenueOrderId, OrderSeen] = Kept()
        self._cancels: Kept[VenueOrderId, _Cancel] = Kept()

    def id_of(self, sent: OrderSent) -> VenueOrderId:
        """Return the venue's own id of an order, "" if nobody told it yet."""
        return sent.venue_order or self._ids.get(sent.named, VenueOrderId(""))

    def learn(self, named: str, venue_order: VenueOrderId) -> None:
        """Note which order the venue's id means."""
        if named and self._ids.get(named) != venue_order:
            self._ids.keep(named, venue_order)

    def cancelled(self, venue_order: VenueOrderId, reduced: Qty, at: Ns) -> None:
        """Note that the engine confirmed a cancel, which reads may not show yet."""
        self._cancels.keep(venue_order, _Cancel(at, reduced))

    def heard(self, seen: OrderSeen) -> OrderSeen | None:
        """Take an order's state from the stream; None if a newer one was heard before."""
        self.learn(seen.client_order, seen.venue_order)
        before = self._latest.get(seen.venue_order)
        if before is not None and _is_older(seen, before):
            return None
        self._latest.keep(seen.venue_order, seen)
        return seen

    def read(self, seen: OrderSeen, asked_at: Ns) -> OrderSeen:
        """Take an order's state from a read asked for at `asked_at`; the newest known is returned.

        A read that young may not show yet what the engine already did.
        """
        self.learn(seen.client_order, seen.venue_order)
        before = self._latest.get(seen.venue_order)
        if before is not None and _is_older(seen, before) and asked_at - before.at < READS_LAG:
            return msgspec.structs.replace(before, at=seen.at)
        cancel = self._cancels.get(seen.venue_order)
        is_early = cancel is not None and asked_at - cancel.at < READS_LAG
        if cancel is not None and is_early and seen.state in _WORKING:
            filled = max(seen.filled, seen.qty - cancel.reduced)
            return msgspec.structs.replace(seen, state=OrderState.CANCELLED, filled=filled)
        self._latest.keep(seen.venue_order, seen)
        return seen


def _is_older(seen: OrderSeen, before: OrderSeen) -> bool:
    """Tell whether `seen` was true before `before` was; filled sizes and ends do not go back."""
    if seen.venue_at and before.venue_at and seen.venue_at != before.venue_at:
        return seen.venue_at < before.venue_at
    if seen.filled != before.filled:
        return seen.filled < before.filled
    return before.state.is_final and not seen.state.is_final
