"""T12: what strategies have shown, and how often each has traded real money by itself."""

from typing import Final

from pmterm.messages.orders import Fill, Intent
from pmterm.messages.strategy import RecordKnown, acted_by
from pmterm.model.ids import OrderId

_REMEMBERED: Final = 1_000  # orders, until they fill


class Proving:
    """Records as they were told, and the trades since."""

    def __init__(self) -> None:
        self._records: dict[str, RecordKnown] = {}
        self._trades: dict[str, int] = {}
        self._orders: dict[OrderId, str] = {}

    def known(self, record: RecordKnown) -> None:
        """Take what a strategy has shown; it counts all its live trades so far."""
        self._records[record.strategy] = record
        self._trades.pop(record.strategy, None)

    def approved(self, intent: Intent) -> None:
        """Remember an order that a strategy made by itself."""
        strategy = acted_by(intent.origin)
        if strategy:
            self._orders[intent.order] = strategy
            if len(self._orders) > _REMEMBERED:
                del self._orders[next(iter(self._orders))]

    def filled(self, fill: Fill) -> None:
        """Count an order's first fill as a trade."""
        strategy = self._orders.pop(fill.order, "")
        if strategy:
            self._trades[strategy] = self._trades.get(strategy, 0) + 1

    def record(self, strategy: str) -> RecordKnown | None:
        """Return what a strategy has shown, None if that was not told."""
        return self._records.get(strategy)

    def trades(self, strategy: str) -> int:
        """Return how many live trades it has made."""
        record = self._records.get(strategy)
        before = record.live_trades if record is not None else 0
        return before + self._trades.get(strategy, 0)
