"""A chance learned from what stood when signals fired (G13), used only where that is worth it."""

from collections.abc import Sequence
from typing import Final

import msgspec

from pmterm.lab.cases import cluster
from pmterm.messages.signals import SignalSeen
from pmterm.model.units import PPM
from pmterm.stats.logistic import Logistic, chance, fit_logistic
from pmterm.stats.walk_forward import Case, Comparison, compare, walk_forward
from pmterm.store.cases import CaseRow

FIRST: Final = 100  # cases before the first forecast


class Learned(msgspec.Struct, frozen=True):
    """A model of `n` cases, None where the plain rate is as good, and the trial that says so."""

    kind: str
    n: int
    comparison: Comparison
    model: Logistic | None

    @property
    def verdict(self) -> str:
        """Say whether it is used."""
        if self.n <= FIRST:
            return f"not tried, n {self.n} of {FIRST}"
        if self.model is None:
            return f"plain rate is as good, n {self.comparison.n}"
        return f"model beats the plain rate, n {self.comparison.n}"


def learn(kind: str, rows: Sequence[CaseRow]) -> Learned:
    """Try a model on the known cases of a kind as they came, and keep it if it was better."""
    known = [row for row in rows if row.kind == kind and row.is_whole]
    cases = [
        Case(row.at, max(row.at, row.ended_at), features(row), row.reverted, cluster(row))
        for row in known
    ]
    comparison = compare(cases, walk_forward(cases, first=FIRST))
    model = None
    if comparison.is_better:
        model = fit_logistic([case.features for case in cases], [case.hit for case in cases])
    return Learned(kind, len(known), comparison, model)


def features(row: CaseRow | SignalSeen) -> tuple[float, ...]:
    """Return what is learned from; ratios in parts of one, prices in cents."""
    score = row.score if isinstance(row, CaseRow) else row.score_ppm
    return (
        score / PPM,
        row.volume_ratio / PPM,
        row.depth_ratio / PPM,
        row.spread_ratio / PPM,
        abs(row.change_ppm) / PPM,
        row.imbalance_ppm / PPM,
        row.spread / 100,
        row.volatility / 10_000,
        (row.before2 - row.mid2) / 200,
    )


def learned_chance(learned: Learned | None, signal: SignalSeen) -> tuple[float | None, int]:
    """Return the model's chance that this signal comes back, and on how many it was judged.

    None: the plain rate is as good, or (0) no model was tried.
    """
    if learned is None:
        return None, 0
    told = None if learned.model is None else chance(learned.model, features(signal))
    return told, learned.comparison.n
