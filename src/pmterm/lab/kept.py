"""Results of recordings that were played to their end, so that a long run can go on."""

import contextlib
import hashlib
import os
from pathlib import Path
from typing import Final

import msgspec

from pmterm.lab.outcome import Outcome

_HOUSE: Final = Path(__file__).parents[1]


class _Kept(msgspec.Struct, frozen=True):
    """A result, and a digest by which a damaged one is known."""

    digest: str
    outcome: msgspec.Raw


class Kept:
    """A folder of outcomes by key. One that cannot be read or written counts as not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._program = program()

    def key(self, source: str, wish: object) -> str:
        """Return the name of a result: of this recording, asked this way, by this program."""
        words = msgspec.json.encode([source, wish, self._program], order="sorted")
        return hashlib.sha256(words).hexdigest()

    def get(self, key: str) -> Outcome | None:
        """Return a result that was kept whole."""
        try:
            kept = msgspec.json.decode(self._place(key).read_bytes(), type=_Kept)
            if hashlib.sha256(kept.outcome).hexdigest() == kept.digest:
                return msgspec.json.decode(kept.outcome, type=Outcome)
        except (OSError, msgspec.MsgspecError):
            pass
        return None

    def put(self, key: str, outcome: Outcome) -> None:
        """Keep a result, as far as the disk will have it."""
        body = msgspec.json.encode(outcome)
        kept = _Kept(hashlib.sha256(body).hexdigest(), msgspec.Raw(body))
        part = self._folder / f"{key}.{os.getpid()}.part"
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            part.write_bytes(msgspec.json.encode(kept))
            part.replace(self._place(key))

    def _place(self, key: str) -> Path:
        return self._folder / f"{key}.json"


def program() -> str:
    """Return a SHA-256 over the text of this program: another one may decide differently."""
    digest = hashlib.sha256()
    for path in sorted(_HOUSE.rglob("*.py")):
        digest.update(path.relative_to(_HOUSE).as_posix().encode() + b"\0")
        digest.update(path.read_bytes())
    return digest.hexdigest()
