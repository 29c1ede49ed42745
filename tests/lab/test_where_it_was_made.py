"""A recording says whether it was made on the real venues, and a mixed one does not."""

from contextlib import AsyncExitStack

import msgspec
from tests.lab.recordings import KALSHI, lines_of

from pmterm.compose.recorder import REAL, recording_to
from pmterm.compose.surveys import survey_of
from pmterm.config.settings import Hosts
from pmterm.messages.transport import Frame

LOCAL = msgspec.structs.replace(
    Hosts(), kalshi=msgspec.structs.replace(Hosts().kalshi, api="http://127.0.0.1:1")
)


async def made_by(path, *hosts):
    frame = next(line for line in lines_of(KALSHI) if isinstance(line, Frame))
    for each in hosts:
        async with AsyncExitStack() as stack:
            recording_to(path, "record", stack, each).write(frame)
    return survey_of(path).facts.made_by


async def test_only_one_that_was_made_on_the_real_venues_says_so(tmp_path):
    assert (await made_by(tmp_path / "a.zst", Hosts())).endswith(REAL)
    assert not (await made_by(tmp_path / "b.zst", LOCAL)).endswith(REAL)


async def test_one_gone_on_with_elsewhere_does_not_say(tmp_path):
    assert (await made_by(tmp_path / "a.zst", Hosts(), Hosts())).endswith(REAL)
    assert await made_by(tmp_path / "b.zst", Hosts(), LOCAL) == ""
    assert await made_by(tmp_path / "c.zst", LOCAL, Hosts()) == ""
