"""Signals that kept backtests followed, for the record of strategies: each counted once, or not.

A line a recording, in a file beside the store. What it was played with is kept with it, so that
a session counts only what holds for the settings in force. A damaged line counts as not there.
"""

import contextlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from pmterm.lab.outcome import Followed, Outcome
from pmterm.model.ids import MarketId, venue_of
from pmterm.model.text import clean_text
from pmterm.model.units import Ns
from pmterm.store.cases import CaseRow, FirstSeen
from pmterm.store.private_files import broken, open_private

MODE: Final = "backtest"

Span = tuple[Ns, Ns]


class Proved(msgspec.Struct, frozen=True):
    """What one recording showed, `source` being the SHA-256 of its bytes.

    `rules` names the settings (and whether the venues were real ones), `version` is that of the
    program, `kept_at` when it was played (Unix ns). `markets` were watched from `first_at` to
    `last_at`. `is_held_out`: the settings were chosen on earlier recordings alone, as a sweep's
    walk forward does; else it is not known on what they were chosen.
    """

    source: str
    recording: str
    rules: str
    version: str
    kept_at: Ns
    first_at: Ns
    last_at: Ns
    markets: tuple[MarketId, ...]
    signals: tuple[Followed, ...]
    is_held_out: bool = False

    @property
    def rank(self) -> tuple[bool, Ns, Ns]:
        """Which of two of the same recording counts: held out, longer, first kept."""
        return self.is_held_out, self.last_at - self.first_at, -self.kept_at


class Given(msgspec.Struct, frozen=True):
    """What a run was played with; times and names as in `Proved`."""

    source: str
    rules: str
    version: str
    kept_at: Ns
    is_held_out: bool = False


def proved_by(outcome: Outcome, given: Given) -> Proved:
    """Return what a run showed."""
    return Proved(
        **msgspec.structs.asdict(given),
        recording=clean_text(outcome.recording),
        first_at=outcome.first_at,
        last_at=outcome.last_at,
        markets=outcome.markets,
        signals=outcome.signals,
    )


def read_proved(path: Path) -> list[Proved]:
    """Return what was kept; nothing where nothing was, or where it cannot be read."""
    decode = msgspec.json.Decoder(Proved).decode
    found: list[Proved] = []
    with contextlib.suppress(OSError):
        for line in path.read_bytes().splitlines():
            with contextlib.suppress(msgspec.MsgspecError):
                found.append(decode(line))
    return found


def keep(path: Path, shown: Iterable[Proved]) -> None:
    """Add lines to the file, which only its owner can read; a line cut before is left alone.

    Raises:
        StoreBroken: the disk will not have it.
    """
    body = b"".join(b"\n" + msgspec.json.encode(one) for one in shown)
    descriptor = open_private(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        with os.fdopen(descriptor, "ab") as file:
            file.write(body + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise broken(path, error) from error


def first_kept(kept: Iterable[Proved]) -> list[FirstSeen]:
    """Return since when settings were played: who chose them had not seen what came later."""
    return [FirstSeen(one.rules, one.kept_at) for one in kept]


def proving(
    kept: Iterable[Proved], rules: str, version: str, since: Ns, own: Sequence[CaseRow]
) -> list[CaseRow]:
    """Return the held-out signals of kept runs that hold for the settings in force, each once.

    Held out is what the run says is, and what happened from `since` on (Unix ns). `own` are the
    signals that sessions saw: what those watched is theirs.
    """
    best: dict[str, Proved] = {}
    for one in kept:
        if (one.rules, one.version) == (rules, version):
            before = best.get(one.source)
            best[one.source] = one if before is None else max(before, one, key=_rank)
    watched = _watched(own)
    found: list[CaseRow] = []
    for one in sorted(best.values(), key=lambda each: (each.first_at, each.source)):
        found += [
            _row(one, signal)
            for signal in one.signals
            if (one.is_held_out or signal.at >= since)
            and not _is_within(signal.at, watched.get(signal.market, ()))
        ]
        for market in one.markets:
            watched.setdefault(market, []).append((one.first_at, one.last_at))
    return found


def _rank(one: Proved) -> tuple[bool, Ns, Ns]:
    return one.rank


def _watched(own: Iterable[CaseRow]) -> dict[str, list[Span]]:
    """Return by market what sessions watched: at least from their first signal to their last."""
    spans: dict[tuple[str, str], Span] = {}
    for row in own:
        key = (row.market, row.session)
        first, last = spans.get(key, (row.at, row.at))
        spans[key] = (min(first, row.at), max(last, row.at, row.ended_at))
    watched: dict[str, list[Span]] = {}
    for (market, _), span in spans.items():
        watched.setdefault(market, []).append(span)
    return watched


def _is_within(at: Ns, spans: Iterable[Span]) -> bool:
    return any(first <= at <= last for first, last in spans)


def _row(one: Proved, signal: Followed) -> CaseRow:
    """Put a signal in the words of the store; what nobody asks of it is left empty."""
    return CaseRow(
        session=one.source,
        mode=MODE,
        rules=one.rules,
        id=signal.id,
        at=signal.at,
        market=signal.market,
        venue=venue_of(signal.market).value,
        category="",
        event=signal.event,
        kind=signal.kind,
        advice="",
        score=signal.score_ppm,
        mid2=0,
        before2=0,
        volume_ratio=0,
        depth_ratio=0,
        spread_ratio=0,
        change_ppm=0,
        imbalance_ppm=0,
        spread=0,
        ready_s=0,
        volatility=0,
        ended_at=signal.at + signal.after,
        reverted=signal.reverted,
        after=signal.after,
        best=0,
        worst=0,
        net=signal.net,
        is_whole=signal.is_whole,
    )
