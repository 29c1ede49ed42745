"""Rows of a price_change that are more than one change told for both tokens."""

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from pmterm.messages.feed import NOT_TOLD, LevelSet
from pmterm.model.ids import MarketId
from pmterm.model.order import Side
from pmterm.model.units import MS, PRICE_ONE, Ns, Price, Qty
from pmterm.venues.polymarket.lines import Line, Lines, Seat
from pmterm.venues.polymarket.translate import (
    FLIPPED,
    PRICES,
    SIDES,
    SIZES,
    TOUCH_ASKS,
    TOUCH_BIDS,
    mirrored,
)
from pmterm.venues.polymarket.wire import Row

News: TypeAlias = tuple[Line, LevelSet]
Balance: TypeAlias = dict[tuple[MarketId, Side, Price, Qty], int]


def news_of(
    rows: Sequence[Row], lines: Lines, stamp: int, at: Ns
) -> tuple[list[News], list[tuple[str, str]]]:
    """Return the changes that rows tell, in order and each once, and the rows that are broken.

    A broken row comes as its token and what is wrong with it.
    """
    news: list[News] = []
    broken: list[tuple[str, str]] = []
    balance: Balance = {}
    for row in rows:
        try:
            seat = lines.seat_of(row.asset_id)
            if seat is None:
                continue
            change = _change(row, seat, stamp, at)
        except ValueError as error:
            broken.append((row.asset_id, str(error)))
            continue
        if not seat.partner or _is_first_telling(change, seat, balance):
            news.append((seat.line, change))
    return (news if len(news) < 2 else _touch_at_the_end(news)), broken


def _change(row: Row, seat: Seat, stamp: int, at: Ns) -> LevelSet:
    price, qty = PRICES[row.price], SIZES[row.size]
    bid, ask = TOUCH_BIDS[row.best_bid], TOUCH_ASKS[row.best_ask]
    side = SIDES[row.side]
    if seat.flips:
        price, side = PRICE_ONE - price, FLIPPED[row.side]
        bid, ask = mirrored(ask), mirrored(bid)
    return LevelSet(at, stamp * MS, seat.line.market, side, price, qty, bid, ask)


def _is_first_telling(change: LevelSet, seat: Seat, balance: Balance) -> bool:
    """Tell whether this is not the other token's copy of a change in the same frame.

    `balance` counts, per change, how many more the first token told than the second.
    """
    key = (change.market, change.side, change.price, change.qty)
    before = balance.get(key, 0)
    after = balance[key] = before + (-1 if seat.flips else 1)
    return abs(after) > abs(before)


def _touch_at_the_end(news: list[News]) -> list[News]:
    """Leave each market's touch on its last change only.

    A frame's touch is that of its end; on an earlier row it would not fit the book yet.
    """
    seen: set[MarketId] = set()
    kept: list[News] = []
    for line, change in reversed(news):
        if change.market in seen:
            bare = msgspec.structs.replace(change, best_bid=NOT_TOLD, best_ask=NOT_TOLD)
            kept.append((line, bare))
        else:
            kept.append((line, change))
        seen.add(change.market)
    kept.reverse()
    return kept
