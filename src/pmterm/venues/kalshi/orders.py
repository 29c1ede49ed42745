"""Kalshi's trading side, sans-IO: wishes into requests, answers and the user stream into words.

Source: Kalshi docs, OpenAPI 3.34.0, read 2026-10: V2 orders, all on the YES leg; our own id is
the `client_order_id`, which the venue takes once and for ever.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from pmterm.messages.base import Message
from pmterm.messages.orders import Intent, OrderNamed
from pmterm.messages.said import ListKind, MoneySeen, OrderUnclear, QueueSeen
from pmterm.messages.transport import HttpRequest, HttpResponse, UserFrame, UserOpened
from pmterm.model.ids import MarketId, OrderId, Venue, VenueOrderId
from pmterm.model.kept import Kept
from pmterm.model.market import Market
from pmterm.model.order import Side
from pmterm.model.units import Ns, Qty, parse_price, parse_qty
from pmterm.venues.base import OrderSent
from pmterm.venues.kalshi import rows, verdicts
from pmterm.venues.kalshi.account import ask_queues, money_in, queues_in
from pmterm.venues.kalshi.amends import Amends
from pmterm.venues.kalshi.answers import Table
from pmterm.venues.kalshi.asking import PORTFOLIO, WRITES, Asked, asked_at, asked_in, get, write
from pmterm.venues.kalshi.bodies import House, Placed, order_body, placed_decoder
from pmterm.venues.kalshi.cancels import Cancels
from pmterm.venues.kalshi.groups import Groups
from pmterm.venues.kalshi.lists import Lists, misfit
from pmterm.venues.kalshi.moods import Moods
from pmterm.venues.kalshi.ours import Ours
from pmterm.venues.kalshi.payouts import Payouts
from pmterm.venues.kalshi.refusals import ASKED, ORDERED
from pmterm.venues.kalshi.user import UserStream

Said: TypeAlias = Sequence[Message]


class KalshiOrders:
    """Implements `Orders` for one account (one sub-account of it) at Kalshi.

    Remembers, bounded, what it asked for and which id the venue gave each order; all of it can be
    lost without harm, for looks find it again.
    """

    venue = Venue.KALSHI
    has_dead_man = False

    def __init__(self, house: House | None = None) -> None:
        self._ours = Ours(house or House())
        self._placed: Kept[OrderId, Placed] = Kept()
        self._amends = Amends(self._ours)
        self._cancels = Cancels(self._ours)
        self._lists = Lists()
        self._payouts = Payouts()
        self._moods = Moods()
        self._user = UserStream(self._ours.known, self._ours.groups, self._ours.house.subaccount)
        self._verbs: dict[str, Callable[[HttpResponse, Asked], Said]] = {
            "place": self._placing_answered,
            "amend": self._amends.answered,
            "cancel": self._cancels.answered,
            "look": self._look_answered,
            "queue": self._queue_answered,
            ListKind.ORDERS: self._orders_answered,
            ListKind.FILLS: self._fills_answered,
            ListKind.HOLDINGS: self._holdings_answered,
            "paid": self._payouts.answered,
            "money": self._money_answered,
            "status": self._status_answered,
            "group": self._ours.groups.answered,
        }

    @property
    def groups(self) -> Groups:
        """The account's order groups: orders named from now on go into that of their shard."""
        return self._ours.groups

    def learn(self, market: Market) -> None:
        """Know a market from now on: its shard."""
        self._ours.markets[market.id] = market

    def name(self, intent: Intent, market: Market, outcome: int) -> OrderNamed:  # noqa: ARG002 - one YES leg
        """Write an order's bytes; its name is our own id. `outcome` is ignored: one YES leg.

        Raises:
            VenueRefused: Kalshi cannot take such an order, in words for the trader.
        """
        self.learn(market)
        group = self._ours.groups.of(market.shard)
        body = order_body(intent, market, self._ours.house, group)
        named = VenueOrderId(intent.order)
        return OrderNamed(intent.at, intent.order, market.id, named, rows.YES, body)

    def place(self, named: OrderNamed, at: Ns) -> HttpRequest:
        """Return the request that places a named order ("place:<order>"); sent at most once."""
        placed = placed_decoder.decode(named.body)
        self._placed.keep(named.order, placed)
        self._ours.note(
            OrderSent(
                named.order,
                named.market,
                named.outcome,
                Side.BUY if placed.side == "bid" else Side.SELL,
                parse_price(placed.price),
                parse_qty(placed.count),
                0,
                named.venue_order,
            )
        )
        return write(at, "POST", WRITES, f"place:{named.order}", named.body)

    def amend(self, sent: OrderSent, intent: Intent, market: Market, at: Ns) -> HttpRequest:
        """Return the request that amends to a new price and total ("amend:<intent.order>").

        Where the venue's id is not known yet, it looks for it first.

        Raises:
            VenueRefused: Kalshi takes no such price or size, or less than has traded.
        """
        self.learn(market)
        return self._amends.ask(sent, intent, market, at)

    def decrease(self, sent: OrderSent, remaining: Qty, at: Ns) -> HttpRequest | None:
        """Return the request that lowers what rests to `remaining`; None: the id is not known.

        An `amend` to a smaller total keeps the place in line too, and cannot cross with a fill.
        """
        return self._amends.decrease(sent, remaining, at)

    def withdraw(self, orders: Sequence[OrderSent], at: Ns) -> Sequence[HttpRequest]:
        """Return requests that cancel each of these ("cancel:<order>,<order>…").

        An order whose id is not known yet is looked for first and then cancelled.
        """
        return self._cancels.ask(orders, at)

    def withdraw_all(self, at: Ns) -> Sequence[HttpRequest]:
        """Return the request that cancels all on the account; for a minute it reaches new ones."""
        return [self._cancels.all(at)]

    def look(self, sent: OrderSent, at: Ns) -> Sequence[HttpRequest]:
        """Return the request that finds out what became of one order ("look:<order>")."""
        self._ours.note(sent)
        return [self._ours.looks.ask(sent, f"look:{sent.order}", at)]

    def ask_queues(self, markets: Sequence[MarketId], at: Ns) -> Sequence[HttpRequest]:
        """Return the request for what must trade before each order ("queue:<market>,...")."""
        return [ask_queues(markets, at, subaccount=self._ours.house.subaccount)]

    def list_orders(self, at: Ns) -> Sequence[HttpRequest]:
        """Return the request for all resting orders; `answered` asks for further pages."""
        return [self._lists.orders(at)]

    def list_fills(self, since: Ns, at: Ns) -> Sequence[HttpRequest]:
        """Return the request for all fills since then."""
        return [self._lists.fills(since, at)]

    def list_holdings(self, markets: Sequence[MarketId], at: Ns) -> Sequence[HttpRequest]:
        """Return the request for all positions that are not zero, in whatever market.

        Before the list's end it is told what those of `markets` paid that are no longer on it.
        """
        self._payouts.begin(markets, at)
        return [self._lists.holdings(at, self._ours.house.subaccount)]

    def ask_money(self, at: Ns) -> Sequence[HttpRequest]:
        """Return the request for the free cash, in all and on each shard ("money:")."""
        return [get(at, f"{PORTFOLIO}/balance", "money:", self._ours.subaccount())]

    def stop(self, at: Ns) -> Sequence[HttpRequest]:
        """Return requests that trigger our order groups: they reach orders without an id too."""
        return self._ours.groups.trigger(at)

    def beat(self, at: Ns) -> HttpRequest | None:  # noqa: ARG002 - part of `Orders`
        """Return nothing: Kalshi has no dead-man switch that must be renewed."""
        return None

    def answered(self, response: HttpResponse) -> Said:
        """Say what an answer to one of these requests means."""
        asked = asked_in(response.purpose)
        verb = self._verbs.get(asked.verb)
        if verb is None or response.venue is not self.venue:
            return ()
        return self._moods.heard(response, verb(response, asked))

    def opened(self, event: UserOpened) -> Said:
        """The user stream is up: subscribe to fills, orders, positions and groups; make groups."""
        return [*self._user.opened(event), *self._keep_groups(event.at)]

    def receive(self, frame: UserFrame) -> Said:
        """Say what a frame of the user stream means; read again what it may have lost."""
        said = self._user.receive(frame)
        since = self._user.lost_since
        if not since:
            return said
        self._user.lost_since = 0
        return [*said, *self._lists.missed(since, frame.at)]

    def tick(self, at: Ns) -> Said:
        """Time has passed: signs of life on the user stream, the exchange's status, groups."""
        groups, stops = self._keep_groups(at), self.groups.again(at)
        return [*self._user.tick(at), *self._moods.tick(at), *groups, *stops]

    def _keep_groups(self, at: Ns) -> Sequence[HttpRequest]:
        """Make the groups that are wanted before the first order needs one."""
        most = self._ours.house.group_contracts
        return self.groups.keep(self._shards(), most, at) if most else []

    def _placing_answered(self, response: HttpResponse, asked: Asked) -> Said:
        order = OrderId(asked.what)
        placed = self._placed.get(order)
        if placed is None:
            return [OrderUnclear(response.at, self.venue, order, "asked before a restart")]
        if verdicts.is_done(response):
            return [verdicts.placed(response, order, placed, self._ours.known)]
        refusal = verdicts.refused(response, ORDERED, self._ours.shard_of(placed.ticker))
        said = verdicts.declined(response, order, refusal)
        sent = self._ours.known.sent.get(order)
        return [*said, *self.look(sent, response.at)] if refusal.code == "exists" and sent else said

    def _look_answered(self, response: HttpResponse, asked: Asked) -> Said:
        order = OrderId(asked.what)
        sent = self._ours.known.sent.get(order)
        if sent is None:
            return [OrderUnclear(response.at, self.venue, order, "asked before a restart")]
        return self._ours.looks.answered(response, sent)

    def _queue_answered(self, response: HttpResponse, asked: Asked) -> Said:
        """Nothing hangs on a place in line: an answer that tells none says nothing at all."""
        if not verdicts.is_done(response):
            return ()
        try:
            ahead = queues_in(verdicts.object_of(response.text) or {})
        except ValueError:
            return ()
        markets = tuple(MarketId(name) for name in asked.what.split(","))
        told = tuple(ahead.items())
        return [QueueSeen(response.at, self.venue, markets, told, asked_at(response))]

    def _orders_answered(self, response: HttpResponse, asked: Asked) -> Said:
        when = asked_at(response)

        def read(row: Table, at: Ns) -> Said:
            return [self._ours.known.read(rows.order_seen(row, at), when)]

        return self._lists.answered(response, asked, self._only_ours(read))

    def _fills_answered(self, response: HttpResponse, asked: Asked) -> Said:
        def read(row: Table, at: Ns) -> Said:
            return [rows.fill_seen(row, at)]

        return self._lists.answered(response, asked, self._only_ours(read))

    def _holdings_answered(self, response: HttpResponse, asked: Asked) -> Said:
        said = self._lists.answered(response, asked, self._only_ours(rows.holdings_seen))
        return self._payouts.listed(said, asked)

    def _money_answered(self, response: HttpResponse, asked: Asked) -> Said:  # noqa: ARG002 - as others
        if not verdicts.is_done(response):
            refusal = verdicts.refused(response, ASKED)
            unread = misfit(response.at, "money not read", refusal.reason)
            return [unread, *verdicts.moods(response, refusal)]
        try:
            money = money_in(verdicts.object_of(response.text) or {})
        except ValueError as error:
            return [misfit(response.at, "bad balance", str(error))]
        return [MoneySeen(response.at, self.venue, money.cash, purses=money.purses)]

    def _status_answered(self, response: HttpResponse, asked: Asked) -> Said:  # noqa: ARG002 - as others
        return self._moods.answered(response, self._shards())

    def _shards(self) -> list[int]:
        """Return the shards of the markets we know."""
        return sorted({market.shard for market in self._ours.markets.values()})

    def _only_ours(self, read: Callable[[Table, Ns], Said]) -> Callable[[Table, Ns], Said]:
        subaccount = self._ours.house.subaccount
        return lambda row, at: read(row, at) if rows.is_of(row, subaccount) else ()
