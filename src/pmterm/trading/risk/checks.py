"""One pure function per check: None, or a verdict that names rule, value, limit and remedy."""

from collections.abc import Callable
from typing import Final, TypeAlias

import msgspec

from pmterm.messages.feed import NO_ASK, NO_BID, BookChanged
from pmterm.messages.orders import Intent, Refused
from pmterm.model.collar import furthest_price
from pmterm.model.ids import Venue
from pmterm.model.life import SHORTEST_LIFE
from pmterm.model.market import Market
from pmterm.model.order import GateState, Side, TimeInForce
from pmterm.model.standing import NOBODY, NOBODY_REMEDY, standing_words
from pmterm.model.units import (
    CASH_ONE,
    PRICE_ONE,
    QTY_ONE,
    Cash,
    Ns,
    Price,
    Qty,
    cost,
    price_text,
)
from pmterm.trading.risk.limits import Limits
from pmterm.trading.risk.reserved import unit_loss
from pmterm.trading.risk.wording import contracts, dollars, percent, seconds

LEAST_COST: Final = CASH_ONE


class Verdict(msgspec.Struct, frozen=True):
    """Why not: the rule, what the order would make of it, its limit, and what would pass.

    `asks`: a person who says yes to this very order lets it pass.
    """

    rule: str
    value: str
    limit: str
    remedy: str
    asks: bool = False

    def refused(self, intent: Intent) -> Refused:
        """Return it as said of an intent."""
        return Refused(
            intent.at,
            intent.order,
            intent.market,
            self.rule,
            self.value,
            self.limit,
            self.remedy,
            asks=self.asks,
        )


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the checks may look at for one intent.

    `..._now` is before and `..._then` after it, each the worst that could be lost. `reduces`: it
    only makes a holding smaller. `needed` is what it could take from `free_cash`, fee included.
    `day_loss` counts what open positions would lose if closed now.
    """

    intent: Intent
    limits: Limits
    state: GateState
    reason: str
    market: Market | None
    book: BookChanged | None
    heard_at: Ns
    reduces: bool
    closable: Qty
    is_amend_known: bool
    market_now: Cash
    market_then: Cash
    total_now: Cash
    event_now: Cash
    needed: Cash
    free_cash: Cash
    positions_then: int
    day_loss: Cash
    day_loss_limit: Cash
    losses_in_row: int
    last_opening: Ns
    recent_orders: int
    moved_ppm: int
    spread_mean: Price

    @property
    def at(self) -> Ns:
        """Message time of the intent."""
        return self.intent.at

    @property
    def opposite(self) -> Price:
        """The best price on the other side, 0 if there is none."""
        if self.book is None:
            return 0
        best = self.book.best_ask if self.intent.side is Side.BUY else self.book.best_bid
        return 0 if best in {NO_ASK, NO_BID} else best

    @property
    def own_best(self) -> Price:
        """The best price on its own side, 0 if there is none."""
        if self.book is None:
            return 0
        best = self.book.best_bid if self.intent.side is Side.BUY else self.book.best_ask
        return 0 if best in {NO_ASK, NO_BID} else best

    @property
    def is_taker(self) -> bool:
        """Whether it would trade at once."""
        if not self.opposite or self.intent.post_only:
            return False
        if self.intent.side is Side.BUY:
            return self.intent.price >= self.opposite
        return self.intent.price <= self.opposite


Check: TypeAlias = Callable[[Case], Verdict | None]


def gate_open(case: Case) -> Verdict | None:
    """R10: HALTED lets nothing through, REDUCING only what makes a holding smaller."""
    if case.state is GateState.HALTED:
        return Verdict("R10 halted", case.reason, "no new orders", "resume first")
    if case.state is GateState.REDUCING and not case.reduces:
        able = _at_most(case, case.closable) if case.closable else "nothing to close here"
        return Verdict("R10 reducing", case.reason, "closing orders only", able)
    return None


def market_open(case: Case) -> Verdict | None:
    """Only a market we know, and that takes orders."""
    if case.market is None:
        return Verdict("market", case.intent.market, "a watched market", "open the market first")
    what, meaning = standing_words(case.market)
    return Verdict("market", what, "an open market", meaning) if what else None


def book_sound(case: Case) -> Verdict | None:
    """D11: a book that cannot prove itself is not traded on."""
    if case.book is None:
        return Verdict("book", "none yet", "a trusted book", "wait for the book")
    if not case.book.is_trusted:
        return Verdict("book", "not trusted", "a trusted book", "wait for the resync")
    age = case.at - case.heard_at
    if case.limits.max_book_age and age > case.limits.max_book_age:
        limit = f"at most {seconds(case.limits.max_book_age)}"
        return Verdict("book", f"{seconds(age)} old", limit, "wait for the feed")
    return None


def sane_order(case: Case) -> Verdict | None:
    """A size above 0 and a price on the grid, whoever asks."""
    intent = case.intent
    if intent.qty <= 0:
        return Verdict("size", contracts(intent.qty), "above 0", "give a size")
    if case.market is not None and not case.market.is_on_grid(intent.price):
        step = price_text(case.market.step_at(intent.price))
        return Verdict("price", price_text(intent.price), f"steps of {step}", "use a grid price")
    if intent.tif is TimeInForce.GTD and case.market is not None:
        least = SHORTEST_LIFE[case.market.venue]
        left = max(0, intent.expires_at - case.at)
        if left < least:
            return Verdict("end", f"in {seconds(left)}", f"in {seconds(least)}", "a later end")
    if intent.replaces and not case.is_amend_known:
        return Verdict("amend", "it has ended", "a working order", "place a new order")
    return None


def reduce_only(case: Case) -> Verdict | None:
    """An order that may only close must find that much to close."""
    if not case.intent.reduce_only or case.reduces:
        return None
    none = "nothing is left to close, or what was offered is being taken back: wait a moment"
    remedy = _at_most(case, case.closable) if case.closable else none
    return Verdict("reduce only", contracts(case.intent.qty), contracts(case.closable), remedy)


def collar(case: Case) -> Verdict | None:
    """R9: a price that reaches too far past the touch is a slip of the finger."""
    if case.market is None:
        return None
    side, price = case.intent.side, case.intent.price
    if case.is_taker:
        if not case.limits.collar_ppm:
            return None
        bound = furthest_price(case.market, side, case.opposite, case.limits.collar_ppm)
        word = f"{percent(case.limits.collar_ppm)} past {price_text(case.opposite)}"
    elif case.opposite or not case.limits.passive_collar:
        return None  # it rests behind the touch
    elif case.own_best:
        away = case.limits.passive_collar
        bound = case.own_best + (away if side is Side.BUY else -away)
        word = f"{price_text(away)} from {price_text(case.own_best)}"
    else:
        return Verdict("R9 price", NOBODY, "a price to compare with", NOBODY_REMEDY)
    is_beyond = price > bound if side is Side.BUY else price < bound
    if not is_beyond:
        return None
    most = "at most" if side is Side.BUY else "at least"
    return Verdict("R9 price", price_text(price), word, f"{most} {price_text(bound)}")


def depth(case: Case) -> Verdict | None:
    """R9: a taker needs some depth on the side it takes from (dollars on the best five levels)."""
    if not case.is_taker or case.book is None:
        return None
    there = case.book.ask_depth if case.intent.side is Side.BUY else case.book.bid_depth
    if there >= case.limits.min_depth:
        return None
    return Verdict(
        "R9 depth", dollars(there), dollars(case.limits.min_depth), "rest a limit order instead"
    )


def spread(case: Case) -> Verdict | None:
    """R8: no taker orders across a wide spread; with nobody on its own side it is wide indeed."""
    if not case.is_taker or case.book is None:
        return None
    own = case.book.best_bid if case.intent.side is Side.BUY else case.book.best_ask
    wide = abs(case.opposite - own)
    usual = case.spread_mean * case.limits.max_spread_ratio
    bound = min([b for b in (case.limits.max_spread, usual) if b], default=wide)
    if wide <= bound:
        return None
    return Verdict("R8 spread", price_text(wide), price_text(bound), "rest a limit order instead")


def least_cost(case: Case) -> Verdict | None:
    """Polymarket turns a marketable purchase of less than a dollar away (its docs, read 2026-08).

    What sells a holding is no purchase there; what opens the other side is one, of that outcome.
    """
    if not case.is_taker or case.market is None or case.market.venue is not Venue.POLYMARKET:
        return None
    unit = unit_loss(case.intent.side, case.intent.price)
    bought = cost(unit, case.intent.qty - case.closable)
    if bought >= LEAST_COST:
        return None
    step = case.market.qty_step
    least = case.closable - (-LEAST_COST * PRICE_ONE // unit // step) * step
    remedy = f"at least {contracts(least)} at {price_text(case.intent.price)}"
    return Verdict("least cost", dollars(bought), dollars(LEAST_COST), remedy)


def moved(case: Case) -> Verdict | None:
    """R8: a market that ran away is blocked until a person has looked."""
    if not case.moved_ppm:
        return None
    window = seconds(case.limits.move_window)
    limit = f"{percent(case.limits.move_ppm)} in {window}"
    return Verdict("R8 move", percent(case.moved_ppm), limit, "look at it, then resume")


def position(case: Case) -> Verdict | None:
    """R1: the most that may be lost in one market."""
    return _within(case, "R1 position", case.market_then, case.limits.max_position, 0)


def total(case: Case) -> Verdict | None:
    """R2: the most that may be lost in all."""
    others = case.total_now - case.market_now
    then = others + case.market_then
    return _within(case, "R2 total", then, case.limits.max_total, others)


def event(case: Case) -> Verdict | None:
    """R7: markets of one event win and lose together, so they count as one position."""
    others = case.event_now - case.market_now
    then = others + case.market_then
    return _within(case, "R7 event", then, case.limits.max_event, others)


def cash(case: Case) -> Verdict | None:
    """What an order could cost must be there, fee included."""
    if case.needed <= max(0, case.free_cash):
        return None
    share = case.intent.qty * max(0, case.free_cash) // case.needed
    return Verdict("cash", dollars(case.needed), dollars(case.free_cash), _at_most(case, share))


def open_positions(case: Case) -> Verdict | None:
    """R6: how many markets may be held at a time."""
    most = case.limits.max_positions
    if not most or case.positions_then <= most:
        return None
    return Verdict("R6 positions", str(case.positions_then), str(most), "close one first")


def day_loss(case: Case) -> Verdict | None:
    """R3: after the day's loss limit, closing only."""
    if not case.day_loss_limit or case.day_loss < case.day_loss_limit:
        return None
    loss, limit = dollars(case.day_loss), dollars(case.day_loss_limit)
    return Verdict("R3 day loss", loss, limit, "closing orders only; resume after 00:00 UTC")


def losing_row(case: Case) -> Verdict | None:
    """R4: after that many losing round trips in a row, a pause."""
    most = case.limits.losses_in_row
    if not most or case.losses_in_row < most:
        return None
    pause = seconds(case.limits.loss_cooldown)
    return Verdict("R4 losses", f"{case.losses_in_row} in a row", str(most), f"pause {pause}")


def market_pause(case: Case) -> Verdict | None:
    """R5: some time between two openings in one market."""
    if not case.last_opening or case.intent.replaces:
        return None
    left = case.last_opening + case.limits.market_cooldown - case.at
    if left <= 0:
        return None
    since = seconds(case.at - case.last_opening)
    pause = seconds(case.limits.market_cooldown)
    return Verdict("R5 pause", f"{since} since the last", pause, f"in {seconds(left)}")


def order_rate(case: Case) -> Verdict | None:
    """R9: a cap on orders per second, whoever holds the key down."""
    if not case.limits.max_orders or case.recent_orders < case.limits.max_orders:
        return None
    window = seconds(case.limits.order_window)
    most = f"{case.limits.max_orders} in {window}"
    return Verdict("R9 rate", f"{case.recent_orders + 1} in {window}", most, "slow down")


ALWAYS: Final[tuple[Check, ...]] = (
    gate_open,
    market_open,
    book_sound,
    sane_order,
    reduce_only,
    collar,
)
OPENING: Final[tuple[Check, ...]] = (
    day_loss,
    losing_row,
    moved,
    position,
    event,
    total,
    cash,
    open_positions,
    least_cost,
    spread,
    depth,
    market_pause,
    order_rate,
)


def judge(case: Case) -> Verdict | None:
    """Return the first verdict against an intent; what reduces a holding skips OPENING."""
    checks = ALWAYS if case.reduces else ALWAYS + OPENING
    return next((verdict for check in checks if (verdict := check(case)) is not None), None)


def _within(case: Case, rule: str, then: Cash, limit: Cash, others: Cash) -> Verdict | None:
    """Compare the worst loss with a limit; an order that does not raise it always passes."""
    if not limit or then <= limit or case.market_then <= case.market_now:
        return None
    room = limit - others - case.market_now
    unit = unit_loss(case.intent.side, case.intent.price)
    fits = max(0, room) * 10_000 // unit if unit else 0
    return Verdict(rule, dollars(then), dollars(limit), _at_most(case, fits))


def _at_most(case: Case, qty: Qty) -> str:
    step = case.market.qty_step if case.market is not None else QTY_ONE
    least = case.market.min_qty if case.market is not None else 0
    fits = qty - qty % step
    if fits <= 0 or (fits < least and not case.reduces):
        return "nothing more fits"
    price = price_text(case.intent.price)
    side = case.intent.side
    more = "more " if side is Side.BUY else ""
    return f"at most {contracts(fits)} {more}at {price}"
