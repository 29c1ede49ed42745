"""What became of past signals like one (G10), and what strategies have shown by them (T12)."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from pmterm.messages.signals import Advice
from pmterm.model.units import PPM, SECOND, Ns
from pmterm.stats.intervals import ENOUGH, Estimate, Proportion, clustered_mean, known_rate, median
from pmterm.stats.isotonic import Isotonic, block_at, fit_isotonic
from pmterm.store.cases import CaseRow, FirstSeen

TWICE: Final[Ns] = 5 * SECOND  # two sessions that watch one market find the same signal
_DAY: Final[Ns] = 86_400 * SECOND
NEVER: Final[Ns] = 1 << 62


class Likeness(msgspec.Struct, frozen=True):
    """How signals are alike; "" leaves a trait out."""

    kind: str
    venue: str = ""
    category: str = ""

    @property
    def words(self) -> str:
        """Say it."""
        return ", ".join(trait for trait in (self.kind, self.venue, self.category) if trait)

    def fits(self, row: CaseRow) -> bool:
        """Tell whether a case is alike."""
        return (
            row.kind == self.kind
            and self.venue in {"", row.venue}
            and self.category in {"", row.category}
        )


class Worth(msgspec.Struct, frozen=True):
    """What became of `n` signals that are `like` and were followed to the end of their time.

    `cut_short` more were not, and are in no figure: to count those of them that came back before
    would flatter. `net` of one contract in 1e-6 USD, of those that advise a trade; `seconds` of
    those that came back; `back` the most of the move that was back within the time, 0..1.
    `scores` learns from the score how often they came back. Not `is_held_out`: thresholds were
    chosen with some of them in view.
    """

    like: Likeness
    n: int
    cut_short: int
    reverted: Proportion
    seconds: Estimate
    net: Estimate
    back: Estimate
    scores: Isotonic
    is_held_out: bool


def distinct(rows: Iterable[CaseRow]) -> list[CaseRow]:
    """Return signals in order of time, once each where two sessions saw the same one."""
    kept: list[CaseRow] = []
    last: dict[tuple[str, str], CaseRow] = {}
    for row in sorted(rows, key=lambda one: (one.at, one.session, one.id)):
        before = last.get((row.market, row.kind))
        if before is not None and before.session != row.session and row.at - before.at < TWICE:
            continue
        last[row.market, row.kind] = row
        kept.append(row)
    return kept


def chosen_at(rules: str, defaults: str, seen: Iterable[FirstSeen]) -> Ns:
    """Return since when signals are out of sample for these rules (Unix ns).

    The rules that pmterm comes with were chosen before anything was recorded here; others when a
    session first ran with them, since whoever chose them may have looked at what was there.
    """
    if rules == defaults:
        return 0
    return min((first.at for first in seen if first.rules == rules), default=NEVER)


class Past:
    """All that is known of past signals; `proving` are those that kept backtests add (T12)."""

    def __init__(
        self, rows: Iterable[CaseRow], since: Ns = 0, proving: Sequence[CaseRow] = ()
    ) -> None:
        self.rows = distinct(rows)
        self.since = since
        self.proving = proving
        self._known: dict[Likeness, Worth] = {}

    def like(self, kind: str, venue: str, category: str) -> Worth:
        """Return those most alike of which there are enough, else all of the kind."""
        finer = [Likeness(kind, venue, category)] if venue and category else []
        if venue:
            finer.append(Likeness(kind, venue))
        for likeness in finer:
            worth = self.worth(likeness)
            if worth.n >= ENOUGH:
                return worth
        return self.worth(Likeness(kind))

    def worth(self, like: Likeness) -> Worth:
        """Return what became of those that are alike; worked out once."""
        if like not in self._known:
            rows = [row for row in self.rows if like.fits(row)]
            self._known[like] = worth_of(like, rows, self.since)
        return self._known[like]


def worth_of(like: Likeness, rows: Sequence[CaseRow], since: Ns = 0) -> Worth:
    """Return what became of these; where enough are out of sample, of those alone."""
    held_out = [row for row in rows if row.at >= since]
    if sum(row.is_whole for row in held_out) >= ENOUGH:
        rows = held_out
    known = [row for row in rows if row.is_whole]
    back = [row for row in known if row.reverted]
    traded = [row for row in known if row.advice != Advice.WAIT]
    parts = [part for row in known if (part := part_back(row)) is not None]
    return Worth(
        like=like,
        n=len(known),
        cut_short=len(rows) - len(known),
        reverted=known_rate(len(back), len(known)),
        seconds=_known(median([row.after / SECOND for row in back])),
        net=_known(clustered_mean([row.net for row in traded], [cluster(row) for row in traded])),
        back=_known(median(parts)),
        scores=fit_isotonic([row.score for row in known], [float(row.reverted) for row in known]),
        is_held_out=bool(known) and all(row.at >= since for row in known),
    )


def chance(worth: Worth, score_ppm: int) -> Proportion:
    """Return how often signals of such a score came back: the calibrated confidence.

    Of the cases that share a step with it; below 30 of them only their number is told.
    """
    block = block_at(worth.scores, score_ppm)
    if block is None:
        return known_rate(0, 0)
    return known_rate(round(block.value * block.n), block.n)


def part_back(row: CaseRow) -> float | None:
    """Return the most of the move that was back within the time, 0..1; None: no such move."""
    move2 = row.before2 - row.mid2
    towards = {Advice.BUY: 1, Advice.SELL: -1}.get(Advice(row.advice), 1 if move2 > 0 else -1)
    if not move2 or move2 * towards < 0:
        return None
    return min(1.0, max(0.0, 2.0 * row.best / abs(move2)))


def cluster(row: CaseRow) -> str:
    """Name what moves together with a case: its event, or market, on one day."""
    return f"{row.event or row.market} {row.at // _DAY}"


def ppm(part: float | None) -> int:
    """Return a share in millionths, -1 where it is not known."""
    return -1 if part is None else round(part * PPM)


def _known(estimate: Estimate) -> Estimate:
    if estimate.n >= ENOUGH:
        return estimate
    return Estimate(estimate.n, None, None, None, estimate.confidence, estimate.clusters)
