"""B6: seconds from starting the program to the first useful screen, beside a bare Textual app.

    python benchmarks/startup.py [--json] [--rounds 5] [--command "pmterm watch demo"]

Useful means: the ladder stands with both sides, which its spread line tells. Rounds alternate, so
that both programs meet the same machine; read the ratio.
"""

import argparse
import contextlib
import fcntl
import json
import os
import pty
import re
import select
import shlex
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path

HELLO = """
from textual.app import App
from textual.widgets import Static
class Hello(App):
    def compose(self):
        yield Static("spread 1 hello")
Hello().run()
"""
USEFUL = re.compile(rb"spread [0-9]")
PATIENCE_S = 30.0


def first_screen(command: list[str], home: str) -> float:
    """Start a program in a terminal of 120 x 40; return seconds to the first useful screen."""
    places = {f"XDG_{name}_HOME": home for name in ("CONFIG", "DATA", "STATE", "CACHE")}
    env = {**os.environ, **places, "TERM": "xterm-256color"}
    began = time.monotonic()
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        os.execvpe(command[0], command, env)  # noqa: S606  # our own program
    seen = b""
    took = float("nan")
    while time.monotonic() - began < PATIENCE_S:
        if select.select([fd], [], [], 0.2)[0]:
            try:
                seen += os.read(fd, 65_536)
            except OSError:
                break
        if USEFUL.search(seen):
            took = time.monotonic() - began
            break
    os.kill(pid, signal.SIGTERM)
    for _ in range(50):
        if select.select([fd], [], [], 0.1)[0]:
            with contextlib.suppress(OSError):
                os.read(fd, 65_536)
        if os.waitpid(pid, os.WNOHANG)[0]:
            return took
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--command", default=f"{Path(sys.executable).parent / 'pmterm'} watch demo")
    options = parser.parse_args()
    programs = {
        "hello Textual": [sys.executable, "-c", HELLO],
        "pmterm": shlex.split(options.command),
    }
    times: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(options.rounds):
        for name, command in programs.items():
            with tempfile.TemporaryDirectory() as home:
                times[name].append(first_screen(command, home))
    result = {name: statistics.median(taken) for name, taken in times.items()}
    if options.json:
        print(json.dumps(result))
        return
    for name, seconds in result.items():
        print(f"{name:15} {seconds:6.2f} s   {seconds / result['hello Textual']:5.1f}x")


if __name__ == "__main__":
    main()
