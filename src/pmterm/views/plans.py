"""Orders that are worked in slices over minutes: how far each has come."""

import msgspec

from pmterm.messages.orders import PlanMoved, PlanStarted, PlanState
from pmterm.model.ids import MarketId
from pmterm.model.order import Side
from pmterm.model.units import Ns, Qty
from pmterm.views.figures import qty_text, span_text

KEPT = 50
_OPEN = frozenset({PlanState.GOING, PlanState.PAUSED})


class PlanRow(msgspec.Struct, frozen=True):
    """One plan: `sent` of `slices` have begun, one every `every` ns; `filled` is in contracts."""

    plan: str
    market: MarketId
    side: Side
    qty: Qty
    slices: int
    every: Ns
    state: PlanState = PlanState.GOING
    sent: int = 0
    filled: Qty = 0
    reason: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it may still send."""
        return self.state in _OPEN


def plan_words(row: PlanRow) -> str:
    """Say a plan on one line; how to end it first, since a narrow pane cuts the end off."""
    why = f" ({row.reason})" if row.reason else ""
    done = f"{row.sent} of {row.slices} sent, {qty_text(row.filled)} filled"
    how = f"one every {span_text(row.every)}" if row.state is PlanState.GOING else "a arms it again"
    order = f"{row.side.upper()} {qty_text(row.qty)} in slices (c stops it)"
    return f"{order} {row.state.upper()}{why}: {done}, {how}"


class PlanFold:
    """Keeps the plans of the evening."""

    def __init__(self) -> None:
        self._rows: dict[str, PlanRow] = {}

    def started(self, message: PlanStarted) -> None:
        """Note a plan."""
        self._rows[message.plan] = PlanRow(
            message.plan, message.market, message.side, message.qty, message.slices, message.every
        )
        if len(self._rows) > KEPT:
            del self._rows[next(iter(self._rows))]

    def moved(self, message: PlanMoved) -> None:
        """Note how far it has come; one that is over is forgotten."""
        row = self._rows.get(message.plan)
        if row is not None and message.state in _OPEN:
            self._rows[message.plan] = msgspec.structs.replace(
                row,
                state=message.state,
                sent=message.sent,
                filled=message.filled,
                reason=message.reason,
            )
        else:
            self._rows.pop(message.plan, None)

    def view(self) -> tuple[PlanRow, ...]:
        """Return the plans that may still send."""
        return tuple(self._rows.values())
