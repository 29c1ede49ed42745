"""Price rows around the mid, with our orders and our place in the queue."""

from collections.abc import Iterable

import msgspec

from pmterm.messages.feed import NO_ASK, NO_BID
from pmterm.model.ids import MarketId, OrderId
from pmterm.model.market import CENT_GRID, Market, PriceBand
from pmterm.model.order import Side
from pmterm.model.readings import BookHealth
from pmterm.model.units import PPM, PRICE_ONE, SECOND, Ns, Price, Qty
from pmterm.views.standing import ExitMark

Levels = tuple[tuple[Price, Qty], ...]
DIM_AFTER: Ns = 2 * SECOND
GROUPS = (1, 2, 5, 10, 20, 50, 100)


class OwnMark(msgspec.Struct, frozen=True):
    """An order of ours in the ladder. `ahead` is what stands before us in line, -1 not known.

    `is_sure` False: nobody knows whether it stands there.
    """

    order: OrderId
    side: Side
    price: Price
    left: Qty
    ahead: Qty = -1
    is_sure: bool = True


class LadderView(msgspec.Struct, frozen=True):
    """The book of one market as far as it can be shown; levels are best first.

    `age` is how long ago the venue was last heard, `book_age` how long this book stands; `last`
    the last traded price, 0 if none; `holding` our signed position there.
    """

    market: MarketId = MarketId("")
    title: str = ""
    bids: Levels = ()
    asks: Levels = ()
    bands: tuple[PriceBand, ...] = CENT_GRID
    own: tuple[OwnMark, ...] = ()
    health: BookHealth = BookHealth()
    age: Ns = 0
    last: Price = 0
    holding: Qty = 0
    book_age: Ns = 0
    exits: tuple[ExitMark, ...] = ()

    @property
    def best_bid(self) -> Price:
        """The best bid, 0 if there is none."""
        return self.bids[0][0] if self.bids else NO_BID

    @property
    def best_ask(self) -> Price:
        """The best ask, 1 if there is none."""
        return self.asks[0][0] if self.asks else NO_ASK

    @property
    def mid2(self) -> int:
        """Twice the mid, 0 if a side is empty."""
        return self.best_bid + self.best_ask if self.bids and self.asks else 0

    @property
    def is_dim(self) -> bool:
        """Whether nothing was heard for a while."""
        return self.age > DIM_AFTER

    @property
    def tick(self) -> Price:
        """The finest step of the price grid near the mid."""
        price = self.mid2 // 2 or self.best_bid or PRICE_ONE // 2
        return step_at(self.bands, price)

    @property
    def imbalance_ppm(self) -> int:
        """Bid size less ask size over both, on the best five levels; 0 if nothing stands."""
        bid = sum(qty for _, qty in self.bids[:5])
        ask = sum(qty for _, qty in self.asks[:5])
        return (bid - ask) * PPM // (bid + ask) if bid + ask else 0


class LadderRow(msgspec.Struct, frozen=True):
    """One price. A size is 0 where nothing stands; `own` and `exits` are ours here."""

    price: Price
    bid: Qty = 0
    ask: Qty = 0
    own: tuple[OwnMark, ...] = ()
    is_touch: bool = False
    is_last: bool = False
    exits: tuple[ExitMark, ...] = ()


def step_at(bands: tuple[PriceBand, ...], price: Price) -> Price:
    """Return the tick at `price`."""
    return min((b.step for b in bands if b.start <= price <= b.end), default=100)


def centre_of(view: LadderView, step: Price) -> Price:
    """Return the row price nearest the middle of the book."""
    middle = view.mid2 // 2 or view.best_bid
    if not middle:
        middle = view.best_ask if view.asks else view.last or PRICE_ONE // 2
    return min(max(middle // step * step, step), PRICE_ONE - step)


def step_for(view: LadderView, height: int) -> Price:
    """Return the distance between rows: the tick, or a multiple where the spread needs it.

    The spread may fill a third of the rows at most, and ten levels of both sides should show.
    """
    tick = view.tick
    reach = view.best_ask - view.best_bid if view.mid2 else 0
    for group in GROUPS:
        step = tick * group
        if reach <= step * max(height // 3, 1) and _shows_enough(view, step, height):
            return step
    return max(tick, 100)


def _shows_enough(view: LadderView, step: Price, height: int) -> bool:
    """Whether the rows hold half of the levels that could be shown in them."""
    if not view.mid2 or step >= 100:
        return True
    far = step * height // 2
    centre = view.mid2 // 2
    levels = [*view.bids, *view.asks]
    near = sum(abs(price - centre) <= far for price, _ in levels)
    return near * 2 >= min(len(levels), height // 2)


def rows_of(view: LadderView, centre: Price, step: Price, height: int) -> tuple[LadderRow, ...]:
    """Return `height` rows, highest price first, `centre` in the middle.

    Levels between rows count for the row further from the other side, so that no row looks
    better than the book is.
    """
    top = centre + step * ((height - 1) // 2)
    prices = [top - step * number for number in range(height)]
    bids = _grouped(view.bids, step, up=False)
    asks = _grouped(view.asks, step, up=True)
    own: dict[Price, list[OwnMark]] = {}
    for mark in view.own:
        row = _row_price(mark.price, step, up=mark.side is Side.SELL)
        own.setdefault(row, []).append(mark)
    exits: dict[Price, list[ExitMark]] = {}
    for exit_ in view.exits:
        exits.setdefault(exit_.price // step * step, []).append(exit_)
    touch = {
        _row_price(view.best_bid, step, up=False) if view.bids else -1,
        _row_price(view.best_ask, step, up=True) if view.asks else -1,
    }
    last = view.last // step * step
    return tuple(
        LadderRow(
            price,
            bids.get(price, 0),
            asks.get(price, 0),
            tuple(own.get(price, ())),
            price in touch,
            price == last and view.last > 0,
            tuple(exits.get(price, ())) if exits else (),
        )
        for price in prices
    )


def _row_price(price: Price, step: Price, *, up: bool) -> Price:
    return -(-price // step) * step if up else price // step * step


def _grouped(levels: Iterable[tuple[Price, Qty]], step: Price, *, up: bool) -> dict[Price, Qty]:
    rows: dict[Price, Qty] = {}
    for price, qty in levels:
        row = _row_price(price, step, up=up)
        rows[row] = rows.get(row, 0) + qty
    return rows


def is_price(price: Price) -> bool:
    """Whether an order could stand at `price` at all."""
    return 0 < price < PRICE_ONE


def ladder_of(
    market: Market,
    levels: tuple[list[tuple[Price, Qty]], list[tuple[Price, Qty]]],
    health: BookHealth,
    own: tuple[OwnMark, ...],
    *,
    age: Ns,
    last: Price,
    holding: Qty,
    book_age: Ns = 0,
) -> LadderView:
    """Put a ladder together."""
    return LadderView(
        market.id,
        market.title,
        tuple(levels[0]),
        tuple(levels[1]),
        market.bands,
        own,
        health,
        age,
        last,
        holding,
        book_age,
    )
