"""The backtest screen in a real terminal: run, look at a trade in the replay, come back, quit."""

import fcntl
import os
import re
import select
import shutil
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

from tests.e2e.program import PATIENCE_S, environment

EVENING = Path(__file__).parents[1] / "lab/evening.ndjson.zst"
F10 = "\x1b[21~"
LOOSE = "signals.min_baseline_s=60"


class OnTerminal:
    """The program on a pseudo terminal of 80x24; what it wrote is kept until it is looked for."""

    def __init__(self, folder, *words, **more):
        self.master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        places = {"XDG_CACHE_HOME": str(folder / "cache"), "TERM": "xterm-256color"}
        self.child = subprocess.Popen(
            [sys.executable, "-m", "pmterm", *words],
            stdin=slave, stdout=slave, stderr=slave, cwd=folder, start_new_session=True,
            env=environment(folder, **places, **more),
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509  # takes no lock
        )  # fmt: skip
        os.close(slave)
        self.written = ""

    def until(self, words):
        """Read until the words were written, and forget what came before their end."""
        end = time.monotonic() + PATIENCE_S
        while words not in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self.written):
            assert time.monotonic() < end, f"{words}: {self.written[-3000:]}"
            if select.select([self.master], [], [], 0.1)[0]:
                self.written += os.read(self.master, 65_536).decode(errors="replace")
        self.written = ""

    def keys(self, keys):
        os.write(self.master, keys.encode())

    def ends(self):
        """Read what is still written until the program has ended; return its exit code."""
        end = time.monotonic() + PATIENCE_S
        while self.child.poll() is None and time.monotonic() < end:
            if select.select([self.master], [], [], 0.05)[0]:
                try:
                    os.read(self.master, 65_536)
                except OSError:
                    break
        return self.child.wait(PATIENCE_S)

    def close(self):
        self.child.kill()
        self.child.wait()
        os.close(self.master)


def test_a_trade_of_a_backtest_is_seen_in_the_replay_and_back(tmp_path):
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    shutil.copy(EVENING, recordings)
    terminal = OnTerminal(
        tmp_path, "backtest", "--set", f"store.recordings={recordings}", "--set", LOOSE,
        "--strategy", "spike", "--strategy", "reversion", "--strategy", "fade",
    )  # fmt: skip
    try:
        terminal.until("RECORDINGS")
        terminal.keys("A")
        terminal.until("1 of 1 [x]")
        terminal.keys("r")
        terminal.until("1 of 1 recording")
        terminal.keys("\r")
        terminal.until("REPLAY")
        terminal.keys("\x11")
        terminal.until("1 of 1 recording")
        terminal.keys("\x11")
        assert terminal.ends() == 0
    finally:
        terminal.close()


def test_times_of_the_command_stand_in_the_fields(tmp_path):
    terminal = OnTerminal(tmp_path, "backtest", "--from", "2026-05-13T21:55")
    try:
        terminal.until("2026-05-13T21:55")
        terminal.keys("\x11")
        assert terminal.ends() == 0
    finally:
        terminal.close()


def test_it_opens_over_a_running_session_and_runs_beside_it(tmp_path):
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    shutil.copy(EVENING, recordings)
    terminal = OnTerminal(tmp_path, "watch", "demo", PMTERM_STORE__RECORDINGS=str(recordings))
    try:
        terminal.until("what becomes of your orders")
        terminal.keys(F10)
        terminal.until("RECORDINGS")
        terminal.keys("A")
        terminal.until("1 of 1 [x]")
        terminal.keys("r")
        terminal.until("1 of 1 recording")
        terminal.keys(F10)
        terminal.until("POSITIONS")
        terminal.keys("\x11")
        assert terminal.ends() == 0
    finally:
        terminal.close()
