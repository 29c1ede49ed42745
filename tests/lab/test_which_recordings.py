import pytest

from pmterm.compose.backtests import Wish, backtest
from pmterm.config.settings import Settings
from pmterm.lab.ordering import Recorded, files_of, in_order
from pmterm.lab.tape import Facts
from pmterm.model.errors import UsageWrong
from pmterm.model.units import SECOND


def recorded(path, first, last, *markets):
    return Recorded(path, Facts("backtest", first * SECOND, last * SECOND, 0, (), markets))


def test_they_are_played_by_time_whatever_the_order_they_are_named_in(tmp_path):
    late, early = recorded(tmp_path / "a", 50, 60, "K"), recorded(tmp_path / "b", 10, 20, "K")
    assert in_order([late, early]) == [early, late]


def test_the_same_market_at_the_same_time_is_refused_with_its_name(tmp_path):
    one, other = recorded(tmp_path / "a", 10, 30, "K", "L"), recorded(tmp_path / "b", 20, 40, "L")
    with pytest.raises(UsageWrong, match="a and b both hold L from 1970-01-01T00:00:20"):
        in_order([one, other])


def test_other_markets_at_the_same_time_go_together(tmp_path):
    one, other = recorded(tmp_path / "a", 10, 30, "K"), recorded(tmp_path / "b", 20, 40, "0xab")
    assert in_order([other, one]) == [one, other]


def test_a_long_recording_clashes_with_one_much_later_too(tmp_path):
    long, short = recorded(tmp_path / "a", 10, 90, "K"), recorded(tmp_path / "b", 20, 30, "L")
    third = recorded(tmp_path / "c", 40, 50, "K")
    with pytest.raises(UsageWrong, match="a and c"):
        in_order([long, short, third])


def test_a_folder_stands_for_the_recordings_in_it(tmp_path):
    for name in ("b.ndjson.zst", "a.ndjson.zst", "a.ndjson.zst.columns", "notes.txt"):
        (tmp_path / name).touch()
    assert [p.name for p in files_of([tmp_path])] == ["a.ndjson.zst", "b.ndjson.zst"]


def test_an_empty_folder_is_told(tmp_path):
    with pytest.raises(UsageWrong, match="holds no recording"):
        files_of([tmp_path])


def test_a_name_that_is_nearly_right_is_suggested(tmp_path):
    (tmp_path / "evening.ndjson.zst").touch()
    with pytest.raises(UsageWrong) as told:
        files_of([tmp_path / "evning.ndjson.zst"])
    assert "evening.ndjson.zst" in told.value.hint


def test_the_same_recording_twice_is_refused(tmp_path):
    path = tmp_path / "evening.ndjson.zst"
    path.touch()
    with pytest.raises(UsageWrong, match="named twice"):
        files_of([path, tmp_path])


def test_a_strategy_nobody_knows_is_refused_with_the_nearest_name(tmp_path):
    with pytest.raises(UsageWrong, match="no strategy revertion") as told:
        backtest(Settings(), Wish((tmp_path,), strategies=("revertion",)))
    assert told.value.hint == "Did you mean reversion?"


def test_decoded_recordings_beside_them_are_not_taken_for_recordings(tmp_path):
    path = tmp_path / "a.ndjson.zst"
    made = [path.with_name(path.name + end) for end in (".columns", ".20-3.features")]
    for each in (path, *made):
        each.write_bytes(b"")
    assert files_of([path, *made]) == [path]
    with pytest.raises(UsageWrong, match="no recording was named"):
        files_of(made)
