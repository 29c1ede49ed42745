"""A hostile venue behind real sockets: nothing falls, nothing makes the terminal act, it heals."""

import asyncio
import contextlib
import json
import os
import pty
import signal
import sys

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.e2e.program import environment

from pmterm.model.ids import Venue
from pmterm.model.units import SECOND
from pmterm.runtime.clock import SystemClock
from pmterm.sim.scenario import Scenario
from pmterm.sim.server import SimServer

PATIENCE_S = 30
TITLE = (
    "Evil \x1b]52;c;UFdORUQ=\x07\x1b]0;PWNED\x07\x1b[31mred\x9b5n\x1bP$q\x1b\\"
    " [bold red]MARK[/] [@click=app.exit]x[/] \u202egnp\u200b end[/"
)
# What makes a terminal act, apart from what our own screen writes.
ACTS = (
    b"\x1b]52",
    b"\x1b]0;",
    b"\x1bP",
    b"\xc2\x9b",
    b"\xe2\x80\xae",
    b"\xe2\x80\x8b",
    b"\x1b[31m",
)
ANYWHERE = (
    "NaN",
    "null",
    '"x"',
    "[",
    "{}",
    '{"type":5,"event_type":5}',
    '{"type":"unheard","event_type":"unheard"}',
    "[" * 100_000,
    '{"a":' * 100_000,
    "\x1b]52;c;UFdORUQ=\x07",
    '{"event_type":"\\u001b]0;PWNED\\u0007","type":"\\u001b]0;PWNED\\u0007"}',
    '{"event_type":"book","type":"ticker","x":"' + "A" * (16 << 20) + '"}',
)
BOOKS = (
    ("NaN", "1"),
    ("0.5", "-1"),
    ("1.5", "1"),
    ("-0.5", "1"),
    ("0.5", "9" * 400),
    ("0.5", "1e999"),
)


def polymarket_frames(market):
    token = market.outcomes[0].token
    for price, size in BOOKS:
        yield json.dumps(
            {
                "event_type": "book",
                "asset_id": token,
                "market": market.id,
                "bids": [{"price": price, "size": size}],
                "asks": [],
                "timestamp": "1",
            }
        )


def kalshi_frames(market):
    for price, size in BOOKS:
        words = {"market_ticker": market.id, "price_dollars": price, "delta_fp": size}
        yield json.dumps({"type": "orderbook_delta", "sid": 1, "seq": 9, "msg": words})


@contextlib.asynccontextmanager
async def venue():
    """An exchange two minutes into its evening: the calm at its beginning is over."""
    clock = SystemClock()
    began = clock.now() - 130 * SECOND
    async with SimServer(Scenario(1, began, pre_roll=100 * SECOND), clock) as sim:
        yield sim, [listing.market for listing in sim.world.listings]


def with_key(folder):
    key = folder / "kalshi.pem"
    key.write_bytes(
        Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    key.chmod(0o600)
    return {"PMTERM_KALSHI__KEY_ID": "x", "PMTERM_KALSHI__KEY_FILE": str(key)}


class Watched:
    """`pmterm watch` in plain lines, read without a thread: its venue lives on this loop."""

    def __init__(self, child):
        self.child = child
        self.heard = []

    @classmethod
    async def start(cls, folder, sim, names, *words):
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "pmterm", "watch", *names, "--exchange", sim.base_url),
            *("--plain", *words),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment(folder, **with_key(folder)),
            cwd=folder,
        )
        return cls(child)

    async def wait_for(self, *wanted):
        """Read lines until one holds every wanted text."""
        async with asyncio.timeout(PATIENCE_S):
            while line := (await self.child.stdout.readline()).decode():
                self.heard.append(line)
                if all(text in line for text in wanted):
                    return line
        raise AssertionError("".join(self.heard))

    async def end(self):
        """Quit; return the exit code."""
        if self.child.returncode is None:
            self.child.stdin.write(b"quit\n")
        async with asyncio.timeout(PATIENCE_S):
            rest, self.errors = await self.child.communicate()
        self.heard.append(rest.decode())
        return self.child.returncode


def names_of(markets):
    return [market.slug or market.id for market in markets]


async def test_garbage_is_told_and_trades_go_on(tmp_path):
    async with venue() as (sim, markets):
        first = next(m for m in markets if m.venue is Venue.POLYMARKET)
        other = next(m for m in markets if m.venue is Venue.KALSHI)
        for faults in sim.faults.values():
            faults.title = TITLE
        told = await Watched.start(tmp_path, sim, names_of([first, other]))
        await told.wait_for("touch", other.id, "bid 0.")
        for text in (*ANYWHERE, *kalshi_frames(other)):
            sim.say(Venue.KALSHI, text)
        await told.wait_for("surprise kalshi bad orderbook_delta")
        await told.wait_for("trade", other.id)
        for text in (*ANYWHERE, *polymarket_frames(first)):
            sim.say(Venue.POLYMARKET, text)
        await told.wait_for("surprise polymarket bad book negative size")
        await told.wait_for("trade", first.slug)
        for kind in Venue:
            assert sim.clients(kind), "the connection was given up for mere garbage"
        assert await told.end() == 0
    raw = "".join(told.heard).encode()
    assert [act for act in ACTS if act in raw] == []
    assert told.errors == b""


@pytest.mark.parametrize(
    "frame", [b"\x81\x04\xff\xfeab", b"\x82\x04\xff\x00ab"], ids=["text", "bytes"]
)
async def test_bytes_that_are_no_text_break_the_connection_and_it_comes_back(tmp_path, frame):
    async with venue() as (sim, markets):
        told = await Watched.start(tmp_path, sim, names_of(markets[:1]))
        await told.wait_for("touch", "bid 0.")
        for client in sim.clients(Venue.POLYMARKET):
            client.socket._req.transport.write(frame)  # past aiohttp, which would refuse
        await told.wait_for("feed polymarket down")
        await told.wait_for("feed polymarket up")
        await told.wait_for("trade")
        assert await told.end() == 0


async def test_a_page_in_the_place_of_data_is_explained_and_is_4(tmp_path):
    async with venue() as (sim, markets):
        sim.faults[Venue.POLYMARKET].blocks_rest = True
        told = await Watched.start(tmp_path, sim, names_of(markets[:1]))
        assert await told.end() == 4
    assert b"web page" in told.errors
    assert b"VPN" in told.errors
    assert b"<html" not in told.errors


async def test_a_blocked_stream_marks_the_book_and_heals_when_it_opens(tmp_path):
    async with venue() as (sim, markets):
        told = await Watched.start(tmp_path, sim, names_of(markets[:1]))
        await told.wait_for("touch", "bid 0.")
        sim.faults[Venue.POLYMARKET].blocks_stream = True
        sim.kill(Venue.POLYMARKET)
        await told.wait_for("stopped polymarket feed", "403", "again in")
        await told.wait_for("touch", "NOT TRUSTED")
        sim.faults[Venue.POLYMARKET].blocks_stream = False
        await told.wait_for("feed polymarket up")
        assert await told.end() == 0


@pytest.mark.parametrize(
    "body",
    ["<html>", "null", "[" * 100_000, '{"events":{"a":NaN}}'],
    ids=["page", "null", "deep", "nan"],
)
async def test_an_answer_that_is_no_data_is_6_not_a_crash(tmp_path, body):
    async with venue() as (sim, markets):
        faults = sim.faults[Venue.POLYMARKET]
        faults.rest_status, faults.rest_body = 200, body
        told = await Watched.start(tmp_path, sim, names_of(markets[:1]))
        assert await told.end() == 6
    assert b"Traceback" not in told.errors


class Terminal:
    """The full screen in a pseudo terminal; keeps every byte it wrote."""

    def __init__(self, folder, words):
        self.raw = bytearray()
        pid, self._end = pty.fork()
        if pid == 0:
            os.chdir(folder)
            command = [sys.executable, "-m", "pmterm", *words]
            os.execve(  # noqa: S606  # no shell is wanted
                sys.executable,
                command,
                environment(folder, TERM="xterm-256color", COLUMNS="120", LINES="40")
                | with_key(folder),
            )
        self._pid = pid
        asyncio.get_running_loop().add_reader(self._end, self._read)

    def _read(self):
        try:
            piece = os.read(self._end, 65_536)
        except OSError:
            piece = b""
        if not piece:
            asyncio.get_running_loop().remove_reader(self._end)
        self.raw += piece

    async def shows(self, text, since=0):
        """Wait until `text` was written after byte `since`."""
        async with asyncio.timeout(PATIENCE_S):
            while text not in self.raw[since:]:
                await asyncio.sleep(0.05)

    def type(self, keys):
        os.write(self._end, keys)
        return len(self.raw)

    async def end(self):
        self.type(b"\x11")
        async with asyncio.timeout(PATIENCE_S):
            while True:
                pid, status = os.waitpid(self._pid, os.WNOHANG)
                if pid:
                    break
                await asyncio.sleep(0.05)
        asyncio.get_running_loop().remove_reader(self._end)
        os.close(self._end)
        return os.waitstatus_to_exitcode(status)

    def kill(self):
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(self._pid, signal.SIGKILL)


async def test_no_byte_of_a_hostile_venue_makes_the_terminal_act(tmp_path):
    async with venue() as (sim, markets):
        for faults in sim.faults.values():
            faults.title = TITLE
        words = ["watch", *names_of(markets), "--exchange", sim.base_url]
        screen = Terminal(tmp_path, words)
        try:
            await screen.shows(b"MARK[/]")
            for kind in Venue:
                for text in ANYWHERE:
                    sim.say(kind, text)
            since = screen.type(b"/")
            await screen.shows(b"MARK[/]", since)
            screen.type(b"\x1b")
            await screen.shows(b"BOOK", since)
            assert await screen.end() == 0
        finally:
            screen.kill()
    assert [act for act in ACTS if act in screen.raw] == []
    assert screen.raw.endswith(b"\x1b[?1004l") or b"\x1b[?1049l" in screen.raw
