"""The six stages in order, one direction: book, signal, strategy, risk, execution, portfolio."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from pmterm.messages.base import Message

Handler: TypeAlias = Callable[[Any], Sequence[Message]]
Recall: TypeAlias = Callable[[Any], None]


class Stage(Protocol):
    """One room of the street: says which messages it hears, and answers them at once."""

    def hears(self) -> Mapping[type[Message], Handler]:
        """Handlers by exact message type; each returns what the stage says, oldest first."""
        ...


# A handler, and who hears what it says: stages further down the street only.
_Route: TypeAlias = tuple[Handler, "_Table"]
_Table: TypeAlias = dict[type[Message], tuple[_Route, ...]]
_Waiting: TypeAlias = list[tuple[Message, tuple[_Route, ...]]]


class Pipeline:
    """Stages in order. A reply reaches later stages only, so nothing can run up the street.

    Routes are found by type once, at the start: a message that no stage hears costs one look-up.
    """

    def __init__(self, stages: Sequence[Stage]) -> None:
        table: _Table = {}
        for stage in reversed(stages):
            later = dict(table)
            for kind, handler in stage.hears().items():
                table[kind] = ((handler, later), *table.get(kind, ()))
        self._door = table
        self._recalls = _recalls(stages)

    def on(self, event: Message) -> list[Message]:
        """Return the event and everything it led to, oldest first.

        Nearly always one stage hears a message and has one thing or nothing to say to it: that
        is followed here at once, the rest is `_spread`.
        """
        said = [event]
        message = event
        heard_by = self._door.get(type(event))
        while heard_by is not None:
            if len(heard_by) != 1:
                return _spread(said, [(message, heard_by)])
            handler, later = heard_by[0]
            replies = handler(message)
            if not replies:
                return said
            said += replies
            if len(replies) != 1:
                return _spread(said, _heard(replies, later))
            message = replies[0]
            heard_by = later.get(type(message))
        return said

    def recall(self, message: Message) -> None:
        """Fold one message of the journal into the stages' state, in silence."""
        for handler in self._recalls.get(type(message), ()):
            handler(message)


def _spread(said: list[Message], waiting: _Waiting) -> list[Message]:
    """Let all who wait be heard, and what that leads to after them; return `said` and the rest."""
    for message, heard_by in waiting:  # grows under way
        for handler, later in heard_by:
            replies = handler(message)
            if replies:  # most have nothing to say
                said += replies
                waiting += _heard(replies, later)
    return said


def _heard(replies: Sequence[Message], later: _Table) -> _Waiting:
    """Pair what was said with those further down who hear it; leave out what nobody does."""
    return [(reply, later[type(reply)]) for reply in replies if type(reply) in later]


def _recalls(stages: Sequence[Stage]) -> dict[type[Message], tuple[Recall, ...]]:
    table: dict[type[Message], tuple[Recall, ...]] = {}
    for stage in stages:
        recalls = getattr(stage, "recalls", None)
        if recalls is None:
            continue
        for kind, handler in recalls().items():
            table[kind] = (*table.get(kind, ()), handler)
    return table
