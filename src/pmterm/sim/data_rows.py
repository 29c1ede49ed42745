"""What the Data API says of a wallet's stake in an outcome.

Source: Polymarket docs, Data API v2, read 2026-10; rows recorded 2026-06 (v1) and 2026-10 (v2).
"""

from datetime import UTC, datetime
from typing import Any

import msgspec

from pmterm.model.market import MarketStatus
from pmterm.model.units import PRICE_ONE, QTY_ONE, SECOND, Cash, Price, Qty
from pmterm.sim.exchange_orders import Filled
from pmterm.sim.market_state import MarketState
from pmterm.sim.polymarket_wallets import Wallet

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


def position_row(wallet: Wallet, stake: Stake) -> dict[str, Any]:
    """Return a row of `/v2/positions`."""
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
        "entry_cost_usdc": rounded(cost),
        "entry_fees_usdc": rounded(fees),
        "total_cost_usdc": rounded(cost + fees),
        "current_price": price,
        "current_value": rounded(price * size),
        "total_size": stake.bought / QTY_ONE,
        "realized_pnl": rounded(gained),
        "unrealized_pnl": rounded(won),
        "total_pnl": rounded(won + gained),
        "percent_pnl": round(100 * won / cost, 4) if cost else 0.0,
        "percent_realized_pnl": round(100 * gained / cost, 4) if cost else 0.0,
        "status": stake.status,
        "redeemable": stake.status != "OPEN",
        "mergeable": False,
        "negative_risk": market.neg_risk,
        "archived": False,
        "title": market.title,
        "slug": market.slug,
        "icon": "",
        "event_id": str(stake.state.listing.game),
        "event_slug": market.event,
        "outcome": own.name,
        "outcome_index": outcome,
        "opposite_outcome": other.name,
        "opposite_token_id": other.token,
        "end_date": datetime.fromtimestamp(market.closes_at // SECOND, UTC).date().isoformat(),
        "last_event_at": stake.last_at,
        "first_entry_at": stake.first_at,
        "name": "",
        "profile_image": "",
        "verified": False,
    }


def old_row(row: dict[str, Any]) -> dict[str, Any]:
    """Return the same as v1 names it."""
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


def rounded(amount: float) -> float:
    """Cut what floats leave over."""
    return round(amount, DUST)
