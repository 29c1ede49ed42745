"""What stands behind the screen of a replay; satisfies `tui.desk.Desk`."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol

import msgspec

from pmterm.messages.accounts import Mode, SessionStarted
from pmterm.messages.base import Message
from pmterm.messages.commands import SubmitTicket
from pmterm.messages.orders import Refused
from pmterm.messages.transport import Closed, Frame, HttpResponse, Opened
from pmterm.model.errors import Impossible, WireSurprise
from pmterm.model.ids import MarketId, OrderId, Venue
from pmterm.model.market import Market, MarketStatus
from pmterm.model.units import SECOND, Cash, Ns
from pmterm.runtime.engine import Engine
from pmterm.runtime.hub import Hub, Watching
from pmterm.runtime.replay_worker import ReplayWorker
from pmterm.store.recording import Line, MarketLine
from pmterm.trading.execution.executor import Executor
from pmterm.views.board import Board, BoardFold, BoardReader
from pmterm.views.header import ReplayStatus
from pmterm.views.watchlist import MarketRow

SPEEDS_MILLI = (100, 250, 500, 1_000, 2_000, 5_000, 10_000, 25_000, 50_000, 100_000, 1_000_000)


class MarketReader(Protocol):
    """Reads a market from a recording's metadata."""

    def __call__(self, venue: Venue, data: dict[str, object]) -> Market:
        """Raises WireSurprise."""
        ...


class Built(NamedTuple):
    """The parts of a replay that are made anew when it is wound back."""

    engine: Engine
    fold: BoardFold
    reader: BoardReader
    executor: Executor


def events_of(
    lines: Iterable[Line], read_market: MarketReader, started: SessionStarted | None = None
) -> Iterator[Message]:
    """Turn a recording's lines into inputs; metadata without a time gets that of what follows.

    `started` goes first, at the time of the first input.
    """
    untimed: list[MarketLine] = []
    for line in lines:
        if isinstance(line, MarketLine):
            if line.at <= 0:
                untimed.append(line)
                continue
        elif not isinstance(line, Frame | HttpResponse | Opened | Closed):
            continue
        if started is not None:
            yield msgspec.structs.replace(started, at=line.at)
            started = None
        for waiting in untimed:
            yield from _watching(msgspec.structs.replace(waiting, at=line.at), read_market)
        untimed.clear()
        if isinstance(line, MarketLine):
            yield from _watching(line, read_market)
        else:
            yield line


def _watching(line: MarketLine, read_market: MarketReader) -> Iterator[Watching]:
    try:
        yield Watching(line.at, read_market(line.venue, line.data), line.data)
    except WireSurprise:
        return  # `recording verify` counts it; the market's frames play without its metadata


class ReplayDesk:
    """A desk whose time is the recording's, and the buttons of the player."""

    def __init__(
        self,
        name: str,
        span: tuple[Ns, Ns],
        build: Callable[[], Built],
        cash: Cash,
    ) -> None:
        self._name = name
        self._first, self._last = span
        self._build = build
        self._cash = cash
        self._parts = build()
        self._hub: Hub | None = None
        self._focus = MarketId("")
        self._has_chosen = False
        self._worker: ReplayWorker | None = None

    def attach(self, worker: ReplayWorker, hub: Hub) -> None:
        """Learn which worker plays the recording, into which hub."""
        self._worker = worker
        self._hub = hub

    @property
    def engine(self) -> Engine:
        """The engine of this run through the recording."""
        return self._parts.engine

    @property
    def _inbox(self) -> Hub:
        if self._hub is None:
            raise Impossible("a replay without a hub")
        return self._hub

    @property
    def player(self) -> ReplayWorker:
        """The worker that plays the recording."""
        if self._worker is None:
            raise Impossible("a replay without a player")
        return self._worker

    @property
    def started(self) -> SessionStarted:
        """The first message of every run through the recording."""
        return SessionStarted(self._first, "replay", Mode.REPLAY, "", self._cash)

    def rewind(self) -> None:
        """Build all anew: what was traded on paper after that instant is undone."""
        self._parts = self._build()
        self._inbox.restart(self._parts.engine)

    def stamp(self) -> Ns:
        """Return session time: the recording's."""
        return max(self._parts.engine.at, self.player.quiet_at)

    def board(self) -> Board:
        """Paint everything to show at this instant of the recording."""
        board = self._paint()
        if not self._has_chosen:
            follow = self._lively(board)
            if follow != self._focus:
                self._focus = follow
                board = self._paint()
        return board

    def focus(self, market: MarketId) -> None:
        """Show this market from now on."""
        self._focus = market
        self._has_chosen = True

    def send(self, command: Message) -> None:
        """Trade on paper against the recording."""
        at = self._parts.engine.at + 1
        self._inbox.put(msgspec.structs.replace(command, at=at))

    async def find(self, words: str) -> list[MarketRow]:
        """Look among the recording's markets only."""
        wanted = words.lower().split()
        return [
            MarketRow(
                row.market.id,
                row.market.venue,
                row.market.title,
                row.market.event_title,
                row.status,
                row.best_bid,
                row.best_ask,
                row.market.volume_24h,
                row.market.closes_at,
                is_watched=True,
            )
            for row in self._paint().watched
            if all(word in f"{row.market.title} {row.market.id}".lower() for word in wanted)
        ]

    async def watch(self, market: MarketId) -> None:
        """Show a market of the recording."""
        self.focus(market)

    def replay(self) -> "ReplayDesk":
        """Return the buttons."""
        return self

    def objection(self, ticket: SubmitTicket, instead_of: OrderId) -> Refused | None:
        """Ask the gate what it would say against a ticket if an order of ours were gone."""
        asked = msgspec.structs.replace(ticket, at=self.stamp())
        return self._parts.reader.objection(asked, instead_of)

    def quit_blockers(self) -> list[str]:
        """Nothing is lost by leaving a replay."""
        return []

    def pause(self) -> None:
        """Hold."""
        self.player.pause()

    def resume(self) -> None:
        """Go on."""
        self.player.resume()

    def faster(self) -> None:
        """Take the next speed up."""
        speed = self.player.speed_milli
        self.player.set_speed(next((s for s in SPEEDS_MILLI if s > speed), SPEEDS_MILLI[-1]))

    def slower(self) -> None:
        """Take the next speed down."""
        speed = self.player.speed_milli
        self.player.set_speed(
            next((s for s in reversed(SPEEDS_MILLI) if s < speed), SPEEDS_MILLI[0])
        )

    def step(self) -> None:
        """Take one input and hold."""
        self.player.step()

    def seek(self, seconds: float) -> None:
        """Go so many seconds into the recording."""
        at = self._first + round(seconds * SECOND)
        self.player.seek(min(max(at, self._first), self._last))

    def _paint(self) -> Board:
        parts = self._parts
        at = max(parts.engine.at, self._first)
        worker = self.player
        position = min(max(worker.position, self._first), self._last)
        status = ReplayStatus(
            self._name,
            worker.speed_milli,
            worker.is_paused,
            position - self._first,
            self._last - self._first,
            worker.is_at_end,
        )
        return parts.fold.paint(at, parts.reader, self._focus, status)

    def _lively(self, board: Board) -> MarketId:
        """Follow the market that trades: a session of one after another moves on by itself."""
        rows = {row.market.id: row for row in board.watched}
        here = rows.get(self._focus)
        if (
            here is not None
            and here.is_trusted
            and here.status is MarketStatus.ACTIVE
            and here.best_bid
        ):
            return self._focus
        for row in board.watched:
            if row.is_trusted and row.best_bid and row.status is MarketStatus.ACTIVE:
                return row.market.id
        return self._focus or next(iter(rows), MarketId(""))
