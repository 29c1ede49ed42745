"""What Kalshi's stream tells an account of its orders, fills, positions and groups."""

from collections.abc import Iterator
from typing import Any

import msgspec

from pmterm.model.units import Ns
from pmterm.sim.exchange_orders import AccountEvent, Filled, OrderMoved, Reversed, Settled, Step
from pmterm.sim.kalshi_groups import Groups, GroupTold
from pmterm.sim.kalshi_order_words import (
    fill_body,
    group_body,
    position_body,
    user_order_body,
)
from pmterm.sim.kalshi_records import KalshiRecords, account_of, market_of
from pmterm.sim.kalshi_session import FILLS, GROUPS, ORDERS, POSITIONS


class Word(msgspec.Struct, frozen=True):
    """One message for one account, on a channel, about a market ("" for none)."""

    account: str
    channel: str
    market: str
    body: dict[str, Any]
    at: Ns


class KalshiVoice:
    """Keeps the records and the groups up with what happens, and says it."""

    def __init__(self, records: KalshiRecords, groups: Groups) -> None:
        self._records = records
        self._groups = groups

    def say(self, event: AccountEvent) -> list[Word]:
        """Take an event in; returns what the account is told of it, in order."""
        self._records.hear(event)
        market = self._records.markets.get(market_of(event))
        if market is None:
            return []
        account = account_of(event).partition("/")[0]
        words = [
            Word(account, channel, market.id, body, event.at)
            for channel, body in self._bodies(event, market.shard)
        ]
        self._groups.hear(event)
        return words

    def say_group(self, told: GroupTold) -> Word:
        """Return what is told of an order group."""
        body = group_body(told.what, told.group.id, told.group.limit, told.at)
        return Word(told.group.account, GROUPS, "", body, told.at)

    def _bodies(self, event: AccountEvent, shard: int) -> Iterator[tuple[str, dict[str, Any]]]:
        match event:
            case OrderMoved(step=Step.REFUSED | Step.ACCEPTED) | Reversed():
                return
            case OrderMoved():
                yield ORDERS, self._order(event, shard)
            case Filled():
                yield FILLS, fill_body(event, shard)
                yield ORDERS, self._order(event, shard)
                yield POSITIONS, self._position(event)
            case Settled():
                yield POSITIONS, self._position(event)

    def _order(self, event: OrderMoved | Filled, shard: int) -> dict[str, Any]:
        sums = self._records.of(event.order.account).sums(event.order.id)
        return user_order_body(event, sums, shard)

    def _position(self, event: Filled | Settled) -> dict[str, Any]:
        owner = account_of(event)
        account, _, number = owner.partition("/")
        holding = self._records.of(owner).holding(market_of(event))
        return position_body(holding, account, int(number or 0))
