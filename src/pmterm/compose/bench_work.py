"""What the backtest screen's processes do; it loads much that a session has no use for."""

from pathlib import Path

import msgspec

from pmterm.compose import backtests
from pmterm.compose.bench_results import kept_words, result_of
from pmterm.compose.errand import Line
from pmterm.compose.keeping import keep_played
from pmterm.compose.surveys import survey_of
from pmterm.config.settings import Settings
from pmterm.lab.outcome import Outcome
from pmterm.model.errors import PmtermError
from pmterm.model.text import clean_text
from pmterm.trading.strategy.strategies import STRATEGIES
from pmterm.views.bench import Choice, RecordingRow


def play(line: Line, settings: Settings, played: Choice) -> None:
    """Play recordings one after another, and tell after each what all came to."""
    playing = backtests.playing(settings, _wish(played), line)
    done: list[tuple[Path, Outcome]] = []
    for one in playing.runs:
        done.append(one)
        line.found(result_of(done, settings.cash, playing.left_out))


def keep(line: Line, settings: Settings, played: Choice) -> None:
    """Keep what was played, from what is known of it, and tell what it may prove."""
    done = list(backtests.playing(settings, _wish(played), line).runs)
    if not line.is_stopped:
        line.found(kept_words(keep_played(settings, done, settings)))


def known(row: RecordingRow) -> RecordingRow:
    """Return a recording with what reading it through tells."""
    try:
        facts = survey_of(Path(row.path)).facts
    except PmtermError as error:
        return msgspec.structs.replace(row, wrong=clean_text(error.detail))
    return msgspec.structs.replace(
        row, first_at=facts.first_at, last_at=facts.last_at, markets=len(facts.watched)
    )


def _wish(played: Choice) -> backtests.Wish:
    return backtests.Wish(
        tuple(Path(path) for path in sorted(played.paths)),
        tuple(name for name in STRATEGIES if name in played.strategies),
        since=played.since.strip(),
        until=played.until.strip(),
        resumes=True,
    )
