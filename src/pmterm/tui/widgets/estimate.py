"""Draws what an order would do: fills now, rests, cost, fee, worst case, limits, book, venue id."""

from collections.abc import Sequence

from pmterm.model.market import Market
from pmterm.model.order import OrderState, Side, TimeInForce
from pmterm.model.units import PRICE_ONE, Cash, Ns, Price, Qty, price_text
from pmterm.tui.render.bars import gauge
from pmterm.tui.render.cells import elide, fit
from pmterm.tui.widgets.lines import Lines, Row, wrapped
from pmterm.views.board import Board
from pmterm.views.bracket_form import Guarding, Held, Opening, guarding
from pmterm.views.ends import HINT, end_objection, parse_end
from pmterm.views.figures import Unit, age_text, cash_text, qty_text
from pmterm.views.order_row import OrderRow
from pmterm.views.price_typed import fine_tick, read_typed
from pmterm.views.ticket import (
    Terms,
    TicketView,
    amend_words,
    by_size,
    estimate,
    limits_after,
    over_cap,
    spends,
)

_SHOWN = frozenset({"R1", "R2", "R3"})


class Draft:
    """What the ticket says right now. `qty` and `price` are -1 where the field does not read.

    `kept_price` is the text of the price that by size has taken away; `wrong_price` says why a
    price does not read.
    """

    def __init__(self, market: Market, side: Side, qty: Qty, price: Price) -> None:
        self.market = market
        self.side = side
        self.qty = qty
        self.price = price
        self.tif = TimeInForce.GTC
        self.is_post_only = False
        self.is_reduce_only = False
        self.is_by_size = False
        self.kept_price = ""
        self.wrong_price = ""
        self.ends = ""
        self.amends: OrderRow | None = None
        self.has_exits = False
        self.exits: dict[str, str] = {}

    @property
    def limit(self) -> Price:
        """The price, 0 for at market."""
        return max(self.price, 0)

    def read_price(self, text: str, board: Board, unit: Unit) -> None:
        """Take the text of its price; none means at market."""
        fine = 0 if unit is Unit.DOLLARS else self.fine_tick(board)
        self.wrong_price = ""
        try:
            self.price = read_typed(text, fine) if text else 0
        except ValueError as wrong:
            self.price, self.wrong_price = -1, str(wrong)

    def fine_tick(self, board: Board) -> Price:
        """Return the tick that a typed `0.5` may be counted in here, 0: it is dollars."""
        ladder = board.ladder
        return fine_tick(self.market, ladder.best_bid or ladder.best_ask)

    def end(self, at: Ns) -> Ns:
        """Return when it ends by itself, 0: never, or not by what was typed.

        Raises:
            ValueError: what was typed is no time.
        """
        return parse_end(self.ends, at) if self.tif is TimeInForce.GTD else 0

    def wrong_end(self, at: Ns) -> str:
        """Say what stands against its end; empty where nothing does."""
        if self.tif is not TimeInForce.GTD:
            return ""
        if not self.limit:
            return "GTD needs a price: at market nothing rests"
        try:
            return end_objection(self.market.venue, self.end(at), at)
        except ValueError:
            return f"when it ends does not read: {HINT} (UTC)"

    def opening(self, board: Board) -> Opening:
        """Return what it would do, and what is held before it."""
        view = estimate(self.market, board.ladder, self.terms(board))
        held = board.ladder.holding
        row = next((row for row in board.positions if row.market == self.market.id), None)
        paid = row.average if row is not None and held else 0
        average = PRICE_ONE - paid if row is not None and row.is_short else paid
        return Opening(self.market, self.side, self.limit, view, Held(held, average))

    def guarding(self, board: Board, unit: Unit) -> Guarding:
        """Return the exits that go with it, and what they would do with what it fills."""
        if not self.has_exits or self.price < 0:
            return Guarding()
        found = guarding(self.exits, self.opening(board), board.ladder, unit)
        replaces = found.bracket is not None and self.market.id in board.standing.guarded
        words = f"in place of those here: {found.words}" if replaces else found.words
        return found._replace(words=words)

    def amended(self, board: Board) -> OrderRow | None:
        """Return the order that it changes as that stands now, None where there is none."""
        was = self.amends
        if was is None:
            return None
        return next((row for row in board.orders if row.order == was.order), was)

    def gone(self, board: Board) -> str:
        """Say that nothing is left of the order that it changes; empty where something is."""
        row = self.amended(board)
        if row is None or row.is_working:
            return ""
        if row.state is OrderState.FILLED:
            return "it has filled: nothing is left to change"
        return f"it is {row.state.value}: nothing is left to change"

    def terms(self, board: Board) -> Terms:
        """Return what the order would be; an amended one counts with what is left of it."""
        row = self.amended(board)
        done = row.filled if row is not None else 0
        return Terms(
            self.side,
            self.qty - done,
            self.limit,
            self.tif,
            self.is_post_only,
            self.is_reduce_only,
            board.slippage_ppm,
            spends=spends(self.market, self.limit, self.tif, is_live=board.is_live),
        )


class Estimate(Lines):
    """Five lines, the last ones what came of it; in a small pane the two that matter most."""

    can_focus = False
    is_titled = False
    DEFAULT_CSS = "Estimate { height: 5; }"

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self.draft = draft
        self.answer = ""

    def view(self) -> TicketView:
        """Return the estimate of this instant."""
        draft = self.draft
        if draft.price < 0:
            return TicketView(objection=draft.wrong_price)
        if wrong := draft.wrong_end(self.board.at):
            return TicketView(objection=wrong)
        if wrong := draft.gone(self.board):
            return TicketView(objection=wrong)
        foresee = by_size if draft.is_by_size else estimate
        return foresee(draft.market, self.board.ladder, draft.terms(self.board))

    def obstacle(self) -> str:
        """Return what stands against sending it that only the trader can change; or nothing."""
        live = self.board.live
        if gone := self.draft.gone(self.board):
            return gone
        return over_cap(self.view(), live.arming.max_cash) if self.board.is_live else ""

    def body(self, width: int, height: int) -> Sequence[Row]:
        """Return the lines."""
        view = self.view()
        said = self._said(view)
        if height < 5:
            return self._brief(view, said, width)[:height]
        venue = self.draft.market
        name = elide(venue.id, min(40, len(venue.id)))
        place = f"{venue.venue} {name}   book {age_text(self.board.ladder.age)} old"
        rows: list[Row] = [
            ((fit(view.fills_text(self.look.unit), width), "strong"),),
            ((fit(view.cost_text(self.look.unit), width), "plain"),),
            self._limits(view, width),
            ((fit(place, width), "dim"),),
        ]
        told = wrapped(said, width)  # a venue's refusal with what to do is long
        told = [*told[:2], " ".join(line.rstrip() for line in told[2:])][: len(told)]
        return rows[: 5 - len(told)] + [((fit(line, width), "warn"),) for line in told]

    def _said(self, view: TicketView) -> str:
        """Say what came of it, what stands against it, or what a change really is."""
        stands_against = view.objection or self.obstacle() or "; ".join(self.board.health.obstacles)
        is_change = self.draft.amends is not None and self.board.is_live
        change = amend_words(self.draft.market) if is_change else ""
        return self.answer or stands_against or change

    def _brief(self, view: TicketView, said: str, width: int) -> list[Row]:
        draft = self.draft
        at_market = "by size" if draft.is_by_size else "market"
        price = price_text(draft.limit) if draft.limit else at_market
        order = f"{draft.side.upper()} {qty_text(max(draft.qty, 0))}@{price}"
        first = f"{order} {cash_text(view.worst)}"
        exits = draft.guarding(self.board, self.look.unit)
        said = exits.words if exits.is_wrong else said or exits.words
        return [((fit(first, width), "strong"),), ((fit(said, width), "warn"),)]

    def _replaced(self) -> Cash:
        """Return the worst case of what is left of an order that is amended, 0 or below."""
        row = self.draft.amended(self.board)
        if row is None:
            return 0
        left = Terms(row.side, row.left, row.price, row.tif, row.is_post_only)
        return estimate(self.draft.market, self.board.ladder, left).worst

    def _limits(self, view: TicketView, width: int) -> Row:
        """Return the limits as they would be after it."""
        uses = [use for use in self.board.health.limits if use.rule in _SHOWN]
        parts: list[tuple[str, str]] = []
        for use, words in limits_after(view, uses, self._replaced()):
            if sum(len(part) for part, _ in parts) + len(words) + 8 <= width:
                style = "bad" if use.is_tripped else "line"
                parts += [(f"{words} ", "dim"), (f"{gauge(use.used_ppm, 5)}  ", style)]
        return tuple(parts)
