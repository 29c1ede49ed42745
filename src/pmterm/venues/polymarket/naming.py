"""From a wish to bytes: what an order will be called, and the exact body that places it.

The id is known before sending: it is the digest of what is signed, and all of that follows from the
intent alone, so the same intent always gives the same order, which the venue takes only once.
"""

import hashlib
from typing import Final

import msgspec

from pmterm.messages.orders import Intent, OrderNamed
from pmterm.model.errors import CredentialsWrong, VenueRefused
from pmterm.model.ids import OrderId, Venue, VenueOrderId
from pmterm.model.life import SHORTEST_LIFE
from pmterm.model.market import Market
from pmterm.model.order import Side, TimeInForce
from pmterm.model.units import (
    CASH_ONE,
    MS,
    PRICE_ONE,
    SECOND,
    Ns,
    Price,
    fixed_text,
    price_text,
)
from pmterm.venues.polymarket.amounts import (
    SIZE_STEP,
    TICKS,
    Amounts,
    is_market_order,
    keeps_limit,
    limit_amounts,
    market_amounts,
)
from pmterm.venues.polymarket.auth import is_key_id
from pmterm.venues.polymarket.signing import OrderSigner, SignatureType, Terms, exchange_of
from pmterm.venues.polymarket.wallet import is_address

LEAST_COST: Final = CASH_ONE  # a purchase that fills at once costs a dollar or more
SHORTEST: Final[Ns] = SHORTEST_LIFE[Venue.POLYMARKET]
EARLY_S: Final = 60  # the venue ends a GTD order about a minute before it says
_SALT_BITS: Final = 53  # what a JSON number can carry unharmed
_ZERO: Final = "0x" + "0" * 64
_TYPES: Final = {
    TimeInForce.GTC: "GTC",
    TimeInForce.GTD: "GTD",
    TimeInForce.IOC: "FAK",
    TimeInForce.FOK: "FOK",
}


class Trader(msgspec.Struct, frozen=True):
    """Whose orders these are: the wallet with the money (`funder`), and the API key's id."""

    kind: SignatureType
    funder: str
    owner: str

    def __post_init__(self) -> None:
        """Check what goes into bodies as it is.

        Raises:
            CredentialsWrong: no address, or no key's id.
        """
        again = "Run `pmterm keys add polymarket` again."
        if not is_address(self.funder):
            raise CredentialsWrong("The wallet with the money has no proper address.", again)
        if not is_key_id(self.owner):
            raise CredentialsWrong("The API key's id is not a UUID.", again)


class Deal(msgspec.Struct, frozen=True):
    """An order in its token's own words: what a token's holder does, at the token's price."""

    side: Side
    price: Price
    amounts: Amounts


def name_order(
    intent: Intent,
    market: Market,
    outcome: int,
    trader: Trader,
    signer: OrderSigner,
    *,
    crude: bool = True,
) -> OrderNamed:
    """Return an order's id and body; the same for the same intent.

    Raises:
        VenueRefused: this venue cannot take such an order, in words for the trader.
    """
    deal = deal_of(intent, market, outcome, crude=crude)
    terms = Terms(
        salt=salt_of(intent.order),
        token=int(market.outcomes[outcome].token),
        maker_amount=deal.amounts.maker,
        taker_amount=deal.amounts.taker,
        side=0 if deal.side is Side.BUY else 1,
        stamp=intent.at // MS,
    )
    signed = signer.sign(terms, exchange_of(terms.token, neg_risk=market.neg_risk))
    ends = intent.expires_at // SECOND + EARLY_S if intent.tif is TimeInForce.GTD else 0
    post_only = ',"postOnly":true' if intent.post_only else ""
    # Every value is ours, a number, or checked hex and digits: there is nothing to escape.
    body = (
        f'{{"order":{{"salt":{terms.salt},"maker":"{trader.funder}","signer":"{signer.signer}",'
        f'"tokenId":"{terms.token}","makerAmount":"{terms.maker_amount}",'
        f'"takerAmount":"{terms.taker_amount}","side":"{deal.side.name}","expiration":"{ends}",'
        f'"signatureType":{int(trader.kind)},"timestamp":"{terms.stamp}","metadata":"{_ZERO}",'
        f'"builder":"{_ZERO}","signature":"{signed.signature}"}},"owner":"{trader.owner}",'
        f'"orderType":"{_TYPES[intent.tif]}","deferExec":false{post_only}}}'
    )
    return OrderNamed(intent.at, intent.order, market.id, VenueOrderId(signed.id), outcome, body)


def salt_of(order: OrderId) -> int:
    """Return the number that makes an order unlike any other, out of our own id of it."""
    digest = hashlib.sha256(order.encode()).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - _SALT_BITS)


def deal_of(intent: Intent, market: Market, outcome: int, *, crude: bool = True) -> Deal:
    """Return an intent as the token of `outcome` sees it, checked.

    Selling YES for outcome 1 is buying NO at one minus the price.

    Raises:
        VenueRefused: this venue cannot take such an order.
    """
    _check(intent, market)
    side = intent.side.other if outcome else intent.side
    price = PRICE_ONE - intent.price if outcome else intent.price
    if is_market_order(intent.tif):
        amounts = market_amounts(side, price, intent.qty, market.step_at(price), crude=crude)
        _check_market_order(side, price, amounts)
    else:
        amounts = limit_amounts(side, price, intent.qty)
        if amounts.shares < market.min_qty:
            least = fixed_text(market.min_qty, 6)
            raise VenueRefused(
                f"An order that rests has at least {least} shares in this market.",
                f"Make it {least}, or take what stands there (IOC).",
            )
    return Deal(side, price, amounts)


def _check(intent: Intent, market: Market) -> None:
    if market.step_at(intent.price) not in TICKS or not market.is_on_grid(intent.price):
        step = price_text(market.step_at(intent.price))
        raise VenueRefused(
            f"{price_text(intent.price)} is not on this market's grid of {step}.",
            "Choose a price on a tick.",
        )
    if intent.qty % SIZE_STEP or intent.qty <= 0:
        raise VenueRefused(
            f"Polymarket takes hundredths of a share, not {fixed_text(intent.qty, 6)}.",
            f"Order {fixed_text(intent.qty - intent.qty % SIZE_STEP, 6)}.",
        )
    if intent.post_only and is_market_order(intent.tif):
        raise VenueRefused(
            "Only an order that rests can be post-only.", "Use GTC or GTD, or leave post-only out."
        )
    if intent.tif is TimeInForce.GTD and intent.expires_at - intent.at < SHORTEST:
        raise VenueRefused(
            f"Polymarket takes no order that ends within {SHORTEST // SECOND} seconds.",
            "Let it stand longer, or take what stands there (IOC).",
        )


def _check_market_order(side: Side, price: Price, amounts: Amounts) -> None:
    if side is Side.BUY and amounts.maker < LEAST_COST:
        raise VenueRefused(
            "A purchase that fills at once has to cost a dollar or more.",
            "Buy more, or let it rest below the ask.",
        )
    if not keeps_limit(side, price, amounts):
        raise VenueRefused(
            "The order is too small to state its price exactly.", "Make it one share or more."
        )
