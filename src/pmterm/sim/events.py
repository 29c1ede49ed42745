"""What happens on the local exchange, in no venue's dialect. Prices are on the YES scale."""

from typing import TypeAlias

import msgspec

from pmterm.model.ids import MarketId
from pmterm.model.market import MarketStatus
from pmterm.model.order import Side
from pmterm.model.units import PRICE_ONE, Ns, Price, Qty


class LevelNow(msgspec.Struct, frozen=True, gc=False):
    """One level holds exactly `qty` (0: gone), `change` more than before.

    `by_trade` tells a fill from an order that was placed or taken back; `order` is whose it was,
    "" where the change is of several orders or nobody tells.
    """

    at: Ns
    market: MarketId
    side: Side
    price: Price
    qty: Qty
    change: Qty
    by_trade: bool = False
    order: str = ""


class Traded(msgspec.Struct, frozen=True, gc=False):
    """`qty` traded at the resting price; `taker` is the aggressor's side; `number` counts them."""

    at: Ns
    market: MarketId
    price: Price
    qty: Qty
    taker: Side
    number: int


class BookReplaced(msgspec.Struct, frozen=True):
    """The whole book is this now: levels as (price, size) in any order."""

    at: Ns
    market: MarketId
    bids: tuple[tuple[Price, Qty], ...]
    asks: tuple[tuple[Price, Qty], ...]


class GridChanged(msgspec.Struct, frozen=True):
    """The price grid has one step from now on; what stood off the grid is gone already."""

    at: Ns
    market: MarketId
    step: Price
    step_before: Price


class StatusChanged(msgspec.Struct, frozen=True):
    """A market opened, paused, closed or was resolved.

    `result` is the winning outcome's index, -1 for none; `payout` what one YES then pays where
    neither outcome won (a split or void market), -1 for "as `result` says".
    """

    at: Ns
    market: MarketId
    status: MarketStatus
    result: int = -1
    payout: Price = -1

    @property
    def yes_pays(self) -> Price:
        """What one YES pays once the market is resolved."""
        return self.payout if self.payout >= 0 else (PRICE_ONE if self.result == 0 else 0)


class MatchMoment(msgspec.Struct, frozen=True):
    """Something happened in the match: no venue says it, a viewer sees it.

    `team` is 0 or 1, -1 for neither. `chance_ppm` is the first team's chance to win the match.
    """

    at: Ns
    kind: str
    team: int
    text: str
    chance_ppm: int


MarketEvent: TypeAlias = LevelNow | Traded | BookReplaced | GridChanged | StatusChanged
SimEvent: TypeAlias = MarketEvent | MatchMoment
