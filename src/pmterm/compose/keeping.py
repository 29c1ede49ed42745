"""Keeps what backtests showed, for the records by which strategies go live (T12)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pmterm.compose.given import version
from pmterm.compose.past import rules_in, shipped
from pmterm.compose.recorder import REAL
from pmterm.config.paths import kept_path
from pmterm.config.settings import Settings
from pmterm.lab.outcome import Outcome
from pmterm.lab.proved import Given, Proved, first_kept, keep, proved_by, read_proved
from pmterm.lab.shelf import source_of
from pmterm.model.units import Ns
from pmterm.runtime.clock import SystemClock
from pmterm.store.private_files import private_folder

USUAL: Final = "held out: pmterm comes with these settings"
EARLIER: Final = "held out: the settings were chosen on earlier recordings"
LATER: Final = "held out is what happened after these settings were first used: {n} of them"

Played = Sequence[tuple[Path, Outcome]]


def keep_played(
    settings: Settings, played: Played, home: Settings, *, is_held_out: bool = False
) -> dict[str, object]:
    """Keep runs that came to their end, in the store of `home`, and say what they may prove.

    `is_held_out`: the settings were chosen on earlier recordings alone.

    Raises:
        StoreBroken: the disk will not have it.
    """
    path, now = kept_path(home.store), SystemClock().now()
    shown = [
        _proved(settings, file, outcome, now, is_held_out=is_held_out)
        for file, outcome in played
        if not outcome.stopped_at
    ]
    known = read_proved(path)
    fresh = [one for one in shown if _told(one) not in {_told(each) for each in known}]
    if fresh:
        private_folder(path.parent)
        keep(path, fresh)
    signals = [(one.rules, signal) for one in shown for signal in one.signals if signal.is_whole]
    real = {one.rules for one in shown if one.rules == rules_in(settings, is_real=True)}
    since = _since([*known, *fresh])
    after = sum(signal.at >= since[rules] for rules, signal in signals)
    is_usual = rules_in(settings, is_real=True) == rules_in(shipped(settings), is_real=True)
    return {
        "file": str(path),
        "recordings": len(shown),
        "of the real venues": sum(one.rules in real for one in shown),
        "new": len(fresh),
        "signals followed to their end": len(signals),
        "held out": USUAL if is_usual else EARLIER if is_held_out else LATER.format(n=after),
    }


def _proved(
    settings: Settings, file: Path, outcome: Outcome, now: Ns, *, is_held_out: bool
) -> Proved:
    """Return what a run showed; only a recording that says so was made on the real venues."""
    rules = rules_in(settings, is_real=outcome.made_by.endswith(REAL))
    return proved_by(outcome, Given(source_of(file), rules, version(), now, is_held_out))


def _told(one: Proved) -> tuple[object, ...]:
    """Return what two lines share that say the same."""
    span = (one.first_at, one.last_at)
    return (one.source, one.rules, one.version, one.is_held_out, span, one.signals)


def _since(kept: Sequence[Proved]) -> dict[str, Ns]:
    since: dict[str, Ns] = {}
    for first in first_kept(kept):
        since[first.rules] = min(first.at, since.get(first.rules, first.at))
    return since
