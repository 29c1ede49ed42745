"""A session in facts, for another shell and for programs: `pmterm status --json`."""

from typing import Any

import msgspec

from pmterm.views.board import Board
from pmterm.views.figures import age_text, cash_text, price_text, qty_text
from pmterm.views.live import VenueView
from pmterm.views.order_row import OrderRow, brief_order, state_words
from pmterm.views.positions import PositionRow, profit_text

SHOWN_ORDERS = 200


def status_of(board: Board) -> dict[str, Any]:
    """Return what a session is and does. Units as in the store: 1e-4 USD, 1e-6 contracts, ns."""
    header, live = board.header, board.live
    working = [row for row in board.orders if row.is_working]
    facts = {
        "mode": header.mode,
        "session": header.session,
        "at": board.at,
        "gate": header.gate,
        "gate_reason": header.gate_reason,
        "armed_until": live.arming.until if live.arming.is_on(board.at) else 0,
        "armed_market": live.arming.market if live.arming.is_on(board.at) else "",
        "venues": live.venues,
        "working_orders": working[:SHOWN_ORDERS],
        "positions": [row for row in board.positions if row.qty],
        "differences": live.differences,
        "money": board.money,
        "unproved_cancels": live.kill,
        "latency": live.latency,
    }
    built: dict[str, Any] = msgspec.to_builtins(facts)
    return built | {"words": words_of(board)}


def words_of(board: Board) -> list[str]:
    """Return the same for a person, a line each."""
    header, live = board.header, board.live
    gate = f"{header.gate} ({header.gate_reason})" if header.gate_reason else str(header.gate)
    words = [f"{header.mode}, gate {gate}"]
    if board.is_live:
        words.append(_arming(board))
        words += [_venue(view, board) for view in live.venues]
    working = [row for row in board.orders if row.is_working]
    words += [_order(row, board) for row in working] or ["no order is working"]
    held = [row for row in board.positions if row.qty]
    words += [_position(row) for row in held] or ["nothing is held"]
    money = board.money
    words.append(
        f"cash {cash_text(money.cash)}, today {cash_text(money.realised_day, signed=True)} taken, "
        f"{profit_text(money.open_exit, is_complete=money.is_complete)} open"
    )
    return [*words, *_latency(board)]


def _arming(board: Board) -> str:
    arming = board.live.arming
    if arming.is_on(board.at):
        return f"ARMED in {arming.market} for {age_text(arming.until - board.at)}"
    return f"disarmed: {arming.why_not(board.at)}"


def _venue(view: VenueView, board: Board) -> str:
    is_ready = view.is_told and not view.missing
    state = "ready" if is_ready else "not ready: " + (", ".join(view.missing) or "not known yet")
    told = age_text(board.at - view.cash_at)  # trades since then are in our own sum only
    cash = f"{cash_text(view.cash)} {told} ago" if view.cash >= 0 else "?"
    if not view.reconciled_at:
        return f"{view.venue}: {state}; cash {cash}, never compared"
    age = age_text(board.at - view.reconciled_at)
    return f"{view.venue}: {state}; cash {cash}, compared {age} ago, {view.differences} differ"


def _order(row: OrderRow, board: Board) -> str:
    return f"{state_words(row, board.at)} {brief_order(row, price_text(row.price))} {row.order}"


def _position(row: PositionRow) -> str:
    exit_at = price_text(row.exit_at) if row.exit_at >= 0 else "?"
    return (
        f"holds {qty_text(row.qty)} {row.outcome} at {price_text(row.average)}, exit {exit_at} "
        f"({profit_text(row.open_exit, is_complete=row.is_complete)}): {row.title}"
    )


def _latency(board: Board) -> list[str]:
    stages = [stage for stage in board.live.latency.stages if stage.count]
    parts = [f"{s.name} {s.p50 / 1e6:.1f}/{s.p99 / 1e6:.1f}" for s in stages]
    return [f"latency p50/p99 ms: {', '.join(parts)} (n={stages[0].count})"] if stages else []
