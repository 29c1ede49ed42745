"""Builds the backtest screen: what stands behind it, and the way into a replay and back.

A running session loads this while it trades, so that what only the runs need is loaded by them.
"""

import asyncio
import os
import shlex
from collections.abc import Iterable
from pathlib import Path

import msgspec

from pmterm.compose import replays
from pmterm.compose.errand import At, Errand, Found, Line, Over
from pmterm.compose.front import shown
from pmterm.compose.given import Screen
from pmterm.config.parameters import names, value_of, with_parameters
from pmterm.config.paths import recordings_dir
from pmterm.config.settings import Settings
from pmterm.lab.times import parse_time
from pmterm.model.errors import PmtermError, UsageWrong
from pmterm.model.text import clean_text, counted
from pmterm.runtime.clock import SystemClock
from pmterm.store.export import time_text
from pmterm.store.recording import ENDINGS
from pmterm.trading.strategy.strategies import STRATEGIES
from pmterm.views.bench import (
    Choice,
    Jump,
    Phase,
    RecordingRow,
    RunView,
    parameters_of,
)

STANDS_BACK = 10  # niceness: what trades goes first


class LabBench:
    """Satisfies `tui.bench.Bench`: lists recordings, and plays them in a process of its own."""

    def __init__(self, settings: Settings, strategies: Iterable[str] = ()) -> None:
        self._settings = settings
        self.choice = Choice(strategies=set(strategies))
        self._folder = recordings_dir(settings.store)
        self._rows = {row.path: row for row in _files(self._folder)}
        self._reading = Errand(read, sorted(self._rows)) if self._rows else None
        self._errand: Errand | None = None
        self._keeping: Errand | None = None
        self._played = Choice()
        self._view = RunView()

    def folder(self) -> str:
        """Where recordings are looked for."""
        return clean_text(str(self._folder))

    def recordings(self) -> list[RecordingRow]:
        """The recordings there are, with what is known of them so far."""
        for said in self._reading.hear() if self._reading is not None else ():
            if isinstance(said, Found):
                self._rows[said.what.path] = said.what
        return list(self._rows.values())

    def strategies(self) -> list[str]:
        """All strategies by name."""
        return list(STRATEGIES)

    def usual(self, strategy: str) -> str:
        """The parameters of a strategy as they are."""
        mine = [name for name in names() if name.startswith(f"{strategy}.")]
        return " ".join(f"{name}={value_of(self._settings, name)}" for name in mine)

    def wrong(self, parameters: str) -> str:
        """Why parameters do not read, "" if they do."""
        try:
            with_parameters(self._settings, parameters_of(parameters))
        except UsageWrong as error:
            return clean_text(f"{error.detail} {error.hint}")
        return ""

    def wrong_times(self, since: str, until: str) -> str:
        """Why the times between which strategies act do not read, "" if they do."""
        try:
            first, last = parse_time(since.strip(), "from"), parse_time(until.strip(), "to")
        except UsageWrong as error:
            return clean_text(f"{error.detail} {error.hint}")
        return "from must be before to." if first and last and first >= last else ""

    def start(self) -> None:
        """Play what is chosen.

        Raises:
            UsageWrong: nothing is chosen, or the parameters do not read.
        """
        if self._view.phase.is_busy:
            raise UsageWrong("it runs already:", "esc stops it.")
        choice = self.choice
        if not choice.paths:
            raise UsageWrong("no recording is chosen:", "space chooses the one pointed at.")
        settings = with_parameters(self._settings, parameters_of(choice.parameters))
        told = self.wrong_times(choice.since, choice.until)
        if told:
            raise UsageWrong(told)
        self._end_keeping()
        if self._errand is not None:
            self._errand.end()
        self._played = msgspec.structs.replace(
            choice, paths=set(choice.paths), strategies=set(choice.strategies), trade=0
        )
        choice.trade = 0
        self._view = RunView(Phase.RUNNING, "starting")
        self._errand = Errand(play, settings, self._played)

    def keep(self) -> None:
        """Count the signals of what was played in the records of strategies, as `--keep` does.

        Raises:
            UsageWrong: nothing was played to its end yet, or it is kept already.
        """
        if self._view.phase is not Phase.DONE or not self._view.result.recordings:
            raise UsageWrong("only what was played to its end can be kept:", "r plays it.")
        if self._keeping is not None or self._view.kept:
            raise UsageWrong("it is kept already.")
        settings = with_parameters(self._settings, parameters_of(self._played.parameters))
        self._keeping = Errand(keep, settings, self._played)

    def _hear_kept(self) -> None:
        for said in self._keeping.hear() if self._keeping is not None else ():
            if isinstance(said, Found):
                self._view = msgspec.structs.replace(self._view, kept=clean_text(said.what, 400))
            elif isinstance(said, Over):
                error = clean_text(f"{said.error} {said.hint}")
                self._view = msgspec.structs.replace(self._view, error=error)
                self._end_keeping()
                return

    def _end_keeping(self) -> None:
        if self._keeping is not None:
            self._keeping.end()
            self._keeping = None

    def stop(self) -> None:
        """Stop at the next safe place; asked again, at once."""
        if self._errand is None:
            return
        if self._view.phase is Phase.STOPPING:
            self._errand.end()
            self._ended(Over(is_stopped=True))
        elif self._view.phase is Phase.RUNNING:
            self._errand.stop()
            self._view = msgspec.structs.replace(self._view, phase=Phase.STOPPING)

    def run(self) -> RunView:
        """How far it is."""
        if self._errand is not None and self._view.phase.is_busy:
            for said in self._errand.hear():
                if isinstance(said, At):
                    what = clean_text(said.what)
                    self._view = msgspec.structs.replace(
                        self._view, what=what, share_ppm=said.share_ppm
                    )
                elif isinstance(said, Found):
                    self._view = msgspec.structs.replace(self._view, result=said.what)
                else:
                    self._ended(said)
        self._hear_kept()
        return self._view

    def tell(self, error: str) -> None:
        """Show why a replay could not be shown."""
        self._view = msgspec.structs.replace(self._view, error=clean_text(error))

    def scene(self, jump: Jump) -> tuple[Settings, replays.Scene]:
        """Return how a replay comes to the trade that was made: same settings, same strategies."""
        strategies = tuple(name for name in STRATEGIES if name in self._played.strategies)
        settings = with_parameters(self._settings, parameters_of(self._played.parameters))
        return settings, replays.Scene(jump.at, jump.market, strategies)

    def command(self, jump: Jump) -> str:
        """Return the command that shows a trade of the run in the replay, in another terminal.

        It names all that decides and is not as shipped, so that it shows the same trade.
        """
        settings, scene = self.scene(jump)
        usual = Settings()
        given = [
            f"{name}={value_of(settings, name)}"
            for name in names()
            if value_of(settings, name) != value_of(usual, name)
        ]
        words = ["pmterm", "replay", jump.path, "--from", f"{time_text(jump.at)[:19]}Z"]
        words += [
            "--market",
            jump.market,
            *(w for name in scene.strategies for w in ("--strategy", name)),
        ]
        return shlex.join([*words, *(["--parameters", " ".join(given)] if given else [])])

    def end(self) -> None:
        """End all that runs."""
        self._end_keeping()
        for errand in (self._reading, self._errand):
            if errand is not None:
                errand.end()

    def _ended(self, over: Over) -> None:
        phase = Phase.BROKE if over.error else Phase.STOPPED if over.is_stopped else Phase.DONE
        result = self._view.result
        self._view = RunView(
            phase,
            f"{result.recordings} of {counted(len(self._played.paths), 'recording')}",
            1_000_000,
            f"{over.error} {over.hint}".strip(),
            result,
        )


def bench(
    settings: Settings, strategies: Iterable[str] = (), since: str = "", until: str = ""
) -> int:
    """Show the backtest screen; a trade chosen there is shown in the replay, then it comes back."""
    from pmterm.compose.backtests import check_strategies

    check_strategies(strategies)
    behind = LabBench(settings, strategies)
    behind.choice.since, behind.choice.until = since, until
    try:
        while True:
            code, jump = asyncio.run(_look(settings, behind))
            if jump is None:
                return code
            _replay(behind, jump)
    finally:
        behind.end()


async def _look(settings: Settings, behind: LabBench) -> tuple[int, Jump | None]:
    from pmterm.tui.bench_app import BenchApp

    general = settings.general
    app = BenchApp(behind, theme=general.theme, ascii=general.ascii, unit=general.units)
    code = await shown(app, SystemClock())
    return code, None if code else app.return_value


def _replay(behind: LabBench, jump: Jump) -> None:
    settings, scene = behind.scene(jump)
    try:
        asyncio.run(replays.replay(settings, Screen(), Path(jump.path), speed=1.0, scene=scene))
    except PmtermError as error:
        behind.tell(f"{error.detail} {error.hint}")


def play(line: Line, settings: Settings, played: Choice) -> None:
    """Play recordings one after another, and tell after each what all came to.

    In a process of its own, which stands back behind a session that may run beside it.
    """
    from pmterm.compose import bench_work

    os.nice(STANDS_BACK)
    bench_work.play(line, settings, played)


def keep(line: Line, settings: Settings, played: Choice) -> None:
    """Keep what was played, in a process of its own, and tell what it may prove."""
    from pmterm.compose import bench_work

    os.nice(STANDS_BACK)
    bench_work.keep(line, settings, played)


def read(line: Line, paths: list[str]) -> None:
    """Read recordings through, to say when they are from and how many markets they hold."""
    from pmterm.compose.bench_work import known

    os.nice(STANDS_BACK)
    for path in paths:
        if line.is_stopped:
            return
        line.found(known(row_of(Path(path))))


def _files(folder: Path) -> list[RecordingRow]:
    """Return the recordings of a folder, newest name last, as far as a look at it tells."""
    try:
        found = sorted(p for p in folder.iterdir() if p.name.endswith(ENDINGS))
    except OSError:
        return []
    return [row_of(path) for path in found]


def row_of(path: Path) -> RecordingRow:
    """Return what a look at a file tells."""
    try:
        return RecordingRow(str(path), clean_text(path.name), path.stat().st_size)
    except OSError as error:
        return RecordingRow(str(path), clean_text(path.name), 0, wrong=str(error.strerror))
