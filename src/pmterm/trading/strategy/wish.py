"""What a strategy is asked, and what it may answer."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from pmterm.messages.orders import Bracket
from pmterm.messages.signals import Advice, SignalKind, SignalSeen
from pmterm.model.market import Market
from pmterm.model.order import Side
from pmterm.model.units import PRICE_ONE, Price


class Chance(NamedTuple):
    """A signal, the market it is about, and what one must pay to follow its advice.

    `touch` is the best price on the other side now, on the YES scale.
    """

    signal: SignalSeen
    market: Market
    touch: Price

    @property
    def side(self) -> Side:
        """Which way the signal says to go."""
        return Side.SELL if self.signal.advice is Advice.SELL else Side.BUY

    @property
    def paid(self) -> Price:
        """What a contract of the outcome it buys costs: selling YES is buying NO."""
        return held_price(self.touch, is_long=self.side is Side.BUY)


class Wish(NamedTuple):
    """Go the way the signal says, with these exits."""

    bracket: Bracket


class WhyNot(NamedTuple):
    """What kept a strategy from it: value, limit, and what would do."""

    value: str
    limit: str
    remedy: str


# A strategy: a chance and its own section of the settings make a wish or a reason.
Strategy: TypeAlias = Callable[[Chance, Any], Wish | WhyNot]


class Kind(NamedTuple):
    """A strategy's rule, the signals it hears, and whether it waits for a high score."""

    rule: Strategy
    kind: SignalKind
    is_scored: bool


def held_price(price: Price, *, is_long: bool) -> Price:
    """Return the price of the outcome held, for one on the YES scale; and the other way."""
    return price if is_long else PRICE_ONE - price
