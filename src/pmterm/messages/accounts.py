"""What we hold and what it is worth."""

from enum import StrEnum
from typing import Final

from pmterm.messages.base import Message
from pmterm.model.ids import MarketId
from pmterm.model.units import Cash, Price, Qty


class Mode(StrEnum):
    """Whose money, and whose time."""

    PAPER = "paper"
    LIVE = "live"
    REPLAY = "replay"


MADE_UP: Final = "@local"  # how the rules of sessions end that were not on the real venues


class SessionStarted(Message, frozen=True):
    """A session begins. `cash` is the paper money it starts with, if the store held none.

    `rules` names the thresholds that its signals are found with, "" where nobody noted it, and the
    world it was in.
    """

    session: str
    mode: Mode
    version: str
    cash: Cash
    rules: str = ""

    @property
    def is_made_up(self) -> bool:
        """Whether it is known to have been the demo, or on a local exchange."""
        return self.rules.endswith(MADE_UP)


class PositionChanged(Message, frozen=True):
    """A holding after a fill or a settlement.

    `qty` is signed on the YES scale: below 0 we hold the other outcome. `average` is the YES
    price paid on average, `cost` what is tied up (1e-6 USD: price x size, or (1 - price) x size
    when short), `realised` the profit taken so far in this market, after `fees`. `settling` is how
    much of it has not settled yet and cannot be sold, 0 or more. `pairs` is how many of both
    outcomes are held besides, where a venue keeps them apart: each can be merged into a dollar.
    """

    market: MarketId
    qty: Qty
    average: Price
    cost: Cash
    realised: Cash
    fees: Cash
    settling: Qty = 0
    pairs: Qty = 0


class BalanceSeen(Message, frozen=True):
    """Cash that is ours and free of positions, 1e-6 USD."""

    cash: Cash


class ProfitMarked(Message, frozen=True):
    """Profit by message time's UTC day, marked at what an exit would bring now (1e-6 USD).

    `open_mid` marks at mid. `exposure` is the most all positions and working orders could lose.
    """

    realised_day: Cash
    open_exit: Cash
    open_mid: Cash
    exposure: Cash
    equity: Cash
    fees_day: Cash
    is_complete: bool = True  # false: some position has no trusted book to mark it at


class MarketSettled(Message, frozen=True):
    """A market was resolved: YES pays `payout` (1e-4 USD: 10_000, 0, or between)."""

    market: MarketId
    payout: Price
