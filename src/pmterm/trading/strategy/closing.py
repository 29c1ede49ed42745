"""Positions that are to be closed but cannot yet: offered by orders on their way out, or settling.

It is tried again when something may have changed, and given up after a few times: an exit that
finds no buyers is for a person to look at.
"""

from typing import Final

import msgspec

from pmterm.messages.orders import Intent, OrderReport
from pmterm.model.ids import MarketId, OrderId
from pmterm.model.ledger import Ledger
from pmterm.model.order import Side
from pmterm.model.readings import Unclosed
from pmterm.model.units import SECOND, Ns, Qty

TRIES: Final = 5
LASTS: Final[Ns] = 60 * SECOND
PAUSE: Final[Ns] = 2 * SECOND  # between two tries
_REMEMBERED: Final = 1_000


class Wish(msgspec.Struct):
    """A market to close: on whose behalf, until when, and the tries so far.

    `was_crowded`: orders on their way out stood beside the last try, and may be why it was refused.
    """

    origin: str
    until: Ns
    tries: int = 0
    tried_at: Ns = 0
    order: OrderId = OrderId("")
    was_crowded: bool = False


class Closings:
    """What is to be closed, and which orders stand in the way."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._wishes: dict[MarketId, Wish] = {}
        self._ordered: dict[MarketId, Ns] = {}  # what a person had closed, and when
        self._working: dict[OrderId, tuple[MarketId, Side]] = {}
        self._asked: dict[OrderId, tuple[MarketId, Side]] = {}

    def note_intent(self, intent: Intent) -> None:
        """Remember what an order is for, until the venue speaks of it."""
        if not intent.replaces:
            self._asked[intent.order] = (intent.market, intent.side)
            if len(self._asked) > _REMEMBERED:
                del self._asked[next(iter(self._asked))]

    def note_report(self, report: OrderReport) -> None:
        """Follow which orders work."""
        if report.state.is_final:
            self._working.pop(report.order, None)
            self._asked.pop(report.order, None)
        elif report.order in self._asked:
            self._working[report.order] = self._asked.pop(report.order)

    def wish(self, market: MarketId, origin: str, at: Ns) -> None:
        """Close a market as soon as it can be."""
        self._wishes[market] = Wish(origin, at + LASTS)

    def order(self, market: MarketId, at: Ns) -> None:
        """Note that a person closes a market: until nothing is held, or more of it is ordered."""
        self._ordered[market] = at

    def unclosed(self) -> list[Unclosed]:
        """Return what is still held where a person or a wish has closed; dust is not."""
        markets = dict.fromkeys((*self._ordered, *self._wishes))
        held = {market: abs(self._ledger.beyond_dust(market)) for market in markets}
        return [
            Unclosed(market, qty, market in self._wishes or self.is_crowded(market))
            for market, qty in held.items()
            if qty
        ]

    def note_opening(self, intent: Intent) -> None:
        """Forget that a market was closed where an order has come since that opens there."""
        ordered = self._ordered.get(intent.market)
        if ordered is not None and intent.at > ordered and self._opens(intent):
            del self._ordered[intent.market]

    def _opens(self, intent: Intent) -> bool:
        held = self._ledger.held(intent.market).qty
        is_more = held == 0 or (held > 0) is (intent.side is Side.BUY)
        return is_more and not intent.reduce_only

    def is_outdated_by(self, intent: Intent) -> bool:
        """Tell whether an order is newer than the wish to close its market, and opens there."""
        wish = self._wishes.get(intent.market)
        is_newer = wish is not None and intent.at > wish.until - LASTS
        return is_newer and self._opens(intent)

    def forget(self, market: MarketId | None = None) -> None:
        """Close nothing more by itself, in one market or in all."""
        for one in [market] if market is not None else list(self._wishes):
            self._wishes.pop(one, None)

    def tried(self, intent: Intent) -> None:
        """Note a try."""
        wish = self._wishes.get(intent.market)
        if wish is not None:
            wish.tries += 1
            wish.tried_at, wish.order = intent.at, intent.order
            wish.was_crowded = self.is_crowded(intent.market)

    def due(self, at: Ns) -> list[tuple[MarketId, str]]:
        """Return the markets that can be closed now, and on whose behalf."""
        return [
            (market, wish.origin)
            for market, wish in self._wishes.items()
            if self.can_close(market) and self._may_try(wish, at)
        ]

    def _may_try(self, wish: Wish, at: Ns) -> bool:
        if not wish.tries:
            return True
        is_heard = wish.order not in self._asked
        if not is_heard and wish.was_crowded:
            return wish.tries < TRIES
        return is_heard and wish.tries < TRIES and at - wish.tried_at >= PAUSE

    def given_up(self, at: Ns) -> list[tuple[MarketId, Qty]]:
        """Forget what is done or was tried enough; return what is left of the latter.

        A try that the venue never spoke of did not pass the gate: that has been said already.
        """
        for market in [one for one in self._ordered if not self._ledger.may_hold(one)]:
            del self._ordered[market]
        left: list[tuple[MarketId, Qty]] = []
        for market, wish in list(self._wishes.items()):
            held = abs(self._ledger.held(market).qty)
            rested = at - wish.tried_at >= PAUSE
            is_unheard = wish.order in self._asked and not wish.was_crowded
            was_refused = wish.tries > 0 and rested and is_unheard
            is_over = at >= wish.until or (wish.tries >= TRIES and rested)
            if not held or was_refused or is_over:
                del self._wishes[market]
            if held and is_over and not was_refused:
                left.append((market, held))
        return left

    def can_close(self, market: MarketId) -> bool:
        """Tell whether something can be sold, and no order of ours is selling it."""
        return self.sellable(market) > 0 and not self.is_crowded(market)

    def is_crowded(self, market: MarketId) -> bool:
        """Tell whether orders of ours sell what is held there, perhaps on their way out."""
        side = Side.SELL if self._ledger.held(market).qty > 0 else Side.BUY
        return (market, side) in self._working.values()

    def sellable(self, market: MarketId) -> Qty:
        """Return how much of the net holding has settled."""
        return abs(self._ledger.held(market).qty) - self._ledger.settling(market)
