"""A tmux of its own: starts a program in it, types, and reads what stands on the screen."""

import os
import shlex
import shutil
import subprocess
import sys
import time

import pytest
from tests.e2e.program import PATIENCE_S, environment

needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")


class Tmux:
    """One window of 120 x 40 on a server that nobody else uses."""

    def __init__(self, folder, columns=120, rows=40, **more):
        self._server = ["tmux", "-S", str(folder / "tmux.socket"), "-f", "/dev/null"]
        self._environment = {**environment(folder, **more), "LC_ALL": "C.UTF-8"}
        self._folder = folder
        self.ask("new-session", "-d", "-x", str(columns), "-y", str(rows), "sh", env=True)
        self.ask("set-option", "-g", "escape-time", "0")

    def ask(self, *words, env=False):
        """Run a tmux command, return what it says."""
        told = subprocess.run(
            [*self._server, *words],
            check=True,
            capture_output=True,
            text=True,
            cwd=self._folder,
            env=self._environment if env else None,
        )
        return told.stdout

    def start(self, *words):
        """Type the command that starts pmterm, as a user would, and note its exit code."""
        command = shlex.join([sys.executable, "-m", "pmterm", *words])
        self.ask("send-keys", "-l", f"clear; {command}; echo left with $?")
        self.press("Enter")

    def press(self, *keys):
        self.ask("send-keys", *keys)

    def type(self, text):
        self.ask("send-keys", "-l", text)

    def screen(self):
        """What the window shows."""
        return self.ask("capture-pane", "-p")

    def modes(self):
        """Whether the alternate screen and mouse reports are on, as tmux says it: "1 1"."""
        return self.ask("display-message", "-p", "#{alternate_on} #{mouse_any_flag}").strip()

    def wait(self, wanted):
        """Return the first screen from now on that fits: a text on it, or a test of it."""
        fits = wanted if callable(wanted) else lambda screen: wanted in screen
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            screen = self.screen()
            if fits(screen):
                return screen
            time.sleep(0.05)
        raise AssertionError(f"waited in vain for {wanted}; the screen:\n{screen}")

    def press_until(self, key, wanted, pause_s=0.6):
        """Press a key until it was taken: one too soon after another is not an order."""
        fits = wanted if callable(wanted) else lambda screen: wanted in screen
        last = time.monotonic() + PATIENCE_S
        while time.monotonic() < last:
            self.press(key)
            until = time.monotonic() + pause_s
            while time.monotonic() < until:
                screen = self.screen()
                if fits(screen):
                    return screen
                time.sleep(0.05)
        raise AssertionError(f"{key} led nowhere; wanted {wanted}; the screen:\n{screen}")

    def wait_for_end(self, pid):
        """Wait until a process is no more."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return
            time.sleep(0.05)
        raise AssertionError(f"process {pid} is still there")

    def close(self):
        """End everything in it, as closing the window does."""
        subprocess.run([*self._server, "kill-server"], check=False, capture_output=True)
