"""A journal's fills into round trips: each from flat to flat, over any number of sessions.

What a round trip earned is what it brought in less what it took, so that the sum over all of them
is the change of the account's cash. A fill that failed to settle never was, and one heard twice
counts once. A flip through zero ends one trip and begins another; its fee is shared by size.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from pmterm.lab.asked import ELSEWHERE, NO_SIGNAL, TAKEN, Asked, SignalKey
from pmterm.messages.accounts import MarketSettled, Mode, SessionStarted
from pmterm.messages.base import Message
from pmterm.messages.live import HoldingAdjusted
from pmterm.messages.orders import Fill, FillMoved, Intent, OrderAdopted
from pmterm.messages.signals import SignalEnded, SignalSeen
from pmterm.messages.strategy import EXIT, ExitFired, Exits, ExitsGone, Suggested, acted_by
from pmterm.model.holding import FLAT, Booked, Holding
from pmterm.model.ids import FillId, MarketId, OrderId
from pmterm.model.order import FillState, Side
from pmterm.model.units import Cash, Ns, Price, Qty

UNWATCHED = "exits could not act while pmterm was not running"


class RoundTrip(msgspec.Struct, frozen=True):
    """A position from flat to flat in one market, or (`closed` 0) one that stands yet.

    `side` is how it was opened, `qty` the most that was held, `exposure` the most it cost (1e-6
    USD), `entry` and `exit` average YES prices, `net` what it earned after `fees`; of one that
    stands, what was realised so far. `held` and `cost` are what stands and what that took.
    `signal` is the kind it acted on, "" none. `doubt` says why nobody knows what it would have
    earned; such a trip is in no rate. `reverted_after`: how long the price took to come back after
    the signal, None where it did not, or nothing was to come back. `is_made_up`: it was opened in
    the demo, or on a local exchange. `signal_id` counts anew in every session. `why` it closed: an
    exit's kind, who asked for the order, or "settled".
    """

    market: MarketId
    mode: Mode
    strategy: str
    signal: str
    side: Side
    qty: Qty
    exposure: Cash
    opened: Ns
    closed: Ns
    entry: Price
    exit: Price
    fees: Cash
    net: Cash
    held: Qty = 0
    cost: Cash = 0
    doubt: str = ""
    reverted_after: Ns | None = None
    is_made_up: bool = False
    signal_id: str = ""
    why: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it stands yet."""
        return not self.closed


class _Trip:
    """A position on its way."""

    def __init__(
        self, session: SessionStarted, strategy: str, signal: SignalKey, side: Side, at: Ns
    ) -> None:
        self.mode = session.mode
        self.is_made_up = session.is_made_up
        self.strategy = strategy
        self.signal = signal
        self.side = side
        self.at = at
        self.into: list[tuple[Price, Qty]] = []
        self.out: list[tuple[Price, Qty]] = []
        self.most: Qty = 0
        self.exposure: Cash = 0
        self.fees: Cash = 0
        self.net: Cash = 0
        self.doubt = ""
        self.why = ""

    def stands(self, held: Holding) -> None:
        self.most = max(self.most, abs(held.qty))
        self.exposure = max(self.exposure, held.cost)

    def told(self, market: MarketId, asked: Asked, held: Holding, closed: Ns) -> RoundTrip:
        ended = asked.ended.get(self.signal)
        is_back = ended is not None and ended.is_whole and ended.reverted
        return RoundTrip(
            market=market,
            mode=self.mode,
            strategy=self.strategy,
            signal=asked.kinds.get(self.signal, ""),
            side=self.side,
            qty=self.most,
            exposure=self.exposure,
            opened=self.at,
            closed=closed,
            entry=_average(self.into),
            exit=_average(self.out),
            fees=self.fees,
            net=self.net,
            held=held.qty,
            cost=held.cost,
            doubt=self.doubt,
            reverted_after=ended.after if ended is not None and is_back else None,
            is_made_up=self.is_made_up,
            signal_id=self.signal[1],
            why=self.why,
        )


def round_trips(messages: Sequence[Message]) -> list[RoundTrip]:
    """Return what a journal's fills amount to: ended trips as they ended, then those that stand."""
    failed = {
        said.fill
        for said in messages
        if isinstance(said, FillMoved) and said.state is FillState.FAILED
    }
    fold = RoundTrips(failed)
    for said in messages:
        hear = fold.hears.get(type(said))
        if hear is not None:
            hear(said)
    return fold.trips()


class RoundTrips:
    """Folds what is heard, once and in order; `failed` are the fills that never were."""

    def __init__(self, failed: Iterable[FillId] = ()) -> None:
        self._counted: set[FillId] = set(failed)
        self._asked = Asked()
        self._session = SessionStarted(0, "", Mode.PAPER, "", 0)
        self._held: dict[MarketId, Holding] = {}
        self._open: dict[MarketId, _Trip] = {}
        self._ended: list[tuple[MarketId, _Trip, Ns]] = []
        self._guarded: set[MarketId] = set()
        self._payouts: dict[MarketId, Price] = {}
        self._origins: dict[OrderId, str] = {}
        self._exits: dict[OrderId, str] = {}
        self.hears: dict[type[Message], Callable[[Any], None]] = {
            SessionStarted: self._started,
            SignalSeen: self._asked.signal_seen,
            SignalEnded: self._asked.signal_ended,
            Suggested: self._asked.suggested,
            Intent: self._intended,
            OrderAdopted: self._asked.adopted,
            Exits: lambda exits: self._guarded.add(exits.market),
            ExitsGone: lambda gone: self._guarded.discard(gone.market),
            ExitFired: self._exit_fired,
            Fill: self._filled,
            HoldingAdjusted: self._adjusted,
            MarketSettled: self._settled,
        }

    def trips(self) -> list[RoundTrip]:
        """Return all of them, told with what is known by now of their signals."""
        ended = [trip.told(market, self._asked, FLAT, at) for market, trip, at in self._ended]
        return ended + [
            trip.told(market, self._asked, self._held[market], 0)
            for market, trip in self._open.items()
        ]

    def gap(self, market: MarketId, reason: str) -> None:
        """Note that nobody saw what happened: to one market, or ("") to all."""
        for held in [market] if market else list(self._open):
            if held in self._open:
                self._open[held].doubt = reason

    def _intended(self, intent: Intent) -> None:
        self._asked.intended(intent)
        self._origins[intent.replaces or intent.order] = intent.origin

    def _exit_fired(self, fired: ExitFired) -> None:
        self._guarded.discard(fired.market)
        self._exits[fired.order] = fired.kind

    def _why(self, order: OrderId) -> str:
        """Say why an order closes, as shortly as it can be said."""
        if order in self._exits:
            return self._exits[order]
        origin = self._origins.get(order, "")
        return acted_by(origin) or origin.removeprefix(TAKEN).removeprefix(EXIT)

    def _started(self, session: SessionStarted) -> None:
        self._asked.started(session)
        self._session = session
        for market, trip in self._open.items():
            if trip.mode is Mode.PAPER and market in self._guarded:
                trip.doubt = trip.doubt or UNWATCHED

    def _filled(self, fill: Fill) -> None:
        if fill.id in self._counted or fill.state is FillState.FAILED or not fill.qty:
            return
        self._counted.add(fill.id)
        held = self._held.get(fill.market, FLAT)
        signed = fill.qty if fill.side is Side.BUY else -fill.qty
        closing = min(fill.qty, abs(held.qty)) if held.qty * signed < 0 else 0
        fee = fill.fee * closing // fill.qty
        if closing:
            self._close(fill, closing, fee)
        if closing < fill.qty:
            self._enter(fill, fill.qty - closing, fill.fee - fee)
        if fill.market in self._payouts:  # heard of after the market was resolved
            self._pay(fill.market, fill.at)

    def _enter(self, fill: Fill, qty: Qty, fee: Cash) -> None:
        booked = self._held.get(fill.market, FLAT).filled(fill.side, fill.price, qty, fee)
        trip = self._open.get(fill.market)
        if trip is None:
            strategy, signal = self._asked.of(fill.order)
            trip = _Trip(self._session, strategy, signal, fill.side, fill.at)
            self._open[fill.market] = trip
        trip.into.append((fill.price, qty))
        self._book(fill.market, booked, fee, fill.at)

    def _close(self, fill: Fill, qty: Qty, fee: Cash) -> None:
        booked = self._held[fill.market].filled(fill.side, fill.price, qty, fee)
        trip = self._open[fill.market]
        trip.out.append((fill.price, qty))
        trip.why = self._why(fill.order)
        self._book(fill.market, booked, fee, fill.at)

    def _book(self, market: MarketId, booked: Booked, fee: Cash, at: Ns) -> None:
        self._held[market] = booked.holding
        trip = self._open[market]
        trip.fees += fee
        trip.net += booked.profit
        trip.stands(booked.holding)
        if booked.is_over:
            self._end(market, at)

    def _end(self, market: MarketId, at: Ns) -> None:
        self._ended.append((market, self._open.pop(market), at))
        self._guarded.discard(market)

    def _adjusted(self, said: HoldingAdjusted) -> None:
        """Correct a holding by the venue's word: from then on nobody knows what was earned."""
        held = self._held.get(said.market, FLAT).adjusted(said.qty, said.price).holding
        self._held[said.market] = held
        trip = self._open.get(said.market)
        if trip is None:
            side = Side.BUY if said.qty > 0 else Side.SELL
            trip = _Trip(self._session, ELSEWHERE, NO_SIGNAL, side, said.at)
            self._open[said.market] = trip
            trip.into.append((said.price, abs(said.qty)))
        trip.doubt = f"corrected: {said.reason}"
        trip.stands(held)
        if not held.qty:
            self._end(said.market, said.at)

    def _settled(self, said: MarketSettled) -> None:
        self._payouts[said.market] = said.payout
        self._pay(said.market, said.at)

    def _pay(self, market: MarketId, at: Ns) -> None:
        held = self._held.get(market, FLAT)
        if held.qty:
            payout = self._payouts[market]
            trip = self._open[market]
            trip.out.append((payout, abs(held.qty)))
            trip.why = "settled"
            self._book(market, held.settled(payout), 0, at)


def _average(parts: Sequence[tuple[Price, Qty]]) -> Price:
    """Return the average price, rounded half up; 0 of nothing."""
    size = sum(qty for _, qty in parts)
    paid = sum(price * qty for price, qty in parts)
    return (2 * paid + size) // (2 * size) if size else 0
