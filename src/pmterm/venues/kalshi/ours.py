"""What the trading side shares: the account's house rules, the markets and orders it knows."""

from pmterm.model.ids import MarketId, OrderId, VenueOrderId
from pmterm.model.market import Market
from pmterm.venues.base import OrderSent
from pmterm.venues.kalshi.bodies import House
from pmterm.venues.kalshi.groups import Groups
from pmterm.venues.kalshi.known import Known
from pmterm.venues.kalshi.looks import Looks

FIND = "find"  # marks a wish whose order's id is looked for first


class Ours:
    """One account's side of the venue."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.known = Known()
        self.looks = Looks(self.known)
        self.groups = Groups(house.subaccount)
        self.markets: dict[MarketId, Market] = {}

    def id_of(self, order: OrderId) -> VenueOrderId:
        """Return the venue's id of an order we asked about, "" if it is not known."""
        sent = self.known.sent.get(order)
        return self.known.id_of(sent) if sent else VenueOrderId("")

    def note(self, sent: OrderSent) -> VenueOrderId:
        """Remember an order that is asked about; return the venue's id of it, "" if not known."""
        self.known.sent.keep(sent.order, sent)
        return self.known.id_of(sent)

    def shard_of(self, market: str) -> int:
        """Return which matching engine a market is on, as far as it is known."""
        known = self.markets.get(MarketId(market))
        return known.shard if known else 0

    def place_of(self, market: str) -> dict[str, object]:
        """Name shard and sub-account; shard 0 is left out, for then Kalshi goes by the ticker."""
        shard = self.shard_of(market)
        return {**({"exchange_index": shard} if shard else {}), **self.subaccount()}

    def subaccount(self) -> dict[str, object]:
        """Name the sub-account; the primary one is left out."""
        return {"subaccount": self.house.subaccount} if self.house.subaccount else {}
