"""The trader's own tickets become intents like any other."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from pmterm.messages.accounts import MarketSettled, SessionStarted
from pmterm.messages.base import Message
from pmterm.messages.commands import AmendTicket, CloseAll, ClosePosition, Panic, SubmitTicket
from pmterm.messages.feed import NO_ASK, NO_BID, BookChanged, MarketSeen, TickChanged
from pmterm.messages.orders import Fill, Intent, Refused
from pmterm.model.collar import furthest_price
from pmterm.model.ids import FillId, MarketId, OrderId
from pmterm.model.market import Market
from pmterm.model.order import Side, TimeInForce
from pmterm.model.units import Ns, Price, Qty, fixed_text, price_text

_REMEMBERED = 1_000  # intents kept, so that an order can be amended by its id alone


class ManualSettings(msgspec.Struct, frozen=True):
    """How tickets are made: `slippage_ppm` is how far a market order may reach past the touch."""

    slippage_ppm: int = 20_000


class _WrongError(Exception):
    """A ticket nothing can be made of: value, limit, remedy."""


class Manual:
    """Turns commands into intents, one each; says why where it cannot.

    A sale beyond what is held is one order that leaves us holding the other outcome; only
    `reduce_only` stops at zero.
    """

    def __init__(self, settings: ManualSettings) -> None:
        self._settings = settings
        self._session = "s"
        self._count = 0
        self._markets: dict[MarketId, Market] = {}
        self._books: dict[MarketId, BookChanged] = {}
        self._held: dict[MarketId, Qty] = {}
        self._fills: set[FillId] = set()
        self._intents: dict[OrderId, Intent] = {}

    def hears(self) -> Mapping[type[Message], Callable[[Any], Sequence[Message]]]:
        """Return what this stage listens to."""
        return {
            BookChanged: self._book_changed,
            MarketSeen: self._market_seen,
            TickChanged: self._tick_changed,
            SessionStarted: self._started,
            Fill: self._filled,
            MarketSettled: self._settled,
            SubmitTicket: self._submit,
            AmendTicket: self._amend,
            ClosePosition: self._close,
            CloseAll: self._close_all,
            Panic: self._close_all,
        }

    def recalls(self) -> Mapping[type[Message], Callable[[Any], None]]:
        """Return how the journal restores this stage."""
        return {
            MarketSeen: self._note_market,
            SessionStarted: self._note_start,
            Intent: self._note_intent,
            Fill: self._note_fill,
            MarketSettled: self._note_settled,
        }

    def _book_changed(self, book: BookChanged) -> Sequence[Message]:
        self._books[book.market] = book
        return ()

    def _market_seen(self, seen: MarketSeen) -> Sequence[Message]:
        self._note_market(seen)
        return ()

    def _note_market(self, seen: MarketSeen) -> None:
        self._markets[seen.market.id] = seen.market

    def _tick_changed(self, changed: TickChanged) -> Sequence[Message]:
        market = self._markets.get(changed.market)
        if market is not None:
            self._markets[market.id] = msgspec.structs.replace(market, bands=changed.bands)
        return ()

    def _started(self, session: SessionStarted) -> Sequence[Message]:
        self._note_start(session)
        return ()

    def _note_start(self, session: SessionStarted) -> None:
        self._session = session.session
        self._count = 0

    def _filled(self, fill: Fill) -> Sequence[Message]:
        self._note_fill(fill)
        return ()

    def _note_fill(self, fill: Fill) -> None:
        if fill.id in self._fills:
            return
        self._fills.add(fill.id)
        signed = fill.qty if fill.side is Side.BUY else -fill.qty
        self._held[fill.market] = self._held.get(fill.market, 0) + signed

    def _settled(self, settled: MarketSettled) -> Sequence[Message]:
        self._note_settled(settled)
        return ()

    def _note_settled(self, settled: MarketSettled) -> None:
        self._held.pop(settled.market, None)

    def _note_intent(self, intent: Intent) -> None:
        if intent.order.startswith(f"{self._session}-"):
            self._count += 1
        self._intents[intent.replaces or intent.order] = intent
        if len(self._intents) > _REMEMBERED:
            del self._intents[next(iter(self._intents))]

    def _submit(self, ticket: SubmitTicket) -> Sequence[Message]:
        try:
            market = self._market(ticket.market)
            _check_size(market, ticket.qty)
            told, price = self._priced(market, ticket.side, ticket.price)
        except _WrongError as wrong:
            return (_refused(ticket.at, ticket.market, wrong),)
        at_market = ticket.price == 0
        tif = ticket.tif
        if at_market and tif is TimeInForce.GTC:
            tif = TimeInForce.IOC
        return self._say(
            Intent(
                ticket.at,
                self._next_id(),
                market.id,
                ticket.side,
                ticket.qty,
                price,
                tif,
                post_only=ticket.post_only and not at_market,
                reduce_only=ticket.reduce_only,
                origin=ticket.origin,
                told_price=told,
            )
        )

    def _amend(self, ticket: AmendTicket) -> Sequence[Message]:
        old = self._intents.get(ticket.order)
        if old is None:
            wrong = _WrongError(ticket.order, "a working order", "place a new order")
            return (_refused(ticket.at, MarketId(""), wrong),)
        try:
            market = self._market(old.market)
            _check_size(market, ticket.qty)
            _check_grid(market, ticket.price)
        except _WrongError as wrong:
            return (_refused(ticket.at, old.market, wrong),)
        return self._say(
            msgspec.structs.replace(
                old,
                at=ticket.at,
                order=self._next_id(),
                price=ticket.price,
                qty=ticket.qty,
                told_price=self._touch(market.id, old.side),
                replaces=ticket.order,
            )
        )

    def _close(self, command: ClosePosition) -> Sequence[Message]:
        return self._closing(command.at, command.market, "close")

    def _close_all(self, command: CloseAll | Panic) -> Sequence[Message]:
        origin = "panic" if isinstance(command, Panic) else "close"
        held = [market for market, qty in self._held.items() if qty]
        return [said for m in held for said in self._closing(command.at, m, origin)]

    def _closing(self, at: Ns, market_id: MarketId, origin: str) -> Sequence[Message]:
        held = self._held.get(market_id, 0)
        side = Side.SELL if held > 0 else Side.BUY
        try:
            market = self._market(market_id)
            _check_held(held)
            told, price = self._priced(market, side, 0)
        except _WrongError as wrong:
            return (_refused(at, market_id, wrong),)
        return self._say(
            Intent(
                at,
                self._next_id(),
                market_id,
                side,
                abs(held),
                price,
                TimeInForce.IOC,
                reduce_only=True,
                origin=origin,
                told_price=told,
            )
        )

    def _say(self, intent: Intent) -> Sequence[Message]:
        self._note_intent(intent)
        return (intent,)

    def _next_id(self) -> OrderId:
        return OrderId(f"{self._session}-{self._count + 1:05d}")

    def _market(self, market: MarketId) -> Market:
        known = self._markets.get(market)
        if known is None:
            raise _WrongError(market, "a watched market", "open the market first")
        return known

    def _touch(self, market: MarketId, side: Side) -> Price:
        """Return the price a taker on `side` would meet, 0 if there is none."""
        book = self._books.get(market)
        if book is None:
            return 0
        if side is Side.BUY:
            return 0 if book.best_ask == NO_ASK else book.best_ask
        return 0 if book.best_bid == NO_BID else book.best_bid

    def _priced(self, market: Market, side: Side, price: Price) -> tuple[Price, Price]:
        """Return the touch and the limit price; raises where there is nothing to price by."""
        touch = self._touch(market.id, side)
        if price:
            _check_grid(market, price)
            return touch, price
        if not touch:
            there = "offers to buy from" if side is Side.BUY else "bids to sell to"
            raise _WrongError(f"no {there}", "a price on that side", "use a limit order, or wait")
        return touch, furthest_price(market, side, touch, self._settings.slippage_ppm)


def _check_held(held: Qty) -> None:
    if held == 0:
        raise _WrongError("nothing held", "a position", "nothing to do")


def _check_grid(market: Market, price: Price) -> None:
    if market.is_on_grid(price):
        return
    below, above = market.snap(price, up=False), market.snap(price, up=True)
    near = " or ".join(price_text(p) for p in dict.fromkeys((below, above)) if market.is_on_grid(p))
    step = price_text(market.step_at(price))
    raise _WrongError(price_text(price), f"a price in steps of {step}", f"use {near}")


def _check_size(market: Market, qty: Qty) -> None:
    if qty < market.min_qty:
        least = fixed_text(market.min_qty, 6)
        raise _WrongError(f"{fixed_text(qty, 6)} contracts", f"at least {least}", f"use {least}")
    if qty % market.qty_step:
        step = fixed_text(market.qty_step, 6)
        fits = fixed_text(qty - qty % market.qty_step, 6)
        raise _WrongError(f"{fixed_text(qty, 6)} contracts", f"steps of {step}", f"use {fits}")


def _refused(at: Ns, market: MarketId, wrong: _WrongError) -> Refused:
    value, limit, remedy = wrong.args
    return Refused(at, OrderId(""), market, "ticket", value, limit, remedy)
