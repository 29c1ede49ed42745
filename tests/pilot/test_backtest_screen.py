"""The backtest screen: choose, run, stop, look at a trade; at every size, with hostile words."""

import msgspec
import pytest
from tests.pilot.bench_build import DONE, HALF, ROWS, BenchSession, FakeBench, trade
from tests.pilot.fake_desk import HOSTILE

from pmterm.model.text import clean_text
from pmterm.tui.keys import BENCH, BENCH_ANYWHERE, TABLE, name_of
from pmterm.tui.screens.bench import BenchScreen
from pmterm.tui.screens.help import HelpScreen
from pmterm.views.bench import (
    BenchResult,
    Jump,
    Phase,
    RecordingRow,
    RunView,
    StrategyFigures,
)

SIZES = [(20, 5), (50, 12), (80, 24), (120, 40), (200, 60), (300, 80)]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("view", [RunView(), HALF, DONE], ids=["idle", "running", "done"])
async def test_every_size_shows_every_state(size, view):
    async with BenchSession(FakeBench(view), size) as s:
        assert s.shown().strip()
        await s.press("tab", "tab", "tab", "tab", "shift+tab", "down", "up", "end", "home")
        assert len(s.shown().split("\n")) == size[1]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=str)
async def test_all_that_matters_is_in_sight(size):
    async with BenchSession(FakeBench(DONE), size) as s:
        s.bench.choice.paths = {"/r/a"}
        await s.until(lambda: "1 of 4 [x]" in s.shown())
        shown = s.shown()
        for words in ("09-21", "18 min", "784 kB", "cannot be played", "reading…", "[x]", "fomo"):
            assert words in shown, words
        for words in ("DONE", "EQUITY", "drawdown, at most $6.87", "TRADES"):
            assert words in shown, words
        rows = " ".join(shown.split())
        assert "fade 4 +$7.33 $1.00 " in rows
        assert "reversion 3+1? -$4.85 $8.12 " in rows
        wins = "not known (1 of 3)" if size[0] == 200 else "1 of 3"
        assert f"-$4.85 $8.12 {wins}" in rows
        assert "net +$2.48 n 7, 1 unknown" in shown
        assert "$10,000.00 to $10,002.48 n 7" in shown


async def test_a_recording_shows_what_is_known_of_it():
    async with BenchSession() as s:
        assert "3 markets" in s.shown()
        await s.press("down", "down")
        assert "torn is not a pmterm recording." in s.shown()


async def test_space_chooses_recordings_and_strategies_and_r_runs_them():
    async with BenchSession() as s:
        await s.press("space", "down", "space", "tab", "down", "down", "space", "r")
        ((_, choice),) = s.bench.asked
        assert choice.paths == {"/r/a", "/r/b"}
        assert choice.strategies == {"reversion"}
        assert "RUNNING" in s.shown()
        assert "43% kalshi_finals_map2" in s.shown()


async def test_space_and_enter_take_a_choice_back():
    async with BenchSession() as s:
        await s.press("space", "enter")
        assert s.bench.choice.paths == set()


async def test_capital_a_chooses_all_that_can_be_played_and_none():
    async with BenchSession() as s:
        await s.press("A")
        assert s.bench.choice.paths == {"/r/a", "/r/b", "/r/d"}
        await s.press("A")
        assert s.bench.choice.paths == set()


async def test_one_that_cannot_be_played_is_not_chosen():
    async with BenchSession() as s:
        await s.press("down", "down", "space")
        assert s.bench.choice.paths == set()
        assert "it cannot be played" in s.shown()


async def test_with_nothing_chosen_it_says_so():
    async with BenchSession() as s:
        await s.press("r")
        assert "no recording is chosen: space chooses the one pointed at." in s.shown()


async def test_no_recordings_says_how_to_make_them():
    async with BenchSession(FakeBench(rows=[])) as s:
        await s.press("space", "enter", "A", "r")
        rows = s.app.screen.query_one("#recordings")._rows
        words = " ".join(text for row in rows for text, _ in row)
        assert "No recordings in /r: pmterm record makes them." in " ".join(words.split())


async def test_parameters_are_checked_as_they_are_typed_and_kept():
    async with BenchSession() as s:
        await s.press("space", "p")
        for letter in "fade.stopp=1":
            await s.pilot.press(letter)
        await s.until(lambda: "there is no parameter fade.stopp." in s.shown())
        s.app.screen.query_one("#parameters").value = "fade.stop_ppm=2"
        await s.settle()
        assert "there is no parameter" not in s.shown()
        await s.press("enter")
        ((_, choice),) = s.bench.asked
        assert choice.parameters == "fade.stop_ppm=2"


async def test_parameters_of_the_chosen_strategy_are_shown():
    async with BenchSession() as s:
        await s.press("tab", "space")
        assert "fade.stop_ppm=30000" in s.shown()


FOUR = tuple(
    StrategyFigures(name, 40, 1_000_000, 22, 3_000_000, "55% (n 40)", "+$0.02 (n 40)")
    for name in ("fade", "fomo", "reversion", "spike")
)
NOTES = tuple(f"{name}: seen 40" for name in ("PANIC SELL", "FOMO BUY", "REVERSION", "SPIKE"))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=str)
async def test_figures_of_all_strategies_are_seen_and_the_rest_one_key_away(size):
    result = msgspec.structs.replace(DONE.result, figures=FOUR, notes=NOTES)
    view = msgspec.structs.replace(DONE, result=result)
    async with BenchSession(FakeBench(view), size) as s:
        assert all(f"{name} " in s.shown() for name in ("fade", "fomo", "reversion", "spike"))
        assert s.shown().count("22 of 40") == 4
        assert " more lines: tab" in s.shown()
        await s.press("shift+tab")
        assert s.app.focused.id == "run"
        await s.press("end")
        assert all(note in s.shown() for note in NOTES)
        assert "spike: win rate 55% (n 40), net a trade +$0.02" in " ".join(s.shown().split())


async def test_times_are_typed_checked_and_kept():
    async with BenchSession(size=(80, 24)) as s:
        await s.press("space", "tab", "tab")
        assert s.app.focused.id == "since"
        assert "recorded 2026-09-21T14:23:20 to 14:41:20." in " ".join(s.shown().split())
        await s.press(*"2026-09-21T14:30", "tab", *"2026-09-21T14:25")
        await s.until(lambda: "from must be before to." in s.shown())
        s.app.screen.query_one("#until").value = "2026-09-21T14:35"
        await s.settle()
        assert "from must be" not in s.shown()
        await s.press("enter")
        ((_, choice),) = s.bench.asked
        assert (choice.since, choice.until) == ("2026-09-21T14:30", "2026-09-21T14:35")


async def test_capital_k_keeps_a_run_when_pressed_twice():
    async with BenchSession(FakeBench(DONE), (80, 24)) as s:
        await s.press("K")
        assert s.bench.asked == []
        assert "K again keeps it" in s.shown()
        await s.press("K")
        assert s.bench.asked == [("keep",)]
        await s.until(lambda: "KEPT 9 signals of 2 recordings" in s.shown())


async def test_another_key_between_takes_the_first_back():
    async with BenchSession(FakeBench(DONE)) as s:
        await s.press("K", "u", "K")
        assert s.bench.asked == []


async def test_what_was_not_played_to_its_end_is_not_kept():
    async with BenchSession() as s:
        await s.press("K", "K")
        assert "only what was played to its end can be kept: r plays it." in s.shown()


async def test_parameters_of_the_strategy_pointed_at_come_first():
    async with BenchSession(size=(80, 24)) as s:
        await s.press("tab", "space", "down", "down", "down", "space")
        assert "spike.stop_ppm=30000" in s.shown()
        assert s.shown().index("spike.stop_ppm") < s.shown().index("fade.stop_ppm")


async def test_escape_leaves_the_parameters_first_and_then_stops_what_runs():
    async with BenchSession(FakeBench(HALF)) as s:
        await s.press("p", "escape")
        assert s.bench.asked == []
        await s.press("escape")
        assert s.bench.asked == [("stop",)]
        assert "STOPPING" in s.shown()


async def test_escape_with_nothing_running_says_how_to_quit():
    async with BenchSession() as s:
        await s.press("escape")
        assert "nothing runs; ctrl+q quits" in s.shown()


async def test_a_run_that_broke_says_why_and_can_be_run_again():
    bench = FakeBench(RunView(Phase.BROKE, "0 of 1 recording", 0, "it broke: OSError: no space"))
    async with BenchSession(bench) as s:
        assert "it broke: OSError: no space" in s.shown()
        await s.press("space", "r")
        assert bench.asked[0][0] == "start"


async def test_when_a_run_is_done_its_trades_have_the_keys():
    async with BenchSession(FakeBench(HALF)) as s:
        s.bench.view = DONE
        await s.until(lambda: s.app.focused is not None and s.app.focused.id == "trades")


async def test_enter_on_a_trade_leaves_for_the_replay_some_seconds_before():
    async with BenchSession(FakeBench(DONE)) as s:
        await s.press("down", "enter")
        wanted = DONE.result.trades[1]
        assert s.app.return_value == Jump("/r/a", wanted.market, wanted.entered_at - 10**10)
        assert s.bench.choice.trade == 1


async def test_back_from_the_replay_the_same_trade_is_pointed_at():
    bench = FakeBench(DONE)
    bench.choice.trade = 3
    async with BenchSession(bench) as s:
        assert s.app.focused.id == "trades"
        assert s.app.focused.cursor == 3


async def test_no_trade_is_looked_at_while_it_runs():
    view = RunView(Phase.RUNNING, "x", 1, "", DONE.result)
    async with BenchSession(FakeBench(view)) as s:
        s.app.screen.query_one("#trades").focus()
        await s.press("enter")
        assert s.app.return_value is None
        assert "esc stops it" in s.shown()


async def test_units_theme_help_and_how_to_quit():
    async with BenchSession(FakeBench(DONE)) as s:
        before, theme = s.shown(), s.app.theme
        await s.press("u")
        assert s.shown() != before
        await s.press("t")
        assert s.app.theme != theme
        await s.press("ctrl+c")
        assert "ctrl+q quits" in s.shown()
        await s.press("question_mark")
        assert isinstance(s.app.screen, HelpScreen)
        shown = s.shown()
        assert all(key.words[:30] in shown for key in (*BENCH, *BENCH_ANYWHERE))
        await s.press("escape", "ctrl+q")
        assert s.app.return_value is None


async def test_on_a_narrow_terminal_each_side_has_it_all():
    async with BenchSession(FakeBench(DONE), (60, 24)) as s:
        assert "TRADES" in s.shown()
        assert "RECORDINGS" not in s.shown()
        await s.press("tab")
        assert "RECORDINGS" in s.shown()
        assert "TRADES" not in s.shown()


async def test_words_from_outside_do_nothing():
    rows = [RecordingRow("/r/x", clean_text(HOSTILE), 5_000, wrong=clean_text(HOSTILE))]
    hostile = trade(0, 1, strategy=clean_text(HOSTILE), reason=clean_text(HOSTILE))
    view = RunView(Phase.BROKE, clean_text(HOSTILE), 0, HOSTILE, BenchResult((hostile,)))
    bench = FakeBench(view, rows)
    async with BenchSession(bench) as s:
        shown = s.shown()
        assert "[bold red]" in shown
        assert not {"\x1b", "\u202e", "\u200b"} & set(shown)
        await s.press("tab", "tab", "tab", "enter")


async def test_letters_only_where_the_terminal_has_no_more():
    async with BenchSession(FakeBench(DONE), ascii=True) as s:
        assert s.shown().isascii()


def test_every_key_of_the_bench_has_an_action_and_one_meaning():
    keys = [each for key in (*BENCH, *BENCH_ANYWHERE) for each in key.keys.split(",")]
    assert len(keys) == len(set(keys))
    for key in BENCH:
        name = name_of(key).removeprefix("app.")
        assert hasattr(BenchScreen, f"action_{name}") or name == "theme", key
    dangerous = {"buy", "sell", "close_here", "close_all", "cancel_here", "cancel_all", "take"}
    trading = {key.keys for key in TABLE if name_of(key) in dangerous}
    assert not trading & set(keys), "a key that trades elsewhere"


def test_spans_are_told_in_words():
    from pmterm.views.bench import span_words

    assert span_words(ROWS[1]).endswith("2h05")
    assert span_words(RecordingRow("", "", 1, 10**18, 10**18 + 30 * 10**9)).endswith("30 s")
