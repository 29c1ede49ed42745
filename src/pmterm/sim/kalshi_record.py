"""What Kalshi's reads show of an account: all that happened, each thing with its time.

The venue's reads are behind its engine, so everything is kept as a line of versions and read as it
was some time ago.
"""

from bisect import bisect_right
from typing import Any, Generic, TypeVar

from pmterm.model.ids import MarketId
from pmterm.model.units import Cash, Ns
from pmterm.sim.exchange_orders import AccountEvent, Filled, OrderMoved, Reversed, Settled, Step
from pmterm.sim.kalshi_holdings import Holding
from pmterm.sim.kalshi_order_words import Sums, fill_row, order_row, settlement_row

Value = TypeVar("Value")
Row = dict[str, Any]
Dated = tuple[Ns, Row]  # when it was made, and how it is written


class Versions(Generic[Value]):
    """One thing as it was over time."""

    __slots__ = ("_times", "_values")

    def __init__(self) -> None:
        self._times: list[Ns] = []
        self._values: list[Value] = []

    def note(self, at: Ns, value: Value) -> None:
        """It is `value` from `at` on."""
        self._times.append(max(at, self._times[-1]) if self._times else at)
        self._values.append(value)

    def at(self, when: Ns) -> Value | None:
        """Return it as it was, None if it was not yet."""
        index = bisect_right(self._times, when)
        return self._values[index - 1] if index else None

    def until(self, when: Ns) -> list[Value]:
        """Return all its values up to a time, oldest first."""
        return self._values[: bisect_right(self._times, when)]


class Record:
    """One account's orders, fills, holdings, settlements and free money by shard."""

    def __init__(self) -> None:
        self.fills: Versions[Dated] = Versions()
        self.settlements: Versions[Dated] = Versions()
        self.cash: Versions[dict[int, Cash]] = Versions()
        self._orders: dict[str, Versions[Dated]] = {}
        self._holdings: dict[MarketId, Versions[Holding]] = {}
        self._holding_now: dict[MarketId, Holding] = {}
        self._sums: dict[str, Sums] = {}

    def hear(self, event: AccountEvent, shard: int, event_ticker: str) -> None:
        """Take an event of this account in; shard and event are its market's."""
        match event:
            case OrderMoved(step=Step.REFUSED | Step.ACCEPTED):
                return  # nothing of it is seen: resting, trades or the end follow
            case OrderMoved():
                self._note_order(event, shard)
            case Filled():
                self._sums[event.order.id] = self.sums(event.order.id).filled(event)
                self._note_order(event, shard)
                self.fills.note(event.at, (event.at, fill_row(event, shard)))
                self._note_holding(self.holding(event.order.market).filled(event))
            case Settled():
                held = self.holding(event.market)
                row = settlement_row(held, event, shard, event_ticker)
                self.settlements.note(event.at, (event.at, row))
                self._note_holding(held.settled(event))
            case Reversed():
                return  # nothing is undone on this venue

    def sums(self, order_id: str) -> Sums:
        """Return what an order's trades cost so far."""
        return self._sums.get(order_id, Sums())

    def holding(self, market: MarketId) -> Holding:
        """Return what is held of a market right now."""
        return self._holding_now.get(market, Holding(market))

    def orders(self, when: Ns) -> list[Dated]:
        """Return every order as it was at a time, oldest first."""
        rows = [versions.at(when) for versions in self._orders.values()]
        return [row for row in rows if row is not None]

    def order(self, order_id: str, when: Ns) -> Row | None:
        """Return one order as it was at a time."""
        versions = self._orders.get(order_id)
        dated = versions.at(when) if versions else None
        return dated[1] if dated else None

    def holdings(self, when: Ns) -> list[Holding]:
        """Return every market ever traded as it was at a time."""
        seen = [versions.at(when) for versions in self._holdings.values()]
        return [holding for holding in seen if holding is not None]

    def _note_order(self, event: OrderMoved | Filled, shard: int) -> None:
        versions = self._orders.setdefault(event.order.id, Versions())
        row = order_row(event, self.sums(event.order.id), shard)
        versions.note(event.at, (event.order.created_at, row))

    def _note_holding(self, holding: Holding) -> None:
        self._holding_now[holding.market] = holding
        self._holdings.setdefault(holding.market, Versions()).note(holding.at, holding)
