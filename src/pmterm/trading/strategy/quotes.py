"""What tickets are priced and checked by: markets, and the touch of their books."""

import msgspec

from pmterm.messages.feed import (
    NO_ASK,
    NO_BID,
    BookChanged,
    MarketSeen,
    MarketStatusSeen,
    TickChanged,
)
from pmterm.messages.last_books import LastBooks
from pmterm.model.collar import furthest_price
from pmterm.model.ids import MarketId
from pmterm.model.market import Market
from pmterm.model.order import Side
from pmterm.model.standing import NOBODY, NOBODY_REMEDY, standing_words
from pmterm.model.units import Price, Qty, contracts_text, fixed_text, price_text


class WrongError(Exception):
    """A ticket nothing can be made of: value, limit, remedy."""

    @property
    def words(self) -> tuple[str, str, str]:
        """Value, limit, remedy."""
        value, limit, remedy = self.args
        return str(value), str(limit), str(remedy)


class Quotes:
    """Markets as they are and their last touch. `slippage_ppm` caps what a market order reaches."""

    def __init__(self, slippage_ppm: int, last: LastBooks) -> None:
        self._slippage_ppm = slippage_ppm
        self._books = last.books
        self._markets: dict[MarketId, Market] = {}

    def market_seen(self, seen: MarketSeen) -> None:
        """Take a market's metadata."""
        self._markets[seen.market.id] = seen.market

    def status_seen(self, seen: MarketStatusSeen) -> None:
        """Note that a market opened, paused or closed."""
        market = self._markets.get(seen.market)
        if market is not None:
            self._markets[market.id] = msgspec.structs.replace(market, status=seen.status)

    def tick_changed(self, changed: TickChanged) -> None:
        """Take a new price grid."""
        market = self._markets.get(changed.market)
        if market is not None:
            self._markets[market.id] = msgspec.structs.replace(market, bands=changed.bands)

    def market(self, market: MarketId) -> Market:
        """Return a market; raises where it is not watched."""
        known = self._markets.get(market)
        if known is None:
            raise WrongError(market, "a watched market", "open the market first")
        return known

    def book(self, market: MarketId) -> BookChanged | None:
        """Return a market's book as it was last said, None if it never was."""
        return self._books.get(market)

    def is_same_event(self, one: MarketId, other: MarketId) -> bool:
        """Tell whether two markets win and lose together; a market always does with itself."""
        first, second = self._markets.get(one), self._markets.get(other)
        if one == other or first is None or second is None:
            return one == other
        return first.venue is second.venue and _event(first) == _event(second)

    def touch(self, market: MarketId, side: Side) -> Price:
        """Return the price a taker on `side` would meet, 0 if there is none."""
        book = self._books.get(market)
        if book is None:
            return 0
        if side is Side.BUY:
            return 0 if book.best_ask == NO_ASK else book.best_ask
        return 0 if book.best_bid == NO_BID else book.best_bid

    def met(self, market: MarketId, side: Side) -> Price:
        """Return the price a taker on `side` would meet; raises where there is none, saying why."""
        touch = self.touch(market, side)
        known = self._markets.get(market)
        what, meaning = standing_words(known) if known is not None else ("", "")
        if what:
            raise WrongError(what, "an open market", meaning)
        if not touch and not self.touch(market, side.other):
            raise WrongError(NOBODY, "a price on that side", NOBODY_REMEDY)
        if not touch:
            there = "offers to buy from" if side is Side.BUY else "bids to sell to"
            raise WrongError(f"no {there}", "a price on that side", "use a limit order, or wait")
        return touch

    def priced(self, market: Market, side: Side, price: Price) -> tuple[Price, Price]:
        """Return the touch and the limit price; raises where there is nothing to price by."""
        if price:
            check_grid(market, price)
            return self.touch(market.id, side), price
        touch = self.met(market.id, side)
        return touch, furthest_price(market, side, touch, self._slippage_ppm)


def _event(market: Market) -> str:
    return market.event or market.event_title or market.id


def check_grid(market: Market, price: Price) -> None:
    """Raise where no order may stand at a price."""
    if market.is_on_grid(price):
        return
    below, above = market.snap(price, up=False), market.snap(price, up=True)
    near = " or ".join(price_text(p) for p in dict.fromkeys((below, above)) if market.is_on_grid(p))
    step = price_text(market.step_at(price))
    raise WrongError(price_text(price), f"a price in steps of {step}", f"use {near}")


def check_size(market: Market, qty: Qty) -> None:
    """Raise where a size is too small for a market or too fine."""
    if qty < market.min_qty:
        least = fixed_text(market.min_qty, 6)
        raise WrongError(contracts_text(qty), f"at least {least}", f"use {least}")
    if qty % market.qty_step:
        step = fixed_text(market.qty_step, 6)
        fits = fixed_text(qty - qty % market.qty_step, 6)
        raise WrongError(contracts_text(qty), f"steps of {step}", f"use {fits}")
