"""F97 where a recording is decoded before it is played: rows after a time decide nothing before."""

import msgspec
import pytest
from tests.lab.fill_oracle import frames_of
from tests.lab.recordings import write_recording

from pmterm.compose.core import market_words
from pmterm.compose.playing import Task, run, run_tape, tape_of
from pmterm.compose.progress import Silence
from pmterm.config.settings import Settings
from pmterm.lab.nulls import BEGINS, KALSHI_FEES, World
from pmterm.messages.transport import Frame
from pmterm.model.units import SECOND
from pmterm.runtime.hub import Watching
from pmterm.store.recording_lines import MarketLine
from pmterm.trading.strategy.strategies import STRATEGIES

pytestmark = pytest.mark.timeout(300)
EARLY = World(markets=2, seconds=420, burst_every_s=60)
CUT = BEGINS + 300 * SECOND


def lines():
    for event in frames_of(EARLY, 3):
        if isinstance(event, Watching):
            market = event.market
            assert market.fees == KALSHI_FEES
            yield MarketLine(event.at, market.venue, market.id, market_words(market))
        else:
            yield event


def shifted(line):
    return msgspec.structs.replace(line, at=line.at + 20 * SECOND)


def swollen(line):
    text = line.text.replace('"count_fp": "', '"count_fp": "9').replace(
        '"delta_fp": "', '"delta_fp": "9'
    )
    return msgspec.structs.replace(line, text=text)


def recording(path, change):
    """A recording whose frames after the cut were changed."""
    told = [change(line) if isinstance(line, Frame) and line.at > CUT else line for line in lines()]
    return write_recording(path, [line for line in told if line is not None])


def settings():
    plain = Settings()
    signals = msgspec.structs.replace(plain.signals, min_baseline_s=60, reversion_samples=60)
    return msgspec.structs.replace(plain, signals=signals)


@pytest.mark.parametrize("change", [shifted, swollen, lambda _: None])
def test_what_comes_later_decides_nothing(tmp_path, change):
    usual = recording(tmp_path / "usual.ndjson.zst", lambda line: line)
    other = recording(tmp_path / "other.ndjson.zst", change)
    outcomes = []
    for path in (usual, other):
        task = Task(path, settings(), tuple(STRATEGIES), until=CUT + 1)
        played, slow = run_tape(task, Silence(), tape_of(path)), run(task, Silence())
        assert played.hash == slow.hash
        outcomes.append(played)
    assert outcomes[0].decisions > 20
    assert outcomes[1].hash == outcomes[0].hash
    assert outcomes[1].signals == outcomes[0].signals
    assert outcomes[1].trades == outcomes[0].trades
    whole = [
        run_tape(Task(path, settings(), tuple(STRATEGIES)), Silence(), tape_of(path)).hash
        for path in (usual, other)
    ]
    assert whole[0] != whole[1]
