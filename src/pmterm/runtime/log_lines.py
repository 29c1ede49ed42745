"""What of a session goes into the log file: feeds, workers, the gate, and what did not fit."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from pmterm.messages.base import Message
from pmterm.messages.health import FeedDown, FeedUp, Surprised, WorkerDown
from pmterm.messages.orders import GateChanged, JournalFailed, Refused
from pmterm.views.plain import line_of

LOGGED = (FeedUp, FeedDown, WorkerDown, Surprised, GateChanged, Refused, JournalFailed)
_LOG = logging.getLogger("pmterm")


def log_listeners() -> Mapping[type[Message], Callable[[Any], None]]:
    """Handlers for the engine: a line in the log for each of these."""
    return dict.fromkeys(LOGGED, _log)


def _log(message: Message) -> None:
    _LOG.info("%s", line_of(message))
