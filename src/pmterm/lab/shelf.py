"""Where what was made of recordings is kept: beside them, or in the user's cache."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Generic, NamedTuple, TypeVar

from pmterm.lab import features, tape
from pmterm.lab.columns import Column, ColumnsDamaged, read_columns, write_columns
from pmterm.lab.features import Features
from pmterm.lab.tape import Tape

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
T = TypeVar("T")

Teller = Callable[[str], None]


class Form(NamedTuple, Generic[T]):
    """What is kept of a recording: how its files end, what program it hangs on, how it is packed.

    `texts` are files and folders of the program: change any of it and it is made anew.
    """

    name: str
    suffix: str
    texts: tuple[str, ...]
    pack: Callable[[T], Mapping[str, Column]]
    unpack: Callable[[Mapping[str, Column]], T]


TAPES: Final[Form[Tape]] = Form("decoded recording", SUFFIX, DECODERS, tape.packed, tape.unpacked)


def features_in(shape: tuple[int, ...]) -> Form[list[Features]]:
    """Return how features of one `SHAPE` are kept, each beside those of others."""
    suffix = f".{'-'.join(map(str, shape))}.features"
    texts = (*DECODERS, "trading/pipeline.py", "trading/signal", "lab/features.py")
    return Form("features", suffix, texts, features.packed, features.unpacked)


class Shelf:
    """Finds what is kept of recordings, makes what is missing, stale or damaged, and says so."""

    def __init__(self, spare: Path, tell: Teller) -> None:
        self._spare = spare
        self._tell = tell
        self._versions: dict[tuple[str, ...], str] = {}

    def tape(self, path: Path, source: str, decode: Callable[[], Tape]) -> Tape:
        """Return the tape of the recording at `path` whose bytes hash to `source`."""
        return self.kept(TAPES, path, source, decode)

    def kept(self, form: Form[T], path: Path, source: str, make: Callable[[], T]) -> T:
        """Return what is kept in this form of the recording at `path` that hashes to `source`."""
        if form.texts not in self._versions:
            self._versions[form.texts] = version_of(form.texts)
        key = f"{source} {self._versions[form.texts]}"
        places = (path.with_name(path.name + form.suffix), self._spare / (source + form.suffix))
        for place in places:
            found = self._found(form, place, key)
            if found is not None:
                return found
        made = make()
        for place in places:
            if _kept(form, place, key, made):
                return made
        self._tell(f"{path.name}: the {form.name} could be kept nowhere.")
        return made

    def _found(self, form: Form[T], place: Path, key: str) -> T | None:
        try:
            return form.unpack(read_columns(place, key))
        except ColumnsDamaged as damage:
            self._tell(f"{place.name} is made anew: {damage}.")
        except OSError:
            pass  # not there, or not ours to read
        return None


def _kept(form: Form[T], place: Path, key: str, made: T) -> bool:
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_columns(place, key, form.pack(made))
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


def version_of(texts: tuple[str, ...]) -> str:
    """Return a SHA-256 over files and folders of the program's text."""
    digest = hashlib.sha256()
    for name in texts:
        place = _HOUSE / name
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            digest.update(path.relative_to(_HOUSE).as_posix().encode() + b"\0")
            digest.update(path.read_bytes())
    return digest.hexdigest()
