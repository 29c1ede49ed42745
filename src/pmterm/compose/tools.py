"""Builds what runs without a screen: recorder, checks, the local exchange, export, settings."""

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

from pmterm.compose.core import core, read_market
from pmterm.compose.given import settings
from pmterm.compose.network import build_edge, connects, network
from pmterm.compose.recorder import recording_to
from pmterm.config import paths
from pmterm.config.sections import StoreSettings
from pmterm.config.settings import Settings, default_config_text
from pmterm.messages.base import Message
from pmterm.messages.transport import Frame
from pmterm.model.errors import RecordingBroken, UsageWrong
from pmterm.model.ids import Venue
from pmterm.model.units import SECOND, Ns
from pmterm.runtime.clock import SystemClock
from pmterm.runtime.hub import Hub, Recorder, Watching
from pmterm.runtime.recording_check import RecordingCheck
from pmterm.runtime.session import run_session
from pmterm.runtime.waiting import wait_for_end
from pmterm.store.database import Database
from pmterm.store.export import Format, Table, time_text
from pmterm.store.export import export as export_table
from pmterm.store.private_files import open_private, private_folder
from pmterm.store.recording import RecordingInfo, RecordingReader, RecordingTally
from pmterm.trading.book.books import Books
from pmterm.venues.base import Feed
from pmterm.venues.kalshi.feed import KalshiFeed
from pmterm.venues.polymarket.feed import PolymarketFeed

Facts = tuple[dict[str, object], int]


class _Counting:
    """A recorder that knows how much it wrote."""

    def __init__(self, inner: Recorder) -> None:
        self._inner = inner
        self.frames = 0

    def write(self, event: Message) -> None:
        self._inner.write(event)
        self.frames += isinstance(event, Frame)

    def flush(self, at: Ns) -> None:
        self._inner.flush(at)


async def record(given: Settings, names: Sequence[str], out: Path | None, seconds: float) -> Facts:
    """Record markets until told to stop, or for so many seconds."""
    clock = SystemClock()
    net = network(given, clock)
    began = clock.now()
    path = out or Path(f"pmterm-{began // SECOND}.ndjson.zst")
    async with AsyncExitStack() as stack:
        stack.push_async_callback(net.http.close)
        markets = [market for name in names for market in await net.finder.lookup(name)]
        counting = _Counting(recording_to(path, "record", stack, given.hosts))
        parts = core(given)
        hub = Hub(parts.engine, clock, recorder=counting)
        edge = build_edge(net, parts, hub, clock)
        parts.engine.wish_to(edge.do)
        connect = connects(net, edge)
        for market in markets:
            connect(market.venue)
            hub.put(Watching(clock.stamp(), market, net.finder.metadata(market)))
        await run_session(hub, edge, lambda: wait_for_end(seconds), clock)
    facts: dict[str, object] = {
        "file": str(path),
        "markets": [market.id for market in markets],
        "frames": counting.frames,
        "seconds": round((clock.now() - began) / SECOND, 1),
        "bytes": path.stat().st_size,
    }
    return facts, 0


def recording_info(path: Path) -> Facts:
    """Say what a recording holds: kinds of line, types of frame, time range, how books fared."""
    report, info = _checked(path)
    facts: dict[str, object] = {
        "file": path.name,
        "version": info.version,
        "source": info.source,
        "note": info.note,
        "from": time_text(info.first_at),
        "to": time_text(info.last_at),
        "seconds": round((info.last_at - info.first_at) / SECOND, 3),
        "longest_quiet_s": round(info.longest_quiet / SECOND, 3),
        "steps_back": info.steps_back,
        "lines": info.lines,
        "packed_bytes": info.packed_bytes,
        "unpacked_bytes": info.unpacked_bytes,
        **report,
    }
    return facts, 0


def recording_verify(path: Path) -> Facts:
    """Rebuild every book and check it; exit code 6 when the file is damaged."""
    report, _ = _checked(path)
    return report, RecordingBroken.exit_code if report["damage"] else 0


def _checked(path: Path) -> tuple[dict[str, object], RecordingInfo]:
    kalshi = KalshiFeed()
    feeds: dict[Venue, Feed] = {
        Venue.KALSHI: kalshi,
        Venue.POLYMARKET: PolymarketFeed(merge_outcomes=False),
    }
    readers = {venue: partial(read_market, venue) for venue in Venue}
    check = RecordingCheck(feeds, Books(), readers, lambda: kalshi.gaps)
    reader = RecordingReader(path)
    tally = RecordingTally()
    for line in reader:
        tally.add(line)
        check.take(line)
    return check.report(reader.damage), tally.info(reader)


async def export(
    given: Settings, what: str, form: str, out: Path | None, *, of: Callable[[StoreSettings], Path]
) -> None:
    """Write a table of a store (`of` says which) to a file or stdout.

    Raises:
        UsageWrong: there is no such table or form.
    """
    try:
        table, form_ = Table(what), Format(form)
    except ValueError as error:
        raise UsageWrong(
            f"{error}.", f"Tables: {', '.join(Table)}; formats: {', '.join(Format)}."
        ) from error
    async with await Database.open(of(given.store), read_only=True) as database:
        if out is None:
            await export_table(database, table, form_, sys.stdout)
            return
        descriptor = open_private(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
            await export_table(database, table, form_, stream)


def config_show() -> Facts:
    """Say every setting's value and where it came from."""
    return {line.key: f"{line.value}  ({line.source})" for line in settings({}).shown}, 0


def config_rows() -> Facts:
    """Say the same for programs: by key, the value as a settings file writes it, and its source."""
    shown = settings({}).shown
    return {line.key: {"value": line.value, "source": line.source} for line in shown}, 0


def config_check() -> Facts:
    """Say that the settings are right; SettingsWrong says what is not."""
    given = settings({})
    changed = sum(line.is_changed for line in given.shown)
    return {"settings": "all right", "changed from the defaults": changed}, 0


def config_paths() -> Facts:
    """Say where things live."""
    given = settings({})
    return {
        "settings": str(paths.config_dir() / "config.toml"),
        "store": str(paths.store_path(given.store)),
        "store of live sessions": str(paths.live_store_path(given.store)),
        "store of the demo": str(paths.demo_store_path(given.store)),
        "recordings": str(paths.recordings_dir(given.store)),
        "logs": str(paths.log_dir()),
    }, 0


def config_init() -> Facts:
    """Write the commented defaults to the user's settings file.

    Raises:
        UsageWrong: there is one already.
    """
    path = paths.config_dir() / "config.toml"
    if path.exists():
        raise UsageWrong(f"{path} is there already.", "Edit it; nothing was changed.")
    private_folder(path.parent)
    descriptor = open_private(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(default_config_text())
    return {"written": str(path)}, 0
