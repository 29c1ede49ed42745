"""The Data API: positions, trades and value of any wallet, as the site shows them.

Source: Polymarket docs, Data API v2, read 2026-10; rows recorded 2026-06 (v1) and 2026-10 (v2).
Not what is on chain this second: never to be taken for what happened to an order.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from aiohttp import web

from pmterm.model.ids import MarketId
from pmterm.model.market import MarketStatus
from pmterm.model.units import PRICE_ONE, QTY_ONE, SECOND, Cash, Price, Qty
from pmterm.sim.answers import answer, page, whole_number
from pmterm.sim.clob_desk import Desk
from pmterm.sim.exchange_orders import Filled
from pmterm.sim.market_state import MarketState
from pmterm.sim.polymarket_trades import PolyTrade, TradeStatus
from pmterm.sim.polymarket_wallets import Wallet
from pmterm.sim.world import Clock

DATA = "/data"
MOST_ROWS = 1_000
DUST = 5  # decimals of shares and dollars


class Stake(msgspec.Struct):
    """What a wallet has of one outcome: `cost` of what is left, `gained` by what was sold."""

    state: MarketState
    outcome: int
    held: Qty = 0
    bought: Qty = 0
    cost: Cash = 0
    fees: Cash = 0
    gained: Cash = 0
    first_at: int = 0
    last_at: int = 0

    def take(self, fill: Filled) -> None:
        """Count one fill in."""
        own = fill.price if self.outcome == 0 else PRICE_ONE - fill.price
        cash = own * fill.qty // PRICE_ONE
        self.first_at = self.first_at or fill.at // SECOND
        self.last_at = fill.at // SECOND
        if not fill.order.is_sale:
            self.held += fill.qty
            self.bought += fill.qty
            self.cost += cash
            self.fees += fill.fee
            return
        sold = min(fill.qty, self.held)
        share = self.cost * sold // self.held if self.held else 0
        self.cost -= share
        self.held -= sold
        self.gained += cash - share - fill.fee

    @property
    def price(self) -> Price:
        """What one is worth now."""
        state = self.state
        if state.status is MarketStatus.RESOLVED:
            yes = state.payout
        elif state.best_bid or state.best_ask < PRICE_ONE:
            yes = (state.best_bid + state.best_ask) // 2
        else:
            yes = state.last
        return yes if self.outcome == 0 else PRICE_ONE - yes

    @property
    def status(self) -> str:
        """OPEN, or what can be done once the market is resolved."""
        if self.state.status is not MarketStatus.RESOLVED:
            return "OPEN"
        return "REDEEMABLE" if self.price else "REDEEMABLE_LOST"


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
            for row in [_position(wallet, stake)]
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
        return _round(sum(s.price * s.held / PRICE_ONE / QTY_ONE for s in self._stakes(wallet)))

    # ---- v1

    async def _old_positions(self, request: web.Request) -> web.Response:
        wallet = self._wallet(request)
        if isinstance(wallet, web.Response):
            return wallet
        rows = [_old(_position(wallet, stake)) for stake in self._stakes(wallet) if stake.held]
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


def _position(wallet: Wallet, stake: Stake) -> dict[str, Any]:
    market, outcome = stake.state.listing.market, stake.outcome
    size = stake.held / QTY_ONE
    cost, fees = stake.cost / QTY_ONE, stake.fees / QTY_ONE
    price = stake.price / PRICE_ONE
    won, gained = price * size - cost, stake.gained / QTY_ONE
    own, other = market.outcomes[outcome], market.outcomes[1 - outcome]
    return {
        "proxy_wallet": wallet.maker.lower(),
        "token_id": own.token,
        "condition_id": market.id,
        "current_size": size,
        "avg_price": round(cost / size, 4) if size else 0.0,
        "entry_cost_usdc": _round(cost),
        "entry_fees_usdc": _round(fees),
        "total_cost_usdc": _round(cost + fees),
        "current_price": price,
        "current_value": _round(price * size),
        "total_size": stake.bought / QTY_ONE,
        "realized_pnl": _round(gained),
        "unrealized_pnl": _round(won),
        "total_pnl": _round(won + gained),
        "percent_pnl": round(100 * won / cost, 4) if cost else 0.0,
        "status": stake.status,
        "redeemable": stake.status != "OPEN",
        "mergeable": False,
        "negative_risk": market.neg_risk,
        "archived": False,
        "title": market.title,
        "slug": market.slug,
        "event_slug": market.event,
        "outcome": own.name,
        "outcome_index": outcome,
        "opposite_outcome": other.name,
        "opposite_token_id": other.token,
        "end_date": datetime.fromtimestamp(market.closes_at // SECOND, UTC).date().isoformat(),
        "last_event_at": stake.last_at,
        "first_entry_at": stake.first_at,
    }


def _old(row: dict[str, Any]) -> dict[str, Any]:
    names = {
        "proxyWallet": "proxy_wallet",
        "asset": "token_id",
        "conditionId": "condition_id",
        "size": "current_size",
        "avgPrice": "avg_price",
        "initialValue": "entry_cost_usdc",
        "currentValue": "current_value",
        "cashPnl": "unrealized_pnl",
        "percentPnl": "percent_pnl",
        "totalBought": "total_size",
        "realizedPnl": "realized_pnl",
        "curPrice": "current_price",
        "redeemable": "redeemable",
        "mergeable": "mergeable",
        "title": "title",
        "slug": "slug",
        "eventSlug": "event_slug",
        "outcome": "outcome",
        "outcomeIndex": "outcome_index",
        "oppositeOutcome": "opposite_outcome",
        "oppositeAsset": "opposite_token_id",
        "endDate": "end_date",
        "negativeRisk": "negative_risk",
    }
    return {name: row[source] for name, source in names.items()}


def _round(amount: float) -> float:
    return round(amount, DUST)
