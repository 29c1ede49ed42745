"""How a session ends when its terminal does, or when it is told to: in a pseudo terminal."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

import pytest
from tests.e2e.program import PATIENCE_S, environment, exchange

LADDER = re.compile(rb"spread \d")
# Alternate screen, mouse (click, move, encodings), pasted text, focus: off; cursor: on.
RESTORED = [b"\x1b[?1049l", b"\x1b[?1000l", b"\x1b[?1003l", b"\x1b[?1006l", b"\x1b[?2004l",
            b"\x1b[?1004l", b"\x1b[?25h"]  # fmt: skip


@pytest.fixture(scope="module")
def sim(tmp_path_factory):
    with exchange(tmp_path_factory.mktemp("sim")) as facts:
        yield facts


class Terminal:
    """`pmterm watch` in a pseudo terminal of 120 x 40, its ladder drawn."""

    def __init__(self, folder, sim, *, hears_hangup=True):
        words = ["watch", sim["polymarket"][0], "--exchange", sim["url"]]
        self.fd, inside = pty.openpty()

        def enter():
            """Make the pseudo terminal the one that hangs up on us."""
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            if not hears_hangup:
                signal.signal(signal.SIGHUP, signal.SIG_IGN)

        self.child = subprocess.Popen(
            [sys.executable, "-m", "pmterm", *words],
            stdin=inside,
            stdout=inside,
            stderr=inside,
            env=environment(folder, TERM="xterm-256color"),
            preexec_fn=enter,  # noqa: PLW1509  # takes no lock
        )
        os.close(inside)
        self.resize(120, 40)
        self.before = termios.tcgetattr(self.fd)
        self.seen = b""
        until = time.monotonic() + PATIENCE_S
        while not LADDER.search(self.seen) and time.monotonic() < until:
            self.read()
        assert LADDER.search(self.seen)

    def resize(self, columns, rows):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self):
        """Take what is written within a moment."""
        while select.select([self.fd], [], [], 0.05)[0]:
            try:
                data = os.read(self.fd, 65_536)
            except OSError:
                return
            self.seen += data
            if LADDER.search(data):
                return

    def read_rest(self):
        """Take all that an ended program has left."""
        with contextlib.suppress(OSError):  # nobody has the other end any more
            while data := os.read(self.fd, 65_536):
                self.seen += data

    def end(self, *, reads=True):
        """Wait for the end, return the exit code."""
        until = time.monotonic() + PATIENCE_S
        while self.child.poll() is None and time.monotonic() < until:
            if reads:
                self.read()
            else:
                time.sleep(0.05)
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()
            raise AssertionError("it does not end")
        return self.child.returncode


def test_sigterm_ends_with_143_and_gives_the_terminal_back_as_it_was(tmp_path, sim):
    terminal = Terminal(tmp_path, sim)
    assert termios.tcgetattr(terminal.fd) != terminal.before
    terminal.child.send_signal(signal.SIGTERM)
    assert terminal.end() == 143
    terminal.read_rest()
    assert [mode for mode in RESTORED if mode not in terminal.seen] == []
    assert b"told to end (SIGTERM)" in terminal.seen
    assert termios.tcgetattr(terminal.fd) == terminal.before
    os.close(terminal.fd)


def test_a_hangup_ends_with_129(tmp_path, sim):
    terminal = Terminal(tmp_path, sim)
    terminal.child.send_signal(signal.SIGHUP)
    assert terminal.end() == 129
    os.close(terminal.fd)


@pytest.mark.parametrize("hears_hangup", [True, False], ids=["hangup", "nohup"])
def test_a_terminal_that_is_gone_ends_the_program(tmp_path, sim, hears_hangup):
    terminal = Terminal(tmp_path, sim, hears_hangup=hears_hangup)
    os.close(terminal.fd)
    assert terminal.end(reads=False) == 129


def test_a_terminal_that_takes_nothing_does_not_hold_the_end_up(tmp_path, sim):
    terminal = Terminal(tmp_path, sim)
    for number in range(30):  # whole new pictures, which nobody takes
        terminal.resize(120 - number % 2, 40)
        time.sleep(0.1)
    terminal.child.send_signal(signal.SIGTERM)
    assert terminal.end(reads=False) == 143
    os.close(terminal.fd)


def test_keys_come_at_once_again_after_a_stop_that_nobody_announced(tmp_path, sim):
    terminal = Terminal(tmp_path, sim)
    at_once = termios.tcgetattr(terminal.fd)
    terminal.child.send_signal(signal.SIGSTOP)
    os.waitpid(terminal.child.pid, os.WUNTRACED)
    termios.tcsetattr(terminal.fd, termios.TCSANOW, terminal.before)  # as its shell does
    terminal.child.send_signal(signal.SIGCONT)
    until = time.monotonic() + PATIENCE_S
    while termios.tcgetattr(terminal.fd) != at_once and time.monotonic() < until:
        terminal.read()
    assert termios.tcgetattr(terminal.fd) == at_once
    terminal.child.send_signal(signal.SIGTERM)
    assert terminal.end() == 143
    assert termios.tcgetattr(terminal.fd) == terminal.before
    os.close(terminal.fd)
