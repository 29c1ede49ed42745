"""Looks for secrets in everything that was produced, in every dress they could wear."""

import base64
import html
import io
import json
import re
import sqlite3
import urllib.parse
from contextlib import closing, suppress
from pathlib import Path

import zstandard

SHORTEST = 12  # of a PEM's line: shorter ones are no secret by themselves
ZSTD = b"\x28\xb5\x2f\xfd"


def dresses(secret: str) -> set[bytes]:
    """Return a secret as it stands in text, URL, JSON, base64 and bytes."""
    text = secret.strip()
    lines = [text] if "\n" not in text else text.splitlines()[1:-1]
    found: set[bytes] = set()
    for line in lines:
        bare = line.removeprefix("0x")
        if len(bare) < SHORTEST:
            continue
        worn = {bare, bare.lower(), bare.upper(), urllib.parse.quote(bare, safe="")}
        worn |= {json.dumps(bare)[1:-1], repr(bare)[1:-1]}
        worn |= {base64.b64encode(bare.encode()).decode().rstrip("=")}
        found |= {one.encode() for one in worn} | _raw(bare)
    return found


def _raw(text: str) -> set[bytes]:
    """Return the bytes a secret stands for, and those as hex and base64."""
    raws = set()
    if re.fullmatch(r"[0-9a-fA-F]{32,}", text) and len(text) % 2 == 0:
        raws.add(bytes.fromhex(text))
    elif re.fullmatch(r"[A-Za-z0-9+/_=-]{24,}", text):
        padded = text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
        raws.add(base64.urlsafe_b64decode(padded.replace("+", "-").replace("/", "_")))
    as_text = {raw.hex().encode() for raw in raws}
    return raws | as_text | {base64.b64encode(raw).rstrip(b"=") for raw in raws}


class Hunt:
    """Knows secrets by name; says which of them it found where. Keeps count of what it read."""

    def __init__(self, **secrets: str) -> None:
        self._needles: dict[bytes, str] = {}
        self.found: list[str] = []
        self.looked: dict[str, int] = {}
        for name, secret in secrets.items():
            self.add(name, secret)

    def add(self, name: str, secret: str) -> None:
        needles = dresses(secret)
        assert needles, f"{name} is too short to be looked for"
        self._needles |= dict.fromkeys(needles, name)

    def look(self, where: str, data: bytes | str) -> None:
        """Look through some bytes, also for what an end of a line or a tag stands in the way of."""
        raw = data if isinstance(data, bytes) else data.encode()
        self.looked[where] = self.looked.get(where, 0) + len(raw)
        joined = b"".join(raw.split())
        for needle, name in self._needles.items():
            if needle in raw or b"".join(needle.split()) in joined:
                self.found.append(f"{name} in {where}")

    def look_at_picture(self, where: str, svg: str) -> None:
        """Look through a picture's letters, which stand in many pieces."""
        letters = html.unescape(re.sub(r"<[^>]*>", "", svg)).replace("\xa0", " ")
        self.look(where, letters)
        self.look(where, svg)

    def look_into(self, folder: Path) -> None:
        """Look through every file, packed ones unpacked, and every value of every database."""
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                self.look_at_file(str(path.relative_to(folder)), path)

    def look_at_file(self, where: str, path: Path) -> None:
        """Look through a file as it is, and through what is packed in it."""
        data = path.read_bytes()
        self.look(where, data)
        if data.startswith(ZSTD):
            reader = zstandard.ZstdDecompressor().stream_reader(
                io.BytesIO(data), read_across_frames=True
            )
            self.look(f"{where} unpacked", _all_of(reader))
        if data.startswith(b"SQLite format 3"):
            for value in _values(path):
                self.look(f"{where} rows", value)


def _all_of(reader) -> bytes:
    """Read what is whole; a file of a killed process ends anywhere."""
    data = b""
    try:
        while part := reader.read(1 << 20):
            data += part
    except zstandard.ZstdError:
        pass
    return data


def _values(path: Path):
    """Yield what stands in a database, as far as it can be read: tests break some on purpose."""
    with (
        closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database,
        suppress(sqlite3.DatabaseError),
    ):
        named = "SELECT name FROM sqlite_master WHERE type='table'"
        for (table,) in database.execute(named).fetchall():
            for row in database.execute(f'SELECT * FROM "{table}"'):  # noqa: S608  # its own names
                yield from (value for value in row if isinstance(value, str | bytes))
