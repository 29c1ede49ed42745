"""Runs the installed program as a user would: child processes, pipes, its own folders."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time

PATIENCE_S = 45.0


def environment(folder, **more):
    """A clean environment whose settings, store and logs live under `folder`."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    places = {
        f"XDG_{name}_HOME": str(folder / name.lower()) for name in ("DATA", "CONFIG", "STATE")
    }
    return kept | places | {"PYTHONUNBUFFERED": "1"} | more


def run(folder, *words, stdin="", cwd=None, **more):
    """Run to the end."""
    return subprocess.run(
        [sys.executable, "-m", "pmterm", *words],
        check=False,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        cwd=cwd or folder,
        env=environment(folder, **more),
    )


class Program:
    """A running `pmterm` whose lines can be waited for and which can be typed to."""

    module = "pmterm"

    def __init__(self, folder, *words, preexec_fn=None, **more):
        self.child = subprocess.Popen(
            [sys.executable, "-m", self.module, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=folder,
            env=environment(folder, **more),
            preexec_fn=preexec_fn,  # noqa: PLW1509  # sets a limit, takes no lock
        )
        self.heard = []
        self._lines = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.child.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def wait_for(self, wanted):
        """Return the first line from now on for which `wanted` is true."""
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                line = self._lines.get(timeout=max(0.01, until - time.monotonic()))
            except queue.Empty:
                told = [n for n in self.heard if "TradeSeen" not in n and " trade " not in n]
                shown = "\n".join(told[-30:])
                raise AssertionError(f"waited in vain; last heard:\n{shown}") from None
            if line is None:
                raise AssertionError(f"the program ended:\n{self.child.stderr.read()}")
            self.heard.append(line)
            if wanted(line):
                return line

    def wait_for_message(self, kind, /, **fields):
        """Return the first JSON message of a type whose fields have these values."""

        def fits(line):
            message = json.loads(line)
            return message["type"] == kind and all(
                message.get(name) == value for name, value in fields.items()
            )

        return json.loads(self.wait_for(fits))

    def say(self, line):
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()

    def end(self, number=signal.SIGTERM):
        """Send a signal, return the exit code."""
        if self.child.poll() is None:
            self.child.send_signal(number)
        code = self.child.wait(PATIENCE_S)
        self._close()
        return code

    def quit(self):
        self.say("quit")
        code = self.child.wait(PATIENCE_S)
        self._close()
        return code

    def _close(self):
        self._reader.join(PATIENCE_S)
        for stream in (self.child.stdin, self.child.stdout, self.child.stderr):
            with contextlib.suppress(BrokenPipeError):
                stream.close()


@contextlib.contextmanager
def exchange(folder, *words):
    """A local exchange in a process of its own; yields what it says of itself."""
    key = folder / "kalshi.pem"
    sim = Program(folder, "sim", "--port", "0", "--json", "--key-file", str(key), *words)
    try:
        yield json.loads(sim.wait_for(lambda line: line.startswith("{")))
    finally:
        sim.end()


def kalshi_key(facts):
    """The environment that lets `watch` sign for the exchange's stream."""
    return {
        "PMTERM_KALSHI__KEY_ID": facts["kalshi_key_id"],
        "PMTERM_KALSHI__KEY_FILE": facts["kalshi_key_file"],
    }
