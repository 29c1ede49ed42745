"""Another client program with keys of the same account."""

import msgspec
from tests.live.evening import BUY, DELAYED, KALSHI, POLY, owner

from pmterm.config.settings import Hosts
from pmterm.messages.orders import Intent
from pmterm.model.ids import OrderId
from pmterm.model.order import TimeInForce
from pmterm.net.http import HttpClient
from pmterm.net.limiter import Limiter

MARKETS = (POLY, DELAYED, KALSHI)


class Stranger:
    """Another client program with keys of the same account."""

    def __init__(self, story):
        self.story = story
        self.exchange = story.exchange
        who = owner(self.exchange, story.key)
        self.wings = who.wings
        hosts = msgspec.convert(self.exchange.server.hosts(), Hosts)
        clock = self.exchange.clock
        self.http = HttpClient(hosts.bases(), Limiter({}, clock), clock, proofs=who.proofs)
        for market in MARKETS:
            self.wings[market.venue].learn(market)
        self.count = 0
        self.bodies = set()

    async def order(self, market, side, qty, price):
        self.count += 1
        at = self.exchange.clock.stamp()
        order = OrderId(f"stranger-{self.story.seed}-{self.count}")
        intent = Intent(at, order, market.id, side, qty, price, TimeInForce.GTC)
        wing = self.wings[market.venue]
        named = wing.name(intent, market, 0 if side is BUY else 1)
        self.story.oracle.foreign.add(named.venue_order)
        self.bodies.add(named.body)
        return (await self.http.ask(wing.place(named, at))).status
