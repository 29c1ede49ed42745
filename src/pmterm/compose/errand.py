"""Work in a process of its own that says over a pipe how far it is, and hears when to stop."""

import contextlib
import io
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, Final

import msgspec

from pmterm.compose.progress import Silence
from pmterm.model.errors import PmtermError
from pmterm.model.text import clean_text

END_S: Final = 2.0  # what a process gets to end by itself
STEP: Final = 0.002  # a share of a part that is worth telling


class At(msgspec.Struct, frozen=True):
    """How much of all is done, in ppm, and what is being done."""

    what: str
    share_ppm: int


class Found(msgspec.Struct, frozen=True):
    """Something the work came to."""

    what: Any


class Over(msgspec.Struct, frozen=True):
    """The work has ended: `error` says why it broke, "" if it did not."""

    error: str = ""
    hint: str = ""
    is_stopped: bool = False


class Line(Silence):
    """The work's end of the pipe; asked whether to stop, it looks."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._done, self._of = 0, 1
        self._told = -1.0
        self._is_stopped = False

    @property
    def is_stopped(self) -> bool:  # type: ignore[override]  # looked up instead of kept
        """Whether the one who asked wants no more."""
        if not self._is_stopped and self._pipe.poll():
            self._pipe.recv()
            self._is_stopped = True
        return self._is_stopped

    def part(self, what: str, done: int, of: int) -> None:
        """Hear which part comes next."""
        self._done, self._of, self._told = done, max(of, 1), -1.0
        self.at(what, 0.0)

    def at(self, what: str, share: float) -> None:
        """Hear how much of this part is done, 0 to 1."""
        if share - self._told >= STEP:
            self._told = share
            self._pipe.send(At(what, int((self._done + share) * 1_000_000) // self._of))

    def found(self, what: Any) -> None:
        """Send what was found."""
        self._pipe.send(Found(what))


class Errand:
    """One piece of work under way. `hear` never waits."""

    def __init__(self, work: Callable[..., None], *args: object) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_begin, args=(theirs, work, *args), daemon=True)
        # A full screen puts a stand-in without a descriptor in the place of stderr, on which
        # multiprocessing (3.11) breaks when it starts its first process.
        with contextlib.redirect_stderr(sys.__stderr__):
            self._process.start()
        theirs.close()
        self._is_over = False

    def hear(self) -> list[At | Found | Over]:
        """Return what was said since; the last of all is an `Over`, however the process ended."""
        said: list[At | Found | Over] = []
        while not self._is_over:
            try:
                if not self._pipe.poll():
                    break
                one = self._pipe.recv()
            except (EOFError, OSError):
                self._process.join(END_S)
                one = Over(f"the process ended by itself ({self._process.exitcode}).")
            said.append(one)
            self._is_over = isinstance(one, Over)
        return said

    def stop(self) -> None:
        """Ask it to stop at the next safe place."""
        with contextlib.suppress(OSError):  # it has ended meanwhile, and `hear` says so
            self._pipe.send(None)

    def end(self) -> None:
        """End it now."""
        self._process.terminate()
        self._process.join(END_S)
        self._pipe.close()
        self._is_over = True


class _Words(io.TextIOBase):
    """Takes what would be printed over the screen, and keeps its last line."""

    last = ""

    def write(self, text: str) -> int:
        self.last = next((line for line in reversed(text.splitlines()) if line.strip()), self.last)
        return len(text)


def _begin(pipe: Connection, work: Callable[..., None], *args: object) -> None:
    """Do the work, and say how it ended; what breaks in it must not reach the terminal."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    words = _Words()
    sys.stdout = sys.stderr = words
    line = Line(pipe)
    over = Over("it broke.")
    try:
        work(line, *args)
        over = Over(is_stopped=line.is_stopped)
    except PmtermError as error:
        over = Over(clean_text(error.detail), clean_text(error.hint))
    finally:
        if sys.exc_info()[0] is not None:
            kind, wrong, _ = sys.exc_info()
            name = kind.__name__ if kind is not None else ""
            over = Over(clean_text(f"it broke: {name}: {wrong}"))
        pipe.send(over)
        pipe.close()
