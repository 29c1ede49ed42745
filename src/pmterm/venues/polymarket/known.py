"""What a session knows of the account's markets and orders: whose token, whose id."""

import msgspec

from pmterm.model.ids import MarketId, OrderId, VenueOrderId
from pmterm.model.kept import Kept
from pmterm.model.market import Market


class Seat(msgspec.Struct, frozen=True):
    """Whose token it is: outcome 0 or 1 of a market."""

    market: MarketId
    outcome: int


class Me(msgspec.Struct, frozen=True):
    """By what the venue's rows name us: the API key's id, and the wallet with the money."""

    owner: str
    funder: str

    def is_in(self, owner: object, address: object) -> bool:
        """Tell whether a row with this owner and address is ours; orders of the web site are."""
        is_owner = bool(self.owner) and owner == self.owner
        return is_owner or (isinstance(address, str) and address.lower() == self.funder.lower())


class MarketUnheard(Exception):  # not an error of anybody: it is to be asked for
    """A row is about a market not known yet."""

    def __init__(self, market: MarketId) -> None:
        super().__init__(market)
        self.market = market


class Known:
    """Markets by id, seats by token, orders by both of their names."""

    def __init__(self) -> None:
        self.markets: dict[MarketId, Market] = {}
        self.strange: set[MarketId] = set()  # the venue could not tell what they are
        self.ids: Kept[OrderId, VenueOrderId] = Kept()
        self._orders: Kept[VenueOrderId, OrderId] = Kept()
        self._seats: dict[str, Seat] = {}

    def learn(self, market: Market) -> None:
        """Know a market and its tokens."""
        self.markets[market.id] = market
        self.strange.discard(market.id)
        for outcome, one in enumerate(market.outcomes):
            self._seats[one.token] = Seat(market.id, outcome)

    def place(self, token: str, seat: Seat) -> None:
        """Know a token of a market that is not known itself."""
        self._seats.setdefault(token, seat)

    def seat(self, token: str, market: MarketId) -> Seat:
        """Return whose token it is.

        Raises:
            MarketUnheard: the market is not known; ask the venue for it.
            ValueError: the venue could not tell, or this token is not that market's.
        """
        seat = self._seats.get(token)
        if seat is not None and seat.market == market:
            return seat
        if seat is None and market not in self.markets and market not in self.strange:
            raise MarketUnheard(market)
        msg = "a token of no market we know"
        raise ValueError(msg)

    def note(self, order: OrderId, venue_order: VenueOrderId) -> None:
        """Note the venue's id of one of our orders."""
        self.ids.keep(order, venue_order)
        self._orders.keep(VenueOrderId(venue_order.lower()), order)

    def order_of(self, venue_order: str) -> OrderId | None:
        """Return which of our orders the venue's id means."""
        return self._orders.get(VenueOrderId(venue_order.lower()))
