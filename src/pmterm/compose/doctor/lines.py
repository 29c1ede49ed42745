"""What `doctor` says: one line per thing an order depends on."""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Final

import msgspec

from pmterm.model.errors import CredentialsWrong, PmtermError, TransportLost
from pmterm.model.text import clean_text

LONGEST: Final = 400
WAY: Final = "First see to the network: this computer's, then the venue's status page."


class Verdict(StrEnum):
    """How a thing is: `WARN` can be traded with, `FAIL` cannot."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Line(msgspec.Struct, frozen=True):
    """One thing that was looked at. `venue` is "" for what is this computer's.

    `fix` says what to do where it is not well; `code` is the exit code of its failing.
    """

    venue: str
    check: str
    verdict: Verdict
    says: str
    fix: str = ""
    code: int = 0


def ok(venue: str, check: str, says: str) -> Line:
    """Return a line about what is well."""
    return Line(venue, check, Verdict.OK, says)


def warn(venue: str, check: str, says: str, fix: str) -> Line:
    """Return a line about what is not as it should be, and what to do."""
    return Line(venue, check, Verdict.WARN, says, fix)


def fail(venue: str, check: str, says: str, fix: str, code: int) -> Line:
    """Return a line about what keeps orders from working, and what to do."""
    return Line(venue, check, Verdict.FAIL, says, fix, code)


def failed(venue: str, check: str, error: PmtermError) -> Line:
    """Return the line of a check that ended in an error."""
    fix = WAY if isinstance(error, TransportLost) else error.hint
    return fail(venue, check, error.detail, fix, error.exit_code)


def together(errors: Iterable[PmtermError]) -> str:
    """Return what several hosts failed of; those that failed alike are told together."""
    hosts: dict[str, list[str]] = {}
    for error in errors:
        host, _, why = error.detail.partition(": ")
        hosts.setdefault(why, []).append(host)
    return "; ".join(f"{', '.join(names)}: {why}" for why, names in hosts.items())


def exit_code(lines: Iterable[Line]) -> int:
    """Return 0 if nothing failed, else 5 if the network did, else 3 if a key, else the first's."""
    codes = [line.code for line in lines if line.verdict is Verdict.FAIL]
    for first in (TransportLost.exit_code, CredentialsWrong.exit_code):
        if first in codes:
            return first
    return codes[0] if codes else 0


def facts(lines: Sequence[Line]) -> dict[str, object]:
    """Return the lines for programs, and how many there are of each kind."""
    rows = [{name: str(getattr(line, name)) for name in _SHOWN} for line in lines]
    return {
        "lines": [{name: clean_text(text, LONGEST) for name, text in row.items()} for row in rows],
        **{str(kind): sum(line.verdict is kind for line in lines) for kind in Verdict},
    }


def words(lines: Sequence[Line]) -> Iterator[str]:
    """Return the lines for people: verdict, what, how it is; below it the fix."""
    venue = ""
    width = max((len(line.check) for line in lines), default=0)
    for line in lines:
        if line.venue != venue:
            venue = line.venue
            yield f"{venue.capitalize()}"
        yield f"  {line.verdict:<4}  {line.check:<{width}}  {clean_text(line.says, LONGEST)}"
        if line.fix and line.verdict is not Verdict.OK:
            yield f"        {'':<{width}}  > {clean_text(line.fix, LONGEST)}"


_SHOWN: Final = ("venue", "check", "verdict", "says", "fix")
