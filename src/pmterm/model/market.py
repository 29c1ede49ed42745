"""What a market is: its outcomes, its price grid, its rules."""

from enum import StrEnum

import msgspec

from pmterm.model.fees import FeeSchedule
from pmterm.model.ids import MarketId, TokenId, Venue
from pmterm.model.units import PRICE_ONE, QTY_ONE, Cash, Ns, Price, Qty


class MarketStatus(StrEnum):
    """Where in its life a market stands."""

    UNOPENED = "unopened"
    ACTIVE = "active"
    PAUSED = "paused"
    CLOSED = "closed"
    RESOLVED = "resolved"


class PriceBand(msgspec.Struct, frozen=True):
    """A stretch of the price grid: prices from `start` to `end`, both included, every `step`."""

    start: Price
    end: Price
    step: Price


class Outcome(msgspec.Struct, frozen=True):
    """One side of a market. `name` is cleaned text; `token` is empty on Kalshi."""

    name: str
    token: TokenId = TokenId("")


CENT_GRID = (PriceBand(0, PRICE_ONE, 100),)


class Market(msgspec.Struct, frozen=True, kw_only=True):
    """A binary market. Prices everywhere are those of `outcomes[0]` ("YES").

    All text is cleaned. Times are Unix ns, 0 where the venue told none. `taker_delay` is how long
    the venue holds a marketable order back. `shard` is which of the venue's matching engines (and
    of the account's purses there) it belongs to: Kalshi's `exchange_index`.
    """

    id: MarketId
    venue: Venue
    title: str
    outcomes: tuple[Outcome, Outcome]
    slug: str = ""
    event: str = ""
    event_title: str = ""
    category: str = ""
    rules: str = ""
    status: MarketStatus = MarketStatus.ACTIVE
    bands: tuple[PriceBand, ...] = CENT_GRID
    min_qty: Qty = QTY_ONE
    qty_step: Qty = 10_000
    fees: FeeSchedule = FeeSchedule()
    taker_delay: Ns = 0
    starts_at: Ns = 0
    closes_at: Ns = 0
    clears_book_on_start: bool = False
    neg_risk: bool = False
    shard: int = 0
    result: str = ""
    volume: Cash = 0
    volume_24h: Cash = 0
    liquidity: Cash = 0
    best_bid: Price = 0
    best_ask: Price = PRICE_ONE

    def step_at(self, price: Price) -> Price:
        """Return the tick at `price`; on a border between two bands, the finer one."""
        return min((b.step for b in self.bands if b.start <= price <= b.end), default=100)

    def is_on_grid(self, price: Price) -> bool:
        """Tell whether an order may stand at `price`."""
        return 0 < price < PRICE_ONE and any(
            b.start <= price <= b.end and (price - b.start) % b.step == 0 for b in self.bands
        )

    def tick_up(self, price: Price) -> Price:
        """Return the next grid price above `price`, at most one tick below 1."""
        higher = (
            b.start + ((max(price, b.start - b.step) - b.start) // b.step + 1) * b.step
            for b in self.bands
            if price < b.end
        )
        return min((p for p in higher if price < p < PRICE_ONE), default=price)

    def tick_down(self, price: Price) -> Price:
        """Return the next grid price below `price`, at least one tick above 0."""
        lower = (
            b.start + (-(-(min(price, b.end + b.step) - b.start) // b.step) - 1) * b.step
            for b in self.bands
            if price > b.start
        )
        return max((p for p in lower if 0 < p < price), default=price)

    def snap(self, price: Price, *, up: bool) -> Price:
        """Return the nearest grid price not below (`up`) or not above `price`."""
        if self.is_on_grid(price):
            return price
        return self.tick_up(price) if up else self.tick_down(price)
