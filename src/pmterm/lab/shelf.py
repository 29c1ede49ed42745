"""Where decoded recordings are kept: beside them, or in the user's cache where that cannot be."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pmterm.lab.columns import ColumnsDamaged, read_columns, write_columns
from pmterm.lab.tape import Tape, packed, unpacked

SUFFIX: Final = ".columns"
# What a decoded recording hangs on: change any of it and the old ones are made anew.
DECODERS: Final = (
    "model",
    "messages",
    "venues",
    "trading/book",
    "runtime/engine.py",
    "runtime/replay_desk.py",
    "compose/core.py",
    "compose/replays.py",
    "lab/columns.py",
    "lab/tape.py",
    "lab/taping.py",
)
_HOUSE: Final = Path(__file__).parents[1]
_BLOCK: Final = 1 << 20

Teller = Callable[[str], None]


class Shelf:
    """Finds decoded recordings, makes those that are missing, stale or damaged, and says so."""

    def __init__(self, spare: Path, tell: Teller) -> None:
        self._spare = spare
        self._tell = tell
        self._version = decoders()

    def tape(self, path: Path, source: str, decode: Callable[[], Tape]) -> Tape:
        """Return the tape of the recording at `path` whose bytes hash to `source`."""
        key = f"{source} {self._version}"
        for place in self._places(path, source):
            found = self._found(place, key)
            if found is not None:
                return found
        tape = decode()
        for place in self._places(path, source):
            if _kept(place, key, tape):
                return tape
        self._tell(f"{path.name}: the decoded recording could be kept nowhere.")
        return tape

    def _places(self, path: Path, source: str) -> tuple[Path, Path]:
        return path.with_name(path.name + SUFFIX), self._spare / (source + SUFFIX)

    def _found(self, place: Path, key: str) -> Tape | None:
        try:
            return unpacked(read_columns(place, key))
        except ColumnsDamaged as damage:
            self._tell(f"{place.name} is made anew: {damage}.")
        except OSError:
            pass  # not there, or not ours to read
        return None


def _kept(place: Path, key: str, tape: Tape) -> bool:
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_columns(place, key, packed(tape))
    except OSError:
        return False
    return True


def source_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def decoders() -> str:
    """Return a SHA-256 over the program's text that decodes recordings."""
    digest = hashlib.sha256()
    for name in DECODERS:
        place = _HOUSE / name
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            digest.update(path.relative_to(_HOUSE).as_posix().encode() + b"\0")
            digest.update(path.read_bytes())
    return digest.hexdigest()
