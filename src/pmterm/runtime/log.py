"""A log file of JSON lines, never the screen. No registered secret gets into it."""

import json
import logging
import os
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

import msgspec

from pmterm.model.errors import StoreBroken
from pmterm.model.text import clean_text

FILE_BYTES = 5 * 1024 * 1024
FILES_KEPT = 3
LONGEST_TEXT = 4_000
MOST_TRACE_LINES = 60
HIDDEN = "[hidden]"
TALKATIVE = ("aiohttp", "websockets", "asyncio", "aiosqlite", "urllib3")


class Redactor:
    """Knows what must never be written, and takes it out of any text.

    Each secret is also looked for as it stands in a URL, in JSON, and line by line (a PEM key).
    """

    def __init__(self) -> None:
        self._values: tuple[str, ...] = ()

    def register(self, secret: str) -> None:
        """Never let `secret` be written from now on."""
        lines = (line.strip() for line in secret.splitlines())
        parts = {secret, secret.strip(), *(line for line in lines if len(line) >= 8)}
        quoted = {urllib.parse.quote(part, safe="") for part in parts}
        escaped = {json.dumps(part)[1:-1] for part in parts}
        shown = {text.replace("\\", "\\\\") for text in escaped}  # in the repr of such JSON
        known = {*self._values, *parts, *quoted, *escaped, *shown} - {""}
        self._values = tuple(sorted(known, key=len, reverse=True))  # a part must not save the rest

    def clean(self, text: str) -> str:
        """Return `text` with every registered secret replaced."""
        for value in self._values:
            if value in text:
                text = text.replace(value, HIDDEN)
        return text


class JsonLines(logging.Formatter):
    """One JSON object per record and line: when, level, who, text, and a trace if there is one.

    Traces hold code and messages, never the values of variables.
    """

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {
            "at": when,
            "level": record.levelname,
            "who": self._inert(record.name),
            "text": self._inert(_text_of(record)),
        }
        if record.exc_info:
            told = self.formatException(record.exc_info).splitlines()
            line["trace"] = [self._inert(text) for text in told[-MOST_TRACE_LINES:]]
        return msgspec.json.encode(line).decode()

    def _inert(self, text: str) -> str:
        return clean_text(self._redactor.clean(text), LONGEST_TEXT)


@contextmanager
def log_to(path: Path, redactor: Redactor, level: int = logging.INFO) -> Iterator[None]:
    """Send everything that is logged to the file at `path` (0600, rotating), and nowhere else.

    Raises:
        StoreBroken: the file cannot be opened.
    """
    try:
        handler: logging.Handler = _PrivateFile(path)
    except OSError as error:
        raise StoreBroken(f"the log {path} cannot be written: {error.strerror}") from error
    handler.setFormatter(JsonLines(redactor))
    root = logging.getLogger()
    before = (root.handlers[:], root.level, logging.raiseExceptions)
    quiet = {name: logging.getLogger(name).level for name in TALKATIVE}
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.raiseExceptions = False  # a full disk must not print over the screen
    logging.captureWarnings(capture=True)
    for name in TALKATIVE:  # at DEBUG these write whole signed headers and auth frames
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        yield
    finally:
        logging.captureWarnings(capture=False)
        root.handlers[:], level_before, logging.raiseExceptions = before
        root.setLevel(level_before)
        for name, old in quiet.items():
            logging.getLogger(name).setLevel(old)
        handler.close()


class _PrivateFile(RotatingFileHandler):
    """A rotating log that only its owner reads; follows no symlink."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            path, maxBytes=FILE_BYTES, backupCount=FILES_KEPT, encoding="utf-8", errors="replace"
        )

    def _open(self) -> TextIOWrapper:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        number = os.open(self.baseFilename, flags, 0o600)
        os.fchmod(number, 0o600)
        return os.fdopen(number, "a", encoding="utf-8", errors="replace")


def _text_of(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return f"{record.msg} (its values did not fit)"
