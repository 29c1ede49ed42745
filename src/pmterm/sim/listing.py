"""What the local exchange lists: markets of both venues, and what only their catalogues say."""

import hashlib
from bisect import bisect_left, bisect_right

import msgspec

from pmterm.model.ids import MarketId, TokenId
from pmterm.model.market import Market, PriceBand
from pmterm.model.units import PRICE_ONE, Price


class Listing(msgspec.Struct, frozen=True):
    """A market on offer. `kind` is Polymarket's `sportsMarketType`, `group` its short title.

    `subtitle` is what Kalshi calls `yes_sub_title`; `number` is Gamma's id.
    """

    market: Market
    kind: str = "moneyline"
    group: str = "Match Winner"
    subtitle: str = ""
    series: str = ""
    number: int = 1
    game: int = 0
    grid_name: str = ""


class Grid:
    """All prices an order may have, ascending."""

    __slots__ = ("prices",)

    def __init__(self, bands: tuple[PriceBand, ...]) -> None:
        prices = {
            price
            for band in bands
            for price in range(band.start, band.end + 1, band.step)
            if 0 < price < PRICE_ONE
        }
        self.prices = sorted(prices)

    def below(self, price: Price) -> int:
        """Return the place of the highest grid price not above `price` (at least 0)."""
        return max(0, bisect_right(self.prices, price) - 1)

    def above(self, price: Price) -> int:
        """Return the place of the lowest grid price not below `price` (at most the last)."""
        return min(len(self.prices) - 1, bisect_left(self.prices, price))


def condition_of(words: str) -> MarketId:
    """Make up a condition id: 0x and 64 hex digits."""
    return MarketId("0x" + hashlib.sha256(words.encode()).hexdigest())


def token_of(words: str) -> TokenId:
    """Make up a token id: a decimal of 256 bits."""
    return TokenId(str(int.from_bytes(hashlib.sha256(b"token " + words.encode()).digest(), "big")))
