"""Holdings that the venue counts otherwise than we do."""

from pmterm.model.units import QTY_ONE
from pmterm.views.banner import title_of
from pmterm.views.board import Board
from pmterm.views.figures import qty_text
from pmterm.views.live import Difference


def alarm(difference: Difference, board: Board) -> str:
    """Say that a holding differs, both numbers, and the key that accepts the venue's word."""
    is_here = difference.market == board.focus
    where = "" if is_here else f" of {title_of(board, difference.market)}"
    ours, theirs = qty_text(difference.ours), qty_text(difference.theirs)
    return f"DIFFERS ours {ours} theirs {theirs}{where}: v accepts"


def accept_lines(difference: Difference, board: Board) -> list[str]:
    """Say what accepting does."""
    change = difference.theirs - difference.ours
    sign = "+" if change > 0 else ""
    unit = "contract" if abs(change) == QTY_ONE else "contracts"
    return [
        title_of(board, difference.market),
        f"id {difference.market}",
        f"Our fills add up to {qty_text(difference.ours)} (below 0: the other outcome),",
        f"the venue says {qty_text(difference.theirs)}.",
        f"Accepting records a correction of {sign}{qty_text(change)} {unit}; no order is sent.",
        "Look at the venue's own site first: the difference may be an order still settling.",
    ]
