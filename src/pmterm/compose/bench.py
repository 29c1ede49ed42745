"""Builds the backtest screen: what stands behind it, and the way into a replay and back."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

import msgspec

from pmterm.compose import backtests, replays
from pmterm.compose.errand import At, Errand, Found, Line, Over
from pmterm.compose.front import shown
from pmterm.compose.given import Screen
from pmterm.compose.surveys import survey_of
from pmterm.config.parameters import names, value_of, with_parameters
from pmterm.config.paths import recordings_dir
from pmterm.config.settings import Settings
from pmterm.lab.figures import by_kind, by_strategy, curve_of, signal_facts, strategy_facts
from pmterm.lab.ordering import ENDINGS
from pmterm.lab.outcome import Outcome
from pmterm.model.errors import PmtermError, RecordingBroken, UsageWrong
from pmterm.model.text import clean_text
from pmterm.runtime.clock import SystemClock
from pmterm.trading.strategy.strategies import STRATEGIES
from pmterm.views.bench import (
    BenchResult,
    BenchTrade,
    Choice,
    Jump,
    Phase,
    RecordingRow,
    RunView,
    parameters_of,
)

_SHOWN = ("n", "net", "win rate", "net a trade", "max drawdown")


class LabBench:
    """Satisfies `tui.bench.Bench`: lists recordings, and plays them in a process of its own."""

    def __init__(self, settings: Settings, strategies: Iterable[str] = ()) -> None:
        self._settings = settings
        self.choice = Choice(strategies=set(strategies))
        self._folder = recordings_dir(settings.store)
        self._rows = {row.path: row for row in _files(self._folder)}
        self._reading = Errand(read, sorted(self._rows)) if self._rows else None
        self._errand: Errand | None = None
        self._outcomes: list[tuple[Path, Outcome]] = []
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
        if self._errand is not None:
            self._errand.end()
        self._played = msgspec.structs.replace(
            choice, paths=set(choice.paths), strategies=set(choice.strategies), trade=0
        )
        choice.trade = 0
        wish = backtests.Wish(
            tuple(Path(path) for path in sorted(choice.paths)),
            tuple(name for name in STRATEGIES if name in choice.strategies),
            resumes=True,
        )
        self._outcomes = []
        self._view = RunView(Phase.RUNNING, "starting")
        self._errand = Errand(play, settings, wish)

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
            is_new = False
            for said in self._errand.hear():
                if isinstance(said, At):
                    what = clean_text(said.what)
                    self._view = msgspec.structs.replace(
                        self._view, what=what, share_ppm=said.share_ppm
                    )
                elif isinstance(said, Found):
                    self._outcomes.append(said.what)
                    is_new = True
                else:
                    self._ended(said)
            if is_new:
                self._view = msgspec.structs.replace(self._view, result=self._result())
        return self._view

    def tell(self, error: str) -> None:
        """Show why a replay could not be shown."""
        self._view = msgspec.structs.replace(self._view, error=clean_text(error))

    def scene(self, jump: Jump) -> tuple[Settings, replays.Scene]:
        """Return how a replay comes to the trade that was made: same settings, same strategies."""
        strategies = tuple(name for name in STRATEGIES if name in self._played.strategies)
        settings = with_parameters(self._settings, parameters_of(self._played.parameters))
        return settings, replays.Scene(jump.at, jump.market, strategies)

    def end(self) -> None:
        """End all that runs."""
        for errand in (self._reading, self._errand):
            if errand is not None:
                errand.end()

    def _ended(self, over: Over) -> None:
        phase = Phase.BROKE if over.error else Phase.STOPPED if over.is_stopped else Phase.DONE
        many = len(self._outcomes)
        self._view = RunView(
            phase,
            f"{many} of {len(self._played.paths)} recordings",
            1_000_000,
            f"{over.error} {over.hint}".strip(),
            self._result(),
        )

    def _result(self) -> BenchResult:
        outcomes = [outcome for _, outcome in self._outcomes]
        capital = self._settings.cash
        trades = tuple(
            BenchTrade(
                str(path),
                trade.market,
                clean_text(trade.strategy),
                trade.side,
                trade.qty,
                trade.entered_at,
                trade.left_at,
                trade.entry,
                trade.exit,
                trade.fees,
                trade.net,
                clean_text(trade.reason),
                trade.is_known,
            )
            for path, outcome in self._outcomes
            for trade in outcome.trades
        )
        every = [trade for outcome in outcomes for trade in outcome.trades]
        return BenchResult(
            tuple(sorted(trades, key=lambda trade: trade.entered_at)),
            curve_of(every, capital),
            capital,
            _figures(outcomes, capital),
            _notes(outcomes),
        )


def bench(settings: Settings, strategies: Iterable[str] = ()) -> int:
    """Show the backtest screen; a trade chosen there is shown in the replay, then it comes back."""
    backtests.check_strategies(strategies)
    behind = LabBench(settings, strategies)
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


def play(line: Line, settings: Settings, wish: backtests.Wish) -> None:
    """Play recordings one after another, and tell each as it is done; in its own process."""
    playing = backtests.playing(settings, wish, line)
    for found in playing.runs:
        line.found(found)
    if playing.left_out:
        words = " ".join(one.why for one in playing.left_out)
        raise RecordingBroken(f"left out: {words}")


def read(line: Line, paths: list[str]) -> None:
    """Read recordings through, to say when they are from and how many markets they hold."""
    for path in paths:
        if line.is_stopped:
            return
        line.found(_known(Path(path)))


def _files(folder: Path) -> list[RecordingRow]:
    """Return the recordings of a folder, newest name last, as far as a look at it tells."""
    try:
        found = sorted(p for p in folder.iterdir() if p.name.endswith(ENDINGS))
    except OSError:
        return []
    return [_row(path) for path in found]


def _row(path: Path) -> RecordingRow:
    try:
        return RecordingRow(str(path), clean_text(path.name), path.stat().st_size)
    except OSError as error:
        return RecordingRow(str(path), clean_text(path.name), 0, wrong=str(error.strerror))


def _known(path: Path) -> RecordingRow:
    row = _row(path)
    try:
        facts = survey_of(path).facts
    except PmtermError as error:
        return msgspec.structs.replace(row, wrong=clean_text(error.detail))
    return msgspec.structs.replace(
        row, first_at=facts.first_at, last_at=facts.last_at, markets=len(facts.watched)
    )


def _figures(outcomes: list[Outcome], capital: int) -> tuple[str, ...]:
    """Say what each strategy's trades come to; every figure has its n."""
    lines = []
    for name, trades in by_strategy(outcomes).items():
        facts = strategy_facts(trades, capital)
        told = ", ".join(f"{each} {facts[each]}" for each in _SHOWN)
        lines.append(clean_text(f"{name or 'by hand'}: {told}", 400))
    return tuple(lines)


def _notes(outcomes: list[Outcome]) -> tuple[str, ...]:
    notes = [backtests.EACH_ALONE] if len(outcomes) > 1 else []
    for kind, signals in by_kind(outcomes).items():
        facts = signal_facts(signals)
        notes.append(f"signals {kind}: seen {facts['seen']}, reverted {facts['reverted']}")
    for outcome in outcomes:
        name = outcome.recording
        notes += [f"{name}: strategy stopped: {each}" for each in outcome.failed]
        notes += [f"{name}: damaged: {each}" for each in outcome.damage[:1]]
        if outcome.without_book:
            notes.append(f"{name}: {len(outcome.without_book)} markets without a book")
    return tuple(clean_text(note) for note in notes)
