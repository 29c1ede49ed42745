"""Hears what a run says, and writes down what it came to."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from pmterm.lab.outcome import Followed, Gap, Outcome, Trade
from pmterm.lab.round_trips import RoundTrip, RoundTrips
from pmterm.messages.accounts import BalanceSeen, MarketSettled
from pmterm.messages.base import Message
from pmterm.messages.feed import BookLost, BookSnapshot, MarketSeen, MarketStatusSeen
from pmterm.messages.health import FeedDown
from pmterm.messages.orders import Fill, OrderReport, Refused
from pmterm.messages.signals import SignalEnded, SignalRejected, SignalSeen
from pmterm.messages.strategy import StrategyFailed
from pmterm.model.ids import MarketId, SignalId, Venue
from pmterm.model.market import MarketStatus
from pmterm.model.units import SECOND, Cash, Ns
from pmterm.store.journal import DECISIONS

BLIND: Final[Ns] = 10 * SECOND  # a book lost for longer makes a position's story unknown
HOLE: Final[Ns] = 60 * SECOND  # so does a recording without a single line for longer
AT_THE_END: Final = "open when the recording ended"
_OVER: Final = frozenset({MarketStatus.CLOSED, MarketStatus.RESOLVED})
_NUMBER = re.compile(r"[-+$]?\d[\d.]*")

Listener = Callable[[Any], None]


class Notebook:
    """Folds the messages of one run; nothing before `since` counts as a decision (Unix ns)."""

    def __init__(self, since: Ns = 0) -> None:
        self._since = since
        self._digest = hashlib.sha256()
        self._encode = msgspec.json.Encoder().encode
        self._decisions = 0
        self._trips = RoundTrips()
        self._signals: dict[SignalId, Followed] = {}
        self._followed: set[SignalId] = set()
        self._refused: Counter[str] = Counter()
        self._rejected: Counter[str] = Counter()
        self._orders: Counter[str] = Counter()
        self._gaps: list[Gap] = []
        self._lost: dict[MarketId, tuple[Ns, str]] = {}
        self._over: set[MarketId] = set()
        self._venues: dict[MarketId, Venue] = {}
        self._events: dict[MarketId, str] = {}
        self._booked: set[MarketId] = set()
        self._settled: list[MarketId] = []
        self._failed: list[str] = []
        self._cash: Cash = 0
        self._fees: Cash = 0

    def hears(self) -> list[Mapping[type[Message], Listener]]:
        """Return listeners by type, in the order they are to be added."""
        return [
            dict.fromkeys(DECISIONS, self._decided),
            {
                MarketSeen: self._market_seen,
                MarketStatusSeen: self._status_seen,
                BookSnapshot: self._book_told,
                BookLost: self._book_lost,
                FeedDown: self._feed_down,
                SignalSeen: self._signal_seen,
                SignalEnded: self._signal_ended,
                SignalRejected: self._signal_rejected,
                Refused: self._order_refused,
                OrderReport: self._reported,
                Fill: self._filled,
                MarketSettled: self._market_settled,
                BalanceSeen: self._balance_seen,
                StrategyFailed: self._strategy_failed,
            },
            self._trips.hears,
        ]

    def hole(self, since: Ns, until: Ns, reason: str) -> None:
        """Note a stretch without a line: nobody followed a signal through it."""
        self._followed.clear()
        last = next((gap for gap in reversed(self._gaps) if not gap.market), None)
        if last is not None and last.until == since:  # it only goes on
            self._gaps.remove(last)
            since = last.since
        self._note_gap(Gap(MarketId(""), since, until, reason))

    def outcome(
        self,
        recording: str,
        span: tuple[Ns, Ns],
        inputs: int,
        *,
        damage: Sequence[str] = (),
        stopped_at: Ns = 0,
    ) -> Outcome:
        """Close the book: what still stands at the end is not known."""
        for market in tuple(self._lost):
            self._found(market, span[1])
        trips = self._trips.trips()
        return Outcome(
            recording=recording,
            hash=self._digest.hexdigest(),
            decisions=self._decisions,
            inputs=inputs,
            first_at=span[0],
            last_at=span[1],
            cash=self._cash,
            fees=self._fees,
            trades=tuple(self._trade(trip, span[1]) for trip in trips),
            signals=tuple(self._signals.values()),
            refused=dict(self._refused),
            rejected=dict(self._rejected),
            orders=dict(self._orders),
            gaps=tuple(self._gaps),
            without_book=tuple(sorted(self._venues.keys() - self._booked)),
            settled=tuple(self._settled),
            failed=tuple(self._failed),
            damage=tuple(damage),
            stopped_at=stopped_at,
            markets=tuple(sorted(self._venues)),
        )

    def _trade(self, trip: RoundTrip, end: Ns) -> Trade:
        doubt = trip.doubt or (AT_THE_END if trip.is_open else "")
        signal = self._signals.get(SignalId(trip.signal_id))
        return Trade(
            market=trip.market,
            strategy=trip.strategy,
            signal=SignalId(trip.signal_id),
            kind=trip.signal,
            side=trip.side,
            qty=trip.qty,
            entered_at=trip.opened,
            left_at=trip.closed or end,
            entry=trip.entry,
            exit=trip.exit,
            fees=trip.fees,
            net=trip.net,
            reason=f"unknown: {doubt}" if doubt else trip.why,
            is_known=not doubt,
            reverted_after=signal.after if signal is not None and signal.reverted else -1,
        )

    def _decided(self, message: Message) -> None:
        if message.at < self._since:
            return
        self._decisions += 1
        self._digest.update(self._encode(message))
        self._digest.update(b"\n")

    def _market_seen(self, seen: MarketSeen) -> None:
        self._venues[seen.market.id] = seen.market.venue
        self._events[seen.market.id] = seen.market.event

    def _book_told(self, told: BookSnapshot) -> None:
        if told.bids or told.asks:  # one told as empty is built from its changes
            self._booked.add(told.market)
        self._found(told.market, told.at)

    def _status_seen(self, seen: MarketStatusSeen) -> None:
        """Once a market is over its book is of no use to anybody."""
        if seen.status in _OVER:
            self._found(seen.market, seen.at)
            self._over.add(seen.market)
        else:
            self._over.discard(seen.market)

    def _book_lost(self, lost: BookLost) -> None:
        self._lose(lost.market, lost.at, lost.reason)

    def _feed_down(self, down: FeedDown) -> None:
        for market, venue in self._venues.items():
            if venue is down.venue and market in self._booked:
                self._lose(market, down.at, down.reason or "the stream was gone")

    def _lose(self, market: MarketId, at: Ns, reason: str) -> None:
        if market not in self._over:
            self._lost.setdefault(market, (at, reason))

    def _found(self, market: MarketId, at: Ns) -> None:
        """Note a gap if the book of a market was lost until now for too long."""
        since, reason = self._lost.pop(market, (at, ""))
        if at - since > BLIND:
            self._note_gap(Gap(market, since, at, reason))

    def _note_gap(self, gap: Gap) -> None:
        self._gaps.append(gap)
        self._trips.gap(gap.market, gap.reason)

    def _signal_seen(self, signal: SignalSeen) -> None:
        if signal.at >= self._since:
            self._followed.add(signal.id)
            self._signals[signal.id] = Followed(
                signal.id,
                signal.market,
                signal.kind,
                signal.at,
                signal.score_ppm,
                event=self._events.get(signal.market, ""),
            )

    def _signal_ended(self, ended: SignalEnded) -> None:
        seen = self._signals.get(ended.id)
        if seen is not None and ended.id in self._followed:
            self._followed.discard(ended.id)
            self._signals[ended.id] = msgspec.structs.replace(
                seen,
                reverted=ended.reverted,
                after=ended.after,
                net=ended.net,
                is_whole=ended.is_whole,
            )

    def _signal_rejected(self, rejected: SignalRejected) -> None:
        for reason in rejected.failed:
            self._rejected[f"{rejected.kind}: {_without_number(reason)}"] += 1

    def _order_refused(self, refused: Refused) -> None:
        if not refused.is_warning:
            self._refused[refused.rule] += 1

    def _reported(self, report: OrderReport) -> None:
        if report.state.is_final:
            self._orders[report.state] += 1

    def _filled(self, fill: Fill) -> None:
        self._fees += fill.fee

    def _market_settled(self, settled: MarketSettled) -> None:
        self._found(settled.market, settled.at)
        self._settled.append(settled.market)

    def _balance_seen(self, balance: BalanceSeen) -> None:
        self._cash = balance.cash

    def _strategy_failed(self, failed: StrategyFailed) -> None:
        self._failed.append(f"{failed.strategy}: {failed.reason}")


def _without_number(text: str) -> str:
    """Return a reason without what was found (its first number), so that the same counts as one.

    What was needed stays.
    """
    return _NUMBER.sub("…", text, count=1)
