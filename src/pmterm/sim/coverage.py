"""What an account's open orders may cost it: pure questions, for the dialects' own rules."""

from collections.abc import Iterable

from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market
from pmterm.model.order import Side
from pmterm.model.units import PRICE_ONE, Cash, Qty, cost
from pmterm.sim.exchange_orders import ExchangeOrder
from pmterm.sim.ledger import Ledger


def cost_of(order: ExchangeOrder, qty: Qty) -> Cash:
    """Return what `qty` of an order costs at its limit, 0 if it sells; fees aside."""
    return 0 if order.is_sale else cost(order.own_price, qty)


def netted_cost(order: ExchangeOrder, qty: Qty, covered: Qty) -> Cash:
    """Return what an order costs where positions net: what closes one (`covered`) is free."""
    price = order.price if order.side is Side.BUY else PRICE_ONE - order.price
    return cost(price, max(0, qty - covered))


def reserved(ledger: Ledger, market: Market, orders: Iterable[ExchangeOrder]) -> Cash:
    """Return what the open orders of one account in one market hold back, oldest first.

    Where positions net (Kalshi) an order that closes what is held costs nothing.
    """
    if market.venue is Venue.POLYMARKET:
        return sum(cost_of(order, order.open) for order in orders)
    total = 0
    used = {Side.BUY: 0, Side.SELL: 0}
    for order in orders:
        position = ledger.position(order.account, market.id)
        held = max(0, position if order.side is Side.SELL else -position)
        covered = min(order.open, max(0, held - used[order.side]))
        used[order.side] += covered
        total += netted_cost(order, order.open, covered)
    return total


def offered(orders: Iterable[ExchangeOrder], market: MarketId, outcome: int) -> Qty:
    """Return how much of an outcome open orders offer for sale."""
    return sum(
        order.open
        for order in orders
        if order.market == market and order.outcome == outcome and order.is_sale
    )


def uncovered(
    ledger: Ledger, market: Market, orders: Iterable[ExchangeOrder]
) -> list[ExchangeOrder]:
    """Return the orders of one account in one market that it cannot pay for, the youngest first.

    Polymarket's rule: what the buys of one market cost together must be there, and so must what
    its sales of an outcome offer; the same cash may stand behind another market, too.
    """
    cash: Cash | None = None
    held: dict[int, Qty] = {}
    found: list[ExchangeOrder] = []
    for order in orders:
        if order.is_sale:
            left = held.get(order.outcome)
            if left is None:
                left = ledger.holding(order.account, market.id, order.outcome)
            need = order.open
            if need <= left:
                held[order.outcome] = left - need
            else:
                held[order.outcome] = left
                found.append(order)
            continue
        if cash is None:
            purses = ledger.purses(order.account)
            cash = sum(amount for purse, amount in purses.items() if purse.venue is market.venue)
        need = cost_of(order, order.open)
        if need <= cash:
            cash -= need
        else:
            found.append(order)
    return found[::-1]
