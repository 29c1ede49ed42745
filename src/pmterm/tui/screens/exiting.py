"""Moves exits on the ladder, takes suggestions, and says what happened in the game."""

from typing import NamedTuple

import msgspec

from pmterm.messages.strategy import ExitKind, SetExits, Suggested, TagGame, TakeSuggestion
from pmterm.model.ids import MarketId
from pmterm.model.units import MS, Ns, Price
from pmterm.tui.screens.dealing import Dealing
from pmterm.tui.screens.exits import ExitsScreen
from pmterm.tui.screens.happened import HappenedScreen
from pmterm.tui.screens.strategies import StrategiesScreen
from pmterm.tui.widgets.ladder import Ladder
from pmterm.views.exit_form import Guardable
from pmterm.views.figures import price_text
from pmterm.views.news import tick_of
from pmterm.views.standing import WORDS, ExitMark, Guarded
from pmterm.views.strategy_words import suggestion_text

SEEN_FOR: Ns = 300 * MS  # a suggestion younger than that was not what the key was meant for
ASKED_FOR: Ns = 500 * MS  # the board tells within that where an exit was moved to
REMEMBERED = 20


class Moved(NamedTuple):
    """Where an exit was last asked to be, by the steady clock."""

    market: MarketId
    kind: ExitKind
    price: Price
    at: Ns


class Exiting(Dealing):
    """Keys of exits and of strategies."""

    _moved_exit: Moved | None = None
    _seen: tuple[str, Ns] = ("", 0)
    _said: tuple[str, ...] = ()

    def before_paint(self, now: Ns) -> None:
        """Note since when a suggestion is shown."""
        super().before_paint(now)
        one = self._fresh.standing.suggestion(self._fresh.focus)
        name = one.id if one is not None else ""
        if name != self._seen[0]:
            self._seen = (name, now)

    def action_exits(self) -> None:
        """Show the exits of the position here in a form."""
        held, market = self._fresh.ladder.holding, self._fresh.market
        row = next((r for r in self._fresh.positions if r.market == self._fresh.focus), None)
        if market is None or not held or row is None:
            self.tell("no position in this market to be guarded")
        elif self.app.screen is self:
            average = 10_000 - row.average if row.is_short else row.average
            guardable = Guardable(market, held, average)
            screen = ExitsScreen(self._desk, self.look, self._hand, guardable)
            self.app.push_screen(screen, self._set_exits)

    def _set_exits(self, wish: SetExits | None) -> None:
        if wish is not None:
            self._send(wish)
            self.tell("setting the exits: sent, waiting")

    def action_next_exit(self) -> None:
        """Point at the next exit in the book."""
        ladder = self._panels["book"]
        if not isinstance(ladder, Ladder):
            return
        ladder.focus()
        mark = ladder.point_at_exit()
        if mark is None:
            self.tell("no exit here has a price: e sets them")
        else:
            price = price_text(mark.price, self.look.unit, tick_of(mark.price))
            self.tell(f"{WORDS[mark.kind]} {price}: {{ }} move it, d takes it away, e all of them")

    def _pointed_exit(self) -> tuple[ExitMark, Guarded] | None:
        """Return the exit that keys are meant for: an order on the same row goes before it."""
        ladder = self.focused
        guarded = self._fresh.standing.guarded.get(self._fresh.focus)
        if not isinstance(ladder, Ladder) or ladder.id != "book" or guarded is None:
            return None
        mark = ladder.pointed_exit
        is_order = ladder.pointed_order is not None and not ladder.has_picked
        return None if mark is None or is_order else (mark, guarded)

    def action_shift_order(self, ticks: int) -> None:
        """Move the exit or the order pointed at by price ticks."""
        pointed = self._pointed_exit()
        market = self._fresh.market
        if pointed is None or market is None:
            super().action_shift_order(ticks)
            return
        mark, guarded = pointed
        now = self._clock.monotonic()
        last = self._moved_exit
        is_same = last is not None and (last.market, last.kind) == (market.id, mark.kind)
        is_young = last is not None and now - last.at < ASKED_FOR
        base = last.price if last is not None and is_same and is_young else mark.price
        price = market.tick_up(base) if ticks > 0 else market.tick_down(base)
        if guarded.fired is not None:
            self.tell("an exit came true: the position is closing")
        elif price != base and self._means(f"move {mark.kind} {price}"):
            self._moved_exit = Moved(market.id, mark.kind, price, now)
            self._send(_with(guarded, mark.kind, price))
            self.tell(f"{WORDS[mark.kind]} to {price_text(price, self.look.unit, tick_of(price))}")

    def action_cancel_one(self) -> None:
        """Take the exit or the order pointed at away."""
        pointed = self._pointed_exit()
        if pointed is None:
            super().action_cancel_one()
        elif pointed[1].fired is not None:
            self.tell("an exit came true: the position is closing")
        elif self._means("exit away"):
            mark, guarded = pointed
            self._send(_with(guarded, mark.kind, 0))
            self.tell(f"taking the {WORDS[mark.kind]} away")

    def action_take(self) -> None:
        """Do what is suggested; where it is large the gate asks."""
        one = self._fresh.standing.suggestion(self._fresh.focus)
        shown, since = self._seen
        if one is None:
            self.tell("nothing is suggested just now; w says what strategies may do")
        elif self._fresh.is_live and not self._fresh.live.arming.passes(one.market, self._fresh.at):
            self.tell("not taken: disarmed there, press a")
        elif one.id != shown or self._clock.monotonic() - since < SEEN_FOR:
            self.tell("the suggestion has just changed: look at it, then press i")
        elif self._means("take"):
            self._take(one)

    def _take(self, one: Suggested) -> None:
        self._send(TakeSuggestion(0, one.id))
        self.tell(f"taking it: {suggestion_text(one, self.look.price)}")

    def action_happened(self) -> None:
        """Ask what happened in the game."""
        market = self._fresh.focus
        if self._fresh.market is None or self.app.screen is not self:
            return

        def told(event: str | None) -> None:
            if event:
                self._said = tuple(dict.fromkeys((event, *self._said)))[:REMEMBERED]
                self._send(TagGame(0, market, event))
                self.tell(f"said: {event}")

        screen = HappenedScreen(self._fresh, self.look, self._hand, list(self._said))
        self.app.push_screen(screen, told)

    def action_strategies(self) -> None:
        """Show what strategies may do."""
        if self.app.screen is self:
            self.app.push_screen(StrategiesScreen(self._desk, self.look, self._hand, self._ask))


def _with(guarded: Guarded, kind: ExitKind, price: Price) -> SetExits:
    """Return the exits with one of them elsewhere, 0: gone; time goes on as it did."""
    exits = guarded.exits
    trail = exits.trail
    if kind is ExitKind.TRAILING:
        behind = exits.best - price if guarded.is_long else price - exits.best
        trail = max(behind, 1) if price else 0
    wish = SetExits(
        0,
        exits.market,
        exits.target,
        exits.stop,
        trail,
        event=exits.event,
        thesis=exits.thesis,
        until=exits.until,
    )
    if kind is ExitKind.TARGET:
        return msgspec.structs.replace(wish, target=price)
    return msgspec.structs.replace(wish, stop=price) if kind is ExitKind.STOP else wish
