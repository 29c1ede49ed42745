"""Trading on Polymarket's CLOB: wishes become requests, answers and frames our words.

Source: Polymarket docs, orders and user channel, read 2026-08; issues of the vendor's clients to
2026-10.
"""

from collections.abc import Callable, Sequence

from pmterm.messages.base import Message
from pmterm.messages.orders import Intent, OrderNamed
from pmterm.messages.said import MoneySeen, MoodSeen, OrderAccepted, OrderDeclined, VenueMood
from pmterm.messages.transport import (
    HttpRequest,
    HttpResponse,
    SendText,
    UserFrame,
    UserOpened,
)
from pmterm.model.ids import MarketId, OrderId, Venue
from pmterm.model.kept import Kept
from pmterm.model.market import Market
from pmterm.model.order import OrderState
from pmterm.model.outcome import sold_by
from pmterm.model.units import SECOND, Ns
from pmterm.venues.base import WARM_EVERY, OrderSent
from pmterm.venues.polymarket.account import ask_cash, ask_reread, read_balance
from pmterm.venues.polymarket.answers import VENUE, ask, ask_openly, moods, trouble
from pmterm.venues.polymarket.beats import Beats
from pmterm.venues.polymarket.cancels import Cancels
from pmterm.venues.polymarket.holdings import Holdings
from pmterm.venues.polymarket.known import Known, MarketUnheard, Me
from pmterm.venues.polymarket.lists import Lists
from pmterm.venues.polymarket.looks import Looks
from pmterm.venues.polymarket.loose import Data
from pmterm.venues.polymarket.naming import Trader, name_order
from pmterm.venues.polymarket.placed import verdict_of
from pmterm.venues.polymarket.signing import POLYGON, OrderSigner
from pmterm.venues.polymarket.user import PING_EVERY, UserStream
from pmterm.venues.polymarket.waiting import Waiting
from pmterm.venues.polymarket.wallet import Wallet
from pmterm.venues.polymarket.wishes import surprised

Reader = Callable[[HttpResponse], Sequence[Message]]


class PolymarketOrders:
    """Implements `Orders` for one account.

    `crude`: market orders are written with at most four decimals, as the venue has demanded.
    """

    venue = Venue.POLYMARKET
    has_dead_man = True

    def __init__(
        self, wallet: Wallet, trader: Trader, *, chain: int = POLYGON, crude: bool = True
    ) -> None:
        self._trader = trader
        self._crude = crude
        self._signer = OrderSigner(wallet, trader.kind, trader.funder, chain)
        me = Me(trader.owner, trader.funder)
        self._known = Known()
        self._waiting = Waiting(self._known)
        self._cancels = Cancels(self._known)
        self._looks = Looks(self._known, me, self._waiting)
        self._lists = Lists(self._known, me, self._waiting)
        self._holdings = Holdings(self._known, trader)
        self._beats = Beats()
        self._stream = UserStream(self._known, me, self._unheard)
        self._named: Kept[OrderId, OrderNamed] = Kept()
        self._sent: Kept[OrderId, OrderSent] = Kept()
        self._next_ping: Ns = 0
        self._next_time: Ns = 0
        self._post_only_until: Ns = 0
        self._readers: dict[str, Reader] = {
            "place": self._placed,
            "cancel": self._cancels.answered,
            "look": self._looks.answered,
            "orders": self._lists.answered,
            "fills": self._lists.answered,
            "holdings": self._holdings.answered,
            "money": self._money,
            "beat": self._beats.answered,
            "market": self._waiting.answered,
        }

    def __repr__(self) -> str:
        return f"PolymarketOrders({self._trader.funder})"

    def learn(self, market: Market) -> None:
        """Know a market from now on: its tokens, tick, neg-risk, taker delay."""
        if market.venue is self.venue:
            self._known.learn(market)

    def name(self, intent: Intent, market: Market, outcome: int) -> OrderNamed:
        """Compute an order's id and the bytes to send; the same for the same intent.

        Raises:
            VenueRefused: this venue cannot take such an order, in words for the trader.
        """
        self.learn(market)
        named = name_order(intent, market, outcome, self._trader, self._signer, crude=self._crude)
        self._sent.keep(named.order, _sent(intent, named))
        return named

    def place(self, named: OrderNamed, at: Ns) -> HttpRequest:
        """Return the request that places a named order; sent at most once."""
        self._named.keep(named.order, named)
        self._known.note(named.order, named.venue_order)
        return ask(at, "POST", "/order", f"place:{named.order}", named.body)

    def amend(
        self,
        sent: OrderSent,  # noqa: ARG002  # Orders' shape
        intent: Intent,  # noqa: ARG002
        market: Market,  # noqa: ARG002
        at: Ns,  # noqa: ARG002
    ) -> HttpRequest | None:
        """Nothing: this venue changes no orders."""
        return None

    def withdraw(self, orders: Sequence[OrderSent], at: Ns) -> Sequence[HttpRequest]:
        """Return requests that cancel each of these; safe to repeat."""
        return self._cancels.of(orders, at)

    def withdraw_market(self, market: MarketId, at: Ns) -> Sequence[HttpRequest]:
        """Return the request that cancels all the account has in a market, foreign orders too."""
        return (self._cancels.of_market(market, at),)

    def withdraw_all(self, at: Ns) -> Sequence[HttpRequest]:
        """Return the request that cancels everything on the account, foreign orders too."""
        return (self._cancels.of_all(at),)

    def look(self, sent: OrderSent, at: Ns) -> Sequence[HttpRequest]:
        """Return the request that finds out what became of one order."""
        self._known.note(sent.order, sent.venue_order or sent.named)
        return (self._looks.ask(sent, at),)

    def ask_queues(self, markets: Sequence[MarketId], at: Ns) -> Sequence[HttpRequest]:  # noqa: ARG002  # Orders' shape
        """Nothing: Polymarket tells nobody where an order stands in line."""
        return ()

    def list_orders(self, at: Ns) -> Sequence[HttpRequest]:
        """Return the request for all open orders; `answered` asks for further pages."""
        self._known.strange.clear()
        return (self._lists.orders(at),)

    def list_fills(self, since: Ns, at: Ns) -> Sequence[HttpRequest]:
        """Return the request for all fills since then."""
        return (self._lists.fills(since, at),)

    def list_holdings(self, markets: Sequence[MarketId], at: Ns) -> Sequence[HttpRequest]:
        """Return the request that begins a round about what is held."""
        return self._holdings.ask(markets, at)

    def ask_money(self, at: Ns) -> Sequence[HttpRequest]:
        """Return the request for the free cash."""
        return (ask_cash(self._trader.kind, at, "money:"),)

    def stop(self, at: Ns) -> Sequence[HttpRequest]:  # noqa: ARG002  # Orders' shape
        """Nothing: beyond cancelling each there is only what cancels foreign orders too."""
        return ()

    def beat(self, at: Ns) -> HttpRequest | None:
        """Return the next beat of the dead-man switch."""
        self._next_time = at + WARM_EVERY
        return self._beats.ask(at)

    def answered(self, response: HttpResponse) -> Sequence[Message]:
        """Say what an answer to one of these requests means."""
        reader = self._readers.get(response.purpose.partition(":")[0])
        said = reader(response) if reader else ()
        for one in said:
            if isinstance(one, MoodSeen) and one.mood is VenueMood.POST_ONLY:
                self._post_only_until = one.at + one.for_s * SECOND if one.for_s else 0
        return said

    def _placed(self, response: HttpResponse) -> Sequence[Message]:
        named = self._named.get(OrderId(response.purpose.partition(":")[2]))
        if named is None:
            return (surprised(response.at, "answer to no order", response.purpose),)
        market = self._known.markets.get(named.market)
        delay = market.taker_delay if market is not None else 0
        verdict, meant = verdict_of(response, named, delay)
        said: list[Message] = [*moods(response, meant), verdict]
        sent = self._sent.get(named.order)
        if sent is not None and isinstance(verdict, OrderAccepted):
            is_vague = verdict.state is OrderState.SENT and not verdict.delay
            said += self.look(sent, response.at) if is_vague else ()
        is_short = isinstance(verdict, OrderDeclined) and meant.code == "no_money"
        if sent is not None and market is not None and is_short:
            said += self._reread(sent, market, response.at)
        return said

    def _reread(self, sent: OrderSent, market: Market, at: Ns) -> Sequence[HttpRequest]:
        """Have the venue look again at the shares it says are not there: it may know old ones."""
        if sold_by(sent.side) != sent.outcome:
            return ()
        token = market.outcomes[sent.outcome].token
        return (ask_reread(token, self._trader.kind, at, "reread:"),)

    def _money(self, response: HttpResponse) -> Sequence[Message]:
        balance = read_balance(response)
        if balance is not None:
            return (MoneySeen(response.at, VENUE, balance.amount, balance.allowance),)
        meant = trouble(response)
        told = surprised(response.at, "no balance told", meant.reason)
        return (*moods(response, meant), told)

    def opened(self, event: UserOpened) -> Sequence[Message]:
        """The user stream is up: its greeting holds the key and is sent by who holds that."""
        self._next_ping, self._next_time = event.at + PING_EVERY, event.at + WARM_EVERY
        return ()

    def receive(self, frame: UserFrame) -> Sequence[Message]:
        """Say what a frame of the user stream means."""
        return self._stream.receive(frame)

    def tick(self, at: Ns) -> Sequence[Message]:
        """Time has passed: pings, the venue's time, the end of a post-only window it timed."""
        said: list[Message] = []
        if self._next_ping and at >= self._next_ping:
            self._next_ping = at + PING_EVERY
            said.append(SendText(at, VENUE, "PING", is_user=True))
        if self._next_time and at >= self._next_time:  # no beat has kept the connection open
            self._next_time = at + WARM_EVERY
            said.append(ask_openly(at, "clob", "/time", "time:"))
        if self._post_only_until and at >= self._post_only_until:
            self._post_only_until = 0
            said.append(MoodSeen(at, VENUE, VenueMood.OPEN, reason="its post-only time is over"))
        return said

    def _unheard(self, unheard: MarketUnheard, event: Data, at: Ns) -> Sequence[Message]:
        """Hold an event of the stream back until its market is known."""
        return self._waiting.hold(unheard.market, lambda: self._stream.event(event, at), at)


def _sent(intent: Intent, named: OrderNamed) -> OrderSent:
    return OrderSent(
        intent.order,
        intent.market,
        named.outcome,
        intent.side,
        intent.price,
        intent.qty,
        0,
        named.venue_order,
    )
