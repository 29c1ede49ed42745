"""Trades for tests, made by hand."""

from pmterm.model.units import CASH_ONE, SECOND
from pmterm.stats.equity import Trade

DOLLAR = CASH_ONE


def trade(dollars, opened=0, closed=10, exposure=5, reverted=None, cluster=""):
    """Return one trade; money in dollars, times in seconds."""
    return Trade(
        round(dollars * DOLLAR),
        opened * SECOND,
        closed * SECOND,
        exposure * DOLLAR,
        None if reverted is None else reverted * SECOND,
        cluster,
    )


def in_a_row(results, **words):
    """Return trades one after the other, each 10 s long and 90 s apart."""
    return [
        trade(result, opened=100 * place, closed=100 * place + 10, **words)
        for place, result in enumerate(results)
    ]
