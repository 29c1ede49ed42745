"""Decoded recordings: the same decisions with and without, and nothing that was changed is used."""

import numpy as np
import pytest
from tests.lab.recordings import HOCKEY, KALSHI, ROTATION, lines_of, write_recording

from pmterm.compose.playing import Task, run, tape_of
from pmterm.compose.progress import Silence
from pmterm.config.settings import Settings
from pmterm.lab.columns import ColumnsDamaged, read_columns, write_columns
from pmterm.lab.shelf import SUFFIX, Shelf


@pytest.fixture
def told():
    return []


@pytest.fixture
def shelf(tmp_path, told):
    return Shelf(tmp_path / "spare", told.append)


def outcome(path, shelf=None):
    return run(Task(path, Settings()), Silence(), shelf)


@pytest.mark.parametrize("window", [KALSHI, ROTATION, HOCKEY], ids=lambda path: path.stem)
def test_the_outcome_is_the_same_with_and_without(window, tmp_path, shelf):
    path = write_recording(tmp_path / "one.ndjson.zst", lines_of(window))
    plain = outcome(path)
    assert outcome(path, shelf) == plain  # decoded
    assert outcome(path, shelf) == plain  # read back
    assert plain.inputs > 30


def test_it_is_kept_beside_the_recording_and_used(tmp_path, shelf, told, monkeypatch):
    path = write_recording(tmp_path / "one.ndjson.zst", lines_of(KALSHI))
    first = outcome(path, shelf)
    assert path.with_name(path.name + SUFFIX).exists()
    monkeypatch.setattr("pmterm.compose.playing.tape_of", None)  # it is not decoded again
    assert outcome(path, shelf) == first
    assert told == []


def test_every_flipped_bit_is_found_and_it_is_made_anew(tmp_path, shelf, told):
    path = write_recording(tmp_path / "one.ndjson.zst", lines_of(KALSHI)[:60])
    first = outcome(path, shelf)
    kept = path.with_name(path.name + SUFFIX)
    whole = kept.read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 150)):
        broken = bytearray(whole)
        broken[place] ^= 1 << (place % 8)
        kept.write_bytes(broken)
        told.clear()
        assert outcome(path, shelf) == first
        assert len(told) == 1, f"the flip at {place} was not told"
        assert kept.read_bytes() == whole


def test_one_that_was_cut_is_made_anew(tmp_path, shelf, told):
    path = write_recording(tmp_path / "one.ndjson.zst", lines_of(KALSHI)[:60])
    first = outcome(path, shelf)
    kept = path.with_name(path.name + SUFFIX)
    kept.write_bytes(kept.read_bytes()[:-1])
    assert outcome(path, shelf) == first
    assert "cut" in told[0]


def test_one_of_another_recording_is_not_used(tmp_path, shelf, told):
    path = write_recording(tmp_path / "one.ndjson.zst", lines_of(KALSHI)[:60])
    outcome(path, shelf)
    path.unlink()
    write_recording(path, lines_of(KALSHI)[:90])
    assert outcome(path, shelf) == outcome(path)
    assert "another version" in told[0]


def test_where_nothing_may_be_written_it_is_kept_elsewhere(tmp_path, shelf, monkeypatch):
    path = write_recording(tmp_path / "one.ndjson.zst", lines_of(KALSHI)[:60])
    kept = path.with_name(path.name + SUFFIX)
    kept.mkdir()  # nothing can be written there, whoever we are
    first = outcome(path, shelf)
    monkeypatch.setattr("pmterm.compose.playing.tape_of", None)
    assert outcome(path, shelf) == first
    assert [p.suffix for p in (tmp_path / "spare").iterdir()] == [SUFFIX]


def test_columns_come_back_as_they_were(tmp_path):
    columns = {"a": np.arange(5, dtype="<i8"), "b": np.array([], dtype="|u1")}
    write_columns(tmp_path / "x", "key", columns)
    again = read_columns(tmp_path / "x", "key")
    assert {name: column.tolist() for name, column in again.items()} == {
        "a": [0, 1, 2, 3, 4],
        "b": [],
    }
    with pytest.raises(ColumnsDamaged, match="another"):
        read_columns(tmp_path / "x", "other key")


def test_a_type_that_could_run_something_is_refused(tmp_path):
    write_columns(tmp_path / "x", "key", {"a": np.array([1.0], dtype="<f2")})
    with pytest.raises(ColumnsDamaged, match="no known type"):
        read_columns(tmp_path / "x", "key")


def test_what_came_at_once_is_told_at_once(tmp_path):
    path = write_recording(tmp_path / "one.ndjson.zst", lines_of(HOCKEY))
    tape = tape_of(path)
    chunks = list(tape.chunks())
    starts = b"".join(chunk.starts for chunk in chunks)
    ats = [at for chunk in chunks for at in chunk.ats]
    assert sum(starts) < len(starts) == len(ats) == tape.length
    pairs = zip(ats, ats[1:], starts[1:], strict=False)
    assert all(at == before for before, at, is_first in pairs if not is_first)
