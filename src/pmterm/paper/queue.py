"""Where our order stands in the line at its price."""

from pmterm.model.units import Ns, Qty


class Line:
    """The contracts before us, counted twice.

    Pessimistic (`ahead`): whoever cancels stood behind us, so only trades bring us forward, and a
    level smaller than what we thought was before us. Optimistic (`maybe_ahead`): whoever cancels
    stood before us. A trade is told twice, on the tape and as a smaller level, in either order;
    each fall or trade is kept for `credit` ns so that its twin does not count again.
    """

    def __init__(self, level: Qty, credit: Ns) -> None:
        self.ahead = level
        self.maybe_ahead = level
        self._level = level
        self._credit = credit
        self._fell: Qty = 0  # falls that moved `ahead` and have no trade yet
        self._maybe_fell: Qty = 0  # below 0: trades whose fall has not been seen
        self._since: Ns = 0

    def level_is(self, level: Qty, at: Ns) -> None:
        """Note that the others' size at our price is now `level`."""
        self._expire(at)
        fall = self._level - level
        self._level = level
        if fall <= 0:
            return
        self._since = at
        if self.ahead > level:
            self._fell += self.ahead - level
            self.ahead = level
        known = min(fall, max(0, -self._maybe_fell))
        self.maybe_ahead = max(0, self.maybe_ahead - (fall - known))
        self._maybe_fell += fall

    def traded(self, qty: Qty, at: Ns) -> tuple[Qty, Qty]:
        """Note a trade at our price; return how much of it reached us: (surely, maybe)."""
        self._expire(at)
        fresh = max(0, qty - self._fell)
        self._fell -= qty - fresh
        surely = max(0, fresh - self.ahead)
        self.ahead = max(0, self.ahead - fresh)
        maybe_fresh = max(0, qty - max(0, self._maybe_fell))
        maybe = max(surely, maybe_fresh - self.maybe_ahead)
        self.maybe_ahead = max(0, self.maybe_ahead - maybe_fresh)
        self._maybe_fell -= qty
        if self._maybe_fell < 0:
            self._since = at
        return surely, maybe

    def lost(self, level: Qty) -> None:
        """Start over at the end of a line of `level`: what happened meanwhile is not known."""
        self.ahead = max(self.ahead, level)
        self.maybe_ahead = min(self.maybe_ahead, level)
        self._level = level
        self._fell = 0
        self._maybe_fell = 0

    def _expire(self, at: Ns) -> None:
        if at - self._since > self._credit:
            self._fell = 0
            self._maybe_fell = 0
