"""How money ran over a list of trades: equity, drawdown, and how much was at stake when.

Integers throughout; equity is realised, so it moves where a trade closes.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from pmterm.model.units import Cash, Ns
from pmterm.stats.digits import shown

_CLOSES: Final = 0
_OPENS: Final = 1
_CLOSES_AT_ONCE: Final = 2


class Trade(msgspec.Struct, frozen=True):
    """One closed trade: net of fees, open from `opened` to `closed`, with `exposure` at stake.

    `exposure` is the most it could have lost, 0 or more. `reverted_after` is how long the price
    took to come back, None if it did not. `cluster` names what moves together with it; without
    one that is the UTC day it was opened on.
    """

    net: Cash
    opened: Ns
    closed: Ns
    exposure: Cash
    reverted_after: Ns | None = None
    cluster: str = ""


class Point(msgspec.Struct, frozen=True):
    """Equity after `n` trades, the last closed at `at`."""

    at: Ns
    n: int
    equity: Cash


class Drawdown(msgspec.Struct, frozen=True):
    """The deepest falls below a peak so far over `n` trades: in money, and as a share of the peak.

    They may be two different falls. The first peak is the starting capital.
    """

    n: int
    amount: Cash
    share: float


class Stake(msgspec.Struct, frozen=True):
    """How long and how much `n` trades had at stake.

    `in_market` is the time with at least one open, `span` that from first opening to last closing
    (ns); `share` the one of the other, None where no time passed. `peak` is the most at once.
    """

    n: int
    in_market: Ns
    span: Ns
    share: float | None
    peak: Cash


def equity_curve(trades: Sequence[Trade], capital: Cash) -> tuple[Point, ...]:
    """Return equity after each moment that closed a trade, in order of time."""
    points: list[Point] = []
    equity = capital
    for n, trade in enumerate(sorted(trades, key=lambda one: one.closed), 1):
        equity += trade.net
        if points and points[-1].at == trade.closed:
            points.pop()
        points.append(Point(trade.closed, n, equity))
    return tuple(points)


def max_drawdown(curve: Sequence[Point], capital: Cash) -> Drawdown:
    """Return the deepest falls from a peak, which is never below the starting capital.

    Magdon-Ismail & Atiya (2004), "Maximum drawdown", Risk 17(10). A share over 1 means more was
    lost than the peak held.

    Raises:
        ValueError: a capital that is not above 0, of which no share can be told.
    """
    if capital <= 0:
        msg = "a drawdown needs a capital above 0 to fall from"
        raise ValueError(msg)
    peak, amount, share = capital, 0, 0.0
    for point in curve:
        peak = max(peak, point.equity)
        fall = peak - point.equity
        amount = max(amount, fall)
        share = max(share, fall / peak)
    return Drawdown(curve[-1].n if curve else 0, amount, shown(share))


def stake(trades: Sequence[Trade]) -> Stake:
    """Return the time in the market and the most that was at stake at once.

    A trade that closes in the instant another opens is not counted together with it.
    """
    if not trades:
        return Stake(0, 0, 0, None, 0)
    in_market = at_stake = peak = open_trades = since = 0
    for at, kind, amount in sorted(change for trade in trades for change in _changes(trade)):
        if kind == _OPENS and not open_trades:
            since = at
        open_trades += 1 if kind == _OPENS else -1
        at_stake += amount
        peak = max(peak, at_stake)
        if not open_trades:
            in_market += at - since
    span = max(trade.closed for trade in trades) - min(trade.opened for trade in trades)
    return Stake(len(trades), in_market, span, shown(in_market / span) if span else None, peak)


def _changes(trade: Trade) -> tuple[tuple[Ns, int, Cash], tuple[Ns, int, Cash]]:
    """Return opening and closing; within one instant the kinds order them."""
    closes = _CLOSES_AT_ONCE if trade.closed == trade.opened else _CLOSES
    return (trade.opened, _OPENS, trade.exposure), (trade.closed, closes, -trade.exposure)
