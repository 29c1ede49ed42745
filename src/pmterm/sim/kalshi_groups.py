"""Kalshi's order groups: a switch that trips when too much fills within 15 seconds.

Source: Kalshi docs, order groups, read 2026-10.
"""

import uuid
from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

from pmterm.model.units import SECOND, Ns, Qty
from pmterm.sim.exchange import Exchange
from pmterm.sim.exchange_orders import AccountEvent, Filled, Why
from pmterm.sim.kalshi_refusals import Refusal
from pmterm.sim.kalshi_words import contracts

WINDOW: Ns = 15 * SECOND


class Group(msgspec.Struct, eq=False):
    """Some of an account's orders on one shard, and how much they filled lately."""

    id: str
    account: str
    subaccount: int
    shard: int
    limit: Qty
    is_triggered: bool = False
    fills: deque[tuple[Ns, Qty]] = msgspec.field(default_factory=deque)

    def row(self) -> dict[str, Any]:
        """Return it as lists show it."""
        return {
            "id": self.id,
            "contracts_limit_fp": contracts(self.limit),
            "is_auto_cancel_enabled": True,
            "exchange_index": self.shard,
        }


class GroupTold(msgspec.Struct, frozen=True):
    """A group changed: created, triggered, reset, deleted or limit_updated."""

    at: Ns
    what: str
    group: Group


class Groups:
    """Every account's groups. What happens to them is told to `on_news`."""

    def __init__(self, exchange: Exchange) -> None:
        self.on_news: list[Callable[[GroupTold], None]] = []
        self._exchange = exchange
        self._groups: dict[str, Group] = {}

    def of(self, account: str) -> list[Group]:
        """Return an account's groups, oldest first."""
        return [group for group in self._groups.values() if group.account == account]

    def find(self, account: str, group_id: str) -> Group:
        """Return one.

        Raises:
            Refusal: the account has none of that id.
        """
        group = self._groups.get(group_id)
        if group is None or group.account != account:
            raise Refusal("not_found")
        return group

    def orders(self, group: Group) -> list[str]:
        """Return the ids of a group's open orders."""
        family = self._exchange.orders.values()
        return [order.id for order in family if order.group == group.id and order.open]

    def create(self, at: Ns, account: str, subaccount: int, shard: int, limit: Qty) -> Group:
        """Start a group."""
        words = f"group/{account}/{len(self._groups)}/{at}"
        group_id = str(uuid.uuid5(uuid.NAMESPACE_URL, words))
        group = Group(group_id, account, subaccount, shard, limit)
        self._groups[group.id] = group
        self._tell(at, "created", group)
        return group

    def set_limit(self, at: Ns, group: Group, limit: Qty) -> None:
        """Change a limit; what has filled lately may trip it at once."""
        group.limit = limit
        self._tell(at, "limit_updated", group)
        self._look(at, group)

    def reset(self, at: Ns, group: Group) -> None:
        """Count from nothing, and take orders again."""
        group.fills.clear()
        group.is_triggered = False
        self._tell(at, "reset", group)

    def trigger(self, at: Ns, group: Group) -> None:
        """Cancel all its orders and take no more until it is reset."""
        group.is_triggered = True
        self._exchange.cancel_all(at, group=group.id, why=Why.GROUP)
        self._tell(at, "triggered", group)

    def delete(self, at: Ns, group: Group) -> None:
        """Cancel all its orders and forget it."""
        self._exchange.cancel_all(at, group=group.id, why=Why.GROUP)
        del self._groups[group.id]
        self._tell(at, "deleted", group)

    def hear(self, event: AccountEvent) -> None:
        """Count a fill."""
        if not isinstance(event, Filled):
            return
        group = self._groups.get(event.order.group)
        if group is not None:
            group.fills.append((event.at, event.qty))
            self._look(event.at, group)

    def _look(self, at: Ns, group: Group) -> None:
        while group.fills and group.fills[0][0] <= at - WINDOW:
            group.fills.popleft()
        if not group.is_triggered and sum(qty for _, qty in group.fills) > group.limit:
            self.trigger(at, group)

    def _tell(self, at: Ns, what: str, group: Group) -> None:
        for hear in self.on_news:
            hear(GroupTold(at, what, group))
