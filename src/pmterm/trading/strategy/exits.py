"""Exits of positions, whoever opened them: watched on every change of the book, carried out once.

What guards a position is in the journal, so a restart goes on guarding it. Once an exit has come
true it closes the position, whatever the price does then: it is tried again until nothing is held.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import msgspec

from pmterm.messages.base import Message
from pmterm.messages.feed import BookChanged
from pmterm.messages.health import Heartbeat
from pmterm.messages.orders import Bracket, Fill, Intent, OrderReport, Refused
from pmterm.messages.strategy import (
    ExitFired,
    ExitKind,
    Exits,
    ExitsGone,
    SetExits,
    TagGame,
    exit_origin,
)
from pmterm.model.ids import MarketId, OrderId
from pmterm.model.ledger import Ledger
from pmterm.model.market import Market
from pmterm.model.order import TimeInForce
from pmterm.model.readings import Unclosed
from pmterm.model.units import SECOND, Ns, Price, Qty, fixed_text, price_text
from pmterm.trading.strategy.closing import LASTS, PAUSE, Closings
from pmterm.trading.strategy.guarding import (
    Guard,
    better,
    check_exits,
    closing_side,
    is_nothing,
    judged,
    middle,
    placed,
    way_out,
)
from pmterm.trading.strategy.names import Names
from pmterm.trading.strategy.parting import Parted, Partings
from pmterm.trading.strategy.quotes import Quotes, WrongError

_REMEMBERED: Final = 1_000  # orders whose exits wait for their fills
StopPlans: TypeAlias = Callable[[Ns, MarketId], Sequence[Message]]
_NOTHING: Final[tuple[Message, ...]] = ()


class Guards:
    """All exits that stand. `names` gives their orders names, `ledger` is kept by the stage.

    `stop_plans` stops what is being worked in a market, before it is closed.
    """

    def __init__(self, quotes: Quotes, ledger: Ledger, names: Names, stop_plans: StopPlans) -> None:
        self._quotes = quotes
        self._ledger = ledger
        self._names = names
        self._stop_plans = stop_plans
        self._closings = Closings(ledger)
        self._partings = Partings(ledger)
        self._guards: dict[MarketId, Guard] = {}
        self._brackets: OrderedDict[OrderId, Bracket] = OrderedDict()

    def standing(self) -> list[Exits]:
        """Return the exits in force, oldest first."""
        return [guard.exits for guard in self._guards.values()]

    def state(self) -> dict[MarketId, tuple[Exits, bool, ExitKind | None]]:
        """Return what a restart must bring back: the exits, which way, and what has come true."""
        return {m: (g.exits, g.is_long, g.fired) for m, g in self._guards.items()}

    def unclosed(self) -> list[Unclosed]:
        """Return what is still held of what an exit closes."""
        return self._closings.unclosed()

    @property
    def partings(self) -> Partings:
        """The exits of what was sold and may come back. Read them, do not change them."""
        return self._partings

    def book_changed(self, book: BookChanged) -> Sequence[Message]:
        """Look at a changed book. The hot path: nothing is done where nothing is guarded."""
        guard = self._guards.get(book.market)
        if guard is None or guard.fired is not None:
            return _NOTHING
        price = way_out(book, is_long=guard.is_long)
        if not price:
            return self._wait(book.at, guard)
        guard.is_told = False
        kind = judged(guard.exits, book, is_long=guard.is_long)
        return _NOTHING if kind is None else self._fire(book.at, guard, kind, price)

    def beat(self, beat: Heartbeat) -> Sequence[Message]:
        """Let time pass: timeouts, trailing stops moved along, closings tried again."""
        said: list[Message] = []
        for market in list(self._guards):
            said += self.moved(beat.at, market)  # a journal of before may guard dust
        for guard in list(self._guards.values()):
            if guard.fired is None:
                said += self._pass_time(beat.at, guard)
            elif beat.at >= guard.rests_until:
                guard.rests_until = beat.at + LASTS + PAUSE
                self._closings.wish(guard.exits.market, exit_origin(guard.fired), beat.at)
        said += self._close_what_can_be(beat.at)
        for market, left in self._closings.given_up(beat.at):
            held = f"{fixed_text(left, 6)} left"
            wrong = WrongError(held, "all of it", "it is tried again in a minute: look at it")
            said.append(_warning(beat.at, market, wrong))
        return said

    def set_exits(self, command: SetExits) -> Sequence[Message]:
        """Guard a position as a person says, or no more."""
        market, guard = command.market, self._guards.get(command.market)
        try:
            wish = self._wanted(command)
        except WrongError as wrong:
            return (_refused(command.at, market, wrong),)
        if is_nothing(wish):
            if guard is None:
                nothing = WrongError("no exits here", "exits to take away", "nothing to do")
                return (_refused(command.at, market, nothing),)
            return self._drop(command.at, market, "taken away")
        anew = guard is not None and guard.fired is not None
        gone = self._drop(command.at, market, "set anew") if anew else ()
        return (*gone, *self._set(wish))

    def _wanted(self, command: SetExits) -> Exits:
        """Return what a command asks for; raises where it makes no sense for what is held."""
        held = self._ledger.held(command.market).qty
        market = self._quotes.market(command.market)
        if not held:
            raise WrongError("nothing held", "a position", "open one first, or set a bracket")
        is_long, book = held > 0, self._quotes.book(market.id)
        out = way_out(book, is_long=is_long)
        mid = middle(book, is_long=is_long) if book is not None and out else 0
        check_exits(command, out, mid, is_long=is_long)
        if command.trail and not mid:
            raise WrongError("no price to trail", "a trusted book", "wait for the book")
        return Exits(
            command.at,
            market.id,
            command.target,
            command.stop,
            command.trail,
            command.until or (command.at + command.lasts_s * SECOND if command.lasts_s else 0),
            command.event,
            command.thesis,
            command.origin,
            best=self._trailed(command, mid, is_long=is_long),
        )

    def _trailed(self, command: SetExits, mid: Price, *, is_long: bool) -> Price:
        """Return where a trail begins: where it was, if one stands; raises if it would fire."""
        if not command.trail:
            return 0
        guard = self._guards.get(command.market)
        is_anew = guard is None or guard.fired is not None or guard.is_long is not is_long
        before = 0 if is_anew or guard is None else guard.exits.best
        best = better(before, mid, is_long=is_long)
        stop = best - command.trail if is_long else best + command.trail
        if (stop >= mid) if is_long else (stop <= mid):
            limit = f"{'below' if is_long else 'above'} {price_text(mid)}"
            raise WrongError(f"trailing stop {price_text(stop)}", limit, "further away")
        return best

    def tagged(self, tag: TagGame) -> Sequence[Message]:
        """Close what was to be closed when this happens: in that market and others of its event."""
        return [
            said
            for guard in list(self._guards.values())
            if guard.exits.event
            and guard.exits.event.casefold() == tag.event.casefold()
            and self._quotes.is_same_event(guard.exits.market, tag.market)
            for said in self._fire_late(tag.at, guard, ExitKind.EVENT)
        ]

    def doubted(self, at: Ns, market: MarketId) -> Sequence[Message]:
        """Close what was to be closed when the reason for it is gone."""
        guard = self._guards.get(market)
        if guard is None or not guard.exits.thesis:
            return _NOTHING
        return self._fire_late(at, guard, ExitKind.THESIS)

    def filled(self, fill: Fill) -> Sequence[Message]:
        """Guard what an order with a bracket has filled; let go of what is closed."""
        held, market = self._ledger.held(fill.market), fill.market
        gone = self.moved(fill.at, market)
        self._partings.note_filled(market)
        bracket = self._brackets.get(fill.order)
        is_long = held.qty > 0
        if bracket is None or not held.qty or fill.side is closing_side(is_long=is_long):
            return gone
        known = self._quotes.market(market)
        origin = f"order {fill.order}"
        exits = placed(bracket, known, held.average, fill.at, is_long=is_long, origin=origin)
        before = self._guards.get(market)
        if before is not None and before.exits.origin == origin:  # more of the same order
            best = better(before.exits.best, exits.best, is_long=is_long)
            exits = msgspec.structs.replace(exits, until=before.exits.until, best=best)
        return [*gone, *self._set(exits)]

    def moved(self, at: Ns, market: MarketId) -> Sequence[Message]:
        """Let go of a position that is closed, or has turned over; dust is none.

        It can never be sold: exits left on it would close whatever is opened there next.
        """
        guard = self._guards.get(market)
        held = self._ledger.beyond_dust(market)
        if guard is None or (held and (held > 0) == guard.is_long):
            return _NOTHING
        return self._drop(at, market, "turned over" if held else "closed")

    def settling(self, at: Ns, market: MarketId, before: Qty) -> Sequence[Message]:
        """Follow a settlement; `before` was held. What a failed sale brings back has its exits."""
        said = list(self.moved(at, market))
        parted = self._partings.back(market, before)
        if parted is not None:
            said += (parted.told(at), *(self._guard_again(at, parted) if parted.is_sure else ()))
        self._partings.note_settling(market)
        return said

    def _guard_again(self, at: Ns, parted: Parted) -> Sequence[Message]:
        """Go on as if it had never been sold; what had come true closes it again."""
        exits = msgspec.structs.replace(parted.exits, at=at)
        if parted.fired is None:
            return self._set(exits)
        self.note_exits(exits)
        return (exits, *self._fire_late(at, self._guards[exits.market], parted.fired))

    def note_intent(self, intent: Intent) -> None:
        """Follow every order; while a person closes a position, its exits hold back."""
        self._closings.note_intent(intent)
        if intent.bracket is not None and not intent.replaces:
            self._brackets[intent.order] = intent.bracket
            if len(self._brackets) > _REMEMBERED:
                self._brackets.popitem(last=False)
        guard = self._guards.get(intent.market)
        if guard is not None and intent.reduce_only:
            guard.rests_until = max(guard.rests_until, intent.at + PAUSE)

    def note_report(self, report: OrderReport) -> None:
        """Follow which orders work."""
        self._closings.note_report(report)

    def looked_at(self) -> None:
        """Try again at once: a person lets orders through again."""
        for guard in self._guards.values():
            guard.rests_until = 0

    def note_exits(self, exits: Exits) -> None:
        """Take exits as the journal tells them."""
        before = self._guards.get(exits.market)
        is_long = self._ledger.held(exits.market).qty > 0
        self._guards[exits.market] = Guard(exits, is_long, before.fired if before else None)
        self._partings.guarded(exits.market)

    def note_fired(self, fired: ExitFired) -> None:
        """Take from the journal that an exit has come true."""
        guard = self._guards.get(fired.market)
        if guard is not None:
            guard.fired = fired.kind

    def note_gone(self, gone: ExitsGone) -> None:
        """Take from the journal that exits are over."""
        guard = self._guards.pop(gone.market, None)
        if guard is not None:
            self._partings.keep(guard)

    def _set(self, exits: Exits) -> Sequence[Message]:
        self.note_exits(exits)
        book = self._quotes.book(exits.market)
        return (exits, *(self.book_changed(book) if book is not None else ()))

    def _drop(self, at: Ns, market: MarketId, reason: str) -> Sequence[Message]:
        gone = ExitsGone(at, market, reason)
        self.note_gone(gone)
        self._closings.forget(market)
        return (gone,)

    def _pass_time(self, at: Ns, guard: Guard) -> Sequence[Message]:
        exits = guard.exits
        if exits.until and at >= exits.until:
            return self._fire_late(at, guard, ExitKind.TIMEOUT)
        book = self._quotes.book(exits.market)
        if not exits.trail or book is None or not way_out(book, is_long=guard.is_long):
            return _NOTHING
        # Twice a second and written down, so that a restart knows it; a shorter flicker is none.
        begun = exits.best or self._ledger.held(exits.market).average
        best = better(begun, middle(book, is_long=guard.is_long), is_long=guard.is_long)
        if best == begun:
            return _NOTHING
        guard.exits = msgspec.structs.replace(exits, at=at, best=best)
        return (guard.exits,)

    def _fire_late(self, at: Ns, guard: Guard, kind: ExitKind) -> Sequence[Message]:
        """Carry out an exit that no price has called: it may find a book it cannot leave by."""
        if guard.fired is not None:
            return _NOTHING
        price = way_out(self._quotes.book(guard.exits.market), is_long=guard.is_long)
        if price:
            return self._fire(at, guard, kind, price)
        if kind is ExitKind.TIMEOUT:
            return self._wait(at, guard)  # the next beat asks again
        told = self._wait(at, guard)
        return (*told, *self._fire(at, guard, kind, 0))

    def _fire(self, at: Ns, guard: Guard, kind: ExitKind, price: Price) -> Sequence[Message]:
        """Say that it has come true, and close at once where nothing has to be waited for."""
        market = guard.exits.market
        guard.fired = kind
        is_late = at < guard.rests_until
        if not is_late:
            guard.rests_until = at + LASTS + PAUSE
            self._closings.wish(market, exit_origin(kind), at)
        can_go = not self._ledger.is_split(market) or self._closings.can_close(market)
        said = (
            self._closing(at, market, exit_origin(kind)) if price and can_go and not is_late else ()
        )
        order = next((one.order for one in said if isinstance(one, Intent)), OrderId(""))
        stopped = self._stop_plans(at, market)
        return (*stopped, ExitFired(at, market, kind, price, order), *said)

    def _close_what_can_be(self, at: Ns) -> list[Message]:
        said: list[Message] = []
        for market, origin in self._closings.due(at):
            said += self._closing(at, market, origin)
        return said

    def _closing(self, at: Ns, market: MarketId, origin: str) -> Sequence[Message]:
        """Return the order that closes a position, or say once why there can be none now."""
        guard = self._guards[market]
        try:
            intent = self._way_out(at, self._quotes.market(market), origin)
        except WrongError as wrong:
            return self._say_once(at, guard, wrong)
        guard.is_told = False
        self._names.note(intent)
        self._closings.note_intent(intent)
        self._closings.tried(intent)
        return (intent,)

    def _way_out(self, at: Ns, market: Market, origin: str) -> Intent:
        side = closing_side(is_long=self._ledger.held(market.id).qty > 0)
        book = self._quotes.book(market.id)
        if book is None or not book.is_trusted:
            raise _not_trusted()
        told, price = self._quotes.priced(market, side, 0)
        return Intent(
            at,
            self._names.order(),
            market.id,
            side,
            self._closable(market),
            price,
            TimeInForce.IOC,
            reduce_only=True,
            origin=origin,
            told_price=told,
        )

    def _closable(self, market: Market) -> Qty:
        if not self._ledger.is_live:
            return abs(self._ledger.held(market.id).qty)
        free = self._closings.sellable(market.id)
        size = free - free % market.qty_step
        if not size:
            least = f"at least {fixed_text(market.qty_step, 6)}"
            raise WrongError(f"{fixed_text(free, 6)} can be sold", least, "it waits for more")
        return size

    def _wait(self, at: Ns, guard: Guard) -> Sequence[Message]:
        book = self._quotes.book(guard.exits.market)
        if book is None or not book.is_trusted:
            return self._say_once(at, guard, _not_trusted())
        nobody = "nobody to sell to" if guard.is_long else "nobody to buy from"
        return self._say_once(at, guard, WrongError(nobody, "a price", "they wait for one"))

    def _say_once(self, at: Ns, guard: Guard, wrong: WrongError) -> Sequence[Message]:
        if guard.is_told:
            return _NOTHING
        guard.is_told = True
        return (_warning(at, guard.exits.market, wrong),)


def _not_trusted() -> WrongError:
    return WrongError("book not trusted", "a trusted book", "they wait for the book")


def _refused(at: Ns, market: MarketId, wrong: WrongError) -> Refused:
    value, limit, remedy = wrong.words
    return Refused(at, OrderId(""), market, "exits", value, limit, remedy)


def _warning(at: Ns, market: MarketId, wrong: WrongError) -> Refused:
    return msgspec.structs.replace(_refused(at, market, wrong), is_warning=True)
