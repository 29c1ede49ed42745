"""The body of `POST /order`, and what its amounts mean.

Source: Polymarket docs, create order, read 2026-08; amounts as polymarket-client 0.14.0 makes them.
"""

from enum import StrEnum

import msgspec

from pmterm.model.units import PRICE_ONE, Cash, Price, Qty, fixed_text
from pmterm.sim.clob_refusals import BAD_PAYLOAD, ClobRefused
from pmterm.sim.polymarket_signing import SignedTerms

CENT = 10_000  # 1e-6: two decimals
MYRIADTH = 100  # 1e-6: four decimals


class OrderType(StrEnum):
    """How long an order stands."""

    GTC = "GTC"
    GTD = "GTD"
    FOK = "FOK"
    FAK = "FAK"

    @property
    def rests(self) -> bool:
        """Whether what does not trade at once stays."""
        return self in {OrderType.GTC, OrderType.GTD}


class WireOrder(msgspec.Struct, frozen=True, rename="camel"):
    """A signed order as sent. `salt` is a JSON integer, the amounts are decimal strings."""

    salt: int
    maker: str
    signer: str
    token_id: str
    maker_amount: str
    taker_amount: str
    side: str
    signature_type: int
    timestamp: str
    metadata: str
    builder: str
    signature: str
    expiration: str = "0"

    def terms(self) -> SignedTerms:
        """Return what the signature covers.

        Raises:
            ClobRefused: a field is none of its kind.
        """
        numbers = (
            self.token_id,
            self.maker_amount,
            self.taker_amount,
            self.timestamp,
            self.expiration,
        )
        if not all(_is_whole(text) for text in numbers) or self.side not in {"BUY", "SELL"}:
            raise ClobRefused(BAD_PAYLOAD)
        terms = SignedTerms(
            salt=self.salt,
            maker=self.maker,
            signer=self.signer,
            token=int(self.token_id),
            maker_amount=int(self.maker_amount),
            taker_amount=int(self.taker_amount),
            side=0 if self.side == "BUY" else 1,
            signature_type=self.signature_type,
            timestamp=int(self.timestamp),
            metadata=self.metadata,
            builder=self.builder,
        )
        if not terms.is_sound or not terms.maker_amount or not terms.taker_amount:
            raise ClobRefused(BAD_PAYLOAD)
        return terms


class WirePost(msgspec.Struct, frozen=True, rename="camel"):
    """One order and how it is to be worked."""

    order: WireOrder
    owner: str
    order_type: OrderType = OrderType.GTC
    defer_exec: bool = False
    post_only: bool = False


class Terms(msgspec.Struct, frozen=True):
    """What an order's amounts mean, on the scale of its own outcome.

    `price` is the amounts' ratio to the nearest 1e-4, what a resting order is booked at; `limit`
    is the worst price that it can trade at: rounded down for a buy, up for a sale. `shares` in
    1e-6; `cash` what it pays or gets for all of them at its own price.
    """

    is_buy: bool
    shares: Qty
    cash: Cash
    price: Price
    limit: Price

    @property
    def price_words(self) -> str:
        """The price as the venue quotes it back."""
        return fixed_text(self.price, 4)

    def is_fine(self) -> bool:
        """Whether the amounts have few enough decimals for a market order."""
        given, taken = (self.cash, self.shares) if self.is_buy else (self.shares, self.cash)
        return not given % CENT and not taken % MYRIADTH


def meaning_of(terms: SignedTerms) -> Terms:
    """Read price and size from the amounts."""
    is_buy = terms.side == 0
    cash, shares = (
        (terms.maker_amount, terms.taker_amount)
        if is_buy
        else (terms.taker_amount, terms.maker_amount)
    )
    scaled = cash * PRICE_ONE
    down = scaled // shares
    return Terms(
        is_buy=is_buy,
        shares=shares,
        cash=cash,
        price=(2 * scaled + shares) // (2 * shares),
        limit=down if is_buy or down * shares == scaled else down + 1,
    )


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 78
