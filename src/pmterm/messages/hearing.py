"""Two shapes of handler made of one function."""

from collections.abc import Callable, Sequence
from typing import Any

from pmterm.messages.base import Message


def silently(note: Callable[[Any], object]) -> Callable[[Any], Sequence[Message]]:
    """Return a handler that takes note and says nothing."""

    def hear(message: Message) -> Sequence[Message]:
        note(message)
        return ()

    return hear


def folding(note: Callable[[Any], object]) -> Callable[[Any], None]:
    """Return a fold for the journal out of a function whose answer does not matter there."""

    def fold(message: Message) -> None:
        note(message)

    return fold
