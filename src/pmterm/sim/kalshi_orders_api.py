"""Kalshi's calls that make, change and cancel orders, and those of order groups."""

from typing import Any

from aiohttp import web

from pmterm.sim.answers import answer
from pmterm.sim.kalshi_bodies import (
    CREATE,
    Recall,
    fields,
    read_change,
    read_cut,
    read_group_limit,
    read_recalls,
    read_wish,
    rows_of,
)
from pmterm.sim.kalshi_desk import KalshiDesk
from pmterm.sim.kalshi_gate import Call, Gate
from pmterm.sim.kalshi_groups import Groups
from pmterm.sim.kalshi_limits import USUAL_COST
from pmterm.sim.kalshi_refusals import Refusal
from pmterm.sim.kalshi_words import contracts

CANCEL_COST = 2
CREATED = ("order_id", "client_order_id", "fill_count", "remaining_count", "average_fill_price")
CREATED_MORE = ("average_fee_paid", "ts_ms", "error")


class OrdersApi:
    """Answers under /portfolio/events/orders and /portfolio/order_groups."""

    def __init__(self, desk: KalshiDesk, groups: Groups, gate: Gate) -> None:
        self._desk = desk
        self._groups = groups
        self._gate = gate

    def routes(self, base: str) -> list[web.RouteDef]:
        """Return every path served."""
        orders = f"{base}/portfolio/events/orders"
        groups = f"{base}/portfolio/order_groups"
        one, group = orders + "/{order}", groups + "/{group}"
        writes, reads = self._gate.writes, self._gate.reads
        return [
            web.post(orders, writes(self._create)),
            web.delete(orders, writes(self._cancel_all)),
            web.post(f"{orders}/batched", writes(self._create_many)),
            web.delete(f"{orders}/batched", writes(self._cancel_many)),
            web.delete(one, writes(self._cancel)),
            web.post(f"{one}/amend", writes(self._amend)),
            web.post(f"{one}/decrease", writes(self._decrease)),
            web.post(f"{groups}/create", writes(self._create_group)),
            web.get(groups, reads(self._list_groups)),
            web.get(group, reads(self._get_group)),
            web.delete(group, writes(self._delete_group)),
            web.put(f"{group}/reset", writes(self._reset_group)),
            web.put(f"{group}/trigger", writes(self._trigger_group)),
            web.put(f"{group}/limit", writes(self._limit_group)),
        ]

    # ---- orders

    def _create(self, call: Call) -> web.Response:
        body = call.body()
        call.pay(USUAL_COST, _shard_in(body))
        wish = read_wish(body, call.at)
        self._check_lock(call, wish.subaccount)
        return answer(self._desk.create(call.at, call.account, wish), 201)

    def _create_many(self, call: Call) -> web.Response:
        rows = rows_of(call.body(), "BatchCreateOrdersV2Request")
        call.pay(USUAL_COST * len(rows))
        for row in rows:  # the whole batch is decoded before any of it is placed
            fields(row, "BatchCreateOrdersV2Request.orders", CREATE)
        return answer({"orders": [self._create_one(call, row) for row in rows]}, 201)

    def _create_one(self, call: Call, row: Any) -> dict[str, Any]:
        item: dict[str, Any] = dict.fromkeys(CREATED + CREATED_MORE)
        try:
            wish = read_wish(row, call.at)
            self._check_lock(call, wish.subaccount)
            return item | self._desk.create(call.at, call.account, wish)
        except Refusal as refused:
            name = row.get("client_order_id")
            return item | {"client_order_id": name, "error": refused.error}

    def _cancel(self, call: Call) -> web.Response:
        shard = call.number("exchange_index")
        call.pay(CANCEL_COST, shard or 0)
        recall = Recall(
            call.path["order"],
            call.query.get("market_ticker", ""),
            -1 if shard is None else shard,
            call.subaccount() or 0,
        )
        return answer(self._desk.cancel(call.at, call.account, recall))

    def _cancel_many(self, call: Call) -> web.Response:
        recalls = read_recalls(call.body())
        call.pay(CANCEL_COST * len(recalls))
        return answer({"orders": [self._cancel_one(call, recall) for recall in recalls]})

    def _cancel_one(self, call: Call, recall: Recall) -> dict[str, Any]:
        item: dict[str, Any] = {
            "order_id": recall.order,
            "client_order_id": None,
            "reduced_by": "0.00",
            "ts_ms": None,
            "error": None,
        }
        try:
            self._check_lock(call, recall.subaccount)
            return item | self._desk.cancel(call.at, call.account, recall)
        except Refusal as refused:
            return item | {"error": refused.error}

    def _cancel_all(self, call: Call) -> web.Response:
        call.pay(CANCEL_COST)
        self._desk.cancel_all(call.at, call.account, call.subaccount())
        return web.Response(status=204)

    def _amend(self, call: Call) -> web.Response:
        body = call.body()
        call.pay(USUAL_COST, _shard_in(body))
        change = read_change(body, call.at)
        order, subaccount = call.path["order"], call.subaccount() or 0
        return answer(self._desk.amend(call.at, call.account, order, subaccount, change))

    def _decrease(self, call: Call) -> web.Response:
        body = call.body()
        call.pay(USUAL_COST, _shard_in(body))
        order, subaccount = call.path["order"], call.subaccount() or 0
        cut = read_cut(body)
        return answer(self._desk.decrease(call.at, call.account, order, subaccount, cut))

    def _check_lock(self, call: Call, subaccount: int) -> None:
        if call.locked_to is not None and subaccount != call.locked_to:
            raise Refusal("forbidden")

    # ---- groups

    def _create_group(self, call: Call) -> web.Response:
        call.pay(USUAL_COST)
        body = call.body()
        limit = read_group_limit(body, "CreateOrderGroupRequest")
        shard, subaccount = max(0, _shard_in(body)), body.get("subaccount") or 0
        group = self._groups.create(call.at, call.account, subaccount, shard, limit)
        row = {"order_group_id": group.id, "subaccount": subaccount, "exchange_index": shard}
        return answer(row, 201)

    def _list_groups(self, call: Call) -> web.Response:
        rows = [group.row() for group in self._groups.of(call.account)]
        return answer({"order_groups": rows})

    def _get_group(self, call: Call) -> web.Response:
        group = self._groups.find(call.account, call.path["group"])
        row = {
            "is_auto_cancel_enabled": True,
            "contracts_limit_fp": contracts(group.limit),
            "orders": self._groups.orders(group),
            "exchange_index": group.shard,
        }
        return answer(row)

    def _delete_group(self, call: Call) -> web.Response:
        call.pay(USUAL_COST)
        self._groups.delete(call.at, self._groups.find(call.account, call.path["group"]))
        return answer({})

    def _reset_group(self, call: Call) -> web.Response:
        call.pay(USUAL_COST)
        call.body()  # these two want a body, `{}` will do
        self._groups.reset(call.at, self._groups.find(call.account, call.path["group"]))
        return answer({})

    def _trigger_group(self, call: Call) -> web.Response:
        call.pay(USUAL_COST)
        call.body()
        self._groups.trigger(call.at, self._groups.find(call.account, call.path["group"]))
        return answer({})

    def _limit_group(self, call: Call) -> web.Response:
        call.pay(USUAL_COST)
        limit = read_group_limit(call.body(), "UpdateOrderGroupLimitRequest")
        self._groups.set_limit(call.at, self._groups.find(call.account, call.path["group"]), limit)
        return answer({})


def _shard_in(body: Any) -> int:
    """Return the shard a body names, -1 if it names none; its type is judged later."""
    shard = body.get("exchange_index") if isinstance(body, dict) else None
    return shard if type(shard) is int else -1
