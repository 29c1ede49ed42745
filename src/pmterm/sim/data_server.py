"""The Data API: positions, trades and value of any wallet, as the site shows them.

Source: Polymarket docs, Data API v2, read 2026-10; rows recorded 2026-06 (v1) and 2026-10 (v2).
Not what is on chain this second: never to be taken for what happened to an order.
"""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from pmterm.model.ids import MarketId
from pmterm.model.units import PRICE_ONE, QTY_ONE, SECOND
from pmterm.sim.answers import answer, page, whole_number
from pmterm.sim.clob_desk import Desk
from pmterm.sim.data_rows import Stake, old_row, position_row, rounded
from pmterm.sim.polymarket_trade import PolyTrade, TradeStatus
from pmterm.sim.polymarket_wallets import Wallet
from pmterm.sim.world import Clock

DATA = "/data"
MOST_ROWS = 1_000


class DataServer:
    """Answers as the Data API does, under /data."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        self._desk = desk
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Return every path served."""
        return [
            web.get(f"{DATA}/v2/positions", self._positions),
            web.get(f"{DATA}/v2/trades", self._trades),
            web.get(f"{DATA}/v2/value", self._value),
            web.get(f"{DATA}/positions", self._old_positions),
            web.get(f"{DATA}/value", self._old_value),
        ]

    # ---- what there is

    def _wallet(self, request: web.Request) -> Wallet | web.Response:
        user = request.query.get("user", "")
        if len(user) != 42 or not user.startswith("0x"):
            body = {"code": "invalid_parameter", "message": "user is not an address"}
            return answer({**body, "parameter": "user", "retryable": False}, 400)
        self._desk.exchange.advance(self._clock.now())
        return self._desk.wallets.of_maker(user) or Wallet("", user, 0, user)

    def _stakes(self, wallet: Wallet) -> list[Stake]:
        """Fold an account's fills; what failed never was, what was paid out is gone."""
        failed = {
            part
            for trade in self._desk.trades.trades.values()
            if trade.status is TradeStatus.FAILED
            for part in trade.parts
        }
        stakes: dict[tuple[MarketId, int], Stake] = {}
        for fill in self._desk.exchange.fills:
            order = fill.order
            is_ours = order.account == wallet.account_id and order.market in self._desk.states
            if not is_ours or fill.trade_id in failed:
                continue
            found = Stake(self._desk.states[order.market], order.outcome)
            stakes.setdefault((order.market, order.outcome), found).take(fill)
        return [stake for stake in stakes.values() if stake.held or stake.gained]

    # ---- v2

    async def _positions(self, request: web.Request) -> web.Response:
        wallet = self._wallet(request)
        if isinstance(wallet, web.Response):
            return wallet
        wanted = request.query.get("status", "")
        market = request.query.get("condition_id", "")
        rows = [
            row
            for stake in self._stakes(wallet)
            if stake.held
            for row in [position_row(wallet, stake)]
            if wanted in {"", row["status"]} and market in {"", row["condition_id"]}
        ]
        return answer(_envelope(rows, request.query))

    async def _trades(self, request: web.Request) -> web.Response:
        wallet = self._wallet(request)
        if isinstance(wallet, web.Response):
            return wallet
        trades = reversed(self._desk.trades.of_account(wallet.account_id))
        rows = [row for trade in trades for row in self._parts(wallet, trade)]
        market = request.query.get("condition_id", "")
        rows = [row for row in rows if market in {"", row["condition_id"]}]
        return answer(_envelope(rows, request.query))

    def _parts(self, wallet: Wallet, trade: PolyTrade) -> list[dict[str, Any]]:
        market = self._desk.states[trade.market].listing.market
        return [
            {
                "proxy_wallet": wallet.maker.lower(),
                "side": "BUY" if party.is_buy else "SELL",
                "token_id": market.outcomes[party.outcome].token,
                "condition_id": market.id,
                "size": party.qty / QTY_ONE,
                "price": party.price / PRICE_ONE,
                "timestamp": trade.at // SECOND,
                "outcome": market.outcomes[party.outcome].name,
                "outcome_index": party.outcome,
                "transaction_hash": trade.hash,
                "title": market.title,
                "slug": market.slug,
                "event_slug": market.event,
            }
            for party in trade.parties
            if party.account == wallet.account_id
        ]

    async def _value(self, request: web.Request) -> web.Response:
        wallet = self._wallet(request)
        if isinstance(wallet, web.Response):
            return wallet
        value = {"proxy_wallet": wallet.maker.lower(), "value": self._worth(wallet)}
        return answer({"data": value})

    def _worth(self, wallet: Wallet) -> float:
        return rounded(sum(s.price * s.held / PRICE_ONE / QTY_ONE for s in self._stakes(wallet)))

    # ---- v1

    async def _old_positions(self, request: web.Request) -> web.Response:
        wallet = self._wallet(request)
        if isinstance(wallet, web.Response):
            return wallet
        rows = [
            old_row(position_row(wallet, stake)) for stake in self._stakes(wallet) if stake.held
        ]
        limit = min(500, whole_number(request.query.get("limit", ""), 100))
        offset = whole_number(request.query.get("offset", ""), 0)
        return answer(rows[offset : offset + limit])

    async def _old_value(self, request: web.Request) -> web.Response:
        wallet = self._wallet(request)
        if isinstance(wallet, web.Response):
            return wallet
        return answer([{"user": wallet.maker, "value": self._worth(wallet)}])


def _envelope(rows: list[dict[str, Any]], query: Mapping[str, str]) -> dict[str, Any]:
    limit = min(MOST_ROWS, whole_number(query.get("limit", ""), 100))
    offset = whole_number(query.get("offset", ""), 0)
    data, following = page(rows[offset:], query.get("cursor", ""), limit)
    pagination = {
        "limit": limit,
        "offset": offset,
        "has_more": bool(following),
        "next_cursor": following or None,
    }
    return {"data": data, "pagination": pagination}
