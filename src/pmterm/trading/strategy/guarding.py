"""The arithmetic of exits: where they stand for what was paid, and which of them has come true."""

import msgspec

from pmterm.messages.feed import NO_ASK, NO_BID, BookChanged
from pmterm.messages.orders import Bracket
from pmterm.messages.strategy import ExitKind, Exits, SetExits
from pmterm.model.market import Market
from pmterm.model.order import Side
from pmterm.model.units import PPM, PRICE_ONE, SECOND, Ns, Price, price_text
from pmterm.trading.strategy.quotes import WrongError
from pmterm.trading.strategy.wish import held_price


class Guard(msgspec.Struct):
    """What guards one position.

    `fired`: which exit has come true, until the position is closed. `is_told`: that it has to wait
    has been said. `rests_until`: nothing is tried before.
    """

    exits: Exits
    is_long: bool
    fired: ExitKind | None = None
    is_told: bool = False
    rests_until: Ns = 0


def way_out(book: BookChanged | None, *, is_long: bool) -> Price:
    """Return the price a position can be left at now; 0 where there is none to believe."""
    if book is None or not book.is_trusted:
        return 0
    if is_long:
        return 0 if book.best_bid == NO_BID else book.best_bid
    return 0 if book.best_ask == NO_ASK else book.best_ask


def middle(book: BookChanged, *, is_long: bool) -> Price:
    """Return the mid, rounded against the position; with one side gone, the other's price.

    Stops are judged by it: judged by the way out, every wide spread would be a fall.
    """
    bid, ask = book.best_bid, book.best_ask
    if bid == NO_BID or ask == NO_ASK:
        return bid if ask == NO_ASK else ask
    return (bid + ask) // 2 if is_long else -(-(bid + ask) // 2)


def judged(exits: Exits, book: BookChanged, *, is_long: bool) -> ExitKind | None:
    """Return the price exit that has come true on this book, the one that hurts first."""
    mid = middle(book, is_long=is_long)
    if exits.stop and _is_beyond(mid, exits.stop, up=not is_long):
        return ExitKind.STOP
    if exits.best and _is_beyond(mid, trailing_stop(exits, is_long=is_long), up=not is_long):
        return ExitKind.TRAILING
    out = book.best_bid if is_long else book.best_ask
    if exits.target and _is_beyond(out, exits.target, up=is_long):
        return ExitKind.TARGET
    return None


def trailing_stop(exits: Exits, *, is_long: bool) -> Price:
    """Return where the trailing stop stands."""
    return exits.best - exits.trail if is_long else exits.best + exits.trail


def better(one: Price, other: Price, *, is_long: bool) -> Price:
    """Return the better of two prices for a position; 0 is none."""
    if not (one and other):
        return one or other
    return max(one, other) if is_long else min(one, other)


def placed(
    bracket: Bracket, market: Market, average: Price, at: Ns, *, is_long: bool, origin: str
) -> Exits:
    """Return where a bracket's exits stand for a position bought at `average` (YES scale).

    Beside a stop, a trailing stop begins once the price is better than what was paid: until then
    the stop is what stands, however near the trail is.
    """
    paid = held_price(average, is_long=is_long)

    def beyond(ppm: int) -> Price:
        price = held_price((paid * (PPM + ppm) + PPM // 2) // PPM, is_long=is_long)
        within = min(max(price, 1), PRICE_ONE - 1)
        return market.snap(within, up=is_long == (ppm > 0))  # never nearer than was asked for

    return Exits(
        at,
        market.id,
        target=bracket.target or (beyond(bracket.target_ppm) if bracket.target_ppm else 0),
        stop=bracket.stop or (beyond(-bracket.stop_ppm) if bracket.stop_ppm else 0),
        trail=bracket.trail,
        until=at + bracket.lasts_s * SECOND if bracket.lasts_s else 0,
        event=bracket.event,
        thesis=bracket.thesis,
        origin=origin,
        best=average if bracket.trail and not (bracket.stop or bracket.stop_ppm) else 0,
    )


def check_exits(wish: SetExits | Bracket, out: Price, mid: Price, *, is_long: bool) -> None:
    """Raise where exits are no exits, or would come true at once: closing has its own key.

    `out` is what a target is judged by and `mid` what a stop is; 0 where that is not known.
    """
    numbers = (("target", wish.target), ("stop", wish.stop), ("trail", wish.trail))
    for name, price in numbers:
        if not 0 <= price < PRICE_ONE:
            raise WrongError(f"{name} {price_text(price)}", "between 0 and 1", "give a price")
    if wish.lasts_s < 0:
        raise WrongError(f"{wish.lasts_s} s", "above 0", "give seconds")
    for name, price, now, up in (
        ("target", wish.target, out, True),
        ("stop", wish.stop, mid, False),
    ):
        is_up = up == is_long
        if price and now and not ((price > now) if is_up else (price < now)):
            where = "above" if is_up else "below"
            limit = f"{where} {price_text(now)}"
            raise WrongError(f"{name} {price_text(price)}", limit, "further away")


def closing_side(*, is_long: bool) -> Side:
    """Return the side that makes a position smaller."""
    return Side.SELL if is_long else Side.BUY


def is_nothing(exits: Exits) -> bool:
    """Tell whether no exit is set."""
    prices = exits.target or exits.stop or exits.trail or exits.until
    return not (prices or exits.event or exits.thesis)


def _is_beyond(price: Price, limit: Price, *, up: bool) -> bool:
    return price >= limit if up else price <= limit
