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
_Waiting: TypeAlias = list[tuple[Sequence[Message], _Table]]


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
        """Return the event and everything it led to, oldest first.

        Nearly always one stage hears a message and has one thing or nothing to say to it, and who
        hears that has nothing to say at all: so far it is followed here, the rest is `_spread`.
        """
        said = [event]
        routes = self._door.get(type(event), ())
        if len(routes) == 1:
            handler, later = routes[0]
            replies = handler(event)
            if len(replies) != 1:
                return _spread(said, [(replies, later)]) if replies else said
            event = replies[0]
            said = [said[0], event]
            routes = later.get(type(event), ())
        waiting: _Waiting | None = None  # made only where somebody has something to say
        for handler, later in routes:
            replies = handler(event)
            if replies:
                waiting = [*(waiting or ()), (replies, later)]
        return said if waiting is None else _spread(said, waiting)

    def recall(self, message: Message) -> None:
        """Fold one message of the journal into the stages' state, in silence."""
        for handler in self._recalls.get(type(message), ()):
            handler(message)


def _spread(said: list[Message], waiting: _Waiting) -> list[Message]:
    """Let all who hear these replies speak, and all who hear those; return `said` and the rest."""
    for replies, _ in waiting:
        said += replies
    for replies, later in waiting:  # grows under way
        for message in replies:
            for handler, still_later in later.get(type(message), ()):
                answers = handler(message)
                if answers:  # most have nothing to say
                    said += answers
                    waiting.append((answers, still_later))
    return said


def _recalls(stages: Sequence[Stage]) -> dict[type[Message], tuple[Recall, ...]]:
    table: dict[type[Message], tuple[Recall, ...]] = {}
    for stage in stages:
        recalls = getattr(stage, "recalls", None)
        if recalls is None:
            continue
        for kind, handler in recalls().items():
            table[kind] = (*table.get(kind, ()), handler)
    return table
