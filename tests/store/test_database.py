"""The store opens for one writer, refuses what it should, and says why."""

import asyncio
import contextlib
import os
import random
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading

import pytest
from tests.store.build_messages import T0, order_life, started

from pmterm.model.errors import StoreBroken
from pmterm.store import database as database_module
from pmterm.store.database import PROVING, QUICK_S, VERSION, Database
from pmterm.store.journal import Journal


def count(connection):
    return connection.execute("SELECT count(*) FROM system_state").fetchone()[0]


def put(name):
    def work(connection):
        connection.execute("INSERT INTO system_state VALUES (?, 1, 'x')", (name,))

    return work


async def refusal(path, **how):
    with pytest.raises(StoreBroken) as caught:
        await Database.open(path, **how)
    return str(caught.value)


async def test_a_new_store_is_for_its_owner_alone(database, store_path):
    assert stat.S_IMODE(store_path.parent.stat().st_mode) == 0o700
    for file in store_path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name


async def test_every_table_is_there(database):
    names = await database.read(
        lambda c: {
            name for (name,) in c.execute("SELECT name FROM sqlite_schema WHERE type='table'")
        }
    )
    assert names == {
        "journal", "sessions", "markets", "orders", "fills", "positions", "signals",
        "signal_outcomes", "system_state", "snapshots", "trades", "adjustments",
    }  # fmt: skip


async def test_writes_are_durable_and_in_wal(database):
    def modes(connection):
        (journal,) = connection.execute("PRAGMA journal_mode").fetchone()
        (sync,) = connection.execute("PRAGMA synchronous").fetchone()
        return journal, sync

    assert await database.write(modes) == ("wal", 2)


async def test_a_failing_transaction_leaves_nothing_and_the_next_one_works(database):
    def half(connection):
        put("half")(connection)
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        await database.write(half)
    with pytest.raises(StoreBroken, match="no such table"):
        await database.write(lambda c: c.execute("INSERT INTO nowhere VALUES (1)"))
    await database.write(put("whole"))
    assert await database.read(count) == 1


async def test_a_cancelled_write_is_whole_or_nothing(database):
    for n in range(30):
        task = asyncio.ensure_future(database.write(put(f"n{n}")))  # noqa: TID251  # the test cancels it
        for _ in range(n % 3):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await database.write(put("after"))
    assert 1 <= await database.read(count) <= 31


async def test_a_second_instance_is_refused_by_name(database, store_path):
    script = (
        "import asyncio, sys; from pathlib import Path\n"
        "from pmterm.store.database import Database\n"
        "asyncio.run(Database.open(Path(sys.argv[1])))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(store_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert f"another pmterm uses this store (pid {os.getpid()})" in done.stderr


async def test_the_lock_is_let_go_of(store_path):
    for _ in range(2):
        async with await Database.open(store_path):
            pass
    assert "pid" in await refusal_while_open(store_path)


async def refusal_while_open(path):
    async with await Database.open(path):
        return await refusal(path)


async def test_what_was_written_is_folded_into_the_file_by_and_by(database, store_path, tmp_path):
    for number in range(database_module.TIDY_EVERY + 1):
        await database.write(put(f"row {number}"))
    alone = shutil.copy(store_path, tmp_path / "alone.db")
    with contextlib.closing(sqlite3.connect(alone)) as connection:
        assert count(connection) == database_module.TIDY_EVERY


async def test_reading_works_beside_the_writer_and_cannot_write(database, store_path):
    await database.write(put("a"))
    async with await Database.open(store_path, read_only=True) as reader:
        assert await reader.read(count) == 1
        await database.write(put("b"))
        assert await reader.read(count) == 2
        with pytest.raises(StoreBroken, match="not open for writing"):
            await reader.write(put("c"))
        with pytest.raises(StoreBroken, match="cannot be written"):
            await reader.read(put("d"))


async def test_reading_where_no_store_is_says_so(tmp_path):
    assert "no store" in await refusal(tmp_path / "none.db", read_only=True)
    assert list(tmp_path.iterdir()) == []


async def test_a_store_of_a_later_version_is_refused_unchanged(store_path):
    async with await Database.open(store_path) as opened:
        await opened.write(put("a"))
    with sqlite3.connect(store_path) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    before = store_path.read_bytes()
    for read_only in (False, True):
        words = await refusal(store_path, read_only=read_only)
        assert f"version {VERSION + 1}" in words
        assert "Update pmterm" in words
    assert store_path.read_bytes() == before


async def test_another_programs_database_is_refused(tmp_path):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE cookies (a)")
    connection.close()
    assert "another program" in await refusal(path)


async def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "text.db"
    path.write_text("dear diary " * 1_000)
    assert "no store" in await refusal(path)
    assert path.read_text().startswith("dear diary")


async def test_a_symbolic_link_is_refused(tmp_path):
    (tmp_path / "link.db").symlink_to(tmp_path / "target.db")
    assert "symbolic link" in await refusal(tmp_path / "link.db")
    assert not (tmp_path / "target.db").exists()


async def test_a_damaged_store_is_refused_at_the_start(store_path):
    async with await Database.open(store_path) as opened:
        for n in range(400):
            await opened.write(put(f"{n:04d}" + "x" * 100))
    sound = store_path.read_bytes()
    told = 0
    for page in range(1, len(sound) // 4096):
        ruined = bytearray(sound)
        ruined[page * 4096 : page * 4096 + 64] = bytes(64)
        store_path.write_bytes(ruined)
        assert "damaged" in await refusal(store_path), page
        told += 1
    assert told > 10


async def test_a_migration_that_is_stopped_half_way_leaves_nothing(store_path, monkeypatch):
    whole = database_module.migration(0)
    monkeypatch.setattr(database_module, "migration", lambda _: whole + "\nSELECT * FROM nowhere;")
    await refusal(store_path)
    monkeypatch.undo()
    with sqlite3.connect(store_path) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)
        assert connection.execute("PRAGMA user_version").fetchone() == (0,)
    connection.close()
    async with await Database.open(store_path) as opened:
        assert await opened.read(count) == 0


async def test_a_store_of_the_first_version_keeps_its_rows_and_gets_the_new_columns(store_path):
    store_path.parent.mkdir(mode=0o700)
    with sqlite3.connect(store_path) as connection:
        connection.executescript(database_module.migration(0))
        connection.execute(f"PRAGMA application_id = {database_module.APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 1")
        connection.execute(
            "INSERT INTO fills VALUES ('f', 's', 1, 'o', 'M', 'buy', 4700, 10, 0, 0, 1)"
        )
        connection.execute("INSERT INTO positions VALUES ('M', 1, 10, 4700, 5, 0, 0)")
    connection.close()
    store_path.chmod(0o600)
    async with await Database.open(store_path) as opened:
        fills = await opened.read(lambda c: c.execute("SELECT * FROM fills").fetchall())
        held = await opened.read(lambda c: c.execute("SELECT * FROM positions").fetchall())
        version = await opened.read(lambda c: c.execute("PRAGMA user_version").fetchone())
    assert fills == [("f", "s", 1, "o", "M", "buy", 4700, 10, 0, 0, 1, 0, "confirmed")]
    assert held == [("M", 1, 10, 4700, 5, 0, 0, 0)]
    assert version == (VERSION,)


async def test_a_store_locked_by_another_program_denies_and_recovers(
    database, store_path, monkeypatch
):
    await database.write(lambda c: c.execute("PRAGMA busy_timeout = 1").fetchone())
    other = sqlite3.connect(store_path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBroken, match="locked by another program"):
        await database.write(put("a"))
    other.execute("ROLLBACK")
    other.close()
    await database.write(put("a"))
    assert await database.read(count) == 1


async def test_a_closed_store_refuses_in_words(store_path):
    opened = await Database.open(store_path)
    await opened.close()
    await opened.close()
    with pytest.raises(StoreBroken, match="closed"):
        await opened.write(put("a"))
    with pytest.raises(StoreBroken, match="closed"):
        await opened.read(count)


async def test_a_copy_of_a_store_opens_elsewhere(database, store_path, tmp_path):
    await database.write(put("a"))
    copy = tmp_path / "copy"
    shutil.copytree(store_path.parent, copy)
    async with await Database.open(copy / store_path.name) as second:
        assert await second.read(count) == 1


async def test_a_cut_or_flipped_log_gives_what_was_whole_before_it(database, store_path, tmp_path):
    journal = Journal(database)
    said = [started()]
    await journal.append(said)
    for n in range(1, 60):
        life = order_life(n, T0 + n)
        said += life
        await journal.append(life)
    chance = random.Random(68)
    wal = store_path.with_name(store_path.name + "-wal").read_bytes()
    main_file = store_path.read_bytes()
    lengths = set()
    for n in range(40):
        copy = tmp_path / f"power{n}" / store_path.name
        copy.parent.mkdir(mode=0o700)
        copy.write_bytes(main_file)
        hit = chance.randrange(len(wal))
        flipped = wal[:hit] + bytes([wal[hit] ^ 0x40]) + wal[hit + 1 :]
        copy.with_name(copy.name + "-wal").write_bytes(wal[:hit] if n % 2 else flipped)
        async with await Database.open(copy) as opened:
            read = await Journal(opened).read()
            assert read == said[: len(read)]
            assert len(read) % 8 in {0, 1}
            lengths.add(len(read))
            await Journal(opened).append([started("after")])
    assert len(lengths) > 5  # the cuts fell in different places


async def test_reading_does_not_hold_a_write_up(database, store_path):
    await database.write(put("a"))
    started_reading, may_end = threading.Event(), threading.Event()

    def slow(connection):
        found = connection.execute("SELECT name FROM system_state")
        first = found.fetchone()
        started_reading.set()
        may_end.wait(30)
        return first

    async with asyncio.TaskGroup() as group:
        reading = group.create_task(database.read(slow))
        await asyncio.to_thread(started_reading.wait, 30)
        await database.write(put("b"))  # while the read is under way
        assert not reading.done()
        may_end.set()
    assert reading.result() == ("a",)


async def test_a_large_store_is_checked_where_the_money_is(store_path, monkeypatch):
    async with await Database.open(store_path) as opened:
        journal = Journal(opened)
        await journal.append([started()])
        for n in range(1, 60):
            await journal.append(order_life(n, T0 + n))
    monkeypatch.setattr(database_module, "WHOLE_CHECK_BYTES", 0)
    async with await Database.open(store_path):
        pass  # a sound one opens
    sound = store_path.read_bytes()
    refused = 0
    for page in range(1, len(sound) // 4096):
        store_path.write_bytes(sound[: page * 4096] + bytes(64) + sound[page * 4096 + 64 :])
        try:
            async with await Database.open(store_path) as opened:
                read = await Journal(opened).read()
                assert len(read) == 1 + 59 * 8  # what is let through has its journal whole
        except StoreBroken:
            refused += 1
    assert refused > 20


def where(connection):
    put(f"n{count(connection)}")(connection)
    return threading.current_thread() is threading.main_thread()


def held_up():
    """Return work that says when it has begun, and waits to be let go on."""
    begun, go_on = threading.Event(), threading.Event()

    def work(connection):
        begun.set()
        assert go_on.wait(20)
        return where(connection)

    return work, begun, go_on


async def prove(database):
    for _ in range(PROVING):
        assert not await database.write(where, is_small=True)


async def test_a_small_write_is_done_on_the_spot_once_the_disk_was_quick_for_long(
    database, monkeypatch
):
    monkeypatch.setattr(database, "_time", lambda: 0.0)
    await prove(database)
    assert await database.write(where, is_small=True)
    assert not await database.write(where), "it is not small"
    assert await database.write(where, is_small=True)
    assert await database.read(count) == PROVING + 3


async def test_after_a_slow_write_the_loop_waits_for_the_disk_no_more(database, monkeypatch):
    now = [0.0]

    def slow(connection):
        now[0] += QUICK_S * 2
        return where(connection)

    monkeypatch.setattr(database, "_time", lambda: now[0])
    await prove(database)
    assert await database.write(slow, is_small=True)
    await prove(database)
    assert await database.write(where, is_small=True)


async def test_a_write_on_the_spot_waits_for_what_the_thread_does(database, monkeypatch):
    monkeypatch.setattr(database, "_time", lambda: 0.0)
    await prove(database)
    long, begun, go_on = held_up()
    async with asyncio.TaskGroup() as group:
        first = group.create_task(database.write(long))
        await asyncio.to_thread(begun.wait, 20)
        second = group.create_task(database.write(where, is_small=True))
        await asyncio.sleep(0)
        go_on.set()
    assert (first.result(), second.result()) == (False, False)
    assert await database.read(count) == PROVING + 2


async def test_a_failing_write_on_the_spot_leaves_nothing(database, monkeypatch):
    def half(connection):
        put("half")(connection)
        connection.execute("INSERT INTO nowhere VALUES (1)")

    monkeypatch.setattr(database, "_time", lambda: 0.0)
    await prove(database)
    with pytest.raises(StoreBroken, match="no such table"):
        await database.write(half, is_small=True)
    assert await database.write(where, is_small=True)
    assert await database.read(count) == PROVING + 1


async def test_one_that_was_called_off_in_the_queue_lets_nobody_past_what_is_under_way(
    database, monkeypatch
):
    monkeypatch.setattr(database, "_time", lambda: 0.0)
    await prove(database)
    long, begun, go_on = held_up()
    async with asyncio.TaskGroup() as group:
        first = group.create_task(database.write(long))
        await asyncio.to_thread(begun.wait, 20)
        queued = group.create_task(database.write(put("never")))
        await asyncio.sleep(0)
        queued.cancel()
        await asyncio.sleep(0)
        third = group.create_task(database.write(where, is_small=True))
        await asyncio.sleep(0)
        assert not third.done()
        go_on.set()
    assert (first.result(), third.result()) == (False, False)
    assert await database.read(count) == PROVING + 2
