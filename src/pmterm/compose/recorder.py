"""Keeps what comes in, and what is watched, in a recording."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

from pmterm.compose.core import SLEPT_NOTE
from pmterm.compose.given import version
from pmterm.config.paths import recordings_dir
from pmterm.config.settings import Hosts, Settings
from pmterm.messages.base import Message
from pmterm.messages.transport import Closed, Frame, HttpResponse, Opened
from pmterm.model.errors import StoreBroken
from pmterm.model.units import Ns
from pmterm.runtime.engine import LONGEST_QUIET
from pmterm.runtime.hub import Watching
from pmterm.store.private_files import private_folder
from pmterm.store.recording import RecordingWriter

REAL: Final = ", real venues"  # how the source of a recording ends that was made on them


class Recorder:
    """Writes the hub's inputs, and what is watched, to a recording."""

    def __init__(self, writer: RecordingWriter) -> None:
        self._writer = writer
        self._heard: Ns = 0

    def write(self, event: Message) -> None:
        """Keep one input."""
        self._hear(event.at)
        if isinstance(event, Watching):
            market = event.market
            self._writer.market(event.at, market.venue, market.id, event.data)
        elif isinstance(event, Frame | HttpResponse | Opened | Closed):
            self._writer.write(event)

    def flush(self, at: Ns) -> None:
        """Bring what is kept to the system if a second has passed."""
        self._hear(at)
        self._writer.flush(at)

    def note(self, at: Ns, text: str, data: dict[str, Any] | None = None) -> None:
        """Keep a note: what the session thought with, when it ended."""
        try:
            self._writer.note(at, text, data)
        except StoreBroken:
            return  # told when it first happened

    def _hear(self, at: Ns) -> None:
        """Note where time leapt: there the engine stepped over what it walks while awake."""
        if self._heard and at - self._heard > LONGEST_QUIET:
            self.note(self._heard, SLEPT_NOTE, {"until": at})
        self._heard = at


def recorder_of(settings: Settings, session: str, stack: AsyncExitStack) -> Recorder | None:
    """Open the recording of a session, if the settings want one; closed with the stack."""
    if not settings.store.record:
        return None
    folder = recordings_dir(settings.store)
    private_folder(folder)
    path = folder / f"{session}.ndjson.zst"
    return recording_to(path, session, stack, settings.hosts)


def recording_to(
    path: Path, session: str, stack: AsyncExitStack, hosts: Hosts | None = None
) -> Recorder:
    """Open a recording that is closed with the stack; it says if `hosts` are the real venues."""
    source = f"pmterm {version()}" + (REAL if hosts == Hosts() else "")
    writer = RecordingWriter(path, source=source, note=session)
    stack.callback(_closed, writer)
    return Recorder(writer)


def _closed(writer: RecordingWriter) -> None:
    try:
        writer.close()
    except StoreBroken:
        return  # told when it first happened; what was written before is whole
