import msgspec
import pytest
from tests.lab.recordings import HOCKEY, KALSHI, ROTATION, lines_of, write_recording
from tests.lab.test_live_replay_and_backtest_agree import SETTINGS as QUICK
from tests.lab.test_the_same_everywhere import EVENING

from pmterm.compose.backtests import NO_RECORD, Wish, backtest
from pmterm.compose.bench_results import result_of
from pmterm.compose.playing import Task, run
from pmterm.compose.progress import Silence
from pmterm.config.settings import Settings
from pmterm.lab.figures import signal_facts
from pmterm.lab.outcome import Followed, Gap
from pmterm.lab.report import facts_of
from pmterm.model.errors import RecordingBroken, UsageWrong
from pmterm.model.units import SECOND
from pmterm.trading.strategy.planning import Planner
from pmterm.trading.strategy.settings import Rules, StrategySettings
from pmterm.trading.strategy.strategies import STRATEGIES


@pytest.fixture
def recording(tmp_path):
    return write_recording(tmp_path / "one.ndjson.zst", lines_of(KALSHI))


def test_the_same_recording_gives_the_same_decisions_every_time(recording):
    first, code = backtest(Settings(), Wish((recording,)))
    again, _ = backtest(Settings(), Wish((recording,)))
    assert code == 0
    assert first == again
    assert first["recordings"][0]["decisions"] > 0


def test_another_setting_gives_another_hash(recording):
    usual, _ = backtest(Settings(), Wish((recording,)))
    other, _ = backtest(msgspec.structs.replace(Settings(), cash=5_000_000), Wish((recording,)))
    assert usual["recordings"][0]["hash"] != other["recordings"][0]["hash"]


def test_with_kelly_it_says_that_there_is_no_record_to_size_by(recording):
    kelly = msgspec.structs.replace(
        Settings(), strategies=StrategySettings(rules=Rules(sizing="kelly"))
    )
    assert backtest(kelly, Wish((recording,), ("fade",)))[0]["sizing"] == NO_RECORD
    assert "sizing" not in backtest(kelly, Wish((recording,)))[0]
    assert "sizing" not in backtest(Settings(), Wish((recording,), ("fade",)))[0]


def test_a_strategy_that_made_no_trade_is_told_with_none(recording):
    whole, _ = backtest(Settings(), Wish((recording,), ("spike",)))
    assert whole["strategies"]["spike"]["n"] == 0
    assert whole["strategies"]["spike"]["win rate"] == "not known (0 of 0)"


def test_a_signal_that_says_wait_earns_nothing_it_could_claim():
    seen = [Followed(f"s{n}", "M", "depth_pull", n, 0, True, is_whole=True) for n in range(40)]
    assert signal_facts(seen)["median net a contract"] == "waits"
    spikes = [msgspec.structs.replace(one, kind="spike") for one in seen]
    assert signal_facts(spikes)["median net a contract"].endswith("(n 40)")


def test_signals_cut_short_are_told_beside_the_rate_and_count_in_none():
    seen = [Followed(f"s{n}", "M", "spike", n, 0, n < 10, is_whole=True) for n in range(40)]
    seen += [Followed(f"c{n}", "M", "spike", n, 0, reverted=True) for n in range(25)]
    told = signal_facts(seen)
    assert (told["seen"], told["n"], told["cut short, not counted"]) == (65, 40, 25)
    assert told["reverted"].startswith("25.0%")


def test_no_recording_at_all_is_told(tmp_path):
    with pytest.raises(UsageWrong, match="no recording"):
        backtest(Settings(), Wish(()))


def test_a_file_that_is_none_is_told(tmp_path):
    path = tmp_path / "photo.zst"
    path.write_bytes(b"\x89PNG and so on")
    with pytest.raises(RecordingBroken):
        backtest(Settings(), Wish((path,)))


def test_a_folder_is_played_without_what_cannot_be_read(tmp_path, capsys):
    good = write_recording(tmp_path / "b.ndjson.zst", lines_of(KALSHI))
    alone, _ = backtest(Settings(), Wish((good,), caches=False))
    (tmp_path / "a.ndjson.zst").write_bytes(b"\x89PNG and so on")
    (tmp_path / "c.ndjson.zst").write_bytes(b"")
    capsys.readouterr()
    whole, code = backtest(Settings(), Wish((tmp_path,), caches=False))
    left_out = whole.pop("left out")
    assert whole == alone
    assert code == RecordingBroken.exit_code != 0
    assert [one["recording"] for one in left_out] == ["a.ndjson.zst", "c.ndjson.zst"]
    assert "not a pmterm recording" in left_out[0]["why"]
    assert "empty" in left_out[1]["why"]
    told = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in told] == ["left out", "left out"]


def test_a_folder_of_which_nothing_can_be_read_is_told(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.ndjson.zst").write_bytes(b"")
    with pytest.raises(
        RecordingBroken, match=r"a\.ndjson\.zst is empty\. None of 2 recordings can"
    ):
        backtest(Settings(), Wish((tmp_path,), caches=False))


@pytest.fixture
def breaking(monkeypatch):
    """The fade strategy breaks; the others are as they are."""
    plan = Planner.plan

    def broken(self, name, kind, signal):
        if name == "fade":
            return 1 // 0
        return plan(self, name, kind, signal)

    monkeypatch.setattr(Planner, "plan", broken)


def test_a_strategy_that_breaks_is_told_and_the_others_go_on(breaking, capsys):
    wish = Wish((EVENING,), ("fade", "fomo"), caches=False)
    whole, code = backtest(QUICK, wish)
    (fade,) = [value for key, value in whole["strategies"]["fade"].items() if "broke" in key]
    assert fade.startswith(f"{EVENING.name}: ZeroDivisionError")
    assert whole["strategies"]["fomo"]["n"] == 1
    assert not any("broke" in key for key in whole["strategies"]["fomo"])
    assert "strategy broke and was stopped: fade: ZeroDivisionError" in capsys.readouterr().err
    assert code == 1


def test_trades_say_which_recording_they_are_of_and_who_made_it():
    whole, code = backtest(QUICK, Wish((EVENING,), tuple(STRATEGIES), caches=False))
    assert {row["recording"] for row in whole["trades"]} == {EVENING.name}
    assert whole["recordings"][0]["made_by"] == "pmterm sim, seed 1"
    assert "venues" not in whole
    assert "gaps" not in whole
    assert code == 0


def test_the_screen_tells_what_was_cut_short_too():
    outcome = run(Task(EVENING, QUICK), Silence())
    notes = result_of([(EVENING, outcome)], QUICK.cash).notes
    assert any("seen 1, 1 cut short not counted, came back not known (0 of 0)" in n for n in notes)


def test_figures_of_two_venues_are_said_to_be_of_both(tmp_path):
    write_recording(tmp_path / "a.ndjson.zst", lines_of(KALSHI))
    write_recording(tmp_path / "b.ndjson.zst", lines_of(HOCKEY))
    whole, _ = backtest(Settings(), Wish((tmp_path,), caches=False))
    assert whole["venues"].startswith("kalshi and polymarket: ")


def test_gaps_are_told_by_reason_with_the_longest():
    gaps = (
        Gap("A", 5 * SECOND, 25 * SECOND, "gap: frame 7 came where 5 was due"),
        Gap("B", 30 * SECOND, 90 * SECOND, "gap: frame 17 came where 15 was due"),
        Gap("", 100 * SECOND, 200 * SECOND, "nothing was recorded"),
    )
    outcome = run(Task(EVENING, QUICK), Silence())
    told = facts_of([msgspec.structs.replace(outcome, gaps=gaps)], QUICK.cash)["gaps"]
    assert [(row["gaps"], row["markets"], row["longest_s"]) for row in told] == [
        (2, 2, 60), (1, "all", 100),
    ]  # fmt: skip
    assert told[0]["why"] == "gap: frame … came where … was due"


def test_a_time_that_is_none_is_told(recording):
    with pytest.raises(UsageWrong, match="--from yesterday"):
        backtest(Settings(), Wish((recording,), since="yesterday"))


@pytest.mark.parametrize(
    ("since", "until", "words"),
    [
        ("2026-05-14", "2026-05-14", "--from 2026-05-14 is not before --to 2026-05-14"),
        ("2030-01-01", "", "nothing is left to play with this --from"),
        ("", "2001-01-01", "nothing is left to play with this --to"),
    ],
)
def test_times_that_leave_nothing_are_refused(recording, since, until, words):
    with pytest.raises(UsageWrong, match=words):
        backtest(Settings(), Wish((recording,), since=since, until=until))


def test_processes_come_to_the_same_as_one(tmp_path):
    paths = (
        write_recording(tmp_path / "a.ndjson.zst", lines_of(KALSHI)),
        write_recording(tmp_path / "b.ndjson.zst", lines_of(ROTATION), shift=86_400 * SECOND),
    )
    alone, _ = backtest(Settings(), Wish(paths, workers=1))
    together, code = backtest(Settings(), Wish(paths, workers=2))
    assert together == alone
    assert code == 0


def test_what_was_played_to_its_end_is_not_played_again(recording, monkeypatch):
    first, _ = backtest(Settings(), Wish((recording,)))
    monkeypatch.setattr("pmterm.compose.backtests.run", None)
    again, _ = backtest(Settings(), Wish((recording,), resumes=True))
    assert again == first
    other = msgspec.structs.replace(Settings(), cash=5_000_000)
    with pytest.raises(TypeError):  # other settings: it has to be played
        backtest(other, Wish((recording,), resumes=True))


def test_stopped_in_the_middle_it_says_what_is_known_so_far(recording, monkeypatch):
    monkeypatch.setattr("pmterm.compose.playing.TOLD_EVERY", 10)

    def stop(watch, what, share):
        watch.is_stopped = watch.is_stopped or (share > 0.3 and "reading" not in what)

    monkeypatch.setattr("pmterm.compose.progress.Progress.at", stop)
    whole, code = backtest(Settings(), Wish((recording,), caches=False))
    (row,) = whole["recordings"]
    assert code == 130
    assert row["stopped_at"]
    monkeypatch.undo()
    full, _ = backtest(Settings(), Wish((recording,), resumes=True))
    assert full["recordings"][0]["inputs"] > row["inputs"]  # begun anew, not taken for whole


def test_stopped_while_it_reads_it_counts_all_that_was_to_be_played(tmp_path, monkeypatch):
    for number in range(3):
        shift = number * 3_600 * SECOND
        write_recording(tmp_path / f"{number}.ndjson.zst", lines_of(KALSHI), shift=shift)
    monkeypatch.setattr("pmterm.compose.progress.Progress.at", _stop_at_once)
    whole, code = backtest(Settings(), Wish((tmp_path,)))
    assert code == 130
    assert whole["stopped"].endswith("of 3 recordings begun")


def _stop_at_once(watch, _what, _share):
    watch.is_stopped = True


def test_nothing_is_played_from_the_end_on(recording):
    whole, _ = backtest(Settings(), Wish((recording,)))
    middle = "2026-05-14T04:46:00Z"
    cut, _ = backtest(Settings(), Wish((recording,), until=middle))
    assert cut["recordings"][0]["inputs"] <= whole["recordings"][0]["inputs"]
    assert cut["recordings"][0]["to"] < middle
