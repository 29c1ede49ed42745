"""What the screen reads from the trading parts when it paints, instead of being told."""

from pmterm.messages.feed import NO_ASK, NO_BID
from pmterm.model.ids import MarketId
from pmterm.model.readings import BookHealth, Gauges, LimitUse
from pmterm.model.units import Price
from pmterm.trading.book.books import Books
from pmterm.trading.risk.gate import Gate
from pmterm.trading.signal.detector import Detector
from pmterm.views.board import Levels


class Reader:
    """Reads books, gauges and limits; satisfies `views.board.BoardReader`."""

    def __init__(self, books: Books, detector: Detector, gate: Gate) -> None:
        self._books = books
        self._detector = detector
        self._gate = gate

    def levels(self, market: MarketId, n: int) -> Levels:
        """Return the best `n` bids and asks, best first."""
        book = self._books.book(market)
        return ([], []) if book is None else (book.bids(n), book.asks(n))

    def health(self, market: MarketId) -> BookHealth:
        """Return how far the book can be trusted."""
        return self._books.health(market)

    def gauges(self, market: MarketId) -> Gauges:
        """Return how the market stands against its own last hour."""
        return self._detector.gauges(market)

    def limits(self, market: MarketId) -> list[LimitUse]:
        """Return the limits as they bear on an order in this market."""
        return self._gate.uses(market)

    def touch(self, market: MarketId) -> tuple[Price, Price]:
        """Return the best bid and ask."""
        book = self._books.book(market)
        return (NO_BID, NO_ASK) if book is None else (book.best_bid, book.best_ask)
