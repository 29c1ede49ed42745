"""Says on Polymarket's user stream what happens to an account's orders and trades."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec

from pmterm.model.ids import MarketId
from pmterm.model.units import Ns
from pmterm.sim.exchange import Exchange
from pmterm.sim.exchange_orders import ExchangeOrder, Filled, OrderMoved, Step, Why
from pmterm.sim.market_state import MarketState
from pmterm.sim.polymarket_account_rows import (
    order_frame,
    roles_in,
    trade_frame,
    update_frame,
)
from pmterm.sim.polymarket_switches import PolymarketSwitches
from pmterm.sim.polymarket_trade import PolyTrade
from pmterm.sim.polymarket_trades import TradeDesk

Tell = Callable[[str, MarketId, str], None]  # account, market, text
_SILENT = {Step.ACCEPTED, Step.AMENDED}


class UserVoice:
    """Turns what happens into frames. An order's UPDATE comes before the trade that made it."""

    def __init__(
        self,
        exchange: Exchange,
        trades: TradeDesk,
        states: Mapping[MarketId, MarketState],
        switches: PolymarketSwitches,
        tell: Tell,
    ) -> None:
        self._exchange = exchange
        self._states = states
        self._switches = switches
        self._tell = tell
        self._filled: dict[tuple[MarketId, int], list[Filled]] = {}
        trades.on_trade.append(self.say_trade)

    def say_move(self, event: OrderMoved) -> None:
        """Say that an order rests, waits, got smaller or ended."""
        if event.step in _SILENT or event.why in {Why.POST_ONLY, Why.WIPED}:
            return
        if event.step is Step.ENDED and not event.qty:
            return
        self.say_order(event.order, event.step, event.why, event.filled, event.at)

    def say_order(self, order: ExchangeOrder, step: Step, why: Why, filled: int, at: Ns) -> None:
        """Say one thing about an order."""
        market = self._states[order.market].listing.market
        self._say(order.account, order.market, order_frame(order, market, step, why, filled, at))

    def keep_fill(self, fill: Filled) -> None:
        """Remember a fill until its trade is told."""
        self._filled.setdefault((fill.order.market, fill.number), []).append(fill)

    def say_trade(self, trade: PolyTrade) -> None:
        """Say a trade's new status to everybody in it; its first brings the orders' updates."""
        market = self._states[trade.market].listing.market
        for fill in self._filled.pop((trade.market, trade.number), []):
            frame = update_frame(fill.order, market, fill.filled, trade.id, fill.at)
            self._say(fill.order.account, trade.market, frame)
        names = self._switches.names_maker_sides
        for account in sorted(trade.accounts):
            for role in roles_in(trade, account):
                frame = trade_frame(trade, market, role, names_sides=names)
                self._say(account, trade.market, frame)

    def _say(self, account: str, market: MarketId, frame: dict[str, Any]) -> None:
        text = msgspec.json.encode(frame).decode()
        if not self._switches.events_after:
            self._tell(account, market, text)
            return
        due = self._exchange.now + self._switches.events_after
        self._exchange.call_at(due, partial(self._tell_later, account, market, text))

    def _tell_later(self, account: str, market: MarketId, text: str, _: Ns) -> None:
        self._tell(account, market, text)
