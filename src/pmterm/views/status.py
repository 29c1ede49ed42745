"""A session in facts, for another shell and for programs: `pmterm status --json`."""

from typing import Any

import msgspec

from pmterm.views.board import Board

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
    return built
