"""Textual's terminal driver, kept from waiting on a terminal that is stuck or gone.

Textual (8.2) writes in a thread that dies with the terminal; its queue of 30 then fills and the
next write, or the end of the app, waits for ever. And it takes any SIGCONT for the end of a
suspension, also that of a shell which is closing: a second thread would be started.
"""

import contextlib
import os
import termios
from typing import Any

from textual.drivers.linux_driver import LinuxDriver

CLOSE_S = 1.0  # what a terminal gets to take the last words


class TerminalDriver(LinuxDriver):
    """The same, but nothing waits: `pressure.is_behind` says when to paint no more."""

    _keys: list[Any] | None = None  # the terminal's settings while each key comes at once

    def start_application_mode(self) -> None:
        """Start, with room for all that is written: the loop must not wait."""
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual left it bare
        with contextlib.suppress(termios.error):
            self._keys = termios.tcgetattr(self.fileno)
        if self._writer_thread is not None:
            self._writer_thread._queue.maxsize = 0  # noqa: SLF001  # no public word for it

    def close(self) -> None:
        """Give the writer a moment for what it still has."""
        writer = self._writer_thread
        if writer is not None:
            writer._queue.put(None)  # noqa: SLF001  # as its stop() does, but
            writer.join(CLOSE_S)  # not for ever

    def _sigcont_application(self, *_: object) -> None:
        if self._must_signal_resume:
            super()._sigcont_application()
        else:
            self._take_keys_again()

    def stop_application_mode(self) -> None:
        """Leave the terminal as it was; a wakening changes it no more."""
        self._keys = None
        super().stop_application_mode()

    def _take_keys_again(self) -> None:
        """Have each key come at once, also the kill: a shell takes that back when we are stopped.

        Only in the foreground; elsewhere the terminal is somebody else's.
        """
        with contextlib.suppress(termios.error, OSError):
            if self._keys is not None and os.tcgetpgrp(self.fileno) == os.getpgrp():
                termios.tcsetattr(self.fileno, termios.TCSANOW, self._keys)
