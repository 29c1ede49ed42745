"""Kalshi's refusals in our words: what happened, what it means for the money, what to do.

Source: Kalshi docs (errors, orders, sharding, limits) read 2026-10 and answers recorded in demo
2026-06. `code` is ours and stable; the venue's own may be renamed. A code we do not know is
quoted as it came, without a guess at its meaning.
"""

import msgspec

from pmterm.messages.said import VenueMood
from pmterm.model.text import clean_text

# What a refusal means for the money, by what was asked.
ORDERED = "Nothing was placed and no money moved."
AMENDED = "Nothing was changed."
CANCELLED = "The order may still stand."
ASKED = "Nothing was changed."


class Said(msgspec.Struct, frozen=True):
    """What an error answer says; `is_json` False: a web page or plain text, all in `message`."""

    code: str = ""
    message: str = ""
    details: str = ""
    is_json: bool = True

    @property
    def quote(self) -> str:
        """The venue's own words on one line."""
        parts = (self.message or self.code, self.details)
        return clean_text(": ".join(dict.fromkeys(part for part in parts if part)), 160)


class Refusal(msgspec.Struct, frozen=True):
    """What an error answer means.

    `is_proof`: the venue proved that it did not take the request; otherwise whether it acted is
    not known. `mood` is what the venue takes now, as far as this tells.
    """

    code: str
    reason: str
    is_proof: bool = True
    mood: VenueMood | None = None


class _Row(msgspec.Struct, frozen=True):
    code: str
    reason: str
    mood: VenueMood | None = None
    is_proof: bool = True


_ON_SHARD = "move money to exchange shard {shard} on kalshi.com"
_NO_MONEY = _Row(
    "no_money",
    f"Not enough free money on exchange shard {{shard}}. {{nothing}} Order less, "
    f"cancel what rests, or {_ON_SHARD}.",
)
_GONE = _Row(
    "not_found",
    "Kalshi knows no such market or order. "
    "{nothing} Read the order and the market again before ordering anew.",
)
_NO_MATCH = _Row(
    "not_filled",
    "Not enough stood at that price, so none of it traded. {nothing} "
    "Order at a worse price, or fewer.",
)
_MISMATCH = _Row(
    "mismatch",
    "Kalshi has that order with another id, side or market than we named. "
    "It stands as it was. Read the order again.",
)
_SLOW_DOWN = _Row(
    "too_fast",
    "We asked too often. {nothing} Wait a few seconds and try again.",
)
_SIGNATURE = _Row(
    "bad_signature",
    "Kalshi refused the key's signature. {nothing} The private key does not belong to this "
    "key id: check both, or make a new key on kalshi.com.",
    VenueMood.LOGGED_OUT,
)
_UNKNOWN_KEY = _Row(
    "unknown_key",
    "Kalshi does not know this key id. {nothing} It was revoked, or belongs to the other "
    "environment (demo and real keys differ): check the key id and the address.",
    VenueMood.LOGGED_OUT,
)
_UNSIGNED = _Row(
    "no_signature",
    "The request reached Kalshi without its signature. {nothing} Something between here and "
    "Kalshi removed headers: try without proxy or VPN.",
    VenueMood.LOGGED_OUT,
)
_CLOCK = _Row(
    "clock_off",
    "This computer's clock is too far from Kalshi's. {nothing} Set the clock (turn on time "
    "synchronisation), then try again.",
    VenueMood.LOGGED_OUT,
)
_LOGGED_OUT = _Row(
    "logged_out",
    "Kalshi refused the key: {quote}. {nothing} Check the key with: pmterm doctor",
    VenueMood.LOGGED_OUT,
)
_SCOPE = _Row(
    "key_scope",
    "The key may not do this: {quote}. {nothing} Make a key that may trade, for this "
    "sub-account, on kalshi.com.",
)
_EDGE = _Row(
    "edge_blocked",
    "The edge before Kalshi turned us away. {nothing} It is usually the country, the network or "
    "a VPN: run pmterm doctor.",
    VenueMood.BLOCKED,
)
_OLD_CLIENT = _Row(
    "bad_request",
    "Kalshi could not read the request: {quote}. {nothing} "
    "This pmterm may be too old for Kalshi: update it, or report this.",
)

ROWS: dict[str, _Row] = {
    "insufficient_balance": _NO_MONEY,
    "available_balance_too_low": _NO_MONEY,
    "user_not_found": _Row(
        "shard_empty",
        "Your account was never given money on exchange shard {shard}, where this market trades. "
        f"{{nothing}} First {_ON_SHARD}, then order again.",
    ),
    "invalid_price": _Row(
        "off_grid",
        "The price is not on this market's grid. {nothing} Use a price on a tick.",
    ),
    "invalid_order_size": _Row(
        "bad_size",
        "Kalshi does not take that size. {nothing} Use 0.01 or more, in steps of 0.01.",
    ),
    "invalid_order": _Row(
        "bad_order", "Kalshi does not take this order: {quote}. {nothing} Change it."
    ),
    "post only cross": _Row(
        "would_cross",
        "The order would have traded at once, and it was to rest only. {nothing} "
        "Use a price further from the other side, or leave post-only off.",
    ),
    "fill_or_kill_insufficient_resting_volume": _NO_MATCH,
    "immediate_or_cancel_insufficient_resting_volume": _NO_MATCH,
    "trading_is_paused": _Row(
        "paused",
        "Trading on Kalshi is paused. {nothing} Resting orders can still be cancelled. Wait: "
        "maintenance is Thursdays 03:00-05:00 US Eastern.",
        VenueMood.CANCEL_ONLY,
    ),
    "market_not_active": _Row(
        "market_paused",
        "This market is paused or not open yet. {nothing} Resting orders may be taken back when "
        "it opens again: look before ordering anew.",
    ),
    "market_inactive": _Row(
        "market_closed",
        "This market has closed. {nothing} Kalshi takes back what still rests there by itself.",
    ),
    "order_already_exists": _Row(
        "exists",
        "Kalshi already has an order of this name, so it was taken before. It is being looked up; "
        "do not order again.",
        is_proof=False,
    ),
    "order_id_and_client_order_id_mismatch": _MISMATCH,
    "order_side_mismatch": _MISMATCH,
    "order_ticker_mismatch": _MISMATCH,
    "not_found": _GONE,
    "too_many_requests": _SLOW_DOWN,
    "too many requests": _SLOW_DOWN,
    "signature_is_missing_from_headers": _UNSIGNED,
    "header_timestamp_expired": _CLOCK,
    "incorrect_api_key_signature": _SIGNATURE,
    "authentication_error": _LOGGED_OUT,
    "bad_request": _OLD_CLIENT,
}

# Statuses by which the venue proves that it did not act, whatever the code, if it says so in JSON.
# 408 is none: it was read in part. 409 is none: it may mean that the order is there.
PROOFS = frozenset({400, 401, 402, 403, 404, 405, 406, 410, 411, 413, 414, 415, 422, 429})
_BEFORE_THE_VENUE = frozenset({401, 403, 429})  # what the edge answers before it passes anything on


def said_in(text: str) -> Said:
    """Read an error body: one of the venue's four shapes, else the start of the text.

    Shapes (recorded in demo, 2026-06): {"error": {code, message, details}},
    {code, message, details}, {"error": text}, {"msg": text}.
    """
    try:
        body = msgspec.json.decode(text[:100_000])
    except (msgspec.DecodeError, ValueError, RecursionError):
        return _plain(text)
    if not isinstance(body, dict):
        return _plain(text)
    inner = body.get("error")
    if isinstance(inner, str):
        return Said(message=clean_text(inner, 200))
    told = said_by(inner if isinstance(inner, dict) else body)
    return told if told.code or told.message or told.details else _plain(text)


def said_by(error: dict[str, object]) -> Said:
    """Read an error object, as it stands in a body or beside one order of a batch."""
    code, message, details, msg = (
        clean_text(value, 200) if isinstance(value, str) else ""
        for value in map(error.get, ("code", "message", "details", "msg"))
    )
    return Said(code, message or msg, details)


def refusal_of(status: int, said: Said, shard: int = 0, nothing: str = ORDERED) -> Refusal:
    """Say what an error answer (4xx, 5xx, or anything unexpected) means for one request.

    `nothing` says what a proven refusal leaves as it was.
    """
    words = {"quote": f"“{said.quote}”", "shard": shard, "nothing": nothing}
    if status >= 500 or status < 400 or status == 408:
        return Refusal("unclear", _unclear(status, said), is_proof=False)
    row = _row_of(status, said)
    if row is not None:
        return Refusal(row.code, row.reason.format(**words), row.is_proof, row.mood)
    is_proof = status in PROOFS and (said.is_json or status in _BEFORE_THE_VENUE)
    end = nothing if is_proof else "Whether it was done is not known."
    return Refusal("refused", f"Kalshi answered {status}: {words['quote']}. {end}", is_proof)


def _row_of(status: int, said: Said) -> _Row | None:
    """Find what is known of an error: by its details first, which are finer than its code."""
    if not said.is_json:
        return {403: _EDGE, 429: _SLOW_DOWN, 401: _LOGGED_OUT}.get(status)
    details = said.details.casefold()
    if status == 401 and details == "not_found":
        return _UNKNOWN_KEY
    found = ROWS.get(details) or ROWS.get(said.code.casefold()) or ROWS.get(said.message.casefold())
    return found or {401: _LOGGED_OUT, 403: _SCOPE, 429: _SLOW_DOWN}.get(status)


def _unclear(status: int, said: Said) -> str:
    quote = f" (“{said.quote}”)" if said.quote else ""
    what = f"Kalshi answered {status}{quote}" if status else "No answer came"
    return f"{what}: whether it was done is not known."


def _plain(text: str) -> Said:
    start = text.lstrip()[:15].lower()
    if start.startswith(("<!doctype", "<html")):
        return Said(message="a web page instead of data", is_json=False)
    return Said(message=clean_text(text, 200), is_json=False)


# Why an order changed, as the stream of user orders tells (AsyncAPI, read 2026-10).
UPDATES = {
    "MarginCancel": "Kalshi took it back: not enough money was left to keep it.",
    "SelfTradeCancel": "Kalshi took it back: it would have traded with another order of yours.",
    "ExpiryCancel": "Its time ran out.",
    "CloseCancel": "The market closed.",
    "HaltCancel": "Kalshi took it back: the market or the exchange was paused.",
    "PostOnlyCrossCancel": "Kalshi took it back: it was to rest only and would have traded.",
    "ReduceOnlyCancel": "Kalshi took it back: nothing was left for it to reduce.",
    "SettlementBoundsCancel": "Kalshi took it back: its price lies beyond the settlement bounds.",
    "Trade": "",
    "Amend": "",
    "Decrease": "",
}

# Errors of the stream by number (Kalshi docs, websockets, read 2026-10).
STREAM_ERRORS = {
    1: "unable to process",
    2: "params required",
    3: "channels required",
    4: "sids required",
    5: "unknown command",
    6: "already subscribed",
    7: "unknown sid",
    8: "unknown channel",
    9: "authentication required",
    10: "channel error",
    11: "invalid parameter",
    12: "exactly one sid required",
    13: "unsupported action",
    14: "market ticker required",
    15: "action required",
    16: "market not found",
    17: "internal error",
    18: "command timeout",
    19: "shard_factor must be above 0",
    20: "shard_factor required",
    21: "shard_key out of range",
    22: "shard_factor too large",
    23: "match ids required",
    24: "index ids required",
    25: "we read too slowly",
    26: "too many markets in one subscription",
    27: "too many commands",
    28: "underlying tickers required",
}
