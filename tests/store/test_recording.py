"""Recordings: what is written is read back, in order, exactly."""

import os
import stat
import subprocess
import sys
from itertools import pairwise

import msgspec
import pytest
import zstandard

from pmterm.messages.health import Heartbeat
from pmterm.messages.transport import Closed, Frame, HttpResponse, Opened
from pmterm.model.errors import RecordingBroken, StoreBroken
from pmterm.model.ids import MarketId, Venue
from pmterm.model.units import MS, SECOND
from pmterm.store.recording import (
    Header,
    MarketLine,
    NoteLine,
    RecordingReader,
    RecordingWriter,
    recording_info,
)
from pmterm.store.zstd_frames import MAGIC, measure

T0 = 1_778_477_473_000_000_000
HOSTILE = (
    'quote " back \\ newline \n tab \t null \x00 escape \x1b[2J emoji 🎯 bidi \u202e line \u2028'
)


def frame(n, text="x", at=None):
    return Frame(T0 + n * 10 * MS if at is None else at, Venue.KALSHI, 1, text)


def write(path, count=500, size=200):
    with RecordingWriter(path, "a test", "made up") as writer:
        for n in range(count):
            writer.frame(frame(n, f"{n:06d}" + "abcdefgh" * (size // 8)))
    return path


def frames_of(path):
    return [line for line in RecordingReader(path) if isinstance(line, Frame)]


def test_every_kind_of_line_comes_back_as_it_was(tmp_path):
    events = [
        Opened(T0, Venue.POLYMARKET, 1),
        Frame(T0 + 1, Venue.POLYMARKET, 1, HOSTILE),
        HttpResponse(T0 + 2, Venue.POLYMARKET, "GET", "/book?a=1", 200, '{"a":[]}', "book"),
        HttpResponse(T0 + 3, Venue.KALSHI, "GET", "/x", 0, "no answer"),
        Closed(T0 + 4, Venue.POLYMARKET, 1, "reset"),
        Closed(T0 + 5, Venue.KALSHI, 2),
    ]
    path = tmp_path / "all.ndjson.zst"
    with RecordingWriter(path, "src", "why") as writer:
        writer.market(T0, Venue.KALSHI, MarketId("KX"), {"title": "a", "deep": [1, {"b": None}]})
        for event in events:
            writer.write(event)
        writer.note(T0 + 6, "clutch", {"team": "A"})
    lines = list(RecordingReader(path))
    assert lines == [
        Header("pmterm-recording", 1, "src", "why"),
        MarketLine(T0, Venue.KALSHI, MarketId("KX"), {"title": "a", "deep": [1, {"b": None}]}),
        *events,
        NoteLine(T0 + 6, "clutch", {"team": "A"}),
    ]


def test_named_writers_keep_the_same_as_write(tmp_path):
    path = tmp_path / "named.ndjson.zst"
    with RecordingWriter(path, "") as writer:
        writer.opened(Opened(T0, Venue.KALSHI, 1))
        writer.frame(frame(1, "one"))
        writer.http(HttpResponse(T0, Venue.KALSHI, "GET", "/", 200, "{}"))
        writer.closed(Closed(T0, Venue.KALSHI, 1, "bye"))
    kinds = [type(line) for line in RecordingReader(path)]
    assert kinds == [Header, Opened, Frame, HttpResponse, Closed]


def test_lines_on_disk_are_those_of_the_format(tmp_path):
    path = tmp_path / "wire.ndjson.zst"
    with RecordingWriter(path, "s", "n") as writer:
        writer.frame(frame(0, '{"a":1}'))
        writer.closed(Closed(T0, Venue.KALSHI, 1))
    reader = zstandard.ZstdDecompressor().stream_reader(path.read_bytes(), read_across_frames=True)
    header, one, two = reader.read().splitlines()
    assert msgspec.json.decode(header) == {
        "kind": "header", "format": "pmterm-recording", "version": 1, "source": "s", "note": "n",
    }  # fmt: skip
    assert msgspec.json.decode(one) == {
        "kind": "frame", "at": T0, "venue": "kalshi", "conn": 1, "text": '{"a":1}',
    }  # fmt: skip
    assert msgspec.json.decode(two) == {"kind": "close", "at": T0, "venue": "kalshi", "conn": 1}


def test_half_a_surrogate_pair_does_not_stop_the_recorder(tmp_path):
    path = tmp_path / "surrogate.ndjson.zst"
    with RecordingWriter(path, "") as writer:
        writer.frame(frame(0, "bad \ud800 good"))
    assert [f.text for f in frames_of(path)] == ["bad ? good"]


def test_a_new_zstd_frame_begins_at_least_every_second(tmp_path):
    path = write(tmp_path / "blocks.ndjson.zst", count=1_000)  # 10 s
    reader = RecordingReader(path)
    marks = reader.index
    assert len(marks) >= 10
    starts = [mark.at for mark in marks]
    assert max(b - a for a, b in pairwise(starts)) <= SECOND
    data = path.read_bytes()
    assert all(data[mark.offset :].startswith(MAGIC) for mark in marks)


def test_a_burst_begins_a_new_zstd_frame_by_size(tmp_path):
    path = tmp_path / "burst.ndjson.zst"
    with RecordingWriter(path, "") as writer:
        for n in range(3_000):
            writer.frame(frame(0, f"{n}" + os.urandom(200).hex()))
        assert path.stat().st_size > 200_000  # on disk before any second has passed


def test_every_zstd_frame_carries_a_checksum(tmp_path):
    path = write(tmp_path / "sum.ndjson.zst")
    data = path.read_bytes()
    for mark in RecordingReader(path).index:
        assert zstandard.get_frame_parameters(data[mark.offset :]).has_checksum


def test_flush_brings_a_quiet_second_to_disk(tmp_path):
    path = tmp_path / "quiet.ndjson.zst"
    writer = RecordingWriter(path, "")
    writer.frame(frame(0, "the only one"))
    assert frames_of(path) == []
    writer.flush(T0 + SECOND)
    assert [f.text for f in frames_of(path)] == ["the only one"]
    writer.close()


def test_a_file_is_made_for_its_owner_alone(tmp_path):
    path = write(tmp_path / "mode.ndjson.zst", count=1)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_symbolic_link_is_not_followed(tmp_path):
    target = tmp_path / "target"
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(StoreBroken, match="symbolic link"):
        RecordingWriter(tmp_path / "link", "")
    assert not target.exists()


def test_a_pipe_is_refused_and_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(StoreBroken, match="not a plain file"):
        RecordingWriter(tmp_path / "pipe", "")


def test_a_missing_folder_is_told(tmp_path):
    with pytest.raises(StoreBroken, match="no such file"):
        RecordingWriter(tmp_path / "no" / "x.zst", "")


def test_an_existing_recording_is_gone_on_with(tmp_path):
    path = write(tmp_path / "twice.ndjson.zst", count=3)
    with RecordingWriter(path, "second evening", clock_ns=lambda: T0 + 5) as writer:
        writer.frame(frame(9, "later"))
    lines = list(RecordingReader(path))
    assert [type(line) for line in lines] == [Header, Frame, Frame, Frame, NoteLine, Frame]
    assert lines[4] == NoteLine(T0 + 5, "recording goes on", {"source": "second evening"})


def test_a_foreign_file_is_not_written_into(tmp_path):
    path = tmp_path / "diary.txt"
    path.write_text("dear diary\n")
    with pytest.raises(RecordingBroken, match="not a pmterm recording"):
        RecordingWriter(path, "")
    assert path.read_text() == "dear diary\n"


def test_two_writers_of_one_file_are_told_apart(tmp_path):
    path = tmp_path / "one.ndjson.zst"
    with RecordingWriter(path, ""), pytest.raises(StoreBroken, match="another pmterm writes"):
        RecordingWriter(path, "")


def test_what_no_recording_holds_is_a_bug_of_the_caller(tmp_path):
    with RecordingWriter(tmp_path / "x.zst", "") as writer, pytest.raises(TypeError, match="Heart"):
        writer.write(Heartbeat(T0))


def test_writing_after_close_is_refused(tmp_path):
    writer = RecordingWriter(tmp_path / "x.zst", "")
    writer.close()
    writer.close()
    with pytest.raises(StoreBroken, match="closed"):
        writer.flush(T0)


FULL_DISK = """
import resource, sys
from pathlib import Path
from pmterm.messages.transport import Frame
from pmterm.model.errors import StoreBroken
from pmterm.model.ids import Venue
from pmterm.store.recording import RecordingWriter
import os
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
writer = RecordingWriter(Path(sys.argv[1]), "")
refused = 0
for n in range(5_000):
    try:
        writer.frame(Frame(n * 100_000_000, Venue.KALSHI, 1, os.urandom(64).hex()))
    except StoreBroken as error:
        refused += 1
        last = str(error)
writer.close()
print(refused, last)
"""


def test_a_full_disk_is_told_and_leaves_no_half_block(tmp_path):
    path = tmp_path / "full.ndjson.zst"
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path)], capture_output=True, text=True, check=True
    )
    refused, words = done.stdout.split(" ", 1)
    assert int(refused) > 1_000  # told at every try after the first, nothing gathers in memory
    assert "disk is full" in words
    reader = RecordingReader(path)
    kept = [line for line in reader if isinstance(line, Frame)]
    assert len(kept) > 50
    assert reader.damage == []


def test_plain_ndjson_is_read_too(tmp_path):
    path = tmp_path / "plain.ndjson"
    path.write_text(
        '{"kind":"header","format":"pmterm-recording","version":1,"source":"","note":""}\n'
        '{"kind":"frame","at":5,"venue":"kalshi","conn":1,"text":"a"}\n'
        '{"kind":"frame","at":6,"venue":"kalshi","conn":1,"text":"no newline after"}'
    )
    reader = RecordingReader(path)
    assert [f.text for f in reader if isinstance(f, Frame)] == ["a", "no newline after"]
    assert reader.damage == []
    assert not reader.is_packed


def test_info_counts_what_is_there(tmp_path):
    path = tmp_path / "info.ndjson.zst"
    with RecordingWriter(path, "src", "why") as writer:
        writer.market(0, Venue.KALSHI, MarketId("KX-A"), {})
        writer.market(0, Venue.KALSHI, MarketId("KX-B"), {})
        for at in (10, 30, 20, 9_000_000_000):
            writer.frame(frame(0, at=at))
    info = recording_info(path)
    assert info.lines == {
        "header": 1, "market": 2, "note": 0, "open": 0, "close": 0, "frame": 4, "http": 0,
    }  # fmt: skip
    assert info.markets == ("KX-A", "KX-B")
    assert (info.first_at, info.last_at) == (10, 9_000_000_000)
    assert info.steps_back == 1
    assert info.longest_quiet == 9_000_000_000 - 20
    assert (info.source, info.note, info.version) == ("src", "why", 1)
    assert info.packed_bytes == path.stat().st_size
    assert info.damage == ()


def test_a_replay_can_step_in_without_missing_a_line(tmp_path):
    path = write(tmp_path / "seek.ndjson.zst", count=1_000)
    reader = RecordingReader(path)
    wanted = T0 + 5 * SECOND
    offset = reader.offset_before(wanted)
    read = [f for f in reader.read_from(offset) if isinstance(f, Frame)]
    assert read[0].at < wanted <= read[0].at + SECOND
    assert read == [f for f in frames_of(path) if f.at >= read[0].at]
    assert reader.offset_before(T0) == 0


def test_hopping_over_blocks_finds_the_same_end_as_unpacking(tmp_path):
    path = tmp_path / "frames"
    shapes = [
        b"", b"a", b"ab" * 10, b"\0" * 1_000_000, os.urandom(300_000), b"line\n" * 50_000,
    ]  # fmt: skip
    for checksum in (True, False):
        for content_size in (True, False):
            for shape in shapes:
                packer = zstandard.ZstdCompressor(
                    write_checksum=checksum, write_content_size=content_size
                )
                data = packer.compress(shape)
                path.write_bytes(b"before" + data + b"after")
                with path.open("rb") as file:
                    span = measure(file, 6, len(data) + 11)
                assert span is not None
                assert span.is_whole
                assert (span.start, span.end) == (6, 6 + len(data))
