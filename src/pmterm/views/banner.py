"""The words of the bar that stands over every live screen: whose money, and what passes."""

from pmterm.model.order import GateState
from pmterm.model.text import counted
from pmterm.model.units import Ns
from pmterm.views.board import Board
from pmterm.views.figures import cash_text, span_text

MONEY = "LIVE — REAL MONEY"
KILL = "^k KILL"
NARROW = 50  # cells; below, the bar has two lines


def banner(board: Board, width: int) -> tuple[str, ...]:
    """Return the bar's lines, not cut to `width` yet: two where there is little room."""
    if width < NARROW:
        state = brief_state(board)
        return (MONEY, f"{state} {KILL}" if len(state) + len(KILL) < width - 1 else state)
    return (f"{MONEY}  {state_of(board)}",)


def brief_state(board: Board) -> str:
    """Say in a word or two what passes."""
    if board.header.gate is GateState.HALTED:
        kill = board.live.kill
        return f"KILLED {kill.proved}/{kill.total}" if kill.left else "KILLED"
    arming = board.live.arming
    if not arming.is_on(board.at):
        return "disarmed"
    where = "" if arming.market == board.focus else "?"
    return f"ARMED{where} {time_left(arming.until - board.at)}"


def state_of(board: Board) -> str:
    """Say what passes, where, for how long, and why not."""
    gate, reason = board.header.gate, board.header.gate_reason
    if gate is GateState.HALTED:
        return f"KILLED{f': {reason}' if reason else ''}{_unproved(board)}; R resumes"
    arming = board.live.arming
    only = "REDUCING, only closing orders; " if gate is GateState.REDUCING else ""
    if not arming.is_on(board.at):
        why = arming.why_not(board.at)
        return f"{only}disarmed{f' ({why})' if why else ''}; a arms"
    left = time_left(arming.until - board.at)
    cap = f", cap {cash_text(arming.max_cash)}" if arming.max_cash else ""
    if arming.market != board.focus:
        return f"{only}ARMED {left} in another market, {title_of(board, arming.market)}"
    return f"{only}ARMED {left}{cap} in {title_of(board, arming.market)}"


def time_left(left: Ns) -> str:
    """Write what is left as m:ss, rounded up: 0:00 is shown when it is over."""
    return span_text(-(-left // 1_000_000_000) * 1_000_000_000)


def title_of(board: Board, market: str) -> str:
    """Return the title of a watched market, or its id."""
    titles = [row.market.title for row in board.watched if row.market.id == market]
    return titles[0] if titles else market


def _unproved(board: Board) -> str:
    kill = board.live.kill
    if not kill.total:
        return ""
    if kill.left:
        return f"; {kill.proved} of {counted(kill.total, 'cancel')} proved, asking again"
    return f"; {kill.end_words}"
