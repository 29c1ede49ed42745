"""What leaving a position would bring, way by way (P3): sell, buy the other side, or elsewhere.

All prices are of the outcome that is held. Only what stands in the book is counted, level by level,
after the fee of each order.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import TypeAlias

import msgspec

from pmterm.model.fees import FeeSchedule, fee_of
from pmterm.model.units import PRICE_ONE, Cash, Price, Qty, cost, proceeds

Levels: TypeAlias = Sequence[tuple[Price, Qty]]


class Way(StrEnum):
    """How a position can be left."""

    SELL = "sell"
    MERGE = "buy the other and merge"
    ELSEWHERE = "buy the other elsewhere"


class CashOut(msgspec.Struct, frozen=True):
    """Leaving `qty` of a position this way brings `brings` (1e-6 USD), whatever happens then.

    Not `at_once`: the dollars of the pairs come when the market is resolved.
    """

    way: Way
    qty: Qty
    brings: Cash
    at_once: bool

    @property
    def each(self) -> Cash:
        """What a contract brings, 1e-6 USD, rounded down."""
        return self.brings * 1_000_000 // self.qty if self.qty else 0


def cash_outs(
    qty: Qty,
    bids: Levels,
    fees: FeeSchedule,
    *,
    settling: Qty = 0,
    merges: bool = False,
    elsewhere: tuple[Levels, FeeSchedule] | None = None,
) -> list[CashOut]:
    """Return the ways to leave `qty`, the dearest last; of equal ones that which pays at once.

    `bids` are those of the outcome held; to sell into one is to be bought the other outcome at a
    dollar less. `settling` cannot be sold yet, but the other outcome can be bought. `merges`: the
    venue pays a dollar for a pair of both. `elsewhere`: the bids and fees of the same question on
    the other venue.
    """
    found = [_sold(qty - settling, bids, fees)]
    if merges:
        found.append(_paired(Way.MERGE, qty, bids, fees, at_once=True))
    if elsewhere is not None:
        found.append(_paired(Way.ELSEWHERE, qty, *elsewhere, at_once=False))
    return sorted(
        (one for one in found if one.qty > 0),
        key=lambda one: (-one.qty, -one.brings, not one.at_once, one.way is not Way.SELL),
    )


def if_resolved(qty: Qty, paid: Cash, *, wins: bool) -> Cash:
    """Return the profit of a holding that cost `paid` if it is held to the end, before fees."""
    return (qty if wins else 0) - paid


def _sold(qty: Qty, bids: Levels, fees: FeeSchedule) -> CashOut:
    taken = _taken(qty, bids)
    brings = sum(proceeds(price, size) - fee_of(fees, price, size) for price, size in taken)
    return CashOut(Way.SELL, sum(size for _, size in taken), brings, at_once=True)


def _paired(way: Way, qty: Qty, bids: Levels, fees: FeeSchedule, *, at_once: bool) -> CashOut:
    """Buy the other outcome of each: a pair is worth a dollar."""
    taken = _taken(qty, bids)
    size = sum(each for _, each in taken)
    paid = sum(
        cost(PRICE_ONE - price, each) + fee_of(fees, PRICE_ONE - price, each)
        for price, each in taken
    )
    return CashOut(way, size, size - paid, at_once)


def _taken(qty: Qty, bids: Levels) -> list[tuple[Price, Qty]]:
    taken = []
    for price, stands in sorted(bids, reverse=True):
        size = min(qty, stands)
        if size <= 0:
            break
        taken.append((price, size))
        qty -= size
    return taken
