"""Exits in typed words: `target 0.55 stop 0.40 trail 0.03 after 120 on map loss thesis`."""

from collections.abc import Callable, Sequence

import msgspec

from pmterm.messages.orders import Bracket
from pmterm.messages.strategy import SetExits
from pmterm.model.errors import UsageWrong
from pmterm.model.ids import MarketId
from pmterm.model.text import clean_text
from pmterm.model.units import Price, parse_price

WORDS = frozenset({"target", "stop", "trail", "after", "on", "thesis"})
LONGEST_S = 7 * 24 * 3_600
HINT = "exits target 0.55 stop 0.40 trail 0.03 after 120 on map loss thesis, or exits off"


def split_exits(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the words before the first one of exits, and the rest."""
    first = next((i for i, word in enumerate(words) if word in WORDS), len(words))
    return list(words[:first]), list(words[first:])


def bracket_of(words: Sequence[str]) -> Bracket | None:
    """Read exits; None where there are no words at all.

    Raises:
        UsageWrong: they do not read.
    """
    if not words:
        return None
    found: dict[str, object] = {}
    left = list(words)
    while left:
        word = left.pop(0)
        if word not in WORDS or _field(word) in found:
            raise UsageWrong(f"not understood: {word[:40]!r}.", f"Try: {HINT}")
        if word == "thesis":
            found["thesis"] = True
        elif word == "on":
            told = [left.pop(0) for _ in range(_until_next(left))]
            found["event"] = _event(" ".join(told))
        else:
            found[_field(word)] = _READ[word](left.pop(0) if left else "")
    return msgspec.convert(found, Bracket)


def set_exits(market: MarketId, words: Sequence[str]) -> SetExits:
    """Read `exits off`, or which exits guard the position in a market from now on.

    Raises:
        UsageWrong: they do not read.
    """
    if list(words) == ["off"]:
        return SetExits(0, market, origin="plain")
    wish = bracket_of(words)
    if wish is None:
        raise UsageWrong("exits of what kind?", f"Try: {HINT}")
    return SetExits(
        0,
        market,
        wish.target,
        wish.stop,
        wish.trail,
        wish.lasts_s,
        wish.event,
        wish.thesis,
        origin="plain",
    )


def _field(word: str) -> str:
    return {"after": "lasts_s", "on": "event"}.get(word, word)


def _until_next(words: Sequence[str]) -> int:
    return next((i for i, word in enumerate(words) if word in WORDS), len(words))


def _event(text: str) -> str:
    event = clean_text(text, 40)
    if not event:
        raise UsageWrong("on what?", "Name the tag that closes the position: on map loss")
    return event


def _price(text: str) -> Price:
    try:
        price = parse_price(text)
    except ValueError as wrong:
        raise UsageWrong(f"{wrong}.", "Exits are prices in dollars: target 0.55") from wrong
    if not 0 < price < 10_000:
        raise UsageWrong(f"{text[:40]} is no price.", "Exits lie between 0 and 1 dollar.")
    return price


def _seconds(text: str) -> int:
    if not (text.isdecimal() and len(text) < 8 and 0 < int(text) <= LONGEST_S):
        raise UsageWrong(f"{text[:40]!r} are no seconds.", "A timeout is in seconds: after 120")
    return int(text)


_READ: dict[str, Callable[[str], int]] = {
    "target": _price,
    "stop": _price,
    "trail": _price,
    "after": _seconds,
}
