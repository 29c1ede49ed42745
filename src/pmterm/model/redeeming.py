"""What of new money is a payout that was due: venues tell only how much cash there is.

Shares of a resolved market are redeemed all at once, so that a payout comes whole.
"""

from collections.abc import Mapping
from itertools import combinations
from typing import Final

from pmterm.model.ids import MarketId
from pmterm.model.units import CASH_CENT, Cash

DUST: Final = CASH_CENT  # fills of a whole order can be off by a hundredth of a share (Polymarket)
MOST: Final = 12  # payouts that are tried in every combination; of more only each, and all of them


def redeemed(came: Cash, dues: Mapping[MarketId, Cash]) -> tuple[dict[MarketId, Cash], bool]:
    """Return what of `came` (1e-6 USD) paid for which market, and whether that is sure.

    Money of just the size of some payouts is those; money smaller than any is something else, a
    deposit or a rebate. What is neither counts as paid for as far as it goes, so that nothing is
    reckoned with twice.
    """
    if not dues or came <= 0 or came < min(dues.values()) - DUST:
        return {}, True
    exact = _exactly(came, dues)
    if exact:
        return {market: dues[market] for market in exact}, True
    paid: dict[MarketId, Cash] = {}
    for market, due in dues.items():
        paid[market] = min(due, came)
        came -= paid[market]
    return paid, False


def _exactly(came: Cash, dues: Mapping[MarketId, Cash]) -> tuple[MarketId, ...]:
    """Return the fewest markets whose payouts come to just that much, none if there are none."""
    sizes = range(1, len(dues) + 1) if len(dues) <= MOST else (1, len(dues))
    for size in sizes:
        for markets in combinations(dues, size):
            if abs(sum(dues[market] for market in markets) - came) <= DUST * size:
                return markets
    return ()
