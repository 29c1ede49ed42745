"""Whether a signal is worth anything: its cases against chance and against costs, all at once.

Two questions are asked of each kind of signal in each source. Does the price come back more than
at moments like it, and does an order on it earn something after fees, spread and delay? All
answers are corrected together (Holm) for how many were asked.
"""

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Final

import msgspec

from pmterm.lab.moments import FEWEST, Case
from pmterm.messages.signals import SignalKind
from pmterm.model.ids import MarketId
from pmterm.model.text import counted
from pmterm.stats.digits import shown
from pmterm.stats.distributions import student_cdf, two_sided_t
from pmterm.stats.intervals import (
    ENOUGH,
    FEWEST_CLUSTERS,
    Estimate,
    Proportion,
    clustered_mean,
    wilson,
)
from pmterm.stats.multiple import holm

LEVEL: Final = 0.05
WAITING: Final = (SignalKind.LIQUIDITY_VACUUM, SignalKind.DEPTH_PULL)  # they say wait
KINDS: Final = tuple(kind for kind in SignalKind if kind is not SignalKind.THESIS_INVALID)
ClusterOf = Callable[[MarketId], Hashable]


class Row(msgspec.Struct, frozen=True):
    """One kind of signal in one source.

    `n` signals were followed for the whole time, `unknown` more were cut short: to count those of
    them that came back before would flatter. `base` is how often moments
    like them came back, `excess` how much more often the signals did than those, each less its
    mirror image (-2..2; where a market had no such moments, the mirror image alone); `share` how
    much of the move was back after 180 s. Both are reckoned from two seconds after the moment.
    `net` is the result of one contract (1e-6 USD). The p-values ask whether excess and net are
    above 0; None where that cannot be asked.
    """

    source: str
    kind: SignalKind
    n: int
    unknown: int
    reverted: Proportion
    base: Proportion
    excess: Estimate
    share: Estimate
    net: Estimate
    is_traded: bool
    p_excess: float | None
    p_net: float | None


class Verdict(msgspec.Struct, frozen=True):
    """A row with its p-values corrected for how many were asked (`asked`)."""

    row: Row
    asked: int
    p_excess: float | None
    p_net: float | None

    @property
    def comes_back(self) -> bool:
        """Whether the price came back more than at moments like it."""
        return self.p_excess is not None and self.p_excess <= LEVEL

    @property
    def pays(self) -> bool:
        """Whether it earned something after all costs."""
        return self.p_net is not None and self.p_net <= LEVEL

    @property
    def is_good(self) -> bool:
        """Whether anything at all is claimed for it."""
        return self.comes_back or self.pays

    @property
    def words(self) -> str:
        """Say whether there is an edge."""
        row = self.row
        if self.pays:
            return "pays after costs"
        if row.p_excess is None and row.p_net is None:
            return _not_known(row)
        if self.comes_back:
            return "comes back, but does not pay" if row.is_traded else "comes back; not traded"
        if row.net.high is not None and row.net.high < 0:
            return "no edge: loses its costs"
        return "no edge shown"


def row_of(source: str, kind: SignalKind, cases: Sequence[Case], cluster: ClusterOf) -> Row:
    """Sum up the cases of one kind; markets of one `cluster` count as one draw."""
    mine = [case for case in cases if case.signal.kind is kind]
    ended = [case.ended for case in mine if case.followed is not None and case.ended is not None]
    groups = [cluster(one.market) for one in ended]
    reverted = wilson(sum(one.reverted for one in ended), len(ended))
    excess, base = _excess(mine, cluster)
    is_traded = kind not in WAITING
    net = clustered_mean([one.net for one in ended] if is_traded else [], groups * is_traded)
    return Row(
        source,
        kind,
        len(ended),
        len(mine) - len(ended),
        reverted,
        base,
        excess,
        _share(mine, cluster),
        net,
        is_traded,
        p_above_zero(excess),
        p_above_zero(net),
    )


def verdicts(rows: Sequence[Row]) -> list[Verdict]:
    """Correct all rows' questions together."""
    asked = [p for row in rows for p in (row.p_excess, row.p_net) if p is not None]
    corrected = iter(holm(asked).values)
    told = []
    for row in rows:
        excess = None if row.p_excess is None else next(corrected)
        net = None if row.p_net is None else next(corrected)
        told.append(Verdict(row, len(asked), excess, net))
    return told


def p_above_zero(mean: Estimate) -> float | None:
    """Return the chance of such a mean or a higher one, were the truth 0; None: too few to ask.

    Student's t over clusters: Cameron & Miller (2015), Journal of Human Resources 50, VI.
    """
    is_enough = mean.n >= ENOUGH and mean.clusters >= FEWEST_CLUSTERS
    if not is_enough or mean.value is None or mean.high is None:
        return None
    degrees = mean.clusters - 1
    error = (mean.high - mean.value) / two_sided_t(mean.confidence, degrees)
    if not error:  # all the same: as if each draw had been a coin
        return shown(0.5**mean.clusters) if mean.value > 0.0 else 1.0
    return shown(1.0 - student_cdf(mean.value / error, degrees))


def _excess(cases: Sequence[Case], cluster: ClusterOf) -> tuple[Estimate, Proportion]:
    values: list[float] = []
    groups: list[Hashable] = []
    hits = n = 0
    for case in cases:
        if case.followed is None:
            continue
        alike = [one.surplus for one in case.controls]
        usual = math.fsum(alike) / len(alike) if len(alike) >= FEWEST else 0.0
        values.append(case.followed.surplus - usual)
        groups.append(cluster(case.signal.market))
        hits += sum(one.is_back for one in case.controls)
        n += len(case.controls)
    return clustered_mean(values, groups), wilson(hits, n)


def _share(cases: Sequence[Case], cluster: ClusterOf) -> Estimate:
    """Return the sum of what came back over the sum of moves, with a clustered interval.

    A ratio of means, made linear around itself: Cochran, Sampling Techniques (1977), 6.
    """
    known = [(case.followed, case.signal.market) for case in cases if case.followed is not None]
    moves = math.fsum(one.move for one, _ in known)
    if moves <= 0.0:
        return Estimate(0, None, None, None)
    ratio = math.fsum(one.gain for one, _ in known) / moves
    usual = moves / len(known)
    values = [ratio + (one.gain - ratio * one.move) / usual for one, _ in known]
    return clustered_mean(values, [cluster(market) for _, market in known])


def _not_known(row: Row) -> str:
    clusters = max(row.excess.clusters, row.net.clusters)
    if row.n < ENOUGH:
        return f"not known: {counted(row.n, 'signal')} of {ENOUGH}"
    if clusters < FEWEST_CLUSTERS:
        return f"not known: {clusters} independent of {FEWEST_CLUSTERS}"
    return "not known: too few moments to compare with"


def rows_of(
    source: str,
    cases: Sequence[Case],
    kinds: Sequence[SignalKind],
    clusters: Mapping[MarketId, str],
) -> list[Row]:
    """Return one row for each kind; `clusters` names what a market belongs to."""
    return [row_of(source, kind, cases, lambda market: clusters[market]) for kind in kinds]
