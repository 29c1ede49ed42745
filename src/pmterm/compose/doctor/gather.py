"""Many lines that fail of one cause become one line that names it."""

from collections.abc import Sequence
from typing import Final

from pmterm.compose.doctor.lines import WAY, Line, Verdict, fail
from pmterm.model.errors import TransportLost

OFFLINE: Final = "network"
_ASKED: Final = frozenset({"edge", "region", "clock", "exchange", "stream"})
_LOST: Final = TransportLost.exit_code


def gathered(lines: Sequence[Line]) -> list[Line]:
    """Return the lines with one line for each venue of which nothing at all can be reached.

    Where that is so of every venue, one line stands for all: this computer is offline.
    """
    causes = {
        venue: _cause([line for line in lines if line.venue == venue]) for venue in _of(lines)
    }
    gone = {venue: cause for venue, cause in causes.items() if cause is not None}
    left = [line for line in lines if line.venue not in gone or not _is_lost(line)]
    if len(gone) > 1 and len(gone) == len(causes):
        return [_offline(list(gone.values())), *left]
    told = [_unreachable(cause) for cause in gone.values()]
    return sorted([*told, *left], key=lambda line: [*_of(lines), ""].index(line.venue))


def _of(lines: Sequence[Line]) -> list[str]:
    return list(dict.fromkeys(line.venue for line in lines if line.venue))


def _is_lost(line: Line) -> bool:
    return line.verdict is Verdict.FAIL and line.code == _LOST


def _cause(lines: Sequence[Line]) -> Line | None:
    """Return the first line of the network's if all that was asked of a venue failed of it."""
    tried = [line for line in lines if line.check in _ASKED and line.verdict is not Verdict.WARN]
    if not tried or not all(_is_lost(line) for line in tried):
        return None
    return next(line for line in lines if _is_lost(line))


def _unreachable(cause: Line) -> Line:
    says = f"cannot be reached, so nothing else was looked at: {cause.says}"
    return fail(cause.venue, OFFLINE, says, cause.fix or WAY, _LOST)


def _offline(causes: Sequence[Line]) -> Line:
    whys = "; ".join(dict.fromkeys(_why(cause.says) for cause in causes))
    says = f"this computer reaches neither venue, so nothing there was looked at: {whys}"
    fix = (
        "Look whether it is online (Wi-Fi, cable, VPN, proxy, hosts in the settings), then run "
        "pmterm doctor again."
    )
    return fail("", OFFLINE, says, fix, _LOST)


def _why(says: str) -> str:
    """Return what was said without the names of venue and hosts before it."""
    parts = says.split(": ")
    while len(parts) > 1 and all(" " not in name for name in parts[0].split(", ")):
        del parts[0]
    return ": ".join(parts)
