"""What can be asked of the exchange: orders, fills, queues, and what an account has left."""

from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market
from pmterm.model.order import Side
from pmterm.model.units import PRICE_ONE, Cash, Ns, Qty
from pmterm.sim import coverage
from pmterm.sim.accounts import Purse
from pmterm.sim.exchange_orders import ExchangeOrder, Filled
from pmterm.sim.exchange_records import Records
from pmterm.sim.ledger import Ledger
from pmterm.sim.world import World


class ExchangeView:
    """Pure questions; nothing here changes anything."""

    def __init__(
        self, world: World, ledger: Ledger, records: Records, markets: dict[MarketId, Market]
    ) -> None:
        self.world = world
        self.ledger = ledger
        self._records = records
        self._markets = markets

    @property
    def orders(self) -> dict[str, ExchangeOrder]:
        """Every order there ever was, by id, oldest first."""
        return self._records.orders

    @property
    def fills(self) -> list[Filled]:
        """Every fill there ever was, oldest first; a trade between two accounts is two fills."""
        return self._records.fills

    def order(self, order_id: str) -> ExchangeOrder | None:
        """Return an order, open or ended."""
        return self.orders.get(order_id)

    def visible(self, order_id: str, at: Ns) -> ExchangeOrder | None:
        """Return an order as lookups find it: not while a fault hides it."""
        order = self.orders.get(order_id)
        return order if order is not None and order.hidden_until <= at else None

    def open_orders(self, account: str) -> list[ExchangeOrder]:
        """Return an account's open orders (delayed ones too), oldest first."""
        return self._records.open_orders(account)

    def queue_position(self, order_id: str) -> Qty:
        """Return the contracts that trade before a resting order does; 0 if it does not rest."""
        order = self.orders.get(order_id)
        book = self.world.book(order.market) if order is not None else None
        return book.ahead_of(order_id) if book is not None else 0

    def would_take(self, order: ExchangeOrder) -> bool:
        """Tell whether an order would trade at once."""
        book = self.world.book(order.market)
        if book is None:
            return False
        is_buy = order.side is Side.BUY
        return order.price >= book.best_ask if is_buy else order.price <= book.best_bid

    def bought_with(self, order: ExchangeOrder, budget: Cash) -> tuple[Qty, Cash]:
        """Return how much of an order's outcome `budget` buys now up to its limit, and the rest.

        For orders that say how much to spend: place the answer as an order of that size.
        """
        book = self.world.book(order.market)
        bought = 0
        for price, there in book.levels(order.side.other) if book is not None else ():
            is_beyond = price > order.price if order.side is Side.BUY else price < order.price
            if is_beyond:
                break
            own = price if order.outcome == 0 else PRICE_ONE - price
            qty = min(there, budget * PRICE_ONE // own)
            bought += qty
            budget -= -(-own * qty // PRICE_ONE)
            if qty < there:
                return bought, 0
        return bought, max(0, budget)

    def free_cash(self, account: str, venue: Venue, shard: int = 0) -> Cash:
        """Return what a purse holds less what all open orders of its markets hold back."""
        purse = Purse(venue, shard)
        by_market: dict[MarketId, list[ExchangeOrder]] = {}
        for order in self.open_orders(account):
            by_market.setdefault(order.market, []).append(order)
        held_back = sum(
            coverage.reserved(self.ledger, market, orders)
            for name, orders in by_market.items()
            if ((market := self._markets[name]).venue, market.shard) == purse
        )
        return self.ledger.cash(account, purse) - held_back

    def open_cost(self, account: str, market: MarketId) -> Cash:
        """Return what an account's open orders in one market hold back."""
        orders = [order for order in self.open_orders(account) if order.market == market]
        return coverage.reserved(self.ledger, self._markets[market], orders)

    def free_holding(self, account: str, market: MarketId, outcome: int) -> Qty:
        """Return what an account holds of an outcome less what its open orders offer.

        Where positions net (Kalshi) an offer of NO is a bid for YES.
        """
        orders = self.open_orders(account)
        held = self.ledger.holding(account, market, outcome)
        if self._markets[market].venue is Venue.POLYMARKET:
            return held - coverage.offered(orders, market, outcome)
        side = Side.SELL if outcome == 0 else Side.BUY
        return held - sum(o.open for o in orders if o.market == market and o.side is side)
