"""One trade of Polymarket's: a taker and its makers, and how far the chain has come with it.

Source: Polymarket docs, user channel and trade status, read 2026-08; frames recorded 2024 to 2026.
"""

import hashlib
import uuid
from enum import StrEnum

import msgspec

from pmterm.model.ids import MarketId
from pmterm.model.order import Side
from pmterm.model.units import PRICE_ONE, Cash, Ns, Price, Qty
from pmterm.sim.events import Traded
from pmterm.sim.exchange_orders import ExchangeOrder, Filled


class TradeStatus(StrEnum):
    """How far the settlement has come."""

    MATCHED = "MATCHED"
    MINED = "MINED"
    CONFIRMED = "CONFIRMED"
    RETRYING = "RETRYING"
    FAILED = "FAILED"

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens."""
        return self in {TradeStatus.CONFIRMED, TradeStatus.FAILED}


class Party(msgspec.Struct, frozen=True):
    """One order's part in a trade: `price` is of its own `outcome`; the crowd has no `order`."""

    order_id: str
    order: ExchangeOrder | None
    outcome: int
    is_buy: bool
    price: Price
    qty: Qty

    @property
    def account(self) -> str:
        """Whose it is, "" for the crowd."""
        return self.order.account if self.order is not None else ""


class PolyTrade(msgspec.Struct, eq=False):
    """One print: all makers of one taker at one price.

    `parts` are the exchange's own trades. `spent` is what each account's buys in it cost, its fees
    included, and `earned` what its sales brought. One that `fails` will not settle.
    """

    id: str
    market: MarketId
    number: int
    taker: Party
    makers: list[Party]
    parts: list[str]
    spent: dict[str, Cash]
    earned: dict[str, Cash]
    at: Ns
    updated_at: Ns
    status: TradeStatus = TradeStatus.MATCHED
    fails: bool = False

    @property
    def parties(self) -> list[Party]:
        """Everybody in it."""
        return [self.taker, *self.makers]

    @property
    def accounts(self) -> set[str]:
        """Every account in it."""
        return {party.account for party in self.parties} - {""}

    @property
    def hash(self) -> str:
        """The transaction's hash, "" while it is in no block."""
        if self.status in {TradeStatus.MATCHED, TradeStatus.RETRYING}:
            return ""
        return transaction_hash(self.market, self.number)


def transaction_hash(market: MarketId, number: int) -> str:
    """Make up the hash of the transaction that settles a print."""
    return "0x" + hashlib.sha256(f"{market}{number}".encode()).hexdigest()


def made_up_owner(order_id: str) -> str:
    """Make up the API key of one of the crowd."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, order_id))


def made_up_address(order_id: str) -> str:
    """Make up the wallet of one of the crowd."""
    return "0x" + hashlib.sha256(order_id.encode()).hexdigest()[:40]


def trade_of(event: Traded, fills: list[Filled], outcome: int) -> PolyTrade:
    """Make a trade of a print and the fills of accounts in it; `outcome` is the taker's."""
    first = fills[0]
    taker = first.order if not first.is_maker else first.other
    taker_id = first.order.id if not first.is_maker else first.other_order
    makers = [_maker(event, fill) for fill in fills if fill.is_maker]
    known = {maker.order_id for maker in makers}
    makers += [
        _crowd_maker(event, fill.other_order, fill.qty, outcome)
        for fill in fills
        if not fill.is_maker and fill.other_order not in known
    ]
    rest = event.qty - sum(maker.qty for maker in makers)
    if rest > 0:  # a taker of the crowd met more of the crowd at this price
        makers.append(_crowd_maker(event, f"{event.market}/{event.number}/rest", rest, outcome))
    spent, earned = _money(fills)
    return PolyTrade(
        id=first.trade_id,
        market=event.market,
        number=event.number,
        taker=_party(taker_id, taker, outcome, event.taker, price=event.price, qty=event.qty),
        makers=makers,
        parts=list(dict.fromkeys(fill.trade_id for fill in fills)),
        spent=spent,
        earned=earned,
        at=event.at,
        updated_at=event.at,
    )


def _money(fills: list[Filled]) -> tuple[dict[str, Cash], dict[str, Cash]]:
    spent: dict[str, Cash] = {}
    earned: dict[str, Cash] = {}
    for fill in fills:
        account = fill.order.account
        spent[account] = spent.get(account, 0) + fill.fee + max(0, -fill.cash)
        earned[account] = earned.get(account, 0) + max(0, fill.cash)
    return spent, earned


def _maker(event: Traded, fill: Filled) -> Party:
    order = fill.order
    return _party(
        order.id, order, order.outcome, event.taker.other, price=event.price, qty=fill.qty
    )


def _crowd_maker(event: Traded, order_id: str, qty: Qty, outcome: int) -> Party:
    """Put half of the crowd on the other outcome than the taker's."""
    is_cross = hashlib.sha256(order_id.encode()).digest()[0] % 2 == 1
    own = 1 - outcome if is_cross else outcome
    return _party(order_id, None, own, event.taker.other, price=event.price, qty=qty)


def _party(
    order_id: str,
    order: ExchangeOrder | None,
    outcome: int,
    side: Side,
    *,
    price: Price,
    qty: Qty,
) -> Party:
    return Party(
        order_id=order_id,
        order=order,
        outcome=outcome,
        is_buy=(side is Side.BUY) == (outcome == 0),
        price=price if outcome == 0 else PRICE_ONE - price,
        qty=qty,
    )
