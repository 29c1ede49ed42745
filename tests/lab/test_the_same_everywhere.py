"""The same recording decides the same on every machine and every version of Python."""

from pathlib import Path

from tests.lab.test_live_replay_and_backtest_agree import SETTINGS

from pmterm.compose.playing import Task, run
from pmterm.compose.progress import Silence
from pmterm.trading.strategy.strategies import STRATEGIES

EVENING = Path(__file__).with_name("evening.ndjson.zst")  # of `pmterm sim`, one market, 190 s
# Write a new one here only where decisions, or the messages that tell them, were meant to change.
GOLDEN = "2abcb9aa0f20e84a9efb323edaafb85d2030bf63beef08369e51e1ccef38062e"


def test_the_decisions_are_those_that_were_written_down():
    outcome = run(Task(EVENING, SETTINGS, tuple(STRATEGIES)), Silence())
    assert {trade.strategy for trade in outcome.trades} == {"fade", "fomo"}
    assert outcome.hash == GOLDEN
