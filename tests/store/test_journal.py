"""The journal: what was acknowledged is there, in order, whatever happens next."""

import os
import random
import signal as process_signal
import sqlite3
import subprocess
import sys
import typing
import zlib
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.build_messages import (
    T0,
    ended,
    halted,
    intent,
    market_seen,
    order_life,
    signal,
    started,
)

import pmterm.messages.commands as commands
from pmterm.messages.health import Heartbeat
from pmterm.messages.orders import Approved, Fill
from pmterm.model.errors import StoreBroken
from pmterm.model.units import SECOND
from pmterm.store.database import Database
from pmterm.store.journal import DECISIONS, JOURNALED, Journal, decisions_hash


def evening(session="s1", at=T0):
    said = [started(session, at), market_seen(at), signal(at=at), *order_life(1, at, session)]
    return [*said, ended(at=at + SECOND), halted(at + 2 * SECOND)]


async def test_what_is_appended_is_read_in_order(database):
    journal = Journal(database)
    said = evening()
    for message in said[:4]:
        await journal.append([message])
    await journal.append(said[4:])
    await journal.append([])
    assert await journal.read() == said
    assert journal.session == "s1"


async def test_every_journaled_type_comes_back(database):
    samples = [sample(kind) for kind in JOURNALED]
    journal = Journal(database)
    await journal.append(samples)
    assert await journal.read() == samples


def sample(kind):
    """Make a message of a type from its field types alone."""
    values = {}
    for field in msgspec.structs.fields(kind):
        if field.required:
            values[field.name] = filled(field.type)
    return kind(**values)


def filled(annotation):
    if annotation is int:
        return 9_223_372_036_854_775_807
    if annotation is str:
        return 'a "quoted" \n 🎯'
    if annotation is bool:
        return True
    origin = typing.get_origin(annotation)
    if origin is tuple:
        arguments = typing.get_args(annotation)
        return tuple(filled(a) for a in arguments if a is not Ellipsis)
    if hasattr(annotation, "__supertype__"):
        return annotation(filled(annotation.__supertype__))
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return sample(annotation)
    return next(iter(annotation))  # an enum


def test_every_command_is_journaled():
    assert set(typing.get_args(commands.Command)) <= set(JOURNALED)


async def test_sessions_are_kept_apart(database):
    journal = Journal(database)
    first, second = evening("s1"), evening("s2", T0 + 100 * SECOND)
    await journal.append(first)
    await journal.append(second)
    assert await journal.read(session="s1") == first
    assert await journal.read(session="s2") == second
    assert await journal.read(before=T0 + 50 * SECOND) == first
    assert await journal.read(session="s2", before=second[0].at + 1) == [
        m for m in second if m.at <= second[0].at
    ]
    assert await journal.read(session="none") == []


async def test_what_is_not_journaled_is_refused_whole(database):
    journal = Journal(database)
    with pytest.raises(TypeError, match="Heartbeat is not journaled"):
        await journal.append([started(), Heartbeat(T0)])
    assert await journal.read() == []


async def test_tables_follow_the_journal(database):
    journal = Journal(database)
    await journal.append(evening())

    def tables(connection):
        def rows(sql):
            return connection.execute(sql).fetchall()

        return (
            rows("SELECT id, state, filled, reason, origin FROM orders"),
            rows("SELECT id, price, qty, fee FROM fills"),
            rows("SELECT market, qty FROM positions"),
            rows("SELECT name, value FROM system_state ORDER BY name"),
            rows("SELECT session, last_at FROM sessions"),
            rows(
                "SELECT s.kind, o.reverted, o.net FROM signals s JOIN signal_outcomes o USING (id)"
            ),
            rows("SELECT title FROM markets"),
        )

    assert await database.read(tables) == (
        [("s1-00001", "filled", 21_000_000, "done", "key")],
        [("s1-00001-f1", 4_650, 21_000_000, 365_700)],
        [("KX-TEST", 21_000_000)],
        [("cash", "9989869300"), ("gate", "halted daily loss")],
        [("s1", T0 + 2 * SECOND)],
        [("panic_sell", 1, -12_345)],
        [("Test 🎯",)],
    )


async def test_an_amend_is_no_order_of_its_own(database):
    journal = Journal(database)
    await journal.append(evening())
    wish = intent(2, T0)
    amend = msgspec.structs.replace(wish, replaces=intent(1, T0).order)
    await journal.append([Approved(T0, amend, 0)])
    sql = "SELECT count(*) FROM orders"
    assert await database.read(lambda connection: connection.execute(sql).fetchone()) == (1,)


async def test_a_fill_told_twice_is_one_row(database):
    journal = Journal(database)
    said = evening()
    await journal.append(said)
    await journal.append([m for m in said if isinstance(m, Fill)])
    count = await database.read(lambda c: c.execute("SELECT count(*) FROM fills").fetchone())
    assert count == (1,)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            "UPDATE journal SET body = CAST(replace(body, '4650', '1') AS BLOB) WHERE seq = 9",
            "changed",
        ),
        ("UPDATE journal SET at = at + 1 WHERE seq = 3", "row 3 of the journal was changed"),
        ("DELETE FROM journal WHERE seq = 5", "row 5 of the journal is missing"),
        ("UPDATE journal SET session = 's9' WHERE seq = 2", "row 2 of the journal was changed"),
    ],
)
async def test_a_changed_journal_is_not_believed(store_path, change, words):
    async with await Database.open(store_path) as opened:
        await Journal(opened).append(evening())
    with sqlite3.connect(store_path) as connection:
        connection.execute(change)
    connection.close()
    async with await Database.open(store_path) as opened:
        with pytest.raises(StoreBroken, match=words):
            await Journal(opened).read()


async def test_a_message_of_a_later_version_is_not_skipped_in_silence(database):
    journal = Journal(database)
    await journal.append(evening())

    def later(connection):
        body = b'{"type":"Teleported","at":1}'
        crc = zlib.crc32(body, zlib.crc32(b"14 s1 1 Teleported "))
        connection.execute(
            "INSERT INTO journal VALUES (14, 's1', 1, 'Teleported', ?, ?)", (body, crc)
        )

    await database.write(later)
    with pytest.raises(StoreBroken, match="Teleported is not understood"):
        await journal.read()


def test_the_hash_of_decisions_sees_decisions_alone():
    said = evening()
    same = decisions_hash(said)
    asked = [commands.Halt(T0), started("s1", 5), *said]
    assert decisions_hash(asked) == same
    assert decisions_hash(said[:-1]) != same
    assert decisions_hash([*said[:-2], said[-1], said[-2]]) != same
    later = [msgspec.structs.replace(m, at=m.at + 1) if m is said[-1] else m for m in said]
    assert decisions_hash(later) != same
    assert decisions_hash([]) == decisions_hash([started()])
    assert Fill in DECISIONS


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cuts=st.lists(st.integers(1, 5), min_size=1, max_size=6))
async def test_any_grouping_of_appends_reads_the_same(tmp_path_factory, cuts):
    said = evening()
    path = tmp_path_factory.mktemp("group") / "pmterm.db"
    async with await Database.open(path) as opened:
        journal = Journal(opened)
        rest = list(said)
        for cut in cuts:
            await journal.append(rest[:cut])
            rest = rest[cut:]
        await journal.append(rest)
        assert await journal.read() == said


CHILD = Path(__file__).with_name("journal_child.py")


def child(*arguments, **how):
    root = Path(__file__).parents[2]
    return subprocess.Popen(
        [sys.executable, str(CHILD), *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
        **how,
    )


async def test_a_killed_process_loses_nothing_it_was_told_is_safe(store_path):
    chance = random.Random(20261)
    expected = []
    for round_number in range(8):
        process = child("append", store_path, round_number)
        stop_after = chance.randrange(1, 60)
        acknowledged = 0
        for line in process.stdout:
            acknowledged = int(line)
            if acknowledged >= stop_after:
                process.send_signal(process_signal.SIGKILL)
                break
        late = [int(line) for line in process.stdout]
        process.stdout.close()
        assert process.wait() == -process_signal.SIGKILL
        acknowledged = max([acknowledged, *late])
        async with await Database.open(store_path) as opened:
            read = await Journal(opened).read(session=f"k{round_number}")
            whole = await Journal(opened).read()
        expected.append(read)
        lives = [order_life(n, T0 + n, f"k{round_number}") for n in range(1, acknowledged + 10)]
        planned = [started(f"k{round_number}"), *(m for life in lives for m in life)]
        assert read == planned[: len(read)]  # a prefix, in order
        assert len(read) >= 1 + 8 * acknowledged  # and all that was acknowledged
        assert (len(read) - 1) % 8 == 0  # whole transactions only
        assert whole == [m for session in expected for m in session]


def test_a_full_disk_denies_and_the_journal_stays_usable(store_path):
    process = child("full", store_path)
    words, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    outcome, kept, told = words.strip().split("|")
    assert outcome == "usable"
    assert int(kept) > 5
    assert "Store:" in told
