"""The shape of a venue: bytes in, messages out; requests out, bytes never sent here."""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import msgspec

from pmterm.messages.base import Message
from pmterm.messages.orders import Intent, OrderNamed
from pmterm.messages.transport import (
    Closed,
    Frame,
    HttpRequest,
    HttpResponse,
    Opened,
    UserFrame,
    UserOpened,
)
from pmterm.model.ids import MarketId, OrderId, Venue, VenueOrderId
from pmterm.model.market import Market
from pmterm.model.order import Side
from pmterm.model.units import SECOND, Ns, Price, Qty


class Feed(Protocol):
    """A market stream as a state machine: a list of bytes tests it.

    Every method returns what was learned, oldest first: messages of `messages/feed.py` and
    `messages/health.py` for the pipeline, and `SendText`, `HttpRequest`, `Reconnect` for the
    worker that holds the socket (a replay drops those). No method raises on bad input: it
    answers `Surprised`.
    """

    venue: Venue

    def watch(self, market: Market, at: Ns) -> Sequence[Message]:
        """Follow a market from now on; subscribes at once if the stream is open."""
        ...

    def unwatch(self, market: MarketId, at: Ns) -> Sequence[Message]:
        """Stop following a market."""
        ...

    def opened(self, event: Opened) -> Sequence[Message]:
        """A connection is up: subscribe."""
        ...

    def receive(self, frame: Frame) -> Sequence[Message]:
        """One frame came."""
        ...

    def answered(self, response: HttpResponse) -> Sequence[Message]:
        """A REST answer came, asked for by this feed or seen in a recording."""
        ...

    def closed(self, event: Closed) -> Sequence[Message]:
        """The connection is gone: every book of it is a guess now."""
        ...

    def resync(self, market: MarketId, at: Ns, reason: str) -> Sequence[Message]:
        """The book stage doubts a book: ask for a fresh one."""
        ...

    def tick(self, at: Ns) -> Sequence[Message]:
        """Time has passed (about once a second): pings, compares, missing first books."""
        ...


class Catalog(Protocol):
    """Which markets there are: makes requests, reads answers."""

    venue: Venue

    def search(self, words: str, at: Ns) -> Sequence[HttpRequest]:
        """Requests that find open markets by words; empty words: the most active ones."""
        ...

    def lookup(self, name: str, at: Ns) -> Sequence[HttpRequest]:
        """Requests that may find one market by id, slug, ticker or URL, likeliest first.

        Empty if `name` cannot be one of this venue's.
        """
        ...

    def markets(self, response: HttpResponse) -> Sequence[Market]:
        """Markets in an answer, tradeable first. Raises VenueRefused or WireSurprise."""
        ...

    def further(self, response: HttpResponse) -> Sequence[HttpRequest]:
        """Requests for what an answer to a search left out: its next page; empty at the end."""
        ...

    def market_of(self, data: dict[str, object]) -> Market:
        """A market from metadata as a recording keeps it. Raises WireSurprise."""
        ...

    def metadata(self, market: MarketId) -> dict[str, object] | None:
        """The venue's own words for a market seen in an answer, for the recording."""
        ...


class OrderSent(msgspec.Struct, frozen=True):
    """A working order as its venue's requests need it. `side` and `price` are on the YES scale.

    `named` is the id computed before sending, `venue_order` the venue's own ("" while not known).
    """

    order: OrderId
    market: MarketId
    outcome: int
    side: Side
    price: Price
    qty: Qty
    filled: Qty
    named: VenueOrderId
    venue_order: VenueOrderId = VenueOrderId("")
    group: str = ""


WARM_EVERY: Final[Ns] = 10 * SECOND  # `net.http` lets go of a connection that idles 15 s


class Orders(Protocol):
    """A venue's trading side, sans-IO: wishes become signed-to-be requests, answers our words.

    Requests carry `auth`, never a header; their `purpose` is "<verb>:<what>" and comes back in the
    answer, which is how `answered` knows what was asked. Verbs: place, amend, cancel, look, queue,
    orders, fills, holdings, money, beat, group. Order signatures are made here (they stand in
    bodies). `answered` and `receive` never raise on bad input: they answer `OrderUnclear`,
    `ListEnded(is_whole=False)` or `Surprised`, and nothing for what no order hangs on. What they
    return are messages of `messages/said.py`, further `HttpRequest`s (the next page),
    `SendText(is_user=True)`, and `Surprised`.
    `has_dead_man`: the venue has a switch that cancels our orders when it does not hear of us.
    """

    venue: Venue
    has_dead_man: bool

    def learn(self, market: Market) -> None:
        """Know a market from now on: its tokens, ticks, neg-risk, shard."""
        ...

    def name(self, intent: Intent, market: Market, outcome: int) -> OrderNamed:
        """Compute what the order will be called and the bytes to send; the same for the same order.

        Raises:
            VenueRefused: this venue cannot take such an order, in words for the trader.
        """
        ...

    def place(self, named: OrderNamed, at: Ns) -> HttpRequest:
        """Return the request that places a named order ("place:<order>"); sent at most once."""
        ...

    def amend(self, sent: OrderSent, intent: Intent, market: Market, at: Ns) -> HttpRequest | None:
        """Return the request that amends ("amend:<intent.order>"); None: the venue cannot.

        Raises:
            VenueRefused: the venue amends, but not to this, in words for the trader.
        """
        ...

    def withdraw(self, orders: Sequence[OrderSent], at: Ns) -> Sequence[HttpRequest]:
        """Return requests that cancel each of these ("cancel:<order>,<order>…"); safe to repeat."""
        ...

    def withdraw_all(self, at: Ns) -> Sequence[HttpRequest]:
        """Return the request that cancels everything on the account, foreign orders too."""
        ...

    def look(self, sent: OrderSent, at: Ns) -> Sequence[HttpRequest]:
        """Return requests that find out what became of one order ("look:<order>")."""
        ...

    def ask_queues(self, markets: Sequence[MarketId], at: Ns) -> Sequence[HttpRequest]:
        """Return the request for what stands before our orders there, empty if nobody tells."""
        ...

    def list_orders(self, at: Ns) -> Sequence[HttpRequest]:
        """Return the request for all open orders; further pages are asked for by `answered`."""
        ...

    def list_fills(self, since: Ns, at: Ns) -> Sequence[HttpRequest]:
        """Return the request for all fills since then."""
        ...

    def list_holdings(self, markets: Sequence[MarketId], at: Ns) -> Sequence[HttpRequest]:
        """Return requests for what is held in these markets and wherever else the venue tells."""
        ...

    def ask_money(self, at: Ns) -> Sequence[HttpRequest]:
        """Return requests for the free cash."""
        ...

    def stop(self, at: Ns) -> Sequence[HttpRequest]:
        """Return what stops all our orders beyond cancelling each ("group:trigger"), if anything.

        Kalshi: trigger the order group, which also reaches orders whose id is not known yet.
        """
        ...

    def beat(self, at: Ns) -> HttpRequest | None:
        """Return the next beat of the dead-man switch; None: it has none, or none is due."""
        ...

    def answered(self, response: HttpResponse) -> Sequence[Message]:
        """Say what an answer to one of these requests means."""
        ...

    def opened(self, event: UserOpened) -> Sequence[Message]:
        """The user stream is up: what to send on it."""
        ...

    def receive(self, frame: UserFrame) -> Sequence[Message]:
        """Say what a frame of the user stream means."""
        ...

    def tick(self, at: Ns) -> Sequence[Message]:
        """Time has passed (about once a second): pings on the user stream.

        Something is asked every `WARM_EVERY`, so that no order waits for a handshake.
        """
        ...


class Proof(Protocol):
    """Makes the headers that prove who asks. Holds the secrets; no repr shows them."""

    venue: Venue

    def headers(self, request: HttpRequest, at: Ns) -> Mapping[str, str]:
        """Return headers for a request with `auth`, made afresh for each attempt."""
        ...

    def sign_ahead(self, at: Ns) -> None:
        """Make what the next order's headers need already now, where that can be."""
        ...

    def handshake(self, at: Ns) -> Mapping[str, str]:
        """Return headers for the user stream's handshake, empty if it has none."""
        ...

    def greeting(self) -> str:
        """Return the user stream's first text frame where that carries the secrets, else ""."""
        ...
