"""The order ticket: what it costs and what it risks, before enter sends it."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Input, Label

from pmterm.messages.commands import SubmitTicket
from pmterm.model.ids import OrderId
from pmterm.model.order import OrderState, Side, TimeInForce
from pmterm.model.units import Price, Qty, fixed_text, parse_qty
from pmterm.tui.desk import Desk
from pmterm.tui.render.look import Look
from pmterm.tui.screens.dialog import Dialog, Hand
from pmterm.tui.widgets.banner import Banner
from pmterm.tui.widgets.estimate import Draft, Estimate
from pmterm.views.board import Board
from pmterm.views.bracket_form import bracket_fields
from pmterm.views.ends import HINT, end_text
from pmterm.views.order_row import OrderRow
from pmterm.views.price_typed import typed_text
from pmterm.views.ticket import amend_words

UPDATE_S = 0.25
_EXITS = {"target": "target", "stop": "stop", "trail": "trail", "seconds": "after s", "event": "on"}
_HINT = "+ - size  [ ] price"
KINDS = (TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK, TimeInForce.GTD)


class TicketScreen(Dialog[None]):
    """A ticket at the foot of the screen. Opens on Send; enter sends once."""

    DEFAULT_CSS = """
    TicketScreen { align: center bottom; background: $background 30%; }
    TicketScreen > .box { width: 92; border: heavy $bid; margin-bottom: 2; }
    TicketScreen.-sell > .box { border: heavy $ask; }
    TicketScreen.-live > .box { border: heavy $live; }
    TicketScreen.-ascii > .box { border: ascii $bid; }
    TicketScreen.-live.-ascii > .box { border: ascii $live; }
    TicketScreen.-tiny > .box, TicketScreen.-flat > .box { border: none; margin-bottom: 0; }
    TicketScreen Horizontal { height: 1; }
    TicketScreen Label { width: auto; color: $dim; padding-right: 1; }
    TicketScreen #title { color: $foreground; text-style: bold; }
    TicketScreen Input { width: 9; margin-right: 1; }
    TicketScreen #end { width: 12; }
    TicketScreen #ending { display: none; }
    TicketScreen #ending.-on { display: block; }
    TicketScreen #exits, TicketScreen #guards { display: none; }
    TicketScreen.-exits #exits, TicketScreen.-exits #guards { display: block; }
    TicketScreen #exits Input { width: 8; }
    TicketScreen #guards { width: 1fr; height: 1; text-wrap: nowrap; }
    TicketScreen #guards.-wrong { color: $error; }
    TicketScreen Button { min-width: 8; margin-right: 2; }
    TicketScreen #send { background: $bid; color: $background; text-style: bold; }
    TicketScreen.-sell #send { background: $ask; color: $background; }
    TicketScreen #send:focus { text-style: bold reverse; }
    TicketScreen #send.-off { background: $panel; color: $dim; text-style: none; }
    TicketScreen.-tiny #title, TicketScreen.-flat #title { display: none; }
    TicketScreen.-flat Estimate, TicketScreen.-tiny Estimate { height: 2; }
    TicketScreen.-exits.-short Estimate { height: 2; }
    TicketScreen.-flat #exits, TicketScreen.-tiny #exits { display: none; }
    TicketScreen.-flat #guards, TicketScreen.-tiny #guards { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("plus,equals_sign", "size(1)", show=False),
        Binding("minus", "size(-1)", show=False),
        Binding("right_square_bracket", "tick(1)", show=False),
        Binding("left_square_bracket", "tick(-1)", show=False),
        Binding("o", "tif", show=False),
        Binding("p", "post", show=False),
        Binding("r", "reduce", show=False),
        Binding("w", "route", show=False),
        Binding("e", "exits", show=False),
        Binding("a", "arm", show=False),
    ]

    def __init__(
        self,
        desk: Desk,
        hand: Hand,
        draft: Draft,
        look: Look,
        *,
        step: Callable[[Qty], Qty],
        arm: Callable[[], None],
        amend: Callable[[OrderRow, Price, Qty], str],
    ) -> None:
        super().__init__(desk.board(), look)
        self._desk = desk
        self._hand = hand
        self._step = step
        self._arm = arm
        self._amend = amend
        self.draft = draft
        self._sent_board: Board | None = None
        self.set_class(draft.side is Side.SELL, "-sell")
        hand.moved()

    @property
    def is_waiting(self) -> bool:
        """Whether it was sent and nothing was heard of it yet."""
        return self._sent_board is not None

    def compose(self) -> ComposeResult:
        """Lay out fields, estimate and buttons."""
        draft = self.draft
        yield Banner()
        with VerticalScroll(classes="box", can_focus=False):
            yield Label(self._title(), id="title", markup=False)
            with Horizontal(classes="detail"):
                yield Label("size")
                yield Input(fixed_text(draft.qty, 6), id="size", compact=True)
                yield Label("price")
                fine = draft.fine_tick(self.board)
                price = typed_text(draft.price, fine) if draft.price else ""
                yield Input(price, placeholder="market", id="price", compact=True)
                if draft.amends is None:
                    yield Button("o: GTC", id="tif", compact=True)
                    yield Button("p: post off", id="post", compact=True)
                    yield Button("r: reduce off", id="reduce", compact=True)
            with Horizontal(id="ending"):
                yield Label("ends")
                yield Input(placeholder="10m or 21:30", id="end", compact=True)
                yield Label(f"{HINT} UTC", id="ends", markup=False)
            with Horizontal(id="exits", classes="detail"):
                for name, label in _EXITS.items():
                    yield Label(label)
                    yield Input(id=name, compact=True)
            yield Label("", id="guards", markup=False)
            yield Estimate(draft)
            with Horizontal():
                yield Button("Send", id="send", compact=True)
                yield Button("Back", id="cancel", compact=True)
                if draft.amends is None:
                    yield Button("w: by size off", id="route", compact=True)
                    yield Button("e: exits off", id="bracket", compact=True)
                yield Label(_HINT, id="hint", markup=False)

    def _title(self) -> str:
        draft = self.draft
        verb = "AMEND" if draft.amends is not None else draft.side.upper()
        outcome = draft.market.outcomes[0].name
        money = "LIVE " if self.board.is_live else ""
        return self.told(f"{money}{verb} {outcome}: {draft.market.title}")

    def opened(self) -> None:
        """Start on Send, with a fresh estimate."""
        self.query_one("#send").focus()
        self._update()
        self.set_interval(UPDATE_S, self._update)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Read the fields."""
        text = event.value.strip()
        if event.input.id == "size":
            self.draft.qty = _read(parse_qty, text)
        elif event.input.id == "end":
            self.draft.ends = text
        elif event.input.id in _EXITS:
            self.draft.exits[event.input.id] = text
        else:
            self.draft.read_price(text, self._desk.board(), self.look.unit)
            if self.draft.is_by_size and event.input.value:
                self._work_by_size(is_on=False)
        self._update()

    def on_input_submitted(self) -> None:
        """Enter in a field goes to Send, it does not send."""
        self.query_one("#send").focus()
        self._hand.moved()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Send, go back, or switch an option."""
        actions = {
            "send": self._send,
            "cancel": self.action_back,
            "tif": self.action_tif,
            "post": self.action_post,
            "reduce": self.action_reduce,
            "route": self.action_route,
            "bracket": self.action_exits,
        }
        actions[event.button.id or "cancel"]()

    def action_size(self, steps: int) -> None:
        """Change the size by a step."""
        qty = max(self.draft.qty, 0)
        step = self._step(qty if steps > 0 else qty - 1)
        self.query_one("#size", Input).value = fixed_text(max(qty + steps * step, step), 6)

    def action_tick(self, steps: int) -> None:
        """Change the price by a tick."""
        market, board = self.draft.market, self._desk.board()
        price = self.draft.limit or board.ladder.best_ask
        price = market.tick_up(price) if steps > 0 else market.tick_down(price)
        text = typed_text(price, self.draft.fine_tick(board))
        self.query_one("#price", Input).value = text

    def action_tif(self) -> None:
        """Good till cancelled, immediate or cancel, fill or kill, good till a time to be typed."""
        if self.draft.amends is None:
            self.draft.tif = KINDS[(KINDS.index(self.draft.tif) + 1) % len(KINDS)]
            self.query_one("#tif", Button).label = f"o: {self.draft.tif.upper()}"
            has_end = self.draft.tif is TimeInForce.GTD
            self.query_one("#ending").set_class(has_end, "-on")
            if has_end:
                self.query_one("#end").focus()
            self._update()

    def action_post(self) -> None:
        """Rest or be refused, never take."""
        if self.draft.amends is None:
            self.draft.is_post_only = not self.draft.is_post_only
            state = "ONLY" if self.draft.is_post_only else "off"
            self.query_one("#post", Button).label = f"p: post {state}"
            self._update()

    def action_reduce(self) -> None:
        """Only make the holding smaller."""
        if self.draft.amends is None:
            self.draft.is_reduce_only = not self.draft.is_reduce_only
            state = "ONLY" if self.draft.is_reduce_only else "off"
            self.query_one("#reduce", Button).label = f"r: reduce {state}"
            self._update()

    def action_route(self) -> None:
        """Work it by its size: small at market, more resting at the touch, large in slices."""
        if self.draft.amends is None:
            self._work_by_size(is_on=not self.draft.is_by_size)
            self._update()

    def _work_by_size(self, *, is_on: bool) -> None:
        """Leave the price to its size, which finds its own; or take up the one there was."""
        draft, price = self.draft, self.query_one("#price", Input)
        draft.is_by_size = is_on
        self.query_one("#route", Button).label = f"w: by size {'on' if is_on else 'off'}"
        if is_on:
            draft.kept_price = price.value
        price.value = "" if is_on else price.value or draft.kept_price

    def action_exits(self) -> None:
        """Have exits go with it, the usual ones of the settings to begin with; or none."""
        draft, board = self.draft, self._desk.board()
        if draft.amends is not None:
            return
        draft.has_exits = not draft.has_exits
        if draft.has_exits and not draft.exits:
            is_long = draft.side is Side.BUY
            usual = board.standing.usual_long if is_long else board.standing.usual_short
            fields = bracket_fields(usual, draft.opening(board), board.ladder)
            for name, text in fields.items():
                draft.exits[name] = text
                self.query_one(f"#{name}", Input).value = text
        self.query_one("#bracket", Button).label = f"e: exits {'ON' if draft.has_exits else 'off'}"
        self.set_class(draft.has_exits, "-exits")
        self._update()

    def action_arm(self) -> None:
        """Arm from here, where that is what keeps the ticket from being sent."""
        if self._desk.board().locked:
            self._arm()

    def _send(self) -> None:
        """Send once; the button stays locked until the outcome is known."""
        draft, board = self.draft, self._desk.board()
        is_whole = draft.qty > 0 and draft.price >= 0 and not draft.wrong_end(board.at)
        if self._sent_board is not None or not is_whole or not self._hand.means("send"):
            return
        stands_against = draft.amends is not None and (
            draft.gone(board) or self.query_one(Estimate).obstacle()
        )
        if board.locked or stands_against or draft.guarding(board, self.look.unit).is_wrong:
            self._update()
            return
        objection, amended = "", draft.amended(board)
        if amended is not None:
            objection = self._amend(amended, draft.limit, draft.qty)
        else:
            self._desk.send(self._ticket(board))
        self._sent_board = None if objection else board
        self.query_one(Estimate).answer = objection or "sent, waiting for the outcome"
        self._update()

    def _ticket(self, board: Board) -> SubmitTicket:
        draft = self.draft
        tif = draft.tif if draft.limit or draft.tif is TimeInForce.FOK else TimeInForce.IOC
        return SubmitTicket(
            0,
            draft.market.id,
            draft.side,
            draft.qty,
            draft.limit,
            tif,
            draft.is_post_only,
            draft.is_reduce_only,
            expires_at=draft.end(board.at),
            route="auto" if draft.is_by_size else "",
            bracket=draft.guarding(board, self.look.unit).bracket,
        )

    def _update(self) -> None:
        """Work the estimate out anew; close when the order is on its way, say why when not."""
        board = self._desk.board()
        lines = self.query_one(Estimate)
        if self._sent_board is not None:
            refusal = self._refusal(board, self._sent_board)
            if refusal:
                lines.answer = refusal
                self._sent_board = None
                self._hand.moved()  # an enter that is still held was for the order just refused
            elif self._is_under_way(board, self._sent_board):
                self.close(None)
                return
        self._label(board)
        self._tell_end(board)
        self._tell_exits(board)
        lines.show(board, self.look)

    def _label(self, board: Board) -> None:
        send = self.query_one("#send", Button)
        is_off = bool(board.locked or self.draft.gone(board)) or self._sent_board is not None
        send.label = "Sent" if self._sent_board is not None else board.locked or "Send"
        send.set_class(is_off, "-off")
        self._fit_hint()

    def _fit_hint(self) -> None:
        """Show the last hint where there is room for all of it."""
        hint = self.query_one("#hint", Label)
        if hint.parent is not None:
            buttons = hint.parent.query(Button)
            used = sum(max(8, len(str(button.label)) + 2) + 2 for button in buttons)
            hint.display = used + len(_HINT) <= min(92, self.app.size.width) - 4

    def _tell_end(self, board: Board) -> None:
        """Say when a GTD order ends, in the venue's terms, or what may be typed."""
        draft = self.draft
        if draft.tif is TimeInForce.GTD:
            is_read = draft.ends and not draft.wrong_end(board.at)
            venue = draft.market.venue
            told = end_text(venue, draft.end(board.at), board.at) if is_read else f"{HINT} UTC"
            self.query_one("#ends", Label).update(told)

    def _tell_exits(self, board: Board) -> None:
        """Say what the exits that go with it would do, or why they cannot."""
        if self.draft.has_exits:
            told, found = (
                self.query_one("#guards", Label),
                self.draft.guarding(board, self.look.unit),
            )
            told.set_class(found.is_wrong, "-wrong")
            told.update(self.told(f"exits: {found.words}"))

    def _refusal(self, board: Board, sent: Board) -> str:
        """Return why it was refused; empty where it was not, or where a person is asked instead."""
        if self._is_asked(board) or self._is_new(board, sent):
            return ""
        outcome, before = board.outcome, {row.order for row in sent.orders}
        is_of_another = outcome.order in before and self.draft.amends is None
        if outcome is sent.outcome or outcome.tone != "bad" or is_of_another:
            return self._refused_row(board, before)
        return outcome.text

    def _refused_row(self, board: Board, before: set[OrderId]) -> str:
        """Return why an order is refused by its row: what came of it may be told over already."""
        if self.draft.amends is not None:
            return ""
        rows = (
            row
            for row in board.orders
            if row.order not in before and row.market == self.draft.market.id
        )
        return next(
            (f"REFUSED: {row.reason}" for row in rows if row.state is OrderState.REFUSED), ""
        )

    def _is_asked(self, board: Board) -> bool:
        question = board.live.question
        return question is not None and question.is_open(board.at)

    def _is_new(self, board: Board, sent: Board) -> bool:
        """Whether an order of ours came into being that was not there, and was not refused."""
        before = {row.order for row in sent.orders}
        under_way = (
            row
            for row in board.orders
            if row.order not in before and row.market == self.draft.market.id
        )
        return any(
            row.state not in {OrderState.REFUSED, OrderState.RESERVED} and not row.is_foreign
            for row in under_way
        )

    def _is_under_way(self, board: Board, sent: Board) -> bool:
        if self.draft.amends is None:
            return self._is_new(board, sent) or len(board.plans) > len(sent.plans)
        now, before = (_terms(each, self.draft.amends) for each in (board, sent))
        is_replaced = board.is_live and bool(amend_words(self.draft.market))
        return is_replaced or now in {None, (self.draft.qty, self.draft.limit)} or now != before


def _terms(board: Board, order: OrderRow) -> tuple[Qty, Price] | None:
    """Return size and price of an order as the board has them now."""
    found = [row for row in board.orders if row.order == order.order]
    return (found[0].qty, found[0].price) if found else None


def _read(parse: Callable[[str], int], text: str) -> int:
    try:
        return parse(text)
    except ValueError:
        return -1
