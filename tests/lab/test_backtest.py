import msgspec
import pytest
from tests.lab.recordings import KALSHI, lines_of, write_recording

from pmterm.compose.backtests import Wish, backtest
from pmterm.config.settings import Settings
from pmterm.model.errors import RecordingBroken, UsageWrong


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


def test_no_recording_at_all_is_told(tmp_path):
    with pytest.raises(UsageWrong, match="no recording"):
        backtest(Settings(), Wish(()))


def test_a_file_that_is_none_is_told(tmp_path):
    path = tmp_path / "photo.zst"
    path.write_bytes(b"\x89PNG and so on")
    with pytest.raises(RecordingBroken):
        backtest(Settings(), Wish((path,)))


def test_a_time_that_is_none_is_told(recording):
    with pytest.raises(UsageWrong, match="--from yesterday"):
        backtest(Settings(), Wish((recording,), since="yesterday"))
