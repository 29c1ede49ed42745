"""Fills of one venue: each counted once, followed until its settlement is over."""

from typing import Final

import msgspec

from pmterm.messages.orders import Fill, FillMoved
from pmterm.messages.said import FillSeen
from pmterm.model.ids import FillId, MarketId, OrderId
from pmterm.model.kept import Kept
from pmterm.model.order import FillState, Side
from pmterm.model.units import Ns, Qty

_RANK = {
    FillState.RETRYING: 0,
    FillState.MATCHED: 0,
    FillState.MINED: 1,
    FillState.CONFIRMED: 2,
    FillState.FAILED: 3,
}


MARKETS_KEPT: Final = 5_000


class KeptFill(msgspec.Struct):
    """A fill that was counted and settles yet.

    `at` is when we first heard of it, `made_at` when it was made, by the venue's clock.
    """

    id: FillId
    order: OrderId
    market: MarketId
    side: Side
    qty: Qty
    outcome: int
    state: FillState
    at: Ns
    made_at: Ns


class FillBook:
    """Knows every fill that was counted, and what is held by them.

    `held` is signed on the YES scale and holds what was not taken back, settled or not.
    `changed_at` is when anything last changed anywhere, 0: never.

    What it keeps is bounded: all that settle, the ids of the last 20 000 that ended, 5 000 markets.
    Of older fills it knows the time alone (`is_forgotten`), so that none is counted again.
    """

    def __init__(self) -> None:
        self._settling: dict[FillId, KeptFill] = {}
        self._ended: Kept[FillId, Ns] = Kept()  # when each was made, by the venue
        self._forgotten_at: Ns = 0
        self._held: dict[MarketId, Qty] = {}
        self._last: Kept[MarketId, Ns] = Kept(MARKETS_KEPT)
        self._over: Kept[MarketId, None] = Kept(MARKETS_KEPT)
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
            fill.venue_at or fill.at,
        )
        if fill.state.is_final:
            self._end(kept)
        else:
            self._settling[fill.id] = kept
        self.adjust(fill.market, _signed(kept))
        self._changed(fill.market, fill.at)

    def move(self, moved: FillMoved) -> KeptFill | None:
        """Follow a fill's settlement; return the fill if that was news, else None."""
        kept = self._settling.get(moved.fill)
        if kept is None or not _goes_on(kept.state, moved.state):
            return None
        kept.state = moved.state
        self._changed(kept.market, moved.at)
        if moved.state.is_final:
            del self._settling[kept.id]
            self._end(kept)
        if moved.state is FillState.FAILED:
            self.adjust(kept.market, -_signed(kept))
        return kept

    def get(self, fill: FillId) -> KeptFill | None:
        """Return a counted fill that settles yet."""
        return self._settling.get(fill)

    def has_ended(self, fill: FillId) -> bool:
        """Tell whether a fill was counted and has settled or failed, as far as that is kept."""
        return fill in self._ended

    def is_forgotten(self, made_at: Ns) -> bool:
        """Tell whether fills that the venue dates so long ago may be counted, and not kept."""
        return 0 < made_at <= self._forgotten_at

    def adjust(self, market: MarketId, qty: Qty) -> None:
        """Add to what is held."""
        held = self._held.pop(market, 0) + qty
        if held:
            self._held[market] = held

    def empty(self, market: MarketId) -> None:
        """The market was settled: nothing is held in it any more."""
        self._held.pop(market, None)
        self._over.keep(market, None)

    def is_over(self, market: MarketId) -> bool:
        """Tell whether a market was settled; what a venue still shows there is to be paid.

        Those that are asked about are kept longest: a venue may show them for ever.
        """
        if market not in self._over:
            return False
        self._over.keep(market, None)
        return True

    def held(self, market: MarketId) -> Qty:
        """Return what is held, signed on the YES scale."""
        return self._held.get(market, 0)

    def markets(self) -> list[MarketId]:
        """Return the markets in which something is held."""
        return list(self._held)

    def oldest_settling(self) -> Ns:
        """Return when the oldest fill that is still settling was heard of, 0 if none is."""
        return min((fill.at for fill in self._settling.values()), default=0)

    def is_settling(self, market: MarketId) -> bool:
        """Tell whether something in a market is still settling."""
        return any(fill.market == market for fill in self._settling.values())

    def last_at(self, market: MarketId) -> Ns:
        """Return when something last changed in a market, 0: never."""
        return self._last.get(market, 0)

    def _changed(self, market: MarketId, at: Ns) -> None:
        self._last.keep(market, at)
        self.changed_at = at

    def _end(self, kept: KeptFill) -> None:
        gone = self._ended.keep(kept.id, kept.made_at)
        self._forgotten_at = max(self._forgotten_at, gone or 0)


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
