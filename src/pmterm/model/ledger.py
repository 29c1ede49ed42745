"""Our account as one stage of the street knows it: holdings by market, cash by venue."""

from pmterm.model.dust import DUST
from pmterm.model.fees import FeeSchedule, fee_of
from pmterm.model.holding import FLAT, Booked, Holding
from pmterm.model.ids import FillId, MarketId, Venue, venue_of
from pmterm.model.kept import Kept
from pmterm.model.market import Market
from pmterm.model.order import FillState, Side
from pmterm.model.redeeming import redeemed
from pmterm.model.stock import Adjusted, Entry, Paid, Stock, Traded
from pmterm.model.units import PRICE_ONE, Cash, Price, Qty, proceeds


class Ledger:
    """Holdings and cash. A fill counts once by its id, and is taken back at most once.

    Paper money lies in one purse; in live each venue has its own, and on Polymarket both outcomes
    are kept apart and have to settle before they can be sold.

    Fills that settle are all kept, of those that ended the last 20 000: whoever tells of fills
    repeats none that is older.
    """

    def __init__(self) -> None:
        self.is_live = False
        self.holdings: dict[MarketId, Holding] = {}
        self._has_started = False
        self._purses: dict[Venue | None, Cash] = {}
        self._redeemed: dict[MarketId, Cash] = {}
        self.perhaps_redeemed: Cash = 0  # of the last cash heard: counted as such, and not sure
        self._venues: dict[MarketId, Venue] = {}
        self._fees: dict[MarketId, FeeSchedule] = {}
        self._stocks: dict[MarketId, Stock] = {}
        self._settling: dict[FillId, tuple[MarketId, Qty]] = {}
        self._ended: Kept[FillId, tuple[MarketId, Qty]] = Kept()

    @property
    def cash(self) -> Cash:
        """All cash that is ours and free of positions, 1e-6 USD."""
        return sum(self._purses.values())

    @property
    def money(self) -> Cash:
        """Cash, the dollars tied up in pairs of both outcomes, and what is to be redeemed."""
        money = self.cash - sum(self._redeemed.values())
        for stock in self._stocks.values():
            now = stock.now
            money += now.pairs + now.due
        return money

    def started(self, cash: Cash, *, is_live: bool) -> None:
        """Begin a session; paper money is given once, real money is the venue's word alone."""
        self.is_live = is_live
        if not self._has_started and not is_live:
            self._purses[None] = self._purses.get(None, 0) + cash
        self._has_started = True

    def market_seen(self, market: Market) -> None:
        """Note whose market it is, and what trading there costs."""
        self._venues[market.id] = market.venue
        self._fees[market.id] = market.fees

    def cash_seen(self, venue: Venue, cash: Cash) -> Cash:
        """Take the venue's word for the cash there; return by how much ours was off.

        What is more than ours may be what was redeemed, as long as anything is due.
        """
        off = cash - self._purses.get(venue, 0)
        paid, is_sure = redeemed(off, self._dues(venue))
        for market, part in paid.items():
            self._redeemed[market] = self._redeemed.get(market, 0) + part
        self.perhaps_redeemed = 0 if is_sure else sum(paid.values())
        self._purses[venue] = cash
        return off

    def purse(self, market: MarketId) -> Cash:
        """Return the cash that an order in this market could be paid from."""
        return self._purses.get(self._purse_of(market), 0)

    def cash_at(self, venue: Venue) -> Cash:
        """Return the cash at a venue, real money only."""
        return self._purses.get(venue, 0)

    def due_at(self, venue: Venue) -> Cash:
        """Return what a venue owes for shares of resolved markets, paid when they are redeemed."""
        return sum(self._dues(venue).values())

    def _dues(self, venue: Venue) -> dict[MarketId, Cash]:
        here = ((m, s.now.due) for m, s in self._stocks.items() if s.now.due)
        left = {m: due - self._redeemed.get(m, 0) for m, due in here if self.venue(m) is venue}
        return {market: due for market, due in left.items() if due > 0}

    def exit_value(self, market: MarketId, qty: Qty, touch: tuple[Price, Price]) -> Cash:
        """Return what selling `qty` (signed: as held) at a touch (bid, ask) brings, 1e-6 USD.

        Where the money is real, that is after its fee.
        """
        bid, ask = touch
        price, size = bid if qty > 0 else PRICE_ONE - ask, abs(qty)
        fees = self._fees.get(market) if self.is_live and size else None
        return proceeds(price, size) - (fee_of(fees, price, size) if fees is not None else 0)

    def venue(self, market: MarketId) -> Venue:
        """Return whose market it is; one never seen is told by its id."""
        return self._venues.get(market) or venue_of(market)

    def is_split(self, market: MarketId) -> bool:
        """Tell whether both outcomes of a market are kept apart and have to settle."""
        return self.is_live and self.venue(market) is Venue.POLYMARKET

    def held(self, market: MarketId) -> Holding:
        """Return the holding in a market."""
        return self.holdings.get(market, FLAT)

    def beyond_dust(self, market: MarketId) -> Qty:
        """Return what is held net, signed; 0 for less than can ever be sold."""
        return self._beyond_dust(market, self.held(market))

    def may_hold(self, market: MarketId) -> bool:
        """Tell whether more than dust is held in a market, or will be if fills fail."""
        return any(self._beyond_dust(market, way) for way in self.ways(market))

    def _beyond_dust(self, market: MarketId, holding: Holding) -> Qty:
        return 0 if self.is_split(market) and abs(holding.qty) < DUST else holding.qty

    def ways(self, market: MarketId) -> tuple[Holding, ...]:
        """Return what may be held in a market in the end, as far as fills may yet fail."""
        stock = self._stocks.get(market)
        return (FLAT,) if stock is None else stock.ways()

    def held_of(self, market: MarketId, outcome: int) -> Qty:
        """Return what is held of an outcome, settled or not."""
        stock = self._stocks.get(market)
        return 0 if stock is None else stock.held_of(outcome)

    def settling_of(self, market: MarketId, outcome: int) -> Qty:
        """Return how much of an outcome held cannot be sold yet."""
        stock = self._stocks.get(market)
        return 0 if stock is None else stock.settling_of(outcome)

    def is_settling(self, market: MarketId, side: Side) -> bool:
        """Tell whether a fill of a side (YES scale) may yet be taken back."""
        stock = self._stocks.get(market)
        return stock is not None and stock.is_settling(side)

    def settling(self, market: MarketId) -> Qty:
        """Return how much of the net holding cannot be sold yet, 0 or more."""
        held = self.held(market).qty
        return min(abs(held), self.settling_of(market, 0 if held > 0 else 1))

    def filled(self, market: MarketId, traded: Traded) -> Booked | None:
        """Book a fill; None if it was booked before, or never was."""
        if traded.id in self._settling or traded.id in self._ended:
            return None
        if traded.state.is_final:
            self._ended.keep(traded.id, (market, traded.qty))
        else:
            self._settling[traded.id] = (market, traded.qty)
        return None if traded.state is FillState.FAILED else self._book(market, traded)

    def moved(self, market: MarketId, fill: FillId, state: FillState) -> Booked | None:
        """Note how far a fill has come; None if that changes nothing.

        One that failed before it was heard of cannot be booked any more.
        """
        settling = self._settling.get(fill)
        if settling is None:
            if state is FillState.FAILED and fill not in self._ended:
                self._ended.keep(fill, (market, 0))
            return None
        known, _ = settling
        if state.is_final:
            self._ended.keep(fill, self._settling.pop(fill))
        stock = self._stocks.get(known)
        booked = None if stock is None else stock.moved(fill, state)
        if booked is not None:
            self._keep(known, booked)
        return booked

    def size_of(self, fill: FillId) -> Qty:
        """Return the size of a fill, 0 if it was not heard of, or not of late."""
        kept = self._settling.get(fill) or self._ended.get(fill)
        return 0 if kept is None else kept[1]

    def adjusted(self, market: MarketId, adjusted: Adjusted) -> Booked:
        """Correct a holding; no cash moves."""
        return self._book(market, adjusted)

    def settled(self, market: MarketId, payout: Price) -> Booked | None:
        """Pay out a holding; None if nothing was held.

        A live market remembers it, for fills that are heard of later.
        """
        stock = self._stocks.get(market)
        if stock is None or (stock.is_empty and not self.is_live):
            if not self.is_live:
                return None
            stock = self._stock(market)
        was_empty = stock.is_empty
        booked = self._book(market, Paid(payout))
        return None if was_empty else booked

    def _book(self, market: MarketId, entry: Entry) -> Booked:
        booked = self._stock(market).add(entry)
        self._keep(market, booked)
        return booked

    def _keep(self, market: MarketId, booked: Booked) -> None:
        if market in self.holdings or booked.holding != FLAT:
            self.holdings[market] = booked.holding
        purse = self._purse_of(market)
        self._purses[purse] = self._purses.get(purse, 0) + booked.cash

    def _stock(self, market: MarketId) -> Stock:
        stock = self._stocks.get(market)
        if stock is None:
            stock = Stock(is_split=self.is_split(market), pays_late=self.is_live)
            self._stocks[market] = stock
        return stock

    def _purse_of(self, market: MarketId) -> Venue | None:
        return self.venue(market) if self.is_live else None
