"""What signals were worth on recordings, as a document: figures with their n, then plain words."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from pmterm.lab import evidence_words as words
from pmterm.lab.judging import KINDS, Row, Verdict, row_of, rows_of, verdicts
from pmterm.lab.moments import Case
from pmterm.lab.readers.sources import Draw, Source
from pmterm.lab.trials import Tried
from pmterm.lab.trials import facts_of as trial_facts
from pmterm.model.ids import MarketId
from pmterm.model.text import counted
from pmterm.store.export import time_text

USUAL_BASELINE_S: Final = 600
ALL_TOGETHER: Final = Source(
    "All together",
    "",
    "",
    "",
    "what each source can say something about, each file once, with the usual baseline",
    KINDS,
    Draw.MARKET,
)
_DAY: Final = slice(0, 10)
NOTHING: Final[Mapping[str, str]] = {}


class Played(msgspec.Struct, frozen=True):
    """One file and what its signals came to; `source` is a place in the list of sources."""

    source: int
    file: str
    hours: float
    events: int
    clusters: Mapping[MarketId, str]
    cases: tuple[Case, ...]


class Share(msgspec.Struct, frozen=True):
    """All files of one source together."""

    source: Source
    files: int
    hours: float
    markets: int
    draws: int
    clusters: Mapping[MarketId, str]
    cases: tuple[Case, ...]

    def days(self) -> dict[str, list[Case]]:
        """Return the cases by UTC day."""
        told: dict[str, list[Case]] = {}
        for case in sorted(self.cases, key=lambda one: one.signal.at):
            told.setdefault(time_text(case.signal.at)[_DAY], []).append(case)
        return told


def shares(sources: Sequence[Source], played: Sequence[Played]) -> list[Share]:
    """Put files of one source together; sources without files are left out."""
    told = []
    for place, source in enumerate(sources):
        files = [one for one in played if one.source == place]
        if files:
            told.append(_share(source, files))
    return told


def together(told: Sequence[Share]) -> Share:
    """Put all sources together, each file once."""
    usual = [one for one in told if one.source.baseline_s == USUAL_BASELINE_S]
    cases = tuple(
        case for one in usual for case in one.cases if case.signal.kind in one.source.kinds
    )
    clusters = {
        market: f"{one.source.name} {draw}"
        for one in usual
        for market, draw in one.clusters.items()
    }
    return Share(
        ALL_TOGETHER,
        sum(one.files for one in usual),
        sum(one.hours for one in usual),
        len(clusters),
        len(set(clusters.values())),
        clusters,
        cases,
    )


def _share(source: Source, files: Sequence[Played]) -> Share:
    clusters: dict[MarketId, str] = {}
    for one in files:
        clusters.update(one.clusters)
    return Share(
        source,
        len(files),
        sum(one.hours for one in files),
        len(clusters),
        len(set(clusters.values())),
        clusters,
        tuple(case for one in files for case in one.cases),
    )


def judged(told: Sequence[Share]) -> list[Verdict]:
    """Return a verdict for each kind of signal in each source, all corrected together."""
    rows: list[Row] = []
    for share in told:
        rows += rows_of(share.source.name, share.cases, share.source.kinds, share.clusters)
    return verdicts(rows)


def facts_of(sources: Sequence[Source], played: Sequence[Played]) -> dict[str, object]:
    """Return the verdicts for the command line."""
    told = judged(_all(sources, played))
    facts: dict[str, object] = {
        f"{one.row.source}: {one.row.kind.value}": f"n {one.row.n}: {one.words}" for one in told
    }
    facts["questions"] = told[0].asked if told else 0
    return facts


def document(
    sources: Sequence[Source],
    played: Sequence[Played],
    tried: Sequence[Tried],
    left_out: Mapping[str, str] = NOTHING,
) -> str:
    """Write what the recordings say; `left_out` are files that could not be read, and why."""
    told = _all(sources, played)
    everything = judged(told)
    days = sorted({day for share in told for day in share.days()})
    pooled = [one for one in everything if one.row.source == ALL_TOGETHER.name]
    parts = [words.OPENING, words.summary(everything, pooled), f"{words.how(days)}\n{words.HOW}"]
    for share in told:
        mine = [one for one in everything if one.row.source == share.source.name]
        parts.append(_section(share, mine))
    if tried:
        parts.append(words.made_up(trial_facts(tried)))
    parts.append(words.CLOSING)
    parts += [words.left_out(left_out)] if left_out else []
    return "\n\n".join(parts) + "\n"


def _all(sources: Sequence[Source], played: Sequence[Played]) -> list[Share]:
    apart = shares(sources, played)
    return [*apart, together(apart)]


def _section(share: Share, mine: Sequence[Verdict]) -> str:
    source = share.source
    amount = (
        f"{counted(share.files, 'file')}, {counted(share.markets, 'market')}, "
        f"{counted(share.draws, 'independent draw')} (one a {source.draw}), "
        f"{share.hours:.1f} hours of books."
    )
    where = f"`{source.folder}/{source.pattern}` ({source.licence}): " if source.folder else ""
    lines = [f"## {source.name}", "", f"{where}{amount} Note: {source.lacks}."]
    silent = [kind.value for kind in KINDS if kind not in source.kinds]
    if silent and source.baseline_s == USUAL_BASELINE_S:
        lines.append(f"It cannot say anything about {', '.join(silent)}.")
    return "\n".join([*lines, "", *words.table(mine), *_by_day(share)])


def _by_day(share: Share) -> list[str]:
    rows: list[tuple[str, Row]] = []
    for day, cases in share.days().items():
        for kind in share.source.kinds:
            row = row_of(share.source.name, kind, cases, lambda market: share.clusters[market])
            if row.n:
                rows.append((day, row))
    return ["", *words.day_table(rows)] if share.source.folder and len(share.days()) > 1 else []
