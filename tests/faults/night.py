"""One live session on the faulty local exchange, and what must hold at its end, whatever broke.

The seed is printed: with it the whole run is the same again.
"""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.live.evening import KALSHI, POLY, Evening, Exchange, api_key, evening
from tests.live.virtual import VirtualClock

from pmterm.messages.commands import SubmitTicket
from pmterm.messages.live import CashSeen
from pmterm.messages.orders import OrderNamed, Refused
from pmterm.model.ids import Venue
from pmterm.model.order import OrderState as S
from pmterm.model.order import TimeInForce
from pmterm.model.units import PRICE_ONE, QTY_ONE
from pmterm.sim.exchange_orders import ExchangeOrder, Standing
from pmterm.sim.fault_script import Do, FaultScript, Rule
from pmterm.trading.execution.working import WorkingOrder

BOTH = pytest.mark.parametrize("market", [POLY, KALSHI], ids=["polymarket", "kalshi"])
PM, KA = Venue.POLYMARKET, Venue.KALSHI
_TRADE = "/trade-api/v2/portfolio"
PLACE = {PM: "POST /clob/order", KA: f"POST {_TRADE}/events/orders"}
CANCEL = {PM: "DELETE /clob/order*", KA: f"DELETE {_TRADE}/events/orders*"}
LOOK = {PM: "GET /clob/data/order/*", KA: f"GET {_TRADE}/orders*"}
HOLDINGS = {PM: "GET /data/*positions", KA: f"GET {_TRADE}/positions"}
DUST = {PM: 10_000, KA: 0}


def on(paths, market, do: Do, **how) -> Rule:
    """Return a fault of a market's venue, on one of its requests."""
    return Rule(do=do, on=paths[market.venue], venue=market.venue, **how)


def silence(market, seconds=600.0) -> Rule:
    """Return the fault by which a venue's streams tell nothing from now on, pongs aside."""
    return Rule(do=Do.STALL, after_s=0, venue=market.venue, seconds=seconds)


class Night(Evening):
    """An evening on which things go wrong: `breaks` breaks them, from now on."""

    def breaks(self, *rules: Rule) -> None:
        for rule in rules:
            self.exchange.server.player.add(rule)

    @property
    def fired(self) -> list[Do]:
        """What went wrong so far."""
        return [fired.do for fired in self.exchange.server.fired]

    def asked(self) -> list[OrderNamed]:
        """Every order the session ever sent or wanted to send, as it was named."""
        return [m for m in self.journal.messages if isinstance(m, OrderNamed)]

    async def submit(self, market, side, qty, price=0, **more) -> WorkingOrder | Refused:
        """Send a ticket that nobody has confirmed yet; return its order, or why there is none."""
        known = {order.id for order in self.executor.orders()}
        refused = len(self.heard(Refused))
        self.send(SubmitTicket(0, market.id, side, round(qty * QTY_ONE), price, **more))

        def answer():
            new = [o for o in self.executor.orders() if o.id not in known and not o.is_foreign]
            return [*new, *self.heard(Refused)[refused:]]

        await self.until(answer)
        return answer()[0]

    def at_venue(self, order) -> ExchangeOrder | None:
        """Return an order as the ledger has it."""
        named = next(m.venue_order for m in self.asked() if m.order == order.id)
        return next((o for o in self.venue_orders() if name_of(o) == named), None)

    def used(self, market, rule="R1") -> str:
        """Return how much of a limit the gate counts as used."""
        return next(use.value for use in self.gate.uses(market.id) if use.rule == rule)

    def cash(self, venue) -> int:
        """Return what the session believes is free there."""
        seen = [m for m in self.heard(CashSeen) if m.venue is venue]
        return seen[-1].cash if seen else -1

    def position(self, market) -> int:
        """Return what the ledger says is held, signed on the YES scale."""
        return self.exchange.exchange.ledger.position("ann", market.id)

    async def agreed(self, market) -> None:
        """Wait until the session holds what the ledger says is held."""
        dust = DUST[market.venue]
        await self.until(lambda: abs(self.held(market) - self.position(market)) <= dust)


def name_of(order: ExchangeOrder) -> str:
    """Return what its sender called an order."""
    return order.client_id or order.id


@asynccontextmanager
async def night(
    market, *rules: Rule, seed=1, arm=True, journal=None, agrees=True, **how
) -> AsyncIterator[Night]:
    """Run a session on both venues, armed for a market; at the end all that must hold is held."""
    print(f"seed {seed}")
    exchange = Exchange(VirtualClock(seed), script=FaultScript(rules))
    async with exchange.server:
        key = await api_key(exchange)
        async with session(exchange, key, journal, **how) as here:
            if arm:
                await here.arm(market)
            yield here
            if agrees:
                await here.agreed(market)
            holds(here)


@asynccontextmanager
async def session(exchange, key, journal=None, **how) -> AsyncIterator[Night]:
    """Run one session on an open exchange: what it believes is held against the ledger by hand."""
    async with evening(exchange, journal, key=key, kind=Night, **how) as here:
        yield here


def holds(here: Night) -> None:
    """Hold what the session believes against the exchange's ledger."""
    ours = Counter(message.venue_order for message in here.asked())
    assert not [name for name, times in ours.items() if times > 1]
    there = Counter(name_of(order) for order in here.venue_orders())
    assert not [name for name in ours if there[name] > 1], "an intent became two orders"
    for order in here.executor.orders():
        if not order.is_foreign and order.state.is_final:
            believed(here, order)
    here.exchange.exchange.ledger.check()
    assert not here.exchange.exchange.ledger.overdrawn()


def believed(here: Night, order) -> None:
    """Hold an order that is shown as ended against what really became of it."""
    venue_order = next((m.venue_order for m in here.asked() if m.order == order.id), None)
    real = next((o for o in here.venue_orders() if name_of(o) == venue_order), None)
    if order.state is S.REFUSED:
        assert real is None or real.standing is Standing.REFUSED, order
        return
    if real is None:  # the venue killed it without ever taking it in
        assert (order.state, order.filled) == (S.CANCELLED, 0), order
        assert order.tif in {TimeInForce.IOC, TimeInForce.FOK}, order
        return
    assert not real.standing.is_open, f"it is still open there: {order}"
    if not order.reversed:
        dust = DUST[KA if order.market == KALSHI.id else PM]
        assert abs(real.filled - order.filled) <= dust, order
    if order.state is S.FILLED:
        assert order.filled + order.reversed >= order.qty - _unspent(order), order


def _unspent(order) -> int:
    """What an order that filled may lack: Polymarket's market orders spend whole cents."""
    if order.market == KALSHI.id or order.tif not in {TimeInForce.IOC, TimeInForce.FOK}:
        return DUST[KA if order.market == KALSHI.id else PM]
    own = order.price if order.outcome == 0 else PRICE_ONE - order.price
    return 10_000 + 10_000 * PRICE_ONE // own
