"""What an order would do if it were sent now: fills at once, rests, cost, fee, worst case."""

import msgspec

from pmterm.model.fees import FeeMeter
from pmterm.model.market import Market
from pmterm.model.order import Side
from pmterm.model.units import PRICE_ONE, QTY_ONE, Cash, Price, Qty, cost
from pmterm.views.ladder import LadderView


class TicketView(msgspec.Struct, frozen=True):
    """An estimate, from the levels that can be seen. Sizes in contracts, cash in 1e-6 USD.

    `ties_up` is what the order takes from cash if all of it trades at its limit, `worst` the most
    it can lose, fee included; `average` 0 when nothing fills at once. `objection` says why the
    order cannot be sent as it is, or is empty.
    """

    fills_now: Qty = 0
    rests: Qty = 0
    average: Price = 0
    fee: Cash = 0
    ties_up: Cash = 0
    worst: Cash = 0
    objection: str = ""


def estimate(market: Market, ladder: LadderView, side: Side, qty: Qty, price: Price) -> TicketView:
    """Walk the visible book with an order; `price` 0 means at market."""
    objection = object_to(market, ladder, side, qty, price)
    if qty <= 0:
        return TicketView(objection=objection)
    meter = FeeMeter(market.fees)
    left, paid, fee = qty, 0, 0
    for level, size in ladder.asks if side is Side.BUY else ladder.bids:
        beyond = level > price if side is Side.BUY else level < price
        if not left or (price and beyond):
            break
        took = min(left, size)
        left -= took
        paid += level * took
        fee += meter.charge(level, took, is_maker=False)
    now = qty - left
    average = (paid + now // 2) // now if now else 0
    rests = left if price else 0
    ties_up = _tied(side, now, average) + _tied(side, rests, price)
    return TicketView(now, rests, average, fee, ties_up, -(ties_up + fee), objection)


def _tied(side: Side, qty: Qty, price: Price) -> Cash:
    """Return what it takes to buy, or to sell without holding."""
    return cost(price if side is Side.BUY else PRICE_ONE - price, qty) if qty else 0


def object_to(market: Market, ladder: LadderView, side: Side, qty: Qty, price: Price) -> str:
    """Say why such an order cannot be sent, or return nothing."""
    if qty <= 0:
        return "size is empty"
    if qty < market.min_qty:
        return f"size is below the smallest, {market.min_qty // QTY_ONE or 'a fraction'}"
    if price and not market.is_on_grid(price):
        return "price is between two ticks"
    if not price and not (ladder.asks if side is Side.BUY else ladder.bids):
        return "nobody stands on the other side"
    if not ladder.health.is_trusted:
        return f"book not trusted: {ladder.health.reason}"
    return ""
