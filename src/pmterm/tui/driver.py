"""Textual's terminal driver, kept from waiting on a terminal that is stuck or gone.

Textual (8.2) writes in a thread that dies with the terminal; its queue of 30 then fills and the
next write, or the end of the app, waits for ever. And it takes any SIGCONT for the end of a
suspension, also that of a shell which is closing: a second thread would be started.
"""

from textual.drivers.linux_driver import LinuxDriver

CLOSE_S = 1.0  # what a terminal gets to take the last words


class TerminalDriver(LinuxDriver):
    """The same, but nothing waits: `pressure.is_behind` says when to paint no more."""

    def start_application_mode(self) -> None:
        """Start, with room for all that is written: the loop must not wait."""
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual left it bare
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
