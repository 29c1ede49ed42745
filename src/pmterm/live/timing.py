"""When each order passed each stage: the latency waterfall, told as it grows."""

import msgspec

from pmterm.messages.live import OrderTimed
from pmterm.messages.transport import HttpResponse
from pmterm.model.ids import OrderId, Venue
from pmterm.model.units import Ns

KEPT = 500


class Waterfalls:
    """Keeps the times of late orders; each change is one `OrderTimed`, whole."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._times: dict[OrderId, OrderTimed] = {}

    def placed(self, order: OrderId, at: Ns) -> None:
        """The key was pressed: message time of the intent."""
        self._times[order] = OrderTimed(at, order, self._venue, at)
        if len(self._times) > KEPT:
            del self._times[next(iter(self._times))]

    def answered(self, order: OrderId, response: HttpResponse) -> list[OrderTimed]:
        """The venue's answer to the request came."""
        times = self._times.get(order)
        if times is None or times.acked or not response.sent_at:
            return []
        return self._set(
            times,
            response.at,
            decided=response.asked_at,
            sent=response.sent_at,
            acked=response.at,
        )

    def matched(self, order: OrderId, at: Ns) -> list[OrderTimed]:
        """Its first fill was heard of."""
        times = self._times.get(order)
        return [] if times is None or times.matched else self._set(times, at, matched=at)

    def settled(self, order: OrderId, at: Ns) -> list[OrderTimed]:
        """A fill of it was confirmed; the last one counts."""
        times = self._times.get(order)
        return [] if times is None else self._set(times, at, settled=at)

    def _set(self, times: OrderTimed, at: Ns, **stages: Ns) -> list[OrderTimed]:
        grown = msgspec.structs.replace(times, at=at, **stages)
        self._times[times.order] = grown
        return [grown]
