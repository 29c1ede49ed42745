"""Kalshi's reads of an account: orders, fills, positions, settlements, balances; and transfers.

They show the account as it was a little while ago.
"""

from collections.abc import Iterable
from typing import Any

from aiohttp import web

from pmterm.model.ids import MarketId
from pmterm.model.units import CASH_CENT, SECOND, Cash, fixed_text
from pmterm.sim.answers import answer, page
from pmterm.sim.exchange import Exchange
from pmterm.sim.exchange_orders import Standing, Why
from pmterm.sim.kalshi_desk import KalshiDesk, owner_of
from pmterm.sim.kalshi_gate import Call, Gate
from pmterm.sim.kalshi_holdings import Holding
from pmterm.sim.kalshi_order_words import money, position_row
from pmterm.sim.kalshi_record import Dated, Record, Row
from pmterm.sim.kalshi_records import KalshiRecords
from pmterm.sim.kalshi_refusals import BadQuery, Refusal
from pmterm.sim.kalshi_rules import KalshiRules
from pmterm.sim.kalshi_words import contracts

LOOK_COST = 2
MOST_TICKERS = 100
STATUSES = {"resting", "canceled", "executed"}


class PortfolioApi:
    """Answers reads under /portfolio."""

    def __init__(
        self,
        exchange: Exchange,
        desk: KalshiDesk,
        records: KalshiRecords,
        gate: Gate,
        rules: KalshiRules,
    ) -> None:
        self._exchange = exchange
        self._desk = desk
        self._records = records
        self._gate = gate
        self._rules = rules

    def routes(self, base: str) -> list[web.RouteDef]:
        """Return every path served."""
        reads = self._gate.reads
        root = f"{base}/portfolio"
        return [
            web.get(f"{root}/balance", reads(self._balance)),
            web.get(f"{root}/orders", reads(self._orders)),
            web.get(f"{root}/orders/queue_positions", reads(self._queue_positions)),
            web.get(f"{root}/orders/{{order}}", reads(self._order, LOOK_COST)),
            web.get(f"{root}/orders/{{order}}/queue_position", reads(self._queue_position)),
            web.get(f"{root}/fills", reads(self._fills)),
            web.get(f"{root}/positions", reads(self._positions)),
            web.get(f"{root}/settlements", reads(self._settlements)),
        ]

    # ---- orders and fills

    def _orders(self, call: Call) -> web.Response:
        limit = call.limit("GetOrders")
        status = call.query.get("status", "")
        if status and status not in STATUSES:
            raise BadQuery("GetOrders", "Status", "oneof")
        when = call.at - self._rules.list_lag
        rows = [
            (at, row)
            for record in self._asked(call)
            for at, kept in record.orders(when)
            if (row := self._seen(call, kept)) and status in {"", row["status"]}
        ]
        return self._paged(call, "orders", rows, limit)

    def _order(self, call: Call) -> web.Response:
        when = call.at - self._rules.look_lag
        for record in self._records.family(call.account):
            row = record.order(call.path["order"], when)
            if row is not None and (seen := self._seen(call, row)):
                return answer({"order": seen})
        raise Refusal("not_found")

    def _seen(self, call: Call, row: Row) -> Row | None:
        """Return an order's row as faults let it be seen: hidden, or wiped without a word."""
        order = self._exchange.visible(row["order_id"], call.at)
        if order is None:
            return None
        if order.why is Why.WIPED:
            return row | {"status": "canceled", "remaining_count_fp": contracts(0)}
        return row

    def _fills(self, call: Call) -> web.Response:
        limit = call.limit("GetFills")
        when = call.at - self._rules.list_lag
        order = call.query.get("order_id", "")
        rows = [dated for record in self._asked(call) for dated in record.fills.until(when)]
        rows = [dated for dated in rows if order in {"", dated[1]["order_id"]}]
        return self._paged(call, "fills", rows, limit)

    def _settlements(self, call: Call) -> web.Response:
        limit = call.limit("GetSettlements")
        when = call.at - self._rules.list_lag
        rows = [dated for record in self._asked(call) for dated in record.settlements.until(when)]
        return self._paged(call, "settlements", rows, limit)

    # ---- places in line

    def _queue_position(self, call: Call) -> web.Response:
        order = self._exchange.order(call.path["order"])
        if order is None or not self._desk.owns(call.account, order, None):
            raise Refusal("not_found")
        if order.standing is not Standing.RESTING:
            raise Refusal("not_found")
        return answer({"queue_position_fp": contracts(self._exchange.queue_position(order.id))})

    def _queue_positions(self, call: Call) -> web.Response:
        tickers = _words(call.query.get("market_tickers", ""))
        event = call.query.get("event_ticker", "")
        if not tickers and not event:
            raise Refusal("missing_parameters", "market_tickers or event_ticker is required")
        rows = [
            {
                "order_id": order.id,
                "market_ticker": order.market,
                "queue_position_fp": contracts(self._exchange.queue_position(order.id)),
            }
            for order in self._desk.open_orders(call.account, call.subaccount())
            if order.standing is Standing.RESTING
            and (order.market in tickers or self._records.markets[order.market].event == event)
        ]
        return answer({"queue_positions": rows})

    # ---- positions and money

    def _positions(self, call: Call) -> web.Response:
        limit = call.limit("GetPositions")
        held = self._record(call).holdings(call.at - self._rules.list_lag)
        held = [one for one in held if self._is_wanted(call, one)]
        rows, cursor = page(held, call.query.get("cursor", ""), limit)
        body = {
            "market_positions": [position_row(one, self._shard(one.market)) for one in rows],
            "event_positions": self._by_event(rows),
            "cursor": cursor,
        }
        return answer(body)

    def _is_wanted(self, call: Call, held: Holding) -> bool:
        query = call.query
        market = self._records.markets[held.market]
        state = query.get("settlement_status", "all")
        return (
            query.get("ticker", "") in {"", held.market}
            and (not query.get("event_ticker") or market.event in _words(query["event_ticker"]))
            and call.number("exchange_index") in {None, market.shard}
            and (query.get("count_filter") != "position" or held.qty != 0)
            and state in {"all", "", "settled" if held.is_settled else "unsettled"}
        )

    def _by_event(self, held: Iterable[Holding]) -> list[Row]:
        events: dict[str, list[Holding]] = {}
        for one in held:
            events.setdefault(self._records.markets[one.market].event, []).append(one)
        return [
            {
                "event_ticker": event,
                "event_exposure_dollars": money(sum(one.exposure for one in group)),
                "total_cost_dollars": money(sum(one.traded for one in group)),
                "total_cost_shares_fp": contracts(sum(one.volume for one in group)),
                "realized_pnl_dollars": money(sum(one.pnl for one in group)),
                "fees_paid_dollars": money(sum(one.fees for one in group)),
            }
            for event, group in events.items()
        ]

    def _balance(self, call: Call) -> web.Response:
        when = call.at - self._rules.list_lag
        record = self._record(call)
        shards = record.cash.at(when) or {}
        wanted = call.number("exchange_index")
        if wanted is not None:
            shards = {shard: cash for shard, cash in shards.items() if shard == wanted}
        free = sum(shards.values())
        worth = sum(self._worth(one, wanted) for one in record.holdings(when))
        body: dict[str, Any] = {
            "balance": free // CASH_CENT,
            "balance_dollars": _exact(free),
            "portfolio_value": worth // CASH_CENT,
            "updated_ts": max(0, when) // SECOND,
        }
        if call.locked_to is None:
            body["balance_breakdown"] = [
                {"exchange_index": shard, "balance": _exact(cash)}
                for shard, cash in sorted(shards.items())
            ]
        return answer(body)

    def _worth(self, held: Holding, shard: int | None) -> Cash:
        if shard not in {None, self._shard(held.market)}:
            return 0
        state = self._exchange.world.states[held.market]
        return held.value(state.last or (state.best_bid + state.best_ask) // 2)

    # ---- whose, and which

    def _asked(self, call: Call) -> list[Record]:
        """Return the records of a list: of all subaccounts if none is named."""
        subaccount = call.subaccount()
        if subaccount is None:
            return self._records.family(call.account)
        return [self._records.of(owner_of(call.account, subaccount))]

    def _record(self, call: Call) -> Record:
        return self._records.of(owner_of(call.account, call.subaccount() or 0))

    def _shard(self, market: MarketId) -> int:
        return self._records.markets[market].shard

    def _paged(self, call: Call, name: str, rows: Iterable[Dated], limit: int) -> web.Response:
        """Answer with the rows that fit the query, newest first."""
        fitting = self._fitting(call, rows)
        fitting.sort(key=lambda dated: dated[0], reverse=True)
        some, cursor = page(fitting, call.query.get("cursor", ""), limit)
        return answer({name: [row for _, row in some], "cursor": cursor})

    def _fitting(self, call: Call, rows: Iterable[Dated]) -> list[Dated]:
        """Return the rows that fit the query: tickers, event, shard, from and to (seconds)."""
        tickers = _words(call.query.get("ticker", ""))
        events = _words(call.query.get("event_ticker", ""))
        shard = call.number("exchange_index")
        least, most = call.number("min_ts"), call.number("max_ts")
        if len(tickers) > MOST_TICKERS:
            raise BadQuery("GetFills", "Ticker", "max")
        fitting = []
        for at, row in rows:
            market = self._records.markets[MarketId(row["ticker"])]
            if (
                (not tickers or market.id in tickers)
                and (not events or market.event in events)
                and shard in {None, market.shard}
                and (least is None or at // SECOND >= least)
                and (most is None or at // SECOND <= most)
            ):
                fitting.append((at, row))
        return fitting


def _words(text: str) -> list[str]:
    return [word for word in text.split(",") if word]


def _exact(cash: Cash) -> str:
    """Write a balance as the venue keeps it: dollars with four decimals, rounded down."""
    return fixed_text(cash // 100, 4, at_least=4)
