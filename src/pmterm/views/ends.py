"""When an order is to end by itself: read from what was typed, and told in the venue's terms."""

from typing import Final

from pmterm.model.ids import Venue
from pmterm.model.life import SHORTEST_LIFE
from pmterm.model.units import SECOND, Ns
from pmterm.views.figures import clock_text

HINT: Final = "10m, 2h or 21:30"
_DAY: Final[Ns] = 86_400 * SECOND
_LONGEST: Final[Ns] = 30 * _DAY
_UNITS: Final = {"s": SECOND, "m": 60 * SECOND, "h": 3_600 * SECOND, "d": _DAY}
_TOLD_IN_HOURS: Final = 120  # minutes
_TERMS: Final = {
    Venue.POLYMARKET: "GTD, a minute added",
    Venue.KALSHI: "expiration_time",
}


def parse_end(text: str, at: Ns) -> Ns:
    """Return the Unix time that `10`, `10m`, `90s`, `2h`, `1d` (from `at` on) or `21:30` (UTC) is.

    A time of day is the next one there is.

    Raises:
        ValueError: it is none of these, or longer than 30 days.
    """
    words = text.strip().lower()
    if ":" in words:
        return _next_clock(words, at)
    number, unit = (words[:-1], words[-1]) if words[-1:] in _UNITS else (words, "m")
    if not _is_number(number):
        raise ValueError(f"{text!r} is no time")
    life = int(number) * _UNITS[unit]
    if not 0 < life <= _LONGEST:
        raise ValueError("more than 0, at most 30 days")
    return at + life


def end_objection(venue: Venue, end: Ns, at: Ns) -> str:
    """Say why an order cannot end then; empty where it can."""
    least = SHORTEST_LIFE[venue]
    if end - at >= least:
        return ""
    span = f"{least // (60 * SECOND)} min" if least >= 60 * SECOND else f"{least // SECOND} s"
    return f"ends too soon: {venue} wants {span} at least"


def end_text(venue: Venue, end: Ns, at: Ns) -> str:
    """Say when it ends, and what the venue will be told."""
    return f"{end_words(end, at)} ({_TERMS[venue]})"


def end_words(end: Ns, at: Ns) -> str:
    """Say when it ends and how long that is: a time of day may be tomorrow's."""
    minutes, seconds = divmod(max(0, end - at) // SECOND, 60)
    span = f"{minutes} min" if minutes and not seconds else f"{minutes} min {seconds} s"
    if minutes >= _TOLD_IN_HOURS:
        span = f"{minutes // 60} h {minutes % 60} min"
    return f"ends {clock_text(end)} UTC, in {span}"


def _next_clock(words: str, at: Ns) -> Ns:
    parts = words.split(":")
    tops = (24, 60, 60)
    fits = 2 <= len(parts) <= 3 and all(_is_number(part) for part in parts)
    if not fits or any(int(part) >= top for part, top in zip(parts, tops, strict=False)):
        raise ValueError(f"{words!r} is no time of day")
    hours, minutes, seconds = (*map(int, parts), 0)[:3]
    end = at // _DAY * _DAY + ((hours * 60 + minutes) * 60 + seconds) * SECOND
    return end if end > at else end + _DAY


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 6
