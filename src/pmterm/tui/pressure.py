"""Tells whether the terminal takes what we write; a stopped one must not hold up trading."""

from textual.app import App

PATIENCE = 2  # writes in the queue; Textual blocks the loop at 30


def is_behind(app: App[object]) -> bool:
    """Whether earlier pictures still wait to be written.

    Textual (8.2) writes in a thread of its own and has no public word for how far it is; where
    that inside looks different, nothing is skipped.
    """
    writer = getattr(getattr(app, "_driver", None), "_writer_thread", None)
    queue = getattr(writer, "_queue", None)
    return queue is not None and queue.qsize() > PATIENCE
