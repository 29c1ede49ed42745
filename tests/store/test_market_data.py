"""Snapshots, the tape, questions about them, and what leaves the store as CSV and JSON lines."""

import csv
import io
import json
import subprocess
import sys

import msgspec
import pytest
from tests.store.build_messages import KX, T0, ended, order_life, signal, started

from pmterm.messages.feed import BookChanged, TouchSeen, TradeSeen
from pmterm.messages.health import Heartbeat
from pmterm.model.errors import StoreBroken
from pmterm.model.ids import MarketId
from pmterm.model.order import Side
from pmterm.model.units import MS, SECOND
from pmterm.store import snapshots as snapshots_module
from pmterm.store.export import Format, Table, export, time_text
from pmterm.store.history import BATCH, Choice, FillRow, History, SnapshotRow, TradeRow
from pmterm.store.journal import Journal
from pmterm.store.snapshots import Snapshots

BEAT = 500 * MS
START = T0 // BEAT * BEAT


def book(at, bid=4_600, ask=4_700, market=KX, is_trusted=True):
    return BookChanged(
        at, market, bid, ask, 5_000_000, 7_000_000, 90_000_000, 80_000_000, is_trusted
    )


def trade(at, qty=2_000_000, price=4_650, trade_id="t"):
    return TradeSeen(at, at - 5, KX, price, qty, Side.SELL, trade_id)


def tell(keeper, *messages):
    table = keeper.listens()
    for message in messages:
        table[type(message)](message)


async def kept(database, choice=Choice()):  # noqa: B008  # frozen
    return await History(database).snapshots(choice)


async def test_a_snapshot_is_taken_at_every_half_second(database):
    keeper = Snapshots(database, "s1")
    tell(keeper, Heartbeat(START), book(START + 1), TouchSeen(START + 2, 0, KX, 1, 2, 4_640))
    for n in range(1, 5):
        tell(keeper, Heartbeat(START + n * BEAT))
    assert await keeper.write() == 4
    rows = await kept(database)
    assert [row.at for row in rows] == [START + n * BEAT for n in range(1, 5)]
    assert rows[0] == SnapshotRow(
        "s1", KX, START + BEAT, 4_600, 4_700, 5_000_000, 7_000_000, 90_000_000, 80_000_000, 4_640,
        0, True,
    )  # fmt: skip


async def test_a_snapshot_counts_what_was_traded_since_the_one_before(database):
    keeper = Snapshots(database, "s1")
    tell(keeper, book(START), trade(START + 1), trade(START + 2, price=4_700))
    tell(keeper, Heartbeat(START + BEAT), trade(START + BEAT + 1), Heartbeat(START + 2 * BEAT))
    await keeper.write()
    rows = await kept(database)
    assert [(row.traded, row.last) for row in rows] == [(4_000_000, 4_700), (2_000_000, 4_650)]
    tape = await History(database).trades()
    assert tape[0] == TradeRow("s1", KX, START + 1, START - 4, 4_650, 2_000_000, "sell", "t")
    assert len(tape) == 3


async def test_a_market_that_stands_still_is_kept_once_a_minute(database):
    keeper = Snapshots(database, "s1")
    tell(keeper, book(START))
    for n in range(1, 600):  # five minutes
        tell(keeper, Heartbeat(START + n * BEAT))
    await keeper.write()
    still = [row.at for row in await kept(database) if row.at > START + 60 * SECOND]
    assert still == [START + n * SECOND for n in (120, 180, 240)]
    tell(keeper, book(START + 600 * BEAT), Heartbeat(START + 600 * BEAT))
    assert await keeper.write() == 1


async def test_an_untrusted_book_is_marked(database):
    keeper = Snapshots(database, "s1")
    tell(keeper, book(START, is_trusted=False), Heartbeat(START + BEAT))
    await keeper.write()
    assert [row.is_trusted for row in await kept(database)] == [False]


async def test_retention_deletes_the_old_and_keeps_the_new(database, monkeypatch):
    monkeypatch.setattr(snapshots_module, "STEP_ROWS", 7)
    keeper = Snapshots(database, "s1")
    for n in range(40):
        tell(keeper, book(START + n * BEAT), trade(START + n * BEAT), Heartbeat(START + n * BEAT))
    await keeper.write()
    assert await keeper.retire(START + 30 * BEAT) == 60
    assert [row.at for row in await kept(database)] == [START + n * BEAT for n in range(30, 40)]
    assert len(await History(database).trades()) == 10
    assert await keeper.retire(START + 30 * BEAT) == 0


async def test_what_the_disk_refuses_is_written_later(database, monkeypatch):
    keeper = Snapshots(database, "s1")
    tell(keeper, trade(START), trade(START + 1))
    real = database.write
    calls = []

    async def refuse(work):
        calls.append(work)
        tell(keeper, trade(START + 2))  # the tape goes on meanwhile
        raise StoreBroken("the disk is full.")

    monkeypatch.setattr(database, "write", refuse)
    with pytest.raises(StoreBroken):
        await keeper.write()
    monkeypatch.setattr(database, "write", real)
    assert len(calls) == 1
    assert await keeper.write() == 3
    assert [row.at - START for row in await History(database).trades()] == [0, 1, 2]


async def test_memory_is_bounded_while_the_disk_refuses(database, monkeypatch):
    monkeypatch.setattr(snapshots_module, "GATHERED_MAX", 10)
    keeper = Snapshots(database, "s1")
    for n in range(25):
        tell(keeper, trade(START + n), Heartbeat(START + n))
    assert keeper.gathered == 10
    assert keeper.dropped == 15
    await keeper.write()
    assert [row.at - START for row in await History(database).trades()] == list(range(15, 25))


async def test_history_answers_by_session_market_and_time(database):
    one, two = Snapshots(database, "s1"), Snapshots(database, "s2")
    other = MarketId("KX-OTHER")
    for n in range(10):
        beat = Heartbeat(START + n * BEAT)
        tell(one, book(beat.at), book(beat.at, market=other), beat)
        tell(two, book(beat.at), beat)
    await one.write()
    await two.write()
    assert len(await kept(database)) == 30
    assert len(await kept(database, Choice(session="s1"))) == 20
    assert len(await kept(database, Choice(session="s1", market=other))) == 10
    window = Choice(market=other, since=START + 2 * BEAT, until=START + 4 * BEAT)
    assert [row.at for row in await kept(database, window)] == [START + 2 * BEAT, START + 3 * BEAT]


async def test_history_reads_more_than_one_batch(database):
    keeper = Snapshots(database, "s1")
    count = 2 * BATCH + 1
    tell(keeper, *(trade(START + n, trade_id=str(n)) for n in range(count)))
    await keeper.write()
    rows = await History(database).trades()
    assert [row.trade_id for row in rows] == [str(n) for n in range(count)]


async def written(database, table, form, choice=Choice()):  # noqa: B008  # frozen
    stream = io.StringIO()
    count = await export(database, table, form, stream, choice)
    return stream.getvalue(), count


@pytest.fixture
async def evening(database):
    journal = Journal(database)
    hostile = '=HYPERLINK("http://x","y"),\n\u202e'
    await journal.append([started(), *order_life(1, T0), signal(title=hostile)])
    await journal.append([ended(at=T0 + SECOND), signal(2, T0 + 2, title="@cmd")])
    keeper = Snapshots(database, "s1")
    tell(keeper, book(START), trade(START + 1, trade_id="-2+3"), Heartbeat(START + BEAT))
    await keeper.write()
    return database


async def test_fills_leave_as_plain_decimals_and_utc(evening):
    text, count = await written(evening, Table.FILLS, Format.CSV)
    assert count == 1
    (row,) = csv.DictReader(io.StringIO(text))
    assert row == {
        "session": "s1", "market": "KX-TEST", "at": "2026-05-11T05:31:13.123456791Z",
        "id": "s1-00001-f1", "order": "s1-00001", "side": "buy", "price": "0.465", "qty": "21",
        "fee": "0.3657", "is_maker": "false", "venue_at": "2026-05-11T05:31:13.123456789Z",
        "origin": "key",
    }  # fmt: skip


async def test_json_lines_say_the_same_as_csv(evening):
    for table in Table:
        text, count = await written(evening, table, Format.CSV)
        lines, same = await written(evening, table, Format.JSONL)
        assert count == same > 0
        for cells, line in zip(csv.DictReader(io.StringIO(text)), lines.splitlines(), strict=True):
            loaded = json.loads(line)
            assert list(loaded) == list(cells)
            for name, value in loaded.items():
                plain = {None: "", True: "true", False: "false"}.get(value, value)
                assert cells[name].removeprefix("'") == plain


async def test_a_cell_that_looks_like_a_formula_is_made_inert(evening):
    text, _ = await written(evening, Table.SIGNALS, Format.CSV)
    reasons = [row["reasons"] for row in csv.DictReader(io.StringIO(text))]
    assert [words[:2] for words in reasons] == ["'=", "'@"]
    tape, _ = await written(evening, Table.TRADES, Format.CSV)
    assert next(csv.DictReader(io.StringIO(tape)))["trade_id"] == "'-2+3"


async def test_a_loss_stays_a_number(evening):
    text, _ = await written(evening, Table.SIGNALS, Format.CSV)
    row = next(csv.DictReader(io.StringIO(text)))
    assert (row["net"], row["worst"], row["score"]) == ("-0.012345", "-0.012", "0.712345")
    assert (row["mid"], row["after_s"]) == ("0.46505", "61.5")


async def test_what_is_not_known_yet_is_empty(evening):
    text, _ = await written(evening, Table.SIGNALS, Format.CSV)
    assert [bool(row["ended_at"]) for row in csv.DictReader(io.StringIO(text))] == [True, False]


async def test_an_export_of_nothing_still_names_its_columns(database):
    text, count = await written(database, Table.SNAPSHOTS, Format.CSV)
    assert count == 0
    assert text.startswith("session,market,at,best_bid,")
    assert await written(database, Table.SNAPSHOTS, Format.JSONL) == ("", 0)


def test_times_are_exact_to_the_nanosecond():
    assert time_text(0) == ""
    assert time_text(1) == "1970-01-01T00:00:00.000000001Z"
    assert time_text(T0) == "2026-05-11T05:31:13.123456789Z"


def test_rows_are_frozen():
    with pytest.raises(AttributeError):
        msgspec.structs.replace(Choice(), session="a").session = "b"
    assert FillRow.__struct_config__.frozen


RECORDER = """
import sys, time
from pathlib import Path
from pmterm.messages.transport import Frame
from pmterm.model.ids import Venue
from pmterm.store.recording import RecordingWriter
writer = RecordingWriter(Path(sys.argv[1]), "killed")
n = 0
while True:  # message time runs 1 ms a frame
    n += 1
    writer.frame(Frame(n * 1_000_000, Venue.KALSHI, 1, f"{n:09d}" + "x" * (n % 300)))
    if n % 1000 == 0:
        print(n, flush=True)
"""


def test_a_killed_recorder_loses_at_most_its_last_second(tmp_path):
    from pmterm.messages.transport import Frame
    from pmterm.store.recording import RecordingReader

    for stop_at in (3, 7, 20):
        path = tmp_path / f"killed{stop_at}.ndjson.zst"
        process = subprocess.Popen(
            [sys.executable, "-c", RECORDER, str(path)], stdout=subprocess.PIPE, text=True
        )
        told = 0
        for line in process.stdout:
            told = int(line)
            if told >= stop_at * 1_000:
                process.kill()
                break
        told = max([told, *map(int, process.stdout)])
        process.stdout.close()
        process.wait()
        reader = RecordingReader(path)
        read = [int(f.text[:9]) for f in reader if isinstance(f, Frame)]
        assert read == list(range(1, len(read) + 1))
        assert len(read) >= told - 1_000
