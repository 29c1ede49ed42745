"""What a strategy would do now: its answer to a signal made into an order, or why there is none."""

from typing import Final, NamedTuple

from pmterm.messages.orders import Bracket, Fill, Intent, OrderReport
from pmterm.messages.signals import SignalSeen
from pmterm.messages.strategy import Exits, RecordKnown, acted_by
from pmterm.model.ids import MarketId, OrderId
from pmterm.model.ledger import Ledger
from pmterm.model.market import Market
from pmterm.model.order import Side
from pmterm.model.units import Cash, Ns, Price, Qty, cost, fixed_text, price_text
from pmterm.trading.strategy.closing import PAUSE
from pmterm.trading.strategy.guarding import judged, placed
from pmterm.trading.strategy.quotes import Quotes
from pmterm.trading.strategy.settings import StrategySettings
from pmterm.trading.strategy.sizing import Stake, exits_worth, size_of
from pmterm.trading.strategy.wish import Chance, Kind, WhyNot, held_price

_REMEMBERED: Final = 1_000  # orders of strategies, until they fill


class Plan(NamedTuple):
    """What a strategy would do now: an order, where its exits would stand, what it costs."""

    side: Side
    qty: Qty
    touch: Price
    price: Price
    bracket: Bracket
    exits: Exits
    cost: Cash


class Planner:
    """Works out orders from markets, books, what is held and what strategies have shown.

    `act_score_ppm`: the score from which signals that have one are acted on (G9).
    """

    def __init__(
        self, settings: StrategySettings, quotes: Quotes, ledger: Ledger, act_score_ppm: int
    ) -> None:
        self._settings = settings
        self._rules = settings.rules
        self._quotes = quotes
        self._ledger = ledger
        self._act_score_ppm = act_score_ppm
        self._entries: dict[MarketId, Intent] = {}
        self._heard: set[OrderId] = set()
        self._autos: dict[OrderId, str] = {}
        self._live_trades: dict[str, int] = {}
        self.records: dict[str, RecordKnown] = {}

    def plan(self, name: str, kind: Kind, signal: SignalSeen) -> Plan | WhyNot:
        """Ask a strategy, and work out its order. Changes nothing, so that it may break.

        Raises:
            WrongError: there is no market or no price to go by.
        """
        market = self._quotes.market(signal.market)
        if kind.is_scored and signal.score_ppm < self._act_score_ppm:
            score, least = _hundredths(signal.score_ppm), _hundredths(self._act_score_ppm)
            return WhyNot(f"score {score}", f"at least {least}", "a stronger signal")
        is_busy = self._busy(signal.at, market.id)
        if is_busy:
            return WhyNot(is_busy, "nothing held or working there", "wait until it is over")
        book = self._quotes.book(market.id)
        if book is None or not book.is_trusted:
            return WhyNot("book not trusted", "a trusted book", "wait for the book")
        side = Chance(signal, market, 0).side
        touch, price = self._quotes.priced(market, side, 0)
        wish = kind.rule(Chance(signal, market, touch), getattr(self._settings, name, None))
        if isinstance(wish, WhyNot):
            return wish
        is_long = side is Side.BUY
        exits = placed(wish.bracket, market, touch, signal.at, is_long=is_long, origin=name)
        at_once = judged(exits, book, is_long=is_long)
        if at_once is not None:
            spread = price_text(book.best_ask - book.best_bid)
            limit = f"a {at_once.value} further away"
            return WhyNot(f"spread {spread}", limit, "wait for a narrower spread")
        paid = held_price(price, is_long=is_long)
        worth = exits_worth(wish.bracket, paid, is_long=is_long)
        qty = size_of(self._stake(name, signal.at, market, paid, worth), self._rules)
        if isinstance(qty, WhyNot):
            return qty
        return Plan(side, qty, touch, price, wish.bracket, exits, cost(paid, qty))

    def _stake(
        self, name: str, at: Ns, market: Market, paid: Price, worth: tuple[Price, Price]
    ) -> Stake:
        target, stop = worth
        ledger = self._ledger
        is_new = ledger.is_live and self._traded_live(name) < self._rules.small_trades
        return Stake(
            market,
            paid,
            target,
            stop,
            tied=self._tied(at, market),
            capital=ledger.purse(market.id) if ledger.is_live else ledger.money,
            record=self.records.get(name),
            most=self._rules.small if is_new else 0,
        )

    def _tied(self, at: Ns, market: Market) -> Cash:
        """Return what holdings of the same event could lose, and orders on their way to one."""
        is_same = self._quotes.is_same_event
        held = sum(
            holding.cost
            for other, holding in self._ledger.holdings.items()
            if holding.qty and is_same(market.id, other)
        )
        return held + sum(
            cost(held_price(entry.price, is_long=entry.side is Side.BUY), entry.qty)
            for other, entry in self._entries.items()
            if self._is_on_way(at, entry) and is_same(market.id, other)
        )

    def _is_on_way(self, at: Ns, entry: Intent) -> bool:
        """Tell whether an order may still fill; one the gate refused is never heard of."""
        return entry.order in self._heard or at - entry.at < PAUSE

    def _busy(self, at: Ns, market: MarketId) -> str:
        """Say what stands in the way of opening a position, "" if nothing."""
        if self._ledger.held(market).qty:
            return f"{fixed_text(self._ledger.held(market).qty, 6)} held"
        entry = self._entries.get(market)
        if entry is not None and self._is_on_way(at, entry):
            return f"{entry.order} on its way"
        return ""

    def _traded_live(self, name: str) -> int:
        record = self.records.get(name)
        before = record.live_trades if record is not None else 0
        return before + self._live_trades.get(name, 0)

    def note_record(self, record: RecordKnown) -> None:
        """Take what a strategy has shown; it counts all its live trades so far."""
        self.records[record.strategy] = record
        self._live_trades.pop(record.strategy, None)

    def note_entry(self, intent: Intent) -> None:
        """Remember an order that opens a position with its exits."""
        self._entries[intent.market] = intent
        name = acted_by(intent.origin)
        if name:
            self._autos[intent.order] = name
            if len(self._autos) > _REMEMBERED:
                del self._autos[next(iter(self._autos))]

    def note_report(self, report: OrderReport) -> None:
        """Follow it until it has ended."""
        entry = self._entries.get(report.market)
        if entry is None or entry.order != report.order:
            return
        if report.state.is_final:
            self._heard.discard(report.order)
            del self._entries[report.market]
        else:
            self._heard.add(report.order)

    def note_fill(self, fill: Fill) -> None:
        """Count an order's first fill as a trade of its strategy."""
        name = self._autos.pop(fill.order, "")
        if name:
            self._live_trades[name] = self._live_trades.get(name, 0) + 1


def _hundredths(ppm: int) -> str:
    return fixed_text(ppm // 10_000, 2, at_least=2)
