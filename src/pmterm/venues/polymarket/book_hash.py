"""The venue's fingerprint of a book: a hint that ours is whole, never a reason to stop.

SHA-1 over the compact JSON of ten fields in this order, `hash` empty. Recomputed and equal for
real books of April to June 2026. After a trade the server may hash a last price that it has not
sent yet, so a difference proves nothing. Source: py-clob-client-v2 issue 117, read 2026-10.
"""

import hashlib

import msgspec

from pmterm.venues.polymarket.wire import BookWords, Level


class _Hashed(msgspec.Struct):
    """The ten fields in the order they are hashed."""

    market: str
    asset_id: str
    timestamp: str
    hash: str
    bids: list[Level]
    asks: list[Level]
    min_order_size: str
    tick_size: str
    neg_risk: bool
    last_trade_price: str


def book_hash(words: BookWords, min_order_size: str, *, neg_risk: bool) -> str:
    """Return the hash of a book in lower-case hex.

    `min_order_size` and `neg_risk` fill in for what the stream leaves out.
    """
    hashed = _Hashed(
        words.market,
        words.asset_id,
        str(words.timestamp),
        "",
        words.bids,
        words.asks,
        min_order_size if words.min_order_size is None else words.min_order_size,
        words.tick_size or "",
        neg_risk if words.neg_risk is None else words.neg_risk,
        words.last_trade_price or "",
    )
    return hashlib.sha1(msgspec.json.encode(hashed), usedforsecurity=False).hexdigest()


def hash_agrees(
    words: BookWords, min_order_size: str | None, *, neg_risk: bool = False
) -> bool | None:
    """Tell whether a book is what the venue hashed; None where that cannot be known.

    `min_order_size` None: there is no metadata, so the usual "5" is tried and only agreement
    means something.
    """
    if not words.hash or words.tick_size is None or words.last_trade_price is None:
        return None
    agrees = book_hash(words, min_order_size or "5", neg_risk=neg_risk) == words.hash
    is_guess = min_order_size is None and words.min_order_size is None
    return None if is_guess and not agrees else agrees
