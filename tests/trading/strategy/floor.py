"""The street with strategies on a book set by hand, and the paper broker at its end."""

from tests.properties.money_builders import M, RealBook, market
from tests.properties.street import Street

from pmterm.messages.feed import MarketSeen
from pmterm.messages.health import Heartbeat
from pmterm.messages.signals import Advice, SignalKind, SignalSeen
from pmterm.messages.strategy import SetMode, StrategyMode
from pmterm.model.ids import MarketId, SignalId
from pmterm.model.units import CASH_ONE, MS, PPM, SECOND
from pmterm.trading.pipeline import Pipeline
from pmterm.trading.risk.limits import Limits
from pmterm.trading.strategy.settings import StrategySettings
from pmterm.trading.strategy.strategies import STRATEGIES, Strategies

BEAT = 500 * MS
FREE = Limits(
    min_depth=0, market_cooldown=0, losses_in_row=0, move_ppm=0, max_drawdown_ppm=0, max_orders=0
)


class Floor(Street):
    """A street on which strategies stand; `quote` moves the market, `wait` lets time pass."""

    def __init__(self, settings=None, kinds=STRATEGIES, limits=FREE, book=None):
        self.settings, self.kinds = settings or StrategySettings(), kinds
        self.since = 0  # what is older is not looked at by `said`
        super().__init__(book or RealBook({4600: 1_000}, {4700: 1_000}), limits)
        self.strategies = Strategies(self.settings, self.manual, 700_000, kinds)
        self.pipeline = Pipeline(
            [self.manual, self.strategies, self.gate, self.executor, self.portfolio]
        )

    def quote(self, bid, ask, size=1_000):
        """Move the whole book; 0 takes a side away."""
        self.book.sizes = {
            side: ({price: size} if price else {})
            for side, price in zip(self.book.sizes, (bid, ask), strict=True)
        }
        return self.look()

    def look(self):
        """Say the book as it stands."""
        return self.take(self.book.touch(self.at))

    def wait(self, duration=SECOND):
        """Let time pass with a heartbeat each half second."""
        end = self.at + duration
        said = []
        while (due := (self.at // BEAT + 1) * BEAT) <= end:
            said += super().wait(due - self.at)
            said += self.take(Heartbeat(due))
        return said + super().wait(end - self.at)

    def switch(self, name="fade", mode=StrategyMode.AUTO):
        return self.take(SetMode(self.at, name, mode))

    def signal(self, kind=SignalKind.PANIC_SELL, advice=Advice.BUY, score=900_000, **fields):
        fields.setdefault("before2", 10_400)
        number = sum(type(m) is SignalSeen for m in self.journal) + 1
        touch = self.book.touch(self.at)
        return self.take(
            SignalSeen(
                self.at,
                SignalId(f"s-{number:06d}"),
                M,
                kind,
                advice,
                score,
                touch.best_bid + touch.best_ask,
                fields.pop("before2"),
                touch.best_bid,
                touch.best_ask,
                0,
                0,
                (),
                **fields,
            )
        )

    def also(self, name, **fields):
        """Watch another market."""
        self.take(MarketSeen(self.at, market(name, **fields)))
        return MarketId(name)

    def said(self, *kinds):
        return [message for message in self.journal[self.since :] if type(message) in kinds]

    def held(self, name=M):
        return next((p.qty for p in self.portfolio.positions() if p.market == name), 0)

    def again(self):
        """Die, and begin anew from the journal."""
        other = Floor(self.settings, self.kinds, self.limits, self.book)
        other.at = self.at
        recalls = other.broker.recalls()
        for message in self.journal:
            other.pipeline.recall(message)
            recalls.get(type(message), lambda _: None)(message)
        other.journal, other.since = list(self.journal), self.since
        return other


def floor(kinds=STRATEGIES, **settings):
    """Return an open street with a market at 46/47 and the fade acting by itself."""
    it = Floor(StrategySettings(**settings), kinds)
    it.start()
    it.switch()
    return it


__all__ = ["CASH_ONE", "PPM", "SECOND", "Floor", "M", "floor"]
