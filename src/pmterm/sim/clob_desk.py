"""Places and cancels orders as the CLOB does: every check in its own words, then the exchange.

Source: Polymarket docs, orders and error codes, read 2026-08. The order of the checks is ours.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NoReturn

import msgspec

from pmterm.model.fees import fee_of
from pmterm.model.ids import MarketId
from pmterm.model.market import Market, MarketStatus
from pmterm.model.order import Side, TimeInForce
from pmterm.model.units import PRICE_ONE, SECOND, Cash, Ns, fixed_text
from pmterm.sim import clob_refusals as no
from pmterm.sim.clob_refusals import ClobRefused
from pmterm.sim.clob_wire import OrderType, Terms, WirePost, meaning_of
from pmterm.sim.coverage import cost_of
from pmterm.sim.exchange import Exchange
from pmterm.sim.exchange_orders import ExchangeOrder, Standing, Step, Why
from pmterm.sim.market_state import MarketState
from pmterm.sim.matching import SelfTrade
from pmterm.sim.polymarket_holdings import Holdings
from pmterm.sim.polymarket_keys import ApiKey
from pmterm.sim.polymarket_signing import (
    SignedTerms,
    domain_of,
    is_for_other_exchange,
    order_digest,
    order_signer,
)
from pmterm.sim.polymarket_switches import PolymarketSwitches
from pmterm.sim.polymarket_trades import TradeDesk
from pmterm.sim.polymarket_user_voice import UserVoice
from pmterm.sim.polymarket_wallets import Wallet, Wallets

EARLY: Ns = 60 * SECOND  # a GTD order goes a minute before it says
SOONEST: Ns = 60 * SECOND
DOLLAR: Cash = 1_000_000
ROUNDING: Cash = 100  # fees are rounded fill by fill
NOBODY = Why.NOTHING_TO_MATCH
Tokens = Callable[[str], tuple[MarketState, int] | None]


class Desk(msgspec.Struct, eq=False):
    """What the clerk below needs of the rest of the venue."""

    exchange: Exchange
    trades: TradeDesk
    voice: UserVoice
    wallets: Wallets
    holdings: Holdings
    switches: PolymarketSwitches
    states: Mapping[MarketId, MarketState]
    find_token: Tokens


class Ask(msgspec.Struct, frozen=True):
    """An order that was read, and what it means; not yet one of the exchange's."""

    id: str
    post: WirePost
    signed: SignedTerms
    terms: Terms
    wallet: Wallet
    state: MarketState
    outcome: int

    @property
    def market(self) -> Market:
        """The market it is for."""
        return self.state.listing.market


class OrderClerk:
    """Takes orders."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._killed: set[str] = set()

    def place(self, key: ApiKey, post: WirePost, now: Ns) -> dict[str, object]:
        """Place an order and return the answer of `POST /order`.

        Raises:
            ClobRefused: the venue did not take it.
        """
        ask = self._read(key, post, now)
        self._check_terms(ask, now)
        order = self._order_of(ask)
        would_take = self._desk.exchange.would_take(order)
        if post.post_only and would_take:
            raise ClobRefused(no.POST_ONLY_CROSSES)
        if not would_take:
            return self._place_quiet(ask, order, now)
        self._check_taking(ask)
        if delay := self._delay(ask.market):
            self._desk.holdings.check(ask.wallet, order, self._fee(ask.market, order))
            self._desk.exchange.place_later(now, now + delay, order, partial(self._review, ask))
            return self._answer(order, "delayed")
        return self._place_crossing(ask, order, now)

    def _place_quiet(self, ask: Ask, order: ExchangeOrder, now: Ns) -> dict[str, object]:
        """Place what meets nobody."""
        if not ask.post.order_type.rests:
            self._kill(order, Why.FILL_OR_KILL if order.tif is TimeInForce.FOK else NOBODY, now)
        self._desk.holdings.check(ask.wallet, order, 0)
        self._desk.exchange.place(now, order)
        return self._answer(order, "live")

    def _place_crossing(self, ask: Ask, order: ExchangeOrder, now: Ns) -> dict[str, object]:
        why = self._resize(ask, order)
        if why is not Why.NONE:
            self._kill(order, why, now)
        self._desk.holdings.check(ask.wallet, order, self._fee(ask.market, order))
        self._desk.exchange.place(now, order)
        if order.standing is Standing.REFUSED:
            raise ClobRefused(no.FOK_KILLED)
        return self._answer(order, "matched")

    def _kill(self, order: ExchangeOrder, why: Why, now: Ns) -> NoReturn:
        """Refuse a market order that finds nobody, or not enough; the user stream says it, too."""
        self._killed.add(order.id)
        order.created_at = now
        self._desk.voice.say_order(order, Step.REFUSED, why, 0, now)
        raise ClobRefused(no.FOK_KILLED if why is Why.FILL_OR_KILL else no.FAK_UNMATCHED)

    # ---- checks

    def _read(self, key: ApiKey, post: WirePost, now: Ns) -> Ask:
        """Find out whose order it is and what it is for."""
        signed = post.order.terms()
        if post.owner != key.id:
            raise ClobRefused(no.NOT_OWNER)
        wallet = self._desk.wallets.of_key(key.address)
        self._check_wallet(wallet, signed)
        found = self._desk.find_token(str(signed.token))
        if found is None or not found[0].is_open:
            raise ClobRefused(no.no_such_book(signed.token))
        state, outcome = found
        market = state.listing.market
        if market.id in self._desk.switches.not_ready or state.status is MarketStatus.PAUSED:
            raise ClobRefused(no.NOT_READY)
        domain = domain_of(signed.token, neg_risk=market.neg_risk)
        if order_signer(signed, domain, post.order.signature) != key.address:
            is_other = is_for_other_exchange(signed, domain, post.order.signature, key.address)
            raise ClobRefused(no.WRONG_VERSION if is_other else no.BAD_SIGNATURE)
        order_id = "0x" + order_digest(signed, domain).hex()
        self._desk.exchange.advance(now)
        if self._desk.exchange.order(order_id) is not None or order_id in self._killed:
            raise ClobRefused(no.duplicated(order_id))
        return Ask(order_id, post, signed, meaning_of(signed), wallet, state, outcome)

    def _check_wallet(self, wallet: Wallet, signed: SignedTerms) -> None:
        switches = self._desk.switches
        if wallet.is_banned:
            raise ClobRefused(no.banned(wallet.maker))
        if wallet.is_closed_only and signed.side == 0:
            raise ClobRefused(no.closed_only(wallet.maker))
        if switches.deposit_wallets_only and signed.signature_type != 3:
            raise ClobRefused(no.NEEDS_DEPOSIT_WALLET)
        if signed.signer.lower() != wallet.signer.lower():
            raise ClobRefused(no.NOT_SIGNER)
        is_own = signed.maker.lower() == wallet.maker.lower()
        if not is_own or signed.signature_type != wallet.signature_type:
            raise ClobRefused(no.NEEDS_DEPOSIT_WALLET)

    def _check_terms(self, ask: Ask, now: Ns) -> None:
        terms, state, kind = ask.terms, ask.state, ask.post.order_type
        tick = min(band.step for band in state.bands)
        in_range = tick <= terms.price <= PRICE_ONE - tick
        if not in_range or terms.price % tick:
            raise ClobRefused(no.off_tick(ask.id, terms.price_words, tick))
        if kind.rests and terms.shares < ask.market.min_qty:
            raise ClobRefused(no.too_small(ask.id, terms.shares, ask.market.min_qty))
        if ask.post.post_only and not kind.rests:
            raise ClobRefused(no.POST_ONLY_TYPE)
        self._check_expiration(ask, now)
        if not kind.rests and self._desk.switches.checks_amounts and not terms.is_fine():
            raise ClobRefused(no.too_precise(is_buy=terms.is_buy))

    def _check_expiration(self, ask: Ask, now: Ns) -> None:
        expires = int(ask.post.order.expiration) * SECOND
        is_gtd = ask.post.order_type is OrderType.GTD
        if (expires < now + SOONEST) if is_gtd else expires:
            raise ClobRefused(no.BAD_EXPIRATION)

    def _check_taking(self, ask: Ask) -> None:
        if ask.terms.is_buy and ask.terms.cash < DOLLAR:
            raise ClobRefused(no.under_a_dollar(ask.terms.cash))

    # ---- the order

    def _order_of(self, ask: Ask) -> ExchangeOrder:
        terms, kind, outcome = ask.terms, ask.post.order_type, ask.outcome
        own = terms.price if kind.rests else terms.limit
        expires = int(ask.post.order.expiration) * SECOND
        return ExchangeOrder(
            id=ask.id,
            account=ask.wallet.account_id,
            market=ask.market.id,
            side=Side.BUY if terms.is_buy == (outcome == 0) else Side.SELL,
            price=own if outcome == 0 else PRICE_ONE - own,
            qty=terms.shares,
            outcome=outcome,
            tif=_TIMES[kind],
            post_only=ask.post.post_only,
            expires_at=max(0, expires - EARLY),
            self_trade=SelfTrade.ALLOWED,
            extra={
                "owner": ask.post.owner,
                "maker": ask.wallet.maker,
                "type": kind.value,
                "shares": terms.shares,
                "price": terms.price,
                "expiration": ask.post.order.expiration,
            },
        )

    def _resize(self, ask: Ask, order: ExchangeOrder) -> Why:
        """Make a market buy as large as its dollars go now; says why it cannot be."""
        if not ask.terms.is_buy or ask.post.order_type.rests:
            return Why.NONE
        qty, left = self._desk.exchange.bought_with(order, ask.terms.cash)
        if order.tif is TimeInForce.FOK and left:
            return Why.FILL_OR_KILL
        if not qty:
            return NOBODY
        order.qty = order.open = order.asked = qty
        return Why.NONE

    def _review(self, ask: Ask, order: ExchangeOrder) -> Why:
        """Look at an order again once its delay is over."""
        why = self._resize(ask, order)
        if why is not Why.NONE:
            return why
        try:
            self._desk.holdings.check(ask.wallet, order, self._fee(ask.market, order))
        except ClobRefused:
            return Why.NOT_COVERED
        return Why.NONE

    def _fee(self, market: Market, order: ExchangeOrder) -> Cash:
        """Return the most a buy's fee can be: at the price it pays on average if it trades now.

        The fee is hollow in the price, so the average's is at least the levels' fees together.
        """
        if order.is_sale:
            return 0
        exchange = self._desk.exchange
        qty, left = exchange.bought_with(order, cost_of(order, order.qty))
        spent = cost_of(order, order.qty) - left
        average = spent * PRICE_ONE // qty if qty else order.own_price
        return fee_of(market.fees, average, max(qty, order.qty)) + ROUNDING

    def _delay(self, market: Market) -> Ns:
        switched = self._desk.switches.taker_delay
        return market.taker_delay if switched < 0 else switched

    def _answer(self, order: ExchangeOrder, status: str) -> dict[str, object]:
        paid, shares = fixed_text(order.taker_cost, 6), fixed_text(order.filled, 6)
        making, taking = (shares, paid) if order.is_sale else (paid, shares)
        return {
            "success": True,
            "errorMsg": "",
            "orderID": order.id,
            "status": status,
            "makingAmount": making if order.filled else "",
            "takingAmount": taking if order.filled else "",
            "tradeIDs": [trade.id for trade in self._desk.trades.taken_by(order.id)],
        }


_TIMES = {
    OrderType.GTC: TimeInForce.GTC,
    OrderType.GTD: TimeInForce.GTD,
    OrderType.FOK: TimeInForce.FOK,
    OrderType.FAK: TimeInForce.IOC,
}
