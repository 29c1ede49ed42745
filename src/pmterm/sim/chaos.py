"""A bad network on loopback: a TCP or TLS proxy before the local exchange, for tests."""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import Callable
from enum import StrEnum
from itertools import pairwise
from typing import Self, TypeAlias

import msgspec

from pmterm.sim.world import Clock

LOOPBACK = "127.0.0.1"
READ = 1 << 16


class Cut(StrEnum):
    """How a connection ends at `cut_after`."""

    RESET = "reset"  # both ways at once, with a reset
    CLOSE = "close"  # both ways, in order: what is under way arrives
    HALF = "half"  # this way only ends; the other one goes on
    SILENCE = "silence"  # nothing more arrives this way, and nobody is told


class Way(msgspec.Struct, frozen=True):
    """How bytes travel in one direction of a connection.

    Each piece of at most `piece` bytes (0: as they were read) waits `delay_s`, and then as long as
    it takes at `bytes_per_s` (0: no time). `splits` are places in the stream, counted from its
    beginning, at which a piece ends, too. After `cut_after` bytes (-1: never) it is cut as `cut`
    says; with 0 before the first one.
    """

    delay_s: float = 0.0
    bytes_per_s: int = 0
    piece: int = 0
    splits: tuple[int, ...] = ()
    cut_after: int = -1
    cut: Cut = Cut.RESET

    def pieces(self, data: bytes, done: int) -> list[bytes]:
        """Divide what was read after `done` bytes of the stream; what is cut off is left out."""
        end = done + len(data)
        if 0 <= self.cut_after < end:
            end = max(done, self.cut_after)
        places = {place for place in self.splits if done < place < end} | {done, end}
        if self.piece:
            places |= set(range(done + self.piece, end, self.piece))
        marks = sorted(places)
        return [data[a - done : b - done] for a, b in pairwise(marks)]


class Weather(msgspec.Struct, frozen=True):
    """Both directions: `up` from the client to the exchange, `down` back to it."""

    up: Way = Way()
    down: Way = Way()


FAIR = Weather()
Writers: TypeAlias = tuple[asyncio.StreamWriter, asyncio.StreamWriter]
_Pair: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class ChaosProxy:
    """Passes connections on to `port` of loopback: `async with ChaosProxy(port, clock) as proxy`.

    `weather` counts for what is read from now on, in every connection; `forecast` gives a
    connection (numbered from 1) weather of its own, None the common one. `tls` speaks TLS with the
    client, so that a test can show a certificate of its choice; the exchange behind is always
    plain. While `is_silent` nothing passes and nobody is told; while `refuses` new connections are
    reset at once. All waiting is the clock's.
    """

    def __init__(
        self,
        port: int,
        clock: Clock,
        *,
        tls: ssl.SSLContext | None = None,
        forecast: Callable[[int], Weather | None] = lambda _: None,
    ) -> None:
        self.weather = FAIR
        self.refuses = False
        self.connections = 0  # so far
        self.port = 0
        self._target = port
        self._clock = clock
        self._tls = tls
        self._forecast = forecast
        self._passes = asyncio.Event()
        self._passes.set()
        self._open: dict[int, Writers] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        """Open the door on a free port."""
        self._server = await asyncio.start_server(self._serve, LOOPBACK, 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Break what is open and close the door."""
        if self._server is not None:
            self._server.close()
        self.reset()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    @property
    def url(self) -> str:
        """Where clients connect to."""
        return f"{'https' if self._tls else 'http'}://{LOOPBACK}:{self.port}"

    @property
    def is_silent(self) -> bool:
        """Whether everything is swallowed."""
        return not self._passes.is_set()

    @is_silent.setter
    def is_silent(self, is_silent: bool) -> None:
        """Hold everything back, or let it pass again; what waited meanwhile comes then."""
        if is_silent:
            self._passes.clear()
        else:
            self._passes.set()

    @property
    def open(self) -> int:
        """How many connections there are now."""
        return len(self._open)

    def reset(self) -> None:
        """Break every connection with a reset, whatever it waits for."""
        for writers in list(self._open.values()):
            _reset(*writers)
        for task in list(self._tasks.values()):
            task.cancel()

    def half_close(self) -> None:
        """End what comes from the exchange in every connection; the other way goes on."""
        for client, _ in list(self._open.values()):
            _end(client)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        if self.refuses:
            _reset(writer)
            return
        try:
            back, forth = await asyncio.open_connection(LOOPBACK, self._target)
        except OSError:
            _reset(writer)
            return
        self._open[number] = (writer, forth)
        task = asyncio.current_task()
        if task is not None:
            self._tasks[number] = task
        try:
            # Only `reset` cancels it, and streams of Python 3.11 log a cancelled one as a crash.
            with contextlib.suppress(asyncio.CancelledError):
                await self._carry_both((reader, forth), (back, writer), number)
        finally:
            _reset(writer, forth)
            del self._open[number]
            self._tasks.pop(number, None)

    async def _carry_both(self, there: _Pair, here: _Pair, number: int) -> None:
        async with asyncio.TaskGroup() as group:
            up = _Lane(*there, lambda: self._weather(number).up)
            down = _Lane(*here, lambda: self._weather(number).down)
            group.create_task(self._carry(up, number))
            group.create_task(self._carry(down, number))

    def _weather(self, number: int) -> Weather:
        return self._forecast(number) or self.weather

    async def _carry(self, lane: "_Lane", number: int) -> None:
        """Carry one direction until it ends, by itself or by the weather."""
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            while data := await lane.reader.read(READ):
                await self._passes.wait()
                way = lane.way()
                await self._pass(lane, way, data)
                if 0 <= way.cut_after <= lane.done:
                    await self._cut(lane, way.cut, number)
                    return
            _end(lane.writer)

    async def _pass(self, lane: "_Lane", way: Way, data: bytes) -> None:
        for piece in way.pieces(data, lane.done):
            wait = way.delay_s + (len(piece) / way.bytes_per_s if way.bytes_per_s else 0.0)
            if wait:
                await self._clock.sleep(wait)
            await self._passes.wait()
            lane.writer.write(piece)
            await lane.writer.drain()
            lane.done += len(piece)

    async def _cut(self, lane: "_Lane", cut: Cut, number: int) -> None:
        writers = self._open[number]
        match cut:
            case Cut.RESET:
                _reset(*writers)
            case Cut.CLOSE:
                for writer in writers:
                    writer.close()
            case Cut.HALF:
                _end(lane.writer)
            case Cut.SILENCE:
                while await lane.reader.read(READ):
                    pass


class _Lane:
    """One direction of one connection; `done` bytes have passed."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        way: Callable[[], Way],
    ) -> None:
        self.reader = reader
        self.writer = writer
        self.way = way
        self.done = 0


def _end(writer: asyncio.StreamWriter) -> None:
    """Say that nothing more comes, as far as the connection can say that (TLS cannot)."""
    if writer.is_closing():
        return
    with contextlib.suppress(OSError):
        if writer.can_write_eof():
            writer.write_eof()
        else:
            writer.close()


def _reset(*writers: asyncio.StreamWriter) -> None:
    for writer in writers:
        sock = writer.get_extra_info("socket")
        if sock is not None and not writer.is_closing():
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
