"""Other backtesters on the same level changes and the same rule, where they are installed.

The rule: at every change of a book, read its touch; once in ten seconds of recorded time in which
the spread is at most two cents, buy one contract at the ask if flat, else sell it at the bid.
Each way is handed what it plays ready made, and returns CPU seconds and how many orders it sent.
"""

import importlib.util
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

EVERY_NS = 10_000_000_000
WIDEST = 200  # 1e-4 USD
CONTRACT = 1_000_000  # 1e-6 contracts


class Change(NamedTuple):
    """One level of a market's book is now of this size; `clears`: the whole book is gone first."""

    at: int
    market: int
    is_bid: bool
    price: int
    qty: int
    clears: bool = False
    ends: bool = True  # the last of what came at once


Ready: TypeAlias = Callable[[], tuple[float, int]]


def nautilus(changes: Sequence[Change], markets: int) -> Ready:
    """nautilus_trader: OrderBookDelta objects through its BacktestEngine, L2 book, cash account.

    Its engine, risk engine, cache and matching run as they come, with what ours has too: latency,
    queue position, liquidity that is consumed. Logging is off; fees are left out.
    """
    from nautilus_trader.model.data import BookOrder, OrderBookDelta
    from nautilus_trader.model.enums import BookAction, OrderSide
    from nautilus_trader.model.identifiers import InstrumentId
    from nautilus_trader.model.objects import Price, Quantity

    ids = [InstrumentId.from_str(f"M{n}.KALSHI") for n in range(markets)]
    deltas: list[Any] = []
    for change in changes:
        name, flags = ids[change.market], 128 if change.ends else 0
        if change.clears:
            deltas.append(OrderBookDelta.clear(name, 0, change.at, change.at))
            continue
        side = OrderSide.BUY if change.is_bid else OrderSide.SELL
        action = BookAction.UPDATE if change.qty else BookAction.DELETE
        order = BookOrder(
            side, Price(change.price / 1e4, 4), Quantity(change.qty / CONTRACT, 2), change.price
        )
        deltas.append(OrderBookDelta(name, action, order, flags, 0, change.at, change.at))

    def play() -> tuple[float, int]:
        engine, strategy = _nautilus_engine(ids)
        engine.add_data(deltas)
        start = time.process_time()
        engine.run()
        taken = time.process_time() - start
        engine.dispose()
        return taken, strategy.sent

    return play


def _nautilus_engine(ids: list[Any]) -> tuple[Any, Any]:
    from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
    from nautilus_trader.backtest.models import LatencyModel
    from nautilus_trader.config import LoggingConfig
    from nautilus_trader.model.currencies import USD
    from nautilus_trader.model.enums import (
        AccountType,
        AssetClass,
        BookType,
        OmsType,
        OrderSide,
        TimeInForce,
    )
    from nautilus_trader.model.identifiers import Venue
    from nautilus_trader.model.instruments import BinaryOption
    from nautilus_trader.model.objects import Money, Price, Quantity
    from nautilus_trader.trading.strategy import Strategy

    class Rule(Strategy):
        sent = 0

        def on_start(self) -> None:
            self.next = dict.fromkeys(ids, 0)
            self.held = dict.fromkeys(ids, False)
            self.one = Quantity(1, 2)
            for name in ids:
                self.subscribe_order_book_deltas(name, BookType.L2_MBP)

        def on_order_book_deltas(self, deltas: Any) -> None:
            name = deltas.instrument_id
            book = self.cache.order_book(name)
            bid, ask = book.best_bid_price(), book.best_ask_price()
            if bid is None or ask is None or deltas.ts_event < self.next[name]:
                return
            if ask - bid > 0.02:
                return
            self.next[name] = deltas.ts_event + EVERY_NS
            side = OrderSide.SELL if self.held[name] else OrderSide.BUY
            price = bid if self.held[name] else ask
            order = self.order_factory.limit(name, side, self.one, price, TimeInForce.IOC)
            self.held[name] = not self.held[name]
            self.sent += 1
            self.submit_order(order)

    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    engine.add_venue(
        Venue("KALSHI"),
        OmsType.NETTING,
        AccountType.CASH,
        [Money(10_000, USD)],
        base_currency=USD,
        book_type=BookType.L2_MBP,
        latency_model=LatencyModel(base_latency_nanos=150_000_000),
        liquidity_consumption=True,
        queue_position=True,
    )
    for name in ids:
        engine.add_instrument(
            BinaryOption(
                name,
                name.symbol,
                AssetClass.ALTERNATIVE,
                USD,
                4,
                2,
                Price(0.0001, 4),
                Quantity(0.01, 2),
                0,
                2**62,
                0,
                0,
                maker_fee=Decimal(0),
                taker_fee=Decimal(0),
            )
        )
    strategy = Rule()
    engine.add_strategy(strategy)
    return engine, strategy


def hftbacktest(changes: Sequence[Change], markets: int) -> Ready:
    """hftbacktest: its event array through its Rust engine, the rule compiled by numba.

    Constant latency of 150 ms, its queue model, no fees; one asset per market.
    """
    import hftbacktest as hft
    import numpy as np
    from numba import njit

    flags = hft.EXCH_EVENT | hft.LOCAL_EVENT
    arrays = []
    for market in range(markets):
        own = [change for change in changes if change.market == market]
        array = np.zeros(len(own), hft.event_dtype)
        for place, change in enumerate(own):
            side = hft.BUY_EVENT if change.is_bid else hft.SELL_EVENT
            kind = hft.DEPTH_CLEAR_EVENT if change.clears else hft.DEPTH_EVENT | side
            array[place]["ev"] = kind | flags
            array[place]["exch_ts"] = array[place]["local_ts"] = change.at
            array[place]["px"], array[place]["qty"] = change.price / 1e4, change.qty / CONTRACT
        arrays.append(array)

    @njit
    def rule(hbt: Any, markets: int) -> int:
        sent = 0
        wait = np.zeros(markets, np.int64)
        held = np.zeros(markets, np.bool_)
        while hbt.wait_next_feed(False, 10**15) in {0, 2}:  # noqa: FBT003
            now = hbt.current_timestamp
            for n in range(markets):
                depth = hbt.depth(n)
                bid, ask = depth.best_bid, depth.best_ask
                if np.isnan(bid) or np.isnan(ask) or now < wait[n] or ask - bid > 0.02001:
                    continue
                wait[n] = now + EVERY_NS
                sent += 1
                if held[n]:
                    hbt.submit_sell_order(n, sent, bid, 1.0, hft.GTC, hft.LIMIT, False)  # noqa: FBT003
                else:
                    hbt.submit_buy_order(n, sent, ask, 1.0, hft.GTC, hft.LIMIT, False)  # noqa: FBT003
                held[n] = not held[n]
                hbt.clear_inactive_orders(n)
        return sent

    def play() -> tuple[float, int]:
        assets = [
            hft.BacktestAsset()
            .data(array)
            .linear_asset(1.0)
            .constant_order_latency(150_000_000, 150_000_000)
            .risk_adverse_queue_model()
            .no_partial_fill_exchange()
            .trading_value_fee_model(0.0, 0.0)
            .tick_size(0.0001)
            .lot_size(0.01)
            for array in arrays
        ]
        hbt = hft.HashMapMarketDepthBacktest(assets)
        start = time.process_time()
        sent = rule(hbt, markets)
        taken = time.process_time() - start
        hbt.close()
        return taken, sent

    play()  # compiles
    return play


PEERS = {
    "nautilus_trader": ("nautilus_trader", nautilus),
    "hftbacktest": ("hftbacktest", hftbacktest),
}


def installed() -> tuple[dict[str, Callable[[Sequence[Change], int], Ready]], list[str]]:
    """Return the peers that can be imported, and the names of the others."""
    found = {name: way for name, (module, way) in PEERS.items() if importlib.util.find_spec(module)}
    return found, [name for name in PEERS if name not in found]
