"""What the gate sees of markets and of our own fortune, and what of it should trip the gate."""

from pmterm.messages.feed import BookSnapshot, TouchSeen
from pmterm.messages.last_books import LastBooks
from pmterm.model.holding import Booked
from pmterm.model.ids import MarketId
from pmterm.model.units import PPM, Cash, Ns, Price, Qty
from pmterm.trading.risk.breakers import Drawdown, Losses, Moves, exit_value, mid2_of
from pmterm.trading.risk.exposure import Exposure
from pmterm.trading.risk.limits import Limits


class Watch:
    """The last book of every market, its recent moves, and profit by day and hour.

    Holdings are marked at the last touch that had both sides, sampled at heartbeats: an emptied
    book is not a price of zero.
    """

    def __init__(self, limits: Limits, exposure: Exposure, last: LastBooks) -> None:
        self.limits = limits
        self.books = last.books
        self._exposure = exposure
        self._drawdown = Drawdown(limits.drawdown_window)
        self._moves: dict[MarketId, Moves] = {}
        self._touches: dict[MarketId, tuple[Price, Price]] = {}
        self._heard: dict[MarketId, Ns] = {}
        self.losses = Losses()

    def market_heard(self, heard: TouchSeen | BookSnapshot) -> None:
        """Note that the venue speaks of a market, though its book may not have changed."""
        self._heard[heard.market] = heard.at

    def heard_at(self, market: MarketId) -> Ns:
        """Return when a market was last spoken of, 0 if never."""
        book = self.books.get(market)
        return max(book.at if book else 0, self._heard.get(market, 0))

    def moved_ppm(self, market: MarketId, at: Ns) -> int:
        """Return the move that blocks a market, 0 if none does; asking blocks nothing."""
        moves, book = self._moves.get(market), self.books.get(market)
        return 0 if moves is None or book is None else moves.blocking(at, book)

    def check(self, market: MarketId, at: Ns) -> None:
        """Block a market from now on if its price has run away."""
        moves, book = self._moves.get(market), self.books.get(market)
        if moves is not None and book is not None:
            moves.check(at, book)

    def spread_mean(self, market: MarketId) -> Price:
        """Return a market's usual spread, 0 while it is not known."""
        moves = self._moves.get(market)
        return moves.spread_mean() if moves is not None else 0

    def booked(self, at: Ns, booked: Booked) -> None:
        """Count what a fill or settlement realised."""
        self.losses.turn(at, self._exposure.money - booked.cash)
        self.losses.book(booked)

    def beat(self, at: Ns) -> int:
        """Sample everything; return how far equity is below the hour's peak, in millionths."""
        for market, book in self.books.items():
            moves = self._moves.get(market)
            if moves is None:
                moves = self._moves[market] = Moves(self.limits)
            moves.sample(at, book)
        for market in self._exposure.holdings:
            held_book = self.books.get(market)
            if held_book is not None and mid2_of(held_book) is not None:
                self._touches[market] = (held_book.best_bid, held_book.best_ask)
        value, _ = exit_value(self._exposure.ledger, self._touches)
        equity = self._exposure.money + value
        self.losses.turn(at, equity)
        return self._drawdown.share_ppm(at, equity)

    def exit_value(self, market: MarketId, qty: Qty) -> Cash | None:
        """Return what selling `qty` (signed: as held) brings at the mark, None if there is none."""
        touch = self._touches.get(market)
        return None if touch is None else self._exposure.ledger.exit_value(market, qty, touch)

    def day_loss(self) -> Cash:
        """Return what the day has cost so far if everything were closed now, 0 or more.

        Closing costs its fee too, where the money is real.
        """
        _, unrealised = exit_value(self._exposure.ledger, self._touches)
        return max(0, -self.losses.realised - unrealised)

    def day_loss_limit(self) -> Cash:
        """Return the day's limit in money, 0 if there is none."""
        share = self.losses.start_equity * self.limits.max_day_loss_ppm // PPM
        return min([x for x in (self.limits.max_day_loss, share) if x > 0], default=0)

    def is_day_lost(self) -> bool:
        """Whether the day's loss limit is reached."""
        limit = self.day_loss_limit()
        return bool(limit) and self.day_loss() >= limit

    def looked_at(self) -> None:
        """Start moves and drawdown afresh: a person has seen them."""
        self._drawdown.forget()
        for moves in self._moves.values():
            moves.cleared()
