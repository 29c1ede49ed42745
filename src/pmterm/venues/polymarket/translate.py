"""From Polymarket's words to ours: numbers, scales, and what mirrors what.

The two tokens of a market are one book seen from two ends: a bid at p on the second is an ask at
1 - p on the first, of the same size. Everything said is on the first token's scale.
"""

from collections.abc import Callable

from pmterm.messages.feed import NO_ASK, NO_BID, NOT_TOLD
from pmterm.model.market import PriceBand
from pmterm.model.order import Side
from pmterm.model.units import PRICE_ONE, Price, Qty, parse_price, parse_qty
from pmterm.venues.polymarket.wire import BookWords, Level, Way

BUY = Side.BUY
SELL = Side.SELL
SIDES: dict[Way, Side] = {"BUY": BUY, "SELL": SELL}
FLIPPED: dict[Way, Side] = {"BUY": SELL, "SELL": BUY}
COARSEST_TICK = 1_000


class Readings(dict[str | None, int]):
    """Remember what a text was read as, for at most `room` texts.

    Looking up a text not seen yet reads it; raises ValueError if that cannot be done, and then
    remembers nothing.
    """

    __slots__ = ("_read", "_room")

    def __init__(self, read: Callable[[str | None], int], room: int) -> None:
        super().__init__()
        self._read = read
        self._room = room

    def __missing__(self, text: str | None) -> int:
        """Read `text` and keep the answer."""
        value = self._read(text)
        if len(self) >= self._room:
            self.clear()
        self[text] = value
        return value


def _level_price(text: str | None) -> Price:
    price = parse_price(text or "")
    if not 0 < price < PRICE_ONE:
        msg = f"no order can stand at {text!r}"
        raise ValueError(msg)
    return price


def _size(text: str | None) -> Qty:
    """Read a size; the plain ones without the full grammar, since one in five is new."""
    whole, dot, fraction = (text or "").partition(".")
    if (
        len(whole) <= 13
        and len(fraction) <= 6
        and whole.isdigit()
        and whole.isascii()
        and (not dot or (fraction.isdigit() and fraction.isascii()))
    ):
        return int(whole + fraction.ljust(6, "0"))
    return parse_qty(text or "")


def _touch_bid(text: str | None) -> Price:
    """Read a best bid: nothing there is written "", "0" or, absurdly, "1"; absent is not told."""
    if text is None:
        return NOT_TOLD
    return (parse_price(text) if text else 0) % PRICE_ONE or NO_BID


def _touch_ask(text: str | None) -> Price:
    """Read a best ask: nothing there is written "", "1" or "0"; absent is not told."""
    if text is None:
        return NOT_TOLD
    return (parse_price(text) if text else 0) or NO_ASK


PRICES = Readings(_level_price, 20_000)
SIZES = Readings(_size, 50_000)
TOUCH_BIDS = Readings(_touch_bid, 20_000)
TOUCH_ASKS = Readings(_touch_ask, 20_000)


def mirrored(touch: Price) -> Price:
    """Return the other token's touch: its bid from this one's ask, its ask from this one's bid."""
    return touch if touch == NOT_TOLD else PRICE_ONE - touch


Levels = tuple[tuple[Price, Qty], ...]


def book_sides(words: BookWords, *, flips: bool) -> tuple[Levels, Levels]:
    """Return bids and asks on the first token's scale, in wire order, without empty levels.

    Raises:
        ValueError: a price or size is broken, or a price comes twice on one side.
    """
    bids = _side(words.bids, flips=flips)
    asks = _side(words.asks, flips=flips)
    return (asks, bids) if flips else (bids, asks)


def _side(levels: list[Level], *, flips: bool) -> Levels:
    read = [(PRICES[level.price], SIZES[level.size]) for level in levels]
    if len({price for price, _ in read}) != len(read):
        msg = "the same price twice on one side of a book"
        raise ValueError(msg)
    if flips:
        return tuple([(PRICE_ONE - price, qty) for price, qty in read if qty])
    return tuple([(price, qty) for price, qty in read if qty])


def grid(tick: str) -> tuple[PriceBand, ...]:
    """Return the price grid of a tick size such as "0.01": one band with one step.

    Raises:
        ValueError: not a decimal, or not a tick a market can have.
    """
    step = parse_price(tick)
    if not 0 < step <= COARSEST_TICK:
        msg = f"no such tick: {tick[:40]!r}"
        raise ValueError(msg)
    return (PriceBand(0, PRICE_ONE, step),)
