"""The same recording decides the same on every machine and every version of Python."""

from pathlib import Path

from tests.lab.test_live_replay_and_backtest_agree import SETTINGS

from pmterm.compose.playing import Task, run
from pmterm.compose.progress import Silence
from pmterm.lab.figures import signal_facts
from pmterm.trading.strategy.strategies import STRATEGIES

EVENING = Path(__file__).with_name("evening.ndjson.zst")  # of `pmterm sim`, one market, 190 s
# Write a new one here only where decisions, or the messages that tell them, were meant to change.
GOLDEN = "66bc09fd95c4af505c8209b05f2730d28ed5ebc8b77ebd7ab4c00d90492d5a98"


def test_the_decisions_are_those_that_were_written_down():
    outcome = run(Task(EVENING, SETTINGS, tuple(STRATEGIES)), Silence())
    assert {trade.strategy for trade in outcome.trades} == {"fade", "fomo"}
    assert outcome.hash == GOLDEN


def test_signals_that_came_back_before_the_recording_ended_are_in_no_rate():
    """The evening is 190 s long, and its first signal comes after 118."""
    outcome = run(Task(EVENING, SETTINGS), Silence())
    told = signal_facts(outcome.signals)
    assert (told["seen"], told["n"], told["cut short, not counted"]) == (4, 0, 4)
    assert told["reverted"] == "not known (0 of 0)"
