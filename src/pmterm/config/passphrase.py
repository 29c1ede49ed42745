"""Where the passphrase comes from: the terminal, without echo; for scripts a file or descriptor."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from pmterm.config.asking import ask_unseen
from pmterm.config.environment import PASSPHRASE_DESCRIPTOR as DESCRIPTOR
from pmterm.config.environment import PASSPHRASE_FILE as FILE
from pmterm.config.private_file import LARGEST, read_secret
from pmterm.model.errors import CredentialsWrong
from pmterm.model.secret import Secret

SHORTEST: Final = 8
_TRIES: Final = 3


class Passphrases:
    """Gives passphrases to try, or a new one.

    `given` is what stood in the environment (`environment.taken()`), maybe naming a file or a
    descriptor to read the passphrase from; else `ask` asks for it.
    """

    def __init__(
        self, given: Mapping[str, Secret], ask: Callable[[str], Secret] = ask_unseen
    ) -> None:
        self._environ = {name: given[name].reveal() for name in (FILE, DESCRIPTOR) if name in given}
        self._ask = ask
        self._read_before: Secret | None = None

    def known(self, prompt: str) -> Iterator[Secret]:
        """Give what may open a file, until the one who asks is content.

        Raises:
            CredentialsWrong: what should give it cannot.
        """
        if self._is_given():
            yield self._read()
            return
        for number in range(_TRIES):
            yield self._ask(prompt if number == 0 else "Wrong. " + prompt)

    def new(self, prompt: str) -> Secret:
        """Return a passphrase for a new file, typed twice.

        Raises:
            CredentialsWrong: too short, or the two differ.
        """
        given = self._read() if self._is_given() else self._ask(prompt)
        if len(given.reveal()) < SHORTEST:
            raise CredentialsWrong(
                f"a passphrase of fewer than {SHORTEST} characters is soon guessed.",
                "Four or five random words are good. Nothing was changed.",
            )
        if not self._is_given() and self._ask("The same again") != given:
            raise CredentialsWrong("the two passphrases differ.", "Nothing was changed.")
        return given

    def _is_given(self) -> bool:
        return bool(self._environ)

    def _read(self) -> Secret:
        if self._read_before is None:
            if FILE in self._environ:
                text = read_secret(Path(self._environ[FILE]).expanduser()).reveal()
            else:
                text = _from_descriptor(self._environ[DESCRIPTOR])
            self._read_before = Secret(text.removesuffix("\n").removesuffix("\r"))
        return self._read_before


def _from_descriptor(number: str) -> str:
    try:
        with os.fdopen(int(number), "rb") as stream:
            return stream.read(LARGEST).decode()
    except (ValueError, OSError):
        raise CredentialsWrong(
            f"{DESCRIPTOR} is {number[:20]!r}, which is no open descriptor with a text.",
            f"For example: {DESCRIPTOR}=3 pmterm … 3< passphrase.txt",
        ) from None
