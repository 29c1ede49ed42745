"""A session can be asked and stopped from another shell: one line in, one line out.

The socket lies in a folder of its owner's alone, and whoever connects must be the same user (S29).
"""

import asyncio
import os
import socket
import struct
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

LONGEST = 4096
LONGEST_NAME = 100  # sun_path holds 108 bytes on Linux, 104 on macOS
_PEER = struct.Struct("3i")  # pid, uid, gid (unix(7), SO_PEERCRED)
MOST_AT_ONCE = 8


class Ask(msgspec.Struct, forbid_unknown_fields=True):
    """What may be asked: "status", or "kill" (and then `flatten`)."""

    do: str
    flatten: bool = False


Answering = Callable[[Ask], Awaitable[dict[str, Any]]]
_decode = msgspec.json.Decoder(Ask).decode


class ControlWorker:
    """Listens while the session runs; lasts as long as orders can be on their way."""

    name = "control"

    def __init__(self, path: Path, answer: Answering, tell: Callable[[str], object]) -> None:
        self._path = path
        self._answer = answer
        self._tell = tell
        self._talking = 0

    async def run(self) -> None:
        """Answer for ever; where no socket can be made, say so and be done."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path.parent.chmod(0o700)
            self._path.unlink(missing_ok=True)
            with short_name(self._path) as name:
                server = await asyncio.start_unix_server(self._talk, name, limit=LONGEST)
            self._path.chmod(0o600)
        except OSError as error:
            self._tell(f"{self._path}: {error.strerror}; `pmterm kill` cannot reach this session")
            return
        try:
            async with server:
                await server.serve_forever()
        finally:
            self._path.unlink(missing_ok=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._talking += 1
        try:
            if self._talking <= MOST_AT_ONCE and _is_owner(writer):
                writer.write(msgspec.json.encode(await self._reply(reader)) + b"\n")
                await writer.drain()
        except (OSError, ValueError, asyncio.IncompleteReadError):
            return  # whoever asked has gone, or says nothing that can be read
        finally:
            self._talking -= 1
            writer.close()

    async def _reply(self, reader: asyncio.StreamReader) -> dict[str, Any]:
        line = await reader.readline()
        try:
            ask = _decode(line)
        except (msgspec.DecodeError, msgspec.ValidationError, RecursionError):
            return {"error": "not understood"}
        return await self._answer(ask)


def _is_owner(writer: asyncio.StreamWriter) -> bool:
    """Tell whether the other end is this user, as far as the system tells."""
    peer = writer.get_extra_info("socket")
    if peer is None or not hasattr(socket, "SO_PEERCRED"):
        return True  # the folder is the owner's alone all the same
    _, uid, _ = _PEER.unpack(peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    return bool(uid == os.geteuid())


@contextmanager
def short_name(path: Path) -> Iterator[str]:
    """Give a name of a socket that fits the system's 100-odd bytes, however deep it lies."""
    if len(os.fsencode(path)) < LONGEST_NAME or not Path("/proc/self/fd").is_dir():
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def ask_session(path: Path, ask: Ask, patience_s: float) -> dict[str, Any] | None:
    """Ask a running session; None if it is not there or does not answer in time."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(patience_s)
        try:
            with short_name(path) as name:
                line.connect(name)
            line.sendall(msgspec.json.encode(ask) + b"\n")
            data = b""
            while not data.endswith(b"\n") and (more := line.recv(65_536)):
                data += more
        except OSError:
            return None
    try:
        return msgspec.json.decode(data, type=dict[str, Any])
    except msgspec.DecodeError:
        return None
