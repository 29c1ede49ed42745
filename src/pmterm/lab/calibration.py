"""Whether what was said came true: prices of markets, and the confidence of signals."""

from collections.abc import Sequence
from typing import Final

import msgspec

from pmterm.lab import wording
from pmterm.lab.tables import Table
from pmterm.model.units import PRICE_ONE
from pmterm.stats.calibration import Bin, Brier, brier, reliability_curve
from pmterm.stats.intervals import ENOUGH, known_rate
from pmterm.stats.isotonic import fit_isotonic, step_value
from pmterm.store.cases import CaseRow
from pmterm.store.resolved import Quoted

CURVE: Final = "RELIABILITY: "  # how the titles of curves begin
EVERY: Final = 25  # cases between two fits


class Calibration(msgspec.Struct, frozen=True):
    """How well `n` told chances came true; `what` told them. Below 30 nothing is claimed (G10)."""

    what: str
    n: int
    brier: Brier
    curve: tuple[Bin, ...]


def market_calibrations(quotes: Sequence[Quoted]) -> list[Calibration]:
    """Return how well mids of resolved markets were right: all, then by venue."""
    groups = {"all venues": list(quotes)}
    for quote in quotes:
        groups.setdefault(quote.venue, []).append(quote)
    return [
        _calibration(
            f"price, {name}",
            [(one.best_bid + one.best_ask) / (2 * PRICE_ONE) for one in group],
            [one.payout == PRICE_ONE for one in group],
        )
        for name, group in groups.items()
        if group
    ]


def signal_calibrations(rows: Sequence[CaseRow]) -> list[Calibration]:
    """Return how well the calibrated confidence of signals was right, each told beforehand."""
    found = []
    for kind in sorted({row.kind for row in rows}):
        known = [row for row in rows if row.kind == kind and row.is_whole]
        told = told_beforehand(known)
        if told:
            chances, outcomes = [one for one, _ in told], [hit for _, hit in told]
            found.append(_calibration(f"confidence of {kind}", chances, outcomes))
    return found


def told_beforehand(known: Sequence[CaseRow]) -> list[tuple[float, bool]]:
    """Return the chance told for each case by those whose outcome was known before it.

    Learned anew every 25 cases, from 30 on.
    """
    told: list[tuple[float, bool]] = []
    for begin in range(0, len(known), EVERY):
        now = known[begin].at
        past = [row for row in known[:begin] if row.ended_at < now]
        if len(past) < ENOUGH:
            continue
        fitted = fit_isotonic([row.score for row in past], [float(row.reverted) for row in past])
        for row in known[begin : begin + EVERY]:
            chance = step_value(fitted, row.score)
            if chance is not None:
                told.append((chance, row.reverted))
    return told


def calibration_tables(found: Sequence[Calibration]) -> list[Table]:
    """Return the scores of all, then the curve of each."""
    if not found:
        return []
    scores = Table(
        "CALIBRATION: did it come true as often as it said?",
        ("what was said", "Brier score", "reliability", "resolution", "uncertainty"),
        tuple(_scores(one) for one in found),
        note="0 is best; reliability is the harm of wrong numbers. Prices are those of an hour "
        "before the end.",
    )
    return [scores, *(_curve(one) for one in found)]


def _calibration(what: str, chances: Sequence[float], outcomes: Sequence[bool]) -> Calibration:
    n = len(chances)
    whole = brier(chances, outcomes)
    if n < ENOUGH:
        whole = Brier(n, None, None, None, None, None, whole.bins)
    curve = tuple(
        msgspec.structs.replace(row, came_true=known_rate(row.came_true.hits, row.n))
        for row in reliability_curve(chances, outcomes)
    )
    return Calibration(what, n, whole, curve)


def _scores(one: Calibration) -> tuple[str, ...]:
    parts = one.brier
    figures = (parts.score, parts.reliability, parts.resolution, parts.uncertainty)
    return (one.what, *(wording.plain(figure, one.n) for figure in figures))


def _curve(one: Calibration) -> Table:
    return Table(
        f"{CURVE}{one.what}",
        ("said", "on average", "came true"),
        tuple(
            (
                f"{row.low:.1f} to {row.high:.1f}",
                f"{row.said:.3f} n {row.n}",
                wording.rate(row.came_true),
            )
            for row in one.curve
        ),
    )
