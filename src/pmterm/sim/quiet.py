"""A world for tests: the markets that are asked for, levels put by hand, and nobody else."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from pmterm.model.fees import FeeKind, FeeSchedule
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import CENT_GRID, Market, Outcome, PriceBand
from pmterm.model.order import Side, TimeInForce
from pmterm.model.units import PRICE_ONE, Ns, Price, Qty
from pmterm.sim.billing import KALSHI_FEES, POLYMARKET_FEES
from pmterm.sim.events import MarketEvent, SimEvent
from pmterm.sim.listing import Listing, condition_of, token_of
from pmterm.sim.market_state import MarketState
from pmterm.sim.matching import MatchingBook, Order, Placed

MILLE_GRID = (PriceBand(0, PRICE_ONE, 10),)
MAKER, TAKER = "maker", "taker"
NO_FEES = FeeSchedule(FeeKind.NONE)


def polymarket_listing(
    slug: str = "quiet-match",
    *,
    taker_delay: Ns = 0,
    neg_risk: bool = False,
    bands: tuple[PriceBand, ...] = CENT_GRID,
    starts_at: Ns = 0,
    fees: FeeSchedule = POLYMARKET_FEES,
    number: int = 1,
) -> Listing:
    """Return a Polymarket market; with `starts_at` its book is cleared when the game starts."""
    market = Market(
        id=condition_of(slug),
        venue=Venue.POLYMARKET,
        title=f"Quiet: {slug}",
        outcomes=(
            Outcome("Ember Foxes", token_of(f"{slug}/0")),
            Outcome("Tidal Nine", token_of(f"{slug}/1")),
        ),
        slug=slug,
        event=slug,
        event_title=f"Quiet: {slug}",
        category="Sports",
        bands=bands,
        min_qty=5_000_000,
        fees=fees,
        taker_delay=taker_delay,
        starts_at=starts_at,
        clears_book_on_start=bool(starts_at),
        neg_risk=neg_risk,
    )
    return Listing(market, series="valorant", number=800_000 + number, game=70_000 + number)


def kalshi_listing(
    ticker: str = "KXQUIETGAME-26OCT010000EMBTDL-EMB",
    *,
    shard: int = 0,
    bands: tuple[PriceBand, ...] = CENT_GRID,
    closes_at: Ns = 0,
    fees: FeeSchedule = KALSHI_FEES,
) -> Listing:
    """Return a Kalshi market on one of the venue's shards."""
    event = ticker.rsplit("-", 1)[0]
    market = Market(
        id=MarketId(ticker),
        venue=Venue.KALSHI,
        title=f"Will it be {ticker}?",
        outcomes=(Outcome("Ember Foxes"), Outcome("Tidal Nine")),
        slug=ticker,
        event=event,
        event_title="Ember Foxes vs. Tidal Nine",
        category="Sports",
        bands=bands,
        min_qty=10_000,
        fees=fees,
        closes_at=closes_at,
        shard=shard,
    )
    grid = "linear_cent" if bands == CENT_GRID else "deci_cent"
    series = ticker.split("-", 1)[0]
    return Listing(market, subtitle="Ember Foxes", series=series, grid_name=grid)


def quiet_listings() -> list[Listing]:
    """Return one of each kind: with and without delay, neg-risk, fine ticks, two shards."""
    return [
        polymarket_listing("quiet-plain"),
        polymarket_listing("quiet-delayed", taker_delay=3_000_000_000, number=2),
        polymarket_listing("quiet-neg-risk", neg_risk=True, number=3),
        polymarket_listing("quiet-fine", bands=MILLE_GRID, number=4),
        kalshi_listing(),
        kalshi_listing("KXQUIETTENNIS-26OCT010000EMBTDL-EMB", shard=3),
    ]


class QuietWorld:
    """A `World` in which only the test acts besides the accounts; no clock and no chance in it.

    What the test does is told when time next passes. Prices are on the YES scale.
    """

    def __init__(self, listings: Iterable[Listing] | None = None) -> None:
        given = quiet_listings() if listings is None else listings
        self.listings: Sequence[Listing] = tuple(given)
        self.states: Mapping[MarketId, MarketState] = {
            listing.market.id: MarketState(listing) for listing in self.listings
        }
        self._books = {market: MatchingBook(market) for market in self.states}
        self._happened: list[MarketEvent] = []
        self._at: Ns = 0
        self._names = 0

    def book(self, market: MarketId) -> MatchingBook | None:
        """Return the book of a market."""
        return self._books.get(market)

    def halt(self, market: MarketId, *, is_halted: bool) -> None:
        """Do nothing: there is no crowd."""

    def run_until(self, at: Ns) -> Sequence[SimEvent]:
        """Return what the test did since the last call."""
        self._at = max(self._at, at)
        happened, self._happened = self._happened, []
        return [msgspec.structs.replace(event, at=self._at) for event in happened]

    def quote(
        self,
        market: MarketId,
        bids: Iterable[tuple[Price, Qty]] = (),
        asks: Iterable[tuple[Price, Qty]] = (),
    ) -> None:
        """Have the maker put an order on each level given, behind what stands there."""
        for side, levels in ((Side.BUY, bids), (Side.SELL, asks)):
            for price, qty in levels:
                self._names += 1
                order = Order(f"q{self._names}", MAKER, side, price, qty)
                self._place(market, order, TimeInForce.GTC)

    def withdraw(self, market: MarketId) -> None:
        """Have the maker take all its orders back."""
        book = self._books[market]
        for name in book.all_orders():
            order = book.order(name)
            if order is not None and order.owner == MAKER:
                self._happened += book.cancel(self._at, name)

    def cross(self, market: MarketId, side: Side, price: Price, qty: Qty) -> Qty:
        """Have somebody trade at once up to `price`; returns how much found a counterparty."""
        self._names += 1
        order = Order(f"q{self._names}", TAKER, side, price, qty)
        return self._place(market, order, TimeInForce.IOC).filled

    def _place(self, market: MarketId, order: Order, tif: TimeInForce) -> Placed:
        placed = self._books[market].place(self._at, order, tif)
        self._happened += placed.events
        return placed
