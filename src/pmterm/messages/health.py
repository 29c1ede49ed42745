"""Time as a message, and how the feeds are."""

from pmterm.messages.base import Message
from pmterm.model.ids import Venue


class Heartbeat(Message, frozen=True, gc=False):
    """Message time reached the next half second; `at` is a whole multiple of 500 ms."""


class FeedUp(Message, frozen=True):
    """A venue's stream answers our subscription."""

    venue: Venue


class FeedDown(Message, frozen=True):
    """A venue's stream is gone; books of its markets are not to be trusted."""

    venue: Venue
    reason: str


class Surprised(Message, frozen=True):
    """A frame was of an unknown type or did not fit; counted and shown, never guessed at.

    `kind` is a short stable word ("unknown type", "bad price"); `excerpt` is cleaned and cut.
    """

    venue: Venue
    kind: str
    excerpt: str = ""


class WorkerDown(Message, frozen=True):
    """A worker stopped and will be started again after `wait_s` seconds."""

    name: str
    cause: str
    wait_s: float


class Noticed(Message, frozen=True):
    """Something the person should know about what is played or kept, in a sentence."""

    text: str


class LagSeen(Message, frozen=True):
    """How far the engine is behind what has arrived: waiting inputs and the age of the oldest."""

    waiting: int
    behind_ms: int
