"""The local exchange's own door, for scripts and tests of other processes: `/sim/...`.

    GET  /sim/ledger   every account's money, holdings, orders with their history, and fills
    GET  /sim/faults   the faults that happened
    POST /sim/fault    {"do": "stall", "venue": "kalshi", "seconds": 5}: now; with `on` or `order`
                       a rule like those of a fault script, counted from now on
    POST /sim/market   {"market": slug or id, "do": "pause" | "resume" | "deactivate" | "close"}
                       or {"market": ..., "do": "resolve", "pays": "1"}: what one YES pays
    POST /sim/trade    {"market": ..., "side": "buy" | "sell", "price": "0.55", "qty": "10"}:
                       somebody trades at once up to that YES price; answers what was filled
    POST /sim/deposit  {"account": ..., "venue": ..., "shard": 0, "cash": "100"}

It changes no time. Loopback only, and POST wants `Content-Type: application/json`, which no web
page of a stranger can send here unasked. Numbers of the ledger are the exchange's own units.
"""

import ipaddress
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from pmterm.model.errors import PmtermError, UsageWrong
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market
from pmterm.model.order import Side, TimeInForce
from pmterm.model.units import CASH_ONE, PRICE_ONE, parse_fixed, parse_price, parse_qty
from pmterm.sim.accounts import Purse
from pmterm.sim.answers import answer
from pmterm.sim.exchange import Exchange
from pmterm.sim.exchange_orders import ExchangeOrder, Filled
from pmterm.sim.fault_actions import FaultPlayer
from pmterm.sim.fault_script import rule_of
from pmterm.sim.world import Clock

PATH = "/sim"
SOMEBODY = "somebody"  # who trades when a script asks for it
Asked = TypeVar("Asked")


class _MarketAsked(msgspec.Struct, forbid_unknown_fields=True):
    """Something is to happen to a market."""

    market: str
    do: str
    pays: str = "1"


class _TradeAsked(msgspec.Struct, forbid_unknown_fields=True):
    """Somebody is to trade."""

    market: str
    side: Side
    price: str
    qty: str


class _DepositAsked(msgspec.Struct, forbid_unknown_fields=True):
    """An account is to get money."""

    account: str
    venue: Venue
    cash: str
    shard: int = 0


class Control:
    """Answers under /sim."""

    def __init__(self, exchange: Exchange, player: FaultPlayer, clock: Clock) -> None:
        self._exchange = exchange
        self._player = player
        self._clock = clock
        self._trades = 0

    def routes(self) -> list[web.RouteDef]:
        """Return every path served."""
        return [
            web.get(f"{PATH}/ledger", self._get(self._ledger)),
            web.get(f"{PATH}/faults", self._get(self._faults)),
            web.post(f"{PATH}/fault", self._post(self._fault, dict[str, Any])),
            web.post(f"{PATH}/market", self._post(self._market, _MarketAsked)),
            web.post(f"{PATH}/trade", self._post(self._trade, _TradeAsked)),
            web.post(f"{PATH}/deposit", self._post(self._deposit, _DepositAsked)),
        ]

    def _get(self, tell: Callable[[], Any]) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            return answer(tell()) if _is_near(request) else answer({"error": "not here"}, 403)

        return handle

    def _post(
        self, do: Callable[[Asked], Any], kind: type[Asked]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            if not _is_near(request) or request.content_type != "application/json":
                return answer({"error": "not here, or no JSON"}, 403)
            try:
                return answer(do(msgspec.json.decode(await request.read(), type=kind)))
            except (msgspec.MsgspecError, ValueError) as error:
                return answer({"error": str(error)}, 400)
            except PmtermError as error:
                return answer({"error": error.detail, "hint": error.hint}, 400)

        return handle

    def _find(self, name: str) -> Market:
        for listing in self._exchange.world.listings:
            if name in {listing.market.id, listing.market.slug}:
                return listing.market
        raise UsageWrong(f"no market {name}", "Name a slug, a condition id or a ticker.")

    # ---- what is so

    def _ledger(self) -> dict[str, Any]:
        ledger = self._exchange.ledger
        self._exchange.advance(self._clock.now())
        ledger.check()
        return {
            "at": self._exchange.now,
            "accounts": {name: self._account(name) for name in ledger.accounts()},
            "fees": ledger.fees,
            "overdrawn": ledger.overdrawn(),
        }

    def _account(self, name: str) -> dict[str, Any]:
        exchange, ledger = self._exchange, self._exchange.ledger
        return {
            "cash": {f"{p.venue}/{p.shard}": cash for p, cash in ledger.purses(name).items()},
            "holdings": {
                market: [ledger.holding(name, market, outcome) for outcome in (0, 1)]
                for market in ledger.markets(name)
            },
            "orders": [_order_row(o) for o in exchange.orders.values() if o.account == name],
            "fills": [_fill_row(f) for f in exchange.fills if f.order.account == name],
            "entries": [msgspec.to_builtins(e) for e in ledger.entries if e.account == name],
        }

    def _faults(self) -> list[Any]:
        return [msgspec.to_builtins(fired) for fired in self._player.script.fired]

    # ---- what is to be

    def _fault(self, table: dict[str, Any]) -> dict[str, int]:
        is_now = not {"on", "order", "after_s"} & table.keys()
        rule = rule_of(table | {"after_s": 0} if is_now else table, "fault")
        return {"rule": self._player.add(rule)}

    def _market(self, asked: _MarketAsked) -> dict[str, str]:
        market = self._find(asked.market)
        now, exchange = self._clock.now(), self._exchange
        exchange.advance(now)
        if not exchange.world.states[market.id].is_open and asked.do != "resolve":
            raise UsageWrong(f"{asked.market} is closed", "It can only be resolved.")
        if market.id in exchange.resolved:
            raise UsageWrong(f"{asked.market} is resolved")
        match asked.do:
            case "pause":
                exchange.pause(now, market.id)
            case "resume":
                exchange.resume(now, market.id)
            case "deactivate":
                exchange.deactivate(now, market.id)
            case "close":
                exchange.close(now, market.id)
            case "resolve":
                exchange.resolve(now, market.id, parse_price(asked.pays))
            case _:
                allowed = "pause, resume, deactivate, close or resolve"
                raise UsageWrong(f"a market cannot {asked.do}", f"It can {allowed}.")
        return {"status": exchange.world.states[market.id].status}

    def _trade(self, asked: _TradeAsked) -> dict[str, int]:
        market = self._find(asked.market)
        purse = Purse(market.venue, market.shard)
        price, qty, now = parse_price(asked.price), parse_qty(asked.qty), self._clock.now()
        if not 0 < price < PRICE_ONE or not qty:
            raise UsageWrong("that cannot be traded", "A price inside 0..1, and some contracts.")
        self._exchange.ledger.deposit(now, SOMEBODY, purse, qty + CASH_ONE)
        self._trades += 1
        order = self._exchange.place(
            now,
            ExchangeOrder(
                id=f"{SOMEBODY}-{self._trades}",
                account=SOMEBODY,
                market=market.id,
                side=asked.side,
                price=price,
                qty=qty,
                outcome=0 if asked.side is Side.BUY else 1,
                tif=TimeInForce.IOC,
            ),
        )
        return {"filled": order.filled}

    def _deposit(self, asked: _DepositAsked) -> dict[str, int]:
        purse = Purse(asked.venue, asked.shard)
        cash = parse_fixed(asked.cash, 6)
        self._exchange.ledger.deposit(self._clock.now(), asked.account, purse, cash)
        return {"cash": self._exchange.ledger.cash(asked.account, purse)}


def _is_near(request: web.Request) -> bool:
    """Tell whether a request comes from this machine."""
    try:
        return ipaddress.ip_address(request.remote or "").is_loopback
    except ValueError:
        return False


def _order_row(order: ExchangeOrder) -> dict[str, Any]:
    names = [name for name in order.__struct_fields__ if name != "extra"]  # the dialect's own
    return {name: msgspec.to_builtins(getattr(order, name)) for name in names}


def _fill_row(fill: Filled) -> dict[str, Any]:
    return {
        "at": fill.at,
        "order": fill.order.id,
        "market": MarketId(fill.order.market),
        "trade": fill.trade_id,
        "other_order": fill.other_order,
        "other_account": fill.other_account,
        "price": fill.price,
        "qty": fill.qty,
        "fee": fill.fee,
        "cash": fill.cash,
        "is_maker": fill.is_maker,
        "position": fill.position,
    }
