"""Polymarket's trades: one taker and its makers, and how far the chain has come with them.

Source: Polymarket docs, user channel and trade status, read 2026-08; frames recorded 2024 to 2026.
"""

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Callable
from enum import StrEnum
from functools import partial

import msgspec

from pmterm.model.errors import Impossible
from pmterm.model.ids import MarketId
from pmterm.model.order import Side
from pmterm.model.units import PRICE_ONE, Cash, Ns, Price, Qty
from pmterm.sim.events import Traded
from pmterm.sim.exchange import Exchange
from pmterm.sim.exchange_orders import ExchangeOrder, Filled
from pmterm.sim.polymarket_switches import PolymarketSwitches


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

    `parts` are the exchange's own trades, `fees` what each account paid for it.
    """

    id: str
    market: MarketId
    number: int
    taker: Party
    makers: list[Party]
    parts: list[str]
    fees: dict[str, Cash]
    at: Ns
    updated_at: Ns
    status: TradeStatus = TradeStatus.MATCHED

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


class TradeDesk:
    """Makes trades of fills and settles them as time passes; `on_trade` hears every step."""

    def __init__(self, exchange: Exchange, switches: PolymarketSwitches) -> None:
        self.trades: dict[str, PolyTrade] = {}
        self.on_trade: list[Callable[[PolyTrade], None]] = []
        self._exchange = exchange
        self._switches = switches
        self._waiting: dict[tuple[MarketId, int], list[Filled]] = defaultdict(list)

    def hear_fill(self, fill: Filled) -> None:
        """Keep a fill until its print is told: only that says how much the crowd traded with it."""
        self._waiting[fill.order.market, fill.number].append(fill)

    def taker_outcome(self, market: MarketId, number: int) -> int:
        """Return which outcome a print's taker asked for; the crowd does by turns."""
        for fill in self._waiting.get((market, number), ()):
            if not fill.is_maker:
                return fill.order.outcome
            if fill.other is not None:
                return fill.other.outcome
        return number % 2

    def hear_print(self, event: Traded) -> None:
        """Make a trade of a print if accounts had part in it."""
        outcome = self.taker_outcome(event.market, event.number)
        fills = self._waiting.pop((event.market, event.number), [])
        if not fills:
            return
        trade = _trade_of(event, fills, outcome)
        self.trades[trade.id] = trade
        self._tell(trade)
        fails = self._switches.failing_trades > 0
        self._switches.failing_trades -= fails
        steps = (
            (TradeStatus.RETRYING, TradeStatus.FAILED)
            if fails
            else (TradeStatus.MINED, TradeStatus.CONFIRMED)
        )
        delays = (self._switches.mined_after, self._switches.confirmed_after)
        for status, delay in zip(steps, delays, strict=True):
            self._exchange.call_at(event.at + delay, partial(self._move, trade, status))

    def of_account(self, account: str) -> list[PolyTrade]:
        """Return an account's trades, oldest first."""
        return [trade for trade in self.trades.values() if account in trade.accounts]

    def taken_by(self, order_id: str) -> list[PolyTrade]:
        """Return the trades that an incoming order made."""
        return [trade for trade in self.trades.values() if trade.taker.order_id == order_id]

    def with_order(self, order_id: str) -> list[str]:
        """Return the ids of the trades an order has part in."""
        return [
            trade.id
            for trade in self.trades.values()
            if any(party.order_id == order_id for party in trade.parties)
        ]

    def unsettled_shares(self, account: str, market: MarketId, outcome: int) -> Qty:
        """Return what was bought and is not on chain yet: it cannot be sold."""
        return sum(
            party.qty
            for trade, party in self._unsettled(account)
            if trade.market == market and party.outcome == outcome and party.is_buy
        )

    def unsettled_sales(self, account: str, market: MarketId, outcome: int) -> Qty:
        """Return what was sold and is still on chain."""
        return sum(
            party.qty
            for trade, party in self._unsettled(account)
            if trade.market == market and party.outcome == outcome and not party.is_buy
        )

    def unsettled_cost(self, account: str) -> Cash:
        """Return what unsettled buys cost, and the fees of all that is unsettled."""
        bought = sum(_cash(party) for _, party in self._unsettled(account) if party.is_buy)
        return bought + sum(
            trade.fees.get(account, 0)
            for trade in self.trades.values()
            if not trade.status.is_final
        )

    def unsettled_proceeds(self, account: str) -> Cash:
        """Return what unsettled sales bring, fees aside."""
        return sum(_cash(party) for _, party in self._unsettled(account) if not party.is_buy)

    def _unsettled(self, account: str) -> list[tuple[PolyTrade, Party]]:
        return [
            (trade, party)
            for trade in self.trades.values()
            if not trade.status.is_final
            for party in trade.parties
            if party.account == account
        ]

    def _move(self, trade: PolyTrade, status: TradeStatus, at: Ns) -> None:
        if status is TradeStatus.FAILED:
            try:
                for part in trade.parts:
                    self._exchange.reverse(at, part)
            except Impossible:  # the market has paid out meanwhile: then it did settle
                status = TradeStatus.CONFIRMED
        trade.status, trade.updated_at = status, at
        self._tell(trade)

    def _tell(self, trade: PolyTrade) -> None:
        for hear in self.on_trade:
            hear(trade)


def _cash(party: Party) -> Cash:
    return party.price * party.qty // PRICE_ONE


def _trade_of(event: Traded, fills: list[Filled], outcome: int) -> PolyTrade:
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
    return PolyTrade(
        id=first.trade_id,
        market=event.market,
        number=event.number,
        taker=_party(taker_id, taker, outcome, event.taker, price=event.price, qty=event.qty),
        makers=makers,
        parts=list(dict.fromkeys(fill.trade_id for fill in fills)),
        fees=_fees(fills),
        at=event.at,
        updated_at=event.at,
    )


def _fees(fills: list[Filled]) -> dict[str, Cash]:
    fees: dict[str, Cash] = {}
    for fill in fills:
        fees[fill.order.account] = fees.get(fill.order.account, 0) + fill.fee
    return fees


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
