"""Fills into trades: each from flat to flat, with who asked for it and what ended it."""

from collections.abc import Mapping

from pmterm.lab.outcome import Gap, Trade
from pmterm.messages.accounts import MarketSettled
from pmterm.messages.orders import Fill, Intent
from pmterm.messages.signals import SignalSeen
from pmterm.messages.strategy import ExitFired, Suggested, acted_by
from pmterm.model.holding import FLAT, Holding
from pmterm.model.ids import MarketId, OrderId, SignalId
from pmterm.model.order import Side
from pmterm.model.units import Cash, Ns, Price, Qty
from pmterm.trading.strategy.strategies import STRATEGIES

_NO_SIGNAL = SignalId("")
EXIT = "exit "  # how the origins of orders begin that an exit made later
TAKEN = "taken "  # how orders begin that a person took from a suggestion


class _Open:
    """A position that stands."""

    __slots__ = ("at", "fees", "gap", "into", "most", "out", "side", "signal", "strategy")

    def __init__(self, at: Ns, side: Side, strategy: str, signal: SignalId) -> None:
        self.at = at
        self.side = side
        self.strategy = strategy
        self.signal = signal
        self.into: list[tuple[Price, Qty]] = []
        self.out: list[tuple[Price, Qty]] = []
        self.most: Qty = 0
        self.fees: Cash = 0
        self.gap = ""


class Trades:
    """Folds what a run decides into trades."""

    def __init__(self) -> None:
        self.ended: list[Trade] = []
        self._held: dict[MarketId, Holding] = {}
        self._open: dict[MarketId, _Open] = {}
        self._origins: dict[OrderId, str] = {}
        self._exits: dict[OrderId, str] = {}
        self._suggested: dict[tuple[MarketId, str], SignalId] = {}
        self._kinds: dict[SignalId, str] = {}
        self._last: dict[tuple[MarketId, str], SignalId] = {}

    @property
    def markets(self) -> Mapping[MarketId, _Open]:
        """The markets in which something is held now."""
        return self._open

    def signal_seen(self, signal: SignalSeen) -> None:
        """Remember what a signal was called."""
        self._kinds[signal.id] = signal.kind
        self._last[signal.market, signal.kind] = signal.id

    def suggested(self, wish: Suggested) -> None:
        """Remember what a strategy would act on in a market."""
        self._suggested[wish.market, wish.strategy] = wish.signal

    def intended(self, intent: Intent) -> None:
        """Remember who asked for an order, and on what: a strategy acts on the latest of a kind."""
        origin = intent.origin
        name = acted_by(origin)
        self._origins[intent.order] = name or origin
        if name in STRATEGIES:
            signal = self._last.get((intent.market, STRATEGIES[name].kind), _NO_SIGNAL)
            self._suggested[intent.market, name] = signal
        elif origin.startswith(TAKEN):
            self._origins[intent.order] = origin.removeprefix(TAKEN)

    def exit_fired(self, fired: ExitFired) -> None:
        """Remember why an order closes."""
        self._exits[fired.order] = fired.kind

    def gap(self, gap: Gap) -> None:
        """Note that nobody saw what happened: to one market, or (no market named) to all."""
        for market in [gap.market] if gap.market else list(self._open):
            if market in self._open:
                self._open[market].gap = gap.reason

    def filled(self, fill: Fill) -> None:
        """Count a fill."""
        before = self._held.get(fill.market, FLAT)
        booked = before.filled(fill.side, fill.price, fill.qty, fill.fee)
        self._held[fill.market] = booked.holding
        signed = fill.qty if fill.side is Side.BUY else -fill.qty
        closing = min(fill.qty, abs(before.qty)) if before.qty * signed < 0 else 0
        standing = self._open.get(fill.market)
        if standing is None:
            standing = self._begin(fill)
        standing.fees += fill.fee
        if closing:
            standing.out.append((fill.price, closing))
        if booked.is_over:
            why = self._exits.get(fill.order) or self._origins.get(fill.order, "")
            why = why.removeprefix(EXIT)
            self._end(fill.market, fill.at, booked.trip, why)
            if closing < fill.qty:
                standing = self._begin(fill)
        if closing < fill.qty:
            standing.into.append((fill.price, fill.qty - closing))
        standing.most = max(standing.most, abs(booked.holding.qty))

    def settled(self, settled: MarketSettled) -> None:
        """Pay out what is held."""
        before = self._held.get(settled.market, FLAT)
        if not before.qty:
            return
        booked = before.settled(settled.payout)
        self._held[settled.market] = booked.holding
        self._open[settled.market].out.append((settled.payout, abs(before.qty)))
        self._end(settled.market, settled.at, booked.trip, "settled")

    def over(self, at: Ns) -> None:
        """End what still stands without a claim: the recording is over."""
        for market in list(self._open):
            self._open[market].gap = self._open[market].gap or "open when the recording ended"
            self._end(market, at, self._held[market].trip, "")

    def _begin(self, fill: Fill) -> _Open:
        strategy = self._origins.get(fill.order, "")
        signal = self._suggested.get((fill.market, strategy), _NO_SIGNAL)
        started = self._open[fill.market] = _Open(fill.at, fill.side, strategy, signal)
        return started

    def _end(self, market: MarketId, at: Ns, net: Cash, why: str) -> None:
        done = self._open.pop(market)
        self.ended.append(
            Trade(
                market=market,
                strategy=done.strategy,
                signal=done.signal,
                kind=self._kinds.get(done.signal, ""),
                side=done.side,
                qty=done.most,
                entered_at=done.at,
                left_at=at,
                entry=_average(done.into),
                exit=_average(done.out),
                fees=done.fees,
                net=net,
                reason=f"unknown: {done.gap}" if done.gap else why,
                is_known=not done.gap,
            )
        )


def _average(parts: list[tuple[Price, Qty]]) -> Price:
    """Return the average price, rounded half up; 0 of nothing."""
    size = sum(qty for _, qty in parts)
    paid = sum(price * qty for price, qty in parts)
    return (2 * paid + size) // (2 * size) if size else 0
