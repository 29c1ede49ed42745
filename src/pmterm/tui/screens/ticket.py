"""The order ticket: what it costs and what it risks, before enter sends it."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label

from pmterm.messages.commands import AmendTicket, SubmitTicket
from pmterm.model.market import Market
from pmterm.model.order import Side, TimeInForce
from pmterm.model.units import Price, Qty, fixed_text, parse_price, parse_qty, price_text
from pmterm.tui.desk import Clock, Desk
from pmterm.tui.guard import SETTLE
from pmterm.tui.render.bars import gauge
from pmterm.tui.render.cells import elide, fit, inert
from pmterm.tui.render.look import Look
from pmterm.tui.widgets.lines import Lines, Row
from pmterm.views.board import Board
from pmterm.views.figures import age_text, cash_text, qty_text
from pmterm.views.figures import price_text as shown_price
from pmterm.views.news import tick_of
from pmterm.views.order_row import OrderRow
from pmterm.views.ticket import TicketView, estimate

UPDATE_S = 0.25


class Draft:
    """What the ticket says right now. `qty` and `price` are -1 where the field does not read."""

    def __init__(self, market: Market, side: Side, qty: Qty, price: Price) -> None:
        self.market = market
        self.side = side
        self.qty = qty
        self.price = price
        self.tif = TimeInForce.GTC
        self.is_post_only = False
        self.amends: OrderRow | None = None

    @property
    def limit(self) -> Price:
        """The price, 0 for at market."""
        return max(self.price, 0)


class Estimate(Lines):
    """Fills now, rests, cost, fee, worst case, limits, age of the book."""

    can_focus = False
    is_titled = False
    DEFAULT_CSS = "Estimate { height: 4; }"

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self.draft = draft
        self.answer = ""

    def view(self) -> TicketView:
        """Return the estimate of this instant."""
        draft = self.draft
        if draft.price < 0:
            return TicketView(objection="price does not read; dollars, like 0.47")
        return estimate(draft.market, self.board.ladder, draft.side, draft.qty, draft.limit)

    def body(self, width: int, height: int) -> Sequence[Row]:
        """Return the lines."""
        view = self.view()
        average = f" at {shown_price(view.average, self.look.unit, tick_of(view.average))}" if (
            view.average
        ) else ""  # fmt: skip
        fills = f"fills {qty_text(view.fills_now)} now{average}, rests {qty_text(view.rests)}"
        first = f"{fills}   fee {cash_text(view.fee)}"
        second = f"cost {cash_text(view.ties_up)}   worst {cash_text(view.worst)}"
        health = self.board.health
        rows: list[Row] = [
            ((fit(first, width), "plain"),),
            ((fit(second, width), "strong"),),
            self._limits(width),
        ]
        said = self.answer or view.objection or "; ".join(health.obstacles)
        venue = self.draft.market
        name = elide(venue.id, min(30, len(venue.id)))
        place = f"{venue.venue} {name}   book {age_text(self.board.ladder.age)} old"
        rows.append(((fit(said or place, width), "warn" if said else "dim"),))
        return rows[:height]

    def _limits(self, width: int) -> Row:
        uses = [use for use in self.board.health.limits if use.rule in {"R1", "R2", "R3"}]
        parts: list[tuple[str, str]] = []
        for use in uses:
            text = f"{use.name} {use.value}/{use.limit} "
            if sum(len(part) for part, _ in parts) + len(text) + 7 <= width:
                style = "bad" if use.is_tripped else "line"
                parts += [(text, "dim"), (f"{gauge(use.used_ppm, 5)}  ", style)]
        return tuple(parts)


class TicketScreen(ModalScreen[None]):
    """A ticket at the foot of the screen. Opens on Send; enter sends once."""

    DEFAULT_CSS = """
    TicketScreen { align: center bottom; background: $background 30%; }
    TicketScreen > Vertical {
        width: 92; max-width: 100%; height: auto; max-height: 100%; padding: 0 1;
        background: $surface; border: heavy $bid; margin-bottom: 2;
    }
    TicketScreen.-sell > Vertical { border: heavy $ask; }
    TicketScreen Horizontal { height: 1; }
    TicketScreen Label { width: auto; color: $dim; padding-right: 1; }
    TicketScreen #title { color: $foreground; text-style: bold; }
    TicketScreen Input { width: 12; margin-right: 2; background: $panel; }
    TicketScreen Button { min-width: 8; margin-right: 2; }
    TicketScreen #send { background: $bid; color: $background; text-style: bold; }
    TicketScreen.-sell #send { background: $ask; color: $background; }
    TicketScreen #send:focus { text-style: bold reverse; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", show=False),
        Binding("plus,equals_sign", "size(1)", show=False),
        Binding("minus", "size(-1)", show=False),
        Binding("right_square_bracket", "tick(1)", show=False),
        Binding("left_square_bracket", "tick(-1)", show=False),
        Binding("o", "tif", show=False),
        Binding("p", "post", show=False),
    ]

    def __init__(
        self, desk: Desk, clock: Clock, draft: Draft, look: Look, step: Callable[[Qty], Qty]
    ) -> None:
        super().__init__()
        self._desk = desk
        self._clock = clock
        self._look = look
        self._step = step
        self.draft = draft
        self._since = clock.monotonic()
        self._sent_board: Board | None = None
        self.set_class(draft.side is Side.SELL, "-sell")

    def compose(self) -> ComposeResult:
        """Lay out fields, estimate and buttons."""
        draft = self.draft
        with Vertical():
            yield Label(self._title(), id="title", markup=False)
            with Horizontal():
                yield Label("size")
                yield Input(fixed_text(draft.qty, 6), id="size", compact=True)
                yield Label("price")
                price = price_text(draft.price) if draft.price else ""
                yield Input(price, placeholder="market", id="price", compact=True)
                if draft.amends is None:
                    yield Button("o: GTC", id="tif", compact=True)
                    yield Button("p: post only off", id="post", compact=True)
            yield Estimate(draft)
            with Horizontal():
                yield Button("Send", id="send", compact=True)
                yield Button("Back", id="cancel", compact=True)
                yield Label("enter sends  + - size  [ ] price  tab fields  esc back")

    def _title(self) -> str:
        draft = self.draft
        verb = "AMEND" if draft.amends is not None else draft.side.upper()
        outcome = draft.market.outcomes[0].name
        return inert(f"{verb} {outcome}: {draft.market.title}")

    def on_mount(self) -> None:
        """Start on Send, with a fresh estimate."""
        for field in self.query(Input):
            field.cursor_blink = False
        self.query_one("#send").focus()
        self._update()
        self.set_interval(UPDATE_S, self._update)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Read the fields."""
        text = event.value.strip()
        if event.input.id == "size":
            self.draft.qty = _read(parse_qty, text)
        else:
            self.draft.price = _read(parse_price, text) if text else 0
        self._update()

    def on_input_submitted(self) -> None:
        """Enter in a field goes to Send, it does not send."""
        self.query_one("#send").focus()
        self._since = self._clock.monotonic()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Send, go back, or switch an option."""
        actions = {
            "send": self._send,
            "cancel": self.action_back,
            "tif": self.action_tif,
            "post": self.action_post,
        }
        actions[event.button.id or "cancel"]()

    def action_size(self, steps: int) -> None:
        """Change the size by a step."""
        qty = max(self.draft.qty, 0)
        step = self._step(qty if steps > 0 else qty - 1)
        self.query_one("#size", Input).value = fixed_text(max(qty + steps * step, step), 6)

    def action_tick(self, steps: int) -> None:
        """Change the price by a tick."""
        market, ladder = self.draft.market, self._desk.board().ladder
        price = self.draft.limit or ladder.best_ask
        price = market.tick_up(price) if steps > 0 else market.tick_down(price)
        self.query_one("#price", Input).value = price_text(price)

    def action_tif(self) -> None:
        """Good till cancelled, immediate or cancel, fill or kill."""
        kinds = list(TimeInForce)
        self.draft.tif = kinds[(kinds.index(self.draft.tif) + 1) % len(kinds)]
        self.query_one("#tif", Button).label = f"o: {self.draft.tif.upper()}"

    def action_post(self) -> None:
        """Rest or be refused, never take."""
        self.draft.is_post_only = not self.draft.is_post_only
        state = "on" if self.draft.is_post_only else "off"
        self.query_one("#post", Button).label = f"p: post only {state}"

    def action_back(self) -> None:
        """Close without sending."""
        self.dismiss(None)

    def _send(self) -> None:
        """Send once; the button stays locked until the outcome is known."""
        lines = self.query_one(Estimate)
        draft = self.draft
        is_settled = self._clock.monotonic() - self._since >= SETTLE
        if self._sent_board is not None or not is_settled or draft.qty <= 0 or draft.price < 0:
            return
        self._sent_board = self._desk.board()
        if draft.amends is not None:
            self._desk.send(AmendTicket(0, draft.amends.order, draft.limit, draft.qty))
        else:
            self._desk.send(self._ticket())
        lines.answer = "sent, waiting for the outcome"
        self.query_one("#send", Button).label = "Sent"
        self._update()

    def _ticket(self) -> SubmitTicket:
        draft = self.draft
        tif = draft.tif if draft.limit else TimeInForce.IOC
        return SubmitTicket(
            0, draft.market.id, draft.side, draft.qty, draft.limit, tif, draft.is_post_only
        )

    def _update(self) -> None:
        """Work the estimate out anew; close when the order is on its way, say why when not."""
        board = self._desk.board()
        lines = self.query_one(Estimate)
        sent = self._sent_board
        if sent is not None:
            if board.outcome is not sent.outcome and board.outcome.tone == "bad":
                lines.answer = board.outcome.text
                self._sent_board = None
                self.query_one("#send", Button).label = "Send"
            elif (
                board.outcome is not sent.outcome
                or len(board.orders) > len(sent.orders)
                or self._is_amended(board, sent)
            ):
                self.dismiss(None)
                return
        lines.show(board, self._look)

    def _is_amended(self, board: Board, sent: Board) -> bool:
        """Whether the order to amend is what was asked for, or is not as it was."""
        if self.draft.amends is None:
            return False
        now, before = (_terms(each, self.draft.amends) for each in (board, sent))
        return now in {None, (self.draft.qty, self.draft.limit)} or now != before


def _terms(board: Board, order: OrderRow) -> tuple[Qty, Price] | None:
    """Return size and price of an order as the board has them now."""
    found = [row for row in board.orders if row.order == order.order]
    return (found[0].qty, found[0].price) if found else None


def _read(parse: Callable[[str], int], text: str) -> int:
    try:
        return parse(text)
    except ValueError:
        return -1
