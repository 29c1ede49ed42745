"""The trade screen: what enter does on a row, and the keys that are no orders."""

from typing import ClassVar

import msgspec
from textual.binding import Binding, BindingType

from pmterm.messages.commands import AcceptVenue, ChangeLimit
from pmterm.messages.signals import Advice
from pmterm.model.ids import MarketId
from pmterm.model.order import Side
from pmterm.tui.keys import bindings
from pmterm.tui.screens.exiting import Exiting
from pmterm.tui.screens.finder import FinderScreen
from pmterm.tui.screens.help import HelpScreen
from pmterm.tui.screens.limits import LimitsScreen
from pmterm.tui.widgets.blotter import Blotter
from pmterm.tui.widgets.ladder import Ladder
from pmterm.tui.widgets.lines import ListLines
from pmterm.tui.widgets.positions import Positions
from pmterm.tui.widgets.signals import Signals
from pmterm.tui.widgets.watchlist import Watchlist
from pmterm.views.differences import accept_lines
from pmterm.views.figures import Unit
from pmterm.views.limits import RAISE, is_raise, raise_lines


class TradingScreen(Exiting):
    """The whole evening on one screen."""

    CSS_PATH = "trading.tcss"
    AUTO_FOCUS = "#book"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(anywhere=False),
        Binding("enter", "confirm_panic", show=False, priority=True),
    ]

    def action_move(self, step: int) -> None:
        """Move where no panel did: in the book."""
        self._panels["book"].focus()
        ladder = self._panels["book"]
        if isinstance(ladder, Ladder):
            ladder.action_move(step)

    def action_edge(self, end: int) -> None:
        """Go to the first or last row of the book."""
        ladder = self._panels["book"]
        if isinstance(ladder, Ladder):
            ladder.action_edge(end)

    def action_pick(self) -> None:
        """Nothing to pick where no panel heard it."""

    def on_ladder_picked(self, event: Ladder.Picked) -> None:
        """A price was chosen: amend what is ours there, else a limit ticket."""
        if event.ladder.id == "beside":
            if self.board.beside is not None:
                self._focus_market(self.board.beside.market)
            return
        order = self._pointed_order()
        if order is not None:
            self._ticket(order.side, order.price, order)
        else:
            self._ticket(self._side_at(event.price), event.price)

    def on_list_lines_picked(self, event: ListLines.Picked) -> None:
        """A row was chosen."""
        match event.lines:
            case Blotter() as blotter:
                row = blotter.row()
                if row is not None and row.is_working:
                    self._ticket(row.side, row.price, row)
            case Watchlist() as watchlist:
                watched = watchlist.row()
                if watched is not None:
                    self._focus_market(watched.market.id)
            case Signals() as signals:
                self._follow(signals)
            case Positions() as positions:
                held = positions.row()
                if held is not None:
                    self._focus_market(held.market)
            case _:
                pass

    def _follow(self, signals: Signals) -> None:
        """Open the ticket a signal advises."""
        row = signals.row()
        if row is None or row.advice is Advice.WAIT or row.is_rejected:
            return
        if row.market != self.board.focus:
            self._focus_market(row.market)
        elif row.advice is Advice.BUY:
            self._ticket(Side.BUY, self.board.ladder.best_ask % 10_000)
        else:
            self._ticket(Side.SELL, self.board.ladder.best_bid)

    def _focus_market(self, market: MarketId) -> None:
        self._have_disarmed("the market was switched")
        self._hand.moved()
        self._desk.focus(market)
        self._take_board()
        self._paint_all()

    def action_find(self) -> None:
        """Find a market."""

        def found(market: MarketId | None) -> None:
            if market is not None:
                self._focus_market(market)

        self.app.push_screen(FinderScreen(self._desk, self.board, self.look), found)

    def action_help(self) -> None:
        """Show all keys."""
        self.app.push_screen(HelpScreen(self.board, self.look))

    def action_recentre(self) -> None:
        """Put the middle of the book in the middle."""
        for ladder in self.query(Ladder):
            ladder.recentre()

    def action_copy(self) -> None:
        """Copy the id of the row pointed at, or of the market."""
        focused = self.focused
        text: str = self.board.focus
        if isinstance(focused, Blotter) and focused.row() is not None:
            row = focused.row()
            text = row.order if row is not None else text
        elif isinstance(focused, Watchlist):
            watched = focused.row()
            text = watched.market.id if watched is not None else text
        self.app.copy_to_clipboard(text)
        self.tell(f"copied {text}")

    def action_units(self) -> None:
        """Cents, dollars, percent."""
        self._change(unit=self.look.unit.following)
        self._paint_all()
        names = {Unit.CENTS: "cents", Unit.DOLLARS: "dollars", Unit.PERCENT: "percent"}
        self.tell(f"prices in {names[self.look.unit]}")

    def action_accept_venue(self) -> None:
        """Take the venue's word for a holding that differs, after a word."""
        focused = self.focused
        row = focused.row() if isinstance(focused, Positions) else None
        differ = {each.market: each for each in self._fresh.live.differences}
        here = row.market if row is not None and row.market in differ else self._fresh.focus
        found = differ.get(here) or next(iter(differ.values()), None)
        if found is None:
            self.tell("nothing to accept: no holding differs from the venue's")
            return
        lines = accept_lines(found, self._fresh)
        accept = AcceptVenue(0, found.market)
        self._ask("ACCEPT THE VENUE'S HOLDING", lines, "accept", lambda: self._send(accept))

    def action_limits(self) -> None:
        """Change a limit: lower at once, higher after a word."""

        def given(change: ChangeLimit | None) -> None:
            uses = {use.setting: use for use in self._fresh.health.changeable}
            use = uses.get(change.name) if change is not None else None
            if change is None or use is None:
                return
            if is_raise(use, change):
                sure = msgspec.structs.replace(change, confirmed=True)
                lines = raise_lines(use, change)
                self._ask("RAISE A RISK LIMIT", lines, RAISE, lambda: self._send(sure))
            else:
                self._send(change)

        self.app.push_screen(LimitsScreen(self._desk, self.look, self._hand), given)

    def action_player(self, button: str) -> None:
        """Work the player of a replay."""
        player = self._desk.replay()
        replay = self.board.header.replay
        if player is None or replay is None:
            return
        if button == "pause":
            (player.resume if replay.is_paused else player.pause)()
        elif button == "faster":
            player.faster()
        elif button == "slower":
            player.slower()
        else:
            player.step()

    def action_seek(self, seconds: int) -> None:
        """Go back or on in a replay."""
        player, replay = self._desk.replay(), self.board.header.replay
        if player is not None and replay is not None:
            player.seek(max(replay.position // 1_000_000_000 + seconds, 0))
