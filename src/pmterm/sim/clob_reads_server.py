"""The CLOB's private reads: open orders, trades, balances, notifications, scoring, tier.

Source: Polymarket docs, read 2026-08; pages as py-clob-client-v2 1.2.1 reads them.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from aiohttp import web

from pmterm.model.units import Ns
from pmterm.sim import clob_refusals as no
from pmterm.sim.answers import whole_number
from pmterm.sim.clob_desk import Desk
from pmterm.sim.clob_private import Call, Gate
from pmterm.sim.clob_refusals import ClobRefused
from pmterm.sim.exchange_orders import ExchangeOrder, Standing
from pmterm.sim.polymarket_account_rows import open_order, roles_in, trade_row
from pmterm.sim.polymarket_notices import Notices
from pmterm.sim.polymarket_signing import DOMAINS
from pmterm.sim.polymarket_trade import PolyTrade

PAGE = 100
LAST = "LTE="  # base64 of -1
NO_ORDER = "order not found"
LIMITLESS = str((1 << 256) - 1)
_ids = msgspec.json.Decoder(list[str])


class ReadsServer:
    """Answers as the CLOB does."""

    def __init__(self, desk: Desk, gate: Gate, notices: Notices) -> None:
        self._desk = desk
        self._gate = gate
        self._notices = notices

    def routes(self) -> list[web.RouteDef]:
        """Return every path served."""
        route = self._gate.route
        return [
            route("GET", "/data/orders", self._orders),
            route("GET", "/data/order/{id}", self._order),
            route("GET", "/data/trades", self._trades),
            route("GET", "/balance-allowance", self._balance),
            route("GET", "/balance-allowance/update", self._update_balance),
            route("GET", "/notifications", self._list_notices),
            route("DELETE", "/notifications", self._drop_notices),
            route("GET", "/order-scoring", self._scoring),
            route("POST", "/orders-scoring", self._scoring_many),
            route("GET", "/v1/user/rate-limit-tier", self._tier),
        ]

    # ---- orders and trades

    def _orders(self, call: Call) -> Any:
        query = call.query
        self._desk.exchange.advance(call.now)
        rows = [
            row
            for order in self._desk.exchange.open_orders(call.account)
            if self._is_here(order, call.now)
            for row in [self._open_order(order)]
            if query.get("market", row["market"]) == row["market"]
            and query.get("asset_id", row["asset_id"]) == row["asset_id"]
            and query.get("id", row["id"]) == row["id"]
        ]
        return clob_page(rows, query.get("next_cursor", ""))

    def _order(self, call: Call) -> Any:
        """Answer an open order, null for one that ended, 404 for none."""
        self._desk.exchange.advance(call.now)
        order = self._desk.exchange.order(call.path["id"])
        if order is None or order.account != call.account or not self._is_here(order, call.now):
            raise ClobRefused(NO_ORDER, 404)
        return self._open_order(order) if order.standing.is_open else None

    def _open_order(self, order: ExchangeOrder) -> dict[str, Any]:
        market = self._desk.exchange.world.states[order.market].listing.market
        return open_order(order, market, self._desk.trades.with_order(order.id))

    def _is_here(self, order: ExchangeOrder, now: Ns) -> bool:
        """Whether this venue knows an order, and is not late in showing it."""
        return order.market in self._desk.states and order.hidden_until <= now

    def _trades(self, call: Call) -> Any:
        self._desk.exchange.advance(call.now)
        shown_until = call.now - self._desk.switches.trades_after
        found = [
            self._row(trade, call.account)
            for trade in reversed(self._desk.trades.of_account(call.account))
            if trade.at <= shown_until
        ]
        rows = [row for row in found if _fits(row, call)]
        return clob_page(rows, call.query.get("next_cursor", ""))

    def _row(self, trade: PolyTrade, account: str) -> dict[str, Any]:
        market = self._desk.states[trade.market].listing.market
        return trade_row(trade, market, roles_in(trade, account)[0])

    # ---- balances

    def _balance(self, call: Call) -> Any:
        self._desk.exchange.advance(call.now)
        wallet, query = call.wallet, call.query
        kind = query.get("signature_type", str(wallet.signature_type))
        asked = query.get("asset_type", "COLLATERAL").upper()
        token = query.get("token_id", "")
        balance = 0
        if kind == str(wallet.signature_type):
            balance = self._balance_of(call, asked, token)
        allowance = LIMITLESS if wallet.has_allowance else "0"
        spenders = {domain.contract: allowance for domain in DOMAINS}
        return {"balance": str(balance), "allowances": spenders}

    def _balance_of(self, call: Call, asked: str, token: str) -> int:
        if asked == "COLLATERAL":
            return self._desk.holdings.cash(call.wallet)
        found = self._desk.find_token(token)
        if found is None:
            raise ClobRefused(f"Invalid asset type or token id: {asked[:40]}")
        state, outcome = found
        return self._desk.holdings.shares(call.wallet, state.market, outcome, token)

    def _update_balance(self, call: Call) -> Any:
        if call.query.get("signature_type", "") in {"", str(call.wallet.signature_type)}:
            is_cash = call.query.get("asset_type", "COLLATERAL").upper() == "COLLATERAL"
            call.wallet.asked.add("" if is_cash else call.query.get("token_id", ""))
        return web.Response(body=b"", content_type="application/json")

    # ---- the rest

    def _list_notices(self, call: Call) -> Any:
        return self._notices.of_account(call.account)

    def _drop_notices(self, call: Call) -> Any:
        self._notices.drop(call.account, call.query.get("ids", "").split(","))
        return "OK"

    def _scoring(self, call: Call) -> Any:
        return {"scoring": self._scores(call, call.query.get("order_id", ""))}

    def _scoring_many(self, call: Call) -> Any:
        try:
            ids = _ids.decode(call.body)
        except msgspec.MsgspecError:
            raise ClobRefused(no.BAD_BATCH) from None
        return {order_id: self._scores(call, order_id) for order_id in ids}

    def _scores(self, call: Call, order_id: str) -> bool:
        order = self._desk.exchange.order(order_id)
        is_own = order is not None and order.account == call.account
        return is_own and order is not None and order.standing is Standing.RESTING

    def _tier(self, call: Call) -> Any:
        return self._gate.limits_of(call.key.address).row()


def clob_page(rows: Sequence[Any], cursor: str, size: int = PAGE) -> dict[str, Any]:
    """Return one page; the cursor after the last is "LTE="."""
    start = _offset(cursor)
    end = start + size
    following = base64.b64encode(str(end).encode()).decode() if end < len(rows) else LAST
    page = list(rows[start:end])
    return {"data": page, "next_cursor": following, "limit": size, "count": len(page)}


def _offset(cursor: str) -> int:
    try:
        return max(0, int(base64.b64decode(cursor))) if cursor else 0
    except (ValueError, binascii.Error):
        raise ClobRefused("Invalid next_cursor") from None


def _fits(row: dict[str, Any], call: Call) -> bool:
    """Tell whether a trade is asked for; market and asset are the taker's."""
    query = call.query
    matched_at = int(row["match_time"])
    makers = {maker["maker_address"].lower() for maker in row["maker_orders"]}
    tests: tuple[tuple[str, Callable[[str], bool]], ...] = (
        ("id", lambda asked: row["id"] == asked),
        ("market", lambda asked: row["market"] == asked),
        ("asset_id", lambda asked: row["asset_id"] == asked),
        (
            "maker_address",
            lambda asked: asked.lower() in makers | {row["maker_address"].lower()},
        ),
        ("before", lambda asked: matched_at < whole_number(asked, 0)),
        ("after", lambda asked: matched_at > whole_number(asked, matched_at)),
    )
    return all(test(query[name]) for name, test in tests if query.get(name))
