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


class Pipeline:
    """Stages in order. A reply reaches later stages only, so nothing can run up the street.

    Routes are found by type once, at the start: a message that no stage hears costs one look-up.
    A handler that stages share is called once, where the first of them stands.
    """

    def __init__(self, stages: Sequence[Stage]) -> None:
        table: _Table = {}
        for stage in reversed(stages):
            later = dict(table)
            for kind, handler in stage.hears().items():
                others = [route for route in table.get(kind, ()) if route[0] != handler]
                table[kind] = ((handler, later), *others)
        self._door = table
        self._recalls = _recalls(stages)

    def on(self, event: Message) -> list[Message]:
        """Return the event and everything it led to, oldest first."""
        said = [event]
        heard_by = self._door.get(type(event))
        if heard_by is None:
            return said
        waiting = [(event, heard_by)]
        for message, routes in waiting:  # grows under way
            for handler, later in routes:
                replies = handler(message)
                if replies:  # most have nothing to say
                    said += replies
                    for reply in replies:
                        heard_by = later.get(type(reply))
                        if heard_by is not None:
                            waiting.append((reply, heard_by))
        return said

    def recall(self, message: Message) -> None:
        """Fold one message of the journal into the stages' state, in silence."""
        for handler in self._recalls.get(type(message), ()):
            handler(message)


def _recalls(stages: Sequence[Stage]) -> dict[type[Message], tuple[Recall, ...]]:
    table: dict[type[Message], tuple[Recall, ...]] = {}
    for stage in stages:
        recalls = getattr(stage, "recalls", None)
        if recalls is None:
            continue
        for kind, handler in recalls().items():
            table[kind] = (*table.get(kind, ()), handler)
    return table
