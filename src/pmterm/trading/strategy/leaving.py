"""Closing what is held because a person says so: at once, or as soon as it is free to be sold."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from pmterm.messages.base import Message
from pmterm.messages.orders import Intent, Refused
from pmterm.model.ids import MarketId, OrderId
from pmterm.model.ledger import Ledger
from pmterm.model.market import Market
from pmterm.model.order import Side, TimeInForce
from pmterm.model.units import Ns, Qty, fixed_text
from pmterm.trading.strategy.closing import Closings
from pmterm.trading.strategy.quotes import Quotes, WrongError


class Speaker(Protocol):
    """Who gives orders their names and says them."""

    def next_id(self) -> OrderId:
        """Return what the next order will be called."""
        ...

    def say(self, intent: Intent) -> Sequence[Message]:
        """Note an order and say it."""
        ...


class Leaving:
    """Makes the orders that close, each again until nothing is held or it was tried enough."""

    def __init__(
        self, quotes: Quotes, ledger: Ledger, closings: Closings, speaker: Speaker
    ) -> None:
        self._quotes = quotes
        self._ledger = ledger
        self._closings = closings
        self._speaker = speaker

    def beat(self, at: Ns) -> list[Message]:
        """Close what can be by now, and say what is left of what was tried enough."""
        said = self._close_what_can_be(at)
        for market, left in self._closings.given_up(at):
            wrong = WrongError(
                f"{fixed_text(left, 6)} left", "all of it", "look at it, close again"
            )
            said.append(refused(at, market, wrong))
        return said

    def close(self, at: Ns, market: MarketId, origin: str) -> Sequence[Message]:
        """Close a market, at once or as soon as what is held there is free to be sold.

        A venue that stops a close at zero is asked at once, also beside orders on their way out;
        the gate may want those gone first.
        """
        if not self._ledger.held(market).qty:
            return self._closing(at, market, origin)
        self._closings.order(market, at)
        if not self._ledger.is_split(market):
            if not self._closings.is_crowded(market):
                return self._closing(at, market, origin)
            self._closings.wish(market, origin, at)
            return self._try(at, market, origin)
        self._closings.wish(market, origin, at)
        if self._closings.can_close(market):
            return self._close_what_can_be(at)
        is_settling = not self._closings.sellable(market)
        why = "it is settling" if is_settling else "an order that sells it still works"
        wrong = WrongError(why, "what is free to sell", "it is closed as soon as it can be")
        return (msgspec.structs.replace(refused(at, market, wrong), is_warning=True),)

    def _close_what_can_be(self, at: Ns) -> list[Message]:
        due = self._closings.due(at)
        return [said for market, origin in due for said in self._try(at, market, origin)]

    def _try(self, at: Ns, market: MarketId, origin: str) -> Sequence[Message]:
        said = self._closing(at, market, origin)
        for message in said:
            if isinstance(message, Intent):
                self._closings.tried(message)
            elif isinstance(message, Refused):
                self._closings.forget(message.market)
        return said

    def _closing(self, at: Ns, market_id: MarketId, origin: str) -> Sequence[Message]:
        held = self._ledger.held(market_id).qty
        side = Side.SELL if held > 0 else Side.BUY
        try:
            market = self._quotes.market(market_id)
            size = self._closable(market, held)
            told, price = self._quotes.priced(market, side, 0)
        except WrongError as wrong:
            return (refused(at, market_id, wrong),)
        return self._speaker.say(
            Intent(
                at,
                self._speaker.next_id(),
                market_id,
                side,
                size,
                price,
                TimeInForce.IOC,
                reduce_only=True,
                origin=origin,
                told_price=told,
            )
        )

    def _closable(self, market: Market, held: Qty) -> Qty:
        """Return how much to close: all of it on paper, what has settled where money is real."""
        if held == 0:
            raise WrongError("nothing held", "a position", "nothing to do")
        if not self._ledger.is_live:
            return abs(held)
        size = whole(self._closings.sellable(market.id), market)
        if not size:
            least = f"at least {fixed_text(market.qty_step, 6)}"
            raise WrongError(f"{fixed_text(abs(held), 6)} held", least, "it is dust: leave it")
        return size


def whole(qty: Qty, market: Market) -> Qty:
    """Return a size less what is finer than a market counts."""
    return qty - qty % market.qty_step


def refused(at: Ns, market: MarketId, wrong: WrongError) -> Refused:
    """Say why there can be no order, before any gate is asked."""
    value, limit, remedy = wrong.words
    return Refused(at, OrderId(""), market, "ticket", value, limit, remedy)
