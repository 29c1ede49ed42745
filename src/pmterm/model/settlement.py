"""What a resolved market pays: floor 1, for paper and live alike."""

from pmterm.model.market import Market, MarketStatus
from pmterm.model.units import PRICE_ONE, Price


def payout_of(market: Market) -> Price | None:
    """Return what YES pays, None while that is not known (a void is not guessed at)."""
    if market.status is not MarketStatus.RESOLVED or not market.result:
        return None
    result = market.result.casefold()
    if result == "50-50":
        return PRICE_ONE // 2
    if result in {market.outcomes[0].name.casefold(), "yes"}:
        return PRICE_ONE
    if result in {market.outcomes[1].name.casefold(), "no"}:
        return 0
    return None
