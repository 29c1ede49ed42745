"""The order state table, and nothing else."""

from pmterm.messages.orders import OrderReport
from pmterm.model.order import OrderState as S

_ENDS = frozenset({S.FILLED, S.CANCELLED, S.EXPIRED})
_ANSWERS = _ENDS | {S.OPEN, S.PARTIAL, S.REFUSED}

# A venue's word may overtake another: whatever came later and says more wins. What has ended
# stays ended, an order that stood in the book cannot be refused any more, and one that traded
# cannot become untraded. An order that is to trade at once may be said to stand first and trade
# later; one whose cancel was not answered for sure works until it is proved gone.
MOVES: dict[S, frozenset[S]] = {
    S.RESERVED: _ANSWERS | {S.JOURNALED, S.SENT, S.UNKNOWN},
    S.JOURNALED: _ANSWERS | {S.SENT, S.UNKNOWN},
    S.SENT: _ANSWERS | {S.UNKNOWN},
    S.UNKNOWN: _ANSWERS,
    S.OPEN: _ENDS | {S.PARTIAL, S.CANCEL_UNKNOWN},
    S.PARTIAL: _ENDS | {S.CANCEL_UNKNOWN},
    S.CANCEL_UNKNOWN: _ENDS | {S.OPEN, S.PARTIAL},
    S.FILLED: frozenset(),
    S.CANCELLED: frozenset(),
    S.EXPIRED: frozenset(),
    S.REFUSED: frozenset(),
}


def next_state(old: S, report: OrderReport) -> S:
    """Return the state after a report: the reported one where the table allows it, else `old`."""
    return report.state if report.state in MOVES[old] else old
