"""Cancels orders as the CLOB does, and says of each that is not cancelled why."""

from typing import TypedDict

from pmterm.model.units import Ns
from pmterm.sim import clob_refusals as no
from pmterm.sim.clob_desk import Desk
from pmterm.sim.exchange_orders import Standing


class Cancelled(TypedDict):
    """The answer to every request that cancels."""

    canceled: list[str]
    not_canceled: dict[str, str]


class CancelClerk:
    """Cancels orders."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def cancel(self, account: str, order_ids: list[str], now: Ns) -> Cancelled:
        """Cancel these orders and say of each whether it is done."""
        exchange = self._desk.exchange
        exchange.advance(now)
        done: list[str] = []
        not_done: dict[str, str] = {}
        for order_id in order_ids:
            order = exchange.order(order_id)
            if order is None or order.account != account:
                not_done[order_id] = no.NOT_FOUND
            elif order.standing is Standing.DELAYED or not order.standing.is_open:
                not_done[order_id] = no.ALREADY_GONE
            elif exchange.cancel(now, order_id):
                done.append(order_id)
        return {"canceled": done, "not_canceled": not_done}

    def cancel_where(
        self, account: str, now: Ns, *, market: str = "", token: str = ""
    ) -> Cancelled:
        """Cancel an account's open orders: all, or those of a market or a token."""
        self._desk.exchange.advance(now)
        found = self._desk.find_token(token)
        ids = [
            order.id
            for order in self._desk.exchange.open_orders(account)
            if (not market or order.market == market)
            and (
                not token
                or (
                    found is not None
                    and (order.market, order.outcome) == (found[0].market, found[1])
                )
            )
        ]
        return self.cancel(account, ids, now)
