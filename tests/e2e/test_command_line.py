"""What the command line makes of its surroundings."""

import pytest

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
