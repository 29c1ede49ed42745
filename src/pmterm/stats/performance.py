"""What a list of trades amounts to, with the number of trades beside each figure.

Sums and counts are always told, since they are what happened. What claims something about the next
trade (rate, average, ratio) is None, "not known", below 30 trades (G10).
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from pmterm.model.units import SECOND, Cash
from pmterm.stats.digits import shown
from pmterm.stats.equity import (
    Drawdown,
    Point,
    Stake,
    Trade,
    equity_curve,
    max_drawdown,
    stake,
)
from pmterm.stats.intervals import (
    ENOUGH,
    Estimate,
    Proportion,
    clustered_mean,
    known_rate,
    median,
)
from pmterm.stats.sharpe import Sharpe, known_sharpe, sharpe_of

_DAY: Final = 86_400 * SECOND


class Ratio(msgspec.Struct, frozen=True):
    """A figure over `n` trades, `wins` of them with a net result above 0; None if not known."""

    n: int
    wins: int
    value: float | None


class Performance(msgspec.Struct, frozen=True):
    """What `n` trades amounted to, net of fees; money in 1e-6 USD.

    A win has a net result above 0; one of exactly 0 is no win and no loss. `average` counts days
    (or the clusters given) as independent, not trades; `middle` is the median. `profit_factor` is
    money won over money lost. `half_kelly` is the share of capital that a losing trade may lose.
    `reverted` are the trades whose price came back, `reversion_s` their median time in seconds.
    """

    n: int
    capital: Cash
    net: Cash
    won: Cash
    lost: Cash
    win_rate: Proportion
    average: Estimate
    middle: Estimate
    profit_factor: Ratio
    sharpe: Sharpe
    drawdown: Drawdown
    reverted: Proportion
    reversion_s: Estimate
    stake: Stake
    half_kelly: Ratio
    curve: tuple[Point, ...]


def performance(trades: Sequence[Trade], capital: Cash) -> Performance:
    """Return all figures of these trades, begun with `capital`; their order does not matter.

    Raises:
        ValueError: a capital not above 0, a trade closed before it was opened, or a negative
            exposure.
    """
    _check(trades)
    n = len(trades)
    nets = [trade.net for trade in trades]
    times = [trade.reverted_after for trade in trades if trade.reverted_after is not None]
    curve = equity_curve(trades, capital)
    return Performance(
        n=n,
        capital=capital,
        net=sum(nets),
        won=sum(net for net in nets if net > 0),
        lost=-sum(net for net in nets if net < 0),
        win_rate=known_rate(sum(net > 0 for net in nets), n),
        average=_known(clustered_mean(nets, [_cluster(trade) for trade in trades])),
        middle=_known(median(nets)),
        profit_factor=profit_factor(nets),
        sharpe=known_sharpe(sharpe_of(nets), ENOUGH),
        drawdown=max_drawdown(curve, capital),
        reverted=known_rate(len(times), n),
        reversion_s=_known(median([after / SECOND for after in times])),
        stake=stake(trades),
        half_kelly=half_kelly(nets),
        curve=curve,
    )


def profit_factor(nets: Sequence[Cash]) -> Ratio:
    """Return money won over money lost; None below 30 trades or without a loss."""
    n, wins = len(nets), sum(net > 0 for net in nets)
    lost = -sum(net for net in nets if net < 0)
    if n < ENOUGH or not lost:
        return Ratio(n, wins, None)
    return Ratio(n, wins, shown(sum(net for net in nets if net > 0) / lost))


def half_kelly(nets: Sequence[Cash]) -> Ratio:
    """Return half of `f = (p * b - q) / b`, 0 where there is no edge.

    `p` is the share of wins among wins and losses, `q` the rest, `b` the average win over the
    average loss: Kelly (1956), Bell System Technical Journal 35, as in T10. `f` is what a losing
    trade may cost as a share of capital, not what is staked. None below 30 trades, or without a
    loss or a win to judge by.
    """
    gains = [net for net in nets if net > 0]
    losses = [-net for net in nets if net < 0]
    if len(nets) < ENOUGH or not gains or not losses:
        return Ratio(len(nets), len(gains), None)
    decided = len(gains) + len(losses)
    p, q = len(gains) / decided, len(losses) / decided
    b = (sum(gains) / len(gains)) / (sum(losses) / len(losses))
    return Ratio(len(nets), len(gains), shown(max(0.0, (p * b - q) / b) / 2.0))


def _known(estimate: Estimate) -> Estimate:
    if estimate.n >= ENOUGH:
        return estimate
    return Estimate(estimate.n, None, None, None, estimate.confidence, estimate.clusters)


def _cluster(trade: Trade) -> str:
    return trade.cluster or f"day {trade.opened // _DAY}"


def _check(trades: Sequence[Trade]) -> None:
    if any(trade.closed < trade.opened or trade.exposure < 0 for trade in trades):
        msg = "a trade closed before it was opened, or with a negative exposure"
        raise ValueError(msg)
