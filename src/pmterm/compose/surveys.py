"""What has to be known of a recording before it is played, and its inputs in order."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from pmterm.compose.core import SETTINGS_NOTE, read_market
from pmterm.compose.replays import awake
from pmterm.lab.tape import Facts
from pmterm.messages.accounts import Mode
from pmterm.messages.base import Message
from pmterm.messages.transport import Frame
from pmterm.model.errors import RecordingBroken
from pmterm.model.ids import MarketId
from pmterm.runtime.replay_desk import events_of
from pmterm.store.recording import GOES_ON, Header, MarketLine, NoteLine, RecordingReader

UNNAMED = "backtest"


class Survey(msgspec.Struct, frozen=True):
    """A recording read through once: its facts, and its notes."""

    facts: Facts
    notes: list[NoteLine]


def survey_of(path: Path) -> Survey:
    """Read a recording through.

    A session's own recording keeps its name and the time it began, so that what is decided can be
    compared with what was.

    Raises:
        RecordingBroken: it cannot be read, or holds no frame.
    """
    reader = RecordingReader(path)
    header = Header("", 0)
    notes: list[NoteLine] = []
    watched: dict[MarketId, None] = {}
    first = last = frames = 0
    for line in reader:
        if isinstance(line, Header):
            header = line
            continue
        if isinstance(line, NoteLine):
            notes.append(line)
            continue
        if isinstance(line, MarketLine):
            watched[line.market] = None
        if line.at > 0:
            first = first or line.at
            last = max(last, line.at)
            frames += isinstance(line, Frame)
    if not frames:
        raise RecordingBroken(f"{path.name} holds no frame.", "There is nothing to play.")
    is_session = header.note.startswith(f"{Mode.PAPER.value}-")
    facts = Facts(
        session=header.note if is_session else UNNAMED,
        first_at=first,
        last_at=last,
        started_at=next((note.at for note in notes if note.text == SETTINGS_NOTE), first),
        damage=tuple(reader.damage),
        watched=tuple(watched),
        made_by=_made_by(header, notes),
    )
    return Survey(facts, notes)


def _made_by(header: Header, notes: list[NoteLine]) -> str:
    later = [(note.data or {}).get("source") for note in notes if note.text == GOES_ON]
    return header.source if all(source == header.source for source in later) else ""


def inputs_of(path: Path, survey: Survey) -> Iterator[Message]:
    """Return what came in, and where time passed without."""
    lines = (line for line in RecordingReader(path) if not isinstance(line, NoteLine))
    return awake(events_of(lines, read_market), survey.notes)
