"""The same recording decides the same on every machine and every version of Python."""

from pathlib import Path

from tests.lab.test_live_replay_and_backtest_agree import SETTINGS

from pmterm.compose.playing import Task, run
from pmterm.compose.progress import Silence
from pmterm.trading.strategy.strategies import STRATEGIES

EVENING = Path(__file__).with_name("evening.ndjson.zst")  # of `pmterm sim`, one market, 190 s
# Write a new one here only where decisions, or the messages that tell them, were meant to change.
GOLDEN = "e973f18c714997ea0c210d5c716ea2f534c534e8f9ce91687a20a503f80a477d"


def test_the_decisions_are_those_that_were_written_down():
    outcome = run(Task(EVENING, SETTINGS, tuple(STRATEGIES)), Silence())
    assert {trade.strategy for trade in outcome.trades} == {"fade", "fomo"}
    assert outcome.hash == GOLDEN
