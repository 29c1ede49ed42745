"""Tables folded from journaled messages, written in the journal's own transactions."""

import sqlite3
from collections.abc import Callable
from typing import Any, Final

import msgspec

from pmterm.messages.accounts import BalanceSeen, PositionChanged, SessionStarted
from pmterm.messages.base import Message
from pmterm.messages.feed import MarketSeen
from pmterm.messages.live import CashSeen, HoldingAdjusted
from pmterm.messages.orders import (
    Approved,
    Fill,
    FillMoved,
    GateChanged,
    OrderAdopted,
    OrderKnown,
    OrderNamed,
    OrderReport,
    PlaceOrder,
)
from pmterm.messages.signals import SignalEnded, SignalSeen
from pmterm.model.order import FillState, OrderState, TimeInForce

Projection = Callable[[sqlite3.Connection, str, Any], None]


def project(connection: sqlite3.Connection, session: str, message: Message) -> None:
    """Fold one message into the tables it belongs in; most belong in none."""
    fold = _PROJECTIONS.get(type(message))
    if fold is not None:
        fold(connection, session, message)


def _session(connection: sqlite3.Connection, _: str, said: SessionStarted) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?)",
        (said.session, said.at, said.at, said.mode, said.version, said.cash, said.rules),
    )


def _market(connection: sqlite3.Connection, _: str, said: MarketSeen) -> None:
    market = said.market
    connection.execute(
        "INSERT OR REPLACE INTO markets VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            market.id,
            market.venue,
            market.title,
            market.event,
            market.category,
            market.status,
            market.result,
            said.at,
            msgspec.json.encode(market),
        ),
    )


def _approved(connection: sqlite3.Connection, session: str, said: Approved) -> None:
    intent = said.intent
    if intent.replaces:  # an amend keeps the order it changes
        return
    connection.execute(
        "INSERT OR IGNORE INTO orders VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, ?, '', ?, ?, '', ?, 0)",
        (
            intent.order,
            session,
            intent.market,
            intent.side,
            intent.price,
            intent.qty,
            intent.tif,
            intent.origin,
            OrderState.RESERVED,
            said.at,
            said.at,
            said.outcome,
        ),
    )


def _named(connection: sqlite3.Connection, _: str, said: OrderNamed) -> None:
    connection.execute(
        "UPDATE orders SET venue_order = ?, outcome = ? WHERE id = ?",
        (said.venue_order, said.outcome, said.order),
    )


def _known(connection: sqlite3.Connection, _: str, said: OrderKnown) -> None:
    connection.execute(
        "UPDATE orders SET venue_order = ? WHERE id = ?", (said.venue_order, said.order)
    )


def _adopted(connection: sqlite3.Connection, session: str, said: OrderAdopted) -> None:
    """List an order found on the account; one of ours that was given up works again."""
    state = OrderState.PARTIAL if said.filled else OrderState.OPEN
    connection.execute(
        "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET state = excluded.state, price = excluded.price,"
        " qty = excluded.qty, filled = max(filled, excluded.filled), reason = '',"
        " venue_order = excluded.venue_order, changed_at = excluded.changed_at",
        (
            said.order,
            session,
            said.market,
            said.side,
            said.price,
            said.qty,
            said.filled,
            TimeInForce.GTC,
            "adopted",
            state,
            said.at,
            said.at,
            said.venue_order,
            said.outcome,
            not said.is_ours,
        ),
    )


def _placed(connection: sqlite3.Connection, _: str, said: PlaceOrder) -> None:
    connection.execute(
        "UPDATE orders SET state = ?, changed_at = ? WHERE id = ? AND state = ?",
        (OrderState.JOURNALED, said.at, said.intent.order, OrderState.RESERVED),
    )


def _report(connection: sqlite3.Connection, _: str, said: OrderReport) -> None:
    connection.execute(
        "UPDATE orders SET state = ?, price = ?, qty = ?, filled = ?, reason = ?, changed_at = ?"
        " WHERE id = ?",
        (said.state, said.price, said.qty, said.filled, said.reason, said.at, said.order),
    )


def _fill(connection: sqlite3.Connection, session: str, said: Fill) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO fills VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            said.id,
            session,
            said.at,
            said.order,
            said.market,
            said.side,
            said.price,
            said.qty,
            said.fee,
            said.is_maker,
            said.venue_at,
            said.outcome,
            said.state,
        ),
    )


def _fill_moved(connection: sqlite3.Connection, _: str, said: FillMoved) -> None:
    connection.execute(
        "UPDATE fills SET state = ? WHERE id = ? AND state NOT IN (?, ?)",
        (said.state, said.fill, FillState.CONFIRMED, FillState.FAILED),
    )


def _adjusted(connection: sqlite3.Connection, session: str, said: HoldingAdjusted) -> None:
    connection.execute(
        "INSERT INTO adjustments VALUES (?, ?, ?, ?, ?, ?, ?)",
        (said.at, session, said.market, said.outcome, said.qty, said.price, said.reason),
    )


def _position(connection: sqlite3.Connection, _: str, said: PositionChanged) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            said.market,
            said.at,
            said.qty,
            said.average,
            said.cost,
            said.realised,
            said.fees,
            said.settling,
        ),
    )


def _signal(connection: sqlite3.Connection, session: str, said: SignalSeen) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO signals VALUES"
        " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            session,
            said.id,
            said.at,
            said.market,
            said.kind,
            said.advice,
            said.score_ppm,
            said.mid2,
            said.before2,
            said.best_bid,
            said.best_ask,
            said.expected,
            "; ".join(said.reasons),
            said.volume_ratio,
            said.depth_ratio,
            said.spread_ratio,
            said.change_ppm,
            said.imbalance_ppm,
            said.spread,
            said.ready_s,
            said.volatility,
        ),
    )


def _outcome(connection: sqlite3.Connection, session: str, said: SignalEnded) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO signal_outcomes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            session,
            said.id,
            said.at,
            said.reverted,
            said.after,
            said.best,
            said.worst,
            said.net,
            said.is_known,
            said.is_whole,
        ),
    )


def _gate(connection: sqlite3.Connection, _: str, said: GateChanged) -> None:
    _state(connection, "gate", said, f"{said.state} {said.reason}")


def _balance(connection: sqlite3.Connection, _: str, said: BalanceSeen) -> None:
    _state(connection, "cash", said, str(said.cash))


def _purse(connection: sqlite3.Connection, _: str, said: CashSeen) -> None:
    _state(connection, f"cash {said.venue}", said, str(said.cash))


def _state(connection: sqlite3.Connection, name: str, said: Message, value: str) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO system_state VALUES (?, ?, ?)", (name, said.at, value)
    )


_PROJECTIONS: Final[dict[type[Message], Projection]] = {
    SessionStarted: _session,
    MarketSeen: _market,
    Approved: _approved,
    PlaceOrder: _placed,
    OrderReport: _report,
    Fill: _fill,
    PositionChanged: _position,
    SignalSeen: _signal,
    SignalEnded: _outcome,
    GateChanged: _gate,
    BalanceSeen: _balance,
    OrderNamed: _named,
    OrderKnown: _known,
    OrderAdopted: _adopted,
    FillMoved: _fill_moved,
    HoldingAdjusted: _adjusted,
    CashSeen: _purse,
}
