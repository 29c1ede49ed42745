"""Fills of one venue: each counted once, followed until its settlement is over."""

import msgspec

from pmterm.messages.orders import Fill, FillMoved
from pmterm.messages.said import FillSeen
from pmterm.model.ids import FillId, MarketId, OrderId
from pmterm.model.order import FillState, Side
from pmterm.model.units import Ns, Qty

_RANK = {
    FillState.RETRYING: 0,
    FillState.MATCHED: 0,
    FillState.MINED: 1,
    FillState.CONFIRMED: 2,
    FillState.FAILED: 3,
}


class KeptFill(msgspec.Struct):
    """A fill that was counted. `at` is when we first heard of it."""

    id: FillId
    order: OrderId
    market: MarketId
    side: Side
    qty: Qty
    outcome: int
    state: FillState
    at: Ns


class FillBook:
    """Knows every fill that was counted, and what is held by them.

    `held` is signed on the YES scale and holds what was not taken back, settled or not.
    `changed_at` is when anything last changed anywhere, 0: never.
    """

    def __init__(self) -> None:
        self._fills: dict[FillId, KeptFill] = {}
        self._settling: dict[FillId, KeptFill] = {}
        self._held: dict[MarketId, Qty] = {}
        self._last: dict[MarketId, Ns] = {}
        self._over: set[MarketId] = set()
        self.changed_at: Ns = 0

    def book(self, fill: Fill) -> None:
        """Count a fill; it must not have been counted before."""
        kept = KeptFill(
            fill.id,
            fill.order,
            fill.market,
            fill.side,
            fill.qty,
            fill.outcome,
            fill.state,
            fill.at,
        )
        self._fills[fill.id] = kept
        if not fill.state.is_final:
            self._settling[fill.id] = kept
        self.adjust(fill.market, _signed(kept))
        self._last[fill.market] = self.changed_at = fill.at

    def move(self, moved: FillMoved) -> KeptFill | None:
        """Follow a fill's settlement; return the fill if that was news, else None."""
        kept = self._fills.get(moved.fill)
        if kept is None or not _goes_on(kept.state, moved.state):
            return None
        kept.state = moved.state
        self._last[kept.market] = self.changed_at = moved.at
        if moved.state.is_final:
            self._settling.pop(kept.id, None)
        if moved.state is FillState.FAILED:
            self.adjust(kept.market, -_signed(kept))
        return kept

    def get(self, fill: FillId) -> KeptFill | None:
        """Return a counted fill."""
        return self._fills.get(fill)

    def adjust(self, market: MarketId, qty: Qty) -> None:
        """Add to what is held."""
        self._held[market] = self._held.get(market, 0) + qty

    def empty(self, market: MarketId) -> None:
        """The market was settled: nothing is held in it any more."""
        self._held.pop(market, None)
        self._over.add(market)

    def is_over(self, market: MarketId) -> bool:
        """Tell whether a market was settled; what a venue still shows there is to be paid."""
        return market in self._over

    def held(self, market: MarketId) -> Qty:
        """Return what is held, signed on the YES scale."""
        return self._held.get(market, 0)

    def markets(self) -> list[MarketId]:
        """Return the markets in which something is held."""
        return [market for market, qty in self._held.items() if qty]

    def oldest_settling(self) -> Ns:
        """Return when the oldest fill that is still settling was heard of, 0 if none is."""
        return min((fill.at for fill in self._settling.values()), default=0)

    def is_settling(self, market: MarketId) -> bool:
        """Tell whether something in a market is still settling."""
        return any(fill.market == market for fill in self._settling.values())

    def last_at(self, market: MarketId) -> Ns:
        """Return when something last changed in a market, 0: never."""
        return self._last.get(market, 0)


def fill_id(seen: FillSeen) -> FillId:
    """Return a fill's identity: one trade may fill several of our orders, and both sides of one."""
    return FillId(f"{seen.trade}:{seen.venue_order}")


def _signed(fill: KeptFill) -> Qty:
    return fill.qty if fill.side is Side.BUY else -fill.qty


def _goes_on(old: FillState, new: FillState) -> bool:
    """A settlement goes forward; a retry goes back to the start of it; what ended has ended."""
    if old.is_final or old is new:
        return False
    return new is FillState.RETRYING or _RANK[new] > _RANK[old] or old is FillState.RETRYING
