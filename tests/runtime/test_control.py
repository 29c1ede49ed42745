"""The socket by which another shell asks and stops a session: who may, and what is understood."""

import asyncio
import contextlib
import json
import os
import socket
import struct
from contextlib import asynccontextmanager

import pytest

from pmterm.runtime import control
from pmterm.runtime.control import LONGEST, MOST_AT_ONCE, Ask, ControlWorker, ask_session

PATIENCE_S = 10.0


@asynccontextmanager
async def listening(path, answer=None, told=None):
    """A worker that answers on `path`; what it was asked is in the list that is given."""
    asked = []

    async def note(ask):
        asked.append(ask)
        return {"you said": ask.do, "flatten": ask.flatten}

    worker = ControlWorker(path, answer or note, (told if told is not None else []).append)
    task = asyncio.get_running_loop().create_task(worker.run())
    while not path.exists() and not task.done():
        await asyncio.sleep(0)
    while path.exists() and path.stat().st_mode & 0o777 != 0o600:
        await asyncio.sleep(0)
    try:
        yield asked
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def say(path, data):
    """Say bytes, and return what comes back until the other end is done."""
    reader, writer = await asyncio.open_unix_connection(str(path))
    writer.write(data)
    writer.write_eof()
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await reader.read()
    finally:
        writer.close()


async def test_a_session_answers_what_it_is_asked(tmp_path):
    path = tmp_path / "run" / "live-1.sock"
    async with listening(path) as asked:
        answer = await asyncio.to_thread(ask_session, path, Ask("kill", flatten=True), PATIENCE_S)
        assert answer == {"you said": "kill", "flatten": True}
        assert asked == [Ask("kill", flatten=True)]


async def test_s29_the_socket_is_its_owners_alone_in_a_folder_of_its_owner(tmp_path):
    path = tmp_path / "run" / "live-1.sock"
    old = os.umask(0)
    try:
        async with listening(path):
            assert path.stat().st_mode & 0o777 == 0o600
            assert path.parent.stat().st_mode & 0o777 == 0o700
    finally:
        os.umask(old)


async def test_a_folder_that_others_could_read_is_closed_to_them(tmp_path):
    path = tmp_path / "run" / "live-1.sock"
    path.parent.mkdir(mode=0o755)
    async with listening(path):
        assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"kill\n",
        b"{}\n",
        b'{"do": 7}\n',
        b'{"do": "kill", "flatten": "yes"}\n',
        b'{"do": "kill", "and": "more"}\n',
        b"\xff\xfe\n",
        b"[" * 3_000 + b"\n",
    ],
)
async def test_text_that_is_no_question_does_nothing(tmp_path, data):
    path = tmp_path / "s"
    async with listening(path) as asked:
        assert json.loads(await say(path, data)) == {"error": "not understood"}
        assert asked == []
        assert await say(path, b'{"do":"status"}\n')


async def test_a_line_without_end_is_cut_off(tmp_path):
    path = tmp_path / "s"
    async with listening(path) as asked:
        await say(path, b'{"do":"' + b"k" * 2 * LONGEST)
        assert asked == []
        assert b"status" in await say(path, b'{"do":"status"}\n')


async def test_another_user_is_not_heard(tmp_path, monkeypatch):
    """The other end's user is the system's word; here it says somebody else."""
    path = tmp_path / "s"

    class Stranger:
        def getsockopt(self, *_):
            return struct.pack("3i", 1, os.geteuid() + 1, 1)

    real = asyncio.StreamWriter.get_extra_info
    monkeypatch.setattr(
        asyncio.StreamWriter,
        "get_extra_info",
        lambda self, name, default=None: (
            Stranger() if name == "socket" else real(self, name, default)
        ),
    )
    async with listening(path) as asked:
        with contextlib.suppress(ConnectionError):
            assert await say(path, b'{"do":"kill"}\n') == b""
        assert asked == []


async def test_a_path_longer_than_a_sockets_name_works(tmp_path):
    path = tmp_path / ("deep" * 30) / "live-1.sock"
    async with listening(path):
        assert await asyncio.to_thread(ask_session, path, Ask("status"), PATIENCE_S)


async def test_a_socket_left_by_a_dead_session_is_replaced_and_taken_away_at_the_end(tmp_path):
    path = tmp_path / "s"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()
    assert ask_session(path, Ask("status"), PATIENCE_S) is None
    async with listening(path):
        assert b"status" in await say(path, b'{"do":"status"}\n')
    assert not path.exists()


async def test_a_place_where_no_socket_can_be_is_told_and_is_no_crash(tmp_path):
    (tmp_path / "file").write_text("")
    told = []
    async with listening(tmp_path / "file" / "s", told=told):
        pass
    assert len(told) == 1
    assert "pmterm kill" in told[0]


async def test_one_that_never_speaks_keeps_nobody_else_waiting(tmp_path):
    path = tmp_path / "s"
    async with listening(path) as asked:
        silent = [await asyncio.open_unix_connection(str(path)) for _ in range(MOST_AT_ONCE - 1)]
        assert await say(path, b'{"do":"kill"}\n')
        assert asked
        for _, writer in silent:
            writer.close()


async def test_a_session_that_does_not_answer_is_given_up_in_time(tmp_path):
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as wedged:
        wedged.bind(str(path))
        wedged.listen()
        assert ask_session(path, Ask("kill"), 0.05) is None
    assert ask_session(tmp_path / "nowhere", Ask("kill"), 0.05) is None


async def test_an_answer_that_is_none_is_none(tmp_path):
    path = tmp_path / "s"

    async def babble(_, writer):
        writer.write(b"hello\n")
        writer.close()

    async with await asyncio.start_unix_server(babble, str(path)):
        assert await asyncio.to_thread(ask_session, path, Ask("kill"), PATIENCE_S) is None


def test_short_names_are_used_as_they_are(tmp_path):
    with control.short_name(tmp_path / "s") as name:
        assert name == str(tmp_path / "s")
