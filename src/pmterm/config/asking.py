"""Asks on the terminal without echo: a line, or a whole key that is pasted."""

import contextlib
import getpass
import os
import sys
import termios
import warnings
from collections.abc import Iterator
from typing import Final, TextIO

from pmterm.config.private_file import LARGEST
from pmterm.model.errors import CredentialsWrong
from pmterm.model.secret import Secret

_END: Final = "-----END"


def ask_unseen(prompt: str) -> Secret:
    """Ask for one line on the terminal itself, without echo.

    Raises:
        CredentialsWrong: there is no terminal, or no answer.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)  # it would echo
        try:
            return Secret(getpass.getpass(f"{prompt}: "))
        except getpass.GetPassWarning:
            raise _no_terminal() from None
        except EOFError:
            raise CredentialsWrong("no answer was given.", "Nothing was changed.") from None


def ask_unseen_key(prompt: str) -> Secret:
    """Ask for a key in PEM form, which has many lines, up to its END line; without echo.

    Raises:
        CredentialsWrong: there is no terminal, or the END line never came.
    """
    with _unseen() as terminal:
        _say(f"{prompt}: ")
        lines: list[str] = []
        while sum(map(len, lines)) < LARGEST:
            line = terminal.readline()
            if not line or (not lines and not line.strip()):
                break
            lines.append(line)
            if line.strip().startswith(_END):
                _say("\n")
                return Secret("".join(lines))
    _say("\n")
    raise CredentialsWrong(
        "the key was not whole: its last line begins with -----END.",
        "Paste all of it, or name its file: --key-file FILE. Nothing was changed.",
    )


@contextlib.contextmanager
def _unseen() -> Iterator[TextIO]:
    """Give the terminal with its echo off; whatever was typed and not read is thrown away."""
    try:
        terminal = os.fdopen(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY), encoding="utf-8")
    except OSError:
        raise _no_terminal() from None
    with terminal:
        before = termios.tcgetattr(terminal)
        silent = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
        termios.tcsetattr(terminal, termios.TCSADRAIN, silent)
        try:
            yield terminal
        finally:
            termios.tcsetattr(terminal, termios.TCSAFLUSH, before)


def _say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def _no_terminal() -> CredentialsWrong:
    return CredentialsWrong(
        "there is no terminal to ask on.",
        "For scripts: PMTERM_PASSPHRASE_FILE names a file (mode 600) with the passphrase, "
        "--key-file one with the key.",
    )
