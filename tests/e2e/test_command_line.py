"""What the command line makes of its surroundings."""

import os
import pty
import subprocess
import sys

import pytest
from tests.e2e.program import PATIENCE_S, environment

from pmterm.cli.watch import draws_letters_only


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"TERM": "xterm-256color", "LANG": "en_GB.UTF-8"}, False),
        ({"TERM": "xterm", "LANG": "de_DE.utf8"}, False),
        ({"TERM": "xterm"}, False),
        ({"TERM": "linux", "LANG": "C.UTF-8"}, True),
        ({"TERM": "dumb"}, True),
        ({"TERM": "xterm", "LANG": "C"}, True),
        ({"TERM": "xterm", "LC_ALL": "C", "LANG": "C.UTF-8"}, True),
        ({"TERM": "xterm", "LC_ALL": "", "LANG": "C.UTF-8"}, False),
    ],
)
def test_a_terminal_without_braille_gets_letters(environ, expected):
    assert draws_letters_only(environ) is expected


def test_kill_says_at_once_what_it_does_to_whoever_looks(tmp_path):
    """A silent venue takes it over a minute."""
    ours, theirs = pty.openpty()
    try:
        told = subprocess.run(
            [sys.executable, "-m", "pmterm", "kill"],
            check=False,
            stdout=subprocess.PIPE,
            stderr=theirs,
            timeout=PATIENCE_S,
            cwd=tmp_path,
            env=environment(tmp_path),
        )
        assert os.read(ours, 10_000).startswith(b"Stopping every session")
    finally:
        os.close(ours)
        os.close(theirs)
    assert (told.returncode, told.stdout) == (2, b"")
