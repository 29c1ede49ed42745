"""What we hold in one market and what each fill does to it: arithmetic that everyone shares.

A holding below zero is the other outcome: selling YES at `p` while flat is paying `1 - p` for NO.
So opening always costs money, closing always brings some, and the most that a holding can lose is
its cost.
"""

from collections.abc import Sequence

import msgspec

from pmterm.model.order import Side
from pmterm.model.units import PRICE_ONE, Cash, Ns, Price, Qty, cost, proceeds

_DAY: Ns = 86_400_000_000_000


class Holding(msgspec.Struct, frozen=True):
    """A position in one market.

    `qty` is signed on the YES scale; `cost` is what was paid for what is still held, 0 or more;
    `realised` is the profit taken since ever, less all `fees`; `trip` the same since the position
    was last flat.
    """

    qty: Qty = 0
    cost: Cash = 0
    realised: Cash = 0
    fees: Cash = 0
    trip: Cash = 0

    @property
    def average(self) -> Price:
        """The YES price paid on average, rounded half up; 0 when flat."""
        if self.qty == 0:
            return 0
        size = abs(self.qty)
        paid = (2 * self.cost * PRICE_ONE + size) // (2 * size)
        return paid if self.qty > 0 else PRICE_ONE - paid

    def filled(self, side: Side, price: Price, qty: Qty, fee: Cash) -> "Booked":
        """Return what a fill of `qty` at `price` (YES scale) makes of this holding.

        A fill beyond the holding closes it and opens the rest the other way round.
        """
        signed = qty if side is Side.BUY else -qty
        closing = min(qty, abs(self.qty)) if self.qty * signed < 0 else 0
        held_price = price if self.qty > 0 else PRICE_ONE - price
        opened_price = price if side is Side.BUY else PRICE_ONE - price
        return self._booked(
            signed,
            closing,
            proceeds(held_price, closing),
            cost(opened_price, qty - closing),
            fee,
        )

    def settled(self, payout: Price) -> "Booked":
        """Return what a resolution that pays `payout` per YES makes of this holding."""
        size = abs(self.qty)
        held_price = payout if self.qty > 0 else PRICE_ONE - payout
        return self._booked(-self.qty, size, proceeds(held_price, size), 0, 0)

    def adjusted(self, qty: Qty, price: Price) -> "Booked":
        """Return what a correction by `qty` (signed) makes of this holding.

        It is no trade: no cash moves and nothing is realised. What it adds counts as bought at
        `price`; what it takes away takes its share of the cost along.
        """
        closing = min(abs(qty), abs(self.qty)) if self.qty * qty < 0 else 0
        gone = self.cost * closing // abs(self.qty) if closing else 0
        paid = cost(price if qty > 0 else PRICE_ONE - price, abs(qty) - closing)
        is_over = closing > 0 and closing == abs(self.qty)
        after = Holding(
            qty=self.qty + qty,
            cost=self.cost - gone + paid,
            realised=self.realised,
            fees=self.fees,
            trip=0 if is_over else self.trip,
        )
        return Booked(after, cash=0, profit=0, is_over=False, trip=after.trip)

    def _booked(self, signed: Qty, closing: Qty, brought: Cash, paid: Cash, fee: Cash) -> "Booked":
        gone = self.cost * closing // abs(self.qty) if closing else 0
        profit = brought - gone - fee
        is_over = closing > 0 and closing == abs(self.qty)
        trip = self.trip + profit
        after = Holding(
            qty=self.qty + signed,
            cost=self.cost - gone + paid,
            realised=self.realised + profit,
            fees=self.fees + fee,
            trip=0 if is_over else trip,
        )
        return Booked(after, brought - paid - fee, profit, is_over, trip, fee)

    def mid_value(self, bid: Price, ask: Price) -> Cash:
        """Return what it is worth at mid, rounded down."""
        middle2 = bid + ask if self.qty >= 0 else 2 * PRICE_ONE - bid - ask
        return middle2 * abs(self.qty) // (2 * PRICE_ONE)


class Booked(msgspec.Struct, frozen=True):
    """A holding after a fill or settlement, and what changed.

    `cash` is what came in (below 0: went out), fee included; `profit` what was realised by it,
    fee included; `is_over`: the position that stood before was closed, with `trip` its profit.
    `fee` is below 0 where a fill was taken back.
    """

    holding: Holding
    cash: Cash
    profit: Cash
    is_over: bool
    trip: Cash
    fee: Cash = 0


FLAT = Holding()


def worst_loss(
    held: Holding, buys: Sequence[tuple[Price, Qty]], sells: Sequence[tuple[Price, Qty]]
) -> Cash:
    """Return the most that a holding and its working orders could lose, in 1e-6 USD.

    `buys` and `sells` are (YES price, open size). The worst of: nothing fills, all buys fill, all
    sells fill. Orders that would only close add nothing; beyond that the dearest count.
    """
    offers = [(PRICE_ONE - price, qty) for price, qty in sells]
    return max(held.cost, _if_filled(held, buys, 1), _if_filled(held, offers, -1))


def most_paid(
    held: Holding, buys: Sequence[tuple[Price, Qty]], sells: Sequence[tuple[Price, Qty]]
) -> Cash:
    """Return the most cash that working orders could take, in 1e-6 USD, before fees.

    Arguments as in `worst_loss`, from which it differs where an order flips a holding: that may
    cost no more than the holding did, but closing at a low price brings little to pay it with.
    """
    offers = [(PRICE_ONE - price, qty) for price, qty in sells]
    return max(_paid_if_filled(held, buys, 1), _paid_if_filled(held, offers, -1))


def _paid_if_filled(held: Holding, orders: Sequence[tuple[Price, Qty]], sign: int) -> Cash:
    """Add up all orders of a side: each contract that closes brings back a dollar less its price.

    Some of them filling cannot take more than all of them, nor both sides more than the dearer.
    """
    closes = max(0, -sign * held.qty)
    if sum(qty for _, qty in orders) <= closes:
        return 0
    return max(0, sum(cost(price, qty) for price, qty in orders) - closes)


def _if_filled(held: Holding, orders: Sequence[tuple[Price, Qty]], sign: int) -> Cash:
    closes = max(0, -sign * held.qty)
    opening = sum(qty for _, qty in orders) - closes
    if opening <= 0:
        return 0
    loss = 0 if closes else held.cost
    for price, qty in sorted(orders, reverse=True):
        taken = min(qty, opening)
        loss += cost(price, taken)
        opening -= taken
        if not opening:
            break
    return loss


def utc_day(at: Ns) -> int:
    """Return the number of the UTC day that `at` lies in."""
    return at // _DAY
