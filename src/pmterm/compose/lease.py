"""One live session per account (I18): it holds a lock until it ends, whatever store it has."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pmterm.config.paths import control_dir
from pmterm.model.errors import UsageWrong
from pmterm.model.ids import Venue
from pmterm.store.private_files import AlreadyLocked, lock_alone, private_folder


@contextmanager
def trading_alone(names: Mapping[Venue, str]) -> Iterator[None]:
    """Hold these accounts (public names by venue) while the context lasts.

    Raises:
        UsageWrong: another session trades on one of them.
        StoreBroken: the lock cannot be made.
    """
    private_folder(control_dir())
    with ExitStack() as held:
        for venue, name in names.items():
            try:
                held.callback(os.close, lock_alone(_lease(venue, name)))
            except AlreadyLocked as taken:
                raise UsageWrong(
                    f"another pmterm trades on this {venue.value} account (pid {taken.pid}).",
                    "Close it first; on paper (without --live) this one can watch beside it.",
                ) from taken
        yield


def _lease(venue: Venue, name: str) -> Path:
    mark = hashlib.sha256(f"{venue.value} {name.lower()}".encode()).hexdigest()[:16]
    return control_dir() / f"{venue.value}-{mark}.lock"
