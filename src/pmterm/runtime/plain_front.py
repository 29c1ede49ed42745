"""The session as plain lines: one per event to stdout, commands from stdin."""

import asyncio
import os
import stat
import sys
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TextIO

import msgspec

from pmterm.messages.base import Message
from pmterm.messages.commands import ChangeLimit
from pmterm.messages.feed import MarketSeen
from pmterm.messages.health import Heartbeat
from pmterm.model.errors import UsageWrong
from pmterm.model.ids import MarketId
from pmterm.model.text import clean_text
from pmterm.model.units import SECOND
from pmterm.views.board import Board
from pmterm.views.plain import HELP, TOLD, line_of, parse_command, touch_line
from pmterm.views.plain_limits import RAISE, limit_lines, read_limit
from pmterm.views.question import open_question

MOST_TYPED = 4096
QUITS = frozenset({"quit", "exit", "q"})


class Desk(Protocol):
    """What the lines need of a desk."""

    def board(self) -> Board:
        """Everything to show, now."""
        ...

    def focus(self, market: MarketId) -> None:
        """Let commands mean this market."""
        ...

    def send(self, command: Message) -> None:
        """Hand over a command."""
        ...


class PlainFront:
    """Prints what is said; reads commands. With `as_json`, one JSON object per line.

    For people a market goes by its slug, where it has one.

    Ends on `quit`, when `end` is called, or when nobody reads the lines any more.
    """

    def __init__(self, desk: Desk, out: TextIO | None = None, *, as_json: bool = False) -> None:
        self._desk = desk
        self._out = out or sys.stdout
        self._as_json = as_json
        self._encode = msgspec.json.Encoder().encode
        self._over = asyncio.Event()
        self._code = 0
        self._told: dict[MarketId, str] = {}
        self._begun = b""
        self._early: list[str] = []
        self._beats_to_wait = 10
        self._names: dict[str, str] = {}  # by market id
        self._raise: ChangeLimit | None = None  # waits for its word

    def hears(self) -> Mapping[type[Message], Callable[[Any], None]]:
        """Handlers for the engine."""
        return {**dict.fromkeys(TOLD, self._say), Heartbeat: self._beat}

    def end(self, code: int = 0) -> None:
        """Stop."""
        self._code = code
        self._over.set()

    async def run(self) -> int:
        """Read commands until told to stop; returns the exit code."""
        loop = asyncio.get_running_loop()
        if _can_be_watched(sys.stdin):
            loop.add_reader(sys.stdin.fileno(), self._typed)
        try:
            await self._over.wait()
        finally:
            if _can_be_watched(sys.stdin):
                loop.remove_reader(sys.stdin.fileno())
        return self._code

    def _typed(self) -> None:
        """Take what was typed, past Python's own buffer: it would keep later lines back."""
        typed = os.read(sys.stdin.fileno(), MOST_TYPED)
        if not typed:  # nobody will type any more; go on telling
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
            typed = b"\n"
        *lines, self._begun = (self._begun + typed).split(b"\n")
        self._begun = self._begun[-MOST_TYPED:]
        for line in lines:
            text = line.decode(errors="replace")
            if self._beats_to_wait and text.strip().lower() not in QUITS:
                self._early.append(text)
            else:
                self._obey(text)

    def _settle(self) -> None:
        """Obey what was typed before there was a book to trade on, once there is, or after 5 s."""
        is_there = any(row.is_trusted for row in self._desk.board().watched)
        self._beats_to_wait = 0 if is_there else self._beats_to_wait - 1
        if not self._beats_to_wait:
            early, self._early = self._early, []
            for text in early:
                self._obey(text)

    def _obey(self, line: str) -> None:
        words = line.strip().lower()
        to_raise, self._raise = self._raise, None  # any other word leaves it as it is
        if words in QUITS:
            self.end()
        elif words in {"help", "?"}:
            self._answer("Help", HELP)
        elif words == "markets":
            for row in self._desk.board().watched:
                mark = ", here" if row.market.id == self._desk.board().focus else ""
                self._answer(
                    "Market", f"{row.market.slug or row.market.id}: {row.market.title}{mark}"
                )
        elif words.startswith("focus "):
            self._focus(line.split()[1])
        elif words == RAISE and to_raise is not None:
            self._desk.send(msgspec.structs.replace(to_raise, confirmed=True))
        elif words:
            try:
                self._command(line, words.split())
            except UsageWrong as wrong:
                self._answer("NotUnderstood", f"{wrong.detail} {wrong.hint}")

    def _command(self, line: str, words: list[str]) -> None:
        board = self._desk.board()
        if words[0] != "limits":
            question = open_question(board)
            command = parse_command(line, board.focus, question=question, now=board.at)
            self._desk.send(command)
        elif len(words) == 1:
            for text in limit_lines(board.health.changeable):
                self._answer("Limit", text)
        else:
            change, means = read_limit(words[1:], board.health.changeable)
            if not means:
                self._desk.send(change)
                return
            self._raise = change
            self._answer("Asks", f"{' '.join(means)} Type {RAISE} to do it.")

    def _focus(self, wanted: str) -> None:
        """Let commands mean another of the watched markets."""
        for row in self._desk.board().watched:
            if wanted.lower() in {row.market.slug.lower(), row.market.id.lower()}:
                self._desk.focus(row.market.id)
                self._answer("Focus", f"commands mean {row.market.slug or row.market.id} now")
                return
        self._answer("NotUnderstood", f"{clean_text(wanted, 60)!r} is not watched. Try: markets")

    def _answer(self, kind: str, text: str) -> None:
        """Answer what was typed; a reader of JSON gets JSON."""
        told = {"type": kind, "text": text}
        self._line(self._encode(told).decode() if self._as_json else text)

    def _beat(self, beat: Heartbeat) -> None:
        if self._beats_to_wait:
            self._settle()
        if beat.at % SECOND or self._as_json:
            return
        for row in self._desk.board().watched:
            touch = f"{row.best_bid} {row.best_ask} {row.is_trusted}"
            if self._told.get(row.market.id) != touch:
                self._told[row.market.id] = touch
                self._line(
                    touch_line(
                        beat.at,
                        row.market.slug or row.market.id,
                        row.best_bid,
                        row.best_ask,
                        is_trusted=row.is_trusted,
                    )
                )

    def _say(self, message: Message) -> None:
        if self._as_json:
            self._line(self._encode(message).decode())
            return
        line = line_of(message)
        if line is not None:
            self._line(self._named(line))
        if isinstance(message, MarketSeen) and message.market.slug:
            self._names[message.market.id] = message.market.slug

    def _named(self, line: str) -> str:
        return " ".join(self._names.get(word, word) for word in line.split(" "))

    def _line(self, line: str) -> None:
        try:
            self._out.write(line + "\n")
            self._out.flush()
        except BrokenPipeError:
            self.end()


def _can_be_watched(stream: TextIO) -> bool:
    try:
        return not stream.closed and (stream.isatty() or _is_pipe(stream))
    except ValueError:
        return False


def _is_pipe(stream: TextIO) -> bool:
    try:
        return stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode)
    except OSError:
        return False
