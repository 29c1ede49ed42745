"""What stands behind the backtest screen: a process of its own, stopped, broken and heard."""

import os
import signal
import time

import msgspec
import pytest
from tests.lab.recordings import HOCKEY, KALSHI, lines_of, write_recording

from pmterm.compose.backtests import Wish, backtest
from pmterm.compose.bench import LabBench
from pmterm.compose.errand import At, Errand, Found, Line, Over
from pmterm.compose.replays import Scene, _acting
from pmterm.config.paths import kept_path
from pmterm.config.settings import Settings
from pmterm.messages.accounts import Mode, SessionStarted
from pmterm.messages.health import Noticed
from pmterm.messages.strategy import SetMode, StrategyMode
from pmterm.model.errors import UsageWrong
from pmterm.model.ids import MarketId
from pmterm.views.bench import Jump, Phase

PATIENCE_S = 60


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def settings(tmp_path):
    folder = tmp_path / "recordings"
    folder.mkdir()
    write_recording(folder / "basket.ndjson.zst", lines_of(KALSHI))
    write_recording(folder / "hockey.ndjson.zst", lines_of(HOCKEY))
    (folder / "torn.ndjson.zst").write_bytes(b"nothing of the kind")
    (folder / "notes.txt").write_text("no recording")
    usual = Settings()
    return msgspec.structs.replace(
        usual, store=msgspec.structs.replace(usual.store, recordings=str(folder))
    )


@pytest.fixture
def bench(settings):
    bench = LabBench(settings)
    yield bench
    bench.end()


def wait_until(is_so):
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end, "never came to be so"
        time.sleep(0.01)


def ran(bench):
    wait_until(lambda: not bench.run().phase.is_busy)
    return bench.run()


def path_of(bench, name):
    (path,) = [row.path for row in bench.recordings() if row.name.startswith(name)]
    return path


def test_recordings_are_listed_at_once_and_known_soon(bench):
    names = [row.name for row in bench.recordings()]
    assert names == ["basket.ndjson.zst", "hockey.ndjson.zst", "torn.ndjson.zst"]
    wait_until(lambda: all(row.last_at or row.wrong for row in bench.recordings()))
    basket, hockey, torn = bench.recordings()
    assert basket.last_at > basket.first_at > 0
    assert hockey.markets > 0
    assert "is not a pmterm recording" in torn.wrong


def test_a_folder_that_is_not_there_holds_nothing(tmp_path):
    usual = Settings()
    store = msgspec.structs.replace(usual.store, recordings=str(tmp_path / "none"))
    bench = LabBench(msgspec.structs.replace(usual, store=store))
    assert bench.recordings() == []
    with pytest.raises(UsageWrong, match="no recording is chosen"):
        bench.start()


def test_a_run_comes_to_what_the_command_comes_to(bench, settings):
    bench.choice.paths = {path_of(bench, "basket"), path_of(bench, "hockey")}
    bench.choice.strategies = {"spike", "reversion"}
    bench.start()
    view = ran(bench)
    assert (view.phase, view.error) == (Phase.DONE, "")
    assert view.what == "2 of 2 recordings"
    paths = tuple(sorted(bench.choice.paths))
    facts, _ = backtest(settings, Wish(paths=_paths(paths), strategies=("reversion", "spike")))
    assert len(view.result.trades) == len(facts["trades"])
    seen = sum(part["seen"] for part in facts["signals"].values())
    assert sum(int(note.split("seen ")[1].split(",")[0]) for note in view.result.notes
               if "seen" in note) == seen  # fmt: skip


def _paths(paths):
    from pathlib import Path

    return tuple(Path(path) for path in paths)


def test_two_runs_at_once_are_refused_and_the_first_goes_on(bench):
    bench.choice.paths = {path_of(bench, "hockey")}
    bench.start()
    with pytest.raises(UsageWrong, match="it runs already"):
        bench.start()
    assert ran(bench).phase is Phase.DONE


def test_a_run_is_stopped_and_another_can_be_started(bench):
    bench.choice.paths = {path_of(bench, "hockey")}
    bench.start()
    bench.stop()
    assert bench.run().phase in {Phase.STOPPING, Phase.STOPPED, Phase.DONE}
    assert ran(bench).phase in {Phase.STOPPED, Phase.DONE}
    bench.start()
    assert ran(bench).phase is Phase.DONE


def test_stopped_twice_it_is_ended_at_once(bench):
    bench.choice.paths = {path_of(bench, "hockey")}
    bench.start()
    bench.stop()
    bench.stop()
    assert bench.run().phase is Phase.STOPPED


def test_a_recording_that_cannot_be_read_breaks_the_run_with_its_reason(bench):
    bench.choice.paths = {path_of(bench, "torn")}
    bench.start()
    view = ran(bench)
    assert view.phase is Phase.BROKE
    assert "is not a pmterm recording" in view.error


def test_a_process_that_is_killed_is_said_to_have_ended(bench):
    bench.choice.paths = {path_of(bench, "hockey")}
    bench.start()
    os.kill(bench._errand._process.pid, signal.SIGKILL)
    view = ran(bench)
    assert view.phase is Phase.BROKE
    assert "ended by itself (-9)" in view.error


def test_parameters_are_read_by_the_rules_of_the_settings(bench):
    assert bench.wrong("fade.stop_ppm=20000 rules.ask_over=1000000") == ""
    assert "Did you mean fade.stop_ppm?" in bench.wrong("fade.stop_pm=20000")
    assert "is no whole number" in bench.wrong("fade.stop_ppm=much")
    assert "is no whole number" in bench.wrong("fade.stop_ppm")
    assert "fade.target_ppm=75000" in bench.usual("fade")
    bench.choice.paths = {path_of(bench, "hockey")}
    bench.choice.parameters = "fade.stop_ppm=much"
    with pytest.raises(UsageWrong, match="no whole number"):
        bench.start()


def test_the_replay_has_the_settings_and_strategies_of_the_run_not_of_the_screen(bench):
    bench.choice.paths = {path_of(bench, "hockey")}
    bench.choice.parameters, bench.choice.strategies = "fade.stop_ppm=11111", {"fade", "spike"}
    bench.start()
    ran(bench)
    bench.choice.parameters, bench.choice.strategies = "", set()
    settings, scene = bench.scene(Jump("/r", MarketId("M"), 7))
    assert settings.strategies.fade.stop_ppm == 11_111
    assert scene == Scene(7, MarketId("M"), ("fade", "spike"))


def test_times_are_those_of_the_command_and_checked_before_it_runs(bench):
    assert bench.wrong_times("", "") == ""
    assert "from yesterday is no time" in bench.wrong_times("yesterday", "")
    assert bench.wrong_times("2026-05-13T22:00", "2026-05-13T21:00") == "from must be before to."
    wait_until(lambda: all(row.last_at or row.wrong for row in bench.recordings()))
    bench.choice.paths = {path_of(bench, "hockey")}
    bench.choice.since, bench.choice.until = "2026-05-13T22:00", "2026-05-13T21:00"
    with pytest.raises(UsageWrong, match="before to"):
        bench.start()
    bench.choice.since, bench.choice.until = "2030-01-01T00:00", ""
    bench.start()
    view = ran(bench)
    assert view.phase is Phase.BROKE
    assert "nothing is left to play with this --from" in view.error


def test_kept_is_what_the_command_keeps_and_only_once(bench, settings, tmp_path):
    store = msgspec.structs.replace(settings.store, path=str(tmp_path / "pmterm.db"))
    bench._settings = msgspec.structs.replace(settings, store=store)
    with pytest.raises(UsageWrong, match="only what was played"):
        bench.keep()
    bench.choice.paths, bench.choice.strategies = {path_of(bench, "hockey")}, {"spike"}
    bench.start()
    ran(bench)
    bench.keep()
    wait_until(lambda: bench.run().kept or bench.run().error)
    assert bench.run().error == ""
    assert " of 1 recording (" in bench.run().kept
    assert kept_path(store).exists()
    with pytest.raises(UsageWrong, match="kept already"):
        bench.keep()
    wish = Wish(paths=_paths([path_of(bench, "hockey")]), strategies=("spike",), keeps=True)
    facts, _ = backtest(bench._settings, wish)
    assert facts["kept"]["new"] == 0


def test_it_stands_back_behind_a_session(bench):
    bench.choice.paths = {path_of(bench, "hockey")}
    bench.start()
    own = os.getpriority(os.PRIO_PROCESS, 0)
    pid = bench._errand._process.pid
    wait_until(lambda: os.getpriority(os.PRIO_PROCESS, pid) == min(own + 10, 19))


def test_strategies_of_a_scene_act_from_the_first_event_on():
    started = SessionStarted(5, "replay", Mode.REPLAY, "", 0)
    later = Noticed(9, "x")
    events = list(_acting(iter([started, later]), Scene(7, MarketId("M"), ("fade",))))
    assert events == [started, SetMode(5, "fade", StrategyMode.AUTO), later]
    assert list(_acting(iter([started, later]), None)) == [started, later]


def noisy(line: Line) -> None:
    print("this must not reach the terminal")
    line.part("first", 0, 2)
    line.at("first", 0.5)
    line.found([1, 2])
    line.part("second", 1, 2)


def breaking(_: Line) -> None:
    raise ZeroDivisionError("\x1b[31mby zero")


def heard(errand):
    said = []
    wait_until(lambda: said.extend(errand.hear()) or (said and isinstance(said[-1], Over)))
    return said


def test_an_errand_tells_how_far_it_is_and_what_it_found(capfd):
    errand = Errand(noisy)
    said = heard(errand)
    assert said == [
        At("first", 0),
        At("first", 250_000),
        Found([1, 2]),
        At("second", 500_000),
        Over(),
    ]
    assert errand.hear() == []
    errand.end()
    assert capfd.readouterr() == ("", "")


def test_an_errand_that_breaks_says_how_and_nothing_reaches_the_terminal(capfd):
    errand = Errand(breaking)
    (over,) = heard(errand)
    errand.end()
    assert over.error == "it broke: ZeroDivisionError: [31mby zero"
    assert capfd.readouterr() == ("", "")
