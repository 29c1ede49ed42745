"""What each exit in the form would do, said beside its field."""

from collections.abc import Mapping
from typing import NamedTuple

from pmterm.model.units import PRICE_ONE, SECOND, Ns, Price
from pmterm.views.exit_form import (
    FieldWrong,
    Guardable,
    Touch,
    distance_in,
    price_in,
    seconds_in,
)
from pmterm.views.figures import Unit, cash_text, clock_text, price_text
from pmterm.views.news import tick_of


class Meaning(NamedTuple):
    """What a field comes to; `is_wrong`: it cannot be set so."""

    words: str
    is_wrong: bool = False


class Held(NamedTuple):
    """What is asked about: the position, what its exits are judged by, and when.

    `best` is the best mid that a trail which stands has seen, 0: none stands; `until` when time is
    up if it is left as it was, 0: it is not.
    """

    position: Guardable
    now: Touch
    at: Ns
    unit: Unit
    best: Price = 0
    until: Ns = 0

    @property
    def fine(self) -> Price:
        """The tick that a typed `0.5` may be counted in here."""
        return self.now.fine_tick(self.position.market, self.unit)

    def written(self, price: Price) -> str:
        """Write a price as the screen does."""
        return price_text(price, self.unit, tick_of(price))


def meanings(fields: Mapping[str, str], held: Held) -> dict[str, Meaning]:
    """Say of each field what it would do; of an empty one nothing."""
    return {name: _meaning(name, text, held) for name, text in fields.items()}


def wrong_field(found: Mapping[str, Meaning]) -> str:
    """Return the first field that cannot be set as it is, "" if all can."""
    return next((name for name, one in found.items() if one.is_wrong), "")


def _meaning(name: str, text: str, held: Held) -> Meaning:
    if not text.strip():
        return Meaning("")
    try:
        match name:
            case "target" | "stop":
                return _priced(name, price_in(name, text, held.position, held.fine), held)
            case "trail":
                return _trailing(distance_in(text, held.position, held.fine), held)
            case "seconds":
                until = held.until or held.at + seconds_in(text) * SECOND
                return Meaning(f"closes at {clock_text(until)} UTC, whatever the price")
            case _:
                return Meaning("closes when you say that it happened (h)")
    except FieldWrong as wrong:
        return Meaning(str(wrong).partition(": ")[2], is_wrong=True)


def _priced(name: str, price: Price, held: Held) -> Meaning:
    position, now = held.position, held.now
    is_long, is_target = position.is_long, name == "target"
    side = ("bid" if is_long else "ask") if is_target else "mid"
    judge = now.out if is_target else now.mid
    if now.meets(name, price, is_long=is_long):
        where = "above" if is_target == is_long else "below"
        words = f"closes at once: choose a price {where} the {side}, {held.written(judge)}"
        return Meaning(words, is_wrong=True)
    brings = cash_text(position.brings(price), signed=True)
    what = "sells" if is_long else "buys"
    if is_target:
        here = f" ({side} {held.written(judge)})" if judge else ""
        return Meaning(f"{what} at {held.written(price)} or better: {brings}{here}")
    here = f" (now {held.written(judge)})" if judge else ""
    return Meaning(f"{what} at a mid of {held.written(price)}: about {brings}{here}")


def _trailing(trail: Price, held: Held) -> Meaning:
    """Say where a trail begins; behind the best mid that one which stands has seen."""
    is_long, mid = held.position.is_long, held.now.mid
    far = f"{held.written(trail)} behind the best mid"
    if not mid:
        return Meaning(far)
    best = (max if is_long else min)(held.best, mid) if held.best else mid
    stop = best - trail if is_long else best + trail
    if stop >= mid if is_long else stop <= mid:
        words = f"closes at once: it would stand at {held.written(stop)}, the mid is"
        return Meaning(f"{words} {held.written(mid)}", is_wrong=True)
    if not 0 < stop < PRICE_ONE:
        return Meaning(f"{far}: too far to fire now")
    return Meaning(f"{far}: begins at {held.written(stop)}")
