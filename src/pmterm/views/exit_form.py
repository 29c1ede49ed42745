"""Exits as they are typed into fields: prices or shares of what was paid, where they stand."""

from collections.abc import Mapping

import msgspec

from pmterm.messages.orders import Bracket
from pmterm.messages.strategy import SetExits
from pmterm.model.market import Market
from pmterm.model.text import clean_text
from pmterm.model.units import PPM, PRICE_ONE, SECOND, Cash, Ns, Price, Qty, fixed_text, parse_fixed
from pmterm.views.exit_words import LONGEST_S
from pmterm.views.figures import Unit
from pmterm.views.ladder import LadderView
from pmterm.views.price_typed import fine_tick, read_typed, typed_text
from pmterm.views.standing import Guarded

CENT: Price = 100
FIELDS = ("target", "stop", "trail", "seconds", "event")


class FieldWrong(Exception):  # said to a person, in full
    """A field does not read; the words say which and what would."""


class Guardable(msgspec.Struct, frozen=True):
    """A position that exits can guard: `qty` signed, `average` its YES price (1e-4 USD)."""

    market: Market
    qty: Qty
    average: Price

    @property
    def is_long(self) -> bool:
        """Whether YES is held."""
        return self.qty > 0

    def beyond(self, ppm: int) -> Price:
        """Return the YES price that is so much better (or worse) than what was paid, on a tick."""
        paid = self.average if self.is_long else PRICE_ONE - self.average
        held = (paid * (PPM + ppm) + PPM // 2) // PPM
        price = min(max(held if self.is_long else PRICE_ONE - held, 1), PRICE_ONE - 1)
        return self.market.snap(price, up=self.is_long == (ppm > 0))

    def brings(self, price: Price) -> Cash:
        """Return the profit of leaving at a price, before fees (1e-6 USD)."""
        return (price - self.average) * self.qty // PRICE_ONE


class Touch(msgspec.Struct, frozen=True):
    """What exits are judged by now: a target by `out`, the price to leave at, a stop by `mid`.

    Both on the YES scale, 0 where there is none to believe.
    """

    out: Price = 0
    mid: Price = 0

    def meets(self, name: str, price: Price, *, is_long: bool) -> bool:
        """Whether a target or a stop would come true at once."""
        now = self.out if name == "target" else self.mid
        is_up = is_long == (name == "target")
        return now > 0 and not (price > now if is_up else price < now)

    def fine_tick(self, market: Market, unit: Unit = Unit.CENTS) -> Price:
        """Return the tick that a typed `0.5` may be counted in, 0 where it can only be dollars."""
        near = min((price for price in (self.out, self.mid) if price), default=0)
        return 0 if unit is Unit.DOLLARS else fine_tick(market, near)


def touch_of(ladder: LadderView, *, is_long: bool) -> Touch:
    """Return what exits are judged by; the mid rounded against the position, as the exits do."""
    levels = ladder.bids if is_long else ladder.asks
    if not ladder.health.is_trusted or not levels:
        return Touch()
    out = levels[0][0]
    mid2 = ladder.mid2 or 2 * out
    return Touch(out, mid2 // 2 if is_long else -(-mid2 // 2))


def fields_of(
    guarded: Guarded | None, usual: Bracket, held: Guardable, now: Touch, *, at: Ns, unit: Unit
) -> dict[str, str]:
    """Return what the fields start with: the exits that stand, else the usual ones.

    A usual one that would come true at once is offered as far from the price now as it would be
    from what was paid; none where there is no room for it.
    """
    if guarded is None:
        return {
            "target": offered("target", usual.target_ppm, held, now, unit),
            "stop": offered("stop", usual.stop_ppm, held, now, unit),
            "trail": "",
            "seconds": str(usual.lasts_s) if usual.lasts_s else "",
            "event": "",
        }
    exits, fine = guarded.exits, now.fine_tick(held.market)
    return {
        "target": _written(exits.target, unit, fine),
        "stop": _written(exits.stop, unit, fine),
        "trail": _written(exits.trail, unit, fine),
        "seconds": str(guarded.left(at) // SECOND) if exits.until else "",
        "event": exits.event,
    }


def offered(name: str, ppm: int, held: Guardable, now: Touch, unit: Unit) -> str:
    """Return what a field starts with: a share of what was paid, or a price that can stand."""
    if not ppm:
        return ""
    share = ppm if name == "target" else -ppm
    if not now.meets(name, held.beyond(share), is_long=held.is_long):
        return share_text(ppm)
    base = now.out if name == "target" else now.mid
    price = msgspec.structs.replace(held, average=base).beyond(share)
    if price == base:
        is_up = held.is_long == (name == "target")
        price = held.market.tick_up(base) if is_up else held.market.tick_down(base)
    fine = now.fine_tick(held.market)
    return "" if now.meets(name, price, is_long=held.is_long) else _written(price, unit, fine)


def read_fields(
    fields: Mapping[str, str], held: Guardable, fine: Price, *, thesis: bool, until: Ns = 0
) -> SetExits:
    """Read the fields; `until` stands in for the seconds where those were left as they were.

    `fine` is the `fine_tick` that prices are typed beside.

    Raises:
        FieldWrong: one does not read.
    """
    return SetExits(
        0,
        held.market.id,
        price_in("target", fields["target"], held, fine),
        price_in("stop", fields["stop"], held, fine),
        distance_in(fields["trail"], held, fine),
        0 if until else seconds_in(fields["seconds"]),
        clean_text(fields["event"], 40),
        thesis,
        until=until,
    )


def share_text(ppm: int) -> str:
    """Write a share as it is typed: 7.5%; nothing for 0."""
    return f"{fixed_text(ppm, 4)}%" if ppm else ""


def _written(price: Price, unit: Unit, fine: Price) -> str:
    """Write a price as it would be typed; below one cent always in dollars."""
    if not price:
        return ""
    is_cents = unit is not Unit.DOLLARS and price >= CENT
    return fixed_text(price, 2) if is_cents else typed_text(price, fine)


def _number(name: str, text: str, fine: Price) -> tuple[int, bool]:
    """Return a price, or a share in ppm and True."""
    text = text.strip()
    if not text.endswith("%"):
        try:
            return read_typed(text, fine), False
        except ValueError as wrong:
            raise FieldWrong(f"{name}: {wrong}.") from wrong
    try:
        return parse_fixed(text[:-1].strip(), 4), True
    except ValueError as wrong:
        raise FieldWrong(f"{name}: that is no share. 8% is 8 % of what was paid.") from wrong


def price_in(name: str, text: str, held: Guardable, fine: Price) -> Price:
    """Read the price of a target or a stop, 0 where none is typed.

    Raises:
        FieldWrong: it does not read.
    """
    if not text.strip():
        return 0
    value, is_share = _number(name, text, fine)
    if is_share:
        share = abs(value)
        if not share:
            raise FieldWrong(f"{name}: 0 % from what was paid is no exit.")
        return held.beyond(share if name == "target" else -share)
    return value


def distance_in(text: str, held: Guardable, fine: Price) -> Price:
    """Read how far a trail stands behind, 0 where nothing is typed.

    Raises:
        FieldWrong: it does not read.
    """
    if not text.strip():
        return 0
    value, is_share = _number("trail", text, fine)
    paid = held.average if held.is_long else PRICE_ONE - held.average
    far = abs(value) * paid // PPM if is_share else value
    if not 0 < far < PRICE_ONE:
        raise FieldWrong("trail: that is less than nothing, or more than there is to fall.")
    return far


def seconds_in(text: str) -> int:
    """Read a time in seconds, 0 where none is typed.

    Raises:
        FieldWrong: it does not read.
    """
    text = text.strip()
    if not text:
        return 0
    minutes, colon, rest = text.partition(":")
    parts = (minutes, rest) if colon else (text,)
    if not all(part.isascii() and part.isdecimal() and len(part) < 7 for part in parts):
        raise FieldWrong(f"after: {text[:20]!r} is no time. Seconds (120), or 2:00.")
    total = int(minutes) * 60 + int(rest) if colon else int(text)
    if not 0 < total <= LONGEST_S:
        raise FieldWrong("after: from 1 second to 7 days.")
    return total
