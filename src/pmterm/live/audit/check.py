"""What every check of a journal is: it hears each row once, in order, and keeps what is wrong."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import msgspec

from pmterm.messages.base import Message


class Wrong(msgspec.Struct, frozen=True):
    """One thing that cannot be, and the row of the journal (from 1) that shows it; 0: none does."""

    row: int
    says: str


class Check:
    """One invariant. `claim` says what holds if nothing is wrong; `hears` maps kinds to handlers.

    Handlers get the row and the message.
    """

    name: ClassVar[str]
    claim: ClassVar[str]

    def __init__(self) -> None:
        self.wrong: list[Wrong] = []
        self.count = 0  # how many rows had a say in it

    def hears(self) -> Mapping[type[Message], Callable[[int, Any], object]]:
        """Return what this check listens to."""
        raise NotImplementedError

    def end(self) -> None:
        """Take it that the journal is over."""

    def note(self, row: int, says: str) -> None:
        """Keep something that is wrong."""
        self.wrong.append(Wrong(row, says))
