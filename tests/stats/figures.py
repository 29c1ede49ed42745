"""Prints one of each figure, so that two processes can be compared digit by digit."""

import sys

import msgspec

from pmterm.model.units import CASH_ONE, SECOND
from pmterm.stats.calibration import brier, reliability_curve
from pmterm.stats.equity import Trade
from pmterm.stats.intervals import difference, p_above
from pmterm.stats.isotonic import fit_isotonic
from pmterm.stats.multiple import benjamini_hochberg
from pmterm.stats.performance import performance
from pmterm.stats.sharpe import deflated, probabilistic, sharpe_of
from pmterm.stats.walk_forward import Case, compare, walk_forward


def numbers(count, state=1):
    """Return numbers in 0..1 from a fixed multiplicative walk (MINSTD)."""
    found = []
    for _ in range(count):
        state = state * 48_271 % 2_147_483_647
        found.append(state / 2_147_483_647)
    return found


def figures():
    """Return every kind of figure over the same made-up evening."""
    chance = numbers(300)
    hits = [other < told for told, other in zip(chance, numbers(300, 77), strict=True)]
    trades = [
        Trade(round((told - 0.45) * CASH_ONE), i * 900 * SECOND, (i * 900 + 60) * SECOND, CASH_ONE)
        for i, told in enumerate(chance)
    ]
    cases = [
        Case(i * 9, i * 9 + 5, (told, told * chance[i - 1], chance[i - 2]), hit, f"day {i // 20}")
        for i, (told, hit) in enumerate(zip(chance, hits, strict=True))
    ]
    sharpe = sharpe_of([trade.net for trade in trades])
    forecasts = walk_forward(cases)
    return {
        "performance": performance(trades, 100 * CASH_ONE),
        "sure": probabilistic(sharpe),
        "deflated": deflated(sharpe, 40, 0.01),
        "brier": brier(chance, hits),
        "curve": reliability_curve(chance, hits),
        "isotonic": fit_isotonic(chance, hits),
        "adjusted": benjamini_hochberg(chance),
        "difference": difference((sum(hits), 300), (100, 300)),
        "exact": p_above(sum(hits), 300, 0.45),
        "forecasts": forecasts,
        "comparison": compare(cases, forecasts),
    }


if __name__ == "__main__":
    sys.stdout.write(msgspec.json.encode(figures()).decode())
