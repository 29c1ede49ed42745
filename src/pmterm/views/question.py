"""What a person reads before saying yes to an order the gate asks about."""

import msgspec

from pmterm.messages.commands import AmendTicket, SubmitTicket
from pmterm.model.market import Market
from pmterm.model.order import GateState, Side
from pmterm.views.board import Board
from pmterm.views.bracket_form import bracket_text
from pmterm.views.figures import cash_text, clock_text, price_text, qty_text
from pmterm.views.live import Question
from pmterm.views.news import tick_of
from pmterm.views.ticket import Terms, by_size, estimate, spends


def heading(question: Question, market: Market | None) -> str:
    """Say the order on one line: BUY 100 Sentinels @ 48, GTC."""
    wish = question.intent
    name = market.outcomes[0].name if market is not None else wish.market
    if question.ticket is not None:
        return f"{wish.side.upper()} {qty_text(wish.qty)} {name}: {question.value}?"
    price = price_text(wish.price, tick=tick_of(wish.price)) if wish.price else "market"
    ends = f" until {clock_text(wish.expires_at)} UTC" if wish.expires_at else ""
    kinds = [wish.tif.upper() + ends]
    kinds += ["post only"] * wish.post_only + ["reduce only"] * wish.reduce_only
    change = f"CHANGE {wish.replaces} TO " if wish.replaces else ""
    return f"{change}{wish.side.upper()} {qty_text(wish.qty)} {name} @ {price}, {', '.join(kinds)}?"


def lines_of(question: Question, market: Market | None, board: Board) -> list[str]:
    """Say where, what it costs, the worst that can come of it, and why it is asked."""
    wish = question.intent
    place = f"on {market.venue}: {market.id}" if market is not None else f"in {wish.market}"
    lines = [market.title, place] if market is not None else [place]
    if market is not None and board.focus == wish.market:
        terms = Terms(
            wish.side,
            wish.qty,
            wish.price,
            wish.tif,
            wish.post_only,
            wish.reduce_only,
            spends=spends(market, wish.price, wish.tif, is_live=board.is_live),
        )
        foresee = by_size if question.ticket is not None else estimate
        view = foresee(market, board.ladder, terms)
        lines.append(view.fills_text())
        lines.append(view.cost_text())
    else:
        word = "costs" if wish.side is Side.BUY else "ties up"
        lines.append(f"{word} at most {cash_text(question.cost)} before fees")
    if wish.bracket is not None:
        lines.append(f"Exits go with it: {bracket_text(wish.bracket)}.")
    lines.append(f"It asks because of {question.why}.")
    return lines


def open_question(board: Board) -> Question | None:
    """Return what the gate asks, if it can still be answered: not halted, not too old."""
    question = board.live.question
    is_shut = board.header.gate is GateState.HALTED
    return None if question is None or is_shut or not question.is_open(board.at) else question


def yes_to(question: Question) -> SubmitTicket | AmendTicket:
    """Return the very order that was asked about, confirmed; at its limit, never at market."""
    wish = question.intent
    if question.ticket is not None:
        return msgspec.structs.replace(question.ticket, at=0, confirmed=True)
    if wish.replaces:
        return AmendTicket(0, wish.replaces, wish.price, wish.qty, confirmed=True)
    return SubmitTicket(
        0,
        wish.market,
        wish.side,
        wish.qty,
        wish.price,
        wish.tif,
        wish.post_only,
        wish.reduce_only,
        wish.origin,
        wish.expires_at,
        confirmed=True,
        bracket=wish.bracket,
    )
