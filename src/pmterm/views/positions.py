"""Holdings and profit."""

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from pmterm.messages.accounts import PositionChanged, ProfitMarked
from pmterm.messages.feed import NO_ASK, NO_BID
from pmterm.model.fees import FeeSchedule
from pmterm.model.ids import MarketId
from pmterm.model.market import Market
from pmterm.model.units import PRICE_ONE, Cash, Price, Qty
from pmterm.views.cash_out import CashOut, Levels, cash_outs, if_resolved
from pmterm.views.figures import cash_text, qty_text


class PositionRow(msgspec.Struct, frozen=True):
    """One holding, told from the side of the outcome we hold.

    `qty` is above 0, `average` and `exit_at` are prices of that outcome; `exit_at` is what an
    exit would bring now, -1 if nobody stands there. Profits are 1e-6 USD; that of an exit is marked
    as the day's is: after its fee where the money is real, at the last price that was known, and
    not `is_complete` where that is not a price of now. `settling` of it is not
    confirmed yet and cannot be sold. `redeems` is what a resolved market pays for it, -1
    while it is not resolved. `ways` are how it can be left now, what brings most first; `pairs` is
    how many of both outcomes are held besides.
    """

    market: MarketId
    title: str
    outcome: str
    qty: Qty
    average: Price
    exit_at: Price
    open_exit: Cash
    open_mid: Cash
    realised: Cash
    fees: Cash
    cost: Cash
    is_trusted: bool
    is_short: bool
    settling: Qty = 0
    redeems: Cash = -1
    ways: tuple[CashOut, ...] = ()
    pairs: Qty = 0
    is_complete: bool = True

    @property
    def settled(self) -> Qty:
        """What can be sold: no more than is confirmed."""
        return self.qty - self.settling

    @property
    def merge_text(self) -> str:
        """Say what the pairs of both outcomes are worth, and how to get it; empty without any."""
        if not self.pairs:
            return ""
        paid = cash_text(self.pairs)  # a dollar each, both in millionths
        return f"{qty_text(self.pairs)} pairs: merging pays {paid} (web site)"

    @property
    def exit_value(self) -> Cash:
        """What leaving all of it would bring, 1e-6 USD, by the same mark as `open_exit`."""
        return self.cost + self.open_exit


class MoneyView(msgspec.Struct, frozen=True):
    """What the session made and what it risks, 1e-6 USD; limits as their rules write them."""

    cash: Cash = 0
    equity: Cash = 0
    realised_day: Cash = 0
    open_exit: Cash = 0
    open_mid: Cash = 0
    exposure: Cash = 0
    fees_day: Cash = 0
    loss_limit: str = ""
    loss_used_ppm: int = 0
    exposure_limit: str = ""
    exposure_used_ppm: int = 0
    is_complete: bool = True

    @property
    def day(self) -> Cash:
        """Profit of the day if everything were sold now."""
        return self.realised_day + self.open_exit


def position_row(
    held: PositionChanged,
    market: Market | None,
    touch: tuple[Price, Price],
    *,
    is_trusted: bool,
    value: Cash | None,
    payout: Price = -1,
    ways: Sequence[CashOut] = (),
) -> PositionRow:
    """Tell a signed position from the side of the outcome it holds.

    `market` None: it is held, but not watched, so that neither names nor prices are known.
    `value` is what leaving it would bring, None if it never had a price.
    """
    bid, ask = touch
    is_short = held.qty < 0
    qty = abs(held.qty)
    average = PRICE_ONE - held.average if is_short else held.average
    gone = ask == NO_ASK if is_short else bid == NO_BID
    exit_at = PRICE_ONE - ask if is_short else bid
    is_priced = is_trusted and bid != NO_BID and ask != NO_ASK and value is not None
    mid2 = bid + ask if bid != NO_BID and ask != NO_ASK else 0
    middle2 = 2 * PRICE_ONE - mid2 if is_short else mid2
    return PositionRow(
        held.market,
        market.title if market is not None else held.market,
        market.outcomes[is_short].name if market is not None else ("NO" if is_short else "YES"),
        qty,
        average,
        -1 if gone else exit_at,
        value - held.cost if value is not None else 0,
        (qty * middle2 // 20_000 - held.cost) if mid2 else 0,
        held.realised,
        held.fees,
        held.cost,
        is_trusted,
        is_short,
        held.settling,
        redeems_of(qty, payout, is_short=is_short),
        tuple(ways),
        held.pairs if payout < 0 else 0,
        is_priced or not qty,
    )


def profit_text(cash: Cash, *, is_complete: bool) -> str:
    """Write a profit, with a question mark where not all of it is marked at a price of now."""
    return cash_text(cash, signed=True) + ("" if is_complete else "?")


def redeems_of(qty: Qty, payout: Price, *, is_short: bool) -> Cash:
    """Return what a resolved market pays for a holding; `payout` is that of YES, -1: open yet."""
    if payout < 0 or not qty:
        return -1
    return qty * (PRICE_ONE - payout if is_short else payout) // 10_000


def marked(money: MoneyView, profit: ProfitMarked) -> MoneyView:
    """Take over the latest marks."""
    return msgspec.structs.replace(
        money,
        equity=profit.equity,
        realised_day=profit.realised_day,
        open_exit=profit.open_exit,
        open_mid=profit.open_mid,
        exposure=profit.exposure,
        fees_day=profit.fees_day,
        is_complete=profit.is_complete,
    )


_Quoted: TypeAlias = tuple[tuple[Levels, Levels], FeeSchedule]


def ways_to_leave(
    held: PositionChanged, here: _Quoted, there: _Quoted | None, *, merges: bool
) -> list[CashOut]:
    """Return how a holding could be left; `here` and `there` are bids and asks of YES, and fees.

    `there` is the same question on the other venue, None if it is not watched.
    """

    def bids(quoted: _Quoted) -> tuple[Levels, FeeSchedule]:
        (bought, sold), fees = quoted
        if held.qty > 0:
            return bought, fees
        return [(PRICE_ONE - price, size) for price, size in sold], fees

    levels, fees = bids(here)
    return cash_outs(
        abs(held.qty),
        levels,
        fees,
        settling=held.settling,
        merges=merges,
        elsewhere=bids(there) if there is not None else None,
    )


def leaving_lines(row: PositionRow) -> tuple[str, ...]:
    """Say what leaving a holding brings and what each end would, profits after what it cost."""
    if not row.qty or row.redeems >= 0:
        return ()
    ends = (
        f"held to the end {cash_text(if_resolved(row.qty, row.cost, wins=True), signed=True)}"
        f" if {row.outcome}, else {cash_text(-row.cost, signed=True)}"
    )
    if not row.ways:
        return ("cash out: nobody to sell to now", ends)
    best = row.ways[0]
    told = [f"{one.way} {cash_text(one.brings)}{_part(one, row.qty)}" for one in row.ways]
    profit = best.brings - row.cost * best.qty // row.qty
    either = f"cashed out {cash_text(profit, signed=True)} either way"
    return (f"cash out: {'; '.join(told)}", f"{either}; {ends}")


def _part(one: CashOut, qty: Qty) -> str:
    size = "" if one.qty == qty else f" for {qty_text(one.qty)}"
    return size if one.at_once else f"{size} when resolved"
