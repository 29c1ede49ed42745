"""What the screen reads from the trading parts when it paints, instead of being told."""

from pmterm.messages.commands import SubmitTicket
from pmterm.messages.feed import NO_ASK, NO_BID
from pmterm.messages.orders import Bracket, Refused
from pmterm.model.ids import MarketId, OrderId
from pmterm.model.readings import BookHealth, Gauges, LimitUse, Unclosed
from pmterm.model.units import Cash, Ns, Price, Qty, fixed_text
from pmterm.runtime.strategy_plans import plan_words
from pmterm.trading.book.books import Books
from pmterm.trading.risk.gate import Gate
from pmterm.trading.signal.detector import Detector
from pmterm.trading.strategy.guarding import trailing_stop
from pmterm.trading.strategy.manual import Manual
from pmterm.trading.strategy.settings import Fade, Fomo
from pmterm.trading.strategy.strategies import Strategies
from pmterm.views.board import Levels
from pmterm.views.standing import Guarded, Standing, StrategyRow


class Reader:
    """Reads books, gauges, limits and exits; satisfies `views.board.BoardReader`."""

    def __init__(
        self,
        books: Books,
        detector: Detector,
        manual: Manual,
        gate: Gate,
        strategies: Strategies,
    ) -> None:
        self._books = books
        self._detector = detector
        self._manual = manual
        self._gate = gate
        self._strategies = strategies

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
        """Return all limits as they bear on an order in this market, those that are off too."""
        return self._gate.limits(market)

    def objection(self, ticket: SubmitTicket, instead_of: OrderId) -> Refused | None:
        """Return what would be said against a ticket if an order were gone, None if nothing."""
        wish = self._manual.meant(ticket)
        return wish if isinstance(wish, Refused) else self._gate.objection(wish, instead_of)

    def touch(self, market: MarketId) -> tuple[Price, Price]:
        """Return the best bid and ask."""
        book = self._books.book(market)
        return (NO_BID, NO_ASK) if book is None else (book.best_bid, book.best_ask)

    def exit_value(self, market: MarketId, qty: Qty) -> Cash | None:
        """Return what selling `qty` (signed: as held) brings by the day's loss, None: no price."""
        return self._gate.exit_value(market, qty)

    def standing(self, at: Ns) -> Standing:
        """Return the exits in force, and what strategies may do and suggest."""
        strategies, settings = self._strategies, self._strategies.settings
        return Standing(
            {
                market: Guarded(
                    exits,
                    is_long,
                    fired,
                    trailing_stop(exits, is_long=is_long) if exits.best else 0,
                )
                for market, (exits, is_long, fired) in strategies.guards.state().items()
            },
            tuple(self._row(name) for name in strategies.modes()),
            tuple(strategies.suggestions(at)),
            _usual(settings.fade),
            _usual(settings.fomo),
            tuple(self.unclosed()),
        )

    def unclosed(self) -> list[Unclosed]:
        """Return what is still held of what a person or an exit closes, each market once."""
        told = [*self._strategies.guards.unclosed(), *self._manual.unclosed()]
        return list({one.market: one for one in sorted(told, key=lambda u: u.is_tried)}.values())

    def _row(self, name: str) -> StrategyRow:
        strategies, rules = self._strategies, self._strategies.settings.rules
        return StrategyRow(
            name,
            strategies.modes()[name],
            strategies.missing(name),
            strategies.record(name),
            self._gate.live_trades(name),
            rules.small_trades,
            f"${fixed_text(rules.small, 6)} at most",
            does=plan_words(name, strategies.settings),
        )


def _usual(fade: Fade | Fomo) -> Bracket:
    return Bracket(target_ppm=fade.target_ppm, stop_ppm=fade.stop_ppm, lasts_s=fade.timeout_s)
