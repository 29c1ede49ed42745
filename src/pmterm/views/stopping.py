"""What stopping would do, in words: panic, kill, quitting, a stopped process, the dead-man."""

from collections.abc import Sequence, Set

from pmterm.model.ids import MarketId
from pmterm.model.market import Market
from pmterm.model.order import Side
from pmterm.model.text import counted
from pmterm.model.units import Price, Qty
from pmterm.views.account_words import has_dead_man
from pmterm.views.board import Board
from pmterm.views.figures import age_text, cash_text, price_text, qty_text
from pmterm.views.live import VenueView
from pmterm.views.news import tick_of
from pmterm.views.order_row import brief_order
from pmterm.views.positions import profit_text

NAMED = 6  # orders called by name before "and n more"


def panic_question(board: Board) -> str:
    """Ask about panic, with the counts."""
    working = sum(row.is_working for row in board.orders)
    held = ", ".join(f"{qty_text(p.qty)} {p.outcome}" for p in board.positions if p.qty)
    estimate = profit_text(board.money.open_exit, is_complete=board.money.is_complete)
    closes = f"closes {held} (about {estimate})" if held else "no position to close"
    return f"PANIC? esc or enter: cancels {counted(working, 'order')}, {closes}. Any other key: no"


def panic_names(board: Board) -> str:
    """Name what panic would cancel and sell, and what that would bring."""
    parts = [f"cancels {names}" if (names := working_names(board)) else "no order to cancel"]
    sold = sold_words(board)
    return "; ".join([*parts, sold]) if sold else parts[0]


def working_names(board: Board) -> str:
    """Name the working orders: BUY 28@45, SELL 100@52."""
    rows = [row for row in board.orders if row.is_working]
    names = [brief_order(row, price_text(row.price, tick=tick_of(row.price))) for row in rows]
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def sold_words(board: Board) -> str:
    """Say what closing everything would sell and bring; empty where nothing is held."""
    held = [row for row in board.positions if row.qty]
    if not held:
        return ""
    names = ", ".join(f"{qty_text(row.qty)} {row.outcome}" for row in held)
    is_complete = all(row.is_complete for row in held)
    brings = cash_text(sum(row.exit_value for row in held)) + ("" if is_complete else "?")
    profit = profit_text(sum(row.open_exit for row in held), is_complete=is_complete)
    return f"sells {names} for about {brings} ({profit})"


def kill_lines(board: Board) -> list[str]:
    """Say how far the cancelling has come, what is not proved, and what the dead-man does."""
    kill = board.live.kill
    lines = ["No new order goes through."]
    working = sum(row.is_working and not row.is_foreign for row in board.orders)
    if not kill.total:
        yet = f"{counted(working, 'order')} of yours: not asked to be cancelled yet."
        lines.append(yet if working else "No order of yours was working.")
    elif kill.left:
        lines.append(f"{kill.proved} of {counted(kill.total, 'cancel')} proved, asking again:")
        lines.append(f"  {_left_names(board)}")
    else:
        lines.append(f"{kill.end_words.capitalize()}.")
    foreign = sum(row.is_foreign and row.is_working for row in board.orders)
    if foreign:
        lines.append(f"{counted(foreign, 'order')} made elsewhere: not touched.")
    held = sold_words(board)
    lines.append(f"Still held; flatten {held}." if held else "Nothing is held.")
    return [*lines, *dead_man_lines(board)]


def _left_names(board: Board) -> str:
    left = set(board.live.kill.left)
    names = [
        brief_order(row, price_text(row.price, tick=tick_of(row.price)))
        for row in board.orders
        if row.order in left
    ]
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def dead_man_lines(board: Board) -> list[str]:
    """Say for each real account what its venue does by itself if pmterm falls silent."""
    if not board.is_live:
        return []
    return [f"{each.venue}: {dead_man_words(each, board.at)}." for each in board.live.venues]


def dead_man_words(venue: VenueView, at: int) -> str:
    """Say how the dead-man of a venue stands."""
    if not venue.beat_at:
        stay = "orders stay open there if pmterm stops"
        has = "dead-man not confirmed" if has_dead_man(venue.venue) else "no dead-man"
        return f"{has}: {stay}"
    age = age_text(at - venue.beat_at)
    left = venue.beat_until - at
    if left <= 0:
        return f"dead-man ran out {age_text(-left)} ago: the venue has cancelled all orders"
    return f"dead-man confirmed {age} ago, cancels all in {age_text(left)} unless renewed"


def quit_lines(board: Board, blockers: Sequence[str]) -> list[str]:
    """Say what quitting does: own orders are cancelled, positions stay, also those being sold."""
    lines = [f"  {blocker}" for blocker in blockers]
    if blockers:
        lines.insert(0, "Quitting cancels these and keeps all positions:")
    tried = {one.market for one in board.standing.unclosed if one.is_tried}
    selling, stuck = held_names(board, tried), held_names(board, unclosed_in(board) - tried)
    if selling:
        lines += ["Still being sold; quitting sells no more of it:", *(f"  {s}" for s in selling)]
    if stuck:
        lines += ["Not all was sold; still held:", *(f"  {name}" for name in stuck)]
    if not blockers:
        return lines
    if board.is_live:
        lines.append("If a cancel is not proved in time, the venue's dead-man is left to expire:")
    return [*lines, *dead_man_lines(board)]


def unclosed_in(board: Board) -> set[MarketId]:
    """Return the markets that somebody closes and where more than dust is still held."""
    return {one.market for one in board.standing.unclosed}


def held_names(board: Board, markets: Set[MarketId]) -> list[str]:
    """Name what is held in these markets: 28 Sentinels in Sentinels to beat Fnatic."""
    return [
        f"{qty_text(row.qty)} {row.outcome} in {row.title}"
        for row in board.positions
        if row.qty and row.market in markets
    ]


def order_name(side: Side, left: Qty, price: Price, market: Market | None, of: MarketId) -> str:
    """Name an order by what it would trade: BUY 28 Sentinels @ 45 in Sentinels to beat Fnatic."""
    outcome = f"{market.outcomes[0].name} " if market is not None else ""
    title = market.title if market is not None else of
    at = price_text(price, tick=tick_of(price))
    return f"{side.upper()} {qty_text(left)} {outcome}@ {at} in {title}"


def stop_words(board: Board, count: int) -> str:
    """Say what a stopped process means for orders."""
    stay = f"{counted(count, 'order')} {'stays' if count == 1 else 'stay'} open"
    words = f"^z again stops pmterm: cancels nothing, {stay}, unwatched until fg"
    if not board.is_live:
        return f"{words}; then books start afresh"
    ends = [v for v in board.live.venues if v.beat_until > board.at]
    if not ends:
        return f"{words}; no dead-man will cancel them"
    told = ", ".join(f"{v.venue} in {age_text(v.beat_until - board.at)}" for v in ends)
    return f"{words}; the dead-man then cancels all ({told})"
