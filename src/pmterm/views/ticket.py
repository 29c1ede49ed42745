"""What an order would do if it were sent now: fills at once, rests, cost, fee, worst case."""

from collections.abc import Sequence

import msgspec

from pmterm.model.collar import furthest_price
from pmterm.model.fees import FeeMeter
from pmterm.model.ids import Venue
from pmterm.model.market import Market
from pmterm.model.order import Side, TimeInForce
from pmterm.model.readings import LimitUse
from pmterm.model.routing import (
    RESTS_FOR,
    Route,
    resting_price,
    route_of,
    slices_of,
    slices_words,
    value_at,
)
from pmterm.model.standing import NOBODY, NOBODY_REMEDY, standing_words
from pmterm.model.units import (
    CASH_CENT,
    PRICE_ONE,
    QTY_ONE,
    SECOND,
    Cash,
    Ns,
    Price,
    Qty,
    cost,
    proceeds,
)
from pmterm.views.figures import Unit, brief_cash, cash_text, percent_text, price_text, qty_text
from pmterm.views.ladder import LadderView

_RISKS = frozenset({"R1", "R2"})  # limits of what could be lost: an order adds its worst to them


class Terms(msgspec.Struct, frozen=True):
    """An order as the ticket has it; `price` 0 means at market: `slippage_ppm` past the touch.

    `spends`: where it buys, it names dollars instead of a size, as Polymarket's market orders do.
    """

    side: Side
    qty: Qty
    price: Price = 0
    tif: TimeInForce = TimeInForce.GTC
    is_post_only: bool = False
    is_reduce_only: bool = False
    slippage_ppm: int = 0
    spends: bool = False


def spends(market: Market, price: Price, tif: TimeInForce, *, is_live: bool) -> bool:
    """Tell whether an order would name dollars where it buys: Polymarket's do that do not rest."""
    return is_live and market.venue is Venue.POLYMARKET and (not price or not tif.rests)


class TicketView(msgspec.Struct, frozen=True):
    """An estimate, from the levels that can be seen. Sizes in contracts, cash in 1e-6 USD.

    Of the size, `fills_now` trades at once at `average` (0: nothing does), `rests` stands in the
    book at its limit, `dropped` comes to nothing: cancelled at once, or cut by reduce-only.
    `closes` of what trades or rests only makes the holding smaller. `fee` is for what trades at
    once, `fee_rests` what the rest would cost as maker. `ties_up` is what it takes from cash if all
    of it trades, `brings` what closing at once brings. `worst` is the most that this order can
    lose, fees included, 0 or below. `reach` is where an order at market stops, `reach_ppm` past the
    touch, 0 for one with a price. `at_least` is what the dollars of one that names dollars buy if
    all of it trades at the limit, 0 where the size is exact. `rests_at` is where the rest stands,
    `rests_for` how long, 0: till it is taken back. `orders` is in how many slices it goes out over
    minutes, 1: at once. `objection` says why it cannot be sent as it is, or is empty.
    """

    fills_now: Qty = 0
    rests: Qty = 0
    dropped: Qty = 0
    average: Price = 0
    closes: Qty = 0
    fee: Cash = 0
    fee_rests: Cash = 0
    ties_up: Cash = 0
    brings: Cash = 0
    worst: Cash = 0
    objection: str = ""
    reach: Price = 0
    reach_ppm: int = 0
    at_least: Qty = 0
    rests_at: Price = 0
    rests_for: Ns = 0
    orders: int = 1

    def fills_text(self, unit: Unit = Unit.CENTS) -> str:
        """Say what trades, rests and comes to nothing, with fee and worst case."""
        at = (
            f" at {price_text(self.average, unit, _decimals(self.average))}" if self.average else ""
        )
        now = qty_text(self.fills_now)
        if self.at_least and qty_text(self.at_least) != now:
            now = f"{qty_text(self.at_least)} to {now}"
        parts = [f"fills {now} now{at}", self._rests_text(unit)]
        if self.orders > 1:
            each = qty_text(self.fills_now // self.orders)
            parts = [f"{slices_words(self.orders)}, {each} each at market"]
        if self.dropped:
            parts.append(f"{qty_text(self.dropped)} dropped")
        return ", ".join([*parts, f"fee {cash_text(self.fee)}", f"worst {cash_text(self.worst)}"])

    def _rests_text(self, unit: Unit) -> str:
        where = f" at {price_text(self.rests_at, unit, _decimals(self.rests_at))}"
        long = f" for {self.rests_for // SECOND} s" if self.rests_for else ""
        return f"{qty_text(self.rests)} rests{where + long if self.rests else ''}"

    def cost_text(self, unit: Unit = Unit.CENTS) -> str:
        """Say what it takes, what it brings, and how far it reaches at market."""
        parts = [f"cost {cash_text(self.ties_up)}"]
        if self.at_least:
            parts = [f"spends {cash_text(self.ties_up)}, a better price buys more"]
        if self.closes:
            parts.append(f"closes {qty_text(self.closes)}")
        if self.brings:
            parts.append(f"brings {cash_text(self.brings)}")
        if self.fee_rests:
            parts.append(f"fee of the rest {cash_text(self.fee_rests)}")
        if self.reach:
            stop = price_text(self.reach, unit, _decimals(self.reach))
            parts.append(
                f"stops at {stop}, {percent_text(self.reach_ppm, signed=False)} past the best"
            )
        return ", ".join(parts)


Taken = Sequence[tuple[Price, Qty]]


def estimate(market: Market, ladder: LadderView, terms: Terms) -> TicketView:
    """Walk the visible book with an order.

    At market the walk ends at the slippage cap, as the order's limit will.
    """
    objection = object_to(market, ladder, terms)
    if terms.qty <= 0:
        return TicketView(objection=objection)
    closable = _closable(ladder.holding, terms.side)
    if terms.spends and not closable:
        view = _spent(market, ladder, terms)
        return msgspec.structs.replace(view, objection=objection)
    qty = min(terms.qty, closable) if terms.is_reduce_only else terms.qty
    reach = 0 if terms.price else _market_limit(market, ladder, terms)
    limit = terms.price or reach
    taken = () if terms.is_post_only else _walk(ladder, terms.side, qty, limit)
    now = sum(size for _, size in taken)
    if terms.tif is TimeInForce.FOK and now < qty:
        taken, now = (), 0
    rests = qty - now if _rests(terms) else 0
    view = _summed(market, terms, taken, rests, closable)
    return msgspec.structs.replace(
        view, objection=objection, reach=reach, reach_ppm=terms.slippage_ppm if reach else 0
    )


def by_size(market: Market, ladder: LadderView, terms: Terms) -> TicketView:
    """Foresee an order worked by its size: at market, resting for a moment, or in slices.

    Slices are counted as if the whole were taken now, what is not there at the cap.
    """
    terms = msgspec.structs.replace(terms, price=0, tif=TimeInForce.IOC)
    levels = ladder.asks if terms.side is Side.BUY else ladder.bids
    if not levels or terms.qty <= 0:
        return estimate(market, ladder, terms)
    touch, objection = levels[0][0], object_to(market, ladder, terms)
    route = route_of(value_at(terms.side, touch, terms.qty, ladder.holding))
    if route is Route.RESTS:
        price = resting_price(market, terms.side, touch)
        resting = Terms(terms.side, terms.qty, price, is_reduce_only=terms.is_reduce_only)
        view = estimate(market, ladder, resting)
        return msgspec.structs.replace(view, objection=objection, rests_for=RESTS_FOR)
    orders = slices_of(market, terms.qty)
    if route is Route.AT_ONCE or orders == 1:
        return estimate(market, ladder, terms)
    return msgspec.structs.replace(_sliced(market, ladder, terms, orders), objection=objection)


def _sliced(market: Market, ladder: LadderView, terms: Terms, orders: int) -> TicketView:
    """Add up all the slices, none of which goes beyond the cap of now."""
    closable = _closable(ladder.holding, terms.side)
    qty = min(terms.qty, closable) if terms.is_reduce_only else terms.qty
    reach = _market_limit(market, ladder, terms)
    taken = _walk(ladder, terms.side, qty, reach)
    left = qty - sum(size for _, size in taken)
    view = _summed(market, terms, (*taken, *[(reach, left)] * bool(left)), 0, closable)
    return msgspec.structs.replace(view, reach=reach, reach_ppm=terms.slippage_ppm, orders=orders)


def _spent(market: Market, ladder: LadderView, terms: Terms) -> TicketView:
    """Walk the book with an order that spends what its size costs at the limit, in whole cents."""
    reach = 0 if terms.price else _market_limit(market, ladder, terms)
    limit = terms.price or reach
    unit = _unit(terms.side, limit)
    dollars = unit * terms.qty // PRICE_ONE // CASH_CENT * CASH_CENT
    taken, left = [], dollars
    for level, size in _walk(ladder, terms.side, PRICE_ONE * QTY_ONE * QTY_ONE, limit):
        price = _unit(terms.side, level)
        took = min(size, left * PRICE_ONE // price)
        left -= cost(price, took)
        taken += [(level, took)] if took else []
        if took < size:
            break
    if terms.tif is TimeInForce.FOK and left >= CASH_CENT:
        taken = []
    view = _summed(market, terms, tuple(taken), 0, 0)
    is_whole = bool(taken) and left < CASH_CENT
    return msgspec.structs.replace(
        view,
        dropped=max(0, view.dropped),
        reach=reach,
        reach_ppm=terms.slippage_ppm if reach else 0,
        at_least=min(view.fills_now, dollars * PRICE_ONE // unit) if is_whole else 0,
    )


def _summed(market: Market, terms: Terms, taken: Taken, rests: Qty, closable: Qty) -> TicketView:
    """Add up cost, fees and the worst case, what closes first."""
    meter = FeeMeter(market.fees)
    now = sum(size for _, size in taken)
    paid = sum(level * size for level, size in taken)
    fee = sum(meter.charge(level, size, is_maker=False) for level, size in taken)
    fee_rests = meter.charge(terms.price, rests, is_maker=True) if rests else 0
    closing, opening = _split(taken, closable)
    left = closable - sum(size for _, size in closing)
    opens_resting = max(rests - left, 0)
    ties_up = sum(_tied(terms.side, level, size) for level, size in opening)
    ties_up += _tied(terms.side, terms.price, opens_resting)
    return TicketView(
        now,
        rests,
        terms.qty - now - rests,
        (paid + now // 2) // now if now else 0,
        min(closable, now + rests),
        fee,
        fee_rests,
        ties_up,
        sum(proceeds(_received(terms.side, level), size) for level, size in closing),
        -(ties_up + fee + fee_rests),
        rests_at=terms.price if rests else 0,
    )


def amend_words(market: Market | None) -> str:
    """Say what a change really is where the venue cannot amend; empty where it can.

    Polymarket has no request for it (docs.polymarket.com, order management, read 2026-10).
    """
    if market is None or market.venue is not Venue.POLYMARKET:
        return ""
    return "polymarket cannot amend: cancel + new, the place in line is lost"


def over_cap(view: TicketView, cap: Cash) -> str:
    """Say that an order is above what was armed for, fees included; `cap` 0: there is none."""
    worst = -view.worst // view.orders
    if not cap or worst <= cap:
        return ""
    return f"{cash_text(worst)} is over the cap of {cash_text(cap)} an order: arm for more"


def limits_after(
    view: TicketView, uses: Sequence[LimitUse], before: Cash = 0
) -> list[tuple[LimitUse, str]]:
    """Return each limit of money with the words for what the order would make of it.

    The order's worst case is added to position and exposure; a day's loss is only there yet.
    `before` is the worst case of an order that it replaces, which is in what is used already.
    """
    told = []
    for use in uses:
        if not use.most:
            told.append((use, f"{use.name} {use.value}/{use.limit}"))
            continue
        after = use.used - view.worst + before if use.rule in _RISKS else use.used
        arrow = f" > {brief_cash(after)}" if after != use.used else ""
        told.append((use, f"{use.name} {brief_cash(use.used)}{arrow} of {brief_cash(use.most)}"))
    return told


def object_to(market: Market, ladder: LadderView, terms: Terms) -> str:
    """Say why such an order cannot be sent, or return nothing."""
    side, qty, price = terms.side, terms.qty, terms.price
    if qty <= 0:
        return "size is empty"
    if qty < market.min_qty:
        return f"size is below the smallest, {market.min_qty // QTY_ONE or 'a fraction'}"
    what, meaning = standing_words(market)
    if what:
        return f"{what}: {meaning}"
    if price and not market.is_on_grid(price):
        return "price is between two ticks"
    if not ladder.asks and not ladder.bids and ladder.health.is_trusted:
        return f"{NOBODY}: {NOBODY_REMEDY}"
    if not price and not (ladder.asks if side is Side.BUY else ladder.bids):
        return "nobody stands on the other side"
    if not ladder.health.is_trusted:
        return f"book not trusted: {ladder.health.reason}"
    return _object_to_kind(market, ladder, terms)


def _object_to_kind(market: Market, ladder: LadderView, terms: Terms) -> str:
    """Say what stands against its kind: post-only that would take, FOK that would not fill."""
    side, price = terms.side, terms.price
    if terms.is_reduce_only and not _closable(ladder.holding, side):
        return "reduce only: nothing is held to close"
    if terms.is_post_only and not price:
        return "post only needs a price"
    if terms.is_post_only and _walk(ladder, side, 1, price):
        touch = ladder.best_ask if side is Side.BUY else ladder.best_bid
        rest = market.tick_down(touch) if side is Side.BUY else market.tick_up(touch)
        most = "at most" if side is Side.BUY else "at least"
        return f"post only would take: {most} {price_text(rest, tick=_decimals(rest))} rests"
    if terms.tif is TimeInForce.FOK:
        limit = price or _market_limit(market, ladder, terms)
        there = sum(size for _, size in _walk(ladder, side, terms.qty, limit))
        if there < terms.qty:
            return f"fill or kill: only {qty_text(there)} of {qty_text(terms.qty)} there"
    return ""


def _walk(ladder: LadderView, side: Side, qty: Qty, limit: Price) -> Taken:
    """Return (price, size) of what an order takes at once, best first."""
    taken = []
    for level, size in ladder.asks if side is Side.BUY else ladder.bids:
        beyond = level > limit if side is Side.BUY else level < limit
        if not qty or beyond:
            break
        took = min(qty, size)
        qty -= took
        taken.append((level, took))
    return tuple(taken)


def _market_limit(market: Market, ladder: LadderView, terms: Terms) -> Price:
    levels = ladder.asks if terms.side is Side.BUY else ladder.bids
    return furthest_price(market, terms.side, levels[0][0], terms.slippage_ppm) if levels else 0


def _rests(terms: Terms) -> bool:
    return terms.price > 0 and terms.tif in {TimeInForce.GTC, TimeInForce.GTD}


def _closable(holding: Qty, side: Side) -> Qty:
    """Return how much of a signed holding an order of this side can close."""
    return max(-holding if side is Side.BUY else holding, 0)


def _split(taken: Taken, closable: Qty) -> tuple[Taken, Taken]:
    """Split what is taken into what closes a holding and what opens one."""
    closing, opening = [], []
    for level, size in taken:
        closes = min(size, closable)
        closable -= closes
        if closes:
            closing.append((level, closes))
        if size > closes:
            opening.append((level, size - closes))
    return closing, opening


def _tied(side: Side, price: Price, qty: Qty) -> Cash:
    """Return what it takes to buy, or to sell without holding."""
    return cost(_unit(side, price), qty) if qty else 0


def _unit(side: Side, price: Price) -> Price:
    """Return what opening costs per contract: a sale of YES that is not held buys NO."""
    return price if side is Side.BUY else PRICE_ONE - price


def _received(side: Side, price: Price) -> Price:
    """Return what closing brings per contract: a purchase of YES closes NO at one less it."""
    return price if side is Side.SELL else PRICE_ONE - price


def _decimals(price: Price) -> Price:
    return 100 if price % 100 == 0 else 10 if price % 10 == 0 else 1
