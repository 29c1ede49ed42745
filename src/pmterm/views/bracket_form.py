"""Exits that go with an order, as they are typed into the ticket, and what they would do (T9)."""

from collections.abc import Mapping
from typing import NamedTuple

from pmterm.messages.orders import Bracket
from pmterm.model.market import Market
from pmterm.model.order import Side
from pmterm.model.text import clean_text
from pmterm.model.units import SECOND, Price, Qty, parse_fixed
from pmterm.views.exit_form import (
    FieldWrong,
    Guardable,
    Touch,
    distance_in,
    offered,
    price_in,
    seconds_in,
    share_text,
    touch_of,
)
from pmterm.views.figures import Unit, cash_text, price_text, span_text
from pmterm.views.ladder import LadderView
from pmterm.views.news import tick_of
from pmterm.views.ticket import TicketView

FIELDS = ("target", "stop", "trail", "seconds", "event")
WRITTEN = Unit.DOLLARS  # like the ticket's own price


class Held(NamedTuple):
    """What is held before the order: signed contracts and their average YES price."""

    qty: Qty = 0
    average: Price = 0


class Opening(NamedTuple):
    """An order that exits go with: what it would do now, and what is held before it."""

    market: Market
    side: Side
    limit: Price
    view: TicketView
    held: Held

    @property
    def leads_to(self) -> Guardable | None:
        """The position once all of it has traded; None where it opens nothing."""
        sign = 1 if self.side is Side.BUY else -1
        view, held = self.view, self.held
        size = view.fills_now + view.rests
        after = held.qty + sign * size
        if not size or after * sign <= 0:
            return None
        opens = min(size, abs(after))
        paid = (view.average * view.fills_now + self.limit * view.rests) // size
        kept = abs(after) - opens
        return Guardable(self.market, after, (paid * opens + held.average * kept) // abs(after))

    @property
    def price(self) -> Price:
        """What exits are held against before it trades: its limit, else what it would pay."""
        return self.limit or self.view.average

    def meets(self, ladder: LadderView) -> Touch:
        """Return what its exits meet: the book where some of it trades at once, else its price."""
        if not self.view.fills_now:
            return Touch(0, self.price)
        return touch_of(ladder, is_long=self.side is Side.BUY)


def bracket_fields(usual: Bracket, opening: Opening, ladder: LadderView) -> dict[str, str]:
    """Return what the fields start with: the usual exits, as shares of what will be paid.

    One that would come true at once is offered as far from the price now.
    """
    position = opening.leads_to
    shares = (("target", usual.target_ppm), ("stop", usual.stop_ppm))
    if position is None:
        typed = {name: share_text(ppm) for name, ppm in shares}
    else:
        now = opening.meets(ladder)
        typed = {name: offered(name, ppm, position, now, WRITTEN) for name, ppm in shares}
    lasts = str(usual.lasts_s) if usual.lasts_s else ""
    return {**typed, "trail": "", "seconds": lasts, "event": ""}


class Guarding(NamedTuple):
    """What the fields come to: the exits to send, what they would do, whether they cannot be."""

    bracket: Bracket | None = None
    words: str = ""
    is_wrong: bool = False


def guarding(
    fields: Mapping[str, str], opening: Opening, ladder: LadderView, unit: Unit
) -> Guarding:
    """Read the fields for an order; exits go only with one that opens something."""
    position = opening.leads_to
    if position is None:
        return Guarding(words="it opens nothing, so no exits go with it")
    try:
        now = opening.meets(ladder)
        bracket = read_bracket(fields, position, now.fine_tick(opening.market, unit))
    except FieldWrong as wrong:
        return Guarding(words=str(wrong), is_wrong=True)
    if bracket == Bracket():
        return Guarding(words="none is typed, so none goes with it: target 8%, stop 0.40")
    stands_against = object_to_bracket(bracket, position, now, opening.price, unit)
    words = stands_against or foreseen(bracket, position, unit)
    return Guarding(bracket, words, is_wrong=bool(stands_against))


def read_bracket(fields: Mapping[str, str], position: Guardable, fine: Price) -> Bracket:
    """Read the fields; shares stay shares, of what will be paid; `fine` as `fine_tick` says.

    Raises:
        FieldWrong: one does not read.
    """
    prices = {name: price_in(name, fields[name], position, fine) for name in ("target", "stop")}
    shares = {name: _share(fields[name]) for name in prices}
    return Bracket(
        target=0 if shares["target"] else prices["target"],
        stop=0 if shares["stop"] else prices["stop"],
        target_ppm=shares["target"],
        stop_ppm=shares["stop"],
        trail=distance_in(fields["trail"], position, fine),
        lasts_s=seconds_in(fields["seconds"]),
        event=clean_text(fields["event"], 40),
    )


def foreseen(bracket: Bracket, position: Guardable, unit: Unit) -> str:
    """Say where the exits would stand for what would be paid, and what they would bring."""
    parts = []
    for name, price in zip(("target", "stop"), places(bracket, position), strict=True):
        if price:
            brings = cash_text(position.brings(price), signed=True)
            parts.append(f"{name} {price_text(price, unit, tick_of(price))} {brings}")
    if bracket.trail:
        parts.append(f"trail {price_text(bracket.trail, unit, tick_of(bracket.trail))}")
    if bracket.lasts_s:
        parts.append(f"{span_text(bracket.lasts_s * SECOND)} from the first fill")
    if bracket.event:
        parts.append(f"on {bracket.event}")
    return ", ".join(parts)


def bracket_text(bracket: Bracket) -> str:
    """Say which exits they are: prices, or shares of what will be paid."""
    parts = []
    for name, price, share, sign in (
        ("target", bracket.target, bracket.target_ppm, "+"),
        ("stop", bracket.stop, bracket.stop_ppm, "-"),
    ):
        if price:
            parts.append(f"{name} {price_text(price, tick=tick_of(price))}")
        elif share:
            parts.append(f"{name} {sign}{share_text(share)} of what is paid")
    if bracket.trail:
        parts.append(f"trail {price_text(bracket.trail, tick=tick_of(bracket.trail))}")
    if bracket.lasts_s:
        parts.append(f"after {bracket.lasts_s} s")
    if bracket.event:
        parts.append(f"on {bracket.event}")
    return ", ".join([*parts, *(["thesis"] if bracket.thesis else [])])


def places(bracket: Bracket, position: Guardable) -> tuple[Price, Price]:
    """Return where target and stop would stand, 0 where there is none."""
    target = position.beyond(bracket.target_ppm) if bracket.target_ppm else 0
    stop = position.beyond(-bracket.stop_ppm) if bracket.stop_ppm else 0
    return bracket.target or target, bracket.stop or stop


def object_to_bracket(
    bracket: Bracket, position: Guardable, now: Touch, price: Price, unit: Unit
) -> str:
    """Say which exit would close the position as soon as it is opened; "" if none would.

    `price` is what the order trades at; `now` what exits are judged by if it trades at once.
    """
    is_long = position.is_long
    for name, place in zip(("target", "stop"), places(bracket, position), strict=True):
        if not place:
            continue
        is_up = is_long == (name == "target")
        is_wrong = place <= price if is_up else place >= price
        is_wrong = is_wrong and (name == "stop" or bracket.target > 0)  # as the gate judges it
        if is_wrong or now.meets(name, place, is_long=is_long):
            limits = (price * is_wrong, now.out if name == "target" else now.mid)
            nearest = (max if is_up else min)(one for one in limits if one)
            words = f"{'above' if is_up else 'below'} {price_text(nearest, unit, tick_of(nearest))}"
            return f"{name} closes it at once: choose one {words}"
    return ""


def _share(text: str) -> int:
    """Return the share of a field that has been read, in millionths; 0 where it is a price."""
    text = text.strip()
    return abs(parse_fixed(text[:-1].strip(), 4)) if text.endswith("%") else 0
