"""Holdings and profit."""

import msgspec

from pmterm.messages.accounts import PositionChanged, ProfitMarked
from pmterm.messages.feed import NO_ASK, NO_BID
from pmterm.model.ids import MarketId
from pmterm.model.market import Market
from pmterm.model.units import PRICE_ONE, Cash, Price, Qty


class PositionRow(msgspec.Struct, frozen=True):
    """One holding, told from the side of the outcome we hold.

    `qty` is above 0, `average` and `exit_at` are prices of that outcome; `exit_at` is what an
    exit would bring now, -1 if nobody stands there. Profits are 1e-6 USD.
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
    held: PositionChanged, market: Market, touch: tuple[Price, Price], *, is_trusted: bool
) -> PositionRow:
    """Tell a signed position from the side of the outcome it holds."""
    bid, ask = touch
    is_short = held.qty < 0
    qty = abs(held.qty)
    average = PRICE_ONE - held.average if is_short else held.average
    gone = ask == NO_ASK if is_short else bid == NO_BID
    value = PRICE_ONE - ask if is_short else bid
    mid2 = bid + ask if bid != NO_BID and ask != NO_ASK else 0
    middle2 = 2 * PRICE_ONE - mid2 if is_short else mid2
    return PositionRow(
        held.market,
        market.title,
        market.outcomes[1 if is_short else 0].name,
        qty,
        average,
        -1 if gone else value,
        qty * value // 10_000 - held.cost,
        (qty * middle2 // 20_000 - held.cost) if mid2 else 0,
        held.realised,
        held.fees,
        held.cost,
        is_trusted,
        is_short,
    )


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
