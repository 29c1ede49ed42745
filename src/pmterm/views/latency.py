"""Where the time of an order goes, stage by stage: the last one, and the last two hundred."""

from collections.abc import Sequence

import msgspec

from pmterm.messages.live import OrderTimed
from pmterm.model.ids import OrderId
from pmterm.model.units import Ns

KEPT = 200
STAGES = ("decided", "sent", "acked", "matched", "settled")


class StageView(msgspec.Struct, frozen=True):
    """One stage. `last` is what it took the last order since the stage before, ns, -1: not yet.

    `p50` and `p99` are of the same over the `count` orders that came so far.
    """

    name: str
    last: Ns = -1
    p50: Ns = 0
    p99: Ns = 0
    count: int = 0


class LatencyView(msgspec.Struct, frozen=True):
    """The stages in their order; `total` is from the key to the last stage reached."""

    order: OrderId = OrderId("")
    stages: tuple[StageView, ...] = ()
    total: Ns = 0


def spans_of(timed: OrderTimed) -> tuple[Ns, ...]:
    """Return what each stage took since the last one known before it, ns, -1 where not known."""
    spans = []
    before = timed.key
    for at in (timed.decided, timed.sent, timed.acked, timed.matched, timed.settled):
        spans.append(max(at - before, 0) if at and before else -1)
        before = max(before, at)  # a fill may be heard before the answer
    return tuple(spans)


def percentile(values: Sequence[Ns], percent: int) -> Ns:
    """Return the smallest value that `percent` of them do not exceed; 0 of none."""
    if not values:
        return 0
    ordered = sorted(values)
    return ordered[max(-(-len(ordered) * percent // 100) - 1, 0)]


class LatencyFold:
    """Keeps the stages of the last orders."""

    def __init__(self) -> None:
        self._timed: dict[OrderId, OrderTimed] = {}
        self._view: LatencyView | None = LatencyView()

    def timed(self, message: OrderTimed) -> None:
        """Note how far an order has come; a later word of it takes the place of the earlier."""
        self._timed.pop(message.order, None)
        self._timed[message.order] = message
        if len(self._timed) > KEPT:
            del self._timed[next(iter(self._timed))]
        self._view = None

    def view(self) -> LatencyView:
        """Return the waterfall of the last order, and the percentiles."""
        if self._view is None:
            self._view = self._work_out()
        return self._view

    def _work_out(self) -> LatencyView:
        all_spans = [spans_of(each) for each in self._timed.values()]
        last = max(self._timed.values(), key=lambda each: each.key)
        spans = spans_of(last)
        stages = []
        for place, name in enumerate(STAGES):
            known = [each[place] for each in all_spans if each[place] >= 0]
            stages.append(
                StageView(
                    name, spans[place], percentile(known, 50), percentile(known, 99), len(known)
                )
            )
        end = max(last.decided, last.sent, last.acked, last.matched, last.settled, last.key)
        return LatencyView(last.order, tuple(stages), end - last.key)
