"""How a long run says where it is, and hears Ctrl-C without losing what it found."""

import signal
import sys
from types import FrameType, TracebackType
from typing import Final, Self

from pmterm.model.units import SECOND, Ns
from pmterm.runtime.clock import SystemClock

STOPPED: Final = 130
QUIET: Final[Ns] = 2 * SECOND  # what takes no longer says nothing
TOLD_EVERY: Final[Ns] = SECOND // 4


class Progress:
    """One line on stderr where that is a terminal, a line every 10 s where it is none.

    The first Ctrl-C stops at the next safe place, a second at once.
    """

    def __init__(self) -> None:
        self._clock = SystemClock()
        self._began = self._clock.monotonic()
        self._told_at = self._began + QUIET - TOLD_EVERY
        self._every = TOLD_EVERY if sys.stderr.isatty() else 10 * SECOND
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
        if self._has_told and sys.stderr.isatty():
            sys.stderr.write("\n")

    def at(self, what: str, share: float) -> None:
        """Hear how far it is, 0 to 1."""
        now = self._clock.monotonic()
        if now - self._told_at < TOLD_EVERY or (
            self._has_told and now - self._told_at < self._every
        ):
            return
        self._told_at = now
        self._has_told = True
        took = (now - self._began) / SECOND
        line = f"{share:4.0%}  {took:.0f} s  {what}"
        sys.stderr.write(f"\r\x1b[K{line}" if sys.stderr.isatty() else f"{line}\n")
        sys.stderr.flush()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        if self.is_stopped:
            raise KeyboardInterrupt
        self.is_stopped = True
