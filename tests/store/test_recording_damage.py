"""Damaged recordings open, say what is missing, and lose no more than that."""

import random
import tracemalloc

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from pmterm.messages.transport import Frame
from pmterm.model.errors import RecordingBroken
from pmterm.model.ids import Venue
from pmterm.model.units import MS
from pmterm.store.recording import RecordingReader, RecordingWriter

HEADER = b'{"kind":"header","format":"pmterm-recording","version":1,"source":"","note":""}\n'
COUNT = 1_000
TEXTS = [f"{n:06d} " + "abc" * (n % 40) for n in range(COUNT)]


def line(text, at=1):
    return b'{"kind":"frame","at":%d,"venue":"kalshi","conn":1,"text":"%s"}\n' % (at, text.encode())


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    path = tmp_path_factory.mktemp("sound") / "sound.ndjson.zst"
    with RecordingWriter(path, "") as writer:
        for n, text in enumerate(TEXTS):  # 10 s
            writer.frame(Frame(n * 10 * MS, Venue.KALSHI, 1, text))
    return path.read_bytes(), [mark.offset for mark in RecordingReader(path).index]


def read(path, data):
    path.write_bytes(data)
    reader = RecordingReader(path)
    return [f.text for f in reader if isinstance(f, Frame)], reader


def test_a_cut_anywhere_gives_a_prefix_and_is_told(sound, tmp_path):
    data, offsets = sound
    for cut in range(offsets[1], len(data), 97):
        texts, reader = read(tmp_path / "cut", data[:cut])
        assert texts == TEXTS[: len(texts)]
        whole = sum(offset <= cut for offset in offsets[1:])
        assert len(texts) >= (whole - 1) * 100
        is_clean = cut in offsets
        assert bool(reader.damage) is not is_clean
        if reader.damage:
            assert "cut short at the end" in reader.damage[-1]


def test_a_flipped_bit_costs_one_second_and_is_told(sound, tmp_path):
    data, offsets = sound
    chance = random.Random(7)
    for _ in range(150):
        hit = chance.randrange(offsets[1], len(data))
        flipped = bytearray(data)
        flipped[hit] ^= 1 << chance.randrange(8)
        texts, reader = read(tmp_path / "flip", bytes(flipped))
        assert reader.damage or texts == TEXTS  # one bit of a frame's header means nothing
        assert set(texts) <= set(TEXTS)  # nothing made up
        assert texts == sorted(texts)
        assert len(texts) >= COUNT - 205  # a frame that claims too much may cost its neighbour


def test_a_lost_header_does_not_cost_the_evening(sound, tmp_path):
    data, _ = sound
    first = data.index(b"\x28\xb5\x2f\xfd", 4)
    ruined = data[:5] + bytes(first - 5) + data[first:]
    texts, reader = read(tmp_path / "headless", ruined)
    assert texts == TEXTS
    assert reader.header.note == "the header was lost to damage"
    assert len(reader.damage) == 1


def test_noise_between_frames_is_stepped_over(sound, tmp_path):
    data, offsets = sound
    texts, reader = read(
        tmp_path / "noise", data[: offsets[3]] + b"garbage" * 9 + data[offsets[3] :]
    )
    assert texts == TEXTS
    assert reader.damage == [f"byte {offsets[3]:,}: 63 bytes of no zstd frame"]


def test_what_is_written_after_a_killed_writer_is_read(sound, tmp_path):
    data, offsets = sound
    path = tmp_path / "killed"
    path.write_bytes(data[: offsets[4] + 40])
    with RecordingWriter(path, "again") as writer:
        writer.frame(Frame(1, Venue.KALSHI, 2, "after"))
    reader = RecordingReader(path)
    texts = [f.text for f in reader if isinstance(f, Frame)]
    assert texts[-1] == "after"
    assert texts[:-1] == TEXTS[: len(texts) - 1]
    assert len(texts) > 300
    assert "cut short and written after" in reader.damage[0]


def test_a_broken_line_is_left_out_and_named(tmp_path):
    bad = [b"{oops}\n", b'{"kind":"frame","at":"now"}\n', b"\xff\xfe\n", b'{"at":1}\n', b"[1]\n"]
    body = HEADER + line("a") + b"".join(bad) + b"\n" + line("b")
    texts, reader = read(tmp_path / "bad", zstandard.compress(body))
    assert texts == ["a", "b"]
    assert [words.split(":")[0] for words in reader.damage] == [f"line {n}" for n in range(3, 8)]


def test_kinds_and_fields_of_later_versions_are_skipped(tmp_path):
    body = (
        HEADER.replace(b'"note"', b'"made_on":"x","note"')
        + b'{"kind":"hologram","at":1,"data":[]}\n'
        + b'{"kind":"frame","at":1,"venue":"kalshi","conn":1,"text":"a","colour":"red"}\n'
    )
    texts, reader = read(tmp_path / "later", zstandard.compress(body))
    assert texts == ["a"]
    assert reader.skipped == 1
    assert reader.damage == []


def test_a_line_may_lie_across_zstd_frames(tmp_path):
    whole = HEADER + line("first") + line("second")
    parts = [whole[:90], whole[90:130], whole[130:]]
    texts, reader = read(tmp_path / "across", b"".join(zstandard.compress(p) for p in parts))
    assert texts == ["first", "second"]
    assert reader.damage == []


def test_skippable_zstd_frames_are_skipped(tmp_path):
    skippable = (0x184D2A53).to_bytes(4, "little") + (5).to_bytes(4, "little") + b"hello"
    data = zstandard.compress(HEADER) + skippable + zstandard.compress(line("a"))
    texts, reader = read(tmp_path / "skippable", data)
    assert texts == ["a"]
    assert reader.damage == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"hello, this is a text\n", "not a pmterm recording"),
        (b'{"some":"json"}\n', "not a pmterm recording"),
        (b"\x1f\x8b\x08\x00gzip", "not a pmterm recording"),
        (zstandard.compress(b"just text\n"), "not a pmterm recording"),
        (zstandard.compress(HEADER)[:-6], "nothing can be read"),
        (b"\x28\xb5\x2f\xfd" + b"\xff" * 50, "nothing can be read"),
        (zstandard.compress(HEADER.replace(b'"version":1', b'"version":2')), "format version 2"),
        (zstandard.compress(HEADER.replace(b"pmterm-rec", b"other-rec")), "another format"),
    ],
)
def test_what_cannot_be_played_is_refused_in_plain_words(tmp_path, data, words):
    path = tmp_path / "odd"
    path.write_bytes(data)
    with pytest.raises(RecordingBroken) as caught:
        RecordingReader(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)
    assert caught.value.exit_code == 6


def test_a_missing_file_and_a_folder_are_told(tmp_path):
    with pytest.raises(RecordingBroken, match="no such file"):
        RecordingReader(tmp_path / "none")
    with pytest.raises(RecordingBroken, match="is a folder"):
        RecordingReader(tmp_path)


def test_a_bomb_is_refused_in_bounded_memory(tmp_path):
    packer = zstandard.ZstdCompressor().compressobj()
    path = tmp_path / "bomb"
    with path.open("wb") as file:
        file.write(packer.compress(HEADER))
        for _ in range(256):
            file.write(packer.compress(b"a" * (4 * 1024 * 1024)))  # a line of 1 GiB
        file.write(packer.flush())
    assert path.stat().st_size < 200_000
    tracemalloc.start()
    try:
        with pytest.raises(RecordingBroken, match="more than 64 MiB"):
            list(RecordingReader(path))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 160 * 1024 * 1024


def test_a_deeply_nested_line_is_left_out(tmp_path):
    deep = b'{"kind":"note","at":1,"text":"x","data":{"a":' + b"[" * 100_000 + b"]" * 100_000
    texts, reader = read(
        tmp_path / "deep", zstandard.compress(HEADER + deep + b"}}\n" + line("after"))
    )
    assert texts == ["after"]
    assert len(reader.damage) == 1


def test_damage_is_told_a_limited_number_of_times(tmp_path):
    texts, reader = read(
        tmp_path / "noisy", zstandard.compress(HEADER + b"{oops}\n" * 5_000 + line("a"))
    )
    assert texts == ["a"]
    assert len(reader.damage) == 200


@settings(max_examples=150, deadline=None)
@given(noise=st.binary(max_size=400), keep=st.integers(0, 200))
def test_no_noise_escapes_as_another_error(tmp_path_factory, noise, keep):
    path = tmp_path_factory.getbasetemp() / "fuzz"
    path.write_bytes(zstandard.compress(HEADER + line("a") * 3)[:keep] + noise)
    try:
        for _ in RecordingReader(path):
            pass
    except RecordingBroken:
        pass
