"""How a long run says where it is, and hears Ctrl-C without losing what it found."""

import signal
import sys
from types import FrameType, TracebackType
from typing import Final, Self

from pmterm.model.units import SECOND, Ns
from pmterm.runtime.clock import SystemClock

STOPPED: Final = 130
QUIET: Final[Ns] = 2 * SECOND  # what takes no longer says nothing
SELDOM: Final[Ns] = 10 * SECOND


class Silence:
    """Hears how far a run is, and lets it run: for tests and for other processes."""

    is_stopped = False

    def at(self, what: str, share: float) -> None:
        """Hear how far it is, 0 to 1."""

    def part(self, what: str, done: int, of: int) -> None:
        """Hear which part comes next."""


class Progress(Silence):
    """One line on stderr where that is a terminal, a line every 10 s where it is none.

    The first Ctrl-C stops at the next safe place, a second at once.
    """

    def __init__(self) -> None:
        self._clock = SystemClock()
        self._is_terminal = sys.stderr.isatty()
        self._every = SECOND // 4 if self._is_terminal else SELDOM
        self._began = self._clock.monotonic()
        self._next = self._began + QUIET
        self._done, self._of = 0, 1
        self._has_told = False
        self._handler: object = None
        self.is_stopped = False

    def __enter__(self) -> Self:
        """Listen to Ctrl-C."""
        self._handler = signal.signal(signal.SIGINT, self._stop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Leave Ctrl-C as it was."""
        signal.signal(signal.SIGINT, self._handler)  # type: ignore[arg-type]  # what it was
        if self._has_told and self._is_terminal:
            sys.stderr.write("\n")

    def part(self, what: str, done: int, of: int) -> None:
        """Hear which part comes next."""
        self._done, self._of = done, max(1, of)
        self.at(what, 0.0)

    def at(self, what: str, share: float) -> None:
        """Hear how much of this part is done, 0 to 1."""
        now = self._clock.monotonic()
        if now < self._next:
            return
        self._next = now + self._every
        self._has_told = True
        whole = (self._done + share) / self._of
        line = f"{whole:4.0%}  {(now - self._began) // SECOND} s  {what}"
        sys.stderr.write(f"\r\x1b[K{line}" if self._is_terminal else f"{line}\n")
        sys.stderr.flush()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        if self.is_stopped:
            raise KeyboardInterrupt
        self.is_stopped = True
