"""Every Kalshi account's record, kept from what the exchange tells."""

from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market
from pmterm.model.units import Ns
from pmterm.sim.exchange import Exchange
from pmterm.sim.exchange_orders import AccountEvent, Filled, OrderMoved, Settled
from pmterm.sim.kalshi_record import Record


def account_of(event: AccountEvent) -> str:
    """Name whose event it is, "" where it is no single account's."""
    match event:
        case OrderMoved() | Filled():
            return event.order.account
        case Settled():
            return event.account
        case _:
            return ""


def market_of(event: AccountEvent) -> MarketId:
    """Name the market of an event, "" where it has none."""
    match event:
        case OrderMoved() | Filled():
            return event.order.market
        case Settled():
            return event.market
        case _:
            return MarketId("")


class KalshiRecords:
    """Records by account; a subaccount has its own."""

    def __init__(self, exchange: Exchange) -> None:
        self.markets: dict[MarketId, Market] = {
            listing.market.id: listing.market
            for listing in exchange.world.listings
            if listing.market.venue is Venue.KALSHI
        }
        self._exchange = exchange
        self._records: dict[str, Record] = {}

    def of(self, account: str) -> Record:
        """Return an account's record."""
        return self._records.setdefault(account, Record())

    def family(self, account: str) -> list[Record]:
        """Return an account's record and those of its subaccounts."""
        return [
            record for name, record in self._records.items() if name.partition("/")[0] == account
        ]

    def hear(self, event: AccountEvent) -> None:
        """Take in what happened, if it was on a Kalshi market."""
        market = self.markets.get(market_of(event))
        if market is None:
            return
        account = account_of(event)
        self.of(account).hear(event, market.shard, market.event)
        self.note_cash(event.at, account)

    def note_cash(self, at: Ns, account: str) -> None:
        """Note what an account is free to spend on each shard it has money on."""
        free = {
            purse.shard: self._exchange.free_cash(account, Venue.KALSHI, purse.shard)
            for purse in self._exchange.ledger.purses(account)
            if purse.venue is Venue.KALSHI
        }
        self.of(account).cash.note(at, free)
