"""Which recordings are to be played, in which order, and which do not go together."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Final, NamedTuple

from pmterm.lab.shelf import SUFFIX
from pmterm.lab.tape import Facts
from pmterm.model.errors import UsageWrong
from pmterm.store.export import time_text
from pmterm.store.recording import ENDINGS

KEPT_BESIDE: Final = (SUFFIX, ".features")  # what is made of recordings, not one


class Recorded(NamedTuple):
    """A recording and what is known of it."""

    path: Path
    facts: Facts


def files_of(paths: Sequence[Path]) -> list[Path]:
    """Return the recordings named, and those in folders named.

    Decoded ones that are kept beside them are none: a shell's `*` names them, too.

    Raises:
        UsageWrong: none, one that is not there, or one named twice.
    """
    files: list[Path] = []
    for path in paths:
        if path.name.endswith(KEPT_BESIDE):
            continue
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.name.endswith(ENDINGS))
            if not inside:
                raise UsageWrong(f"{path} holds no recording.", f"They end in {ENDINGS[0]}.")
            files += inside
        elif not path.exists():
            raise UsageWrong(f"there is no {path}.", _nearest(path))
        else:
            files.append(path)
    if not files:
        raise UsageWrong("no recording was named.", "`pmterm record MARKET` makes one.")
    seen: set[Path] = set()
    for path in files:
        if path.resolve() in seen:
            raise UsageWrong(f"{path.name} was named twice.", "It would count twice.")
        seen.add(path.resolve())
    return files


def in_order(recordings: Sequence[Recorded]) -> list[Recorded]:
    """Return recordings by time.

    Each is played on its own, so different markets may overlap. The same market may not: its
    signals and trades would count twice.

    Raises:
        UsageWrong: two hold the same market at the same time.
    """
    ordered = sorted(recordings, key=lambda one: (one.facts.first_at, one.path.name))
    for place, later in enumerate(ordered):
        for earlier in ordered[:place]:
            if earlier.facts.last_at < later.facts.first_at:
                continue
            shared = set(earlier.facts.watched) & set(later.facts.watched)
            if shared:
                until = min(earlier.facts.last_at, later.facts.last_at)
                raise UsageWrong(
                    f"{earlier.path.name} and {later.path.name} both hold {min(shared)} from "
                    f"{time_text(later.facts.first_at)[:19]} to {time_text(until)[:19]}: what "
                    "happened then would count twice.",
                    "Name one of them.",
                )
    return ordered


def _nearest(path: Path) -> str:
    folder = path.parent
    names = [p.name for p in folder.iterdir()] if folder.is_dir() else []
    near = get_close_matches(path.name, names, 1, 0.6)
    return f"Did you mean {folder / near[0]}?" if near else "`pmterm record MARKET` makes one."
